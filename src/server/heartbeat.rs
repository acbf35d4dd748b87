//! A call to somebody outside, while all is well. When it stays away they ring: a backend that is gone, locked out or
//! asleep cannot say so itself.

use std::time::Duration;

use tokio::sync::watch;
use url::Url;

use super::condition;
use super::egress::{Ask, Egress, EgressError};
use super::service::Service;

/// Longest wait for the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a heartbeat cannot be kept. The address is a secret and not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHeartbeat {
    /// Not a web address.
    #[error("the heartbeat's URL is no address like https://hc.example/ping/…")]
    NotAUrl,
    /// Whoever listens could keep it beating.
    #[error("the heartbeat's URL would travel in the clear, and whoever reads it can keep it beating: use https")]
    Plain,
    /// It is no place on the internet.
    #[error("the heartbeat's URL is no place on the internet: --egress-allow says what may be called beside it")]
    Forbidden,
}

/// Where to call, and how often.
pub struct Heartbeat {
    url: Url,
    every: Duration,
    egress: Egress,
}

impl std::fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Heartbeat(every {:?})", self.every)
    }
}

impl Heartbeat {
    /// Calls `url` each `every` while all is well. Plain HTTP is for what the operator allows.
    pub fn new(egress: Egress, url: &str, every: Duration) -> Result<Self, BadHeartbeat> {
        let url = Url::parse(url.trim()).map_err(|_| BadHeartbeat::NotAUrl)?;
        match egress.look(&url) {
            Ok(()) => Ok(Self { url, every, egress }),
            Err(EgressError::Plain { .. }) => Err(BadHeartbeat::Plain),
            Err(EgressError::Forbidden { .. }) => Err(BadHeartbeat::Forbidden),
            Err(_) => Err(BadHeartbeat::NotAUrl),
        }
    }

    /// Calls once; in a few words without the address why it was not heard.
    async fn beat(&self) -> Result<(), String> {
        match self.egress.ask(Ask::get(self.url.clone()).within(PATIENCE)).await {
            Ok(answer) if answer.is_success() => Ok(()),
            Ok(answer) => Err(format!("answered {}", answer.status())),
            Err(EgressError::TooLong { .. }) => Err("no answer in time".to_owned()),
            Err(EgressError::NoConnection { .. } | EgressError::NoAddress { .. }) => Err("no connection".to_owned()),
            Err(EgressError::Broke { .. }) => Err("the connection broke".to_owned()),
            Err(EgressError::Forbidden { ip, kind, .. }) => Err(format!("it is at {ip}, {}", kind.words())),
            Err(_) => Err("it cannot be called".to_owned()),
        }
    }
}

/// Beats until `shutdown`. What changes is logged, not every beat.
pub async fn run(service: Service, heartbeat: Heartbeat, mut shutdown: watch::Receiver<bool>) {
    let mut told = None;
    while !*shutdown.borrow() {
        let trouble = match condition::look(&service).await {
            Ok(()) => heartbeat.beat().await.err().map(|why| format!("nobody hears it: {why}")),
            Err(trouble) => Some(format!("withheld: {trouble}")),
        };
        if told != trouble {
            if let Some(why) = &trouble {
                tracing::error!(why, "no heartbeat");
            } else {
                tracing::info!("the heartbeat is back");
            }
            told = trouble;
        }
        tokio::select! {
            () = tokio::time::sleep(heartbeat.every) => {}
            _ = shutdown.changed() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::egress::Allow;

    #[test]
    fn its_address_travels_encrypted_or_stays_here_and_is_never_told() {
        let every = Duration::from_secs(60);
        let here = Egress::new(Allow::loopback());
        for good in
            ["https://hc.example/ping/s3cret", "http://127.0.0.1:9/s3cret", "http://[::1]:9/", "http://localhost:1"]
        {
            let told = format!("{:?}", Heartbeat::new(here.clone(), good, every).unwrap());
            assert!(!told.contains("s3cret") && !told.contains("hc.example"), "{told}");
        }
        for plain in ["http://hc.example/s3cret", "http://localhost.evil.example/s3cret"] {
            assert_eq!(Heartbeat::new(here.clone(), plain, every).unwrap_err(), BadHeartbeat::Plain);
        }
        for elsewhere in
            ["http://10.0.0.1/s3cret", "https://169.254.169.254/s3cret", "https://[::ffff:10.0.0.1]/s3cret"]
        {
            assert_eq!(Heartbeat::new(here.clone(), elsewhere, every).unwrap_err(), BadHeartbeat::Forbidden);
        }
        for bad in ["", "hc.example/s3cret", "ftp://x/s3cret", "https:///", "file:///s3cret"] {
            let told = Heartbeat::new(here.clone(), bad, every).unwrap_err();
            assert!(told == BadHeartbeat::NotAUrl || bad == "https:///", "{bad}: {told}");
            assert!(!told.to_string().contains("s3cret"), "{told}");
        }
    }
}

//! A call to somebody outside, while all is well. When it stays away they ring: a backend that is gone, locked out or
//! asleep cannot say so itself.

use std::time::Duration;

use tokio::sync::watch;
use url::Url;

use super::service::Service;
use super::{condition, is_here};

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
    /// The TLS library does not start.
    #[error("TLS does not start")]
    Tls,
}

/// Where to call, and how often.
pub struct Heartbeat {
    url: Url,
    every: Duration,
    http: reqwest::Client,
}

impl std::fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Heartbeat(every {:?})", self.every)
    }
}

impl Heartbeat {
    /// Calls `url` each `every` while all is well. Plain HTTP is for this machine only.
    pub fn new(url: &str, every: Duration) -> Result<Self, BadHeartbeat> {
        let url = Url::parse(url.trim()).map_err(|_| BadHeartbeat::NotAUrl)?;
        let here = is_here(&url);
        match url.scheme() {
            "https" if url.has_host() => {}
            "http" if here => {}
            "http" => return Err(BadHeartbeat::Plain),
            _ => return Err(BadHeartbeat::NotAUrl),
        }
        let mut http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("comeback/", env!("CARGO_PKG_VERSION")));
        if here {
            http = http.no_proxy();
        }
        Ok(Self { url, every, http: http.build().map_err(|_| BadHeartbeat::Tls)? })
    }

    /// Calls once; in a few words without the address why it was not heard.
    async fn beat(&self) -> Result<(), String> {
        match self.http.get(self.url.clone()).send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("answered {}", answer.status().as_u16())),
            Err(e) if e.is_timeout() => Err("no answer in time".to_owned()),
            Err(e) if e.is_connect() => Err("no connection".to_owned()),
            Err(_) => Err("the connection broke".to_owned()),
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

    #[test]
    fn its_address_travels_encrypted_or_stays_here_and_is_never_told() {
        let every = Duration::from_secs(60);
        drop(rustls::crypto::ring::default_provider().install_default());
        for good in
            ["https://hc.example/ping/s3cret", "http://127.0.0.1:9/s3cret", "http://[::1]:9/", "http://localhost:1"]
        {
            let told = format!("{:?}", Heartbeat::new(good, every).unwrap());
            assert!(!told.contains("s3cret") && !told.contains("hc.example"), "{told}");
        }
        for plain in ["http://hc.example/s3cret", "http://10.0.0.1/s3cret", "http://localhost.evil.example/s3cret"] {
            assert_eq!(Heartbeat::new(plain, every).unwrap_err(), BadHeartbeat::Plain);
        }
        for bad in ["", "hc.example/s3cret", "ftp://x/s3cret", "https:///", "file:///s3cret"] {
            let told = Heartbeat::new(bad, every).unwrap_err();
            assert!(told == BadHeartbeat::NotAUrl || bad == "https:///", "{bad}: {told}");
            assert!(!told.to_string().contains("s3cret"), "{told}");
        }
    }
}

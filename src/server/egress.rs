//! The way out: every address that the backend calls is called from here.
//!
//! **Invariants:** a connection is made only to an address that was looked at ([`address::kind`]): a place on the internet,
//! or one that the operator allows. Nothing is read without a limit in bytes and in time. A redirect is followed only
//! where the caller asks for it, is looked at like the first address, never leads from https to http, and what proves who
//! we are stays with the host it was meant for. Errors name a host, never a path, a query or a password. No proxy is
//! taken from the environment.

use std::error::Error as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::{Client, Proxy, redirect};
use url::{Host, Url};

pub mod address;
pub mod allow;
mod ask;
mod error;
mod resolve;

pub use self::allow::{Allow, Allowed};
pub use self::ask::Ask;
pub use self::error::EgressError;
pub use self::resolve::Names;

/// Longest wait for a connection, by how long the whole may take.
const CONNECT: Duration = Duration::from_secs(2);
const CONNECT_PATIENTLY: Duration = Duration::from_secs(5);
/// Calls that may take this long are given more time to connect.
const PATIENT: Duration = Duration::from_secs(15);

/// The way out. Clones share one client and its connections.
#[derive(Clone)]
pub struct Egress(Arc<Inner>);

struct Inner {
    allow: Arc<Allow>,
    names: Arc<dyn Names>,
    proxy: Option<Url>,
    /// Made when first needed: whoever calls nobody starts without reading certificates.
    quick: OnceLock<Option<Client>>,
    patient: OnceLock<Option<Client>>,
}

impl std::fmt::Debug for Egress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Egress({:?})", self.0.allow)
    }
}

impl Egress {
    /// To the internet, and to what is allowed beside it.
    pub fn new(allow: Allow) -> Self {
        Self::with(allow, None, Arc::new(resolve::System))
    }

    /// The same by a proxy, except for what is allowed by name or address, which is called directly. The proxy resolves
    /// names, so keeping calls out of private networks is its part then; addresses that need no resolving are still
    /// looked at here.
    pub fn by_proxy(allow: Allow, proxy: Url) -> Self {
        Self::with(allow, Some(proxy), Arc::new(resolve::System))
    }

    /// The same with somebody else who knows names.
    pub fn with_names(allow: Allow, names: Arc<dyn Names>) -> Self {
        Self::with(allow, None, names)
    }

    fn with(allow: Allow, proxy: Option<Url>, names: Arc<dyn Names>) -> Self {
        let inner = Inner { allow: Arc::new(allow), names, proxy, quick: OnceLock::new(), patient: OnceLock::new() };
        Self(Arc::new(inner))
    }

    /// Whether a call to this address could be made, as far as the address itself tells: its scheme, and where it is when
    /// it says so without a name.
    pub fn look(&self, url: &Url) -> Result<(), EgressError> {
        let host = host(url)?;
        if url.scheme() != "https" && url.scheme() != "http" {
            return Err(EgressError::NotAnAddress);
        }
        let literal = match url.host() {
            Some(Host::Ipv4(ip)) => Some(ip.into()),
            Some(Host::Ipv6(ip)) => Some(ip.into()),
            Some(Host::Domain(_)) | None => None,
        };
        if let Some((ip, kind)) = literal.and_then(|ip| Some((ip, self.0.allow.refuses(ip)?))) {
            return Err(EgressError::Forbidden { host, ip, kind });
        }
        if url.scheme() == "http" && !self.0.allow.names(url) {
            return Err(EgressError::Plain { host });
        }
        Ok(())
    }

    /// An address of a host that may be called, for what does not speak HTTP. Whoever connects, connects to this address.
    pub async fn find(&self, host: &str) -> Result<std::net::IpAddr, EgressError> {
        if let Ok(ip) = host.trim_matches(['[', ']']).parse() {
            let refused = self.0.allow.refuses(ip);
            return refused.map_or(Ok(ip), |kind| Err(EgressError::Forbidden { host: host.to_owned(), ip, kind }));
        }
        let found = resolve::permitted(self.0.names.as_ref(), &self.0.allow, host).await?;
        found.into_iter().next().ok_or_else(|| EgressError::NoAddress { host: host.to_owned() })
    }

    /// Asks, and follows redirects as far as the question allows. The answer's body is read by [`Answer::bytes`].
    pub async fn ask(&self, ask: Ask) -> Result<Answer, EgressError> {
        let began = tokio::time::Instant::now();
        let (mut url, mut followed) = (ask.url.clone(), 0);
        loop {
            self.look(&url)?;
            let host = host(&url)?;
            let within = ask.within.saturating_sub(began.elapsed());
            let client = self.client(within).ok_or(EgressError::NoTls)?;
            let request = ask.request(client, &url).timeout(within);
            let answer = request.send().await.map_err(|e| of_reqwest(&e, &host))?;
            let status = answer.status().as_u16();
            if !ask.follows(status) {
                return Ok(Answer { status, host, most: ask.at_most, response: answer });
            }
            let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
            if followed == ask.redirects {
                return Err(EgressError::Redirects { host });
            }
            (url, followed) = (next(&url, to)?, followed + 1);
        }
    }

    fn client(&self, within: Duration) -> Option<&Client> {
        let (kept, connect) =
            if within < PATIENT { (&self.0.quick, CONNECT) } else { (&self.0.patient, CONNECT_PATIENTLY) };
        kept.get_or_init(|| self.made(connect)).as_ref()
    }

    fn made(&self, connect: Duration) -> Option<Client> {
        // The first to need TLS says whose it is; whoever comes later finds it set.
        drop(rustls::crypto::ring::default_provider().install_default());
        let (allow, names) = (Arc::clone(&self.0.allow), Arc::clone(&self.0.names));
        let proxy = self.0.proxy.as_ref().and_then(Url::host_str).map(str::to_owned);
        let mut builder = Client::builder()
            .connect_timeout(connect)
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .user_agent(concat!("comeback/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(resolve::Checked { names, allow: Arc::clone(&allow), proxy }));
        if let Some(proxy) = self.0.proxy.clone() {
            builder = builder.proxy(Proxy::custom(move |url| (!allow.names(url)).then(|| proxy.clone())));
        }
        builder.build().ok()
    }
}

/// Where a redirect leads. What stands before the host is sent as a proof, and nobody else says which one.
fn next(from: &Url, to: &str) -> Result<Url, EgressError> {
    let host = host(from)?;
    let redirects = || EgressError::Redirects { host: host.clone() };
    let mut to = from.join(to).ok().filter(|to| to.as_str() != from.as_str()).ok_or_else(redirects)?;
    if to.set_username("").and_then(|()| to.set_password(None)).is_err() {
        return Err(redirects());
    }
    if from.scheme() == "https" && to.scheme() != "https" {
        return Err(EgressError::Plain { host: self::host(&to)? });
    }
    Ok(to)
}

fn host(url: &Url) -> Result<String, EgressError> {
    url.host_str().filter(|host| !host.is_empty()).map(str::to_owned).ok_or(EgressError::NotAnAddress)
}

/// Errors of the client hold the address, and that may hold a number or a password.
fn of_reqwest(e: &reqwest::Error, host: &str) -> EgressError {
    let mut cause = e.source();
    while let Some(inner) = cause {
        if let Some(ours) = inner.downcast_ref::<EgressError>() {
            return ours.clone();
        }
        cause = inner.source();
    }
    let host = host.to_owned();
    if e.is_builder() {
        EgressError::NotAnAddress
    } else if e.is_connect() {
        EgressError::NoConnection { host }
    } else if e.is_timeout() {
        EgressError::TooLong { host }
    } else {
        EgressError::Broke { host }
    }
}

/// What came back. Dropped unread, its connection ends.
#[derive(Debug)]
pub struct Answer {
    status: u16,
    host: String,
    most: usize,
    response: reqwest::Response,
}

impl Answer {
    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Whether the status says that all is well.
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// A header, when it is a text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The whole body, when it is not larger than was asked for and ends in time.
    pub async fn bytes(mut self) -> Result<Vec<u8>, EgressError> {
        let too_large = || EgressError::TooLarge { host: self.host.clone(), most: self.most };
        if self.response.content_length().is_some_and(|length| length > self.most as u64) {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = self.response.chunk().await.map_err(|e| of_reqwest(&e, &self.host))? {
            if bytes.len() + chunk.len() > self.most {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_is_looked_at_before_it_is_followed() {
        let from = Url::parse("https://me:s3cret@a.example/x?token=s3cret").unwrap();
        let plain = |host: &str| Err(EgressError::Plain { host: host.to_owned() });
        let nowhere = Err(EgressError::Redirects { host: "a.example".to_owned() });
        for (to, wanted) in [
            ("/y", Ok("https://a.example/y")),
            ("https://b.example/y", Ok("https://b.example/y")),
            ("//b.example/y", Ok("https://b.example/y")),
            ("https://you:s3cret@b.example/y", Ok("https://b.example/y")),
            ("http://b.example/y", plain("b.example")),
            ("http://a.example/x", plain("a.example")),
            ("ftp://b.example/y", plain("b.example")),
            ("data:text/plain,x", nowhere.clone()),
            ("https://", nowhere.clone()),
            ("", nowhere.clone()),
        ] {
            let went = next(&from, to);
            assert_eq!(went.as_ref().map(Url::as_str), wanted.as_ref().copied(), "{to}");
            assert!(!format!("{went:?}").contains("s3cret"), "{went:?}");
        }
    }
}

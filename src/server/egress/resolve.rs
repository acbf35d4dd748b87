//! Names become addresses here, and only those that may be called come out. The connection is made to what came out, so
//! that a name which answers differently a moment later (DNS rebinding) gains nothing.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::allow::Allow;
use super::error::EgressError;

/// Who knows where a name is.
#[async_trait]
pub trait Names: Send + Sync + 'static {
    /// Every address of a name.
    async fn find(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The machine's own resolver.
#[derive(Debug)]
pub(super) struct System;

#[async_trait]
impl Names for System {
    async fn find(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|found| found.ip()).collect())
    }
}

/// The addresses of a name that may be called: never none.
pub(super) async fn permitted(names: &dyn Names, allow: &Allow, name: &str) -> Result<Vec<IpAddr>, EgressError> {
    let host = || name.to_owned();
    let found = names.find(name).await.map_err(|_| EgressError::NoAddress { host: host() })?;
    if allow.host(name) && !found.is_empty() {
        return Ok(found);
    }
    let refused = found.iter().find_map(|ip| Some((*ip, allow.refuses(*ip)?)));
    let may: Vec<IpAddr> = found.into_iter().filter(|ip| allow.refuses(*ip).is_none()).collect();
    match refused {
        Some((ip, kind)) if may.is_empty() => Err(EgressError::Forbidden { host: host(), ip, kind }),
        _ if may.is_empty() => Err(EgressError::NoAddress { host: host() }),
        Some(_) | None => Ok(may),
    }
}

/// The resolver of the HTTP client.
pub(super) struct Checked {
    pub(super) names: Arc<dyn Names>,
    pub(super) allow: Arc<Allow>,
    /// The proxy's own name, which the operator gave.
    pub(super) proxy: Option<String>,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, allow) = (Arc::clone(&self.names), Arc::clone(&self.allow));
        let of_proxy = self.proxy.as_deref() == Some(name.as_str());
        Box::pin(async move {
            let found = if of_proxy {
                names.find(name.as_str()).await?
            } else {
                permitted(names.as_ref(), &allow, name.as_str()).await?
            };
            let all: Addrs = Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(all)
        })
    }
}

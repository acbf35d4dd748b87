//! The routing backend: one committer that turns commands into facts, and shells around it.

pub mod backend;
pub mod carrier;
pub mod checkpoints;
pub mod condition;
pub mod consent;
pub mod cover;
pub mod crm;
pub mod effects;
pub mod engine;
pub mod explain;
pub mod feed;
pub mod heartbeat;
pub mod http;
pub mod lines;
mod listen;
pub mod notify;
pub mod opt_outs;
mod outside;
pub mod policy;
pub mod reconcile;
pub mod restore;
pub mod retention;
pub mod rulings;
pub mod sends;
pub mod service;
pub mod store;
pub mod telemetry;

/// Whether an address is this machine itself (the demo's carrier and CRM): a proxy named in the environment would take
/// it for its own.
fn is_here(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Reads an answer of somebody else's server; nothing when it has more than `most` bytes.
async fn read_at_most(mut answer: reqwest::Response, most: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if bytes.len() + chunk.len() > most {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}

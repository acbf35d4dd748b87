//! What may be called beside the internet, and by which way.

use std::path::PathBuf;

use clap::Args;

use crate::config::secret::Source;
use crate::server::egress::{Allowed, Egress};

/// The way out.
#[derive(Debug, Args)]
pub(super) struct EgressArgs {
    /// What may be called although it is no place on the internet: a range (10.0.0.0/8), an address, or a host by its
    /// name (crm.internal). May be given several times, or with commas.
    #[arg(long, env = "COMEBACK_EGRESS_ALLOW", value_name = "RANGE|HOST", value_delimiter = ',')]
    egress_allow: Vec<Allowed>,
    /// A file with the address of the proxy by which everything leaves; without it the address comes from
    /// `COMEBACK_EGRESS_PROXY`, and `HTTPS_PROXY` and the like are not looked at. Names are then resolved by the proxy,
    /// which has to keep calls out of private networks.
    #[arg(long, value_name = "FILE")]
    egress_proxy_file: Option<PathBuf>,
}

impl EgressArgs {
    /// The one way out of this process.
    pub(super) fn open(&self) -> anyhow::Result<Egress> {
        let allow = self.egress_allow.iter().cloned().collect();
        let variable = "COMEBACK_EGRESS_PROXY";
        let set = std::env::var_os(variable).is_some_and(|value| !value.is_empty());
        let source = match &self.egress_proxy_file {
            Some(file) => Some(Source::File(file.clone())),
            None => set.then(|| Source::Env(variable.to_owned())),
        };
        let Some(source) = source else { return Ok(Egress::new(allow)) };
        // The address may hold a password and is not repeated.
        let proxy = source.read()?.expose().parse::<url::Url>().ok();
        let proxy = proxy.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let proxy =
            proxy.ok_or_else(|| anyhow::anyhow!("{source} is no proxy's address like http://proxy.example:3128"))?;
        Ok(Egress::by_proxy(allow, proxy))
    }
}

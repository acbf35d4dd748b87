//! `comeback login URL --token-stdin`.

use clap::Args;

use super::{profile_dir, say, secret_from_stdin, warn};
use crate::client::http::sign_in;
use crate::client::profile::Profile;

/// Sign this machine in with a one-time token.
#[derive(Debug, Args)]
pub(super) struct Login {
    /// Where the backend is, as in `https://comeback.example`
    url: String,
    /// Read the one-time token from standard input; it never stands in a process list.
    #[arg(long, required = true)]
    token_stdin: bool,
}

impl Login {
    pub(super) async fn run(self, profile: &str) -> anyhow::Result<()> {
        let url: url::Url = self
            .url
            .parse()
            .map_err(|_| anyhow::anyhow!("{} is not an address like https://comeback.example", self.url))?;
        let loopback = url
            .host_str()
            .is_some_and(|h| h == "localhost" || h.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback()));
        anyhow::ensure!(
            url.scheme() == "https" || (url.scheme() == "http" && loopback),
            "{} would send your token in the clear: use https://",
            self.url
        );
        let dir = profile_dir(profile)?;
        let token = secret_from_stdin("Paste the one-time token")?;
        let base = url.as_str().trim_end_matches('/').to_owned();
        let owner = Profile::owner(&dir);
        let signed_in = sign_in(&base, &token, &device_name(), owner.clone()).await?;
        // The backend has refused this already, unless it is too old to know the question.
        anyhow::ensure!(
            owner.is_none_or(|owner| owner == signed_in.session.rep),
            "this token was for {}, and the profile \"{profile}\" is somebody else's; it is as it was. Ask for a new \
             token and type: comeback --profile NAME login {} --token-stdin",
            signed_in.session.name,
            self.url
        );
        Profile::save(&dir, &base, &signed_in)?;
        if let Some(why) = signed_in.session.mismatch() {
            warn(&format!("comeback: {why}"));
        }
        say(&format!("signed in as {} at {}. Type: comeback", signed_in.session.name, signed_in.session.company));
        Ok(())
    }
}

/// What this machine calls itself in the operator's list.
fn device_name() -> String {
    let host = std::fs::read_to_string("/etc/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok());
    host.map_or_else(|| "terminal".to_owned(), |h| h.trim().to_owned())
}

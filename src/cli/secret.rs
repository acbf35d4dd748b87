//! Secrets of a service, from where a supervisor puts them: a file (systemd's credentials) or the environment.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use crate::server::heartbeat::Heartbeat;
use crate::server::notify::email::Mailer;

/// A call to somebody outside while all is well.
#[derive(Debug, Args)]
pub(super) struct HeartbeatArgs {
    /// Call this address (GET) while all is well; whoever waits for it rings when it stays away. It is a secret: prefer
    /// the variable or the file, which stand in no process list.
    #[arg(
        id = "heartbeat_url",
        long = "heartbeat-url",
        env = "COMEBACK_HEARTBEAT_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    url: Option<String>,
    /// A file with that address.
    #[arg(id = "heartbeat_file", long = "heartbeat-url-file", value_name = "FILE", conflicts_with = "heartbeat_url")]
    file: Option<PathBuf>,
    /// Seconds between two calls.
    #[arg(id = "heartbeat_seconds", long = "heartbeat-seconds", value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
}

impl HeartbeatArgs {
    /// The heartbeat to keep, when one is wanted.
    pub(super) fn kept(&self) -> anyhow::Result<Option<Heartbeat>> {
        let url = match (&self.file, &self.url) {
            (Some(file), _) => Some(from_file(file)?),
            (None, Some(url)) if !url.is_empty() => Some(url.clone()),
            (None, _) => None,
        };
        Ok(url.map(|url| Heartbeat::new(&url, Duration::from_secs(self.seconds))).transpose()?)
    }
}

/// The bearer token of the CRM's directory.
#[derive(Debug, Args)]
pub(super) struct CrmTokenArgs {
    /// A file with the directory's bearer token; without it the token comes from `COMEBACK_CRM_TOKEN`.
    #[arg(long, value_name = "FILE", requires = "crm")]
    crm_token_file: Option<PathBuf>,
}

impl CrmTokenArgs {
    pub(super) fn token(&self) -> anyhow::Result<String> {
        match &self.crm_token_file {
            Some(file) => from_file(file),
            None => Ok(std::env::var("COMEBACK_CRM_TOKEN").unwrap_or_default()),
        }
    }
}

/// The mail server by which alerts leave.
#[derive(Debug, Args)]
pub(super) struct MailArgs {
    /// Where mail leaves, as in `smtps://user:password@mail.example`. It is a secret: prefer the variable or the file,
    /// which stand in no process list.
    #[arg(id = "smtp_url", long = "smtp-url", env = "COMEBACK_SMTP_URL", hide_env_values = true, value_name = "URL")]
    url: Option<String>,
    /// A file with that address.
    #[arg(id = "smtp_file", long = "smtp-url-file", value_name = "FILE", conflicts_with = "smtp_url")]
    file: Option<PathBuf>,
}

impl MailArgs {
    /// The mail server, when one is given.
    pub(super) fn mailer(&self) -> anyhow::Result<Option<Mailer>> {
        let url = match (&self.file, &self.url) {
            (Some(file), _) => Some(from_file(file)?),
            (None, Some(url)) if !url.is_empty() => Some(url.clone()),
            (None, _) => None,
        };
        Ok(url.map(|url| Mailer::new(&url)).transpose()?)
    }
}

pub(super) fn from_file(file: &std::path::Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let secret = text.trim().to_owned();
    anyhow::ensure!(!secret.is_empty(), "{} is empty: it should hold a secret", file.display());
    Ok(secret)
}

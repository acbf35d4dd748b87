//! Secrets of a service, from where a supervisor puts them: the environment, a file (systemd's credentials), or the
//! keyring. None of them can be typed as an argument: every user of a machine reads those.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::config::secret::{Held, Secret, Source};
use crate::server::egress::Egress;
use crate::server::heartbeat::Heartbeat;
use crate::server::notify::email::Mailer;

/// The one place that is set: a file, the keyring, or else a variable that is not empty.
pub(super) fn source(file: Option<&PathBuf>, keyring: Option<&String>, variable: &str) -> Option<Source> {
    match (file, keyring) {
        (Some(file), _) => Some(Source::File(file.clone())),
        (None, Some(name)) => Some(Source::Keyring(name.clone())),
        (None, None) => {
            let set = std::env::var_os(variable).is_some_and(|value| !value.is_empty());
            set.then(|| Source::Env(variable.to_owned()))
        }
    }
}

/// A call to somebody outside while all is well.
#[derive(Debug, Args)]
pub(super) struct HeartbeatArgs {
    /// A file with the address to call (GET) while all is well; whoever waits for it rings when it stays away. Without it
    /// the address comes from `COMEBACK_HEARTBEAT_URL`. It is a secret, so it is no argument.
    #[arg(id = "heartbeat_file", long = "heartbeat-url-file", value_name = "FILE")]
    file: Option<PathBuf>,
    /// The name of that address in the keyring.
    #[arg(
        id = "heartbeat_keyring",
        long = "heartbeat-url-keyring",
        value_name = "NAME",
        conflicts_with = "heartbeat_file"
    )]
    keyring: Option<String>,
    /// Seconds between two calls.
    #[arg(id = "heartbeat_seconds", long = "heartbeat-seconds", value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
}

impl HeartbeatArgs {
    /// The heartbeat to keep, when one is wanted.
    pub(super) fn kept(&self, egress: &Egress) -> anyhow::Result<Option<Heartbeat>> {
        let Some(source) = source(self.file.as_ref(), self.keyring.as_ref(), "COMEBACK_HEARTBEAT_URL") else {
            return Ok(None);
        };
        let every = Duration::from_secs(self.seconds);
        Ok(Some(Heartbeat::new(egress.clone(), source.read()?.expose(), every)?))
    }
}

/// The bearer token of the CRM.
#[derive(Debug, Args)]
pub(super) struct CrmTokenArgs {
    /// A file with the CRM's bearer token (HubSpot: a private app's; Salesforce: the private key of the connected app's
    /// certificate, in PEM), read whenever it is needed; without it the token comes from `COMEBACK_CRM_TOKEN`.
    #[arg(long, value_name = "FILE", requires = "crm")]
    crm_token_file: Option<PathBuf>,
    /// The name of that token in the keyring.
    #[arg(long, value_name = "NAME", requires = "crm", conflicts_with = "crm_token_file")]
    crm_token_keyring: Option<String>,
}

impl CrmTokenArgs {
    /// The token, which was read once to see that it can be.
    pub(super) fn token(&self) -> anyhow::Result<Held> {
        let source = source(self.crm_token_file.as_ref(), self.crm_token_keyring.as_ref(), "COMEBACK_CRM_TOKEN");
        let Some(source) = source else { return Ok(Held::Here(Secret::default())) };
        source.read()?;
        Ok(Held::At(source))
    }
}

/// The mail server by which alerts leave.
#[derive(Debug, Args)]
pub(super) struct MailArgs {
    /// A file with the mail server's address, as in `smtps://user:password@mail.example`. Without it the address comes
    /// from `COMEBACK_SMTP_URL`. It is a secret, so it is no argument.
    #[arg(id = "smtp_file", long = "smtp-url-file", value_name = "FILE")]
    file: Option<PathBuf>,
    /// The name of that address in the keyring.
    #[arg(id = "smtp_keyring", long = "smtp-url-keyring", value_name = "NAME", conflicts_with = "smtp_file")]
    keyring: Option<String>,
}

impl MailArgs {
    /// The mail server, when one is given.
    pub(super) fn mailer(&self, egress: &Egress) -> anyhow::Result<Option<Mailer>> {
        let Some(source) = source(self.file.as_ref(), self.keyring.as_ref(), "COMEBACK_SMTP_URL") else {
            return Ok(None);
        };
        Ok(Some(Mailer::new(egress.clone(), source.read()?.expose())?))
    }
}

//! Which CRM the backend reads people from and writes into.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::secret::{CrmTokenArgs, source};
use crate::clock::Clock;
use crate::config::secret::Held;
use crate::server::crm::directory::Directory;
use crate::server::crm::files::Files;
use crate::server::crm::hubspot::{API, HubSpot, Settings};
use crate::server::crm::{Crm, Reps};
use crate::server::egress::Egress;
use crate::server::store::Store;

/// The CRM.
#[derive(Debug, Args)]
pub(super) struct CrmArgs {
    /// Who knows the buyers: `hubspot`, a folder of tables as `files=FOLDER`, or the address of a JSON directory of contacts.
    /// What the emulator of HubSpot stands at is given as `hubspot=http://127.0.0.1:…`.
    #[arg(long, value_name = "hubspot|files=FOLDER|URL")]
    crm: Option<String>,
    /// The JSON directory takes writes, too: the log of what was said, how it ended, tasks. HubSpot always does.
    #[arg(long, requires = "crm")]
    crm_writes: bool,
    #[command(flatten)]
    token: CrmTokenArgs,
    /// A file with the client secret of HubSpot's app, which signs its webhooks to `/hooks/crm`; two lines while it is
    /// changed. Without it the secret comes from `COMEBACK_CRM_HOOK_SECRET`.
    #[arg(long, value_name = "FILE", requires = "crm")]
    crm_hook_secret_file: Option<PathBuf>,
    /// The name of that secret in the keyring.
    #[arg(long, value_name = "NAME", requires = "crm", conflicts_with = "crm_hook_secret_file")]
    crm_hook_secret_keyring: Option<String>,
}

impl CrmArgs {
    /// The connector, when a CRM is named. Its secrets were read once to see that they can be.
    pub(super) fn connector(
        &self,
        egress: &Egress,
        store: &Arc<dyn Store>,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<Option<Arc<dyn Crm>>> {
        let Some(named) = self.crm.as_deref() else { return Ok(None) };
        if let Some(folder) = named.strip_prefix("files=") {
            let files = Files::new(Path::new(folder), Reps::Kept(Arc::clone(store)))?;
            return Ok(Some(Arc::new(files)));
        }
        let token = self.token.token()?;
        let base = named.strip_prefix("hubspot").map(|rest| rest.strip_prefix('=').unwrap_or(rest));
        let Some(base) = base else {
            let directory = Directory::new(egress.clone(), named, token)?;
            return Ok(Some(Arc::new(if self.crm_writes { directory.writing() } else { directory })));
        };
        let empty = matches!(&token, Held::Here(secret) if secret.is_empty());
        anyhow::ensure!(
            !empty,
            "HubSpot opens to a private app's token: put it into COMEBACK_CRM_TOKEN, or a file named by --crm-token-file"
        );
        let base = if base.is_empty() { API } else { base };
        let settings = Settings { base: base.to_owned(), hook_secret: self.hook_secret()?, ..Settings::new(token) };
        let reps = Reps::Kept(Arc::clone(store));
        Ok(Some(Arc::new(HubSpot::new(egress.clone(), settings, reps, Arc::clone(clock))?)))
    }

    fn hook_secret(&self) -> anyhow::Result<Option<Held>> {
        let (file, keyring) = (self.crm_hook_secret_file.as_ref(), self.crm_hook_secret_keyring.as_ref());
        let Some(source) = source(file, keyring, "COMEBACK_CRM_HOOK_SECRET") else { return Ok(None) };
        source.read_all()?;
        Ok(Some(Held::At(source)))
    }
}

//! Which CRM the backend reads people from and writes into.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::secret::source;
use crate::clock::Clock;
use crate::config::secret::Held;
use crate::domain::write_back::WriteBack;
use crate::server::crm::directory::Directory;
use crate::server::crm::files::Files;
use crate::server::crm::hubspot::HubSpot;
use crate::server::crm::salesforce::Salesforce;
use crate::server::crm::{Crm, Reps};
use crate::server::egress::Egress;
use crate::server::store::Store;
use login::{CrmLogin, Hosted};

pub(super) mod login;

/// What the folder beside the database is called.
pub(super) const BESIDE: &str = "crm";

/// The CRM.
#[derive(Debug, Args)]
pub(super) struct CrmArgs {
    /// Who knows the buyers: `hubspot`, `salesforce`, a folder of tables as `files=FOLDER`, or the address of a JSON directory
    /// of contacts. Another address than everybody's is given as `salesforce=https://acme.my.salesforce.com`, and an
    /// emulator's as `hubspot=http://127.0.0.1:…`. Left out, a folder `crm` beside the database is it, where there is one;
    /// `none` is nobody.
    #[arg(long, value_name = "hubspot|salesforce|files=FOLDER|URL|none")]
    crm: Option<String>,
    #[command(flatten)]
    login: CrmLogin,
    /// The directory or the folder takes writes, too: the log of what was said, how it ended, tasks. HubSpot and Salesforce
    /// always do.
    #[arg(long)]
    crm_writes: bool,
    /// The property of contacts (HubSpot) or the checkbox of contacts and leads (Salesforce) that says who is opted out of
    /// texts. Left out, `sms_opt_out` or `SMS_Opt_Out__c`.
    #[arg(long, value_name = "NAME", requires = "crm", env = "COMEBACK_CRM_OPT_OUT", value_parser = field)]
    crm_opt_out: Option<String>,
    /// A file with the client secret of HubSpot's app, which signs its webhooks to `/hooks/crm`; two lines while it is
    /// changed. Without it the secret comes from `COMEBACK_CRM_HOOK_SECRET`.
    #[arg(long, value_name = "FILE", requires = "crm")]
    crm_hook_secret_file: Option<PathBuf>,
    /// The name of that secret in the keyring.
    #[arg(long, value_name = "NAME", requires = "crm", conflicts_with = "crm_hook_secret_file")]
    crm_hook_secret_keyring: Option<String>,
}

impl CrmArgs {
    /// The folder of tables beside the database: the CRM of whoever names none.
    pub(super) fn beside(&self, database: &Path) -> Option<PathBuf> {
        let folder = database.with_file_name(BESIDE);
        (self.crm.is_none() && folder.is_dir()).then_some(folder)
    }

    /// Whether a directory or a folder may be written into.
    pub(super) const fn writes(&self) -> bool {
        self.crm_writes
    }

    /// The connector, when a CRM is named or a folder of tables stands beside the database. Its secrets were read once to
    /// see that they can be.
    pub(super) fn connector(
        &self,
        database: &Path,
        egress: &Egress,
        store: &Arc<dyn Store>,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<Option<Arc<dyn Crm>>> {
        let folder = match self.crm.as_deref() {
            Some(named) => named.strip_prefix("files=").map(PathBuf::from),
            None => self.beside(database),
        };
        if let Some(folder) = folder {
            let files = Files::new(&folder, Reps::Kept(Arc::clone(store)))?.by(Arc::clone(clock));
            return Ok(Some(Arc::new(if self.crm_writes { files.writing() } else { files })));
        }
        let Some(named) = self.crm.as_deref().filter(|named| *named != "none") else {
            anyhow::ensure!(
                !self.crm_writes,
                "there is no CRM that could take writes: name one with --crm, or make the folder {}",
                database.with_file_name(BESIDE).display()
            );
            return Ok(None);
        };
        let (reps, clock) = (Reps::Kept(Arc::clone(store)), Arc::clone(clock));
        let opt_out = self.crm_opt_out.clone();
        match Hosted::of(named) {
            Some(Hosted::HubSpot(base)) => {
                let mut settings = self.login.hubspot(base)?;
                settings.hook_secret = self.hook_secret()?;
                settings.opt_out = opt_out.unwrap_or(settings.opt_out);
                Ok(Some(Arc::new(HubSpot::new(egress.clone(), settings, reps, clock)?)))
            }
            Some(Hosted::Salesforce(login)) => {
                let mut settings = self.login.salesforce(login)?;
                settings.opt_out = opt_out.unwrap_or(settings.opt_out);
                Ok(Some(Arc::new(Salesforce::new(egress.clone(), settings, reps, clock)?)))
            }
            None => {
                let directory = Directory::new(egress.clone(), named, self.login.token()?)?;
                Ok(Some(Arc::new(if self.crm_writes { directory.writing() } else { directory })))
            }
        }
    }

    fn hook_secret(&self) -> anyhow::Result<Option<Held>> {
        let (file, keyring) = (self.crm_hook_secret_file.as_ref(), self.crm_hook_secret_keyring.as_ref());
        let Some(source) = source(file, keyring, "COMEBACK_CRM_HOOK_SECRET") else { return Ok(None) };
        source.read_all()?;
        Ok(Some(Held::At(source)))
    }
}

/// What the playbook wants written into a CRM that takes no writes, and what turns that on; nothing where it has its way.
/// HubSpot and Salesforce always take them.
pub(super) fn unwritten(crm: &dyn Crm, wants: &WriteBack) -> Option<String> {
    let wanted = wants.wanted();
    (!crm.takes_writes() && !wanted.is_empty()).then(|| {
        let wanted = wanted.join(", ");
        format!(
            "the playbook's [crm] wants {wanted} written into the CRM, and nothing is: serve --crm-writes turns it on"
        )
    })
}

/// The name of a field, as both CRMs take it.
fn field(text: &str) -> Result<String, String> {
    let fits = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.len() <= 100
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if fits { Ok(text.to_owned()) } else { Err("a field's name is letters, digits and _".to_owned()) }
}

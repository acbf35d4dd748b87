//! Which CRM the demo runs on: a folder of tables, or an emulated HubSpot or Salesforce with the same people in it.

use std::path::Path;
use std::sync::Arc;

use clap::ValueEnum;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::cli::crm::BESIDE;
use crate::clock::Clock;
use crate::config::secret::{Held, Secret};
use crate::emulator::Emulator;
use crate::emulator::fill::{self, People};
use crate::emulator::hubspot::{HubSpotConfig, HubSpotEmulator};
use crate::emulator::salesforce::{SalesforceConfig, SalesforceEmulator};
use crate::server::crm::files::Files;
use crate::server::crm::hubspot::{self, HubSpot};
use crate::server::crm::salesforce::{self, Salesforce};
use crate::server::crm::{Crm, Reps};
use crate::server::egress::Egress;
use crate::server::store::Store;

/// The CRM of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Of {
    /// A folder of tables beside the database, whose deals move.
    Files,
    /// An emulated HubSpot. Its deals stand at its own stages, and stay there.
    #[value(name = "hubspot")]
    HubSpot,
    /// An emulated Salesforce, in the same way.
    Salesforce,
}

/// What runs, for as long as this is kept.
pub(super) struct Running {
    /// What a program needs to look into it.
    pub(super) about: Value,
    _hubspot: Option<HubSpotEmulator>,
    _salesforce: Option<SalesforceEmulator>,
}

/// What the CRM is connected by.
pub(super) struct Around<'a> {
    pub(super) folder: &'a Path,
    pub(super) egress: &'a Egress,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    /// Who is in it.
    pub(super) people: People,
}

/// Starts it, with a connector to it.
pub(super) async fn start(of: Of, emulator: &Emulator, at: Around<'_>) -> anyhow::Result<(Arc<dyn Crm>, Running)> {
    let Around { folder, egress, store, clock, people } = at;
    let reps = Reps::Kept(store);
    let egress = egress.clone();
    let no_such = |why: String| anyhow::anyhow!("the emulated CRM takes no such people: {why}");
    match of {
        Of::Files => {
            // As whoever starts without a CRM has it: a folder of tables beside the database.
            let tables = folder.join(BESIDE);
            emulator.keep_crm(&tables)?;
            let about = json!({ "name": "files", "folder": tables });
            let files = Files::new(&tables, reps)?.by(clock).writing();
            Ok((Arc::new(files), Running { about, _hubspot: None, _salesforce: None }))
        }
        Of::HubSpot => {
            let config = HubSpotConfig::default();
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let hubspot = HubSpotEmulator::start(listener, config.clone(), Arc::clone(&clock))?;
            fill::hubspot(&hubspot, &people).map_err(no_such)?;
            let settings = hubspot::Settings {
                base: hubspot.base_url().to_owned(),
                ..hubspot::Settings::new(Held::Here(Secret::from(config.token.as_str())))
            };
            let about = json!({ "name": "hubspot", "base_url": hubspot.base_url(), "token": config.token });
            let crm = HubSpot::new(egress, settings, reps, clock)?;
            Ok((Arc::new(crm), Running { about, _hubspot: Some(hubspot), _salesforce: None }))
        }
        Of::Salesforce => {
            let config = SalesforceConfig::default();
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let salesforce = SalesforceEmulator::start(listener, config.clone(), Arc::clone(&clock))?;
            fill::salesforce(&salesforce, &people).map_err(no_such)?;
            let key = Held::Here(Secret::from(config.key.trim()));
            let settings = salesforce::Settings {
                login: salesforce.base_url().to_owned(),
                ..salesforce::Settings::new(config.client_id, config.user, key)
            };
            let about = json!({ "name": "salesforce", "base_url": salesforce.base_url() });
            let crm = Salesforce::new(egress, settings, reps, clock)?;
            Ok((Arc::new(crm), Running { about, _hubspot: None, _salesforce: Some(salesforce) }))
        }
    }
}

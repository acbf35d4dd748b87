//! `comeback emulate hubspot` and `comeback emulate salesforce`.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::ended;
use crate::cli::say;
use crate::clock::Clock;
use crate::emulator::fill::{self, Filled, People};
use crate::emulator::hubspot::{HubSpotConfig, HubSpotEmulator};
use crate::emulator::salesforce::{SalesforceConfig, SalesforceEmulator};

/// What a backend must be told before it calls this machine: by itself it calls nothing inside.
fn allowed(base: &str) -> String {
    let host = base.parse::<url::Url>().ok().and_then(|url| url.host_str().map(str::to_owned));
    format!("--egress-allow {}", host.as_deref().unwrap_or("127.0.0.1").trim_matches(['[', ']']))
}

/// Runs a HubSpot with these people until somebody ends the process.
pub(super) async fn hubspot(listener: TcpListener, people: &People, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    let config = HubSpotConfig::default();
    let (token, secret) = (config.token.clone(), config.client_secret.clone());
    let hubspot = HubSpotEmulator::start(listener, config, clock)?;
    let filled =
        fill::hubspot(&hubspot, people).map_err(|why| anyhow::anyhow!("HubSpot takes no such people: {why}"))?;
    let base = hubspot.base_url();
    let about = json!({
        "crm": "hubspot",
        "base_url": base,
        "token": token,
        "client_secret": secret,
        "serve": format!("COMEBACK_CRM_TOKEN={token} COMEBACK_CRM_HOOK_SECRET={secret} comeback serve … --crm hubspot={base} {}", allowed(base)),
    });
    tell(about, &filled);
    ended().await
}

/// Runs a Salesforce with these people until somebody ends the process.
pub(super) async fn salesforce(listener: TcpListener, people: &People, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    let config = SalesforceConfig::default();
    let (client, user, key) = (config.client_id.clone(), config.user.clone(), config.key.clone());
    let salesforce = SalesforceEmulator::start(listener, config, clock)?;
    let filled = fill::salesforce(&salesforce, people)
        .map_err(|why| anyhow::anyhow!("Salesforce takes no such people: {why}"))?;
    let base = salesforce.base_url();
    let about = json!({
        "crm": "salesforce",
        "base_url": base,
        "client_id": client,
        "user": user,
        "key": key,
        "serve": format!(
            "comeback serve … --crm salesforce={base} --crm-client-id {client} --crm-user {user} --crm-token-file FILE \
             {}, FILE with the key",
            allowed(base)
        ),
    });
    tell(about, &filled);
    ended().await
}

/// One line of JSON: where it is, what opens it, how a backend is pointed at it, and who is in it.
fn tell(mut about: Value, filled: &Filled) {
    about["contacts"] = json!(filled.contacts);
    about["accounts"] = json!(filled.accounts);
    about["deals"] = json!(filled.deals);
    about["owners"] = json!(filled.owners);
    say(&about.to_string());
}

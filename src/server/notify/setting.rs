//! Values that stand outside the playbook: read each time they are needed, so that one that is changed holds at once.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;

use super::standard::Secret;
use crate::domain::alert::{ChannelKind, Setting};
use crate::domain::playbook::Playbook;

/// The longest value read.
const LONGEST: u64 = 4096;

/// Values in place of the environment's, by the variable's name: a demo brings its own.
pub type Given = BTreeMap<String, String>;

/// The value, or why it is not there. What it is does not appear in the words.
pub(super) fn read(setting: &Setting, given: &Given) -> Result<String, String> {
    let found = match setting {
        Setting::Plain(value) => return Ok(value.clone()),
        Setting::Env(name) => {
            let given = given.get(name).cloned();
            given.or_else(|| std::env::var(name).ok()).ok_or_else(|| format!("the variable {name} is not set"))?
        }
        Setting::File(path) => {
            let unread = |e: std::io::Error| format!("{path} cannot be read: {}", e.kind());
            let mut text = String::new();
            File::open(path).map_err(unread)?.take(LONGEST).read_to_string(&mut text).map_err(unread)?;
            text
        }
    };
    let found = found.trim().to_owned();
    if found.is_empty() { Err("what should hold it is empty".to_owned()) } else { Ok(found) }
}

/// Channels whose address or secret this process cannot read, each with the reason.
pub fn unreadable(playbook: &Playbook, given: &Given) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (name, channel) in &playbook.alerting.channels {
        let trouble = match &channel.kind {
            ChannelKind::Webhook { url, secrets } => {
                let read_secret =
                    |setting| read(setting, given).and_then(|text| Secret::parse(&text).map_err(|e| e.to_string()));
                read(url, given).err().or_else(|| secrets.iter().find_map(|secret| read_secret(secret).err()))
            }
            ChannelKind::Slack { url } => read(url, given).err(),
            ChannelKind::Email { .. } | ChannelKind::Sms { .. } => None,
        };
        all.extend(trouble.map(|why| (name.clone(), why)));
    }
    all
}

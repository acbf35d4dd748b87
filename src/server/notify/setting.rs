//! Values that stand outside the playbook: read each time they are needed, so that one that is changed holds at once.

use super::standard::Secret;
use crate::config::secret::Source;
use crate::domain::alert::{ChannelKind, Setting};
use crate::domain::playbook::Playbook;

/// The value, or why it is not there. What it is does not appear in the words.
pub(super) fn read(setting: &Setting) -> Result<String, String> {
    let source = match setting {
        Setting::Plain(value) => return Ok(value.clone()),
        Setting::Env(name) => Source::Env(name.clone()),
        Setting::File(path) => Source::File(path.into()),
    };
    source.read().map(|secret| secret.expose().to_owned()).map_err(|e| e.to_string())
}

/// Channels whose address or secret this process cannot read, each with the reason.
pub fn unreadable(playbook: &Playbook) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (name, channel) in &playbook.alerting.channels {
        let trouble = match &channel.kind {
            ChannelKind::Webhook { url, secrets } => {
                let read_secret =
                    |setting| read(setting).and_then(|text| Secret::parse(&text).map_err(|e| e.to_string()));
                read(url).err().or_else(|| secrets.iter().find_map(|secret| read_secret(secret).err()))
            }
            ChannelKind::Slack { url } => read(url).err(),
            ChannelKind::Email { .. } | ChannelKind::Sms { .. } => None,
        };
        all.extend(trouble.map(|why| (name.clone(), why)));
    }
    all
}

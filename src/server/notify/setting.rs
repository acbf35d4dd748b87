//! Values that stand outside the playbook: read each time they are needed, so that one that is changed holds at once.

use super::standard::Secret;
use crate::config::secret::{Held, Source};
use crate::domain::alert::{ChannelKind, Setting};
use crate::domain::playbook::Playbook;

/// The value, or why it is not there. What it is does not appear in the words.
pub(super) async fn read(setting: &Setting) -> Result<String, String> {
    let source = match setting {
        Setting::Plain(value) => return Ok(value.clone()),
        Setting::Env(name) => Source::Env(name.clone()),
        Setting::File(path) => Source::File(path.into()),
        Setting::Keyring(name) => Source::Keyring(name.clone()),
    };
    let read = Held::At(source).read().await;
    read.map(|secret| secret.expose().to_owned()).map_err(|e| e.to_string())
}

/// Signing secrets, in their order, or why one is not there.
pub(super) async fn secrets(settings: &[Setting]) -> Result<Vec<Secret>, String> {
    let mut all = Vec::with_capacity(settings.len());
    for setting in settings {
        all.push(Secret::parse(&read(setting).await?).map_err(|e| e.to_string())?);
    }
    Ok(all)
}

/// Channels whose address or secret this process cannot read, each with the reason.
pub async fn unreadable(playbook: &Playbook) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (name, channel) in &playbook.alerting.channels {
        let trouble = match &channel.kind {
            ChannelKind::Webhook { url, secrets: named } => match read(url).await {
                Ok(_) => secrets(named).await.err(),
                Err(why) => Some(why),
            },
            ChannelKind::Slack { url } => read(url).await.err(),
            ChannelKind::Email { .. } | ChannelKind::Sms { .. } => None,
        };
        all.extend(trouble.map(|why| (name.clone(), why)));
    }
    all
}

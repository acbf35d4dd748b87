//! Values that stand outside the playbook: read each time they are needed, so that one that is changed holds at once.

use std::collections::BTreeMap;

use super::standard::Secret;
use crate::config::secret::{Held, Source};
use crate::domain::alert::{ChannelKind, Setting};
use crate::domain::playbook::Playbook;

/// Values in place of the environment's, by the variable's name: a demo brings its own.
pub type Given = BTreeMap<String, String>;

/// The value, or why it is not there. What it is does not appear in the words.
pub(super) async fn read(setting: &Setting, given: &Given) -> Result<String, String> {
    let source = match setting {
        Setting::Plain(value) => return Ok(value.clone()),
        Setting::Env(name) if given.contains_key(name) => return Ok(given[name].clone()),
        Setting::Env(name) => Source::Env(name.clone()),
        Setting::File(path) => Source::File(path.into()),
        Setting::Keyring(name) => Source::Keyring(name.clone()),
    };
    let read = Held::At(source).read().await;
    read.map(|secret| secret.expose().to_owned()).map_err(|e| e.to_string())
}

/// Signing secrets, in their order, or why one is not there.
pub(super) async fn secrets(settings: &[Setting], given: &Given) -> Result<Vec<Secret>, String> {
    let mut all = Vec::with_capacity(settings.len());
    for setting in settings {
        all.push(Secret::parse(&read(setting, given).await?).map_err(|e| e.to_string())?);
    }
    Ok(all)
}

/// Channels whose address or secret this process cannot read, each with the reason.
pub async fn unreadable(playbook: &Playbook, given: &Given) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (name, channel) in &playbook.alerting.channels {
        let trouble = match &channel.kind {
            ChannelKind::Webhook { url, secrets: named } => match read(url, given).await {
                Ok(_) => secrets(named, given).await.err(),
                Err(why) => Some(why),
            },
            ChannelKind::Slack { url } => read(url, given).await.err(),
            ChannelKind::Email { .. } | ChannelKind::Sms { .. } => None,
        };
        all.extend(trouble.map(|why| (name.clone(), why)));
    }
    all
}

/// Such channels in words, those of one reason together: several may name one variable.
pub fn in_words(unreadable: Vec<(String, String)>) -> Vec<String> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for (channel, why) in unreadable {
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, channels)) => channels.push(channel),
            None => reasons.push((why, vec![channel])),
        }
    }
    reasons.into_iter().map(|(why, channels)| format!("{}: {why}", channels.join(" and "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_that_lack_the_same_are_told_together() {
        let unset = |name: &str| format!("the variable {name} is not set");
        let all = [("chat", "CHAT_URL"), ("ops", "OPS_URL"), ("wall", "CHAT_URL")];
        assert_eq!(
            in_words(all.map(|(channel, name)| (channel.to_owned(), unset(name))).to_vec()),
            ["chat and wall: the variable CHAT_URL is not set", "ops: the variable OPS_URL is not set"]
        );
        assert_eq!(in_words(Vec::new()), Vec::<String>::new());
    }
}

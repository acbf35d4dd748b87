//! Why a conversation went to whom it went, from the journal; with the words of notes, which stand beside it.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::store::{Store, StoreError};
use crate::domain::answering::Answering;
use crate::domain::event::Event;
use crate::domain::explanation;
use crate::domain::id::{ConversationId, MessageId};
use crate::domain::playbook::Playbook;
use crate::domain::safe_text::SafeText;
use crate::domain::time::Timestamp;
use crate::domain::use_case::Evidence;
use crate::journal::Frame;

/// The newest entries of a conversation that are looked at.
const MOST: usize = 5_000;

/// One fact in words: the first line says it, those after it why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// In words.
    pub lines: Vec<String>,
}

/// Whether the words of notes are told. The sealed record holds none, and neither does what an auditor reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notes {
    /// With the fact that somebody noted.
    Told,
    /// Only the fact.
    LeftOut,
}

/// The conversation that somebody means: by its own id, or by the carrier's id of a text in it, which some carriers write
/// as we write ours.
pub async fn meant(store: &dyn Store, id: &str) -> Result<Option<ConversationId>, StoreError> {
    if let Ok(conversation) = id.parse()
        && store.messages(conversation, 0, 0).await?.is_some()
    {
        return Ok(Some(conversation));
    }
    Ok(store.delivered(id).await?.map(|(_, conversation)| conversation))
}

/// Everything that was decided about a conversation, oldest first.
pub async fn of(
    store: &dyn Store,
    playbook: &Playbook,
    zone: Tz,
    conversation: ConversationId,
    notes: Notes,
) -> Result<Vec<Told>, StoreError> {
    let words = match notes {
        Notes::Told => words(store, conversation).await?,
        Notes::LeftOut => BTreeMap::new(),
    };
    let (mut all, mut origin) = (Vec::new(), None);
    for entry in store.entries_of(conversation.0, MOST).await? {
        // An event of a newer version is passed over, as everywhere in the journal.
        let Ok(frame) = Frame::decode(&entry.body) else { continue };
        let Ok(event) = serde_json::from_value::<Event>(frame.event) else { continue };
        let mut lines = explanation::of(playbook, zone, &event);
        if let Event::Noted { message, .. } = &event
            && let (Some(line), Some(words)) = (lines.first_mut(), words.get(message))
        {
            *line = format!("{line}: {words}");
        }
        if let Event::Opened { number, line, .. } = &event {
            origin = store.address(*number).await?.map(|address| (address, line.clone()));
        }
        if let (Some(Evidence::Send { .. }), Some((address, line))) = (evidence(&event), &origin) {
            let sent = store.answered(&(address.clone(), line.clone(), entry.at)).await?;
            lines.extend(sent.map(|sent| answers(&sent, zone)));
        }
        lines.extend(frame.took_us.map(|took| format!("decided in {took} µs")));
        if !lines.is_empty() {
            all.push(Told { at: entry.at, lines });
        }
    }
    Ok(all)
}

/// What was said in it, each by its message.
async fn words(store: &dyn Store, conversation: ConversationId) -> Result<BTreeMap<MessageId, String>, StoreError> {
    let Some((_, messages)) = store.messages(conversation, u64::MAX, MOST).await? else { return Ok(BTreeMap::new()) };
    let said = messages.into_iter().filter_map(|m| Some((m.id, m.body?)));
    Ok(said.map(|(id, body)| (id, SafeText::line(body.as_str()).as_str().to_owned())).collect())
}

/// What told what a reply is about.
fn evidence(event: &Event) -> Option<&Evidence> {
    if let Event::Opened { evidence, .. } | Event::Matched { evidence, .. } = event { evidence.as_ref() } else { None }
}

/// Which text was answered; not its words, nor to whom it went.
fn answers(sent: &Answering, zone: Tz) -> String {
    let at = sent.at.utc().with_timezone(&zone).format("%a %Y-%m-%d %H:%M %Z");
    format!("it answers the text of the campaign \"{}\" that was sent {at}", SafeText::line(&sent.campaign))
}

//! The answer to a complaint: everything about one number in time order, each line with its entry of the journal.

use std::collections::{BTreeMap, BTreeSet};

use super::consent::told::Told;
use super::store::{Store, StoreError};
use crate::domain::contact::Address;
use crate::domain::dossier;
use crate::domain::event::Event;
use crate::domain::id::MessageId;
use crate::domain::playbook::Playbook;
use crate::domain::safe_text::SafeText;
use crate::journal::{Entry, Frame, to_hex};
use crate::wire::dossier::{Dossier, DossierLine};

/// Entries of one conversation, or of the number itself, and texts of one conversation, that are looked at: the newest.
const MOST: usize = 10_000;

/// Everything about a number; nothing when it never wrote, was texted by nobody and stands in no list.
pub async fn of(store: &dyn Store, playbook: &Playbook, address: &Address) -> Result<Option<Dossier>, StoreError> {
    let found = store.consent_of(address).await?;
    let sends = store.campaign_sends(address, MOST).await?;
    if found.is_none() && sends.is_empty() {
        return Ok(None);
    }
    let (mut entries, mut words) = (Vec::new(), BTreeMap::new());
    if let Some((number, conversations)) = &found {
        entries.extend(store.entries_of(number.id.0, MOST).await?);
        for row in store.ledger_of(number.id, MOST).await? {
            words.extend(evidence(&row.entry).zip(row.words.map(|words| words.as_str().to_owned())));
        }
        for c in conversations {
            entries.extend(store.entries_of(c.id.0, MOST).await?);
            let messages = store.messages(c.id, u64::MAX, MOST).await?.map_or_else(Vec::new, |(_, all)| all);
            words.extend(messages.into_iter().filter_map(|m| Some((m.id, m.body?.as_str().to_owned()))));
        }
    }
    let mut lines: Vec<DossierLine> = Vec::new();
    for send in sends {
        let words = Some(SafeText::line(send.sent.words.as_str()).as_str().to_owned());
        let campaign = SafeText::line(&send.sent.campaign).as_str().to_owned();
        let what = vec![format!("the campaign \"{campaign}\" texted them, as {} reports", send.source)];
        lines.push(DossierLine { at: send.sent.at.millis(), what, words, by: None, seq: None, hash: None });
    }
    if let Some((number, _)) = &found {
        lines.extend(Told::of(store, number.id).await?.iter().map(|told| {
            let (at, words) = told.words();
            let what = vec![SafeText::line(&words).as_str().to_owned()];
            DossierLine { at: at.millis(), what, words: None, by: None, seq: None, hash: None }
        }));
    }
    entries.sort_by_key(|entry| entry.seq);
    let mut told = BTreeSet::new();
    for entry in entries {
        lines.extend(line(playbook, &entry, &words, &mut told));
    }
    // What was told of an entry stands behind it, were both of one instant.
    lines.sort_by_key(|line| (line.at, line.seq.is_none(), line.seq));
    let opted_out = found.as_ref().is_some_and(|(number, _)| number.outs().next().is_some());
    let held = found.as_ref().is_some_and(|(number, _)| number.hold.is_some());
    Ok(Some(Dossier { number: address.as_str().to_owned(), opted_out, held, lines }))
}

/// The words of consent that an entry names.
fn evidence(entry: &Entry) -> Option<MessageId> {
    if let Event::OptedIn { words, .. } = event(entry)? { words } else { None }
}

fn event(entry: &Entry) -> Option<Event> {
    serde_json::from_value(Frame::decode(&entry.body).ok()?.event).ok()
}

/// One entry in words, without anybody's.
pub fn of_entry(playbook: &Playbook, entry: &Entry) -> Option<DossierLine> {
    line(playbook, entry, &BTreeMap::new(), &mut BTreeSet::new())
}

fn line(
    playbook: &Playbook,
    entry: &Entry,
    words: &BTreeMap<MessageId, String>,
    told: &mut BTreeSet<MessageId>,
) -> Option<DossierLine> {
    let frame = Frame::decode(&entry.body).ok()?;
    let by = actor(playbook, &frame.actor);
    // What a later version wrote is told by its name.
    let Ok(event) = serde_json::from_value::<Event>(frame.event) else {
        let what = vec![frame.kind.replace('_', " ")];
        return Some(sealed(entry, what, None, by));
    };
    let message = dossier::words_of(&event);
    // The same words are told once.
    let words = message.filter(|id| told.insert(*id)).and_then(|id| words.get(&id));
    let words = words.map(|words| SafeText::line(words).as_str().to_owned());
    Some(sealed(entry, dossier::says(playbook, playbook.zone(), &event), words, by))
}

fn sealed(entry: &Entry, what: Vec<String>, words: Option<String>, by: String) -> DossierLine {
    let hash = Some(to_hex(&entry.hash));
    DossierLine { at: entry.at.millis(), what, words, by: Some(by), seq: Some(entry.seq), hash }
}

/// Who wanted it: a person by their name, and everybody else by what they are.
fn actor(playbook: &Playbook, actor: &serde_json::Value) -> String {
    let rep = actor.get("rep").and_then(|rep| rep.get("rep")).and_then(serde_json::Value::as_str);
    if let Some(rep) = rep {
        return playbook.rep_name(&rep.into()).to_owned();
    }
    let program = actor.get("program").and_then(serde_json::Value::as_str);
    let word = program.or_else(|| actor.as_str()).unwrap_or("somebody");
    SafeText::line(word).as_str().to_owned()
}

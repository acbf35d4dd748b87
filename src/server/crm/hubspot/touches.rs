//! Last touches of a contact across channels: the calls, mails, meetings and messages that hang on it. A portal whose token may
//! not read one of them is read without.

use std::collections::BTreeMap;

use super::HubSpot;
use super::read::Record;
use crate::domain::context::Touch;
use crate::domain::time::Timestamp;
use crate::server::crm::CrmError;
use crate::server::crm::owner::Matched;
use crate::server::crm::write::{MARK, is_no_touch};

/// Kinds of records that are touches, with what is read of each: when, whose, and in a line what about.
const KINDS: [(&str, &[&str]); 4] = [
    ("calls", &["hs_timestamp", "hubspot_owner_id", "hs_call_title"]),
    ("emails", &["hs_timestamp", "hubspot_owner_id", "hs_email_subject"]),
    ("meetings", &["hs_timestamp", "hubspot_owner_id", "hs_meeting_title", HELD]),
    // The words tell which of them we wrote ourselves.
    ("communications", &["hs_timestamp", "hubspot_owner_id", "hs_communication_channel_type", BODY]),
];

/// What became of a meeting.
pub(super) const HELD: &str = "hs_meeting_outcome";

/// Meetings that came to this were none.
const NOT_HELD: [&str; 3] = ["CANCELED", "NO_SHOW", "RESCHEDULED"];

/// The words of a message, as HTML.
const BODY: &str = "hs_communication_body";

/// Records of one kind that are read of one contact: those with the greatest ids, which are the newest.
const NEWEST: usize = 5;

/// Longest summary, in characters.
const LONGEST: usize = 200;

/// What was read: the contact, the kind, the record.
pub type Read = Vec<(String, &'static str, Record)>;

impl HubSpot {
    /// The newest records of each kind that hang on these contacts. Whom HubSpot says nobody ever contacted are not asked
    /// about: it counts calls against the portal.
    pub(super) async fn touches(&self, contacts: &[Record]) -> Result<Read, CrmError> {
        let contacted = contacts.iter().filter(|contact| contact.instant("notes_last_contacted").is_some());
        let contacts: Vec<String> = contacted.map(|contact| contact.id.clone()).collect();
        if contacts.is_empty() {
            return Ok(Vec::new());
        }
        let contacts = contacts.as_slice();
        let [calls, emails, meetings, messages] = KINDS.map(|kind| self.touches_of(contacts, kind));
        let (mut all, emails, meetings, messages) = tokio::try_join!(calls, emails, meetings, messages)?;
        all.extend(emails.into_iter().chain(meetings).chain(messages));
        Ok(all)
    }

    async fn touches_of(&self, contacts: &[String], (kind, asked): (&'static str, &[&str])) -> Result<Read, CrmError> {
        let Some(hanging) = unless_closed(self.associated("contacts", contacts, kind).await)? else {
            return Ok(Vec::new());
        };
        let mut of: BTreeMap<String, String> = BTreeMap::new();
        for (contact, mut ids) in hanging.by_id() {
            // Ids grow.
            ids.sort_by_key(|id| std::cmp::Reverse((id.len(), *id)));
            of.extend(ids.into_iter().take(NEWEST).map(|id| (id.to_owned(), contact.to_owned())));
        }
        let ids: Vec<String> = of.keys().cloned().collect();
        let records = unless_closed(self.records(kind, &ids, asked, &[]).await)?.unwrap_or_default();
        let known = records.into_iter().filter_map(|record| Some((of.get(&record.id)?.clone(), kind, record)));
        Ok(known.collect())
    }
}

/// Nothing where the token may not read that kind, or the portal has none of it.
fn unless_closed<T>(answer: Result<T, CrmError>) -> Result<Option<T>, CrmError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(CrmError::Forbidden(_) | CrmError::NotFound | CrmError::Invalid(_)) => Ok(None),
        Err(e) => Err(e),
    }
}

/// The touches of a contact that have been, newest first.
pub fn of(read: &Read, contact: &str, owners: &Matched, now: Timestamp) -> Vec<Touch> {
    let theirs = read.iter().filter(|(of, ..)| of == contact);
    let mut all: Vec<Touch> = theirs.filter_map(|(_, kind, record)| touch(kind, record, owners)).collect();
    all.retain(|touch| touch.at <= now);
    all.sort_by_key(|touch| std::cmp::Reverse(touch.at));
    all
}

/// The first words of a text in HTML.
fn first_words(html: &str) -> &str {
    let mut rest = html.trim_start();
    while let Some((_, after)) = rest.strip_prefix('<').and_then(|tag| tag.split_once('>')) {
        rest = after.trim_start();
    }
    rest
}

/// Whether it is the buyer's own text, which we logged: it is nobody's touch.
fn is_the_buyers(record: &Record) -> bool {
    record.text(BODY).is_some_and(|html| html.contains(MARK) && is_no_touch(first_words(html)))
}

/// When the newest of the buyer's own texts was logged.
pub fn logged(read: &Read, contact: &str) -> Option<Timestamp> {
    let theirs = read.iter().filter(|(of, _, record)| of == contact && is_the_buyers(record));
    theirs.filter_map(|(.., record)| record.instant("hs_timestamp")).max()
}

fn touch(kind: &str, record: &Record, owners: &Matched) -> Option<Touch> {
    let is_held = record.text(HELD).is_none_or(|outcome| !NOT_HELD.contains(&outcome));
    if is_the_buyers(record) || !is_held {
        return None;
    }
    let at = record.instant("hs_timestamp")?;
    let by = record.text("hubspot_owner_id").map(|id| owners.rep(id));
    let line = |name: &str| record.text(name).unwrap_or_default().chars().take(LONGEST).collect::<String>();
    let (kind, summary) = match kind {
        "calls" => ("call", line("hs_call_title")),
        "emails" => ("email", line("hs_email_subject")),
        "meetings" => ("meeting", line("hs_meeting_title")),
        _ => match record.text("hs_communication_channel_type") {
            Some("SMS") | None => ("text", String::new()),
            Some("WHATS_APP") => ("whatsapp", String::new()),
            Some("LINKEDIN_MESSAGE") => ("linkedin", String::new()),
            Some(_) => ("message", String::new()),
        },
    };
    Some(Touch { at, by, kind: kind.to_owned(), summary })
}

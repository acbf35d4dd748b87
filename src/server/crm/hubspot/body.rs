//! What is written into HubSpot, as the bodies of its requests. Pure.
//!
//! HubSpot draws these texts as HTML, and a buyer's words are anything: they are escaped. The write's mark stands in the
//! last line, beside the link to the conversation.

use serde_json::{Value, json};

use super::super::write::{
    ENDED, FROM_BUYER, OPENED_AGAIN, Priority, TO_BUYER, What, Write, not_answered, not_arrived,
};
use super::ask::{self, Question};
use crate::domain::id::DealId;
use crate::domain::time::Timestamp;

/// The longest text written, in characters of ours; HubSpot takes 65,536 after escaping.
const LONGEST: usize = 10_000;

/// Where a write goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which kind of record.
    pub kind: &'static str,
    /// Which of its properties holds the mark.
    pub marked: &'static str,
}

/// Where a write that makes something makes it; nothing for one that changes what is there.
pub const fn place(write: &Write) -> Option<Place> {
    match &write.what {
        What::Log { .. } => Some(Place { kind: "communications", marked: "hs_communication_body" }),
        What::Task { .. } => Some(Place { kind: "tasks", marked: "hs_task_body" }),
        // Buyers who are asked to a meeting read its body; the notes are ours.
        What::Outcome { meeting: Some(_), .. } => Some(Place { kind: "meetings", marked: "hs_internal_meeting_notes" }),
        What::Outcome { meeting: None, .. } | What::Reopened | What::Undelivered { .. } | What::Missed { .. } => {
            Some(Place { kind: "notes", marked: "hs_note_body" })
        }
        What::TaskDone { .. } | What::PutAside { .. } | What::NotHeld { .. } | What::Owner | What::Consent { .. } => {
            None
        }
    }
}

/// The ids of the kinds of association that a new record has with its contact and its deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds {
    /// With the contact.
    pub contact: i64,
    /// With the deal, when the write names one.
    pub deal: Option<i64>,
}

/// The rep of a write, as HubSpot knows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct By<'a> {
    /// Their owner id.
    pub id: Option<&'a str>,
    /// What they are called; nothing where their id says who they are.
    pub name: Option<&'a str>,
}

/// The request that makes it.
pub fn create(write: &Write, place: Place, kinds: Kinds, by: By<'_>) -> Question {
    let whose = by.name.and_then(|name| write.whose(name));
    let mut properties = properties(write, whose.as_deref().unwrap_or_default());
    properties["hs_timestamp"] = json!(said(timestamp(write)));
    if let Some(owner) = by.id {
        properties["hubspot_owner_id"] = json!(owner);
    }
    let hangs = |id: &str, kind: i64| {
        json!({
            "to": { "id": id },
            "types": [{ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": kind }],
        })
    };
    let mut associations = vec![hangs(write.contact.as_str(), kinds.contact)];
    associations.extend(write.deal.as_ref().zip(kinds.deal).map(|(deal, kind)| hangs(deal.as_str(), kind)));
    ask::create(place.kind, &properties, &associations)
}

/// What a record's time means to HubSpot: of a task when it is due, of a meeting when it begins.
const fn timestamp(write: &Write) -> Timestamp {
    match &write.what {
        What::Task { due, .. } => *due,
        What::Outcome { meeting: Some(meeting), .. } => meeting.from,
        What::Log { .. }
        | What::TaskDone { .. }
        | What::PutAside { .. }
        | What::Outcome { meeting: None, .. }
        | What::Reopened
        | What::NotHeld { .. }
        | What::Undelivered { .. }
        | What::Missed { .. }
        | What::Owner
        | What::Consent { .. } => write.at,
    }
}

/// `whose` is the line that says whose it is, where no owner does.
fn properties(write: &Write, whose: &str) -> Value {
    match &write.what {
        What::Log { inbound, body, sla } => {
            // HubSpot has no direction of a text.
            let who = if *inbound { FROM_BUYER } else { TO_BUYER };
            let sla = sla.as_deref().unwrap_or_default();
            json!({
                "hs_communication_channel_type": "SMS",
                "hs_communication_logged_from": "CRM",
                "hs_communication_body": drawn(write, &[who, body.as_str(), whose, sla]),
            })
        }
        What::Task { subject, words, priority, .. } => json!({
            "hs_task_subject": cut(subject, 200),
            "hs_task_body": drawn(write, &[words, whose]),
            "hs_task_status": "NOT_STARTED",
            "hs_task_type": "TODO",
            "hs_task_priority": match priority {
                Priority::Low => "LOW",
                Priority::Normal => "MEDIUM",
                Priority::High => "HIGH",
            },
        }),
        What::Outcome { outcome, words, meeting: Some(meeting), sla } => json!({
            "hs_meeting_title": cut(outcome, 200),
            "hs_internal_meeting_notes": drawn(write, &[words, whose, sla.as_deref().unwrap_or_default()]),
            "hs_meeting_start_time": said(meeting.from),
            "hs_meeting_end_time": said(meeting.until),
            "hs_meeting_outcome": "SCHEDULED",
        }),
        What::Outcome { outcome, words, meeting: None, sla } => {
            let sla = sla.as_deref().unwrap_or_default();
            json!({ "hs_note_body": drawn(write, &[&format!("{ENDED}{outcome}"), words, whose, sla]) })
        }
        What::Reopened => json!({ "hs_note_body": drawn(write, &[OPENED_AGAIN, whose]) }),
        What::Undelivered { when, words, .. } => {
            json!({ "hs_note_body": drawn(write, &[&not_arrived(when, words), whose]) })
        }
        What::Missed { when, until, words, .. } => {
            json!({ "hs_note_body": drawn(write, &[&not_answered(when, until, words), whose]) })
        }
        What::TaskDone { .. } | What::PutAside { .. } | What::NotHeld { .. } | What::Owner | What::Consent { .. } => {
            json!({})
        }
    }
}

/// The request that changes what is there; nothing for a write that makes something, or where an owner is missing. How an
/// opt-out is marked stands in [`super::opt_out`]; how a meeting gives way and a task is put aside, in
/// [`super::writing`].
pub fn change(write: &Write, owner: Option<&str>) -> Option<Question> {
    match &write.what {
        What::TaskDone { task, passed_on } => {
            let status = if *passed_on { "DEFERRED" } else { "COMPLETED" };
            Some(ask::change("tasks", task, &json!({ "hs_task_status": status })))
        }
        What::Owner => {
            let (kind, id) = owned(write);
            Some(ask::change(kind, id, &json!({ "hubspot_owner_id": owner? })))
        }
        What::Log { .. }
        | What::Task { .. }
        | What::Outcome { .. }
        | What::Reopened
        | What::PutAside { .. }
        | What::NotHeld { .. }
        | What::Undelivered { .. }
        | What::Missed { .. }
        | What::Consent { .. } => None,
    }
}

/// The record whose owner a write changes.
pub fn owned(write: &Write) -> (&'static str, &str) {
    write.deal.as_ref().map_or(("contacts", write.contact.as_str()), |deal| ("deals", DealId::as_str(deal)))
}

/// Paragraphs as HTML, then the link and the mark.
fn drawn(write: &Write, paragraphs: &[&str]) -> String {
    let mut html = String::new();
    for paragraph in paragraphs.iter().filter(|p| !p.trim().is_empty()) {
        let lines: Vec<String> = cut(paragraph, LONGEST).lines().map(escaped).collect();
        html += "<p>";
        html += &lines.join("<br>");
        html += "</p>";
    }
    html + &format!("<p>{} {}</p>", escaped(&write.link), write.mark())
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c if c.is_control() => html.push(' '),
            c => html.push(c),
        }
    }
    html
}

fn said(at: Timestamp) -> String {
    at.to_string()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::super::write::Meeting;
    use super::*;
    use crate::domain::contact::Body;
    use crate::domain::id::ContactId;
    use crate::domain::time::Span;

    fn write(what: What) -> Write {
        Write {
            key: Uuid::from_u128(7),
            contact: ContactId::new("101"),
            deal: Some(DealId::new("202")),
            owner: None,
            at: Timestamp::from_millis(1_772_550_000_000),
            link: "https://c.example/c/1?a=b&c=d".to_owned(),
            what,
        }
    }

    #[test]
    fn a_text_is_logged_with_its_owner_its_mark_and_what_it_hangs_on_and_its_words_are_words() {
        let body = Body::new("<script>alert(1)</script>\nTwo & \"three\"");
        let log = write(What::Log { inbound: true, body, sla: Some("answered in 4 min, in time".to_owned()) });
        let by = By { id: Some("12"), name: None };
        let asked = create(&log, place(&log).unwrap(), Kinds { contact: 81, deal: Some(85) }, by);
        assert_eq!(asked.path, "/crm/v3/objects/communications");
        let body = asked.body.unwrap();
        let properties = &body["properties"];
        assert_eq!(properties["hs_communication_channel_type"], "SMS");
        assert_eq!(properties["hs_communication_logged_from"], "CRM");
        assert_eq!(properties["hubspot_owner_id"], "12");
        assert_eq!(properties["hs_timestamp"], "2026-03-03T15:00:00.000Z");
        assert_eq!(
            properties["hs_communication_body"],
            "<p>Text from the buyer</p><p>&lt;script&gt;alert(1)&lt;/script&gt;<br>Two &amp; &quot;three&quot;</p>\
             <p>answered in 4 min, in time</p>\
             <p>https://c.example/c/1?a=b&amp;c=d comeback:00000000-0000-0000-0000-000000000007</p>"
        );
        assert_eq!(body["associations"][0]["to"]["id"], "101");
        assert_eq!(body["associations"][0]["types"][0]["associationTypeId"], 81);
        assert_eq!(body["associations"][1]["to"]["id"], "202");
    }

    #[test]
    fn a_task_is_due_and_a_meeting_begins_at_its_own_time() {
        let due = Timestamp::from_millis(1_772_550_000_000) + Span::minutes(30);
        let (subject, words) = ("Call Dana".to_owned(), "She asked for a price".to_owned());
        let task = write(What::Task { subject, words, priority: Priority::High, due });
        let asked =
            create(&task, place(&task).unwrap(), Kinds { contact: 204, deal: None }, By::default()).body.unwrap();
        assert_eq!(asked["properties"]["hs_timestamp"], "2026-03-03T15:30:00.000Z");
        assert_eq!(asked["properties"]["hs_task_priority"], "HIGH");
        assert!(asked["properties"].get("hubspot_owner_id").is_none());
        assert_eq!(asked["associations"].as_array().unwrap().len(), 1);
        let meeting = Some(Meeting { from: due, until: due + Span::minutes(30) });
        let met =
            write(What::Outcome { outcome: "meeting booked".to_owned(), words: String::new(), meeting, sla: None });
        let place = place(&met).unwrap();
        assert_eq!(place.kind, "meetings");
        let asked = create(&met, place, Kinds { contact: 200, deal: None }, By::default()).body.unwrap();
        assert_eq!(asked["properties"]["hs_meeting_start_time"], asked["properties"]["hs_timestamp"]);
        let notes = asked["properties"][place.marked].as_str().unwrap();
        assert!(notes.contains(&met.mark()));
    }

    #[test]
    fn what_has_no_owner_there_names_the_rep_in_its_text_and_a_name_is_words() {
        let due = Timestamp::from_millis(1_772_550_000_000) + Span::minutes(30);
        let (subject, words) = ("Answer Dana by text".to_owned(), "late stage".to_owned());
        let body = Body::new("At 3?");
        for (what, said) in [
            (
                What::Task { subject, words, priority: Priority::High, due },
                "<p>for Kai &lt;Berg&gt;, who is no user here</p>",
            ),
            (
                What::Log { inbound: false, body, sla: None },
                "<p>Text to the buyer</p><p>At 3?</p><p>by Kai &lt;Berg&gt;</p>",
            ),
            (What::Reopened, "<p>Conversation opened again</p><p>by Kai &lt;Berg&gt;</p>"),
        ] {
            let write = write(what);
            let place = place(&write).unwrap();
            let by = By { id: None, name: Some("Kai <Berg>") };
            let asked = create(&write, place, Kinds { contact: 204, deal: None }, by).body.unwrap();
            let html = asked["properties"][place.marked].as_str().unwrap();
            assert!(html.contains(said) && asked["properties"].get("hubspot_owner_id").is_none(), "{asked}");
        }
    }

    #[test]
    fn the_owner_of_the_deal_changes_when_one_is_named_else_of_the_contact() {
        let mut owner = write(What::Owner);
        assert_eq!(change(&owner, None), None, "nobody HubSpot knows");
        assert_eq!(change(&owner, Some("12")).unwrap().path, "/crm/v3/objects/deals/202");
        owner.deal = None;
        assert_eq!(change(&owner, Some("12")).unwrap().path, "/crm/v3/objects/contacts/101");
        for (passed_on, status) in [(false, "COMPLETED"), (true, "DEFERRED")] {
            let done = write(What::TaskDone { task: "9".to_owned(), passed_on });
            assert_eq!(change(&done, None).unwrap().body.unwrap()["properties"]["hs_task_status"], status);
        }
    }

    #[test]
    fn an_end_says_what_became_of_its_clock_and_one_taken_back_later_is_a_note() {
        let sla = Some("never answered, late".to_owned());
        let ended =
            write(What::Outcome { outcome: "not interested".to_owned(), words: String::new(), meeting: None, sla });
        for (write, words) in [
            (ended, "<p>Conversation ended: not interested</p><p>never answered, late</p>"),
            (write(What::Reopened), "<p>Conversation opened again</p>"),
            (
                write(What::Undelivered {
                    sent: Timestamp::from_millis(1_772_550_000_000),
                    when: "2026-03-03 10:00 EST".to_owned(),
                    words: "Is <b> ok?".to_owned(),
                }),
                "<p>The text to the buyer did not arrive: that of 2026-03-03 10:00 EST, “Is &lt;b&gt; ok?”</p>",
            ),
        ] {
            let place = place(&write).unwrap();
            assert_eq!(place.kind, "notes");
            let asked = create(&write, place, Kinds { contact: 200, deal: Some(214) }, By::default()).body.unwrap();
            assert!(asked["properties"]["hs_note_body"].as_str().unwrap().starts_with(words), "{asked}");
            assert_eq!(asked["associations"][1]["to"]["id"], "202");
        }
    }
}

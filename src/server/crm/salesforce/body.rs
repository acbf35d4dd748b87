//! What is written into Salesforce, as the bodies of its requests. Pure.
//!
//! A text and an outcome are tasks that are done, a task is one that is not, a meeting is an event. The write's mark stands
//! in the field for it where the organisation has one, else at the end of the subject: descriptions cannot be asked for.

use chrono_tz::Tz;
use serde_json::{Value, json};

use super::super::question::Question;
use super::super::write::{
    CALLED_OFF, ENDED, FROM_BUYER, MOVED, OPENED_AGAIN, Priority, TO_BUYER, What, Write, not_answered, not_arrived,
};
use super::ask;
use super::read::Words;
use super::soql::{ends_with, quoted};
use crate::domain::id::DealId;

/// The field that holds the mark.
pub const KEY: &str = "Comeback_Key__c";

/// The longest subject, in characters.
const SUBJECT: usize = 255;

/// The longest text written; a description has room for 32,000.
const LONGEST: usize = 10_000;

/// What a task says that its owner did not do: whatever its status is called, nobody takes it for done.
const PASSED_ON: &str = "Passed on: a colleague was asked to answer.";

/// Whether an id is a lead's.
pub fn is_lead(id: &str) -> bool {
    id.starts_with("00Q")
}

/// Where a write that makes something makes it; nothing for one that changes what is there.
pub const fn place(write: &Write) -> Option<&'static str> {
    match &write.what {
        What::Log { .. }
        | What::Task { .. }
        | What::Outcome { meeting: None, .. }
        | What::Reopened
        | What::Undelivered { .. }
        | What::Missed { .. } => Some("Task"),
        What::Outcome { meeting: Some(_), .. } => Some("Event"),
        What::TaskDone { .. } | What::PutAside { .. } | What::NotHeld { .. } | What::Owner | What::Consent { .. } => {
            None
        }
    }
}

/// The owner of a write, as Salesforce knows them.
#[derive(Clone, Copy, Debug, Default)]
pub struct By<'a> {
    /// Their id.
    pub id: Option<&'a str>,
    /// Where they are: a task's day is one of theirs.
    pub zone: Option<Tz>,
    /// What they are called; nothing where their id says who they are.
    pub name: Option<&'a str>,
}

/// The request that makes it.
pub fn create(write: &Write, kind: &str, by: By<'_>, words: &Words, keyed: bool) -> Question {
    let mut body = properties(write, by, words);
    body["WhoId"] = json!(write.contact.as_str());
    if let Some(deal) = write.deal.as_ref().filter(|_| !is_lead(write.contact.as_str())) {
        // What a lead is about Salesforce does not keep.
        body["WhatId"] = json!(deal.as_str());
    }
    if let Some(owner) = by.id {
        body["OwnerId"] = json!(owner);
    }
    let subject = body["Subject"].as_str().map(line).unwrap_or_default();
    body["Subject"] = if keyed {
        body[KEY] = json!(write.mark());
        json!(cut(&subject, SUBJECT))
    } else {
        let mark = write.mark();
        json!(format!("{} {mark}", cut(&subject, SUBJECT - mark.len() - 1)))
    };
    ask::create(kind, body)
}

/// Looks for it, among what hangs on the contact. A query tells at once what was written; a search would not.
pub fn find(write: &Write, kind: &str, keyed: bool) -> Question {
    let mark = write.mark();
    // Made before there was a field for it, it has it in its subject.
    let here = format!("Subject LIKE {}", ends_with(&mark));
    let here = if keyed { format!("({KEY} = {} OR {here})", quoted(&mark)) } else { here };
    let on = quoted(write.contact.as_str());
    ask::query(&format!("SELECT Id FROM {kind} WHERE WhoId = {on} AND {here} ORDER BY CreatedDate LIMIT 1"))
}

fn properties(write: &Write, by: By<'_>, words: &Words) -> Value {
    let zone = by.zone.unwrap_or(Tz::UTC);
    // Without one it is the app's own user who owns it.
    let whose = by.name.and_then(|name| write.whose(name)).unwrap_or_default();
    let whose = whose.as_str();
    let day = |at: crate::domain::time::Timestamp| at.utc().with_timezone(&zone).format("%Y-%m-%d").to_string();
    let done = |subject: String, said: &[&str]| {
        json!({
            "Subject": subject,
            "Description": told(write, said),
            "Status": words.closed,
            "Priority": words.normal,
            "ActivityDate": day(write.at),
        })
    };
    match &write.what {
        What::Log { inbound, body, sla } => {
            let who = if *inbound { FROM_BUYER } else { TO_BUYER };
            done(format!("{who}: {}", body.as_str()), &[body.as_str(), whose, sla.as_deref().unwrap_or_default()])
        }
        What::Task { subject, words: more, priority, due } => json!({
            "Subject": subject,
            "Description": told(write, &[more, whose]),
            "Status": words.open,
            "Priority": match priority {
                Priority::Low => &words.low,
                Priority::Normal => &words.normal,
                Priority::High => &words.high,
            },
            // A task has a day; the hour is that of its reminder.
            "ActivityDate": day(*due),
            "IsReminderSet": true,
            "ReminderDateTime": due.to_string(),
        }),
        What::Outcome { outcome, words: more, meeting: Some(meeting), sla } => json!({
            "Subject": outcome,
            "Description": told(write, &[more, whose, sla.as_deref().unwrap_or_default()]),
            "StartDateTime": meeting.from.to_string(),
            "EndDateTime": meeting.until.to_string(),
        }),
        What::Outcome { outcome, words: more, meeting: None, sla } => {
            done(format!("{ENDED}{outcome}"), &[more, whose, sla.as_deref().unwrap_or_default()])
        }
        What::Reopened => done(OPENED_AGAIN.to_owned(), &[whose]),
        What::Undelivered { when, words, .. } => done(not_arrived(when, words), &[whose]),
        What::Missed { when, until, words, .. } => done(not_answered(when, until, words), &[whose]),
        What::TaskDone { .. } | What::PutAside { .. } | What::NotHeld { .. } | What::Owner | What::Consent { .. } => {
            json!({})
        }
    }
}

/// The request that changes what is there; nothing for a write that makes something, or where an owner is missing. How an
/// opt-out is marked stands in [`super::opt_out`]; how a meeting gives way, in [`give_way`]; how a task is put aside,
/// in [`put_aside`].
pub fn change(write: &Write, owner: Option<&str>, words: &Words) -> Option<Question> {
    match &write.what {
        What::TaskDone { task, passed_on: false } => Some(ask::change("Task", task, json!({ "Status": words.closed }))),
        What::TaskDone { task, passed_on: true } => {
            let said = told(write, &[PASSED_ON]);
            Some(ask::change("Task", task, json!({ "Status": aside(words), "Description": said })))
        }
        What::Owner => {
            let (kind, id) = owned(write);
            Some(ask::change(kind, id, json!({ "OwnerId": owner? })))
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

/// The request by which a task for later is put aside: its words are its owner's.
pub fn put_aside(task: &str, words: &Words) -> Question {
    ask::change("Task", task, json!({ "Status": aside(words) }))
}

/// The status of what nobody is asked to do any more; where the organisation has no word for that, of what is closed.
fn aside(words: &Words) -> &str {
    words.aside.as_deref().unwrap_or(&words.closed)
}

/// The request by which a meeting is none any more, which is called `subject` there. Salesforce keeps no state of a meeting:
/// it stays where it was, by a name that says so, and takes nobody's time.
pub fn is_not_held(meeting: &str, called_off: bool, subject: &str) -> Question {
    let so = if called_off { CALLED_OFF } else { MOVED };
    let is_said = [MOVED, CALLED_OFF].iter().any(|said| subject.starts_with(said));
    let said = if is_said { subject.to_owned() } else { format!("{so}{subject}") };
    ask::change("Event", meeting, json!({ "Subject": cut(&said, SUBJECT), "ShowAs": "Free" }))
}

/// The record that a write changes, and is told by when it was changed.
pub fn changed(write: &Write) -> &str {
    match &write.what {
        What::TaskDone { task, .. } | What::PutAside { task } => task,
        What::NotHeld { meeting, .. } => meeting,
        What::Owner => owned(write).1,
        What::Log { .. }
        | What::Task { .. }
        | What::Outcome { .. }
        | What::Reopened
        | What::Undelivered { .. }
        | What::Missed { .. }
        | What::Consent { .. } => write.contact.as_str(),
    }
}

/// The record whose owner a write changes.
pub fn owned(write: &Write) -> (&'static str, &str) {
    let person = write.contact.as_str();
    let kind = if is_lead(person) { "Lead" } else { "Contact" };
    write.deal.as_ref().map_or((kind, person), |deal| ("Opportunity", DealId::as_str(deal)))
}

/// Paragraphs, then the link. Salesforce shows a description as it is.
fn told(write: &Write, paragraphs: &[&str]) -> String {
    let said = paragraphs.iter().map(|p| clean(p)).filter(|p| !p.trim().is_empty());
    let mut all: Vec<String> = said.map(|p| cut(&p, LONGEST)).collect();
    all.push(clean(&write.link));
    all.join("\n\n")
}

fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::super::write::Meeting;
    use super::super::read::words;
    use super::*;
    use crate::domain::contact::Body;
    use crate::domain::id::ContactId;
    use crate::domain::time::{Span, Timestamp};

    fn write(contact: &str, what: What) -> Write {
        Write {
            key: Uuid::from_u128(7),
            contact: ContactId::new(contact),
            deal: Some(DealId::new("006A")),
            owner: None,
            at: Timestamp::from_millis(1_772_550_000_000),
            link: "https://c.example/c/1?a=b&c=d".to_owned(),
            what,
        }
    }

    fn made(write: &Write, by: By<'_>, keyed: bool) -> Value {
        create(write, place(write).unwrap(), by, &words(&[], &[]), keyed).body.unwrap()
    }

    #[test]
    fn a_text_is_a_task_that_is_done_with_its_mark_at_the_end_or_in_its_field() {
        let body = Body::new(format!("Two\n& \"three\"{}", "x".repeat(400)));
        let log = write("003A", What::Log { inbound: true, body, sla: Some("answered in 4 min, in time".to_owned()) });
        let by = By { id: Some("005A"), ..By::default() };
        let body = made(&log, by, false);
        let subject = body["Subject"].as_str().unwrap();
        assert!(subject.starts_with("Text from the buyer: Two & \"three\"xx"), "{subject}");
        assert!(subject.ends_with(" comeback:00000000-0000-0000-0000-000000000007"), "{subject}");
        assert_eq!(subject.chars().count(), 255);
        let description = body["Description"].as_str().unwrap();
        assert!(description.starts_with("Two\n& \"three\"xx"), "{description}");
        assert!(description.ends_with("\n\nanswered in 4 min, in time\n\nhttps://c.example/c/1?a=b&c=d"));
        assert_eq!((&body["Status"], &body["ActivityDate"]), (&json!("Completed"), &json!("2026-03-03")));
        assert_eq!(
            (&body["WhoId"], &body["WhatId"], &body["OwnerId"]),
            (&json!("003A"), &json!("006A"), &json!("005A"))
        );
        let keyed = made(&log, by, true);
        assert_eq!(keyed[KEY], log.mark());
        assert!(!keyed["Subject"].as_str().unwrap().contains("comeback:"));
    }

    #[test]
    fn a_task_is_due_on_a_day_of_its_owners_and_a_leads_has_no_deal() {
        // Past midnight in London, and the evening before in New York.
        let due = Timestamp::from_millis(1_772_550_000_000) + Span::minutes(11 * 60);
        let (subject, more) = ("Call Dana".to_owned(), "She asked for a price".to_owned());
        let task = write("00QA", What::Task { subject, words: more, priority: Priority::High, due });
        let there = By { zone: Some(chrono_tz::America::New_York), ..By::default() };
        for (by, day) in [(By::default(), "2026-03-04"), (there, "2026-03-03")] {
            let body = made(&task, by, false);
            assert_eq!((&body["ActivityDate"], &body["Priority"]), (&json!(day), &json!("High")));
            assert_eq!(body["ReminderDateTime"], "2026-03-04T02:00:00.000Z");
            assert_eq!((body.get("WhatId"), body.get("OwnerId")), (None, None));
        }
        let meeting = Some(Meeting { from: due, until: due + Span::minutes(30) });
        let met = write(
            "003A",
            What::Outcome { outcome: "meeting booked".to_owned(), words: String::new(), meeting, sla: None },
        );
        assert_eq!(place(&met), Some("Event"));
        assert_eq!(made(&met, By::default(), false)["EndDateTime"], "2026-03-04T02:30:00.000Z");
    }

    #[test]
    fn what_the_apps_own_user_owns_names_the_rep_in_its_text() {
        let due = Timestamp::from_millis(1_772_550_000_000) + Span::minutes(30);
        let (subject, more) = ("Answer Dana by text".to_owned(), "late stage".to_owned());
        let task = What::Task { subject, words: more, priority: Priority::High, due };
        let answer = What::Log { inbound: false, body: Body::new("At 3?"), sla: None };
        let by = By { name: Some("Kai Berg"), ..By::default() };
        for (what, said) in [
            (task, "late stage\n\nfor Kai Berg, who is no user here\n\n"),
            (answer, "At 3?\n\nby Kai Berg\n\n"),
            (What::Reopened, "by Kai Berg\n\n"),
        ] {
            let body = made(&write("003A", what), by, true);
            assert!(body["Description"].as_str().unwrap().starts_with(said) && body.get("OwnerId").is_none(), "{body}");
        }
    }

    #[test]
    fn the_owner_of_the_deal_changes_when_one_is_named_else_of_the_person() {
        let words = words(&[], &[]);
        let mut owner = write("003A", What::Owner);
        assert_eq!(change(&owner, None, &words), None, "nobody Salesforce knows");
        let path = |write: &Write| change(write, Some("005A"), &words).unwrap().path;
        assert!(path(&owner).ends_with("/sobjects/Opportunity/006A"));
        owner.deal = None;
        assert!(path(&owner).ends_with("/sobjects/Contact/003A"));
        let lead = Write { deal: None, ..write("00QA", What::Owner) };
        assert!(path(&lead).ends_with("/sobjects/Lead/00QA"));
        let ends = |passed_on| write("003A", What::TaskDone { task: "00TA".to_owned(), passed_on });
        let body = |write: &Write, words: &Words| change(write, None, words).unwrap().body.unwrap();
        assert_eq!(body(&ends(false), &words), json!({ "Status": "Completed" }));
        let aside = Words { aside: Some("Deferred".to_owned()), ..words.clone() };
        for (words, status) in [(&words, "Completed"), (&aside, "Deferred")] {
            let passed_on = body(&ends(true), words);
            assert_eq!(passed_on["Status"], status);
            assert!(passed_on["Description"].as_str().unwrap().starts_with("Passed on: "), "{passed_on}");
            assert_eq!(put_aside("00TA", words).body, Some(json!({ "Status": status })), "its words are its owner's");
        }
    }

    #[test]
    fn an_end_says_what_became_of_its_clock_and_one_taken_back_later_is_a_line() {
        let sla = Some("never answered, late".to_owned());
        let more = String::new();
        let ended = What::Outcome { outcome: "not interested".to_owned(), words: more, meeting: None, sla };
        let body = made(&write("003A", ended), By::default(), true);
        assert_eq!(body["Subject"], "Conversation ended: not interested");
        assert!(body["Description"].as_str().unwrap().starts_with("never answered, late"), "{body}");
        let again = made(&write("003A", What::Reopened), By::default(), true);
        assert_eq!(
            (&again["Subject"], &again["WhatId"], &again["Status"]),
            (&json!("Conversation opened again"), &json!("006A"), &json!("Completed"))
        );
        let sent = Timestamp::from_millis(1_772_550_000_000);
        let (when, words) = ("2026-03-03 10:00 EST".to_owned(), "At three?".to_owned());
        let lost = made(&write("003A", What::Undelivered { sent, when, words }), By::default(), true);
        let line = "The text to the buyer did not arrive: that of 2026-03-03 10:00 EST, “At three?”";
        assert_eq!(lost["Subject"], line);
    }
}

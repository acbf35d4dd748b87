//! What programs push of people: checked one by one.

use chrono::DateTime;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::directory::{self, LONGEST_ID, is_id};
use crate::domain::contact::Address;
use crate::domain::id::{ContactId, NumberId};
use crate::domain::interest;
use crate::domain::time::{Span, Timestamp};
use crate::server::store::card::CardChange;
use crate::wire::crm::CrmChange;

/// The largest person, in bytes.
const LARGEST: usize = 64 * 1024;

/// How far a program's clock may be ahead.
const AHEAD: Span = Span::minutes(5);

/// A change as it is kept, or why it is not. The reason repeats nothing that was sent.
pub fn checked(row: &RawValue, now: Timestamp) -> Result<CardChange, String> {
    if row.get().len() > LARGEST {
        return Err("larger than 64 KiB".to_owned());
    }
    let row: CrmChange = serde_json::from_str(row.get())
        .map_err(|_| "not { phone, at, contact } or { phone, at, removed }".to_owned())?;
    let address = Address::parse(&row.phone).ok().filter(|address| address.as_str().starts_with('+'));
    let address = address.ok_or("phone is not a phone number: write it +14155550123")?;
    let at = DateTime::parse_from_rfc3339(row.at.trim())
        .map_err(|_| "at is not an instant: write it with its offset, 2026-03-02T10:00:00-05:00")?;
    let at: Timestamp = at.to_utc().into();
    if at.since(now) > AHEAD {
        return Err("at is in the future".to_owned());
    }
    let (contact, card) = match (row.contact, row.removed) {
        (Some(person), None) => {
            let card = directory::person_of(person.get())?;
            if card.intents.iter().any(|intent| interest::is_ahead(intent, now)) {
                return Err("the at of one of its intents is in the future".to_owned());
            }
            (card.contact.clone(), Some(card))
        }
        (None, Some(id)) => (ContactId::new(id), None),
        (Some(_), Some(_)) | (None, None) => return Err("either contact or removed must be there".to_owned()),
    };
    if !is_id(contact.as_str()) {
        return Err(format!("the person's id is not 1 to {LONGEST_ID} plain characters"));
    }
    Ok(CardChange { fresh: NumberId(Uuid::now_v7()), address, contact, at, card })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_taken_or_refused_without_repeating_it() {
        let now = Timestamp::from_millis(1_772_550_000_000);
        let read = |text: &str| checked(&RawValue::from_string(text.to_owned()).unwrap(), now);
        let good = r#"{"phone":"+1 (415) 555-0123","at":"2026-03-02T10:00:00-05:00",
            "contact":{"id":"003-17","name":"Nils Farouk","phones":["+14155550123"],"owner":"maya"}}"#;
        let change = read(good).unwrap();
        assert_eq!((change.address.as_str(), change.contact.as_str()), ("+14155550123", "003-17"));
        assert_eq!(change.card.unwrap().name, "Nils Farouk");
        // Another clock may be ahead by minutes.
        for (at, taken) in
            [("2026-03-03T15:04:00Z", true), ("2026-03-03T15:06:00Z", false), ("2099-01-01T00:00:00Z", false)]
        {
            let sign = format!(r#""owner":"maya","intents":[{{"at":"{at}","kind":"trial"}}]"#);
            let said = read(&good.replace(r#""owner":"maya""#, &sign));
            assert_eq!(said.is_ok(), taken, "{at}: {said:?}");
            assert!(said.err().is_none_or(|why| why.contains("intents is in the future")));
        }
        let gone = read(r#"{"phone":"+14155550123","at":"2026-03-02T10:00:00Z","removed":"003-17"}"#).unwrap();
        assert_eq!((gone.card, gone.contact.as_str()), (None, "003-17"));
        for (bad, why) in [
            ("5", "not { phone"),
            (r#"{"phone":"5550123","at":"2026-03-02T10:00:00Z","removed":"x"}"#, "phone is not a phone number"),
            (r#"{"phone":"+14155550123","at":"yesterday","removed":"x"}"#, "at is not an instant"),
            (r#"{"phone":"+14155550123","at":"2036-03-02T10:00:00Z","removed":"x"}"#, "in the future"),
            (r#"{"phone":"+14155550123","at":"2026-03-02T10:00:00Z"}"#, "either contact or removed"),
            (r#"{"phone":"+14155550123","at":"2026-03-02T10:00:00Z","removed":""}"#, "id is not"),
            (r#"{"phone":"+14155550123","at":"2026-03-02T10:00:00Z","contact":{"id":"Nils"}}"#, "not a person"),
        ] {
            let said = read(bad).unwrap_err();
            assert!(said.contains(why) && !said.contains("Nils") && !said.contains("5550123\""), "{said}");
        }
    }
}

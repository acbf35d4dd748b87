//! What programs push of people: checked one by one.

use chrono::DateTime;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::directory::{self, LONGEST_ID, is_id};
use crate::domain::contact::Address;
use crate::domain::id::{ContactId, NumberId};
use crate::domain::interest;
use crate::domain::time::{Span, Timestamp};
use crate::server::store::card::{CardChange, Says};
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
        .map_err(|_| "not { phone, at, contact }, { phone, at, removed } or { phone, at, signs }".to_owned())?;
    let address = Address::parse(&row.phone).ok().filter(|address| address.as_str().starts_with('+'));
    let address = address.ok_or("phone is not a phone number: write it +14155550123")?;
    let at = DateTime::parse_from_rfc3339(row.at.trim())
        .map_err(|_| "at is not an instant: write it with its offset, 2026-03-02T10:00:00-05:00")?;
    let at: Timestamp = at.to_utc().into();
    if at.since(now) > AHEAD {
        return Err("at is in the future".to_owned());
    }
    let says = match (row.contact, row.removed, row.signs) {
        (Some(person), None, None) => Says::Is(Box::new(directory::person_of(person.get())?)),
        (None, Some(id), None) => Says::Gone(ContactId::new(id)),
        (None, None, Some(signs)) => Says::Signs(directory::signs_of(signs.get())?),
        _ => return Err("one of contact, removed and signs must be there".to_owned()),
    };
    if says.signs().iter().any(|sign| interest::is_ahead(sign, now)) {
        let whose = if says.of().is_some() { "intents" } else { "signs" };
        return Err(format!("the at of one of its {whose} is in the future"));
    }
    if says.of().is_some_and(|contact| !is_id(contact.as_str())) {
        return Err(format!("the person's id is not 1 to {LONGEST_ID} plain characters"));
    }
    Ok(CardChange { fresh: NumberId(Uuid::now_v7()), address, at, says })
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
        let Says::Is(card) = change.says else { panic!("{change:?}") };
        assert_eq!((change.address.as_str(), card.contact.as_str()), ("+14155550123", "003-17"));
        assert_eq!(card.name, "Nils Farouk");
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
        assert_eq!(gone.says, Says::Gone(ContactId::from("003-17")));
        let seen = r#"{"phone":"+14155550123","at":"2026-03-02T10:00:00Z",
            "signs":[{"at":"2026-03-02T09:00:00Z","kind":"seat_limit","origin":"product"}]}"#;
        let Says::Signs(signs) = read(seen).unwrap().says else { panic!("no signs") };
        assert_eq!((signs.len(), signs[0].kind.as_str()), (1, "seat_limit"));
        assert!(
            read(&seen.replace("T09:00", "T23:00").replace("03-02T23", "03-09T23"))
                .is_err_and(|why| why.contains("signs"))
        );
        for (bad, why) in [
            ("5", "not { phone"),
            (r#"{"phone":"5550123","at":"2026-03-02T10:00:00Z","removed":"x"}"#, "phone is not a phone number"),
            (r#"{"phone":"+14155550123","at":"yesterday","removed":"x"}"#, "at is not an instant"),
            (r#"{"phone":"+14155550123","at":"2036-03-02T10:00:00Z","removed":"x"}"#, "in the future"),
            (r#"{"phone":"+14155550123","at":"2026-03-02T10:00:00Z"}"#, "one of contact, removed and signs"),
            (r#"{"phone":"+14155550123","at":"2026-03-02T10:00:00Z","removed":"x","signs":[]}"#, "one of contact"),
            (r#"{"phone":"+14155550123","at":"2026-03-02T10:00:00Z","signs":[{"kind":"Nils"}]}"#, "signs are not"),
            (
                r#"{"phone":"+14155550123","at":"2026-03-02T10:00:00Z","signs":[{"at":"Nils","kind":"x"}]}"#,
                "signs is not",
            ),
            (r#"{"phone":"+14155550123","at":"2026-03-02T10:00:00Z","removed":""}"#, "id is not"),
            (r#"{"phone":"+14155550123","at":"2026-03-02T10:00:00Z","contact":{"id":"Nils"}}"#, "not a person"),
        ] {
            let said = read(bad).unwrap_err();
            assert!(said.contains(why) && !said.contains("Nils") && !said.contains("5550123\""), "{said}");
        }
    }
}

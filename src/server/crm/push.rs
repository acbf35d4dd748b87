//! What programs push of people: checked one by one.

use chrono::DateTime;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::directory::{self, LONGEST_ID, is_id};
use crate::domain::contact::Address;
use crate::domain::context::Card;
use crate::domain::id::{ContactId, NumberId};
use crate::domain::interest;
use crate::domain::time::{Span, Timestamp};
use crate::server::store::card::{CardChange, Says};
use crate::wire::crm::CrmChange;

/// The largest person, in bytes.
const LARGEST: usize = 64 * 1024;

/// How far a program's clock may be ahead.
const AHEAD: Span = Span::minutes(5);

/// A day is taken to begin in UTC, and has begun in the east so much before.
const EAST: Span = Span::minutes(14 * 60);

/// Milliseconds of a day.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Names that are longer are cut, in characters: a screen has no more.
const LONGEST: usize = 200;

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
        (Some(person), None, None) => Says::Is(Box::new(fitting(directory::person_of(person.get())?, now)?)),
        (None, Some(id), None) => Says::Gone(ContactId::new(id)),
        (None, None, Some(signs)) => Says::Signs(directory::signs_of(signs.get())?),
        _ => return Err("one of contact, removed and signs must be there".to_owned()),
    };
    let whose = if says.of().is_some() { "intents" } else { "signs" };
    if says.signs().iter().any(|sign| interest::is_ahead(sign, now)) {
        return Err(format!("the at of one of its {whose} is in the future"));
    }
    if says.signs().iter().filter_map(|sign| sign.weight).any(|weight| !(1..=100).contains(&weight)) {
        return Err(format!("the weight of one of its {whose} is not a number from 1 to 100"));
    }
    if says.of().is_some_and(|contact| !is_id(contact.as_str())) {
        return Err(format!("the person's id is not 1 to {LONGEST_ID} plain characters"));
    }
    Ok(CardChange { fresh: NumberId(Uuid::now_v7()), address, at, says })
}

/// The person with names that are no longer than other CRMs' are here, or why nobody is like that.
fn fitting(mut card: Card, now: Timestamp) -> Result<Card, String> {
    card.name = cut(card.name.trim());
    if card.name.is_empty() {
        return Err("the person's name is empty".to_owned());
    }
    card.title = cut(&card.title);
    if let Some(account) = &mut card.account {
        account.name = cut(&account.name);
    }
    if let Some(deal) = &mut card.opportunity {
        deal.name = cut(&deal.name);
        if deal.amount_cents < 0 {
            return Err("the amount_cents of the person's opportunity is below 0".to_owned());
        }
        let may_be_ahead = |at: Timestamp| if at.millis() % DAY == 0 { EAST } else { AHEAD };
        if deal.stage_since.is_some_and(|at| at.since(now) > may_be_ahead(at)) {
            return Err("the stage_since of the person's opportunity is in the future".to_owned());
        }
    }
    Ok(card)
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_person_and_no_sign_can_have_is_refused_and_long_names_are_cut() {
        // 2026-03-03T15:00:00Z
        let now = Timestamp::from_millis(1_772_550_000_000);
        let read = |what: &str| {
            let row = format!(r#"{{"phone":"+14155550123","at":"2026-03-02T10:00:00Z",{what}}}"#);
            checked(&RawValue::from_string(row).unwrap(), now)
        };
        let person = |name: &str, more: &str| read(&format!(r#""contact":{{"id":"003-17","name":"{name}"{more}}}"#));
        let deal = |more: &str| {
            person("Nils", &format!(r#","opportunity":{{"name":"Rollout","stage":"Negotiation",{more}}}"#))
        };
        for (weight, taken) in
            [("0", false), ("1", true), ("100", true), ("101", false), ("255", false), ("null", true)]
        {
            let signs = format!(r#"[{{"at":"2026-03-02T09:00:00Z","kind":"trial","weight":{weight}}}]"#);
            for (whose, said) in [
                ("signs", read(&format!(r#""signs":{signs}"#))),
                ("intents", person("Nils", &format!(r#","intents":{signs}"#))),
            ] {
                assert_eq!(said.is_ok(), taken, "{weight}: {said:?}");
                let wanted = format!("the weight of one of its {whose} is not a number from 1 to 100");
                assert!(said.err().is_none_or(|why| why == wanted), "{weight}");
            }
        }
        for name in ["", " ", r"\t\u00a0 "] {
            assert_eq!(person(name, ""), Err("the person's name is empty".to_owned()), "{name}");
        }
        let Says::Is(card) = person(&format!(" {} ", "ü".repeat(20_000)), "").unwrap().says else { panic!("nobody") };
        assert_eq!(card.name, "ü".repeat(200), "as of HubSpot and Salesforce");
        assert!(deal(r#""amount_cents":0"#).is_ok());
        assert!(deal(r#""amount_cents":-1"#).is_err_and(|why| why.contains("amount_cents") && why.contains("below 0")));
        for (at, taken) in [
            ("2026-03-03T15:04:00Z", true),
            ("2026-03-03T15:06:00Z", false),
            ("2026-03-03", true),
            // It has begun in Auckland, and nowhere the day behind it.
            ("2026-03-04", true),
            ("2026-03-05", false),
        ] {
            let said = deal(&format!(r#""stage_since":"{at}""#));
            assert_eq!(said.is_ok(), taken, "{at}: {said:?}");
            assert!(said.err().is_none_or(|why| why.contains("stage_since") && why.contains("future")), "{at}");
        }
    }

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

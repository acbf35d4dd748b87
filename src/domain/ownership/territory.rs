//! Who has which part of the world.

use serde::{Deserialize, Serialize};

use crate::domain::context::Card;
use crate::domain::id::RepId;

/// Rows in order; the first that fits has it, so the narrow ones are written first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Territory {
    /// From the first tried to the last.
    pub rows: Vec<Part>,
}

/// One part of the world. What is left out fits everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Of the account: ISO 3166-1, as `US`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Of the account, as the CRM writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The buyer's number begins with it: three digits of the North American plan, or `+49`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area_code: Option<String>,
    /// Of the account, in the CRM's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// Whose it is.
    pub rep: RepId,
}

impl Territory {
    /// Whose part this buyer is in: each card is tried in turn, then the number alone.
    pub fn of(&self, cards: &[Card], area_code: Option<&str>) -> Vec<&RepId> {
        let mut found: Vec<&RepId> = Vec::new();
        let people = cards.iter().map(Some).chain(cards.is_empty().then_some(None));
        for card in people {
            let part = self.rows.iter().find(|part| part.fits(card, area_code));
            found.extend(part.map(|part| &part.rep).filter(|rep| !found.contains(rep)));
        }
        found
    }
}

/// What a territory reads of the account on a card, in one line; nothing where it says nothing of that.
pub fn place(card: &Card) -> Option<String> {
    let account = card.account.as_ref()?;
    let told: Vec<&str> =
        [&account.country, &account.state, &account.segment].into_iter().flatten().map(|word| word.trim()).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

impl Part {
    fn fits(&self, card: Option<&Card>, area_code: Option<&str>) -> bool {
        let account = card.and_then(|card| card.account.as_ref());
        let same = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_ref().is_none_or(|wanted| found.is_some_and(|found| found.trim().eq_ignore_ascii_case(wanted)))
        };
        same(&self.country, account.and_then(|a| a.country.as_deref()))
            && same(&self.state, account.and_then(|a| a.state.as_deref()))
            && same(&self.segment, account.and_then(|a| a.segment.as_deref()))
            && same(&self.area_code, area_code)
    }

    /// Whether every buyer fits it, also one whom nobody knows.
    pub fn fits_all(&self) -> bool {
        [&self.country, &self.state, &self.area_code, &self.segment].into_iter().all(Option::is_none)
    }

    /// Whether whatever fits `other` fits this one first.
    pub fn covers(&self, other: &Self) -> bool {
        let wider = |mine: &Option<String>, theirs: &Option<String>| {
            mine.as_ref().is_none_or(|mine| theirs.as_ref().is_some_and(|theirs| theirs.eq_ignore_ascii_case(mine)))
        };
        wider(&self.country, &other.country)
            && wider(&self.state, &other.state)
            && wider(&self.area_code, &other.area_code)
            && wider(&self.segment, &other.segment)
    }
}

/// The area code of an address: the three digits of a number of the North American Numbering Plan (`+1NXXNXXXXXX`). Of
/// others, whose plans differ, nothing.
pub fn area_code(address: &str) -> Option<&str> {
    let national = address.strip_prefix("+1").filter(|rest| rest.len() == 10)?;
    let digits = national.bytes().all(|b| b.is_ascii_digit());
    let code = national.get(..3).filter(|code| digits && !code.starts_with(['0', '1']))?;
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::context::Account;
    use crate::domain::expectation::card_of;

    fn part(country: &str, state: &str, area: &str, segment: &str, rep: &str) -> Part {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Part {
            country: some(country),
            state: some(state),
            area_code: some(area),
            segment: some(segment),
            rep: RepId::from(rep),
        }
    }

    fn account(country: &str, state: &str, segment: &str) -> Card {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let account =
            Account { country: some(country), state: some(state), segment: some(segment), ..Account::default() };
        Card { account: Some(account), ..card_of("someone") }
    }

    #[test]
    fn the_first_row_that_fits_has_it() {
        let rows = vec![
            part("US", "NY", "", "enterprise", "ann"),
            part("us", "ny", "", "", "ben"),
            part("", "", "415", "", "cat"),
            part("US", "", "", "", "dan"),
            part("", "", "", "", "eve"),
        ];
        let territory = Territory { rows };
        for (cards, area, wanted) in [
            (vec![account("US", "NY", "Enterprise")], None, vec!["ann"]),
            (vec![account("US", "NY", "smb")], Some("415"), vec!["ben"]),
            (vec![account("US", "CA", "")], Some("415"), vec!["cat"]),
            (vec![account(" US ", "TX", "")], Some("512"), vec!["dan"]),
            (vec![], Some("415"), vec!["cat"]),
            (vec![], None, vec!["eve"]),
            (vec![account("DE", "", "")], None, vec!["eve"]),
            (vec![account("US", "NY", ""), account("US", "TX", "")], None, vec!["ben", "dan"]),
        ] {
            let found: Vec<&str> = territory.of(&cards, area).into_iter().map(RepId::as_str).collect();
            assert_eq!(found, wanted, "{cards:?} {area:?}");
        }
    }

    #[test]
    fn a_place_is_what_territories_read_of_an_account() {
        assert_eq!(place(&account("US", " NY ", "smb")).as_deref(), Some("US, NY, smb"));
        assert_eq!(place(&account("", "", "smb")).as_deref(), Some("smb"));
        assert_eq!((place(&account("", "", "")), place(&card_of("someone"))), (None, None));
    }

    #[test]
    fn a_row_covers_what_could_never_come_after_it() {
        let (wide, narrow) = (part("US", "", "", "", "a"), part("us", "NY", "", "", "b"));
        assert!(wide.covers(&narrow) && !narrow.covers(&wide) && wide.covers(&wide));
    }

    #[test]
    fn area_codes_are_of_the_north_american_plan_alone() {
        for (address, wanted) in [
            ("+14155550100", Some("415")),
            ("+11155550100", None),
            ("+4915112345678", None),
            ("+1415555010", None),
            ("72345", None),
            ("rcs:agent", None),
            ("+1é15555010", None),
        ] {
            assert_eq!(area_code(address), wanted, "{address}");
        }
    }
}

//! Where is the buyer? The zones their phone may be in, the states whose law may count, and what told so.
//!
//! From the surest to the least sure: the contact's own zone, the ZIP code, the address, its country, the area code of the
//! number or its country code, and only when nothing of it is known the tenant's own zone. A place in two zones keeps both:
//! what must suit the buyer must suit each of them. What a number tells is a guess, since numbers are ported and people move.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::contact::Address;
use super::context::Card;

mod table;

pub use table::{area_code, calling_code, city, country, places_of_state, state, zip};

/// What told where the buyer is, from the surest to the least sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The CRM has the contact's zone.
    Contact,
    /// The ZIP code of their address.
    Zip,
    /// City and state of their address.
    Address,
    /// The country of their address, or of their account's.
    Country,
    /// The state of their account, and what their number says: not everybody is where their company is.
    Account,
    /// The area code of their number: a guess, for numbers are ported.
    AreaCode,
    /// The country code of their number: a guess, for people travel and countries are wide.
    CallingCode,
    /// Nothing is known: the tenant's own zone.
    Tenant,
}

impl Source {
    /// As screens say it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Contact => "their zone in the CRM",
            Self::Zip => "their ZIP code",
            Self::Address => "their address",
            Self::Country => "their country",
            Self::Account => "their company's address and their number",
            Self::AreaCode => "their area code, a guess",
            Self::CallingCode => "the country code of their number, a guess",
            Self::Tenant => "nothing but our own zone",
        }
    }
}

/// Where somebody may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Every zone they may be in, in order; never empty.
    pub zones: Vec<Tz>,
    /// What told the zones: the least sure of what was used.
    pub by: Source,
    /// Every state they may be in, as ISO 3166-2 (`US-FL`), in order; empty when none is known.
    pub states: Vec<String>,
    /// Whether they may be in the United States.
    pub in_us: bool,
}

impl Place {
    /// A place of which only the zone is known.
    pub fn of_zone(zone: Tz, by: Source) -> Self {
        Self { zones: vec![zone], by, states: Vec::new(), in_us: false }
    }

    /// The zone to show a time in: the first, which is the one when there is one.
    pub fn zone(&self) -> Tz {
        self.zones.first().copied().unwrap_or(Tz::UTC)
    }
}

/// A row of a table: where something is, and every zone in use there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// ISO 3166 codes.
    pub places: Vec<String>,
    /// Zones.
    pub zones: Vec<Tz>,
}

/// Where the person behind a number may be. Several people may share a number: then each of their places counts.
pub fn of(cards: &[Card], address: Option<&Address>, tenant: Tz) -> Place {
    let phone = address.map(Address::person);
    let number = phone.as_ref().and_then(|a| area_code_of(a.as_str()));
    let by_calling = || phone.as_ref().and_then(|a| calling_code(a.as_str())).map(|entry| (entry, Source::CallingCode));
    let by_number = number.and_then(area_code).map(|entry| (entry, Source::AreaCode)).or_else(by_calling);
    let mut found = Found::default();
    if cards.is_empty() {
        found.person(None, by_number, tenant);
    }
    for card in cards {
        found.person(Some(card), by_number, tenant);
    }
    // A number of ours that no table knows may be anywhere in the plan, so that the strictest common law counts.
    let unknown = number.is_some() && by_number.is_none();
    let in_us = unknown || found.in_us || found.states.iter().any(|s| s.starts_with("US-"));
    Place {
        zones: found.zones.into_values().collect(),
        by: found.by,
        states: found.states.into_iter().collect(),
        in_us,
    }
}

/// The three digits after `+1`.
pub fn area_code_of(number: &str) -> Option<&str> {
    let national = number.strip_prefix("+1").filter(|n| n.len() == 10 && n.bytes().all(|b| b.is_ascii_digit()))?;
    national.get(..3)
}

/// What was found so far of everybody behind a number.
struct Found {
    zones: BTreeMap<&'static str, Tz>,
    states: BTreeSet<String>,
    by: Source,
    in_us: bool,
}

impl Default for Found {
    fn default() -> Self {
        Self { zones: BTreeMap::new(), states: BTreeSet::new(), by: Source::Contact, in_us: false }
    }
}

impl Found {
    /// One person more, or nobody whom the CRM knows.
    fn person(&mut self, card: Option<&Card>, number: Option<(&Entry, Source)>, tenant: Tz) {
        let by_zip = card.and_then(|c| c.home.as_ref()).filter(|h| is_us(h.country.as_deref())).and_then(|h| {
            // A ZIP that the table does not know says nothing.
            h.zip.as_deref().and_then(zip).cloned()
        });
        let by_address = card.and_then(of_address);
        let by_account = card.and_then(|c| of_account(c, number.map(|(entry, _)| entry)));
        // A country alone says less than a number of the same country, and more than one of another.
        let by_country = card.and_then(|c| of_country(c, number.map(|(entry, _)| entry)));
        let own = card.and_then(|c| c.zone);
        self.in_us |= card.is_some_and(says_us);
        let states = [&by_zip, &by_address, &by_account, &by_country].into_iter().find_map(Option::as_ref);
        let states = states.or(number.map(|(entry, _)| entry));
        self.states.extend(states.into_iter().flat_map(|e| e.places.iter().cloned()));
        let (zones, by) = if let Some(zone) = own {
            (vec![zone], Source::Contact)
        } else if let Some(entry) = by_zip {
            (entry.zones, Source::Zip)
        } else if let Some(entry) = by_address {
            (entry.zones, Source::Address)
        } else if let Some(entry) = by_account {
            (entry.zones, Source::Account)
        } else if let Some(entry) = by_country {
            (entry.zones, Source::Country)
        } else if let Some((entry, by)) = number {
            (entry.zones.clone(), by)
        } else {
            (vec![tenant], Source::Tenant)
        };
        self.zones.extend(zones.into_iter().map(|zone| (zone.name(), zone)));
        self.by = self.by.max(by);
    }
}

/// City and state of the person's own address.
fn of_address(card: &Card) -> Option<Entry> {
    let home = card.home.as_ref()?;
    let code = places_of_state(home.state.as_deref()?, home.country.as_deref())?;
    let in_city = home.city.as_deref().and_then(|name| city(code, name));
    in_city.map(|zone| Entry { places: vec![code.to_owned()], zones: vec![zone] }).or_else(|| state(code).cloned())
}

/// The state of the person's account, and where their number is from: they may be at either. A country of their own says
/// where they are better than the company does.
fn of_account(card: &Card, number: Option<&Entry>) -> Option<Entry> {
    let account = card.account.as_ref()?;
    let code = places_of_state(account.state.as_deref()?, account.country.as_deref())?;
    let company = state(code)?;
    let own = card.home.as_ref().and_then(|h| h.country.as_deref()).and_then(country);
    if own.is_some_and(|own| !is_within(company, own)) {
        return None;
    }
    Some(number.map_or_else(|| company.clone(), |number| both(company, number)))
}

/// Somewhere in one of two places.
fn both(one: &Entry, other: &Entry) -> Entry {
    let places = one.places.iter().chain(&other.places).cloned().collect();
    Entry { places, zones: one.zones.iter().chain(&other.zones).copied().collect() }
}

/// The country of the person's own address; else that of their account, and then also that of a number from elsewhere: not
/// everybody is where their company is.
fn of_country(card: &Card, number: Option<&Entry>) -> Option<Entry> {
    let own = card.home.as_ref().and_then(|h| h.country.as_deref()).and_then(country);
    let account = || card.account.as_ref().and_then(|a| a.country.as_deref()).and_then(country);
    let found = own.or_else(account)?;
    let elsewhere = number.filter(|number| !is_within(number, found));
    match (number, elsewhere) {
        // The number says the same, and often where in it.
        (Some(_), None) => None,
        (Some(_), Some(number)) if own.is_none() => Some(both(found, number)),
        (Some(_) | None, _) => Some(found.clone()),
    }
}

/// Whether every place of a number lies in a country: `US-FL` in `US`.
fn is_within(number: &Entry, country: &Entry) -> bool {
    let of = |place: &String| place.split_once('-').map_or(place.as_str(), |(of, _)| of) == country.places[0];
    !number.places.is_empty() && number.places.iter().all(of)
}

fn says_us(card: &Card) -> bool {
    let country = card.home.as_ref().and_then(|h| h.country.as_deref());
    let country = country.or_else(|| card.account.as_ref().and_then(|a| a.country.as_deref()));
    country.is_some_and(|c| is_us(Some(c)))
}

/// The United States by any of its names; nothing said counts as well.
fn is_us(country: Option<&str>) -> bool {
    country.is_none_or(|c| c.trim().is_empty() || table::country(c).is_some_and(|found| found.places == ["US"]))
}

#[cfg(test)]
mod tests;

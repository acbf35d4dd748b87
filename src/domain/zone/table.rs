//! The tables under `assets/places`: states, larger cities, ZIP codes and area codes with their zones.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono_tz::Tz;

use super::Entry;

static STATES: LazyLock<States> = LazyLock::new(|| States::read(include_str!("../../../assets/places/states.csv")));
static CITIES: LazyLock<BTreeMap<(String, String), Tz>> =
    LazyLock::new(|| cities(include_str!("../../../assets/places/cities.csv")));
static ZIPS: LazyLock<BTreeMap<String, Entry>> =
    LazyLock::new(|| entries(include_str!("../../../assets/places/zips.csv")));
static AREA_CODES: LazyLock<BTreeMap<String, Entry>> =
    LazyLock::new(|| entries(include_str!("../../../assets/places/area_codes.csv")));

struct States {
    by_code: BTreeMap<String, Entry>,
    by_name: BTreeMap<String, String>,
}

/// The rows of a table of ours: remarks and the head left out, no cell with a comma in it.
fn rows(text: &'static str) -> impl Iterator<Item = [&'static str; 3]> {
    let cells = |line: &'static str| {
        let mut cells = line.split(',').map(str::trim);
        Some([cells.next()?, cells.next()?, cells.next()?])
    };
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).skip(1).filter_map(cells)
}

fn zones(text: &str) -> Vec<Tz> {
    text.split_whitespace().map(|name| name.parse().expect("BUG: our table names a zone that is none")).collect()
}

fn entries(text: &'static str) -> BTreeMap<String, Entry> {
    let entry = |[key, places, in_use]: [&str; 3]| {
        let places = places.split_whitespace().map(str::to_owned).collect();
        (key.to_owned(), Entry { places, zones: zones(in_use) })
    };
    rows(text).map(entry).collect()
}

fn cities(text: &'static str) -> BTreeMap<(String, String), Tz> {
    let city = |[place, name, zone]: [&str; 3]| {
        let zone = zones(zone).first().copied().expect("BUG: a city without a zone");
        ((place.to_owned(), plain(name)), zone)
    };
    rows(text).map(city).collect()
}

impl States {
    fn read(text: &'static str) -> Self {
        let (mut by_code, mut by_name) = (BTreeMap::new(), BTreeMap::new());
        for [code, name, in_use] in rows(text) {
            by_code.insert(code.to_owned(), Entry { places: vec![code.to_owned()], zones: zones(in_use) });
            by_name.insert(plain(name), code.to_owned());
        }
        Self { by_code, by_name }
    }
}

/// Small letters and single spaces, without points and apostrophes.
fn plain(name: &str) -> String {
    let kept: String =
        name.chars().map(|c| if c == '\'' || c == '’' { ' ' } else { c }).filter(|c| *c != '.').collect();
    kept.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A state by its ISO code.
pub fn state(code: &str) -> Option<&'static Entry> {
    STATES.by_code.get(code)
}

/// The ISO code of a state as a CRM writes it: `FL`, `Florida`, `US-FL`. The letters of a state and of a province may be
/// the same only where the country says which.
pub fn places_of_state(text: &str, country: Option<&str>) -> Option<&'static str> {
    let text = text.trim();
    let canadian = country.is_some_and(|c| ["ca", "can", "canada"].contains(&c.trim().to_lowercase().as_str()));
    if !canadian && !super::is_us(country) {
        return None;
    }
    let short = text.to_uppercase();
    let prefixes: &[&str] = match (canadian, country) {
        (true, _) => &["CA-"],
        (false, Some(said)) if !said.trim().is_empty() => &["US-"],
        (false, _) => &["US-", "CA-"],
    };
    let whole = STATES.by_code.get_key_value(short.as_str()).map(|(code, _)| code.as_str());
    let by_letters = || {
        prefixes
            .iter()
            .find_map(|prefix| STATES.by_code.get_key_value(&format!("{prefix}{short}")))
            .map(|(c, _)| c.as_str())
    };
    let by_name = || STATES.by_name.get(&plain(text)).map(String::as_str);
    whole.or_else(by_letters).or_else(by_name)
}

/// The zone of a larger city of a state that has several.
pub fn city(state: &str, name: &str) -> Option<Tz> {
    CITIES.get(&(state.to_owned(), plain(name))).copied()
}

/// Where a US ZIP code is, by its first three digits. `98101-1234` and ` 98101 ` are read.
pub fn zip(text: &str) -> Option<&'static Entry> {
    let digits = text.trim();
    let five = digits.get(..5).filter(|five| five.bytes().all(|b| b.is_ascii_digit()))?;
    let rest = &digits[5..];
    let plus_four = || {
        let four = rest.strip_prefix(['-', ' ']).unwrap_or(rest);
        four.len() == 4 && four.bytes().all(|b| b.is_ascii_digit())
    };
    (rest.is_empty() || plus_four()).then(|| ZIPS.get(&five[..3])).flatten()
}

/// Where numbers of an area code were issued.
pub fn area_code(code: &str) -> Option<&'static Entry> {
    AREA_CODES.get(code)
}

#[cfg(test)]
pub(super) fn all() -> [(&'static str, Vec<(&'static str, &'static Entry)>); 3] {
    fn list(table: &'static BTreeMap<String, Entry>) -> Vec<(&'static str, &'static Entry)> {
        table.iter().map(|(key, entry)| (key.as_str(), entry)).collect()
    }
    [("states", list(&STATES.by_code)), ("zips", list(&ZIPS)), ("area codes", list(&AREA_CODES))]
}

//! The tables under `assets/places`: countries, states, larger cities, ZIP codes and area codes with their zones.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono_tz::Tz;

use super::Entry;
use crate::domain::look_alike;

static STATES: LazyLock<States> = LazyLock::new(|| States::read(include_str!("../../../assets/places/states.csv")));
static CITIES: LazyLock<BTreeMap<(String, String), Tz>> =
    LazyLock::new(|| cities(include_str!("../../../assets/places/cities.csv")));
static ZIPS: LazyLock<BTreeMap<String, Entry>> =
    LazyLock::new(|| entries(include_str!("../../../assets/places/zips.csv")));
static AREA_CODES: LazyLock<BTreeMap<String, Entry>> =
    LazyLock::new(|| entries(include_str!("../../../assets/places/area_codes.csv")));

static COUNTRIES: LazyLock<Countries> =
    LazyLock::new(|| Countries::read(include_str!("../../../assets/places/countries.csv")));

/// The longest calling code of the table, in digits.
const LONGEST_CALLING: usize = 7;

struct Countries {
    by_name: BTreeMap<String, Entry>,
    by_calling: BTreeMap<String, Entry>,
}

struct States {
    by_code: BTreeMap<String, Entry>,
    by_name: BTreeMap<String, String>,
}

/// The rows of a table of ours: remarks and the head left out, no cell with a comma in it.
fn rows(text: &'static str) -> impl Iterator<Item = [&'static str; 3]> {
    lines(text).filter_map(|mut cells| Some([cells.next()?, cells.next()?, cells.next()?]))
}

fn lines(text: &'static str) -> impl Iterator<Item = impl Iterator<Item = &'static str>> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).skip(1);
    lines.map(|line| line.split(',').map(str::trim))
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

impl Countries {
    fn read(text: &'static str) -> Self {
        let (mut by_name, mut by_calling) = (BTreeMap::new(), BTreeMap::<String, Entry>::new());
        for mut cells in lines(text) {
            let mut cell = || cells.next().expect("BUG: a country without a cell");
            let (code, calling, in_use, names) = (cell(), cell(), cell(), cell());
            let entry = Entry { places: vec![code.to_owned()], zones: zones(in_use) };
            for name in names.split('|').chain([code]) {
                by_name.insert(of_country(name), entry.clone());
            }
            for calling in calling.split_whitespace() {
                // Several countries may share one: then each of their zones counts.
                let shared = by_calling.entry(calling.to_owned()).or_default();
                shared.places.extend(entry.places.iter().cloned());
                shared.zones.extend(&entry.zones);
                shared.zones.sort_unstable_by_key(|zone| zone.name());
                shared.zones.dedup();
            }
        }
        Self { by_name, by_calling }
    }
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

/// The name of a country as it is compared: the same of `Korea, Republic of` and `Korea (Republic of)`, of `Cote d'Ivoire` and
/// `Côte d’Ivoire`, of `The Netherlands` and `Netherlands`, of `St. Lucia` and `Saint Lucia`.
fn of_country(name: &str) -> String {
    let lower = name.to_lowercase().replace('&', " and ");
    let letters = look_alike::decomposed(&lower);
    let kept = letters.chars().filter(|c| *c != '.' && !matches!(c, '\u{300}'..='\u{36F}'));
    let text: String = kept.map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let words: Vec<&str> = text.split_whitespace().map(|word| if word == "saint" { "st" } else { word }).collect();
    let words = match words.as_slice() {
        ["the", rest @ ..] if !rest.is_empty() => rest,
        all => all,
    };
    words.join(" ")
}

/// A state by its ISO code.
pub fn state(code: &str) -> Option<&'static Entry> {
    STATES.by_code.get(code)
}

/// The ISO code of a state as a CRM writes it: `FL`, `Florida`, `US-FL`. The letters of a state and of a province may be
/// the same only where the country says which.
pub fn places_of_state(text: &str, country: Option<&str>) -> Option<&'static str> {
    let text = text.trim();
    let canadian = country.and_then(self::country).is_some_and(|found| found.places == ["CA"]);
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

/// A country by its ISO code, of two or three letters, or by a name as a CRM writes it.
pub fn country(text: &str) -> Option<&'static Entry> {
    COUNTRIES.by_name.get(&of_country(text))
}

/// The countries of a number outside the North American plan, by the longest code that fits.
pub fn calling_code(number: &str) -> Option<&'static Entry> {
    let digits = number.strip_prefix('+')?;
    let most = digits.bytes().take(LONGEST_CALLING).take_while(u8::is_ascii_digit).count();
    (1..=most).rev().find_map(|len| COUNTRIES.by_calling.get(&digits[..len]))
}

/// The zone of a larger city of a state that has several.
pub fn city(state: &str, name: &str) -> Option<Tz> {
    CITIES.get(&(state.to_owned(), plain(name))).copied()
}

/// Where a US ZIP code is, by its first three digits. `98101-1234` and ` 98101 ` are read.
pub fn zip(text: &str) -> Option<&'static Entry> {
    // Spreadsheets take it for a number, and the zeros that New England's begin with are lost.
    let text = text.trim();
    let lost =
        text.split(['-', ' ']).next().filter(|first| matches!(first.len(), 3 | 4)).map_or(0, |first| 5 - first.len());
    let digits = &format!("{}{text}", &"00"[..lost]);
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

/// Every country by its code, with its row; and every calling code.
#[cfg(test)]
pub(super) fn countries() -> [Vec<(&'static str, &'static Entry)>; 2] {
    let list =
        |table: &'static BTreeMap<String, Entry>| table.iter().map(|(key, entry)| (key.as_str(), entry)).collect();
    [list(&COUNTRIES.by_name), list(&COUNTRIES.by_calling)]
}

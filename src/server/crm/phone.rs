//! Numbers as people typed them into a CRM, read to E.164: `(415) 555-0100`, `0171 / 123 45 67`, `+44 (0)20 7946 0958`.
//!
//! A number without a country code is read by the country that stands beside it, and is nobody's when none does: taking it
//! for a number of here would put one buyer's text before another buyer's name. The table holds what the numbering plans
//! say (ITU-T E.164 and its national annexes): country code, trunk prefix, lengths.

use std::collections::BTreeSet;

use crate::domain::contact::Address;

/// A country's plan: ISO 3166-1, names in lower case, country code, trunk prefix, shortest and longest national number,
/// and what is dialled before an international one where that is not 00.
struct Country(&'static str, &'static [&'static str], &'static str, &'static str, usize, usize, &'static str);

const COUNTRIES: &[Country] = &[
    Country("us", &["united states", "united states of america", "usa", "u.s.", "u.s.a."], "1", "1", 10, 10, "011"),
    Country("ca", &["canada"], "1", "1", 10, 10, "011"),
    Country("gb", &["united kingdom", "great britain", "uk", "england", "scotland", "wales"], "44", "0", 9, 10, ""),
    Country("ie", &["ireland"], "353", "0", 7, 9, ""),
    Country("de", &["germany", "deutschland"], "49", "0", 6, 11, ""),
    Country("at", &["austria", "österreich"], "43", "0", 6, 13, ""),
    Country("ch", &["switzerland", "schweiz", "suisse"], "41", "0", 9, 9, ""),
    Country("fr", &["france"], "33", "0", 9, 9, ""),
    Country("be", &["belgium", "belgique", "belgië"], "32", "0", 8, 9, ""),
    Country("nl", &["netherlands", "the netherlands", "nederland"], "31", "0", 9, 9, ""),
    Country("lu", &["luxembourg"], "352", "", 6, 11, ""),
    // What looks like a trunk prefix is part of the number.
    Country("it", &["italy", "italia"], "39", "", 8, 11, ""),
    Country("es", &["spain", "españa"], "34", "", 9, 9, ""),
    Country("pt", &["portugal"], "351", "", 9, 9, ""),
    Country("dk", &["denmark", "danmark"], "45", "", 8, 8, ""),
    Country("no", &["norway", "norge"], "47", "", 8, 8, ""),
    Country("se", &["sweden", "sverige"], "46", "0", 7, 10, ""),
    Country("fi", &["finland", "suomi"], "358", "0", 5, 12, ""),
    Country("pl", &["poland", "polska"], "48", "", 9, 9, ""),
    Country("cz", &["czechia", "czech republic"], "420", "", 9, 9, ""),
    Country("hu", &["hungary"], "36", "06", 8, 9, ""),
    Country("ro", &["romania"], "40", "0", 9, 9, ""),
    Country("gr", &["greece"], "30", "", 10, 10, ""),
    Country("tr", &["turkey", "türkiye"], "90", "0", 10, 10, ""),
    Country("ru", &["russia", "russian federation", "россия"], "7", "8", 10, 10, "810"),
    Country("kz", &["kazakhstan"], "7", "8", 10, 10, "810"),
    Country("ua", &["ukraine"], "380", "0", 9, 9, ""),
    Country("il", &["israel"], "972", "0", 8, 9, ""),
    Country("ae", &["united arab emirates", "uae"], "971", "0", 8, 9, ""),
    Country("sa", &["saudi arabia"], "966", "0", 9, 9, ""),
    Country("eg", &["egypt"], "20", "0", 8, 10, ""),
    Country("za", &["south africa"], "27", "0", 9, 9, ""),
    Country("ng", &["nigeria"], "234", "0", 8, 10, "009"),
    Country("ke", &["kenya"], "254", "0", 7, 10, "000"),
    Country("in", &["india"], "91", "0", 10, 10, ""),
    Country("pk", &["pakistan"], "92", "0", 9, 10, ""),
    Country("th", &["thailand"], "66", "0", 8, 9, "001"),
    Country("vn", &["vietnam", "viet nam"], "84", "0", 9, 10, ""),
    Country("sg", &["singapore"], "65", "", 8, 8, ""),
    Country("hk", &["hong kong"], "852", "", 8, 8, "001"),
    Country("jp", &["japan"], "81", "0", 9, 10, "010"),
    Country("kr", &["south korea", "korea", "republic of korea"], "82", "0", 8, 10, ""),
    Country("cn", &["china"], "86", "0", 10, 12, ""),
    Country("tw", &["taiwan"], "886", "0", 8, 9, "002"),
    Country("ph", &["philippines"], "63", "0", 8, 10, ""),
    Country("id", &["indonesia"], "62", "0", 8, 12, ""),
    Country("my", &["malaysia"], "60", "0", 8, 10, ""),
    Country("au", &["australia"], "61", "0", 9, 9, "0011"),
    Country("nz", &["new zealand"], "64", "0", 8, 10, ""),
    Country("br", &["brazil", "brasil"], "55", "0", 10, 11, ""),
    Country("mx", &["mexico", "méxico"], "52", "01", 10, 10, ""),
    Country("ar", &["argentina"], "54", "0", 10, 11, ""),
    Country("cl", &["chile"], "56", "", 9, 9, ""),
    Country("pe", &["peru", "perú"], "51", "0", 8, 9, ""),
    Country("co", &["colombia"], "57", "", 8, 10, ""),
];

/// Country codes of two digits; those of one are 1 and 7, and all others have three.
const TWO: &str = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 \
                   84 86 90 91 92 93 94 95 98";

/// The longest text that is looked at.
const LONGEST: usize = 64;

/// A typed number as E.164. `country` is where it is from, as the CRM writes it (`US`, `Germany`): needed for one without a
/// country code.
pub fn e164(typed: &str, country: Option<&str>) -> Option<Address> {
    let (digits, international) = digits(typed)?;
    let plan = country.and_then(plan_of);
    if international {
        return made(&digits);
    }
    let Some(Country(_, _, code, trunk, least, most, abroad)) = plan else {
        return digits.strip_prefix("00").and_then(made);
    };
    let fits = |national: &str| (*least..=*most).contains(&national.len());
    let abroad = if abroad.is_empty() { "00" } else { abroad };
    if let Some(rest) = digits.strip_prefix(abroad).filter(|rest| rest.len() > *least) {
        return made(rest);
    }
    if let Some(national) = mobile(code, &digits) {
        return made(&format!("{code}{national}"));
    }
    let without_trunk = digits.strip_prefix(trunk).filter(|rest| !trunk.is_empty() && fits(rest));
    let bare = || Some(digits.as_str()).filter(|bare| fits(bare));
    let coded = || digits.strip_prefix(code).filter(|rest| fits(rest));
    without_trunk.or_else(bare).or_else(coded).and_then(|national| made(&format!("{code}{national}")))
}

/// A mobile number as it is, or was, dialled at home where that is more than a trunk prefix: Mexico's `044` and `045` (until
/// 2019), Argentina's `15` between area and number, which is a 9 before the area from elsewhere.
fn mobile(code: &str, digits: &str) -> Option<String> {
    match code {
        "52" => {
            let rest = digits.strip_prefix("044").or_else(|| digits.strip_prefix("045"))?;
            (rest.len() == 10).then(|| rest.to_owned())
        }
        "54" => {
            let rest = digits.strip_prefix('0').unwrap_or(digits);
            let at = (2..=4).find(|at| rest.len() == 12 && rest.get(*at..at + 2) == Some("15"))?;
            Some(format!("9{}{}", &rest[..at], &rest[at + 2..]))
        }
        _ => None,
    }
}

/// Country code and national number of an address; nothing of what is no number of a country.
pub fn split(address: &Address) -> Option<(&str, &str)> {
    let digits = address.as_str().strip_prefix('+')?;
    let first = digits.get(..1)?;
    let two = digits.get(..2)?;
    let length = if first == "1" || first == "7" { 1 } else { 2 + usize::from(!TWO.split(' ').any(|c| c == two)) };
    digits.split_at_checked(length).filter(|(_, national)| national.len() >= 4)
}

/// The digits by which an address may begin where somebody typed it, for a search that knows nothing of countries: as at
/// home with and without the trunk prefix, with the country code, and as dialled from elsewhere. Nothing for what is no
/// number of a country.
pub fn spellings(address: &Address) -> Option<BTreeSet<String>> {
    let (code, national) = split(address)?;
    let mut all: BTreeSet<String> =
        ["", code, &format!("00{code}")].iter().map(|begins| format!("{begins}{national}")).collect();
    let trunks =
        COUNTRIES.iter().filter(|Country(_, _, c, trunk, ..)| *c == code && !trunk.is_empty() && *trunk != code);
    for Country(_, _, _, trunk, ..) in trunks {
        all.extend([format!("{trunk}{national}"), format!("{code}{trunk}{national}")]);
    }
    if code == "1" {
        all.insert(format!("011{code}{national}"));
    }
    Some(all)
}

/// The digits, and whether they begin with a country code. An extension is left out, and the zero in brackets that is
/// dialled at home only.
fn digits(typed: &str) -> Option<(String, bool)> {
    let plain = plain(typed.get(..LONGEST.min(typed.len()))?);
    let text = plain.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text).trim();
    if text.is_empty() || typed.len() > LONGEST {
        return None;
    }
    let end = text.find(['x', 'X', '#', ';', ',', 'e', 'E']).unwrap_or(text.len());
    let (text, international) = match text[..end].trim().strip_prefix('+') {
        Some(rest) => (rest.replacen("(0)", "", 1), true),
        None => (text[..end].to_owned(), false),
    };
    let sign = |c: char| " -.()/\u{a0}\u{2009}\u{202f}\u{2010}\u{2011}\u{2012}\u{2013}".contains(c);
    if !text.chars().all(|c| c.is_ascii_digit() || sign(c)) {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some((digits, international))
}

/// Without what is pasted along and not seen (marks of direction), in plain digits, and as a number that a spreadsheet took
/// for one: `2125550178.0`.
fn plain(typed: &str) -> String {
    let unseen = |c: &char| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let ascii = |c: char| match c {
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
        '＋' => '+',
        _ => c,
    };
    let text: String = typed.chars().filter(unseen).map(ascii).collect();
    match text.strip_suffix(".0") {
        Some(whole) if whole.len() >= 7 && whole.bytes().all(|b| b.is_ascii_digit()) => whole.to_owned(),
        Some(_) | None => text,
    }
}

/// The numbers in one cell, where it holds several: each by itself is long enough to be one.
pub fn several(cell: &str) -> Vec<&str> {
    let parts: Vec<&str> = cell.split([';', ',']).collect();
    let is_long = |part: &&str| part.chars().filter(char::is_ascii_digit).count() >= 7;
    if parts.iter().all(is_long) { parts } else { vec![cell] }
}

fn plan_of(country: &str) -> Option<&'static Country> {
    let wanted = country.trim().to_lowercase();
    COUNTRIES.iter().find(|Country(iso, names, ..)| *iso == wanted || names.contains(&wanted.as_str()))
}

/// An address of digits with their country code. A trunk zero that was typed after it is left out, where that country has
/// one.
fn made(digits: &str) -> Option<Address> {
    let address = Address::parse(&format!("+{digits}")).ok()?;
    let (code, national) = split(&address)?;
    // Mexico dialled a 1 before mobile numbers from elsewhere until 2019; it stands in many a record still.
    if code == "52" && national.len() == 11 && national.starts_with('1') {
        return Address::parse(&format!("+52{}", &national[1..])).ok();
    }
    let with_trunk = COUNTRIES.iter().find(|Country(_, _, c, trunk, ..)| *c == code && *trunk == "0");
    if with_trunk.is_some() && national.starts_with('0') {
        return Address::parse(&format!("+{code}{}", national.trim_start_matches('0'))).ok();
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_is_read_as_sixteen_countries_write_it() {
        for (country, wanted, typed) in [
            ("US", "+14155550100", &["(415) 555-0100", "415.555.0100", "1-415-555-0100", "4155550100 x12"][..]),
            ("Canada", "+16135550123", &["613-555-0123", "+1 613 555 0123", "011 1 613 555 0123"]),
            ("United Kingdom", "+442079460958", &["020 7946 0958", "+44 (0)20 7946 0958", "0044 20 7946 0958"]),
            (
                "Germany",
                "+491711234567",
                &["0171 / 123 45 67", "+49 (0) 171 1234567", "0049-171-1234567", "491711234567"],
            ),
            ("FR", "+33612345678", &["06 12 34 56 78", "+33 6 12 34 56 78", "+33 (0)6.12.34.56.78"]),
            ("Italy", "+390612345678", &["06 1234 5678", "+39 06 12345678"]),
            ("Spain", "+34612345678", &["612 34 56 78", "0034 612 345 678"]),
            ("Australia", "+61412345678", &["0412 345 678", "+61 412 345 678", "0011 61 412 345 678"]),
            ("India", "+919876543210", &["098765 43210", "+91-98765-43210", "9876543210"]),
            ("Japan", "+819012345678", &["090-1234-5678", "+81 90 1234 5678"]),
            ("Brazil", "+5511912345678", &["(11) 91234-5678", "+55 11 91234-5678", "011 91234 5678"]),
            ("RU", "+74951234567", &["8 (495) 123-45-67", "+7 495 123-45-67", "7 495 1234567", "(495) 123-45-67"]),
            ("Russia", "+442079460958", &["8 10 44 20 7946 0958"]),
            ("Vietnam", "+84912345678", &["0912 345 678", "+84 91 234 56 78"]),
            (
                "Mexico",
                "+525512345678",
                &["55 1234 5678", "01 55 1234 5678", "+52 55 1234 5678", "+52 1 55 1234 5678", "044 55 1234 5678"],
            ),
            ("Argentina", "+5491123456789", &["011 15-2345-6789", "+54 9 11 2345-6789", "11 15 2345 6789"]),
            ("Argentina", "+541123456789", &["(011) 2345-6789"]),
            ("US", "+12125550178", &["2125550178.0", "\u{202a}(212) 555-0178\u{202c}", "２１２５５５０１７８"]),
        ] {
            for typed in typed {
                let read = e164(typed, Some(country));
                assert_eq!(read.as_ref().map(Address::as_str), Some(wanted), "{typed} in {country}");
            }
        }
    }

    #[test]
    fn a_cell_may_hold_several_numbers_and_an_extension_is_none() {
        for (cell, wanted) in [
            ("212-555-0184;212-555-0185", &["212-555-0184", "212-555-0185"][..]),
            ("212-555-0184, 212-555-0185", &["212-555-0184", " 212-555-0185"]),
            ("tel:+1-415-555-0100;ext=7", &["tel:+1-415-555-0100;ext=7"]),
            ("212-555-0184", &["212-555-0184"]),
            ("", &[""]),
        ] {
            assert_eq!(several(cell), wanted, "{cell}");
        }
    }

    #[test]
    fn a_number_without_a_country_code_is_nobodys_when_no_country_stands_beside_it() {
        for (typed, country, wanted) in [
            ("(415) 555-0100", None, None),
            ("(415) 555-0100", Some("Atlantis"), None),
            ("555-0100", Some("US"), None),
            ("0044 20 7946 0958", None, Some("+442079460958")),
            ("+1 415 555 0100", Some("Germany"), Some("+14155550100")),
            ("tel:+1-415-555-0100;ext=7", None, Some("+14155550100")),
            ("call me", Some("US"), None),
            ("+1 (415) 555-0100 or 0200", None, None),
            ("", Some("US"), None),
            ("+", None, None),
            ("+12", None, None),
        ] {
            let read = e164(typed, country);
            assert_eq!(read.as_ref().map(Address::as_str), wanted, "{typed} {country:?}");
        }
    }

    #[test]
    fn whatever_a_number_is_typed_as_begins_with_one_of_its_spellings() {
        for (address, typed) in [
            ("+14155550100", &["(415) 555-0100", "1-415-555-0100", "+1 415 555 0100", "011 1 415 555 0100"][..]),
            ("+442079460958", &["020 7946 0958", "+44 (0)20 7946 0958", "0044 20 7946 0958", "20 7946 0958 x7"]),
            ("+36301234567", &["06 30 123 4567", "+36 30 123 4567"]),
            ("+390612345678", &["06 1234 5678", "+39 06 12345678"]),
            ("+74951234567", &["8 (495) 123-45-67", "+7 495 123-45-67", "495 1234567"]),
        ] {
            let spellings = spellings(&Address::parse(address).unwrap()).unwrap();
            for typed in typed {
                let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
                assert!(spellings.iter().any(|s| digits.starts_with(s.as_str())), "{typed}: {spellings:?}");
            }
        }
        assert_eq!(spellings(&Address::parse("72345").unwrap()), None);
    }

    #[test]
    fn a_country_code_ends_where_the_plan_says() {
        for (address, wanted) in [
            ("+14155550100", Some(("1", "4155550100"))),
            ("+79161234567", Some(("7", "9161234567"))),
            ("+442079460958", Some(("44", "2079460958"))),
            ("+35312345678", Some(("353", "12345678"))),
            ("72345", None),
            ("rcs:acme", None),
        ] {
            assert_eq!(split(&Address::parse(address).unwrap()), wanted);
        }
    }

    proptest! {
        #[test]
        fn whatever_was_typed_is_an_address_of_e164_or_nothing(typed in "\\PC{0,40}|[+0-9 ()-]{0,24}", with in 0..COUNTRIES.len()) {
            let Country(iso, ..) = COUNTRIES[with];
            for country in [None, Some(iso)] {
                if let Some(address) = e164(&typed, country) {
                    prop_assert!(address.as_str().starts_with('+') && Address::parse(address.as_str()) == Ok(address.clone()));
                    // Read again, it is the same.
                    prop_assert_eq!(e164(address.as_str(), country), Some(address));
                }
            }
        }
    }
}

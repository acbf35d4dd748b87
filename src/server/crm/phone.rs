//! Numbers as people typed them into a CRM, read to E.164: `(415) 555-0100`, `0171 / 123 45 67`, `+44 (0)20 7946 0958`.
//!
//! A number without a country code is read by the country that stands beside it, and is nobody's when none does: taking it
//! for a number of here would put one buyer's text before another buyer's name.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::domain::contact::Address;

mod plans;
mod words;

use self::plans::Plan;
pub use self::words::several;

/// Country codes of two digits; those of one are 1 and 7, and all others have three.
const TWO: &str = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 \
                   84 86 90 91 92 93 94 95 98";

/// The longest text that is looked at.
const LONGEST: usize = 64;

/// A typed number as E.164. `country` is where it is from, as the CRM writes it (`US`, `Germany`): needed for one without a
/// country code.
pub fn e164(typed: &str, country: Option<&str>) -> Option<Address> {
    let (digits, international) = digits(typed)?;
    if international {
        return made(&digits);
    }
    let Some(Plan { code, trunk, least, most, abroad, .. }) = country.and_then(plans::of) else {
        return digits.strip_prefix("00").and_then(made);
    };
    let fits = |national: &str| (*least..=*most).contains(&national.len());
    if let Some(rest) = digits.strip_prefix(abroad).filter(|rest| rest.len() > *least) {
        return made(rest);
    }
    if let Some(national) = mobile(code, &digits) {
        return made(&format!("{code}{national}"));
    }
    let without_trunk = digits.strip_prefix(trunk).filter(|rest| !trunk.is_empty() && fits(rest));
    let bare = || Some(digits.as_str()).filter(|bare| fits(bare));
    let coded = || digits.strip_prefix(code).filter(|rest| fits(rest));
    // As most others dial, whatever is dialled there.
    let from_elsewhere = || digits.strip_prefix("00").filter(|rest| rest.len() > *least).and_then(made);
    let national = without_trunk.or_else(bare).or_else(coded);
    national.map_or_else(from_elsewhere, |national| made(&format!("{code}{national}")))
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

/// The other way round: what such a number begins with where it was typed so, or as it was dialled from elsewhere.
fn mobile_spellings(code: &str, national: &str) -> Vec<String> {
    match code {
        "52" => ["044", "045", "521", "00521"].iter().map(|begins| format!("{begins}{national}")).collect(),
        "54" => {
            let Some(rest) = national.strip_prefix('9') else { return Vec::new() };
            let areas = argentine_areas(rest).filter_map(|at| rest.split_at_checked(at));
            let dialled = areas.flat_map(|(area, rest)| ["", "0"].map(|trunk| format!("{trunk}{area}15{rest}")));
            // Without what tells that it is a mobile one: see [`meant`].
            let bare = ["", "0", "54", "0054"].map(|begins| format!("{begins}{rest}"));
            dialled.chain(bare).collect()
        }
        _ => Vec::new(),
    }
}

/// How many digits the area of an Argentine number has: Buenos Aires is 11, and no other begins so.
fn argentine_areas(rest: &str) -> RangeInclusive<usize> {
    if rest.starts_with("11") { 2..=2 } else { 3..=4 }
}

/// Whom a number in a record may stand for. In Argentina many write a mobile number without the `15` or the 9; area and
/// number together are nobody else's there, so that it is the mobile one, too.
pub fn meant(address: Address) -> Vec<Address> {
    let bare = split(&address).filter(|(code, national)| *code == "54" && national.len() == 10);
    let bare = bare.filter(|(_, national)| !national.starts_with('9'));
    let mobile = bare.and_then(|(code, national)| Address::parse(&format!("+{code}9{national}")).ok());
    std::iter::once(address).chain(mobile).collect()
}

/// For a search among national digits: all that such a number may be there, and the digits that each of them holds, without
/// the zeros that it begins with. Nothing for what is no number of a country.
pub fn at_home(address: &Address) -> Option<(BTreeSet<String>, &str)> {
    let (code, national) = split(address)?;
    let mut forms: BTreeSet<String> = mobile_spellings(code, national).into_iter().collect();
    forms.insert(national.to_owned());
    // The 15 stands behind the area, whose length nobody knows.
    let mobile = national.strip_prefix('9').filter(|_| code == "54");
    let held = mobile.and_then(|rest| rest.get(*argentine_areas(rest).end()..)).filter(|held| held.len() >= 6);
    Some((forms, held.unwrap_or(national).trim_start_matches('0')))
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
    let trunks = plans::all().iter().filter(|plan| plan.code == code).map(|plan| plan.trunk);
    for trunk in trunks.filter(|trunk| !trunk.is_empty() && *trunk != code) {
        all.extend([format!("{trunk}{national}"), format!("{code}{trunk}{national}")]);
    }
    all.extend(mobile_spellings(code, national));
    if code == "1" {
        all.insert(format!("011{code}{national}"));
    }
    Some(all)
}

/// The digits, and whether they begin with a country code. Words that say what kind of number it is, an extension, and the
/// zero in brackets that is dialled at home only are left out.
fn digits(typed: &str) -> Option<(String, bool)> {
    if typed.len() > LONGEST {
        return None;
    }
    let plain = plain(typed);
    let text = words::without(plain.trim()).trim();
    if text.is_empty() {
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

/// An address of digits with their country code. A trunk zero that was typed after it is left out, where that country has
/// one.
fn made(digits: &str) -> Option<Address> {
    let address = Address::parse(&format!("+{digits}")).ok()?;
    let (code, national) = split(&address)?;
    // Mexico dialled a 1 before mobile numbers from elsewhere until 2019; it stands in many a record still.
    if code == "52" && national.len() == 11 && national.starts_with('1') {
        return Address::parse(&format!("+52{}", &national[1..])).ok();
    }
    let with_trunk = plans::all().iter().any(|plan| plan.code == code && plan.trunk == "0");
    if with_trunk && national.starts_with('0') {
        return Address::parse(&format!("+{code}{}", national.trim_start_matches('0'))).ok();
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_is_read_as_each_country_writes_it() {
        for (country, wanted, typed) in [
            ("US", "+14155550100", &["(415) 555-0100", "415.555.0100", "1-415-555-0100", "4155550100 x12"][..]),
            ("Canada", "+16135550123", &["613-555-0123", "+1 613 555 0123", "011 1 613 555 0123", "00 1 613 555 0123"]),
            ("Belarus", "+375294911911", &["8 029 491-19-11", "+375 29 491-19-11", "8 10 375 29 491 19 11"]),
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
    fn countries_are_read_as_people_write_them() {
        for (countries, typed, wanted) in [
            (&["GB", "GBR", "Northern Ireland", "England", "U.K."][..], "028 9018 0106", "+442890180106"),
            (&["IE", "Republic of Ireland", "Eire", "Éire"], "087 123 4567", "+353871234567"),
            (&["NLD", "Holland", "The Netherlands", "Niederlande"], "06 12345678", "+31612345678"),
            (
                &["Korea, Republic of", "South Korea", "KOR", "Korea (Republic of)", "대한민국"],
                "010-1234-5678",
                "+821012345678",
            ),
            (&["Hong Kong SAR", "HKG", "Hong Kong SAR China"], "9123 4567", "+85291234567"),
            (&["Puerto Rico", "PRI", "pr"], "(787) 555-0106", "+17875550106"),
            (
                &["Tanzania", "Tanzania (United Republic of)", "TANZANIA, UNITED REPUBLIC OF"],
                "0621 234 567",
                "+255621234567",
            ),
            (
                &["Bolivia", "Bolivia (Plurinational State of)", "Bolivia, Plurinational State of"],
                "71234567",
                "+59171234567",
            ),
            (
                &[
                    "Côte d'Ivoire",
                    "Cote d’Ivoire",
                    "Côte d’Ivoire",
                    "COTE D'IVOIRE",
                    "Ivory Coast",
                    "CIV",
                    "Elfenbeinküste",
                ],
                "07 12 34 56 78",
                "+2250712345678",
            ),
            (&["Deutschland", "DEU", "Allemagne", "Federal Republic of Germany"], "0171 1234567", "+491711234567"),
            (&["Frankreich", "FRA", "Francia"], "06 12 34 56 78", "+33612345678"),
            (&["Österreich", "Oesterreich", "Osterreich", "AUT"], "0664 1234567", "+436641234567"),
            (&["Schweiz", "Suisse", "Svizzera"], "079 123 45 67", "+41791234567"),
            (&["España", "Espana"], "612 34 56 78", "+34612345678"),
            (&["Italia", "ITA"], "312 345 6789", "+393123456789"),
            (&["Brasil"], "(11) 91234-5678", "+5511912345678"),
            (&["México", "MEX"], "55 1234 5678", "+525512345678"),
            (&["Polska"], "512 345 678", "+48512345678"),
            (&["Česko", "Czechia", "Tschechien"], "601 123 456", "+420601123456"),
            (&["Magyarország", "HUN", "Hungary"], "06 20 123 4567", "+36201234567"),
            (&["Suomi"], "041 2345678", "+358412345678"),
            (&["Sverige"], "070-123 45 67", "+46701234567"),
            (&["Norge", "NOR"], "406 12 345", "+4740612345"),
            (&["Danmark"], "32 12 34 56", "+4532123456"),
            (&["Türkiye", "TÜRKİYE", "Turkiye", "Turkey"], "0501 234 56 78", "+905012345678"),
            (&["Россия", "RUS"], "8 (912) 345-67-89", "+79123456789"),
            (&["Trinidad & Tobago", "Trinidad and Tobago"], "868-291-1234", "+18682911234"),
            (&["Saint Lucia", "St. Lucia"], "758-284-5678", "+17582845678"),
        ] {
            for country in countries {
                let read = e164(typed, Some(country));
                assert_eq!(read.as_ref().map(Address::as_str), Some(wanted), "{typed} in {country}");
            }
        }
    }

    #[test]
    fn words_beside_a_number_cost_it_nothing() {
        for typed in
            ["2125550106 (cell)", "m: 212-555-0106", "mobile 212 555 0106", "Tel. (212) 555-0106", "c 212.555.0106 x4"]
        {
            assert_eq!(e164(typed, Some("US")).as_ref().map(Address::as_str), Some("+12125550106"), "{typed}");
        }
        let both: Vec<Option<Address>> =
            several("212-555-0106 or 212-555-0107").into_iter().map(|one| e164(one, Some("US"))).collect();
        assert_eq!(both, ["+12125550106", "+12125550107"].map(|one| Address::parse(one).ok()));
        assert_eq!(e164("his mother 212-555-0106", Some("US")), None, "somebody else's");
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
            ("+525512345678", &["044 55 1234 5678", "045 55 1234 5678", "01 55 1234 5678", "+52 1 55 1234 5678"]),
            ("+5491123456789", &["011 15-2345-6789", "11 15 2345 6789", "+54 9 11 2345-6789"]),
            ("+5491133445566", &["11 3344-5566", "(011) 3344-5566", "+54 11 3344-5566"]),
            ("+5493512345678", &["0351 15-234-5678", "351 234-5678"]),
            ("+2250712345678", &["07 12 34 56 78", "+225 07 12 34 56 78"]),
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
    fn an_argentine_mobile_number_is_meant_without_its_fifteen_and_each_form_at_home_holds_the_same_digits() {
        let of = |text: &str| Address::parse(text).unwrap();
        for (written, wanted) in [
            ("+541133445566", &["+541133445566", "+5491133445566"][..]),
            ("+5491133445566", &["+5491133445566"]),
            ("+5411334455", &["+5411334455"]),
            ("+442079460958", &["+442079460958"]),
        ] {
            let told = meant(of(written));
            assert_eq!(told.iter().map(Address::as_str).collect::<Vec<_>>(), wanted);
        }
        for (address, form, held) in [
            ("+5491133445566", "111533445566", "33445566"),
            ("+5491133445566", "1133445566", "33445566"),
            ("+5493512345678", "351152345678", "345678"),
            ("+5492966412345", "296615412345", "412345"),
            ("+525512345678", "0445512345678", "5512345678"),
            ("+2250712345678", "0712345678", "712345678"),
        ] {
            let address = of(address);
            let (forms, told) = at_home(&address).unwrap();
            assert!(told == held && forms.contains(form), "{told} {forms:?}");
            assert!(forms.iter().all(|form| form.contains(held)), "{held}: {forms:?}");
        }
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
        fn whatever_was_typed_is_an_address_of_e164_or_nothing(typed in "\\PC{0,40}|[+0-9 ()-]{0,24}", with in 0..plans::all().len()) {
            for country in [None, plans::all()[with].countries.first().copied()] {
                if let Some(address) = e164(&typed, country) {
                    prop_assert!(address.as_str().starts_with('+') && Address::parse(address.as_str()) == Ok(address.clone()));
                    // Read again, it is the same.
                    prop_assert_eq!(e164(address.as_str(), country), Some(address));
                }
            }
        }
    }
}

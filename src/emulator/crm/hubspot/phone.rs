//! HubSpot's calculated properties of a number: E.164 where it can tell, and the national digits that searches look at.

/// Country code and what may be dialled before a number at home, by ISO 3166-1 code and by name: those that tests need.
const PLANS: [(&str, &str, &str, &str); 15] = [
    ("US", "United States", "1", "1"),
    ("CA", "Canada", "1", "1"),
    ("GB", "United Kingdom", "44", "0"),
    ("DE", "Germany", "49", "0"),
    ("FR", "France", "33", "0"),
    ("IT", "Italy", "39", ""),
    ("ES", "Spain", "34", ""),
    ("AU", "Australia", "61", "0"),
    ("IN", "India", "91", "0"),
    ("JP", "Japan", "81", "0"),
    ("BR", "Brazil", "55", "0"),
    ("MX", "Mexico", "52", "044 045 01"),
    ("SE", "Sweden", "46", "0"),
    ("HU", "Hungary", "36", "06"),
    ("NL", "Netherlands", "31", "0"),
];

/// What is calculated of one typed number: E.164, when the country is known, and the searchable digits. An extension is no
/// part of either.
pub(super) fn calculated(typed: &str, country: Option<&str>) -> (Option<String>, Option<String>) {
    let home = country.and_then(|c| PLANS.iter().find(|(iso, name, ..)| *iso == c || *name == c));
    let number = &typed[..typed.find(['x', 'X', '#', ';']).unwrap_or(typed.len())];
    let plain = number.replace("(0)", "");
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return (None, None);
    }
    let abroad = if plain.trim().starts_with('+') { Some(digits.as_str()) } else { digits.strip_prefix("00") };
    if let Some(whole) = abroad {
        let known = PLANS.iter().filter(|(.., code, _)| whole.starts_with(code)).max_by_key(|(.., code, _)| code.len());
        let national = known.map_or(whole, |(.., code, _)| &whole[code.len()..]);
        return (Some(format!("+{whole}")), Some(national.to_owned()));
    }
    match home {
        Some((.., code, trunks)) => {
            let national = trunks.split_whitespace().find_map(|trunk| digits.strip_prefix(trunk)).unwrap_or(&digits);
            (Some(format!("+{code}{national}")), Some(national.to_owned()))
        }
        None => (None, Some(digits.trim_start_matches('0').to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_and_what_is_dialled_at_home_only_are_no_part_of_a_number() {
        for (typed, country, wanted) in [
            ("416.555.0142 x12", Some("CA"), (Some("+14165550142"), Some("4165550142"))),
            ("06 20 123 4567", Some("Hungary"), (Some("+36201234567"), Some("201234567"))),
            ("044 55 1234 5678", Some("MX"), (Some("+525512345678"), Some("5512345678"))),
            ("01 55 1234 5678", Some("Mexico"), (Some("+525512345678"), Some("5512345678"))),
            ("07 12 34 56 78", Some("Côte d’Ivoire"), (None, Some("712345678"))),
            ("+39 06 1234 0106", None, (Some("+390612340106"), Some("0612340106"))),
            ("front desk", Some("US"), (None, None)),
        ] {
            let (whole, digits) = calculated(typed, country);
            assert_eq!((whole.as_deref(), digits.as_deref()), wanted, "{typed}");
        }
    }
}

//! HubSpot's calculated properties of a number: E.164 where it can tell, and the national digits that searches look at.

/// Country code and trunk prefix, by ISO 3166-1 code and by name: those that tests need.
const PLANS: [(&str, &str, &str, &str); 13] = [
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
    ("MX", "Mexico", "52", "01"),
    ("SE", "Sweden", "46", "0"),
];

/// What is calculated of one typed number: E.164, when the country is known, and the searchable digits.
pub(super) fn calculated(typed: &str, country: Option<&str>) -> (Option<String>, Option<String>) {
    let home = country.and_then(|c| PLANS.iter().find(|(iso, name, ..)| *iso == c || *name == c));
    let plain = typed.replace("(0)", "");
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
        Some((.., code, trunk)) => {
            let national = digits.strip_prefix(trunk).unwrap_or(&digits);
            (Some(format!("+{code}{national}")), Some(national.to_owned()))
        }
        None => (None, Some(digits.trim_start_matches('0').to_owned())),
    }
}

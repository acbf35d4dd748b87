//! Where a number's area code is: the city Twilio would guess for it, and its time zone.

/// One area code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Area {
    /// Three digits after +1.
    pub(crate) code: &'static str,
    /// As Twilio writes it: upper case.
    pub(crate) city: &'static str,
    /// Two letters.
    pub(crate) state: &'static str,
    /// A ZIP code of that city.
    pub(crate) zip: &'static str,
    /// IANA name.
    pub(crate) timezone: &'static str,
}

const fn area(
    code: &'static str,
    city: &'static str,
    state: &'static str,
    zip: &'static str,
    timezone: &'static str,
) -> Area {
    Area { code, city, state, zip, timezone }
}

/// Area codes that buyers live in.
pub(crate) const AREAS: [Area; 16] = [
    area("212", "NEW YORK", "NY", "10001", "America/New_York"),
    area("617", "BOSTON", "MA", "02108", "America/New_York"),
    area("415", "SAN FRANCISCO", "CA", "94105", "America/Los_Angeles"),
    area("312", "CHICAGO", "IL", "60601", "America/Chicago"),
    area("206", "SEATTLE", "WA", "98101", "America/Los_Angeles"),
    area("512", "AUSTIN", "TX", "78701", "America/Chicago"),
    area("303", "DENVER", "CO", "80202", "America/Denver"),
    area("602", "PHOENIX", "AZ", "85004", "America/Phoenix"),
    area("404", "ATLANTA", "GA", "30303", "America/New_York"),
    area("305", "MIAMI", "FL", "33131", "America/New_York"),
    area("503", "PORTLAND", "OR", "97204", "America/Los_Angeles"),
    area("612", "MINNEAPOLIS", "MN", "55401", "America/Chicago"),
    area("215", "PHILADELPHIA", "PA", "19103", "America/New_York"),
    area("808", "HONOLULU", "HI", "96813", "Pacific/Honolulu"),
    area("615", "NASHVILLE", "TN", "37203", "America/Chicago"),
    area("801", "SALT LAKE CITY", "UT", "84101", "America/Denver"),
];

/// Area codes that only our lines, strangers and the buyers of one area's number use.
const OTHERS: [Area; 5] = [
    area("425", "BELLEVUE", "WA", "98004", "America/Los_Angeles"),
    area("510", "OAKLAND", "CA", "94607", "America/Los_Angeles"),
    area("541", "BEND", "OR", "97701", "America/Los_Angeles"),
    area("646", "NEW YORK", "NY", "10016", "America/New_York"),
    area("702", "LAS VEGAS", "NV", "89101", "America/Los_Angeles"),
];

/// The area of a North American number.
pub(crate) fn of(number: &str) -> Option<&'static Area> {
    by_code(number.strip_prefix("+1")?.get(..3)?)
}

/// The area with this code.
pub(crate) fn by_code(code: &str) -> Option<&'static Area> {
    AREAS.iter().chain(&OTHERS).find(|area| area.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_placed_by_its_area_code() {
        assert_eq!(of("+16025550123").map(|a| a.timezone), Some("America/Phoenix"));
        assert_eq!(of("+4930123456").map(|a| a.city), None);
        assert_eq!(of("+1"), None);
        assert_eq!(of("+1é"), None);
    }
}

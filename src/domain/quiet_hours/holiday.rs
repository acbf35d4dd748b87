//! Federal legal holidays of the United States (5 USC 6103), on the day itself and on the day they are observed.

use chrono::{Datelike, NaiveDate, Weekday};

/// Whether a date is a federal holiday, or the weekday on which one that falls on a weekend is observed.
pub fn is_federal(date: NaiveDate) -> bool {
    let shifted = |days: i64| date.checked_add_signed(chrono::TimeDelta::days(days));
    let observed = match date.weekday() {
        // Executive Order 11582: a Saturday's holiday is observed on Friday, a Sunday's on Monday.
        Weekday::Fri => shifted(1).is_some_and(is_fixed),
        Weekday::Mon => shifted(-1).is_some_and(is_fixed),
        Weekday::Tue | Weekday::Wed | Weekday::Thu | Weekday::Sat | Weekday::Sun => false,
    };
    is_fixed(date) || observed || is_movable(date)
}

/// New Year, Juneteenth (since 2021), Independence Day, Veterans Day, Christmas.
fn is_fixed(date: NaiveDate) -> bool {
    match (date.month(), date.day()) {
        (1, 1) | (7, 4) | (11, 11) | (12, 25) => true,
        (6, 19) => date.year() >= 2021,
        _ => false,
    }
}

/// Birthday of Martin Luther King, Jr., Washington's Birthday, Memorial Day, Labor Day, Columbus Day, Thanksgiving.
fn is_movable(date: NaiveDate) -> bool {
    let nth = (date.day() - 1) / 7 + 1;
    let last = date.day() + 7 > 31;
    match (date.month(), date.weekday()) {
        (1 | 2, Weekday::Mon) => nth == 3,
        (5, Weekday::Mon) => last,
        (9, Weekday::Mon) => nth == 1,
        (10, Weekday::Mon) => nth == 2,
        (11, Weekday::Thu) => nth == 4,
        _ => false,
    }
}

//! The table of laws, `assets/quiet_hours.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate, Weekday};
use serde::Deserialize;

use super::holiday::is_federal;

/// One row: on such days a text may leave within these hours, or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Whose law: `US`, or a state as `US-FL`.
    pub place: String,
    /// On which days.
    pub on: On,
    /// First minute of the local day at which a text may leave, and the first at which it may not any more. None closes
    /// the day.
    pub hours: Option<(u16, u16)>,
    /// Since when, where that is known.
    pub from: Option<NaiveDate>,
    /// The law.
    pub law: String,
    /// Who says so.
    pub sources: Vec<String>,
    /// Where they disagree.
    pub remark: Option<String>,
}

/// The days of a row, from the least to the most particular.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum On {
    /// Every day.
    #[serde(rename = "daily")]
    Daily,
    /// Monday to Saturday.
    #[serde(rename = "mon-sat")]
    MonToSat,
    /// Monday to Friday.
    #[serde(rename = "mon-fri")]
    MonToFri,
    /// Saturdays.
    #[serde(rename = "sat")]
    Saturday,
    /// Sundays.
    #[serde(rename = "sun")]
    Sunday,
    /// Federal holidays.
    #[serde(rename = "holiday")]
    Holiday,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    checked: NaiveDateText,
    rule: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    place: String,
    days: On,
    open: Option<String>,
    close: Option<String>,
    from: Option<NaiveDateText>,
    law: String,
    sources: Vec<String>,
    remark: Option<String>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct NaiveDateText(NaiveDate);

static TABLE: LazyLock<(NaiveDate, Vec<Rule>)> = LazyLock::new(|| {
    let table: Table =
        toml::from_str(include_str!("../../../assets/quiet_hours.toml")).expect("BUG: our table cannot be read");
    (table.checked.0, table.rule.into_iter().map(Rule::from).collect())
});

impl From<Row> for Rule {
    fn from(row: Row) -> Self {
        let Row { place, days, open, close, from, law, sources, remark } = row;
        let minute = |text: String| minute(&text).expect("BUG: our table has a time that is none");
        let hours = open.map(minute).zip(close.map(minute));
        Self { place, on: days, hours, from: from.map(|date| date.0), law, sources, remark }
    }
}

/// `8:30` as minutes of the day.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

impl Rule {
    /// Whether a text may leave at a minute of such a day.
    pub fn allows(&self, minute: u16) -> bool {
        self.hours.is_some_and(|(open, close)| (open..close).contains(&minute))
    }
}

impl On {
    /// Whether a date is such a day.
    pub fn includes(self, date: NaiveDate) -> bool {
        let day = date.weekday();
        match self {
            Self::Daily => true,
            Self::MonToSat => day != Weekday::Sun,
            Self::MonToFri => !matches!(day, Weekday::Sat | Weekday::Sun),
            Self::Saturday => day == Weekday::Sat,
            Self::Sunday => day == Weekday::Sun,
            Self::Holiday => is_federal(date),
        }
    }
}

static BY_PLACE: LazyLock<BTreeMap<&'static str, Vec<&'static Rule>>> = LazyLock::new(|| {
    let mut by_place: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in rules() {
        by_place.entry(rule.place.as_str()).or_default().push(rule);
    }
    by_place
});

/// Every row, in the order of the file.
pub fn rules() -> &'static [Rule] {
    &TABLE.1
}

/// When the table was last checked against its sources.
pub fn checked() -> NaiveDate {
    TABLE.0
}

/// The row of a place that counts on a date: the most particular that is in force.
pub(super) fn of(place: &str, date: NaiveDate) -> Option<&'static Rule> {
    let in_force = |rule: &&Rule| rule.from.is_none_or(|from| from <= date);
    let rows = BY_PLACE.get(place)?;
    rows.iter().copied().filter(|rule| rule.on.includes(date)).filter(in_force).max_by_key(|rule| rule.on)
}

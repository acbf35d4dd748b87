//! Numbering plans: `assets/places/plans.csv`.

use std::sync::LazyLock;

use crate::domain::zone;

static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| read(include_str!("../../../../assets/places/plans.csv")));

/// How the numbers of some countries are made.
#[derive(Debug)]
pub(super) struct Plan {
    /// ISO 3166-1.
    pub(super) countries: Vec<&'static str>,
    /// The country code.
    pub(super) code: &'static str,
    /// What is dialled at home before a number; empty where nothing is.
    pub(super) trunk: &'static str,
    /// The shortest national number.
    pub(super) least: usize,
    /// The longest.
    pub(super) most: usize,
    /// What is dialled before a number of elsewhere.
    pub(super) abroad: &'static str,
}

/// All of them.
pub(super) fn all() -> &'static [Plan] {
    &PLANS
}

/// The plan of a country, by its code or by a name as a CRM writes it.
pub(super) fn of(country: &str) -> Option<&'static Plan> {
    let code = zone::country(country)?.places.first()?;
    PLANS.iter().find(|plan| plan.countries.contains(&code.as_str()))
}

fn read(text: &'static str) -> Vec<Plan> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).skip(1).map(plan).collect()
}

fn plan(line: &'static str) -> Plan {
    let cells: Vec<&'static str> = line.split(',').collect();
    let cells: [&'static str; 6] = cells.try_into().expect("BUG: a plan without a cell");
    let [countries, code, trunk, least, most, abroad] = cells;
    let length = |text: &str| text.parse().expect("BUG: a plan without a length");
    let abroad = if abroad.is_empty() { "00" } else { abroad };
    let countries = countries.split_whitespace().collect();
    Plan { countries, code, trunk, least: length(least), most: length(most), abroad }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_country_has_one_plan_at_most_and_every_plan_its_countries() {
        let mut seen = BTreeSet::new();
        for plan in all() {
            assert!(!plan.countries.is_empty() && plan.least <= plan.most && plan.most <= 14, "{plan:?}");
            for digits in [plan.code, plan.trunk, plan.abroad] {
                assert!(digits.bytes().all(|b| b.is_ascii_digit()), "{plan:?}");
            }
            for country in &plan.countries {
                assert!(seen.insert(*country), "{country} has two plans");
                assert_eq!(
                    zone::country(country).map(|found| found.places.as_slice()),
                    Some(&[(*country).to_owned()][..])
                );
            }
        }
        assert!(seen.len() > 240, "{}", seen.len());
    }
}

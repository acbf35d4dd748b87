//! All deals that the CRM has, and what became of each in the count: nothing is left over.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Known;
use crate::domain::deal::Deal;
use crate::domain::measure::credit::Rule;
use crate::domain::time::Timestamp;

/// How a deal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It ended, won.
    Won,
    /// It is under way.
    Open,
    /// It ended, lost.
    Lost,
}

impl Fate {
    /// Of a deal.
    pub const fn of(deal: &Deal) -> Self {
        match deal.closed {
            None => Self::Open,
            Some(closed) if closed.won => Self::Won,
            Some(_) => Self::Lost,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::Open => "open",
            Self::Lost => "lost",
        }
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Won, Self::Open, Self::Lost].into_iter().find(|fate| fate.name() == name)
    }

    /// As people say it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Won => "won in the period",
            Self::Open => "open at its end",
            Self::Lost => "lost in the period",
        }
    }
}

/// How many, and for how much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heap {
    /// Deals.
    pub deals: i64,
    /// Their amounts in hundredths; one without an amount adds nothing.
    pub cents: i64,
}

impl Heap {
    fn add(&mut self, deal: &Deal) {
        self.deals += 1;
        self.cents = self.cents.saturating_add(deal.amount_cents.unwrap_or(0));
    }
}

/// The CRM's deals of one fate and currency. The last four add up to the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciled {
    /// How they stand.
    pub fate: Fate,
    /// ISO 4217; empty for the company's own.
    pub currency: String,
    /// All of them in the CRM.
    pub total: Heap,
    /// Influenced: credited to an exchange.
    pub influenced: Heap,
    /// Somebody on them texted, but not within the rule's window.
    pub outside: Heap,
    /// Nobody on them ever began an exchange.
    pub silent: Heap,
    /// The CRM has nobody on them.
    pub nobody: Heap,
    /// Of all, those that say no amount.
    pub unpriced: i64,
}

/// Every deal in its place.
pub fn reconciled(rule: Rule, deals: &[Known], until: Timestamp) -> Vec<Reconciled> {
    let mut all: BTreeMap<(Fate, &str), Reconciled> = BTreeMap::new();
    for Known { deal, talks } in deals {
        let (fate, currency) = (Fate::of(deal), deal.currency.as_deref().unwrap_or_default());
        let row = all.entry((fate, currency)).or_insert_with(|| {
            let none = Heap::default();
            Reconciled {
                fate,
                currency: currency.to_owned(),
                total: none,
                influenced: none,
                outside: none,
                silent: none,
                nobody: none,
                unpriced: 0,
            }
        });
        row.total.add(deal);
        row.unpriced += i64::from(deal.amount_cents.is_none());
        if !rule.credited(deal, talks, until).is_empty() {
            row.influenced.add(deal);
        } else if !talks.is_empty() {
            row.outside.add(deal);
        } else if deal.contacts.is_empty() {
            row.nobody.add(deal);
        } else {
            row.silent.add(deal);
        }
    }
    all.into_values().collect()
}

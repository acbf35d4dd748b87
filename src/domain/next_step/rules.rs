//! Rules for the next step: what must hold, what to do then, and why.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::{TimeZone as _, Timelike as _};
use serde::{Deserialize, Serialize};

use super::{Moment, NextStep};
use crate::domain::asking::heard::Heard;
use crate::domain::context::{Card, Intent};
use crate::domain::hours::Window;
use crate::domain::interest;
use crate::domain::kind::{Ground, MessageKind};
use crate::domain::snippet::{Piece, pieces};
use crate::domain::spoken;
use crate::domain::time::Span;

/// How long a sign of interest counts, unless a rule says otherwise: a fortnight.
pub const COUNTS: Span = Span::minutes(14 * 24 * 60);

/// What one key does about a step. None of them sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Puts the rep's meeting link into the answer.
    MeetingLink,
    /// Puts two concrete times into the answer.
    ProposeTimes,
    /// Brings in the account executive of the deal.
    LoopInAe,
    /// Finishes it: not interested.
    NotInterested,
}

impl Action {
    /// As a playbook writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MeetingLink => "meeting_link",
            Self::ProposeTimes => "propose_times",
            Self::LoopInAe => "loop_in_ae",
            Self::NotInterested => "not_interested",
        }
    }

    /// For people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::MeetingLink => "your meeting link",
            Self::ProposeTimes => "two concrete times",
            Self::LoopInAe => "loop in the AE",
            Self::NotInterested => "done: not interested",
        }
    }
}

/// One rule. What is left out holds always.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The deal is at one of these stages, in the CRM's words, upper or lower case.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub stages: BTreeSet<String>,
    /// The text is of one of these kinds. One for which nothing spoke is of none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub kinds: BTreeSet<MessageKind>,
    /// It is about one of these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub use_cases: BTreeSet<String>,
    /// The text has one of these words, upper or lower case, as whole ones; `redline*` is the beginning of one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub words: BTreeSet<String>,
    /// There is a recent sign of interest whose kind has one of these words; `*` is any sign.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub intents: BTreeSet<String>,
    /// How old such a sign may be: interest fades.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
    /// Whether the CRM knows the number. That it does not is so once it said so, not while nobody has asked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<bool>,
    /// The text came so long ago, or longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited: Option<Span>,
    /// It is so late in the day, by the conversation's zone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<Window>,
    /// The step, as an imperative.
    pub what: String,
    /// The reason, with fields: see [`FIELDS`].
    pub why: String,
    /// The snippet that goes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snippet: Option<String>,
    /// What one key does about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
}

/// What a reason may name.
pub const FIELDS: [&str; 6] = ["stage", "account", "intent", "kind", "use_case", "contact"];

impl Rule {
    /// The step it recommends, when it holds.
    pub(super) fn step(&self, at: &Moment<'_>, kind: Option<(MessageKind, Ground)>) -> Option<NextStep> {
        let intent = self.intent(at);
        let guessed = (!self.kinds.is_empty() || self.why.contains("{kind}"))
            && kind.is_some_and(|(_, ground)| ground < Ground::Sure);
        let perhaps = if guessed { "perhaps: " } else { "" };
        self.holds(at, kind, intent).then(|| NextStep {
            what: self.what.clone(),
            why: format!("{perhaps}{}", reason(&self.why, at, kind, intent)),
            snippet: self.snippet.clone(),
            action: self.action,
            rests: false,
            earlier: None,
        })
    }

    fn holds(&self, at: &Moment<'_>, kind: Option<(MessageKind, Ground)>, intent: Option<&Intent>) -> bool {
        let card = at.cards.first();
        let stage = card.and_then(Card::stage).map(str::to_lowercase);
        let has = |word: &String| spoken::has(at.text, word);
        let is_stage = |one: &String| stage.as_ref().is_some_and(|stage| *stage == one.to_lowercase());
        let waited = at.c.last_inbound.map_or(Span::ZERO, |since| at.now - since);
        (self.stages.is_empty() || self.stages.iter().any(is_stage))
            && (self.kinds.is_empty() || kind.is_some_and(|(kind, _)| self.kinds.contains(&kind)))
            && (self.use_cases.is_empty() || self.use_cases.contains(&at.c.use_case))
            && (self.words.is_empty() || self.words.iter().any(has))
            && (self.intents.is_empty() || intent.is_some())
            && !(self.action == Some(Action::LoopInAe) && is_the_executive(at))
            && self.known.is_none_or(|known| known == card.is_some() && (known || at.heard == Heard::Answered))
            && self.waited.is_none_or(|least| waited >= least)
            && (self.hours.is_empty() || self.hours.iter().any(|window| is_within(*window, at)))
    }

    /// The sign of interest that the rule means and that means most now. A rule that does not say how old it may be means
    /// none that has faded.
    fn intent<'a>(&self, at: &Moment<'a>) -> Option<&'a Intent> {
        let oldest = at.now - self.within.unwrap_or(COUNTS);
        let meant = |intent: &&Intent| {
            self.intents.is_empty() || self.intents.iter().any(|one| one == "*" || intent.kind.contains(one.as_str()))
        };
        let all = at.cards.first().into_iter().flat_map(|card| &card.intents);
        let counts = |i: &&Intent| i.at >= oldest && (self.within.is_some() || !interest::has_faded(i, at.now));
        interest::most(all.filter(meant).filter(counts), at.now)
    }

    /// Whether everything that this rule takes is taken by an earlier one already.
    pub fn is_behind(&self, earlier: &Self) -> bool {
        let within = |rule: &Self| rule.within.unwrap_or(COUNTS);
        takes(&earlier.stages, &self.stages, |one| one.to_lowercase())
            && takes(&earlier.kinds, &self.kinds, |one| *one)
            && takes(&earlier.use_cases, &self.use_cases, String::clone)
            && takes_words(&earlier.words, &self.words)
            && (earlier.intents.is_empty()
                || takes(&earlier.intents, &self.intents, String::clone) && within(earlier) >= within(self))
            && earlier.known.is_none_or(|known| self.known == Some(known))
            && earlier.waited.is_none_or(|least| self.waited.is_some_and(|own| own >= least))
            && (earlier.hours.is_empty() || earlier.hours == self.hours)
    }
}

/// Whether a condition takes whatever another does: none takes all.
fn takes<T, K: Ord>(wide: &BTreeSet<T>, narrow: &BTreeSet<T>, same: impl Fn(&T) -> K) -> bool {
    let all: BTreeSet<K> = wide.iter().map(&same).collect();
    all.is_empty() || !narrow.is_empty() && narrow.iter().all(|one| all.contains(&same(one)))
}

/// The same of words: one may take what another says otherwise.
fn takes_words(wide: &BTreeSet<String>, narrow: &BTreeSet<String>) -> bool {
    let taken = |one: &String| wide.iter().any(|other| spoken::takes(other, one));
    wide.is_empty() || !narrow.is_empty() && narrow.iter().all(taken)
}

/// Whether whoever reads the step is the one to be brought in.
fn is_the_executive(at: &Moment<'_>) -> bool {
    let executive = at.cards.first().and_then(Card::account_executive);
    at.reader.is_some_and(|reader| executive == Some(reader))
}

fn is_within(window: Window, at: &Moment<'_>) -> bool {
    let local = at.zone.from_utc_datetime(&at.now.utc().naive_utc());
    let minute = u16::try_from(local.hour() * 60 + local.minute()).unwrap_or_default();
    // A window past midnight is open in the small hours, too.
    let day = 24 * 60;
    (window.open..window.close).contains(&minute) || (window.open..window.close).contains(&(minute + day))
}

/// The reason with its fields filled; one that nothing is known for says so.
fn reason(why: &str, at: &Moment<'_>, kind: Option<(MessageKind, Ground)>, intent: Option<&Intent>) -> String {
    let card = at.cards.first();
    let value = |name: &str| match name {
        "stage" => card.and_then(Card::stage).map(str::to_owned),
        "account" => card.and_then(|card| card.account.as_ref()).map(|account| account.name.clone()),
        "contact" => card.map(|card| card.name.clone()),
        "intent" => intent.map(interest::words::told),
        "kind" => kind.map(|(kind, _)| kind.word().to_owned()),
        "use_case" => Some(at.c.use_case.replace('_', " ")),
        _ => None,
    };
    let piece = |piece: Piece<'_>| match piece {
        Piece::Words(words) => words.to_owned(),
        Piece::Field(name) => value(name).unwrap_or_else(|| format!("(no {name})")),
    };
    pieces(why).into_iter().map(piece).collect()
}

/// What holds where the playbook says nothing, or nothing that fits.
pub fn built_in() -> &'static [Rule] {
    static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
        use MessageKind::{Automatic, Negative, Positive, Pricing, Scheduling, WrongPerson};
        let rule = |what: &str, why: &str| Rule { what: what.to_owned(), why: why.to_owned(), ..Rule::default() };
        let of = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<BTreeSet<String>>();
        vec![
            Rule { known: Some(false), ..rule("Ask for name and company", "the CRM does not know this number") },
            Rule {
                kinds: [Automatic].into(),
                ..rule("Wait for their own words, unless you see a person's", "it reads as if nobody typed it")
            },
            Rule {
                kinds: [WrongPerson].into(),
                ..rule("Ask who it should go to, and put the CRM right", "they say they are not the one")
            },
            Rule {
                kinds: [Negative].into(),
                action: Some(Action::NotInterested),
                ..rule("Finish it: not interested", "they say no")
            },
            Rule {
                kinds: [Pricing].into(),
                intents: of(&["pricing", "quote"]),
                ..rule("Answer the price question and offer a call today", "they ask about price; recently: {intent}")
            },
            Rule {
                kinds: [Pricing].into(),
                ..rule("Answer the price question and offer a call today", "they ask about price")
            },
            Rule {
                words: of(&["contract", "contracts", "msa", "legal", "redline*", "signature", "sign"]),
                ..rule("Confirm the contract point; loop in legal if it is new", "they ask about the contract")
            },
            Rule {
                kinds: [Scheduling].into(),
                action: Some(Action::ProposeTimes),
                ..rule("Offer two concrete times", "they are arranging a meeting")
            },
            Rule {
                kinds: [Positive].into(),
                use_cases: of(&["meeting"]),
                action: Some(Action::ProposeTimes),
                ..rule("Offer two concrete times", "you asked for a meeting, and they sound willing")
            },
            Rule {
                kinds: [MessageKind::Objection].into(),
                ..rule("Ask what would have to be true, before you argue", "they give a reason against")
            },
            Rule {
                stages: of(&["Negotiation", "Proposal", "Contract"]),
                ..rule("Answer now and agree the next date", "late stage: {stage}")
            },
            Rule { intents: of(&["*"]), ..rule("Answer and pick up their interest", "recently: {intent}") },
        ]
    });
    &RULES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_built_in_rule_stands_behind_another() {
        let rules = built_in();
        for (at, rule) in rules.iter().enumerate() {
            let before = rules[..at].iter().find(|earlier| rule.is_behind(earlier));
            assert_eq!(before, None, "{}", rule.what);
        }
    }

    #[test]
    fn a_rule_is_behind_one_that_asks_for_less() {
        use MessageKind::{Pricing, Question};
        let rule = |kinds: &[MessageKind], stages: &[&str]| Rule {
            kinds: kinds.iter().copied().collect(),
            stages: stages.iter().map(|one| (*one).to_owned()).collect(),
            ..Rule::default()
        };
        let narrow = rule(&[Pricing], &["Proposal"]);
        assert!(narrow.is_behind(&rule(&[], &[])) && narrow.is_behind(&rule(&[Pricing, Question], &["proposal"])));
        assert!(!narrow.is_behind(&rule(&[Question], &[])) && !rule(&[], &[]).is_behind(&narrow));
        let soon = Rule { waited: Some(Span::minutes(5)), ..narrow.clone() };
        assert!(soon.is_behind(&narrow) && !narrow.is_behind(&soon));
        let short = Rule { intents: ["*".to_owned()].into(), within: Some(Span::minutes(60)), ..Rule::default() };
        let long = Rule { within: None, ..short.clone() };
        assert!(short.is_behind(&long) && !long.is_behind(&short));
    }
}

//! Which of eight kinds a buyer's text is, so that the screen can say what comes next.
//!
//! A guess and never more: it starts no clock, sends nothing and rules on nothing. Patterns of words with weights speak for
//! kinds, and each that spoke is named; a person who knows better says so, and that is counted. The patterns stand in
//! `assets/kind/patterns.toml`; the rules for what belongs to which kind, and how good the guesses are, in
//! `assets/docs/kinds.md`.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::message::InboundKind;
pub use super::phrases::Mistake;
use super::phrases::{Spoke, Table};
use super::revocation;

const BUILT_IN: &str = include_str!("../../assets/kind/patterns.toml");

/// Which patterns judged: raised whenever the table says something else about some text.
pub const VERSION: u32 = 2;

/// The score from which a kind counts as really there: then the first of [`MessageKind::ALL`] wins that has it.
pub const ENOUGH: i32 = 5;

/// The score from which a guess is sure whatever else the text speaks of: more than one pattern's worth.
pub const PLAIN: i32 = 10;

/// The score of what is known without looking at words.
const CERTAIN: i32 = 99;

/// What is this much lighter than another kind is not really there.
pub const OUTWEIGHED: i32 = 12;

/// What a buyer's text asks of the salesperson.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Nobody typed it for us.
    Automatic,
    /// Not who we think, or not who decides.
    WrongPerson,
    /// It is over, or should be.
    Negative,
    /// A reason against, or not now, that can be answered.
    Objection,
    /// What it costs, or another price.
    Pricing,
    /// When, where or how to meet or talk.
    Scheduling,
    /// Any other question or request.
    Question,
    /// Yes, thanks, interest, a plain answer.
    Positive,
}

impl MessageKind {
    /// All of them, in the order in which mixed texts are settled: the first that is really there wins.
    pub const ALL: [Self; 8] = [
        Self::Automatic,
        Self::WrongPerson,
        Self::Negative,
        Self::Objection,
        Self::Pricing,
        Self::Scheduling,
        Self::Question,
        Self::Positive,
    ];

    /// Its name in files, journals and on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::WrongPerson => "wrong_person",
            Self::Negative => "negative",
            Self::Objection => "objection",
            Self::Pricing => "pricing",
            Self::Scheduling => "scheduling",
            Self::Question => "question",
            Self::Positive => "positive",
        }
    }

    /// Its name for people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::WrongPerson => "wrong person",
            Self::Automatic
            | Self::Negative
            | Self::Objection
            | Self::Pricing
            | Self::Scheduling
            | Self::Question
            | Self::Positive => self.name(),
        }
    }

    /// The kind of that name, as in a file.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    const fn place(self) -> usize {
        self as usize
    }
}

/// A pattern that spoke, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What it speaks for.
    pub kind: MessageKind,
    /// The pattern, and what it adds.
    #[serde(flatten)]
    pub spoke: Spoke,
}

/// What kind a text was taken for, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The guess.
    pub kind: MessageKind,
    /// The score of each kind, in the order of [`MessageKind::ALL`].
    pub scores: [i32; 8],
    /// The patterns that spoke, heaviest first.
    pub reasons: Vec<Reason>,
    /// What the words were taken for instead, where a pattern would have spoken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instead: Vec<String>,
}

impl Judgement {
    /// The score of the guess. Zero where nothing spoke: then it is taken for a plain answer.
    pub const fn score(&self) -> i32 {
        self.scores[self.kind.place()]
    }

    /// Whether the guess is told without a "perhaps". Most of the wrong ones are not: `assets/docs/kinds.md`.
    pub fn is_sure(&self) -> bool {
        self.ground() == Ground::Sure
    }

    /// How far the guess carries.
    pub fn ground(&self) -> Ground {
        match self.score() {
            ENOUGH..PLAIN if self.may_be_another() => Ground::Mixed,
            ENOUGH.. => Ground::Sure,
            1.. => Ground::Weak,
            _ => Ground::Nothing,
        }
    }

    /// Whether another kind is really there that may be the one that is meant. A machine's text speaks of anything, and a
    /// price is asked for in a question: beside these two, another kind says nothing.
    fn may_be_another(&self) -> bool {
        let is_there = |kind: &MessageKind| *kind != self.kind && self.scores[kind.place()] >= ENOUGH;
        !matches!(self.kind, MessageKind::Automatic | MessageKind::Pricing) && MessageKind::ALL.iter().any(is_there)
    }
}

/// How far a kind carries what is said by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ground {
    /// Nothing spoke for it: it is what is left, and no step may follow from it.
    Nothing,
    /// The best of weak signs: what follows from it is said with "perhaps".
    Weak,
    /// It is really there, but another kind is, too, and little speaks for it: said with "perhaps" as well.
    Mixed,
    /// The words say it plainly, or a person did.
    Sure,
}

/// Judges one text by its words alone. Any text: the first 4,000 characters of it are read, and the time grows with those
/// alone.
pub fn judge(text: &str) -> Judgement {
    static TABLE: OnceLock<Table> = OnceLock::new();
    judge_by(TABLE.get_or_init(|| Table::read(BUILT_IN).expect("BUG: a test reads the built-in patterns")), text)
}

/// Judges a text that came in as `inbound`: what a phone or a machine wrote is automatic whatever its words are, a lone
/// thumbs-up says yes, and a word that withdraws consent says no. Only what is left is judged by its words.
pub fn judged(inbound: InboundKind, text: &str) -> Judgement {
    let (kind, pattern) = match inbound {
        InboundKind::Tapback => (MessageKind::Automatic, "a phone's reaction"),
        InboundKind::AutoReply => (MessageKind::Automatic, "a phone's own answer"),
        InboundKind::Acknowledgement => (MessageKind::Positive, "a lone sign"),
        InboundKind::OptIn => (MessageKind::Positive, "a word that opts in"),
        InboundKind::OptOut => (MessageKind::Negative, "a word that opts out"),
        InboundKind::Help => (MessageKind::Question, "a word that asks for help"),
        InboundKind::Text | InboundKind::Picture => return judge(text),
    };
    let mut scores = [0; 8];
    scores[kind.place()] = CERTAIN;
    let spoke = Spoke { pattern: pattern.to_owned(), weight: CERTAIN };
    Judgement { kind, scores, reasons: vec![Reason { kind, spoke }], instead: Vec::new() }
}

/// The kind alone, as in [`judged`].
pub fn of(inbound: InboundKind, text: &str) -> MessageKind {
    judged(inbound, text).kind
}

/// Patterns of the judge of revocations that say that we have the wrong person.
const WRONG_PERSON: [&str; 9] = [
    "wrong number",
    "not the one you want",
    "a private line",
    "no longer there",
    "has died",
    "numero equivocado",
    "no soy Maria",
    "numero personal",
    "ya no trabajo ahi",
];

/// What the judge of revocations adds: whoever asks us to stop says no, or that we have the wrong person.
fn wish_to_stop(text: &str) -> Option<(String, Spoke)> {
    let judged = revocation::judge(text);
    let wrong = judged.spoke.iter().any(|spoke| WRONG_PERSON.contains(&spoke.pattern.as_str()));
    let kind = if wrong { MessageKind::WrongPerson } else { MessageKind::Negative };
    let spoke = Spoke { pattern: "asks us to stop".to_owned(), weight: judged.score };
    judged.is_revocation().then(|| (kind.name().to_owned(), spoke))
}

fn judge_by(table: &Table, text: &str) -> Judgement {
    let mut heard = table.hear(text);
    heard.spoke.extend(wish_to_stop(text));
    heard.spoke.sort_by_key(|(_, spoke)| std::cmp::Reverse(spoke.weight));
    let mut scores = [0_i32; 8];
    let mut reasons = Vec::with_capacity(heard.spoke.len());
    for (of, spoke) in heard.spoke {
        if let Some(kind) = MessageKind::named(&of) {
            scores[kind.place()] += spoke.weight;
            reasons.push(Reason { kind, spoke });
        }
    }
    let score = |kind: MessageKind| scores[kind.place()];
    let most = scores.iter().copied().max().unwrap_or_default();
    let outweighed = |kind: MessageKind| kind != MessageKind::Automatic && score(kind) + OUTWEIGHED <= most;
    let really = |kind: &MessageKind| score(*kind) >= ENOUGH && !outweighed(*kind);
    let really = MessageKind::ALL.into_iter().find(really);
    let best = || MessageKind::ALL.into_iter().rev().filter(|kind| score(*kind) > 0).max_by_key(|kind| score(*kind));
    let kind = really.or_else(best).unwrap_or(MessageKind::Positive);
    Judgement { kind, scores, reasons, instead: heard.instead }
}

/// Other patterns than the built-in ones, ready to judge by.
pub struct Patterns(Table);

impl Patterns {
    /// Reads a table of patterns, or says what is wrong with it.
    pub fn read(toml: &str) -> Result<Self, Mistake> {
        let table = Table::read(toml)?;
        if let Some(other) = table.speaks_for().into_iter().find(|of| MessageKind::named(of).is_none()) {
            return Err(Mistake::new(format!("`{other}` is no kind of text")));
        }
        Ok(Self(table))
    }

    /// Judges one text by them.
    pub fn judge(&self, text: &str) -> Judgement {
        judge_by(&self.0, text)
    }
}

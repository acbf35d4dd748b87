//! Words of consent, and what they come to for a line: counted by rules of its own, by which an order is judged.

use std::collections::BTreeSet;

use comeback::domain::consent::Scope;
use comeback::domain::id::LineId;
use comeback::domain::time::Timestamp;

/// Which of our lines a word of consent speaks of.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    pub(super) all: bool,
    pub(super) lines: BTreeSet<LineId>,
}

impl Reach {
    pub(super) fn of(scope: &Scope) -> Self {
        match scope {
            Scope::Tenant => Self { all: true, lines: BTreeSet::new() },
            Scope::Programme { lines, .. } => Self { all: false, lines: lines.clone() },
            Scope::Number(line) => Self { all: false, lines: [line.clone()].into() },
        }
    }

    pub(super) fn covers(&self, line: &LineId) -> bool {
        self.all || self.lines.contains(line)
    }

    fn holds(&self, other: &Self) -> bool {
        self.all || !other.all && other.lines.is_subset(&self.lines)
    }
}

/// A word of consent, as the journal has it.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) out: bool,
    /// The buyer, their carrier or a person of ours said it; else a list did.
    pub(super) firm: bool,
    pub(super) reach: Reach,
    /// When it was said: a list and a carrier tell it later.
    pub(super) said: Option<Timestamp>,
    pub(super) at: Timestamp,
}

impl Word {
    fn time(&self) -> Timestamp {
        self.said.unwrap_or(self.at)
    }
}

/// What is known of a number.
#[derive(Clone, Debug, Default)]
pub(super) struct Owner {
    pub(super) words: Vec<Word>,
    pub(super) held: bool,
    pub(super) blocked: bool,
}

impl Owner {
    /// Whether texts of a line are withdrawn: by a word that none takes back which was said later, be it the buyer's own, or
    /// for a list's any.
    pub(super) fn silent(&self, line: &LineId) -> bool {
        self.stands(line, |_| true)
    }

    /// The same of some words.
    pub(super) fn stands(&self, line: &LineId, which: impl Fn(&Word) -> bool) -> bool {
        let ends = |out: &Word| {
            self.words.iter().any(|word| {
                let counts = word.firm || !out.firm;
                !word.out && word.reach.holds(&out.reach) && counts && word.time() > out.time()
            })
        };
        self.words.iter().any(|word| word.out && which(word) && word.reach.covers(line) && !ends(word))
    }

    /// Whether anything shows that the buyer wants texts of a line.
    pub(super) fn wants(&self, line: &LineId) -> bool {
        self.words.iter().any(|word| !word.out && word.reach.covers(line))
    }
}

//! Replies added up: counts and lengths that merge and subtract.

use serde::{Deserialize, Serialize};

use super::gap::{Cause, Gap};
use super::histogram::Histogram;
use super::number::Band;
use super::reply::{Reply, Spent, Standing};
use crate::domain::sla::Response;

/// By what replies are added up, each day, within each team.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// All of a team together.
    Team,
    /// By cohort.
    #[default]
    Cohort,
    /// By the rep whose they count as.
    Rep,
    /// By hour of the week.
    Hour,
    /// By line.
    Line,
    /// By use case.
    UseCase,
}

impl By {
    /// Each.
    pub const ALL: [Self; 6] = [Self::Team, Self::Cohort, Self::Rep, Self::Hour, Self::Line, Self::UseCase];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Cohort => "cohort",
            Self::Rep => "rep",
            Self::Hour => "hour",
            Self::Line => "line",
            Self::UseCase => "use_case",
        }
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.name() == name)
    }

    /// Which group a reply is in; hours have leading zeros, so that they stand in order.
    pub fn of(self, reply: &Reply) -> String {
        match self {
            Self::Team => reply.team.to_string(),
            Self::Cohort => reply.cohort.clone(),
            Self::Rep => reply.rep.as_ref().map_or_else(String::new, ToString::to_string),
            Self::Hour => format!("{:03}", reply.hour),
            Self::Line => reply.line.to_string(),
            Self::UseCase => reply.use_case.clone(),
        }
    }
}

/// A length in both times.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lengths {
    /// On the wall.
    #[serde(default, skip_serializing_if = "Histogram::is_empty", rename = "w")]
    pub wall: Histogram,
    /// In open time.
    #[serde(default, skip_serializing_if = "Histogram::is_empty", rename = "b")]
    pub business: Histogram,
}

impl Lengths {
    fn add(&mut self, spent: Spent, n: i64) {
        self.wall.add(spent.wall, n);
        self.business.add(spent.business, n);
    }

    fn merge(&mut self, other: &Self) {
        self.wall.merge(&other.wall);
        self.business.merge(&other.business);
    }

    fn is_empty(&self) -> bool {
        self.wall.is_empty() && self.business.is_empty()
    }
}

/// Replies added up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// By how they stand, in the order of [`Standing::ALL`].
    #[serde(rename = "s")]
    pub standings: [i64; 6],
    /// Missed ones by why, in the order of [`Cause::ALL`].
    #[serde(default, skip_serializing_if = "is_nothing", rename = "c")]
    pub causes: [i64; 12],
    /// By where nobody was there, in the order of [`Gap::ALL`]; one reply may count in several.
    #[serde(default, skip_serializing_if = "is_nothing", rename = "g")]
    pub gaps: [i64; 7],
    /// By how long the buyer waited, in the order of [`Band::ALL`]; those that still wait in time are left out.
    #[serde(default, skip_serializing_if = "is_nothing", rename = "w")]
    pub bands: [i64; 8],
    /// By the step of the ladder they stood on; one reply may count in several.
    #[serde(default, skip_serializing_if = "is_nothing", rename = "p")]
    pub steps: [i64; 16],
    /// Replies that moved up their ladder at all.
    #[serde(default, rename = "u")]
    pub climbed: i64,
    /// How often they moved up, all together.
    #[serde(default, rename = "v")]
    pub climbs: i64,
    /// First responses.
    #[serde(default, skip_serializing_if = "Lengths::is_empty", rename = "f")]
    pub first: Lengths,
    /// Later responses.
    #[serde(default, skip_serializing_if = "Lengths::is_empty", rename = "n")]
    pub next: Lengths,
    /// From offer to take.
    #[serde(default, skip_serializing_if = "Lengths::is_empty", rename = "t")]
    pub take: Lengths,
}

fn is_nothing<const N: usize>(counts: &[i64; N]) -> bool {
    counts.iter().all(|n| *n == 0)
}

impl Cell {
    /// Takes a reply in `n` times; out again when `n` is negative.
    pub fn add(&mut self, reply: &Reply, n: i64) {
        let bump = |counts: &mut [i64], place: Option<usize>| {
            if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
                *count += n;
            }
        };
        bump(&mut self.standings, Standing::ALL.iter().position(|standing| *standing == reply.standing));
        bump(&mut self.causes, Cause::ALL.iter().position(|cause| Some(*cause) == reply.cause));
        for (place, gap) in Gap::ALL.iter().enumerate() {
            bump(&mut self.gaps, Some(place).filter(|_| reply.gaps & gap.bit() != 0));
        }
        for place in 0..16 {
            bump(&mut self.steps, Some(place).filter(|place| reply.steps & (1 << place) != 0));
        }
        if reply.standing != Standing::Running {
            bump(&mut self.bands, Some(Band::of(reply.spent.map(|spent| spent.wall)).place()));
        }
        self.climbed += if reply.climbs > 0 { n } else { 0 };
        self.climbs += n * i64::from(reply.climbs);
        if let Some(spent) = reply.spent {
            match reply.response {
                Response::First => self.first.add(spent, n),
                Response::Next => self.next.add(spent, n),
            }
        }
        if let Some(waited) = reply.waited {
            self.take.add(waited, n);
        }
    }

    /// Takes in another one.
    pub fn merge(&mut self, other: &Self) {
        fn add<const N: usize>(to: &mut [i64; N], from: &[i64; N]) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        }
        add(&mut self.standings, &other.standings);
        add(&mut self.causes, &other.causes);
        add(&mut self.gaps, &other.gaps);
        add(&mut self.bands, &other.bands);
        add(&mut self.steps, &other.steps);
        self.climbed += other.climbed;
        self.climbs += other.climbs;
        self.first.merge(&other.first);
        self.next.merge(&other.next);
        self.take.merge(&other.take);
    }

    /// How many stand so.
    pub fn standing(&self, wanted: Standing) -> i64 {
        Standing::ALL.iter().zip(self.standings).filter(|(standing, _)| **standing == wanted).map(|(_, n)| n).sum()
    }

    /// Every reply in it.
    pub fn replies(&self) -> i64 {
        self.standings.iter().sum()
    }

    /// Those that fell due unanswered.
    pub fn missed(&self) -> i64 {
        Standing::ALL.iter().zip(self.standings).filter(|(standing, _)| standing.is_missed()).map(|(_, n)| n).sum()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

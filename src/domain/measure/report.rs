//! What reports say. Every number's definition stands in `assets/docs/measure.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::carriers::OneDay;
use super::cell::Cell;
use super::gap::{Cause, Gap};
use super::histogram::{Histogram, rank};
use super::outcomes::Outcomes;
use super::reply::{Reply, Spent, Standing};
use super::sample::Share;
use crate::domain::sla::Response;

mod load;

pub use load::{Fairness, Load, LoadRow};

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "snake_case")]
pub enum Report {
    /// Were replies answered in time?
    Sla(Box<Sla>),
    /// Who carried how much?
    Load(Box<Load>),
    /// What did consent cost, and were wishes ruled on in time?
    Compliance(Box<Compliance>),
    /// What was answering worth?
    Outcomes(Box<Outcomes>),
}

impl Report {
    /// What it is about.
    pub const fn about(&self) -> &About {
        match self {
            Self::Sla(sla) => &sla.about,
            Self::Load(load) => &load.about,
            Self::Compliance(compliance) => &compliance.about,
            Self::Outcomes(told) => &told.about,
        }
    }
}

/// What a report is about, and how far it knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// Whose: the company.
    pub company: String,
    /// The first local day counted.
    pub since: String,
    /// The last local day counted.
    pub until: String,
    /// In which zone a day begins now; what was counted under another one keeps its day.
    pub zone: String,
    /// The newest entry of the journal it knows.
    pub read_to: u64,
    /// That entry's time, in milliseconds since 1970.
    pub as_of: i64,
    /// Entries that are not read yet.
    pub behind: u64,
    /// What whoever reads it may see: `everything`, or the teams or the rep it is about.
    pub scope: String,
    /// In which zones its hours of the week are, when it tells any: those of its cohorts' calendars.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours_in: Vec<String>,
}

/// Part of a whole, with the interval of 95 % after Wilson.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Of them.
    pub part: i64,
    /// All.
    pub whole: i64,
    /// From 0 to 1; nothing of none.
    pub share: Option<f64>,
    /// The interval's lower end.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
    /// Too few to say much.
    pub small: bool,
}

impl Part {
    /// So many of so many.
    pub fn of(part: i64, whole: i64) -> Self {
        let of = Share { part, whole };
        let (low, high) = of.interval().unzip();
        Self { part, whole, share: of.value(), low, high, small: of.is_small() }
    }
}

/// How long something took: 50th, 90th and 95th percentile, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// How often.
    pub n: i64,
    /// On the wall.
    pub wall: Option<[i64; 3]>,
    /// In open time of the hours the clock ran in.
    pub business: Option<[i64; 3]>,
}

/// The percentiles a report tells.
const PERCENTILES: [i64; 3] = [50, 90, 95];

impl Times {
    fn of_histograms(wall: &Histogram, business: &Histogram) -> Self {
        let all = |of: &Histogram| {
            let [a, b, c] = PERCENTILES.map(|p| of.percentile(p));
            Some([a?, b?, c?])
        };
        Self { n: wall.len(), wall: all(wall), business: all(business) }
    }

    fn of_each(all: &[Spent]) -> Self {
        let each = |pick: fn(&Spent) -> i64| {
            let mut all: Vec<i64> = all.iter().map(pick).collect();
            all.sort_unstable();
            let at = |percent| {
                let place = rank(percent, i64::try_from(all.len()).ok()?)?;
                all.get(usize::try_from(place - 1).ok()?).copied()
            };
            let [a, b, c] = PERCENTILES.map(at);
            Some([a?, b?, c?])
        };
        let n = i64::try_from(all.len()).unwrap_or(i64::MAX);
        Self { n, wall: each(|spent| spent.wall), business: each(|spent| spent.business) }
    }
}

/// Replies added up for a report, with each length while there are few.
#[derive(Clone, Debug, Default)]
pub struct Sum {
    cell: Cell,
    each: Option<[Vec<Spent>; 3]>,
}

impl Sum {
    /// Takes in a part of the sum of days.
    pub fn merge(&mut self, cell: &Cell) {
        self.cell.merge(cell);
    }

    /// Takes in a reply.
    pub fn add(&mut self, reply: &Reply) {
        self.cell.add(reply, 1);
        let [first, next, take] = self.each.get_or_insert_default();
        if let Some(spent) = reply.spent {
            match reply.response {
                Response::First => first.push(spent),
                Response::Next => next.push(spent),
            }
        }
        take.extend(reply.waited);
    }
}

/// SLA attainment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sla {
    /// What it is about.
    pub about: About,
    /// By what its rows are: `team`, `cohort`, `rep`, `hour`, `line`, `use_case`.
    pub by: String,
    /// Whether percentiles are exact; else they are off by at most 1.6 %.
    pub exact: bool,
    /// All together.
    pub total: SlaRow,
    /// Row by row.
    pub rows: Vec<SlaRow>,
    /// Replies that were not answered in time, newest first, when they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaches: Vec<Told>,
    /// Day by day, from the earliest, when charts were asked for: every day of the period.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<DayRow>,
    /// By hour of the week, those that have any, when charts were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<HourRow>,
}

/// A local day's replies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DayRow {
    /// Which: `2026-11-28`.
    pub day: String,
    /// Replies that asked for an answer.
    pub replies: i64,
    /// Answered in time, of those that were answered or fell due.
    pub met: Part,
}

/// Replies of one hour of the week.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HourRow {
    /// Which, from Monday 0:00.
    pub hour: u8,
    /// Replies that asked for an answer.
    pub replies: i64,
    /// Answered in time, of those that were answered or fell due.
    pub met: Part,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SlaRow {
    /// What to ask for its conversations by.
    pub key: String,
    /// As people say it.
    pub label: String,
    /// Replies that asked for an answer.
    pub replies: i64,
    /// Answered in time, of those that were answered or fell due.
    pub met: Part,
    /// Answered late.
    pub late: i64,
    /// Past due, and still not answered.
    pub overdue: i64,
    /// No answer was needed any more, before it fell due.
    pub dropped: i64,
    /// No answer was needed any more, after it had fallen due.
    pub dropped_late: i64,
    /// Still waits, in time.
    pub running: i64,
    /// To the first answer of a conversation.
    pub first: Times,
    /// To later ones.
    pub next: Times,
    /// From the first offer to the first take.
    pub take: Times,
    /// Replies that moved up their ladder.
    pub climbed: i64,
    /// How often they did, all together.
    pub climbs: i64,
    /// Replies by the step of their ladder they stood on, from 1.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "by_step")]
    pub steps: BTreeMap<u8, i64>,
    /// Replies by where nobody was there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gaps: BTreeMap<String, i64>,
    /// Breaches by cause.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub causes: BTreeMap<String, i64>,
}

/// Names of members are texts, also where they are numbers: within a tagged report they are not read as numbers by themselves.
fn by_step<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<u8, i64>, D::Error> {
    let read = |(step, n): (String, i64)| Ok((step.parse().map_err(serde::de::Error::custom)?, n));
    BTreeMap::<String, i64>::deserialize(from)?.into_iter().map(read).collect()
}

impl SlaRow {
    /// What a sum says.
    pub fn of(key: String, label: String, sum: &Sum) -> Self {
        let cell = &sum.cell;
        let (in_time, missed) = (cell.standing(Standing::InTime), cell.missed());
        let [first, next, take] = match &sum.each {
            Some(each) => each.each_ref().map(|all| Times::of_each(all)),
            None => [&cell.first, &cell.next, &cell.take].map(|of| Times::of_histograms(&of.wall, &of.business)),
        };
        let named = |names: Vec<&str>, counts: &[i64]| {
            let all = names.into_iter().map(str::to_owned).zip(counts.iter().copied());
            all.filter(|(_, n)| *n != 0).collect::<BTreeMap<_, _>>()
        };
        Self {
            key,
            label,
            replies: cell.replies(),
            met: Part::of(in_time, in_time + missed),
            late: cell.standing(Standing::Late),
            overdue: cell.standing(Standing::Overdue),
            dropped: cell.standing(Standing::Dropped),
            dropped_late: cell.standing(Standing::DroppedLate),
            running: cell.standing(Standing::Running),
            first,
            next,
            take,
            climbed: cell.climbed,
            climbs: cell.climbs,
            steps: (1..=16).zip(cell.steps).filter(|(_, n)| *n != 0).collect(),
            gaps: named(Gap::ALL.map(Gap::name).to_vec(), &cell.gaps),
            causes: named(Cause::ALL.map(Cause::name).to_vec(), &cell.causes),
        }
    }
}

/// A reply, told: what a number of a report opens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The entry that started its clock.
    pub seq: u64,
    /// Its conversation.
    pub conversation: String,
    /// Whose pool and lead.
    pub team: String,
    /// Its class.
    pub cohort: String,
    /// Whose it counts as.
    pub rep: Option<String>,
    /// Team, class and rep as people call them.
    #[serde(default)]
    pub names: [String; 3],
    /// When the buyer wrote, where the cohort's hours are: `2026-11-28 14:02:11 EST`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wrote: String,
    /// When the buyer wrote, in milliseconds since 1970.
    pub received: i64,
    /// When the answer had to have left.
    pub due: i64,
    /// When it ended.
    pub ended: Option<i64>,
    /// How it stands.
    pub standing: String,
    /// Why it was late: its name.
    pub cause: Option<String>,
    /// From the text to the answer, in milliseconds on the wall.
    pub wall: Option<i64>,
    /// And in open time.
    pub business: Option<i64>,
    /// What happened, line by line.
    pub story: Vec<String>,
}

/// Consent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Compliance {
    /// What it is about.
    pub about: About,
    /// The one of its tables that was asked for: `line`, `campaign` or `wait`; all when nothing is said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// By our number.
    pub lines: Vec<LineRow>,
    /// By campaign.
    pub campaigns: Vec<CampaignRow>,
    /// By how long the buyer had waited for an answer.
    pub bands: Vec<BandRow>,
    /// Wishes that a person must rule on.
    pub holds: Holds,
}

/// A line's opt-outs against its texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LineRow {
    /// Which.
    pub line: String,
    /// As people call it.
    pub label: String,
    /// Texts of buyers.
    pub received: i64,
    /// Our answers, automatic ones included.
    pub answers: i64,
    /// Texts of campaigns, as marketing reported them.
    pub campaign: i64,
    /// Opt-outs of buyers who last wrote there, against all those texts.
    pub opt_outs: Part,
    /// What carriers say to such a rate, of the period and of its worst day.
    pub judged: String,
    /// The day with the highest rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst: Option<OneDay>,
    /// Answers that waited for the hours where the buyer is, each time it was decided.
    pub quiet: i64,
    /// How long such a wait was meant to take: 50th, 90th and 95th percentile in milliseconds.
    pub quiet_wait: Option<[i64; 3]>,
    /// Answers that left in closed hours because their rep said so.
    pub overruled: i64,
}

/// A campaign's opt-outs against its texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CampaignRow {
    /// Which; empty for opt-outs that no campaign's text came before.
    pub campaign: String,
    /// From which of our numbers.
    pub line: String,
    /// Its texts, and how many opted out after one.
    pub opt_outs: Part,
    /// What carriers say to such a rate, of the period and of its worst day.
    pub judged: String,
    /// The day with the highest rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst: Option<OneDay>,
}

/// Opt-outs of buyers who had waited so long.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BandRow {
    /// Which: its name.
    pub band: String,
    /// As people say it.
    pub label: String,
    /// Replies of the period that were answered so, and opt-outs of buyers whose last reply was.
    pub opt_outs: Part,
}

/// Numbers on hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Holds {
    /// Placed.
    pub placed: i64,
    /// Still waiting, in time.
    pub waiting: i64,
    /// Ruled on by a person or ended by the buyer's own word in time, of those that ended or are past due.
    pub in_time: Part,
    /// How they ended, by name.
    pub ends: BTreeMap<String, i64>,
    /// From the text to the ruling: 50th, 90th and 95th percentile in milliseconds.
    pub took: Option<[i64; 3]>,
}

impl Holds {
    /// Past due, and still waiting.
    pub fn overdue(&self) -> i64 {
        (self.placed - self.waiting - self.ends.values().sum::<i64>()).max(0)
    }
}

/// Percentiles of lengths, as a report tells them.
pub fn percentiles(all: &[i64]) -> Option<[i64; 3]> {
    let each: Vec<Spent> = all.iter().map(|ms| Spent { wall: *ms, business: *ms }).collect();
    Times::of_each(&each).wall
}

/// Percentiles of a histogram.
pub fn percentiles_of(all: &Histogram) -> Option<[i64; 3]> {
    Times::of_histograms(all, all).wall
}

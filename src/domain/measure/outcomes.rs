//! What answering was worth: meetings, and deals that went on. What it says stands in `assets/docs/measure.md`.
//!
//! Pure, over exchanges of the journal and deals of the CRM. Nothing here is a cause: a deal that closed after a reply is
//! associated with it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cell::By;
use super::compare::Compared;
use super::credit::{Rule, Talked, stage_at};
use super::exchange::Adherence;
use super::interval::{Difference, Middle, Total};
use super::money::thousands;
use super::report::{About, Part};
use super::sample::Share;
use crate::domain::deal::Deal;
use crate::domain::id::DealId;
use crate::domain::time::Timestamp;

mod before;
mod cost;
pub mod opened;
mod reconcile;
#[cfg(test)]
pub(in crate::domain) mod samples;
pub mod sheets;
mod sum;

pub use cost::{Breach, Cost, CostRow, costs};
pub use reconcile::{Fate, Heap, Reconciled, reconciled};
use sum::Sum;

/// Outcomes of a period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcomes {
    /// What it is about.
    pub about: About,
    /// By what its rows are.
    pub by: String,
    /// How a deal is credited.
    pub rule: RuleTold,
    /// How far deals are known.
    pub deals_read: DealsTold,
    /// All together, then by how the first reply was answered.
    pub total: Vec<OutcomeRow>,
    /// Row by row, each all together and by how the first reply was answered.
    pub rows: Vec<OutcomeRow>,
    /// First replies answered in time held against missed ones.
    pub differences: Vec<Held>,
    /// How long deals stood in a stage.
    pub stages: Vec<StageRow>,
    /// All deals of the CRM, and which of them are influenced. For whoever sees everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reconciled: Vec<Reconciled>,
    /// Deals that are counted for a text from a number that several people of the CRM have, without a word on who wrote it.
    #[serde(default)]
    pub shared: i64,
    /// What was open with buyers who were not answered in time, by cause.
    pub costs: Vec<CostRow>,
    /// The deals that are counted, when they were asked for: the first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deals: Vec<DealRow>,
    /// How many of them there are; nothing when they were not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deals_in_all: Option<usize>,
    /// Before and after, when it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared: Option<Compared>,
}

/// The rule, with its words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RuleTold {
    /// What it is.
    #[serde(flatten)]
    pub rule: Rule,
    /// In words.
    pub words: String,
}

/// How far deals are known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DealsTold {
    /// When the CRM last told all it had to tell, in milliseconds since 1970; nothing when it never did.
    pub as_of: Option<i64>,
    /// What hinders it.
    pub trouble: Option<String>,
    /// Rows of the CRM's own that it could not read, or not whole: what is missing there is in no number.
    #[serde(default)]
    pub unread: i64,
}

impl DealsTold {
    /// What is said of rows that were not read; nothing when all were.
    pub fn unread_words(&self) -> Option<String> {
        match self.unread {
            ..=0 => None,
            1 => Some("1 row of the CRM was not read, or only in part: comeback doctor names it.".to_owned()),
            n => {
                let rows = thousands(n);
                Some(format!("{rows} rows of the CRM were not read, or only in part: comeback doctor names them."))
            }
        }
    }
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OutcomeRow {
    /// What its conversations are asked for by.
    pub key: String,
    /// As people say it.
    pub label: String,
    /// How first replies were answered; nothing for all of them.
    pub adherence: Option<Adherence>,
    /// Exchanges that ended with a meeting, of all that began in the period.
    pub meetings: Part,
    /// Influenced deals that were won in the period.
    pub won: i64,
    /// Those that were lost in it.
    pub lost: i64,
    /// Those that were open at its end.
    pub open: i64,
    /// Won, of those that were won or lost.
    pub wins: Part,
    /// Amounts, currency by currency.
    pub amounts: Vec<Amount>,
    /// From the opening of a won deal to its end.
    pub cycle: Middle,
    /// How long deals had stood in a stage when they moved on, after the reply.
    pub stay: Middle,
    /// Open ones, which have not left theirs.
    pub still: i64,
}

/// Amounts of one currency. A deal that has none counts with nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// ISO 4217; empty for the company's own.
    pub currency: String,
    /// Won deals.
    pub won: i64,
    /// Their amounts, in hundredths: influenced revenue.
    pub won_cents: i64,
    /// The same, with how sure it is.
    #[serde(default)]
    pub revenue: Total,
    /// Open deals.
    pub open: i64,
    /// Their amounts: influenced pipeline.
    pub open_cents: i64,
    /// The same, with how sure it is.
    #[serde(default)]
    pub pipeline: Total,
    /// Deals of both that say no amount.
    pub unpriced: i64,
}

/// Two groups held against each other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// What: `meetings` or `wins`.
    pub what: String,
    /// Of those whose first reply was answered in time.
    pub met: Part,
    /// Of those whose first reply was not.
    pub missed: Part,
    /// The first less the second.
    pub difference: Difference,
    /// The same with like held against like, stage by stage: where the deal stood when the reply came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_stages: Option<Difference>,
}

/// How long deals stood in one stage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageRow {
    /// Which, in the CRM's words.
    pub stage: String,
    /// How first replies were answered; nothing for all of them.
    pub adherence: Option<Adherence>,
    /// How long those that moved on had stood in it.
    pub stay: Middle,
    /// Those that stand in it now.
    pub still: i64,
}

/// A deal that is counted, and the exchanges that it is credited to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DealRow {
    /// Its id in the CRM.
    pub deal: String,
    /// Won, lost or open.
    pub fate: Fate,
    /// Its stage now.
    pub stage: String,
    /// In hundredths of its currency.
    pub amount_cents: Option<i64>,
    /// ISO 4217.
    pub currency: String,
    /// When it was opened, in milliseconds since 1970; nothing when nobody knows.
    #[serde(default)]
    pub opened: Option<i64>,
    /// When it ended.
    pub closed: Option<i64>,
    /// The conversation that it is credited to.
    pub conversation: String,
    /// The entry of the reply.
    pub seq: u64,
    /// When that came.
    pub at: i64,
    /// Whose pool and lead.
    pub team: String,
    /// Its class.
    pub cohort: String,
    /// Whose it counts as.
    pub rep: Option<String>,
    /// How it was answered.
    pub adherence: Adherence,
}

/// Exchanges of a period, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Their row.
    pub key: String,
    /// How their first replies were answered.
    pub adherence: Adherence,
    /// How many began.
    pub exchanges: i64,
    /// How many of them ended with a meeting.
    pub meetings: i64,
}

/// A deal with what everybody on it began by text, oldest first.
#[derive(Clone, Debug)]
pub struct Known {
    /// The deal: one that is open, or ended in the period.
    pub deal: Deal,
    /// The exchanges.
    pub talks: Vec<Talked>,
}

/// What rows are made of.
pub struct Material<'a> {
    /// By what.
    pub by: By,
    /// The rule.
    pub rule: Rule,
    /// When the period began.
    pub from: Timestamp,
    /// When it ended: its deals are as they were then.
    pub until: Timestamp,
    /// How many deals are listed at most; nothing when none were asked for.
    pub listed: Option<usize>,
    /// Those after this one: its deal and entry.
    pub after: Option<&'a (DealId, u64)>,
    /// Exchanges, counted by row and adherence.
    pub heard: &'a [Heard],
    /// Deals.
    pub deals: &'a [Known],
    /// Whether whoever asks may see what an exchange came to.
    pub sees: &'a dyn Fn(&Talked) -> bool,
    /// What a row is called.
    pub label: &'a dyn Fn(&str) -> String,
}

impl std::fmt::Debug for Material<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Material({} deals)", self.deals.len())
    }
}

/// Which sum: of a row or of all, of one adherence or of all.
type Place<'a> = (Option<Cow<'a, str>>, Option<Adherence>);

/// Deals of one stage: how long those that left had stood in it, and those that stand there.
#[derive(Default)]
struct Stood {
    stays: Vec<i64>,
    still: i64,
}

/// Fills the rows.
pub fn fill<'a>(told: &mut Outcomes, of: &Material<'a>) {
    let mut sums: BTreeMap<Place<'a>, Sum<'a>> = BTreeMap::new();
    sums.entry((None, None)).or_default();
    for heard in of.heard {
        for place in places(Cow::Borrowed(heard.key.as_str()), heard.adherence) {
            sums.entry(place).or_default().hear(heard.exchanges, heard.meetings);
        }
    }
    let mut stages: BTreeMap<(&str, Option<Adherence>), Stood> = BTreeMap::new();
    let mut layers: BTreeMap<&str, BTreeMap<Adherence, Share>> = BTreeMap::new();
    let mut credits = 0;
    // Of one deal or step there are a handful: they are looked through faster than sorted.
    let mut taken: Vec<Place<'a>> = Vec::new();
    let mut moved: Vec<Option<Adherence>> = Vec::new();
    for known in of.deals {
        let deal = &known.deal;
        let credited = credited(known, of);
        credits += credited.len();
        told.shared += i64::from(!credited.is_empty() && credited.iter().all(|talk| talk.shared));
        // Of several exchanges the oldest one says since when.
        taken.clear();
        let mut adherences: Vec<(Option<Adherence>, &Talked)> = Vec::new();
        let mut alike: Vec<(Cow<'a, str>, Adherence)> = Vec::new();
        for talk in credited.iter().copied() {
            let kind = (talk.key(of.by), talk.adherence());
            // One like it took all that this could take: of a hundred exchanges of a deal few are of another kind.
            if alike.contains(&kind) {
                continue;
            }
            for place in places(kind.0.clone(), kind.1) {
                if !taken.contains(&place) {
                    taken.push(place.clone());
                    sums.entry(place).or_default().add(deal);
                }
            }
            alike.push(kind);
            for adherence in [None, Some(talk.adherence())] {
                if !adherences.iter().any(|(known, _)| *known == adherence) {
                    adherences.push((adherence, talk));
                }
            }
        }
        for (adherence, talk) in adherences {
            if deal.closed.is_none() {
                stages.entry((&deal.stage, adherence)).or_default().still += 1;
            } else if let Some(adherence) = adherence {
                let stage = stage_at(deal, talk.at).unwrap_or_default();
                let share = layers.entry(stage).or_default().entry(adherence).or_insert(Share { part: 0, whole: 0 });
                share.whole += 1;
                share.part += i64::from(Fate::of(deal) == Fate::Won);
            }
        }
        // A step goes by what came before it: who texts again later takes none away.
        for step in sum::steps(deal, of.from) {
            taken.clear();
            for talk in of.rule.within(&known.talks, step.at).iter().filter(|talk| (of.sees)(talk)) {
                for place in places(talk.key(of.by), talk.adherence()) {
                    if !taken.contains(&place) {
                        taken.push(place);
                    }
                }
                for adherence in [None, Some(talk.adherence())] {
                    if !moved.contains(&adherence) {
                        moved.push(adherence);
                    }
                }
            }
            for place in taken.drain(..) {
                sums.entry(place).or_default().moved(step.length());
            }
            for adherence in moved.drain(..) {
                stages.entry((&step.stood.stage, adherence)).or_default().stays.push(step.length());
            }
        }
    }
    let order = order(of.deals);
    for ((stage, adherence), stood) in stages {
        let (stay, still) = (Middle::of(stood.stays), stood.still);
        told.stages.push(StageRow { stage: stage.to_owned(), adherence, stay, still });
    }
    told.stages.sort_by(|a, b| {
        let place = |row: &StageRow| order.get(row.stage.as_str()).copied().unwrap_or(f64::MAX);
        place(a).total_cmp(&place(b)).then_with(|| (&a.stage, a.adherence).cmp(&(&b.stage, b.adherence)))
    });
    for ((key, adherence), sum) in sums {
        let label = key.as_deref().map_or_else(|| "all".to_owned(), of.label);
        let to = if key.is_some() { &mut told.rows } else { &mut told.total };
        to.push(sum.row(key.unwrap_or_default().into_owned(), label, adherence));
    }
    told.differences = differences(&told.total, &layers);
    if let Some(most) = of.listed {
        // Deals come by their ids, and their exchanges as they began.
        told.deals.extend(of.deals.iter().flat_map(|known| rows_of(known, of)).take(most));
        told.deals_in_all = Some(credits);
    }
}

/// The four sums that something of a row counts in.
fn places(key: Cow<'_, str>, adherence: Adherence) -> [Place<'_>; 4] {
    [(None, None), (None, Some(adherence)), (Some(key.clone()), None), (Some(key), Some(adherence))]
}

/// The exchanges that a deal is credited to, those that whoever asks may see.
fn credited<'a>(known: &'a Known, of: &Material<'_>) -> Vec<&'a Talked> {
    of.rule.credited(&known.deal, &known.talks, of.until).iter().filter(|talk| (of.sees)(talk)).collect()
}

/// Where stages stand on the way, on average: the CRM does not say.
#[expect(clippy::cast_precision_loss, reason = "stages of a deal are few")]
fn order(deals: &[Known]) -> BTreeMap<&str, f64> {
    let mut all: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for known in deals {
        let way = &known.deal.stages;
        for (place, change) in way.iter().enumerate() {
            if !way.iter().take(place).any(|earlier| earlier.stage == change.stage) {
                let (sum, n) = all.entry(&change.stage).or_default();
                (*sum, *n) = (*sum + place, *n + 1);
            }
        }
    }
    all.into_iter().map(|(stage, (sum, n))| (stage, sum as f64 / n as f64)).collect()
}

fn differences(total: &[OutcomeRow], layers: &BTreeMap<&str, BTreeMap<Adherence, Share>>) -> Vec<Held> {
    let row = |adherence| total.iter().find(|row| row.adherence == Some(adherence));
    let part = |adherence, pick: fn(&OutcomeRow) -> &Part| row(adherence).map(pick).cloned().unwrap_or_default();
    let held = |what: &str, pick: fn(&OutcomeRow) -> &Part, in_stages| {
        let (met, missed) = (part(Adherence::Met, pick), part(Adherence::Missed, pick));
        let share = |part: &Part| Share { part: part.part, whole: part.whole };
        let difference = Difference::of(share(&met), share(&missed));
        Held { what: what.to_owned(), met, missed, difference, in_stages }
    };
    let none = Share { part: 0, whole: 0 };
    let of = |layer: &BTreeMap<Adherence, Share>, adherence| layer.get(&adherence).copied().unwrap_or(none);
    let layers: Vec<(Share, Share)> =
        layers.values().map(|layer| (of(layer, Adherence::Met), of(layer, Adherence::Missed))).collect();
    vec![
        held("meetings", |row| &row.meetings, None),
        held("wins", |row| &row.wins, Some(Difference::in_layers(&layers))),
    ]
}

fn rows_of(known: &Known, of: &Material<'_>) -> Vec<DealRow> {
    let deal = &known.deal;
    let told = of.after.filter(|(last, _)| deal.id <= *last);
    if told.is_some_and(|(last, _)| deal.id < *last) {
        return Vec::new();
    }
    let row = |talk: &Talked| DealRow {
        deal: deal.id.0.clone(),
        fate: Fate::of(deal),
        stage: deal.stage.clone(),
        amount_cents: deal.amount_cents,
        currency: deal.currency.clone().unwrap_or_default(),
        opened: deal.opened.map(Timestamp::millis),
        closed: deal.closed.map(|closed| closed.at.millis()),
        conversation: talk.conversation.to_string(),
        seq: talk.seq,
        at: talk.at.millis(),
        team: talk.under.team.to_string(),
        cohort: talk.under.cohort.clone(),
        rep: talk.under.rep.as_ref().map(ToString::to_string),
        adherence: talk.adherence(),
    };
    let all = credited(known, of);
    let from = told.and_then(|(_, seq)| all.iter().position(|talk| talk.seq == *seq)).map_or(0, |place| place + 1);
    all.into_iter().skip(from).map(row).collect()
}

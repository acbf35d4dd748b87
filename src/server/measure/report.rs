//! Reports, answered from the projections: who may see what, and what each number is called.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::holds;
use super::projections::{MeasureError, Projections};
use super::read::{Only, Sums, Whose, Window};
use super::sent::{DaysSent, campaigns};
use crate::domain::id::{LineId, RepId, TeamId};
use crate::domain::measure::carriers::{OneDay, judged};
use crate::domain::measure::cell::By;
use crate::domain::measure::fold::World;
use crate::domain::measure::load::{self, Open};
use crate::domain::measure::report::{
    About, BandRow, CampaignRow, Compliance, Holds, LineRow, Load, LoadRow, Part, Sla, SlaRow, Told, percentiles,
    percentiles_of,
};
use crate::domain::measure::{Band, HeldNumber, OptOut, story};
use crate::domain::playbook::{Playbook, Role};
use crate::domain::time::Timestamp;
use crate::server::store::Store;

pub use super::period::days;
pub use super::read::{Only as OnlyThese, Window as Days};

/// What the row is called of what is no rep's.
const NOBODY: &str = "nobody";

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asker {
    /// Whoever runs the backend.
    Operator,
    /// Somebody who signed in.
    Rep(RepId),
}

/// What somebody may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sees {
    /// All of it.
    All,
    /// What these teams do.
    Teams(BTreeSet<TeamId>),
    /// Their own.
    Own(RepId),
}

impl Sees {
    /// By what the playbook says they are: admins and auditors see all, leads their teams, reps their own.
    pub fn of(playbook: &Playbook, asker: &Asker) -> Option<Self> {
        let Asker::Rep(rep) = asker else { return Some(Self::All) };
        let led = playbook.led_by(rep);
        match playbook.role_of(rep)? {
            Role::Admin | Role::Auditor => Some(Self::All),
            Role::Lead | Role::Rep if !led.is_empty() => Some(Self::Teams(led)),
            Role::Lead | Role::Rep => Some(Self::Own(rep.clone())),
        }
    }

    pub(super) fn whose(&self) -> Whose {
        match self {
            Self::All => Whose::default(),
            Self::Teams(teams) => Whose { teams: Some(teams.clone()), rep: None },
            Self::Own(rep) => Whose { teams: None, rep: Some(rep.clone()) },
        }
    }

    fn words(&self, playbook: &Playbook) -> String {
        match self {
            Self::All => "everything".to_owned(),
            Self::Teams(teams) => {
                let label =
                    |team: &TeamId| playbook.teams.get(team).map_or_else(|| team.to_string(), |t| t.label.clone());
                teams.iter().map(label).collect::<Vec<_>>().join(", ")
            }
            Self::Own(rep) => playbook.rep_name(rep).to_owned(),
        }
    }
}

/// Everything a report is made of.
#[derive(Clone, Debug)]
pub struct Desk {
    /// What was measured.
    pub projections: Arc<Projections>,
    /// The policy in force: it names people and teams.
    pub playbook: Arc<Playbook>,
    /// The journal's newest entry.
    pub head: u64,
    /// Now, by the clock that decides.
    pub now: Timestamp,
    /// What whoever asks may see.
    pub sees: Sees,
    /// Which days.
    pub window: Window,
}

impl Desk {
    pub(super) fn about(&self) -> Result<About, MeasureError> {
        let read_to = self.projections.read_to()?;
        let date = |day: i32| load::date(day).map_or_else(String::new, |date| date.to_string());
        Ok(About {
            company: self.playbook.company.clone(),
            since: date(self.window.since),
            until: date(self.window.until),
            zone: self.playbook.zone().name().to_owned(),
            read_to: read_to.seq,
            as_of: read_to.at.millis(),
            behind: self.head.saturating_sub(read_to.seq),
            scope: self.sees.words(&self.playbook),
            hours_in: Vec::new(),
        })
    }

    /// SLA attainment, with the newest `breaches` that were not answered in time.
    pub fn sla(&self, by: By, breaches: usize) -> Result<Sla, MeasureError> {
        let whose = self.sees.whose();
        let Sums { rows: sums, total, exact } = self.projections.sums(self.counted_days(), &whose, by)?;
        let rows = sums.iter().map(|(key, sum)| SlaRow::of(key.clone(), self.label(by, key), sum));
        let missed = Only { standing: Some("missed".to_owned()), ..Only::default() };
        let hours_in = if by == By::Hour { self.hours_in()? } else { Vec::new() };
        Ok(Sla {
            about: About { hours_in, ..self.about()? },
            by: by.name().to_owned(),
            exact,
            total: SlaRow::of(String::new(), "all".to_owned(), &total),
            rows: rows.collect(),
            breaches: if breaches > 0 { self.told(&missed, breaches)? } else { Vec::new() },
            ..Sla::default()
        })
    }

    /// The same, spread over days and the hours of the week besides: what charts are drawn from.
    pub fn drawn(&self, by: By, breaches: usize) -> Result<Sla, MeasureError> {
        let spread = self.projections.spread(self.counted_days(), &self.sees.whose())?;
        let mut sla = self.sla(by, breaches)?;
        if by == By::Cohort {
            sla.about.hours_in = self.zones(sla.rows.iter().map(|row| row.key.as_str()));
        } else if by != By::Hour {
            sla.about.hours_in = self.hours_in()?;
        }
        Ok(Sla { days: spread.days(self.window), hours: spread.hours(), ..sla })
    }

    /// The replies behind a number, newest first.
    pub fn told(&self, only: &Only, limit: usize) -> Result<Vec<Told>, MeasureError> {
        let only = self.meant(only);
        let found = self.projections.replies(self.counted_days(), &self.sees.whose(), &only, limit)?;
        let db = self.projections.reading();
        found.iter().map(|reply| holds::told(&db, &self.playbook, reply)).collect()
    }

    /// What is asked for, as it is kept.
    pub(super) fn meant(&self, only: &Only) -> Only {
        Only { row: only.row.clone().map(|row| self.kept(row)), ..only.clone() }
    }

    /// A row, as it is kept: what is nobody's has no key, and is asked for by what its row is called, too, while no rep has
    /// that for a short name.
    pub(super) fn kept(&self, (by, key): (By, String)) -> (By, String) {
        let is_nobodys = by == By::Rep && key == NOBODY && !self.playbook.reps.contains_key(&RepId::new(NOBODY));
        (by, if is_nobodys { String::new() } else { key })
    }

    /// Whether there is such a row: the playbook knows it, or the period has it.
    pub fn has_row(&self, by: By, key: &str) -> Result<bool, MeasureError> {
        let playbook = &self.playbook;
        let known = match by {
            By::Team => playbook.teams.contains_key(&TeamId::new(key)),
            By::Cohort => playbook.cohort(key).is_some(),
            By::Rep => key.is_empty() || playbook.reps.contains_key(&RepId::new(key)),
            By::Hour => key.len() == 3 && key.parse::<u8>().is_ok_and(|hour| hour < 168),
            By::Line => playbook.lines.contains_key(&LineId::new(key)),
            By::UseCase => playbook.use_cases.contains_key(key),
        };
        Ok(known || self.sla(by, 0)?.rows.iter().any(|row| row.key == key))
    }

    /// What is asked for that there is not, in a sentence with what there is.
    pub fn mistake(&self, only: &Only) -> Result<Option<String>, MeasureError> {
        if let Some(mistake) = only.mistake() {
            return Ok(Some(mistake));
        }
        let meant = self.meant(only);
        let Some((by, key)) = &meant.row else { return Ok(None) };
        if self.has_row(*by, key)? {
            return Ok(None);
        }
        let rows = self.sla(*by, 0)?.rows;
        let nobody = if *by == By::Rep { NOBODY } else { "" };
        let keys = rows.iter().map(|row| if row.key.is_empty() { nobody } else { row.key.as_str() });
        let keys = keys.filter(|key| !key.is_empty()).collect::<Vec<_>>().join(", ");
        let by = by.name().replace('_', " ");
        let there = if keys.is_empty() { "this period has none".to_owned() } else { format!("this period has {keys}") };
        Ok(Some(format!("there is no {by} \"{key}\": {there}")))
    }

    pub(super) fn label(&self, by: By, key: &str) -> String {
        let playbook = &self.playbook;
        match by {
            By::Team => playbook.teams.get(&TeamId::new(key)).map(|team| team.label.clone()),
            By::Cohort => playbook.cohort(key).map(|cohort| cohort.label.clone()),
            By::Rep if key.is_empty() => Some(NOBODY.to_owned()),
            By::Rep => Some(playbook.rep_name(&RepId::new(key)).to_owned()),
            By::Hour => key.parse::<usize>().ok().map(story::hour),
            By::Line => playbook.lines.get(&LineId::new(key)).map(|line| line.label.clone()),
            By::UseCase => playbook.use_cases.get(key).map(|use_case| use_case.label.clone()),
        }
        .unwrap_or_else(|| key.to_owned())
    }

    /// Who carried how much.
    pub fn load(&self) -> Result<Load, MeasureError> {
        let window = self.counted_days();
        let (mut days, read_to) = (self.projections.loads(window)?, self.projections.read_to()?);
        let zone = self.playbook.zone();
        // What is held since the last change belongs to the days since.
        let now = self.now.max(read_to.at);
        for (rep, open) in &read_to.world.open {
            let mut since = load::DaysOfReps::new();
            load::spread(&mut since, zone, rep, *open, now);
            for ((day, rep), of_day) in since {
                if (window.since..=window.until).contains(&day) {
                    days.entry(rep).or_default().merge(&of_day);
                }
            }
        }
        let length = self.length(&read_to.world, now);
        let known: BTreeSet<RepId> =
            self.playbook.reps.iter().filter(|(_, r)| r.active).map(|(id, _)| id.clone()).collect();
        let all = known.iter().chain(days.keys()).cloned().collect::<BTreeSet<_>>();
        let row = |rep: &RepId| {
            let day = days.get(rep).copied().unwrap_or_default();
            let home = self.playbook.reps.get(rep).map_or_else(String::new, |r| r.team.to_string());
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of years are below 2^52")]
            let average = if length > 0 { day.open_ms as f64 / length as f64 } else { 0.0 };
            let held = read_to.world.open.get(rep).copied().unwrap_or(Open { n: 0, since: now });
            LoadRow {
                rep: rep.to_string(),
                name: self.playbook.rep_name(rep).to_owned(),
                team: home,
                offers: day.offers,
                takes: day.takes,
                passes: day.passes,
                answers: day.answers,
                average,
                most: day.most,
                now: held.n,
            }
        };
        let rows = all.iter().filter(|rep| self.sees_rep(rep)).map(row).collect();
        let fairness = self.by_team(&all.iter().map(row).collect::<Vec<_>>());
        Ok(Load { about: self.about()?, by: String::new(), rows, fairness })
    }

    /// Whether what a rep carries is theirs to see.
    pub(super) fn sees_rep(&self, rep: &RepId) -> bool {
        match &self.sees {
            Sees::All => true,
            Sees::Own(own) => own == rep,
            Sees::Teams(teams) => {
                let home = self.playbook.reps.get(rep).is_some_and(|r| teams.contains(&r.team));
                home || teams.iter().any(|t| self.playbook.teams.get(t).is_some_and(|t| t.members.contains(rep)))
            }
        }
    }

    /// Milliseconds of its days that have passed since the journal began.
    fn length(&self, world: &World, now: Timestamp) -> i64 {
        let began = world.began.unwrap_or(Timestamp::MIN);
        let spans = self.spans(&world.zones).into_iter();
        spans.map(|(from, until)| until.min(now).since(from.max(began)).as_millis()).sum()
    }

    /// Whether what a line does is theirs to see.
    pub(super) fn sees_line(&self, line: &LineId) -> bool {
        match &self.sees {
            Sees::All => true,
            Sees::Teams(teams) => self.playbook.lines.get(line).is_some_and(|l| teams.contains(&l.team)),
            Sees::Own(_) => false,
        }
    }

    /// Consent. Nothing for somebody who sees only their own.
    pub async fn compliance(&self, store: &dyn Store) -> Result<Option<Compliance>, MeasureError> {
        if matches!(self.sees, Sees::Own(_)) {
            return Ok(None);
        }
        let window = self.counted_days();
        let whose = self.sees.whose();
        let (opt_outs, holds) = (self.projections.opt_outs(window)?, self.projections.holds(window, &whose)?);
        let (tallies, bands) = (self.projections.tallies(window)?, self.projections.bands(window, &whose)?);
        let sees_line = |line: &LineId| self.sees_line(line);
        let sees_all = self.sees == Sees::All;
        let opt_outs: Vec<OptOut> =
            opt_outs.into_iter().filter(|o| o.line.as_ref().map_or(sees_all, sees_line)).collect();
        let after = self.projections.opt_outs_after(window)?;
        let after: Vec<OptOut> = after.into_iter().filter(|o| o.line.as_ref().map_or(sees_all, sees_line)).collect();
        let zones = self.projections.read_to()?.world.zones;
        let sent = campaigns(store, &self.spans(&zones)).await?;
        let sent: BTreeMap<(String, LineId), i64> = sent.into_iter().filter(|((_, line), _)| sees_line(line)).collect();
        let asked: Vec<_> = opt_outs.iter().filter_map(|o| Some((o.number, o.line.clone()?, o.at))).collect();
        let answered = store.campaigns_before(&asked, self.playbook.answered_within).await?;
        let mut by_campaign: BTreeMap<(String, LineId), Vec<i32>> =
            sent.keys().map(|key| (key.clone(), Vec::new())).collect();
        let with_line = opt_outs.iter().filter_map(|out| Some((out.day, out.line.clone()?)));
        for ((day, line), campaign) in with_line.zip(answered) {
            by_campaign.entry((campaign.unwrap_or_default(), line)).or_default().push(day);
        }
        let days = DaysSent::of(&self.projections, store, window, (&zones, self.playbook.zone()), &opt_outs).await?;
        let lines: BTreeSet<LineId> = tallies.keys().map(|(_, line)| line.clone()).filter(sees_line).collect();
        let lines = lines.iter().chain(sent.keys().map(|(_, line)| line)).cloned().collect::<BTreeSet<_>>();
        let campaigns = by_campaign.into_iter().map(|((campaign, line), outs)| {
            let texts = sent.get(&(campaign.clone(), line.clone())).copied().unwrap_or(0);
            let opt_outs = Part::of(i64::try_from(outs.len()).unwrap_or(i64::MAX), texts);
            let worst = OneDay::worst(&days.of_campaign(&campaign, &line, outs));
            let none = || "no text of a campaign came before".to_owned();
            let said = if campaign.is_empty() { none() } else { judged(&opt_outs, worst.as_ref()) };
            CampaignRow { campaign, line: line.to_string(), judged: said, worst, opt_outs }
        });
        Ok(Some(Compliance {
            by: String::new(),
            about: self.about()?,
            lines: lines.iter().map(|line| self.line(line, &tallies, &sent, (&opt_outs, &days))).collect(),
            campaigns: campaigns.collect(),
            bands: Band::ALL
                .into_iter()
                .map(|band| {
                    let outs = after.iter().filter(|o| o.band == band).count();
                    let replies = bands.get(band.place()).copied().unwrap_or(0);
                    let opt_outs = Part::of(i64::try_from(outs).unwrap_or(i64::MAX), replies);
                    BandRow { band: band.name().to_owned(), label: band.words().to_owned(), opt_outs }
                })
                .filter(|row| row.opt_outs.part + row.opt_outs.whole > 0)
                .collect(),
            holds: self.held(&holds),
        }))
    }

    fn line(
        &self,
        line: &LineId,
        tallies: &BTreeMap<(String, LineId), crate::domain::measure::fold::Count>,
        sent: &BTreeMap<(String, LineId), i64>,
        (opt_outs, days): (&[OptOut], &DaysSent),
    ) -> LineRow {
        let tally = |what: &str| tallies.get(&(what.to_owned(), line.clone()));
        let count = |what: &str| tally(what).map_or(0, |count| count.n);
        let campaign: i64 = sent.iter().filter(|((_, of), _)| of == line).map(|(_, n)| n).sum();
        let outs: Vec<i32> = opt_outs.iter().filter(|o| o.line.as_ref() == Some(line)).map(|out| out.day).collect();
        let rate = Part::of(i64::try_from(outs.len()).unwrap_or(i64::MAX), campaign + count("sent"));
        let worst = OneDay::worst(&days.of_line(line, outs));
        LineRow {
            line: line.to_string(),
            label: self.label(By::Line, line.as_str()),
            received: count("received"),
            answers: count("sent"),
            campaign,
            judged: judged(&rate, worst.as_ref()),
            worst,
            opt_outs: rate,
            quiet: count("quiet"),
            quiet_wait: tally("quiet").and_then(|count| percentiles_of(&count.took)),
            overruled: count("overruled"),
        }
    }

    fn held(&self, holds: &[HeldNumber]) -> Holds {
        let is_late = |held: &&HeldNumber| held.ended.is_none() && self.now > held.due;
        let ended: Vec<&HeldNumber> = holds.iter().filter(|held| held.ended.is_some()).collect();
        let in_time = ended.iter().filter(|held| held.in_time() == Some(true)).count();
        let late = holds.iter().filter(is_late).count();
        let n = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let mut ends: BTreeMap<String, i64> = BTreeMap::new();
        for held in &ended {
            *ends.entry(held.end.clone().unwrap_or_default()).or_default() += 1;
        }
        let took: Vec<i64> = ended.iter().filter_map(|h| Some(h.ended?.since(h.at).as_millis())).collect();
        Holds {
            placed: n(holds.len()),
            waiting: n(holds.len() - ended.len() - late),
            in_time: Part::of(n(in_time), n(ended.len() + late)),
            ends,
            took: percentiles(&took),
        }
    }
}

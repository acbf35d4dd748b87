//! Who is here, what burns with whom, what waits in the pools, and who is on call: counted from what the client sent.

use std::collections::BTreeSet;

use crate::client::handle::{Inbox, Row};
use crate::domain::conversation::Status;
use crate::domain::id::{RepId, ScheduleId, TeamId};
use crate::domain::oncall::{self, FinalSchedule, Override, Plan, Shift, Why};
use crate::domain::playbook::{Playbook, Role};
use crate::domain::routing::Holder;
use crate::domain::sla::Stage;
use crate::domain::time::{Span, Timestamp};
use crate::wire::changes::Presence;

/// How far ahead shifts are looked for.
const AHEAD: Span = Span::minutes(120 * 24 * 60);
/// Most shifts that are listed, from the one that runs on.
const LISTED: usize = 40;

/// What the cursor can be on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// A colleague.
    Rep(RepId),
    /// What waits in a team's pool.
    Pool(TeamId),
    /// A schedule.
    Schedule(ScheduleId),
}

/// One line of the board.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// A team, as people say it.
    Team(String),
    /// One of its people.
    Rep(Standing),
    /// Its pool.
    Pool(Pool),
    /// Over the schedules.
    OnCall,
    /// One schedule.
    Schedule(OnCall),
}

/// How it stands with one colleague.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Who.
    pub rep: RepId,
    /// Leads the team.
    pub lead: bool,
    /// What the backend says of them.
    pub presence: Option<Presence>,
    /// Clocks that burn with them.
    pub burning: Burning,
}

/// Clocks that burn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Burning {
    /// The due time has passed.
    pub late: usize,
    /// The warning has come.
    pub soon: usize,
    /// When one of these numbers changes by itself.
    pub changes: Option<Timestamp>,
}

/// What waits in a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Whose.
    pub team: TeamId,
    /// How many.
    pub waiting: usize,
    /// Since when the longest.
    pub since: Option<Timestamp>,
    /// Clocks that burn there.
    pub burning: Burning,
}

/// Who is on call by one schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct OnCall {
    /// Its name.
    pub schedule: ScheduleId,
    /// As people say it.
    pub label: String,
    /// Who; nobody when left out.
    pub rep: Option<RepId>,
    /// Whether an override says so.
    pub overridden: bool,
    /// Until when, and who comes then; none when nothing changes for a year.
    pub next: Option<(Timestamp, Option<RepId>)>,
}

impl Line {
    /// What the cursor is on there.
    pub fn spot(&self) -> Option<Spot> {
        match self {
            Self::Team(_) | Self::OnCall => None,
            Self::Rep(standing) => Some(Spot::Rep(standing.rep.clone())),
            Self::Pool(pool) => Some(Spot::Pool(pool.team.clone())),
            Self::Schedule(on_call) => Some(Spot::Schedule(on_call.schedule.clone())),
        }
    }
}

impl Burning {
    fn add(&mut self, row: &Row, now: Timestamp) {
        let Some(clock) = row.clock.as_ref().filter(|_| !matches!(row.status, Status::Done(_))) else { return };
        let next = if clock.due <= now {
            self.late += 1;
            return;
        } else if clock.warn <= now || clock.stage >= Stage::Warned {
            self.soon += 1;
            clock.due
        } else {
            clock.warn
        };
        self.changes = Some(self.changes.map_or(next, |at| at.min(next)));
    }
}

/// Whether somebody is away, and as far as it is known still will be then.
pub fn is_away_at(presence: Option<&Presence>, at: Timestamp) -> bool {
    presence.is_some_and(|presence| presence.away && presence.until.is_none_or(|until| until > at))
}

/// Everything there is to see: the teams of this person, then who is on call.
pub fn board(inbox: &Inbox, now: Timestamp) -> Vec<Line> {
    let Some(playbook) = inbox.playbook.as_deref() else { return Vec::new() };
    let mut lines = Vec::new();
    for team in teams(inbox, playbook) {
        let Some(about) = playbook.teams.get(&team) else { continue };
        lines.push(Line::Team(about.label.clone()));
        let home = playbook.reps.iter().filter(|(_, rep)| rep.team == team).map(|(id, _)| id);
        let all: BTreeSet<&RepId> = about.members.iter().chain(home).chain(about.lead.as_ref()).collect();
        for rep in all.into_iter().filter(|rep| playbook.is_active(rep)) {
            let mut burning = Burning::default();
            let theirs = |row: &&Row| row.assignment.as_ref().is_some_and(|a| a.to.rep() == Some(rep));
            inbox.rows.iter().filter(theirs).for_each(|row| burning.add(row, now));
            lines.push(Line::Rep(Standing {
                rep: rep.clone(),
                lead: about.lead.as_ref() == Some(rep),
                presence: inbox.roster.iter().find(|presence| presence.rep == *rep).cloned(),
                burning,
            }));
        }
        lines.push(Line::Pool(pool(inbox, team, now)));
    }
    let plans = oncall::plans(playbook);
    if !plans.is_empty() {
        lines.push(Line::OnCall);
    }
    lines.extend(plans.iter().map(|plan| Line::Schedule(on_call(inbox, plan, now))));
    lines
}

/// The teams a person looks at: those they lead, those whose pool they are in, their own; all for an admin.
fn teams(inbox: &Inbox, playbook: &Playbook) -> BTreeSet<TeamId> {
    let all = || playbook.teams.keys().cloned().collect();
    let Some(me) = inbox.me.as_ref().map(|me| &me.rep) else { return all() };
    let Some(rep) = playbook.reps.get(me).filter(|rep| rep.role != Role::Admin) else { return all() };
    let mut teams = playbook.led_by(me);
    teams.extend(playbook.pools_of(me));
    teams.insert(rep.team.clone());
    teams
}

fn pool(inbox: &Inbox, team: TeamId, now: Timestamp) -> Pool {
    let mut pool = Pool { team, waiting: 0, since: None, burning: Burning::default() };
    for row in inbox.rows.iter().filter(|row| !matches!(row.status, Status::Done(_))) {
        let Some(a) = row.assignment.as_ref().filter(|a| a.taken.is_none()) else { continue };
        if a.to == Holder::Pool(pool.team.clone()) {
            pool.waiting += 1;
            pool.since = Some(pool.since.map_or(a.at, |since| since.min(a.at)));
            pool.burning.add(row, now);
        }
    }
    pool
}

/// A schedule with its overrides on top.
pub fn schedule<'a>(inbox: &'a Inbox, plan: &Plan<'a>) -> FinalSchedule<'a> {
    FinalSchedule { layers: plan.layers, overrides: overrides(inbox, &plan.id) }
}

/// Overrides of a schedule, from the earliest made to the latest.
pub fn overrides<'a>(inbox: &'a Inbox, schedule: &ScheduleId) -> &'a [Override] {
    inbox.on_call.get(schedule).map_or(&[], Vec::as_slice)
}

/// Who is on call by one schedule at an instant, and who comes then.
pub fn on_call(inbox: &Inbox, plan: &Plan<'_>, now: Timestamp) -> OnCall {
    let schedule = schedule(inbox, plan);
    let (at, next) = (schedule.at(now), schedule.next_hand_off(now));
    OnCall {
        schedule: plan.id.clone(),
        label: plan.label.to_owned(),
        rep: at.rep.cloned(),
        overridden: matches!(at.why, Why::Override(_)),
        next: next.map(|next| (next.at, next.takes)),
    }
}

/// The shift that runs and the next ones, each from now on.
pub fn shifts(inbox: &Inbox, plan: &Plan<'_>, now: Timestamp) -> Vec<Shift> {
    let end = now + AHEAD;
    let mut shifts = schedule(inbox, plan).shifts(now, end);
    // The last one may go on further than was looked.
    if shifts.len() > 1 {
        shifts.pop_if(|last| last.to >= end);
    }
    shifts.truncate(LISTED);
    shifts
}

/// Who is on call, or nobody, for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Who; none is nobody.
    pub rep: Option<RepId>,
    /// From when on.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}

/// All of a stretch, without a hole, in the order of time.
pub fn pieces_between(schedule: FinalSchedule<'_>, from: Timestamp, to: Timestamp) -> Vec<Piece> {
    let held = schedule.shifts(from, to).into_iter().map(|s| Piece { rep: Some(s.rep), from: s.from, to: s.to });
    let gaps = schedule.gaps(from, to).into_iter().map(|gap| Piece { rep: None, from: gap.from, to: gap.to });
    let mut pieces: Vec<Piece> = held.chain(gaps).collect();
    pieces.sort_by_key(|piece| piece.from);
    pieces
}

/// What runs and what comes next.
pub fn pieces(inbox: &Inbox, plan: &Plan<'_>, now: Timestamp) -> Vec<Piece> {
    let end = now + AHEAD;
    let mut pieces = pieces_between(schedule(inbox, plan), now, end);
    if pieces.len() > 1 {
        pieces.pop_if(|last| last.to >= end);
    }
    pieces.truncate(LISTED);
    pieces
}

/// Whether this person speaks for that one: of themselves everybody does, of a team its lead, of all an admin.
pub fn speaks_for(inbox: &Inbox, rep: &RepId) -> bool {
    let (Some(me), Some(playbook)) = (inbox.me.as_ref().map(|me| &me.rep), inbox.playbook.as_deref()) else {
        return false;
    };
    let led = playbook.led_by(me);
    me == rep || is_admin(playbook, me) || playbook.reps.get(rep).is_some_and(|rep| led.contains(&rep.team))
}

/// Whether this person gives shifts of a schedule to others; the backend decides.
pub fn rules(inbox: &Inbox, plan: &Plan<'_>) -> bool {
    let (Some(me), Some(playbook)) = (inbox.me.as_ref().map(|me| &me.rep), inbox.playbook.as_deref()) else {
        return false;
    };
    let led = playbook.led_by(me);
    let mut turns = plan.layers.iter().flat_map(|layer| layer.reps.iter().flatten());
    is_admin(playbook, me)
        || match plan.team {
            Some(team) => led.contains(team),
            None => turns.any(|rep| playbook.reps.get(rep).is_some_and(|rep| led.contains(&rep.team))),
        }
}

fn is_admin(playbook: &Playbook, me: &RepId) -> bool {
    playbook.reps.get(me).is_some_and(|rep| rep.role == Role::Admin)
}

//! Is there a reply that would reach nobody? A search over every line, use case, stage, owner and hand-off within stated
//! bounds. What is tried is said by `reach/ways.rs`, and when by `reach/instants.rs`.
//!
//! A reply reaches whoever is asked on its ladder and is here. Whoever is neither asked nor the owner changes nothing by
//! being away: so of those asked, or the owner, somebody must be away in every counterexample, and each is tried. Some
//! are asked whoever else is away, as everybody in a pool and a lead: those must all be away. A test holds this against
//! trying out everybody's absence.

use std::collections::{BTreeMap, BTreeSet};

use super::command::{Actor, Command, Context};
use super::conversation::Conversation;
use super::escalation::{Ladder, Who};
use super::event::Event;
use super::expectation::{self, Reply};
use super::id::{RepId, TeamId};
use super::ownership::Skip;
use super::playbook::{Cohort, Playbook};
use super::roster::Roster;
use super::routing::Holder;
use super::time::{Span, Timestamp};

mod delays;
mod instants;
mod ways;

use instants::Instants;

/// How far is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// From when on.
    pub from: Timestamp,
    /// Hand-offs of so many days are tried.
    pub days: u16,
    /// At most so many people are away at once.
    pub away: usize,
}

/// Most steps of a ladder climbed.
const CLIMBS: usize = 64;
/// Most replies of which absences are tried one by one. Those that a pool of more people gets than may be away need none,
/// nor do those of an owner whose reply was tried at that moment.
const CLOSELY: usize = 20_000;

/// A reply that would reach nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// The reply.
    pub reply: Reply,
    /// When it comes.
    pub at: Timestamp,
    /// Who would have to be away.
    pub away: BTreeSet<RepId>,
}

/// What came of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Searched {
    /// Replies tried: line, use case, stage, owner and instant. Those that no rule tells apart count as one.
    pub replies: usize,
    /// Replies that were not tried, since there are too many of them: instants, or replies of which absences are tried.
    pub left_out: usize,
    /// The counterexample with the fewest people away, the first of those.
    pub found: Option<Unreached>,
}

/// Searches.
pub fn search(playbook: &Playbook, bounds: Bounds) -> Searched {
    let mut searched = Searched { replies: 0, left_out: 0, found: None };
    // Nobody owns anything: what is asked then is asked whoever owns it.
    let bare = Playbook { ownership: Vec::new(), territories: BTreeMap::new(), ..playbook.clone() };
    let mut closely = 0;
    let mut known: BTreeMap<(&TeamId, Option<&str>), Instants> = BTreeMap::new();
    let ways = ways::of(playbook);
    for way in &ways {
        let cohort = way.cohort(playbook);
        let key = (&way.team, cohort.map(|cohort| cohort.name.as_str()));
        let instants = known.entry(key).or_insert_with(|| instants::of(playbook, &way.team, cohort, bounds));
        // A pool on the ladder is asked at any time, as long as the ladder is climbed to its end.
        let first = way.replies.first().zip(instants.tried.first());
        let pool = first.map_or(0, |(reply, at)| largest_pool(&bare, reply, *at, bounds.away));
        searched.left_out += instants.left_out * way.replies.len();
        for at in instants.tried.iter().copied() {
            // Fewer than nobody cannot be.
            let fewer = searched.found.as_ref().map(|found| found.away.len().checked_sub(1));
            let Some(most) = fewer.unwrap_or(Some(bounds.away)) else { return searched };
            if pool > most && way.is_climbed(playbook, at) {
                searched.replies += way.replies.len();
                continue;
            }
            // At the same moment a ladder asks the same people for whoever is the same owner's, however that came; and one
            // that asks nobody by the owner does so for everybody.
            let (mut tried, asks_owner) = (BTreeSet::new(), way.asks_owner(playbook));
            for (n, reply) in way.replies.iter().enumerate() {
                if closely >= CLOSELY {
                    searched.left_out += 1;
                    continue;
                }
                if n > 0 && !asks_owner {
                    searched.replies += 1;
                    continue;
                }
                let search = Search::of(playbook, reply, at);
                if search.keeps_owner && !tried.insert(search.owner.clone()) {
                    searched.replies += 1;
                    continue;
                }
                closely += 1;
                searched.replies += 1;
                let fewer = searched.found.as_ref().map(|found| found.away.len().checked_sub(1));
                let Some(most) = fewer.unwrap_or(Some(bounds.away)) else { return searched };
                if let Some(away) = search.unreached(most) {
                    searched.found = Some(Unreached { reply: reply.clone(), at, away });
                }
            }
        }
    }
    searched
}

/// How many are in the largest pool that a reply gets into sooner or later; no further than to one of more than `most`.
fn largest_pool(bare: &Playbook, reply: &Reply, at: Timestamp, most: usize) -> usize {
    climbed(bare, reply, at, &BTreeSet::new(), false, |asked| asked.pool > most).pool
}

/// A search for absences.
struct Search<'a> {
    playbook: &'a Playbook,
    reply: &'a Reply,
    at: Timestamp,
    /// Whose it is while nobody is away.
    owner: Option<RepId>,
    /// Whether the owner stays the same whoever is away.
    keeps_owner: bool,
}

impl<'a> Search<'a> {
    fn of(playbook: &'a Playbook, reply: &'a Reply, at: Timestamp) -> Self {
        let state = expectation::outcome(playbook, reply, at, &Roster::default());
        let gives_on = |source| playbook.ownership.iter().any(|r| r.source == source && r.skip.contains(&Skip::Away));
        Self { playbook, reply, at, owner: state.owner, keeps_owner: !state.owned_by.is_some_and(gives_on) }
    }

    /// The fewest people who must be away for the reply to reach nobody; none when they are more than `most`, or when it
    /// reaches somebody whoever is away.
    fn unreached(&self, most: usize) -> Option<BTreeSet<RepId>> {
        self.tried(most, &mut BTreeSet::new(), BTreeSet::new())
    }

    /// Sends away whoever must be, then one of those who would be asked, or the owner, until nobody is left or too many
    /// are away. `seen` keeps from trying the same absences in another order.
    fn tried(
        &self,
        most: usize,
        seen: &mut BTreeSet<BTreeSet<RepId>>,
        away: BTreeSet<RepId>,
    ) -> Option<BTreeSet<RepId>> {
        let room = most.checked_sub(away.len())?;
        let Self { playbook, reply, at, keeps_owner, .. } = *self;
        let is_enough = |asked: &Asked| asked.sure.len() > room || room == 0 && !asked.people.is_empty();
        let asked = climbed(playbook, reply, at, &away, keeps_owner, is_enough);
        if asked.people.is_empty() {
            return Some(away);
        }
        if is_enough(&asked) {
            return None;
        }
        if asked.is_climbed && !asked.sure.is_empty() {
            let further: BTreeSet<RepId> = away.union(&asked.sure).cloned().collect();
            return if seen.insert(further.clone()) { self.tried(most, seen, further) } else { None };
        }
        let owner = asked.owner.filter(|owner| !away.contains(owner) && playbook.is_active(owner));
        let next: BTreeSet<RepId> = asked.people.into_iter().chain(owner).collect();
        let mut found: Option<BTreeSet<RepId>> = None;
        for rep in next {
            let most = match &found {
                None => most,
                Some(found) => found.len().saturating_sub(1),
            };
            let mut further = away.clone();
            further.insert(rep);
            if seen.insert(further.clone()) {
                found = self.tried(most, seen, further).or(found);
            }
        }
        found
    }
}

/// Who is asked.
#[derive(Default)]
struct Asked {
    /// Everybody who is here.
    people: BTreeSet<RepId>,
    /// Those of them who are asked whoever else is away, as long as the ladder is climbed to its end.
    sure: BTreeSet<RepId>,
    /// How many of the largest pool that was asked are here.
    pool: usize,
    /// Whose it is.
    owner: Option<RepId>,
    /// Whether every step of the ladder gets its turn: opening hours that never come keep it where it is.
    is_climbed: bool,
}

impl Asked {
    fn take(&mut self, playbook: &Playbook, away: &BTreeSet<RepId>, to: &Holder, is_sure: bool) {
        let here = |rep: &&RepId| playbook.is_active(rep) && !away.contains(*rep);
        match to {
            Holder::Rep(rep) => {
                self.people.extend(Some(rep).filter(here).cloned());
                self.sure.extend(Some(rep).filter(|rep| is_sure && here(rep)).cloned());
            }
            Holder::Pool(team) => {
                let members = playbook.teams.get(team).into_iter().flat_map(|team| &team.members).filter(here);
                let members: Vec<&RepId> = members.collect();
                self.pool = self.pool.max(members.len());
                self.people.extend(members.iter().copied().cloned());
                self.sure.extend(members.into_iter().cloned());
            }
        }
    }
}

/// Climbs the ladder of a reply until it is at its end, or enough is known.
fn climbed(
    playbook: &Playbook,
    reply: &Reply,
    at: Timestamp,
    away: &BTreeSet<RepId>,
    keeps_owner: bool,
    is_enough: impl Fn(&Asked) -> bool,
) -> Asked {
    let roster = Roster::of_away(away.iter().map(|rep| (rep.clone(), at)));
    let mut state = expectation::outcome(playbook, reply, at, &roster);
    let rules = rules(playbook, &state);
    let is_climbed = rules.is_some_and(|(cohort, ladder)| ends(playbook, cohort, ladder, at));
    let mut asked = Asked { owner: state.owner.clone(), is_climbed, ..Asked::default() };
    // Whoever stands there first does so at this very moment; who is on call later may hang on who was asked before.
    let is_sure = |step: Option<u8>, is_first: bool| {
        let who = step.and_then(|step| rules?.1.steps.get(usize::from(step))).map(|step| &step.who);
        match who {
            Some(Who::Lead | Who::LeadOf(_)) => true,
            Some(Who::OwnersLead) => keeps_owner,
            Some(
                Who::Owner
                | Who::Backup
                | Who::Pool
                | Who::OnCall
                | Who::Person(_)
                | Who::Role(_)
                | Who::Team(_)
                | Who::Schedule(_),
            )
            | None => keeps_owner && is_first,
        }
    };
    if let Some(first) = &state.assignment {
        asked.take(playbook, away, &first.to, is_sure(first.step, true));
    }
    for _ in 0..CLIMBS {
        if is_enough(&asked) {
            break;
        }
        let Some(now) = state.next_deadline() else { break };
        let cx = Context { now, actor: Actor::Clock, seen: u64::MAX, behind: false, hold: Span::ZERO };
        let events = expectation::decided(playbook, &roster, &[], Some(&state), &Command::Expire, &cx);
        if events.is_empty() {
            break;
        }
        for event in &events {
            state.apply(now, event);
            if let Event::Offered { to, step, .. } = event {
                asked.take(playbook, away, to, is_sure(*step, false));
            }
        }
    }
    asked
}

/// The cohort and the ladder of a conversation.
fn rules<'a>(playbook: &'a Playbook, state: &Conversation) -> Option<(&'a Cohort, &'a Ladder)> {
    let cohort = playbook.cohort(&state.cohort).or_else(|| playbook.cohorts.last())?;
    Some((cohort, playbook.ladders.get(&cohort.ladder)?))
}

/// Whether a ladder that is begun now comes to its end in the hours of its cohort.
fn ends(playbook: &Playbook, cohort: &Cohort, ladder: &Ladder, at: Timestamp) -> bool {
    let calendar = playbook.calendars.get(&cohort.calendar);
    calendar.is_none_or(|calendar| calendar.add(at, once(ladder)).is_some())
}

/// How long a ladder is climbed once, from its first step to its last.
fn once(ladder: &Ladder) -> Span {
    Span::millis(ladder.steps.iter().fold(0, |all, step| step.wait.as_millis().saturating_add(all)))
}

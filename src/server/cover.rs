//! Comings and goings, followed up: absences that end by themselves, people of whom no device was seen, and the
//! conversations that somebody's coming or going concerns. The facts are in the journal and the rules in the domain; what
//! is kept here may be lost at any time, and is found again at the next start.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::engine;
use super::feed::Presences;
use super::service::{Outcome, Service, ServiceError, Work};
use super::store::{Store, StoreError};
use crate::clock::monotonic;
use crate::domain::command::{Actor, Command};
use crate::domain::conversation::Conversation;
use crate::domain::coverage;
use crate::domain::hours::Calendar;
use crate::domain::id::RepId;
use crate::domain::playbook::Playbook;
use crate::domain::roster::{Returned, Roster};
use crate::domain::time::Timestamp;
use crate::domain::visibility::Principal;

/// How often it looks when nobody says anything: `Instant` stops while a machine is suspended, and another process may
/// have written.
const LOOK: Duration = Duration::from_secs(30);

/// While somebody else holds the database.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// Conversations in one round.
const ROUND: usize = 256;

/// A device seen within this time is there.
const THERE: Duration = Duration::from_secs(75);

/// What was followed up so far.
#[derive(Debug, Default)]
pub struct Known {
    /// Of which version of the policy.
    playbook: u32,
    /// Who could be asked then.
    here: BTreeSet<RepId>,
    /// Who had been away, and when that was over.
    returned: BTreeMap<RepId, Returned>,
}

/// Who came back and can be asked, as far as an offer may move for it. Whom a version of the policy brings never was away.
enum Came {
    /// These since the look before.
    Since(BTreeSet<RepId>),
    /// Everybody who came back, and when: of what was followed up before nothing is known.
    Ever(BTreeMap<RepId, Timestamp>),
}

impl Came {
    /// Whether anybody came back whom a conversation has not been offered with.
    fn concerns(&self, c: &Conversation) -> bool {
        match self {
            Self::Since(back) => !back.is_empty(),
            Self::Ever(back) => c.assignment.as_ref().is_some_and(|a| back.values().any(|at| *at >= a.at)),
        }
    }

    fn is_nobody(&self) -> bool {
        match self {
            Self::Since(back) => back.is_empty(),
            Self::Ever(back) => back.is_empty(),
        }
    }
}

/// Runs until `shutdown` or until the database fails.
pub async fn run(
    service: Service,
    presences: Arc<Presences>,
    mut shutdown: watch::Receiver<bool>,
) -> Result<(), ServiceError> {
    let (mut moves, mut known, started) = (service.moves(), None, monotonic());
    while !*shutdown.borrow() {
        moves.mark_unchanged();
        let wait = match look(&service, &presences, started, &mut known).await {
            Ok(next) => next.map_or(LOOK, |at| service.clock().real_wait(at, LOOK)),
            Err(StoreError::Busy) => BUSY_PAUSE,
            Err(e) => return Err(ServiceError::Stopped(e.to_string())),
        };
        tokio::select! {
            () = tokio::time::sleep(wait.max(Duration::from_millis(5))) => {}
            _ = moves.changed() => {}
            _ = shutdown.changed() => {}
        }
    }
    Ok(())
}

/// Follows up once what is new, as a process does that has just started, for tests and whoever will not wait.
pub async fn follow_up(service: &Service) -> Result<(), StoreError> {
    follow_up_since(service, &mut None).await
}

/// The same, as a process does that knows what it followed up before.
pub async fn follow_up_since(service: &Service, known: &mut Option<Known>) -> Result<(), StoreError> {
    look(service, &Presences::default(), monotonic(), known).await.map(drop)
}

/// Follows up what is new; tells when an absence ends next.
async fn look(
    service: &Service,
    presences: &Presences,
    started: Instant,
    known: &mut Option<Known>,
) -> Result<Option<Timestamp>, StoreError> {
    if engine::is_clock_behind(service).await? {
        return Ok(None);
    }
    let mut roster = service.store().roster().await?;
    let playbook = service.playbook();
    let mut said = Vec::new();
    if !roster.ended(service.clock().now()).is_empty() {
        said.push(Command::Return);
    }
    said.extend(seen_and_unseen(service, presences, started, &playbook, &roster));
    if !said.is_empty() {
        for command in said {
            submit(service, Work::People { actor: Actor::Clock, command }).await?;
        }
        roster = service.store().roster().await?;
    }
    let is_here = |rep: &RepId| roster.is_here(&playbook, rep);
    let here: BTreeSet<RepId> = playbook.reps.keys().filter(|rep| is_here(rep)).cloned().collect();
    let back = roster.returned.iter().filter(|(rep, _)| is_here(rep));
    let came = match known {
        Some(known) => {
            let since = back.filter(|(rep, last)| known.returned.get(*rep) != Some(*last));
            Came::Since(since.map(|(rep, _)| rep.clone()).collect())
        }
        None => Came::Ever(back.map(|(rep, last)| (rep.clone(), last.at)).collect()),
    };
    let moved = match (&*known, &came) {
        (Some(known), Came::Since(back)) if known.playbook == playbook.version => {
            Some(known.here.symmetric_difference(&here).chain(back).cloned().collect())
        }
        // Another policy may have left out anybody.
        (Some(_) | None, _) => None,
    };
    let concerned = concerned(service, &playbook, moved, &came, is_here).await?;
    settle(service, concerned, &came).await?;
    *known = Some(Known { playbook: playbook.version, here, returned: roster.returned.clone() });
    Ok(roster.next_return())
}

/// Settles these conversations in their order. A round is handed over before its first is waited for: few groups, and few
/// writes to the disk.
async fn settle(service: &Service, conversations: Vec<Conversation>, came: &Came) -> Result<(), StoreError> {
    for round in conversations.chunks(ROUND) {
        let settle = |c: &Conversation| {
            let command = Command::Settle { back: came.concerns(c) };
            service.hand_over(Work::Machine { actor: Actor::Clock, conversation: c.id, command })
        };
        let waiting: Result<Vec<_>, _> = round.iter().map(settle).collect();
        for settled in waiting.map_err(trouble)? {
            told(settled.await)?;
        }
    }
    Ok(())
}

/// Whoever was not seen for a while in hours, and whoever is there again.
fn seen_and_unseen(
    service: &Service,
    presences: &Presences,
    started: Instant,
    playbook: &Playbook,
    roster: &Roster,
) -> Vec<Command> {
    let there = presences.within(THERE);
    let by_absence = roster.absences.iter().filter(|(_, absence)| absence.unseen).map(|(rep, _)| rep);
    let back = by_absence.filter(|rep| there.contains(*rep));
    let mut said: Vec<Command> = back.map(|rep| Command::Seen { rep: rep.clone(), seen: true }).collect();
    let Some(rule) = &playbook.unseen else { return said };
    let after = Duration::from_millis(u64::try_from(rule.after.as_millis()).unwrap_or(u64::MAX));
    let now = service.clock().now();
    let calendar = rule.calendar.as_ref().and_then(|name| playbook.calendars.get(name));
    // The night does not count: hours must have run as long as nobody was seen. In a world that runs faster they run as fast.
    let since = now - service.clock().of_real(rule.after);
    let at_work = |calendar: Option<&Calendar>| calendar.is_none_or(|calendar| calendar.is_open_throughout(since, now));
    // Of the time before this process nothing is known.
    if started.elapsed() < after || !at_work(calendar) {
        return said;
    }
    let seen = presences.within(after);
    let silent = playbook.reps.iter().filter(|(rep, person)| {
        let own = person.hours.as_ref().and_then(|name| playbook.calendars.get(name));
        roster.is_here(playbook, rep) && !seen.contains(*rep) && at_work(own)
    });
    said.extend(silent.map(|(rep, _)| Command::Seen { rep: rep.clone(), seen: false }));
    said
}

/// How many open conversations are of a team that this policy does not know: once it is in force they go to the team of
/// their line.
pub async fn homeless(store: &dyn Store, playbook: &Playbook) -> Result<usize, StoreError> {
    let open = store.open_seen_by(&Principal::All).await?;
    Ok(open.iter().filter(|c| coverage::is_homeless(c, playbook)).count())
}

/// Conversations that these people's coming or going concerns, the most urgent first; of everybody's when nobody is named.
async fn concerned(
    service: &Service,
    playbook: &Playbook,
    moved: Option<BTreeSet<RepId>>,
    came: &Came,
    is_here: impl Fn(&RepId) -> bool,
) -> Result<Vec<Conversation>, StoreError> {
    let principals = match moved {
        None => [Principal::All].into(),
        Some(moved) => {
            let mut principals: BTreeSet<Principal> = moved.iter().cloned().map(Principal::Rep).collect();
            // Whoever is back may also take what waits in their pools, or with a lead before whom nobody else stood.
            for rep in moved.iter().filter(|rep| !came.is_nobody() && is_here(rep)) {
                principals.extend(playbook.pools_of(rep).into_iter().map(Principal::Pool));
                principals.extend(playbook.teams.values().filter_map(|team| team.lead.clone()).map(Principal::Rep));
            }
            principals
        }
    };
    let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
    for principal in principals {
        let open = service.store().open_seen_by(&principal).await?.into_iter();
        let concerns = |c: &Conversation| {
            coverage::is_homeless(c, playbook) || coverage::is_unsettled(c, came.concerns(c), &is_here)
        };
        all.extend(open.filter(|c| concerns(c) && seen.insert(c.id)));
    }
    let homeless = all.iter().filter(|c| coverage::is_homeless(c, playbook)).count();
    if homeless > 0 {
        let version = playbook.version;
        tracing::warn!(homeless, version, "open conversations of a team that is gone go to the team of their line");
    }
    all.sort_by_key(coverage::urgency);
    Ok(all)
}

async fn submit(service: &Service, work: Work) -> Result<(), StoreError> {
    told(service.submit(work).await)
}

/// One conversation that does not read holds back no other.
fn told(outcome: Result<Outcome, ServiceError>) -> Result<(), StoreError> {
    match outcome {
        Ok(_) | Err(ServiceError::Unreadable(_)) => Ok(()),
        Err(e) => Err(trouble(e)),
    }
}

fn trouble(e: ServiceError) -> StoreError {
    match e {
        ServiceError::Busy => StoreError::Busy,
        ServiceError::Unreadable(why) | ServiceError::Stopped(why) => StoreError::Fatal(why),
    }
}

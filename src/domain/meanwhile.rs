//! Who is asked for somebody's buyers while they are away: not who should be, but whom the rules find, with the people who
//! are here now.

use std::collections::BTreeSet;

use super::escalation::Who;
use super::expectation::{self, Reply};
use super::id::{LineId, RepId};
use super::ownership::OwnerSource;
use super::playbook::Playbook;
use super::roster::Roster;
use super::routing::{Holder, Reason};
use super::time::Timestamp;

/// Who is asked first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// As people say it: "Ben Carver", "the pool of East".
    pub who: String,
    /// For replies of these classes, as people call them.
    pub classes: Vec<String>,
}

/// Who is asked first for a reply of somebody's buyer that comes now, while that person is away: one for each answer, in the
/// order of the classes. Whatever the rules give out by load may go to another one of the same.
pub fn asked(playbook: &Playbook, roster: &Roster, rep: &RepId, now: Timestamp) -> Vec<Asked> {
    let mut roster = roster.clone();
    roster.away.entry(rep.clone()).or_insert(now);
    let team = playbook.reps.get(rep).map(|rep| &rep.team);
    let of_team = playbook.lines.iter().filter(|(_, line)| Some(&line.team) == team).map(|(id, _)| id);
    let mut lines: Vec<&LineId> = of_team.collect();
    if lines.is_empty() {
        lines.extend(playbook.lines.keys());
    }
    let sources = [OwnerSource::Opportunity, OwnerSource::Contact, OwnerSource::Account, OwnerSource::Sdr];
    let (mut all, mut told) = (Vec::<Asked>::new(), BTreeSet::new());
    for cohort in &playbook.cohorts {
        for line in &lines {
            let reply = Reply {
                stage: cohort.stages.first().cloned(),
                use_case: cohort.use_cases.first().cloned(),
                owners: sources.iter().map(|source| (*source, rep.clone())).collect(),
                ..Reply::to((*line).clone())
            };
            let c = expectation::outcome(playbook, &reply, now, &roster);
            let Some(a) = c.assignment.filter(|_| c.cohort == cohort.name) else { continue };
            if !told.insert(cohort.name.as_str()) {
                continue;
            }
            let who = match (&a.because.reason, &a.to) {
                (Reason::Step(who @ Who::Role(_)) | Reason::Unowned(who @ Who::Role(_)), _) => who.words(),
                (_, Holder::Rep(rep)) if roster.is_here(playbook, rep) => playbook.rep_name(rep).to_owned(),
                // A lead is asked even when away.
                (_, Holder::Rep(rep)) => format!("{}, who is away, too", playbook.rep_name(rep)),
                (_, Holder::Pool(team)) => {
                    format!("the pool of {}", playbook.teams.get(team).map_or(team.as_str(), |team| &team.label))
                }
            };
            let class = cohort.label.clone();
            match all.iter_mut().find(|asked| asked.who == who) {
                Some(asked) => asked.classes.push(class),
                None => all.push(Asked { who, classes: vec![class] }),
            }
        }
    }
    all
}

/// All of them on one line; with the classes only where the answers differ. None when the rules find nobody.
pub fn words(asked: &[Asked]) -> Option<String> {
    let one = |asked: &Asked| format!("{} ({})", asked.who, asked.classes.join(", "));
    match asked {
        [] => None,
        [only] => Some(only.who.clone()),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(one).collect();
            Some(format!("{} and {}", first.join(", "), one(last)))
        }
    }
}

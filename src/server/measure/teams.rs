//! What each team carried, and how evenly offers were spread in it.
//!
//! Load is kept by rep, and the playbook says who is in which team. Whoever left carried what they carried: it counts in the
//! last team that the playbook gave them, or in a row of no team, so that teams and reps add up to the same.

use std::collections::BTreeSet;

use super::report::{Desk, Sees};
use crate::domain::id::{RepId, TeamId};
use crate::domain::measure::report::{Fairness, LoadRow};
use crate::domain::measure::sample::jain;

/// What the row is called of those who are in no team.
const NO_TEAM: &str = "in no team now";

impl Desk {
    /// The teams in which what somebody carried counts: those whose pool they are in, and of somebody who left the last one
    /// that the playbook gave them. None where it knows none.
    pub(super) fn teams_of(&self, rep: &RepId) -> BTreeSet<TeamId> {
        let playbook = &self.playbook;
        let mut teams = playbook.pools_of(rep);
        if teams.is_empty() {
            let gone = playbook.reps.get(rep).filter(|rep| !rep.active);
            teams.extend(gone.map(|rep| rep.team.clone()).filter(|team| playbook.teams.contains_key(team)));
        }
        teams
    }

    /// Whether what a team carried is theirs to see.
    pub(super) fn sees_team(&self, team: &TeamId) -> bool {
        match &self.sees {
            Sees::All => true,
            Sees::Teams(teams) => teams.contains(team),
            Sees::Own(_) => false,
        }
    }

    /// What the reps of these rows carried, by team, and last what is of no team.
    pub(super) fn by_team(&self, rows: &[LoadRow]) -> Vec<Fairness> {
        let teams_of = |row: &LoadRow| self.teams_of(&RepId::new(row.rep.as_str()));
        let placed: Vec<(&LoadRow, BTreeSet<TeamId>)> = rows.iter().map(|row| (row, teams_of(row))).collect();
        let teams = self.playbook.teams.iter().filter(|(id, _)| self.sees_team(id));
        let mut all: Vec<Fairness> = teams
            .map(|(id, team)| {
                let theirs = placed.iter().filter(|(_, teams)| teams.contains(id)).map(|(row, _)| *row);
                let is_here = |row: &&LoadRow| self.playbook.is_active(&RepId::new(row.rep.as_str()));
                let (members, left): (Vec<&LoadRow>, Vec<&LoadRow>) = theirs.partition(is_here);
                self.carried((id.as_str(), team.label.as_str()), members, left)
            })
            .collect();
        let of_none = placed.iter().filter(|(_, teams)| teams.is_empty()).map(|(row, _)| *row);
        let of_none: Vec<&LoadRow> = of_none.filter(|row| has_carried(row)).collect();
        if self.sees == Sees::All && !of_none.is_empty() {
            all.push(self.carried(("", NO_TEAM), Vec::new(), of_none));
        }
        all
    }

    /// What the members of a team carried, with those who left; the index is over the members alone.
    fn carried(&self, (team, label): (&str, &str), members: Vec<&LoadRow>, left: Vec<&LoadRow>) -> Fairness {
        let weight =
            |row: &LoadRow| self.playbook.reps.get(&RepId::new(row.rep.as_str())).map_or(1, |rep| rep.weight.max(1));
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let shares: Vec<f64> = members.iter().map(|row| row.offers as f64 / f64::from(weight(row))).collect();
        let (reps, gone) = (members.len(), left.len());
        let left_offers: i64 = left.iter().map(|row| row.offers).sum();
        let all = [members, left].concat();
        let sum = |pick: fn(&LoadRow) -> i64| all.iter().map(|row| pick(row)).sum();
        Fairness {
            team: team.to_owned(),
            label: label.to_owned(),
            reps,
            left: gone,
            offers: sum(|row| row.offers),
            left_offers,
            takes: sum(|row| row.takes),
            passes: sum(|row| row.passes),
            answers: sum(|row| row.answers),
            average: all.iter().map(|row| row.average).sum(),
            now: sum(|row| row.now),
            jain: jain(&shares),
        }
    }
}

/// Whether there is anything in a row.
fn has_carried(row: &LoadRow) -> bool {
    row.offers + row.takes + row.passes + row.answers + row.now > 0 || row.average > 0.0
}

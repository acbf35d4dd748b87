//! Layers and overrides laid over each other: one answer for every instant.

use std::collections::BTreeSet;

use super::{FinalSchedule, Why};
use crate::domain::id::RepId;
use crate::domain::time::Timestamp;

/// A stretch with one answer, in milliseconds since the epoch.
#[derive(Clone, Copy)]
pub(super) struct Stretch<'a> {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) rep: Option<&'a RepId>,
    pub(super) why: Why,
}

/// Everything from `from` to `to`, in order and without a hole: stretches with nobody are told too.
pub(super) fn timeline<'a>(schedule: FinalSchedule<'a>, from: Timestamp, to: Timestamp) -> Vec<Stretch<'a>> {
    // From the lowest rank to the highest: a later layer over an earlier one, a later override over everything.
    let mut ranked: Vec<Stretch<'a>> = Vec::new();
    for (layer, rotation) in schedule.layers.iter().enumerate() {
        let turns = rotation.turns(from, to).into_iter();
        ranked.extend(turns.map(|t| Stretch { from: t.from, to: t.to, rep: Some(t.rep), why: Why::Layer(layer) }));
    }
    for o in schedule.overrides {
        let (from, to) = (o.from.max(from).millis(), o.to.min(to).millis());
        if from < to {
            ranked.push(Stretch { from, to, rep: o.rep.as_ref(), why: Why::Override(o.id) });
        }
    }
    let mut edges: Vec<(i64, usize)> = ranked.iter().enumerate().flat_map(|(i, s)| [(s.from, i), (s.to, i)]).collect();
    edges.sort_unstable();

    let (mut now, mut here, mut told) = (from.millis(), BTreeSet::new(), Vec::new());
    let mut tell = |now: &mut i64, until: i64, here: &BTreeSet<usize>| {
        if *now < until {
            let top = here.last().map(|i: &usize| &ranked[*i]);
            let (rep, why) = top.map_or((None, Why::Nobody), |s| (s.rep, s.why));
            told.push(Stretch { from: *now, to: until, rep, why });
            *now = until;
        }
    };
    for (at, i) in edges {
        tell(&mut now, at, &here);
        if ranked[i].from == at {
            here.insert(i);
        } else {
            here.remove(&i);
        }
    }
    tell(&mut now, to.millis(), &here);
    told
}

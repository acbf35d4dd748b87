//! Charts of who carried how much.

use super::{Bar, Behind, Chart, Figure, Shape, chart, counted};
use crate::domain::measure::money::thousands;
use crate::domain::measure::report::{Fairness, Load, LoadRow};
use crate::domain::measure::sheet::Datum;

fn carried(what: &str) -> Behind {
    Behind::of("load").only("what", what)
}

fn of_rep(what: &str, row: &LoadRow) -> Behind {
    carried(what).only("by", "rep").only("key", row.rep.clone())
}

/// Offers that the index is over. Where nobody left they are all of the team's, which older backends know, too.
fn of_members(row: &Fairness) -> Behind {
    let by = if row.left_offers > 0 { "members" } else { "team" };
    carried("offers").only("by", by).only("key", row.team.clone())
}

pub(super) fn figures(load: &Load) -> Vec<Figure> {
    let figure = |label: &str, pick: fn(&LoadRow) -> i64, what: &str, beside: &str| {
        let n = load.rows.iter().map(pick).sum();
        Figure {
            label: label.to_owned(),
            value: Datum::Count(n),
            beside: beside.to_owned(),
            behind: Some(carried(what)).filter(|_| n > 0),
            ..Figure::default()
        }
    };
    vec![
        figure("offers", |row| row.offers, "offers", "to a rep by name"),
        figure("answers", |row| row.answers, "answers", "texts that left"),
        figure("held now", |row| row.now, "now", "open conversations"),
    ]
}

pub(super) fn charts(load: &Load) -> Vec<Chart> {
    let counts = |what: &str, pick: fn(&LoadRow) -> i64| -> Vec<Bar> {
        counted(load.rows.iter().map(|row| (row.name.as_str(), pick(row), of_rep(what, row))))
    };
    let most = load.rows.iter().map(|row| row.average).fold(0.0_f64, f64::max);
    let held = load.rows.iter().map(|row| Bar {
        label: row.name.clone(),
        fill: (most > 0.0).then(|| row.average / most),
        value: Datum::Number(row.average),
        beside: format!("{} at most, {} now", thousands(row.most), thousands(row.now)),
        behind: Some(of_rep("held", row)).filter(|_| row.average > 0.0),
        ..Bar::default()
    });
    let even = load.fairness.iter().filter(|row| !row.team.is_empty()).map(|row: &Fairness| Bar {
        label: row.label.clone(),
        fill: row.jain.map(|jain| jain.clamp(0.0, 1.0)),
        value: row.jain.map_or(Datum::None, Datum::Number),
        beside: format!("{} offers among {}", thousands(row.offers_to_reps()), row.reps),
        behind: Some(of_members(row)).filter(|_| row.offers_to_reps() > 0),
        shut: "nobody of the team was offered anything",
        ..Bar::default()
    });
    let of_reps = "Of each rep, in the days of this report.";
    let bars = |title: &str, says: &str, bars: Vec<Bar>| chart(title, says, Shape::Bars, bars);
    let mut charts = vec![
        bars("Offers", of_reps, counts("offers", |row| row.offers)),
        bars("Takes", of_reps, counts("takes", |row| row.takes)),
        bars("Passed on", "Offers that nobody acted on in time.", counts("passes", |row| row.passes)),
        bars("Answers", of_reps, counts("answers", |row| row.answers)),
        bars(
            "Held on average",
            "Open conversations, over every hour, day and night; where the journal began within the period, from then on.",
            held.collect(),
        ),
        bars(
            "Held at most at once",
            "Opens those of the last time that it was as many.",
            counts("most", |row| row.most),
        ),
        bars("Held now", "Open conversations, as of the newest entry.", counts("now", |row| row.now)),
    ];
    let even = bars("How evenly offers were spread", "Full is even (Jain's index).", even.collect());
    match load.by.as_str() {
        "team" => return vec![even],
        "rep" => {}
        _ => charts.push(even),
    }
    charts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_evenly_is_of_those_who_are_here_and_opens_only_theirs() {
        let team = |team: &str, left_offers| Fairness {
            team: team.to_owned(),
            reps: 2,
            offers: 28,
            left_offers,
            jain: Some(0.5),
            ..Fairness::default()
        };
        let of = |fairness| {
            let load = Load { by: "team".to_owned(), fairness, ..Load::default() };
            charts(&load).remove(0).bars
        };
        let bars = of(vec![team("north", 26), team("south", 0), team("", 28)]);
        let beside: Vec<&str> = bars.iter().map(|bar| bar.beside.as_str()).collect();
        assert_eq!(beside, ["2 offers among 2", "28 offers among 2"], "none of those who are in no team");
        assert_eq!(bars[0].behind, Some(carried("offers").only("by", "members").only("key", "north")));
        assert_eq!(bars[1].behind, Some(carried("offers").only("by", "team").only("key", "south")));
        assert_eq!(of(vec![team("north", 28)])[0].behind, None, "all of them went to who left");
    }
}

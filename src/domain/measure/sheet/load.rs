//! Who carried how much as tables: rep by rep, and team by team.

use super::{Datum, Sheet, of_those, text};
use crate::domain::measure::report::{Fairness, Load};

/// Both, or the one that was asked for.
pub(super) fn sheets(load: &Load) -> Vec<Sheet> {
    of_those(&load.by, [("rep", reps(load)), ("team", teams(load))])
}

fn reps(load: &Load) -> Sheet {
    Sheet {
        title: "By rep".to_owned(),
        columns: vec!["rep", "team", "offers", "takes", "passes", "answers", "held on average", "at most", "now"],
        rows: load
            .rows
            .iter()
            .map(|row| {
                vec![
                    text(&row.name),
                    text(&row.team),
                    Datum::Count(row.offers),
                    Datum::Count(row.takes),
                    Datum::Count(row.passes),
                    Datum::Count(row.answers),
                    Datum::Number(row.average),
                    Datum::Count(row.most),
                    Datum::Count(row.now),
                ]
            })
            .collect(),
        notes: vec![
            "Held: open conversations, averaged over every hour of the period, day and night; where the journal began \
             within it, from then on."
                .to_owned(),
        ],
    }
}

fn teams(load: &Load) -> Sheet {
    let row = |row: &Fairness| {
        let people = [row.reps, row.left].map(|n| Datum::Count(i64::try_from(n).unwrap_or(i64::MAX)));
        let counts = [row.offers, row.takes, row.passes, row.answers].map(Datum::Count);
        let held = [Datum::Number(row.average), Datum::Count(row.now)];
        let index = row.jain.map_or(Datum::None, Datum::Number);
        let name = std::iter::once(text(&row.label));
        name.chain(people).chain(counts).chain(held).chain([index]).collect()
    };
    let is_of_none = |row: &Fairness| row.team.is_empty();
    let some = |is: bool, note: &str| is.then(|| note.to_owned());
    let notes = [
        some(true, "Who is in two teams counts in both."),
        some(
            load.fairness.iter().any(|row| row.left > 0 && !is_of_none(row)),
            "Left: who carried something and is gone; it counts in the last team that the playbook gave them.",
        ),
        some(
            load.fairness.iter().any(is_of_none),
            "In no team now: the playbook does not say in which team they are, or were.",
        ),
        some(
            true,
            "Jain's index, over the offers of the reps by weight, without who left: 1 is even; 1 divided by the number of \
             reps is all to one.",
        ),
    ];
    Sheet {
        title: "By team".to_owned(),
        columns: vec![
            "team",
            "reps",
            "left",
            "offers",
            "takes",
            "passes",
            "answers",
            "held on average",
            "now",
            "Jain's index",
        ],
        rows: load.fairness.iter().map(row).collect(),
        notes: notes.into_iter().flatten().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_left_has_a_column_and_is_said_to_count() {
        let team = |team: &str, left| Fairness { team: team.to_owned(), left, offers: 9, ..Fairness::default() };
        let told = |fairness: Vec<Fairness>| teams(&Load { fairness, ..Load::default() });
        let sheet = told(vec![team("east", 1), team("west", 0)]);
        assert_eq!((&sheet.columns[2], &sheet.rows[0][2]), (&"left", &Datum::Count(1)));
        assert!(sheet.rows.iter().all(|row| row.len() == sheet.columns.len()), "{sheet:?}");
        let notes = sheet.notes.join("\n");
        assert!(notes.contains("Left: who carried") && !notes.contains("In no team now"), "{notes}");
        let notes = told(vec![team("east", 0), team("", 2)]).notes.join("\n");
        assert!(!notes.contains("Left:") && notes.contains("In no team now"), "{notes}");
    }
}

//! Before and since as tables.

use chrono_tz::Tz;

use super::super::compare::{Compared, Layer, NoWaves, Side, TeamCompared, Wave};
use super::super::money::thousands;
use super::super::sample::ENOUGH;
use super::super::sheet::{Datum, Sheet, share, text};
use super::sheets::{day, difference, label, middle, part};

/// What is said of it before all tables, in every form: up to which day it goes.
pub(super) fn line(of: &Compared) -> Option<String> {
    let is_told = !of.until.is_empty() && !of.teams.is_empty();
    is_told.then(|| format!("Before and since: whole days, up to {}; today is not over, and on neither side", of.until))
}

/// Before and since.
pub(super) fn sheets(of: &Compared, zone: Tz) -> Vec<Sheet> {
    if of.teams.is_empty() {
        return vec![Sheet {
            title: "Before and since".to_owned(),
            columns: vec!["imported exchanges"],
            rows: vec![vec![Datum::Count(of.imported)]],
            notes: vec![
                "No team has begun: the journal has no reply yet, so that there is nothing since. --before DATE compares \
                 around a day that you name."
                    .to_owned(),
            ],
        }];
    }
    vec![teams(of, zone), changes(of), stages(of), waves(of, zone)]
}

fn star(few: bool) -> Vec<String> {
    if few { vec![format!("* one side has fewer than {ENOUGH}: it says little")] } else { Vec::new() }
}

fn teams(of: &Compared, zone: Tz) -> Sheet {
    let columns = vec![
        "team",
        "began",
        "days",
        "when",
        "meetings",
        "exchanges",
        "share",
        "low",
        "high",
        "first answer p50",
        "low",
        "high",
        "won",
        "ended",
        "cycles",
        "cycle p50",
    ];
    let mut rows = Vec::new();
    for team in &of.teams {
        let head = |when: &str, few: bool| {
            [label(&team.label, few), text(&day(zone, team.start)), Datum::Count(team.days), text(when)]
        };
        let side = |when: &str, side: &Side| {
            let [median, low, high] = {
                let [_, median, low, high] = middle(&side.first);
                [median, low, high]
            };
            let [cycles, cycle, _, _] = middle(&side.cycle);
            let mut line: Vec<Datum> =
                head(when, side.meetings.small).into_iter().chain(part(&side.meetings)).collect();
            line.extend([
                median,
                low,
                high,
                Datum::Count(side.wins.part),
                Datum::Count(side.wins.whole),
                cycles,
                cycle,
            ]);
            line
        };
        // Noughts would say that nothing happened: no day is over on which it could be told.
        if team.days == 0 {
            let mut line = Vec::from(head("no day is over yet", false));
            line.resize(columns.len(), Datum::None);
            rows.push(line);
            continue;
        }
        rows.push(side("before", &team.before));
        rows.push(side("since", &team.after));
    }
    let is_few = |team: &TeamCompared| team.days > 0 && (team.before.meetings.small || team.after.meetings.small);
    Sheet {
        title: "Before and since, team by team".to_owned(),
        columns,
        rows,
        notes: [
            vec![format!(
                "{} exchanges of the time before were imported. As many whole days before as since: today is not over, and \
                 on neither side.",
                thousands(of.imported)
            )],
            untold(of),
            star(of.teams.iter().any(is_few)),
            of.teams.iter().filter(|team| team.days == 0).map(|team| too_young(team, zone)).collect(),
        ]
        .concat(),
    }
}

/// Of a carrier's log nobody knows how anything ended.
fn untold(of: &Compared) -> Vec<String> {
    let says = |n: i64| {
        format!(
            "Of {} of them nobody tells how they ended: they count in first answers and deals, and in no share of \
             meetings.",
            thousands(n)
        )
    };
    Some(of.untold).filter(|n| *n > 0).map(says).into_iter().collect()
}

/// Whole days are compared: of the first one there is none until it is over.
fn too_young(team: &TeamCompared, zone: Tz) -> String {
    let began = day(zone, team.start);
    let when = if team.ahead {
        format!("has not begun, {began} is still to come")
    } else {
        format!("began on {began}, and no whole day is over since then")
    };
    format!("{} {when}: there is nothing to compare yet", team.label)
}

fn changes(of: &Compared) -> Sheet {
    let mut rows: Vec<Vec<Datum>> = of
        .teams
        .iter()
        .map(|team| {
            let of = &team.difference;
            [label(&team.label, of.small)].into_iter().chain(difference(of)).collect()
        })
        .collect();
    if of.in_stages.value.is_some() {
        let all = label("all teams, like with like by stage", of.in_stages.small);
        rows.push([all].into_iter().chain(difference(&of.in_stages)).collect());
    }
    Sheet {
        title: "From reply to meeting: since, less before".to_owned(),
        columns: vec!["team", "difference", "low", "high"],
        rows,
        notes: star(of.teams.iter().any(|team| team.difference.small) || of.in_stages.small),
    }
}

fn stages(of: &Compared) -> Sheet {
    let layer = |layer: &Layer| {
        let name = match layer.stage.as_str() {
            "" if layer.unknown => "stage not known",
            "" => "no deal",
            stage => stage,
        };
        let head = [label(name, layer.before.small || layer.after.small)];
        head.into_iter().chain(part(&layer.before)).chain(part(&layer.after)).collect()
    };
    Sheet {
        title: "Before and since, by the stage of the buyer's deal".to_owned(),
        columns: vec![
            "stage",
            "meetings before",
            "exchanges",
            "share",
            "low",
            "high",
            "meetings since",
            "exchanges",
            "share",
            "low",
            "high",
        ],
        rows: of.stages.iter().map(layer).collect(),
        notes: star(of.stages.iter().any(|layer| layer.before.small || layer.after.small)),
    }
}

/// The longest period is told, so that whoever asks knows what to ask for.
fn why_not(of: &Compared, why: NoWaves) -> String {
    match why {
        NoWaves::TooClose { longest } => format!(
            "every other team began within the {} days compared: it takes a shorter period, --since {longest}d at most",
            of.days
        ),
        NoWaves::Together => {
            "all teams began on one day, with --before always: nobody is left who had not begun".to_owned()
        }
        NoWaves::Alone => "there is one team, and nobody to hold it against".to_owned(),
        NoWaves::TooYoung => "no whole day is over since anybody began".to_owned(),
    }
}

fn waves(of: &Compared, zone: Tz) -> Sheet {
    let title = "Differences in differences: who began, held against who had not yet".to_owned();
    if let Some(why) = of.no_waves {
        let rows = vec![vec![text(&why_not(of, why))]];
        return Sheet { title, columns: vec!["why it is not shown"], rows, notes: Vec::new() };
    }
    let wave = |wave: &Wave| {
        let mut line = vec![
            label(&wave.teams.join(", "), wave.difference.small),
            text(&day(zone, wave.start)),
            Datum::Count(wave.days),
            text(&wave.others.join(", ")),
        ];
        let shares = [&wave.before, &wave.after, &wave.others_before, &wave.others_after];
        line.extend(shares.map(|part| share(part.share)));
        line.extend(difference(&wave.difference));
        line
    };
    Sheet {
        title,
        columns: vec![
            "who began", "when", "days", "who had not", "before", "since", "others before", "others since", "difference",
            "low", "high",
        ],
        rows: of.waves.iter().map(wave).collect(),
        notes: [
            vec![
                "How much more the share of replies that led to a meeting changed where a team began than, on the same days, \
                 where none had. It is associated with the beginning; what else changed that day is not known here."
                    .to_owned(),
            ],
            star(of.waves.iter().any(|wave| wave.difference.small)),
        ]
        .concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_teams_first_day_it_is_said_that_nothing_is_compared() {
        let team = |label: &str, days| TeamCompared { label: label.to_owned(), days, ..TeamCompared::default() };
        let of = Compared { teams: vec![team("West", 0), team("East", 3)], ..Compared::default() };
        let Sheet { notes, rows, columns, .. } = teams(&of, Tz::UTC);
        let notes = notes.join("\n");
        assert!(notes.contains("West began on 1970-01-01, and no whole day is over since then"), "{notes}");
        assert!(!notes.contains("East began") && !notes.contains("nobody tells"), "{notes}");
        // No nought is told of it, and the other one has both its sides.
        assert!(rows.iter().all(|row| row.len() == columns.len()), "{rows:?}");
        assert_eq!(rows[0][..4], [text("West"), text("1970-01-01"), Datum::Count(0), text("no day is over yet")]);
        assert!(rows[0][4..].iter().all(|datum| *datum == Datum::None), "{rows:?}");
        assert_eq!((rows.len(), &rows[1][3], &rows[2][3]), (3, &text("before"), &text("since")));
        let later = TeamCompared { ahead: true, ..team("North", 0) };
        let notes = teams(&Compared { teams: vec![later], ..Compared::default() }, Tz::UTC).notes.join("\n");
        assert!(notes.contains("North has not begun") && !notes.contains("ago"), "{notes}");
        let of = Compared { imported: 9, untold: 7, ..of };
        assert!(teams(&of, Tz::UTC).notes.join("\n").contains("Of 7 of them nobody tells how they ended"));
    }

    #[test]
    fn it_is_said_that_today_is_on_neither_side() {
        let mut of = Compared { until: "2026-11-02".to_owned(), ..Compared::default() };
        assert_eq!(line(&of), None, "nobody has begun");
        of.teams.push(TeamCompared { days: 2, ..TeamCompared::default() });
        let said = line(&of).unwrap();
        assert!(said.contains("up to 2026-11-02") && said.contains("today is not over"), "{said}");
        let notes = teams(&of, Tz::UTC).notes.join("\n");
        assert!(notes.contains("As many whole days before as since: today is not over"), "{notes}");
        // One that does not say it yet.
        of.until.clear();
        assert_eq!(line(&of), None);
    }

    #[test]
    fn differences_in_differences_that_are_not_shown_say_why_and_what_to_ask_for() {
        let mut of = Compared { days: 30, no_waves: Some(NoWaves::TooClose { longest: 12 }), ..Compared::default() };
        let sheet = waves(&of, Tz::UTC);
        assert!(sheet.title.starts_with("Differences in differences"), "{sheet:?}");
        let said = |of: &Compared| format!("{:?}", waves(of, Tz::UTC).rows);
        assert!(said(&of).contains("within the 30 days compared") && said(&of).contains("--since 12d at most"));
        of.no_waves = Some(NoWaves::Together);
        assert!(said(&of).contains("all teams began on one day"));
    }

    #[test]
    fn a_stage_that_nobody_knows_is_told_apart_from_no_deal() {
        let layer = |stage: &str, unknown| Layer { stage: stage.to_owned(), unknown, ..Layer::default() };
        let of = Compared {
            stages: vec![layer("", false), layer("", true), layer("Proposal", false)],
            ..Compared::default()
        };
        let names: Vec<String> = stages(&of).rows.iter().map(|row| format!("{:?}", row[0])).collect();
        for (name, wanted) in names.iter().zip(["no deal", "stage not known", "Proposal"]) {
            assert!(name.contains(wanted), "{names:?}");
        }
    }
}

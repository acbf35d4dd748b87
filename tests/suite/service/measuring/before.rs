//! The two days, held against the day before them, which a file brings. Both teams began on Tuesday, when their first
//! replies came; it is Wednesday, so that one whole day is on each side: Monday, and Tuesday.
//!
//! ```text
//! h0  20 Feb  c-12                       so that D7, won on Monday, is enterprise's: 29 days
//! h1  10:00   c-1, a meeting             answered after 10 min; D1 stood in proposal
//! h2  11:00   said to be in Proposal     20 min, which the CRM writes small
//! h3  13:00   c-6                        30 min; D3, opened on Monday at 12, stood in discovery
//! h4  14:00   -                          40 min
//! h5  15:00   -                          never
//! h6  Tuesday 10:00, a meeting           the journal knows Tuesday itself: it counts nowhere
//! ```
//!
//! *Before*, enterprise: 1 meeting of 5; first answers 10 20 30 40 min, the median is the 2nd. Won 1 of 1. *Since*: R1 (a
//! meeting), R3 R4 R5 R6 R7 R8 R9 R12: 1 of 9; first answers 128 248 600 1208 1808 3908 54608 69000 s, of eight the 4th: 1208 s.
//! 1/9 - 1/5 = -0.0889. harbor: nothing, and R10.
//!
//! *By stage*: before proposal 1 of 2, discovery 0 of 1, no deal 0 of 2. Since: proposal R1 R3 (D1, until noon) 1 of 2;
//! discovery R7 R5 0 of 2; no deal R4 R6 R8 R9 R10 R12 0 of 6. Within each there is no difference: 0, with weights 2·2/4 +
//! 2·1/3 + 6·2/8 = 3.1667. The variance of proposal is 0.25/2 + 0.25/2 = 0.25. A share of none has one more of each kind: no
//! deal 1/8·7/8/8 + 1/4·3/4/4 = 0.0605, times 1.5² = 0.1362; discovery 1/4·3/4/4 + 1/3·2/3/3 = 0.1209, times 0.6667² = 0.0538.
//! Together 0.4400: ± 1.96 · 0.6633 / 3.1667 = ± 0.4105.

use comeback::domain::measure::compare::{Compared, NoWaves};
use comeback::domain::measure::credit::Rule;
use comeback::domain::measure::outcomes::Outcomes;
use comeback::domain::measure::report::Report;
use comeback::domain::measure::sheet::{Datum, Sheet, sheets};
use comeback::server::measure::deals;
use comeback::server::measure::report::{Asker, Desk, Sees, days};
use comeback::server::store::past::PastReply;

use super::worth::{Shelf, desk, ended, shelf};
use super::*;

const FILE: &str = "id,team,received_at,answered_at,contact,stage,outcome
h0,enterprise,2026-02-20T12:00:00-05:00,,c-12,,
h1,enterprise,2026-03-02T10:00:00-05:00,2026-03-02T10:10:00-05:00,c-1,,meeting
h2,enterprise,2026-03-02T11:00:00-05:00,2026-03-02T11:20:00-05:00,,Proposal,
h3,enterprise,2026-03-02T13:00:00-05:00,2026-03-02T13:30:00-05:00,c-6,,texted
h4,enterprise,2026-03-02T14:00:00-05:00,2026-03-02T14:40:00-05:00,,,
h5,enterprise,2026-03-02T15:00:00-05:00,,,,
h6,enterprise,2026-03-03T10:00:00-05:00,2026-03-03T10:01:00-05:00,,,meeting
";

fn import(database: &Path, file: &Path) -> std::process::Output {
    let database = format!("sqlite:{}", database.display());
    let args = ["import", "history", "--source", "oldtool", "--database", &database];
    Program::new(env!("CARGO_BIN_EXE_comeback")).args(args).arg(file).output().unwrap()
}

fn said(of: &std::process::Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&of.stdout), String::from_utf8_lossy(&of.stderr))
}

async fn compared(f: &Floor, desk: &Desk, before: Option<Timestamp>) -> Compared {
    let (from, until) = desk.days_of_before(before).unwrap();
    let past = f.store.past(from, until).await.unwrap();
    desk.compared(Rule::default(), before, &past).unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_before_comes_from_a_file_and_is_held_against_what_came_since() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let f = ended(Arc::new(SqliteStore::open(&path).unwrap())).await;
    let file = folder.path().join("before.csv");
    let bad = "b1,enterprize,2026-03-02T10:00:00-05:00,,,,\nb2,enterprise,yesterday,,,,\n";
    std::fs::write(&file, format!("{FILE}{bad}")).unwrap();
    let first = import(&path, &file);
    assert!(!first.status.success());
    for words in [
        "before.csv:9: team is none of the playbook; is it \"enterprise\"?",
        "before.csv:10: received_at is not an instant",
        "7 kept, 0 known before, 2 refused",
    ] {
        assert!(said(&first).contains(words), "no {words:?} in {}", said(&first));
    }
    std::fs::write(&file, FILE).unwrap();
    let again = import(&path, &file);
    assert!(again.status.success() && said(&again).contains("0 kept, 7 known before"), "{}", said(&again));

    let desk = desk(&f, &path).await;
    deals::follow(&Shelf(shelf()), &desk.projections, f.now()).await.unwrap();
    let told = compared(&f, &desk, None).await;
    assert_eq!((told.imported, told.teams.len(), told.waves.len()), (6, 2, 0), "nobody is left that had not begun");
    assert_eq!(told.no_waves, Some(NoWaves::Together));
    let enterprise = &told.teams[0];
    assert_eq!((enterprise.team.as_str(), enterprise.days), ("enterprise", 1));
    assert_eq!(enterprise.start, at("2026-03-03T00:00:00-05:00").millis());
    let (before, since) = (&enterprise.before, &enterprise.after);
    assert_eq!((before.meetings.part, before.meetings.whole), (1, 5));
    assert_eq!((before.first.n, before.first.median), (4, Some(20 * 60_000)));
    assert_eq!((before.wins.part, before.wins.whole, before.cycle.median), (1, 1, Some(29 * 86_400_000)));
    assert_eq!((since.meetings.part, since.meetings.whole), (1, 9));
    assert_eq!((since.first.n, since.first.median), (8, Some(1_208_000)));
    let close = |value: Option<f64>, wanted: f64| (value.unwrap() - wanted).abs() < 0.0005;
    assert!(close(enterprise.difference.value, -0.0889) && enterprise.difference.small);
    let harbor = &told.teams[1];
    assert_eq!((harbor.before.meetings.whole, harbor.after.meetings.whole), (0, 1));
    let stages: Vec<_> = told
        .stages
        .iter()
        .map(|of| (of.stage.as_str(), of.before.part, of.before.whole, of.after.part, of.after.whole))
        .collect();
    assert_eq!(stages, [("", 0, 2, 0, 6), ("discovery", 0, 1, 0, 2), ("proposal", 1, 2, 1, 2)]);
    let in_stages = &told.in_stages;
    assert!(close(in_stages.value, 0.0) && close(in_stages.low, -0.4105) && close(in_stages.high, 0.4105));

    // With another day as the one on which all began, Tuesday is before it.
    let wednesday_morning = at("2026-03-04T00:00:00-05:00");
    let told = compared(&f, &desk, Some(wednesday_morning)).await;
    assert_eq!(told.teams[0].days, 0, "today is none yet");
    let sees = Sees::of(&desk.playbook, &Asker::Rep("lea".into())).unwrap();
    assert_eq!(Desk { sees, ..desk.clone() }.compared(Rule::default(), None, &[]).unwrap(), None);

    let printed = super::told(&path, &["outcomes", "--compare", "--window", "3660"]);
    for words in [
        "Before and since, team by team",
        "since, less before",
        "6 exchanges of the time before were imported",
        "Differences in differences",
        "all teams began on one day",
    ] {
        assert!(printed.contains(words), "no {words:?} in {printed}");
    }
    assert!(!printed.contains("because of") && printed.contains("associated"), "{printed}");

    // h5 was answered after all, 50 minutes later: put right, it counts as that.
    let right = FILE.replace("15:00:00-05:00,,,,", "15:00:00-05:00,2026-03-02T15:50:00-05:00,,,");
    assert_ne!(right, FILE);
    std::fs::write(&file, right).unwrap();
    let put_right = import(&path, &file);
    let words = "0 kept, 1 replaced, 6 known before, 0 refused";
    assert!(put_right.status.success() && said(&put_right).contains(words), "{}", said(&put_right));
    let before = compared(&f, &desk, None).await.teams.remove(0).before;
    assert_eq!((before.first.n, before.first.median), (5, Some(30 * 60_000)));

    // A row that another one of the same file contradicts is refused, however far apart they stand.
    let rows = (0..1_500).map(|n| (n, n % 60)).chain([(7, 59)]);
    let rows = rows.map(|(n, minute)| format!("x{n},enterprise,2026-03-02T10:{minute:02}:00-05:00,,,,"));
    let long: Vec<String> = FILE.lines().take(1).map(str::to_owned).chain(rows).collect();
    std::fs::write(&file, long.join("\n") + "\n").unwrap();
    for words in ["1500 kept, 0 known before, 1 refused", "0 kept, 1500 known before, 1 refused"] {
        let told = import(&path, &file);
        assert!(!told.status.success() && said(&told).contains(words), "{}", said(&told));
        assert!(said(&told).contains("before.csv:1502: "), "{}", said(&told));
    }
}

/// A reply of before that ended with a meeting.
fn past(id: &str, received: Timestamp) -> PastReply {
    PastReply {
        source: "oldtool".to_owned(),
        id: id.to_owned(),
        team: "enterprise".into(),
        received,
        answered: None,
        cohort: None,
        use_case: None,
        rep: None,
        contact: None,
        stage: None,
        outcome: Some(Outcome::Meeting),
    }
}

/// A journal in which nothing has happened, over so many days.
fn quiet(folder: &Path, now: Timestamp, since: i64) -> Desk {
    let projections = Arc::new(Projections::open(&folder.join("comeback.sqlite")).unwrap());
    let playbook = Arc::new(crate::world::playbook());
    let window = days(&playbook, now, Span::minutes(since * 24 * 60));
    Desk { projections, playbook, head: 0, now, sees: Sees::All, window }
}

fn told_of(desk: &Desk, before: Option<Timestamp>, all: &[PastReply]) -> (Compared, Sheet) {
    let compared = desk.compared(Rule::default(), before, all).unwrap().unwrap();
    let report = Outcomes { compared: Some(compared.clone()), ..Outcomes::default() };
    let mut sheets = sheets(&Report::Outcomes(Box::new(report))).into_iter();
    (compared, sheets.find(|sheet| sheet.title.starts_with("Before and since")).unwrap())
}

/// Imported before anything was routed: there is nothing since, and that is said; around a day that is named there is a before.
#[test]
fn an_import_into_a_journal_without_replies_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let desk = quiet(folder.path(), wednesday("12:00:00"), 30);
    let all = [past("h1", tuesday("10:00:00") - Span::minutes(24 * 60)), past("h2", tuesday("10:00:00"))];
    let (_, sheet) = told_of(&desk, None, &all);
    assert_eq!(sheet.rows, [[Datum::Count(2)]]);
    assert!(
        sheet.notes[0].contains("the journal has no reply yet") && sheet.notes[0].contains("--before"),
        "{sheet:?}"
    );
    let begins = tuesday("00:00:00");
    let (from, _) = desk.days_of_before(Some(begins)).unwrap();
    assert_eq!(from, begins - Span::minutes(30 * 24 * 60), "what is asked for lies around that day");
    let (_, sheet) = told_of(&desk, Some(begins), &all);
    // One meeting of one before, and one of one on the day that passed since.
    assert_eq!(
        (sheet.rows.len(), &sheet.rows[0][4..6]),
        (2, [Datum::Count(1), Datum::Count(1)].as_slice()),
        "{sheet:?}"
    );
}

/// The company is in New York, where clocks went back on Sunday, 1 November: it is Tuesday, and two days are over since then.
#[test]
fn a_side_is_of_whole_local_days_around_a_change_of_clocks_and_today_is_on_none() {
    let folder = tempfile::tempdir().unwrap();
    let desk = quiet(folder.path(), at("2026-11-03T10:16:00-05:00"), 20);
    let all = [
        past("h1", at("2026-10-30T00:10:00-04:00")),
        past("h2", at("2026-11-02T23:30:00-05:00")),
        past("h3", at("2026-11-03T09:00:00-05:00")),
    ];
    let begins = |day: &str| desk.begin_of(day.parse().unwrap());
    let (told, sheet) = told_of(&desk, begins("2026-11-01"), &all);
    let team = &told.teams[0];
    assert_eq!((team.days, team.before.meetings.whole, team.after.meetings.whole), (2, 1, 1));
    assert_eq!(told.until, "2026-11-02");
    assert!(sheet.notes[0].contains("today is not over, and on neither side"), "{sheet:?}");

    // Twenty days before today began at midnight, and not an hour later.
    let today = begins("2026-11-03");
    let (from, _) = desk.days_of_before(today).unwrap();
    assert_eq!(from, at("2026-10-14T00:00:00-04:00"));
    // Since today no day is over, and no noughts are told of it.
    let (told, sheet) = told_of(&desk, today, &all);
    assert_eq!(told.teams[0].days, 0);
    assert_eq!((sheet.rows.len(), &sheet.rows[0][4]), (1, &Datum::None), "{sheet:?}");
    assert!(sheet.notes.iter().any(|note| note.contains("no whole day is over since then")), "{sheet:?}");
}

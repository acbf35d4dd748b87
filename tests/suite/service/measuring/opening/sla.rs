//! What was in time and what was not: its rows, days and hours, its lengths and the ladder.

use comeback::domain::measure::Gap;
use comeback::domain::measure::cell::By;
use comeback::domain::sla::Response;
use comeback::server::measure::report::{Desk, days};
use comeback::wire::sheet::words;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_number_of_sla_opens_what_it_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let f = lived(Arc::new(SqliteStore::open(&path).unwrap())).await;
    let desk = desk(&f, &path).await;
    let desk = Desk { window: days(&desk.playbook, f.now(), Span::minutes(2 * 24 * 60)), ..desk };
    let mut seen = 0;
    for by in By::ALL {
        let report = Report::Sla(Box::new(desk.drawn(by, 0).unwrap()));
        assert_eq!(report.about().hours_in, ["America/New_York"], "{by:?}");
        let of_figures = figures(&report).into_iter().map(|of| (of.label, of.value, of.beside, of.behind));
        let of_charts = charts(&report).into_iter().flat_map(|chart| {
            chart
                .bars
                .into_iter()
                .map(move |bar| (format!("{}: {}", chart.title, bar.label), bar.value, bar.beside, bar.behind))
        });
        for (label, value, beside, behind) in of_figures.chain(of_charts) {
            let (Some(wanted), Some(behind)) = (of_replies(&value, &beside), behind) else { continue };
            let mut only = OnlyThese::default();
            let is = |name: &str| behind.asked.iter().find(|(of, _)| *of == name).map(|(_, is)| is.clone());
            only.row = is("key").map(|key| (By::named(&is("by").unwrap()).unwrap(), key));
            (only.standing, only.cause) = (is("standing"), is("cause"));
            only.response = is("response").map(|name| if name == "first" { Response::First } else { Response::Next });
            only.gap = is("gap").map(|name| Gap::ALL.into_iter().find(|gap| gap.name() == name).unwrap().bit());
            only.step = is("step").map(|step| step.parse().unwrap());
            [only.climbed, only.taken] = ["climbed", "taken"].map(|name| is(name).map(|is| is == "true"));
            assert_eq!(only.mistake(), None, "{label}");
            let days = desk.clone().between(is("from").as_deref(), is("to").as_deref()).unwrap();
            let found = days.behind_replies(&only, ALL).unwrap();
            assert_eq!(
                found.iter().map(|one| one.times).sum::<i64>(),
                wanted,
                "{label} {value:?} {beside}: {behind:?}"
            );
            seen += 1;
        }
        says_why(&report);
    }
    assert!(seen > 100, "only {seen} numbers");
    // On paper: late are R3 R6 R7 R11 R15, while R10 is overdue; ten first answers, two next ones; late stage 6 of 11.
    let opened = |standing: &str, response| {
        let only = OnlyThese { standing: Some(standing.to_owned()), response, ..OnlyThese::default() };
        desk.behind_replies(&only, ALL).unwrap().iter().map(|one| one.times).sum::<i64>()
    };
    assert_eq!((opened("ended_late", None), opened("missed", None)), (5, 6));
    assert_eq!([Some(Response::First), Some(Response::Next), None].map(|of| opened("answered", of)), [10, 2, 12]);
    assert_eq!((opened("judged", None), opened("running", None)), (13, 1));
    // Seven moved up; the steps are 9, 6, 5, 1, 1; twelve were offered and taken.
    let of = |only: OnlyThese| desk.behind_replies(&only, ALL).unwrap().iter().map(|one| one.times).sum::<i64>();
    let steps = [1, 2, 3, 4, 5, 6].map(|step| of(OnlyThese { step: Some(step), ..OnlyThese::default() }));
    assert_eq!(steps, [9, 6, 5, 1, 1, 0]);
    let climbed = [true, false].map(|is| of(OnlyThese { climbed: Some(is), ..OnlyThese::default() }));
    let taken = [true, false].map(|is| of(OnlyThese { taken: Some(is), ..OnlyThese::default() }));
    assert_eq!((climbed, taken), ([7, 8], [12, 3]));
    on_the_terminal(&desk);

    // What there is not is refused with what there is, and good news is none.
    let wrong = |only: OnlyThese| desk.mistake(&only).unwrap();
    let text = |name: &str| Some(name.to_owned());
    for (only, wanted) in [
        (
            OnlyThese { standing: text("overdu"), ..OnlyThese::default() },
            "there is no standing \"overdu\": one of running,",
        ),
        (
            OnlyThese { cause: text("nonsense"), ..OnlyThese::default() },
            "there is no cause \"nonsense\": one of send_failed,",
        ),
        (
            OnlyThese { row: Some((By::Cohort, "nokey".to_owned())), ..OnlyThese::default() },
            "there is no cohort \"nokey\": this period has ",
        ),
        (OnlyThese { row: Some((By::Hour, "200".to_owned())), ..OnlyThese::default() }, "there is no hour \"200\""),
    ] {
        let said = wrong(only).unwrap();
        assert!(said.starts_with(wanted), "{said}");
    }
    for row in [(By::Cohort, "new"), (By::Hour, "034"), (By::Rep, "adele"), (By::Rep, ""), (By::Rep, "nobody")] {
        let only = OnlyThese { row: Some((row.0, row.1.to_owned())), ..OnlyThese::default() };
        assert_eq!(wrong(only), None, "{row:?}");
    }

    // Page by page it is the whole list.
    let missed = OnlyThese { standing: text("missed"), ..OnlyThese::default() };
    let all: Vec<u64> = desk.told(&missed, ALL).unwrap().iter().map(|told| told.seq).collect();
    let mut paged: Vec<u64> = Vec::new();
    loop {
        let after = paged.last().copied();
        let page = desk.told(&OnlyThese { after, ..missed.clone() }, 2).unwrap();
        if page.is_empty() {
            break;
        }
        paged.extend(page.iter().map(|told| told.seq));
    }
    assert_eq!((all.len(), &paged), (6, &all));
}

/// What the terminal tells of lengths and of the ladder: as on paper.
fn on_the_terminal(desk: &Desk) {
    let charts = charts(&Report::Sla(Box::new(desk.drawn(By::Cohort, 0).unwrap())));
    let bar = |title: &str, label: &str| {
        let chart = charts.iter().find(|chart| chart.title == title).unwrap_or_else(|| panic!("no chart {title}"));
        let bar = chart.bars.iter().find(|bar| bar.label == label).unwrap_or_else(|| panic!("{title}: no {label}"));
        (words(&bar.value), bar.beside.clone())
    };
    for (title, value, beside) in [
        ("First answer: nine of ten within", "1h 05m", "half within 10m 08s; 10 replies; 95 of 100 within 3h 10m"),
        (
            "First answer: nine of ten within, on the wall",
            "15h 10m",
            "half within 16m 08s; 10 replies; 95 of 100 within 19h 10m",
        ),
        ("Next answer: nine of ten within", "35m 08s", "half within 10m 08s; 2 replies; 95 of 100 within 35m 08s"),
        (
            "Next answer: nine of ten within, on the wall",
            "35m 08s",
            "half within 10m 08s; 2 replies; 95 of 100 within 35m 08s",
        ),
        ("Time to take: nine of ten within", "10m 00s", "half within 2m 00s; 12 replies; 95 of 100 within 16m 00s"),
        (
            "Time to take: nine of ten within, on the wall",
            "16m 00s",
            "half within 2m 00s; 12 replies; 95 of 100 within 15h 03m",
        ),
    ] {
        assert_eq!(bar(title, "all"), (value.to_owned(), beside.to_owned()), "{title}");
    }
    for (label, value) in [("moved up at all", "7"), ("step 1", "9"), ("step 3", "5"), ("step 5", "1")] {
        assert_eq!(bar("Up the ladder", label).0, value, "{label}");
    }
    assert_eq!(bar("Up the ladder", "moved up at all").1, "of 15; 9 times all together");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hours_are_in_the_zones_of_what_was_counted_under_later_days_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let f = lived(Arc::new(SqliteStore::open(&path).unwrap())).await;
    // As after a move to a zone in which the days of the replies have not begun.
    let desk = desk(&f, &path).await;
    let now = tuesday("10:00:00") - Span::minutes(24 * 60);
    let desk = Desk { window: days(&desk.playbook, now, Span::minutes(24 * 60)), now, ..desk };
    for by in [By::Hour, By::Team] {
        let sla = desk.drawn(by, 0).unwrap();
        assert!(!sla.rows.is_empty() && !sla.hours.is_empty(), "{sla:?}");
        assert_eq!(sla.about.hours_in, ["America/New_York"], "{by:?}");
    }
}

//! Every number of every report opens the conversations that it counts: as many as it says, over the two days.

use comeback::domain::measure::carried::Turn;
use comeback::domain::measure::chart::{Behind, charts, figures};
use comeback::domain::measure::outcomes::opened::{Piece, Worth};
use comeback::domain::measure::outcomes::{Fate, OutcomeRow, Outcomes};
use comeback::domain::measure::report::Report;
use comeback::domain::measure::sheet::Datum;
use comeback::domain::measure::{Cause, Gap};
use comeback::domain::sla::Response;
use comeback::server::measure::behind::load::{Carried, OfWhom};
use comeback::server::measure::behind::worth::OfWorth;
use comeback::server::measure::behind::{Asked as OfWhat, OfConsent, Opened};
use comeback::server::measure::deals;
use comeback::server::measure::outcomes::Asked;
use comeback::wire::sheet::words;

use super::worth::{Shelf, asked, desk, ended, shelf};
use super::*;
use comeback::domain::measure::credit::Touch;

const ALL: usize = 500;

/// Whose conversations, newest first, and how often each counts.
async fn buyers(f: &Floor, opened: &Opened) -> Vec<(u32, i64)> {
    let mut known = Vec::new();
    for n in 1..=13 {
        known.push((f.texts_of(n).await.to_string(), n));
    }
    let of = |id: &str| known.iter().find(|(known, _)| known == id).unwrap().1;
    let newest = opened.found.windows(2).all(|pair| pair[0].at >= pair[1].at);
    assert!(newest, "newest first: {opened:?}");
    assert_eq!(opened.found.iter().map(|one| one.times).sum::<i64>(), opened.total, "{opened:?}");
    opened.found.iter().map(|one| (of(&one.conversation), one.times)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_number_of_load_opens_what_it_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let f = lived(Arc::new(SqliteStore::open(&path).unwrap())).await;
    let desk = desk(&f, &path).await;
    let desk = Desk { window: days(&desk.playbook, f.now(), Span::minutes(2 * 24 * 60)), ..desk };
    let opened = |what, of: &OfWhom| desk.behind_load(what, of, ALL).unwrap();
    let load = desk.load().unwrap();
    let mut sums = [0; 5];
    for row in &load.rows {
        let of = OfWhom::Rep(row.rep.as_str().into());
        let [offers, takes, passes, answers] = Turn::ALL.map(|turn| opened(Carried::Turns(turn), &of).total);
        assert_eq!(
            [offers, takes, passes, answers],
            [row.offers, row.takes, row.passes, row.answers],
            "{}: its turns",
            row.rep
        );
        assert_eq!(opened(Carried::Now, &of).total, row.now, "{} holds", row.rep);
        assert_eq!(opened(Carried::Most, &of).total, row.most, "{} held at most", row.rep);
        assert_eq!(opened(Carried::Held, &of).found.is_empty(), row.average <= 0.0, "{} held", row.rep);
        for (sum, n) in sums.iter_mut().zip([offers, takes, passes, answers, row.now]) {
            *sum += n;
        }
    }
    assert!(sums.iter().all(|n| *n > 0), "{sums:?}");
    let turns = Turn::ALL.map(|turn| opened(Carried::Turns(turn), &OfWhom::All).total);
    assert_eq!([turns.as_slice(), &[opened(Carried::Now, &OfWhom::All).total]].concat(), sums);
    for team in &load.fairness {
        let found = opened(Carried::Turns(Turn::Offer), &OfWhom::Team(team.team.as_str().into()));
        assert_eq!(found.total, team.offers, "{}", team.team);
    }

    // R15 R6 R5 R12 R1 R2 R11 twice R7: the last answer of each counts as its time.
    let maya = OfWhom::Rep("maya".into());
    let answers = opened(Carried::Turns(Turn::Answer), &maya);
    assert_eq!(buyers(&f, &answers).await, [(5, 1), (13, 1), (4, 1), (10, 1), (1, 4), (6, 1)]);
    assert_eq!(answers.found[4].said, "answered by Maya 4 times");
    assert_eq!(buyers(&f, &opened(Carried::Turns(Turn::Pass), &maya)).await, [(2, 1)]);
    let omar = opened(Carried::Held, &OfWhom::Rep("omar".into()));
    assert_eq!((omar.found.len(), omar.found[0].said.as_str()), (1, "held by Omar for 1d 00h"));

    // Less may be told than there is, the newest first.
    let few = desk.behind_load(Carried::Turns(Turn::Answer), &maya, 2).unwrap();
    assert_eq!((few.found.as_slice(), few.total), (&answers.found[..2], 9));
    // Nobody opens more than their own report counts.
    for (who, of, wanted) in [
        ("ben", OfWhom::Rep("maya".into()), 0),
        ("ben", OfWhom::All, 6),
        ("ben", OfWhom::Team("enterprise".into()), 0),
        ("nora", OfWhom::Rep("maya".into()), 0),
        ("nora", OfWhom::All, 1),
        ("lea", OfWhom::Rep("maya".into()), 9),
        ("adele", OfWhom::All, 17),
    ] {
        let sees = Sees::of(&desk.playbook, &Asker::Rep(who.into())).unwrap();
        let theirs = Desk { sees, ..desk.clone() }.behind_load(Carried::Turns(Turn::Offer), &of, ALL).unwrap();
        assert_eq!(theirs.total, wanted, "{who}: {of:?}");
    }
    says_why(&Report::Load(Box::new(load)));
}

/// How many replies a number says that it is of: itself, the part of a share (all, where its part is none), or those that a
/// length was measured of.
fn of_replies(value: &Datum, beside: &str) -> Option<i64> {
    let number = |text: &str| text.parse::<i64>().ok();
    let words: Vec<&str> = beside.split([' ', ',', ';']).collect();
    match value {
        Datum::Count(n) => Some(*n),
        Datum::Share(_) => {
            let (part, whole) = (number(words[0]).unwrap(), number(words[2]).unwrap());
            Some(if part == 0 { whole } else { part })
        }
        Datum::Length(_) if words[0] == "of" => number(words[1]),
        Datum::Length(_) => number(words[words.iter().position(|word| word.starts_with("repl")).unwrap() - 1]),
        _ => None,
    }
}

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

/// Whatever a chart counts is opened, or says why it is not.
fn says_why(report: &Report) {
    let told = |value: &Datum| match value {
        Datum::None | Datum::Count(0) => false,
        Datum::Number(n) => *n > 0.0,
        Datum::Count(_)
        | Datum::Share(_)
        | Datum::Points(_)
        | Datum::Length(_)
        | Datum::Money(_)
        | Datum::Text(_)
        | Datum::Starred(_)
        | Datum::Conversation(_)
        | Datum::Story(_) => true,
    };
    for figure in figures(report).into_iter().filter(|figure| told(&figure.value)) {
        let empty = figure.value == Datum::Money(0);
        assert!(figure.behind.is_some() || !figure.shut.is_empty() || empty, "{figure:?}");
    }
    for chart in charts(report) {
        for bar in chart.bars.iter().filter(|bar| told(&bar.value)) {
            assert!(bar.behind.is_some() || !bar.shut.is_empty(), "{}: {bar:?}", chart.title);
        }
    }
}

/// What of consent is asked for.
fn of_consent(behind: &Behind) -> OfConsent {
    let is = |name: &str| behind.asked.iter().find(|(of, _)| *of == name).map(|(_, is)| is.clone());
    OfConsent {
        what: OfWhat::named(is("what").as_deref()).unwrap(),
        line: is("line").map(|line| line.as_str().into()),
        campaign: is("campaign"),
        band: is("band"),
        end: is("end"),
    }
}

/// Each number of consent with what it is, once what it opens has been held against it.
async fn consent_opens(f: &Floor, desk: &Desk) -> Vec<(String, i64)> {
    let report = Report::Compliance(Box::new(desk.compliance(f.store.as_ref()).await.unwrap().unwrap()));
    let of_figures = figures(&report).into_iter().map(|of| (of.label, of.value, of.beside, of.behind));
    let of_charts = charts(&report).into_iter().flat_map(|chart| {
        let title = chart.title;
        let of_bars = chart.bars.into_iter();
        of_bars.map(move |bar| (format!("{title}: {}", bar.label), bar.value, bar.beside, bar.behind))
    });
    let mut all = Vec::new();
    for (label, value, beside, behind) in of_figures.chain(of_charts) {
        // A share of none is told by its parts alone.
        let part = || beside.split(' ').next().and_then(|part| part.parse().ok());
        let Some(wanted) = of_replies(&value, &beside).or_else(part) else { continue };
        let Some(behind) = behind else {
            let nothing = matches!(value, Datum::Count(0)) || beside.starts_with("0 of");
            assert!(nothing, "{label} counts {value:?} ({beside}), and opens nothing");
            continue;
        };
        let found = desk.behind_consent(f.store.as_ref(), &of_consent(&behind), ALL).await.unwrap().unwrap();
        let times: i64 = found.iter().map(|one| one.times).sum();
        assert_eq!(times, wanted, "{label} {value:?} ({beside}): {behind:?} opens {found:?}");
        all.push((label, times));
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_number_of_consent_opens_what_it_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let mut f = lived(Arc::new(SqliteStore::open(&path).unwrap())).await;
    // Buyer 4 wrote on Tuesday, was answered on Wednesday after 15 hours, and opts out then; no campaign wrote to them.
    f.until(wednesday("12:07:00"), &[]).await;
    f.texts(4, "main", "STOP").await;
    let desk = desk(&f, &path).await;
    let all = consent_opens(&f, &desk).await;
    let n = |all: &[(String, i64)], label: &str| {
        let found: Vec<i64> = all.iter().filter(|(of, _)| of == label).map(|(_, n)| *n).collect();
        assert!(found.len() < 2, "{label} is there twice: {all:?}");
        found.first().copied()
    };
    let main = crate::world::playbook().lines[&"main".into()].label.clone();
    let (by_number, waited) =
        (format!("Opt-outs by number: {main}"), format!("Answers that waited for the buyer's hours: {main}"));
    for (label, wanted) in [
        ("opted out", 2),
        ("wishes ruled on in time", 1),
        (by_number.as_str(), 2),
        ("Opt-outs by campaign: spring", 1),
        ("Opt-outs by campaign: (none)", 1),
        ("Opt-outs by how long the buyer had waited: answered within 5 minutes", 1),
        ("Opt-outs by how long the buyer had waited: within a day", 1),
        // Nobody opted out: R2 R9 R14; R3 R4 R11 R15; R7; R8 R10.
        ("Opt-outs by how long the buyer had waited: within 15 minutes", 3),
        ("Opt-outs by how long the buyer had waited: within an hour", 4),
        ("Opt-outs by how long the buyer had waited: within 4 hours", 1),
        ("Opt-outs by how long the buyer had waited: not answered", 2),
        ("Texts that may have asked us to stop: placed", 1),
        ("Texts that may have asked us to stop: in time", 1),
        ("How those holds ended: kept", 1),
        (waited.as_str(), 1),
    ] {
        assert_eq!(n(&all, label), Some(wanted), "{label}: {all:?}");
    }
    // Of Tuesday alone one opted out, but two after what they wrote that day; the answer was put off on Wednesday.
    let of_tuesday = consent_opens(&f, &desk.clone().between(Some("2026-03-03"), Some("2026-03-03")).unwrap()).await;
    assert_eq!(n(&of_tuesday, "opted out"), Some(1), "{of_tuesday:?}");
    let of_a_day = "Opt-outs by how long the buyer had waited: within a day";
    assert_eq!(n(&of_tuesday, of_a_day), Some(1), "{of_tuesday:?}");
    assert_eq!(n(&of_tuesday, &waited), None, "{of_tuesday:?}");

    let quiet = OfConsent { what: OfWhat::named(Some("quiet")).unwrap(), ..OfConsent::default() };
    let found = desk.behind_consent(f.store.as_ref(), &quiet, ALL).await.unwrap().unwrap();
    assert_eq!(found[0].conversation, f.texts_of(5).await.to_string());
    assert_eq!(found[0].said, "an answer waited 2h 57m for the buyer's hours");
    // Of replies that waited so long each tells its story.
    let waited = OfConsent {
        what: OfWhat::named(Some("replies")).unwrap(),
        band: Some("4h".to_owned()),
        ..OfConsent::default()
    };
    let found = desk.behind_consent(f.store.as_ref(), &waited, ALL).await.unwrap().unwrap();
    assert_eq!(found.iter().map(|one| one.conversation.clone()).collect::<Vec<_>>(), [f.texts_of(6).await.to_string()]);
    assert!(found[0].story[0].contains("the buyer wrote"), "{found:?}");
    // nora leads harbor, whose line had none; maya leads nobody.
    let sees = |who: &str| Sees::of(&desk.playbook, &Asker::Rep(who.into())).unwrap();
    let nora = Desk { sees: sees("nora"), ..desk.clone() };
    assert_eq!(nora.behind_consent(f.store.as_ref(), &quiet, ALL).await.unwrap(), Some(Vec::new()));
    let maya = Desk { sees: sees("maya"), ..desk.clone() };
    assert_eq!(maya.behind_consent(f.store.as_ref(), &quiet, ALL).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_that_wait_for_a_ruling_are_opened_like_those_that_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let mut f = Floor::over(Arc::new(SqliteStore::open(&path).unwrap())).await;
    f.all_sign_in().await;
    let ruled = f.texts(1, "main", "please take me off your list").await;
    let two = f.texts(2, "main", "please take me off your list").await;
    let three = f.texts(3, "main", "please take me off your list").await;
    f.until(tuesday("10:05:00"), &[ruled]).await;
    assert_eq!(f.does("lea", ruled, Command::Rule { ruling: Ruling::OptOut }).await, Verdict::Done);
    let desk = desk(&f, &path).await;
    // Looked at a month later by a backend that stood still they are past due.
    let then = Desk { now: desk.now + Span::minutes(30 * 24 * 60), ..desk.clone() };
    for (desk, standing) in [(&desk, "in time"), (&then, "past due")] {
        let report = Report::Compliance(Box::new(desk.compliance(f.store.as_ref()).await.unwrap().unwrap()));
        says_why(&report);
        let figures = figures(&report).into_iter();
        let figure = figures.filter(|figure| figure.label == "wishes that wait for a ruling");
        let charts = charts(&report).into_iter().filter(|chart| chart.title == "Those that wait for a ruling");
        let bars = charts.flat_map(|chart| chart.bars).filter(|bar| bar.label == standing);
        let told = figure.map(|of| (of.value, of.behind)).chain(bars.map(|bar| (bar.value, bar.behind)));
        let told: Vec<_> = told.collect();
        assert_eq!(told.len(), 2, "{standing}: {told:?}");
        for (value, behind) in told {
            assert_eq!(value, Datum::Count(2), "{standing}");
            let of = of_consent(&behind.unwrap());
            let found = desk.behind_consent(f.store.as_ref(), &of, ALL).await.unwrap().unwrap();
            let mut opened: Vec<&str> = found.iter().map(|one| one.conversation.as_str()).collect();
            let mut wanted = [two.to_string(), three.to_string()];
            opened.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(opened, wanted, "{standing}: {of:?}");
            assert!(found.iter().all(|one| one.said == "a hold that waits for a ruling"), "{found:?}");
        }
    }
}

/// What a piece of the report opens.
fn behind(desk: &Desk, worth: Worth, piece: Piece) -> Opened {
    let rule = asked(Touch::Last).rule;
    desk.behind_outcomes(&OfWorth { worth, piece, rule }, ALL).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_number_of_outcomes_opens_what_it_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let f = ended(Arc::new(SqliteStore::open(&path).unwrap())).await;
    let desk = desk(&f, &path).await;
    deals::follow(&Shelf(shelf()), &desk.projections, f.now()).await.unwrap();
    for by in By::ALL {
        let told = desk.outcomes(&Asked { by, ..asked(Touch::Last) }).unwrap();
        for row in &told.total {
            counts(&desk, row, None);
        }
        for row in &told.rows {
            counts(&desk, row, Some(&(by, row.key.clone())));
        }
        stages(&desk, &told);
        says_why(&Report::Outcomes(Box::new(told)));
    }

    nobodys(&desk);

    let all = Piece::default;
    let meetings = behind(&desk, Worth::Meetings, all());
    assert_eq!(buyers(&f, &meetings).await, [(13, 1), (12, 1), (1, 1)]);
    assert_eq!(meetings.found[1].said, "meeting booked: Ben, late stage, in time");
    assert!(meetings.found[2].story[0].contains("the buyer wrote"), "{:?}", meetings.found[2]);
    // Buyer 8 began two.
    let exchanges = buyers(&f, &behind(&desk, Worth::Exchanges, all())).await;
    assert_eq!((exchanges.len(), exchanges[0]), (13, (8, 2)));
    // D1 is credited to the exchange of buyer 2, and took two steps after it.
    let won = behind(&desk, Worth::Won, Piece { currency: Some("USD".to_owned()), ..all() });
    assert_eq!(buyers(&f, &won).await, [(2, 1)]);
    assert_eq!(won.found[0].said, "deal D1 won, 10,000.00 USD: Maya, late stage, missed");
    assert_eq!(buyers(&f, &behind(&desk, Worth::Moved, all())).await, [(2, 2), (4, 1)]);
    assert_eq!(buyers(&f, &behind(&desk, Worth::Open, all())).await, [(13, 1), (12, 1), (4, 1)]);
    let failed = Piece { cause: Some(Cause::SendFailed), ..all() };
    assert_eq!(buyers(&f, &behind(&desk, Worth::Missed, failed.clone())).await, [(1, 1)]);
    let cost = behind(&desk, Worth::Cost, failed);
    assert_eq!(cost.found[0].said, "late: an answer left, but the carrier failed; deal D1 won, 10,000.00 USD");
    assert_eq!(buyers(&f, &behind(&desk, Worth::Outside, all())).await, [(12, 1)]);

    // By another rule it is credited to others: D1 to both of its exchanges.
    let rule = asked(Touch::Any).rule;
    let any = OfWorth { worth: Worth::Won, piece: all(), rule };
    assert_eq!(buyers(&f, &desk.behind_outcomes(&any, ALL).unwrap()).await, [(2, 1), (1, 1)]);

    // ben opens his own two exchanges and D8, and nothing of the CRM's other deals.
    let sees = Sees::of(&desk.playbook, &Asker::Rep("ben".into())).unwrap();
    let ben = Desk { sees, ..desk.clone() };
    for (worth, wanted) in [
        (Worth::Exchanges, vec![(12, 1), (7, 1)]),
        (Worth::Open, vec![(12, 1)]),
        (Worth::Won, vec![]),
        (Worth::Outside, vec![]),
        (Worth::Missed, vec![]),
    ] {
        assert_eq!(buyers(&f, &behind(&ben, worth, all())).await, wanted, "{worth:?}");
    }
}

/// What is no rep's is asked for as its row is called, too; a rep who is called so has their own.
fn nobodys(desk: &Desk) {
    let of = |desk: &Desk, key: &str| {
        let piece = Piece { row: Some((By::Rep, key.to_owned())), ..Piece::default() };
        behind(desk, Worth::Exchanges, piece)
    };
    let theirs = of(desk, "");
    assert!(theirs.total > 0, "{theirs:?}");
    assert_eq!(of(desk, "nobody"), theirs);
    let mut playbook = crate::world::playbook();
    let maya = playbook.reps[&"maya".into()].clone();
    playbook.reps.insert("nobody".into(), maya);
    let named = Desk { playbook: Arc::new(playbook), ..desk.clone() };
    assert_eq!(of(&named, "nobody"), Opened::default());
    assert_eq!(of(&named, ""), theirs);
}

/// Each number of a row.
fn counts(desk: &Desk, row: &OutcomeRow, of: Option<&(By, String)>) {
    let piece = |currency: Option<&str>| Piece {
        row: of.cloned(),
        adherence: row.adherence,
        currency: currency.map(str::to_owned),
        ..Piece::default()
    };
    let total = |worth| behind(desk, worth, piece(None)).total;
    let opened = [Worth::Exchanges, Worth::Meetings, Worth::Won, Worth::Lost, Worth::Ended, Worth::Open].map(total);
    let counted = [row.meetings.whole, row.meetings.part, row.won, row.lost, row.won + row.lost, row.open];
    assert_eq!(opened, counted, "{of:?} {:?}", row.adherence);
    assert_eq!(total(Worth::Took), row.cycle.n, "how long won deals took");
    assert_eq!(total(Worth::Moved), row.stay.n, "{of:?} {:?}: steps", row.adherence);
    assert_eq!(total(Worth::Still), row.still);
    for amount in &row.amounts {
        let of_currency = |worth| behind(desk, worth, piece(Some(&amount.currency))).total;
        assert_eq!((of_currency(Worth::Won), of_currency(Worth::Open)), (amount.won, amount.open), "{amount:?}");
    }
}

/// Stages, what misses cost, and all deals.
fn stages(desk: &Desk, told: &Outcomes) {
    for row in &told.stages {
        let piece = || Piece { stage: Some(row.stage.clone()), adherence: row.adherence, ..Piece::default() };
        let opened = [Worth::Moved, Worth::Still].map(|worth| behind(desk, worth, piece()).total);
        assert_eq!(opened, [row.stay.n, row.still], "{row:?}");
    }
    for row in &told.costs {
        let piece = |currency| Piece { cause: Cause::named(&row.cause), currency, ..Piece::default() };
        assert_eq!(behind(desk, Worth::Missed, piece(None)).total, row.with_deal, "{row:?}");
        for cost in &row.amounts {
            let found = behind(desk, Worth::Cost, piece(Some(cost.currency.clone())));
            assert_eq!(found.total, cost.deals, "{cost:?}");
        }
    }
    for row in &told.reconciled {
        let piece = Piece { currency: Some(row.currency.clone()), fate: Some(row.fate), ..Piece::default() };
        let worth = match row.fate {
            Fate::Won => Worth::Won,
            Fate::Lost => Worth::Lost,
            Fate::Open => Worth::Open,
        };
        let opened = [worth, Worth::Outside].map(|worth| behind(desk, worth, piece.clone()).total);
        assert_eq!(opened, [row.influenced.deals, row.outside.deals], "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_is_full_and_says_all_of_each_conversation_however_often_one_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let mut f = Floor::over(Arc::new(SqliteStore::open(&path).unwrap())).await;
    f.all_sign_in().await;
    // Buyers 3 and 2 write once, and then buyer 1 twenty times; each is answered and finished.
    for n in [3, 2].into_iter().chain([1; 20]) {
        f.crm_says(n, known(n, chrono_tz::America::New_York)).await;
        f.clock.advance(Span::minutes(1));
        let conversation = f.texts(n, "main", "Can we talk?").await;
        f.clock.advance(Span::minutes(1));
        f.says_yes("maya", conversation).await;
        let done = Command::Done { outcome: Outcome::Texted };
        assert_eq!(f.does("maya", conversation, done).await, Verdict::Done);
    }
    let desk = desk(&f, &path).await;
    let mut wanted = Vec::new();
    for (n, times) in [(1, 20), (2, 1), (3, 1)] {
        wanted.push((f.texts_of(n).await.to_string(), times));
    }
    for limit in 1..=4 {
        let wanted = &wanted[..limit.min(3)];
        let replies = desk.behind_replies(&OnlyThese::default(), limit).unwrap();
        let replies: Vec<_> = replies.into_iter().map(|one| (one.conversation, one.times)).collect();
        assert_eq!(replies, wanted, "replies, {limit} at most");
        let of = OfWorth { worth: Worth::Exchanges, ..OfWorth::default() };
        let exchanges = desk.behind_outcomes(&of, limit).unwrap();
        let told: Vec<_> = exchanges.found.into_iter().map(|one| (one.conversation, one.times)).collect();
        assert_eq!((told.as_slice(), exchanges.total), (wanted, 22), "exchanges, {limit} at most");
    }
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

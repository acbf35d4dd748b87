//! Consent: opt-outs, holds that ended or wait, and answers that waited for the buyer's hours.

use comeback::domain::measure::chart::Behind;
use comeback::server::measure::behind::{Asked as OfWhat, OfConsent};
use comeback::server::measure::report::{Asker, Desk, Sees};

use super::*;

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
        let part = || beside.split([' ', ';']).next().and_then(|part| part.parse().ok());
        let Some(wanted) = of_replies(&value, &beside).or_else(part) else { continue };
        let Some(behind) = behind else {
            let nothing = matches!(value, Datum::Count(0)) || beside.starts_with("0 of") || beside.starts_with("0;");
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

//! Every number of every report opens the conversations that it counts: as many as it says, over the two days.

use comeback::domain::measure::chart::{charts, figures};
use comeback::domain::measure::outcomes::opened::Worth;
use comeback::domain::measure::report::Report;
use comeback::domain::measure::sheet::Datum;
use comeback::server::measure::behind::Opened;
use comeback::server::measure::behind::worth::OfWorth;
use comeback::server::measure::report::OnlyThese;

use super::worth::desk;
use super::*;

mod consent;
mod load;
mod outcomes;
mod sla;

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

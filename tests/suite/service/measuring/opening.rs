//! Every number of load and of outcomes opens the conversations that it counts: as many as it says, over the two days.

use comeback::domain::measure::Cause;
use comeback::domain::measure::carried::Turn;
use comeback::domain::measure::chart::{charts, figures};
use comeback::domain::measure::outcomes::opened::{Piece, Worth};
use comeback::domain::measure::outcomes::{Fate, OutcomeRow, Outcomes};
use comeback::domain::measure::report::Report;
use comeback::domain::measure::sheet::Datum;
use comeback::server::measure::behind::Opened;
use comeback::server::measure::behind::load::{Carried, OfWhom};
use comeback::server::measure::behind::worth::OfWorth;
use comeback::server::measure::deals;
use comeback::server::measure::outcomes::Asked;

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

/// Whatever a chart counts is opened, or says why it is not.
fn says_why(report: &Report) {
    let told = |value: &Datum| match value {
        Datum::None | Datum::Count(0) => false,
        Datum::Number(n) => *n > 0.0,
        Datum::Count(_)
        | Datum::Share(_)
        | Datum::Length(_)
        | Datum::Money(_)
        | Datum::Text(_)
        | Datum::Starred(_)
        | Datum::Conversation(_) => true,
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
        let told = desk.outcomes(Asked { by, ..asked(Touch::Last) }).unwrap();
        for row in &told.total {
            counts(&desk, row, None);
        }
        for row in &told.rows {
            counts(&desk, row, Some(&(by, row.key.clone())));
        }
        stages(&desk, &told);
        says_why(&Report::Outcomes(Box::new(told)));
    }

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
    assert_eq!(total(Worth::Won), row.cycle.n, "how long won deals took");
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

//! What answering was worth: exchanges and deals, stages, and what misses cost.

use comeback::domain::measure::Cause;
use comeback::domain::measure::cell::By;
use comeback::domain::measure::credit::Touch;
use comeback::domain::measure::outcomes::opened::Piece;
use comeback::domain::measure::outcomes::{Fate, OutcomeRow, Outcomes};
use comeback::server::measure::deals;
use comeback::server::measure::outcomes::Asked;
use comeback::server::measure::report::{Asker, Desk, Sees};

use super::super::worth::{Shelf, asked, ended, shelf};
use super::*;

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

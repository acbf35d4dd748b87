//! Load: its turns, and what each rep holds and held.

use comeback::domain::measure::carried::Turn;
use comeback::server::measure::behind::load::{Carried, OfWhom};
use comeback::server::measure::report::{Asker, Desk, Sees, days};

use super::*;

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

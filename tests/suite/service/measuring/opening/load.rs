//! Load: its turns, and what each rep holds and held.

use comeback::domain::id::RepId;
use comeback::domain::measure::carried::Turn;
use comeback::domain::measure::report::{Fairness, Load};
use comeback::domain::succession::without;
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

/// Offers, takes, passes and answers, rep by rep and team by team.
fn sums(load: &Load) -> [[i64; 4]; 2] {
    let add = |sum: [i64; 4], row: [i64; 4]| -> [i64; 4] { std::array::from_fn(|at| sum[at] + row[at]) };
    let reps = load.rows.iter().map(|row| [row.offers, row.takes, row.passes, row.answers]);
    let teams = load.fairness.iter().map(|row| [row.offers, row.takes, row.passes, row.answers]);
    [reps.fold([0; 4], add), teams.fold([0; 4], add)]
}

/// Ben, to whom six were offered, leaves after the two days, and Maya stands in his place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_left_counts_in_what_their_team_carried_and_not_in_how_evenly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let f = lived(Arc::new(SqliteStore::open(&path).unwrap())).await;
    let desk = desk(&f, &path).await;
    let (ben, maya) = (RepId::from("ben"), RepId::from("maya"));
    let playbook = without(&desk.playbook, &ben, &maya).playbook;
    let mut forgotten = playbook.clone();
    forgotten.reps.remove(&ben);
    let window = days(&playbook, f.now(), Span::minutes(2 * 24 * 60));
    let desk = Desk { window, playbook: Arc::new(playbook), ..desk };
    let load = desk.load().unwrap();
    let [reps, teams] = sums(&load);
    assert_eq!(reps, teams, "both tables add up to the same");
    let row = |load: &Load, team: &str| -> Fairness {
        load.fairness.iter().find(|row| row.team == team).cloned().unwrap_or_else(|| panic!("no {team} in {load:?}"))
    };
    let enterprise = row(&load, "enterprise");
    // Of maya, ines and ben, who carried 6 2 1 1.
    let all = [enterprise.offers, enterprise.takes, enterprise.passes, enterprise.answers];
    assert_eq!(all, [15, 14, 2, 11]);
    assert_eq!((enterprise.reps, enterprise.left, enterprise.left_offers), (2, 1, 6));
    // Maya 9 and ines none: 9² / (2 · 9²).
    assert!((enterprise.jain.unwrap() - 0.5).abs() < 1e-9, "{enterprise:?}");
    let opened =
        |desk: &Desk, of: &OfWhom| Turn::ALL.map(|turn| desk.behind_load(Carried::Turns(turn), of, ALL).unwrap().total);
    assert_eq!(opened(&desk, &OfWhom::Team("enterprise".into())), all);
    assert_eq!(opened(&desk, &OfWhom::Members("enterprise".into())), [9, 12, 1, 10]);
    // His lead sees him, and the lead of another team does not.
    let of = |who: &str| {
        let sees = Sees::of(&desk.playbook, &Asker::Rep(who.into())).unwrap();
        opened(&Desk { sees, ..desk.clone() }, &OfWhom::Team("enterprise".into()))
    };
    assert_eq!((of("lea"), of("nora")), (all, [0; 4]));
    says_why(&Report::Load(Box::new(load)));

    // A playbook that does not name him any more knows of no team of his: he has a row with those who are in none.
    let desk = Desk { playbook: Arc::new(forgotten), ..desk };
    let load = desk.load().unwrap();
    let [reps, teams] = sums(&load);
    assert_eq!(reps, teams, "both tables add up to the same");
    assert_eq!((row(&load, "enterprise").offers, row(&load, "enterprise").left), (9, 0));
    // Beside him omar and nora, who are in no pool of this world.
    let of_none = row(&load, "");
    assert_eq!((of_none.label.as_str(), of_none.reps, of_none.left, of_none.jain), ("in no team now", 0, 3, None));
    let all = [of_none.offers, of_none.takes, of_none.passes, of_none.answers];
    assert_eq!(all, [8, 3, 1, 2]);
    assert_eq!(opened(&desk, &OfWhom::Team("".into())), all);
    says_why(&Report::Load(Box::new(load)));
}

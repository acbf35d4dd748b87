//! A text that nobody may answer, for its number waits for a ruling, is counted by its own cause and charged to nobody.

use std::collections::BTreeSet;

use comeback::server::measure::behind::{Asked as OfWhat, OfConsent};
use comeback::server::measure::report::{Asker, Desk, Sees};

use super::worth::desk;
use super::*;

const OPT_OUT: Command = Command::Rule { ruling: Ruling::OptOut };

/// How often each cause was, and what of the replies of a rep's row was met.
fn causes(path: &Path) -> (Value, Value) {
    let sla = json(path, &["sla"]);
    (sla["total"]["causes"].clone(), json(path, &["sla", "--by", "rep"])["rows"].clone())
}

fn reps(rows: &Value) -> Vec<(&str, (i64, i64, i64))> {
    rows.as_array().unwrap().iter().map(|row| (row["key"].as_str().unwrap(), met(row))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_to_be_left_alone_that_falls_due_unruled_is_nobodys_miss() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).unwrap());
    let mut f = Floor::over(store).await;
    f.all_sign_in().await;
    for n in [1, 2, 3] {
        f.crm_says(n, known(n, chrono_tz::America::New_York)).await;
    }
    // Maya has it, reads it, and rightly writes nothing; it is due 10:15.
    let one = f.texts(1, "main", "please take me off your list").await;
    f.until(tuesday("10:01:00"), &[one]).await;
    assert_eq!(f.does("maya", one, Command::Take).await, Verdict::Done);
    f.until(tuesday("10:20:00"), &[one]).await;
    let (why, rows) = causes(&path);
    assert_eq!(why, serde_json::json!({"opt_out_hold": 1}));
    assert_eq!(reps(&rows), [("", (1, 0, 1))], "nobody is charged");
    let says = |path: &Path| json(path, &["sla", "--breaches"])["breaches"][0]["story"].to_string();
    let told = says(&path);
    assert!(told.contains("10:00:00  the number came on opt-out hold: nobody may answer"), "{told}");
    assert!(!told.contains("ruled"), "{told}");
    // Ruled on too late it stays missed, and nobody's; ruled on in time it is none.
    assert_eq!(f.does("lea", one, OPT_OUT).await, Verdict::Done);
    let told = says(&path);
    assert!(told.contains("10:20:00  Lea ruled: they want no more texts"), "{told}");
    f.until(tuesday("11:00:00"), &[one]).await;
    let two = f.texts(2, "main", "please take me off your list").await;
    f.until(tuesday("11:05:00"), &[two]).await;
    assert_eq!(f.does("lea", two, OPT_OUT).await, Verdict::Done);
    let total = &json(&path, &["sla"])["total"];
    assert_eq!(met(total), (2, 0, 1));
    assert_eq!((&total["dropped"], &total["dropped_late"]), (&1.into(), &1.into()), "{total}");

    // What is asked elsewhere is on hold, too. Once it is over, a miss is whose it is.
    f.until(tuesday("12:00:00"), &[two]).await;
    let three = f.texts(3, "main", "Can we talk?").await;
    f.until(tuesday("12:01:00"), &[three]).await;
    assert_eq!(f.does("maya", three, Command::Take).await, Verdict::Done);
    f.texts(3, "dock", "please lose my number").await;
    f.until(tuesday("12:20:00"), &[three]).await;
    assert_eq!(causes(&path).0, serde_json::json!({"opt_out_hold": 2}));
    let hold = f.number_of(three).await.hold.unwrap();
    let read = hold.texts.iter().map(|text| text.message).collect();
    let keep = Ruling::Keep { note: f.fresh(), reason: Body::new("Of another list."), read };
    assert_eq!(f.does("lea", three, Command::Rule { ruling: keep }).await, Verdict::Done);
    assert_eq!(f.does("maya", three, Command::Take).await, Verdict::Done);
    f.says_yes("maya", three).await;
    f.until(tuesday("14:00:00"), &[three]).await;
    f.texts(3, "main", "And now?").await;
    f.until(tuesday("14:40:00"), &[three]).await;
    let (why, rows) = causes(&path);
    assert_eq!(why, serde_json::json!({"opt_out_hold": 2, "taken_not_answered": 1}));
    let (_, (_, part, whole)) = reps(&rows).into_iter().find(|(rep, _)| *rep == "maya").unwrap();
    assert_eq!((part, whole), (0, 1), "{rows}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_asked_on_once_the_buyer_has_an_answer_that_came_while_others_were_asked() {
    for delivery in [Delivery::Delivered, Delivery::Sent] {
        let mut f = Floor::opens().await;
        f.crm_says(1, known(1, chrono_tz::America::New_York)).await;
        let one = f.texts(1, "main", "Can we talk?").await;
        f.until(tuesday("10:01:00"), &[one]).await;
        assert_eq!(f.does("maya", one, Command::Take).await, Verdict::Done);
        f.until(tuesday("10:14:55"), &[one]).await;
        // It leaves when its undo time is over; meanwhile it falls due, and the next ones are asked.
        let message = f.answers("maya", one, "Yes.").await;
        f.until(tuesday("10:15:01"), &[one]).await;
        let asked = f.state(one).await.assignment.unwrap();
        assert!(asked.taken.is_none() && asked.expires.is_some(), "{asked:?}");
        f.goes(one, message, 8).await;
        f.told(one, message, delivery, None).await;
        f.until(tuesday("16:00:00"), &[one]).await;
        let after = f.state(one).await.assignment.unwrap();
        let same = (&after.to, after.step) == (&asked.to, asked.step);
        assert_eq!((same, after.expires), (delivery == Delivery::Delivered, None), "{delivery:?}: {after:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lead_is_told_of_the_holds_of_their_teams() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let mut f = Floor::over(Arc::new(SqliteStore::open(&path).unwrap())).await;
    f.all_sign_in().await;
    let one = f.texts(1, "main", "please take me off your list").await;
    let two = f.texts(2, "main", "please take me off your list").await;
    let three = f.texts(3, "dock", "please lose my number").await;
    f.until(tuesday("10:05:00"), &[one]).await;
    assert_eq!(f.does("lea", one, OPT_OUT).await, Verdict::Done);

    let all = desk(&f, &path).await;
    let of = OfConsent { what: OfWhat::Holds, ..OfConsent::default() };
    for (rep, wanted, ended) in
        [("adele", vec![one, two, three], 1), ("lea", vec![one, two], 1), ("nora", vec![three], 0)]
    {
        let sees = Sees::of(&all.playbook, &Asker::Rep(rep.into())).unwrap();
        let theirs = Desk { sees, ..all.clone() };
        let holds = theirs.compliance(f.store.as_ref()).await.unwrap().unwrap().holds;
        let placed = i64::try_from(wanted.len()).unwrap();
        let told = (holds.placed, holds.waiting, holds.in_time.part, holds.in_time.whole);
        assert_eq!(told, (placed, placed - ended, ended, ended), "{rep}");
        let opened = theirs.behind_consent(f.store.as_ref(), &of, 10).await.unwrap().unwrap();
        let opened: BTreeSet<String> = opened.into_iter().map(|found| found.conversation).collect();
        let wanted: BTreeSet<String> = wanted.iter().map(ToString::to_string).collect();
        assert_eq!(opened, wanted, "{rep}");
    }
    let sees = Sees::of(&all.playbook, &Asker::Rep("maya".into())).unwrap();
    assert!(Desk { sees, ..all }.compliance(f.store.as_ref()).await.unwrap().is_none(), "not for reps");
}

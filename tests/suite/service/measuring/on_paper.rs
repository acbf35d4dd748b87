//! Every number that the program tells of the two days is the one worked out on paper.

use comeback::domain::measure::cell::By;
use comeback::server::measure::report::{Asker, Desk, OnlyThese, Sees, days};

use super::*;

fn row<'a>(report: &'a Value, list: &str, key: &str, wanted: &str) -> &'a Value {
    let rows = report[list].as_array().unwrap();
    rows.iter().find(|row| row[key] == wanted).unwrap_or_else(|| panic!("no {wanted} in {rows:#?}"))
}

/// Seconds of percentiles.
fn seconds(times: &Value) -> Vec<i64> {
    times.as_array().unwrap().iter().map(|ms| ms.as_i64().unwrap() / 1000).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_number_is_the_one_worked_out_on_paper() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).unwrap());
    let floor = lived(Arc::clone(&store)).await;

    let sla = json(&path, &["sla", "--breaches"]);
    let total = &sla["total"];
    assert_eq!(met(total), (15, 7, 13));
    let close = |value: &Value, wanted: f64| (value.as_f64().unwrap() - wanted).abs() < 0.0005;
    assert!(close(&total["met"]["low"], 0.2914) && close(&total["met"]["high"], 0.7680), "{}", total["met"]);
    assert_eq!((&sla["exact"], &total["met"]["small"]), (&Value::from(true), &Value::from(true)));
    let counts = ["late", "overdue", "dropped", "dropped_late", "running"].map(|name| total[name].as_i64().unwrap());
    assert_eq!(counts, [5, 1, 1, 0, 1]);
    assert_eq!(met(row(&sla, "rows", "key", "late-stage")), (11, 6, 11));
    assert_eq!(met(row(&sla, "rows", "key", "new")), (4, 1, 2));
    for (name, n, business, wall) in [
        ("first", 10, [608, 3908, 11_400], [968, 54_608, 69_000]),
        ("next", 2, [608, 2108, 2108], [608, 2108, 2108]),
        ("take", 12, [120, 600, 960], [120, 960, 54_180]),
    ] {
        let times = &total[name];
        assert_eq!(times["n"], n, "{name}");
        assert_eq!(
            (seconds(&times["business"]), seconds(&times["wall"])),
            (business.to_vec(), wall.to_vec()),
            "{name}"
        );
    }
    assert_eq!((&total["climbed"], &total["climbs"]), (&Value::from(7), &Value::from(9)));
    assert_eq!(total["steps"], serde_json::json!({"1": 9, "2": 6, "3": 5, "4": 1, "5": 1}));
    assert_eq!(total["gaps"], serde_json::json!({"on_call": 1}));
    let causes = ["not_taken", "quiet_hours", "opt_out_hold", "send_failed", "taken_not_answered", "nobody_there"];
    assert_eq!(
        total["causes"],
        Value::Object(causes.map(|name| (name.to_owned(), Value::from(1))).into_iter().collect())
    );
    let stories = sla["breaches"].as_array().unwrap();
    assert_eq!(stories.len(), 6);
    let third = stories.iter().find(|told| told["cause"] == "not_taken").unwrap()["story"].to_string();
    for said in ["Maya was asked: owner", "Maya did not act in time", "Omar was asked: on call", "Omar answered late"] {
        assert!(third.contains(said), "{said}: {third}");
    }
    let seventh = stories.iter().find(|told| told["cause"] == "opt_out_hold").unwrap()["story"].to_string();
    for said in ["the number came on opt-out hold: nobody may answer", "14:00:00  Lea ruled: they may be texted"] {
        assert!(seventh.contains(said), "{said}: {seventh}");
    }

    let reps = json(&path, &["sla", "--by", "rep"]);
    for (rep, wanted) in
        [("maya", (9, 5, 9)), ("ben", (2, 1, 1)), ("ines", (1, 1, 1)), ("nora", (1, 0, 1)), ("", (2, 0, 1))]
    {
        assert_eq!(met(row(&reps, "rows", "key", rep)), wanted, "{rep}");
    }
    let hours = json(&path, &["sla", "--by", "hour"]);
    assert_eq!(met(row(&hours, "rows", "key", "034")), (2, 2, 2));
    assert_eq!(row(&hours, "rows", "key", "034")["label"], "Tue 10:00");
    assert_eq!(hours["about"]["hours_in"], serde_json::json!(["America/New_York"]));
    assert!(told(&path, &["sla", "--by", "hour"]).contains("when the buyer wrote, in America/New_York"));
    let teams = json(&path, &["sla", "--by", "team"]);
    assert_eq!(met(row(&teams, "rows", "key", "harbor")), (1, 0, 1));

    // A number opens its conversations.
    let behind = json(&path, &["sla", "--by", "rep", "--replies", "maya", "--standing", "missed"]);
    assert_eq!(behind.as_array().unwrap().len(), 4);
    let behind = json(&path, &["sla", "--replies", "all", "--gap", "on_call"]);
    let tenth = floor.texts_of(9).await.to_string();
    assert_eq!(behind[0]["conversation"], Value::from(tenth));
    // Seven moved up; twelve were offered and taken; ten first answers and two later ones; one fell due on hold.
    for (only, wanted) in [
        ("--step 3", 5),
        ("--climbed", 7),
        ("--climbed false", 8),
        ("--taken", 12),
        ("--taken false", 3),
        ("--standing answered --response first", 10),
        ("--standing answered --response next", 2),
        ("--cause opt_out_hold", 1),
        ("--from 2026-03-01 --to 2026-03-02", 0),
        ("--from 2026-03-03 --to 2026-03-04", 15),
    ] {
        let asked: Vec<&str> = "sla --replies all".split(' ').chain(only.split(' ')).collect();
        assert_eq!(json(&path, &asked).as_array().unwrap().len(), wanted, "{only}");
    }

    let consent = json(&path, &["compliance"]);
    let main = row(&consent, "lines", "line", "main");
    let counts = ["received", "answers", "campaign", "quiet", "overruled"].map(|name| main[name].as_i64().unwrap());
    assert_eq!(counts, [15, 12, 2, 1, 0]);
    let outs = |row: &Value| (row["opt_outs"]["part"].as_i64().unwrap(), row["opt_outs"]["whole"].as_i64().unwrap());
    assert_eq!(outs(main), (1, 14));
    let wait = main["quiet_wait"][0].as_i64().unwrap();
    assert!((wait - 10_620_000).abs() * 1000 <= 10_620_000 * 16, "{wait}");
    assert_eq!(outs(row(&consent, "campaigns", "campaign", "spring")), (1, 2));
    for (band, wanted) in
        [("5m", (1, 2)), ("15m", (0, 3)), ("1h", (0, 4)), ("4h", (0, 1)), ("24h", (0, 2)), ("never", (0, 2))]
    {
        assert_eq!(outs(row(&consent, "bands", "band", band)), wanted, "{band}");
    }
    let holds = &consent["holds"];
    assert_eq!(
        (&holds["placed"], &holds["in_time"]["part"], &holds["ends"]["kept"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!(holds["took"][0], 3_600_000);
    load(&path, &store, floor.now());
}

/// The load as of the end of the two days.
fn load(path: &Path, store: &Arc<dyn Store>, now: Timestamp) {
    let projections = Arc::new(Projections::open(path).unwrap());
    let playbook = Arc::new(crate::world::playbook());
    let head = projections.read_to().unwrap().seq;
    let window = days(&playbook, now, Span::minutes(2 * 24 * 60));
    let sees = Sees::of(&playbook, &Asker::Operator).unwrap();
    let desk = Desk { projections, playbook, head, now, sees, window };
    let load = desk.load().unwrap();
    let of = |rep: &str| load.rows.iter().find(|row| row.rep == rep).unwrap();
    for (rep, wanted) in [
        ("maya", [9, 11, 1, 9]),
        ("ben", [6, 2, 1, 1]),
        ("omar", [1, 1, 0, 1]),
        ("nora", [1, 0, 0, 0]),
        ("ines", [0, 1, 0, 1]),
    ] {
        let row = of(rep);
        assert_eq!([row.offers, row.takes, row.passes, row.answers], wanted, "{rep}");
    }
    assert!((of("omar").average - 89_460.0 / 93_960.0).abs() < 1e-9, "{}", of("omar").average);
    assert_eq!((of("omar").most, of("omar").now), (1, 1));
    let enterprise = load.fairness.iter().find(|row| row.team == "enterprise").unwrap();
    assert_eq!((enterprise.reps, enterprise.offers), (3, 15));
    assert!((enterprise.jain.unwrap() - 225.0 / 351.0).abs() < 1e-9);
    // A lead sees their team, a rep their own.
    let sla_of = |rep: &str| {
        let sees = Sees::of(&desk.playbook, &Asker::Rep(rep.into())).unwrap();
        Desk { sees, ..desk.clone() }.sla(By::Cohort, 0).unwrap().total
    };
    assert_eq!(sla_of("nora").replies, 1);
    assert_eq!(sla_of("lea").replies, 14);
    assert_eq!(sla_of("ines").replies, 1);
    assert_eq!(sla_of("adele").replies, 15);
    let one = OnlyThese { row: Some((By::Rep, "maya".to_owned())), ..OnlyThese::default() };
    let ben = Desk { sees: Sees::of(&desk.playbook, &Asker::Rep("ben".into())).unwrap(), ..desk.clone() };
    assert_eq!(ben.told(&one, 10).unwrap().len(), 0);
    drop(Arc::clone(store));
}

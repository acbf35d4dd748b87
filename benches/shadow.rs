//! What a version tried beside today's rules costs at ingest: `playbook apply --shadow`, the real command on the running
//! backend, then the load of the part `ingest`.
//!
//! Rounds without a shadow, with one that decides every reply as it is decided anyway, and with one that finds another
//! due time for every clock, one after the other, so that a slow minute meets all three. The floor is the round without
//! one. Beside texts a second stands the time that the backend's threads were on a core for each text: the machine's
//! other work hardly changes that.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::carrier_load::{Load, deliver};
use crate::figures::{Times, ms, on_core};
use crate::ingest::{ACCOUNT, NUMBER, PROGRAM, Serve, TOKEN, add_line, playbook, rules};

const ROUNDS: usize = 9;
const SECONDS: u64 = 6;
/// The standard target, and one that every clock without another cohort finds different.
const TARGET: (&str, &str) = ("due = \"12m\" }", "due = \"11m\" }");
/// Nothing that a reply is decided by.
const ELSEWHERE: (&str, &str) = ("undo_hold = \"8s\"", "undo_hold = \"9s\"");

/// What is tried beside today's rules, if anything.
struct Mode {
    name: &'static str,
    change: Option<(&'static str, &'static str)>,
    rates: Vec<f64>,
    /// For each text, on a core.
    costs: Vec<Duration>,
    times: Times,
}

pub(crate) fn run() {
    let mode = |name, change| Mode { name, change, rates: Vec::new(), costs: Vec::new(), times: Times::default() };
    let mut modes = [
        mode("no shadow", None),
        mode("a shadow that decides the same", Some(ELSEWHERE)),
        mode("a shadow with another target", Some(TARGET)),
    ];
    for _ in 0..ROUNDS {
        for mode in &mut modes {
            one(mode);
        }
    }
    let mut floor = None;
    for mode in &mut modes {
        mode.times.tell(mode.name);
        mode.rates.sort_by(f64::total_cmp);
        mode.costs.sort_unstable();
        // Other work on the machine only ever slows a round, so the best ones are told, too.
        let found = [
            ("median", mode.rates[ROUNDS / 2], mode.costs[ROUNDS / 2]),
            ("best", mode.rates[ROUNDS - 1], mode.costs[0]),
        ];
        let bare = *floor.get_or_insert(found);
        for ((which, rate, cost), (_, most, least)) in found.into_iter().zip(bare) {
            println!(
                "  {which} of {ROUNDS} rounds: {rate:.0} a second, {:.0} % of the floor; {} on a core for each text, {:+.1} %",
                rate / most * 100.0,
                ms(cost),
                (cost.as_secs_f64() / least.as_secs_f64() - 1.0) * 100.0
            );
        }
    }
}

/// One round: a fresh database, the load, and what it cost.
fn one(mode: &mut Mode) {
    let folder = tempfile::tempdir_in(Path::new(PROGRAM).parent().unwrap()).unwrap();
    let (database, playbook) = (folder.path().join("run.db"), playbook(folder.path()));
    let serve = Serve::start(&database, &playbook);
    add_line(&database);
    if let Some(change) = mode.change {
        apply(&database, folder.path(), change);
    }
    let load = Load {
        address: serve.address.clone(),
        public_url: format!("http://{}", serve.address),
        account: ACCOUNT.to_owned(),
        token: TOKEN.to_owned(),
        number: NUMBER.to_owned(),
        connections: 64,
        people: 20_000,
        seconds: SECONDS,
        most: u64::MAX,
    };
    let before = on_core(serve.pid());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let loaded = runtime.block_on(deliver(load));
    let spent = on_core(serve.pid()).saturating_sub(before);
    serve.stop();
    assert_eq!(loaded.refused, 0, "every webhook was accepted");
    let accepted = loaded.times.len();
    mode.rates.push(accepted as f64 / loaded.took.as_secs_f64());
    mode.costs.push(spent.div_f64(accepted as f64));
    loaded.times.into_iter().for_each(|time| mode.times.add(time));
    let said = mode.change.is_some().then(|| shadow(&database));
    let cost = mode.costs.last().copied().unwrap_or_default();
    println!(
        "{}: {accepted} texts, {} on a core for each{}",
        mode.name,
        ms(cost),
        said.map(|said| format!("; {said}")).unwrap_or_default()
    );
}

fn apply(database: &Path, folder: &Path, (from, to): (&str, &str)) {
    // Its expectations would not hold with another target.
    let rules = rules();
    let (rules, _) = rules.split_once("[[expect]]").unwrap();
    assert!(rules.contains(from), "{from}");
    let file = folder.join("tried.toml");
    std::fs::write(&file, rules.replace(from, to)).unwrap();
    let mut apply = Command::new(PROGRAM);
    apply.args(["playbook", "apply", "--shadow", "--by", "bench", "--database"]);
    let applied = apply.arg(format!("sqlite:{}", database.display())).arg(file).output().unwrap();
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
}

/// What the backend says that it found: that the shadow did decide.
fn shadow(database: &Path) -> String {
    let mut asked = Command::new(PROGRAM);
    asked.args(["playbook", "shadow", "--database"]).arg(format!("sqlite:{}", database.display()));
    let said = String::from_utf8(asked.output().unwrap().stdout).unwrap();
    let line = said.lines().find(|line| line.contains("decided otherwise")).unwrap_or_else(|| panic!("{said}"));
    line.trim().to_owned()
}

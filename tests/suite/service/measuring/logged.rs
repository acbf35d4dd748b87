//! The two days, held against the day before them, which a carrier's log brings, newest first, as its console writes it.
//!
//! ```text
//!       to    buyer, Monday      what the log has                                          a reply     until the answer
//! SM11  main  1, c-1             10:00, again 10:01; ours 10:05 failed, 10:10 delivered    SM11        10 min
//! SM13  main  1                  ours 10:20, which nobody had asked for; 11:00; ours 11:20 SM13        20 min
//! SM21  main  6, c-6             13:00; ours 13:30                                         SM21        30 min
//! SM31  main  40, two people     14:00; ours 14:10 undelivered, 14:40                      SM31        40 min
//! SM41  main  41, nobody known   15:00; STOP 15:05; ours 15:05, the carrier's own words    SM41        never
//! SM51  main  42                 a campaign of 9:00; STOP                                  -
//! SM61  main  43                 YES 10:30; ours 11:20                                     SM61        50 min
//! SM15  main  1                  a reaction 12:00; ours 12:10                              -
//! SM71  dock  44                 10:00; ours 10:01                                         SM71        1 min
//! SM81  ?     45                 10:00, to a number of nobody's                            refused
//! SM91  main  12, c-12           20 Feb 12:00, so that D7, won on Monday, is enterprise's  SM91        never
//! SM17  main  1                  Tuesday 10:00, which the journal knows itself             SM17        1 min
//! ```
//!
//! *Before*, enterprise: first answers 10 20 30 40 50 min, the median is the 3rd; won 1 of 1, in 29 days. How they ended the
//! log does not say: of nobody is it known whether there was a meeting. harbor: 1 min.
//!
//! Nine replies: SM41 and SM91 were not answered, seven were. Of SM31 SM41 SM61 SM71 the CRM's person is not known.

use comeback::domain::id::ContactId;
use comeback::domain::measure::credit::Rule;
use comeback::server::measure::deals;
use comeback::server::store::past::PastReply;

use super::worth::{Shelf, desk, ended, shelf};
use super::*;

const HEADER: &str =
    "From,To,Body,Status,SentDate,ApiVersion,NumSegments,ErrorCode,AccountSid,Sid,Direction,Price,PriceUnit\n";

const MAIN: &str = "+14155550199";
const DOCK: &str = "+14155550188";
const NOBODYS: &str = "+14155550166";

/// One text of the log. Times are of New York, and the log's of UTC.
fn text(from: &str, to: &str, body: &str, status: &str, at: &str, sid: &str, direction: &str) -> String {
    let at = crate::world::at(&format!("2026-{at}-05:00")).utc().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    format!("{from},{to},\"{body}\",{status},{at},2010-04-01,1,,AC1,{sid},{direction},-0.0079,USD\n")
}

fn came(n: u32, to: &str, body: &str, at: &str, sid: &str) -> String {
    text(buyer(n).as_str(), to, body, "received", at, sid, "inbound")
}

fn left(n: u32, from: &str, status: &str, at: &str) -> String {
    let sid = format!("SM{n}{}", at.replace([':', '-', 'T'], ""));
    text(from, buyer(n).as_str(), "Let us see,\nshall we?", status, at, &sid, "outbound-api")
}

/// The log, oldest first.
fn texts() -> Vec<String> {
    vec![
        came(12, MAIN, "Any room?", "02-20T12:00:00", "SM91"),
        left(42, MAIN, "delivered", "03-02T09:00:00"),
        came(42, MAIN, "STOP", "03-02T09:30:00", "SM51"),
        came(1, MAIN, "Can we talk?", "03-02T10:00:00", "SM11"),
        came(44, DOCK, "Hello?", "03-02T10:00:00", "SM71"),
        came(45, NOBODYS, "Hello?", "03-02T10:00:00", "SM81"),
        came(1, MAIN, "Hello?", "03-02T10:01:00", "SM12"),
        left(44, DOCK, "delivered", "03-02T10:01:00"),
        left(1, MAIN, "failed", "03-02T10:05:00"),
        left(1, MAIN, "delivered", "03-02T10:10:00"),
        left(1, MAIN, "delivered", "03-02T10:20:00"),
        came(43, MAIN, "Yes", "03-02T10:30:00", "SM61"),
        came(1, MAIN, "And the price?", "03-02T11:00:00", "SM13"),
        left(1, MAIN, "sent", "03-02T11:20:00"),
        left(43, MAIN, "delivered", "03-02T11:20:00"),
        came(1, MAIN, "Liked “It is 40”", "03-02T12:00:00", "SM15"),
        left(1, MAIN, "delivered", "03-02T12:10:00"),
        came(6, MAIN, "", "03-02T13:00:00", "SM21"),
        left(6, MAIN, "delivered", "03-02T13:30:00"),
        came(40, MAIN, "Who is this?", "03-02T14:00:00", "SM31"),
        left(40, MAIN, "undelivered", "03-02T14:10:00"),
        left(40, MAIN, "delivered", "03-02T14:40:00"),
        came(41, MAIN, "Any news?", "03-02T15:00:00", "SM41"),
        came(41, MAIN, "Stop!", "03-02T15:05:00", "SM42"),
        left(41, MAIN, "delivered", "03-02T15:05:00"),
        came(1, MAIN, "Can we talk?", "03-03T10:00:00", "SM17"),
        left(1, MAIN, "delivered", "03-03T10:01:00"),
    ]
}

fn import(database: &Path, more: &[&str], files: &[&Path]) -> (bool, String) {
    let database = format!("sqlite:{}", database.display());
    let mut program = Program::new(env!("CARGO_BIN_EXE_comeback"));
    program.args(["import", "messages", "--source", "twilio", "--database", &database]).args(more).args(files);
    let told = program.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    (told.status.success(), said)
}

async fn kept(f: &Floor) -> Vec<PastReply> {
    f.store.past(Timestamp::MIN, Timestamp::MAX).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_before_comes_from_a_carriers_log_and_nothing_of_buyers_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let f = ended(Arc::new(SqliteStore::open(&path).unwrap())).await;
    f.crm_says(40, vec![crate::world::card("c-40"), crate::world::card("c-41")]).await;
    let desk = desk(&f, &path).await;
    deals::follow(&Shelf(shelf()), &desk.projections, f.now()).await.unwrap();

    let log = folder.path().join("log.csv");
    let mut newest_first = texts();
    newest_first.reverse();
    std::fs::write(&log, format!("{HEADER}{}", newest_first.concat())).unwrap();
    let (ok, said) = import(&path, &[], &[&log]);
    assert!(!ok, "{said}");
    for words in [
        ": to is the number of no line of the playbook: --team says whose such texts were",
        "log.csv: 26 texts read, 1 refused",
        "9 kept, 0 known before, 1 refused",
        "replies: 7 answered, 2 not; of 4 it is not known who of the CRM wrote",
        "1 row(s) were not kept",
    ] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }

    // In whatever order, in however many files, some of it twice: it is the same log.
    let texts = texts();
    let parts: Vec<_> = [&texts[..15], &texts[10..]].into_iter().zip(["one.csv", "two.csv"]).collect();
    let files: Vec<_> = parts.iter().map(|(_, name)| folder.path().join(name)).collect();
    for ((part, _), file) in parts.iter().zip(&files) {
        std::fs::write(file, format!("{HEADER}{}", part.concat())).unwrap();
    }
    let (_, again) = import(&path, &[], &[&files[1], &files[0]]);
    assert!(again.contains("0 kept, 9 known before, 1 refused"), "{again}");
    let before = kept(&f).await;
    let ids: Vec<&str> = before.iter().map(|reply| reply.id.as_str()).collect();
    let wanted = ["SM91", "SM11", "SM71", "SM61", "SM13", "SM21", "SM31", "SM41", "SM17"];
    assert_eq!(ids, wanted, "by when they came");
    let behind: Vec<_> = before.iter().map(|reply| reply.contact.as_ref().map_or("", ContactId::as_str)).collect();
    assert_eq!(behind, ["c-12", "c-1", "", "", "c-1", "c-6", "", "", "c-1"]);

    // No number and no word of anybody, neither there nor here.
    let rows: Vec<String> = {
        let db = rusqlite::Connection::open(&path).unwrap();
        let mut query = db.prepare("SELECT * FROM past_reply").unwrap();
        let columns = query.column_count();
        let row = |r: &rusqlite::Row<'_>| {
            (0..columns).map(|n| r.get::<_, rusqlite::types::Value>(n).map(|value| format!("{value:?}"))).collect()
        };
        query.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
    };
    for told in [rows.concat(), said, again] {
        for of_somebody in ["415555", "talk", "price", "shall we", "Stop"] {
            assert!(!told.contains(of_somebody), "{of_somebody} in {told}");
        }
    }

    let (from, until) = desk.days_of_before(None).unwrap();
    let past = f.store.past(from, until).await.unwrap();
    let told = desk.compared(Rule::default(), None, &past).unwrap().unwrap();
    assert_eq!((told.imported, told.untold, told.teams.len()), (8, 8, 2));
    let [enterprise, harbor] = told.teams.as_slice() else { panic!("{:?}", told.teams) };
    assert_eq!((enterprise.team.as_str(), enterprise.days), ("enterprise", 1));
    let (before, since) = (&enterprise.before, &enterprise.after);
    assert_eq!((before.first.n, before.first.median), (5, Some(30 * 60_000)));
    assert_eq!((since.first.n, since.first.median), (8, Some(1_208_000)), "as in before.rs");
    assert_eq!((before.wins.part, before.wins.whole, before.cycle.median), (1, 1, Some(29 * 86_400_000)));
    assert_eq!((before.meetings.whole, since.meetings.whole, enterprise.difference.value), (0, 9, None));
    assert_eq!((harbor.before.first.n, harbor.before.first.median), (1, Some(60_000)));
    let printed = super::told(&path, &["outcomes", "--compare", "--window", "3660"]);
    assert!(printed.contains("Of 8 of them nobody tells how they ended"), "{printed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_log_lacks_is_said_and_put_right_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let f = Floor::over(Arc::new(SqliteStore::open(&path).unwrap())).await;
    let log = folder.path().join("log.csv");
    std::fs::write(&log, format!("{HEADER}{}", texts().concat())).unwrap();
    let (ok, said) = import(&path, &[], &[&log]);
    assert!(
        !ok && said.contains("9 kept, 0 known before, 1 refused") && said.contains("of 9 it is not known"),
        "{said}"
    );

    // Whose the number of nobody's was is said; a team that is none is not taken.
    let (ok, said) = import(&path, &["--team", "harbour"], &[&log]);
    assert!(!ok && said.contains("team is none of the playbook; is it \"harbor\"?"), "{said}");
    let (ok, said) = import(&path, &["--team", "harbor"], &[&log]);
    assert!(ok && said.contains("1 kept, 9 known before, 0 refused"), "{said}");
    let of_harbor: Vec<_> = kept(&f).await.into_iter().filter(|reply| reply.team.as_str() == "harbor").collect();
    assert_eq!(of_harbor.len(), 2);

    // Half of a log comes first: what was answered in the other half is put right.
    let late = folder.path().join("late.csv");
    let asks = came(46, MAIN, "Hello?", "03-02T16:00:00", "SM99");
    std::fs::write(&late, format!("{HEADER}{asks}")).unwrap();
    let (ok, said) = import(&path, &[], &[&late]);
    assert!(ok && said.contains("1 kept, 0 known before, 0 refused") && said.contains("0 answered, 1 not"), "{said}");
    std::fs::write(&late, format!("{HEADER}{asks}{}", left(46, MAIN, "delivered", "03-02T16:20:00"))).unwrap();
    let (ok, said) = import(&path, &[], &[&late]);
    assert!(ok && said.contains("0 kept, 1 replaced, 0 known before, 0 refused"), "{said}");

    // A file that breaks off keeps nothing: its end may hold the answers.
    let broken =
        format!("{HEADER}{}+1,+2,\"{}", came(47, MAIN, "Hello?", "03-02T16:00:00", "SM98"), "x\n".repeat(200_000));
    std::fs::write(&late, broken).unwrap();
    let (ok, said) = import(&path, &[], &[&late]);
    assert!(!ok && said.contains("late.csv:3: ") && said.contains("Nothing was kept"), "{said}");
    assert_eq!(kept(&f).await.len(), 11);
}

/// The samples of the documentation, word for word, with the playbook that comes with the program.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_samples_of_the_documentation_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.db");
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).unwrap());
    let playbook = include_str!("../../../../assets/playbook.toml");
    let playbook = comeback::config::playbook::read("playbook.toml", playbook).unwrap();
    let clock = Arc::new(comeback::clock::ManualClock::at(tuesday("10:00:00")));
    drop(comeback::server::service::Service::start(Arc::clone(&store), clock, &playbook).await.unwrap());
    let page = include_str!("../../../../assets/docs/measure.md");
    let blocks = page.split("```\n").filter_map(|block| block.strip_prefix("comeback import "));
    let mut kept = 0;
    for block in blocks {
        let (command, file) = block.split_once('\n').unwrap();
        let (args, name) = command.rsplit_once(' ').unwrap();
        std::fs::write(folder.path().join(name), file).unwrap();
        let told = Program::new(env!("CARGO_BIN_EXE_comeback"))
            .arg("import")
            .args(args.split(' '))
            .arg(name)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
        let rows = store.past(Timestamp::MIN, Timestamp::MAX).await.unwrap().len();
        assert!(told.status.success() && rows > kept && said.contains(" 0 refused"), "{command}: {said}");
        kept = rows;
    }
    assert_eq!(kept, 5, "one reply of each that is paired already, two of each log");
}

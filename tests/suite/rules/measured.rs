//! Whatever happens, what is measured of it depends on the record alone: not on where a reader stopped and went on.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use comeback::domain::answering::Answering;
use comeback::domain::command::{Actor, Command};
use comeback::domain::contact::{Address, Body};
use comeback::domain::deal::{Closed, Deal};
use comeback::domain::event::{Event, Outcome, Subject};
use comeback::domain::id::DealId;
use comeback::domain::measure::cell::By;
use comeback::domain::measure::fold::World;
use comeback::domain::measure::load::day_of;
use comeback::domain::measure::outcomes::Fate;
use comeback::domain::measure::{Cause, Fold, Standing};
use comeback::domain::message::Delivery;
use comeback::domain::playbook::Playbook;
use comeback::domain::time::{Span, Timestamp};
use comeback::journal::frame::Fact;
use comeback::journal::{Head, seal};
use comeback::server::measure::follow::follow_by;
use comeback::server::measure::outcomes::Asked;
use comeback::server::measure::projections::{TABLES, file_of};
use comeback::server::measure::report::{Days, Desk, OnlyThese, Sees, days};
use comeback::server::measure::{Projections, follow};
use comeback::server::store::sqlite::SqliteStore;
use comeback::server::store::{Batch, CampaignSend, Store};
use proptest::prelude::*;
use rusqlite::Connection;
use tokio::sync::watch;

use super::properties::{run, step};
use crate::world::{Story, card};

/// A database with a journal that grows.
struct Record {
    store: Arc<dyn Store>,
    head: Head,
}

impl Record {
    async fn begins(path: &Path, story: &Story) -> Self {
        let kept: Arc<dyn Store> = Arc::new(SqliteStore::open(path).unwrap());
        let mut record = Self { store: kept, head: Head::GENESIS };
        let first = Event::PlaybookApplied { version: 1, by: None, why: None, back_to: None };
        let batch = Batch { playbook: Some(story.playbook.clone()), ..Batch::default() };
        record.goes_on(&[(story.now, Subject::Playbook, first)], batch).await;
        record
    }

    /// An entry that no version of ours wrote.
    async fn holds(&mut self, at: Timestamp, body: &[u8]) {
        let (entry, head) = seal(&self.head, at, body.to_vec());
        self.head = head;
        self.store.begin().await.unwrap().commit(Batch { entries: vec![entry], ..Batch::default() }).await.unwrap();
    }

    async fn goes_on(&mut self, facts: &[(Timestamp, Subject, Event)], batch: Batch) {
        let mut entries = Vec::new();
        for (at, subject, event) in facts {
            let (kind, actor) = (event.kind(), "clock");
            let fact = Fact { subject, kind, event, actor: &actor, command: None, content: &[], took_us: None };
            let (entry, head) = seal(&self.head, *at, fact.encode().unwrap());
            self.head = head;
            entries.push(entry);
        }
        self.store.begin().await.unwrap().commit(Batch { entries, ..batch }).await.unwrap();
    }
}

/// Deals that a file of projections holds, by their ids.
pub(crate) fn deals_kept(path: &Path) -> Vec<String> {
    let db = Connection::open(file_of(path)).unwrap();
    let mut query = db.prepare("SELECT id FROM deal ORDER BY id").unwrap();
    query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Everything that stands in a file of projections, but for how far it has read.
pub(crate) fn dump(path: &Path) -> Vec<String> {
    let db = Connection::open(file_of(path)).unwrap();
    let mut all = Vec::new();
    for table in TABLES {
        // Numbers of what exchanges count under are given as they come.
        let rows = match table {
            "under" | "exchanges_of" => continue,
            "exchange" => {
                "SELECT seq, conversation, ended, outcome, finished_by, received, day, hour, wall, team, cohort, rep, line, \
                 use_case, standing FROM exchange LEFT JOIN under ON under.id = exchange.under"
            }
            table => &format!("SELECT * FROM {table}"),
        };
        let mut query = db.prepare(rows).unwrap();
        let columns = query.column_count();
        let mut rows = query.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells = (0..columns).map(|column| format!("{:?}", row.get_ref(column).unwrap()));
            all.push(format!("{table}: {}", cells.collect::<Vec<_>>().join(" | ")));
        }
    }
    all.extend(packed(&db));
    all.sort();
    all
}

/// What conversations say of their exchanges, which is what their rows say.
fn packed(db: &Connection) -> Vec<String> {
    let mut rows = BTreeMap::new();
    let mut query =
        db.prepare("SELECT seq, conversation, received, hour, under FROM exchange WHERE under <> 0").unwrap();
    let all = query.query_map([], |r| {
        let of: (i64, [u8; 16], i64, u8, u32) = (r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?);
        Ok(of)
    });
    for (seq, conversation, at, hour, under) in all.unwrap().map(Result::unwrap) {
        let of: &mut Vec<u8> = rows.entry(conversation).or_default();
        of.extend([seq.to_le_bytes(), at.to_le_bytes()].concat());
        of.push(hour);
        of.extend(under.to_le_bytes());
    }
    let mut query = db.prepare("SELECT conversation, packed FROM exchanges_of").unwrap();
    let kept = query.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
    let kept: BTreeMap<[u8; 16], Vec<u8>> = kept.map(Result::unwrap).collect();
    assert_eq!(kept, rows);
    kept.iter().map(|(conversation, bytes)| format!("exchanges_of: {conversation:?} {}", bytes.len())).collect()
}

/// Sums say as many as there are rows.
fn adds_up(path: &Path) {
    let db = Connection::open(file_of(path)).unwrap();
    let one = |sql: &str| db.query_row(sql, [], |r| r.get::<_, i64>(0)).unwrap();
    let rows = one("SELECT count(*) FROM reply");
    for sort in ["team", "cohort", "rep", "hour", "line", "use_case"] {
        let of =
            format!("SELECT coalesce(sum(s.value), 0) FROM cell c, json_each(c.body, '$.s') s WHERE c.sort = '{sort}'");
        assert_eq!(one(&of), rows, "by {sort}");
    }
    let missed = one("SELECT count(*) FROM reply WHERE standing IN ('late', 'overdue', 'dropped_late')");
    assert_eq!(one("SELECT count(*) FROM reply WHERE cause IS NOT NULL"), missed, "each breach has one cause");
    let stray = "SELECT count(*) FROM exchange e LEFT JOIN reply r ON r.seq = e.seq LEFT JOIN under u ON u.id = e.under WHERE r.seq IS NULL OR \
                 (r.team, r.standing, r.day) IS NOT (u.team, u.standing, e.day)";
    assert_eq!(one(stray), 0, "each exchange says what its first reply says");
    // Every number of a rep's day has its conversations, and what is held now is in a stretch that goes on.
    let sums = "SELECT count(*) FROM load l WHERE (offers, takes, passes, answers) != \
                (SELECT coalesce(sum(n) FILTER (WHERE what = 'offers'), 0), coalesce(sum(n) FILTER (WHERE what = 'takes'), 0), \
                 coalesce(sum(n) FILTER (WHERE what = 'passes'), 0), coalesce(sum(n) FILTER (WHERE what = 'answers'), 0) \
                 FROM turn t WHERE t.rep = l.rep AND t.day = l.day)";
    assert_eq!(one(sums), 0, "turns add up to the load of each day");
    let held = "SELECT coalesce(sum(j.value ->> 'n'), 0) FROM read_to, json_each(world, '$.open') j";
    assert_eq!(one("SELECT count(*) FROM stretch WHERE until IS NULL"), one(held), "what is held now");
    // So has every count of answers that came while their buyer is not to be texted.
    let closed = "SELECT count(*) FROM tally t WHERE what IN ('quiet', 'overruled') AND body ->> 'n' != \
                  (SELECT count(*) FROM closed c WHERE c.what = t.what AND c.line = t.line AND c.day = t.day)";
    let told = "SELECT coalesce(sum(body ->> 'n'), 0) FROM tally WHERE what IN ('quiet', 'overruled')";
    assert_eq!((one(closed), one("SELECT count(*) FROM closed")), (0, one(told)), "closed hours");
    let answered = one("SELECT count(*) FROM reply WHERE wall IS NOT NULL");
    assert_eq!(one("SELECT count(*) FROM reply WHERE standing IN ('late', 'in_time')"), answered);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_measured_is_the_same_folded_at_once_and_as_it_happens(
        steps in proptest::collection::vec(step(), 10..90),
        stops in proptest::collection::vec((any::<bool>(), 1_usize..40, 1_usize..4), 90),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("comeback.sqlite");
            let mut story = Story::begins();
            story.crm_says(1, vec![card("c-1")]);
            let mut record = Record::begins(&path, &story).await;
            let projections = Arc::new(Projections::open(&path).unwrap());
            let (_stay, running) = watch::channel(false);
            let mut told = 0;
            for (step, (stop, page, pages)) in steps.iter().zip(&stops) {
                run(&mut story, step);
                if *stop && story.record.len() > told {
                    record.goes_on(&story.record[told..], Batch::default()).await;
                    told = story.record.len();
                    follow_by(&record.store, &projections, &running, (*page, *pages)).await.unwrap();
                }
            }
            record.goes_on(&story.record[told..], Batch::default()).await;
            follow(&record.store, &projections, &running).await.unwrap();
            let as_it_happened = dump(&path);
            adds_up(&path);
            projections.clear().unwrap();
            assert!(follow(&record.store, &projections, &running).await.unwrap().refolded);
            assert_eq!(dump(&path), as_it_happened);
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_says_nothing_and_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let mut story = Story::begins();
    let mut record = Record::begins(&path, &story).await;
    story.crm_says(1, vec![card("c-1")]);
    story.texts("Can we talk about the price?");
    record.goes_on(&story.record, Batch::default()).await;
    // Every byte of a good entry in turn is another one.
    let good = record.store.entries(0, 99).await.unwrap().last().unwrap().body.clone();
    for at in 0..good.len() {
        let mut body = good.clone();
        body[at] ^= 0x15;
        record.holds(story.now, &body).await;
    }
    for body in [&b""[..], b"{}", b"\xff", br#"{"subject":{"conversation":"x"},"kind":"received","event":{}}"#] {
        record.holds(story.now, body).await;
    }
    story.wait(Span::minutes(1));
    let told = story.record.len();
    story.answers("maya");
    record.goes_on(&story.record[told..], Batch::default()).await;
    let projections = Arc::new(Projections::open(&path).unwrap());
    let (_stay, running) = watch::channel(false);
    follow(&record.store, &projections, &running).await.unwrap();
    assert_eq!(projections.read_to().unwrap().seq, record.head.seq);
    let db = Connection::open(file_of(&path)).unwrap();
    let taken: i64 = db.query_row("SELECT count(taken) FROM reply", [], |r| r.get(0)).unwrap();
    assert!(taken > 0, "what came after it counts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_journal_under_the_same_name_is_measured_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let mut story = Story::begins();
    let mut record = Record::begins(&path, &story).await;
    story.texts("Hello?");
    record.goes_on(&story.record, Batch::default()).await;
    let projections = Arc::new(Projections::open(&path).unwrap());
    let (_stay, running) = watch::channel(false);
    follow(&record.store, &projections, &running).await.unwrap();
    // As long, and another one.
    let other = folder.path().join("other.sqlite");
    let mut story = Story::begins();
    story.wait(Span::minutes(3));
    let mut record = Record::begins(&other, &story).await;
    story.texts("Hello?");
    story.texts("Hello??");
    record.goes_on(&story.record, Batch::default()).await;
    let followed = follow(&record.store, &projections, &running).await.unwrap();
    assert!(followed.refolded);
    let of_its_own = Arc::new(Projections::open(&other).unwrap());
    follow(&record.store, &of_its_own, &running).await.unwrap();
    assert_eq!(dump(&path), dump(&other));
    // A file that is no database any more is made again.
    drop((projections, of_its_own));
    for end in ["-wal", "-shm"] {
        let mut name = file_of(&other).into_os_string();
        name.push(end);
        drop(std::fs::remove_file(name));
    }
    std::fs::write(file_of(&other), b"not a database, but long enough to be taken for a damaged one".repeat(99))
        .unwrap();
    let again = Arc::new(Projections::open(&other).unwrap());
    assert!(follow(&record.store, &again, &running).await.unwrap().refolded);
}

/// A deal that was won then.
fn won(at: Timestamp) -> Deal {
    Deal {
        id: DealId::new("d-1"),
        name: String::new(),
        account: None,
        contacts: Vec::new(),
        owner: None,
        pipeline: String::new(),
        stage: "won".to_owned(),
        amount_cents: None,
        currency: None,
        opened: Some(at - Span::minutes(30 * 24 * 60)),
        closes: None,
        closed: Some(Closed { at, won: true }),
        changed: at,
        stages: Vec::new(),
    }
}

/// As the playbook's page says it: what was counted keeps its day, also measured anew, and deals go by today's zone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_zone_counts_from_its_version_on_and_moves_deals_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    // Tuesday, ten o'clock in New York: in Tokyo Wednesday begins.
    let mut story = Story::begins();
    let mut record = Record::begins(&path, &story).await;
    story.receives(1, "main", "Hello?", 0, None);
    record.goes_on(&story.record, Batch::default()).await;
    let told = story.record.len();
    let projections = Arc::new(Projections::open(&path).unwrap());
    let (_stay, running) = watch::channel(false);
    follow(&record.store, &projections, &running).await.unwrap();
    projections.put_deals(&[won(story.now)], story.now).unwrap();
    let here = story.playbook.clone();
    let there = Playbook { version: 2, company_zone: Some(chrono_tz::Asia::Tokyo), ..here.clone() };
    story.playbook = there.clone();
    let applied = Event::PlaybookApplied { version: 2, by: None, why: None, back_to: None };
    let batch = Batch { playbook: Some(there.clone()), ..Batch::default() };
    record.goes_on(&[(story.now, Subject::Playbook, applied)], batch).await;
    story.wait(Span::minutes(1));
    story.receives(2, "main", "Hello?", 0, None);
    record.goes_on(&story.record[told..], Batch::default()).await;
    follow(&record.store, &projections, &running).await.unwrap();

    let (head, now) = (record.head.seq, story.now);
    let of = |playbook: &Playbook, date: &str| {
        let day = day_of(date.parse().unwrap());
        let (projections, playbook) = (Arc::clone(&projections), Arc::new(playbook.clone()));
        let window = Days { since: day, until: day };
        let desk = Desk { projections, playbook, head, now, sees: Sees::All, window };
        let deals = desk.outcomes(&Asked::default()).unwrap().reconciled;
        let deals: Vec<Fate> = deals.iter().map(|row| row.fate).collect();
        (desk.sla(By::Team, 0).unwrap().total.replies, deals)
    };
    let (tuesday, wednesday) = ("2026-03-03", "2026-03-04");
    let stands = || {
        // A reply on each day: the first one came before there was another zone. For whom it is Tuesday still, the
        // other one, too, is of today.
        assert_eq!((of(&here, tuesday), of(&here, wednesday).0), ((2, vec![Fate::Won]), 1));
        assert_eq!(of(&there, tuesday), (1, vec![Fate::Open]), "it was won after that day ended in Tokyo");
        assert_eq!(of(&there, wednesday), (1, vec![Fate::Won]));
    };
    stands();
    let as_it_happened = dump(&path);
    projections.clear().unwrap();
    assert!(follow(&record.store, &projections, &running).await.unwrap().refolded);
    assert_eq!(dump(&path), as_it_happened);
    stands();
}

/// A campaign's text from the main line.
fn campaign(id: &str, at: &str) -> CampaignSend {
    let words = Body::new("Spring is here.");
    let at = crate::world::at(at);
    CampaignSend {
        source: "tool".to_owned(),
        id: id.to_owned(),
        to: Address::parse("+14155550001").unwrap(),
        line: "main".into(),
        sent: Answering { campaign: "spring".to_owned(), use_case: None, words, at, send: None },
    }
}

/// What the playbook's page promises of a zone further west: what was counted on a day that is not there yet is of
/// today, opt-outs and the texts that they are of alike.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zone_further_west_hides_nothing_until_its_day_comes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    // Tuesday, 15:00 UTC: Wednesday begins in Tokyo, where the company is.
    let mut story = Story::begins();
    story.playbook.company_zone = Some(chrono_tz::Asia::Tokyo);
    story.crm_says(1, vec![card("c-1")]);
    let mut record = Record::begins(&path, &story).await;
    let sends = [
        campaign("1", "2026-03-02T14:00:00Z"),
        campaign("2", "2026-03-02T20:00:00Z"),
        campaign("3", "2026-03-03T14:45:00Z"),
        campaign("4", "2026-03-03T15:00:00Z"),
        campaign("5", "2026-03-03T16:00:00Z"),
    ];
    record.store.put_sends(&sends).await.unwrap();
    story.receives(1, "main", "Hello?", 0, None);
    story.receives(2, "main", "STOP", 0, None);
    story.wait(Span::minutes(1));
    record.goes_on(&story.record, Batch::default()).await;
    let told = story.record.len();
    // It moves to Los Angeles, where it is Tuesday at seven.
    let west = Some(chrono_tz::America::Los_Angeles);
    story.playbook = Playbook { version: 2, company_zone: west, ..story.playbook.clone() };
    let applied = Event::PlaybookApplied { version: 2, by: None, why: None, back_to: None };
    let batch = Batch { playbook: Some(story.playbook.clone()), ..Batch::default() };
    record.goes_on(&[(story.now, Subject::Playbook, applied)], batch).await;
    story.receives(3, "main", "Hello?", 0, None);
    story.wait(Span::minutes(1));
    record.goes_on(&story.record[told..], Batch::default()).await;

    let projections = Arc::new(Projections::open(&path).unwrap());
    let (_stay, running) = watch::channel(false);
    follow(&record.store, &projections, &running).await.unwrap();
    let as_it_happened = dump(&path);
    projections.clear().unwrap();
    follow_by(&record.store, &projections, &running, (1, 1)).await.unwrap();
    assert_eq!(dump(&path), as_it_happened);

    let (head, now, playbook) = (record.head.seq, story.now, Arc::new(story.playbook.clone()));
    let window = days(&playbook, now, Span::minutes(24 * 60));
    let today = Desk { projections, playbook, head, now, sees: Sees::All, window };
    let date = "2026-03-03";
    assert_eq!((window.since, window.until), (day_of(date.parse().unwrap()), day_of(date.parse().unwrap())));
    let replies = |desk: &Desk| {
        let found = desk.behind_replies(&OnlyThese::default(), 9).unwrap();
        let told = desk.told(&OnlyThese::default(), 9).unwrap().len();
        assert_eq!(found.iter().map(|one| one.times).sum::<i64>(), i64::try_from(told).unwrap());
        (desk.sla(By::Team, 0).unwrap().total.replies, told)
    };
    assert_eq!(replies(&today), (2, 2));
    let drawn = today.drawn(By::Team, 0).unwrap().days;
    let drawn: Vec<_> = drawn.iter().map(|row| (row.day.as_str(), row.replies)).collect();
    assert_eq!(drawn, [(date, 2)], "with today stands what is counted under tomorrow");
    assert_eq!(replies(&today.clone().between(Some(date), Some(date)).unwrap()), (2, 2));
    assert_eq!(replies(&today.clone().between(Some("2026-03-04"), None).unwrap()), (1, 1));
    let load = today.load().unwrap();
    let maya = load.rows.iter().find(|row| row.rep == "maya").unwrap();
    assert_eq!((maya.offers, maya.now), (1, 1));
    assert!((maya.average - 1.0).abs() < 1e-9, "she held one all the time: {}", maya.average);
    // Tuesday in Tokyo began on Monday, 15:00 UTC: of the campaign's five texts the first was before it.
    let consent = async |desk: &Desk| {
        let found = desk.compliance(record.store.as_ref()).await.unwrap().unwrap();
        let line = found.lines.iter().find(|row| row.line == "main").unwrap();
        let campaign: Vec<_> = found.campaigns.iter().map(|row| row.opt_outs.whole).collect();
        (line.opt_outs.part, line.opt_outs.whole, campaign.iter().sum::<i64>())
    };
    assert_eq!(consent(&today).await, (1, 4, 4));
    // A period that is over has nothing of it: it comes with its day.
    let window = Days { since: window.since - 1, until: window.until - 1 };
    let yesterday = Desk { window, ..today.clone() };
    assert_eq!((replies(&yesterday), consent(&yesterday).await), ((0, 0), (0, 1, 1)));
    let now = now + Span::minutes(24 * 60);
    let window = days(&today.playbook, now, Span::minutes(24 * 60));
    assert_eq!(replies(&Desk { window, now, ..today.clone() }), (1, 1));
}

/// How replies of a story stand, each with why it was late.
fn stand(story: &Story) -> Vec<(Standing, Option<Cause>)> {
    let policies: BTreeMap<u32, Playbook> = [(1, story.playbook.clone())].into();
    let mut fold = Fold::resume(World { playbook: 1, ..World::default() }, &policies);
    for (seq, (at, subject, event)) in (1..).zip(&story.record) {
        fold.take_in((seq, *at), *subject, event, &policies);
    }
    let told = fold.tell(&policies).replies.into_values().flatten();
    told.map(|reply| (reply.standing, reply.cause)).collect()
}

#[test]
fn what_ended_after_it_was_due_is_late_also_when_nobody_had_noticed_that_it_fell_due() {
    // Due at a quarter past ten; the clock that says so does not look.
    let after = |seconds: i64| {
        let mut story = Story::with_mayas_buyer();
        story.wait(Span::seconds(seconds));
        story
    };
    let (due, noon) = (15 * 60, 2 * 3600);
    for (seconds, wanted) in [
        (due - 1, (Standing::Dropped, None)),
        (due, (Standing::Dropped, None)),
        (due + 6, (Standing::DroppedLate, Some(Cause::NotTaken))),
        (noon, (Standing::DroppedLate, Some(Cause::NotTaken))),
    ] {
        let mut story = after(seconds);
        story.texts("STOP");
        assert_eq!(stand(&story), [wanted], "STOP after {seconds} s");
    }
    // Taken, and finished without an answer.
    let mut story = after(60);
    story.does("maya", &Command::Take).unwrap();
    story.wait(Span::seconds(due));
    story.does("maya", &Command::Done { outcome: Outcome::NoAnswerNeeded }).unwrap();
    assert_eq!(stand(&story), [(Standing::DroppedLate, Some(Cause::TakenNotAnswered))]);
    // Written before it was due, and taken back by the STOP: that it did not leave in time was not the STOP's doing.
    let mut story = after(due - 5);
    story.answers("maya");
    story.wait(Span::seconds(6));
    story.texts("STOP");
    assert_eq!(stand(&story), [(Standing::DroppedLate, Some(Cause::NotSentYet))]);
}

#[test]
fn whose_answer_failed_because_they_had_opted_out_is_late_with_nothing_whenever_that_is_told() {
    let failed = |error| {
        let mut story = Story::with_mayas_buyer();
        let message = story.answers("maya");
        story.wait(Span::seconds(8));
        assert!(story.starts(message));
        story.wait(Span::minutes(20));
        let delivery = Delivery::Failed;
        story.machine(Actor::Carrier, &Command::Report { message, delivery, error: Some(error) });
        story
    };
    assert_eq!(stand(&failed(21610)), [(Standing::Dropped, None)]);
    // For another reason it runs again, and is past due.
    let mut story = failed(30003);
    assert_eq!(stand(&story), [(Standing::Running, None)]);
    story.wait(Span::seconds(1));
    story.does("maya", &Command::Done { outcome: Outcome::NoAnswerNeeded }).unwrap();
    assert_eq!(stand(&story), [(Standing::DroppedLate, Some(Cause::SendFailed))]);
}

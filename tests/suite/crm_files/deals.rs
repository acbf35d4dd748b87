//! Deals of a folder, as reports know them: a row that says little says nothing false.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use comeback::clock::ManualClock;
use comeback::domain::measure::outcomes::sheets::lines;
use comeback::domain::measure::outcomes::{Fate, Outcomes};
use comeback::domain::time::{Span, Timestamp};
use comeback::server::crm::files::Files;
use comeback::server::crm::when::instant;
use comeback::server::crm::{Crm, Reps};
use comeback::server::measure::outcomes::Asked;
use comeback::server::measure::report::{Desk, Sees, days};
use comeback::server::measure::{Projections, deals};
use comeback::server::service::Service;
use comeback::server::store::Store;
use comeback::server::store::memory::MemoryStore;
use tempfile::TempDir;

use super::{PEOPLE, folder};

const COLUMNS: &str = "id,name,stage,contacts,amount,currency,opened,closed,won\n";

/// Writes a table, as it was left at that time.
fn dated(folder: &Path, name: &str, text: &str, at: &str) {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    let ms = u64::try_from(instant(at).unwrap().millis()).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_millis(ms)).unwrap();
}

/// When a table came to be here, by the disk's clock.
fn came(folder: &Path, name: &str) -> Timestamp {
    let told = fs::metadata(folder.join(name)).unwrap();
    Timestamp::from_millis(told.ctime() * 1000 + told.ctime_nsec() / 1_000_000)
}

/// Writes a table, again until the disk says that it came after an instant.
fn written_after(folder: &Path, name: &str, text: &str, than: Timestamp) {
    while {
        fs::write(folder.join(name), text).unwrap();
        came(folder, name) <= than
    } {}
}

/// Reads the folder and its deals, at that time, and answers what is reported of them.
async fn reported(crm: &Files, projections: &Arc<Projections>, at: &str) -> Outcomes {
    crm.books().await.unwrap();
    let now = instant(at).unwrap();
    deals::follow(crm, projections, now).await.unwrap();
    let playbook = Arc::new(crate::world::playbook());
    let window = days(&playbook, now, Span::minutes(90 * 24 * 60));
    let projections = Arc::clone(projections);
    let desk = Desk { projections, playbook, head: 0, now, sees: Sees::All, window };
    desk.outcomes(&Asked::default()).unwrap()
}

/// The same, and how deals stand.
async fn fates(crm: &Files, projections: &Arc<Projections>, at: &str) -> Vec<(Fate, i64)> {
    let told = reported(crm, projections, at).await;
    told.reconciled.iter().map(|row| (row.fate, row.total.deals)).collect()
}

#[tokio::test]
async fn a_deal_of_a_table_without_changes_is_won_once_its_row_says_so() {
    let (folder, crm) = folder(&[("contacts.csv", PEOPLE)]);
    let projections = Arc::new(Projections::open(&folder.path().join("comeback.sqlite")).unwrap());
    let table = |end: &str| format!("{COLUMNS}d-1,Rollout,Negotiation,c-1,100.00,USD,2026-01-05,{end}\n");
    dated(folder.path(), "deals.csv", &table(","), "2026-03-03T10:00:00Z");
    assert_eq!(fates(&crm, &projections, "2026-03-03T10:01:00Z").await, [(Fate::Open, 1)]);
    // It closed on a day that is over when the row is written.
    dated(folder.path(), "deals.csv", &table("2026-03-02,yes"), "2026-03-03T12:00:00Z");
    assert_eq!(fates(&crm, &projections, "2026-03-03T12:01:00Z").await, [(Fate::Won, 1)]);
    // And opens again when that was a mistake.
    dated(folder.path(), "deals.csv", &table(","), "2026-03-03T14:00:00Z");
    assert_eq!(fates(&crm, &projections, "2026-03-03T14:01:00Z").await, [(Fate::Open, 1)]);
    // A table of last week is put back, with its time: it came later than what it takes the place of, and it stands.
    dated(folder.path(), "deals.csv", &table("2026-02-20,"), "2026-02-24T10:00:00Z");
    assert_eq!(fates(&crm, &projections, "2026-03-03T14:03:00Z").await, [(Fate::Lost, 1)]);
}

#[tokio::test]
async fn a_copy_that_keeps_its_time_changed_as_it_came_and_tells_of_stages_by_that_time() {
    let (folder, crm) = folder(&[("contacts.csv", PEOPLE)]);
    let table = "id,name,stage,changed\nd-1,A,New,\nd-2,B,New,2026-01-05\n";
    dated(folder.path(), "deals.csv", table, "2026-02-24T10:00:00Z");
    crm.books().await.unwrap();
    let told = crm.deals(Timestamp::MIN, None).await.unwrap().deals;
    let of = |id: &str| told.iter().find(|deal| deal.id.0 == id).unwrap();
    let (own, said) = (instant("2026-02-24T10:00:00Z").unwrap(), instant("2026-01-05").unwrap());
    assert!(of("d-1").changed > own, "it was written now");
    assert_eq!((of("d-1").stages[0].at, of("d-2").stages[0].at, of("d-2").changed), (own, said, said));
}

/// A program whose clock is ahead wrote it, or what it was unpacked from.
#[tokio::test]
async fn a_table_that_says_it_was_written_in_the_future_is_mended_by_the_next_one() {
    let (folder, crm) = folder(&[("contacts.csv", PEOPLE)]);
    let projections = Arc::new(Projections::open(&folder.path().join("comeback.sqlite")).unwrap());
    let table = |end: &str| format!("{COLUMNS}d-1,Rollout,Negotiation,c-1,100.00,USD,2026-01-05,{end}\n");
    dated(folder.path(), "deals.csv", &table("2026-03-02,yes"), "2037-01-02");
    assert_eq!(fates(&crm, &projections, "2026-03-03T10:01:00Z").await, [(Fate::Won, 1)]);
    let told = crm.deals(Timestamp::MIN, None).await.unwrap().deals;
    assert_eq!(told[0].changed, came(folder.path(), "deals.csv"));
    dated(folder.path(), "deals.csv", &table("2026-03-02,"), "2026-03-03T12:00:00Z");
    assert_eq!(fates(&crm, &projections, "2026-03-03T12:01:00Z").await, [(Fate::Lost, 1)]);
    // Nor did it come to its stage then.
    dated(folder.path(), "deals.csv", "id,name,stage\nd-1,A,New\n", "2037-01-02");
    crm.books().await.unwrap();
    let told = crm.deals(Timestamp::MIN, None).await.unwrap().deals;
    assert_eq!(told[0].stages[0].at, came(folder.path(), "deals.csv"));
}

/// The disk may be another machine's, whose clock is ahead.
#[tokio::test]
async fn no_row_changed_after_now_as_the_reader_is_told_it() {
    let (folder, crm) = folder(&[("contacts.csv", PEOPLE), ("deals.csv", "id,name,stage\nd-1,A,New\n")]);
    let now = instant("2026-01-05").unwrap();
    let clock = Arc::new(ManualClock::at(now));
    let crm = crm.by(clock.clone());
    crm.books().await.unwrap();
    let told = crm.deals(Timestamp::MIN, None).await.unwrap().deals;
    assert_eq!((told[0].changed, told[0].stages[0].at), (now, now));
    // What is written later is told later.
    clock.advance(Span::minutes(1));
    dated(folder.path(), "deals.csv", "id,name,stage\nd-1,A,Won\n", "2037-01-02");
    crm.books().await.unwrap();
    let told = crm.deals(now + Span::minutes(1), None).await.unwrap().deals;
    assert_eq!((told[0].stage.as_str(), told[0].changed), ("Won", now + Span::minutes(1)));
}

#[tokio::test]
async fn rows_that_cannot_be_read_are_counted_in_the_report_until_they_are_mended() {
    let (folder, crm) = folder(&[("contacts.csv", PEOPLE)]);
    let projections = Arc::new(Projections::open(&folder.path().join("comeback.sqlite")).unwrap());
    let table = |amount: &str| {
        let row =
            |n: u32| format!("d-{n},Rollout,New,c-1,{},USD,2026-01-05,,\n", if n == 1 { "100.00" } else { amount });
        format!("{COLUMNS}{}", (1..=4).map(row).collect::<String>())
    };
    dated(folder.path(), "deals.csv", &table("a lot"), "2026-03-03T10:00:00Z");
    let told = reported(&crm, &projections, "2026-03-03T10:01:00Z").await;
    assert_eq!((told.reconciled[0].total.deals, told.deals_read.unread), (1, 3));
    let said = lines(&told).join("\n");
    assert!(said.contains("3 rows of the CRM were not read") && said.contains("comeback doctor"), "{said}");
    dated(folder.path(), "deals.csv", &table("200.00"), "2026-03-03T11:00:00Z");
    let told = reported(&crm, &projections, "2026-03-03T11:01:00Z").await;
    assert_eq!((told.reconciled[0].total.deals, told.deals_read.unread), (4, 0));
}

/// What is told of rows is told of what was read: a folder that somebody writes is not read before it has settled.
#[tokio::test]
async fn to_tell_of_rows_reads_no_folder_that_is_being_written() {
    let (folder, crm) = folder(&[("contacts.csv", PEOPLE)]);
    crm.books().await.unwrap();
    dated(folder.path(), "contacts.csv", "id,name\n", "2026-03-03T10:00:00Z");
    assert_eq!(crm.complaints().await.unwrap().1, 1, "an account without a table, as before");
    assert!(!crm.has_settled(), "it is looked at for the first time");
    assert!(crm.has_settled(), "it differs from what was read");
}

#[tokio::test]
async fn a_table_that_is_written_between_two_pages_loses_no_deal() {
    let (folder, crm) = folder(&[("contacts.csv", PEOPLE)]);
    let table = |changed: &dyn Fn(u32) -> u32| {
        let row = |n: u32| format!("d-{n:03},D,New,2026-02-01T00:{:02}:{:02}Z\n", changed(n) / 60, changed(n) % 60);
        format!("id,name,stage,changed\n{}", (0..500).map(row).collect::<String>())
    };
    dated(folder.path(), "deals.csv", &table(&|n| n), "2026-03-03T10:00:00Z");
    crm.books().await.unwrap();
    let page = crm.deals(Timestamp::MIN, None).await.unwrap();
    let mut told: std::collections::BTreeSet<String> = page.deals.into_iter().map(|deal| deal.id.0).collect();
    let mut after = page.next;
    assert!(after.is_some(), "there is more than a page");
    // Whatever changed, and into whatever order.
    dated(folder.path(), "deals.csv", &table(&|n| 600 - n), "2026-03-03T10:05:00Z");
    crm.books().await.unwrap();
    while let Some(next) = after {
        let page = crm.deals(Timestamp::MIN, Some(&next)).await.unwrap();
        told.extend(page.deals.into_iter().map(|deal| deal.id.0));
        after = page.next;
    }
    assert_eq!(told.len(), 500);
}

#[tokio::test]
async fn a_row_that_is_mended_added_or_corrected_is_followed_at_the_next_asking_whatever_it_says_of_its_change() {
    let (folder, crm) = folder(&[("contacts.csv", PEOPLE)]);
    let projections = Arc::new(Projections::open(&folder.path().join("comeback.sqlite")).unwrap());
    let table = |rows: &[&str]| format!("id,name,stage,contacts,amount,currency,changed\n{}\n", rows.join("\n"));
    let (first, late) = ("d-1,A,New,c-1,100.00,USD,2026-01-05", "d-3,C,New,c-1,300.00,USD,2026-03-03T09:59:00Z");
    let before = table(&[first, "d-2,B,New,c-1,a lot,USD,2026-01-06", late]);
    dated(folder.path(), "deals.csv", &before, "2026-03-03T10:00:00Z");
    let of = |told: &Outcomes| (told.reconciled[0].total.deals, told.reconciled[0].total.cents, told.deals_read.unread);
    assert_eq!(of(&reported(&crm, &projections, "2026-03-03T10:01:00Z").await), (2, 40_000, 1));
    // A copy that keeps the time of what it was made from: only the disk says that it came later.
    let old = "d-4,D,New,c-1,400.00,USD,2025-12-01";
    let mended = table(&["d-1,A,New,c-1,150.00,USD,2026-01-05", "d-2,B,New,c-1,200.00,USD,2026-01-06", late, old]);
    dated(folder.path(), "deals.csv", &mended, "2026-03-03T09:30:00Z");
    assert_eq!(of(&reported(&crm, &projections, "2026-03-03T10:02:00Z").await), (4, 105_000, 0));
    // A backend that was started anew knows as much.
    let again = table(&["d-1,A,New,c-1,100.00,USD,2026-01-05", "d-2,B,New,c-1,200.00,USD,2026-01-06", late, old]);
    dated(folder.path(), "deals.csv", &again, "2026-03-03T11:00:00Z");
    let crm = Files::new(folder.path(), super::reps()).unwrap();
    assert_eq!(of(&reported(&crm, &projections, "2026-03-03T11:01:00Z").await), (4, 100_000, 0));
    // So is a way that is written down later than its deal.
    let stages = "deal,stage,at\nd-1,Lead,2026-01-02\n";
    let table_came = came(folder.path(), "deals.csv");
    written_after(folder.path(), "stages.csv", stages, table_came);
    crm.books().await.unwrap();
    let told = crm.deals(table_came + Span::millis(1), None).await.unwrap().deals;
    let of = |id: &str| told.iter().find(|deal| deal.id.0 == id).map(|deal| deal.stages.len());
    assert_eq!((told.len(), of("d-1")), (4, Some(2)));
}

#[tokio::test]
async fn of_tables_that_were_written_before_the_question_rows_say_what_changed() {
    let deals = "id,name,stage,changed\nd-1,A,New,2026-01-05\nd-2,B,New,2037-01-02\n";
    let (_folder, crm) = folder(&[("contacts.csv", PEOPLE), ("deals.csv", deals)]);
    let told = crm.deals(instant("2037-01-01").unwrap(), None).await.unwrap().deals;
    assert_eq!(told.iter().map(|deal| deal.id.as_str()).collect::<Vec<_>>(), ["d-2"]);
}

/// The first page was told by what rows say of their change, and the others after the table was written.
#[tokio::test]
async fn a_table_that_is_written_between_two_pages_is_told_whole_from_there_on() {
    let (folder, crm) = folder(&[("contacts.csv", PEOPLE)]);
    let table = |rest: &str| {
        let row = |n: u32| format!("d-{n:03},D,New,{}\n", if n < 250 { "2037-02-01" } else { rest });
        format!("id,name,stage,changed\n{}", (0..500).map(row).collect::<String>())
    };
    fs::write(folder.path().join("deals.csv"), table("2026-02-01")).unwrap();
    crm.books().await.unwrap();
    let since = came(folder.path(), "deals.csv") + Span::millis(1);
    let page = crm.deals(since, None).await.unwrap();
    assert_eq!((page.deals.len(), page.next.as_deref()), (200, Some("d-199")));
    written_after(folder.path(), "deals.csv", &table("2026-02-02"), since - Span::millis(1));
    crm.books().await.unwrap();
    let mut after = page.next;
    let mut told = 0;
    while let Some(next) = after {
        let page = crm.deals(since, Some(&next)).await.unwrap();
        told += page.deals.len();
        after = page.next;
    }
    assert_eq!(told, 300, "each behind the first page, once");
}

#[tokio::test]
async fn when_a_deal_was_opened_is_known_or_it_is_not() {
    let stages = "deal,stage,at\nd-3,New,2026-01-10\nd-4,Won,2026-02-20\n";
    let rows = "d-1,A,Won,c-1,1,USD,,2026-02-20,yes\nd-2,B,Won,c-1,1,USD,2026-02-21,2026-02-20,yes\n\
                d-3,C,Won,c-1,1,USD,,2026-02-20,yes\nd-4,D,Won,c-1,1,USD,,2026-02-20,yes\nd-5,E,New,c-1,1,USD,,,\n";
    let table = format!("{COLUMNS}{rows}");
    let (_folder, crm) = folder(&[("contacts.csv", PEOPLE), ("deals.csv", &table), ("stages.csv", stages)]);
    let told = crm.deals(Timestamp::MIN, None).await.unwrap().deals;
    let of = |id: &str| told.iter().find(|deal| deal.id.0 == id).unwrap();
    let day = |text: &str| Some(instant(text).unwrap());
    for (id, opened, cycle) in [
        ("d-1", None, None),
        // Opened after its end: that is told, and is no length.
        ("d-2", day("2026-02-21"), None),
        // Its first stage says it.
        ("d-3", day("2026-01-10"), Some(41)),
        // The stage it ended in does not.
        ("d-4", None, None),
        ("d-5", None, None),
    ] {
        let deal = of(id);
        assert_eq!((deal.opened, deal.cycle().map(|ms| ms / 86_400_000)), (opened, cycle), "{id}");
    }
    let won: Vec<_> = of("d-1").stages.iter().map(|change| change.at).collect();
    assert_eq!(won, [instant("2026-02-20T23:59:59.999Z").unwrap()], "it came to its last stage at its end");
}

/// A folder of a company in New York.
async fn in_new_york(files: &[(&str, &str)]) -> (TempDir, Files) {
    let (folder, _) = folder(files);
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let clock = Arc::new(ManualClock::at(instant("2026-03-03T15:00:00Z").unwrap()));
    Service::start(Arc::clone(&store), clock, &crate::world::playbook()).await.unwrap();
    let crm = Files::new(folder.path(), Reps::Kept(store)).unwrap();
    (folder, crm)
}

#[tokio::test]
async fn a_day_of_a_deal_is_one_of_the_company() {
    let stages = "deal,stage,at\nd-1,New,2026-01-10\nd-1,Lost,2026-02-20\nd-2,Lost,2026-02-20T15:00:00Z\n\
                  d-3,Won,2026-02-20T15:00:00Z\n";
    let rows = "d-1,A,Lost,c-1,,,2026-02-20,,2026-02-21\nd-2,B,Lost,c-1,2026-02-01,,2026-02-20,,2026-02-21\n\
                d-3,C,Won,c-1,2026-02-01,,2026-02-20T16:00:00Z,yes,2026-02-21\n\
                d-4,D,New,c-1,2026-02-01,2026-02-03,,,2026-02-21\nd-5,E,Won,c-1,,,2026-03-08,yes,2026-03-09\n";
    let table = format!("id,name,stage,contacts,opened,stage_since,closed,won,changed\n{rows}");
    let files = [("contacts.csv", PEOPLE), ("deals.csv", table.as_str()), ("stages.csv", stages)];
    let (_folder, crm) = in_new_york(&files).await;
    let told = crm.deals(Timestamp::MIN, None).await.unwrap().deals;
    let night = "2026-02-21T04:59:59.999Z";
    for (id, opened, closed, way) in [
        ("d-1", Some("2026-01-10T05:00:00Z"), Some(night), vec!["2026-01-10T05:00:00Z", night]),
        // Whatever time of its last day it came to its last stage at, that is no step before its end.
        ("d-2", Some("2026-02-01T05:00:00Z"), Some(night), vec![night]),
        ("d-3", Some("2026-02-01T05:00:00Z"), Some("2026-02-20T16:00:00Z"), vec!["2026-02-20T15:00:00Z"]),
        ("d-4", Some("2026-02-01T05:00:00Z"), None, vec!["2026-02-03T05:00:00Z"]),
        // A day of 23 hours.
        ("d-5", None, Some("2026-03-09T03:59:59.999Z"), vec!["2026-03-09T03:59:59.999Z"]),
    ] {
        let deal = told.iter().find(|deal| deal.id.0 == id).unwrap();
        let came: Vec<_> = deal.stages.iter().map(|change| Some(change.at)).collect();
        let way: Vec<_> = way.into_iter().map(instant).collect();
        let ended = deal.closed.map(|closed| closed.at);
        assert_eq!((deal.opened, ended, came), (opened.and_then(instant), closed.and_then(instant), way), "{id}");
    }
    let cards = crm.everybody().await.unwrap();
    let card = cards.iter().flat_map(|(_, cards)| cards).find(|card| card.opportunity.is_some()).unwrap();
    assert_eq!(card.opportunity.as_ref().unwrap().stage_since, instant("2026-02-03T05:00:00Z"));
}

#[tokio::test]
async fn a_report_that_begins_on_the_day_of_a_deals_end_has_it_and_one_of_the_day_before_does_not() {
    let table = format!("{COLUMNS}d-1,Rollout,Won,c-1,100.00,USD,2026-01-05,2026-03-02,yes\n");
    let (folder, crm) = in_new_york(&[("contacts.csv", PEOPLE), ("deals.csv", &table)]).await;
    let projections = Arc::new(Projections::open(&folder.path().join("comeback.sqlite")).unwrap());
    reported(&crm, &projections, "2026-03-03T15:00:00Z").await;
    let of_day = |now: &str| {
        let playbook = Arc::new(crate::world::playbook());
        let now = instant(now).unwrap();
        let window = days(&playbook, now, Span::minutes(24 * 60));
        let desk = Desk { projections: Arc::clone(&projections), playbook, head: 0, now, sees: Sees::All, window };
        let told = desk.outcomes(&Asked::default()).unwrap();
        told.reconciled.iter().map(|row| (row.fate, row.total.deals)).collect::<Vec<_>>()
    };
    // At the end of the day before, in New York; at that of its day; and on the day after.
    assert_eq!(of_day("2026-03-02T04:59:59.999Z"), [(Fate::Open, 1)]);
    assert_eq!(of_day("2026-03-03T04:59:59.999Z"), [(Fate::Won, 1)]);
    assert!(of_day("2026-03-03T05:00:00Z").is_empty(), "it ended on another day");
}

#[tokio::test]
async fn deals_beside_people_in_json_are_read_and_what_counts_for_nothing_is_told() {
    let people = r#"{"contacts":[{"id":"c-1","name":"Dana Fox","phones":["+14155550123"]}]}"#;
    let deals = "id,name,stage,contacts\nd-1,A,New,c-1\nd-1,A again,New,c-1\n";
    let accounts = "id,name\na-1,Harbor\n";
    let (_folder, crm) = folder(&[("contacts.json", people), ("deals.csv", deals), ("accounts.csv", accounts)]);
    let told = crm.deals(Timestamp::MIN, None).await.unwrap().deals;
    assert_eq!((told.len(), told[0].contacts.len()), (1, 1));
    let (wrong, all) = crm.complaints().await.unwrap();
    assert_eq!(all, 2, "{wrong:?}");
    let wrong = wrong.join("\n");
    assert!(wrong.contains("deals.csv:3: id stands on an earlier line"), "{wrong}");
    assert!(wrong.contains("accounts.csv:1: contacts.json says this of each person itself"), "{wrong}");
}

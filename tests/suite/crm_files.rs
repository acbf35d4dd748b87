//! A folder of tables as the CRM: read whole, watched, and never believed while it is being written.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use comeback::clock::ManualClock;
use comeback::domain::contact::Address;
use comeback::domain::context::{Card, Origin};
use comeback::domain::id::{ContactId, RepId};
use comeback::domain::interest;
use comeback::domain::time::Timestamp;
use comeback::server::crm::files::{Files, books};
use comeback::server::crm::owner::Names;
use comeback::server::crm::when::instant;
use comeback::server::crm::{Crm, CrmError, Reps};
use tempfile::TempDir;

mod deals;
mod writing;

const PEOPLE: &str = "id,name,phone,account\nc-1,Dana Fox,+14155550123,a-1\nc-2,Nils Farouk,+13125550162,\n";

fn reps() -> Reps {
    Reps::Here([(RepId::from("maya"), "maya@northwind.example".to_owned())].into())
}

fn folder(files: &[(&str, &str)]) -> (TempDir, Files) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let crm = Files::new(folder.path(), reps()).unwrap();
    (folder, crm)
}

fn number(text: &str) -> Address {
    Address::parse(text).unwrap()
}

async fn everybody(crm: &Files) -> BTreeMap<Address, Vec<Card>> {
    crm.everybody().await.unwrap().into_iter().collect()
}

/// Writes a file anew, and makes sure that it looks so however coarse the disk's times are.
fn rewrite(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    let before = fs::metadata(&path).and_then(|told| told.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    fs::write(&path, text).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(before + Duration::from_secs(2)).unwrap();
}

fn why(e: &CrmError) -> String {
    let CrmError::Unreadable(why) = e else { panic!("{e:?}") };
    why.clone()
}

#[tokio::test]
async fn the_last_touch_on_a_channel_is_kept_whatever_came_after_it_on_others() {
    let mails: Vec<String> = (1..=25).map(|day| format!("2026-10-{day:02},email,c-1\n")).collect();
    let touches = format!("at,kind,contact\n2026-09-02,sms,c-1\n2026-09-01,sms,c-1\n{}", mails.concat());
    let (_folder, crm) = folder(&[("contacts.csv", PEOPLE), ("touches.csv", &touches)]);
    let card = crm.behind(&number("+14155550123")).await.unwrap().remove(0);
    let all: Vec<_> = card.last_touch.iter().chain(&card.touches).collect();
    assert!(all.is_sorted_by_key(|touch| std::cmp::Reverse(touch.at)), "newest first: {all:?}");
    let of = |kind: &str| all.iter().filter(|touch| touch.kind == kind).count();
    assert_eq!((of("email"), of("sms")), (19, 1), "as many as were kept before");
}

#[tokio::test]
async fn the_example_folder_reads_whole_and_fills_cards_and_deals() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/crm");
    let crm = Files::new(&folder, reps()).unwrap();
    let books = crm.books().await.unwrap();
    assert_eq!(books.wrong, Vec::<String>::new());
    assert_eq!((books.people(), books.deals()), (3, 3));
    let all = everybody(&crm).await;
    let dana = &all[&number("+14155550123")][0];
    let account = dana.account.as_ref().unwrap();
    assert_eq!(
        (account.name.as_str(), account.size, account.region.as_deref()),
        ("Harbor Logistics", Some(1200), Some("AMER"))
    );
    let deal = dana.opportunity.as_ref().unwrap();
    assert_eq!(
        (deal.name.as_str(), deal.stage.as_str(), deal.amount_cents),
        ("Fleet rollout", "Negotiation", 4_800_000)
    );
    assert_eq!((deal.closes, deal.stage_since), (instant("2026-12-15"), instant("2026-10-28")));
    assert_eq!((deal.team[0].rep.as_str(), deal.team[0].role.as_str()), ("omar", "SE"));
    let last = dana.last_touch.as_ref().unwrap();
    assert_eq!((last.kind.as_str(), dana.touches.len()), ("call", 1));
    assert_eq!(dana.account_touch.as_ref().unwrap().kind, "meeting", "a colleague of hers");
    assert_eq!(dana.intents[0].origin, Some(Origin::Mail));
    assert_eq!(all[&number("+13125550162")][0].name, "Nils Farouk", "by the country beside it");
    assert_eq!(all[&number("+4915123456789")][0].opportunity.as_ref().unwrap().name, "Fleet rollout");
    let nils = &all[&number("+13125550162")][0];
    assert_eq!(
        (nils.opportunity.as_ref().unwrap().amount_cents, nils.last_touch.as_ref()),
        (0, None),
        "nobody wrote one down"
    );
    let deals = crm.deals(Timestamp::MIN, None).await.unwrap();
    let told: Vec<_> =
        deals.deals.iter().map(|d| (d.id.as_str(), d.amount_cents, d.stages.len(), d.closed.map(|c| c.won))).collect();
    assert_eq!(
        told,
        [("d-3", Some(1_200_000), 1, Some(true)), ("d-2", None, 1, None), ("d-1", Some(4_800_000), 3, None)],
        "in the order of their last change"
    );
    assert_eq!(deals.next, None);
}

#[tokio::test]
async fn tables_are_read_as_spreadsheets_write_them() {
    let windows = "\u{feff}id;name;phone;account\r\nc-1;\"Fox; Dana\";+1 415 555 0123;\r\n";
    let (_folder, crm) = folder(&[("contacts.csv", windows)]);
    assert_eq!(everybody(&crm).await[&number("+14155550123")][0].name, "Fox; Dana");
    let lines = "{\"id\":\"c-1\",\"name\":\"Dana Fox\",\"phone\":\"+14155550123\"}\n";
    let (_folder, crm) = folder(&[("contacts.jsonl", lines)]);
    assert_eq!(everybody(&crm).await[&number("+14155550123")][0].name, "Dana Fox");
    let whole =
        r#"{"contacts":[{"id":"c-1","name":"Dana Fox","phones":["+14155550123"],"account":{"name":"Harbor"}}]}"#;
    let (_folder, crm) = folder(&[("contacts.json", whole)]);
    assert_eq!(everybody(&crm).await[&number("+14155550123")][0].account.as_ref().unwrap().name, "Harbor");
}

#[tokio::test]
async fn a_wrong_row_costs_no_other_and_is_told_by_file_and_line_without_what_stands_there() {
    let people = "id,name,phone,account\nc-1,Dana Fox,+14155550123,a-1\n,Secret Person,+13125550162,\n\
                  c-3,Short Row\nc-1,Twice Told,+13125550163,\nc-4,No Country,555 0199,\n";
    let deals = "id,name,stage,amount,closed,won\nd-1,A,Won,12.x,,\nd-2,B,Won,12,,yes\nd-3,C,New,12,,\n";
    let touches = "at,kind\n2026-11-01,call\n";
    let (_folder, crm) = folder(&[("contacts.csv", people), ("deals.csv", deals), ("touches.csv", touches)]);
    let books = crm.books().await.unwrap();
    let wrong = books.wrong.join("\n");
    for told in [
        "contacts.csv:3: id is missing",
        "contacts.csv:4: 2 fields, and the first line names 4",
        "contacts.csv:5: id stands on an earlier line",
        "contacts.csv:6: a phone is no number",
        "deals.csv:2: amount is no number",
        "deals.csv:3: won says yes, and closed says no day",
        "touches.csv:2: contact and account are both missing",
    ] {
        assert!(wrong.contains(told), "{told} is not in\n{wrong}");
    }
    assert!(!wrong.contains("Secret") && !wrong.contains("555"), "{wrong}");
    assert!(wrong.contains("contacts.csv:2: account is in no table: there is no accounts.csv"), "{wrong}");
    assert_eq!((books.wrongs, books.people(), books.deals()), (8, 2, 1));
}

#[tokio::test]
async fn of_two_numbers_the_one_that_reads_counts_and_the_other_is_told() {
    let people = "id,name,phone,mobile,country\nc-1,Dana Fox,+14155550123,555 0199,\n\
                  c-2,Nils Farouk,555 0162,555 0163,Atlantis\nc-3,Ann Wu,(212) 555-0106 or cell 212-555-0107,,USA\n";
    let (_folder, crm) = folder(&[("contacts.csv", people)]);
    let all = everybody(&crm).await;
    for (phone, name) in [("+14155550123", "Dana Fox"), ("+12125550106", "Ann Wu"), ("+12125550107", "Ann Wu")] {
        assert_eq!(all[&number(phone)][0].name, name);
    }
    let (wrong, count) = crm.complaints().await.unwrap();
    let nothing = "is no number, or one without a country beside it";
    let first =
        format!("contacts.csv:2: phone 2 of 2 {nothing}: this number counts for nothing, the rest of the row counts");
    let nobody = [1, 2].map(|n| format!("contacts.csv:3: phone {n} of 2 {nothing}: nobody is found by this row"));
    assert_eq!((wrong, count), ([vec![first], nobody.to_vec()].concat(), 3));
}

#[test]
fn owners_who_are_nobody_here_and_accounts_that_are_nowhere_are_told_once_each_by_file_and_line() {
    let people = "id,name,phone,account,owner,sdr\nc-1,A,+14155550123,a-1,Maya,ines\n\
                  c-2,B,+14155550124,a-9,zorro@x.example,\nc-3,C,+14155550125,a-9,zorro@x.example,nemo\n\
                  c-4,D,+14155550126,,Ines Cruz,maya@NORTHWIND.example\nc-5,E,+14155550127,a-9,zorro@x.example,\n";
    let accounts = "id,name,owner\na-1,Harbor,MAYA\na-2,Pine,zorro@x.example\n";
    let deals = "id,name,stage,account,owner\nd-1,A,New,a-1,ines\nd-2,B,New,a-8,left\n";
    let (folder, _) = folder(&[("contacts.csv", people), ("accounts.csv", accounts), ("deals.csv", deals)]);
    let by_mail = [("maya@northwind.example".to_owned(), RepId::from("maya"))].into();
    let reps = [("maya", "Maya Okafor"), ("ines", "Ines Cruz")].map(|(id, name)| (RepId::from(id), name.to_owned()));
    let books = books::read(folder.path(), &Names::new(by_mail, Some(reps.into()))).unwrap();
    let owner = "owner is no rep's short name, name or mail address that we know";
    assert_eq!(
        books.wrong,
        [
            format!("accounts.csv:3: {owner}"),
            "contacts.csv:3: account is in no row of the table of accounts, as in 2 more rows".to_owned(),
            format!("contacts.csv:3: {owner}, as in 2 more rows"),
            "contacts.csv:4: sdr is no rep's short name, name or mail address that we know".to_owned(),
            "deals.csv:3: account is in no row of the table of accounts".to_owned(),
            format!("deals.csv:3: {owner}"),
        ]
    );
    let owners: Vec<String> =
        books.cards().into_iter().map(|card| card.owner.map_or_else(String::new, |rep| rep.0)).collect();
    assert_eq!(owners, ["maya", "files owner", "files owner", "ines", "files owner"]);
    // Without a playbook nobody can say whose a short name is.
    let books = books::read(folder.path(), &Names::default()).unwrap();
    assert!(!books.wrong.iter().any(|wrong| wrong.starts_with("deals.csv:3: owner")), "{:?}", books.wrong);
}

#[test]
fn in_json_whoever_is_named_and_is_nobody_here_is_told_once_by_person_and_field() {
    let people = r#"{"contacts":[
        {"id":"","name":"Nobody","phones":[],"owner":"nobody"},
        {"id":"c-1","name":"A","phones":["+14155550123"],"owner":"Maya Okafor","sdr":"INES"},
        {"id":"c-2","name":"B","owner":"zorro@x.example","account":{"name":"Pine","owner":"left"}},
        {"id":"c-3","name":"C","owner":"zorro@x.example","sdr":"nemo",
         "opportunity":{"name":"Rollout","stage":"New","owner":"gone",
                        "team":[{"rep":"Ines Cruz"},{"rep":"nemo"},{"rep":"nemo"}]},
         "last_touch":{"at":"2026-11-01T15:00:00Z","by":"zorro@x.example","kind":"mail"}},
        {"id":"d@x.example","name":"D","owner":"zorro@x.example","sdr":"other"}]}"#;
    let (folder, _) = folder(&[("contacts.json", people)]);
    let by_mail = [("maya@northwind.example".to_owned(), RepId::from("maya"))].into();
    let reps = [("maya", "Maya Okafor"), ("ines", "Ines Cruz")].map(|(id, name)| (RepId::from(id), name.to_owned()));
    let books = books::read(folder.path(), &Names::new(by_mail, Some(reps.into()))).unwrap();
    let nobody = "is no rep's short name, name or mail address that we know";
    assert_eq!(
        books.wrong,
        [
            "contacts.json: contact 1: id is not 1 to 200 plain characters".to_owned(),
            format!("contacts.json: contact 3: account.owner {nobody}"),
            format!("contacts.json: contact 3: owner {nobody}, as of 2 more people"),
            format!("contacts.json: contact 4: opportunity.owner {nobody}"),
            format!("contacts.json: contact 4: opportunity.team {nobody}"),
            format!("contacts.json: contact 4: sdr {nobody}"),
            // An id that is a mail address says who it is.
            format!("contacts.json: contact 5: sdr {nobody}"),
        ]
    );
    // They are reps as in tables, and no mail address gets into the record.
    let cards = books.cards();
    let owners: Vec<&str> = cards.iter().map(|card| card.owner.as_ref().map_or("", RepId::as_str)).collect();
    assert_eq!(owners, ["maya", "files owner", "files owner", "files owner"]);
    assert_eq!(cards[0].sdr, Some("ines".into()));
    let team: Vec<&str> = cards[2].opportunity.iter().flat_map(|deal| &deal.team).map(|one| one.rep.as_str()).collect();
    assert_eq!(team, ["ines", "nemo", "nemo"]);
    assert_eq!(cards[2].last_touch.as_ref().unwrap().by, Some("files owner".into()));
    // Without a playbook nobody can say whose a short name is.
    let books = books::read(folder.path(), &Names::default()).unwrap();
    let told = books.wrong.iter().filter(|wrong| wrong.contains(nobody)).collect::<Vec<_>>();
    assert_eq!(told, [&format!("contacts.json: contact 3: owner {nobody}, as of 2 more people")]);
}

#[tokio::test]
async fn what_is_half_written_replaces_nothing() {
    let (folder, crm) = folder(&[("contacts.csv", PEOPLE)]);
    let before = everybody(&crm).await;
    assert_eq!(before.len(), 2);
    let quote = "id,name,phone,account\nc-1,\"Dana Fox";
    let row = "id,name,phone,account\nc-1,Dana Fox,+14155550123,a-1\nc-2,Nil";
    for (half, told) in
        [(quote, "contacts.csv:2"), (row, "ends in the middle of a row"), ("", "names no column"), ("id,name", "phone")]
    {
        rewrite(folder.path(), "contacts.csv", half);
        let nils = number("+13125550162");
        assert_eq!(crm.behind(&nils).await.unwrap(), before[&nils], "it may be whole in a second");
        let e = crm.everybody().await.unwrap_err();
        assert!(why(&e).contains(told) && why(&e).contains("stays"), "{half}: {e}");
        silent(&crm, &nils, told).await;
    }
    fs::remove_file(folder.path().join("contacts.csv")).unwrap();
    assert!(why(&crm.everybody().await.unwrap_err()).contains("not there"));
    rewrite(folder.path(), "contacts.csv", "id,name,phone,account\nc-1,Dana Fox-Meyer,+14155550123,a-1\n");
    let now = everybody(&crm).await;
    assert_eq!(now[&number("+14155550123")][0].name, "Dana Fox-Meyer");
    assert_eq!(now[&number("+13125550162")], [], "whoever was taken out is nobody any more");
}

#[tokio::test]
async fn a_folder_that_is_gone_says_nothing_of_anybody_until_it_is_back() {
    let (folder, crm) = folder(&[("contacts.csv", PEOPLE)]);
    let [dana, stranger] = ["+14155550123", "+12025550100"].map(number);
    everybody(&crm).await;
    assert_eq!(crm.behind(&stranger).await, Ok(Vec::new()));
    let aside = folder.path().with_extension("aside");
    fs::rename(folder.path(), &aside).unwrap();
    for _ in 0..2 {
        // Also before anybody tried to read it whole.
        silent(&crm, &stranger, "not there").await;
        silent(&crm, &dana, "not there").await;
        assert!(crm.everybody().await.is_err());
    }
    fs::rename(&aside, folder.path()).unwrap();
    assert_eq!(crm.behind(&stranger).await, Ok(Vec::new()), "nobody has it");
    assert_eq!(crm.behind(&dana).await.unwrap().len(), 1);
    assert_eq!(everybody(&crm).await.len(), 2);
}

/// What was read before is not told as of now.
async fn silent(crm: &Files, of: &Address, told: &str) {
    let said = crm.behind(of).await;
    let Err(CrmError::Unreachable(why)) = said else { panic!("{said:?}") };
    assert!(why.contains(told) && why.contains("what was read before stays"), "{why}");
}

#[tokio::test]
async fn a_sign_that_lies_ahead_is_told_takes_no_place_and_is_there_once_it_happened() {
    let now = instant("2026-11-02T09:00:00Z").unwrap();
    let mut intents = "at,contact,kind\n2026-11-02T08:00:00Z,c-1,visit\n2026-11-02T09:04:00Z,c-1,quote\n".to_owned();
    intents.push_str(&"2027-11-02,c-1,trial\n".repeat(30));
    let (_folder, crm) = folder(&[("contacts.csv", PEOPLE), ("intents.csv", &intents)]);
    let crm = crm.by(Arc::new(ManualClock::at(now)));
    let (wrong, all) = crm.complaints().await.unwrap();
    assert_eq!(wrong[0], "intents.csv:4: at is in the future: it counts for nothing until then");
    // And one account without a table.
    assert_eq!(all, 31, "another clock may be ahead by minutes");
    let dana = everybody(&crm).await.remove(&number("+14155550123")).unwrap().remove(0);
    let told = |at| interest::ranked(&dana.intents, at).into_iter().map(|i| i.kind.as_str()).collect::<Vec<_>>();
    assert_eq!(told(now), ["quote", "visit"]);
    assert_eq!(told(instant("2027-11-03").unwrap())[0], "trial");
}

#[tokio::test]
async fn one_person_told_twice_in_json_is_one_and_nobody_is_known_by_no_id() {
    let people = r#"{"contacts":[{"id":"c-1","name":"John Smith","phones":["+14155550123"]},
        {"id":"","name":"Secret Person","phones":["+14155550123"]},
        {"id":"c-1","name":"John Smith","phones":["+14155550123","+14155550124"]}]}"#;
    let (_folder, crm) = folder(&[("contacts.json", people)]);
    let all = everybody(&crm).await;
    assert_eq!((all[&number("+14155550123")].len(), all[&number("+14155550124")].len()), (1, 1));
    let (wrong, all) = crm.complaints().await.unwrap();
    assert_eq!(all, 2, "{wrong:?}");
    assert!(wrong[0].starts_with("contacts.json: contact 2: id is not 1 to 200"), "{wrong:?}");
    assert!(wrong[1].starts_with("contacts.json: contact 3: id stands before it"), "{wrong:?}");
}

#[tokio::test]
async fn a_change_is_noticed_once_it_stays_as_it_is() {
    let (folder, crm) = folder(&[("contacts.csv", PEOPLE)]);
    assert!(!crm.has_settled(), "nothing was read yet");
    everybody(&crm).await;
    assert!(!crm.has_settled() && !crm.has_settled());
    rewrite(folder.path(), "contacts.csv", "id,name,phone,account\nc-1,Dana");
    assert!(!crm.has_settled(), "it may be written still");
    rewrite(folder.path(), "contacts.csv", "id,name,phone,account\nc-1,Dana Fox,+14155550124,\n");
    assert!(!crm.has_settled(), "it was");
    assert!(crm.has_settled(), "it stayed so");
    assert!(everybody(&crm).await.contains_key(&number("+14155550124")));
    assert!(!crm.has_settled() && !crm.has_settled(), "it was read");
    rewrite(folder.path(), "accounts.csv", "id,name\na-1,Harbor\n");
    assert!(!crm.has_settled() && crm.has_settled(), "another file belongs to it");
}

#[tokio::test]
async fn owners_are_reps_by_name_or_mail_address_and_strangers_are_nobody() {
    let people = "id,name,phone,owner\nc-1,A,+14155550123,Maya@Northwind.example\nc-2,B,+14155550124,ben\n\
                  c-3,C,+14155550125,gone@northwind.example\n";
    let (_folder, crm) = folder(&[("contacts.csv", people)]);
    let all = everybody(&crm).await;
    let owner = |n: &str| all[&number(n)][0].owner.clone().unwrap();
    assert_eq!(owner("+14155550123"), RepId::from("maya"));
    assert_eq!(owner("+14155550124"), RepId::from("ben"));
    assert_eq!(owner("+14155550125"), RepId::from("files owner"), "and no mail address gets into the record");
    assert_eq!(crm.owners().await.unwrap().len(), 3);
    assert_eq!(all[&number("+14155550124")][0].contact, ContactId::from("c-2"));
}

#[tokio::test]
async fn a_folder_that_says_two_things_or_too_much_is_refused() {
    assert!(Files::new(Path::new("/nowhere/at/all"), reps()).is_err());
    let (_folder, crm) = folder(&[("contacts.csv", PEOPLE), ("contacts.jsonl", "")]);
    assert!(why(&crm.everybody().await.unwrap_err()).contains("keep one of them"));
    let (folder, crm) = folder(&[("contacts.csv", PEOPLE)]);
    let file = fs::File::options().write(true).open(folder.path().join("contacts.csv")).unwrap();
    file.set_len(65 * 1024 * 1024).unwrap();
    assert!(why(&crm.everybody().await.unwrap_err()).contains("larger than 64 MiB"));
}

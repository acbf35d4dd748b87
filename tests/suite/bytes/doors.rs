//! The doors that foreign bytes come through. Each takes any bytes and panics when its parser breaks a promise: no
//! panic of its own, an error in our words, and whatever is accepted can be said again and means the same.
//!
//! The fuzz targets in `fuzz/` include this file, so it names nothing of the test suite.

#![allow(unreachable_pub, reason = "the fuzz targets name them from another crate")]

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};

use comeback::client::search;
use comeback::config;
use comeback::domain::command::Actor;
use comeback::domain::consent::OptOutSource;
use comeback::domain::contact::Address;
use comeback::domain::deal::Deal;
use comeback::domain::id::TeamId;
use comeback::domain::playbook::{Playbook, Team};
use comeback::domain::safe_text::SafeText;
use comeback::domain::time::Timestamp;
use comeback::journal::{Checkpoint, Frame, Key};
use comeback::server::carrier::twilio::parse::{self, Malformed, Params};
use comeback::server::carrier::twilio::signature::{Signed, verify};
use comeback::server::consent::{Checked, checked};
use comeback::server::crm::directory;
use comeback::server::crm::ended::Here;
use comeback::server::crm::files::books;
use comeback::server::crm::hubspot::{card, hook, read, touches};
use comeback::server::crm::owner::{Matched, Names};
use comeback::server::crm::push;
use comeback::server::crm::salesforce;
use comeback::server::past;
use comeback::server::past::log::{By, Log, Unfit};
use comeback::tui::input_line::{InputLine, MAX_BYTES};
use comeback::tui::keymap::chord::Chord;
use comeback::wire::changes::{Changes, Message};
use comeback::wire::command::{Push, Receipts};
use comeback::wire::consent::ConsentRow;
use comeback::wire::messages::MessageRow;
use comeback::wire::past::PastRow;
use comeback::wire::problem::Problem;
use comeback::wire::session::{Session, SignIn, SignedIn};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Something that takes any bytes.
pub type Door = fn(&[u8]);

/// All of them, by the name of their fuzz target and of their folder in `fuzz/corpus`.
pub const DOORS: [(&str, Door); 19] = [
    ("webhook_form", webhook_form),
    ("webhook_json", webhook_json),
    ("playbook", playbook),
    ("rep_config", rep_config),
    ("wire_to_backend", wire_to_backend),
    ("wire_to_client", wire_to_client),
    ("journal_frame", journal_frame),
    ("checkpoint", checkpoint),
    ("chord", chord),
    ("typed", typed),
    ("safe_text", safe_text),
    ("consent_row", consent_row),
    ("hubspot", hubspot),
    ("crm_change", crm_change),
    ("salesforce", salesforce),
    ("past_row", past_row),
    ("deals_page", deals_page),
    ("crm_folder", crm_folder),
    ("message_row", message_row),
];

/// An error is one short line for a person, and moves no cursor.
fn sentence(error: &impl Display) {
    let said = error.to_string();
    assert!(!said.is_empty() && said.len() < 4096, "{} bytes", said.len());
    assert!(!said.chars().any(char::is_control), "{said:?}");
}

/// The body of a webhook, as a form.
pub fn webhook_form(bytes: &[u8]) {
    webhook(Params::form(bytes), None);
}

/// The body of a webhook, as JSON.
pub fn webhook_json(bytes: &[u8]) {
    webhook(Params::json(bytes), Some(bytes));
}

fn webhook(read: Result<Params, Malformed>, json: Option<&[u8]>) {
    let params = match read {
        Ok(params) => params,
        Err(error) => return sentence(&error),
    };
    let signed = json.map_or(Signed::Form(&params), Signed::Json);
    let again = Params::json(params.to_json().as_bytes()).unwrap();
    let names = |params: &Params| params.sorted().into_iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
    let (mut before, after) = (names(&params), names(&again));
    before.dedup();
    assert_eq!(before, after, "every name is kept");
    match parse::inbound(&params) {
        Ok(text) => {
            assert_eq!(Some(text.body.as_str()), params.get("Body").or(Some("")));
            assert_eq!(Address::parse(text.from.as_str()).as_ref(), Ok(&text.from));
            assert!(text.media.len() <= 10 && text.sid.bytes().all(|b| b.is_ascii_alphanumeric()));
        }
        Err(error) => sentence(&error),
    }
    if let Err(error) = parse::status(&params) {
        sentence(&error);
    }
    // Nobody signed it; the header and the address are foreign too.
    let header = params.get("Signature").or(params.get("Body"));
    let url = format!("https://c.example/hooks?{}", params.get("Url").unwrap_or_default());
    sentence(&verify(&["token".to_owned()], &url, signed, header).unwrap_err());
}

/// The policy's file.
pub fn playbook(bytes: &[u8]) {
    let Ok(source) = std::str::from_utf8(bytes) else { return };
    match config::playbook::read("playbook.toml", source) {
        Ok(playbook) => {
            let json = serde_json::to_string(&playbook).unwrap();
            assert_eq!(serde_json::from_str::<Playbook>(&json).unwrap(), playbook);
        }
        Err(mistake) => placed(&mistake, source),
    }
}

/// A rep's own settings.
pub fn rep_config(bytes: &[u8]) {
    let Ok(source) = std::str::from_utf8(bytes) else { return };
    match config::rep::read("config.toml", source) {
        Ok(config) => assert!(config.alerts.command.is_none_or(|c| c.first().is_some_and(|p| !p.is_empty()))),
        Err(mistake) => placed(&mistake, source),
    }
}

/// A mistake in a file names its place, shows its line, and repeats nothing that a terminal obeys.
fn placed(mistake: &config::diagnose::Diagnostic, source: &str) {
    let said = mistake.to_string();
    assert!(said.len() < 8192, "{} bytes", said.len());
    assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{said:?}");
    assert!((1..=source.matches('\n').count() + 1).contains(&mistake.line), "{said}");
    let columns = source.split('\n').nth(mistake.line - 1).map_or(0, |line| line.chars().count());
    assert!((1..=columns + 1).contains(&mistake.column), "{said}");
    assert_eq!(said.lines().count(), 4, "{said}");
}

/// What a device sends.
pub fn wire_to_backend(bytes: &[u8]) {
    again::<Push>(bytes);
    if let Ok(sign_in) = serde_json::from_slice::<SignIn>(bytes) {
        assert!(sign_in.token.is_empty() || !format!("{sign_in:?}").contains(&format!("{:?}", sign_in.token)));
    }
}

/// What a backend answers.
pub fn wire_to_client(bytes: &[u8]) {
    again::<Receipts>(bytes);
    again::<Session>(bytes);
    again::<Problem>(bytes);
    again::<Vec<Message>>(bytes);
    drop(serde_json::from_slice::<SignedIn>(bytes));
    if let Ok(mut changes) = serde_json::from_slice::<Changes>(bytes) {
        // Decimal fractions are not kept to their last bit.
        changes.pace = 1.0;
        again::<Changes>(&serde_json::to_vec(&changes).unwrap());
    }
}

/// What is accepted is said again, and then means the same.
fn again<T: DeserializeOwned + Serialize + PartialEq + Debug>(bytes: &[u8]) {
    if let Ok(value) = serde_json::from_slice::<T>(bytes) {
        let said = serde_json::to_vec(&value).unwrap();
        assert_eq!(serde_json::from_slice::<T>(&said).unwrap(), value);
    }
}

/// The body of an entry of the journal.
pub fn journal_frame(bytes: &[u8]) {
    match Frame::decode(bytes) {
        Ok(frame) => {
            // Decimal fractions are not kept to their last bit; the journal keeps the bytes as they came.
            let again = Frame::decode(&serde_json::to_vec(&frame).unwrap()).unwrap();
            assert_eq!((again.kind, again.command, again.content), (frame.kind, frame.command, frame.content));
        }
        Err(error) => sentence(&error),
    }
}

/// A line of a file of checkpoints.
pub fn checkpoint(bytes: &[u8]) {
    let Ok(line) = std::str::from_utf8(bytes) else { return };
    let key = Key::new(&[7; Key::MIN_LEN]).unwrap();
    match line.parse::<Checkpoint>() {
        Ok(read) => {
            assert_eq!(read.to_string(), line);
            assert_eq!(Checkpoint::verify(&read.sign(&key).unwrap(), &key), Ok(read));
        }
        Err(error) => sentence(&error),
    }
    match Checkpoint::verify(line, &key) {
        Ok(read) => assert_eq!(read.sign(&key).unwrap(), line.trim_end()),
        Err(error) => sentence(&error),
    }
}

/// A key as the table writes it.
pub fn chord(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for one in Chord::parse(text).into_iter().flatten() {
        let shown = one.to_string();
        assert_eq!(Chord::parse(&shown), Some(vec![one]), "{shown:?}");
    }
}

/// What is typed or pasted: a text in the composer, a search, a number.
pub fn typed(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut line = InputLine::with_text(&text);
    line.insert(&text);
    line.backspace();
    line.word_left();
    line.delete_word();
    line.insert(&text);
    assert!(line.text().len() <= MAX_BYTES && line.text().is_char_boundary(line.cursor()));
    assert!(!line.text().chars().any(|c| c.is_control() && c != '\n'));
    if let Some(query) = search::query(&text) {
        // Nothing typed is syntax: every word stands in quotes, and none holds one.
        let inner = query.strip_prefix('"').and_then(|q| q.strip_suffix("\"*")).unwrap();
        assert!(
            inner.split("\" \"").all(|word| !word.contains('"') && word.contains(char::is_alphanumeric)),
            "{query}"
        );
    }
    if let Ok(address) = Address::parse(&text) {
        assert_eq!(Address::parse(address.as_str()), Ok(address));
    }
}

/// A stranger's text on its way to a screen.
pub fn safe_text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for safe in [SafeText::line(&text), SafeText::block(&text), SafeText::whole(&text)] {
        assert!(!safe.as_str().chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        for width in [1, 2, 7, 40] {
            assert!(SafeText::whole(&safe.truncated(width)).width() <= width, "{text:?}");
            for row in safe.wrapped(width) {
                assert!(SafeText::whole(&row).width() <= width, "{text:?}: {row:?} in {width}");
            }
        }
    }
}

/// A word of consent that a list or another program brings.
pub fn consent_row(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let row = match ConsentRow::read(text) {
        Ok(row) => row,
        Err(error) => return sentence(&error),
    };
    let again = serde_json::to_string(&row).unwrap();
    // An apostrophe before a formula is taken off once for each reading, as an export puts on one for each writing.
    assert!(ConsentRow::read(&again).is_ok());
    let now = Timestamp::from_millis(1_800_000_000_000);
    let by = (&Actor::Operator, &OptOutSource::Import("list".to_owned()));
    match checked(row, by, &Playbook::default(), now) {
        Ok(Checked { heard, how }) => {
            for how in &how {
                sentence(how);
            }
            assert!(heard.out || how.is_empty() && !heard.undated);
            assert!(heard.address.as_str().starts_with('+') && heard.said.is_some_and(|said| said <= now));
            assert_eq!(Address::parse(heard.address.as_str()).as_ref(), Ok(&heard.address));
            assert!(heard.words.is_none_or(|words| !heard.out && words.as_str().chars().count() <= 4_400));
        }
        Err(error) => sentence(&error),
    }
}

/// A company in UTC, in the year 9999.
fn here() -> Here {
    Here { zone: Names::default().zone(), now: Timestamp::MAX }
}

/// Whatever HubSpot answers or posts.
pub fn hubspot(bytes: &[u8]) {
    let told = |error: &comeback::server::crm::CrmError| sentence(error);
    let stages = read::answer::<read::Pipelines>(bytes).map(read::Pipelines::stages).unwrap_or_default();
    let owners = Matched::default();
    match read::answer::<read::Records>(bytes) {
        Ok(page) => {
            let around = |deals| card::Around {
                company: page.results.first(),
                deals,
                stages: &stages,
                owners: &owners,
                logged: None,
            };
            let all: Vec<&read::Record> = page.results.iter().collect();
            for record in &page.results {
                let read =
                    page.results.iter().map(|touch| (record.id.clone(), "communications", touch.clone())).collect();
                let touches = touches::of(&read, &record.id, &owners, Timestamp::MAX);
                assert!(touches.is_sorted_by_key(|touch| std::cmp::Reverse(touch.at)));
                let made = card::card(record, &around(&all), touches);
                assert!(made.name.chars().count() <= 200 && made.intents.len() <= 4 && made.touches.len() <= 8);
                for number in read::numbers(record) {
                    assert!(number.as_str().starts_with('+'));
                    assert_eq!(Address::parse(number.as_str()).as_ref(), Ok(&number));
                }
                if let Some(deal) = card::deal(record, &[], &[], &stages, &owners, here()) {
                    assert_eq!(deal.stages.last().map(|s| &s.stage), Some(&deal.stage));
                }
            }
        }
        Err(error) => told(&error),
    }
    if let Ok(hanging) = read::answer::<read::Associations>(bytes) {
        assert!(hanging.by_id().len() <= bytes.len());
    }
    drop(read::answer::<read::Ends>(bytes).map(read::Ends::ids));
    drop(read::answer::<read::Labels>(bytes).map(|labels| labels.plain()));
    drop(read::answer::<read::Owners>(bytes).map(|page| page.owners(false)));
    assert!(read::category(bytes).bytes().all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b' '));
    match hook::changed(bytes) {
        Ok(changed) => assert!(changed.iter().all(|c| c.id.bytes().all(|b| b.is_ascii_digit()))),
        Err(error) => sentence(&error),
    }
}

/// A reply of before that a file brings.
pub fn past_row(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let row = match PastRow::read(text) {
        Ok(row) => row,
        Err(error) => return sentence(&error),
    };
    let mut playbook = Playbook::default();
    let team = Team { label: String::new(), lead: None, members: BTreeSet::new(), on_call: None };
    playbook.teams.insert("enterprise".into(), team);
    match past::checked(&row, "old", &playbook, Timestamp::from_millis(1_800_000_000_000)) {
        Ok(kept) => {
            assert!(kept.answered.is_none_or(|answered| answered >= kept.received));
            assert!(kept.team.as_str() == "enterprise" && !kept.id.is_empty() && kept.id.chars().count() <= 200);
            assert!(!kept.stage.unwrap_or_default().chars().any(char::is_control));
        }
        Err(error) => sentence(&error),
    }
}

/// A text that a carrier's log has.
pub fn message_row(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let row = match MessageRow::read(text) {
        Ok(row) => row,
        Err(error) => return sentence(&error),
    };
    let (playbook, team) = (Playbook::default(), TeamId::from("enterprise"));
    let by = By { playbook: &playbook, team: Some(&team), now: Timestamp::from_millis(1_800_000_000_000) };
    let mut log = Log::new(1);
    match log.add(&row, &by) {
        Ok(()) => {}
        Err(Unfit::Row(why)) => sentence(&why),
        Err(unfit @ (Unfit::Nobodys | Unfit::Full)) => panic!("{unfit:?}: all numbers are a team's, and there is room"),
    }
    for reply in log.pairs().flat_map(|pair| pair.kept("old", None)) {
        assert!(reply.answered.is_none() && reply.received <= by.now);
        assert!(!reply.id.is_empty() && reply.id.chars().count() <= 200 && !reply.id.chars().any(char::is_control));
    }
}

/// A page of deals that a directory answers.
pub fn deals_page(bytes: &[u8]) {
    match directory::deals_of(bytes) {
        Ok(page) => {
            for deal in page.deals {
                assert!(deal.stages.is_sorted_by_key(|change| change.at));
                let said = serde_json::to_string(&deal).unwrap();
                assert_eq!(serde_json::from_str::<Deal>(&said).unwrap(), deal);
            }
        }
        Err(error) => sentence(&error),
    }
}

/// One change that a program pushes.
pub fn crm_change(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(row) = serde_json::from_str::<Box<serde_json::value::RawValue>>(text) else { return };
    let now = Timestamp::from_millis(1_800_000_000_000);
    match push::checked(&row, now) {
        Ok(change) => {
            assert!(change.address.as_str().starts_with('+'));
            assert!(change.says.of().is_none_or(|contact| !contact.as_str().trim().is_empty()));
        }
        Err(error) => sentence(&error),
    }
}

/// Whatever Salesforce answers, and whatever stands where its key should.
pub fn salesforce(bytes: &[u8]) {
    use salesforce::read;

    let told = |error: &comeback::server::crm::CrmError| sentence(error);
    let owners = Matched::default();
    match read::answer::<read::Records>(bytes) {
        Ok(page) => {
            assert!(page.next().is_none_or(|next| next.len() <= bytes.len()));
            let all = page.records.as_slice();
            let stages = read::stages(all);
            let around = salesforce::card::Around {
                roles: all,
                deals: all,
                teams: all,
                tasks: all,
                meetings: all,
                stages: &stages,
                owners: &owners,
            };
            let words = read::words(all, all);
            assert!([words.open, words.closed, words.high, words.normal, words.low].iter().all(|w| !w.is_empty()));
            for record in all {
                let made = salesforce::card::card(record, &around);
                assert!(made.name.chars().count() <= 200);
                assert!(made.opportunity.is_none_or(|deal| deal.team.len() <= 20));
                for number in read::numbers(record) {
                    assert!(number.as_str().starts_with('+'));
                    assert_eq!(Address::parse(number.as_str()).as_ref(), Ok(&number));
                }
                if let Some(deal) = salesforce::card::deal(record, all, &stages, &owners, here()) {
                    assert_eq!(deal.stages.last().map(|s| &s.stage), Some(&deal.stage));
                }
                drop((read::owner(record), read::zone(record)));
            }
        }
        Err(error) => told(&error),
    }
    if let Ok(found) = read::answer::<read::Found>(bytes) {
        assert!(found.records.iter().all(|r| r.id().len() <= bytes.len()));
    }
    drop(read::answer::<read::Described>(bytes).map(|described| described.has("Name")));
    drop((read::answer::<read::Made>(bytes), read::answer::<read::Token>(bytes), read::is_of_the_day(bytes)));
    assert!(read::code(bytes).bytes().all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b' '));
    assert!(read::unopened(bytes).bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b == b' '));
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(place) = salesforce::ask::Place::read(text) {
        assert_eq!(salesforce::ask::Place::read(&place.written()), Some(place));
    }
    if let Err(error) = salesforce::jwt::key(&comeback::config::secret::Secret::from(text)) {
        sentence(&error);
    }
    let header = |name: &str| (name == "sforce-limit-info").then_some(text);
    assert!(salesforce::limits::Said::of(200, header).again.is_none());
}

/// A table of a folder that is the CRM: its name on the first line, and what stands in it. The others are sound.
pub fn crm_folder(bytes: &[u8]) {
    let (name, table) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => return,
    };
    let Some(name) = std::str::from_utf8(name).ok().filter(|name| TABLES.contains(name)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let sound = "id,name,phone\nc-1,Dana Fox,+14155550123\n";
    if !name.starts_with("contacts") {
        std::fs::write(folder.path().join("contacts.csv"), sound).unwrap();
    }
    std::fs::write(folder.path().join(name), table).unwrap();
    match books::read(folder.path(), &Names::default()) {
        Ok(read) => {
            assert!(books::read(folder.path(), &Names::default()).is_ok_and(|again| again == read));
            assert!(read.wrong.len() <= read.wrongs && (name.starts_with("contacts") || read.people() == 1));
            for wrong in &read.wrong {
                sentence(wrong);
                assert!(wrong.starts_with(name) && !wrong.contains("Secret"), "{wrong}");
            }
        }
        Err(why) => {
            sentence(&why);
            assert!(why.starts_with(name) && !why.contains("Secret"), "{why}");
        }
    }
}

/// What that folder may hold.
const TABLES: [&str; 14] = [
    "contacts.csv",
    "contacts.jsonl",
    "accounts.csv",
    "accounts.jsonl",
    "deals.csv",
    "deals.jsonl",
    "stages.csv",
    "stages.jsonl",
    "touches.csv",
    "touches.jsonl",
    "intents.csv",
    "intents.jsonl",
    "tasks_done.csv",
    "tasks_done.jsonl",
];

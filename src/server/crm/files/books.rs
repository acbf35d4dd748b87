//! What stands in the folder, read whole: people with their cards, and deals with their way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::Stamp;
use super::loose::{self, Loose};
use super::nested;
use super::rows::{Company, DealRow, DoneRow, IntentRow, Person, StageRow, TouchRow};
use crate::domain::contact::Address;
use crate::domain::context::{Account, Campaign, Card, Home, Intent, Opportunity, TeamMember, Touch, of_every_channel};
use crate::domain::deal::{Closed, Deal, StageChange};
use crate::domain::id::{AccountId, ContactId, DealId, RepId};
use crate::domain::interest;
use crate::domain::time::Timestamp;
use crate::server::crm::owner::{Names, Owner};
use crate::server::crm::phone;
use crate::server::crm::when::When;
use crate::wire::table::{FileRow, Rows, Wrong};

/// The largest file read.
pub(super) const LARGEST: u64 = 64 * 1024 * 1024;

/// Rows that are told of one by one; more are counted.
const TOLD: usize = 20;

/// Touches and signs of interest kept on a card.
const KEPT: usize = 20;

/// What a folder may hold, without the ending.
pub(super) const NAMES: [&str; 7] = ["contacts", "accounts", "deals", "stages", "touches", "intents", "tasks_done"];

/// How a file may end.
pub(super) const ENDINGS: [&str; 3] = ["csv", "jsonl", "json"];

/// Why a folder without its one table that must be there does not read.
pub(super) const NO_PEOPLE: &str = "contacts.csv is not there";

/// Whether the table that must be there is among these files.
pub(super) fn names_people<'a>(mut files: impl Iterator<Item = &'a String>) -> bool {
    files.any(|name| name.strip_prefix("contacts").is_some_and(|ending| ending.starts_with('.')))
}

/// Whether deals stand in this file, or their way.
pub(super) fn tells_deals(file: &str) -> bool {
    ["deals.", "stages."].iter().any(|table| file.starts_with(table))
}

/// Everything in the folder.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Books {
    /// People by number, in the order of the file.
    pub(super) people: BTreeMap<Address, Vec<Card>>,
    /// Everybody, also who has no number.
    pub(super) cards: Vec<Card>,
    /// Deals by their ids.
    pub(super) deals: BTreeMap<DealId, Deal>,
    /// Whoever owns something.
    pub(super) owners: BTreeSet<String>,
    /// When one of the tables that they stand in last came here as it is, as of this reading.
    pub(super) deals_written: Timestamp,
    /// Tasks that somebody completed, by the keys of their writes, and when.
    pub(super) done: BTreeMap<String, Timestamp>,
    /// What does not read, each as `contacts.csv:14: id is missing`; the first of it.
    pub wrong: Vec<String>,
    /// How much there is.
    pub wrongs: usize,
    /// Rows of deals and of their stages among them, which are missing in reports.
    pub unread_deals: usize,
}

impl std::fmt::Debug for Books {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Books({} people, {} deals, {} wrong)", self.cards.len(), self.deals.len(), self.wrongs)
    }
}

impl Books {
    /// People in the folder.
    pub fn people(&self) -> usize {
        self.cards.len()
    }

    /// Everybody's card.
    pub fn cards(&self) -> Vec<Card> {
        self.cards.clone()
    }

    /// Deals in the folder.
    pub fn deals(&self) -> usize {
        self.deals.len()
    }

    /// Whoever stands in the files for an owner, as it is written there.
    pub(super) fn owners(&self) -> Vec<Owner> {
        let email = |id: &String| id.contains('@').then(|| id.clone());
        self.owners
            .iter()
            .map(|id| Owner { id: id.clone(), email: email(id), active: true, ..Owner::default() })
            .collect()
    }

    pub(super) fn wrong(&mut self, file: &str, line: u64, why: &str) {
        if tells_deals(file) {
            self.unread_deals += 1;
        }
        self.complain(|| format!("{file}:{line}: {why}"));
    }

    pub(super) fn complain(&mut self, what: impl FnOnce() -> String) {
        self.wrongs += 1;
        if self.wrong.len() < TOLD {
            self.wrong.push(what());
        }
    }
}

/// Reads the folder. Fails, and keeps nothing, when a file cannot be read to its end or has not been written to its end:
/// half a table would take people off their numbers. A row that does not read costs no other.
pub fn read(folder: &Path, names: &Names) -> Result<Books, String> {
    read_at(folder, names, None)
}

/// The same, with what lies ahead of an instant told.
pub(super) fn read_at(folder: &Path, names: &Names, now: Option<Timestamp>) -> Result<Books, String> {
    let mut books = Books::default();
    let reps = Meant { names, seen: std::cell::RefCell::default() };
    let contacts = find(folder, "contacts")?.ok_or(NO_PEOPLE)?;
    let nested = contacts.extension().is_some_and(|ending| ending == "json");
    let people: Vec<(u64, Person)> = if nested { Vec::new() } else { rows(folder, "contacts", &mut books)? };
    let companies: Vec<(u64, Company)> = rows(folder, "accounts", &mut books)?;
    let deals: Vec<(u64, DealRow)> = rows(folder, "deals", &mut books)?;
    let stages: Vec<(u64, StageRow)> = rows(folder, "stages", &mut books)?;
    let touches: Vec<(u64, TouchRow)> = rows(folder, "touches", &mut books)?;
    let intents: Vec<(u64, IntentRow)> = rows(folder, "intents", &mut books)?;
    let completed: Vec<(u64, DoneRow)> = rows(folder, "tasks_done", &mut books)?;
    let written = stamp(folder, "tasks_done")?.as_ref().map(Stamp::own).unwrap_or_default();
    books.done = completed.into_iter().map(|(_, row)| (row.task, row.at.unwrap_or(written))).collect();
    // A deal's way may be told later than the deal.
    let tables = [stamp(folder, "deals")?, stamp(folder, "stages")?];
    let latest = |of: &dyn Fn(&Stamp) -> Timestamp| tables.iter().flatten().map(of).max().unwrap_or_default();
    let here = latest(&|stamp| stamp.here(now));
    let written = Left { own: latest(&Stamp::own).min(here), here };
    let mut ways: BTreeMap<&str, Vec<&StageRow>> = BTreeMap::new();
    for (_, stage) in &stages {
        ways.entry(&stage.deal).or_default().push(stage);
    }
    let file_of = |name: &str| find(folder, name).map(|path| path.map_or_else(String::new, |path| file_name(&path)));
    let (of_deals, of_accounts) = (file_of("deals")?, file_of("accounts")?);
    for (line, row) in &deals {
        let id = DealId::new(&row.id);
        if books.deals.contains_key(&id) {
            books.wrong(&of_deals, *line, "id stands on an earlier line");
            continue;
        }
        let way = ways.remove(row.id.as_str()).unwrap_or_default();
        books.deals.insert(id, deal(row, &way, &reps, written));
    }
    if nested {
        let mut loose = Loose::default();
        loose.deals(&of_deals, &deals, (names, None));
        loose.tell(&mut books);
        nested::people(&contacts, now, &reps, &mut books)?;
        let beside = [("accounts", companies.len()), ("touches", touches.len()), ("intents", intents.len())];
        for (name, _) in beside.into_iter().filter(|(_, rows)| *rows > 0) {
            let path = find(folder, name)?.map_or_else(|| name.to_owned(), |path| file_name(&path));
            books.wrong(&path, 1, "contacts.json says this of each person itself: all of this file counts for nothing");
        }
        books.owners = reps.seen.into_inner();
        return Ok(books);
    }
    let ahead = |row: &IntentRow| now.is_some_and(|now| interest::lies_ahead(row.at, now));
    let of_intents = find(folder, "intents")?.map_or_else(String::new, |path| file_name(&path));
    for (line, _) in intents.iter().filter(|(_, row)| ahead(row)) {
        books.wrong(&of_intents, *line, "at is in the future: it counts for nothing until then");
    }
    let around = Around::new(&companies, &deals, &touches, &intents, &reps, now);
    let name = file_name(&contacts);
    let accounts = loose::accounts(&companies, !of_accounts.is_empty());
    let mut loose = Loose::default();
    loose.people(&name, &people, (names, accounts.as_ref()));
    loose.companies(&of_accounts, &companies, names);
    loose.deals(&of_deals, &deals, (names, accounts.as_ref()));
    loose.tell(&mut books);
    let mut ids = BTreeSet::new();
    for (line, person) in &people {
        if !ids.insert(person.id.as_str()) {
            books.wrong(&name, *line, "id stands on an earlier line");
            continue;
        }
        let card = around.card(person);
        let country = person.country.as_deref();
        let country = country.or_else(|| around.companies.get(person.account.as_deref()?)?.country.as_deref());
        let typed: Vec<&str> = person.phones.iter().flat_map(|cell| phone::several(cell)).collect();
        let numbers: Vec<Option<Address>> = typed.iter().map(|typed| phone::e164(typed, country)).collect();
        let told: BTreeSet<Address> = numbers.iter().flatten().cloned().flat_map(phone::meant).collect();
        for (n, _) in numbers.iter().enumerate().filter(|(_, number)| number.is_none()) {
            books.wrong(&name, *line, &unread(n + 1, numbers.len(), told.is_empty()));
        }
        for address in told {
            books.people.entry(address).or_default().push(card.clone());
        }
        books.cards.push(card);
    }
    books.owners = reps.seen.into_inner();
    Ok(books)
}

/// What there is to say of a number that does not read: which one of the row's it is, and what that costs.
fn unread(n: usize, of: usize, alone: bool) -> String {
    const WHY: &str = "is no number, or one without a country beside it";
    match (of, alone) {
        (1, _) => format!("a phone {WHY}: nobody is found by it"),
        (_, true) => format!("phone {n} of {of} {WHY}: nobody is found by this row"),
        (_, false) => format!("phone {n} of {of} {WHY}: this number counts for nothing, the rest of the row counts"),
    }
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The file of that name, whatever its ending. Two of them are a mistake: nobody could say which one counts.
fn find(folder: &Path, name: &str) -> Result<Option<PathBuf>, String> {
    let endings = if name == "contacts" { &ENDINGS[..] } else { &ENDINGS[..2] };
    let mut found = endings.iter().map(|ending| folder.join(format!("{name}.{ending}"))).filter(|path| path.exists());
    let (one, other) = (found.next(), found.next());
    if let (Some(one), Some(other)) = (&one, &other) {
        return Err(format!("{} and {} are both there: keep one of them", file_name(one), file_name(other)));
    }
    Ok(one)
}

/// How the file of that name is now.
fn stamp(folder: &Path, name: &str) -> Result<Option<Stamp>, String> {
    Ok(find(folder, name)?.and_then(|path| path.metadata().ok()).map(|told| Stamp::of(&told)))
}

fn rows<R: FileRow>(folder: &Path, name: &str, books: &mut Books) -> Result<Vec<(u64, R)>, String> {
    let Some(path) = find(folder, name)? else { return Ok(Vec::new()) };
    let file_name = file_name(&path);
    let told = |e: &dyn std::fmt::Display| format!("{file_name}: {e}");
    let mut file = File::open(&path).map_err(|e| told(&e))?;
    let length = file.metadata().map_err(|e| told(&e))?.len();
    if length > LARGEST {
        return Err(format!("{file_name}: larger than {} MiB", LARGEST / 1024 / 1024));
    }
    let whole = ends_with_a_line(&mut file, length).map_err(|e| told(&e))?;
    let (mut all, mut last) = (Vec::new(), None);
    for (line, row) in Rows::<R>::open(&path, file).map_err(|e| told(&e))? {
        match row {
            Ok(row) => {
                all.push((line, row));
                last = None;
            }
            Err(Wrong::Row(why)) => {
                books.wrong(&file_name, line, &why);
                last = Some(line);
            }
            Err(Wrong::File(why)) => return Err(format!("{file_name}:{line}: {why}")),
        }
    }
    if let Some(line) = last.filter(|_| !whole) {
        return Err(format!("{file_name}:{line}: the file ends in the middle of a row"));
    }
    Ok(all)
}

/// Whether the last line is a whole one.
fn ends_with_a_line(file: &mut File, length: u64) -> std::io::Result<bool> {
    if length == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    file.rewind()?;
    Ok(last == *b"\n")
}

/// Who is meant by the cells of owners.
pub(super) struct Meant<'a> {
    names: &'a Names,
    seen: std::cell::RefCell<BTreeSet<String>>,
}

impl Meant<'_> {
    /// Whoever is nobody here is a rep whom no playbook names, so that routing passes them over and says so. Mail addresses
    /// get into no record.
    pub(super) fn rep(&self, name: &str) -> RepId {
        self.seen.borrow_mut().insert(name.to_owned());
        let stranger = || RepId::new(if name.contains('@') { "files owner" } else { name });
        self.names.rep(name).cloned().unwrap_or_else(stranger)
    }

    /// Whether it is known that nobody is meant.
    pub(super) fn is_nobodys(&self, name: &str) -> bool {
        self.names.is_nobodys(name)
    }

    /// The beginning of a day where the company is, or an instant.
    fn begins(&self, when: Option<When>) -> Option<Timestamp> {
        when.map(|when| when.begins(self.names.zone()))
    }

    fn some(&self, name: Option<&String>) -> Option<RepId> {
        name.map(|name| self.rep(name))
    }
}

/// When the tables of deals were left as they are.
#[derive(Clone, Copy)]
struct Left {
    /// By their own word: a copy may keep that of what it was made from.
    own: Timestamp,
    /// Here, which neither a copy can say otherwise nor a clock that was ahead: it is never later than now.
    here: Timestamp,
}

/// A row that does not say when it was changed changed as its file came to be here: whether it is open or closed, for of two
/// tellings of a deal the newer one stands, and a copy that was put back is told after what it takes the place of. It came to
/// its stage by its file's own word at the latest. One that was closed on a day ended with it: whatever came on that day came
/// before.
fn deal(row: &DealRow, way: &[&StageRow], reps: &Meant<'_>, written: Left) -> Deal {
    let zone = reps.names.zone();
    let came = |stage: &&StageRow| StageChange { at: stage.at.begins(zone), stage: stage.stage.clone(), place: None };
    let mut way: Vec<StageChange> = way.iter().map(came).collect();
    way.sort_by_key(|change| change.at);
    let (ending, closed) = (reps.begins(row.closed), row.closed.map(|when| when.ends(zone)));
    // The stage it ended in says nothing of when it was opened.
    let first = way.first().map(|change| change.at).filter(|at| ending.is_none_or(|ending| *at < ending));
    let opened = reps.begins(row.opened).or(first);
    if way.last().is_none_or(|last| last.stage != row.stage) {
        let since = reps.begins(row.stage_since).or(closed);
        let at = since.or(opened.filter(|_| way.is_empty())).or(row.changed).unwrap_or(written.own);
        way.push(StageChange { at, stage: row.stage.clone(), place: None });
    }
    if let (Some(ending), Some(closed), Some(last)) = (ending, closed, way.last_mut())
        && (ending..closed).contains(&last.at)
    {
        // It came to its last stage on the day of its end: that is its end, and to be lost no step before it.
        last.at = closed;
    }
    Deal {
        id: DealId::new(&row.id),
        name: row.name.clone(),
        account: row.account.as_ref().map(AccountId::new),
        contacts: row.contacts.iter().map(ContactId::new).collect(),
        owner: reps.some(row.owner.as_ref()),
        pipeline: row.pipeline.clone(),
        stage: row.stage.clone(),
        amount_cents: row.amount_cents,
        currency: row.currency.clone(),
        opened,
        closes: row.closes,
        closed: closed.map(|at| Closed { at, won: row.won }),
        changed: row.changed.unwrap_or(written.here),
        stages: way,
    }
}

/// What a card is made of beside the person.
struct Around<'a> {
    companies: BTreeMap<&'a str, &'a Company>,
    deals: BTreeMap<&'a str, Vec<&'a DealRow>>,
    touches: BTreeMap<&'a str, Vec<&'a TouchRow>>,
    of_account: BTreeMap<&'a str, &'a TouchRow>,
    intents: BTreeMap<&'a str, Vec<&'a IntentRow>>,
    reps: &'a Meant<'a>,
    now: Option<Timestamp>,
}

impl<'a> Around<'a> {
    fn new(
        companies: &'a [(u64, Company)],
        deals: &'a [(u64, DealRow)],
        touches: &'a [(u64, TouchRow)],
        intents: &'a [(u64, IntentRow)],
        reps: &'a Meant<'a>,
        now: Option<Timestamp>,
    ) -> Self {
        let mut around = Self {
            companies: companies.iter().map(|(_, company)| (company.id.as_str(), company)).collect(),
            deals: BTreeMap::new(),
            touches: BTreeMap::new(),
            of_account: BTreeMap::new(),
            intents: BTreeMap::new(),
            reps,
            now,
        };
        for (_, deal) in deals.iter().filter(|(_, deal)| deal.closed.is_none()) {
            for contact in &deal.contacts {
                around.deals.entry(contact).or_default().push(deal);
            }
        }
        for (_, touch) in touches {
            if let Some(contact) = &touch.contact {
                around.touches.entry(contact).or_default().push(touch);
            }
            if let Some(account) = &touch.account {
                let newest = around.of_account.entry(account).or_insert(touch);
                if touch.at > newest.at {
                    *newest = touch;
                }
            }
        }
        for (_, intent) in intents {
            around.intents.entry(&intent.contact).or_default().push(intent);
        }
        around
    }

    fn touch(&self, row: &TouchRow) -> Touch {
        let by = self.reps.some(row.by.as_ref());
        Touch { at: row.at, by, kind: row.kind.clone(), summary: row.summary.clone() }
    }

    fn card(&self, person: &Person) -> Card {
        let home = Home {
            zip: person.zip.clone(),
            city: person.city.clone(),
            state: person.state.clone(),
            country: person.country.clone(),
        };
        let id = person.id.as_str();
        let mut touches: Vec<Touch> = self.touches.get(id).into_iter().flatten().map(|t| self.touch(t)).collect();
        touches.sort_by_key(|touch| std::cmp::Reverse(touch.at));
        let mut touches = of_every_channel(touches, KEPT);
        let mut intents: Vec<Intent> = self.intents.get(id).into_iter().flatten().map(|i| intent(i)).collect();
        // What lies ahead takes no place from what happened.
        let ahead = |intent: &Intent| self.now.is_some_and(|now| interest::is_ahead(intent, now));
        intents.sort_by_key(|intent| (ahead(intent), std::cmp::Reverse(intent.at)));
        intents.truncate(KEPT);
        let last = (!touches.is_empty()).then(|| touches.remove(0));
        let campaign = (person.campaign.is_some() || person.use_case.is_some()).then(|| Campaign {
            use_case: person.use_case.clone().unwrap_or_default(),
            name: person.campaign.clone().unwrap_or_default(),
            last_text: person.campaign_text.clone().unwrap_or_default(),
        });
        Card {
            name: person.name.clone(),
            title: person.title.clone(),
            zone: person.zone,
            home: (home != Home::default()).then_some(home),
            account: person.account.as_deref().and_then(|id| self.account(id)),
            owner: self.reps.some(person.owner.as_ref()),
            sdr: self.reps.some(person.sdr.as_ref()),
            opportunity: self.opportunity(id),
            campaign,
            account_touch: person.account.as_deref().and_then(|id| self.of_account.get(id)).map(|t| self.touch(t)),
            last_touch: last,
            touches,
            intents,
            ..Card::of(ContactId::new(id))
        }
    }

    fn account(&self, id: &str) -> Option<Account> {
        let company = self.companies.get(id)?;
        Some(Account {
            id: Some(AccountId::new(id)),
            name: company.name.clone(),
            owner: self.reps.some(company.owner.as_ref()),
            country: company.country.clone(),
            state: company.state.clone(),
            segment: company.segment.clone(),
            size: company.size.filter(|size| *size > 0),
            region: company.region.clone(),
        })
    }

    /// The open deal that changed last; of several without a word on that the last one of the file.
    fn opportunity(&self, contact: &str) -> Option<Opportunity> {
        let deal = self.deals.get(contact)?.iter().max_by_key(|deal| deal.changed)?;
        let member = |(rep, role): &(String, String)| TeamMember { rep: self.reps.rep(rep), role: role.clone() };
        Some(Opportunity {
            id: Some(DealId::new(&deal.id)),
            name: deal.name.clone(),
            stage: deal.stage.clone(),
            amount_cents: deal.amount_cents.unwrap_or_default(),
            currency: deal.currency.clone().unwrap_or_default(),
            owner: self.reps.some(deal.owner.as_ref()),
            team: deal.team.iter().map(member).collect(),
            closes: deal.closes,
            stage_since: self.reps.begins(deal.stage_since),
        })
    }
}

fn intent(row: &IntentRow) -> Intent {
    Intent { at: row.at, kind: row.kind.clone(), detail: row.detail.clone(), origin: row.origin, weight: row.weight }
}

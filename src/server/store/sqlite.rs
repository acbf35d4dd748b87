//! SQLite: the embedded default. One thread owns the writing connection, another the reading one; callers stay async.

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use async_trait::async_trait;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use tokio::sync::oneshot;

use super::migrate;
use super::{
    Batch, CarrierLine, Decide, DedupeKey, Device, DueSend, Loaded, Page, PageQuery, People, Restored, Store,
    StoreError, Transaction, Waiting, Wants, of_everybody,
};
use crate::domain::contact::Address;
use crate::domain::conversation::Conversation;
use crate::domain::id::{ConversationId, DeviceId, MessageId, NumberId, RepId};
use crate::domain::playbook::Playbook;
use crate::domain::roster::Roster;
use crate::domain::time::Timestamp;
use crate::domain::visibility::Principal;
use crate::journal::{Entry, Head};
use crate::wire::changes::Message;

pub mod backup;
mod blocks;
mod card;
mod consent;
mod crm_write;
mod departures;
mod keys;
mod lines;
mod load;
mod media;
mod migrations;
mod notices;
mod past;
mod people;
mod policy;
mod read;
mod record;
mod restored;
mod row;
mod rulings;
mod sends;
mod sent;
pub mod serving;
mod write;

pub use self::migrations::MIGRATIONS;

/// Marks our files for `file(1)` and for a careful open: "cbk1".
const APPLICATION_ID: i32 = 0x6362_6b31;

/// The oldest SQLite without the WAL-reset corruption bug.
const OLDEST_SQLITE: i32 = 3_051_003;

/// How long another process may hold the database before a command is told to try again: a webhook that must wait for two
/// groups still gets its answer long before its carrier gives up.
const BUSY: std::time::Duration = std::time::Duration::from_secs(2);

type Task = Box<dyn FnOnce(&mut Connection) + Send>;

enum Order {
    Run(Task),
    Group(Box<Wants>, Decide, oneshot::Sender<Result<(), StoreError>>),
    Begin(oneshot::Sender<Result<SqliteTransaction, StoreError>>),
}

enum Step {
    Load(Box<Wants>, oneshot::Sender<Result<Loaded, StoreError>>),
    Commit(Box<Batch>, oneshot::Sender<Result<(), StoreError>>),
}

/// A SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: mpsc::Sender<Order>,
    reader: mpsc::Sender<Task>,
}

impl SqliteStore {
    /// Opens or makes the file, readable by its owner only, and brings it up to date.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if rusqlite::version_number() < OLDEST_SQLITE {
            return Err(StoreError::Fatal(format!(
                "SQLite {} loses data; 3.51.3 is the oldest safe one",
                rusqlite::version()
            )));
        }
        make_private(path)?;
        let mut db = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        prepare(&mut db)?;
        let reading = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let (writer, orders) = mpsc::channel();
        let (reader, tasks) = mpsc::channel::<Task>();
        spawn("store-writer", move || write_loop(db, &orders))?;
        spawn("store-reader", move || {
            let mut db = reading;
            for task in tasks {
                task(&mut db);
            }
        })?;
        Ok(Self { writer, reader })
    }

    async fn write<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.writer.send(Order::Run(Box::new(move |db| drop(reply.send(task(db)))))).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    async fn read<T: Send + 'static>(
        &self,
        task: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let task: Task = Box::new(move |db| {
            let result = db.transaction().map_err(StoreError::from).and_then(|tx| task(&tx));
            drop(reply.send(result));
        });
        self.reader.send(task).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

fn gone() -> StoreError {
    StoreError::Fatal("the database's thread is gone".to_owned())
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(body);
    thread.map(drop).map_err(|e| StoreError::Fatal(format!("no thread for the database: {e}")))
}

/// Creates the file before SQLite does, so that it is never readable by others, not even for a moment.
fn make_private(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::OpenOptionsExt;
    let made = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    made.map(drop).map_err(|e| StoreError::Fatal(format!("cannot open {}: {e}", path.display())))
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let path: PathBuf = path.to_owned();
    let db = Connection::open_with_flags(&path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(BUSY)?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    db.set_prepared_statement_cache_capacity(128);
    Ok(db)
}

fn prepare(db: &mut Connection) -> Result<(), StoreError> {
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "fullfsync", true)?;
    db.pragma_update(None, "secure_delete", true)?;
    let found: i32 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if found != 0 && found != APPLICATION_ID {
        return Err(StoreError::Fatal("this file is another program's database".to_owned()));
    }
    db.pragma_update(None, "application_id", APPLICATION_ID)?;
    migrate::sqlite(db, MIGRATIONS)?;
    write::genesis(db)
}

fn write_loop(mut db: Connection, orders: &mpsc::Receiver<Order>) {
    while let Ok(order) = orders.recv() {
        match order {
            Order::Run(task) => task(&mut db),
            Order::Group(wants, decide, reply) => drop(reply.send(group(&mut db, &wants, decide))),
            Order::Begin(reply) => transact(&mut db, reply),
        }
    }
}

fn begun(db: &mut Connection) -> Result<(Head, rusqlite::Transaction<'_>), StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    Ok((row::head(&tx)?.head, tx))
}

fn group(db: &mut Connection, wants: &Wants, decide: Decide) -> Result<(), StoreError> {
    let (head, tx) = begun(db).map_err(of_everybody)?;
    let Some(batch) = decide(&head, load::load(&tx, wants)?) else { return Ok(()) };
    write::write(&tx, &batch)?;
    Ok(tx.commit()?)
}

/// Serves one transaction until it commits or its holder drops it.
fn transact(db: &mut Connection, reply: oneshot::Sender<Result<SqliteTransaction, StoreError>>) {
    let (head, tx) = match begun(db) {
        Ok(begun) => begun,
        Err(e) => return drop(reply.send(Err(e))),
    };
    let (steps, taken) = mpsc::channel();
    if reply.send(Ok(SqliteTransaction { head, steps })).is_err() {
        return;
    }
    while let Ok(step) = taken.recv() {
        match step {
            Step::Load(wants, reply) => drop(reply.send(load::load(&tx, &wants))),
            Step::Commit(batch, reply) => {
                let done = write::write(&tx, &batch).and_then(|()| tx.commit().map_err(StoreError::from));
                return drop(reply.send(done));
            }
        }
    }
}

/// A transaction on the writer's thread.
struct SqliteTransaction {
    head: Head,
    steps: mpsc::Sender<Step>,
}

#[async_trait]
impl Transaction for SqliteTransaction {
    fn head(&self) -> &Head {
        &self.head
    }

    async fn load(&mut self, wants: &Wants) -> Result<Loaded, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.steps.send(Step::Load(Box::new(wants.clone()), reply)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    async fn commit(self: Box<Self>, batch: Batch) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.steps.send(Step::Commit(Box::new(batch), reply)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.writer.send(Order::Begin(reply)).map_err(|_| gone())?;
        Ok(Box::new(answer.await.map_err(|_| gone())??))
    }

    async fn group(&self, wants: Wants, decide: Decide) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.writer.send(Order::Group(Box::new(wants), decide, reply)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    async fn page(&self, query: &PageQuery) -> Result<Page, StoreError> {
        let query = query.clone();
        self.read(move |tx| read::page(tx, &query)).await
    }

    async fn messages(
        &self,
        conversation: ConversationId,
        before: u64,
        limit: usize,
    ) -> Result<Option<(Conversation, Vec<Message>)>, StoreError> {
        self.read(move |tx| read::messages_before(tx, conversation, before, limit)).await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<(Vec<ConversationId>, Option<Timestamp>), StoreError> {
        self.read(move |tx| read::due(tx, now, limit)).await
    }

    async fn due_sends(&self, now: Timestamp, limit: usize) -> Result<(Vec<DueSend>, Option<Timestamp>), StoreError> {
        self.read(move |tx| read::due_sends(tx, now, limit)).await
    }

    async fn open_sends(&self, limit: usize) -> Result<Vec<DueSend>, StoreError> {
        self.read(move |tx| read::open_sends(tx, limit)).await
    }

    async fn out_sends(&self, since: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<DueSend>, StoreError> {
        self.read(move |tx| read::out_sends(tx, since, until, limit)).await
    }

    async fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.read(move |tx| read::entries(tx, after, limit)).await
    }

    async fn head(&self) -> Result<(Head, u32), StoreError> {
        self.read(|tx| row::head(tx).map(|h| (h.head, h.epoch))).await
    }

    async fn playbook(&self) -> Result<Option<Playbook>, StoreError> {
        self.read(|tx| read::playbook(tx)).await
    }

    async fn playbook_of(&self, version: u32) -> Result<Option<Playbook>, StoreError> {
        self.read(move |tx| read::playbook_of(tx, version)).await
    }

    async fn delivered(&self, id: &str) -> Result<Option<(MessageId, ConversationId)>, StoreError> {
        let id = id.to_owned();
        self.read(move |tx| read::delivered(tx, &id)).await
    }

    async fn put_cards(&self, people: &[People], at: Timestamp) -> Result<(), StoreError> {
        let people = people.to_vec();
        self.write(move |db| people::put_cards(db, &people, at)).await
    }

    async fn unmatched(&self, limit: usize) -> Result<Vec<ConversationId>, StoreError> {
        self.read(move |tx| people::unmatched(tx, limit)).await
    }

    async fn stale_numbers(
        &self,
        older_than: Timestamp,
        limit: usize,
    ) -> Result<Vec<(NumberId, Address, Vec<ConversationId>)>, StoreError> {
        self.read(move |tx| people::stale_numbers(tx, older_than, limit)).await
    }

    async fn put_invite(&self, hash: [u8; 32], rep: &RepId, expires: Timestamp) -> Result<(), StoreError> {
        let rep = rep.clone();
        self.write(move |db| people::put_invite(db, hash, &rep, expires)).await
    }

    async fn invited(&self, invite: [u8; 32], now: Timestamp) -> Result<Option<RepId>, StoreError> {
        self.read(move |tx| people::invited(tx, invite, now)).await
    }

    async fn redeem(
        &self,
        invite: [u8; 32],
        now: Timestamp,
        device: DeviceId,
        name: &str,
        token: [u8; 32],
    ) -> Result<Option<Device>, StoreError> {
        let name = name.to_owned();
        self.write(move |db| people::redeem(db, invite, now, device, &name, token)).await
    }

    async fn device(&self, token: [u8; 32]) -> Result<Option<Device>, StoreError> {
        self.read(move |tx| people::device(tx, token)).await
    }

    async fn devices(&self) -> Result<Vec<Device>, StoreError> {
        self.read(people::devices).await
    }

    async fn revoke(&self, rep: &RepId) -> Result<u32, StoreError> {
        let rep = rep.clone();
        self.write(move |db| people::revoke(db, &rep)).await
    }

    async fn put_line(&self, line: &CarrierLine) -> Result<(), StoreError> {
        let line = line.clone();
        self.write(move |db| people::put_line(db, &line)).await
    }

    async fn remove_line(&self, number: &Address) -> Result<bool, StoreError> {
        let number = number.clone();
        self.write(move |db| people::remove_line(db, &number)).await
    }

    async fn lines(&self) -> Result<Vec<CarrierLine>, StoreError> {
        self.read(people::lines).await
    }

    async fn unseen(&self, keys: &[DedupeKey]) -> Result<Vec<DedupeKey>, StoreError> {
        let keys = keys.to_vec();
        self.read(move |tx| people::unseen(tx, keys)).await
    }

    async fn forget_outcomes(&self, older_than: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.write(move |db| write::forget_outcomes(db, older_than, limit)).await
    }

    async fn address(&self, number: NumberId) -> Result<Option<Address>, StoreError> {
        self.read(move |tx| restored::address_of(tx, number)).await
    }

    async fn restores(&self) -> Result<Vec<Restored>, StoreError> {
        self.read(restored::restores).await
    }

    async fn roster(&self) -> Result<Roster, StoreError> {
        self.read(|tx| row::head(tx).map(|head| head.roster)).await
    }

    async fn open_seen_by(&self, principal: &Principal) -> Result<Vec<Conversation>, StoreError> {
        let key = principal.key();
        self.read(move |tx| people::open_seen_by(tx, &key)).await
    }

    async fn unsettled(&self) -> Result<Vec<ConversationId>, StoreError> {
        self.read(restored::unsettled).await
    }

    async fn waiting(&self) -> Result<Waiting, StoreError> {
        self.read(|tx| read::waiting(tx)).await
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(e: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match e.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => Self::Conflict(e.to_string()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Fatal(e.to_string()),
        }
    }
}

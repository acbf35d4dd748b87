//! What the journal wants written, kept as rows beside how far it was read.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use uuid::Uuid;

use super::consent;
use super::past::past;
use crate::domain::event::{Event, Outcome, Subject};
use crate::domain::id::{ConversationId, RepId};
use crate::domain::time::{Span, Timestamp};
use crate::domain::write_back::{self, Wanted, came_of};
use crate::journal::{Entry, Frame};
use crate::server::service::Service;
use crate::server::store::crm_write::{CrmEnd, CrmRow};
use crate::server::store::{Store, StoreError};

/// Entries read at once.
const PAGE: usize = 500;

/// Places of an entry behind those of what it wants itself: of what an end changes of earlier ones, of the ends of tasks,
/// and of a new task. A conversation has never so many of any that they reach the next.
const CHANGES: u32 = 1_000_000;
const TASK_ENDS: u32 = 2_000_000;
const TASK: u32 = 3_000_000;

/// Reads the journal to its end. A CRM that is connected for the first time is told nothing of what was before, but for
/// who is opted out.
pub async fn follow(service: &Service) -> Result<(), StoreError> {
    let store = service.store().as_ref();
    let Some(mut read) = store.crm_read_to().await? else {
        let (head, _) = store.head().await?;
        let rows =
            if service.playbook().write_back.opt_outs { consent::standing(store, head.seq).await? } else { Vec::new() };
        return store.crm_follow(head.seq, &rows).await;
    };
    loop {
        let entries = store.entries(read, PAGE).await?;
        let Some(last) = entries.last().map(|entry| entry.seq) else { return Ok(()) };
        let playbook = service.playbook();
        let undo = service.clock().of_real(playbook.undo_hold);
        let page = Page { store, policy: &playbook.write_back, now: service.clock().now(), undo };
        page.keep(&entries, last).await?;
        read = last;
    }
}

struct Page<'a> {
    store: &'a dyn Store,
    policy: &'a write_back::WriteBack,
    now: Timestamp,
    /// How long an end may be taken back before it is written.
    undo: Span,
}

impl Page<'_> {
    async fn keep(&self, entries: &[Entry], last: u64) -> Result<(), StoreError> {
        let mut rows = Vec::new();
        let mut moved: BTreeMap<ConversationId, (u64, Timestamp)> = BTreeMap::new();
        for entry in entries {
            // An event of a later version is nobody's here.
            let Some((subject, event)) = about(entry) else { continue };
            let Subject::Conversation(conversation) = subject else {
                rows.extend(consent::of_number(self.store, self.policy, entry, subject, &event).await?);
                continue;
            };
            // What waited for somebody to write it to goes on.
            if matches!(event, Event::Matched { .. } | Event::WriterNamed { .. }) {
                self.store.crm_wake(conversation, self.now).await?;
            }
            if matches!(event, Event::Matched { .. }) {
                rows.extend(consent::of_people(self.store, self.policy, entry, conversation).await?);
            }
            if self.policy.tasks && write_back::moves_task(&event) {
                moved.insert(conversation, (entry.seq, entry.at));
            }
            let changed = self.changed(conversation, entry, &event, &rows).await?;
            let wants = write_back::follows(self.policy, entry.seq, entry.at, &event);
            rows.extend((0..).zip(wants).map(|(n, want)| {
                let place = (entry.seq, n);
                let held = if want.what.is_end() { self.undo } else { Span::ZERO };
                let next_at = entry.at + held;
                CrmRow { once: want.once, next_at, ..row(conversation, place, entry.at, want.rep, want.what) }
            }));
            rows.extend(changed);
        }
        for (conversation, (seq, at)) in moved {
            rows.extend(self.task(conversation, seq, at).await?);
        }
        self.store.crm_follow(last, &rows).await
    }

    /// What an end changes of earlier ones. Who says where the buyer stands puts aside what was to be done later, and no meeting
    /// that is ahead is held: another one takes its place, or it is called off. One that is booked anew without a time leaves
    /// them: which one is held nobody said.
    async fn changed(
        &self,
        conversation: ConversationId,
        entry: &Entry,
        event: &Event,
        wanted: &[CrmRow],
    ) -> Result<Vec<CrmRow>, StoreError> {
        let Event::Done { outcome, meeting, by, .. } = event else { return Ok(Vec::new()) };
        let says = write_back::says_where_it_stands(*outcome);
        if !says {
            return Ok(Vec::new());
        }
        let leaves = *outcome == Outcome::Meeting && meeting.is_none();
        let (off, called_off) = (self.policy.outcomes && !leaves, *outcome != Outcome::Meeting);
        let kept = self.store.crm_ends(conversation).await?;
        let of_page = wanted.iter().filter(|row| row.conversation == conversation);
        let before: Vec<&CrmRow> = kept.iter().chain(of_page).filter(|row| row.place.0 < entry.seq).collect();
        let aside = self.aside(conversation, &before).await?;
        // What was refused may be tried again, and stand there then.
        let stands = |row: &&CrmRow| !matches!(row.ended, Some((CrmEnd::Dropped, _)));
        let changes = before.into_iter().filter(stands).filter_map(|earlier| {
            let is_later = matches!(earlier.wanted, Wanted::FollowUp { .. });
            let (what, change) = if off && write_back::gives_way(&earlier.wanted, entry.at) {
                ("moved", Wanted::NotHeld { called_off })
            } else if is_later && !aside.contains(&earlier.key) {
                ("end:aside", Wanted::PutAside)
            } else {
                return None;
            };
            Some((format!("{what}:{}:{}", earlier.key, entry.seq), earlier.key, change))
        });
        Ok((CHANGES..)
            .zip(changes)
            .map(|(n, (once, about, change))| CrmRow {
                once,
                about: Some(about),
                next_at: entry.at + self.undo,
                ..row(conversation, (entry.seq, n), entry.at, Some(by.clone()), change)
            })
            .collect())
    }

    /// Tasks for later that were put aside already, or are to be by an end that nobody took back; `rows` are oldest
    /// first.
    async fn aside(&self, conversation: ConversationId, rows: &[&CrmRow]) -> Result<BTreeSet<Uuid>, StoreError> {
        let all = rows.iter().copied().filter(|row| row.wanted == Wanted::PutAside);
        let (waiting, ended): (Vec<&CrmRow>, Vec<&CrmRow>) = all.partition(|row| row.ended.is_none());
        let made = ended.into_iter().filter(|row| matches!(row.ended, Some((CrmEnd::Made, _))));
        let mut aside: BTreeSet<Uuid> = made.filter_map(|row| row.about).collect();
        if let Some(first) = waiting.first() {
            let past = past(self.store, conversation, first.place.0).await?;
            let holds = |row: &&CrmRow| !came_of::is_undone(&past, row.place.0, self.undo);
            aside.extend(waiting.into_iter().filter(holds).filter_map(|row| row.about));
        }
        Ok(aside)
    }

    /// Whoever has it now has the one task, and nobody else.
    async fn task(&self, conversation: ConversationId, seq: u64, at: Timestamp) -> Result<Vec<CrmRow>, StoreError> {
        let Some(subject) = self.store.subject(conversation, 0).await? else { return Ok(Vec::new()) };
        let wanted = write_back::task(self.policy, &subject.state);
        let open = self.store.crm_tasks(Some(conversation), None, usize::MAX).await?;
        let is_right = |row: &CrmRow| match (&wanted, &row.wanted) {
            (Some((rep, due)), Wanted::Task { due: until }) => row.rep.as_ref() == Some(rep) && due == until,
            _ => false,
        };
        let (right, wrong): (Vec<_>, Vec<_>) = open.into_iter().partition(is_right);
        // An end that was taken back before it was written ends no task.
        let mut stays = !right.is_empty();
        for ending in self.store.crm_tasks_ending(conversation).await?.iter().filter(|task| is_right(task)) {
            stays = stays || self.store.crm_task_stays(ending.key).await?;
        }
        let held = if subject.state.is_done() { self.undo } else { Span::ZERO };
        let mut rows: Vec<CrmRow> = (TASK_ENDS..)
            .zip(wrong)
            .map(|(n, task)| {
                let passed_on = task.rep.as_ref().is_some_and(|had| write_back::is_passed_on(&subject.state, had));
                CrmRow {
                    once: format!("ends:{}", task.key),
                    about: Some(task.key),
                    next_at: at + held,
                    ..row(conversation, (seq, n), at, task.rep, Wanted::TaskDone { passed_on })
                }
            })
            .collect();
        let closed = self.store.crm_tasks_closed_there(conversation).await?;
        // Whoever completed it there acted: until the answer leaves they need no second one.
        if let (false, false, Some((rep, due))) = (stays, closed.iter().any(is_right), wanted.clone()) {
            let place = (seq, TASK);
            let task = row(conversation, place, at, Some(rep), Wanted::Task { due });
            rows.push(CrmRow { once: format!("task:{conversation}:{seq}"), ..task });
        }
        Ok(rows)
    }
}

pub(super) fn row(
    conversation: ConversationId,
    place: (u64, u32),
    at: Timestamp,
    rep: Option<RepId>,
    wanted: Wanted,
) -> CrmRow {
    CrmRow {
        key: Uuid::now_v7(),
        once: String::new(),
        conversation,
        place,
        at,
        rep,
        wanted,
        about: None,
        closed: false,
        forbidden: false,
        next_at: at,
        tries: 0,
        begun: false,
        waits: None,
        ended: None,
        made: None,
    }
}

pub(super) fn about(entry: &Entry) -> Option<(Subject, Event)> {
    let frame = Frame::decode(&entry.body).ok()?;
    let subject = read::<Subject>(frame.subject)?;
    Some((subject, read(frame.event)?))
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

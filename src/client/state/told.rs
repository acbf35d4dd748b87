//! What the backend tells: outcomes of commands, and pages of the feed.

use std::sync::Arc;

use super::older::merge;
use super::{State, Write, name_of};
use crate::client::handle::{Toast, Weight};
use crate::client::outbox::{Entry, Learnt};
use crate::domain::command::Command;
use crate::domain::event::Review;
use crate::domain::id::{ConversationId, RepId};
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::wire::changes::{Changes, HeadView, Snapshot};
use crate::wire::command::{Receipt, Verdict};

const PARKED: &str = "needs your eye before it goes: see the Outbox (O)";

/// Nothing is for its author to do.
const SECOND: &str = "waits for a second person's approval before it goes";

/// When something was told, by the backend's clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Told {
    /// The instant.
    pub at: Timestamp,
    /// The backend's clock against the real one.
    pub pace: f64,
}

impl Told {
    /// How long ago something was, in real time: `just now`, `4 min ago`.
    fn age_of(self, since: Timestamp) -> String {
        let minute = 60_000.0 * self.pace.max(f64::MIN_POSITIVE);
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "minutes to read")]
        let minutes = (self.at.since(since).as_millis() as f64 / minute) as i64;
        match minutes {
            ..1 => "just now".to_owned(),
            1..60 => format!("{minutes} min ago"),
            _ => format!("{} h ago", minutes / 60),
        }
    }
}

/// What a page of the feed did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    /// Conversations that changed.
    pub touched: Vec<ConversationId>,
    /// Lines for the person.
    pub toasts: Vec<Toast>,
}

impl State {
    /// Learns outcomes, from a push or a pull, and says those that a person must hear of. `told` is when, by the
    /// backend's clock.
    pub fn learn(&mut self, receipts: &[Receipt], told: Told, out: &mut Vec<Write>) -> Vec<Toast> {
        let mut toasts = Vec::new();
        for receipt in receipts {
            let Some(learnt) = self.outbox.learn(receipt) else { continue };
            let entry = match learnt {
                Learnt::Stays(entry) => {
                    out.push(Write::Entry(Box::new(entry.clone())));
                    entry
                }
                Learnt::Gone(entry) => {
                    out.push(Write::EntryGone(entry.envelope.id));
                    entry
                }
            };
            match &receipt.verdict {
                Verdict::Done => {}
                Verdict::Parked { reasons } if reasons.iter().all(|why| *why == Review::NeedsApproval) => {
                    toasts.push(toast(&entry, SECOND));
                }
                Verdict::Parked { .. } => toasts.push(toast(&entry, PARKED)),
                Verdict::Refused { rejection } => {
                    if *rejection == Rejection::AlreadyLeft {
                        self.undo_redraft(&entry, out);
                    }
                    toasts.push(toast(&entry, &format!("{}. {}", self.refusal(rejection, told), rejection.hint())));
                }
            }
        }
        toasts
    }

    /// A refusal in words, with people by their names.
    fn refusal(&self, rejection: &Rejection, told: Told) -> String {
        if let Rejection::TakenBy { by, at } = rejection {
            return format!("taken by {} {}", self.rep_name(by), told.age_of(*at));
        }
        rejection.to_string()
    }

    fn rep_name<'a>(&'a self, rep: &'a RepId) -> &'a str {
        self.playbook.as_ref().map_or(rep.as_str(), |p| p.rep_name(rep))
    }

    /// A recall came too late: the words went out, so they are no draft.
    fn undo_redraft(&mut self, entry: &Entry, out: &mut Vec<Write>) {
        let (Some(c), Command::Recall { message }) = (entry.envelope.conversation, &entry.envelope.command) else {
            return;
        };
        let sent = self.base.get(&c).and_then(|s| s.messages.iter().find(|m| m.id == *message));
        let words = sent.and_then(|m| m.body.as_ref()).map(|b| b.as_str().to_owned());
        if words.is_some() && words.as_ref() == self.drafts.get(&c) {
            self.draft(c, String::new(), out);
        }
    }

    /// Applies a page, when it starts where the device stands; otherwise only its receipts are news.
    pub fn apply(&mut self, page: Changes, out: &mut Vec<Write>) -> Option<Applied> {
        let told = Told { at: page.server_time, pace: page.pace };
        let mut applied = Applied { touched: Vec::new(), toasts: self.learn(&page.receipts, told, out) };
        if page.since != self.cursor {
            return None;
        }
        if page.since.is_empty() {
            self.stale = Some(self.base.keys().copied().collect());
            self.brought = 0;
            out.push(Write::AllStale);
        }
        for id in page.removals {
            // Also one that rests on the disk.
            out.push(Write::Remove(id));
            self.cut.remove(&id);
            if self.base.remove(&id).is_some() {
                applied.touched.push(id);
            }
        }
        self.brought += page.upserts.len() as u64;
        for mut snapshot in page.upserts {
            let id = snapshot.state.id;
            let of_before = self.stale.as_mut().is_some_and(|stale| stale.remove(&id));
            let old = self.base.get(&id);
            applied.toasts.extend(old.and_then(|old| self.taken_over(old, &snapshot, told)));
            // Of one that is cut the older messages are not at hand: they are fetched again when somebody looks.
            let cut = self.cut.remove(&id);
            merge(old.filter(|_| !of_before && !cut), &mut snapshot);
            applied.touched.push(id);
            out.push(Write::Upsert(Box::new(snapshot.clone())));
            self.base.insert(id, snapshot);
        }
        if let Some(playbook) = page.playbook {
            let playbook = Arc::new(playbook);
            out.push(Write::Playbook(Arc::clone(&playbook)));
            self.playbook = Some(playbook);
        }
        if page.on_call != self.on_call {
            out.push(Write::OnCall(page.on_call.clone()));
            self.on_call = page.on_call;
        }
        if page.roster != self.roster {
            out.push(Write::Roster(page.roster.clone()));
            self.roster = page.roster;
        }
        applied.toasts.extend(self.witness(page.head, out));
        // A conversation stands on the page of its newest change: until the last page, what ran may still be to come.
        if !page.more {
            if let Some(stale) = self.stale.take() {
                out.push(Write::DropStale);
                for id in stale {
                    self.base.remove(&id);
                    self.cut.remove(&id);
                    applied.touched.push(id);
                }
            }
            self.confirm(page.acked, out);
        }
        self.learn_leave(told.at, out);
        if page.cursor != self.cursor && self.stale.is_none() {
            out.push(Write::Cursor(page.cursor.clone()));
        }
        self.cursor = page.cursor;
        Some(applied)
    }

    fn confirm(&mut self, acked: u64, out: &mut Vec<Write>) {
        let base = &self.base;
        let seen = |message| base.values().any(|s| s.messages.iter().any(|m| m.id == message));
        let confirmed = self.outbox.confirm(acked, seen);
        out.extend(confirmed.gone.iter().map(|e| Write::EntryGone(e.envelope.id)));
        out.extend(confirmed.changed.into_iter().map(Box::new).map(Write::Entry));
    }

    /// The same place in the journal with another hash: somebody rewrote it.
    fn witness(&mut self, head: HeadView, out: &mut Vec<Write>) -> Option<Toast> {
        let before = self.head.as_ref();
        if before == Some(&head) {
            return None;
        }
        let rewritten = before.is_some_and(|b| b.seq == head.seq && b.hash != head.hash);
        out.push(Write::Head(head.clone()));
        self.head = Some(head);
        rewritten.then(|| Toast {
            text: "the backend's record changed under entries this machine had seen: tell an admin".to_owned(),
            weight: Weight::Loud,
            conversation: None,
        })
    }

    /// Somebody else acts on what was mine.
    fn taken_over(&self, old: &Snapshot, new: &Snapshot, told: Told) -> Option<Toast> {
        let me = &self.session.as_ref()?.rep;
        let (taker, at) = new.state.taker()?;
        if taker == me || old.state.assignee() != Some(me) {
            return None;
        }
        let text = format!("{}: taken by {} {}", name_of(new), self.rep_name(taker), told.age_of(at));
        Some(Toast { text, weight: Weight::News, conversation: Some(new.state.id) })
    }
}

fn toast(entry: &Entry, what: &str) -> Toast {
    let to = if entry.name.is_empty() { String::new() } else { format!("{}: ", entry.name) };
    Toast { text: format!("{to}{what}"), weight: Weight::Loud, conversation: entry.envelope.conversation }
}

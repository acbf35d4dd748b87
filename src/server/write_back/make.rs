//! One write: what it says is read, it is looked for when it may be there, made, and how that ended is kept.

use super::WriteBack;
use super::owners::{KEPT, Stands};
use super::past::past;
use super::tasks::TaskTrouble;
use crate::domain::contact::Body;
use crate::domain::conversation::Conversation;
use crate::domain::id::{ContactId, DealId, MessageId, RepId};
use crate::domain::safe_text::SafeText;
use crate::domain::sla;
use crate::domain::time::{Span, Timestamp};
use crate::domain::use_case;
use crate::domain::write_back::timing::{Around, End, Fate, Next, Timing, timing};
use crate::domain::write_back::{self, Wanted, came_of};
use crate::domain::writer;
use crate::server::crm::CrmError;
use crate::server::crm::write::{Meeting, Priority, What, Write, to_answer};
use crate::server::store::crm_write::{CrmEnd, CrmRow};
use crate::server::store::{StoreError, Subject};
use crate::wire::changes::{Author, Message};

/// For how long a write waits for somebody in the CRM to be the buyer.
const FOR_SOMEBODY: Span = Span::minutes(7 * 24 * 60);

/// Before it is asked again whether somebody is, unless their cards change sooner.
const NOBODY_YET: Span = Span::minutes(60);

/// A task that is due sooner goes before others.
const SOON: Span = Span::minutes(60);

/// How much of a text tells which it is, in cells of a line.
const FIRST_WORDS: usize = 60;

/// Why a write is not made now.
enum Unmade {
    /// Nobody wants it any more, or its words were erased.
    Dropped,
    /// Nobody in the CRM is the buyer, or several are.
    Nobody(String),
    /// It may still be taken back until then.
    Held(Timestamp),
    /// What it belongs to is not there, and it is tried again with that.
    Behind(&'static str),
    /// The CRM was asked whether it has the buyer, and did not say.
    Unsaid(CrmError),
}

/// What it is of, and when it happened.
struct Said {
    what: What,
    rep: Option<RepId>,
    at: Timestamp,
}

impl WriteBack {
    /// Makes one write; when to go on, when the CRM as a whole takes none now.
    pub(super) async fn make(&self, mut row: CrmRow) -> Result<Option<Timestamp>, StoreError> {
        if let Wanted::Consent { number } = row.wanted {
            return self.mark(row, number).await;
        }
        let now = self.service.clock().now();
        let mut write = match self.read(&row, now).await? {
            Ok(write) => write,
            Err(unmade) => return self.unmade(row, unmade, now).await,
        };
        // Before it is asked for a right: a note needs none to meetings.
        without_meeting(&mut row.wanted, &write.what);
        if let Err(held) = self.may(&row, now) {
            return self.hold(row, held).await;
        }
        match self.owner_stands(&write).await {
            Ok(Stands::Free) => {}
            Ok(Stands::There) => return self.made(row, write.contact.0.clone()).await,
            Ok(Stands::Kept) => {
                row.waits = Some(KEPT.to_owned());
                return self.end(row, CrmEnd::Dropped, now).await;
            }
            Err(error) => return self.failed(row, &error).await,
        }
        if row.begun {
            match self.crm.find(&write).await {
                Ok(Some(id)) => return self.made(row, id).await,
                Ok(None) => {
                    // No call made it: whether it is still wanted is looked at as if none had been tried.
                    row.begun = false;
                    write = match self.read(&row, now).await? {
                        Ok(write) => write,
                        Err(unmade) => return self.unmade(row, unmade, now).await,
                    };
                    without_meeting(&mut row.wanted, &write.what);
                }
                // Somebody deleted what it changes.
                Err(CrmError::NotFound) if is_change(&row.wanted) => return self.end(row, CrmEnd::Dropped, now).await,
                Err(error) => return self.failed(row, &error).await,
            }
        }
        if let (What::TaskDone { task, .. } | What::PutAside { task }, false) = (&write.what, row.begun) {
            match self.was_completed(&row, task).await {
                Ok(false) => {}
                Ok(true) | Err(TaskTrouble::Crm(CrmError::NotFound)) => {
                    return self.end(row, CrmEnd::Dropped, now).await;
                }
                Err(TaskTrouble::Crm(error)) => return self.failed(row, &error).await,
                Err(TaskTrouble::Store(error)) => return Err(error),
            }
        }
        self.begins(&mut row, now).await?;
        let mut written = self.crm.write(&write).await;
        if matches!(&written, Err(error) if error.is_final() && !error.may_have_been_made()) && write.deal.is_some() {
            // The deal may be gone there, and the person is not.
            written = self.crm.write(&Write { deal: None, ..*write }).await;
        }
        match written {
            Ok(id) => self.made(row, id).await,
            Err(CrmError::NotFound) if is_change(&row.wanted) => {
                self.answered();
                self.allowed(&row).await?;
                self.end(row, CrmEnd::Dropped, now).await
            }
            Err(error) => {
                row.begun = error.may_have_been_made();
                // The call itself may have begun long after it was said on disk that it would.
                row.next_at = self.settled(self.service.clock().now());
                self.failed(row, &error).await
            }
        }
    }

    /// It is not made now; it goes on at its time, or never.
    async fn unmade(&self, mut row: CrmRow, unmade: Unmade, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        match unmade {
            Unmade::Dropped => return self.end(row, CrmEnd::Dropped, now).await,
            Unmade::Unsaid(error) => return self.came_to_nothing(row, &error).await,
            Unmade::Behind(why) => {
                row.waits = Some(why.to_owned());
                return self.end(row, CrmEnd::Refused, now).await;
            }
            Unmade::Held(until) => row.next_at = until,
            Unmade::Nobody(why) => {
                // Whatever it failed for before, it waits for a person now.
                (row.waits, row.forbidden, row.tries) = (Some(why), false, 0);
                if now.since(row.at) > FOR_SOMEBODY {
                    return self.end(row, CrmEnd::Refused, now).await;
                }
                row.next_at = now + NOBODY_YET;
            }
        }
        self.service.store().put_crm_row(&row).await.map(|()| None)
    }

    /// From here on a call may make it, and until it can no more, nothing is looked for: on disk before the call.
    pub(super) async fn begins(&self, row: &mut CrmRow, now: Timestamp) -> Result<(), StoreError> {
        row.begun = true;
        row.next_at = self.settled(now);
        // What is on its way waits for no right: whoever gives one puts back what may be tried at once, and that may not.
        self.service.store().put_crm_row(&CrmRow { forbidden: false, ..row.clone() }).await
    }

    /// When a call that nobody heard the end of can make nothing any more.
    pub(super) fn settled(&self, now: Timestamp) -> Timestamp {
        let settles = Span::millis(i64::try_from(self.crm.settles().as_millis()).unwrap_or(i64::MAX));
        now + self.service.clock().of_real(settles)
    }

    pub(super) async fn made(&self, mut row: CrmRow, id: String) -> Result<Option<Timestamp>, StoreError> {
        row.made = Some(id);
        row.waits = None;
        self.answered();
        self.allowed(&row).await?;
        let now = self.service.clock().now();
        self.end(row, CrmEnd::Made, now).await
    }

    pub(super) async fn end(
        &self,
        mut row: CrmRow,
        end: CrmEnd,
        at: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        row.closed |= end != CrmEnd::Made;
        row.forbidden = false;
        row.ended = Some((end, at));
        self.service.store().put_crm_row(&row).await.map(|()| None)
    }

    /// What is to be written, or why it is not now. Of a booking that does not stand any more no meeting is.
    async fn read(&self, row: &CrmRow, now: Timestamp) -> Result<Result<Box<Write>, Unmade>, StoreError> {
        let Some(subject) = self.service.store().subject(row.conversation, 0).await? else {
            return Ok(Err(Unmade::Dropped));
        };
        let past = past(self.service.store().as_ref(), row.conversation, row.place.0).await?;
        let books = match self.timing(row, &subject.state, &past, now).await? {
            Timing::Now => true,
            Timing::WithoutMeeting => false,
            Timing::Held(until) => return Ok(Err(Unmade::Held(until))),
            Timing::Behind => return Ok(Err(Unmade::Behind(BEHIND))),
            Timing::Dropped => return Ok(Err(Unmade::Dropped)),
        };
        let Some(mut said) = self.said(row, &subject, &past, now).await? else { return Ok(Err(Unmade::Dropped)) };
        if let (What::Outcome { meeting, .. }, false) = (&mut said.what, books) {
            *meeting = None;
        }
        let contact = match one(&subject.state, subject.read) {
            Ok(contact) => contact,
            Err(why) => return Ok(Err(Unmade::Nobody(why))),
        };
        match self.is_the_crms(&subject, &contact).await? {
            Ok(true) => {}
            Ok(false) => return Ok(Err(Unmade::Nobody(NOBODY.to_owned()))),
            Err(error) => return Ok(Err(Unmade::Unsaid(error))),
        }
        Ok(Ok(Box::new(Write {
            key: row.key,
            deal: deal(&subject, &contact, &said.what),
            contact,
            owner: said.rep,
            at: said.at,
            link: self.link(row.conversation),
            what: said.what,
        })))
    }

    /// When it is made, as things stand.
    async fn timing(
        &self,
        row: &CrmRow,
        state: &Conversation,
        past: &came_of::Past,
        now: Timestamp,
    ) -> Result<Timing, StoreError> {
        let ends = if row.wanted.changes_an_end() {
            self.service.store().crm_ends(row.conversation).await?
        } else {
            Vec::new()
        };
        let ends: Vec<End<'_>> = ends.iter().map(end).collect();
        let undo = self.service.clock().of_real(self.service.playbook().undo_hold);
        let CrmRow { wanted, at, begun, about, .. } = row;
        let next = Next { wanted, entry: row.place.0, at: *at, begun: *begun, about: *about };
        let around = Around { past, is_done: state.is_done(), awaits: state.awaits, ends: &ends, undo, now };
        Ok(timing(&next, &around))
    }

    /// What the write says; nothing when it is not wanted any more.
    async fn said(
        &self,
        row: &CrmRow,
        subject: &Subject,
        past: &came_of::Past,
        now: Timestamp,
    ) -> Result<Option<Said>, StoreError> {
        let (rep, at) = (row.rep.clone(), row.at);
        if row.wanted.is_end() && came_of::is_put_away(past, row.place.0) && self.is_unheard(row, subject).await? {
            return Ok(None);
        }
        let task = |subject: String, words: String, due: Timestamp| {
            let priority = if due.since(now) < SOON { Priority::High } else { Priority::Normal };
            What::Task { subject, words, priority, due }
        };
        let what = match &row.wanted {
            Wanted::Log { message } => return self.text(row, subject, past, *message).await,
            Wanted::Outcome { outcome, meeting, note } => {
                let said = match note {
                    Some(note) => self.service.store().message(*note).await?,
                    None => None,
                };
                // Erased by now, it is written nowhere.
                let words = said.and_then(|note| note.body).map_or_else(String::new, |body| body.as_str().to_owned());
                let meeting = meeting.map(|meeting| Meeting { from: meeting.from, until: meeting.until() });
                let sla = came_of::end(past, row.place.0, (now, self.service.playbook().zone()));
                What::Outcome { outcome: outcome.words().to_owned(), words, meeting, sla }
            }
            Wanted::FollowUp { words, due } => task(words.clone(), String::new(), *due),
            Wanted::Task { due } => {
                let policy = &self.service.playbook().write_back;
                let is_right = write_back::task(policy, &subject.state) == rep.clone().map(|rep| (rep, *due));
                if !is_right && !row.begun {
                    return Ok(None);
                }
                let waits = to_answer(match writer::cards(&subject.state, &subject.cards) {
                    [card] => Some(card.name.trim()).filter(|name| !name.is_empty()),
                    _ => None,
                });
                let cohort = self.service.playbook().cohort(sla::class(&subject.state)).map(|c| c.label.clone());
                task(waits, cohort.unwrap_or_default(), *due)
            }
            Wanted::TaskDone { passed_on } => {
                let Some(task) = self.about(row).await?.and_then(|task| task.made) else { return Ok(None) };
                What::TaskDone { task, passed_on: *passed_on }
            }
            Wanted::Reopened => What::Reopened,
            Wanted::NotHeld { called_off } => {
                // One that was never made is no meeting there, however its end is told.
                let stands = |row: &CrmRow| matches!(row.wanted, Wanted::Outcome { meeting: Some(_), .. });
                let earlier = self.about(row).await?.filter(stands);
                let Some(meeting) = earlier.and_then(|earlier| earlier.made) else { return Ok(None) };
                What::NotHeld { meeting, called_off: *called_off }
            }
            Wanted::PutAside => {
                let Some(task) = self.about(row).await?.and_then(|earlier| earlier.made) else { return Ok(None) };
                What::PutAside { task }
            }
            Wanted::Undelivered { message } if came_of::was_out(past, *message, row.place.0) => {
                let Some(text) = self.service.store().message(*message).await? else { return Ok(None) };
                self.not_arrived(&text)
            }
            Wanted::Missed { due } => return self.missed(row, subject, past, *due).await,
            // Somebody else was chosen since, or it is nobody's again.
            Wanted::Owner if subject.state.owner != row.rep && !row.begun => return Ok(None),
            Wanted::Owner => What::Owner,
            // Of a text that the carrier never had nothing stands there; of a number, which has no conversation, it is made
            // elsewhere.
            Wanted::Undelivered { .. } | Wanted::Consent { .. } => return Ok(None),
        };
        // One that may have been made is looked for all the same: whoever sees it there wants it done.
        Ok((!is_over(row) || row.begun).then_some(Said { what, rep, at }))
    }

    /// The write whose record this one changes.
    async fn about(&self, row: &CrmRow) -> Result<Option<CrmRow>, StoreError> {
        match row.about {
            Some(key) => self.service.store().crm_row(key).await,
            None => Ok(None),
        }
    }

    /// Which text did not arrive, of several.
    fn not_arrived(&self, text: &Message) -> What {
        What::Undelivered { sent: text.at, when: self.clock_of(text.at), words: first_words(text) }
    }

    /// On the clock of the place.
    fn clock_of(&self, at: Timestamp) -> String {
        at.utc().with_timezone(&self.service.playbook().zone()).format("%Y-%m-%d %H:%M %Z").to_string()
    }

    /// The text whose answer was due and did not come.
    async fn missed(
        &self,
        row: &CrmRow,
        subject: &Subject,
        past: &came_of::Past,
        due: Timestamp,
    ) -> Result<Option<Said>, StoreError> {
        let Some(message) = came_of::missed(past, row.place.0) else { return Ok(None) };
        let Some(text) = self.service.store().message(message).await? else { return Ok(None) };
        let c = &subject.state;
        // What another program answers nobody of us missed.
        let is_anothers = use_case::sent_on(&self.service.playbook(), &c.use_case).is_some();
        if is_anothers || self.is_unheard(row, subject).await? {
            return Ok(None);
        }
        let rep = c.owner.as_ref().or_else(|| c.assignee()).cloned();
        let (when, until) = (self.clock_of(text.at), self.clock_of(due));
        let what = What::Missed { sent: text.at, due, when, until, words: first_words(&text) };
        Ok(Some(Said { what, rep, at: row.at }))
    }

    async fn text(
        &self,
        row: &CrmRow,
        subject: &Subject,
        past: &came_of::Past,
        id: MessageId,
    ) -> Result<Option<Said>, StoreError> {
        let Some(message) = self.service.store().message(id).await? else { return Ok(None) };
        let now = self.service.clock().now();
        let (inbound, rep, sla) = match &message.author {
            // It is theirs who is accountable; while nobody is, theirs who is asked.
            Author::Buyer(_) => {
                if self.is_unheard(row, subject).await? {
                    return Ok(None);
                }
                let c = &subject.state;
                (
                    true,
                    c.owner.as_ref().or_else(|| c.assignee()).cloned(),
                    came_of::reply(past, id, (now, self.service.playbook().zone())),
                )
            }
            Author::Rep(rep) => {
                (false, Some(rep.clone()), came_of::answer(past, id, (now, self.service.playbook().zone())))
            }
            Author::Automatic => (false, None, None),
            Author::Note(_) => return Ok(None),
        };
        let Some(body) = words(&message) else { return Ok(None) };
        Ok(Some(Said { what: What::Log { inbound, body, sla }, rep, at: message.at }))
    }
}

/// The open deal that it is about. An owner is the person's: a deal keeps its own.
fn deal(subject: &Subject, contact: &ContactId, what: &What) -> Option<DealId> {
    let card = subject.cards.iter().find(|card| card.contact == *contact)?;
    card.opportunity.as_ref()?.id.clone().filter(|_| !matches!(what, What::Owner))
}

/// Of an end that is written without its meeting, none is wanted any more: whoever books another one later finds none there
/// that could give way. It stays so, for only a call that was never begun is made without, once that is sure.
const fn without_meeting(wanted: &mut Wanted, what: &What) {
    if let (What::Outcome { meeting: None, .. }, Wanted::Outcome { meeting, .. }) = (what, wanted) {
        *meeting = None;
    }
}

/// Whether it changes a record of ours there, and with that nothing is left to do once somebody deleted it.
const fn is_change(wanted: &Wanted) -> bool {
    wanted.changes_an_end() || matches!(wanted, Wanted::TaskDone { .. })
}

/// Whether it is a task that nobody needs any more.
const fn is_over(row: &CrmRow) -> bool {
    matches!(row.wanted, Wanted::Task { .. }) && row.closed
}

/// The words of a text; nothing once they are erased. A picture without words says so.
fn words(message: &Message) -> Option<Body> {
    let body = message.body.clone()?;
    let is_empty = body.as_str().trim().is_empty();
    Some(if is_empty && !message.media.is_empty() { Body::new("(a picture)".to_owned()) } else { body })
}

/// How it begins, cleaned; nothing once its words were erased.
fn first_words(text: &Message) -> String {
    words(text).map(|body| SafeText::line(body.as_str()).truncated(FIRST_WORDS)).unwrap_or_default()
}

/// What a write waits for whose buyer the CRM does not have.
const NOBODY: &str = "nobody in the CRM has this number, as far as it has said";

/// A write about how the conversation ended, as the rules know it.
fn end(row: &CrmRow) -> End<'_> {
    let fate = match row.ended {
        None => Fate::Waits,
        Some((CrmEnd::Made, _)) => Fate::Made,
        Some((CrmEnd::Dropped, _)) => Fate::Dropped,
        Some((CrmEnd::Refused, _)) => Fate::Refused,
    };
    End { key: row.key, entry: row.place.0, wanted: &row.wanted, about: row.about, fate }
}

/// What a meeting waits for that gives way to another one.
const BEHIND: &str = "one of the two meetings, of which this one gives way to the other, was not taken";

/// The one person whom it is about.
fn one(c: &Conversation, told: bool) -> Result<ContactId, String> {
    writer::one(c).cloned().ok_or_else(|| match c.contacts.len() {
        0 if told => NOBODY.to_owned(),
        0 => "the CRM has not said yet who has this number".to_owned(),
        several => format!("{several} people share this number: say in the inbox (W) who writes"),
    })
}

//! The view as a screen takes it: rows by urgency, the opened conversation, the outbox.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::guesses;
use super::handle::{Binds, Inbox, Me, Older, OutboxEntry, OutboxId, OutboxStanding, Row, Thread, ThreadMessage};
use super::outbox::Entry;
use super::replica::View;
use super::state::name_of;
use super::state::older::missing_before;
use super::while_away;
use crate::domain::addressed;
use crate::domain::asking::heard::Heard;
use crate::domain::command::Command;
use crate::domain::consent::{ConsentRules, OptOut, Purpose, Question, may_send};
use crate::domain::contact::Body;
use crate::domain::conversation::{Answer, AnswerState, Conversation, Status};
use crate::domain::correction::Taken;
use crate::domain::event::{Outcome, Review};
use crate::domain::hold::Ruling;
use crate::domain::id::{ConversationId, MessageId, RepId};
use crate::domain::kind::{Ground, MessageKind};
use crate::domain::message::Delivery;
use crate::domain::next_step::{self, Earlier};
use crate::domain::playbook::Playbook;
use crate::domain::quiet_hours::Waits;
use crate::domain::regulated;
use crate::domain::routing::Holder;
use crate::domain::time::Timestamp;
use crate::domain::use_case;
use crate::domain::visibility;
use crate::domain::waiting;
use crate::domain::writer;
use crate::domain::zone;
use crate::wire::changes::{Author, Message, Snapshot};

/// The list.
pub fn inbox(view: &View<'_>) -> Inbox {
    let session = view.state.session.as_ref();
    let me = session.map(|s| Me { rep: s.rep.clone(), name: s.name.clone(), away: view.is_away(&s.rep) });
    let mut rows: Vec<Row> = view.state.base.values().map(|s| row(view, s)).collect();
    rows.sort_by_cached_key(|row| (row.urgency(), row.id));
    let roster = view.state.roster.iter().map(|presence| view.presence(presence)).collect();
    let (on_call, while_away) = (view.on_call().clone(), while_away::of(view));
    Inbox { me, rows, playbook: view.state.playbook.clone(), roster, on_call, while_away }
}

/// Whether a conversation waits for this person: held, or offered to them or a pool of theirs and not taken.
pub fn waits_for(playbook: Option<&Arc<Playbook>>, me: &RepId, c: &Conversation) -> bool {
    if c.is_done() {
        return false;
    }
    match c.assignment.as_ref().map(|a| (&a.to, a.taken)) {
        Some((Holder::Rep(rep), _)) => rep == me,
        Some((Holder::Pool(team), None)) => playbook.is_some_and(|p| p.pools_of(me).contains(team)),
        Some((Holder::Pool(_), Some(_))) | None => false,
    }
}

fn row(view: &View<'_>, snapshot: &Snapshot) -> Row {
    let id = snapshot.state.id;
    let c = view.conversation(id).unwrap_or(&snapshot.state);
    let cards = writer::cards(c, &snapshot.cards);
    let me = view.state.session.as_ref().map(|s| &s.rep);
    let entries: Vec<&Entry> =
        view.state.outbox.entries().iter().filter(|e| e.envelope.conversation == Some(id)).collect();
    let messages = messages(view, snapshot);
    let last = messages.iter().rev().map(|m| &m.message).find(|m| !matches!(m.author, Author::Note(_)));
    let mine = || c.answers.iter().filter(|(_, a)| Some(&a.by) == me && !a.automatic);
    let on_device = |message: &MessageId| view.state.outbox.open_answer(*message).is_some();
    let held = || mine().filter(|(id, _)| !on_device(id)).filter_map(|(_, a)| a.state.held());
    let approval = me.zip(view.state.playbook.as_ref()).and_then(|(me, playbook)| {
        let may = |a: &Answer| regulated::waits_for_approval(a) && regulated::may_approve(playbook, c, &a.by, me);
        c.answers.iter().find(|(_, answer)| may(answer)).map(|(id, _)| *id)
    });
    let noted = me.is_some_and(|me| view.state.has_unread_note(me, c));
    let waits = me.is_some_and(|me| waits_for(view.state.playbook.as_ref(), me, c));
    let for_me = approval.is_some() || noted || waits;
    Row {
        id,
        name: name_of(snapshot),
        address: snapshot.address.clone(),
        account: writer::account(cards),
        about: about(view.state.playbook.as_deref(), c),
        priority: view.state.playbook.as_ref().map_or(0, |p| use_case::priority(p, &c.use_case)),
        stage: writer::stage(cards),
        preview: last.and_then(|m| m.body.clone()).filter(|b| !b.is_blank()),
        preview_by: last.map(|m| m.author.clone()),
        changed: c.changed,
        wrote: c.wrote(),
        inbound: c.inbound,
        seen: view.state.seen.get(&id).copied().unwrap_or(0).min(c.inbound),
        status: c.status,
        clock: c.clock.clone(),
        assignment: c.assignment.clone(),
        owner: c.owner.clone(),
        loan: c.loan.clone(),
        for_me,
        noted,
        opted_out: opted_out(view, snapshot),
        no_evidence: against(view, snapshot).contains(&Review::NoEvidence),
        blocked: view.number(snapshot).blocked.clone(),
        leaves_at: held().filter(|(_, put_off)| !put_off).map(|(at, _)| at).min(),
        waits_until: held().filter(|(_, put_off)| *put_off).map(|(at, _)| at).min(),
        place: zone::of(&snapshot.cards, Some(&snapshot.address), tenant_zone(view, c)),
        hold: view.number(snapshot).hold.clone(),
        queued: entries.iter().any(|e| e.waits()),
        needs_eye: entries.iter().any(|e| e.needs_eye() && e.standing().needs_eye())
            || mine().any(|(id, answer)| unsettled(view, c, *id, answer).is_some_and(|s| s.needs_eye())),
        asks_second: mine().any(|(_, answer)| regulated::waits_for_approval(answer)),
        // Of the rest it is asked when one is opened.
        nobody_left: for_me && view.nobody_left(c),
        approval,
        draft: view.state.drafts.contains_key(&id),
    }
}

/// What speaks against a text, by the same function that the backend asks; nothing before the policy is here.
fn against(view: &View<'_>, snapshot: &Snapshot) -> Vec<Review> {
    let Some(playbook) = view.state.playbook.as_deref() else { return Vec::new() };
    let c = view.conversation(snapshot.state.id).unwrap_or(&snapshot.state);
    let (number, purpose) = (Some(view.number(snapshot)), Purpose::Words);
    may_send(&Question { playbook, number, line: &c.line, wrote: c.wrote(), purpose }).against
}

/// The opt-out that keeps texts of its line back.
fn opted_out(view: &View<'_>, snapshot: &Snapshot) -> Option<OptOut> {
    let usual = ConsentRules::default();
    let rules = view.state.playbook.as_ref().map_or(&usual, |playbook| &playbook.consent);
    view.number(snapshot).out_for(rules, &snapshot.state.line).cloned()
}

/// What it is about, as the playbook calls it.
fn about(playbook: Option<&Playbook>, c: &Conversation) -> String {
    let known = playbook.and_then(|p| p.use_cases.get(&c.use_case));
    known.map_or_else(|| c.use_case.clone(), |u| u.label.clone())
}

/// The zone of our own that counts when nothing is known of the buyer's.
fn tenant_zone(view: &View<'_>, c: &Conversation) -> chrono_tz::Tz {
    view.state.playbook.as_ref().map_or(chrono_tz::UTC, |p| waiting::tenant_zone(p, &c.cohort))
}

/// Where an answer at the backend stands, while that concerns its rep. A failure is settled by a later answer, by
/// finishing the conversation, or by the rep putting it out of sight.
fn unsettled(view: &View<'_>, c: &Conversation, id: MessageId, answer: &Answer) -> Option<OutboxStanding> {
    match &answer.state {
        AnswerState::Held { not_before, waits: Some(why @ (Waits::Window | Waits::Chosen)) } => {
            Some(OutboxStanding::Waits(*not_before, *why))
        }
        AnswerState::Held { not_before, .. } => Some(OutboxStanding::Held(*not_before)),
        AnswerState::Parked { reasons } => Some(OutboxStanding::Parked(reasons.clone())),
        AnswerState::Sending => Some(OutboxStanding::Sent),
        AnswerState::Unknown => Some(OutboxStanding::Unknown),
        AnswerState::Out { delivery: Delivery::Failed | Delivery::Undelivered, error } => {
            let later = c.answers.iter().any(|(other, answer)| *other > id && !answer.automatic);
            let settled = later || c.is_done() || view.state.dismissed.contains(&id);
            (!settled).then_some(OutboxStanding::Failed(*error))
        }
        AnswerState::Out { .. } => None,
    }
}

/// The messages of a conversation: those of the base as they stand, then mine that no pull has shown.
fn messages(view: &View<'_>, snapshot: &Snapshot) -> Vec<ThreadMessage> {
    let c = view.conversation(snapshot.state.id).unwrap_or(&snapshot.state);
    let standing = |id: &MessageId| c.answers.get(id).map(|a| a.state.clone());
    let mut messages: Vec<ThreadMessage> = snapshot
        .messages
        .iter()
        .filter(|m| !view.recalled.contains(&m.id))
        .map(|m| {
            let mut message = m.clone();
            message.standing = standing(&m.id).or(message.standing);
            let reader = addressed::reader(c, m.id).cloned();
            ThreadMessage { message, pending: None, for_crm: is_on_meeting(c, m), reader }
        })
        .collect();
    let mut n = snapshot.messages.last().map_or(0, |m| m.n);
    let Some(me) = view.state.session.as_ref().map(|s| s.rep.clone()) else { return messages };
    for entry in view.state.outbox.entries().iter().filter(|e| e.is_open()) {
        let envelope = &entry.envelope;
        let Some((id, body)) = entry.words().filter(|(_, body)| !body.is_blank()) else { continue };
        let shown = snapshot.messages.iter().any(|m| m.id == id) || view.recalled.contains(&id);
        if envelope.conversation != Some(snapshot.state.id) || shown {
            continue;
        }
        n += 1;
        let is_answer = envelope.command.answer().is_some();
        let author = if is_answer { Author::Rep(me.clone()) } else { Author::Note(me.clone()) };
        let message = Message {
            id,
            n,
            at: envelope.issued_at,
            author,
            body: Some(body.clone()),
            media: Vec::new(),
            standing: standing(&id),
        };
        let for_crm = matches!(envelope.command, Command::Booked { .. });
        let reader = addressed::reader(c, id).cloned();
        messages.push(ThreadMessage { message, pending: Some(OutboxId::Command(envelope.id)), for_crm, reader });
    }
    messages
}

/// Whether it is the note on the meeting that ended the conversation, as far as that still tells: it came with that end.
fn is_on_meeting(c: &Conversation, m: &Message) -> bool {
    let ended = c.finished.as_ref().and_then(|finished| finished.at);
    matches!(m.author, Author::Note(_)) && c.status == Status::Done(Outcome::Meeting) && ended == Some(m.at)
}

/// What a conversation cannot tell of itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside {
    /// Its older texts are asked for.
    pub awaits_older: bool,
    /// How far the CRM has said who is behind the number.
    pub heard: Heard,
}

/// The opened conversation; nothing when it is not visible any more.
pub fn thread(view: &View<'_>, id: ConversationId, beside: Beside, now: Timestamp) -> Option<Thread> {
    let snapshot = view.state.base.get(&id)?;
    let c = view.conversation(id)?;
    let messages = messages(view, snapshot);
    let last = messages.iter().rev().find(|m| matches!(m.message.author, Author::Buyer(_)));
    let kind = last.and_then(|m| guesses::of(m, c));
    let waits = waiting(&messages, c).or(last);
    let asked = waits.and_then(|m| guesses::of(m, c));
    Some(Thread {
        row: Row { nobody_left: view.nobody_left(c), ..row(view, snapshot) },
        owned_by: c.owned_by,
        candidates: c.candidates.clone(),
        audience: visibility::audience(c),
        older: older(snapshot, &messages, beside.awaits_older),
        heard: beside.heard,
        next_step: next_step::recommend(&next_step::Moment {
            c,
            number: view.number(snapshot),
            cards: writer::cards(c, &snapshot.cards),
            heard: beside.heard,
            text: waits.and_then(|m| m.message.body.as_ref()).map_or("", Body::as_str),
            earlier: waits.and_then(|m| earlier(&messages, c, m)),
            kind: asked.as_ref().map(|taken| (taken.kind, taken.ground)),
            reader: view.state.session.as_ref().map(|session| &session.rep),
            rules: view.state.playbook.as_ref().map_or(&[][..], |playbook| &playbook.next_steps),
            now,
            zone: view.state.playbook.as_ref().map_or(chrono_tz::UTC, |playbook| playbook.zone()),
        }),
        kind,
        messages,
        binds: binds(view, snapshot, c),
        cards: writer::cards(c, &snapshot.cards).to_vec(),
        sharing: if snapshot.cards.len() > 1 { snapshot.cards.clone() } else { Vec::new() },
        answering: snapshot.answering.clone(),
        consent: view.number(snapshot).evidence.iter().max_by_key(|given| given.at).cloned(),
        draft: view.state.drafts.get(&id).cloned().unwrap_or_default(),
    })
}

/// The buyer's text that waits for its answer, while a clock runs: what asks for something, whatever came after it. A thumb, a
/// phone's words or "any news?" behind a question of price leave that question.
fn waiting<'m>(messages: &'m [ThreadMessage], c: &Conversation) -> Option<&'m ThreadMessage> {
    c.clock.as_ref()?;
    let answered = messages.iter().rposition(|m| matches!(m.message.author, Author::Rep(_))).map_or(0, |at| at + 1);
    let unanswered: Vec<(&ThreadMessage, Asks)> = messages[answered..]
        .iter()
        .rev()
        .filter(|m| has_words(m))
        .map(|m| (m, Asks::of(guesses::of(m, c).as_ref())))
        .collect();
    // Behind a no, nothing that was asked before it waits.
    let until = unanswered.iter().position(|(_, asks)| *asks == Asks::Ends).map_or(unanswered.len(), |at| at + 1);
    let first = |wanted| unanswered[..until].iter().find(|(_, asks)| *asks == wanted);
    let last = unanswered.first()?;
    let found = if last.1 == Asks::Ends { None } else { first(Asks::OfThis).or_else(|| first(Asks::Something)) };
    Some(found.unwrap_or(last).0)
}

/// Whether a person wrote it to us, as far as no word needs to be read for that.
fn has_words(m: &ThreadMessage) -> bool {
    matches!(m.message.author, Author::Buyer(kind) if kind.arms_clock())
}

/// That texts of theirs came after the one that a step goes by, and whether any of those asks for something, too.
fn earlier(messages: &[ThreadMessage], c: &Conversation, by: &ThreadMessage) -> Option<Earlier> {
    let later = messages.iter().rev().take_while(|m| m.message.id != by.message.id);
    let later: Vec<_> = later.filter(|m| matches!(m.message.author, Author::Buyer(_))).collect();
    let asks = |m: &&ThreadMessage| {
        has_words(m) && matches!(Asks::of(guesses::of(m, c).as_ref()), Asks::OfThis | Asks::Something)
    };
    (!later.is_empty()).then(|| Earlier { at: by.message.at, asks_more: later.iter().any(asks) })
}

/// What a text asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// A price, a time, an answer to an objection: the step that follows is known.
    OfThis,
    /// An answer, to whatever.
    Something,
    /// Nothing.
    Nothing,
    /// To be left alone, or somebody else.
    Ends,
}

impl Asks {
    fn of(guess: Option<&Taken>) -> Self {
        let Some(guess) = guess else { return Self::Something };
        let is_there = guess.ground >= Ground::Mixed;
        match guess.kind {
            MessageKind::Scheduling | MessageKind::Pricing | MessageKind::Objection if is_there => Self::OfThis,
            MessageKind::Scheduling | MessageKind::Pricing | MessageKind::Objection | MessageKind::Question => {
                Self::Something
            }
            MessageKind::Positive | MessageKind::Automatic => Self::Nothing,
            MessageKind::Negative | MessageKind::WrongPerson => Self::Ends,
        }
    }
}

/// What a text to them goes by.
fn binds(view: &View<'_>, snapshot: &Snapshot, c: &Conversation) -> Binds {
    let place = zone::of(&snapshot.cards, Some(&snapshot.address), tenant_zone(view, c));
    let guess = matches!(place.by, zone::Source::AreaCode | zone::Source::CallingCode | zone::Source::Tenant);
    let sure = place.zones.len() == 1 && !guess;
    let zone = view.state.playbook.as_ref().map(|_| (place.zone(), sure));
    Binds { use_case: c.use_case.clone(), zone, disclosed: c.disclosed.is_some() }
}

/// Before which message texts are missing.
fn older(snapshot: &Snapshot, shown: &[ThreadMessage], asked: bool) -> Option<Older> {
    let from = missing_before(snapshot)?;
    let at = shown.iter().position(|m| m.message.n >= from).unwrap_or(0);
    Some(Older { at, asked })
}

/// Everything of mine that is not settled: first what stands at the backend, then what is on this device.
pub fn outbox(view: &View<'_>) -> Vec<OutboxEntry> {
    let Some(me) = view.state.session.as_ref().map(|s| &s.rep) else { return Vec::new() };
    let mut list = Vec::new();
    // An answer that is being taken back is one entry, not two.
    let recalling: BTreeSet<MessageId> =
        view.state.outbox.entries().iter().filter(|e| e.is_open()).filter_map(recalls).collect();
    for snapshot in view.state.base.values() {
        let c = view.conversation(snapshot.state.id).unwrap_or(&snapshot.state);
        for (message, answer) in c.answers.iter().filter(|(_, a)| a.by == *me && !a.automatic) {
            let on_device = view.state.outbox.open_answer(*message).is_some();
            let elsewhere = on_device || recalling.contains(message);
            let Some(standing) = unsettled(view, c, *message, answer).filter(|_| !elsewhere) else { continue };
            list.push(OutboxEntry {
                id: OutboxId::Answer(*message),
                conversation: Some(c.id),
                name: name_of(snapshot),
                address: Some(snapshot.address.clone()),
                body: snapshot.messages.iter().find(|m| m.id == *message).and_then(|m| m.body.clone()),
                aside: false,
                what: "answer".to_owned(),
                issued_at: answer.at,
                standing,
                may_have_left: true,
            });
        }
    }
    list.sort_by_key(|e| e.issued_at);
    for entry in view.state.outbox.entries() {
        let envelope = &entry.envelope;
        if entry.is_open() && entry.words().is_some_and(|(message, _)| recalling.contains(&message)) {
            continue;
        }
        let recalled = recalls(entry).filter(|_| entry.is_open());
        list.push(OutboxEntry {
            id: OutboxId::Command(envelope.id),
            conversation: envelope.conversation,
            name: entry.name.clone(),
            address: entry.address.clone(),
            body: match recalled {
                Some(message) => words_of(view, message),
                None => entry.words().map(|(_, body)| body.clone()),
            },
            aside: recalled.is_none() && envelope.command.answer().is_none(),
            what: what(view.state.playbook.as_deref(), &envelope.command),
            issued_at: envelope.issued_at,
            standing: if recalled.is_some() { OutboxStanding::Recalling } else { entry.standing() },
            may_have_left: entry.tried,
        });
    }
    list
}

/// The answer that a command takes back.
fn recalls(entry: &Entry) -> Option<MessageId> {
    if let Command::Recall { message } = &entry.envelope.command { Some(*message) } else { None }
}

/// The words of an answer, on this device or in the base.
fn words_of(view: &View<'_>, message: MessageId) -> Option<Body> {
    let own = view.state.outbox.entries().iter().filter_map(Entry::words).find(|(id, _)| *id == message);
    own.map(|(_, body)| body.clone()).or_else(|| view.state.words_of(message).cloned())
}

/// A command in a few words.
fn what(playbook: Option<&Playbook>, command: &Command) -> String {
    let name = |rep: &RepId| playbook.map_or(rep.as_str(), |p| p.rep_name(rep)).to_owned();
    match command {
        Command::Take | Command::TakeElsewhere { .. } => "take".to_owned(),
        Command::Assign { to } => format!("reassign to {}", name(to)),
        Command::Escalate { .. } => "escalate".to_owned(),
        Command::Answer { .. } => "answer".to_owned(),
        Command::AnswerLater { .. } => "answer later".to_owned(),
        Command::Release { .. } => "send anyway".to_owned(),
        Command::Recall { .. } => "take back".to_owned(),
        Command::Approve { .. } => "approve".to_owned(),
        Command::Decline { .. } => "decline".to_owned(),
        Command::Note { to: Some(to), .. } => format!("note for {}", name(to)),
        Command::Note { to: None, .. } => "note".to_owned(),
        Command::NameWriter { .. } => "who of them writes".to_owned(),
        Command::CorrectKind { kind, .. } => format!("kind of text: {}", kind.word()),
        Command::Snooze { .. } => "snooze".to_owned(),
        Command::Done { outcome } => format!("done: {}", outcome.words()),
        Command::Booked { .. } => format!("done: {}", Outcome::Meeting.words()),
        Command::Reopen => "reopen".to_owned(),
        Command::OptOut { .. } => "opt out".to_owned(),
        Command::Begin { to, .. } => format!("begin with {}", to.as_str()),
        Command::Block { reason } => format!("block: {}", reason.words()),
        Command::Unblock => "unblock".to_owned(),
        Command::Rule { ruling: Ruling::OptOut } => "rule: opt out".to_owned(),
        Command::Rule { ruling: Ruling::Keep { .. } } => "rule: keep".to_owned(),
        Command::Away { away, rep, .. } => {
            let who = rep.as_ref().map_or_else(String::new, |rep| format!(": {}", name(rep)));
            format!("{}{who}", if *away { "away" } else { "back" })
        }
        Command::Override { .. } => "take a shift".to_owned(),
        Command::Swap { .. } => "swap shifts".to_owned(),
        Command::DropOverride { .. } => "take an override back".to_owned(),
        Command::Receive(_)
        | Command::Report { .. }
        | Command::Match
        | Command::Expire
        | Command::Recompute
        | Command::Succeed { .. }
        | Command::BeginSend { .. }
        | Command::AbandonSend { .. }
        | Command::LoseSend { .. }
        | Command::NeverLeft { .. }
        | Command::Doubt
        | Command::MediaSettled { .. }
        | Command::Settle { .. }
        | Command::Seen { .. }
        | Command::Return
        | Command::Consent(_)
        | Command::OptIn { .. } => "not a person's command".to_owned(),
    }
}

impl Row {
    /// Whether it stands under *For me* now: what is done or snoozed does only for a note that was not read.
    pub fn asks(&self) -> bool {
        self.for_me && (self.noted || self.status == Status::Open)
    }

    /// Its place in the list, smallest first: for me with a running clock (so the most late first), for me without
    /// one, others' clocks, then what changed last; snoozed by when they wake, done last. Due at the same time, or without
    /// a clock, a use case of higher priority stands first.
    pub fn urgency(&self) -> (u8, i64, i64) {
        let newest = self.changed.millis().saturating_neg();
        let priority = i64::from(self.priority).saturating_neg();
        match (&self.status, &self.clock, self.for_me) {
            (Status::Done(_), _, _) => (5, newest, 0),
            (Status::Snoozed(until), _, _) => (4, until.millis(), 0),
            (Status::Open, Some(clock), true) => (0, clock.due.millis(), priority),
            (Status::Open, None, true) => (1, priority, newest),
            (Status::Open, Some(clock), false) => (2, clock.due.millis(), priority),
            (Status::Open, None, false) => (3, priority, newest),
        }
    }
}

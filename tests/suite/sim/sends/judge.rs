//! The verdict on an order, from the journal and from what the carrier was handed. It counts by rules of its own: what
//! withdraws and gives consent, which hour it is where, how full a bucket is, are not asked of the product.

use std::collections::{BTreeMap, BTreeSet};

use comeback::domain::consent::told::Automatic;
use comeback::domain::consent::{EvidenceRule, OptOutSource};
use comeback::domain::contact::Address;
use comeback::domain::event::{Event, Review, Subject};
use comeback::domain::id::{ConversationId, LineId, MessageId, NumberId};
use comeback::domain::message::InboundKind;
use comeback::domain::pacing::{Limit, Rate};
use comeback::domain::playbook::Playbook;
use comeback::domain::quiet_hours::{Judged, Said, Waits};
use comeback::domain::time::{Span, Timestamp};
use comeback::journal::Frame;
use comeback::server::store::Store as _;
use comeback::server::store::consent::ConsentStore as _;

use super::super::carrier::Got;
use super::super::server::read;
use super::order::{BUYERS, LINES, Order, Step};
use super::town::Town;
use super::words::{Owner, Reach, Word};

/// How much happened in all orders.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) left: u32,
    pub(super) parked: u32,
    pub(super) waited: u32,
    pub(super) direct: u32,
    pub(super) overruled: u32,
    pub(super) chosen: u32,
    pub(super) withdrawn: u32,
    pub(super) given: u32,
    pub(super) held: u32,
    pub(super) ruled: u32,
    pub(super) confirmed: u32,
    pub(super) acknowledged: u32,
    pub(super) unknown: u32,
    pub(super) abandoned: u32,
    pub(super) failed: u32,
    pub(super) begun: u32,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        let all = [
            (&mut self.left, other.left),
            (&mut self.parked, other.parked),
            (&mut self.waited, other.waited),
            (&mut self.direct, other.direct),
            (&mut self.overruled, other.overruled),
            (&mut self.chosen, other.chosen),
            (&mut self.withdrawn, other.withdrawn),
            (&mut self.given, other.given),
            (&mut self.held, other.held),
            (&mut self.ruled, other.ruled),
            (&mut self.confirmed, other.confirmed),
            (&mut self.acknowledged, other.acknowledged),
            (&mut self.unknown, other.unknown),
            (&mut self.abandoned, other.abandoned),
            (&mut self.failed, other.failed),
            (&mut self.begun, other.begun),
        ];
        for (mine, theirs) in all {
            *mine += theirs;
        }
    }
}

/// Where a text stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stand {
    Held(Timestamp, Option<Waits>),
    Parked,
    TakenBack,
    Sending,
    Unknown,
    Out,
}

/// One text of ours.
#[derive(Clone, Debug)]
struct Text {
    conversation: ConversationId,
    what: Option<Automatic>,
    since: Timestamp,
    stand: Stand,
    /// Why it may leave although it is night there.
    reason: Option<Said>,
    /// Its rep said: send.
    released: bool,
}

/// One conversation.
#[derive(Clone, Debug)]
struct Talk {
    number: NumberId,
    line: LineId,
    wrote: Option<Timestamp>,
    /// What confirmed the STOP that stands.
    confirmed: Option<MessageId>,
}

struct Record<'a> {
    town: &'a Town,
    policy: Playbook,
    buyers: BTreeMap<NumberId, usize>,
    owners: BTreeMap<NumberId, Owner>,
    talks: BTreeMap<ConversationId, Talk>,
    texts: BTreeMap<MessageId, Text>,
    /// When the carrier had each text of a buyer that arrived.
    said: BTreeMap<MessageId, Timestamp>,
    /// What left, by line: when, and how many segments.
    left: Vec<(LineId, Timestamp, u32)>,
    tally: Tally,
}

fn check(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

/// What went wrong, if anything did.
pub(super) fn judge(town: &Town, order: &Order) -> Result<Tally, String> {
    if let Some(trouble) = &town.trouble {
        return Err(trouble.clone());
    }
    let disk = &town.server.disk;
    let number_of = |buyer: &Address| read(disk.consent_of(buyer)).unwrap().map(|(number, _)| number.id);
    let buyers = town.buyers.iter().enumerate().filter_map(|(i, buyer)| Some((number_of(buyer)?, i))).collect();
    let (talks, texts, left) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    let (owners, policy) = (BTreeMap::new(), Playbook::default());
    let tally = Tally::default();
    let got = town.server.carrier.with(|book| book.got.clone());
    let arrived = |text: &Got| Some((read(disk.delivered(&text.id)).unwrap()?.0, text.at));
    let said = got.iter().filter_map(arrived).collect();
    let mut record = Record { town, policy, buyers, owners, talks, texts, said, left, tally };
    for entry in read(disk.entries(0, usize::MAX)).unwrap() {
        let frame = Frame::decode(&entry.body).map_err(|e| e.to_string())?;
        let about: Subject = serde_json::from_value(frame.subject).map_err(|e| e.to_string())?;
        let event: Event = serde_json::from_value(frame.event).map_err(|e| e.to_string())?;
        record.read(entry.at, about, &event).map_err(|why| format!("entry {}: {why}", entry.seq))?;
    }
    record.handed_over()?;
    record.paced(order)?;
    record.settled(order)?;
    Ok(record.tally)
}

impl Record<'_> {
    fn read(&mut self, at: Timestamp, about: Subject, event: &Event) -> Result<(), String> {
        match about {
            Subject::Number(id) => self.of_number(id, at, event),
            Subject::Conversation(id) => self.of_conversation(id, at, event)?,
            Subject::Playbook => {
                if let Event::PlaybookApplied { version, .. } = event {
                    let found = read(self.town.server.disk.playbook_of(*version)).unwrap().ok_or("no such policy")?;
                    self.policy = found;
                }
            }
            Subject::Roster | Subject::Journal => {}
        }
        Ok(())
    }

    fn of_number(&mut self, id: NumberId, at: Timestamp, event: &Event) {
        let owner = self.owners.entry(id).or_default();
        match event {
            Event::OptedOut { source, scope, said, .. } => {
                let firm = !matches!(source, OptOutSource::Api(_) | OptOutSource::Import(_));
                let reach = Reach::of(scope);
                // What was asked is answered.
                owner.held &= !(firm && reach.all);
                owner.words.push(Word { out: true, firm, reach, said: *said, at });
                self.tally.withdrawn += 1;
            }
            Event::OptedIn { source, scope, said, .. } => {
                let reach = Reach::of(scope);
                for talk in self.talks.values_mut().filter(|talk| talk.number == id && reach.covers(&talk.line)) {
                    talk.confirmed = None;
                }
                let firm = !matches!(source, OptOutSource::Api(_) | OptOutSource::Import(_));
                owner.words.push(Word { out: false, firm, reach, said: *said, at });
                self.tally.given += 1;
            }
            Event::HoldPlaced { .. } => {
                owner.held = true;
                self.tally.held += 1;
            }
            Event::HoldRuled { .. } => {
                owner.held = false;
                self.tally.ruled += 1;
            }
            Event::Blocked { .. } => owner.blocked = true,
            Event::Unblocked { .. } => owner.blocked = false,
            _ => {}
        }
    }

    fn of_conversation(&mut self, id: ConversationId, at: Timestamp, event: &Event) -> Result<(), String> {
        match event {
            Event::Opened { number, line, .. } => {
                let (number, line) = (*number, line.clone());
                self.talks.insert(id, Talk { number, line, wrote: None, confirmed: None });
            }
            Event::Received { message, kind } => {
                let said =
                    *self.said.get(message).ok_or_else(|| format!("{message} was received, and nobody sent it"))?;
                if *kind == InboundKind::OptOut {
                    self.withdraws(id, said);
                }
                if let Some(talk) = self.talks.get_mut(&id) {
                    talk.wrote = Some(at);
                }
            }
            Event::Taken { .. } => self.may_be_begun(id)?,
            Event::AnswerHeld { message, not_before, waits, judged, .. } => {
                let reason = judged.as_deref().and_then(reason);
                let stand = Stand::Held(*not_before, *waits);
                self.texts
                    .insert(*message, Text { conversation: id, what: None, since: at, stand, reason, released: false });
                self.tally.waited += u32::from(*waits == Some(Waits::Window));
                self.tally.chosen += u32::from(*waits == Some(Waits::Chosen));
            }
            Event::Acknowledged { message, not_before } => {
                self.by_itself(id, *message, Automatic::Acknowledgement, at, *not_before);
            }
            Event::ToldBuyer { message, what, not_before } => self.by_itself(id, *message, *what, at, *not_before),
            Event::SendStarted { message, judged } => self.starts(id, at, *message, judged.as_deref())?,
            _ => self.of_text(id, at, event)?,
        }
        Ok(())
    }

    fn by_itself(
        &mut self,
        conversation: ConversationId,
        message: MessageId,
        what: Automatic,
        since: Timestamp,
        at: Timestamp,
    ) {
        let stand = Stand::Held(at, None);
        let text = Text { conversation, what: Some(what), since, stand, reason: None, released: false };
        self.texts.insert(message, text);
    }

    fn of_text(&mut self, id: ConversationId, at: Timestamp, event: &Event) -> Result<(), String> {
        let (message, stand) = match event {
            Event::AnswerParked { message, reasons, .. } => {
                check(!reasons.is_empty(), || format!("{message} is parked for no reason"))?;
                self.tally.parked += 1;
                (message, Stand::Parked)
            }
            Event::AnswerReleased { message, not_before, accepted } => {
                let overruled = accepted.contains(&Review::QuietHours);
                (message, Stand::Held(*not_before, overruled.then_some(Waits::Overruled)))
            }
            Event::AnswerApproved { message, not_before, .. } => (message, Stand::Held(*not_before, None)),
            Event::AnswerWaits { message, not_before, .. } => {
                self.tally.waited += 1;
                (message, Stand::Held(*not_before, Some(Waits::Window)))
            }
            Event::AnswerRecalled { message } => (message, Stand::TakenBack),
            Event::SendAbandoned { message } => {
                self.tally.abandoned += 1;
                (message, Stand::Held(at, None))
            }
            Event::SendUnknown { message } => {
                self.tally.unknown += 1;
                (message, Stand::Unknown)
            }
            Event::DeliveryChanged { message, delivery, error } => {
                if *error == Some(21_610) {
                    self.carrier_withdraws(id, at);
                }
                self.tally.failed += u32::from(delivery.is_failure());
                (message, Stand::Out)
            }
            _ => return Ok(()),
        };
        // One that is parked at once was never held.
        let new = Text { conversation: id, what: None, since: at, stand: Stand::Parked, reason: None, released: false };
        let text = self.texts.entry(*message).or_insert(new);
        check(text.stand != Stand::TakenBack, || format!("{message} was taken back, and then: {event:?}"))?;
        if let Event::AnswerReleased { accepted, .. } = event {
            text.released = true;
            text.reason = accepted.contains(&Review::QuietHours).then_some(Said::Overruled);
        }
        text.stand = stand;
        Ok(())
    }

    /// The carrier's word for a STOP is that STOP where it is known, and counts from now where it is not.
    fn carrier_withdraws(&mut self, id: ConversationId, at: Timestamp) {
        let known = |talk: &Talk| self.owners.get(&talk.number).is_some_and(|o| o.stands(&talk.line, |word| word.firm));
        if !self.talks.get(&id).is_some_and(known) {
            self.withdraws(id, at);
        }
    }

    /// A STOP, or the carrier's word for one, withdraws at least that line, whatever follows from it in the record.
    fn withdraws(&mut self, id: ConversationId, at: Timestamp) {
        let Some(talk) = self.talks.get(&id).cloned() else { return };
        let reach = Reach { all: false, lines: [talk.line].into() };
        let word = Word { out: true, firm: true, reach, said: None, at };
        self.owners.entry(talk.number).or_default().words.push(word);
    }

    /// A rep took a conversation: if the buyer never wrote anywhere, their consent is on record.
    fn may_be_begun(&mut self, id: ConversationId) -> Result<(), String> {
        let Some(talk) = self.talks.get(&id).cloned() else { return Ok(()) };
        if talk.wrote.is_some() {
            return Ok(());
        }
        self.tally.begun += 1;
        let wrote = self.talks.values().any(|other| other.number == talk.number && other.wrote.is_some());
        let owner = self.owners.get(&talk.number).cloned().unwrap_or_default();
        check(wrote || owner.wants(&talk.line), || format!("{id} was begun without consent"))?;
        check(!owner.silent(&talk.line) && !owner.held && !owner.blocked, || format!("{id} was begun all the same"))
    }

    /// The one entry that matters: from here on the carrier may have it.
    fn starts(
        &mut self,
        id: ConversationId,
        at: Timestamp,
        message: MessageId,
        judged: Option<&Judged>,
    ) -> Result<(), String> {
        let talk = self.talks.get(&id).cloned().ok_or("a text of no conversation")?;
        let owner = self.owners.get(&talk.number).cloned().unwrap_or_default();
        let text = self.texts.get(&message).cloned().ok_or("a text that nobody wrote")?;
        check(text.conversation == id, || format!("{message} left in another conversation"))?;
        let Stand::Held(not_before, waits) = text.stand else {
            return Err(format!("{message} entered sending while it was {:?}", text.stand));
        };
        check(not_before <= at, || format!("{message} entered sending before its time"))?;
        let silent = owner.silent(&talk.line);
        if text.what == Some(Automatic::Confirmation) {
            check(silent, || format!("{message} confirms an opt-out that does not stand"))?;
            check(talk.confirmed.is_none_or(|before| before == message), || {
                format!("{message} confirms a STOP again")
            })?;
            check(at.since(text.since) < Span::minutes(5), || format!("{message} confirms a STOP too late"))?;
            self.tally.confirmed += 1;
            self.talks.entry(id).and_modify(|talk| talk.confirmed = Some(message));
        } else {
            check(!silent, || format!("{message} entered sending after its number opted out"))?;
            check(!owner.held, || format!("{message} entered sending while its number was on hold"))?;
        }
        self.tally.acknowledged += u32::from(text.what == Some(Automatic::Acknowledgement));
        let segments = match text.what {
            None => self.of_a_rep(at, message, &talk, &owner, &text, waits, judged)?,
            Some(_) => 1,
        };
        self.left.push((talk.line, at, segments));
        self.tally.left += 1;
        self.texts.entry(message).and_modify(|text| text.stand = Stand::Sending);
        Ok(())
    }

    /// What counts besides for words that a person wrote. Gives their segments.
    #[expect(clippy::too_many_arguments, reason = "all that was found of one text")]
    fn of_a_rep(
        &mut self,
        at: Timestamp,
        message: MessageId,
        talk: &Talk,
        owner: &Owner,
        text: &Text,
        waits: Option<Waits>,
        judged: Option<&Judged>,
    ) -> Result<u32, String> {
        let written = self.town.written.get(&message).ok_or("a text that nobody wrote")?;
        check(!owner.blocked, || format!("{message} entered sending to a blocked number"))?;
        let asked = self.policy.consent.evidence == EvidenceRule::Required;
        check(!asked || talk.wrote.is_some() || owner.wants(&talk.line), || {
            format!("{message} entered sending without consent on record")
        })?;
        if let Some(chosen) = written.chosen {
            check(text.released || chosen <= at, || format!("{message} entered sending before the time chosen"))?;
        }
        if !self.is_open(talk.number, at) {
            let reason = judged.and_then(reason).or(text.reason);
            let own = &self.policy.compliance;
            match reason {
                Some(Said::Direct) => {
                    let just = talk.wrote.is_some_and(|wrote| at.since(wrote) <= own.reply_window);
                    check(just && waits != Some(Waits::Chosen), || format!("{message} is no direct answer"))?;
                    self.tally.direct += 1;
                }
                Some(Said::Overruled) => {
                    check(text.released, || format!("{message} went at night, and nobody said so"))?;
                    self.tally.overruled += 1;
                }
                _ => return Err(format!("{message} entered sending at night there, and the record does not say why")),
            }
        }
        Ok(if written.words.chars().count() > 160 { 2 } else { 1 })
    }

    /// Whether it is an hour for texts where a buyer is, counted by hand: no clock changes in that week.
    fn is_open(&self, number: NumberId, at: Timestamp) -> bool {
        let (_, _, behind, opens, closes) = BUYERS[self.buyers[&number]];
        let minute = (at.millis().div_euclid(60_000) - behind * 60).rem_euclid(24 * 60);
        let own = &self.policy.compliance;
        let (first, last) = (opens.max(own.open_minute.into()), closes.min(own.close_minute.into()));
        (first..last).contains(&minute)
    }

    /// What the carrier was handed is what the journal says, to whom it was written, once.
    fn handed_over(&self) -> Result<(), String> {
        let (wrong, sent) = self.town.server.carrier.with(|book| (book.wrong.first().cloned(), book.sent.clone()));
        wrong.map_or(Ok(()), Err)?;
        let mut seen = BTreeSet::new();
        for text in &sent {
            check(seen.insert(text.message), || format!("{} was sent twice", text.message))?;
            let stand = self.texts.get(&text.message).map(|text| text.stand.clone());
            check(matches!(stand, Some(Stand::Out | Stand::Unknown)), || {
                format!("the carrier has {}, the journal says {stand:?}", text.message)
            })?;
            if let Some(written) = self.town.written.get(&text.message) {
                let line = &self.town.server.playbook.lines[&LineId::from(LINES[written.with.1])].number;
                let right = text.to == self.town.buyers[written.with.0] && text.from == *line;
                check(right && text.body.as_str() == written.words, || format!("{text:?} was not meant so"))?;
            }
        }
        Ok(())
    }

    /// Nothing left faster than its line's bucket and its campaign's let it, and in no day more than its share.
    fn paced(&self, order: &Order) -> Result<(), String> {
        // A disk that takes its time delays an entry, and with it brings two nearer to each other.
        let slow = order.steps.iter().any(|step| matches!(step, Step::Slow(_) | Step::Fall(_) | Step::Crash));
        let slack = if slow { Span::seconds(7) } else { Span::millis(0) };
        let of_line: Vec<_> = self.left.iter().filter(|(line, ..)| line.as_str() == LINES[0]).collect();
        within(&of_line, order.setting.limits.0, slack)?;
        within(&self.left.iter().collect::<Vec<_>>(), order.setting.limits.1, slack)
    }

    /// Every text that was accepted stands somewhere that has a name.
    fn settled(&self, order: &Order) -> Result<(), String> {
        for (message, _) in self.town.written.iter().filter(|(_, written)| written.kept) {
            check(self.texts.contains_key(message), || format!("{message} was accepted, and is nowhere"))?;
        }
        let now = self.town.server.now();
        let (first, all) = order.setting.limits;
        let limited = !first.is_none() || !all.is_none();
        let open = |c: ConversationId| {
            let stands = |text: &&Text| text.conversation == c && matches!(text.stand, Stand::Unknown);
            self.texts.values().find(stands).is_some()
        };
        for (message, text) in &self.texts {
            match &text.stand {
                Stand::Sending => return Err(format!("{message} is in sending for ever")),
                Stand::Held(not_before, _) => {
                    let waits = *not_before > now || limited || open(text.conversation);
                    check(waits, || format!("{message} waits, and nothing is in its way: {text:?}"))?;
                }
                // Two that say the same cannot be told apart in the carrier's list.
                Stand::Unknown => check(text.what.is_some(), || format!("{message} is unknown for ever"))?,
                Stand::Parked | Stand::TakenBack | Stand::Out => {}
            }
        }
        Ok(())
    }
}

/// What lets a text go at night.
fn reason(judged: &Judged) -> Option<Said> {
    Some(judged.said).filter(|said| matches!(said, Said::Direct | Said::Overruled))
}

/// Whether texts left under a limit: a bucket that is full at first, and a share of any 24 hours. One text that is larger
/// than all of it has it alone.
fn within(left: &[&(LineId, Timestamp, u32)], limit: Limit, slack: Span) -> Result<(), String> {
    for (n, (_, from, _)) in left.iter().enumerate() {
        let mut sum = 0;
        for (_, at, segments) in &left[n..] {
            sum += segments;
            let span = (*at + slack).since(*from);
            if let Some(Rate { segments: room, every }) = limit.rate {
                let flowed = i64::from(room) * span.as_millis() / every.as_millis().max(1);
                let most = i64::from(room.max(*segments)) + flowed;
                check(i64::from(sum) <= most, || format!("{sum} segments left within {span:?}, {most} may"))?;
            }
            if let Some(most) = limit.per_day.filter(|_| span < Span::minutes(24 * 60)) {
                check(sum <= most.max(*segments), || format!("{sum} segments left in a day, {most} may"))?;
            }
        }
    }
    Ok(())
}

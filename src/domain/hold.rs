//! Opt-out holds: a text that may ask us to stop holds its number, until a person has ruled what it meant.
//!
//! **Invariant:** while a number is held nothing goes to it from anywhere. A text on its way waits as an *opt-out hold*,
//! which nobody can accept away. A ruling ends it: *opt out* does what every opt-out does; *keep* needs a reason, and what
//! waited needs its rep's eye. When nobody has ruled by the tenth business day the number is opted out, for by then the
//! wish must be honoured (47 CFR 64.1200(a)(10)).

use chrono::{Datelike, Days, NaiveDate, TimeZone, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::acknowledge;
use super::block;
use super::command::{ReadSet, Receive};
use super::consent::{Number, OptOutSource, Scope};
use super::contact::Body;
use super::conversation::{AnswerState, Conversation};
use super::decide::{Decided, Draft};
use super::event::{Event, Review, Subject};
use super::hours::{Calendar, instant};
use super::id::{ConversationId, MessageId, RepId};
use super::rejection::Rejection;
use super::revocation;
use super::time::{Span, Timestamp};
use super::withdrawal::{to_park, withdraw_from};

/// Business days within which a wish to get no more texts is honoured (47 CFR 64.1200(a)(10)).
pub const BUSINESS_DAYS: u32 = 10;

/// The business day on which the lead is reminded.
pub const WARN_DAY: u32 = 7;

/// Local hour at which those days begin for us: early enough on the tenth, and nobody is woken on the seventh.
const MORNING: u32 = 9;

/// The longest that a carrier keeps a text it could not hand over.
const KEPT_BY_CARRIERS: Span = Span::minutes(30 * 24 * 60);

/// Texts kept of one hold: the first, and the last ones.
const KEPT_TEXTS: usize = 8;

/// A number that nothing goes to until a person rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// When the first of its texts was decided.
    pub since: Timestamp,
    /// When the number is opted out, unless somebody has ruled.
    pub due: Timestamp,
    /// What was taken for a wish to get no more texts, oldest first.
    pub texts: Vec<Asking>,
}

/// A text that was taken for a wish to get no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    /// The text.
    pub message: MessageId,
    /// Where it came in.
    pub conversation: ConversationId,
    /// Its score.
    pub score: i32,
    /// The patterns that spoke for it.
    pub patterns: Vec<String>,
}

/// What a person makes of a hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// They want no more texts.
    OptOut,
    /// It meant something else.
    Keep {
        /// The id of the reason, which becomes a note.
        note: MessageId,
        /// Why, in words. Kept beside the journal, erasable.
        reason: Body,
        /// The held texts that whoever rules was shown. A wish that nobody read is not ruled away.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        read: Vec<MessageId>,
    },
}

/// The clock of a hold, with the conversation whose text began it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulingClock {
    /// When the lead is reminded.
    pub warn: Timestamp,
    /// When the number is opted out.
    pub due: Timestamp,
    /// Whether the lead was reminded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warned: bool,
}

impl RulingClock {
    /// What comes next.
    pub const fn next(&self) -> Timestamp {
        if self.warned { self.due } else { self.warn }
    }
}

impl Hold {
    /// The text that asks most plainly, by which a ruling is listed: the earliest of those.
    pub fn plainest(&self) -> Option<&Asking> {
        self.texts.iter().rev().max_by_key(|asking| asking.score)
    }

    /// A text that is not among those that were shown. Who names none has read the conversation alone that they rule in.
    fn has_unread(&self, read: &[MessageId], here: ConversationId) -> bool {
        let was_read = |asking: &Asking| {
            if read.is_empty() { asking.conversation == here } else { read.contains(&asking.message) }
        };
        !self.texts.iter().all(was_read)
    }

    /// Which text need not be kept: never the first, nor the plainest, nor the only one of its conversation.
    fn spare(&self) -> usize {
        let plainest = self.plainest().map(|asking| asking.message);
        let others = |i: usize| self.texts.iter().enumerate().filter(move |(j, _)| *j != i);
        let again = |i: &usize| others(*i).any(|(_, other)| other.conversation == self.texts[*i].conversation);
        let plain = |i: &usize| Some(self.texts[*i].message) == plainest;
        (1..self.texts.len()).filter(|i| !plain(i)).find(again).unwrap_or(1)
    }
}

impl Number {
    /// Takes in one fact about a hold.
    pub(super) fn apply_hold(&mut self, at: Timestamp, event: &Event) {
        if let Event::HoldPlaced { message, conversation, score, patterns, due } = event {
            let asking =
                Asking { message: *message, conversation: *conversation, score: *score, patterns: patterns.clone() };
            let hold = self.hold.get_or_insert_with(|| Hold { since: at, due: *due, texts: Vec::new() });
            hold.texts.push(asking);
            if hold.texts.len() > KEPT_TEXTS {
                hold.texts.remove(hold.spare());
            }
        } else if let Event::HoldRuled { .. } = event {
            self.hold = None;
        } else if let Event::OptedOut { .. } = event
            && self.opted_out.as_ref().is_some_and(|out| out.source.is_firm())
        {
            // What a list said, a newer one may unsay, and a part of us is not all of us: then the ruling is still owed.
            self.hold = None;
        }
    }
}

/// Whether a number is held.
pub(super) fn is_held(world: &ReadSet<'_>) -> bool {
    world.number.is_some_and(|n| n.hold.is_some())
}

/// Judges a buyer's words, and holds the number when they may ask us to stop. Whether it is held for them.
pub(super) fn place(d: &mut Draft, world: &ReadSet<'_>, text: &Receive) -> bool {
    if world.number.is_none_or(|n| n.is_firmly_out(&world.playbook.consent, &d.c.line)) || text.body.is_blank() {
        return false;
    }
    let judged = revocation::judge(text.body.as_str());
    if !judged.is_revocation() {
        return false;
    }
    let patterns = judged.spoke.iter().filter(|spoke| spoke.weight > 0).map(|spoke| spoke.pattern.clone()).collect();
    let clock = clock(world, &d.c, said(text, d.now));
    let (message, conversation, score) = (text.message, d.c.id, judged.score);
    let due = world.number.and_then(|n| n.hold.as_ref()).map_or(clock.due, |hold| hold.due);
    d.say_of(Subject::Number(text.number), Event::HoldPlaced { message, conversation, score, patterns, due });
    // Nobody hears of a blocked number: the ruling is owed from when it is heard again.
    if !is_held(world) && !block::is_blocked(world) {
        d.say(Event::RulingDue { warn: clock.warn, due: clock.due });
    }
    hold_back(d, world);
    true
}

/// When a text was said. One dated longer ago than any carrier keeps a text was not said then, and nobody has had the days
/// to rule on it.
fn said(text: &Receive, now: Timestamp) -> Timestamp {
    let dated = text.sent.unwrap_or(now).min(now);
    if now.since(dated) > KEPT_BY_CARRIERS { now } else { dated }
}

/// What has not left waits, in every conversation of the number; what nobody wrote is dropped.
fn hold_back(d: &mut Draft, world: &ReadSet<'_>) {
    for (message, by, reasons) in to_park(&d.c, &Review::OptOutHold) {
        d.say(Event::AnswerParked { message, by, reasons });
    }
    for message in acknowledge::waiting(&d.c) {
        d.say(Event::AnswerRecalled { message });
    }
    for sibling in others(d, world) {
        let of = Subject::Conversation(sibling.id);
        for (message, by, reasons) in to_park(sibling, &Review::OptOutHold) {
            d.say_of(of, Event::AnswerParked { message, by, reasons });
        }
        for message in acknowledge::waiting(sibling) {
            d.say_of(of, Event::AnswerRecalled { message });
        }
    }
}

fn others<'a>(d: &Draft, world: &ReadSet<'a>) -> Vec<&'a Conversation> {
    world.siblings.iter().filter(|sibling| sibling.id != d.c.id).copied().collect()
}

/// A person rules. Whoever may answer the conversation may, and their lead.
/// What is kept was read: a text that came while the dialog was open, or that a device offline has not seen, is not ruled
/// away by the ruling on another. An opt-out may be ruled whatever came since.
pub(super) fn rule(
    mut d: Draft,
    world: &ReadSet<'_>,
    by: &RepId,
    ruling: &Ruling,
    seen: u64,
) -> Result<Decided, Rejection> {
    let Some(hold) = world.number.and_then(|n| n.hold.as_ref()) else { return Err(Rejection::NotHeld) };
    match ruling {
        Ruling::OptOut => {
            say_ruled(&mut d, hold, Some(by.clone()), None);
            opt_out(&mut d, world, hold, &OptOutSource::Ruled(by.clone()));
        }
        Ruling::Keep { note, reason, read } => {
            if !reason.has_words() {
                return Err(Rejection::NeedsReason);
            }
            if d.c.inbound > seen || hold.has_unread(read, d.c.id) {
                return Err(Rejection::Unseen { newest: d.c.inbound });
            }
            d.say(Event::Noted { message: *note, by: by.clone(), to: None });
            say_ruled(&mut d, hold, Some(by.clone()), Some(*note));
            over(&mut d, world, false);
            lift(&mut d, world, &[]);
        }
    }
    Ok(d.facts())
}

/// Opted out of what the texts of a hold were written to, wherever it is ruled on.
fn opt_out(d: &mut Draft, world: &ReadSet<'_>, hold: &Hold, source: &OptOutSource) {
    let scopes = asked_of(d, world, hold);
    over(d, world, *source == OptOutSource::Unruled);
    for scope in &scopes {
        withdraw_from(d, world, source.clone(), scope);
    }
    lift(d, world, &scopes);
}

/// How far the wish of a hold's texts reaches: as far as a STOP in their place would have.
fn asked_of(d: &Draft, world: &ReadSet<'_>, hold: &Hold) -> Vec<Scope> {
    let rules = &world.playbook.consent;
    let mut scopes: Vec<Scope> = Vec::new();
    for asking in &hold.texts {
        let all = std::iter::once(&d.c).chain(world.siblings.iter().copied());
        let of = all.into_iter().find(|c| c.id == asking.conversation);
        let scope = of.map_or(Scope::Tenant, |c| rules.scope_of(&c.line));
        if !scopes.iter().any(|wider| wider.holds(&scope)) {
            scopes.retain(|narrower| !scope.holds(narrower));
            scopes.push(scope);
        }
    }
    scopes
}

fn say_ruled(d: &mut Draft, hold: &Hold, by: Option<RepId>, kept: Option<MessageId>) {
    let Some(asking) = hold.plainest() else { return };
    let (message, conversation, score) = (asking.message, asking.conversation, asking.score);
    let number = Subject::Number(d.c.number);
    d.say_of(number, Event::HoldRuled { by, kept, message, conversation, score });
}

/// What waited behind the hold needs its rep's eye: days may have passed. Not what opted out instead.
fn lift(d: &mut Draft, world: &ReadSet<'_>, out: &[Scope]) {
    let is_out = |c: &Conversation| out.iter().any(|scope| scope.covers(&world.playbook.consent, &c.line));
    let here = if is_out(&d.c) { Vec::new() } else { lifted(&d.c) };
    for (message, by, reasons) in here {
        d.say(Event::AnswerParked { message, by, reasons });
    }
    for sibling in others(d, world).into_iter().filter(|sibling| !is_out(sibling)) {
        for (message, by, reasons) in lifted(sibling) {
            d.say_of(Subject::Conversation(sibling.id), Event::AnswerParked { message, by, reasons });
        }
    }
}

fn lifted(c: &Conversation) -> Vec<(MessageId, RepId, Vec<Review>)> {
    let held = c.answers.iter().filter_map(|(message, answer)| {
        let AnswerState::Parked { reasons } = &answer.state else { return None };
        let mut left: Vec<_> = reasons.iter().filter(|reason| **reason != Review::OptOutHold).cloned().collect();
        if left.len() == reasons.len() {
            return None;
        }
        left.push(Review::HoldLifted);
        left.sort();
        Some((*message, answer.by.clone(), left))
    });
    held.collect()
}

/// No ruling is waited for any more.
pub(super) fn over(d: &mut Draft, world: &ReadSet<'_>, unruled: bool) {
    if d.c.ruling.is_some() {
        d.say(Event::RulingOver { unruled });
    }
    for sibling in others(d, world) {
        if sibling.ruling.is_some() {
            d.say_of(Subject::Conversation(sibling.id), Event::RulingOver { unruled });
        }
    }
}

/// The same where no conversation is at hand more than another.
pub(super) fn over_in<'a>(all: impl Iterator<Item = &'a Conversation>) -> Decided {
    let over = |c: &Conversation| (Subject::Conversation(c.id), Event::RulingOver { unruled: false });
    all.filter(|c| c.ruling.is_some()).map(over).collect()
}

/// A number that was blocked is heard again: a ruling that was not asked for meanwhile is, at once.
pub(super) fn heard_again(d: &mut Draft, world: &ReadSet<'_>) {
    let runs = d.c.ruling.is_some() || others(d, world).iter().any(|sibling| sibling.ruling.is_some());
    if let Some(hold) = world.number.and_then(|n| n.hold.as_ref()).filter(|_| !runs) {
        d.say(Event::RulingDue { warn: d.now.min(hold.due), due: hold.due });
    }
}

/// A day of the ruling's clock has come: the lead is reminded, or the number opted out for want of a ruling.
pub(super) fn reached(d: &mut Draft, world: &ReadSet<'_>) {
    let Some(clock) = d.c.ruling else { return };
    let hold = world.number.and_then(|n| n.hold.as_ref());
    match hold {
        Some(_) if !clock.warned => d.say(Event::RulingWarned { due: clock.due }),
        Some(hold) => {
            say_ruled(d, hold, None, None);
            opt_out(d, world, hold, &OptOutSource::Unruled);
        }
        None => d.say(Event::RulingOver { unruled: false }),
    }
}

/// When a hold that a text of that time begins is warned of and due. Business days are those of the calendar that the
/// conversation's clocks run in; a calendar that is closed more often than Monday to Friday buys no time.
fn clock(world: &ReadSet<'_>, c: &Conversation, from: Timestamp) -> RulingClock {
    let cohort = world.playbook.cohort(&c.cohort).or_else(|| world.playbook.cohorts.last());
    let calendar = cohort.and_then(|cohort| world.playbook.calendars.get(&cohort.calendar));
    let calendar = calendar.or_else(|| world.playbook.calendars.values().next());
    let day = |days| business_day(calendar, from, days);
    RulingClock { warn: day(WARN_DAY), due: day(BUSINESS_DAYS), warned: false }
}

/// The morning of the `days`th business day after that of an instant.
pub fn business_day(calendar: Option<&Calendar>, from: Timestamp, days: u32) -> Timestamp {
    let zone = calendar.map_or(chrono_tz::UTC, |calendar| calendar.zone);
    let date = zone.from_utc_datetime(&from.utc().naive_utc()).date_naive();
    let is_weekday = |date: NaiveDate| !matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
    let weekday = nth(date, days, is_weekday);
    let open = calendar.and_then(|calendar| nth(date, days, |date| calendar.has_hours(date)));
    let morning = weekday.into_iter().chain(open).min().and_then(|date| morning(zone, date));
    morning.unwrap_or(from + Span::minutes(i64::from(days) * 24 * 60))
}

fn nth(after: NaiveDate, days: u32, counts: impl Fn(NaiveDate) -> bool) -> Option<NaiveDate> {
    // Ten weekdays are fourteen days, and the earlier of the two is taken.
    let dates = (1..=21).filter_map(|n| after.checked_add_days(Days::new(n)));
    dates.filter(|date| counts(*date)).nth(usize::try_from(days.saturating_sub(1)).unwrap_or(usize::MAX))
}

fn morning(zone: Tz, date: NaiveDate) -> Option<Timestamp> {
    let (at, _) = instant(zone, date.and_hms_opt(MORNING, 0, 0)?)?;
    Some(Timestamp::from_millis(at))
}

//! What the fold keeps of one number: where it writes, and the hold that waits for a ruling. No phone: ids alone.

use serde::{Deserialize, Serialize};

use super::fold::{Facts, Policies};
use super::talk::Talk;
use crate::domain::consent::OptOutSource;
use crate::domain::event::Event;
use crate::domain::id::{ConversationId, LineId, NumberId, RepId};
use crate::domain::time::Timestamp;

/// Conversations of one number that are kept: the newest.
const MOST_TALKS: usize = 8;

/// One number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// Its conversations, oldest first.
    pub talks: Vec<ConversationId>,
    /// Whether it opted out, of anything.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    out: bool,
    /// The hold that waits for a ruling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held: Option<HeldNumber>,
}

/// Somebody wants no more texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptOut {
    /// The entry.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Its local day.
    pub day: i32,
    /// Whose number.
    pub number: NumberId,
    /// Where they last wrote.
    pub conversation: Option<ConversationId>,
    /// To which of our numbers that was.
    pub line: Option<LineId>,
    /// How we know: `keyword`, `carrier`, `rep`, `ruled`, `unruled`, `api`, `import`.
    pub source: String,
    /// How long they had last waited for an answer.
    pub band: Band,
    /// The local day of the reply that they waited for; their own day when there was none.
    pub reply_day: i32,
}

/// How long the buyer of a reply waited for an answer, on the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// At most five minutes.
    FiveMinutes,
    /// At most fifteen.
    Quarter,
    /// At most an hour.
    Hour,
    /// At most four.
    FourHours,
    /// At most a day.
    Day,
    /// Longer.
    Longer,
    /// There was no answer, or none yet.
    Never,
    /// Nothing they wrote asked for one.
    Unasked,
}

impl Band {
    /// Every band.
    pub const ALL: [Self; 8] = [
        Self::FiveMinutes,
        Self::Quarter,
        Self::Hour,
        Self::FourHours,
        Self::Day,
        Self::Longer,
        Self::Never,
        Self::Unasked,
    ];

    /// The band of a wait in milliseconds.
    pub fn of(wall: Option<i64>) -> Self {
        let Some(ms) = wall else { return Self::Never };
        let has = |band: &Self| band.waits().is_some_and(|(over, most)| over < ms && ms <= most);
        Self::ALL.into_iter().find(has).unwrap_or(Self::Longer)
    }

    /// Waits in milliseconds that are in it: those longer than the first, and at most the second. Nothing where there was
    /// no answer.
    pub const fn waits(self) -> Option<(i64, i64)> {
        const MINUTE: i64 = 60_000;
        const HOUR: i64 = 60 * MINUTE;
        match self {
            Self::FiveMinutes => Some((i64::MIN, 5 * MINUTE)),
            Self::Quarter => Some((5 * MINUTE, 15 * MINUTE)),
            Self::Hour => Some((15 * MINUTE, HOUR)),
            Self::FourHours => Some((HOUR, 4 * HOUR)),
            Self::Day => Some((4 * HOUR, 24 * HOUR)),
            Self::Longer => Some((24 * HOUR, i64::MAX)),
            Self::Never | Self::Unasked => None,
        }
    }

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FiveMinutes => "5m",
            Self::Quarter => "15m",
            Self::Hour => "1h",
            Self::FourHours => "4h",
            Self::Day => "24h",
            Self::Longer => "longer",
            Self::Never => "never",
            Self::Unasked => "unasked",
        }
    }

    /// The band with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|band| band.name() == name)
    }

    /// As people say it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::FiveMinutes => "answered within 5 minutes",
            Self::Quarter => "within 15 minutes",
            Self::Hour => "within an hour",
            Self::FourHours => "within 4 hours",
            Self::Day => "within a day",
            Self::Longer => "later",
            Self::Never => "not answered",
            Self::Unasked => "nothing asked for an answer",
        }
    }

    /// Its place among all.
    pub fn place(self) -> usize {
        Self::ALL.iter().position(|band| *band == self).unwrap_or(0)
    }
}

/// A number on opt-out hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldNumber {
    /// The entry of the text that held it.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Its local day.
    pub day: i32,
    /// Whose number.
    pub number: NumberId,
    /// Where the text came in.
    pub conversation: ConversationId,
    /// By when a person must have ruled.
    pub due: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// How: `kept`, `opted_out`, `unruled` (nobody did in time), `withdrawn` (the buyer said so themselves, or their carrier).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// Who ruled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<RepId>,
}

impl HeldNumber {
    /// Whether it ended by a person's ruling or the buyer's own word, by the due time. Nothing while it waits.
    pub fn in_time(&self) -> Option<bool> {
        self.ended.map(|ended| ended <= self.due && self.end.as_deref() != Some("unruled"))
    }
}

impl Asker {
    /// A conversation of theirs began.
    pub fn opened(&mut self, id: ConversationId) {
        if !self.talks.contains(&id) {
            self.talks.push(id);
            // Who is held is told when that ends: while it lasts nobody is forgotten.
            if self.held.is_none() {
                self.talks.drain(..self.talks.len().saturating_sub(MOST_TALKS));
            }
        }
    }

    /// Whether it waits for a ruling.
    pub(super) const fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Takes in one fact about the number. `last` is the conversation in which they wrote last.
    pub fn apply(
        &mut self,
        number: NumberId,
        (seq, at): (u64, Timestamp),
        event: &Event,
        last: Option<(ConversationId, &Talk)>,
        policies: &dyn Policies,
        facts: &mut Facts,
    ) {
        let day = facts.day(at);
        if let Event::OptedOut { source, scope, .. } = event {
            // A part of us is not all of us.
            if let Some(held) = self.held.take_if(|_| source.is_firm() && scope.is_tenant()) {
                facts.holds.insert(held.seq, HeldNumber { ended: Some(at), end: Some("withdrawn".to_owned()), ..held });
            }
            if !self.out {
                let band = match last {
                    Some((_, talk)) if talk.was_clocked() => Band::of(talk.last_wait()),
                    Some(_) | None => Band::Unasked,
                };
                // The day that the reply itself counts on, whatever the zone is by now.
                let reply_day = last.and_then(|(_, talk)| talk.last_asked(policies)).unwrap_or(day);
                let (conversation, line) = (last.map(|(id, _)| id), last.map(|(_, talk)| talk.line.clone()));
                let source = source_name(source).to_owned();
                facts.opt_outs.push(OptOut { seq, at, day, number, conversation, line, source, band, reply_day });
            }
            self.out = true;
        } else if let Event::OptedIn { .. } = event {
            self.out = false;
        } else if let Event::HoldPlaced { conversation, due, .. } = event {
            let held = self.held.get_or_insert(HeldNumber {
                seq,
                at,
                day,
                number,
                conversation: *conversation,
                due: *due,
                ended: None,
                end: None,
                by: None,
            });
            facts.holds.insert(held.seq, held.clone());
        } else if let Event::HoldRuled { by, kept, .. } = event
            && let Some(held) = self.held.take()
        {
            let end = match (by, kept) {
                (_, Some(_)) => "kept",
                (Some(_), None) => "opted_out",
                (None, None) => "unruled",
            };
            let (end, by) = (Some(end.to_owned()), by.clone());
            facts.holds.insert(held.seq, HeldNumber { ended: Some(at), end, by, ..held });
        }
    }
}

const fn source_name(source: &OptOutSource) -> &'static str {
    match source {
        OptOutSource::Keyword(_) => "keyword",
        OptOutSource::Carrier => "carrier",
        OptOutSource::Rep(_) => "rep",
        OptOutSource::Ruled(_) => "ruled",
        OptOutSource::Unruled => "unruled",
        OptOutSource::Api(_) => "api",
        OptOutSource::Import(_) => "import",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use uuid::Uuid;

    use super::*;
    use crate::domain::consent::Scope;
    use crate::domain::playbook::Playbook;

    fn conversation(n: u128) -> ConversationId {
        ConversationId(Uuid::from_u128(n))
    }

    #[test]
    fn every_wait_is_in_one_band() {
        const MINUTE: i64 = 60_000;
        for (ms, band) in [
            (0, Band::FiveMinutes),
            (5 * MINUTE, Band::FiveMinutes),
            (5 * MINUTE + 1, Band::Quarter),
            (15 * MINUTE, Band::Quarter),
            (60 * MINUTE, Band::Hour),
            (240 * MINUTE, Band::FourHours),
            (1_440 * MINUTE, Band::Day),
            (1_440 * MINUTE + 1, Band::Longer),
            (i64::MAX, Band::Longer),
        ] {
            assert_eq!(Band::of(Some(ms)), band, "{ms}");
            let has = |band: &Band| band.waits().is_some_and(|(over, most)| over < ms && ms <= most);
            assert_eq!(Band::ALL.iter().filter(|band| has(band)).count(), 1, "{ms}");
        }
        assert_eq!(Band::of(None), Band::Never);
    }

    #[test]
    fn a_hold_lasts_through_what_opts_a_part_of_us_out_and_forgets_no_conversation_meanwhile() {
        let (number, mut facts, mut asker) = (NumberId(Uuid::from_u128(9)), Facts::default(), Asker::default());
        let at = |n| Timestamp::from_millis(1_772_550_000_000 + n);
        let policies: BTreeMap<u32, Playbook> = BTreeMap::new();
        let mut takes = |asker: &mut Asker, n: u64, event: &Event| {
            let when = at(i64::try_from(n).unwrap());
            asker.apply(number, (n, when), event, None, &policies, &mut facts);
        };
        let message = crate::domain::id::MessageId(Uuid::from_u128(1));
        let (patterns, due) = (Vec::new(), at(99));
        takes(&mut asker, 1, &Event::HoldPlaced { message, conversation: conversation(1), score: 9, patterns, due });
        for n in 0..20 {
            asker.opened(conversation(n));
        }
        assert_eq!(asker.talks.len(), 20, "whoever is held is told when that ends");
        let out = |scope| {
            let source = OptOutSource::Keyword("stop".to_owned());
            Event::OptedOut { source, scope, said: None, undated: false }
        };
        takes(&mut asker, 2, &out(Scope::Number(crate::domain::id::LineId::new("main"))));
        assert!(asker.is_held());
        takes(&mut asker, 3, &out(Scope::Tenant));
        assert!(!asker.is_held());
        asker.opened(conversation(20));
        assert_eq!(asker.talks.len(), MOST_TALKS);
        assert_eq!(asker.talks.last(), Some(&conversation(20)));
    }
}

//! What an alert says of a conversation: stage, intent, last touch, next step and time left, and no more than its channel
//! may be told.

use super::{Occasion, Redact, What};
use crate::domain::asking::heard::Heard;
use crate::domain::consent::Number;
use crate::domain::context::Card;
use crate::domain::conversation::Conversation;
use crate::domain::kind::Ground;
use crate::domain::playbook::Playbook;
use crate::domain::safe_text::SafeText;
use crate::domain::time::{Span, Timestamp};
use crate::domain::{interest, next_step, sla, writer};

/// Letters of one part, at most.
const PART: usize = 80;

/// The parts. What is redacted is absent, as is what nobody knows. Every text is safe to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brief {
    /// The class of the reply, as people say it: the one that its clock is of.
    pub cohort: String,
    /// What it is about, as people say it.
    pub use_case: Option<String>,
    /// Who wrote; "2 people" when several share the number.
    pub who: Option<String>,
    /// Their company; `5 accounts` where several people share the number.
    pub account: Option<String>,
    /// The deal.
    pub deal: Option<String>,
    /// Its stage.
    pub stage: Option<String>,
    /// The sign of interest that weighs most now, and how old it is.
    pub intent: Option<String>,
    /// The last thing between us and them, and how long ago.
    pub touch: Option<String>,
    /// The recommended step.
    pub next: Option<String>,
    /// Why that one.
    pub why: Option<String>,
    /// When the answer is due, while a clock runs.
    pub due: Option<Timestamp>,
    /// Until then; below zero when it is late.
    pub left: Option<Span>,
    /// The buyer's last words.
    pub words: Option<String>,
}

/// What a channel with this redaction may be told of a conversation, now. `heard`: how far the CRM has said who it is.
pub fn brief(
    playbook: &Playbook,
    c: &Conversation,
    number: &Number,
    (cards, heard): (&[Card], Heard),
    last_text: &str,
    redact: Redact,
    now: Timestamp,
) -> Brief {
    let due = c.clock.as_ref().map(|clock| clock.due);
    let class = sla::class(c);
    let cohort = playbook.cohort(class).map_or(class, |cohort| &cohort.label);
    let least = Brief { cohort: part(cohort), due, left: due.map(|due| due - now), ..Brief::default() };
    if redact == Redact::All {
        return least;
    }
    let open = redact == Redact::None;
    let cards = writer::cards(c, cards);
    let step = next_step::recommend(&next_step::Moment {
        c,
        number,
        cards,
        heard,
        text: last_text,
        earlier: None,
        kind: c.corrected.map(|said| (said.kind, Ground::Sure)),
        reader: c.assignee(),
        rules: &playbook.next_steps,
        now,
        zone: playbook.zone(),
    });
    let use_case = playbook.use_cases.get(&c.use_case).map(|use_case| part(&use_case.label));
    let intent = interest::most(cards.iter().flat_map(|card| &card.intents), now);
    // Of several people it is not known with whom the last touch was.
    let touch = if let [one] = cards { one.last_touch.as_ref() } else { None };
    let with = |kind: &str, more: &str, at: Timestamp| {
        let kind = kind.replace('_', " ");
        let said = if open && !more.is_empty() { format!("{kind}: {more}") } else { kind };
        format!("{}, {} ago", part(&said), span(now.since(at)))
    };
    let who = match cards {
        [] => None,
        [one] => Some(part(&one.name)),
        several => Some(format!("{} people share this number", several.len())),
    };
    Brief {
        use_case,
        who: who.filter(|_| open),
        account: writer::account(cards).map(|account| part(&account)).filter(|_| open),
        deal: writer::deal(cards).map(|deal| part(&deal)).filter(|_| open),
        stage: writer::stage(cards).map(|stage| part(&stage)),
        intent: intent.map(|i| with(&interest::words::kind(&i.kind), &interest::words::detail(&i.detail), i.at)),
        touch: touch.map(|t| with(&t.kind, &t.summary, t.at)),
        next: Some(part(&step.what)),
        why: Some(part(&step.why)).filter(|_| open),
        words: Some(part(last_text)).filter(|words| open && !words.is_empty()),
        ..least
    }
}

/// A stranger's words on one line, and not too many.
fn part(text: &str) -> String {
    let safe = SafeText::line(text);
    let text = safe.as_str().trim();
    if text.chars().count() <= PART {
        return text.to_owned();
    }
    text.chars().take(PART - 1).chain(['…']).collect()
}

/// A length of time as people say it, whole and rounded down: `4 min`, `2 h 5 min`, `3 d`.
pub fn span(span: Span) -> String {
    let minutes = span.as_seconds().abs() / 60;
    match minutes {
        0 => "under a minute".to_owned(),
        1..=59 => format!("{minutes} min"),
        60..=2879 if minutes % 60 == 0 => format!("{} h", minutes / 60),
        60..=2879 => format!("{} h {} min", minutes / 60, minutes % 60),
        _ => format!("{} d", minutes / 1440),
    }
}

impl Brief {
    /// The time that a notice is about: a ruling has one of its own, which is no answer's.
    #[must_use]
    pub fn about(self, what: &What, now: Timestamp) -> Self {
        let What::Alert { occasion: Occasion::Ruling, due, .. } = what else { return self };
        Self { due: *due, left: due.map(|due| due - now), ..self }
    }

    /// How long there is: "due in 4 min", "late by 2 min", or nothing while no clock runs.
    pub fn time_left(&self) -> Option<String> {
        let left = self.left?;
        let said = span(left);
        Some(if left < Span::ZERO { format!("late by {said}") } else { format!("due in {said}") })
    }

    /// All of it on one line: the headline, the heaviest sign of interest, the last touch and the next step.
    pub fn line(&self) -> String {
        let intent = self.intent.as_ref().map(|intent| format!("intent: {intent}"));
        let touch = self.touch.as_ref().map(|touch| format!("last: {touch}"));
        let next = self.next.as_ref().map(|next| format!("next: {next}"));
        let more = [intent, touch, next].into_iter().flatten();
        std::iter::once(self.headline()).chain(more).collect::<Vec<_>>().join("; ")
    }

    /// Who and what on one line: as much of it as may be told.
    pub fn headline(&self) -> String {
        let mut parts = Vec::new();
        match (&self.who, &self.account) {
            (Some(who), Some(account)) => parts.push(format!("{who}, {account}")),
            (Some(one), None) | (None, Some(one)) => parts.push(one.clone()),
            (None, None) => {}
        }
        parts.extend(self.stage.clone());
        parts.push(self.cohort.clone());
        parts.dedup();
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let mut line = parts.join(" · ");
        if let Some(left) = self.time_left() {
            line = format!("{line} · {left}");
        }
        line
    }
}

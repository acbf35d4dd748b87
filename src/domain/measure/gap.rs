//! Where nobody was there, and why a reply was late.

use serde::{Deserialize, Serialize};

use super::reply::Draft;
use super::talk::Running;
use crate::domain::event::Review;
use crate::domain::ownership;
use crate::domain::routing::Passed;
use crate::domain::time::Timestamp;

/// A place where somebody should have been and nobody was, as the decision recorded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// Nobody at all could be asked.
    Nobody,
    /// Nobody was on call.
    OnCall,
    /// Nobody of a pool was here.
    Pool,
    /// Somebody who would have been asked was away.
    Away,
    /// Somebody who would have been asked was outside their own hours.
    Hours,
    /// Somebody who would have been asked had left, or is an owner in the CRM who is no rep.
    Left,
    /// An owner had no backup.
    NoBackup,
}

/// What is said of whom nobody can ask.
const LEFT: [&str; 3] = [ownership::LEFT, ownership::NO_REP, "the lead left"];

impl Gap {
    /// Every gap, in the order they are kept in.
    pub const ALL: [Self; 7] =
        [Self::Nobody, Self::OnCall, Self::Pool, Self::Away, Self::Hours, Self::Left, Self::NoBackup];

    /// Its bit.
    pub const fn bit(self) -> u8 {
        match self {
            Self::Nobody => 1,
            Self::OnCall => 2,
            Self::Pool => 4,
            Self::Away => 8,
            Self::Hours => 16,
            Self::Left => 32,
            Self::NoBackup => 64,
        }
    }

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::OnCall => "on_call",
            Self::Pool => "pool",
            Self::Away => "away",
            Self::Hours => "hours",
            Self::Left => "left",
            Self::NoBackup => "no_backup",
        }
    }

    /// As people say it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Nobody => "nobody could be asked",
            Self::OnCall => "nobody was on call",
            Self::Pool => "nobody of the pool was here",
            Self::Away => "somebody was away",
            Self::Hours => "somebody was outside their hours",
            Self::Left => "somebody had left, or is no rep",
            Self::NoBackup => "the owner had no backup",
        }
    }

    /// What a candidate or a step that was passed over says: the record keeps it in words.
    pub fn of(passed: &Passed) -> Option<Self> {
        let why = passed.why.as_str();
        if why.contains("on call") {
            Some(Self::OnCall)
        } else if why.starts_with("nobody in the pool") {
            Some(Self::Pool)
        } else if why.ends_with("is away") {
            Some(if passed.who.starts_with("on call") { Self::OnCall } else { Self::Away })
        } else if why.ends_with("outside their hours") {
            Some(Self::Hours)
        } else if LEFT.iter().any(|left| why.ends_with(left)) {
            Some(Self::Left)
        } else {
            why.ends_with("has no backup").then_some(Self::NoBackup)
        }
    }
}

/// Why a reply was not answered in time. The first that fits, in this order, but for an opt-out hold, which goes before all
/// others; so each breach has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// An answer had left, and the carrier failed.
    SendFailed,
    /// An answer was written and waited for the hours where the buyer is.
    QuietHours,
    /// An answer was written and put off by its rep.
    PutOff,
    /// Nobody may answer: the number waited for a ruling whether the buyer wants texts at all. It is nobody's miss.
    OptOutHold,
    /// An answer waited for a second person.
    Approval,
    /// An answer waited for its rep to look again.
    Review,
    /// An answer was written so late that it had not left yet.
    NotSentYet,
    /// Somebody had taken it, and had not answered.
    TakenNotAnswered,
    /// Nobody was asked before it was due.
    NotOffered,
    /// Nobody took it, and nobody was on call or nobody of the pool was here.
    NobodyThere,
    /// Nobody took it, and somebody who would have been asked was outside their hours.
    OutsideHours,
    /// Whoever was asked did not take it.
    NotTaken,
}

impl Cause {
    /// Every cause, in their order.
    pub const ALL: [Self; 12] = [
        Self::SendFailed,
        Self::QuietHours,
        Self::PutOff,
        Self::OptOutHold,
        Self::Approval,
        Self::Review,
        Self::NotSentYet,
        Self::TakenNotAnswered,
        Self::NotOffered,
        Self::NobodyThere,
        Self::OutsideHours,
        Self::NotTaken,
    ];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SendFailed => "send_failed",
            Self::QuietHours => "quiet_hours",
            Self::PutOff => "put_off",
            Self::OptOutHold => "opt_out_hold",
            Self::Approval => "approval",
            Self::Review => "review",
            Self::NotSentYet => "not_sent_yet",
            Self::TakenNotAnswered => "taken_not_answered",
            Self::NotOffered => "not_offered",
            Self::NobodyThere => "nobody_there",
            Self::OutsideHours => "outside_hours",
            Self::NotTaken => "not_taken",
        }
    }

    /// The cause with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }

    /// As people say it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::SendFailed => "an answer left, but the carrier failed",
            Self::QuietHours => "an answer waited for the hours where the buyer is",
            Self::PutOff => "an answer was put off by its rep",
            Self::OptOutHold => "nobody may answer: the number was on opt-out hold",
            Self::Approval => "an answer waited for a second person's approval",
            Self::Review => "an answer waited for its rep to look again",
            Self::NotSentYet => "an answer was written too late to leave in time",
            Self::TakenNotAnswered => "taken, but not answered",
            Self::NotOffered => "nobody was asked before it was due",
            Self::NobodyThere => "nobody took it, and nobody was on call or in the pool",
            Self::OutsideHours => "nobody took it, and somebody was outside their hours",
            Self::NotTaken => "offered, but nobody took it",
        }
    }

    /// Why a running reply is late at an instant, by where its answers stand.
    pub fn of<'a>(running: &Running, drafts: impl Iterator<Item = &'a Draft>, due: Timestamp) -> Self {
        let waits = drafts.map(Self::of_draft).min();
        let before = |at: Option<Timestamp>| at.is_some_and(|at| at <= due);
        let gap = |gap: Gap| running.gaps & gap.bit() != 0;
        if running.failed {
            Self::SendFailed
        } else if let Some(waits) = waits {
            waits
        } else if running.had || before(running.taken) {
            Self::TakenNotAnswered
        } else if !before(running.offered) {
            Self::NotOffered
        } else if gap(Gap::OnCall) || gap(Gap::Pool) {
            Self::NobodyThere
        } else if gap(Gap::Hours) {
            Self::OutsideHours
        } else {
            Self::NotTaken
        }
    }

    fn of_draft(draft: &Draft) -> Self {
        match draft {
            Draft::Window => Self::QuietHours,
            Draft::Chosen => Self::PutOff,
            Draft::Held | Draft::Sending => Self::NotSentYet,
            Draft::Parked(reasons) => Self::of_review(reasons),
        }
    }

    /// What keeps an answer back most firmly.
    fn of_review(reasons: &[Review]) -> Self {
        let any = |wanted: &Review| reasons.contains(wanted);
        if any(&Review::OptOutHold) {
            Self::OptOutHold
        } else if any(&Review::NeedsApproval) {
            Self::Approval
        } else if any(&Review::QuietHours) {
            Self::QuietHours
        } else {
            Self::Review
        }
    }
}

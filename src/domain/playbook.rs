//! The playbook: the policy document that says how a reply is handled. Typed and already checked; the TOML it is
//! written in is read by `crate::config::playbook`.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::alert::Alerting;
use super::answering::ANSWERED_WITHIN;
use super::asking::Asking;
use super::consent::ConsentRules;
use super::contact::Address;
use super::escalation::Ladder;
use super::expectation::Expectation;
use super::hours::Calendar;
use super::id::{LineId, RepId, ScheduleId, TeamId};
use super::next_step;
use super::oncall::{Rotation, Schedule};
use super::ownership::OwnerRule;
use super::ownership::territory::Territory;
use super::pacing::Limit;
use super::price::Price;
use super::regulated::Regulated;
use super::snippet::Snippet;
use super::time::Span;
use super::write_back::WriteBack;

/// One version of the policy. The version in force is the journal's; events carry decided numbers, so a new version
/// never rewrites what already happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playbook {
    /// Counts up with every applied change; every decision names it.
    pub version: u32,
    /// Whose playbook this is, as buyers and reps know the company.
    pub company: String,
    /// Where the company is, when the playbook says it: see [`Playbook::zone`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_zone: Option<Tz>,
    /// How long an answer can be taken back before it leaves, in real milliseconds; 0 sends at once.
    pub undo_hold: Span,
    /// When texts may be sent without a fresh text from the buyer.
    pub compliance: Compliance,
    /// Consent: how far a word reaches, what is asked for, who confirms, who is told.
    #[serde(default, skip_serializing_if = "ConsentRules::is_usual")]
    pub consent: ConsentRules,
    /// What a campaign's text can be for, by name.
    pub use_cases: BTreeMap<String, UseCase>,
    /// How long after a campaign's text a reply still answers it.
    #[serde(default = "thirty_days", skip_serializing_if = "is_thirty_days")]
    pub answered_within: Span,
    /// What a buyer is told out of hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<String>,
    /// Teams by name.
    pub teams: BTreeMap<TeamId, Team>,
    /// Reps by short name.
    pub reps: BTreeMap<RepId, Rep>,
    /// Who may read the record and change nothing, by short name. They stand in no team, so no rule ever finds them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub auditors: BTreeMap<RepId, Auditor>,
    /// Where the owner of a reply is looked for, in order.
    pub ownership: Vec<OwnerRule>,
    /// Which rep has which part of the world, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub territories: BTreeMap<String, Territory>,
    /// When somebody who says nothing counts as away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen: Option<Unseen>,
    /// Classes of replies; the first that matches decides target and ladder.
    pub cohorts: Vec<Cohort>,
    /// Opening hours by name.
    pub calendars: BTreeMap<String, Calendar>,
    /// Escalation policies by name.
    pub ladders: BTreeMap<String, Ladder>,
    /// On-call schedules by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub schedules: BTreeMap<ScheduleId, Schedule>,
    /// Our numbers.
    pub lines: BTreeMap<LineId, Line>,
    /// What all numbers of a registered campaign may send together, by its class's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, Limit>,
    /// What its author expects of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expectations: Vec<Expectation>,
    /// Words kept ready, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub snippets: BTreeMap<String, Snippet>,
    /// What to do next, and when: the first rule that fits. What none of them takes falls to the built-in ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next_steps: Vec<next_step::rules::Rule>,
    /// What a text costs, as a hint while writing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// Who hears of what beside the client.
    #[serde(default, skip_serializing_if = "Alerting::is_empty")]
    pub alerting: Alerting,
    /// What is written into the CRM.
    #[serde(default, skip_serializing_if = "WriteBack::is_usual")]
    pub write_back: WriteBack,
    /// How the CRM is asked who somebody is, and what its answers may do.
    #[serde(default, skip_serializing_if = "Asking::is_usual")]
    pub asking: Asking,
}

/// Somebody who reads the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Auditor {
    /// As people call them.
    pub name: String,
}

/// Somebody whose devices were not seen for a while counts as away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// For how long, in real time.
    pub after: Span,
    /// Only while these opening hours run; without them at any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
}

const fn thirty_days() -> Span {
    ANSWERED_WITHIN
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_thirty_days(span: &Span) -> bool {
    *span == ANSWERED_WITHIN
}

/// What a campaign's text was for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseCase {
    /// As people say it: "meeting coordination".
    pub label: String,
    /// Whether Sales must answer. A reply that Sales does not handle still reaches a pool; it arms no clock unless it has a
    /// `cohort`, and a `queue` or a webhook where it is answered.
    pub sales: bool,
    /// Campaigns that mean it, by name; one that ends in `*` means all that begin so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub campaigns: Vec<String>,
    /// Words of a reply that mean it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Among several that are meant the highest counts; without a clock its replies stand first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i32,
    /// The class of its replies, whatever their stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cohort: Option<String>,
    /// The team whose pool gets what Sales does not handle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<TeamId>,
    /// What its buyers are told out of hours, instead of the playbook's words; nothing when it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<String>,
    /// Approved words only, and what else the law asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regulated: Option<Regulated>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
const fn is_zero(priority: &i32) -> bool {
    *priority == 0
}

/// Who works together and shares one pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// As people say it.
    pub label: String,
    /// Who is told of every breach and stands last on the ladder.
    pub lead: Option<RepId>,
    /// Everybody in the pool.
    pub members: BTreeSet<RepId>,
    /// Who is on call, when: the short form of a schedule with one layer. None leaves it to the schedule that names
    /// this team, if there is one.
    pub on_call: Option<Rotation>,
}

/// Somebody who answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rep {
    /// The name on screens.
    pub name: String,
    /// AE, SDR, …
    pub title: String,
    /// Home team.
    pub team: TeamId,
    /// What this rep may see and do.
    pub role: Role,
    /// Who is asked next when this rep does not act.
    pub backup: Option<RepId>,
    /// False once somebody left; replies then go to the successor, else to the next candidate.
    pub active: bool,
    /// Who has the buyers of somebody who left, whatever the CRM still says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<RepId>,
    /// Open conversations they can look after at once; rules that give out work pass over whoever has as many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    /// Their share of a pool's turns against others'.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub weight: u32,
    /// Their own opening hours, when they work at other times than the rest: outside them others are asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
    /// Where buyers book a meeting with them, for snippets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting_link: Option<String>,
}

const fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
const fn is_one(weight: &u32) -> bool {
    *weight == 1
}

impl Default for Rep {
    fn default() -> Self {
        Self {
            name: String::new(),
            title: String::new(),
            team: TeamId::new(""),
            role: Role::Rep,
            backup: None,
            active: true,
            capacity: None,
            weight: 1,
            hours: None,
            meeting_link: None,
            successor: None,
        }
    }
}

/// What an account may see and do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Own conversations, offers and the pool.
    Rep,
    /// Everything of the teams this rep leads.
    Lead,
    /// Everything.
    Admin,
    /// Consent, rulings, refusals, what was decided and why, and the journal, for reading alone.
    Auditor,
}

/// A class of replies with its own target and ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cohort {
    /// Short name, kept in events.
    pub name: String,
    /// As people say it: "late stage".
    pub label: String,
    /// Matches these use cases; empty matches all.
    pub use_cases: BTreeSet<String>,
    /// Matches these opportunity stages (case-insensitive); empty matches all, also no opportunity.
    pub stages: BTreeSet<String>,
    /// Target until the first answer, in open time.
    pub first_response: Target,
    /// Target for every later answer, in open time.
    pub next_response: Target,
    /// Which opening hours the clock runs in.
    pub calendar: String,
    /// Which ladder is climbed.
    pub ladder: String,
}

/// How long an answer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Open time from the buyer's text to the warning.
    pub warn: Span,
    /// Open time from the buyer's text to the breach.
    pub due: Span,
}

/// One of our numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// As people say it.
    pub label: String,
    /// The number buyers text.
    pub number: Address,
    /// Which team's pool an unowned reply goes to.
    pub team: TeamId,
    /// What this line's campaigns are for, when the CRM does not say it of the buyer.
    pub use_case: String,
    /// How fast its texts may leave.
    #[serde(default, skip_serializing_if = "Limit::is_none")]
    pub limit: Limit,
    /// The campaign class whose limit it shares with other lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
}

/// When a text may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compliance {
    /// First minute of the recipient's local day at which an unprompted text may leave (47 CFR 64.1200(c)(1): 8:00).
    pub open_minute: u16,
    /// First minute at which it may not any more (21:00).
    pub close_minute: u16,
    /// A text within this time of the buyer's own is a direct reply and may leave at any hour.
    pub reply_window: Span,
    /// Whether a rep may send in closed hours after all, where both sides have written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub send_anyway: bool,
}

impl Default for Compliance {
    fn default() -> Self {
        Self { open_minute: 8 * 60, close_minute: 21 * 60, reply_window: Span::minutes(120), send_anyway: false }
    }
}

impl Playbook {
    /// The name of a rep for screens; the short name when the playbook no longer knows them.
    pub fn rep_name<'a>(&'a self, rep: &'a RepId) -> &'a str {
        let auditor = || self.auditors.get(rep).map(|a| a.name.as_str());
        self.reps.get(rep).map(|r| r.name.as_str()).or_else(auditor).unwrap_or(rep.as_str())
    }

    /// What clients need of it: all but the rows by which the backend alone decides, and how people are alerted, which is
    /// nobody else's business.
    #[must_use]
    pub fn for_clients(&self) -> Self {
        Self { territories: BTreeMap::new(), alerting: Alerting::default(), ..self.clone() }
    }

    /// Whether this rep is in the playbook and has not left.
    pub fn is_active(&self, rep: &RepId) -> bool {
        self.reps.get(rep).is_some_and(|r| r.active)
    }

    /// Who stands in the place of somebody who left, when somebody does.
    pub fn successor(&self, rep: &RepId) -> Option<&RepId> {
        let gone = self.reps.get(rep).filter(|rep| !rep.active)?;
        gone.successor.as_ref().filter(|successor| self.is_active(successor))
    }

    /// What somebody who may sign in is here; nothing for everybody else.
    pub fn role_of(&self, rep: &RepId) -> Option<Role> {
        let auditor = || self.auditors.contains_key(rep).then_some(Role::Auditor);
        self.reps.get(rep).filter(|r| r.active).map(|r| r.role).or_else(auditor)
    }

    /// The zone in which the company's days end and people here read times: the one that it says, else that of the calendar
    /// whose name comes first.
    pub fn zone(&self) -> Tz {
        let first = || self.calendars.values().next().map(|calendar| calendar.zone);
        self.company_zone.or_else(first).unwrap_or(Tz::UTC)
    }

    /// Whether this rep sees and rules over everything.
    pub fn is_admin(&self, rep: &RepId) -> bool {
        self.reps.get(rep).is_some_and(|r| r.role == Role::Admin)
    }

    /// Teams whose pool this rep is in.
    pub fn pools_of(&self, rep: &RepId) -> BTreeSet<TeamId> {
        self.teams.iter().filter(|(_, t)| t.members.contains(rep)).map(|(id, _)| id.clone()).collect()
    }

    /// Teams this rep leads.
    pub fn led_by(&self, rep: &RepId) -> BTreeSet<TeamId> {
        self.teams.iter().filter(|(_, t)| t.lead.as_ref() == Some(rep)).map(|(id, _)| id.clone()).collect()
    }

    /// The lead of this rep's home team.
    pub fn lead_of(&self, rep: &RepId) -> Option<&RepId> {
        self.teams.get(&self.reps.get(rep)?.team)?.lead.as_ref()
    }

    /// The cohort by its short name.
    pub fn cohort(&self, name: &str) -> Option<&Cohort> {
        self.cohorts.iter().find(|c| c.name == name)
    }

    /// The line with this number.
    pub fn line_of(&self, number: &Address) -> Option<(&LineId, &Line)> {
        self.lines.iter().find(|(_, line)| line.number == *number)
    }
}

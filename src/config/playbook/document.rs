//! The playbook's TOML as it is written: every table and key there is.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::alerts::{AlertsText, ChannelText, OperationsText};
use super::consent::ConsentText;
use super::crm::CrmText;
use super::next_steps::NextStepText;
use super::owners::{OwnerText, TerritoryText};
use super::reports::ReportText;
use super::snippets::{PriceText, RegulatedText, SnippetText};
use super::steps::LadderText;
use crate::config::text::{Duration, Every, PerTime, TimeOfDay, Times, Zone};
use crate::domain::consent::Replies;
use crate::domain::ownership::OwnerSource;
use crate::domain::playbook::Role;
use crate::domain::time::Span;

/// A name that must exist elsewhere in the file.
pub(super) type Name = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) company: String,
    #[serde(default = "eight_seconds")]
    pub(super) undo_hold: Spanned<Duration>,
    /// Left out it is that of the calendar whose name comes first.
    pub(super) zone: Option<Zone>,
    pub(super) ownership: Vec<Spanned<OwnerText>>,
    #[serde(default)]
    pub(super) territory: BTreeMap<String, Spanned<TerritoryText>>,
    pub(super) presence: Option<PresenceText>,
    #[serde(default)]
    pub(super) compliance: ComplianceText,
    #[serde(default)]
    pub(super) consent: ConsentText,
    #[serde(default)]
    pub(super) sends: SendsText,
    pub(super) acknowledgement: Option<AcknowledgementText>,
    pub(super) use_case: BTreeMap<String, UseCaseText>,
    pub(super) team: BTreeMap<String, TeamText>,
    pub(super) rep: BTreeMap<String, RepText>,
    #[serde(default)]
    pub(super) auditor: BTreeMap<String, AuditorText>,
    pub(super) cohort: Vec<Spanned<CohortText>>,
    pub(super) calendar: BTreeMap<String, CalendarText>,
    pub(super) ladder: BTreeMap<String, Spanned<LadderText>>,
    #[serde(default)]
    pub(super) schedule: BTreeMap<String, ScheduleText>,
    pub(super) line: BTreeMap<String, LineText>,
    #[serde(default)]
    pub(super) campaign_class: BTreeMap<String, ClassText>,
    #[serde(default)]
    pub(super) report: BTreeMap<String, ReportText>,
    #[serde(default)]
    pub(super) expect: Vec<ExpectText>,
    #[serde(default)]
    pub(super) snippet: BTreeMap<String, SnippetText>,
    #[serde(default)]
    pub(super) next_step: Vec<Spanned<NextStepText>>,
    pub(super) price: Option<PriceText>,
    #[serde(default)]
    pub(super) channel: BTreeMap<String, Spanned<ChannelText>>,
    pub(super) alerts: Option<AlertsText>,
    pub(super) operations: Option<OperationsText>,
    pub(super) crm: Option<CrmText>,
}

fn eight_seconds() -> Spanned<Duration> {
    Spanned::new(0..0, Duration(Span::seconds(8)))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct ComplianceText {
    pub(super) open: Option<TimeOfDay>,
    pub(super) close: Option<TimeOfDay>,
    pub(super) reply_window: Option<Duration>,
    pub(super) send_anyway: Option<bool>,
}

/// Campaigns' texts, as the marketing tool reports them.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct SendsText {
    /// How long after one a reply still answers it.
    pub(super) answered_within: Option<Duration>,
}

/// What a buyer is told out of hours.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AcknowledgementText {
    pub(super) text: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UseCaseText {
    pub(super) label: String,
    #[serde(default = "yes")]
    pub(super) sales: bool,
    /// The channel that gets its replies, when Sales does not handle them.
    pub(super) webhook: Option<Name>,
    /// The channel that is told to pause the campaign while Sales talks.
    pub(super) pause: Option<Name>,
    #[serde(default)]
    pub(super) campaigns: Vec<Spanned<String>>,
    /// What they are for, said here instead of under each.
    #[serde(default)]
    pub(super) lines: Vec<Name>,
    #[serde(default)]
    pub(super) keywords: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) priority: i32,
    pub(super) cohort: Option<Name>,
    /// A team.
    pub(super) queue: Option<Name>,
    /// Empty says nothing.
    pub(super) acknowledgement: Option<Spanned<String>>,
    pub(super) regulated: Option<RegulatedText>,
}

const fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TeamText {
    pub(super) label: String,
    pub(super) lead: Name,
    pub(super) on_call: Option<RotationText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RotationText {
    pub(super) reps: Spanned<Vec<Name>>,
    pub(super) since: Spanned<Datetime>,
    pub(super) hand_off: TimeOfDay,
    pub(super) days: Spanned<u32>,
    pub(super) zone: Zone,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScheduleText {
    pub(super) label: Name,
    /// The team whose ladders ask it.
    pub(super) team: Option<Name>,
    pub(super) zone: Zone,
    #[serde(default)]
    pub(super) holidays: Vec<Spanned<Datetime>>,
    /// The last one wins.
    pub(super) layer: Spanned<Vec<LayerText>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LayerText {
    #[serde(default)]
    pub(super) label: String,
    pub(super) reps: Spanned<Vec<Name>>,
    pub(super) since: Spanned<Datetime>,
    pub(super) hand_off: TimeOfDay,
    pub(super) every: Every,
    /// Left out it is the schedule's.
    pub(super) zone: Option<Zone>,
    pub(super) only: Option<Spanned<OnlyText>>,
    pub(super) holidays: Option<Spanned<OnHolidays>>,
}

/// The hours in which a layer has anybody. What is left out is not restricted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OnlyText {
    pub(super) days: Option<Vec<Day>>,
    pub(super) hours: Option<Times>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// What a layer does on the schedule's holidays.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OnHolidays {
    /// It has nobody.
    Off,
    /// They are days like any other.
    Usual,
    /// It has somebody on them and on no other day.
    Only,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RepText {
    pub(super) name: String,
    #[serde(default)]
    pub(super) title: String,
    pub(super) team: Name,
    /// Left out it follows from the teams: who leads one is a lead.
    pub(super) role: Option<Spanned<Role>>,
    pub(super) backup: Option<Name>,
    #[serde(default = "yes")]
    pub(super) active: bool,
    /// Who has the buyers of somebody who left.
    pub(super) successor: Option<Name>,
    pub(super) capacity: Option<Spanned<u32>>,
    pub(super) weight: Option<Spanned<u32>>,
    /// A calendar.
    pub(super) hours: Option<Name>,
    /// Where buyers book a meeting with them.
    pub(super) meeting_link: Option<Spanned<String>>,
    /// What is left out is everybody's.
    pub(super) alerts: Option<AlertsText>,
}

/// Somebody who reads the record.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuditorText {
    pub(super) name: Spanned<String>,
}

/// When somebody who says nothing counts as away.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PresenceText {
    pub(super) unseen: Spanned<Duration>,
    pub(super) calendar: Option<Name>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CohortText {
    pub(super) name: Name,
    pub(super) label: String,
    #[serde(default)]
    pub(super) use_cases: Vec<Name>,
    #[serde(default)]
    pub(super) stages: BTreeSet<String>,
    pub(super) first_response: Spanned<TargetText>,
    pub(super) next_response: Spanned<TargetText>,
    pub(super) calendar: Name,
    pub(super) ladder: Name,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TargetText {
    pub(super) warn: Duration,
    pub(super) due: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CalendarText {
    pub(super) zone: Spanned<Zone>,
    pub(super) monday: Option<Spanned<Times>>,
    pub(super) tuesday: Option<Spanned<Times>>,
    pub(super) wednesday: Option<Spanned<Times>>,
    pub(super) thursday: Option<Spanned<Times>>,
    pub(super) friday: Option<Spanned<Times>>,
    pub(super) saturday: Option<Spanned<Times>>,
    pub(super) sunday: Option<Spanned<Times>>,
    #[serde(default)]
    pub(super) holidays: BTreeMap<Spanned<String>, Spanned<Times>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LineText {
    pub(super) label: String,
    pub(super) number: Spanned<String>,
    pub(super) team: Name,
    /// Left out it is the use case that names the line.
    pub(super) use_case: Option<Name>,
    /// How fast its texts may leave: `1/s`, `240/m`, in segments.
    pub(super) rate: Option<PerTime>,
    /// Segments in any 24 hours.
    pub(super) per_day: Option<Spanned<u32>>,
    /// The campaign class it shares a limit with.
    pub(super) class: Option<Name>,
    /// Who confirms a STOP here; left out it is as everywhere.
    pub(super) replies: Option<Replies>,
}

/// What all numbers of a registered campaign may send together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClassText {
    pub(super) rate: Option<PerTime>,
    pub(super) per_day: Option<Spanned<u32>>,
}

/// A case the author expects to come out so.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectText {
    pub(super) name: Name,
    pub(super) line: Name,
    pub(super) at: Spanned<Datetime>,
    pub(super) use_case: Option<Name>,
    /// Of the open deal.
    pub(super) stage: Option<Name>,
    /// Who the CRM says owns what.
    #[serde(default)]
    pub(super) owners: BTreeMap<OwnerSource, Name>,
    pub(super) text: Option<Spanned<String>>,
    pub(super) campaign: Option<String>,
    pub(super) country: Option<String>,
    pub(super) state: Option<String>,
    pub(super) segment: Option<String>,
    pub(super) area_code: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) away: Vec<Name>,
    pub(super) then: Spanned<ThenText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ThenText {
    pub(super) owner: Option<Name>,
    /// A rep, or `pool:TEAM`.
    pub(super) gets: Option<Name>,
    pub(super) use_case: Option<Name>,
    pub(super) cohort: Option<Name>,
    pub(super) due: Option<Spanned<Datetime>>,
    pub(super) held: Option<bool>,
    /// When the rep answers, for `held`.
    pub(super) answered_after: Option<Duration>,
}

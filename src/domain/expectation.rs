//! What the playbook's author expects of it: this reply, at this time, with these people away, goes there and is due then.
//! Decided by the same rules as a real reply, over a world that holds nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::asking::heard::Heard;
use super::command::{Actor, Command, Context, ReadSet, Receive};
use super::consent::Number;
use super::contact::Body;
use super::context::{Account, Campaign, Card, Opportunity, TeamMember, Touch};
use super::conversation::{AnswerState, Conversation};
use super::decide::decide;
use super::event::{Event, Subject};
use super::id::{ContactId, ConversationId, LineId, MessageId, NumberId, RepId};
use super::ownership::OwnerSource;
use super::playbook::{Playbook, Role};
use super::roster::Roster;
use super::routing::Holder;
use super::time::{Span, Timestamp};

/// One case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// As its author calls it.
    pub name: String,
    /// The reply.
    pub reply: Reply,
    /// When it comes.
    pub at: Timestamp,
    /// Who is away then.
    pub away: BTreeSet<RepId>,
    /// What is expected. What is left out is not looked at.
    pub then: Then,
}

/// A reply and what the CRM says of its buyer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The line it comes to.
    pub line: LineId,
    /// The use case the CRM names; the line's own without.
    pub use_case: Option<String>,
    /// The stage of the open deal.
    pub stage: Option<String>,
    /// Who owns what.
    pub owners: BTreeMap<OwnerSource, RepId>,
    /// Its words, where they matter: a keyword of a use case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The campaign that the CRM names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// Where its buyer is and which kind of customer, for territories.
    #[serde(default, skip_serializing_if = "Place::is_nowhere")]
    pub place: Place,
    /// The role in which somebody is on the open deal's team; every one that a rule names without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

impl Reply {
    /// A reply to a line, of a buyer nobody knows.
    pub fn to(line: LineId) -> Self {
        Self {
            line,
            use_case: None,
            stage: None,
            owners: BTreeMap::new(),
            text: None,
            campaign: None,
            place: Place::default(),
            role: None,
        }
    }
}

/// What territories look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The account's country.
    pub country: Option<String>,
    /// Its state or province.
    pub state: Option<String>,
    /// Its segment.
    pub segment: Option<String>,
    /// The area code of the buyer's number.
    pub area_code: Option<String>,
}

impl Place {
    fn is_nowhere(&self) -> bool {
        *self == Self::default()
    }
}

/// What is expected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Then {
    /// Who is accountable.
    pub owner: Option<RepId>,
    /// Who is asked first.
    pub gets: Option<Holder>,
    /// What it is taken to be about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<String>,
    /// Its cohort.
    pub cohort: Option<String>,
    /// When its answer is due.
    pub due: Option<Timestamp>,
    /// Whether an answer so long after the reply waits for the buyer's morning.
    pub held: Option<Held>,
}

/// An answer, and whether it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// When the rep answers, after the reply.
    pub after: Span,
    /// Whether it is expected to wait.
    pub held: bool,
}

/// An expectation that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub name: String,
    /// What was looked at: `owner`, `gets`, `use_case`, `cohort`, `due` or `held`.
    pub what: &'static str,
    /// What was expected.
    pub wanted: String,
    /// What the playbook does.
    pub found: String,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\": {} should be {}, and is {}", self.name, self.what, self.wanted, self.found)
    }
}

const CONVERSATION: ConversationId = ConversationId(Uuid::from_u128(1));
const NUMBER: NumberId = NumberId(Uuid::from_u128(2));

/// Decides a reply over a world that holds nothing else but who is away.
pub fn outcome(playbook: &Playbook, reply: &Reply, at: Timestamp, roster: &Roster) -> Conversation {
    let command = Command::Receive(Receive {
        message: MessageId(Uuid::from_u128(3)),
        conversation: CONVERSATION,
        number: NUMBER,
        line: reply.line.clone(),
        body: Body::new(reply.text.as_deref().unwrap_or("What would fifty seats cost?")),
        media: 0,
        opt_out_type: None,
        area_code: reply.place.area_code.clone(),
        sent: None,
        acknowledgement: None,
        wait_until: None,
        by_carrier: true,
    });
    let cx = Context { now: at, actor: Actor::Carrier, seen: u64::MAX, behind: false, hold: playbook.undo_hold };
    let mut state = Conversation::new(CONVERSATION, NUMBER, reply.line.clone());
    for event in decided(playbook, roster, &[card(playbook, reply)], None, &command, &cx) {
        state.apply(at, &event);
    }
    state
}

/// What follows for the one conversation of such a world.
pub(super) fn decided(
    playbook: &Playbook,
    roster: &Roster,
    cards: &[Card],
    conversation: Option<&Conversation>,
    command: &Command,
    cx: &Context,
) -> Vec<Event> {
    let (number, loads) = (Number::new(NUMBER), BTreeMap::new());
    let (number, loads) = (Some(&number), &loads);
    let world = ReadSet {
        heard: Heard::Answered,
        conversation,
        siblings: Vec::new(),
        number,
        cards,
        address: None,
        answering: None,
        words: None,
        playbook,
        roster,
        loads,
    };
    let facts = decide(&world, command, cx).unwrap_or_default();
    facts.into_iter().filter(|(about, _)| *about == Subject::Conversation(CONVERSATION)).map(|(_, e)| e).collect()
}

/// Everything of the playbook's own expectations that does not hold, with these people away on top.
pub fn broken(playbook: &Playbook, away: &Roster) -> Vec<Broken> {
    playbook.expectations.iter().flat_map(|expected| misses(playbook, expected, away)).collect()
}

/// What does not hold under the second playbook and does under the first, with these people away or with nobody: whoever
/// is away today breaks some cases without anybody's doing.
pub fn broken_by(before: &Playbook, after: &Playbook, away: &Roster) -> Vec<Broken> {
    let mut found: Vec<Broken> = Vec::new();
    for roster in [away, &Roster::default()] {
        let held = broken(before, roster);
        let is_new = |one: &Broken| !held.iter().any(|old| old.name == one.name && old.what == one.what);
        for one in broken(after, roster).into_iter().filter(is_new) {
            if !found.iter().any(|known| known.name == one.name && known.what == one.what) {
                found.push(one);
            }
        }
    }
    found
}

fn misses(playbook: &Playbook, expected: &Expectation, away: &Roster) -> Vec<Broken> {
    let mut roster = away.clone();
    roster.away.extend(expected.away.iter().map(|rep| (rep.clone(), expected.at)));
    let state = outcome(playbook, &expected.reply, expected.at, &roster);
    let then = &expected.then;
    let mut misses = Vec::new();
    let mut look = |what, wanted: Option<String>, found: String| {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
            misses.push(Broken { name: expected.name.clone(), what, wanted, found });
        }
    };
    let nobody = || "nobody".to_owned();
    look(
        "owner",
        then.owner.as_ref().map(RepId::to_string),
        state.owner.as_ref().map_or_else(nobody, RepId::to_string),
    );
    let holder = state.assignment.as_ref().map_or_else(nobody, |a| words(&a.to));
    look("gets", then.gets.as_ref().map(words), holder);
    look("use_case", then.use_case.clone(), state.use_case.clone());
    look("cohort", then.cohort.clone(), state.cohort.clone());
    let zone = playbook.cohort(&state.cohort).and_then(|c| playbook.calendars.get(&c.calendar)).map(|c| c.zone);
    let local = |at: Timestamp| at.utc().with_timezone(&zone.unwrap_or(chrono_tz::UTC)).to_rfc3339();
    let due = state.clock.as_ref().map_or_else(|| "never".to_owned(), |clock| local(clock.due));
    look("due", then.due.map(local), due);
    if let Some(Held { after, held }) = then.held {
        let says = |held: bool| if held { "held" } else { "not held" }.to_owned();
        look("held", Some(says(held)), says(waits(playbook, expected, &state, &roster, after)));
    }
    misses
}

/// A holder as the file writes it: `maya`, `pool:east`.
pub fn words(holder: &Holder) -> String {
    match holder {
        Holder::Rep(rep) => rep.to_string(),
        Holder::Pool(team) => format!("pool:{team}"),
    }
}

/// Whether an answer at that time needs another look before it may leave.
fn waits(playbook: &Playbook, expected: &Expectation, state: &Conversation, roster: &Roster, after: Span) -> bool {
    let message = MessageId(Uuid::from_u128(4));
    let Some(by) = state.assignee().or(state.owner.as_ref()).or_else(|| playbook.reps.keys().next()) else {
        return true;
    };
    let role = playbook.reps.get(by).map_or(Role::Admin, |rep| rep.role);
    let now = expected.at + after;
    let actor = Actor::Rep { rep: by.clone(), role };
    let cx = Context { now, actor, seen: state.inbound, behind: false, hold: playbook.undo_hold };
    let command = Command::Answer { message, body: Body::new("Yes, tomorrow."), accept: Vec::new() };
    let mut after = state.clone();
    for event in decided(playbook, roster, &[card(playbook, &expected.reply)], Some(state), &command, &cx) {
        after.apply(now, &event);
    }
    !matches!(after.answers.get(&message).map(|answer| &answer.state), Some(AnswerState::Held { waits: None, .. }))
}

/// What the CRM says of the buyer.
pub(super) fn card(playbook: &Playbook, reply: &Reply) -> Card {
    let owner = |source| reply.owners.get(&source).cloned();
    let place = &reply.place;
    let of_deal = [OwnerSource::Opportunity, OwnerSource::OpportunityTeam];
    let deal = reply.stage.is_some() || of_deal.into_iter().any(|source| owner(source).is_some());
    let named = playbook.ownership.iter().flat_map(|rule| &rule.roles);
    let roles: Vec<String> = match &reply.role {
        Some(role) => vec![role.clone()],
        None => std::iter::once(&String::new()).chain(named).cloned().collect(),
    };
    Card {
        account: Some(Account {
            name: String::new(),
            owner: owner(OwnerSource::Account),
            country: place.country.clone(),
            state: place.state.clone(),
            segment: place.segment.clone(),
            ..Account::default()
        }),
        owner: owner(OwnerSource::Contact),
        sdr: owner(OwnerSource::Sdr),
        opportunity: deal.then(|| Opportunity {
            stage: reply.stage.clone().unwrap_or_default(),
            owner: owner(OwnerSource::Opportunity),
            team: owner(OwnerSource::OpportunityTeam)
                .into_iter()
                .flat_map(|rep| roles.iter().map(move |role| TeamMember { rep: rep.clone(), role: role.clone() }))
                .collect(),
            ..Opportunity::default()
        }),
        campaign: (reply.use_case.is_some() || reply.campaign.is_some()).then(|| Campaign {
            use_case: reply.use_case.clone().unwrap_or_default(),
            name: reply.campaign.clone().unwrap_or_default(),
            last_text: String::new(),
        }),
        last_touch: owner(OwnerSource::LastTouch).map(|by| Touch { by: Some(by), ..Touch::default() }),
        ..card_of("expected")
    }
}

/// A card with nothing on it but whose it is.
pub(super) fn card_of(contact: &str) -> Card {
    Card::of(ContactId::from(contact))
}

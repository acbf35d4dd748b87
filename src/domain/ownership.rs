//! Own: whose reply is it? Rules in the playbook's order, each yielding candidates with why or why not.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::command::ReadSet;
use super::context::{Card, Touch};
use super::id::{RepId, TeamId};
use super::routing::Passed;
use super::time::Timestamp;

pub mod inherited;
pub mod territory;
pub mod turn;

/// Where an owner is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerSource {
    /// Who owned this conversation before.
    Conversation,
    /// Who owns the open deal.
    Opportunity,
    /// Who owns the person.
    Contact,
    /// Who owns the company.
    Account,
    /// The SDR who opened the door.
    Sdr,
    /// Who is on the open deal in a certain role.
    OpportunityTeam,
    /// Who has that part of the world.
    Territory,
    /// Who spoke with them last.
    LastTouch,
    /// Whose turn it is in a pool.
    RoundRobin,
    /// Who of a pool has least to do.
    LeastLoaded,
}

impl OwnerSource {
    /// Whether it needs nothing that the CRM says: a guess while that is silent.
    pub const fn is_a_guess(self) -> bool {
        match self {
            Self::Territory | Self::RoundRobin | Self::LeastLoaded => true,
            Self::Conversation
            | Self::Opportunity
            | Self::Contact
            | Self::Account
            | Self::Sdr
            | Self::OpportunityTeam
            | Self::LastTouch => false,
        }
    }

    /// For "because Maya owns the deal".
    pub const fn words(self) -> &'static str {
        match self {
            Self::Conversation => "had this conversation before",
            Self::Opportunity => "owns the deal",
            Self::Contact => "owns the contact",
            Self::Account => "owns the account",
            Self::Sdr => "is the SDR",
            Self::OpportunityTeam => "is on the deal",
            Self::Territory => "has the territory",
            Self::LastTouch => "spoke with them or their company last",
            Self::RoundRobin => "has the turn in the pool",
            Self::LeastLoaded => "has least to do in the pool",
        }
    }

    /// Whether it looks among everybody in a pool.
    pub const fn is_of_a_pool(self) -> bool {
        matches!(self, Self::RoundRobin | Self::LeastLoaded)
    }

    /// Whether it gives out work, so that what it gave stays given: asked again it would give it to the next.
    pub const fn deals(self) -> bool {
        self.is_of_a_pool() || matches!(self, Self::Territory)
    }
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RuleText", into = "RuleText")]
pub struct OwnerRule {
    /// Where it looks.
    pub source: OwnerSource,
    /// Of the open deal's team only those in these roles, in this order; empty takes all.
    pub roles: Vec<String>,
    /// Only while the open deal stands at one of these stages; empty asks for none.
    pub stages: BTreeSet<String>,
    /// Which territory.
    pub territory: Option<String>,
    /// Which pool; the one of the line's team when left out.
    pub pool: Option<TeamId>,
    /// For what a candidate is passed over, besides having left.
    pub skip: BTreeSet<Skip>,
}

/// For what a candidate may be passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// They are away. A rule without it gives them the buyer all the same, and their backup covers.
    Away,
    /// It is outside their own hours.
    Hours,
    /// They hold as many conversations as they can.
    Capacity,
    /// They are not on the team of the line that the reply came to.
    Team,
}

/// As versions of before wrote it, by the bare source, or in full.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum RuleText {
    Bare(OwnerSource),
    Full {
        source: OwnerSource,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        roles: Vec<String>,
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        stages: BTreeSet<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        territory: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pool: Option<TeamId>,
        skip: BTreeSet<Skip>,
    },
}

impl From<RuleText> for OwnerRule {
    fn from(text: RuleText) -> Self {
        match text {
            RuleText::Bare(source) => source.into(),
            RuleText::Full { source, roles, stages, territory, pool, skip } => {
                Self { source, roles, stages, territory, pool, skip }
            }
        }
    }
}

impl From<OwnerRule> for RuleText {
    fn from(rule: OwnerRule) -> Self {
        if rule == OwnerRule::from(rule.source) {
            return Self::Bare(rule.source);
        }
        let OwnerRule { source, roles, stages, territory, pool, skip } = rule;
        Self::Full { source, roles, stages, territory, pool, skip }
    }
}

impl From<OwnerSource> for OwnerRule {
    /// The rule with nothing else said: who deals out work passes over whoever cannot take it; who is accountable stays
    /// it, also while away.
    fn from(source: OwnerSource) -> Self {
        let unable = [Skip::Away, Skip::Hours, Skip::Capacity];
        let skip = if source.is_of_a_pool() { unable.into() } else { BTreeSet::new() };
        Self { source, roles: Vec::new(), stages: BTreeSet::new(), territory: None, pool: None, skip }
    }
}

/// The outcome of looking for an owner.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Found {
    /// Who, and where it was found.
    pub owner: Option<(RepId, OwnerSource)>,
    /// Candidates passed over, in order.
    pub passed: Vec<Passed>,
    /// Candidates of later rules, who were not needed.
    pub later: Vec<Passed>,
    /// The pool whose turn it was, when one was dealt.
    pub turn: Option<TeamId>,
}

/// What an owner is looked for by.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// When.
    pub now: Timestamp,
    /// The team of the line.
    pub team: &'a TeamId,
    /// Who owned the conversation before, and by which rule.
    pub before: Option<(&'a RepId, Option<OwnerSource>)>,
    /// Whether that was a guess of before the CRM answered, which nobody of ours acted on: no reason to keep it.
    pub guessed: bool,
    /// The buyer's area code, when it is known.
    pub area_code: Option<&'a str>,
}

/// Most candidates that a decision names.
const NAMED: usize = 16;

/// In whose name those are counted whom a decision does not name.
const OTHERS: &str = "others";

/// Looks for the owner in the playbook's order. Whoever cannot have it is passed over and named.
pub fn find(world: &ReadSet<'_>, asked: &Asked<'_>) -> Found {
    let mut found = Found::default();
    for rule in &world.playbook.ownership {
        let candidates = candidates(world, rule, asked);
        if found.owner.is_some() {
            // Of a pool everybody came after: that says nothing.
            for rep in candidates.into_iter().filter(|_| !rule.source.deals()) {
                let why = match bar(world, rule, asked, rep) {
                    Some(bar) => format!("{}, but {bar}", rule.source.words()),
                    None => format!("{}, and that counts less", rule.source.words()),
                };
                note(&mut found.later, rep, why);
            }
            continue;
        }
        let mut fit = Vec::new();
        for rep in candidates {
            let rep = instead(world, rule, rep, &mut found.passed).unwrap_or(rep);
            match bar(world, rule, asked, rep) {
                None if fit.contains(&rep) => {}
                None => fit.push(rep),
                Some(bar) => note(&mut found.passed, rep, format!("{}, but {bar}", rule.source.words())),
            }
        }
        let Some(owner) = choose(world, rule, asked, &fit) else { continue };
        for rep in fit.iter().filter(|rep| **rep != owner) {
            note(&mut found.later, rep, why_not(world, rule, rep));
        }
        let kept = kept(world, rule, asked).is_some();
        found.turn = rule.source.is_of_a_pool().then(|| pool(rule, asked).clone()).filter(|_| !kept);
        found.owner = Some((owner.clone(), rule.source));
    }
    let owner = found.owner.as_ref().map(|(owner, _)| owner.to_string());
    found.later.retain(|p| Some(&p.who) != owner.as_ref() && !found.passed.iter().any(|q| q.who == p.who));
    found
}

fn note(list: &mut Vec<Passed>, rep: &RepId, why: String) {
    if list.iter().any(|p| p.who == rep.as_str()) {
        return;
    }
    match list.len() {
        0..NAMED => list.push(Passed { who: rep.to_string(), why }),
        NAMED => list.push(Passed { who: OTHERS.to_owned(), why: "1 more, whom the record does not name".to_owned() }),
        _ => {
            if let Some(last) = list.last_mut() {
                let more = last.why.split(' ').next().and_then(|n| n.parse::<u32>().ok()).unwrap_or(1);
                last.why = format!("{} more, whom the record does not name", more.saturating_add(1));
            }
        }
    }
}

/// Why somebody who could have it does not.
fn why_not(world: &ReadSet<'_>, rule: &OwnerRule, rep: &RepId) -> String {
    match rule.source {
        OwnerSource::RoundRobin => "could take it, but it was another one's turn".to_owned(),
        OwnerSource::LeastLoaded => {
            let load = world.loads.get(rep).copied().unwrap_or(0);
            format!("could take it, but has {load} open already, or had a turn since")
        }
        OwnerSource::Conversation
        | OwnerSource::Opportunity
        | OwnerSource::Contact
        | OwnerSource::Account
        | OwnerSource::Sdr
        | OwnerSource::OpportunityTeam
        | OwnerSource::Territory
        | OwnerSource::LastTouch => format!("{} too", rule.source.words()),
    }
}

/// Who stands in the place of somebody who left; that is noted.
fn instead<'a>(world: &ReadSet<'a>, rule: &OwnerRule, rep: &RepId, passed: &mut Vec<Passed>) -> Option<&'a RepId> {
    let playbook: &'a super::playbook::Playbook = world.playbook;
    let successor = playbook.successor(rep)?;
    note(passed, rep, inherited::gone(rule.source, playbook.rep_name(successor)));
    Some(successor)
}

fn pool<'a>(rule: &'a OwnerRule, asked: &Asked<'a>) -> &'a TeamId {
    rule.pool.as_ref().unwrap_or(asked.team)
}

/// Whoever the same rule gave it to before keeps it, until they leave.
fn kept<'a>(world: &ReadSet<'_>, rule: &OwnerRule, asked: &Asked<'a>) -> Option<&'a RepId> {
    let (rep, source) = asked.before?;
    (rule.source.deals() && source == Some(rule.source) && world.playbook.is_active(rep)).then_some(rep)
}

/// Everybody that a rule names, without asking whether they can have it.
fn candidates<'a>(world: &ReadSet<'a>, rule: &'a OwnerRule, asked: &Asked<'a>) -> Vec<&'a RepId> {
    if let Some(rep) = kept(world, rule, asked) {
        return vec![rep];
    }
    let cards = world.cards;
    let at_stage = |card: &&Card| {
        let fits = |stage: &str| rule.stages.iter().any(|s| s.eq_ignore_ascii_case(stage));
        rule.stages.is_empty() || card.stage().is_some_and(fits)
    };
    if !rule.stages.is_empty() && !cards.iter().any(|card| at_stage(&card)) {
        return Vec::new();
    }
    let mut all: Vec<&'a RepId> = match rule.source {
        OwnerSource::Conversation => asked.before.filter(|_| !asked.guessed).into_iter().map(|(rep, _)| rep).collect(),
        OwnerSource::Opportunity => {
            cards.iter().filter(at_stage).filter_map(|c| c.opportunity.as_ref()?.owner.as_ref()).collect()
        }
        OwnerSource::Contact => cards.iter().filter(at_stage).filter_map(|c| c.owner.as_ref()).collect(),
        OwnerSource::Account => {
            cards.iter().filter(at_stage).filter_map(|c| c.account.as_ref()?.owner.as_ref()).collect()
        }
        OwnerSource::Sdr => cards.iter().filter(at_stage).filter_map(|c| c.sdr.as_ref()).collect(),
        OwnerSource::OpportunityTeam => on_deals(cards.iter().filter(at_stage), &rule.roles),
        OwnerSource::Territory => {
            let named = rule.territory.as_ref().and_then(|name| world.playbook.territories.get(name));
            named.map_or_else(Vec::new, |territory| territory.of(cards, asked.area_code))
        }
        OwnerSource::LastTouch => {
            // Whoever knows the person comes before whoever knows their colleagues.
            let of: [fn(&Card) -> Option<&Touch>; 2] = [|c| c.last_touch.as_ref(), |c| c.account_touch.as_ref()];
            let newest = of.into_iter().filter_map(|of| {
                let touches = cards.iter().filter(at_stage).filter_map(of);
                touches.filter(|touch| touch.by.is_some()).max_by_key(|touch| touch.at)
            });
            newest.filter_map(|touch| touch.by.as_ref()).collect()
        }
        OwnerSource::RoundRobin | OwnerSource::LeastLoaded => {
            let playbook: &'a super::playbook::Playbook = world.playbook;
            let members = playbook.teams.get(pool(rule, asked)).map(|team| &team.members);
            members.into_iter().flatten().collect()
        }
    };
    let mut seen = BTreeSet::new();
    all.retain(|rep| seen.insert(*rep));
    all
}

/// Members of the deals' teams in the order of the roles asked for.
fn on_deals<'a>(cards: impl Iterator<Item = &'a Card> + Clone, roles: &[String]) -> Vec<&'a RepId> {
    let members = cards.filter_map(|c| c.opportunity.as_ref()).flat_map(|deal| &deal.team);
    if roles.is_empty() {
        return members.map(|member| &member.rep).collect();
    }
    let in_role = |role: &String| {
        let members = members.clone();
        members.filter(|m| m.role.eq_ignore_ascii_case(role)).map(|m| &m.rep).collect::<Vec<_>>()
    };
    roles.iter().flat_map(in_role).collect()
}

/// What is said of somebody who left us.
pub(in crate::domain) const LEFT: &str = "is not with us any more";

/// What is said of an owner in the CRM whom the playbook does not name.
pub(in crate::domain) const NO_REP: &str = "is nobody of the playbook's reps";

/// What is said of somebody whom the playbook does not name. The CRM names owners of its own, who may never have been
/// with us: the user of a program, a colleague who is no rep, one whose mail address nobody here has.
const fn unknown(source: OwnerSource) -> &'static str {
    match source {
        OwnerSource::Opportunity
        | OwnerSource::Contact
        | OwnerSource::Account
        | OwnerSource::Sdr
        | OwnerSource::OpportunityTeam
        | OwnerSource::LastTouch => NO_REP,
        // Whom the playbook named once.
        OwnerSource::Conversation | OwnerSource::Territory | OwnerSource::RoundRobin | OwnerSource::LeastLoaded => LEFT,
    }
}

/// Why somebody cannot have it; nothing when they can.
fn bar(world: &ReadSet<'_>, rule: &OwnerRule, asked: &Asked<'_>, rep: &RepId) -> Option<String> {
    let Some(person) = world.playbook.reps.get(rep) else { return Some(unknown(rule.source).to_owned()) };
    if !person.active {
        return Some(LEFT.to_owned());
    }
    // Whoever has it already is not asked anew whether they can take it.
    let skips = |skip| rule.skip.contains(&skip) && kept(world, rule, asked) != Some(rep);
    if skips(Skip::Away) && !world.is_here(rep) {
        return Some("is away".to_owned());
    }
    if skips(Skip::Hours) && !world.in_hours(rep, asked.now) {
        return Some("is outside their hours".to_owned());
    }
    if let Some(most) = person.capacity.filter(|_| skips(Skip::Capacity)) {
        let load = world.loads.get(rep).copied().unwrap_or(0);
        if load >= most {
            return Some(format!("has {load} of {most} conversations"));
        }
    }
    let on_team = || world.playbook.teams.get(asked.team).is_some_and(|team| team.members.contains(rep));
    (skips(Skip::Team) && !on_team()).then(|| "is not on this team".to_owned())
}

/// Who of those who can have it.
fn choose<'a>(world: &ReadSet<'_>, rule: &OwnerRule, asked: &Asked<'_>, fit: &[&'a RepId]) -> Option<&'a RepId> {
    match rule.source {
        OwnerSource::RoundRobin => match world.roster.turns.get(pool(rule, asked)) {
            Some(turns) => turns.next(fit.iter().copied()),
            None => turn::Turns::default().next(fit.iter().copied()),
        },
        OwnerSource::LeastLoaded => {
            let load = |rep: &&RepId| {
                let weight = world.playbook.reps.get(*rep).map_or(1, |r| r.weight.clamp(1, turn::MAX_WEIGHT));
                // What one more would make of it, in shares.
                u64::from(world.loads.get(*rep).copied().unwrap_or(0) + 1) * 1_000_000 / u64::from(weight)
            };
            let least = fit.iter().map(load).min()?;
            let level: Vec<&'a RepId> = fit.iter().copied().filter(|rep| load(rep) == least).collect();
            match world.roster.turns.get(pool(rule, asked)) {
                Some(turns) => turns.next(level),
                None => turn::Turns::default().next(level),
            }
        }
        OwnerSource::Conversation
        | OwnerSource::Opportunity
        | OwnerSource::Contact
        | OwnerSource::Account
        | OwnerSource::Sdr
        | OwnerSource::OpportunityTeam
        | OwnerSource::Territory
        | OwnerSource::LastTouch => fit.first().copied(),
    }
}

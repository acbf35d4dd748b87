//! Which change deserves an alert, and which does not. Pure; somebody else delivers.
//!
//! Once for each fact, whoever restarts; one for each conversation at a time; none for what the person is looking at;
//! none for history: what happened before a start or during an absence is one line on the screen. Names are raw:
//! whoever delivers makes them safe. The words of a text are never in an alert.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::handle::{Toast, Weight};
use super::inbox::waits_for;
use super::state::{State, name_of};
use crate::domain::addressed;
use crate::domain::conversation::{Answer, Status};
use crate::domain::id::{ConversationId, RepId};
use crate::domain::regulated;
use crate::domain::routing::{Holder, Reason};
use crate::domain::sla::Stage;
use crate::domain::writer;
use crate::wire::changes::Snapshot;

/// Silence of the backend that is worth an alert, and an absence after which news are history.
const LONG: Duration = Duration::from_mins(1);
/// After the first pull of a start or a return, news still count as history for this long.
const CATCH_UP: Duration = Duration::from_secs(3);

/// What an alert is about, from the quietest to the loudest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The backend answers again.
    Back,
    /// A conversation came to me, or to a pool of mine.
    Assigned,
    /// An answer is due soon.
    Warning,
    /// A text may have asked us to stop, and its number is held until somebody rules.
    Held,
    /// Somebody before me did not act.
    Escalated,
    /// An answer is late.
    Breach,
    /// The backend has not answered for a minute.
    Unreachable,
}

/// One alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// About which conversation: a newer alert about it replaces this one.
    pub conversation: Option<ConversationId>,
    /// What it is.
    pub kind: Kind,
    /// What happened, and who.
    pub title: String,
    /// Account, and why. Never the words of a text.
    pub body: String,
}

impl Alert {
    /// The same in a line for the screen.
    pub fn toast(&self) -> Toast {
        let text = match self.body.as_str() {
            "" => self.title.clone(),
            body => format!("{} ({body})", self.title),
        };
        let weight = if self.kind >= Kind::Breach { Weight::Loud } else { Weight::News };
        Toast { text, weight, conversation: self.conversation }
    }
}

/// Where alerts go. Called on the client's thread: it must not block.
pub type Sink = Box<dyn FnMut(Alert) + Send>;

/// What follows from a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raised {
    /// To deliver.
    pub alerts: Vec<Alert>,
    /// Facts that are never raised again.
    pub keys: Vec<String>,
    /// What happened before a start or during an absence, for the screen alone.
    pub meanwhile: Option<String>,
}

/// Decides on alerts.
#[derive(Clone, Debug)]
pub struct Alerts {
    focused: bool,
    on_screen: Option<ConversationId>,
    /// News are history: since a start or a return, until the window closes.
    history: bool,
    closes: Option<Duration>,
    /// What history would have said, by conversation.
    held: BTreeMap<ConversationId, Kind>,
    recent: BTreeMap<ConversationId, (Duration, Kind)>,
    offline_since: Option<Duration>,
    unreachable: bool,
}

impl Default for Alerts {
    fn default() -> Self {
        Self {
            focused: false,
            on_screen: None,
            history: true,
            closes: None,
            held: BTreeMap::new(),
            recent: BTreeMap::new(),
            offline_since: None,
            unreachable: false,
        }
    }
}

struct Fact {
    kind: Kind,
    key: String,
    title: String,
    body: String,
}

impl Alerts {
    /// What the person looks at. A terminal that never said so is not focused.
    pub fn looking(&mut self, focused: bool, conversation: Option<ConversationId>) {
        self.focused = focused;
        self.on_screen = conversation;
    }

    /// The machine slept: what comes next is history.
    pub fn slept(&mut self) {
        self.history = true;
        self.closes = None;
    }

    /// Pages were applied. `complete` when nothing more was waiting.
    pub fn pulled(&mut self, state: &State, touched: &[ConversationId], complete: bool, mono: Duration) -> Raised {
        if self.offline_since.take().is_some_and(|since| mono.saturating_sub(since) > LONG) {
            self.slept();
        }
        let mut raised = Raised::default();
        let mut keys = BTreeSet::new();
        for id in touched.iter().collect::<BTreeSet<_>>() {
            let Some(snapshot) = state.base.get(id) else {
                self.held.remove(id);
                continue;
            };
            let news: Vec<Fact> = facts(state, snapshot)
                .into_iter()
                .filter(|f| !state.alerted.contains_key(&f.key) && keys.insert(f.key.clone()))
                .collect();
            raised.keys.extend(news.iter().map(|f| f.key.clone()));
            // The loudest speaks for the conversation.
            let Some(fact) = news.into_iter().max_by_key(|f| f.kind) else { continue };
            if self.focused && self.on_screen == Some(*id) {
                continue;
            }
            let alert = Alert { conversation: Some(*id), kind: fact.kind, title: fact.title, body: fact.body };
            if self.history {
                self.held.insert(*id, alert.kind);
            } else if self
                .recent
                .get(id)
                .is_none_or(|(at, kind)| mono.saturating_sub(*at) > CATCH_UP || *kind < fact.kind)
            {
                self.recent.insert(*id, (mono, fact.kind));
                raised.alerts.push(alert);
            }
        }
        if self.history && complete && self.closes.is_none() {
            self.closes = Some(mono + CATCH_UP);
        }
        self.recent.retain(|_, (at, _)| mono.saturating_sub(*at) <= CATCH_UP);
        raised
    }

    /// Time passed; `offline_since` is since when nothing answers.
    pub fn tick(&mut self, offline_since: Option<Duration>, mono: Duration) -> Raised {
        let mut raised = Raised::default();
        if offline_since.is_some() {
            self.offline_since = self.offline_since.or(offline_since);
            if !self.unreachable && offline_since.is_some_and(|since| mono.saturating_sub(since) >= LONG) {
                self.unreachable = true;
                raised.alerts.push(Alert {
                    conversation: None,
                    kind: Kind::Unreachable,
                    title: "The backend does not answer".to_owned(),
                    body: "You see the state of a minute ago; answers wait and go when it is back.".to_owned(),
                });
            }
        } else if self.unreachable {
            self.unreachable = false;
            raised.alerts.push(Alert {
                conversation: None,
                kind: Kind::Back,
                title: "The backend answers again".to_owned(),
                body: String::new(),
            });
        }
        if self.closes.is_some_and(|at| at <= mono) {
            self.closes = None;
            self.history = false;
            raised.meanwhile = summary(&std::mem::take(&mut self.held));
        }
        raised
    }

    /// When to call [`Alerts::tick`] again.
    pub fn next(&self, offline_since: Option<Duration>) -> Option<Duration> {
        let unreachable = offline_since.filter(|_| !self.unreachable).map(|since| since + LONG);
        [self.closes, unreachable].into_iter().flatten().min()
    }
}

/// Everything that happened meanwhile, in one line.
fn summary(held: &BTreeMap<ConversationId, Kind>) -> Option<String> {
    let count = |kind: Kind| held.values().filter(|k| **k == kind).count();
    let parts = [
        (count(Kind::Breach), "late"),
        (count(Kind::Held), "on opt-out hold"),
        (count(Kind::Warning), "due soon"),
        (count(Kind::Escalated), "escalated to you"),
        (count(Kind::Assigned), "new for you"),
    ];
    let said: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    (!said.is_empty()).then(|| format!("Meanwhile: {}.", said.join(", ")))
}

/// What there is to say of a conversation, with a key for each that stays the same as long as it is the same fact.
fn facts(state: &State, snapshot: &Snapshot) -> Vec<Fact> {
    let c = &snapshot.state;
    let Some(me) = state.session.as_ref().map(|s| &s.rep) else { return Vec::new() };
    let who = name_of(snapshot);
    let account = writer::account(writer::cards(&snapshot.state, &snapshot.cards));
    let body = |why: &str| match &account {
        Some(account) if why.is_empty() => account.clone(),
        Some(account) => format!("{account}: {why}"),
        None => why.to_owned(),
    };
    let notes: Vec<Fact> = state.playbook.as_ref().map_or_else(Vec::new, |playbook| {
        let told = addressed::asking(c, me).map(|note| {
            let title = format!("{} wrote a note for you: {who}", playbook.rep_name(&note.by));
            Fact { kind: Kind::Assigned, key: format!("note:{}", note.message), title, body: body("") }
        });
        told.collect()
    });
    // What is done or out of sight asks for nobody, but for whom a colleague writes there.
    if c.status != Status::Open {
        return notes;
    }
    let mut facts = Vec::new();
    let mine = waits_for(state.playbook.as_ref(), me, c);
    if let Some(a) = c.assignment.as_ref().filter(|a| mine && a.taken.is_none() && !is_my_doing(&a.because.reason, me))
    {
        let (kind, words) = match (&a.to, a.because.climbed.is_some()) {
            (Holder::Rep(_), true) => (Kind::Escalated, "Escalated to you"),
            (Holder::Pool(_), true) => (Kind::Escalated, "Escalated to your team"),
            (Holder::Rep(_), false) => (Kind::Assigned, "For you"),
            (Holder::Pool(_), false) => (Kind::Assigned, "For your team"),
        };
        let key = format!("offer:{}:{}", c.id, a.at.millis());
        let name =
            |rep: &RepId| state.playbook.as_ref().map_or_else(|| rep.to_string(), |p| p.rep_name(rep).to_owned());
        let why = a.because.sentence(a.to.rep(), name);
        facts.push(Fact { kind, key, title: format!("{words}: {who}"), body: body(&why) });
    }
    if let Some(playbook) = &state.playbook {
        let asked = |a: &Answer| regulated::waits_for_approval(a) && regulated::may_approve(playbook, c, &a.by, me);
        let asks = c.answers.iter().filter(|(_, answer)| asked(answer)).map(|(message, answer)| {
            let title = format!("To approve: {}'s answer to {who}", playbook.rep_name(&answer.by));
            let why = body("a text waits for your approval: z");
            Fact { kind: Kind::Assigned, key: format!("approve:{message}"), title, body: why }
        });
        facts.extend(asks);
    }
    facts.extend(notes);
    let leads = state.playbook.as_ref().is_some_and(|p| p.led_by(me).contains(&c.team));
    let concerns = mine || c.owner.as_ref() == Some(me);
    facts.extend(held(state, snapshot, (concerns, leads), &who).map(|(key, title)| Fact {
        kind: Kind::Held,
        key,
        title,
        body: body("nothing goes out until somebody rules: z"),
    }));
    let Some(clock) = &c.clock else { return facts };
    match clock.stage {
        Stage::Warned if mine => {
            let key = format!("warn:{}:{}", c.id, clock.started.millis());
            facts.push(Fact { kind: Kind::Warning, key, title: format!("Due soon: {who}"), body: body("") });
        }
        Stage::Breached if concerns || leads => {
            let key = format!("late:{}:{}", c.id, clock.started.millis());
            let holder = c.assignee().filter(|rep| *rep != me);
            let name = holder.and_then(|rep| state.playbook.as_ref().map(|p| p.rep_name(rep).to_owned()));
            let why = name.map(|name| format!("with {name}")).unwrap_or_default();
            facts.push(Fact { kind: Kind::Breach, key, title: format!("Late: {who}"), body: body(&why) });
        }
        Stage::Running | Stage::Warned | Stage::Breached => {}
    }
    facts
}

/// What there is to say of a hold on its number: that it began, to whom its conversation concerns; and that nobody has ruled
/// and the time is nearly over, to the lead as well. Once for each number, in whichever of its conversations.
fn held(state: &State, snapshot: &Snapshot, (concerns, leads): (bool, bool), who: &str) -> Option<(String, String)> {
    let hold = snapshot.number.hold.as_ref()?;
    let key = |what: &str| format!("{what}:{}:{}", snapshot.number.id, hold.since.millis());
    let warned = snapshot.state.ruling.is_some_and(|clock| clock.warned);
    if warned && (concerns || leads) {
        return Some((key("rule"), format!("A ruling is due: {who} may have asked us to stop")));
    }
    let said = key("hold");
    // What was told in one of its conversations is no news in another one.
    let news = concerns && !state.alerted.contains_key(&key("rule"));
    news.then(|| (said, format!("Opt-out hold: {who} may have asked us to stop")))
}

fn is_my_doing(reason: &Reason, me: &RepId) -> bool {
    match reason {
        Reason::Person(by) => by == me,
        Reason::Took | Reason::TookElsewhere(_) => true,
        Reason::Owner(_)
        | Reason::Step(_)
        | Reason::Unowned(_)
        | Reason::SentOn(_)
        | Reason::Returned(_)
        | Reason::InPlaceOf(_) => false,
    }
}

//! Which change raises an alert, and which does not: the real rules on one side, a rep's client on the other.

use std::sync::Arc;
use std::time::Duration;

use comeback::client::alert::{Alert, Alerts, Kind, Raised};
use comeback::client::state::State;
use comeback::domain::command::Command;
use comeback::domain::contact::{Address, Body};
use comeback::domain::event::Outcome;
use comeback::domain::id::{ConversationId, DeviceId};
use comeback::domain::time::Span;
use comeback::domain::visibility::{may_see, principals};
use comeback::wire::changes::Snapshot;
use comeback::wire::session::Session;
use uuid::Uuid;

use crate::world::{Story, card};

/// One rep's client, told what the story makes visible to them.
struct Desk {
    rep: &'static str,
    alerts: Alerts,
    state: State,
    mono: Duration,
    toasts: Vec<String>,
}

impl Desk {
    /// Somebody who has just started: nothing was pulled yet.
    fn of(rep: &'static str, story: &Story) -> Self {
        let known = &story.playbook.reps[&rep.into()];
        let session = Session {
            device: DeviceId(Uuid::from_u128(9)),
            rep: rep.into(),
            name: known.name.clone(),
            role: known.role,
            company: story.playbook.company.clone(),
            wire: 1,
        };
        let playbook = Some(Arc::new(story.playbook.clone()));
        let state = State { session: Some(session), playbook, ..State::default() };
        Self { rep, alerts: Alerts::default(), state, mono: Duration::ZERO, toasts: Vec::new() }
    }

    /// Somebody who has been here for a while: what comes now is news.
    fn settled(rep: &'static str, story: &Story) -> Self {
        let mut desk = Self::of(rep, story);
        assert_eq!(desk.pulls(story), []);
        assert_eq!(desk.waits(10), [], "a start raises nothing");
        desk
    }

    /// A pull brings everything as it is now.
    fn pulls(&mut self, story: &Story) -> Vec<Alert> {
        let own = principals(&story.playbook, &self.rep.into());
        let mut touched: Vec<ConversationId> = self.state.base.keys().copied().collect();
        self.state.base.clear();
        for c in story.conversations.values().filter(|c| may_see(&own, c)) {
            touched.push(c.id);
            let n = c.number.0.as_u128();
            let snapshot = Snapshot {
                answering: None,
                state: c.clone(),
                seq: 1,
                address: Address::parse(&format!("+1415555{n:04}")).unwrap(),
                number: story.numbers[&c.number].clone(),
                cards: story.cards.get(&c.number).cloned().unwrap_or_default(),
                messages: Vec::new(),
                earlier: false,
                whole_from: None,
            };
            self.state.base.insert(c.id, snapshot);
        }
        let raised = self.alerts.pulled(&self.state, &touched, true, self.mono);
        self.take(raised)
    }

    fn take(&mut self, raised: Raised) -> Vec<Alert> {
        for key in raised.keys {
            self.state.alerted.insert(key, story_start());
        }
        self.toasts.extend(raised.meanwhile);
        raised.alerts
    }

    /// Real time passes, online.
    fn waits(&mut self, seconds: u64) -> Vec<Alert> {
        self.waits_since(seconds, None)
    }

    fn waits_since(&mut self, seconds: u64, offline: Option<Duration>) -> Vec<Alert> {
        self.mono += Duration::from_secs(seconds);
        let raised = self.alerts.tick(offline, self.mono);
        self.take(raised)
    }

    /// The client ends and starts again with what it had written down.
    fn restarts(&mut self) {
        self.alerts = Alerts::default();
        self.mono = Duration::ZERO;
    }
}

fn story_start() -> comeback::domain::time::Timestamp {
    crate::world::at(crate::world::TUESDAY_TEN)
}

fn kinds(alerts: &[Alert]) -> Vec<Kind> {
    alerts.iter().map(|a| a.kind).collect()
}

#[test]
fn a_reply_a_warning_a_breach_and_an_escalation_reach_whom_they_concern() {
    let mut story = Story::begins();
    let (mut maya, mut ben, mut lea) =
        (Desk::settled("maya", &story), Desk::settled("ben", &story), Desk::settled("lea", &story));
    story.crm_says(1, vec![card("c-1")]);
    story.texts("Can we talk about the price?");
    let heard = maya.pulls(&story);
    assert_eq!(kinds(&heard), [Kind::Assigned]);
    assert!(heard[0].title.starts_with("For you: "), "{}", heard[0].title);
    assert_eq!((ben.pulls(&story), lea.pulls(&story)), (vec![], vec![]), "nobody else is disturbed");
    maya.waits(10);
    story.minutes_pass(5);
    assert_eq!(kinds(&ben.pulls(&story)), [Kind::Escalated], "the backup is asked, because maya did not act");
    assert_eq!(maya.pulls(&story), [], "hers no more");
    for desk in [&mut maya, &mut ben, &mut lea] {
        desk.waits(10);
    }
    story.does("ben", &Command::Take).unwrap();
    assert_eq!(ben.pulls(&story), [], "what one does oneself is no news");
    story.minutes_pass(5);
    assert_eq!(kinds(&ben.pulls(&story)), [Kind::Warning]);
    assert_eq!((maya.pulls(&story), lea.pulls(&story)), (vec![], vec![]), "a warning is for whoever has it");
    for desk in [&mut maya, &mut ben, &mut lea] {
        desk.waits(10);
    }
    story.minutes_pass(5);
    assert_eq!(kinds(&maya.pulls(&story)), [Kind::Breach], "the owner hears of it");
    let lead = lea.pulls(&story);
    assert_eq!(kinds(&lead), [Kind::Breach], "and the lead");
    assert!(lead[0].title.starts_with("Late: "), "{}", lead[0].title);
}

#[test]
fn help_asked_for_is_an_escalation_and_a_hand_over_is_an_assignment() {
    let mut story = Story::with_mayas_buyer();
    let (mut ben, mut ines) = (Desk::settled("ben", &story), Desk::settled("ines", &story));
    let note = story.fresh();
    let reason = comeback::domain::contact::Body::new("they ask for a discount");
    story.does("maya", &Command::Escalate { note, reason }).unwrap();
    let heard = ben.pulls(&story);
    assert_eq!(kinds(&heard), [Kind::Escalated]);
    assert!(!format!("{heard:?}").contains("discount"), "words never stand in an alert");
    story.does("ben", &Command::Assign { to: "ines".into() }).unwrap();
    assert_eq!(kinds(&ines.pulls(&story)), [Kind::Assigned]);
}

#[test]
fn a_pool_that_is_asked_hears_of_it_as_an_escalation() {
    let mut story = Story::with_mayas_buyer();
    let mut ines = Desk::settled("ines", &story);
    story.minutes_pass(10);
    let heard = ines.pulls(&story);
    assert_eq!(kinds(&heard), [Kind::Escalated]);
    assert!(heard[0].title.starts_with("Escalated to your team: "), "{}", heard[0].title);
}

#[test]
fn each_fact_is_raised_once_whoever_pulls_again_or_restarts() {
    let mut story = Story::begins();
    let mut maya = Desk::settled("maya", &story);
    story.crm_says(1, vec![card("c-1")]);
    story.texts("Hello?");
    assert_eq!(kinds(&maya.pulls(&story)), [Kind::Assigned]);
    for _ in 0..3 {
        maya.waits(10);
        assert_eq!(maya.pulls(&story), []);
    }
    maya.restarts();
    assert_eq!(maya.pulls(&story), []);
    assert_eq!(maya.waits(10), []);
    assert_eq!(maya.toasts, Vec::<String>::new(), "known facts are no history either");
}

#[test]
fn one_conversation_speaks_once_and_by_its_loudest_fact() {
    let mut story = Story::begins();
    let mut ben = Desk::settled("ben", &story);
    story.crm_says(1, vec![card("c-1")]);
    story.texts("Hello?");
    // Between two pulls: offered on to ben, warned, breached.
    story.minutes_pass(5);
    story.does("ben", &Command::Take).unwrap();
    story.minutes_pass(10);
    story.does("lea", &Command::Assign { to: "ben".into() }).unwrap();
    assert_eq!(kinds(&ben.pulls(&story)), [Kind::Breach]);
    ben.waits(10);
    assert_eq!(ben.pulls(&story), [], "the quieter facts were told with it");
}

#[test]
fn what_is_on_a_focused_screen_raises_nothing_and_on_an_unfocused_one_it_does() {
    for focused in [true, false] {
        let mut story = Story::begins();
        let mut maya = Desk::settled("maya", &story);
        story.crm_says(1, vec![card("c-1")]);
        story.texts("Hello?");
        maya.alerts.looking(focused, Some(story.here));
        assert_eq!(maya.pulls(&story).is_empty(), focused);
        // Another conversation than the one looked at always speaks.
        story.crm_says(2, vec![card("c-2")]);
        story.receives(2, "main", "And me?", 0, None);
        maya.waits(10);
        assert_eq!(kinds(&maya.pulls(&story)), [Kind::Assigned]);
    }
}

#[test]
fn history_raises_nothing_and_is_one_line_on_the_screen() {
    let mut story = Story::with_mayas_buyer();
    story.crm_says(2, vec![card("c-2")]);
    story.receives(2, "main", "Me too", 0, None);
    let mut maya = Desk::of("maya", &story);
    assert_eq!(maya.pulls(&story), [], "a start");
    assert_eq!(maya.waits(2), [], "the window is still open");
    assert_eq!(maya.toasts, Vec::<String>::new());
    assert_eq!(maya.waits(2), []);
    assert_eq!(maya.toasts, ["Meanwhile: 2 new for you."]);
    story.crm_says(3, vec![card("c-3")]);
    story.receives(3, "main", "Now", 0, None);
    assert_eq!(kinds(&maya.pulls(&story)), [Kind::Assigned], "from then on, news are news");
}

#[test]
fn a_note_for_me_is_one_alert_and_one_for_a_colleague_or_for_everybody_none() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Take).unwrap();
    let mut desk = Desk::settled("lea", &story);
    let mut note = |story: &mut Story, to: Option<&str>| {
        let message = story.fresh();
        let body = Body::new("Between us: ten per cent");
        story.does("maya", &Command::Note { message, body, to: to.map(Into::into) }).unwrap();
        desk.pulls(story)
    };
    assert_eq!(note(&mut story, None), []);
    assert_eq!(note(&mut story, Some("adele")), []);
    let alerts = note(&mut story, Some("lea"));
    assert_eq!(kinds(&alerts), [Kind::Assigned]);
    assert!(alerts[0].title.starts_with("Maya wrote a note for you: "), "{alerts:?}");
    assert!(!alerts[0].title.contains("ten per cent") && !alerts[0].body.contains("ten per cent"), "{alerts:?}");
    assert_eq!(desk.pulls(&story), [], "once");
}

#[test]
fn a_note_for_me_is_an_alert_also_where_nothing_is_left_to_do_or_it_is_snoozed() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Take).unwrap();
    for until in [None, Some(story.now + Span::minutes(5))] {
        let mut story = story.clone();
        let ends = until.map_or(Command::Done { outcome: Outcome::Called }, |until| Command::Snooze { until });
        story.does("maya", &ends).unwrap();
        let mut desk = Desk::settled("lea", &story);
        let note = Command::Note { message: story.fresh(), body: Body::new("A word?"), to: Some("lea".into()) };
        story.does("maya", &note).unwrap();
        let alerts = desk.pulls(&story);
        assert_eq!(kinds(&alerts), [Kind::Assigned], "{ends:?}");
        assert!(alerts[0].title.starts_with("Maya wrote a note for you: "), "{alerts:?}");
    }
}

#[test]
fn a_backend_that_is_silent_for_a_minute_is_one_alert_and_its_return_another() {
    let mut story = Story::with_mayas_buyer();
    let mut maya = Desk::settled("maya", &story);
    maya.toasts.clear();
    let since = maya.mono;
    assert_eq!(maya.waits_since(59, Some(since)), [], "a hiccup is nobody's business");
    assert_eq!(kinds(&maya.waits_since(1, Some(since))), [Kind::Unreachable]);
    assert_eq!(maya.waits_since(600, Some(since)), [], "said once");
    story.crm_says(2, vec![card("c-2")]);
    story.receives(2, "main", "Anybody?", 0, None);
    assert_eq!(maya.pulls(&story), [], "what came meanwhile is history");
    assert_eq!(kinds(&maya.waits(1)), [Kind::Back]);
    assert_eq!(maya.waits(5), []);
    assert_eq!(maya.toasts, ["Meanwhile: 1 new for you."]);
}

#[test]
fn a_machine_that_slept_is_not_flooded() {
    let mut story = Story::with_mayas_buyer();
    let mut maya = Desk::settled("maya", &story);
    maya.toasts.clear();
    maya.alerts.slept();
    for n in 2..30 {
        story.crm_says(n, vec![card(&format!("c-{n}"))]);
        story.receives(n, "main", "Hello?", 0, None);
    }
    assert_eq!(maya.pulls(&story), []);
    assert_eq!(maya.waits(5), []);
    assert_eq!(maya.toasts, ["Meanwhile: 28 new for you."]);
}

#[test]
fn what_is_done_or_gone_raises_nothing() {
    let mut story = Story::begins();
    let mut maya = Desk::settled("maya", &story);
    story.crm_says(1, vec![card("c-1")]);
    story.texts("Hello?");
    story.does("maya", &Command::Done { outcome: Outcome::Called }).unwrap();
    assert_eq!(maya.pulls(&story), []);
    story.wait(Span::minutes(60));
    assert_eq!(maya.pulls(&story), []);
}

#[test]
fn an_alert_stands_on_the_screen_too_and_a_breach_is_loud_there() {
    use comeback::client::handle::Weight;
    let alert = |kind| Alert { conversation: None, kind, title: "Late: Dana".to_owned(), body: "Acme".to_owned() };
    assert_eq!(alert(Kind::Breach).toast().text, "Late: Dana (Acme)");
    let weights = [Kind::Assigned, Kind::Warning, Kind::Escalated, Kind::Breach, Kind::Unreachable];
    let weights = weights.map(|kind| alert(kind).toast().weight);
    assert_eq!(weights, [Weight::News, Weight::News, Weight::News, Weight::Loud, Weight::Loud]);
}

#[test]
fn a_second_person_who_is_asked_hears_of_it_and_nobody_else_does() {
    use comeback::domain::contact::Body;
    use comeback::domain::regulated::Regulated;
    use comeback::domain::snippet::Snippet;

    let mut story = Story::with_mayas_buyer();
    let thanks = Snippet { text: "Thank you!".to_owned(), ..Snippet::default() };
    story.playbook.snippets.insert("thanks".to_owned(), thanks);
    let rules = Regulated { snippets: ["thanks".to_owned()].into(), approval: true, ..Regulated::default() };
    story.playbook.use_cases.get_mut("question").unwrap().regulated = Some(rules);
    let mut desks = ["ines", "kim"].map(|rep| Desk::settled(rep, &story));
    let message = story.fresh();
    story.does("maya", &Command::Answer { message, body: Body::new("Thank you!"), accept: vec![] }).unwrap();
    let [ines, kim] = &mut desks;
    let told: Vec<_> = ines.pulls(&story).into_iter().map(|alert| (alert.kind, alert.title)).collect();
    assert_eq!(told, [(Kind::Assigned, "To approve: Maya's answer to Buyer c-1".to_owned())]);
    assert_eq!(ines.pulls(&story), [], "once");
    assert_eq!(kim.pulls(&story), []);
}

#[test]
fn a_hold_is_told_to_whom_it_concerns_and_to_the_lead_when_nobody_rules() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Take).unwrap();
    let mut desks = ["maya", "ines", "lea"].map(|rep| Desk::settled(rep, &story));
    story.texts("please take me off your list");
    let [maya, ines, lea] = &mut desks;
    let told = maya.pulls(&story);
    assert_eq!(kinds(&told), [Kind::Held]);
    assert_eq!(told[0].title, "Opt-out hold: Buyer c-1 may have asked us to stop");
    assert!(!format!("{told:?}").contains("list"), "no words of a text are in an alert");
    assert_eq!((kinds(&ines.pulls(&story)), kinds(&lea.pulls(&story))), (vec![], vec![]));
    story.texts("I mean it, take me off your list");
    assert_eq!(kinds(&maya.waits(10)), [], "the same hold");
    assert_eq!(kinds(&maya.pulls(&story)), []);
    story.minutes_pass(60);
    assert_eq!(kinds(&lea.pulls(&story)), [Kind::Breach]);
    lea.waits(10);
    story.now = story.c().ruling.unwrap().warn;
    story.expires();
    let told = lea.pulls(&story);
    assert_eq!(kinds(&told), [Kind::Held]);
    assert_eq!(told[0].title, "A ruling is due: Buyer c-1 may have asked us to stop");
}

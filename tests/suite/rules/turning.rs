//! What turns out to be for somebody else than it was thought to be, and policies that lose a team or a rep.

use comeback::domain::answering::Answering;
use comeback::domain::command::{Actor, Command};
use comeback::domain::contact::Body;
use comeback::domain::escalation::Who;
use comeback::domain::event::{Event, Outcome};
use comeback::domain::id::{RepId, TeamId};
use comeback::domain::ownership::OwnerSource;
use comeback::domain::playbook::UseCase;
use comeback::domain::routing::{Holder, Reason};
use comeback::domain::succession::without;
use comeback::domain::time::Span;
use comeback::domain::visibility::{Principal, audience};

use crate::world::{Story, card, kinds};

/// A floor where another program answers surveys, and Sales renewals.
fn floor() -> Story {
    let mut story = Story::begins();
    let campaign = |name: &str| vec![name.to_owned()];
    let survey = UseCase { label: "survey".to_owned(), campaigns: campaign("survey-*"), ..UseCase::default() };
    let renewal = UseCase {
        label: "renewal".to_owned(),
        sales: true,
        campaigns: campaign("ren-*"),
        priority: 2,
        ..UseCase::default()
    };
    let cases = &mut story.playbook.use_cases;
    cases.extend([("survey".to_owned(), survey), ("renewal".to_owned(), renewal)]);
    story.playbook.alerting.handled.insert("survey".to_owned(), "hook".to_owned());
    story.crm_says(1, vec![card("c-1")]);
    story
}

/// A campaign's text is reported, sent so long before now.
fn reported(story: &mut Story, campaign: &str, minutes: i64) -> Vec<Event> {
    let at = story.now - Span::minutes(minutes);
    let (campaign, words) = (campaign.to_owned(), Body::new("Spring is here"));
    story.answering.insert(Story::number(1), Answering { campaign, use_case: None, words, at, send: None });
    if story.conversations.is_empty() { Vec::new() } else { story.machine(Actor::Crm, &Command::Match) }
}

fn holder(story: &Story) -> &str {
    story.c().assignee().map_or("", RepId::as_str)
}

fn pool(team: &str) -> Holder {
    Holder::Pool(team.into())
}

#[test]
fn what_turns_out_to_be_for_sales_is_clocked_from_when_it_came_and_offered_to_its_owner() {
    let mut story = floor();
    reported(&mut story, "survey-1", 60);
    story.texts("Yes, gladly");
    assert!(story.c().is_sent_on() && story.c().clock.is_none());
    let came = story.now;
    story.wait(Span::minutes(2));
    let said = reported(&mut story, "ren-1", 30);
    assert_eq!(kinds(&said), ["matched", "sla_started", "offered"]);
    let c = story.c();
    assert_eq!((holder(&story), c.use_case.as_str()), ("maya", "renewal"));
    assert_eq!(c.clock.as_ref().map(|clock| clock.started), Some(came));
    assert!(c.assignment.as_ref().unwrap().expires.is_some(), "the ladder runs");
    let again = story.machine(Actor::Crm, &Command::Match);
    assert_eq!(kinds(&again), ["matched"], "once");
}

#[test]
fn what_turns_out_to_be_another_programs_ends_the_offer_and_the_clock() {
    let mut story = floor();
    story.texts("Four stars");
    assert_eq!(holder(&story), "maya");
    story.does("maya", &Command::Snooze { until: story.now + Span::minutes(1) }).unwrap();
    let said = reported(&mut story, "survey-1", 30);
    assert_eq!(kinds(&said), ["matched", "sla_dropped", "offered"]);
    let a = story.c().assignment.clone().unwrap();
    assert_eq!((a.to, a.expires, a.because.reason), (pool("enterprise"), None, Reason::SentOn("hook".to_owned())));
    assert_eq!(kinds(&story.minutes_pass(600)), ["woke"], "nobody is asked and nothing is late");
    // And back: everybody may be asked again.
    let said = reported(&mut story, "ren-1", 601);
    assert_eq!(kinds(&said), ["matched", "sla_started", "offered"]);
    assert_eq!(holder(&story), "maya");

    // With a cohort of its own its clock follows that, and still nobody is asked.
    let mut story = floor();
    story.playbook.use_cases.get_mut("survey").unwrap().cohort = Some("new".to_owned());
    story.texts("Four stars");
    let said = reported(&mut story, "survey-1", 30);
    assert_eq!(kinds(&said), ["matched", "sla_recomputed", "offered"]);
    assert_eq!(story.c().clock.as_ref().map(|clock| clock.cohort.as_str()), Some("new"));
    let said = reported(&mut story, "ren-1", 20);
    assert_eq!(kinds(&said), ["matched", "sla_recomputed", "offered"]);
    assert_eq!(story.c().clock.as_ref().map(|clock| clock.cohort.as_str()), Some("late-stage"));
}

#[test]
fn what_somebody_works_on_stays_with_them_whatever_it_turns_out_to_be() {
    let mut story = floor();
    story.texts("Four stars");
    story.does("maya", &Command::Take).unwrap();
    reported(&mut story, "survey-1", 30);
    let c = story.c();
    assert_eq!((holder(&story), c.use_case.as_str(), c.clock.is_some()), ("maya", "question", true));
    // A text of its own answers no earlier question.
    let mut story = floor();
    story.playbook.use_cases.get_mut("survey").unwrap().keywords = vec!["stars".to_owned()];
    story.texts("What does it cost?");
    story.texts("and four stars, by the way");
    assert_eq!((holder(&story), story.c().use_case.as_str()), ("maya", "question"));
}

#[test]
fn a_reply_to_sales_after_one_to_another_program_is_offered_at_once() {
    let mut story = floor();
    story.playbook.use_cases.get_mut("survey").unwrap().cohort = Some("new".to_owned());
    reported(&mut story, "survey-1", 60);
    story.texts("Four stars");
    assert!(story.c().is_sent_on() && story.c().clock.is_some());
    story.playbook.use_cases.get_mut("renewal").unwrap().keywords = vec!["renew".to_owned()];
    story.answering.clear();
    let said = story.texts("And can we renew?");
    assert!(kinds(&said).contains(&"offered"), "{said:?}");
    assert_eq!((holder(&story), story.c().use_case.as_str()), ("maya", "renewal"));
    assert_eq!(story.c().clock.as_ref().map(|clock| clock.cohort.as_str()), Some("late-stage"));
}

#[test]
fn whoever_worked_for_a_buyer_whom_nobody_owns_is_asked_first_when_they_write_again() {
    let mut story = Story::begins();
    story.texts("Who sells these?");
    story.does("ben", &Command::Take).unwrap();
    story.does("ben", &Command::Done { outcome: Outcome::Called }).unwrap();
    story.texts("One more thing");
    assert_eq!((holder(&story), story.c().owned_by), ("ben", Some(OwnerSource::Conversation)));
    // Who has left is passed over, and said so.
    let mut story = Story::begins();
    story.texts("Who sells these?");
    story.does("ben", &Command::Take).unwrap();
    story.does("ben", &Command::Done { outcome: Outcome::Called }).unwrap();
    story.playbook.reps.get_mut(&"ben".into()).unwrap().active = false;
    story.texts("One more thing");
    let a = story.c().assignment.clone().unwrap();
    assert_eq!(a.to, pool("enterprise"));
    assert!(a.because.passed.iter().any(|p| p.who == "ben"), "{:?}", a.because.passed);
}

#[test]
fn an_offer_that_passes_on_wakes_what_was_put_off() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Snooze { until: story.now + Span::minutes(14) }).unwrap();
    let said = story.minutes_pass(5);
    assert_eq!(kinds(&said), ["woke", "escalated", "offered"]);
    assert_eq!(holder(&story), "ben");
    story.does("ben", &Command::Snooze { until: story.now + Span::minutes(9) }).unwrap();
    let note = story.fresh();
    let said = story.does("ben", &Command::Escalate { note, reason: Body::new("the price") }).unwrap();
    assert_eq!(kinds(&said), ["noted", "woke", "escalated", "offered"]);
}

#[test]
fn what_is_given_to_somebody_who_is_away_goes_to_their_cover_on_loan() {
    let mut story = Story::begins();
    story.playbook.reps.get_mut(&"ben".into()).unwrap().backup = Some("ines".into());
    story.texts("Who sells these?");
    story.does("maya", &Command::away(true)).unwrap();
    story.does("ben", &Command::away(true)).unwrap();
    let assign = Command::Assign { to: "maya".into() };
    let said = story.does("lea", &assign).unwrap();
    assert_eq!(kinds(&said), ["offered"]);
    let loan = story.c().loan.clone().unwrap();
    assert_eq!((holder(&story), loan.of), ("ines", "maya".into()), "her backup is away, too");
    assert_eq!(story.c().assignment.as_ref().unwrap().because.reason, Reason::Person("lea".into()));
    assert!(audience(story.c()).contains(&Principal::Rep("maya".into())));
    assert_eq!(story.does("lea", &assign), Ok(vec![]), "twice is once");
    assert!(story.settles().is_empty());
    story.does("maya", &Command::away(false)).unwrap();
    story.settles();
    assert_eq!((holder(&story), story.c().loan.clone()), ("maya", None));

    // Nobody covers for her: whoever comes first on the ladder is asked.
    let mut story = Story::begins();
    story.playbook.reps.get_mut(&"maya".into()).unwrap().backup = None;
    story.texts("Who sells these?");
    story.does("maya", &Command::away(true)).unwrap();
    story.does("lea", &assign).unwrap();
    assert_eq!(story.c().assignment.as_ref().unwrap().to, pool("enterprise"));
}

/// maya's buyer; maya is away and ben covers.
fn covered() -> Story {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::away(true)).unwrap();
    story.settles();
    assert_eq!(holder(&story), "ben");
    story
}

fn departs(story: &mut Story, from: &str, to: &str) -> Vec<Event> {
    story.playbook = without(&story.playbook, &from.into(), &to.into()).playbook;
    story.machine(Actor::Operator, &Command::Succeed { from: from.into(), to: to.into() })
}

#[test]
fn a_loan_outlives_whoever_covers_and_ends_with_whoever_was_away() {
    let mut story = covered();
    departs(&mut story, "ben", "ines");
    let loan = story.c().loan.clone().map(|loan| loan.of);
    assert_eq!((holder(&story), loan, story.c().owner.clone()), ("ines", Some("maya".into()), Some("maya".into())));
    story.does("maya", &Command::away(false)).unwrap();
    story.settles();
    assert_eq!((holder(&story), story.c().loan.clone()), ("maya", None));

    let mut story = covered();
    let clock = story.c().clock.clone();
    let said = departs(&mut story, "maya", "ines");
    assert_eq!(kinds(&said), ["owned", "offered"]);
    let c = story.c();
    assert_eq!((holder(&story), c.loan.clone(), c.owner.clone()), ("ines", None, Some("ines".into())));
    assert_eq!(c.clock, clock, "it runs on");
    assert!(departs(&mut story, "maya", "ines").is_empty(), "twice is once");

    // Whoever covers already stands in their place: it is theirs.
    let mut story = covered();
    assert_eq!(kinds(&departs(&mut story, "maya", "ben")), ["owned"]);
    assert_eq!((holder(&story), story.c().loan.clone()), ("ben", None));
}

#[test]
fn what_goes_over_to_somebody_who_is_away_goes_on_to_their_cover() {
    let mut story = Story::with_mayas_buyer();
    story.playbook.reps.get_mut(&"ines".into()).unwrap().backup = Some("omar".into());
    story.does("ines", &Command::away(true)).unwrap();
    departs(&mut story, "maya", "ines");
    let loan = story.c().loan.clone().map(|loan| loan.of);
    assert_eq!((holder(&story), loan, story.c().owner.clone()), ("omar", Some("ines".into()), Some("ines".into())));
    assert!(story.settles().is_empty(), "settled is settled");
    // Who covered for whoever left goes on with it, for the one who is away.
    let mut story = covered();
    story.does("ines", &Command::away(true)).unwrap();
    departs(&mut story, "maya", "ines");
    let loan = story.c().loan.clone().map(|loan| loan.of);
    assert_eq!((holder(&story), loan), ("ben", Some("ines".into())));
}

/// The policy loses a team: what was in it goes where its line belongs now.
fn loses(story: &mut Story, team: &str, line_goes_to: &str) {
    story.playbook.teams.remove(&TeamId::from(team));
    for line in story.playbook.lines.values_mut().filter(|line| line.team.as_str() == team) {
        line.team = line_goes_to.into();
    }
}

#[test]
fn what_a_team_had_that_is_gone_goes_to_the_team_of_its_line_with_its_clock() {
    let mut story = Story::begins();
    story.receives(1, "dock", "Who sells these?", 0, None);
    let clock = story.c().clock.clone();
    assert_eq!(story.c().assignment.as_ref().unwrap().to, pool("harbor"));
    loses(&mut story, "harbor", "enterprise");
    let said = story.settles();
    assert_eq!(kinds(&said), ["matched", "offered"]);
    let c = story.c();
    assert_eq!((c.team.as_str(), &c.assignment.as_ref().unwrap().to), ("enterprise", &pool("enterprise")));
    assert_eq!(c.clock, clock, "running clocks keep their numbers");
    assert!(c.assignment.as_ref().unwrap().expires.is_some(), "and the ladder runs");
    assert!(story.settles().is_empty(), "once");

    // Whoever has it keeps it.
    let mut story = Story::begins();
    story.receives(1, "dock", "Who sells these?", 0, None);
    story.does("kim", &Command::Take).unwrap();
    loses(&mut story, "harbor", "enterprise");
    assert_eq!(kinds(&story.settles()), ["matched"]);
    assert_eq!((holder(&story), story.c().team.as_str()), ("kim", "enterprise"));
    assert!(audience(story.c()).contains(&Principal::Lead("enterprise".into())));

    // What was finished is found again by the buyer's next text.
    let mut story = Story::begins();
    story.receives(1, "dock", "Who sells these?", 0, None);
    story.does("nora", &Command::Done { outcome: Outcome::Called }).unwrap();
    loses(&mut story, "harbor", "enterprise");
    assert!(story.settles().is_empty());
    story.receives(1, "dock", "One more thing", 0, None);
    assert_eq!(
        (story.c().team.as_str(), &story.c().assignment.as_ref().unwrap().to),
        ("enterprise", &pool("enterprise"))
    );
}

#[test]
fn a_pool_that_is_gone_is_left_although_everybody_else_was_asked_before() {
    let mut story = Story::begins();
    for ladder in story.playbook.ladders.values_mut() {
        ladder.steps.retain(|step| matches!(step.who, Who::Owner | Who::Pool | Who::Lead));
        ladder.steps[1].who = Who::Team("harbor".into());
        ladder.steps.swap(1, 2);
        ladder.steps[1].wait = Span::minutes(5);
    }
    story.texts("Who sells these?");
    story.minutes_pass(6);
    assert_eq!(story.c().assignment.as_ref().unwrap().to, pool("harbor"));
    loses(&mut story, "harbor", "enterprise");
    story.settles();
    assert_eq!(holder(&story), "lea");
    assert!(story.settles().is_empty());
}

#[test]
fn what_somebody_had_who_is_not_in_the_policy_any_more_is_settled_like_what_anybody_had_who_left() {
    let mut gone = Story::with_mayas_buyer();
    gone.does("maya", &Command::Take).unwrap();
    let mut left = gone.clone();
    gone.playbook.reps.remove(&RepId::from("maya"));
    gone.playbook.teams.get_mut(&TeamId::from("enterprise")).unwrap().members.remove(&RepId::from("maya"));
    left.playbook.reps.get_mut(&"maya".into()).unwrap().active = false;
    left.playbook.teams.get_mut(&TeamId::from("enterprise")).unwrap().members.remove(&RepId::from("maya"));
    let (gone_said, left_said) = (gone.settles(), left.settles());
    assert_eq!(kinds(&gone_said), kinds(&left_said));
    assert_eq!((holder(&gone), holder(&left)), ("ines", "ines"), "whom the rules find next");
}

//! What a reply is about, what told so, and where what Sales does not handle goes.

use comeback::domain::answering::Answering;
use comeback::domain::command::{Actor, Command};
use comeback::domain::contact::Body;
use comeback::domain::context::Campaign;
use comeback::domain::event::{Event, Outcome};
use comeback::domain::explanation;
use comeback::domain::playbook::UseCase;
use comeback::domain::routing::{Holder, Reason};
use comeback::domain::time::{Span, Timestamp};
use comeback::domain::use_case::Evidence;
use comeback::domain::visibility::{Principal, audience};

use crate::world::{Story, campaign, card, kinds};

/// The sales floor, with use cases that are meant by campaigns and words, and one that goes to Harbor.
fn floor() -> Story {
    let mut story = Story::begins();
    let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let cases = &mut story.playbook.use_cases;
    if let Some(meeting) = cases.get_mut("meeting") {
        (meeting.keywords, meeting.campaigns, meeting.priority) =
            (words(&["demo", "book a call"]), words(&["meet-*"]), 1);
    }
    let support = UseCase {
        label: "support".to_owned(),
        keywords: words(&["broken", "demo account"]),
        campaigns: words(&["support-*", "meet-support"]),
        queue: Some("harbor".into()),
        cohort: Some("new".to_owned()),
        ..UseCase::default()
    };
    cases.insert("support".to_owned(), support);
    story
}

fn sent(at: Timestamp, campaign: &str, use_case: Option<&str>) -> Answering {
    let (campaign, use_case) = (campaign.to_owned(), use_case.map(str::to_owned));
    Answering { campaign, use_case, words: Body::new("Spring is here"), at, send: None }
}

fn keyword(word: &str) -> Evidence {
    Evidence::Keyword { word: word.to_owned() }
}

#[test]
fn the_text_it_answers_speaks_before_the_crm_before_a_keyword_before_the_line() {
    let pattern = |text: &str| Some(text.to_owned());
    let named = |name: &str| Campaign { name: name.to_owned(), ..Campaign::default() };
    for (answered, crm, body, wanted, evidence) in [
        (None, None, "What does it cost?", "question", Evidence::Line),
        (None, None, "Could I get a Demo?", "meeting", keyword("demo")),
        (None, None, "It is BROKEN since the demo", "meeting", keyword("demo")),
        (None, None, "the demo account is broken", "meeting", keyword("demo")),
        (None, None, "the screen is broken", "support", keyword("broken")),
        (None, Some(campaign("meeting")), "it is broken", "meeting", Evidence::Crm { campaign: None }),
        (None, Some(campaign("no-such")), "it is broken", "support", keyword("broken")),
        (None, Some(named("support-may")), "a demo?", "support", Evidence::Crm { campaign: pattern("support-*") }),
        (
            Some(sent(crate::world::at("2026-03-02T10:00:00-05:00"), "meet-may", None)),
            Some(campaign("survey")),
            "it is broken",
            "meeting",
            Evidence::Send { campaign: pattern("meet-*") },
        ),
        // The higher priority counts, also against the longer name.
        (
            Some(sent(crate::world::at("2026-03-02T10:00:00-05:00"), "Meet-Support", None)),
            None,
            "hi",
            "meeting",
            Evidence::Send { campaign: pattern("meet-*") },
        ),
        (
            Some(sent(crate::world::at("2026-03-02T10:00:00-05:00"), "anything", Some("survey"))),
            Some(campaign("meeting")),
            "a demo?",
            "survey",
            Evidence::Send { campaign: None },
        ),
        // What nobody knows says nothing.
        (
            Some(sent(crate::world::at("2026-03-02T10:00:00-05:00"), "anything", Some("typo"))),
            None,
            "a demo?",
            "meeting",
            keyword("demo"),
        ),
        // Sent later than the reply, or too long ago.
        (
            Some(sent(crate::world::at("2026-03-03T10:00:01-05:00"), "meet-may", None)),
            None,
            "hello",
            "question",
            Evidence::Line,
        ),
        (
            Some(sent(crate::world::at("2026-02-01T09:59:00-05:00"), "meet-may", None)),
            None,
            "hello",
            "question",
            Evidence::Line,
        ),
    ] {
        let mut story = floor();
        story.answering.extend(answered.clone().map(|sent| (Story::number(1), sent)));
        let known = crm.clone().map(|campaign| {
            let mut card = card("c-1");
            card.campaign = Some(campaign);
            card
        });
        story.crm_says(1, known.into_iter().collect());
        let said = story.texts(body);
        let case = format!("{body:?} {answered:?} {crm:?}");
        assert_eq!((story.c().use_case.as_str(), story.c().evidence.as_ref()), (wanted, Some(&evidence)), "{case}");
        let told: Vec<String> = said.iter().flat_map(|e| explanation::of(&story.playbook, chrono_tz::UTC, e)).collect();
        assert!(told.iter().any(|line| line.contains(&evidence.words())), "{case}: {told:?}");
    }
}

#[test]
fn a_keyword_is_remembered_until_the_conversation_begins_anew() {
    let mut story = floor();
    story.texts("a demo, please");
    assert_eq!(story.c().use_case, "meeting");
    let said = story.texts("on Thursday?");
    assert!(!said.iter().any(|e| matches!(e, Event::Matched { .. })), "nothing new: {said:?}");
    story.machine(Actor::Crm, &Command::Match);
    assert_eq!((story.c().use_case.as_str(), story.c().evidence.as_ref()), ("meeting", Some(&keyword("demo"))));
    story.does("lea", &Command::Done { outcome: Outcome::Meeting }).unwrap();
    story.texts("Another thing: what does it cost?");
    assert_eq!((story.c().use_case.as_str(), story.c().evidence.as_ref()), ("question", Some(&Evidence::Line)));
}

#[test]
fn a_send_that_is_reported_after_the_reply_still_tells_what_it_was_about() {
    let mut story = floor();
    story.texts("yes please");
    assert_eq!(story.c().use_case, "question");
    story.wait(Span::minutes(20));
    story.answering.insert(Story::number(1), sent(crate::world::at("2026-03-02T10:00:00-05:00"), "meet-may", None));
    story.machine(Actor::Crm, &Command::Match);
    assert_eq!((story.c().use_case.as_str(), story.c().cohort.as_str()), ("meeting", "meeting"));
    // One of after the reply does not.
    story.answering.insert(Story::number(1), sent(crate::world::at("2026-03-03T10:10:00-05:00"), "support-1", None));
    story.machine(Actor::Crm, &Command::Match);
    assert_eq!(story.c().use_case, "question");
}

#[test]
fn what_sales_does_not_handle_goes_to_the_pool_of_its_queue_on_the_clock_of_its_cohort() {
    let mut story = floor();
    story.crm_says(1, vec![card("c-1")]);
    let said = story.texts("my screen is broken");
    let c = story.c();
    assert_eq!((c.team.as_str(), c.cohort.as_str(), c.owner.as_ref()), ("harbor", "new", None));
    let assignment = c.assignment.as_ref().unwrap();
    assert_eq!((&assignment.to, assignment.step), (&Holder::Pool("harbor".into()), Some(2)));
    assert_eq!(assignment.because.passed[0].why, "does not handle \"support\"");
    assert_eq!(c.clock.as_ref().unwrap().due, crate::world::at("2026-03-03T11:00:00-05:00"));
    let seen_by = audience(c);
    assert!(seen_by.contains(&Principal::Pool("harbor".into())) && !seen_by.contains(&Principal::Rep("maya".into())));
    let told: Vec<String> = said.iter().flat_map(|e| explanation::of(&story.playbook, chrono_tz::UTC, e)).collect();
    assert!(told.iter().any(|line| line.contains("Sales does not handle it")), "{told:?}");
    // Nobody there acts: it climbs that team's ladder, never back to Sales.
    let later = story.minutes_pass(60);
    let last = later.iter().rev().find_map(|e| if let Event::Offered { to, .. } = e { Some(to.clone()) } else { None });
    assert_eq!(last, Some(Holder::Rep("nora".into())));
    // Harbor answers like anybody.
    let answer = story.answers("kim");
    story.wait(story.playbook.undo_hold);
    assert!(story.starts(answer) && story.c().clock.is_none());
}

#[test]
fn what_another_program_answers_lies_in_the_pool_and_nobody_is_asked() {
    let mut story = floor();
    story.crm_says(1, vec![card("c-1")]);
    story.playbook.use_cases.get_mut("support").unwrap().queue = None;
    story.playbook.alerting.handled.insert("support".to_owned(), "desk".to_owned());
    story.texts("my screen is broken");
    let assignment = story.c().assignment.clone().unwrap();
    assert_eq!((&assignment.to, assignment.expires), (&Holder::Pool("enterprise".into()), None));
    assert_eq!(assignment.because.reason, Reason::SentOn("desk".to_owned()));
    assert_eq!(story.c().clock.as_ref().map(|clock| clock.cohort.clone()), story.playbook.use_cases["support"].cohort);
    let said = story.minutes_pass(480);
    assert_eq!(kinds(&said), ["sla_warned", "sla_breached"], "late is late, and it climbs no ladder");
    // Without a cohort of its own no clock waits for it.
    story.playbook.use_cases.get_mut("support").unwrap().cohort = None;
    story.receives(2, "main", "my screen is broken, too", 0, None);
    assert_eq!(story.c().clock, None);
    assert!(story.minutes_pass(480).is_empty());
}

#[test]
fn a_queue_without_a_cohort_of_its_own_has_no_clock() {
    let mut story = floor();
    story.playbook.use_cases.get_mut("support").unwrap().cohort = None;
    story.texts("my screen is broken");
    assert!(story.c().clock.is_none());
    assert_eq!(story.c().assignment.as_ref().unwrap().to, Holder::Pool("harbor".into()));
}

#[test]
fn what_somebody_waits_for_is_not_carried_to_another_team_by_the_next_text() {
    let mut story = floor();
    story.crm_says(1, vec![card("c-1")]);
    story.texts("What does it cost?");
    story.does("maya", &Command::Take).unwrap();
    story.texts("and the login is broken");
    assert_eq!((story.c().team.as_str(), story.c().use_case.as_str()), ("enterprise", "question"));
    assert_eq!(story.c().owner, Some("maya".into()));
    // Once it is finished the next text goes where it belongs, and comes back the same way.
    story.does("maya", &Command::Done { outcome: Outcome::Called }).unwrap();
    story.texts("the login is broken again");
    let c = story.c();
    assert_eq!((c.team.as_str(), c.use_case.as_str(), c.owner.as_ref()), ("harbor", "support", None));
    assert_eq!(c.assignment.as_ref().unwrap().to, Holder::Pool("harbor".into()));
    story.does("kim", &Command::Take).unwrap();
    story.does("kim", &Command::Done { outcome: Outcome::Called }).unwrap();
    story.texts("What does it cost now?");
    let c = story.c();
    assert_eq!((c.team.as_str(), c.owner.as_ref()), ("enterprise", Some(&"maya".into())));
    assert_eq!(c.assignment.as_ref().unwrap().to, Holder::Rep("maya".into()));
    let seen_by = audience(c);
    assert!(!seen_by.contains(&Principal::Pool("harbor".into())), "{seen_by:?}");
}

#[test]
fn an_opt_out_to_a_queue_is_heard_like_any_other() {
    let mut story = floor();
    story.texts("my screen is broken");
    story.texts("STOP");
    assert!(story.numbers[&Story::number(1)].opted_out.is_some() && story.c().clock.is_none());
}

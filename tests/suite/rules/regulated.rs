//! Where only approved words may go out: snippets, the disclosure, a second person, and what the record keeps of it.

use comeback::domain::command::{Actor, Command};
use comeback::domain::consent::OptOutSource;
use comeback::domain::contact::{Address, Body};
use comeback::domain::context::{Campaign, Card};
use comeback::domain::conversation::AnswerState;
use comeback::domain::event::{Event, Outcome, Refusal, Review};
use comeback::domain::hold::Ruling;
use comeback::domain::id::{ConversationId, MessageId};
use comeback::domain::message::Delivery;
use comeback::domain::regulated::{Disclose, Regulated};
use comeback::domain::rejection::Rejection;
use comeback::domain::snippet::{Snippet, is_unfilled};
use comeback::domain::time::Span;
use comeback::domain::visibility;
use proptest::prelude::*;
use uuid::Uuid;

use crate::world::{Story, kinds};

const RATE: &str = "Hi {contact.first_name}, the rate is 4 % until {day}.";
const FILLED: &str = "Hi Buyer, the rate is 4 % until Friday.";
const UNDER: &str = "Not an offer. NMLS 1.";

/// maya's buyer, whose use case is regulated.
fn regulated(disclosure: Option<Disclose>, approval: bool) -> Story {
    let mut story = Story::with_mayas_buyer();
    story.playbook.snippets = [
        ("rate", Snippet { text: RATE.to_owned(), ask: ["day".to_owned()].into(), ..Snippet::default() }),
        ("thanks", Snippet { text: "Thank you!".to_owned(), ..Snippet::default() }),
        ("joke", Snippet { text: "Knock knock".to_owned(), ..Snippet::default() }),
    ]
    .map(|(name, snippet)| (name.to_owned(), snippet))
    .into();
    let rules = Regulated {
        snippets: ["rate".to_owned(), "thanks".to_owned()].into(),
        disclosure: disclosure.map(|_| UNDER.to_owned()),
        disclose: disclosure.unwrap_or_default(),
        approval,
    };
    story.playbook.use_cases.get_mut("question").unwrap().regulated = Some(rules);
    story
}

fn says(story: &mut Story, text: &str) -> (MessageId, Vec<Event>) {
    let message = story.fresh();
    let command = Command::Answer { message, body: Body::new(text), accept: Vec::new() };
    (message, story.does("maya", &command).unwrap())
}

fn under(text: &str) -> String {
    format!("{text}\n{UNDER}")
}

#[test]
fn an_unfilled_field_is_refused_everywhere_and_the_record_keeps_the_reason_alone() {
    let mut story = Story::with_mayas_buyer();
    let (message, said) = says(&mut story, "Hi {contact.first_name}, shall we talk?");
    assert_eq!(said, [Event::AnswerRefused { message, by: "maya".into(), why: Refusal::Unfilled }]);
    assert_eq!(story.standing(message), None, "nothing waits");
    assert!(story.c().taker().is_none(), "and nothing was taken by it");
    assert_eq!(kinds(&says(&mut story, "Hi Dana, shall we talk? {}").1), ["taken", "answer_held"]);
}

#[test]
fn only_an_approved_snippet_with_its_fields_filled_goes_out() {
    for (text, wanted) in [
        (FILLED, None),
        ("Thank you!", None),
        ("Knock knock", Some(Refusal::FreeText)),
        ("The rate is 3 %, trust me.", Some(Refusal::FreeText)),
        ("Hi Dana, the rate is 4 % until Friday.", Some(Refusal::FreeText)),
        (RATE, Some(Refusal::Unfilled)),
    ] {
        let mut story = regulated(None, false);
        let (message, said) = says(&mut story, text);
        match wanted {
            Some(why) => assert_eq!(said, [Event::AnswerRefused { message, by: "maya".into(), why }], "{text}"),
            None => assert_eq!(kinds(&said), ["taken", "answer_held"], "{text}"),
        }
    }
}

#[test]
fn the_disclosure_is_due_until_a_text_with_it_has_left() {
    let mut story = regulated(Some(Disclose::Once), false);
    let (message, said) = says(&mut story, "Thank you!");
    assert_eq!(said, [Event::AnswerRefused { message, by: "maya".into(), why: Refusal::Undisclosed }]);
    let (first, _) = says(&mut story, &under("Thank you!"));
    let (_, said) = says(&mut story, FILLED);
    assert_eq!(kinds(&said), ["answer_refused"], "the first waits still: this one may leave without it");
    story.wait(Span::seconds(8));
    assert!(story.starts(first));
    assert_eq!(story.c().disclosed, Some(first));
    assert_eq!(kinds(&says(&mut story, FILLED).1), ["answer_held"]);
    let failed = Command::Report { message: first, delivery: Delivery::Undelivered, error: Some(30003) };
    story.machine(Actor::Carrier, &failed);
    assert_eq!(story.c().disclosed, None, "nobody read it");
    assert_eq!(kinds(&says(&mut story, FILLED).1), ["answer_refused"]);
}

#[test]
fn it_is_judged_again_as_it_leaves() {
    // Free text is on its way when the use case becomes regulated.
    let mut story = Story::with_mayas_buyer();
    let (message, _) = says(&mut story, "The rate is 3 %, trust me.");
    story.playbook = regulated(Some(Disclose::Always), true).playbook;
    story.wait(Span::seconds(8));
    assert!(!story.starts(message));
    assert_eq!(story.parked(message), Some(vec![Review::FreeText, Review::NeedsApproval]));
    // Whatever the rep accepts, it stays.
    let accept = vec![Review::FreeText, Review::NeedsApproval, Review::Undisclosed];
    story.does("maya", &Command::Release { message, accept }).unwrap();
    assert_eq!(story.parked(message), Some(vec![Review::FreeText, Review::NeedsApproval]));
    // Nor does a second person make free text an approved one.
    story.does("ben", &Command::Approve { message }).unwrap();
    assert_eq!(story.parked(message), Some(vec![Review::FreeText]));
    // A snippet that is withdrawn while a text of it waits holds that back, too.
    let mut story = regulated(None, false);
    let (message, _) = says(&mut story, "Thank you!");
    story.playbook.snippets.remove("thanks");
    story.wait(Span::seconds(8));
    assert!(!story.starts(message));
    assert_eq!(story.parked(message), Some(vec![Review::FreeText]));
}

#[test]
fn a_second_person_approves_and_never_the_author() {
    let mut story = regulated(Some(Disclose::Once), true);
    let (message, said) = says(&mut story, &under(FILLED));
    assert_eq!(kinds(&said), ["answer_parked"], "nobody has taken it by that");
    assert_eq!(story.parked(message), Some(vec![Review::NeedsApproval]));
    let sees = |story: &Story, rep: &str| {
        visibility::may_see(&visibility::principals(&story.playbook, &rep.into()), story.c())
    };
    assert!(sees(&story, "ines"), "any colleague of the team is asked");
    assert!(!sees(&story, "kim"), "and nobody else");
    let approve = Command::Approve { message };
    assert_eq!(story.does("maya", &approve), Err(Rejection::SecondPerson));
    assert_eq!(story.does("kim", &approve), Err(Rejection::NotFound));
    assert_eq!(story.does_having_seen("ben", 0, &approve), Err(Rejection::Unseen { newest: 1 }));
    let said = story.does("ben", &approve).unwrap();
    assert_eq!(kinds(&said), ["answer_approved", "taken"]);
    let not_before = story.now + Span::seconds(8);
    assert_eq!(story.standing(message), Some(AnswerState::Held { not_before, waits: None }), "into the undo hold");
    assert_eq!(story.does("lea", &approve), Ok(vec![]), "somebody else was first");
    story.wait(Span::seconds(8));
    assert!(story.starts(message));
    assert_eq!(story.does("lea", &approve), Err(Rejection::AlreadyLeft));
}

#[test]
fn what_is_declined_is_its_authors_again_and_asking_again_asks_again() {
    let mut story = regulated(None, true);
    let (message, _) = says(&mut story, FILLED);
    let decline = Command::Decline { message };
    assert_eq!(story.does("maya", &decline), Err(Rejection::SecondPerson));
    story.does("lea", &decline).unwrap();
    assert_eq!(story.parked(message), Some(vec![Review::Declined("lea".into())]));
    assert_eq!(story.does("ben", &Command::Approve { message }), Err(Rejection::NotFound), "nobody is asked now");
    let accept = vec![Review::Declined("lea".into())];
    story.does("maya", &Command::Release { message, accept }).unwrap();
    assert_eq!(story.parked(message), Some(vec![Review::NeedsApproval]));
    story.does("ben", &Command::Approve { message }).unwrap();
    story.wait(Span::seconds(8));
    assert!(story.starts(message));
}

#[test]
fn approval_does_not_overrule_what_else_needs_the_authors_eye() {
    let mut story = regulated(None, true);
    let (message, _) = says(&mut story, FILLED);
    story.texts("Wait, one more thing");
    assert_eq!(story.parked(message), Some(vec![Review::NewerReply, Review::NeedsApproval]));
    story.does("ben", &Command::Approve { message }).unwrap();
    assert_eq!(story.parked(message), Some(vec![Review::NewerReply]), "approved, and still maya's to look at");
    story.does("maya", &Command::Release { message, accept: vec![Review::NewerReply] }).unwrap();
    assert!(matches!(story.standing(message), Some(AnswerState::Held { .. })), "approved once is enough");
    // An opt-out stands above all.
    let mut story = regulated(None, true);
    let (message, _) = says(&mut story, FILLED);
    story.does("lea", &Command::OptOut { source: OptOutSource::Rep("lea".into()) }).unwrap();
    story.does("ben", &Command::Approve { message }).unwrap();
    assert_eq!(story.parked(message), Some(vec![Review::OptedOut]));
    story.wait(Span::seconds(8));
    assert!(!story.starts(message));
}

#[test]
fn what_waits_for_no_second_person_is_not_said_to_be_approved() {
    let mut story = regulated(None, false);
    let (message, _) = says(&mut story, FILLED);
    story.texts("please take me off your list");
    assert_eq!(story.parked(message), Some(vec![Review::NewerReply, Review::OptOutHold]));
    for command in [Command::Approve { message }, Command::Decline { message }] {
        assert_eq!(story.does("lea", &command), Err(Rejection::NotAsked));
    }
    assert_eq!(story.parked(message), Some(vec![Review::NewerReply, Review::OptOutHold]));
}

#[test]
fn approval_lifts_no_hold() {
    let mut story = regulated(None, true);
    let (message, _) = says(&mut story, FILLED);
    story.texts("please take me off your list");
    story.does("ben", &Command::Approve { message }).unwrap();
    assert_eq!(story.parked(message), Some(vec![Review::NewerReply, Review::OptOutHold]));
    story.does("maya", &Command::Release { message, accept: vec![Review::NewerReply, Review::OptOutHold] }).unwrap();
    story.wait(Span::seconds(8));
    assert!(!story.starts(message));
    let ruling = Ruling::Keep { note: story.fresh(), reason: Body::new("They meant the mail"), read: Vec::new() };
    story.does("lea", &Command::Rule { ruling }).unwrap();
    assert_eq!(story.parked(message), Some(vec![Review::HoldLifted]), "and then it is maya's to look at");
    story.does("maya", &Command::Release { message, accept: vec![Review::HoldLifted] }).unwrap();
    story.wait(Span::seconds(8));
    assert!(story.starts(message), "approved once is enough");
}

/// What may happen, in any order.
#[derive(Clone, Copy, Debug)]
enum Move {
    Writes(usize),
    Buyer,
    Approves(&'static str),
    Declines(&'static str),
    Releases(&'static str),
    Time,
    Regulate(bool),
    Snippets(bool),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let who = || prop::sample::select(vec!["maya", "ben", "lea", "adele", "kim"]);
    let one = prop_oneof![
        4 => (0..TEXTS.len()).prop_map(Move::Writes),
        1 => Just(Move::Buyer),
        2 => who().prop_map(Move::Approves),
        1 => who().prop_map(Move::Declines),
        2 => who().prop_map(Move::Releases),
        4 => Just(Move::Time),
        1 => any::<bool>().prop_map(Move::Regulate),
        1 => any::<bool>().prop_map(Move::Snippets),
    ];
    prop::collection::vec(one, 1..30)
}

const TEXTS: [&str; 7] = [
    FILLED,
    "Hi Buyer, the rate is 4 % until Friday.\nNot an offer. NMLS 1.",
    "Thank you!\nNot an offer. NMLS 1.",
    "The rate is 3 %, trust me.",
    RATE,
    "Free words.\nNot an offer. NMLS 1.",
    "Hi {contact.first_name}!",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 400 }))]

    #[test]
    fn no_free_text_and_no_unfilled_field_ever_enters_sending_there(moves in moves(), approval in any::<bool>()) {
        let mut story = regulated(Some(Disclose::Once), approval);
        let (rules, free) = (story.playbook.clone(), {
            let mut playbook = story.playbook.clone();
            playbook.use_cases.get_mut("question").unwrap().regulated = None;
            playbook
        });
        let mut authors = Vec::new();
        for step in moves {
            match step {
                Move::Writes(at) => authors.push(says(&mut story, TEXTS[at]).0),
                Move::Buyer => drop(story.texts("And?")),
                Move::Approves(who) | Move::Declines(who) | Move::Releases(who) => {
                    for message in authors.clone() {
                        let accept = vec![Review::NewerReply, Review::NeedsApproval, Review::FreeText, Review::Undisclosed];
                        let command = match step {
                            Move::Approves(_) => Command::Approve { message },
                            Move::Declines(_) => Command::Decline { message },
                            _ => Command::Release { message, accept },
                        };
                        drop(story.does(who, &command));
                    }
                }
                Move::Regulate(true) => story.playbook = rules.clone(),
                Move::Regulate(false) => story.playbook = free.clone(),
                Move::Snippets(there) => {
                    let thanks = Snippet { text: "Thank you!".to_owned(), ..Snippet::default() };
                    if there {
                        story.playbook.snippets.insert("thanks".to_owned(), thanks);
                    } else {
                        story.playbook.snippets.remove("thanks");
                    }
                }
                Move::Time => {
                    story.wait(Span::seconds(9));
                    for message in authors.clone() {
                        let disclosed = story.c().disclosed.is_some();
                        if !story.starts(message) {
                            continue;
                        }
                        let text = story.words[&message].as_str();
                        prop_assert!(!is_unfilled(text), "{text}");
                        let Some(rules) = &story.playbook.use_cases["question"].regulated else { continue };
                        let body = text.strip_suffix(&format!("\n{UNDER}"));
                        prop_assert!(disclosed || body.is_some(), "undisclosed: {text}");
                        let body = body.unwrap_or(text);
                        let thanks = story.playbook.snippets.contains_key("thanks") && body == "Thank you!";
                        prop_assert!(body == FILLED || thanks, "free text: {text}");
                        let answer = &story.c().answers[&message];
                        let second = answer.approved.as_ref().is_some_and(|by| *by != answer.by);
                        prop_assert!(!rules.approval || second, "nobody approved: {text}");
                    }
                    // The carrier takes what started, so that the next may start.
                    for message in authors.clone() {
                        if story.standing(message) == Some(AnswerState::Sending) {
                            let sent = Command::Report { message, delivery: Delivery::Delivered, error: None };
                            story.machine(Actor::Carrier, &sent);
                        }
                    }
                }
            }
        }
        let texts: Vec<_> = story.record.iter().map(|(_, _, event)| serde_json::to_string(event).unwrap()).collect();
        prop_assert!(texts.iter().all(|fact| !fact.contains("rate is") && !fact.contains("Free words")), "the journal has no words");
    }
}

/// maya's buyer asked for a loan, which is regulated; the word that leads elsewhere is of a meeting.
fn asked_for_a_loan() -> Story {
    let mut story = regulated(None, false);
    for line in ["main", "dock"] {
        "meeting".clone_into(&mut story.playbook.lines.get_mut(&line.into()).unwrap().use_case);
    }
    story.playbook.use_cases.get_mut("question").unwrap().keywords = ["loan".to_owned()].into();
    story.playbook.use_cases.get_mut("meeting").unwrap().keywords = ["reschedule".to_owned(), "demo".to_owned()].into();
    story.playbook.use_cases.get_mut("meeting").unwrap().priority = 99;
    story.texts("A question about the loan");
    assert_eq!(story.c().use_case, "question");
    story
}

#[test]
fn what_is_regulated_stays_so_whatever_word_the_buyer_writes_until_a_person_has_finished_it() {
    let mut story = asked_for_a_loan();
    for text in ["can we reschedule the demo", "ok thanks"] {
        story.texts(text);
        assert_eq!(story.c().use_case, "question", "{text}");
        let (message, said) = says(&mut story, "The loan rate is 3 percent, free text");
        assert_eq!(said, [Event::AnswerRefused { message, by: "maya".into(), why: Refusal::FreeText }], "{text}");
    }
    story.machine(Actor::Crm, &Command::Match);
    assert_eq!(story.c().use_case, "question");
    story.does("maya", &Command::Done { outcome: Outcome::Called }).unwrap();
    story.texts("can we reschedule the demo");
    assert_eq!(story.c().use_case, "meeting", "what was finished begins anew");
    assert_eq!(kinds(&says(&mut story, "Tomorrow at ten?").1).last(), Some(&"answer_held"));
}

#[test]
fn it_is_left_when_the_playbook_regulates_it_no_more() {
    let mut story = asked_for_a_loan();
    story.playbook.use_cases.get_mut("question").unwrap().regulated = None;
    story.texts("can we reschedule the demo");
    assert_eq!(story.c().use_case, "meeting");
}

#[test]
fn a_text_that_begins_on_another_line_is_judged_under_what_is_open_with_the_person() {
    let begin = |n: u128| Command::Begin {
        to: Address::parse("+13055550100").unwrap(),
        line: "dock".into(),
        conversation: ConversationId(Uuid::from_u128(n)),
    };
    let free = |story: &mut Story| {
        let message = story.fresh();
        let command = Command::Answer { message, body: Body::new("The loan rate is 3 percent"), accept: Vec::new() };
        kinds(&story.does("nora", &command).unwrap()).last().copied()
    };
    let mut story = asked_for_a_loan();
    let loan = story.here;
    story.begins_with = Some(Story::number(1));
    story.here = ConversationId(Uuid::from_u128(77));
    story.does("nora", &begin(77)).unwrap();
    assert_eq!(story.c().use_case, "question");
    assert_eq!(free(&mut story), Some("answer_refused"));
    // Their answer there leads out of it no more than a word would.
    story.receives(1, "dock", "reschedule the demo", 0, None);
    assert_eq!(free(&mut story), Some("answer_refused"));

    // A finished conversation that is opened again, likewise.
    let mut story = asked_for_a_loan();
    story.receives(1, "dock", "hello dock", 0, None);
    let dock = story.here;
    assert_ne!(story.c().use_case, "question", "the dock line is for something else");
    story.does("nora", &Command::Done { outcome: Outcome::Called }).unwrap();
    story.does("nora", &begin(78)).unwrap();
    assert_eq!((story.here, story.c().use_case.as_str()), (dock, "question"));
    assert_eq!(free(&mut story), Some("answer_refused"));

    // Once the loan is finished, another line is itself.
    let mut story = asked_for_a_loan();
    assert_eq!(story.here, loan);
    story.does("maya", &Command::Done { outcome: Outcome::Called }).unwrap();
    story.begins_with = Some(Story::number(1));
    story.here = ConversationId(Uuid::from_u128(79));
    story.does("nora", &begin(79)).unwrap();
    assert_eq!(free(&mut story), Some("answer_held"));
}

#[test]
fn on_a_line_for_something_regulated_nothing_else_is_heard() {
    let on_the_line = || {
        let mut story = asked_for_a_loan();
        story.does("maya", &Command::Done { outcome: Outcome::Called }).unwrap();
        "question".clone_into(&mut story.playbook.lines.get_mut(&"main".into()).unwrap().use_case);
        story
    };
    let meeting = |use_case: &str, name: &str| Campaign {
        use_case: use_case.to_owned(),
        name: name.to_owned(),
        last_text: String::new(),
    };
    for campaign in [meeting("meeting", ""), meeting("", "book-a-demo")] {
        let mut story = on_the_line();
        story.playbook.use_cases.get_mut("meeting").unwrap().campaigns = ["book-*".to_owned()].into();
        let named = Card { campaign: Some(campaign), ..crate::world::card("c-1") };
        story.crm_says(1, vec![named]);
        story.texts("can we reschedule the demo");
        assert_eq!(story.c().use_case, "question");
        assert_eq!(kinds(&says(&mut story, "The rate is 3 percent").1), ["answer_refused"]);
        story.machine(Actor::Crm, &Command::Match);
        assert_eq!(story.c().use_case, "question");
        // With rules of its own it is heard as anywhere.
        let mut story = on_the_line();
        let rules = story.playbook.use_cases["question"].regulated.clone();
        story.playbook.use_cases.get_mut("meeting").unwrap().regulated = rules;
        story.texts("can we reschedule the demo");
        assert_eq!(story.c().use_case, "meeting");
        assert_eq!(kinds(&says(&mut story, "The rate is 3 percent").1), ["answer_refused"]);
    }
}

//! What an alert says, and what it does not.

use comeback::domain::alert::brief::{Brief, brief, span};
use comeback::domain::alert::words::{Item, PAGE, message, page};
use comeback::domain::alert::{Occasion, Redact, What};
use comeback::domain::asking::heard::Heard;
use comeback::domain::context::{Intent, Touch};
use comeback::domain::time::Span;

use crate::world::Story;

const WORDS: &str = "Can we talk about the price?";

/// maya's buyer, with a name that no terminal should see, a visit and a call.
fn story() -> Story {
    let mut story = Story::begins();
    let mut card = crate::world::card("c-1");
    "Dana\u{1b}[31m Reyes".clone_into(&mut card.name);
    let ago = |minutes| story.now - Span::minutes(minutes);
    card.intents = vec![Intent {
        at: ago(120),
        kind: "pricing_page".to_owned(),
        detail: "saw Enterprise twice".into(),
        ..Intent::default()
    }];
    card.last_touch =
        Some(Touch { at: ago(60 * 24 * 3), kind: "call".to_owned(), summary: "wants a discount".into(), by: None });
    story.crm_says(1, vec![card]);
    story.texts(WORDS);
    story.wait(Span::minutes(11));
    story
}

fn said(story: &Story, redact: Redact) -> Brief {
    let number = Story::number(1);
    brief(
        &story.playbook,
        story.c(),
        &story.numbers[&number],
        (&story.cards[&number], Heard::Answered),
        WORDS,
        redact,
        story.now,
    )
}

fn alert(occasion: Occasion) -> What {
    What::Alert { occasion, due: None, message: None }
}

#[test]
fn a_brief_carries_stage_intent_last_touch_next_step_and_time_left_as_far_as_it_may() {
    let story = story();
    let open = said(&story, Redact::None);
    assert_eq!(open.who.as_deref(), Some("Dana␛[31m Reyes"), "what a terminal would obey is shown");
    assert_eq!(open.account.as_deref(), Some("Acme"));
    assert_eq!(open.stage.as_deref(), Some("Negotiation"));
    assert_eq!(open.intent.as_deref(), Some("pricing page: saw Enterprise twice, 2 h 11 min ago"));
    assert_eq!(open.touch.as_deref(), Some("call: wants a discount, 3 d ago"));
    assert_eq!(open.next.as_deref(), Some("Answer the price question and offer a call today"));
    assert_eq!(open.words.as_deref(), Some(WORDS));
    assert_eq!(open.time_left().as_deref(), Some("due in 4 min"));
    assert_eq!(open.headline(), "Dana␛[31m Reyes, Acme · Negotiation · late stage · due in 4 min");

    let names = said(&story, Redact::Names);
    assert_eq!(
        (&names.who, &names.account, &names.deal, &names.words, &names.why),
        (&None, &None, &None, &None, &None)
    );
    assert_eq!(names.intent.as_deref(), Some("pricing page, 2 h 11 min ago"));
    assert_eq!(names.touch.as_deref(), Some("call, 3 d ago"));
    assert_eq!((names.stage.is_some(), names.next.is_some()), (true, true));
    assert_eq!(names.headline(), "Negotiation · late stage · due in 4 min");

    let all = said(&story, Redact::All);
    let least = Brief { cohort: "late stage".to_owned(), due: open.due, left: open.left, ..Brief::default() };
    assert_eq!(all, least);
}

#[test]
fn nothing_redacted_is_in_any_form_of_an_alert() {
    let story = story();
    let private = ["Dana", "Reyes", "Acme", "price?", "discount", "twice", "Enterprise"];
    for redact in [Redact::Names, Redact::All] {
        let brief = said(&story, redact);
        for what in [
            alert(Occasion::Offered),
            alert(Occasion::Breach),
            What::HandOff { team: Some("t".into()), schedule: None, from: None },
        ] {
            let items = [Item { what, brief: Some(brief.clone()) }];
            let open = [brief.clone(), brief.clone()];
            let words = message(&items, &open, |_| String::new());
            let text = format!(
                "{}\n{}\n{}",
                words.title,
                words.lines.join("\n"),
                page(&items, &open, true, |_| String::new())
            );
            for word in private {
                assert!(!text.contains(word), "{redact:?} tells {word:?}: {text}");
            }
        }
    }
    let open = Item { what: alert(Occasion::Offered), brief: Some(said(&story, Redact::None)) };
    let words = message(&[open], &[], |_| String::new());
    for word in private {
        assert!(words.lines.join("\n").contains(word), "{word} is for whoever may hear it: {words:?}");
    }
}

#[test]
fn a_page_is_one_short_text_that_says_how_to_take_it() {
    let brief = said(&story(), Redact::Names);
    let item = |occasion| Item { what: alert(occasion), brief: Some(brief.clone()) };
    assert_eq!(
        page(&[item(Occasion::Warn)], &[], true, |_| String::new()),
        "An answer is due soon: Negotiation · late stage · due in 4 min; intent: pricing page, 2 h 11 min ago; last: call, \
         3 d ago; next: Answer the price question and offer a call today. Reply 1 to take it."
    );
    let several = vec![item(Occasion::Breach); 12];
    let text = page(&several, &[], true, |_| String::new());
    assert!(text.starts_with("12 replies want you, 12 late\n"), "{text}");
    assert!(text.contains("\nand 11 more\nReply 1 to take the first."), "whoever is not named is counted: {text}");
    assert!(text.ends_with("\nReply 1 to take the first.") && text.chars().count() <= PAGE, "{text}");
    let told = Item { what: What::Told { said: "Ben has it already.".into(), by: "page".into() }, brief: None };
    assert_eq!(page(&[told], &[], false, |_| String::new()), "Ben has it already.");
    let long = Brief { cohort: "x".repeat(400), ..Brief::default() };
    let text = page(&[Item { what: alert(Occasion::Warn), brief: Some(long) }], &[], true, |_| String::new());
    assert!(text.chars().count() <= PAGE && text.ends_with("… Reply 1 to take it."), "{text}");
}

#[test]
fn several_alerts_are_one_message_that_names_a_few_and_counts_the_rest() {
    let brief = said(&story(), Redact::Names);
    let items = vec![Item { what: alert(Occasion::Offered), brief: Some(brief) }; 7];
    let words = message(&items, &[], |_| String::new());
    assert_eq!(words.title, "7 replies want you");
    assert_eq!(words.lines.len(), 6);
    assert_eq!(
        words.lines[0],
        "A reply waits for you: Negotiation · late stage · due in 4 min; intent: pricing page, 2 h 11 min ago; last: call, 3 \
         d ago; next: Answer the price question and offer a call today"
    );
    assert_eq!(words.lines[5], "and 2 more");
}

#[test]
fn a_hand_off_lists_what_is_open() {
    let brief = said(&story(), Redact::Names);
    let items =
        [Item { what: What::HandOff { team: Some("enterprise".into()), schedule: None, from: None }, brief: None }];
    let named = |_: &What| " for East (from Ben)".to_owned();
    let words = message(&items, &[brief.clone(), brief], named);
    assert_eq!(words.title, "You are on call now for East (from Ben)");
    assert_eq!(words.lines[0], "2 conversations are open:");
    assert_eq!(words.lines.len(), 3);
    assert_eq!(message(&items, &[], named).lines, ["Nothing is open."]);
}

#[test]
fn lengths_are_said_as_people_say_them() {
    for (seconds, wanted) in [
        (0, "under a minute"),
        (59, "under a minute"),
        (60, "1 min"),
        (3_599, "59 min"),
        (3_600, "1 h"),
        (-3_660, "1 h 1 min"),
        (2 * 86_400, "2 d"),
    ] {
        assert_eq!(span(Span::seconds(seconds)), wanted, "{seconds}");
    }
}

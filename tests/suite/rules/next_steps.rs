//! The recommended next step: the playbook's rules over the built-in ones, and never over what is not safe.

use comeback::domain::asking::heard::Heard;
use comeback::domain::command::Command;
use comeback::domain::context::{Intent, Opportunity};
use comeback::domain::event::Outcome;
use comeback::domain::hours::Window;
use comeback::domain::id::RepId;
use comeback::domain::kind::MessageKind;
use comeback::domain::next_step::rules::{Action, Rule};
use comeback::domain::next_step::{Earlier, Moment, NextStep, recommend};
use comeback::domain::time::Span;

use crate::world::Story;

/// What is recommended for the buyer's last text, by these rules.
fn step(story: &Story, text: &str, rules: &[Rule]) -> NextStep {
    step_by(story, text, None, rules)
}

/// The same for a text that may not be their last.
fn step_by(story: &Story, text: &str, earlier: Option<Earlier>, rules: &[Rule]) -> NextStep {
    let c = story.c();
    let cards = story.cards.get(&c.number).map_or(&[][..], Vec::as_slice);
    let (number, now, zone) = (&story.numbers[&c.number], story.now, chrono_tz::America::New_York);
    let (heard, kind, reader) = (Heard::Answered, None, None);
    recommend(&Moment { c, number, cards, heard, text, earlier, kind, reader, rules, now, zone })
}

fn rule(what: &str, why: &str) -> Rule {
    Rule { what: what.to_owned(), why: why.to_owned(), ..Rule::default() }
}

#[test]
fn the_first_rule_that_fits_speaks_with_its_fields_filled() {
    let story = Story::with_mayas_buyer();
    let rules = [
        Rule { kinds: [MessageKind::Scheduling].into(), ..rule("Never", "this is about price") },
        Rule {
            kinds: [MessageKind::Pricing].into(),
            snippet: Some("call".to_owned()),
            action: Some(Action::ProposeTimes),
            ..rule("Offer a call", "they ask about {kind}, {account}")
        },
        rule("Anything", "always"),
    ];
    let said = step(&story, "How much is it?", &rules);
    assert_eq!((said.what.as_str(), said.snippet.as_deref()), ("Offer a call", Some("call")));
    assert_eq!(said.action, Some(Action::ProposeTimes));
    assert!(said.why.starts_with("they ask about pricing, ") && !said.why.contains('{'), "{}", said.why);
    assert_eq!(step(&story, "ok", &rules).what, "Anything");
}

#[test]
fn what_no_rule_takes_falls_to_the_built_in_ones() {
    let story = Story::with_mayas_buyer();
    let rules = [Rule { use_cases: ["nothing".to_owned()].into(), ..rule("Never", "never") }];
    for (text, what) in [
        ("How much is it per seat?", "Answer the price question and offer a call today"),
        ("not interested, thanks", "Finish it: not interested"),
        ("wrong number", "Ask who it should go to, and put the CRM right"),
        ("Is there a redline from your lawyers?", "Confirm the contract point; loop in legal if it is new"),
    ] {
        assert_eq!(step(&story, text, &rules).what, what, "{text}");
        assert_eq!(step(&story, text, &[]).what, what, "{text}");
    }
}

#[test]
fn a_kind_for_which_nothing_speaks_is_no_reason_and_a_weak_one_is_perhaps() {
    let story = Story::with_mayas_buyer();
    let rules: Vec<Rule> = MessageKind::ALL
        .into_iter()
        .map(|kind| Rule { kinds: [kind].into(), ..rule(kind.name(), "it is {kind}") })
        .chain([rule("none", "any text")])
        .collect();
    let judged = comeback::domain::kind::judge("hello again");
    assert_eq!((judged.kind, judged.score()), (MessageKind::Positive, 0), "the guess that is left");
    let said = step(&story, "hello again", &rules);
    assert_eq!((said.what.as_str(), said.why.as_str()), ("none", "any text"));
    let weak = "maybe";
    let judged = comeback::domain::kind::judge(weak);
    assert!(!judged.is_sure() && judged.score() > 0, "{judged:?}");
    let said = step(&story, weak, &rules);
    assert_eq!((said.what.as_str(), said.why.as_str()), ("objection", "perhaps: it is objection"));
    let said = step(&story, "Can we talk?", &rules);
    assert_eq!((said.what.as_str(), said.why.as_str()), ("scheduling", "perhaps: it is scheduling"), "a question, too");
    assert_eq!(step(&story, "How much is it per seat?", &rules).why, "it is pricing");
}

#[test]
fn a_step_that_finishes_a_conversation_says_so() {
    let story = Story::with_mayas_buyer();
    let said = step(&story, "not interested, thanks", &[]);
    assert_eq!((said.what.as_str(), said.action), ("Finish it: not interested", Some(Action::NotInterested)));
}

#[test]
fn a_step_by_an_earlier_text_says_so_and_what_does_not_go_by_a_text_does_not() {
    let mut story = Story::with_mayas_buyer();
    let text = "How much is it per seat?";
    let earlier = Some(Earlier { at: story.now, asks_more: false });
    let plain = step(&story, text, &[]);
    assert_eq!(plain.earlier, None);
    assert_eq!(step_by(&story, text, earlier, &[]), NextStep { earlier, ..plain });
    assert_eq!(step_by(&story, text, earlier, &[rule("Sell", "always")]).earlier, earlier, "by the playbook");
    let more = Earlier { at: story.now, asks_more: true };
    assert_eq!(more.words("14:02"), "by their text of 14:02, read the later ones, too");
    story.does("maya", &Command::Done { outcome: Outcome::NotInterested }).unwrap();
    let done = step_by(&story, text, earlier, &[]);
    assert_eq!((done.what.as_str(), done.earlier), ("Nothing to do", None));
}

#[test]
fn safety_comes_before_every_rule() {
    let mut story = Story::with_mayas_buyer();
    story.texts("please take me off your list");
    let always = [rule("Sell", "always")];
    assert!(step(&story, "please take me off your list", &always).what.starts_with("Rule on the hold"));
    let mut out = Story::with_mayas_buyer();
    out.texts("STOP");
    assert!(step(&out, "STOP", &always).what.starts_with("Do not text"));
}

#[test]
fn interest_fades_and_hours_and_waiting_count() {
    let mut story = Story::with_mayas_buyer();
    let number = story.c().number;
    let seen = story.now - Span::minutes(60);
    for card in story.cards.get_mut(&number).unwrap() {
        card.intents = vec![Intent {
            at: seen,
            kind: "pricing_page".to_owned(),
            detail: "looked at prices".to_owned(),
            ..Intent::default()
        }];
    }
    let interested = |within| Rule {
        intents: ["pricing".to_owned()].into(),
        within: Some(Span::minutes(within)),
        ..rule("Pick it up", "recently: {intent}")
    };
    let said = step(&story, "ok", &[interested(90), rule("Else", "else")]);
    assert_eq!((said.what.as_str(), said.why.as_str()), ("Pick it up", "recently: looked at prices"));
    assert_eq!(step(&story, "ok", &[interested(30), rule("Else", "else")]).what, "Else");
    // Tuesday, ten in the morning; a window past midnight is open in the small hours.
    let during = |open, close| Rule { hours: vec![Window { open, close }], ..rule("Now", "hours") };
    assert_eq!(step(&story, "ok", &[during(600, 660), rule("Else", "else")]).what, "Now");
    assert_eq!(step(&story, "ok", &[during(1320, 1800), rule("Else", "else")]).what, "Else");
    assert_eq!(step(&story, "ok", &[during(1320, 2050), rule("Else", "else")]).what, "Now");
    let waited = Rule { waited: Some(Span::minutes(10)), ..rule("Hurry", "they wait") };
    assert_eq!(step(&story, "ok", &[waited.clone(), rule("Else", "else")]).what, "Else");
    story.wait(Span::minutes(10));
    assert_eq!(step(&story, "ok", &[waited, rule("Else", "else")]).what, "Hurry");
}

#[test]
fn a_question_about_who_we_are_gets_no_times_because_we_asked_for_a_meeting() {
    let mut story = Story::with_mayas_buyer();
    let id = story.c().id;
    story.conversations.get_mut(&id).unwrap().use_case = "meeting".to_owned();
    assert_ne!(step(&story, "who is this?", &[]).what, "Offer two concrete times");
    assert_eq!(step(&story, "Sounds great, yes", &[]).what, "Offer two concrete times");
}

#[test]
fn once_they_are_answered_or_it_is_done_nothing_is_to_be_answered() {
    let mut story = Story::with_mayas_buyer();
    let message = story.answers("maya");
    assert_eq!(step(&story, "ok", &[rule("Answer", "always")]).what, "Answer", "it has not left");
    story.wait(Span::seconds(8));
    assert!(story.starts(message));
    assert_eq!(step(&story, "ok", &[rule("Answer", "always")]).what, "Wait for their word");
    assert!(step(&story, "ok", &[]).rests, "there is nothing to follow");
    story.texts("And the price?");
    let asked = step(&story, "And the price?", &[rule("Answer", "always")]);
    assert_eq!((asked.what.as_str(), asked.rests), ("Answer", false));
    story.does("maya", &Command::Done { outcome: Outcome::NotInterested }).unwrap();
    let said = step(&story, "And the price?", &[rule("Answer", "always")]);
    assert_eq!((said.what.as_str(), said.why.as_str()), ("Nothing to do", "it is done: not interested"));
    assert!(said.rests);
}

#[test]
fn nobody_is_told_to_bring_themselves_in() {
    let mut story = Story::with_mayas_buyer();
    let number = story.c().number;
    let deal = Opportunity { owner: Some("maya".into()), ..Opportunity::default() };
    story.cards.get_mut(&number).unwrap()[0].opportunity = Some(deal);
    let rules = [Rule { action: Some(Action::LoopInAe), ..rule("Bring in the AE", "late") }, rule("Else", "else")];
    let says = |reader: &str| {
        let (c, reader) = (story.c(), RepId::from(reader));
        let (number, cards) = (&story.numbers[&c.number], &story.cards[&c.number]);
        let (now, zone) = (story.now, chrono_tz::UTC);
        let reader = Some(&reader);
        recommend(&Moment {
            c,
            number,
            cards,
            heard: Heard::Answered,
            text: "ok",
            earlier: None,
            kind: None,
            reader,
            rules: &rules,
            now,
            zone,
        })
        .what
    };
    assert_eq!((says("ben").as_str(), says("maya").as_str()), ("Bring in the AE", "Else"));
}

#[test]
fn the_sign_that_means_most_is_named_and_not_the_newest() {
    let mut story = Story::with_mayas_buyer();
    let number = story.c().number;
    let seen = |kind: &str, minutes| Intent {
        at: story.now - Span::minutes(minutes),
        kind: kind.to_owned(),
        ..Intent::default()
    };
    // A year ahead nothing has happened yet.
    let signs = vec![seen("trial", -60 * 24 * 365), seen("mail_open", 10), seen("quote", 60 * 24)];
    story.cards.get_mut(&number).unwrap()[0].intents = signs;
    let any = [Rule { intents: ["*".to_owned()].into(), ..rule("Pick it up", "recently: {intent}") }];
    assert_eq!(step(&story, "ok", &any).why, "recently: quote");
    story.cards.get_mut(&number).unwrap()[0].intents = vec![seen("trial", -60 * 24 * 365)];
    assert_ne!(step(&story, "ok", &any).what, "Pick it up", "it is no sign of interest until then");
}

#[test]
fn nobody_is_a_stranger_to_a_crm_that_has_not_answered_or_is_not_there() {
    let mut story = Story::begins();
    story.texts("hello there");
    let rules = [Rule { known: Some(false), ..rule("Ask who it is", "a stranger") }];
    let said = |heard, rules: &[Rule]| {
        let (c, now, zone) = (story.c(), story.now, chrono_tz::UTC);
        let (number, text) = (&story.numbers[&c.number], "hello there");
        let (earlier, kind, reader) = (None, None, None);
        recommend(&Moment { c, number, cards: &[], heard, text, earlier, kind, reader, rules, now, zone })
    };
    assert_eq!(said(Heard::Answered, &rules).what, "Ask who it is");
    assert_eq!(said(Heard::Answered, &[]).why, "the CRM does not know this number");
    for (heard, why) in [
        (Heard::NotYet, "the CRM has not said yet who this is"),
        (Heard::NoCrm, "no CRM is connected"),
        (Heard::Unsure, "no card of them is here"),
    ] {
        assert_eq!((said(heard, &rules).why.as_str(), said(heard, &[]).why.as_str()), (why, why), "{heard:?}");
    }
}

#[test]
fn a_no_has_a_snippet_of_thanks_in_the_playbook_that_is_shipped_and_is_finished_once_it_is_answered() {
    let shipped =
        comeback::config::playbook::read("playbook.toml", include_str!("../../../assets/playbook.toml")).unwrap();
    for text in ["no", "not interested", "No thanks, we went with somebody else"] {
        let mut story = Story::with_mayas_buyer();
        story.texts(text);
        let said = step(&story, text, &shipped.next_steps);
        let name = said.snippet.as_deref().unwrap_or_else(|| panic!("{text}: {said:?}"));
        assert!(shipped.snippets[name].text.starts_with("Thank you"), "{text}: {said:?}");
        let message = story.answers("maya");
        story.wait(Span::seconds(8));
        assert!(story.starts(message));
        let said = step(&story, text, &shipped.next_steps);
        assert_eq!(said.action, Some(Action::NotInterested), "{text}: {said:?}");
    }
}

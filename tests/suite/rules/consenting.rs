//! Consent: how far a word reaches, what a text rests on, who confirms a STOP, and lists that come in any order.

use comeback::domain::command::{Actor, Command};
use comeback::domain::consent::ledger::{Taken, Word, take};
use comeback::domain::consent::rules::LanguageWords;
use comeback::domain::consent::told::Automatic;
use comeback::domain::consent::{
    EvidenceRule, Ground, Number, OptOutSource, Question, Replies, Scope, ScopeRule, may_send,
};
use comeback::domain::contact::Body;
use comeback::domain::conversation::AnswerState;
use comeback::domain::event::{Event, Review};
use comeback::domain::id::{ConversationId, LineId, MessageId};
use comeback::domain::message::Delivery;
use comeback::domain::playbook::Playbook;
use comeback::domain::sending::ERROR_OPTED_OUT;
use comeback::domain::time::{Span, Timestamp};
use proptest::prelude::*;

use crate::world::{Story, at, kinds};

fn programme(name: &str, lines: &[&str]) -> Scope {
    Scope::Programme { name: name.to_owned(), lines: lines.iter().map(|line| LineId::from(*line)).collect() }
}

/// Main and dock are one programme, poll stands alone.
fn scoped(scope: ScopeRule) -> Story {
    let mut story = Story::with_mayas_buyer();
    story.playbook.consent.scope = scope;
    let lines = ["main", "dock"].map(LineId::from).into();
    story.playbook.consent.programmes.insert("sales".to_owned(), lines);
    story
}

/// The first buyer's conversation on a line.
fn on(story: &Story, line: &str) -> ConversationId {
    let of = |c: &&comeback::domain::conversation::Conversation| c.line == LineId::from(line);
    story.conversations.values().find(of).expect("a conversation").id
}

fn told(said: &[Event]) -> Option<(MessageId, Automatic)> {
    said.iter()
        .find_map(|e| if let Event::ToldBuyer { message, what, .. } = e { Some((*message, *what)) } else { None })
}

fn word(out: bool, scope: Scope, said: Option<Timestamp>) -> Word {
    let source = OptOutSource::Import("list".to_owned());
    Word { number: Story::number(1), out, source, scope, said, undated: false, words: None, line: None }
}

#[test]
fn a_stop_reaches_as_far_as_the_playbook_says_and_no_further() {
    for (rule, silent) in [
        (ScopeRule::Tenant, &["main", "dock", "poll"][..]),
        (ScopeRule::Programme, &["main", "dock"]),
        (ScopeRule::Number, &["main"]),
    ] {
        let mut story = scoped(rule);
        let mut held = Vec::new();
        for (line, rep) in [("dock", "nora"), ("poll", "nora"), ("main", "maya")] {
            story.receives(1, line, "Hello", 0, None);
            held.push((line, story.answers(rep)));
        }
        let said = story.texts("Stop");
        assert_eq!(said.iter().filter(|e| matches!(e, Event::OptedOut { .. })).count(), 1);
        story.wait(Span::seconds(8));
        for (line, message) in held {
            story.here = on(&story, line);
            let out = silent.contains(&line);
            assert_eq!(story.parked(message).is_some_and(|why| why == [Review::OptedOut]), out, "{rule:?} {line}");
            assert_eq!(story.starts(message), !out, "{rule:?} {line}");
        }
        // A START to the same line ends it, wherever it reached.
        story.wait(Span::seconds(1));
        story.texts("START");
        let number = &story.numbers[&Story::number(1)];
        assert_eq!(number.outs().count(), 0, "{rule:?}");
    }
}

#[test]
fn a_narrower_rule_later_makes_no_opt_out_smaller_and_a_wider_one_makes_the_next_wider() {
    let mut story = scoped(ScopeRule::Programme);
    story.texts("STOP");
    story.playbook.consent.programmes.clear();
    story.playbook.consent.scope = ScopeRule::Number;
    let number = story.numbers[&Story::number(1)].clone();
    let out = |line: &str| number.out_for(&story.playbook.consent, &line.into()).is_some();
    assert!(out("main") && out("dock") && !out("poll"), "the programme keeps the lines it had");
    // A line that joins the programme by name is covered, too.
    let joined = ["main", "poll"].map(LineId::from).into();
    story.playbook.consent.programmes.insert("sales".to_owned(), joined);
    assert!(number.out_for(&story.playbook.consent, &"poll".into()).is_some());
    story.playbook.consent.scope = ScopeRule::Tenant;
    assert!(kinds(&story.texts("STOP")).contains(&"opted_out"), "it reaches further than the one before");
    assert!(story.numbers[&Story::number(1)].opted_out.is_some());
    assert!(!kinds(&story.texts("STOP")).contains(&"opted_out"), "and once is enough");
}

#[test]
fn whoever_withdraws_it_every_unsent_text_is_taken_back_in_the_same_decision() {
    let by = |source: OptOutSource| Command::OptOut { source };
    let listed = || Box::new(word(true, Scope::Tenant, Some(at("2026-03-03T09:00:00-05:00"))));
    for (actor, command) in [
        (Actor::Operator, Command::Consent(listed())),
        (Actor::Program("crm".to_owned()), Command::Consent(listed())),
        (Actor::Operator, by(OptOutSource::Ruled("lea".into()))),
        (Actor::Carrier, by(OptOutSource::Carrier)),
    ] {
        let mut story = Story::with_mayas_buyer();
        let message = story.answers("maya");
        let said = story.machine(actor.clone(), &command);
        assert!(kinds(&said).starts_with(&["opted_out", "answer_parked"]), "{actor:?}: {said:?}");
        assert!(story.c().clock.is_none(), "nobody waits for a text that may not go");
        story.wait(Span::seconds(8));
        assert!(!story.starts(message), "{actor:?}");
        let accept = vec![Review::OptedOut, Review::NoEvidence];
        story.does("maya", &Command::Release { message, accept }).unwrap();
        assert_eq!(story.parked(message), Some(vec![Review::OptedOut]), "{actor:?}");
    }
}

#[test]
fn a_refusal_that_the_carrier_tells_late_opts_out_in_the_scope_of_the_line() {
    let mut story = scoped(ScopeRule::Number);
    let message = story.answers("maya");
    story.wait(Span::seconds(8));
    assert!(story.starts(message));
    let error = Some(ERROR_OPTED_OUT);
    story.machine(Actor::Carrier, &Command::Report { message, delivery: Delivery::Failed, error });
    let number = &story.numbers[&Story::number(1)];
    let outs: Vec<_> = number.outs().map(|(scope, out)| (scope.clone(), out.source.clone())).collect();
    assert_eq!(outs, [(Scope::Number("main".into()), OptOutSource::Carrier)]);
}

#[test]
fn a_text_rests_on_the_buyers_own_or_on_evidence_and_without_either_the_playbook_rules() {
    let form = at("2026-01-05T10:00:00Z");
    for (rule, evidence, wrote, wanted) in [
        (EvidenceRule::Optional, false, false, Vec::new()),
        (EvidenceRule::Ask, false, false, vec![Review::NoEvidence]),
        (EvidenceRule::Required, false, false, vec![Review::NoEvidence]),
        (EvidenceRule::Required, true, false, Vec::new()),
        (EvidenceRule::Required, false, true, Vec::new()),
    ] {
        let mut story = Story::with_mayas_buyer();
        story.playbook.consent.evidence = rule;
        let here = story.here;
        if !wrote {
            {
                let c = story.conversations.get_mut(&here).unwrap();
                (c.last_inbound, c.last_words) = (None, None);
            }
        }
        if evidence {
            story.machine(Actor::Operator, &Command::Consent(Box::new(word(false, Scope::Tenant, Some(form)))));
        }
        let number = story.numbers[&Story::number(1)].clone();
        let (line, wrote) = (LineId::from("main"), story.c().wrote());
        let question = Question {
            playbook: &story.playbook,
            number: Some(&number),
            line: &line,
            wrote,
            purpose: comeback::domain::consent::Purpose::Words,
        };
        let verdict = may_send(&question);
        assert_eq!(verdict.against, wanted, "{rule:?} {evidence} {wrote:?}");
        let ground = match (wrote, evidence) {
            (Some(at), _) => Ground::TheyWrote(at),
            (None, true) => Ground::Evidence(form),
            (None, false) => Ground::Nothing,
        };
        assert_eq!(verdict.ground, ground);
        // A rep may accept what the playbook leaves to them, and no more.
        let message = story.answers("maya");
        if wanted.is_empty() {
            assert!(story.parked(message).is_none());
            continue;
        }
        assert!(story.parked(message).is_some_and(|why| why.contains(&Review::NoEvidence)));
        let accept = vec![Review::NoEvidence, Review::QuietHours];
        story.does("maya", &Command::Release { message, accept }).unwrap();
        story.wait(Span::seconds(8));
        assert_eq!(story.starts(message), rule == EvidenceRule::Ask, "{rule:?}");
    }
}

#[test]
fn evidence_that_is_asked_for_after_an_answer_was_accepted_is_asked_for_again_when_it_would_leave() {
    let mut story = Story::with_mayas_buyer();
    let here = story.here;
    {
        let c = story.conversations.get_mut(&here).unwrap();
        (c.last_inbound, c.last_words) = (None, None);
    }
    let message = story.fresh();
    let body = Body::new("Hello");
    story.does("maya", &Command::Answer { message, body, accept: vec![Review::QuietHours] }).unwrap();
    assert!(matches!(story.standing(message), Some(AnswerState::Held { .. })));
    story.playbook.consent.evidence = EvidenceRule::Required;
    story.wait(Span::seconds(8));
    assert!(!story.starts(message));
    assert_eq!(story.parked(message), Some(vec![Review::NoEvidence]));
}

fn ours(story: &mut Story) {
    story.playbook.consent.replies = Replies::Us;
    story.playbook.consent.help = Some("Harbor & Pine, 555-0100. Text STOP to end.".to_owned());
}

#[test]
fn a_stop_is_confirmed_once_by_one_party_and_only_while_it_is_fresh() {
    for (who, carrier, late, wanted) in [
        (Replies::Us, None, 0, true),
        (Replies::Us, Some("STOP"), 0, false),
        (Replies::Carrier, None, 0, false),
        (Replies::Us, None, 299, true),
        (Replies::Us, None, 300, false),
    ] {
        let mut story = Story::with_mayas_buyer();
        ours(&mut story);
        story.playbook.consent.replies = who;
        let stop = story.receives(1, "main", "STOP", 0, carrier);
        let Some((message, what)) = told(&stop) else {
            assert!(!wanted || late > 0, "{who:?} {carrier:?}");
            continue;
        };
        assert_eq!(what, Automatic::Confirmation);
        assert!(told(&story.texts("Stop!")).is_none(), "said again it is confirmed no second time");
        story.wait(Span::seconds(late));
        assert_eq!(story.starts(message), wanted, "{late} s");
        assert!(!wanted || !story.starts(message), "once");
        assert_eq!(story.standing(message).is_some(), wanted);
        // It was the only further text.
        let answer = story.answers("maya");
        story.wait(Span::seconds(8));
        assert!(!story.starts(answer));
    }
}

#[test]
fn what_means_nothing_to_a_carrier_that_confirms_the_rest_is_confirmed_by_us() {
    for (word, by_carrier, carrier, wanted) in [
        ("STOP", true, None, None),
        ("REMOVE", false, None, Some(Automatic::Confirmation)),
        ("ARRET", false, None, Some(Automatic::Confirmation)),
        ("REMOVE", false, Some("STOP"), None),
        ("HELP", true, None, None),
        ("help?", false, None, Some(Automatic::Help)),
    ] {
        let mut story = Story::with_mayas_buyer();
        ours(&mut story);
        story.playbook.consent.replies = Replies::Carrier;
        story.by_carrier = by_carrier;
        let said = story.receives(1, "main", word, 0, carrier);
        assert_eq!(told(&said).map(|(_, what)| what), wanted, "{word} {carrier:?}");
        let Some((message, _)) = told(&said) else { continue };
        assert!(told(&story.receives(1, "main", word, 0, None)).is_none(), "{word} again");
        assert!(story.starts(message), "{word}");
    }
}

#[test]
fn a_line_may_have_another_one_who_confirms() {
    let mut story = Story::begins();
    ours(&mut story);
    story.playbook.consent.line_replies.insert("dock".into(), Replies::Carrier);
    assert!(told(&story.receives(1, "dock", "STOP", 0, None)).is_none());
    assert!(told(&story.receives(2, "main", "STOP", 0, None)).is_some());
}

#[test]
fn a_confirmation_is_dropped_when_the_buyer_came_back_before_it_left() {
    let mut story = Story::with_mayas_buyer();
    ours(&mut story);
    let (message, _) = told(&story.texts("STOP")).unwrap();
    story.wait(Span::seconds(1));
    story.texts("START");
    assert!(!story.starts(message));
    assert!(story.standing(message).is_none());
    assert!(story.c().met.is_none() && story.c().clock.is_none(), "it meets and starts nothing");
}

#[test]
fn whoever_asks_help_first_is_told_who_we_are_though_no_consent_is_on_record() {
    for rule in [EvidenceRule::Optional, EvidenceRule::Ask, EvidenceRule::Required] {
        let mut story = Story::begins();
        ours(&mut story);
        story.playbook.consent.evidence = rule;
        let (message, what) = told(&story.texts("HELP")).expect("we do");
        assert_eq!(what, Automatic::Help);
        assert!(story.starts(message), "{rule:?}");
        story.texts("STOP");
        story.wait(Span::minutes(61));
        assert!(told(&story.texts("HELP")).is_none(), "not to whoever opted out");
    }
}

#[test]
fn help_is_answered_by_us_or_by_the_carrier_and_not_again_within_the_hour() {
    let mut story = Story::with_mayas_buyer();
    assert!(told(&story.texts("HELP")).is_none(), "the carrier does");
    ours(&mut story);
    assert!(told(&story.receives(1, "main", "info", 0, Some("HELP"))).is_none(), "the carrier has");
    let (message, what) = told(&story.texts("Help?")).expect("we do");
    assert_eq!(what, Automatic::Help);
    assert!(story.c().clock.is_some(), "the question before still waits for a person");
    assert!(told(&story.texts("HELP")).is_none());
    assert!(story.starts(message));
    assert!(!story.c().answered && story.c().clock.is_some());
    story.wait(Span::minutes(61));
    assert!(told(&story.texts("HELP")).is_some());
    story.texts("STOP");
    story.wait(Span::minutes(61));
    assert!(told(&story.texts("HELP")).is_none(), "nothing goes to a number that opted out");
}

#[test]
fn words_of_the_playbooks_languages_count_and_yes_is_content_unless_they_opted_out() {
    let mut story = Story::with_mayas_buyer();
    let stop = vec!["alto".to_owned()];
    let words = LanguageWords { stop, start: vec!["alta".to_owned()], ..LanguageWords::default() };
    story.playbook.consent.words.insert("es".to_owned(), words);
    for content in ["yes", "alta", "Alto y claro"] {
        let said = story.texts(content);
        assert!(!kinds(&said).iter().any(|kind| ["opted_in", "opted_out"].contains(kind)), "{content}: {said:?}");
        assert!(story.c().clock.is_some(), "{content} reaches the rep");
    }
    let said = story.texts("¡ALTO!");
    let source = OptOutSource::Keyword("alto".to_owned());
    assert!(said.contains(&Event::OptedOut { source, scope: Scope::Tenant, said: None, undated: false }), "{said:?}");
    story.wait(Span::seconds(1));
    assert!(kinds(&story.texts("Alta")).contains(&"opted_in"));
    assert_eq!(story.numbers[&Story::number(1)].outs().count(), 0);
}

#[test]
fn what_a_buyer_a_carrier_or_a_colleague_withdrew_comes_back_by_the_buyers_start_alone() {
    for source in [
        OptOutSource::Keyword("stop".to_owned()),
        OptOutSource::Carrier,
        OptOutSource::Rep("maya".into()),
        OptOutSource::Ruled("lea".into()),
    ] {
        let mut story = Story::with_mayas_buyer();
        story.machine(Actor::Operator, &Command::OptOut { source: source.clone() });
        story.wait(Span::minutes(60));
        let newer = word(false, Scope::Tenant, Some(story.now));
        story.machine(Actor::Operator, &Command::Consent(Box::new(newer)));
        let number = &story.numbers[&Story::number(1)];
        assert_eq!(number.opted_out.as_ref().map(|out| &out.source), Some(&source));
        assert_eq!(number.evidence.len(), 1, "the evidence is kept all the same");
        story.texts("START");
        assert!(story.numbers[&Story::number(1)].opted_out.is_none());
    }
}

#[test]
fn a_word_of_a_list_counts_by_when_it_was_said_and_a_tie_is_an_opt_out() {
    let at = |minute: i64| Timestamp::from_millis(minute * 60_000);
    for (words, out) in [
        (&[(true, 5), (false, 7)][..], false),
        (&[(false, 7), (true, 5)], false),
        (&[(true, 5), (false, 7), (true, 9)], true),
        (&[(true, 9), (false, 7), (true, 5)], true),
        (&[(true, 7), (false, 7)], true),
        (&[(false, 7), (true, 7)], true),
    ] {
        let mut number = Number::new(Story::number(1));
        for (out, minute) in words {
            if let (_, Some(event)) = take(Some(&number), &word(*out, Scope::Tenant, Some(at(*minute)))) {
                number.apply(at(100), &event);
            }
        }
        assert_eq!(number.opted_out.is_some(), out, "{words:?}");
    }
}

fn scope(n: u8) -> Scope {
    match n % 4 {
        0 => Scope::Tenant,
        1 => programme("sales", &["main", "dock"]),
        2 => Scope::Number("main".into()),
        _ => Scope::Number("poll".into()),
    }
}

/// By the definition: out when a withdrawal stands that no later word as wide gave back.
fn is_out(words: &[Word], line: &str, playbook: &Playbook) -> bool {
    let line = LineId::from(line);
    let gives = |out: &Word| words.iter().any(|w| !w.out && w.scope.holds(&out.scope) && w.said > out.said);
    words.iter().any(|w| w.out && w.scope.covers(&playbook.consent, &line) && !gives(w))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn lists_come_to_the_same_in_any_order_and_read_twice_they_change_nothing(
        words in proptest::collection::vec((any::<bool>(), 0u8..4, 0i64..12, 0u8..2), 1..12),
        shuffle in any::<u64>(),
    ) {
        let playbook = Playbook::default();
        let all: Vec<Word> = words.iter().map(|(out, reach, minute, from)| {
            let source = if *from == 0 { OptOutSource::Import("a".to_owned()) } else { OptOutSource::Api("b".to_owned()) };
            Word { source, ..word(*out, scope(*reach), Some(Timestamp::from_millis(*minute * 60_000))) }
        }).collect();
        let mut other = all.clone();
        other.sort_by_key(|w| (format!("{w:?}").bytes().fold(shuffle, |h, b| h.rotate_left(5) ^ u64::from(b)), w.out));
        let read = |words: &[Word], number: &mut Number| {
            let mut new = 0;
            for word in words {
                let (taken, event) = take(Some(number), word);
                prop_assert_eq!(taken == Taken::New, event.is_some());
                if let Some(event) = event {
                    new += 1;
                    number.apply(Timestamp::from_millis(1_000_000_000), &event);
                }
            }
            Ok(new)
        };
        let (mut one, mut two) = (Number::new(Story::number(1)), Number::new(Story::number(1)));
        read(&all, &mut one)?;
        read(&other, &mut two)?;
        for line in ["main", "dock", "poll"] {
            let wanted = is_out(&all, line, &playbook);
            for number in [&one, &two] {
                prop_assert_eq!(number.out_for(&playbook.consent, &line.into()).is_some(), wanted, "{}: {:?}", line, all);
            }
        }
        let before = one.clone();
        prop_assert_eq!(read(&all, &mut one)?, 0, "read twice");
        prop_assert_eq!(one, before);
    }

    /// Whatever happens in whatever order: nothing starts to a line that the number withdrew from, and what was withdrawn
    /// firmly stands until the buyer's own START.
    #[test]
    fn nothing_starts_after_an_opt_out_in_any_scope(
        rule in 0u8..3,
        steps in proptest::collection::vec((0u8..8, 0u8..3, 0u8..4, any::<bool>()), 1..60),
    ) {
        let mut story = scoped([ScopeRule::Tenant, ScopeRule::Programme, ScopeRule::Number][usize::from(rule)]);
        ours(&mut story);
        let lines = ["main", "dock", "poll"];
        let reps = ["maya", "nora", "nora"];
        for (what, n, reach, flag) in steps {
            let (line, rep) = (lines[usize::from(n)], reps[usize::from(n)]);
            let firm: Vec<Scope> = story.numbers[&Story::number(1)].outs()
                .filter(|(_, out)| out.source.is_firm()).map(|(scope, _)| scope.clone()).collect();
            let known = story.conversations.values().find(|c| c.line == LineId::from(line)).map(|c| c.id);
            if let Some(known) = known {
                story.here = known;
            }
            let mut started = false;
            match what {
                0 => drop(story.receives(1, line, if flag { "STOP" } else { "quit" }, 0, None)),
                1 => {
                    story.wait(Span::seconds(1));
                    story.receives(1, line, "START", 0, None);
                    prop_assert!(story.numbers[&Story::number(1)].out_for(&story.playbook.consent, &line.into()).is_none());
                }
                2 => drop(story.receives(1, line, "What about Friday?", 0, None)),
                3 if known.is_some() => drop(story.answers(rep)),
                4 => {
                    let said = Some(story.now - Span::minutes(i64::from(reach) * 10));
                    let word = word(flag, scope(reach), said);
                    story.machine(Actor::Operator, &Command::Consent(Box::new(word)));
                }
                5 => story.wait(Span::seconds(if flag { 9 } else { 400 })),
                6 if known.is_some() => {
                    let all: Vec<_> = story.c().answers.iter().map(|(id, a)| (*id, a.what, a.automatic)).collect();
                    for (message, what, automatic) in all {
                        let began = story.starts(message);
                        let confirms = automatic && what == Automatic::Confirmation;
                        let number = &story.numbers[&Story::number(1)];
                        let out = number.out_for(&story.playbook.consent, &line.into()).is_some();
                        prop_assert!(!began || out == confirms, "only what confirms a STOP goes to who is out");
                        started |= began;
                        if began {
                            story.machine(Actor::Carrier, &Command::Report {
                                message, delivery: Delivery::Delivered, error: None,
                            });
                        }
                    }
                }
                _ => {}
            }
            let number = &story.numbers[&Story::number(1)];
            for scope in firm.iter().filter(|_| what != 1) {
                let stands = number.outs().any(|(own, out)| own == scope && out.source.is_firm());
                prop_assert!(stands, "{:?} was forgotten by step {}", scope, what);
            }
            let _ = started;
        }
    }
}

//! STOP and START in any order: what counts is when the buyer said it, and in doubt the opt-out stands.

use comeback::domain::command::{Actor, Command};
use comeback::domain::consent::ledger::Word;
use comeback::domain::consent::{Number, OptOutSource, Scope};
use comeback::domain::event::Event;
use comeback::domain::time::{Span, Timestamp};
use proptest::prelude::*;

use crate::world::{Story, kinds};

/// The buyer's text of so many minutes ago comes in now.
fn said(story: &mut Story, body: &str, minutes: i64) -> Vec<Event> {
    let sent = story.now - Span::minutes(minutes);
    story.receives_of(1, "main", (body, 0), None, Some(sent))
}

/// The carrier's list tells when a START was texted that came before.
fn dated(story: &mut Story, minutes: i64) -> Vec<Event> {
    let said = Some(story.now - Span::minutes(minutes));
    let (number, source, line) = (Story::number(1), OptOutSource::Keyword("start".to_owned()), Some("main".into()));
    let word = Word { number, out: false, source, scope: Scope::Tenant, said, undated: false, words: None, line };
    story.machine(Actor::Carrier, &Command::Consent(Box::new(word)))
}

fn is_out(story: &Story) -> bool {
    story.numbers[&Story::number(1)].opted_out.is_some()
}

#[test]
fn a_start_lifts_only_a_stop_that_was_said_before_it() {
    for (stop, start, out) in [(30, 60, true), (60, 30, false), (30, 30, true), (60, 0, false), (0, 0, true)] {
        let mut story = Story::with_mayas_buyer();
        story.wait(Span::minutes(120));
        said(&mut story, "STOP", stop);
        let facts = said(&mut story, "START", start);
        assert_eq!(is_out(&story), out, "STOP {stop} minutes ago, START {start}");
        assert_eq!(
            kinds(&facts).contains(&"opted_in"),
            !out,
            "nobody is told of consent that was not given: {facts:?}"
        );
    }
}

#[test]
fn a_start_of_which_nobody_knows_when_lifts_nothing_until_the_carrier_says() {
    let mut story = Story::with_mayas_buyer();
    story.texts("STOP");
    story.wait(Span::minutes(60));
    for (body, carrier) in [("START", None), ("go on", Some("START")), ("yes", None)] {
        story.receives_of(1, "main", (body, 0), carrier, None);
        assert!(is_out(&story), "{body}");
    }
    assert!(dated(&mut story, 61).is_empty() && dated(&mut story, 60).is_empty() && is_out(&story));
    let facts = dated(&mut story, 1);
    let at = story.now - Span::minutes(1);
    assert!(matches!(&facts[..], [Event::OptedIn { said: Some(said), .. }] if *said == at), "{facts:?}");
    assert!(!is_out(&story));
    assert!(dated(&mut story, 1).is_empty(), "and once is enough");
}

#[test]
fn a_stop_that_is_said_again_stands_in_the_ledger_and_counts_from_then() {
    let mut story = Story::with_mayas_buyer();
    said(&mut story, "STOP", 0);
    story.wait(Span::minutes(30));
    let facts = said(&mut story, "stop", 0);
    assert!(kinds(&facts).contains(&"opted_out"), "{facts:?}");
    assert!(
        said(&mut story, "STOP", 10).iter().all(|e| !matches!(e, Event::OptedOut { .. })),
        "an older one says no more"
    );
    let out = story.numbers[&Story::number(1)].opted_out.clone().unwrap();
    assert_eq!((out.at, out.last()), (story.now - Span::minutes(30), story.now));
    said(&mut story, "START", 10);
    assert!(is_out(&story), "it lies between the two");
    story.wait(Span::minutes(1));
    said(&mut story, "START", 0);
    assert!(!is_out(&story));
}

#[test]
fn a_stop_that_comes_after_a_newer_start_opts_out_nobody_who_came_back_and_in_doubt_it_does() {
    for (stop, start, out) in [(40, 10, false), (12, 10, false), (10, 10, true), (5, 10, true)] {
        let mut story = Story::with_mayas_buyer();
        story.wait(Span::minutes(120));
        said(&mut story, "STOP", 60);
        said(&mut story, "START", start);
        assert!(!is_out(&story));
        said(&mut story, "STOP", stop);
        assert_eq!(is_out(&story), out, "STOP {stop}, START {start}");
    }
    // Clocks of carriers differ by seconds.
    let mut story = Story::with_mayas_buyer();
    story.wait(Span::minutes(120));
    said(&mut story, "STOP", 60);
    said(&mut story, "START", 10);
    let sent = story.now - Span::minutes(10) - Span::seconds(30);
    story.receives_of(1, "main", ("STOP", 0), None, Some(sent));
    assert!(is_out(&story));
    // What a list says is no START of the buyer's own, however new.
    let mut story = Story::with_mayas_buyer();
    story.wait(Span::minutes(120));
    let source = OptOutSource::Import("form".to_owned());
    let (number, said_at) = (Story::number(1), Some(story.now - Span::minutes(5)));
    let word = Word {
        number,
        out: false,
        source,
        scope: Scope::Tenant,
        said: said_at,
        undated: false,
        words: None,
        line: None,
    };
    story.machine(Actor::Operator, &Command::Consent(Box::new(word)));
    said(&mut story, "STOP", 60);
    assert!(is_out(&story));
}

#[test]
fn a_start_from_before_what_a_colleague_or_the_carrier_recorded_lifts_nothing() {
    for source in [OptOutSource::Rep("maya".into()), OptOutSource::Carrier, OptOutSource::Api("tool".to_owned())] {
        let mut story = Story::with_mayas_buyer();
        story.wait(Span::minutes(60));
        story.machine(Actor::Operator, &Command::OptOut { source: source.clone() });
        said(&mut story, "START", 1);
        assert!(is_out(&story), "{source:?}");
        story.wait(Span::seconds(1));
        said(&mut story, "START", 0);
        assert!(!is_out(&story), "{source:?}");
    }
}

#[test]
fn journals_from_before_are_read_as_they_were_meant() {
    let old = |text: &str| -> Event { serde_json::from_str(text).unwrap() };
    let at = |minute: i64| Timestamp::from_millis(minute * 60_000);
    let mut number = Number::new(Story::number(1));
    number.apply(at(5), &old(r#"{"event":"opted_out","source":{"keyword":"stop"}}"#));
    assert!(number.opted_out.is_some());
    number.apply(at(5), &old(r#"{"event":"opted_in","source":{"keyword":"start"}}"#));
    assert!(number.opted_out.is_none(), "it was decided over what stood there");
}

proptest! {
    #[test]
    fn however_they_come_in_the_newest_word_counts_and_an_opt_out_wins_a_tie(
        words in prop::collection::vec((any::<bool>(), 0_i64..8), 1..7),
        shuffle in any::<prop::sample::Index>(),
        late in prop::collection::vec(any::<prop::sample::Index>(), 6),
    ) {
        let mut story = Story::with_mayas_buyer();
        story.wait(Span::minutes(60));
        let newest = |stop: bool| words.iter().filter(|(is, _)| *is == stop).map(|(_, at)| *at).max();
        let mut coming = words.clone();
        coming.rotate_left(shuffle.index(words.len()));
        for index in &late {
            let at = index.index(coming.len());
            let word = coming.remove(at);
            coming.push(word);
        }
        // Three minutes lie between two of them: further apart than clocks differ.
        for (stop, at) in &coming {
            said(&mut story, if *stop { "STOP" } else { "START" }, 30 - 3 * at);
        }
        let (stop, start) = (newest(true), newest(false));
        if stop.is_some() && stop >= start {
            prop_assert!(is_out(&story), "{coming:?}");
        }
        // Once the carrier's list is read, it is exactly the newest word.
        for (_, at) in coming.iter().filter(|(stop, _)| !stop) {
            dated(&mut story, 30 - 3 * at);
        }
        prop_assert_eq!(is_out(&story), stop.is_some() && stop >= start, "{:?}", coming);
    }
}

use std::collections::BTreeSet;

use super::*;
use crate::emulator::crm;

const LINE: &str = "+16465550100";

/// Tuesday 2026-03-03, 10:00 in New York.
fn start() -> Timestamp {
    Timestamp::from_millis(1_772_550_000_000)
}

fn world(seed: u64, plan: BuyerPlan) -> World {
    let reps: Vec<String> = ["maya", "ben", "ines", "omar", "lea"].map(str::to_owned).to_vec();
    let contacts = crm::contacts(seed, start(), plan.count, (&reps, &["zoe".to_owned()]), &[]);
    World::new(seed, start(), plan, &contacts, &[Number { number: LINE.to_owned(), ..Number::default() }])
}

fn talker(seed: u64) -> World {
    world(seed, BuyerPlan { script: false, stream: false, ..BuyerPlan::default() })
}

fn later(seconds: i64) -> Timestamp {
    start() + Span::seconds(seconds)
}

fn answer(world: &mut World, seconds: i64, index: usize, body: &str) {
    let to = world.people[index].number.clone();
    world.hears(Answer { at: later(seconds), from: LINE.to_owned(), to, body: body.to_owned() });
}

#[test]
fn the_same_seed_and_answers_give_the_same_texts_however_often_one_looks() {
    let run = |seed, step: i64| {
        let mut world = world(seed, BuyerPlan::default());
        let (mut said, mut at) = (Vec::new(), 0);
        while at < 3600 {
            for (n, seconds) in [100, 500, 900, 1400, 2000].into_iter().enumerate() {
                if (at..at + step).contains(&seconds) {
                    answer(&mut world, seconds, n % 2, "How about Thursday 10:00?");
                }
            }
            said.extend(buyer_actions(&world, later(at), later(at + step)));
            at += step;
        }
        said
    };
    let told = run(3, 10);
    assert_eq!(told, run(3, 10));
    assert_eq!(told, run(3, 50));
    assert_ne!(told, run(4, 10));
    assert!(told.len() > 40, "{}", told.len());
}

#[test]
fn the_script_opens_as_written() {
    let world = world(1, BuyerPlan { stream: false, ..BuyerPlan::default() });
    let said = buyer_actions(&world, start(), later(480));
    assert_eq!(said.len(), 17);
    assert_eq!((said[0].at, &said[0].from), (later(30), &world.people[0].number));
    let picture = said.iter().find(|a| a.pictures == 1).unwrap();
    assert_eq!((picture.body.as_str(), picture.at), ("", later(180)));
    let burst: BTreeSet<&String> =
        said.iter().filter(|a| later(240) <= a.at && a.at < later(256)).map(|a| &a.from).collect();
    assert_eq!(burst.len(), 1);
    assert!(said.iter().any(|a| a.from == STRANGER && a.body == "who is this?"));
    assert!(said.iter().any(|a| a.body == "STOP") && said.iter().any(|a| a.body == "Cancel"));
}

#[test]
fn where_one_area_has_a_number_its_buyers_text_that_and_all_others_text_what_they_texted_before() {
    let reps: Vec<String> = ["maya", "ben", "ines", "omar", "lea"].map(str::to_owned).to_vec();
    let number = |number: &str, areas: &[&str]| Number {
        number: number.to_owned(),
        areas: areas.iter().map(|&area| area.to_owned()).collect(),
        ..Number::default()
    };
    let said = |numbers: &[Number]| {
        let areas: Vec<String> = numbers.iter().flat_map(|n| n.areas.clone()).collect();
        let contacts = crm::contacts(6, start(), 40, (&reps, &["zoe".to_owned()]), &areas);
        buyer_actions(&World::new(6, start(), BuyerPlan::default(), &contacts, numbers), start(), later(7200))
    };
    let (main, other, west) = (number(LINE, &[]), number("+16465550200", &[]), number("+14155550100", &["510"]));
    let (with, without) = (said(&[main.clone(), other.clone(), west.clone()]), said(&[main, other]));
    let of_the_area = |a: &&Action| a.from.starts_with("+1510");
    assert!(with.iter().filter(of_the_area).count() > 1);
    assert!(with.iter().all(|a| (a.to == west.number) == of_the_area(&a)));
    // One of them has a part in the written minutes.
    assert_eq!(with.iter().filter(|a| a.at < later(480)).count(), 18);
    let hers = |said: &[Action]| {
        let contacts = crm::contacts(6, start(), 40, (&reps, &["zoe".to_owned()]), &[]);
        let owned = |a: &&Action| contacts.iter().any(|c| c.owner.as_deref() == Some("maya") && c.phones[0] == a.from);
        said.iter().filter(owned).cloned().collect::<Vec<_>>()
    };
    assert_eq!(hers(&with), hers(&without), "the first rep hears what she heard before, and when");
}

#[test]
fn the_stream_is_steady_by_day_and_thin_by_night() {
    let world = world(2, BuyerPlan { script: false, ..BuyerPlan::default() });
    let day = buyer_actions(&world, start(), later(3600));
    assert!((35..=42).contains(&day.len()), "{} texts in an hour", day.len());
    for pair in day.windows(2) {
        let gap = pair[1].at.since(pair[0].at).as_seconds();
        assert!((60..=120).contains(&gap), "{gap} s apart");
    }
    let night = buyer_actions(&world, later(14 * 3600), later(15 * 3600));
    assert!((5..=9).contains(&night.len()), "{} texts at night", night.len());
}

#[test]
fn buyers_answer_after_a_while_for_a_few_turns() {
    let mut talks = Vec::new();
    for seed in 0..40 {
        let mut world = talker(seed);
        for n in 0..10 {
            answer(&mut world, n * 600, 0, "Does Thursday at 2pm work?");
        }
        let said = buyer_actions(&world, start(), later(20_000));
        for action in &said {
            let nth = action.at.since(start()).as_seconds() / 600;
            let delay = action.at.since(later(nth * 600)).as_seconds();
            assert!((20..=240).contains(&delay), "{delay} s");
        }
        talks.push(said.len());
    }
    assert_eq!(talks.iter().max(), Some(&6));
    assert!(talks.iter().any(|n| *n < 3), "some go quiet: {talks:?}");
}

#[test]
fn several_answers_before_the_buyer_looks_get_one_text() {
    let mut seen = 0;
    for seed in 0..20 {
        let mut world = talker(seed);
        for n in 0..3 {
            answer(&mut world, n, 0, "one moment");
        }
        seen += buyer_actions(&world, start(), later(20_000)).len();
    }
    assert!((10..=20).contains(&seen), "{seen} texts to 20 times three answers");
}

#[test]
fn nobody_texts_after_stop() {
    let mut world = world(5, BuyerPlan::default());
    for index in 0..world.people.len() {
        let number = world.people[index].number.clone();
        answer(&mut world, 600, index, "Shall we talk?");
        world.stopped(later(610), &number);
    }
    assert_eq!(buyer_actions(&world, later(610), later(90_000)), []);
}

#[test]
fn who_asked_to_be_left_alone_is_silent_though_the_carrier_saw_no_keyword() {
    let mut world = world(5, BuyerPlan { stream: false, ..BuyerPlan::default() });
    answer(&mut world, 500, 9, "Sorry to hear that!");
    assert_eq!(buyer_actions(&world, later(480), later(9000)), []);
}

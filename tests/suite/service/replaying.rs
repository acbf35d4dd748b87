//! A recorded day decided again under other rules, from the journal of a real committer.

use comeback::domain::event::{Outcome as Ending, Subject};
use comeback::domain::playbook::{Playbook, Target};
use comeback::domain::replay::{Cause, Load, Replay, Reply, Report, Targets};
use comeback::server::engine;

use super::*;

/// The journal so far, decided again.
async fn again(floor: &Floor, rules: &Playbook, since: Timestamp) -> Report {
    let mut replay = Replay::new(rules, since);
    for entry in floor.journal().await {
        let frame = said(&entry);
        let event: Event = serde_json::from_value(frame.event).unwrap();
        let subject: Subject = serde_json::from_value(frame.subject).unwrap();
        let actor: Actor = serde_json::from_value(frame.actor).unwrap();
        if let Some(number) = replay.asks(entry.at, subject, &event) {
            let cards = floor.store.cards_of(&[number].into()).await.unwrap().remove(&number).unwrap_or_default();
            replay.know(number, cards, None);
        }
        replay.take_in(entry.at, subject, &actor, &event);
    }
    replay.finish()
}

impl Floor {
    async fn minutes_pass(&self, n: i64) {
        for _ in 0..n {
            self.clock.advance(minutes(1));
            engine::fire(&self.service).await.unwrap();
        }
    }

    async fn buyer_of_maya(&mut self, n: u32) -> ConversationId {
        self.crm_says(n, vec![crate::world::card(&format!("c-{n}"))]).await;
        self.texts(n, "main", "Can we talk about the price?").await
    }
}

/// Takes, answers, a finished conversation that goes on, a ladder climbed to its end, a hand-over, a call for help, somebody
/// away, an opt-out, a stranger.
async fn a_day() -> Floor {
    let mut floor = Floor::opens().await;
    let first = floor.buyer_of_maya(1).await;
    floor.minutes_pass(2).await;
    floor.does("maya", first, Command::Take).await;
    let answer = floor.answers("maya", first, "At three.").await;
    floor.clock.advance(Span::seconds(9));
    assert!(floor.begins(first, answer).await);
    floor.does("maya", first, Command::Done { outcome: Ending::Texted }).await;
    let second = floor.buyer_of_maya(2).await;
    floor.minutes_pass(25).await;
    floor.does("ben", second, Command::Take).await;
    floor.texts(1, "main", "And one more thing").await;
    floor.minutes_pass(1).await;
    let stranger = floor.texts(4, "main", "Who is this?").await;
    floor.does("ines", stranger, Command::Take).await;
    floor.does("ines", stranger, Command::Assign { to: "ben".into() }).await;
    let help = floor.buyer_of_maya(5).await;
    let note = floor.fresh();
    floor.does("maya", help, Command::Escalate { note, reason: Body::new("A discount") }).await;
    floor.does("maya", first, Command::away(true)).await;
    floor.buyer_of_maya(6).await;
    floor.texts(5, "main", "Hello?").await;
    floor.texts(2, "main", "STOP").await;
    floor.texts(7, "poll", "Five stars").await;
    floor.minutes_pass(40).await;
    floor
}

#[tokio::test]
async fn under_the_same_rules_every_reply_goes_where_it_went() {
    let floor = a_day().await;
    let all = again(&floor, &crate::world::playbook(), Timestamp::MIN).await;
    assert_eq!((all.replies, all.moved, all.nobody), (8, 0, 0), "{all:#?}");
    let same = |targets: &Targets| Targets { same: targets.same, ..Targets::default() } == *targets;
    assert!(all.targets.iter().all(|(was, by)| by.iter().all(|(is, t)| was == is && same(t))), "{:?}", all.targets);
    assert!(all.loads.iter().all(|(_, [before, after])| before == after), "{:?}", all.loads);
    assert_eq!(all.loads["maya"][0].replies, 4, "{:?}", all.loads);
    // From the middle on: the first replies are only remembered.
    let began = crate::world::at(crate::world::TUESDAY_TEN);
    let half = again(&floor, &crate::world::playbook(), began + minutes(20)).await;
    assert_eq!((half.replies, half.moved), (6, 0), "{half:#?}");
    assert!(half.loads.iter().all(|(_, [before, after])| before == after), "{:?}", half.loads);
}

#[tokio::test]
async fn other_rules_say_who_would_have_got_what_and_by_when() {
    let floor = a_day().await;
    let mut rules = crate::world::playbook();
    rules.reps.get_mut(&"maya".into()).unwrap().active = false;
    for cohort in &mut rules.cohorts {
        cohort.first_response = Target { warn: minutes(1), due: minutes(2) };
    }
    let report = again(&floor, &rules, Timestamp::MIN).await;
    assert_eq!(report.replies, 8);
    // Maya's three first replies and her finished buyer's next text find the SDR, whom the cards name.
    assert_eq!(report.moves["maya"], [("ines".to_owned(), 4)].into(), "{:#?}", report.moves);
    let sooner: u64 = report.targets.values().flat_map(|by| by.values()).map(|t| t.sooner).sum();
    assert!(sooner >= 5, "{:#?}", report.targets);
    assert_eq!(report.loads["maya"][1].replies, 0);
    assert!(report.loads["ines"][1].replies > report.loads["ines"][0].replies, "{:#?}", report.loads);
    // Nothing was changed by it.
    assert_eq!(again(&floor, &crate::world::playbook(), Timestamp::MIN).await.moved, 0);
}

#[tokio::test]
async fn replies_that_would_reach_nobody_are_named() {
    let floor = a_day().await;
    let mut rules = crate::world::playbook();
    rules.teams.get_mut(&"enterprise".into()).unwrap().members.clear();
    rules.teams.get_mut(&"enterprise".into()).unwrap().on_call = None;
    rules.teams.get_mut(&"enterprise".into()).unwrap().lead = None;
    for rep in ["maya", "ben", "ines"] {
        rules.reps.get_mut(&rep.into()).unwrap().active = false;
    }
    let report = again(&floor, &rules, Timestamp::MIN).await;
    assert!(report.nobody >= 6, "{report:#?}");
    assert_eq!(report.nobody_first.len() as u64, report.nobody);
    let harbor = &report.loads["pool:harbor"];
    assert_eq!(harbor.map(|load: Load| load.replies), [1, 1], "the other team's are not touched");
}

/// Texts of every kind that need no answer, first and later ones; a backend that comes late to what is due; people of whom
/// the CRM tells only afterwards.
#[tokio::test]
async fn what_needed_no_answer_or_came_late_in_the_record_is_no_difference() {
    let mut floor = Floor::opens().await;
    for (n, words) in [
        (11, "Liked “See you at three”"),
        (12, "👍"),
        (13, "Automatic reply: back on Monday"),
        (14, "START"),
        (15, "HELP"),
    ] {
        floor.crm_says(n, vec![crate::world::card(&format!("c-{n}"))]).await;
        floor.texts(n, "main", words).await;
        floor.clock.advance(minutes(2));
        floor.texts(n, "main", "And the price?").await;
        floor.texts(n, "main", words).await;
    }
    // Nobody looks for an hour: each deadline is met late, and the next step begins late.
    floor.clock.advance(minutes(60));
    engine::fire(&floor.service).await.unwrap();
    floor.texts(11, "main", "Hello?").await;
    floor.minutes_pass(3).await;
    floor.texts(12, "main", "Anybody?").await;
    // A stranger at first; the CRM knows them when they write again.
    let stranger = floor.texts(16, "main", "Who is this?").await;
    floor.crm_says(16, vec![crate::world::card("c-16")]).await;
    let command = Command::Match;
    floor.service.submit(Work::Machine { actor: Actor::Crm, conversation: stranger, command }).await.unwrap();
    floor.texts(16, "main", "And what does it cost?").await;
    let all = again(&floor, &crate::world::playbook(), Timestamp::MIN).await;
    // A START of somebody who never stopped is a text like any other.
    assert_eq!((all.replies, all.moved, &all.causes), (11, 0, &[].into()), "{all:#?}");
    assert!(all.loads.iter().all(|(_, [before, after])| before == after), "{:?}", all.loads);
    let begun: u64 = all.targets.values().flat_map(|by| by.values()).map(|t| t.begun + t.dropped).sum();
    assert_eq!(begun, 0, "{:?}", all.targets);
}

#[tokio::test]
async fn whoever_goes_right_after_a_reply_was_here_when_it_came() {
    let mut floor = Floor::opens().await;
    let reply = floor.buyer_of_maya(1).await;
    floor.does("maya", reply, Command::away(true)).await;
    let all = again(&floor, &crate::world::playbook(), Timestamp::MIN).await;
    assert_eq!((all.replies, all.moved, all.nobody), (1, 0, 0), "{all:#?}");
}

#[tokio::test]
async fn what_somebody_had_when_the_period_began_counts_to_the_most_they_had() {
    let mut floor = Floor::opens().await;
    for n in 1..=3 {
        let reply = floor.buyer_of_maya(n).await;
        floor.does("maya", reply, Command::Take).await;
    }
    let given = floor.buyer_of_maya(4).await;
    floor.does("maya", given, Command::Take).await;
    floor.clock.advance(minutes(5));
    let since = floor.clock.now();
    floor.does("maya", given, Command::Assign { to: "ben".into() }).await;
    let all = again(&floor, &crate::world::playbook(), since).await;
    assert_eq!(all.loads["maya"].map(|load| load.most), [4, 4], "{:?}", all.loads);
    assert_eq!(all.loads["ben"].map(|load| load.most), [1, 1], "{:?}", all.loads);
    // And of whoever neither gained nor lost one.
    floor.clock.advance(minutes(5));
    let later = again(&floor, &crate::world::playbook(), floor.clock.now()).await;
    assert_eq!(later.loads["maya"].map(|load| load.most), [3, 3], "{:?}", later.loads);
}

/// Every reply is told as it was and as it would be, with why they differ.
#[tokio::test]
async fn each_reply_is_told_with_what_would_become_of_it_and_why() {
    let mut floor = Floor::opens().await;
    let first = floor.buyer_of_maya(1).await;
    floor.minutes_pass(1).await;
    let second = floor.buyer_of_maya(2).await;
    // Since then the CRM has given the second one to somebody else.
    let mut card = crate::world::card("c-2");
    for owner in [&mut card.owner, &mut card.sdr] {
        *owner = Some("ben".into());
    }
    if let Some(deal) = card.opportunity.as_mut() {
        deal.owner = Some("ben".into());
    }
    floor.crm_says(2, vec![card]).await;
    let told = |rules: Playbook, same: &[u32]| {
        let (floor, same) = (&floor, same.iter().copied().collect());
        async move { each(floor, &rules, same).await }
    };
    let by_crm = told(crate::world::playbook(), &[1]).await;
    let causes: Vec<_> = by_crm.iter().map(|reply| (reply.conversation, reply.cause)).collect();
    assert_eq!(causes, [(first, None), (second, Some(Cause::Crm))]);
    assert_eq!(by_crm[1].would.owner, Some("ben".into()), "{by_crm:#?}");
    // Under the rules that decided it then nothing can differ by the rules, whatever else the record lacks.
    let mut rules = crate::world::playbook();
    rules.cohorts.iter_mut().for_each(|cohort| cohort.first_response.due = minutes(16));
    let same = told(rules.clone(), &[1]).await;
    let other = told(rules, &[]).await;
    assert_eq!((same[0].cause, other[0].cause), (Some(Cause::Unrecorded), Some(Cause::Rules)));
    assert!(other[0].would.due > other[0].is.due, "{other:#?}");
}

async fn each(floor: &Floor, rules: &Playbook, same: std::collections::BTreeSet<u32>) -> Vec<Reply> {
    let mut replay = Replay::new(rules, Timestamp::MIN).same_as(same);
    let mut told = Vec::new();
    for entry in floor.journal().await {
        let frame = said(&entry);
        let event: Event = serde_json::from_value(frame.event).unwrap();
        let subject: Subject = serde_json::from_value(frame.subject).unwrap();
        let actor: Actor = serde_json::from_value(frame.actor).unwrap();
        if let Some(number) = replay.asks(entry.at, subject, &event) {
            let cards = floor.store.cards_of(&[number].into()).await.unwrap().remove(&number).unwrap_or_default();
            replay.know(number, cards, None);
        }
        told.extend(replay.take_in(entry.at, subject, &actor, &event));
    }
    told.extend(replay.last());
    told
}

//! The wait for the CRM in the service: it begins only where the CRM answers, ends with its answer, and survives the
//! process.

use std::sync::Arc;

use comeback::domain::command::{Actor, Command};
use comeback::domain::routing::Holder;
use comeback::domain::time::Span;
use comeback::server::crm::follow_up;
use comeback::server::explain::{self, Notes};
use comeback::server::service::Work;
use comeback::server::store::sqlite::SqliteStore;

use super::Floor;
use crate::world::card;

/// The same over every store.
async fn floors() -> Vec<(Floor, Option<tempfile::TempDir>)> {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::open(&folder.path().join("x.db")).unwrap();
    let both = vec![(Floor::opens().await, None), (Floor::over(Arc::new(sqlite)).await, Some(folder))];
    for (floor, _) in &both {
        floor.service.asks().connected("a CRM");
    }
    both
}

async fn expires(floor: &Floor, conversation: comeback::domain::id::ConversationId) {
    let work = Work::Machine { actor: Actor::Clock, conversation, command: Command::Expire };
    floor.service.submit(work).await.unwrap();
}

#[tokio::test]
async fn a_stranger_waits_for_the_card_and_goes_to_whom_it_names() {
    for (mut floor, _folder) in floors().await {
        let c = floor.texts(1, "main", "Can we talk about the price?").await;
        let state = floor.state(c).await;
        assert_eq!((state.assignment, state.awaits), (None, Some(floor.now() + Span::millis(300))));
        floor.crm_says(1, vec![card("c-1")]).await;
        follow_up(&floor.service).await.unwrap();
        let state = floor.state(c).await;
        assert_eq!(state.assignment.map(|a| a.to), Some(Holder::Rep("maya".into())));
        assert_eq!(state.awaits, None);
        // A card was read: the next reply of somebody known waits for nothing.
        let other = floor.texts(1, "meetings", "At 3?").await;
        assert!(floor.state(other).await.assignment.is_some());
    }
}

#[tokio::test]
async fn that_the_crm_knows_nobody_ends_the_wait_too() {
    for (mut floor, _folder) in floors().await {
        let c = floor.texts(1, "main", "Can we talk about the price?").await;
        floor.crm_says(1, Vec::new()).await;
        follow_up(&floor.service).await.unwrap();
        let state = floor.state(c).await;
        assert!(state.assignment.is_some() && state.awaits.is_none(), "{state:?}");
        assert_eq!(floor.store.unmatched(9).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_wait_whose_process_ended_is_over_when_its_time_is() {
    for (mut floor, _folder) in floors().await {
        let c = floor.texts(1, "main", "Can we talk about the price?").await;
        floor.restarts().await;
        floor.clock.advance(Span::millis(300));
        let (due, _) = floor.store.due(floor.now(), 9).await.unwrap();
        assert!(due.contains(&c), "its deadline is a row");
        expires(&floor, c).await;
        assert!(floor.state(c).await.assignment.is_some());
    }
}

#[tokio::test]
async fn nobody_waits_for_a_crm_that_is_not_there_or_a_budget_of_nothing() {
    let mut floor = Floor::opens().await;
    let c = floor.texts(1, "main", "Can we talk about the price?").await;
    assert!(floor.state(c).await.assignment.is_some(), "there is no CRM");
    floor.service.asks().connected("a CRM");
    let mut playbook = (*floor.service.playbook()).clone();
    playbook.asking.budget = Span::ZERO;
    floor.service.submit(Work::Playbook(Box::new(playbook.into()))).await.unwrap();
    let c = floor.texts(2, "main", "Can we talk about the price?").await;
    assert!(floor.state(c).await.assignment.is_some(), "the playbook waits for nobody");
    floor.service.asks().gone();
}

#[tokio::test]
async fn a_card_that_is_old_is_waited_for_once_more() {
    for (mut floor, _folder) in floors().await {
        floor.crm_says(1, vec![card("c-1")]).await;
        floor.clock.advance(Span::minutes(9));
        let c = floor.texts(1, "main", "Can we talk about the price?").await;
        assert!(floor.state(c).await.assignment.is_some(), "nine minutes are fresh");
        floor.crm_says(2, vec![card("c-2")]).await;
        floor.clock.advance(Span::minutes(11));
        let c = floor.texts(2, "main", "Can we talk about the price?").await;
        let state = floor.state(c).await;
        assert!(state.assignment.is_none() && state.awaits.is_some(), "eleven are not: {state:?}");
    }
}

#[tokio::test]
async fn the_record_says_why_nobody_was_known() {
    for (connected, asked, wanted) in [
        (false, false, "nobody known behind the number (no CRM is connected)"),
        (true, false, "nobody known behind the number (the CRM has not said yet who this is)"),
        (true, true, "nobody known behind the number (the CRM does not know this number)"),
    ] {
        let mut floor = Floor::opens().await;
        if connected {
            floor.service.asks().connected("a CRM");
        }
        let c = floor.texts(1, "main", "Can we talk about the price?").await;
        if asked {
            floor.crm_says(1, Vec::new()).await;
            follow_up(&floor.service).await.unwrap();
        }
        floor.clock.advance(Span::millis(300));
        expires(&floor, c).await;
        let (store, playbook) = (floor.service.store(), floor.service.playbook());
        let told = explain::of(store.as_ref(), &playbook, chrono_tz::UTC, c, Notes::Told).await.unwrap();
        let lines: Vec<String> = told.into_iter().flat_map(|told| told.lines).collect();
        assert!(lines.iter().any(|line| line.contains(wanted)), "{wanted}: {lines:#?}");
        let never = ["the CRM knows nobody", "nobody owns"];
        assert!(!lines.iter().any(|line| never.iter().any(|words| line.contains(words))), "{lines:#?}");
    }
}

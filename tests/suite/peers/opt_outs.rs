//! Opt-outs in the CRM, through the real directory and the real folder: everybody who has the number is marked, once for
//! every change of it, in order, whatever breaks off and whenever we die.

use std::collections::BTreeMap;
use std::sync::Arc;

use comeback::domain::command::Actor;
use comeback::domain::consent::{OptOutSource, Scope};
use comeback::domain::contact::{Address, Body};
use comeback::domain::id::NumberId;
use comeback::domain::time::{Span, Timestamp};
use comeback::emulator::{Faults, Times};
use comeback::server::crm::files::Files;
use comeback::server::crm::{Crm, Reps};
use comeback::server::dossier;
use comeback::server::service::{Heard, Work};
use comeback::server::store::People;
use comeback::server::write_back::WriteBack;
use serde_json::Value;

use super::books::{Dying, asked, assert_each_once, clean, crm, lives, rounds, somebody, written};
use super::shop::{Desk, Shop, eventually};

/// Two people of the CRM who share a number: the number and their ids.
async fn two(shop: &Shop) -> (String, Vec<String>) {
    let everybody = crm(shop).everybody().await.unwrap();
    let (address, cards) = everybody.into_iter().find(|(_, cards)| cards.len() == 2).unwrap();
    (address.as_str().to_owned(), cards.into_iter().map(|card| card.contact.0).collect())
}

/// What stands there about consent: whose, and whether they are out, in the order it was written.
async fn marks(shop: &Shop) -> Vec<(String, bool)> {
    let all = written(shop).await;
    assert_each_once(&all);
    let marks = all.iter().map(|w| &w["write"]).filter(|w| w["kind"] == "consent");
    marks.map(|w| (w["contact"].as_str().unwrap().to_owned(), w["opted_out"].as_bool().unwrap())).collect()
}

/// Waits until so many marks stand there; virtual time passes.
async fn marked(shop: &Shop, n: usize) -> Vec<(String, bool)> {
    eventually("the CRM has the marks", async || {
        shop.later(1);
        Some(marks(shop).await).filter(|marks| marks.len() >= n)
    })
    .await
}

/// What each person's mark came to, one after the other: a word that is said again marks again.
fn came_to(marks: &[(String, bool)]) -> BTreeMap<String, Vec<bool>> {
    let mut all: BTreeMap<String, Vec<bool>> = BTreeMap::new();
    for (who, out) in marks {
        let theirs = all.entry(who.clone()).or_default();
        if theirs.last() != Some(out) {
            theirs.push(*out);
        }
    }
    all
}

/// Waits until every word about a number stands in the CRM, the last one too.
async fn settled(shop: &Shop, desk: &Desk, number: &str) -> Vec<(String, bool)> {
    let (service, address) = (desk.service(), Address::parse(number).unwrap());
    eventually("every word stands there", async || {
        shop.later(1);
        let store = service.store();
        let id = store.consent_of(&address).await.unwrap()?.0.id;
        let ledger = store.ledger_of(id, 99).await.unwrap();
        let rows = store.crm_consents(id, 99).await.unwrap();
        let ended = |seq: u64| rows.iter().any(|row| row.place.0 == seq && row.ended.is_some());
        ledger.iter().all(|line| ended(line.entry.seq)).then_some(())
    })
    .await;
    marks(shop).await
}

/// A buyer says START, and waits until it counts: a webhook does not tell when they said it, the carrier's list does.
async fn starts(shop: &Shop, desk: &Desk, buyer: &str) {
    asked(shop, desk, buyer, "START").await;
    let (service, address) = (desk.service(), Address::parse(buyer).unwrap());
    eventually("START counts", async || {
        let (number, _) = service.store().consent_of(&address).await.unwrap()?;
        number.outs().next().is_none().then_some(())
    })
    .await;
}

/// A list says something about a number that may never have written.
async fn listed(desk: &Desk, number: &str, out: bool, at: Timestamp) {
    let heard = Heard {
        actor: Actor::Operator,
        address: Address::parse(number).unwrap(),
        out,
        source: OptOutSource::Import("list".to_owned()),
        scope: Scope::Tenant,
        said: Some(at),
        undated: false,
        words: (!out).then(|| Body::new("the fair\n")),
        line: None,
    };
    desk.service().submit(Work::Heard(Box::new(heard))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_who_has_a_number_is_marked_when_it_opts_out_and_no_more_when_it_comes_back() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (buyer, people) = two(&shop).await;
    let desk = shop.backend_with(Some(Arc::new(crm(&shop)))).await;
    asked(&shop, &desk, &buyer, "STOP").await;
    let of = |came_to: &[bool]| people.iter().map(|id| (id.clone(), came_to.to_vec())).collect::<BTreeMap<_, _>>();
    assert_eq!(came_to(&settled(&shop, &desk, &buyer).await), of(&[true]));
    shop.later(120);
    starts(&shop, &desk, &buyer).await;
    assert_eq!(came_to(&settled(&shop, &desk, &buyer).await), of(&[true, false]));
    let (service, address) = (desk.service(), Address::parse(&buyer).unwrap());
    let told = dossier::of(service.store().as_ref(), &service.playbook(), &address).await.unwrap().unwrap();
    let to_crm = told.lines.iter().filter(|line| line.what[0].starts_with("the CRM was told how the number stands"));
    assert!(to_crm.count() >= 2, "of STOP and of START: {told:#?}");
    let all = written(&shop).await;
    let first: &Value = &all.iter().find(|w| w["write"]["kind"] == "consent").unwrap()["write"];
    assert_eq!((first["number"].as_str(), &first["scope"]), (Some(buyer.as_str()), &serde_json::json!(["tenant"])));
    assert!(first["link"].as_str().unwrap().contains("/c/"), "{first}");
    let (waiting, refused) = desk.service().store().crm_stuck(9).await.unwrap();
    assert!(waiting.iter().chain(&refused).all(|row| !row.once.starts_with("consent:")), "{waiting:?} {refused:?}");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_marks_who_never_wrote_and_consent_that_was_never_withdrawn_is_written_nowhere() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (contact, silent) = somebody(&shop).await;
    let (shared, people) = two(&shop).await;
    let desk = shop.backend_with(Some(Arc::new(crm(&shop)))).await;
    let now = desk.service().clock().now();
    listed(&desk, &shared, false, now - Span::minutes(60)).await;
    // Nobody there has this number: there is nothing to write, and nothing waits.
    listed(&desk, "+12025550199", true, now - Span::minutes(50)).await;
    listed(&desk, &silent, true, now - Span::minutes(40)).await;
    assert_eq!(came_to(&settled(&shop, &desk, &silent).await), [(contact, vec![true])].into());
    listed(&desk, &shared, true, now - Span::minutes(30)).await;
    assert_eq!(marked(&shop, 3).await[1..], people.iter().map(|id| (id.clone(), true)).collect::<Vec<_>>());
    // What the CRM took is known here a moment later.
    eventually("nothing waits and nothing was refused", async || {
        let untold = desk.service().store().untold_consents().await.unwrap();
        (untold.waiting == 0 && untold.refused == 0).then_some(())
    })
    .await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crm_that_is_connected_later_is_told_who_is_opted_out() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (contact, buyer) = somebody(&shop).await;
    let (shared, _) = two(&shop).await;
    let desk = shop.backend().await;
    asked(&shop, &desk, &buyer, "STOP").await;
    asked(&shop, &desk, &shared, "STOP").await;
    shop.later(120);
    starts(&shop, &desk, &shared).await;
    let runner = WriteBack::new(desk.service(), Arc::new(crm(&shop)));
    rounds(&shop, &runner).await;
    rounds(&shop, &runner).await;
    assert_eq!(marks(&shop).await, [(contact, true)], "and nobody else");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_with_another_number_that_is_opted_out_stays_marked() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (contact, buyer) = somebody(&shop).await;
    let desk = shop.backend_with(Some(Arc::new(crm(&shop)))).await;
    // The number of theirs that the CRM knew before.
    let other = Address::parse("+12025550188").unwrap();
    let cards = crm(&shop).behind(&Address::parse(&buyer).unwrap()).await.unwrap();
    let now = desk.service().clock().now();
    let people = People { fresh: NumberId(uuid::Uuid::now_v7()), address: other.clone(), cards };
    desk.service().store().put_cards(&[people], now).await.unwrap();
    listed(&desk, other.as_str(), true, now - Span::minutes(60)).await;
    asked(&shop, &desk, &buyer, "STOP").await;
    shop.later(120);
    starts(&shop, &desk, &buyer).await;
    assert_eq!(came_to(&settled(&shop, &desk, &buyer).await), [(contact, vec![true])].into());
    assert!(marks(&shop).await.len() > 1, "the START was written, too");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_at_any_mark_makes_none_twice_and_loses_none() {
    for into_a_folder in [false, true] {
        let shop = Shop::open(|config| config.faults = Faults { crm_breaks: Times::Next(2), ..clean() }).await;
        let (buyer, people) = two(&shop).await;
        let folder = tempfile::tempdir().unwrap();
        shop.emulator.keep_crm(folder.path()).unwrap();
        let dying = |at: usize, before: bool| {
            if into_a_folder {
                let files = Files::new(folder.path(), Reps::Here(BTreeMap::new())).unwrap().writing();
                Dying::new(files, at, before)
            } else {
                Dying::new(crm(&shop), at, before)
            }
        };
        let desk = shop.backend().await;
        // The first look at the journal only says from where on it is read.
        lives(&shop, &desk, dying(usize::MAX, false)).await;
        asked(&shop, &desk, &buyer, "STOP").await;
        shop.later(120);
        starts(&shop, &desk, &buyer).await;
        for life in 0..12 {
            lives(&shop, &desk, dying(1 + life / 4, life % 2 == 0)).await;
        }
        lives(&shop, &desk, dying(usize::MAX, false)).await;
        // Both words were heard before anything was written: each write says how it stands, and the last one counts.
        let all = marked(&shop, 4).await;
        for id in &people {
            assert_eq!(all.iter().rfind(|(who, _)| who == id).map(|(_, out)| *out), Some(false), "{id}");
        }
        desk.close().await;
    }
}

//! A CRM that takes its time, from the text to the offer: nobody waits for it longer than the playbook says, and what it
//! says later moves only what the playbook lets it move.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use comeback::domain::asking::Reroute;
use comeback::domain::contact::Address;
use comeback::domain::context::Card;
use comeback::domain::id::RepId;
use comeback::domain::time::Span;
use comeback::domain::write_back::Wanted;
use comeback::server::crm::directory::Directory;
use comeback::server::crm::{Crm, CrmError, TaskState, Write};
use comeback::server::service::Work;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::books::{asked, clean, crm, written};
use super::shop::{Desk, Shop, eventually};

/// The directory, which answers about a number when the test lets it.
struct Slow {
    crm: Directory,
    may: watch::Sender<bool>,
    asked: watch::Sender<usize>,
    /// Who has everything by now, once somebody else does.
    owner: Mutex<Option<RepId>>,
}

impl Slow {
    fn over(shop: &Shop, may: bool) -> Arc<Self> {
        let (may, asked) = (watch::Sender::new(may), watch::Sender::new(0));
        Arc::new(Self { crm: crm(shop), may, asked, owner: Mutex::default() })
    }
}

#[async_trait]
impl Crm for Slow {
    async fn behind(&self, address: &Address) -> Result<Vec<Card>, CrmError> {
        self.asked.send_modify(|asked| *asked += 1);
        self.may.subscribe().wait_for(|may| *may).await.unwrap();
        let mut cards = self.crm.behind(address).await?;
        if let Some(owner) = self.owner.lock().unwrap().clone() {
            for card in &mut cards {
                card.owner = Some(owner.clone());
                card.account.iter_mut().for_each(|account| account.owner = Some(owner.clone()));
                card.opportunity.iter_mut().for_each(|deal| deal.owner = Some(owner.clone()));
            }
        }
        Ok(cards)
    }

    fn takes_writes(&self) -> bool {
        true
    }

    async fn write(&self, write: &Write) -> Result<String, CrmError> {
        self.crm.write(write).await
    }

    async fn find(&self, write: &Write) -> Result<Option<String>, CrmError> {
        self.crm.find(write).await
    }

    async fn task(&self, id: &str) -> Result<TaskState, CrmError> {
        self.crm.task(id).await
    }
}

/// Somebody whom Maya owns in every way: number and owner.
async fn owned(shop: &Shop) -> (String, String) {
    let all = crm(shop).everybody().await.unwrap();
    let alone = all.into_iter().filter(|(_, cards)| cards.len() == 1).map(|(a, mut cards)| (a, cards.remove(0)));
    let whose = |card: &Card| {
        let owner = card.owner.clone()?;
        let account = card.account.as_ref()?.owner.as_ref() == Some(&owner);
        let deal = card.opportunity.as_ref()?.owner.as_ref() == Some(&owner);
        (account && deal && owner.as_str() == "maya").then(|| owner.to_string())
    };
    let mut found = alone.filter_map(|(address, card)| Some((address.as_str().to_owned(), whose(&card)?)));
    found.next().unwrap()
}

async fn state(desk: &Desk, buyer: &str) -> Value {
    desk.conversation(buyer).await["state"].clone()
}

/// The backend of a playbook that says so, once it has its CRM.
async fn desk(shop: &Shop, slow: &Arc<Slow>, reroute: Reroute) -> Desk {
    let desk = shop.backend_with(Some(Arc::clone(slow) as Arc<dyn Crm>)).await;
    let mut playbook = (*desk.service().playbook()).clone();
    playbook.asking.reroute = reroute;
    desk.service().submit(Work::Playbook(Box::new(playbook.into()))).await.unwrap();
    eventually("the CRM is there", async || desk.service().asks().standing()).await;
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_reply_waits_for_a_slow_crm_as_long_as_the_playbook_says_and_a_late_answer_moves_what_it_may() {
    for reroute in [Reroute::Untaken, Reroute::Unowned, Reroute::Never] {
        let shop = Shop::open(|config| config.faults = clean()).await;
        let slow = Slow::over(&shop, false);
        let desk = desk(&shop, &slow, reroute).await;
        let (buyer, owner) = owned(&shop).await;
        // The text is there at once, its clock runs, and nobody is asked yet.
        asked(&shop, &desk, &buyer, "Can we sign this week?").await;
        let waits = state(&desk, &buyer).await;
        let until = shop.now() + Span::millis(300);
        assert_eq!((&waits["assignment"], &waits["awaits"]), (&Value::Null, &json!(until)), "{reroute:?}: {waits}");
        assert!(waits["clock"].is_object(), "{waits}");
        slow.asked.subscribe().wait_for(|asked| *asked > 0).await.unwrap();
        // Time is up: it is offered by what is known: it is nobody's, so the pool is asked.
        shop.later(1);
        let offered = eventually("it is offered", async || {
            Some(state(&desk, &buyer).await).filter(|state| !state["assignment"].is_null())
        })
        .await;
        assert!(offered["owner"].is_null() && offered["awaits"].is_null(), "{offered}");
        assert_eq!(offered["assignment"]["to"], json!({ "pool": "east" }), "{offered}");
        let why = &offered["assignment"]["because"]["passed"][0];
        assert_eq!(why, &json!({ "who": "the CRM", "why": "had not said in time who this is" }));
        // The answer comes late.
        slow.may.send_replace(true);
        let after = eventually("they are known", async || {
            Some(state(&desk, &buyer).await).filter(|state| state["contacts"].as_array().is_some_and(|c| c.len() == 1))
        })
        .await;
        match reroute {
            Reroute::Unowned | Reroute::Untaken => {
                assert_eq!(after["assignment"]["to"], json!({ "rep": owner }), "{after}");
            }
            Reroute::Never => assert_eq!(after["assignment"], offered["assignment"], "{after}"),
        }
        assert_eq!(after["clock"]["started"], waits["clock"]["started"], "the clock began with the text");
        assert_eq!(*slow.asked.borrow(), 1, "asked once");
        desk.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_logged_as_theirs_who_owns_it_by_now_and_not_before_that_is_decided() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let slow = Slow::over(&shop, true);
    let desk = desk(&shop, &slow, Reroute::Unowned).await;
    let (buyer, owner) = owned(&shop).await;
    let owners = async |n: usize| {
        eventually("it is logged", async || {
            shop.later(1);
            let all = written(&shop).await;
            let logs = all.iter().map(|w| &w["write"]).filter(|w| w["kind"] == "log");
            Some(logs.map(|w| w["owner"].clone()).collect::<Vec<_>>()).filter(|owners| owners.len() == n)
        })
        .await
    };
    asked(&shop, &desk, &buyer, "Can we sign this week?").await;
    assert_eq!(owners(1).await, [json!(owner)]);
    let verdict = desk.does(&buyer, &json!({ "do": "done", "outcome": "called" })).await;
    assert_eq!(verdict["verdict"], "done", "{verdict}");
    // The deal goes to Ben, and they come back long after that was last read.
    *slow.owner.lock().unwrap() = Some(RepId::from("ben"));
    shop.later(3_600);
    slow.may.send_replace(false);
    asked(&shop, &desk, &buyer, "Where do we sign?").await;
    let until = serde_json::from_value(state(&desk, &buyer).await["awaits"].clone()).unwrap();
    eventually("it waits for that", async || {
        let (waiting, _) = desk.service().store().crm_stuck(9).await.unwrap();
        waiting.iter().any(|row| matches!(row.wanted, Wanted::Log { .. }) && row.next_at == until).then_some(())
    })
    .await;
    slow.may.send_replace(true);
    assert_eq!(owners(2).await, [json!(owner), json!("ben")]);
    desk.close().await;
}

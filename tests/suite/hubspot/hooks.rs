//! The whole backend beside an emulated HubSpot: what changes there is read again at once, and nobody else may say so.

use std::sync::Arc;
use std::time::{Duration, Instant};

use comeback::clock::Clock;
use comeback::config::secret::{Held, Secret};
use comeback::domain::contact::Address;
use comeback::domain::context::Card;
use comeback::domain::id::NumberId;
use comeback::domain::time::Timestamp;
use comeback::emulator::Times;
use comeback::emulator::hubspot::HubSpotFaults;
use comeback::server::backend::{Backend, Parts};
use comeback::server::carrier::Carriers;
use comeback::server::crm::hubspot::{HubSpot, Settings};
use comeback::server::egress::{Allow, Egress};
use comeback::server::store::memory::MemoryStore;
use comeback::server::store::{People, Store};
use serde_json::json;
use tokio::net::TcpListener;
use uuid::Uuid;

use super::{Portal, reps};

const DANA: &str = "+14155550123";

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Desk {
    backend: Backend,
    store: Arc<dyn Store>,
    url: String,
}

impl Desk {
    async fn open(portal: &Portal) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let egress = Egress::new(Allow::loopback());
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let clock = Arc::clone(&portal.clock) as Arc<dyn Clock>;
        let settings = Settings {
            base: portal.hubspot.base_url().to_owned(),
            hook_secret: Some(Held::Here(Secret::from(portal.config.client_secret.as_str()))),
            ..Settings::new(Held::Here(Secret::from(portal.config.token.as_str())))
        };
        let crm = HubSpot::new(egress.clone(), settings, reps(), Arc::clone(&clock)).unwrap();
        let parts = Parts {
            store: Arc::clone(&store),
            clock,
            playbook: crate::world::playbook(),
            listener,
            public_url: url.clone(),
            carrier: Arc::new(Carriers::new(&egress)),
            crm: Some(std::sync::Arc::new(crm)),
            reconcile_every: Duration::from_secs(600),
        };
        Self { backend: Backend::start(parts).await.unwrap(), store, url }
    }

    /// A number that was never looked up.
    async fn number(&self, phone: &str) -> NumberId {
        let fresh = NumberId(Uuid::now_v7());
        let people = People { fresh, address: Address::parse(phone).unwrap(), cards: Vec::new() };
        self.store.put_cards(&[people], Timestamp::MIN).await.unwrap();
        self.backend.service.pulse().nudge();
        fresh
    }

    async fn cards(&self, number: NumberId) -> Vec<Card> {
        self.store.cards_of(&[number].into()).await.unwrap().remove(&number).unwrap_or_default()
    }

    async fn names_become(&self, number: NumberId, wanted: &[&str]) {
        let started = Instant::now();
        loop {
            let cards = self.cards(number).await;
            if cards.iter().map(|card| card.name.as_str()).eq(wanted.iter().copied()) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "waited in vain for {wanted:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn hook(&self) -> String {
        format!("{}/hooks/crm", self.url)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_in_hubspot_is_read_again_at_once_also_who_is_new_on_a_number() {
    let portal = Portal::open().await;
    let dana = portal.contact("Dana", DANA, &json!({}));
    let desk = Desk::open(&portal).await;
    let number = desk.number(DANA).await;
    desk.names_become(number, &["Dana"]).await;
    let unknown = desk.number("+14155550199").await;
    assert_eq!(portal.hubspot.deliver(&desk.hook()).await, 204);
    portal.hubspot.change("contacts", &dana, &json!({ "firstname": "Daniela" })).unwrap();
    assert_eq!(portal.hubspot.deliver(&desk.hook()).await, 204);
    desk.names_become(number, &["Daniela"]).await;
    // Nobody was there; now somebody is, and her event says an id alone.
    portal.contact("Eve", "+14155550199", &json!({}));
    assert_eq!(portal.hubspot.deliver(&desk.hook()).await, 204);
    desk.names_become(unknown, &["Eve"]).await;
    // A deal concerns who hangs on it.
    let deal = json!({ "dealname": "Rollout", "dealstage": "contractsent" });
    portal.hubspot.make("deals", &deal, &[("contacts", &dana)]).unwrap();
    assert_eq!(portal.hubspot.deliver(&desk.hook()).await, 204);
    let started = Instant::now();
    while desk.cards(number).await[0].opportunity.is_none() {
        assert!(started.elapsed() < PATIENCE, "the deal never came");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // She moves to another number, and is gone from the old one.
    portal.hubspot.change("contacts", &dana, &json!({ "phone": "+14155550100" })).unwrap();
    assert_eq!(portal.hubspot.deliver(&desk.hook()).await, 204);
    desk.names_become(number, &[]).await;
    desk.backend.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_hubspot_did_not_sign_is_refused_and_one_that_does_not_read_too() {
    let portal = Portal::open().await;
    let desk = Desk::open(&portal).await;
    drop(rustls::crypto::ring::default_provider().install_default());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let body = r#"[{"subscriptionType":"contact.creation","objectId":101}]"#;
    let time = portal.now().millis().to_string();
    for headers in [
        vec![],
        vec![("x-hubspot-request-timestamp", time.as_str()), ("x-hubspot-signature-v3", "AAAA")],
        vec![("x-hubspot-signature", "AAAA"), ("x-hubspot-signature-version", "v1")],
    ] {
        let mut request = http.post(desk.hook()).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        assert_eq!(request.send().await.unwrap().status(), 403);
    }
    assert_eq!(http.get(desk.hook()).send().await.unwrap().status(), 405);
    assert_eq!(portal.hubspot.post(&desk.hook(), &json!({ "not": "a list" })).await, 400);
    let elsewhere = format!("{}?by=proxy", desk.hook());
    assert_eq!(portal.hubspot.post(&elsewhere, &json!([])).await, 204, "the query is signed with it");
    assert_eq!(desk.store.crm_changes(10).await.unwrap(), []);
    desk.backend.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_hubspot_fails_nothing_is_lost_and_cards_stay_as_they_were() {
    let portal = Portal::open().await;
    let dana = portal.contact("Dana", DANA, &json!({}));
    let desk = Desk::open(&portal).await;
    let number = desk.number(DANA).await;
    desk.names_become(number, &["Dana"]).await;
    // It fails for a while, in each of its ways; the webhook is taken all the same.
    portal.hubspot.change("contacts", &dana, &json!({ "firstname": "Daniela" })).unwrap();
    portal.faults(HubSpotFaults { down: Times::Next(1), garbage: Times::Next(1), ..HubSpotFaults::default() });
    assert_eq!(portal.hubspot.deliver(&desk.hook()).await, 204);
    assert_eq!(desk.cards(number).await[0].name, "Dana");
    desk.names_become(number, &["Daniela"]).await;
    desk.backend.stop().await;
}

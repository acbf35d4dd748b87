//! The connector to HubSpot against an emulated one, which shares no code with it, and HubSpot's own library against the
//! same: what all three agree on is probably HubSpot.

mod closing;
mod faults;
mod hooks;
mod library;
mod reading;
mod writing;

use std::sync::Arc;
use std::time::Duration;

use comeback::clock::{Clock, ManualClock};
use comeback::config::secret::{Held, Secret};
use comeback::domain::contact::Address;
use comeback::domain::context::Card;
use comeback::domain::id::RepId;
use comeback::domain::time::Timestamp;
use comeback::emulator::hubspot::{HubSpotConfig, HubSpotEmulator, HubSpotFaults};
use comeback::server::crm::hubspot::{HubSpot, Settings};
use comeback::server::crm::{Crm, CrmError, Reps};
use comeback::server::egress::{Allow, Egress};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::world::{TUESDAY_TEN, at};

/// An emulated HubSpot whose owners are Maya, Ben, and Zoe who left, and a connector to it.
struct Portal {
    hubspot: HubSpotEmulator,
    config: HubSpotConfig,
    clock: Arc<ManualClock>,
    crm: HubSpot,
    maya: String,
    ben: String,
    zoe: String,
}

impl Portal {
    async fn open() -> Self {
        Self::with(HubSpotConfig::default(), |_| {}).await
    }

    async fn with(config: HubSpotConfig, change: impl FnOnce(&mut Settings)) -> Self {
        Self::of(reps(), config, change).await
    }

    /// Of a company whose reps and zone are these.
    async fn of(reps: Reps, config: HubSpotConfig, change: impl FnOnce(&mut Settings)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let clock = Arc::new(ManualClock::at(at(TUESDAY_TEN)));
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let hubspot = HubSpotEmulator::start(listener, config.clone(), Arc::clone(&shared)).unwrap();
        let [maya, ben] = ["maya", "ben"].map(|name| hubspot.owner(&format!("{name}@acme.example"), false));
        let zoe = hubspot.owner("zoe@acme.example", true);
        let mut settings = Settings {
            base: hubspot.base_url().to_owned(),
            between_searches: Duration::from_millis(250),
            hook_secret: Some(Held::Here(Secret::from(config.client_secret.as_str()))),
            ..Settings::new(Held::Here(Secret::from(config.token.as_str())))
        };
        change(&mut settings);
        let crm = HubSpot::new(Egress::new(Allow::loopback()), settings, reps, shared).unwrap();
        Self { hubspot, config, clock, crm, maya, ben, zoe }
    }

    /// Somebody with this number, as it was typed.
    fn contact(&self, name: &str, phone: &str, more: &Value) -> String {
        let mut properties = json!({ "firstname": name, "phone": phone });
        for (name, value) in more.as_object().into_iter().flatten() {
            properties[name] = value.clone();
        }
        self.hubspot.make("contacts", &properties, &[]).unwrap()
    }

    async fn behind(&self, phone: &str) -> Result<Vec<Card>, CrmError> {
        self.crm.behind(&Address::parse(phone).unwrap()).await
    }

    async fn names(&self, phone: &str) -> Vec<String> {
        self.behind(phone).await.unwrap().into_iter().map(|card| card.name).collect()
    }

    fn faults(&self, faults: HubSpotFaults) {
        self.hubspot.set_faults(faults);
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.hubspot.unknown(), [] as [String; 0], "asked for what HubSpot does not have");
        }
    }
}

fn reps() -> Reps {
    Reps::Here(["maya", "ben", "zoe"].map(|rep| (RepId::from(rep), format!("{rep}@acme.example"))).into())
}

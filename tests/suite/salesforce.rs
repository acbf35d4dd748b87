//! The connector to Salesforce against an emulated one, which shares no code with it, and Salesforce's own library against
//! the same: what all three agree on is probably Salesforce.

mod closing;
mod faults;
mod library;
mod reading;
mod session;
mod writing;

use std::sync::Arc;

use comeback::clock::{Clock, ManualClock};
use comeback::config::secret::{Held, Secret};
use comeback::domain::contact::Address;
use comeback::domain::context::Card;
use comeback::domain::id::RepId;
use comeback::domain::time::Timestamp;
use comeback::emulator::salesforce::{KEY, SalesforceConfig, SalesforceEmulator, SalesforceFaults};
use comeback::server::crm::salesforce::{Salesforce, Settings};
use comeback::server::crm::{Crm, CrmError, Reps};
use comeback::server::egress::{Allow, Egress};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::world::{TUESDAY_TEN, at};

/// An emulated Salesforce whose users are Maya in New York, Ben, and Zoe who left, and a connector to it.
struct Org {
    salesforce: SalesforceEmulator,
    config: SalesforceConfig,
    clock: Arc<ManualClock>,
    crm: Salesforce,
    maya: String,
    ben: String,
    zoe: String,
}

impl Org {
    async fn open() -> Self {
        Self::with(SalesforceConfig::default(), |_| {}).await
    }

    async fn with(config: SalesforceConfig, change: impl FnOnce(&mut Settings)) -> Self {
        Self::of(reps(), config, change).await
    }

    /// Of a company whose reps and zone are these.
    async fn of(reps: Reps, config: SalesforceConfig, change: impl FnOnce(&mut Settings)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let clock = Arc::new(ManualClock::at(at(TUESDAY_TEN)));
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let salesforce = SalesforceEmulator::start(listener, config.clone(), Arc::clone(&shared)).unwrap();
        let user = |name: &str, active: bool, zone: &str| {
            salesforce.user(&format!("{name}@acme.example"), active, zone).unwrap()
        };
        let (maya, ben) = (user("maya", true, "America/New_York"), user("ben", true, "Europe/London"));
        let zoe = user("zoe", false, "America/Chicago");
        let key = Held::Here(Secret::from(KEY.trim()));
        let mut settings = Settings {
            login: salesforce.base_url().to_owned(),
            ..Settings::new(config.client_id.clone(), config.user.clone(), key)
        };
        change(&mut settings);
        let crm = Salesforce::new(Egress::new(Allow::loopback()), settings, reps, shared).unwrap();
        Self { salesforce, config, clock, crm, maya, ben, zoe }
    }

    fn make(&self, kind: &str, fields: &Value) -> String {
        self.salesforce.make(kind, fields).unwrap_or_else(|why| panic!("{kind} {fields}: {why}"))
    }

    /// Somebody with this number, as it was typed.
    fn contact(&self, name: &str, phone: &str, more: &Value) -> String {
        let mut fields = json!({ "LastName": name, "Phone": phone });
        for (name, value) in more.as_object().into_iter().flatten() {
            fields[name] = value.clone();
        }
        self.make("Contact", &fields)
    }

    fn deal(&self, name: &str, stage: &str, more: &Value) -> String {
        let mut fields = json!({ "Name": name, "StageName": stage, "CloseDate": "2026-03-31" });
        for (name, value) in more.as_object().into_iter().flatten() {
            fields[name] = value.clone();
        }
        self.make("Opportunity", &fields)
    }

    async fn behind(&self, phone: &str) -> Result<Vec<Card>, CrmError> {
        self.crm.behind(&Address::parse(phone).unwrap()).await
    }

    async fn names(&self, phone: &str) -> Vec<String> {
        self.behind(phone).await.unwrap().into_iter().map(|card| card.name).collect()
    }

    fn faults(&self, faults: SalesforceFaults) {
        self.salesforce.set_faults(faults);
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Drop for Org {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.salesforce.unknown(), [] as [String; 0], "asked for what Salesforce does not have");
        }
    }
}

fn reps() -> Reps {
    Reps::Here(["maya", "ben", "zoe"].map(|rep| (RepId::from(rep), format!("{rep}@acme.example"))).into())
}

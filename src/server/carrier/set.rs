//! The carriers this backend speaks to, by the kind a line says. To everything else the set is one carrier.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;

use super::generic::Generic;
use super::telnyx::Telnyx;
use super::twilio::Twilio;
use super::{Carrier, CarrierError, Finding, Heard, Hooked, Listed, Lists, SendOutcome, Unbelieved, Unreadable};
use crate::domain::contact::{Address, Body};
use crate::domain::time::Timestamp;
use crate::server::egress::Egress;
use crate::server::store::CarrierLine;

/// Carriers by kind.
#[derive(Clone)]
pub struct Carriers(BTreeMap<&'static str, Arc<dyn Carrier>>);

impl std::fmt::Debug for Carriers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Carriers {
    /// Every kind there is.
    pub const KINDS: [&'static str; 3] = [Twilio::KIND, Telnyx::KIND, Generic::KIND];

    /// All of them, called by one way out.
    pub fn new(egress: &Egress) -> Self {
        let twilio: Arc<dyn Carrier> = Arc::new(Twilio::new(egress.clone()));
        let telnyx: Arc<dyn Carrier> = Arc::new(Telnyx::new(egress.clone()));
        let generic: Arc<dyn Carrier> = Arc::new(Generic::new(egress.clone()));
        Self([(Twilio::KIND, twilio), (Telnyx::KIND, telnyx), (Generic::KIND, generic)].into())
    }

    fn of(&self, line: &CarrierLine) -> Option<&dyn Carrier> {
        self.0.get(line.provider.as_str()).map(AsRef::as_ref)
    }

    /// The one that a line names, for what can be told as an error.
    fn asked(&self, line: &CarrierLine) -> Result<&dyn Carrier, CarrierError> {
        self.of(line).ok_or_else(|| CarrierError::Unreachable(unknown(line)))
    }
}

/// A newer version may have set the line up.
fn unknown(line: &CarrierLine) -> String {
    format!("this version knows no carrier {:?}; it knows {}", line.provider, Carriers::KINDS.join(", "))
}

#[async_trait]
impl Carrier for Carriers {
    fn verify(&self, lines: &[CarrierLine], hooked: &Hooked<'_>) -> Result<BTreeSet<String>, Unbelieved> {
        let unknown = || Unbelieved::Forged("no such carrier is known".to_owned());
        self.0.get(hooked.carrier).ok_or_else(unknown)?.verify(lines, hooked)
    }

    fn parse(&self, hooked: &Hooked<'_>) -> Result<Heard, Unreadable> {
        let unknown = || Unreadable("no such carrier is known".to_owned());
        self.0.get(hooked.carrier).ok_or_else(unknown)?.parse(hooked)
    }

    async fn send(&self, line: &CarrierLine, to: &Address, body: &Body, callback: &str) -> SendOutcome {
        let Some(carrier) = self.of(line) else {
            tracing::error!(why = unknown(line), "answers of a line wait");
            return SendOutcome::Busy;
        };
        carrier.send(line, to, body, callback).await
    }

    fn lists(&self, line: &CarrierLine) -> Lists {
        self.of(line).map_or(Lists::Nothing, |carrier| carrier.lists(line))
    }

    async fn look_up(&self, line: &CarrierLine, id: &str) -> Result<Option<Listed>, CarrierError> {
        self.asked(line)?.look_up(line, id).await
    }

    async fn sent(
        &self,
        line: &CarrierLine,
        to: Option<&Address>,
        since: Timestamp,
    ) -> Result<Vec<Listed>, CarrierError> {
        self.asked(line)?.sent(line, to, since).await
    }

    async fn received(&self, line: &CarrierLine, since: Timestamp) -> Result<Vec<Listed>, CarrierError> {
        self.asked(line)?.received(line, since).await
    }

    fn listed_media(&self, line: &CarrierLine, id: &str, n: usize) -> Option<String> {
        self.of(line)?.listed_media(line, id, n)
    }

    async fn media(&self, line: &CarrierLine, source: &str, most: usize) -> Result<Vec<u8>, CarrierError> {
        self.asked(line)?.media(line, source, most).await
    }

    async fn cancel(&self, line: &CarrierLine, id: &str) -> Result<bool, CarrierError> {
        self.asked(line)?.cancel(line, id).await
    }

    async fn set(&self, line: &CarrierLine, public_url: &str, replace: bool) -> Result<String, CarrierError> {
        self.asked(line)?.set(line, public_url, replace).await
    }

    async fn check(&self, line: &CarrierLine, public_url: &str) -> Vec<Finding> {
        match self.of(line) {
            Some(carrier) => carrier.check(line, public_url).await,
            None => vec![Finding { ok: false, setting: "carrier".to_owned(), says: unknown(line) }],
        }
    }
}

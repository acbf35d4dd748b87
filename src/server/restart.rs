//! When did a buyer text START? Some carriers' webhooks do not say, and webhooks come late and in another order: a START that
//! is older than the last STOP must not open the door. So the carrier is asked, after its webhook was answered; and its list
//! says it once more, should that fail.

use std::time::Duration;

use super::carrier::Carrier;
use super::service::{Heard, Inbound, Service, Work};
use super::store::CarrierLine;
use crate::domain::command::Actor;
use crate::domain::consent::words::keyword_in;
use crate::domain::consent::{ConsentRules, Keyword, OptOutSource, bare};
use crate::domain::contact::{Address, Body};
use crate::domain::id::LineId;
use crate::domain::time::Timestamp;

/// The longest the carrier may take to say it.
const WITHIN: Duration = Duration::from_secs(10);

/// A text that gives consent back, where it was withdrawn.
#[derive(Clone, Debug)]
pub struct Start {
    from: Address,
    line: LineId,
    source: OptOutSource,
}

impl Start {
    /// A START among texts; `None` for every other.
    pub fn of(
        rules: &ConsentRules,
        (from, line): (&Address, &LineId),
        body: &Body,
        opt_out_type: Option<&str>,
    ) -> Option<Self> {
        let by_word = keyword_in(rules, body.as_str()) == Some(Keyword::Start);
        let by_carrier = opt_out_type.is_some_and(|word| word.eq_ignore_ascii_case("START"));
        // Any other words stay out of the record, which is kept for ever.
        let source = if by_word { OptOutSource::Keyword(bare(body.as_str())) } else { OptOutSource::Carrier };
        (by_word || by_carrier).then(|| Self { from: from.clone(), line: line.clone(), source })
    }

    /// One whose webhook did not say when it was texted.
    pub fn undated(rules: &ConsentRules, text: &Inbound) -> Option<Self> {
        let start = || Self::of(rules, (&text.from, &text.line), &text.body, text.opt_out_type.as_deref());
        if text.sent.is_none() { start() } else { None }
    }

    /// The piece of work, once it is known when. It changes nothing where it was known, or where a newer word stands.
    pub fn said(self, service: &Service, at: Timestamp) -> Work {
        let (scope, said) = (service.playbook().consent.scope_of(&self.line), Some(at.min(service.clock().now())));
        let (address, source, line) = (self.from, self.source, Some(self.line));
        Work::Heard(Box::new(Heard {
            actor: Actor::Carrier,
            address,
            out: false,
            source,
            scope,
            said,
            words: None,
            line,
        }))
    }

    /// Asks the carrier when it had the text of that id.
    pub async fn ask(self, service: Service, carrier: std::sync::Arc<dyn Carrier>, line: CarrierLine, id: String) {
        let at = match tokio::time::timeout(WITHIN, carrier.look_up(&line, &id)).await {
            Ok(Ok(found)) => found.map(|text| text.at),
            Ok(Err(_)) | Err(_) => None,
        };
        let Some(at) = at else {
            tracing::warn!("the carrier did not say when a START was texted; it counts once its list says so");
            return;
        };
        let work = self.said(&service, at);
        if let Err(e) = service.submit(work).await {
            tracing::warn!(error = %e, "a START was not taken in; it is once the carrier's list is read");
        }
    }
}

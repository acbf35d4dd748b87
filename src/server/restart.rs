//! When did a buyer text START? Some carriers' webhooks do not say, and webhooks come late and in another order: a START that
//! is older than the last STOP must not open the door. So the carrier is asked, after its webhook was answered; and its list
//! says it once more, should that fail.

use std::time::Duration;

use super::carrier::{Carrier, Listed};
use super::service::{Heard, Inbound, Service, ServiceError, Work};
use super::store::{CarrierLine, StoreError};
use crate::domain::command::Actor;
use crate::domain::consent::words::keyword_in;
use crate::domain::consent::{ConsentRules, Keyword, Number, OptOutSource, bare};
use crate::domain::contact::{Address, Body};
use crate::domain::id::LineId;
use crate::domain::time::Timestamp;

/// The longest the carrier may take to say it.
const WITHIN: Duration = Duration::from_secs(10);

/// Before each question: a word that only the carrier takes for a START is in none of its lists, so it is asked again.
const PAUSES: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_secs(2),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(300),
];

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
        (by_word || by_carrier).then(|| Self { from: from.person(), line: line.clone(), source })
    }

    /// One whose webhook did not say when it was texted.
    pub fn undated(rules: &ConsentRules, text: &Inbound) -> Option<Self> {
        let start = || Self::of(rules, (&text.from, &text.line), &text.body, text.opt_out_type.as_deref());
        if text.sent.is_none() { start() } else { None }
    }

    /// Takes it in, once it is known when. It changes nothing where nothing is withdrawn, or a newer word stands.
    async fn said(&self, service: &Service, at: Timestamp) -> Result<(), RestartError> {
        if self.is_asked(service).await? {
            let word = (self.from.clone(), self.source.clone(), self.line.clone());
            service.submit(heard(service, word, false, at)).await?;
        }
        Ok(())
    }

    /// Whether anything stands that it could end.
    async fn is_asked(&self, service: &Service) -> Result<bool, StoreError> {
        let found = service.store().consent_of(&self.from).await?;
        Ok(found.is_some_and(|(number, _)| number.out_for(&service.playbook().consent, &self.line).is_some()))
    }

    /// Asks the carrier when it had the text of that id, and again while it does not say.
    pub async fn ask(self, service: Service, carrier: std::sync::Arc<dyn Carrier>, line: CarrierLine, id: String) {
        if let Ok(false) = self.is_asked(&service).await {
            return;
        }
        for pause in PAUSES {
            tokio::time::sleep(pause).await;
            if let Ok(Ok(Some(text))) = tokio::time::timeout(WITHIN, carrier.look_up(&line, &id)).await {
                if let Err(e) = self.said(&service, text.at).await {
                    tracing::warn!(error = %e, "a START was not taken in; it is once the carrier's list is read");
                }
                return;
            }
        }
        tracing::warn!("the carrier did not say when a START was texted; it counts once its list says so");
    }
}

/// Why a word could not be taken in. It is when the list is read next.
#[derive(Debug, thiserror::Error)]
pub enum RestartError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The committer.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// What a carrier's list says of texts that came before by webhooks which did not say when: every STOP, and only then every
/// START. Dated by our clock alone, a STOP would be older than the START before it while that clock is slow.
pub async fn dated(service: &Service, texts: &[(LineId, Listed)]) -> Result<(), RestartError> {
    let playbook = service.playbook();
    let ours = |text: &&(LineId, Listed)| playbook.alerting.pages_from(&text.1.to).is_none();
    for (line, text) in texts.iter().filter(ours) {
        if keyword_in(&playbook.consent, text.body.as_str()) == Some(Keyword::Stop) {
            let source = OptOutSource::Keyword(bare(text.body.as_str()));
            let (scope, now) = (playbook.consent.scope_of(line), service.clock().now());
            let from = text.from.person();
            let found = service.store().consent_of(&from).await?;
            // What a later START ended is over: said once more it would take answers back, and be told everybody anew.
            let is_over = |number: &Number| number.is_restarted(&scope, text.at);
            let is_known = |number: &Number| number.knows_out(&source, &scope, Some(text.at.min(now)));
            if found.is_some_and(|(number, _)| !is_over(&number) && !is_known(&number)) {
                service.submit(heard(service, (from, source, line.clone()), true, text.at)).await?;
            }
        }
    }
    for (line, text) in texts.iter().filter(ours) {
        if let Some(start) = Start::of(&playbook.consent, (&text.from, line), &text.body, None) {
            start.said(service, text.at).await?;
        }
    }
    Ok(())
}

/// The piece of work. Nobody says anything later than now.
fn heard(service: &Service, word: (Address, OptOutSource, LineId), out: bool, at: Timestamp) -> Work {
    let (address, source, line) = word;
    let (scope, said) = (service.playbook().consent.scope_of(&line), Some(at.min(service.clock().now())));
    let (actor, line) = (Actor::Carrier, Some(line));
    Work::Heard(Box::new(Heard { actor, address, out, source, scope, said, undated: false, words: None, line }))
}

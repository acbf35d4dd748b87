//! Asks the CRM who is behind a number: numbers that texted and were never looked up, those whose cards the CRM said have
//! changed, and those that are wanted anew.
//!
//! A few at once, each number once at a time, and each answer is followed up as soon as it is here: a slow one holds back no
//! other. While the CRM does not answer, nobody asks, longer after each failure; what was read before stays meanwhile.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::{Id, JoinSet};
use tokio::time::Instant;

use super::asks::Way;
use super::pauses::Pauses;
use super::{Changed, Crm, CrmError, LinkError, ROUND, Touched, follow_up, people};
use crate::domain::contact::Address;
use crate::domain::context::Card;
use crate::domain::time::{Span, Timestamp};
use crate::server::service::Service;

/// Numbers asked about at once.
const AT_ONCE: usize = 8;

/// Changes that the CRM told of, followed in one round: no more than a connector asks for at once.
const CHANGES: usize = 100;

/// Whoever asks.
struct Asker<'a> {
    service: &'a Service,
    crm: &'a Arc<dyn Crm>,
    asked: JoinSet<Result<Vec<Card>, CrmError>>,
    /// Which numbers are asked about now.
    about: Vec<(Id, Address)>,
    pauses: Pauses,
}

/// Asks until the shutdown.
pub(super) async fn run(service: &Service, crm: &Arc<dyn Crm>, mut shutdown: watch::Receiver<bool>) {
    let mut wake = service.pulse().watch();
    let mut asker = Asker { service, crm, asked: JoinSet::new(), about: Vec::new(), pauses: Pauses::default() };
    while !*shutdown.borrow() {
        let next = asker.fill().await;
        tokio::select! {
            Some(answer) = asker.asked.join_next_with_id() => {
                let took = match answer {
                    Ok((id, answer)) => asker.take(id, answer).await,
                    // It broke: somebody else may want that number again.
                    Err(e) => {
                        asker.about.retain(|(id, _)| *id != e.id());
                        Ok(())
                    }
                };
                asker.told(took);
            }
            _ = wake.changed() => {}
            () = service.asks().news() => {}
            () = tokio::time::sleep_until(next.unwrap_or_else(tokio::time::Instant::now)), if next.is_some() => {}
            _ = shutdown.changed() => break,
        }
    }
}

impl Asker<'_> {
    /// Asks about as many as may be at once. When it is to look again by itself.
    async fn fill(&mut self) -> Option<Instant> {
        let now = tokio::time::Instant::now();
        let again = self.service.asks().tries_again();
        if let Some(until) = self.pauses.everybodys(now, again) {
            return Some(until);
        }
        match self.wanted(now).await {
            Ok(()) => self.pauses.next(now),
            Err(e) => {
                self.told(Err(e));
                self.pauses.everybodys(now, false)
            }
        }
    }

    async fn wanted(&mut self, now: Instant) -> Result<(), LinkError> {
        self.follow_changes().await?;
        let room = AT_ONCE.saturating_sub(self.asked.len());
        if room == 0 {
            return Ok(());
        }
        // Who waits to be routed comes before whose card is merely old.
        let never = Timestamp::MIN + Span::millis(1);
        let numbers =
            self.service.store().stale_numbers(never, ROUND + self.pauses.remembered() + self.about.len()).await?;
        let unknown = numbers.into_iter().map(|(_, address, _)| address);
        let mut some: Vec<Address> = unknown.filter(|address| self.is_free(address, now)).collect();
        // Whose answers do not read stand in nobody's way.
        some.sort_by_key(|address| self.pauses.failures_of(address));
        some.truncate(room);
        let old = self.service.asks().take(room - some.len(), |address| !self.pauses.is_left_alone(address, now));
        some.extend(old.into_iter().filter(|address| self.is_free(address, now)));
        for address in some {
            if self.about.iter().all(|(_, asked)| *asked != address) {
                let (crm, of) = (Arc::clone(self.crm), address.clone());
                let task = self.asked.spawn(async move { crm.behind(&of).await });
                self.about.push((task.id(), address));
            }
        }
        Ok(())
    }

    /// Whether nobody asks about it now, and its last answer is long enough ago.
    fn is_free(&self, address: &Address, now: Instant) -> bool {
        self.about.iter().all(|(_, asked)| asked != address) && !self.pauses.is_left_alone(address, now)
    }

    /// Takes in one answer. One that does not read holds back no other number, as long as others do.
    async fn take(&mut self, id: Id, answer: Result<Vec<Card>, CrmError>) -> Result<(), LinkError> {
        let Some(place) = self.about.iter().position(|(asked, _)| *asked == id) else { return Ok(()) };
        let (_, address) = self.about.swap_remove(place);
        let cards = match answer {
            Ok(cards) => cards,
            Err(
                e @ (CrmError::Refused(_)
                | CrmError::Forbidden(_)
                | CrmError::Unreachable(_)
                | CrmError::Failing(_)
                | CrmError::Busy { .. }),
            ) => {
                self.service.asks().want([address]);
                return Err(e.into());
            }
            Err(e) => {
                let (e, at) = (LinkError::from(e), self.service.clock().now());
                let told = self.pauses.useless(&address, &e, at, tokio::time::Instant::now());
                if told.fails {
                    self.service.asks().failed(Way::Single, &e, at);
                }
                if told.everybodys {
                    tracing::warn!(error = %e, "the CRM's answers are no use; nobody is asked about for a while");
                    self.service.asks().want([address]);
                } else {
                    tracing::warn!(error = %e, "the CRM's answer about one number is no use; its card stays as it was");
                }
                return Ok(());
            }
        };
        // That nobody has it changes no conversation: whoever waits to hear it is woken here.
        let nobody = cards.is_empty();
        self.service.store().put_cards(&[people(address.clone(), cards)], self.service.clock().now()).await?;
        follow_up(self.service).await?;
        if nobody {
            self.service.pulse().nudge();
        }
        self.service.asks().well(Way::Single, self.service.clock().now());
        self.pauses.well(&address);
        Ok(())
    }

    fn told(&mut self, took: Result<(), LinkError>) {
        let Err(e) = took else { return };
        let now = self.service.clock().now();
        self.service.asks().failed(Way::Single, &e, now);
        // Of those asked at once the first one tells it.
        if self.pauses.failed(&e, now, tokio::time::Instant::now()) {
            tracing::warn!(error = %e, "the CRM was not asked; cards stay as they were");
        }
    }

    /// Finds out whom the changes concern that the CRM told of, so that their cards are read again.
    async fn follow_changes(&mut self) -> Result<(), LinkError> {
        loop {
            let some = self.service.store().crm_changes(CHANGES).await?;
            let Some(up_to) = some.last().map(|(place, _)| *place) else { return Ok(()) };
            let changed: Vec<Changed> = some.into_iter().map(|(_, changed)| changed).collect();
            let touched = match self.crm.touched(&changed).await {
                Ok(touched) => touched,
                // Who was known by them is stale already.
                Err(CrmError::Cannot(_) | CrmError::NotFound | CrmError::Invalid(_)) => Touched::default(),
                Err(e) => return Err(e.into()),
            };
            self.service.store().crm_followed(up_to, &touched).await?;
        }
    }
}

//! A write that came to nothing: what is told of it, when it is tried again, and whether others are tried meanwhile.
//!
//! **Invariant:** what is true of one write holds up its own conversation alone, where what comes behind it waits. Only a CRM
//! that does not answer, has had enough of us or does not know us ends a round.

use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};

use super::WriteBack;
use super::rights::{Held, Kind, Rights};
use crate::domain::id::{ConversationId, NumberId};
use crate::domain::time::{Span, Timestamp};
use crate::domain::write_back::Wanted;
use crate::server::crm::CrmError;
use crate::server::store::StoreError;
use crate::server::store::crm_write::{CrmEnd, CrmRow};

/// Between two tries at most: what waits is written soon after the CRM is back. Of many that wait one call or four are made
/// before all wait again.
const LONGEST: Span = Span::minutes(1);

/// The same of one that we have no right to, and of all of a kind together where the right to that is missing: a right that was
/// given is found out within that time.
const LONGEST_WITHOUT_RIGHT: Span = Span::minutes(30);

/// Answers in a row that do not read, before they are a matter of the CRM and not of one write.
const UNREAD: u32 = 3;

impl WriteBack {
    /// It was not made, or not looked for; when to go on, when the CRM as a whole takes none now.
    pub(super) async fn failed(&self, row: CrmRow, error: &CrmError) -> Result<Option<Timestamp>, StoreError> {
        self.judge(&row, error).await?;
        self.came_to_nothing(row, error).await
    }

    /// The same, where what that says of our rights is judged already, or nothing: it was asked whom it is about.
    pub(super) async fn came_to_nothing(
        &self,
        mut row: CrmRow,
        error: &CrmError,
    ) -> Result<Option<Timestamp>, StoreError> {
        let now = self.service.clock().now();
        let is_of_all = self.is_of_all(error);
        self.tell(error, is_of_all, now);
        row.waits = Some(reason(error));
        if error.is_final() {
            tracing::warn!(key = %row.key, %error, "the CRM does not take a write: see comeback crm");
            let (of, is_numbers) = (row.conversation, matches!(row.wanted, Wanted::Consent { .. }));
            let ended = self.end(row, CrmEnd::Refused, now).await?;
            // Only what is refused by then is woken by what the answer changes.
            self.ask_again(of, is_numbers).await?;
            return Ok(ended);
        }
        if error.is_forbidden() && !row.forbidden {
            // How often it failed before for what is mended by itself says nothing of that.
            row.tries = 0;
        }
        row.forbidden = error.is_forbidden();
        let longest = if row.forbidden { LONGEST_WITHOUT_RIGHT } else { LONGEST };
        let again = match error {
            CrmError::Busy { until, .. } => (*until).max(now),
            CrmError::Refused(_)
            | CrmError::Forbidden(_)
            | CrmError::Unreachable(_)
            | CrmError::Failing(_)
            | CrmError::Unreadable(_)
            | CrmError::NotFound
            | CrmError::Invalid(_)
            | CrmError::Cannot(_) => now + self.service.clock().of_real(pause(row.tries, longest)),
        };
        row.tries = row.tries.saturating_add(1);
        row.next_at = if row.begun { again.max(row.next_at) } else { again };
        tracing::warn!(key = %row.key, %error, tries = row.tries, "a write into the CRM waits");
        self.service.store().put_crm_row(&row).await?;
        Ok(is_of_all.then_some(again))
    }

    /// What that says of our right to this kind of record.
    pub(super) async fn judge(&self, row: &CrmRow, error: &CrmError) -> Result<(), StoreError> {
        match error {
            CrmError::Forbidden(_) => {
                let clock = self.service.clock();
                let after = |tries| clock.of_real(pause(tries, LONGEST_WITHOUT_RIGHT));
                self.rights().forbids(row, reason(error), clock.now(), after);
                Ok(())
            }
            CrmError::NotFound | CrmError::Invalid(_) => self.allowed(row).await,
            CrmError::Refused(_)
            | CrmError::Unreachable(_)
            | CrmError::Failing(_)
            | CrmError::Busy { .. }
            | CrmError::Unreadable(_)
            | CrmError::Cannot(_) => Ok(()),
        }
    }

    /// The CRM took it, or has another cause not to: what waits for that right is tried at once.
    pub(super) async fn allowed(&self, row: &CrmRow) -> Result<(), StoreError> {
        let was_missing = self.rights().allows(Kind::of(&row.wanted));
        // One that had waited for a right has it now, and others may have it, too.
        if was_missing || row.forbidden {
            self.service.store().crm_wake_forbidden(self.service.clock().now()).await?;
        }
        Ok(())
    }

    /// Whether it may be tried now, as far as we know our rights.
    pub(super) fn may(&self, row: &CrmRow, now: Timestamp) -> Result<(), Held> {
        let clock = self.service.clock();
        self.rights().may(row, now, |span| clock.of_real(span))
    }

    /// It waits without a call.
    pub(super) async fn hold(&self, mut row: CrmRow, held: Held) -> Result<Option<Timestamp>, StoreError> {
        (row.forbidden, row.waits, row.next_at) = (true, Some(held.why), held.until);
        self.service.store().put_crm_row(&row).await?;
        if !self.rights().holds(&row) {
            // One was taken meanwhile, and may have been before this one waited.
            self.service.store().crm_wake_forbidden(self.service.clock().now()).await?;
        }
        Ok(None)
    }

    fn rights(&self) -> MutexGuard<'_, Rights> {
        self.rights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The CRM took a write, or said why it does not take that one: it is well.
    pub(super) fn answered(&self) {
        self.unread.store(0, Ordering::Relaxed);
        self.service.asks().writes_fail_no_more();
    }

    /// What that says of the CRM, to whoever asks how it fares.
    fn tell(&self, error: &CrmError, is_of_all: bool, now: Timestamp) {
        match error {
            CrmError::Refused(_) | CrmError::Unreachable(_) | CrmError::Failing(_) | CrmError::Unreadable(_) => {
                if is_of_all {
                    self.service.asks().writes_fail(now);
                }
            }
            CrmError::Forbidden(_) | CrmError::NotFound | CrmError::Invalid(_) => self.answered(),
            // It has had enough of us for now, and is well; or nobody asked it.
            CrmError::Busy { .. } | CrmError::Cannot(_) => {}
        }
    }

    /// Whether whatever else is due would meet the same.
    fn is_of_all(&self, error: &CrmError) -> bool {
        let unread = match error {
            CrmError::Unreadable(_) => self.unread.fetch_add(1, Ordering::Relaxed).saturating_add(1),
            // Another answer comes between: what does not read is not in a row.
            CrmError::Refused(_)
            | CrmError::Forbidden(_)
            | CrmError::Failing(_)
            | CrmError::NotFound
            | CrmError::Invalid(_) => {
                self.unread.store(0, Ordering::Relaxed);
                0
            }
            CrmError::Unreachable(_) | CrmError::Busy { .. } | CrmError::Cannot(_) => 0,
        };
        !error.is_of_one() || unread >= UNREAD
    }

    /// Whom it was about may be somebody else there by now: their card is read again, and once it differs what was refused is
    /// tried again.
    async fn ask_again(&self, of: ConversationId, is_numbers: bool) -> Result<(), StoreError> {
        let address = if is_numbers {
            self.service.store().address(NumberId(of.0)).await?
        } else {
            self.service.store().subject(of, 0).await?.map(|subject| subject.address)
        };
        self.service.asks().want(address);
        Ok(())
    }
}

/// What is told of a write that came to nothing. Which right is missing the CRM says itself, as far as it does: it may be one
/// to read as well as one to write. A person gives it.
fn reason(error: &CrmError) -> String {
    if error.is_forbidden() { format!("{error}; once it may, this goes on") } else { error.to_string() }
}

/// The pause before a write is tried again: five seconds, and three times as long after each failure.
fn pause(tries: u32, longest: Span) -> Span {
    Span::seconds(5 * 3_i64.saturating_pow(tries.min(8))).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_tried_again_less_and_less_often_and_what_may_not_be_written_least() {
        let seconds = |longest| (0..9).map(|tries| pause(tries, longest).as_seconds()).collect::<Vec<_>>();
        assert_eq!(seconds(LONGEST), [5, 15, 45, 60, 60, 60, 60, 60, 60]);
        assert_eq!(seconds(LONGEST_WITHOUT_RIGHT), [5, 15, 45, 135, 405, 1_215, 1_800, 1_800, 1_800]);
    }

    #[test]
    fn only_what_is_true_of_the_crm_as_a_whole_is_of_all() {
        let (until, words) = (Timestamp::from_millis(9), || "words".to_owned());
        for all in [
            CrmError::Refused(401),
            CrmError::Unreachable(words()),
            CrmError::Failing(503),
            CrmError::Busy { until, of_the_day: false },
        ] {
            assert!(!all.is_of_one() && !all.is_forbidden() && !all.is_final(), "{all:?}");
        }
        for one in [CrmError::NotFound, CrmError::Invalid(words()), CrmError::Cannot("do it")] {
            assert!(one.is_of_one() && one.is_final(), "{one:?}");
        }
        let forbidden = CrmError::Forbidden(words());
        assert!(forbidden.is_of_one() && forbidden.is_forbidden() && !forbidden.is_final(), "a right may be given");
    }

    #[test]
    fn a_missing_right_is_told_in_the_crms_own_words() {
        let said = reason(&CrmError::Forbidden("MISSING_SCOPES, crm.objects.owners.read".to_owned()));
        let wanted = "the CRM does not let our app do this (403): MISSING_SCOPES, crm.objects.owners.read; once it may, \
                      this goes on";
        assert_eq!(said, wanted);
        assert_eq!(reason(&CrmError::Failing(503)), CrmError::Failing(503).to_string());
    }
}

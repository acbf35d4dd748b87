//! When the number of a conversation was last on opt-out hold: nobody may answer it then.

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;

/// Since when, and until when once somebody has ruled; nothing when it never was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnHold(Option<(Timestamp, Option<Timestamp>)>);

impl OnHold {
    /// Whether it is from `at` on; whether that is new.
    pub(super) fn set(&mut self, is: bool, at: Timestamp) -> bool {
        let before = *self;
        self.0 = match before.0 {
            Some((since, None)) if !is => Some((since, Some(at))),
            None | Some((_, Some(_))) if is => Some((at, None)),
            other => other,
        };
        *self != before
    }

    /// Whether it was at that time, as far as the last hold tells: a clock is looked at later than it is due.
    pub(super) fn was(&self, at: Timestamp) -> bool {
        self.0.is_some_and(|(since, until)| since <= at && until.is_none_or(|until| until > at))
    }

    /// Whether it never was.
    pub(super) const fn is_never(&self) -> bool {
        self.0.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_is_whether_it_was_on_hold_when_it_fell_due_whenever_that_is_read() {
        let at = Timestamp::from_millis;
        let mut hold = OnHold::default();
        assert!(!hold.was(at(10)) && !hold.set(false, at(5)) && hold.is_never());
        assert!(hold.set(true, at(10)) && !hold.set(true, at(12)));
        assert!(!hold.was(at(9)) && hold.was(at(10)) && hold.was(at(99)));
        assert!(hold.set(false, at(20)) && !hold.set(false, at(21)));
        assert!(hold.was(at(19)) && !hold.was(at(20)));
        assert!(hold.set(true, at(30)));
        assert!(!hold.was(at(19)) && hold.was(at(30)));
    }
}

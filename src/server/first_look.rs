//! After a start nothing leaves before the carriers' lists were read once: whoever asked us to stop while nobody was here to
//! hear it is heard first. A list that cannot be read holds answers back for a while and no longer.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long answers wait for a list that cannot be read.
const PATIENCE: Duration = Duration::from_secs(120);

/// Whether the carriers' lists are still to be read. Until [`FirstLook::awaits`] is called nothing waits: where no reconciler
/// runs nobody would ever read them.
#[derive(Debug, Default)]
pub struct FirstLook {
    until: Mutex<Option<tokio::time::Instant>>,
}

impl FirstLook {
    /// From here on answers wait until the lists are read.
    pub fn awaits(&self) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Some(tokio::time::Instant::now() + PATIENCE);
    }

    /// Every list that there is was read.
    pub fn over(&self) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether answers may leave.
    pub fn is_over(&self) -> bool {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.is_some_and(|at| at <= tokio::time::Instant::now()) {
            *until = None;
            tracing::error!(
                "a carrier's list was not read since the start: answers leave without it, also to whoever asked to stop while \
                 no backend ran; see `comeback line test`"
            );
        }
        until.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn answers_wait_for_the_lists_and_not_for_ever() {
        let look = FirstLook::default();
        assert!(look.is_over(), "nobody reads any");
        look.awaits();
        assert!(!look.is_over());
        look.over();
        assert!(look.is_over());
        look.awaits();
        tokio::time::advance(PATIENCE / 2).await;
        assert!(!look.is_over());
        tokio::time::advance(PATIENCE).await;
        assert!(look.is_over(), "a list that cannot be read holds them no longer");
    }
}

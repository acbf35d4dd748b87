//! Addresses whose receiver said that it is gone (410): by the rules of Standard Webhooks nothing is posted there any more.
//!
//! Kept in memory alone: after a restart each is asked once more, which costs one message.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

/// Which addresses are gone, by their digests: an address may hold a secret.
#[derive(Debug, Default)]
pub(super) struct Gone(Mutex<BTreeSet<[u8; 32]>>);

impl Gone {
    /// Whether this address is.
    pub(super) fn has(&self, url: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&digest(url))
    }

    /// It is from now on; whether that is new.
    pub(super) fn mark(&self, url: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(digest(url))
    }
}

fn digest(url: &str) -> [u8; 32] {
    Sha256::digest(url.as_bytes()).into()
}

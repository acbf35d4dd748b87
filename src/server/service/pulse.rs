//! Who must look at the feed: the last sequence number that concerns each principal and device, in memory, so that an
//! idle poll reads no database. A hint; reading is the promise.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::domain::id::DeviceId;
use crate::domain::visibility::Principal;

/// The hint.
#[derive(Clone, Debug)]
pub struct Pulse {
    last: Arc<Mutex<Last>>,
    head: Arc<watch::Sender<u64>>,
}

#[derive(Debug, Default)]
struct Last {
    /// Everything at or before this may have changed before we started to watch.
    floor: u64,
    principals: BTreeMap<Principal, u64>,
    devices: BTreeMap<DeviceId, u64>,
    /// The group in which somebody last came, went or got another shift.
    roster: u64,
}

impl Pulse {
    pub(super) fn at(seq: u64) -> Self {
        let last = Last { floor: seq, ..Last::default() };
        Self { last: Arc::new(Mutex::new(last)), head: Arc::new(watch::channel(seq).0) }
    }

    /// A group was committed.
    pub(super) fn beat(&self, seq: u64, principals: BTreeMap<Principal, u64>, devices: BTreeMap<DeviceId, u64>) {
        {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            last.principals.extend(principals);
            last.devices.extend(devices);
        }
        self.head.send_replace(seq);
    }

    /// In the group that ends here, somebody came, went or has another shift. Said before its beat, which wakes.
    pub(super) fn moved(&self, seq: u64) {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).roster = seq;
    }

    /// Whether somebody who stands at `since` was told of an older roster. A page ends at the journal's head, so that each
    /// move is told once.
    pub fn has_moved(&self, since: u64) -> bool {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).roster > since
    }

    /// Whether somebody who stands at `since` and knows receipts up to `known` has something to read.
    pub fn concerns(&self, principals: &BTreeSet<Principal>, since: u64, device: DeviceId, known: u64) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        since < last.floor
            || principals.iter().any(|p| last.principals.get(p).is_some_and(|seq| *seq > since))
            || last.devices.get(&device).is_some_and(|n| *n > known)
    }

    /// Wakes whoever watches, though nothing was committed.
    pub fn nudge(&self) {
        self.head.send_modify(|_| {});
    }

    /// Wakes at every commit.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }
}

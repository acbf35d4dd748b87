//! Who holds how much, in both worlds.

use std::collections::BTreeMap;

use super::report::Load;
use crate::domain::expectation;
use crate::domain::id::{ConversationId, RepId};
use crate::domain::routing::Holder;

/// Open conversations by rep, in both worlds, and the most there ever were.
#[derive(Default)]
pub(super) struct Loads {
    held: BTreeMap<ConversationId, [Option<RepId>; 2]>,
    open: [BTreeMap<RepId, u32>; 2],
    told: BTreeMap<String, [Load; 2]>,
}

impl Loads {
    /// Open conversations by rep in the simulated world, as its rules see them.
    pub(super) fn simulated(&self) -> &BTreeMap<RepId, u32> {
        &self.open[1]
    }

    /// Who holds a conversation now. Before the period begins the simulated world is the recorded one.
    pub(super) fn hold(&mut self, id: ConversationId, then: Option<RepId>, now: Option<RepId>, begun: bool) {
        let now = if begun { now } else { then.clone() };
        let before = self.held.remove(&id).unwrap_or_default();
        let after = [then, now];
        for world in 0..2 {
            if before[world] == after[world] {
                continue;
            }
            if let Some(rep) = &before[world] {
                let open = self.open[world].entry(rep.clone()).or_default();
                if begun {
                    // Also of what they had when the period began.
                    let load = &mut self.told.entry(rep.to_string()).or_default()[world];
                    load.most = load.most.max(*open);
                }
                *open = open.saturating_sub(1);
            }
            if let Some(rep) = &after[world] {
                let open = self.open[world].entry(rep.clone()).or_default();
                *open += 1;
                if begun {
                    let load = &mut self.told.entry(rep.to_string()).or_default()[world];
                    load.most = load.most.max(*open);
                }
            }
        }
        if after != [None, None] {
            self.held.insert(id, after);
        }
    }

    /// Who had a reply right after it came.
    pub(super) fn reply(&mut self, then: Option<&Holder>, now: Option<&Holder>) {
        for (world, holder) in [then, now].into_iter().enumerate() {
            if let Some(holder) = holder {
                self.told.entry(expectation::words(holder)).or_default()[world].replies += 1;
            }
        }
    }

    /// What everybody had. Whoever gained and lost nothing has what they began with.
    pub(super) fn report(mut self) -> BTreeMap<String, [Load; 2]> {
        for (world, all) in self.open.iter().enumerate() {
            for (rep, open) in all.iter().filter(|(_, open)| **open > 0) {
                let load = &mut self.told.entry(rep.to_string()).or_default()[world];
                load.most = load.most.max(*open);
            }
        }
        self.told
    }
}

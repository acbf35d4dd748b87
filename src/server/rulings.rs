//! What was ruled about numbers on opt-out hold, as compliance reads it.

use crate::domain::playbook::Playbook;
use crate::server::store::ruling::Ruled;
use crate::wire::rulings::{Ruling, RulingVerdict};

/// A ruling as it crosses the wire, with names in place of ids.
pub fn shown(playbook: &Playbook, ruled: Ruled) -> Ruling {
    let Ruled { ruling, address, reason } = ruled;
    Ruling {
        seq: ruling.seq,
        at: ruling.at,
        number: address.map(|address| address.as_str().to_owned()),
        verdict: if ruling.kept.is_some() { RulingVerdict::Keep } else { RulingVerdict::OptOut },
        by: ruling.by.as_ref().map(|rep| playbook.rep_name(rep).to_owned()),
        reason: reason.map(|body| body.as_str().to_owned()),
        score: ruling.score,
        conversation: ruling.conversation,
        message: ruling.message,
    }
}

//! Blocked numbers, as they cross the wire.

use super::store::block::Blocked;
use super::store::{Store, StoreError};
use crate::domain::id::NumberId;
use crate::domain::playbook::Playbook;
use crate::wire::blocked::{BlockedNumber, BlockedNumbers};

/// Numbers of one page.
const PAGE: usize = 500;

/// A page of blocked numbers, with people's names in place of their ids.
pub async fn page(
    store: &dyn Store,
    playbook: &Playbook,
    before: Option<NumberId>,
) -> Result<BlockedNumbers, StoreError> {
    let found = store.blocked(before, PAGE).await?;
    let before = found.last().filter(|_| found.len() == PAGE).map(|last| last.number);
    let shown = |blocked: Blocked| BlockedNumber {
        number: blocked.address.map(|address| address.as_str().to_owned()),
        at: blocked.block.at,
        by: playbook.rep_name(&blocked.block.by).to_owned(),
        reason: blocked.block.reason,
        conversation: blocked.conversation,
    };
    Ok(BlockedNumbers { blocked: found.into_iter().map(shown).collect(), before })
}

//! What is known around a conversation that somebody opened. Asking for it is the sign that it was: a card that is old is
//! read again in the background.

use crate::domain::conversation::Conversation;
use crate::domain::id::{ConversationId, RepId};
use crate::domain::visibility;
use crate::server::service::Service;
use crate::server::store::{Store, StoreError};
use crate::wire::around::{Around, CrmState, HeldText, Other};

/// Others that are told.
const TOLD: usize = 8;

/// Looks around for a rep. Nothing when there is no such conversation, or it is not theirs to see.
pub async fn look(service: &Service, rep: &RepId, id: ConversationId) -> Result<Option<Around>, StoreError> {
    let playbook = service.playbook();
    let principals = visibility::principals(&playbook, rep);
    let found = service.store().around(id).await?.filter(|found| visibility::may_see(&principals, &found.state));
    let Some(found) = found else { return Ok(None) };
    let clock = service.clock();
    let fresh = clock.now() - clock.of_real(playbook.asking.fresh);
    if found.read_at.is_none_or(|at| at < fresh) || found.stale {
        service.asks().want(found.address);
    }
    let crm = service.asks().standing();
    let crm = crm.map(|told| {
        let since_before = told.failing.is_some() && told.answered.is_none();
        let last_read = told.read_before.filter(|_| since_before);
        CrmState { name: told.name, failing: told.failing, since_before, last_read, used_up: told.used_up }
    });
    let (seen, hidden): (Vec<_>, Vec<_>) =
        found.others.into_iter().partition(|other| visibility::may_see(&principals, &other.state));
    let mut others: Vec<Other> = seen.into_iter().map(|other| told(other.name, &other.state)).collect();
    // Those that are open first; the store told the newest first.
    others.sort_by_key(|other| !other.open);
    others.truncate(TOLD);
    let hidden = u32::try_from(hidden.len()).unwrap_or(u32::MAX);
    let held = held(service.store().as_ref(), id).await?;
    Ok(Some(Around { conversation: id, read_at: found.read_at, crm, others, hidden, held }))
}

/// The words that hold the number. They are shown to whoever sees a conversation with it, for they rule on all of them;
/// nothing else of another's conversation is.
async fn held(store: &dyn Store, id: ConversationId) -> Result<Vec<HeldText>, StoreError> {
    let hold = store.subject(id, 0).await?.and_then(|subject| subject.number.hold);
    let mut texts = Vec::new();
    for asking in hold.map_or_else(Vec::new, |hold| hold.texts) {
        let body = store.message(asking.message).await?.and_then(|message| message.body);
        texts.push(HeldText { message: asking.message, body });
    }
    Ok(texts)
}

fn told(name: String, state: &Conversation) -> Other {
    Other {
        conversation: state.id,
        name,
        open: !state.is_done(),
        last_inbound: state.last_inbound,
        holder: state.assignment.as_ref().map(|a| a.to.clone()),
    }
}

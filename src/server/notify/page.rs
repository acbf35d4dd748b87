//! What reps text to the number that pages them: `1` takes, STOP ends pages, START begins them again. Nothing of it ever
//! becomes a buyer's reply.

use crate::domain::consent::{Keyword, bare, keyword};
use crate::domain::contact::Address;
use crate::server::service::{Inbound, PageReply, Says, Service, Work};
use crate::server::store::StoreError;
use crate::server::store::notice::Reach;

/// The work that follows from a text to one of our numbers, when it comes from a rep's own phone to the number that pages
/// them; `None` for every other text, which is a buyer's.
pub async fn of_a_rep(service: &Service, inbound: &Inbound, to: &Address) -> Result<Option<Work>, StoreError> {
    let Some(channel) = service.playbook().alerting.pages_from(to).map(str::to_owned) else { return Ok(None) };
    let reaches = service.store().reaches().await?;
    let Some(reach) = reaches.into_iter().find(|reach| reach.phone.as_ref() == Some(&inbound.from.person())) else {
        return Ok(None);
    };
    let rep = reach.rep.clone();
    let says = match (keyword(inbound.body.as_str()), bare(inbound.body.as_str()).as_str()) {
        (_, "1") => Says::Take(service.store().told_last(&rep, &channel).await?),
        (Some(Keyword::Stop), _) => {
            stop(service, reach, true).await?;
            Says::Other
        }
        (Some(Keyword::Start), _) => {
            stop(service, reach, false).await?;
            Says::Other
        }
        (Some(Keyword::Help) | None, _) => Says::Other,
    };
    let (key, raw) = (inbound.key.clone(), inbound.raw.clone());
    Ok(Some(Work::Paged(Box::new(PageReply { key, raw, rep, channel, says }))))
}

/// Doing it twice is the same as once, so that it may come before the record of the text.
async fn stop(service: &Service, reach: Reach, stopped: bool) -> Result<(), StoreError> {
    if reach.stopped.is_some() == stopped {
        return Ok(());
    }
    tracing::warn!(rep = %reach.rep, stopped, "pages to a rep's phone were stopped or begun again by its owner");
    let stopped = stopped.then(|| service.clock().now());
    service.store().put_reach(&Reach { stopped, ..reach }).await
}

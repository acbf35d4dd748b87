//! Pictures and other media of buyers' texts: fetched from the carrier after the text is safe, looked at, and kept outside
//! the journal, where they can be erased.
//!
//! **Invariants:** nothing is fetched on the way of a text. What the carrier says of the bytes is not believed: what is
//! kept is recognised by itself ([`sniff::kind`]), and is not larger than [`LARGEST`]. Every try and its end is a row, so
//! that a process that dies forgets none and no address is tried for ever.

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

use super::carrier::{Carrier, CarrierError};
use super::service::{Service, ServiceError, Work};
use super::store::media::{MediaEnd, MediaJob, MediaWrite};
use super::store::{DedupeKey, StoreError};
use crate::domain::command::{Actor, Command, Receive};
use crate::domain::time::{Span, Timestamp};

pub mod sniff;

/// The largest one kept, in bytes: carriers take 5 MB from a phone, and a converted one may be a little larger.
pub const LARGEST: usize = 8 * 1024 * 1024;

/// Fetched in one round.
const ROUND: usize = 16;

/// Tries before one is given up. With the pauses between them that is about a day.
const MOST_TRIES: u32 = 12;

/// The pause after the first try that failed; each further one doubles it.
const PAUSE: Span = Span::seconds(20);

/// The longest pause between two tries.
const LONGEST_PAUSE: Span = Span::minutes(4 * 60);

const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// While somebody else holds the database, or a round has just ended.
const BREATH: Duration = Duration::from_secs(1);

/// One picture or other part of a text, as a carrier's webhook told of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// The content type that the carrier says. Not believed.
    pub kind: String,
    /// Where the carrier keeps it; nothing when that is not told.
    pub url: Option<String>,
}

/// The longest address of media kept.
const LONGEST_URL: usize = 2048;

impl Attachment {
    /// What a webhook tells of one. Its address is looked at when it is called: here it is a text like others.
    pub fn told(kind: Option<&str>, url: Option<&str>) -> Self {
        let kind = kind.unwrap_or("application/octet-stream").to_owned();
        let url = url.filter(|url| !url.is_empty() && url.len() <= LONGEST_URL);
        Self { kind, url: url.map(str::to_owned) }
    }
}

impl From<String> for Attachment {
    fn from(kind: String) -> Self {
        Self { kind, url: None }
    }
}

/// What is to be fetched of a text that was just received.
pub(super) fn wanted(key: &DedupeKey, text: &Receive, all: &[Attachment], now: Timestamp) -> Vec<MediaWrite> {
    let told = (0..).zip(all).filter_map(|(n, one)| Some((n, one.url.clone()?)));
    told.map(|(n, source)| MediaWrite {
        message: text.message,
        n,
        conversation: text.conversation,
        provider: key.provider.clone(),
        account: key.account.clone(),
        source,
        not_before: now,
    })
    .collect()
}

/// Runs until `shutdown`; fails only when the database does.
pub async fn run(
    service: Service,
    carrier: Arc<dyn Carrier>,
    mut shutdown: watch::Receiver<bool>,
) -> Result<(), ServiceError> {
    let mut wake = service.pulse().watch();
    while !*shutdown.borrow() {
        wake.mark_unchanged();
        let wait = match round(&service, carrier.as_ref()).await {
            Ok(wait) => wait,
            Err(e @ StoreError::Fatal(_)) => return Err(ServiceError::Stopped(e.to_string())),
            Err(e) => {
                tracing::warn!(error = %e, "media are fetched later");
                BREATH
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = wake.changed() => {}
            _ = shutdown.changed() => {}
        }
    }
    Ok(())
}

/// Fetches what is due, one after the other; tells how long to wait.
async fn round(service: &Service, carrier: &dyn Carrier) -> Result<Duration, StoreError> {
    let (due, next) = service.store().due_media(service.clock().now(), ROUND).await?;
    let any = !due.is_empty();
    for job in due {
        let end = fetch(service, carrier, &job).await?;
        match &end {
            MediaEnd::Kept { kind, bytes, .. } => {
                tracing::info!(message = %job.message, kind, bytes = bytes.len(), "media kept");
            }
            MediaEnd::Refused(why) => tracing::warn!(message = %job.message, why, "media not kept"),
            MediaEnd::Later(_) => {}
        }
        service.store().settle_media(job.message, job.n, &end).await?;
        if !matches!(end, MediaEnd::Later(_)) {
            show(service, &job).await?;
        }
    }
    let wait = next.map_or(LONGEST_SLEEP, |at| service.clock().real_wait(at, LONGEST_SLEEP));
    Ok(if any { Duration::ZERO } else { wait.max(Duration::from_millis(50)) })
}

/// Devices see how the part stands now. Without this they would with the next change of the conversation.
async fn show(service: &Service, job: &MediaJob) -> Result<(), StoreError> {
    let Some((conversation, _)) = service.store().media(job.message, job.n).await? else { return Ok(()) };
    let command = Command::MediaSettled { message: job.message };
    let shown = service.submit(Work::Machine { actor: Actor::Effects, conversation, command }).await;
    if let Err(why) = shown {
        tracing::debug!(%why, "how a part of a text stands is shown later");
    }
    Ok(())
}

async fn fetch(service: &Service, carrier: &dyn Carrier, job: &MediaJob) -> Result<MediaEnd, StoreError> {
    let lines = service.lines().await?;
    let line = lines.iter().find(|line| line.provider == job.provider && line.account == job.account);
    let later = |why: &str| {
        if job.tries + 1 >= MOST_TRIES {
            return MediaEnd::Refused(format!("given up: {why}"));
        }
        let pause = (PAUSE.as_millis() << job.tries.min(16)).min(LONGEST_PAUSE.as_millis());
        MediaEnd::Later(service.clock().now() + Span::millis(pause))
    };
    let Some(line) = line else { return Ok(later("no line of its account is set up")) };
    let bytes = match carrier.media(line, &job.source, LARGEST).await {
        Ok(bytes) => bytes,
        Err(CarrierError::Refused { status: status @ (400 | 403 | 404 | 410), .. }) => {
            return Ok(MediaEnd::Refused(format!("the carrier has it no more ({status})")));
        }
        Err(CarrierError::Unfit(why)) => return Ok(MediaEnd::Refused(why)),
        Err(e @ (CarrierError::Refused { .. } | CarrierError::Unreachable(_))) => {
            tracing::warn!(message = %job.message, error = %e, "media not fetched");
            return Ok(later("the carrier does not answer"));
        }
    };
    Ok(match sniff::kind(&bytes) {
        Some(kind) => {
            let hash = Sha256::digest(&bytes).into();
            MediaEnd::Kept { kind: kind.to_owned(), hash, bytes }
        }
        None => MediaEnd::Refused("it is none of the types that are kept".to_owned()),
    })
}

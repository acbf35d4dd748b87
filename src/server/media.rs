//! Pictures and other media of buyers' texts: fetched from the carrier after the text is safe, looked at, and kept outside
//! the journal, where they can be erased.
//!
//! **Invariants:** nothing is fetched on the way of a text. What the carrier says of the bytes is not believed: what is
//! kept is recognised by itself ([`sniff::kind`]), and is not larger than [`LARGEST`]. Every try and its end is a row, so
//! that a process that dies forgets none and no address is tried for ever.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::carrier::{Carrier, CarrierError};
use super::service::{Service, ServiceError, Work};
use super::store::media::{MediaEnd, MediaJob, MediaWrite};
use super::store::{DedupeKey, StoreError};
use crate::domain::command::{Actor, Command, Receive};
use crate::domain::id::MessageId;
use crate::domain::time::{Span, Timestamp};

pub mod sniff;

/// The largest one kept, in bytes: carriers take 5 MB from a phone, and a converted one may be a little larger.
pub const LARGEST: usize = 8 * 1024 * 1024;

/// Looked at in one round: behind those of a slow host there may be others.
const ROUND: usize = 256;

/// Fetched at once.
const AT_ONCE: usize = 8;

/// Of those from the same host.
const OF_A_HOST: usize = 2;

/// Tries before one is given up. With the pauses between them that is about a day.
const MOST_TRIES: u32 = 12;

/// Tries of one that is not found. With the pauses between them that is ten minutes (Twilio, "Intermittent 404 Errors When
/// Accessing Media URLs": a 404 right after the webhook is to be tried again).
const TRIES_UNKNOWN: u32 = 6;

/// The pause after the first try that failed; each further one doubles it.
const PAUSE: Span = Span::seconds(20);

/// The longest pause between two tries.
const LONGEST_PAUSE: Span = Span::minutes(4 * 60);

const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// While somebody else holds the database.
const BREATH: Duration = Duration::from_secs(1);

/// One picture or other part of a text, as a carrier's webhook told of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// The content type that the carrier says. Not believed.
    pub kind: String,
    /// Where the carrier keeps it; nothing when that is not told.
    pub url: Option<String>,
}

/// The longest address of media kept, in bytes.
const LONGEST_URL: usize = 2048;

/// Parts of one text that are kept, at most.
pub const MOST_MEDIA: usize = 10;

impl Attachment {
    /// All that a webhook tells of a text's parts: content types and addresses, in their order. Of what is left out the log
    /// has the number: parts behind the tenth, and addresses that are longer than those kept.
    pub fn all<'a>(carrier: &str, told: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Vec<Self> {
        let told: Vec<_> = told.collect();
        let kept = told.get(..MOST_MEDIA).unwrap_or(&told);
        let left_out = told.len() - kept.len();
        let is_long = |url: Option<&str>| url.is_some_and(|url| url.len() > LONGEST_URL);
        let too_long = kept.iter().filter(|(_, url)| is_long(*url)).count();
        if left_out + too_long > 0 {
            tracing::warn!(
                carrier,
                media = told.len(),
                left_out,
                too_long,
                "media of a text are not kept: more than ten came with it, or an address is longer than 2048 bytes"
            );
        }
        kept.iter().map(|(kind, url)| Self::told(*kind, *url)).collect()
    }

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

/// Fetches in hand: a host that takes its time holds up its own media and no others.
#[derive(Default)]
struct Hands {
    tasks: JoinSet<(Key, Result<(), StoreError>)>,
    /// What is on its way, and from which host.
    keys: BTreeMap<Key, String>,
}

/// Which text, and which of its parts.
type Key = (MessageId, u32);

impl Hands {
    /// Whether another one of a host may be begun.
    fn has_room(&self, host: &str) -> bool {
        self.keys.len() < AT_ONCE && self.keys.values().filter(|busy| *busy == host).count() < OF_A_HOST
    }

    /// Begins whatever is due and has room; tells how long to wait.
    async fn begin(&mut self, service: &Service, carrier: &Arc<dyn Carrier>) -> Result<Duration, StoreError> {
        let (due, next) = service.store().due_media(service.clock().now(), ROUND).await?;
        for job in due {
            let (key, host) = ((job.message, job.n), host_of(&job.source).to_owned());
            if self.keys.contains_key(&key) || !self.has_room(&host) {
                continue;
            }
            self.keys.insert(key, host);
            let (service, carrier) = (service.clone(), Arc::clone(carrier));
            self.tasks.spawn(async move { (key, settle(&service, carrier.as_ref(), &job).await) });
        }
        let wait = next.map_or(LONGEST_SLEEP, |at| service.clock().real_wait(at, LONGEST_SLEEP));
        Ok(wait.max(Duration::from_millis(50)))
    }

    /// The next one that ends; nothing when none is in hand.
    async fn next(&mut self) -> Option<Result<(), StoreError>> {
        match self.tasks.join_next().await? {
            Ok((key, ended)) => {
                self.keys.remove(&key);
                Some(ended)
            }
            // Its row is still there. What else is in hand may be begun twice, which the database bears.
            Err(e) => {
                self.keys.clear();
                tracing::error!(error = %e, "a fetch of media broke off; it is tried again");
                Some(Ok(()))
            }
        }
    }
}

/// The host of an address, for counting: what is called is decided by who calls it.
fn host_of(source: &str) -> &str {
    let behind = source.split_once("://").map_or(source, |(_, behind)| behind);
    behind.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Runs until `shutdown`; fails only when the database does.
pub async fn run(
    service: Service,
    carrier: Arc<dyn Carrier>,
    mut shutdown: watch::Receiver<bool>,
) -> Result<(), ServiceError> {
    let mut wake = service.pulse().watch();
    let mut hands = Hands::default();
    while !*shutdown.borrow() {
        wake.mark_unchanged();
        let wait = later(hands.begin(&service, &carrier).await, |wait| wait)?;
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = wake.changed() => {}
            _ = shutdown.changed() => {}
            Some(ended) = hands.next() => {
                let breath = later(ended, |()| Duration::ZERO)?;
                tokio::time::sleep(breath).await;
            }
        }
    }
    Ok(())
}

/// How long to wait after this; a database that somebody else holds is asked again.
fn later<T>(ended: Result<T, StoreError>, wait: impl FnOnce(T) -> Duration) -> Result<Duration, ServiceError> {
    match ended {
        Ok(ended) => Ok(wait(ended)),
        Err(e @ StoreError::Fatal(_)) => Err(ServiceError::Stopped(e.to_string())),
        Err(e) => {
            tracing::warn!(error = %e, "media are fetched later");
            Ok(BREATH)
        }
    }
}

/// Fetches one, and writes down how that ended.
async fn settle(service: &Service, carrier: &dyn Carrier, job: &MediaJob) -> Result<(), StoreError> {
    let end = fetch(service, carrier, job).await?;
    match &end {
        MediaEnd::Kept { kind, bytes, .. } => {
            tracing::info!(message = %job.message, kind, bytes = bytes.len(), "media kept");
        }
        MediaEnd::Refused(why) => tracing::warn!(message = %job.message, why, "media not kept"),
        MediaEnd::Later(_) => {}
    }
    service.store().settle_media(job.message, job.n, &end).await?;
    if matches!(end, MediaEnd::Later(_)) { Ok(()) } else { show(service, job).await }
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
        // Right after the webhook a carrier's store may not have it yet.
        Err(CarrierError::Refused { status: 404, .. }) if job.tries + 1 < TRIES_UNKNOWN => {
            return Ok(later("not found"));
        }
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

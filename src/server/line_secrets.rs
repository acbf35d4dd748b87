//! Where a line's secrets are. The database keeps a secret itself, or only where it is: `env:NAME`, `file:/PATH` or
//! `keyring:NAME`, read when it is needed, so that a new one holds without a restart.
//!
//! **Invariant:** a secret that cannot be read for a while stops nothing: the one that was read last counts. A line whose
//! secret was never read is left alone: nothing leaves from it, and nothing is taken for it. Nor does one that is slow to
//! read: a keyring is asked again beside the work, which goes on with what it said last. Which line that is, is known to
//! whoever asks how this backend fares: it may read less than the operator who set the line up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::lines;
use super::service::Service;
use super::store::{CarrierLine, StoreError};
use crate::clock::monotonic;
use crate::config::secret::{SecretError, Source};

/// How long what a keyring said counts: each question is a program of its own.
const FRESH: Duration = Duration::from_secs(5);

/// Secrets as they were read last.
#[derive(Clone, Default)]
pub(super) struct Known(Arc<Mutex<BTreeMap<String, Last>>>);

struct Last {
    values: Vec<String>,
    at: Instant,
    unreadable: bool,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Known")
    }
}

/// Reads what stands for a secret: itself, or those at the place it names, the one in use first. A keyring may take its
/// time, which no other task waits for.
pub async fn read(kept: &str) -> Result<Vec<String>, SecretError> {
    let Some(source) = Source::parse(kept) else { return Ok(vec![kept.to_owned()]) };
    let read = tokio::task::spawn_blocking(move || source.read_all()).await;
    let all = read.unwrap_or(Err(SecretError::NoKeyring("asking it broke off")))?;
    Ok(all.iter().map(|secret| secret.expose().to_owned()).collect())
}

/// The line with its secrets in place of where they are.
pub async fn open(line: &CarrierLine) -> Result<CarrierLine, SecretError> {
    let mut tokens = Vec::new();
    for kept in &line.tokens {
        tokens.extend(read(kept).await?);
    }
    Ok(CarrierLine { tokens, ..line.clone() })
}

impl Service {
    /// Our lines at carriers, each with its secrets. One whose secret was never to be read is not among them.
    pub async fn lines(&self) -> Result<Vec<CarrierLine>, StoreError> {
        let mut lines = Vec::new();
        for line in self.store().lines().await? {
            let mut tokens = Vec::new();
            for kept in &line.tokens {
                tokens.extend(self.secrets().last(kept, &line.provider).await);
            }
            if line.tokens.is_empty() || !tokens.is_empty() {
                lines.push(CarrierLine { tokens, ..line });
            }
        }
        Ok(lines)
    }

    /// Lines of which a secret could not be read when that was last tried, as the playbook calls them. Nothing is read for
    /// it: whoever sends looks at the lines at least twice a minute.
    pub async fn lines_unread(&self) -> Result<BTreeSet<String>, StoreError> {
        let unreadable = self.secrets().unreadable();
        if unreadable.is_empty() {
            return Ok(BTreeSet::new());
        }
        let all = self.store().lines().await?;
        let unread = all.iter().filter(|line| line.tokens.iter().any(|kept| unreadable.contains(kept)));
        Ok(unread.map(|line| lines::name(self, &line.number)).collect())
    }
}

impl Known {
    /// Places of secrets that could not be read when that was last tried.
    fn unreadable(&self) -> BTreeSet<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|(_, last)| last.unreadable).map(|(kept, _)| kept.clone()).collect()
    }

    /// The secret as it is now, or as it was when it could be read.
    async fn last(&self, kept: &str, carrier: &str) -> Vec<String> {
        let Some(source) = Source::parse(kept) else { return vec![kept.to_owned()] };
        if let (Some((values, fresh)), Source::Keyring(_)) = (self.read_before(kept), &source) {
            if !fresh {
                let (this, kept, carrier) = (self.clone(), kept.to_owned(), carrier.to_owned());
                tokio::spawn(async move { this.read_again(&source, &kept, &carrier).await });
            }
            return values;
        }
        self.read_again(&source, kept, carrier).await
    }

    async fn read_again(&self, source: &Source, kept: &str, carrier: &str) -> Vec<String> {
        let read = read(kept).await;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = monotonic();
        let last = all.entry(kept.to_owned()).or_insert_with(|| Last { values: Vec::new(), at, unreadable: false });
        last.at = at;
        match read {
            Ok(values) => {
                if last.unreadable {
                    tracing::info!(carrier, secret = %source, "a line's secret can be read again");
                }
                (last.values, last.unreadable) = (values, false);
            }
            Err(why) if !last.unreadable => {
                let known = !last.values.is_empty();
                tracing::error!(carrier, %why, known, "a line's secret cannot be read; the last one counts, if one is known");
                last.unreadable = true;
            }
            Err(_) => {}
        }
        last.values.clone()
    }

    /// What was read before, and whether that is recent. Whoever is told that it is not asks again, and nobody else does
    /// meanwhile.
    fn read_before(&self, kept: &str) -> Option<(Vec<String>, bool)> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = all.get_mut(kept).filter(|last| !last.values.is_empty() || last.at.elapsed() < FRESH)?;
        let fresh = last.at.elapsed() < FRESH;
        if !fresh {
            last.at = monotonic();
        }
        Some((last.values.clone(), fresh))
    }
}

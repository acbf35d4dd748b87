//! `comeback audit refusals`: every text that did not go, and why.

use std::path::PathBuf;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, TimeZone as _};
use chrono_tz::Tz;
use clap::Args;
use serde::Serialize;
use uuid::Uuid;

use crate::cli::desk::Desk;
use crate::cli::{DatabaseArg, parse_database, say};
use crate::domain::id::ConversationId;
use crate::domain::playbook::Playbook;
use crate::domain::time::Timestamp;
use crate::journal::{Entry, Frame, about, from_hex, to_hex};
use crate::server::http::audit::is_refusal;
use crate::server::store::Store as _;
use crate::server::store::notice::NoticeStore as _;
use crate::server::store::sqlite::SqliteStore;
use crate::server::{dossier, store};
use crate::wire::audit::SealedEntry;

/// Entries read at once.
const PAGE: usize = 5_000;

/// Every text that we refused or kept back or the carrier refused, in the order of the journal: whose, why, and by
/// which entry it is shown. What was ruled about numbers on hold, with the reasons, is told by `comeback consent
/// rulings`.
///
/// Read by an admin, an auditor or an operator. Words and numbers stand in no entry; an operator is told the number.
#[derive(Debug, Args)]
pub(in crate::cli) struct RefusalArgs {
    /// sqlite:PATH, as the operator; without it the backend that you are signed in at is asked
    #[arg(long, env = "COMEBACK_DATABASE", value_parser = parse_database)]
    database: Option<PathBuf>,
    /// Only since then: a day in the playbook's zone, as 2026-03-01, or an instant, as 2026-03-01T09:00:00Z
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// One JSON object a line, with the hash of each entry.
    #[arg(long)]
    json: bool,
}

/// One text that did not go.
#[derive(Debug, Serialize)]
struct Refusal {
    seq: u64,
    /// Milliseconds since 1970.
    at: i64,
    kind: String,
    /// The fact, and then its reasons.
    what: Vec<String>,
    by: Option<String>,
    conversation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    hash: String,
}

impl RefusalArgs {
    pub(super) async fn run(self, profile: &str) -> anyhow::Result<()> {
        let told = match &self.database {
            Some(database) => {
                let store = DatabaseArg { database: database.clone() }.open()?;
                let playbook = store.playbook().await?.context("this database has no playbook yet")?;
                self.of_database(&store, &playbook).await?
            }
            None => self.of_backend(&Desk::open(profile).await?).await?,
        };
        if told == 0 && !self.json {
            say("No text was refused or kept back by us, and none was refused by the carrier.");
        }
        Ok(())
    }

    async fn of_database(&self, store: &SqliteStore, playbook: &Playbook) -> anyhow::Result<usize> {
        let zone = playbook.zone();
        let (mut after, mut told) = (0, 0);
        if let Some(since) = self.since(zone)? {
            after = before(store, since).await?;
        }
        loop {
            let entries = store.entries(after, PAGE).await?;
            let Some(last) = entries.last() else { return Ok(told) };
            after = last.seq;
            for entry in &entries {
                if let Some(mut refusal) = refusal(playbook, entry) {
                    let conversation = refusal.conversation.as_deref().and_then(|id| Uuid::parse_str(id).ok());
                    if let Some(id) = conversation {
                        let subject = store.subject(ConversationId(id), 0).await?;
                        refusal.number = subject.map(|subject| subject.address.as_str().to_owned());
                    }
                    self.tell(&refusal, zone)?;
                    told += 1;
                }
            }
        }
    }

    async fn of_backend(&self, desk: &Desk) -> anyhow::Result<usize> {
        let since = self.since(desk.zone)?.unwrap_or(Timestamp::MIN);
        let (mut after, mut told) = (0, 0);
        loop {
            let page = desk.backend.entries(after, "refusals").await?;
            after = page.through;
            for sealed in &page.entries {
                let entry = opened(sealed).context("the backend gave an entry that does not read")?;
                if let Some(refusal) = refusal(&desk.playbook, &entry).filter(|_| entry.at >= since) {
                    self.tell(&refusal, desk.zone)?;
                    told += 1;
                }
            }
            if !page.more {
                return Ok(told);
            }
        }
    }

    fn since(&self, zone: Tz) -> anyhow::Result<Option<Timestamp>> {
        let Some(text) = &self.since else { return Ok(None) };
        since(text, zone)
            .map(Some)
            .with_context(|| format!("{text} is neither a day (2026-03-01) nor an instant (2026-03-01T09:00:00Z)"))
    }

    fn tell(&self, refusal: &Refusal, zone: Tz) -> anyhow::Result<()> {
        if self.json {
            say(&serde_json::to_string(refusal)?);
            return Ok(());
        }
        let at = Timestamp::from_millis(refusal.at).utc().with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %Z");
        let to = refusal.number.as_deref().or(refusal.conversation.as_deref()).unwrap_or("?");
        for (n, what) in refusal.what.iter().enumerate() {
            let begins = if n == 0 { format!("{at}  to {to}: ") } else { format!("{:25}", "") };
            let entry = if n == 0 { format!("  [entry {}]", refusal.seq) } else { String::new() };
            say(&format!("{begins}{what}{entry}"));
        }
        Ok(())
    }
}

fn since(text: &str, zone: Tz) -> Option<Timestamp> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        // A day that begins with a change of the clocks begins when they have changed.
        let begins = (0..3).find_map(|hour| zone.from_local_datetime(&day.and_hms_opt(hour, 0, 0)?).earliest());
        return begins.map(|at| at.to_utc().into());
    }
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc().into())
}

/// The last entry before an instant. The times of the journal never go back.
async fn before(store: &SqliteStore, since: Timestamp) -> Result<u64, store::StoreError> {
    let (head, _) = store.head().await?;
    let (mut low, mut high) = (0, head.seq);
    while low < high {
        let middle = low + (high - low) / 2;
        let earlier = store.entries(middle, 1).await?.first().is_some_and(|entry| entry.at < since);
        if earlier { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

fn refusal(playbook: &Playbook, entry: &Entry) -> Option<Refusal> {
    let frame = Frame::decode(&entry.body).ok().filter(is_refusal)?;
    let line = dossier::of_entry(playbook, entry)?;
    let conversation = about(&entry.body).map(str::to_owned);
    let (at, hash) = (line.at, to_hex(&entry.hash));
    let (kind, what, by) = (frame.kind, line.what, line.by);
    Some(Refusal { seq: entry.seq, at, kind, what, by, conversation, number: None, hash })
}

/// An entry as it crossed the wire.
fn opened(sealed: &SealedEntry) -> Option<Entry> {
    Some(Entry {
        seq: sealed.seq,
        at: Timestamp::from_millis(sealed.at),
        prev: from_hex(&sealed.prev)?,
        hash: from_hex(&sealed.hash)?,
        body: sealed.body.clone().into_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::event::Event;
    use crate::domain::id::MessageId;
    use crate::domain::message::Delivery;

    #[test]
    fn what_the_carrier_refused_is_told_beside_what_we_refused_and_what_the_network_lost_is_not() {
        let message = MessageId(Uuid::nil());
        let told = |delivery, error| {
            let event = Event::DeliveryChanged { message, delivery, error };
            let frame = Frame {
                subject: json!({ "conversation": Uuid::nil() }),
                kind: event.kind().to_owned(),
                event: serde_json::to_value(&event).unwrap(),
                actor: json!("carrier"),
                command: None,
                content: Vec::new(),
                took_us: None,
            };
            let body = serde_json::to_vec(&frame).unwrap();
            let entry = Entry { seq: 9, at: Timestamp::from_millis(0), prev: [0; 32], hash: [1; 32], body };
            refusal(&Playbook::default(), &entry).map(|refusal| (refusal.what, refusal.conversation))
        };
        let (what, conversation) = told(Delivery::Failed, Some(21_610)).unwrap();
        assert_eq!(what, ["the carrier: failed, error 21610: its own list says that the number opted out"]);
        assert_eq!(conversation, Some(Uuid::nil().to_string()));
        assert_eq!(told(Delivery::Failed, Some(30_003)).unwrap().0, ["the carrier: failed, error 30003"]);
        assert!(told(Delivery::Undelivered, Some(21_610)).is_some(), "whenever it says so");
        for (delivery, error) in [(Delivery::Undelivered, Some(30_003)), (Delivery::Delivered, None)] {
            assert_eq!(told(delivery, error), None, "{delivery:?}");
        }
    }

    #[test]
    fn a_day_begins_in_its_zone_and_an_instant_is_one() {
        let zone = chrono_tz::America::New_York;
        let at = |text: &str| since(text, zone).map(|at| at.to_string());
        assert_eq!(at("2026-03-01").as_deref(), Some("2026-03-01T05:00:00.000Z"));
        assert_eq!(at("2026-07-01").as_deref(), Some("2026-07-01T04:00:00.000Z"));
        assert_eq!(at("2026-03-01T09:00:00-05:00").as_deref(), Some("2026-03-01T14:00:00.000Z"));
        for bad in ["", "yesterday", "2026-02-30", "2026-03-01 09:00"] {
            assert_eq!(at(bad), None, "{bad}");
        }
        // In Beirut that day began at one.
        let beirut = since("2023-03-26", chrono_tz::Asia::Beirut).map(|at| at.to_string());
        assert!(beirut.is_some(), "{beirut:?}");
    }
}

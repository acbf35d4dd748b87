//! `comeback explain ID|SID`: who got a conversation and why, from the journal.

use chrono_tz::Tz;
use clap::Args;
use serde_json::json;

use super::{DatabaseArg, say};
use crate::domain::answering::Answering;
use crate::domain::event::Event;
use crate::domain::explanation;
use crate::domain::id::ConversationId;
use crate::domain::safe_text::SafeText;
use crate::domain::use_case::Evidence;
use crate::journal::Frame;
use crate::server::store::sqlite::SqliteStore;
use crate::server::store::{SendLog as _, Store};

/// Entries read at once.
const PAGE: usize = 5_000;

/// Why a conversation went to whom it went.
#[derive(Debug, Args)]
pub(super) struct Explain {
    #[command(flatten)]
    database: DatabaseArg,
    /// A conversation's id, or the carrier's id of a text (`SM…`, `MM…`).
    id: String,
}

impl Explain {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let store = self.database.open()?;
        let conversation = find(&store, &self.id).await?;
        let playbook = store.playbook().await?.ok_or_else(|| anyhow::anyhow!("this database has no playbook yet"))?;
        let zone = playbook.calendars.values().next().map_or(chrono_tz::UTC, |calendar| calendar.zone);
        let subject = json!({ "conversation": conversation });
        let (mut after, mut told, mut origin) = (0, false, None);
        loop {
            let entries = store.entries(after, PAGE).await?;
            let Some(last) = entries.last() else { break };
            after = last.seq;
            for entry in &entries {
                let frame = Frame::decode(&entry.body)?;
                if frame.subject != subject {
                    continue;
                }
                // An event of a newer version is passed over, as everywhere in the journal.
                let Ok(event) = serde_json::from_value::<Event>(frame.event) else { continue };
                let mut lines = explanation::of(&playbook, zone, &event);
                if let Event::Opened { number, line, .. } = &event {
                    origin = store.address(*number).await?.map(|address| (address, line.clone()));
                }
                if let (Some(Evidence::Send { .. }), Some((address, line))) = (evidence(&event), &origin) {
                    let sent = store.answered(&(address.clone(), line.clone(), entry.at)).await?;
                    lines.extend(sent.map(|sent| answers(&sent, zone)));
                }
                lines.extend(frame.took_us.map(|took| format!("decided in {took} µs")));
                let at = entry.at.utc().with_timezone(&zone).format("%Y-%m-%d %H:%M:%S");
                for (n, line) in lines.iter().enumerate() {
                    told = true;
                    if n == 0 { say(&format!("{at}  {line}")) } else { say(&format!("{:21}{line}", "")) }
                }
            }
        }
        anyhow::ensure!(told, "the journal has nothing about the conversation {conversation}");
        Ok(())
    }
}

/// What told what a reply is about.
fn evidence(event: &Event) -> Option<&Evidence> {
    if let Event::Opened { evidence, .. } | Event::Matched { evidence, .. } = event { evidence.as_ref() } else { None }
}

/// Which text was answered; not its words, nor to whom it went.
fn answers(sent: &Answering, zone: Tz) -> String {
    let at = sent.at.utc().with_timezone(&zone).format("%a %Y-%m-%d %H:%M %Z");
    format!("it answers the text of the campaign \"{}\" that was sent {at}", SafeText::line(&sent.campaign))
}

async fn find(store: &SqliteStore, id: &str) -> anyhow::Result<ConversationId> {
    if let Ok(conversation) = id.parse() {
        return Ok(conversation);
    }
    let found = store.delivered(id).await?.map(|(_, conversation)| conversation);
    found.ok_or_else(|| {
        anyhow::anyhow!(
            "\"{id}\" is no conversation's id, and no text came under it. The carrier's log has its ids: SM… or MM…"
        )
    })
}

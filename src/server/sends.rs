//! What campaigns sent: checked row by row, kept, and looked at again where a reply came first.

use std::time::Duration;

use chrono::DateTime;
use tokio::sync::watch;

use super::crm;
use super::service::Service;
use super::store::CampaignSend;
use crate::domain::answering::Answering;
use crate::domain::contact::{Address, Body};
use crate::domain::playbook::Playbook;
use crate::domain::time::{Span, Timestamp};
use crate::wire::sends::SendRow;

/// The longest id and campaign name, in characters.
const LONGEST_NAME: usize = 200;

/// The longest text, in characters: RCS allows 3,072.
const LONGEST_TEXT: usize = 4096;

/// How far a tool's clock may be ahead.
const AHEAD: Span = Span::minutes(5);

/// How often marked conversations are looked for: an import by another process marks them, too.
const EVERY: Duration = Duration::from_secs(15);

/// A row as it is kept, or why it is not. The reason repeats nothing that was sent.
pub fn checked(row: SendRow, source: &str, playbook: &Playbook, now: Timestamp) -> Result<CampaignSend, String> {
    let name = |what: &str, text: &str| {
        let text = text.trim();
        let plain = !text.is_empty() && text.chars().count() <= LONGEST_NAME && !text.chars().any(char::is_control);
        if plain { Ok(text.to_owned()) } else { Err(format!("{what} is not 1 to {LONGEST_NAME} plain characters")) }
    };
    let id = name("id", &row.id)?;
    let campaign = name("campaign", &row.campaign)?;
    let phone = |what: &str, text: &str| {
        let read = Address::parse(text).ok().filter(|address| address.as_str().starts_with('+'));
        read.ok_or_else(|| format!("{what} is not a phone number: write it +14155550123"))
    };
    let to = phone("to", &row.to)?;
    let from = phone("from", &row.from)?;
    let (line, _) = playbook.line_of(&from).ok_or("from is the number of no line of the playbook")?;
    if let Some(use_case) = row.use_case.as_ref().filter(|name| !playbook.use_cases.contains_key(*name)) {
        let known: Vec<&str> = playbook.use_cases.keys().map(String::as_str).collect();
        return Err(match crate::config::diagnose::nearest(use_case, &known) {
            Some(near) => format!("use_case is none of the playbook; is it \"{near}\"?"),
            None => "use_case is none of the playbook".to_owned(),
        });
    }
    if row.text.chars().count() > LONGEST_TEXT {
        return Err(format!("text has more than {LONGEST_TEXT} characters"));
    }
    let at = DateTime::parse_from_rfc3339(row.sent_at.trim())
        .map_err(|_| "sent_at is not an instant: write it with its offset, 2026-03-02T10:00:00-05:00")?;
    let at: Timestamp = at.to_utc().into();
    if at.since(now) > AHEAD {
        return Err("sent_at is in the future".to_owned());
    }
    let sent = Answering { campaign, use_case: row.use_case, words: Body::new(row.text), at, send: None };
    Ok(CampaignSend { source: source.to_owned(), id, to, line: line.clone(), sent })
}

/// Why a row is not kept that has the id of one before it and says something else.
pub const CONTRADICTS: &str = "another row before it has the same id and says something else: that one is kept";

/// Looks again at conversations that a report marked, now and then, until `shutdown`.
pub async fn run(service: Service, mut shutdown: watch::Receiver<bool>) {
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !*shutdown.borrow() {
        tokio::select! {
            _ = every.tick() => follow(&service).await,
            _ = shutdown.changed() => break,
        }
    }
}

/// Looks again at marked conversations. What fails keeps its mark.
pub async fn follow(service: &Service) {
    if let Err(e) = crm::follow_up(service).await {
        tracing::warn!(error = %e, "replies before a reported send were not looked at; they will be soon");
    }
}

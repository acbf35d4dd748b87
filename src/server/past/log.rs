//! A carrier's log of messages: read text by text, in whatever order, then paired into replies of before.
//!
//! **Invariant:** numbers are in memory alone, and words only while their row is read. What is kept is a [`PastReply`].

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime};

use super::name;
use crate::domain::contact::Address;
use crate::domain::id::{ContactId, TeamId};
use crate::domain::measure::pairing::{self, Paired, Said, Text};
use crate::domain::message::Delivery;
use crate::domain::playbook::Playbook;
use crate::domain::time::Timestamp;
use crate::domain::writer;
use crate::server::carrier::{telnyx, twilio};
use crate::server::store::past::PastReply;
use crate::server::store::{Store, StoreError};
use crate::wire::messages::MessageRow;

/// Most texts of a log that are held at once. Each takes about 200 bytes, when it is the only one of its two numbers.
pub const MOST: usize = 5_000_000;

/// A day and a time without an offset are of UTC.
const OF_UTC: [&str; 2] = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];

/// By what rows are read.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// Whose our numbers are.
    pub playbook: &'a Playbook,
    /// Whose those are that stand in no line of it.
    pub team: Option<&'a TeamId>,
    /// Now.
    pub now: Timestamp,
}

/// Why a row is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Something is wrong with it. What, without repeating what stands there.
    Row(String),
    /// A buyer texted a number of which nobody says whose it is.
    Nobodys,
    /// There are as many as are held.
    Full,
}

impl From<&str> for Unfit {
    fn from(why: &str) -> Self {
        Self::Row(why.to_owned())
    }
}

/// What is read so far.
#[derive(Debug)]
pub struct Log {
    most: usize,
    /// Our numbers, by their places in `teams`.
    lines: BTreeMap<Address, usize>,
    teams: Vec<TeamId>,
    /// Each of our numbers with each buyer, numbered as they came.
    pairs: BTreeMap<(usize, Address), usize>,
    texts: Vec<Kept>,
}

/// One text, by which pair it is of.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    pair: usize,
    text: Text,
}

/// What one buyer wrote to one of our numbers.
#[derive(Debug)]
pub struct Pair<'a> {
    /// Whose the number is.
    pub team: &'a TeamId,
    /// Who wrote.
    pub buyer: &'a Address,
    /// Their replies, in order.
    pub replies: Vec<Paired<'a>>,
}

impl Pair<'_> {
    /// The replies as they are kept.
    pub fn kept(&self, source: &str, contact: Option<&ContactId>) -> Vec<PastReply> {
        let kept = |reply: &Paired<'_>| PastReply {
            source: source.to_owned(),
            id: reply.id.to_owned(),
            team: self.team.clone(),
            received: reply.received,
            answered: reply.answered,
            cohort: None,
            use_case: None,
            rep: None,
            contact: contact.cloned(),
            stage: None,
            outcome: None,
        };
        self.replies.iter().map(kept).collect()
    }
}

impl Log {
    /// Nothing yet, and at most so many texts.
    pub const fn new(most: usize) -> Self {
        Self { most, lines: BTreeMap::new(), teams: Vec::new(), pairs: BTreeMap::new(), texts: Vec::new() }
    }

    /// Takes a text in. One that says nothing of replies is passed over.
    pub fn add(&mut self, row: &MessageRow, by: &By<'_>) -> Result<(), Unfit> {
        let is_buyers = match row.direction.trim().to_ascii_lowercase().as_str() {
            "inbound" => true,
            word if word.starts_with("outbound") => false,
            _ => return Err("direction is neither inbound nor outbound".into()),
        };
        let ours = || Said::of_ours(row.status.as_deref().and_then(delivery));
        // One that failed may have neither numbers nor a time of its own.
        if !is_buyers && ours().is_none() {
            return Ok(());
        }
        let number = |what: &str, text: &str| {
            Address::parse(text).map_err(|_| Unfit::Row(format!("{what} is not a phone number: write it +14155550123")))
        };
        let (from, to) = (number("from", &row.from)?, number("to", &row.to)?);
        let (line, buyer) = if is_buyers { (to, from) } else { (from, to) };
        let known = by.playbook.line_of(&line).or_else(|| by.playbook.line_of(&line.person()));
        let Some(team) = known.map(|(_, line)| &line.team).or(by.team) else {
            return if is_buyers { Err(Unfit::Nobodys) } else { Ok(()) };
        };
        let at = row.at(is_buyers).ok_or("it has no time")?;
        let at = instant(at).ok_or(
            "its time is not an instant: write it 2026-03-02T10:00:00-05:00, or 2026-03-02 15:00:00 when it is of UTC",
        )?;
        if at > by.now {
            return Err("its time is in the future".into());
        }
        let said = if is_buyers {
            let id = name("id", row.id.as_deref().unwrap_or_default()).map_err(Unfit::Row)?;
            Said::of_buyer(&by.playbook.consent, row.body.as_deref(), &id)
        } else {
            ours()
        };
        let Some(said) = said else { return Ok(()) };
        if self.texts.len() >= self.most {
            return Err(Unfit::Full);
        }
        let pair = self.pair(line, team, buyer.person());
        self.texts.push(Kept { pair, text: Text { at, said } });
        Ok(())
    }

    /// The place of a pair of numbers.
    fn pair(&mut self, line: Address, team: &TeamId, buyer: Address) -> usize {
        let next = self.teams.len();
        let line = *self.lines.entry(line).or_insert(next);
        if line == next {
            self.teams.push(team.clone());
        }
        let next = self.pairs.len();
        *self.pairs.entry((line, buyer)).or_insert(next)
    }

    /// Pairs of numbers with their replies, once all is read. Each text counts once, in however many files it stands.
    pub fn pairs(&mut self) -> impl Iterator<Item = Pair<'_>> {
        self.texts.sort_unstable();
        self.texts.dedup();
        let Self { teams, pairs, texts, .. } = &*self;
        let mut places: Vec<(usize, &(usize, Address))> = pairs.iter().map(|(pair, place)| (*place, pair)).collect();
        places.sort_unstable();
        texts.chunk_by(|one, other| one.pair == other.pair).filter_map(move |of| {
            let (line, buyer) = places.get(of.first()?.pair)?.1;
            let replies = pairing::replies(of.iter().map(|kept| &kept.text));
            Some(Pair { team: teams.get(*line)?, buyer, replies }).filter(|pair| !pair.replies.is_empty())
        })
    }
}

/// How a text of ours stands, by Twilio's words and Telnyx's. One that is to leave later has not left.
fn delivery(status: &str) -> Option<Delivery> {
    let word = status.trim().to_ascii_lowercase();
    match word.as_str() {
        // Telnyx's reports; and what waits at the carrier for its time.
        "gw_reject" | "scheduled" => Some(Delivery::Failed),
        word => twilio::parse::delivery(word).or_else(|| telnyx::parse::delivery(word)),
    }
}

/// When a text came or left: RFC 3339, RFC 2822, or a day and a time of UTC.
fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text)) {
        return Some(at.to_utc().into());
    }
    let plain = ["UTC", "GMT", "Z"].iter().find_map(|zone| text.strip_suffix(*zone)).unwrap_or(text).trim_end();
    let at = OF_UTC.iter().find_map(|form| NaiveDateTime::parse_from_str(plain, form).ok())?;
    Some(at.and_utc().into())
}

/// Who is behind a number: whom the CRM has been seen to name there, when that is one person. Their deals are found by it.
pub async fn person(store: &dyn Store, buyer: &Address) -> Result<Option<ContactId>, StoreError> {
    let Some((number, _)) = store.consent_of(buyer).await? else { return Ok(None) };
    let mut cards = store.cards_of(&[number.id].into()).await?;
    let cards = cards.remove(&number.id).unwrap_or_default();
    Ok(writer::only(&cards).cloned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pacing::Limit;
    use crate::domain::playbook::Line;

    const LINE: &str = "+16465550100";
    const OTHER: &str = "+16465550177";
    const BUYER: &str = "+14155550101";

    fn playbook() -> Playbook {
        let mut playbook = Playbook::default();
        let number = Address::parse(LINE).unwrap();
        let (label, team, use_case) = ("Main".to_owned(), "east".into(), String::new());
        let line = Line { label, number, team, use_case, limit: Limit::default(), class: None };
        playbook.lines.insert("main".into(), line);
        playbook
    }

    fn text(id: &str, direction: &str, from: &str, to: &str, at: &str) -> MessageRow {
        MessageRow {
            id: Some(id.to_owned()).filter(|id| !id.is_empty()),
            direction: direction.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            sent_at: Some(format!("2026-03-02 {at}")),
            ..MessageRow::default()
        }
    }

    fn came(id: &str, at: &str) -> MessageRow {
        text(id, "inbound", BUYER, LINE, at)
    }

    fn left(status: &str, at: &str) -> MessageRow {
        MessageRow { status: Some(status.to_owned()), ..text("", "outbound-api", LINE, BUYER, at) }
    }

    fn now() -> Timestamp {
        instant("2026-03-03T00:00:00Z").unwrap()
    }

    /// Replies with whose they are, and the seconds until they were answered.
    fn replies(log: &mut Log) -> Vec<(String, String, Option<i64>)> {
        let seconds = |reply: &PastReply| reply.answered.map(|at| at.since(reply.received).as_seconds());
        let kept: Vec<PastReply> = log.pairs().flat_map(|pair| pair.kept("old", None)).collect();
        kept.iter().map(|reply| (reply.id.clone(), reply.team.to_string(), seconds(reply))).collect()
    }

    #[test]
    fn a_log_becomes_replies_in_whatever_order_it_stands() {
        let playbook = playbook();
        let by = By { playbook: &playbook, team: None, now: now() };
        let whatsapp = text("SM9", "inbound", "whatsapp:+14155550102", "whatsapp:+16465550100", "12:00:00");
        let rows = [
            left("delivered", "10:30:00"),
            left("failed", "10:10:00"),
            left("scheduled", "10:11:00"),
            left("GW_REJECT", "10:12:00"),
            // One that never got a number and never left.
            MessageRow { from: String::new(), sent_at: None, ..left("canceled", "") },
            came("SM1", "10:00:00"),
            came("SM2", "10:05:00"),
            came("SM1", "10:00:00"),
            MessageRow { body: Some("Liked “Hello”".to_owned()), ..came("SM3", "11:00:00") },
            left("sent", "11:10:00"),
            // A campaign's, from a number of nobody's, says nothing of anybody's replies.
            text("", "outbound-api", OTHER, BUYER, "11:00:00"),
            whatsapp,
        ];
        let wanted = [("SM1", Some(1_800_i64)), ("SM9", None)];
        let wanted = wanted.map(|(id, seconds)| (id.to_owned(), "east".to_owned(), seconds));
        let mut backwards = rows.to_vec();
        backwards.reverse();
        for rows in [rows.to_vec(), backwards] {
            let mut log = Log::new(MOST);
            for row in &rows {
                assert_eq!(log.add(row, &by), Ok(()), "{}", row.direction);
            }
            let mut told = replies(&mut log);
            told.sort();
            assert_eq!(told, wanted);
        }
    }

    #[test]
    fn a_row_that_is_not_taken_says_why_and_repeats_nothing() {
        let playbook = playbook();
        let by = By { playbook: &playbook, team: None, now: now() };
        let mut log = Log::new(1);
        for (row, said) in [
            (MessageRow { direction: "sideways".to_owned(), ..came("SM1", "10:00:00") }, "direction is neither"),
            (
                MessageRow { from: "12x45".to_owned(), to: "?".to_owned(), ..came("SM1", "10:00:00") },
                "is not a phone number",
            ),
            (came("SM1", "at ten"), "its time is not an instant"),
            (MessageRow { sent_at: None, ..came("SM1", "") }, "it has no time"),
            (MessageRow { sent_at: Some("2026-03-04 00:00:00".to_owned()), ..came("SM1", "") }, "in the future"),
            (came("", "10:00:00"), "id is not 1 to 200 plain characters"),
        ] {
            let Err(Unfit::Row(why)) = log.add(&row, &by) else { panic!("taken: {said}") };
            assert!(why.contains(said) && !why.contains("0101"), "{why}");
        }
        let other = text("SM1", "inbound", BUYER, OTHER, "10:00:00");
        assert_eq!(log.add(&other, &by), Err(Unfit::Nobodys));
        let west = TeamId::from("west");
        assert_eq!(log.add(&other, &By { team: Some(&west), ..by }), Ok(()));
        assert_eq!(log.add(&came("SM2", "10:00:00"), &by), Err(Unfit::Full));
        assert_eq!(replies(&mut log), [("SM1".to_owned(), "west".to_owned(), None)]);
    }

    #[test]
    fn times_are_read_as_carriers_write_them() {
        for text in [
            "2026-03-02T15:00:00Z",
            "2026-03-02T10:00:00-05:00",
            "2026-03-02T15:00:00.000+00:00",
            "Mon, 02 Mar 2026 15:00:00 +0000",
            "2026-03-02 15:00:00",
            "2026-03-02 15:00:00 UTC",
            "2026-03-02T15:00:00",
            " 2026-03-02 15:00:00.000 ",
        ] {
            assert_eq!(instant(text).map(Timestamp::millis), Some(1_772_463_600_000), "{text}");
        }
        for text in ["", "2026-03-02", "03/02/2026 15:00", "2026-03-02 10:00:00 EST", "1772463600"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}

//! The consent ledger for the doors: rows from outside are checked here, and its lines put into words.

use chrono::{DateTime, NaiveDate};

use super::service::Heard;
use super::store::consent::LedgerRow;
use super::store::{Store, StoreError};
use crate::domain::command::Actor;
use crate::domain::consent::{Number, OptOutSource, Scope};
use crate::domain::contact::{Address, Body};
use crate::domain::event::Event;
use crate::domain::id::LineId;
use crate::domain::playbook::Playbook;
use crate::domain::time::{Span, Timestamp};
use crate::journal::{Frame, to_hex};
use crate::wire::consent::{ConsentRow, ConsentView, LedgerLine, Standing, withdraws};

pub(super) mod told;

use told::Told;

/// The longest name of a source, in characters.
const LONGEST_SOURCE: usize = 200;

/// The longest wording, in characters.
const LONGEST_WORDING: usize = 4_096;

/// How far another program's clock may be ahead.
const AHEAD: Span = Span::minutes(5);

/// Lines of a ledger that are shown.
pub const SHOWN: usize = 1_000;

/// A number as people write it when they ask for it: a phone, a short code, or an address of another kind. A mere word is a
/// slip.
pub fn whose(text: &str) -> Option<Address> {
    let number = Address::parse(text.trim()).ok()?;
    let first = number.as_str().chars().next()?;
    (first == '+' || first.is_ascii_digit() || number.as_str().contains(':')).then(|| number.person())
}

/// A row that is taken in.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What it says.
    pub heard: Heard,
    /// What could not be read of it, and what was taken instead.
    pub how: Vec<String>,
}

/// A row as it is taken in, or why it is not. The reason repeats nothing that was sent. An opt-out is refused for want of a
/// number alone: whatever else cannot be read is taken as it reaches farthest, and that is said.
pub fn checked(
    row: ConsentRow,
    (actor, source): (&Actor, &OptOutSource),
    playbook: &Playbook,
    now: Timestamp,
) -> Result<Checked, String> {
    let number = Address::parse(row.number.trim()).ok().map(|address| address.person());
    let number = number.filter(|address| address.as_str().starts_with('+'));
    let address = number.ok_or("number is not a phone number: write it +14155550123")?;
    let out = withdraws(&row.event).ok_or("event is neither opt_out nor opt_in")?;
    let mut how: Vec<String> = row.flaws.into_iter().map(|why| format!("{why}; the opt-out counts")).collect();
    let text = row.at.as_deref().map(str::trim).unwrap_or_default();
    let (at, undated) = if out {
        let (at, flaw) = withdrawn(text, playbook, now);
        how.extend(flaw.map(str::to_owned));
        (at.unwrap_or(now), at.is_none())
    } else {
        (given(text, now)?, false)
    };
    let scope = match scope(row.scope.as_deref(), playbook) {
        Err(why) if out => {
            how.push(format!("{why}; it counts for all our numbers"));
            Scope::Tenant
        }
        read => read?,
    };
    let plain = |text: &str| text.chars().count() <= LONGEST_SOURCE && !text.chars().any(char::is_control);
    let named = row.source.as_deref().is_none_or(plain);
    let short = row.wording.as_deref().is_none_or(|text| text.chars().count() <= LONGEST_WORDING);
    for (fine, what) in [
        (named, format!("source is not 1 to {LONGEST_SOURCE} plain characters")),
        (short, format!("wording has more than {LONGEST_WORDING} characters")),
    ] {
        match (fine, out) {
            (true, _) => {}
            (false, true) => how.push(format!("{what}: it was left out")),
            (false, false) => return Err(what),
        }
    }
    if !out && row.source.is_none() {
        return Err("source is missing: an opt-in says where they agreed".to_owned());
    }
    // An opt-out needs no reason; what was said of it is not kept.
    let words = row.source.filter(|_| !out).map(|source| {
        let wording = row.wording.unwrap_or_default();
        Body::new(format!("{}\n{wording}", source.trim()))
    });
    // A program reports what happens; a list is read again, and is no newer for it.
    let undated = undated && matches!(source, OptOutSource::Import(_));
    let (actor, source, said) = (actor.clone(), source.clone(), Some(at.min(now)));
    Ok(Checked { heard: Heard { actor, address, out, source, scope, said, undated, words, line: None }, how })
}

/// When an opt-in was given: evidence has an instant.
fn given(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let at = DateTime::parse_from_rfc3339(text)
        .map_err(|_| "at is not an instant: write it with its offset, 2026-03-02T10:00:00-05:00")?;
    let at = Timestamp::from(at.to_utc());
    if at.since(now) > AHEAD { Err("at is in the future".to_owned()) } else { Ok(at) }
}

/// When an opt-out of a list was said: as late as it may have been, for no number may stay open for want of a date. Nothing
/// where no date can be read, as `01/02/2026`, or one that is yet to come; with what is wrong with it, when there is one.
fn withdrawn(text: &str, playbook: &Playbook, now: Timestamp) -> (Option<Timestamp>, Option<&'static str>) {
    let end = |day: NaiveDate| {
        let midnight = day.succ_opt().and_then(|next| next.and_hms_opt(0, 0, 0));
        let end = midnight.and_then(|midnight| midnight.and_local_timezone(playbook.zone()).latest());
        end.map(|end| Timestamp::from(end.to_utc()))
    };
    if text.is_empty() {
        return (None, None);
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        let at = Timestamp::from(at.to_utc());
        return if at.since(now) > AHEAD { (None, Some(TO_COME)) } else { (Some(at), None) };
    }
    if let Some(at) = counted(text) {
        return if at.since(now) > AHEAD { (None, Some(TO_COME)) } else { (Some(at), None) };
    }
    // A time of day that says not where counts as its day.
    let day = text
        .split(['T', 't', ' '])
        .next()
        .and_then(|day| day.parse::<NaiveDate>().ok())
        .and_then(|day| Some((end(day)?, day.pred_opt().and_then(end)?)));
    match day {
        Some((_, begins)) if begins > now => (None, Some(TO_COME)),
        Some((end, _)) => (Some(end), None),
        None => (None, Some("at cannot be read: taken as undated")),
    }
}

const TO_COME: &str = "at is in the future: taken as undated";

/// An instant counted from 1970, in seconds or in milliseconds: which, its size tells.
fn counted(text: &str) -> Option<Timestamp> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let n = whole.parse::<i64>().ok()?;
    match n {
        // 2001 to 2286.
        1_000_000_000..10_000_000_000 => Some(Timestamp::from_millis(n * 1000)),
        1_000_000_000_000..10_000_000_000_000 => Some(Timestamp::from_millis(n)),
        _ => None,
    }
}

fn scope(text: Option<&str>, playbook: &Playbook) -> Result<Scope, String> {
    let text = text.map_or("tenant", str::trim);
    match text.split_once(':') {
        None if text == "tenant" => Ok(Scope::Tenant),
        Some(("number", line)) if playbook.lines.contains_key(&LineId::new(line)) => {
            Ok(Scope::Number(LineId::new(line)))
        }
        Some(("number", _)) => Err("scope names a line that the playbook does not have".to_owned()),
        Some(("programme", name)) => {
            playbook.consent.programme(name).ok_or("scope names a programme that the playbook does not have".to_owned())
        }
        Some(_) | None => Err("scope is neither tenant, nor programme:NAME, nor number:LINE".to_owned()),
    }
}

/// Everything that stands about a number that is known.
pub async fn view(
    store: &dyn Store,
    playbook: &Playbook,
    address: &Address,
    number: &Number,
) -> Result<ConsentView, StoreError> {
    let how = |source: &OptOutSource| source.words(|rep| playbook.rep_name(rep));
    let opted_out = number.outs().map(|(scope, out)| Standing {
        scope: scope.word(),
        since: out.at.to_string(),
        how: how(&out.source),
    });
    let evidence = number.evidence.iter().map(|evidence| Standing {
        scope: evidence.scope.word(),
        since: evidence.at.to_string(),
        how: how(&evidence.source),
    });
    let (opted_out, evidence) = (opted_out.collect(), evidence.collect());
    let hold = number.hold.as_ref().map(|hold| Standing {
        scope: Scope::Tenant.word(),
        since: hold.since.to_string(),
        how: format!("a text may ask us to stop; opted out on {} unless a person rules", hold.due),
    });
    let ledger = store.ledger_of(number.id, SHOWN).await?;
    let told = Told::of(store, number.id).await?;
    Ok(ConsentView {
        number: address.as_str().to_owned(),
        opted_out,
        hold,
        evidence,
        ledger: ledger.iter().map(|row| line(playbook, row)).collect(),
        told: told.into_iter().map(Told::telling).collect(),
    })
}

/// A line of the ledger in words. What a later version wrote is shown by its name.
pub fn line(playbook: &Playbook, row: &LedgerRow) -> LedgerLine {
    let frame = Frame::decode(&row.entry.body).ok();
    let event = frame.as_ref().and_then(|frame| serde_json::from_value::<Event>(frame.event.clone()).ok());
    let actor = frame.as_ref().and_then(|frame| serde_json::from_value::<Actor>(frame.actor.clone()).ok());
    let (mut scope, mut how, mut said) = (String::new(), String::new(), None);
    if let Some(
        Event::OptedOut { source, scope: reach, said: at, .. } | Event::OptedIn { source, scope: reach, said: at, .. },
    ) = &event
    {
        scope = reach.word();
        how = source.words(|rep| playbook.rep_name(rep));
        said = *at;
    }
    if let Some(event) = &event {
        how = of_number(playbook, event).unwrap_or(how);
    }
    let words = row.words.as_ref().map(|words| words.as_str().split_once('\n').unwrap_or((words.as_str(), "")));
    LedgerLine {
        seq: row.entry.seq,
        hash: to_hex(&row.entry.hash),
        recorded: row.entry.at.to_string(),
        event: frame.map_or_else(String::new, |frame| frame.kind),
        at: said.unwrap_or(row.entry.at).to_string(),
        scope,
        how,
        actor: actor.map_or_else(String::new, |actor| who(playbook, &actor)),
        source: words.map(|(source, _)| source.to_owned()),
        wording: words.map(|(_, wording)| wording.to_owned()).filter(|wording| !wording.is_empty()),
    }
}

/// How another word about a number is told: it reaches all of us.
fn of_number(playbook: &Playbook, event: &Event) -> Option<String> {
    if let Event::HoldPlaced { score, patterns, .. } = event {
        Some(format!("a text may ask us to stop (score {score}: {})", patterns.join(", ")))
    } else if let Event::HoldRuled { by, kept, .. } = event {
        let who = by.as_ref().map_or("nobody ruled in time", |rep| playbook.rep_name(rep));
        let what = if kept.is_some() { "they meant something else" } else { "no more texts" };
        Some(format!("{who}: {what}"))
    } else if let Event::Blocked { reason, .. } = event {
        Some(reason.words().to_owned())
    } else {
        None
    }
}

fn who(playbook: &Playbook, actor: &Actor) -> String {
    match actor {
        Actor::Rep { rep, .. } => playbook.rep_name(rep).to_owned(),
        Actor::Carrier => "the carrier".to_owned(),
        Actor::Clock => "the clock".to_owned(),
        Actor::Effects => "the backend".to_owned(),
        Actor::Crm => "the CRM".to_owned(),
        Actor::Operator => "the operator".to_owned(),
        Actor::Program(name) => format!("the program {name}"),
    }
}

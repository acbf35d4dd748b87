//! `comeback away` and `comeback back`: said by the person who signed in here, of themselves or, as a lead, of somebody
//! else. It goes straight to the backend, so it also works while the inbox runs.

use chrono::Days;
use chrono_tz::Tz;
use clap::Args;
use uuid::Uuid;

use super::desk::Desk;
use super::oncall::instant;
use super::say;
use crate::config::text::duration;
use crate::domain::command::{Command, CoverNote};
use crate::domain::contact::Body;
use crate::domain::id::{MessageId, RepId};
use crate::domain::later;
use crate::domain::meanwhile;
use crate::domain::time::Timestamp;

/// Longest cover note taken, in characters: what a screen shows whole.
const NOTE: usize = 500;

/// Say that you are away: new replies and running clocks go to your backup until you are back. Said again, it changes
/// what it names and keeps the rest.
#[derive(Debug, Args)]
pub(super) struct Away {
    /// Until when: 30m, 2h, 14:30 (the next one), fri 9:00, tomorrow 8am, 2026-12-01T09:00, or with an offset 2026-12-01T09:00:00-05:00. Times of
    /// day are those of the company's zone, as in the inbox. Without it: until `comeback back`.
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// What whoever covers should know; they read it above each conversation they cover.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Somebody of a team you lead, by name.
    #[arg(long, value_name = "NAME")]
    rep: Option<String>,
}

/// Say that you are back: what others covered comes back to you.
#[derive(Debug, Args)]
pub(super) struct Back {
    /// Somebody of a team you lead, by name.
    #[arg(long, value_name = "NAME")]
    rep: Option<String>,
}

impl Away {
    pub(super) async fn run(self, profile: &str) -> anyhow::Result<()> {
        let note = self.note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
        let long = note.as_ref().map_or(0, |note| note.chars().count());
        anyhow::ensure!(long <= NOTE, "the note has {long} characters and {NOTE} fit: nothing was changed, shorten it");
        let desk = Desk::open(profile).await?;
        let until = self.until.as_deref().map(|text| until(text, desk.now, desk.zone)).transpose()?;
        let whom = desk.whom(self.rep.as_deref())?;
        let has_note = note.is_some();
        let note = note.map(|words| CoverNote { message: MessageId(Uuid::now_v7()), body: Body::new(words) });
        let rep = whom.other().cloned();
        let changed = desk.backend.say(Command::Away { away: true, until, note, rep }).await?.changed;
        // What is not said anew stays, and the receipt says so.
        let before = desk.absent(whom.rep());
        let stands = before.and_then(|before| before.until).filter(|_| until.is_none());
        let when = match (until, stands) {
            (Some(at), _) => format!("until {}", desk.time(at)),
            (None, Some(at)) => format!("until {}, as said before; `{}` ends it", desk.time(at), whom.comes_back()),
            (None, None) => format!("until `{}`", whom.comes_back()),
        };
        if !changed {
            say(&format!("{} away already, {when}: nothing changed.", whom.is()));
            return Ok(());
        }
        let still = if before.is_some() && stands.is_some() { "still " } else { "" };
        say(&format!("{} {still}away {when}.", whom.is()));
        say(&desk.meanwhile(&whom));
        let noted_before = before.is_some_and(|before| before.note.is_some());
        match (has_note, noted_before) {
            (true, true) => say("Whoever covers reads this note above each conversation, instead of the one before."),
            (true, false) => say("Whoever covers reads the note above each conversation."),
            (false, true) => say("The note left before stays for whoever covers."),
            (false, false) => {}
        }
        Ok(())
    }
}

impl Back {
    pub(super) async fn run(self, profile: &str) -> anyhow::Result<()> {
        let desk = Desk::open(profile).await?;
        let whom = desk.whom(self.rep.as_deref())?;
        let said = desk.backend.say(Command::Away { away: false, until: None, note: None, rep: whom.other().cloned() });
        if said.await?.changed {
            say(&format!("{} back; what others covered comes back.", whom.is()));
        } else {
            say(&format!("{} not away: nothing changed.", whom.is()));
        }
        Ok(())
    }
}

/// Of whom something is said.
enum Whom {
    Me(RepId),
    Other(RepId, String),
}

impl Desk {
    /// Somebody by their name on screens or their short name.
    fn whom(&self, name: Option<&str>) -> anyhow::Result<Whom> {
        let Some(name) = name.map(str::trim) else { return Ok(Whom::Me(self.me.clone())) };
        let wanted = name.to_lowercase();
        let mut reps = self.playbook.reps.iter().filter(|(_, rep)| rep.active);
        let found = reps.find(|(id, rep)| id.as_str() == wanted || rep.name.to_lowercase() == wanted);
        let (id, rep) = found.ok_or_else(|| {
            let known = self.playbook.reps.iter().filter(|(_, rep)| rep.active);
            let known: Vec<&str> = known.map(|(id, _)| id.as_str()).collect();
            anyhow::anyhow!("nobody here is called \"{name}\": nothing was changed. There are {}", known.join(", "))
        })?;
        Ok(if *id == self.me { Whom::Me(id.clone()) } else { Whom::Other(id.clone(), rep.name.clone()) })
    }

    fn time(&self, at: Timestamp) -> String {
        at.utc().with_timezone(&self.zone).format("%a %-d %b %H:%M %Z").to_string()
    }

    /// Who is asked meanwhile, as the rules find them now.
    fn meanwhile(&self, whom: &Whom) -> String {
        let asked = meanwhile::asked(&self.playbook, &self.roster, whom.rep(), self.now);
        let go = match meanwhile::words(&asked) {
            Some(who) => format!("New replies and running clocks go to {who}, and from there up the ladder."),
            None => "New replies and running clocks go up the ladder.".to_owned(),
        };
        let backup = self.playbook.reps.get(whom.rep()).and_then(|rep| rep.backup.as_ref());
        let away = backup.filter(|backup| self.roster.away.contains_key(*backup)).map(|backup| {
            let until = self.roster.absence(backup).and_then(|absence| absence.until);
            let until = until.map_or_else(String::new, |until| format!(" until {}", self.time(until)));
            let whose = if matches!(whom, Whom::Me(_)) { "your" } else { "their" };
            format!("{}, {whose} backup, is away, too{until}. ", self.playbook.rep_name(backup))
        });
        away.unwrap_or_default() + &go
    }
}

impl Whom {
    const fn rep(&self) -> &RepId {
        match self {
            Self::Me(rep) | Self::Other(rep, _) => rep,
        }
    }

    const fn other(&self) -> Option<&RepId> {
        match self {
            Self::Me(_) => None,
            Self::Other(rep, _) => Some(rep),
        }
    }

    fn is(&self) -> String {
        match self {
            Self::Me(_) => "You are".to_owned(),
            Self::Other(_, name) => format!("{name} is"),
        }
    }

    fn comes_back(&self) -> String {
        match self {
            Self::Me(_) => "comeback back".to_owned(),
            Self::Other(rep, _) => format!("comeback back --rep {rep}"),
        }
    }
}

/// An instant after now: a length of time, a time of day (the next one), or a date with a time.
fn until(text: &str, now: Timestamp, zone: Tz) -> anyhow::Result<Timestamp> {
    let text = text.trim();
    let lower = text.to_lowercase();
    let as_in_the_inbox =
        lower.starts_with(|c: char| c.is_ascii_alphabetic()) || lower.ends_with("am") || lower.ends_with("pm");
    let at = if let Some(at) = as_in_the_inbox.then(|| later::parse(text, now, zone)).flatten() {
        at
    } else if let Some(span) = duration(text).filter(|span| span.as_millis() > 0) {
        now + span
    } else if chrono::NaiveTime::parse_from_str(text, "%H:%M").is_ok() {
        let today = now.utc().with_timezone(&zone).date_naive();
        let on = |day: chrono::NaiveDate| instant(&format!("{day}T{text}"), zone);
        match on(today) {
            Ok(at) if at > now => at,
            Ok(_) => on(today.checked_add_days(Days::new(1)).unwrap_or(today))?,
            Err(e) => return Err(e),
        }
    } else {
        instant(text, zone).map_err(|e| {
            anyhow::anyhow!("--until {e}; or write it fri 9:00, tomorrow 8am, 30m, 2h or 14:30. Nothing was changed")
        })?
    };
    anyhow::ensure!(at > now, "--until {text} has passed: nothing was changed");
    Ok(at)
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::New_York;

    use super::*;

    fn at(text: &str) -> Timestamp {
        chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
    }

    #[test]
    fn a_time_is_read_as_people_write_it() {
        // Saturday, half past nine in New York; in the next night the clocks go forward.
        let now = at("2026-03-07T09:30:00-05:00");
        for (text, meant) in [
            ("2h", "2026-03-07T11:30:00-05:00"),
            ("30m", "2026-03-07T10:00:00-05:00"),
            ("14:30", "2026-03-07T14:30:00-05:00"),
            ("9:30", "2026-03-08T09:30:00-04:00"),
            ("09:00", "2026-03-08T09:00:00-04:00"),
            ("mon 9:00", "2026-03-09T09:00:00-04:00"),
            ("tomorrow", "2026-03-08T09:00:00-04:00"),
            ("4:30pm", "2026-03-07T16:30:00-05:00"),
            ("2026-03-09T09:00", "2026-03-09T09:00:00-04:00"),
            ("2026-03-09 09:00", "2026-03-09T09:00:00-04:00"),
            ("2026-03-09T09:00:00+01:00", "2026-03-09T09:00:00+01:00"),
        ] {
            assert_eq!(until(text, now, New_York).unwrap(), at(meant), "{text}");
        }
        for text in ["", "0m", "soon", "25:00", "2026-03-07T09:00", "02:15", "2026-03-08T02:15", "-2h"] {
            assert!(until(text, now, New_York).is_err(), "{text}");
        }
    }
}

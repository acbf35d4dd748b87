//! How far other systems were told of a number's words: the marketing tool by its webhook, and the CRM by its own record. The
//! view of consent and the dossier say it of the same rows.

use crate::domain::alert::{To, What};
use crate::domain::id::NumberId;
use crate::domain::time::Timestamp;
use crate::server::store::crm_write::{CrmEnd, CrmRow};
use crate::server::store::notice::{Ended, NoticeRow};
use crate::server::store::{Store, StoreError};
use crate::wire::consent::Telling;

use super::SHOWN;

/// One row.
#[derive(Debug)]
pub(in crate::server) struct Told {
    whom: Whom,
    /// The journal's entry.
    seq: u64,
    since: Timestamp,
    tries: u32,
    /// How it ended, and when. Of the CRM's endings each has its like.
    ended: Option<(Ended, Timestamp)>,
    why: Option<String>,
}

#[derive(Debug)]
enum Whom {
    /// Channels of the playbook, or a rep: of an opt-out, or of an opt-in.
    Notice { to: To, out: bool },
    /// The CRM: of how the number stands.
    Crm,
}

impl Told {
    /// A row each.
    pub(in crate::server) async fn of(store: &dyn Store, number: NumberId) -> Result<Vec<Self>, StoreError> {
        let notices = store.consent_notices(number, SHOWN).await?;
        let writes = store.crm_consents(number, SHOWN).await?;
        Ok(notices.iter().filter_map(Self::notice).chain(writes.iter().map(Self::write)).collect())
    }

    fn notice(row: &NoticeRow) -> Option<Self> {
        let What::Consent { out, seq, .. } = &row.notice.what else { return None };
        let whom = Whom::Notice { to: row.notice.to.clone(), out: *out };
        Some(Self { whom, seq: *seq, since: row.notice.at, tries: row.tries, ended: row.ended, why: None })
    }

    /// The CRM's own record of it.
    fn write(row: &CrmRow) -> Self {
        let ended = row.ended.map(|(end, at)| {
            let end = match end {
                CrmEnd::Made => Ended::Sent,
                CrmEnd::Dropped => Ended::Dropped,
                CrmEnd::Refused => Ended::Dead,
            };
            (end, at)
        });
        let (seq, since, tries, why) = (row.place.0, row.at, row.tries, row.waits.clone());
        Self { whom: Whom::Crm, seq, since, tries, ended, why }
    }

    /// For programs.
    pub(super) fn telling(self) -> Telling {
        Telling {
            seq: self.seq,
            channel: match self.whom {
                Whom::Notice { to: To::Channels(names), .. } => names.join(","),
                Whom::Notice { to: To::Rep(rep), .. } => rep.to_string(),
                Whom::Crm => "CRM".to_owned(),
            },
            state: self.ended.map_or("waiting", |(how, _)| how.word()).to_owned(),
            since: self.since.to_string(),
            tries: self.tries,
            ended: self.ended.map(|(_, at)| at.to_string()),
            why: self.why,
        }
    }

    /// For people: when it ended, or since when it is to be told. Whether somebody got a notice that is unknown is said as it
    /// is: nobody knows.
    pub(in crate::server) fn words(&self) -> (Timestamp, String) {
        let (seq, tried) = (self.seq, tried(self.tries));
        let (whom, of, dropped, dead) = match &self.whom {
            Whom::Notice { to, out } => {
                let whom = match to {
                    To::Channels(names) => format!("the channel {}", names.join(", ")),
                    To::Rep(rep) => rep.to_string(),
                };
                let word = if *out { "opt-out" } else { "opt-in" };
                let of = format!("of their {word} (entry {seq})");
                (whom, of, "it was not wanted any more", format!("was not told {{of}}: given up{tried}"))
            }
            Whom::Crm => {
                let of = format!("how the number stands (entry {seq})");
                ("the CRM".to_owned(), of, "nobody there has the number", "refused to be told {of}".to_owned())
            }
        };
        match self.ended {
            None => (self.since, format!("{whom} is to be told {of}: not told yet{tried}")),
            Some((Ended::Sent, at)) => (at, format!("{whom} was told {of}")),
            Some((Ended::Dropped, at)) => (at, format!("{whom} was not told {of}: {dropped}")),
            Some((Ended::Unknown, at)) => (at, format!("{whom} may have been told {of}: its answer never came")),
            Some((Ended::Dead, at)) => (at, format!("{whom} {}", dead.replace("{of}", &of))),
        }
    }
}

fn tried(tries: u32) -> String {
    match tries {
        0 => String::new(),
        1 => ", tried once".to_owned(),
        n => format!(", tried {n} times"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_told_to_programs_and_to_people_alike() {
        let at = Timestamp::from_millis;
        let channel = || Whom::Notice { to: To::Channels(vec!["ops".to_owned()]), out: true };
        for (whom, ended, state, said) in [
            (
                channel(),
                None,
                "waiting",
                "the channel ops is to be told of their opt-out (entry 7): not told yet, tried once",
            ),
            (channel(), Some(Ended::Sent), "sent", "the channel ops was told of their opt-out (entry 7)"),
            (
                channel(),
                Some(Ended::Dead),
                "dead",
                "the channel ops was not told of their opt-out (entry 7): given up, tried once",
            ),
            (
                channel(),
                Some(Ended::Unknown),
                "unknown",
                "may have been told of their opt-out (entry 7): its answer never came",
            ),
            (
                Whom::Crm,
                Some(Ended::Dropped),
                "dropped",
                "the CRM was not told how the number stands (entry 7): nobody there",
            ),
            (Whom::Crm, Some(Ended::Dead), "dead", "the CRM refused to be told how the number stands (entry 7)"),
        ] {
            let ended = ended.map(|end| (end, at(9)));
            let told = Told { whom, seq: 7, since: at(5), tries: 1, ended, why: None };
            let (when, words) = told.words();
            assert!(words.contains(said), "{words}");
            assert_eq!(when, if ended.is_some() { at(9) } else { at(5) }, "{words}");
            assert_eq!(told.telling().state, state);
        }
    }
}

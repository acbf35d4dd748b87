//! Replies of before: checked row by row, or made of a carrier's log.

use chrono::DateTime;

use super::store::past::PastReply;
use crate::domain::event::Outcome;
use crate::domain::id::{ContactId, RepId, TeamId};
use crate::domain::playbook::Playbook;
use crate::domain::time::Timestamp;
use crate::wire::past::PastRow;

pub mod log;

/// The longest name, in characters.
const LONGEST_NAME: usize = 200;

/// A row as it is kept, or why it is not. The reason repeats nothing that was sent.
pub fn checked(row: &PastRow, source: &str, playbook: &Playbook, now: Timestamp) -> Result<PastReply, String> {
    let id = name("id", &row.id)?;
    let team = team(&row.team, playbook)?;
    let received = instant("received_at", &row.received_at)?;
    if received > now {
        return Err("received_at is in the future".to_owned());
    }
    let answered = row.answered_at.as_deref().map(|text| instant("answered_at", text)).transpose()?;
    if answered.is_some_and(|answered| answered < received) {
        return Err("answered_at is before received_at".to_owned());
    }
    if let Some(cohort) = row.cohort.as_deref().filter(|cohort| playbook.cohort(cohort).is_none()) {
        let known: Vec<&str> = playbook.cohorts.iter().map(|cohort| cohort.name.as_str()).collect();
        return Err(unknown("cohort", cohort, &known));
    }
    if let Some(use_case) = row.use_case.as_deref().filter(|name| !playbook.use_cases.contains_key(*name)) {
        let known: Vec<&str> = playbook.use_cases.keys().map(String::as_str).collect();
        return Err(unknown("use_case", use_case, &known));
    }
    let outcome = row.outcome.as_deref().map(|text| Outcome::named(text.trim()).ok_or(text)).transpose();
    let outcome = outcome.map_err(|text| unknown("outcome", text, &Outcome::ALL.map(Outcome::name)))?;
    let more = |what: &str, text: &Option<String>| text.as_deref().map(|text| name(what, text)).transpose();
    Ok(PastReply {
        source: source.to_owned(),
        id,
        team,
        received,
        answered,
        cohort: row.cohort.clone(),
        use_case: row.use_case.clone(),
        rep: more("rep", &row.rep)?.map(RepId::new),
        contact: more("contact", &row.contact)?.map(ContactId::new),
        stage: more("stage", &row.stage)?,
        outcome,
    })
}

/// A team of the playbook, by its short name.
pub fn team(name: &str, playbook: &Playbook) -> Result<TeamId, String> {
    let team = TeamId::new(name.trim());
    if playbook.teams.contains_key(&team) {
        return Ok(team);
    }
    let known: Vec<&str> = playbook.teams.keys().map(TeamId::as_str).collect();
    Err(unknown("team", team.as_str(), &known))
}

fn name(what: &str, text: &str) -> Result<String, String> {
    let text = text.trim();
    let plain = !text.is_empty() && text.chars().count() <= LONGEST_NAME && !text.chars().any(char::is_control);
    if plain { Ok(text.to_owned()) } else { Err(format!("{what} is not 1 to {LONGEST_NAME} plain characters")) }
}

fn instant(what: &str, text: &str) -> Result<Timestamp, String> {
    let read = DateTime::parse_from_rfc3339(text.trim())
        .map_err(|_| format!("{what} is not an instant: write it with its offset, 2026-03-02T10:00:00-05:00"))?;
    Ok(read.to_utc().into())
}

fn unknown(what: &str, text: &str, known: &[&str]) -> String {
    let of = if what == "outcome" { "outcomes" } else { "playbook" };
    match crate::config::diagnose::nearest(text.trim(), known) {
        Some(near) => format!("{what} is none of the {of}; is it \"{near}\"?"),
        None => format!("{what} is none of the {of}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::playbook::Team;

    fn row() -> PastRow {
        PastRow {
            id: "1".to_owned(),
            team: "enterprise".to_owned(),
            received_at: "2026-01-05T10:00:00-05:00".to_owned(),
            answered_at: Some("2026-01-05T11:30:00-05:00".to_owned()),
            cohort: None,
            use_case: None,
            rep: Some("zoe".to_owned()),
            contact: Some("c-1".to_owned()),
            stage: Some("proposal".to_owned()),
            outcome: Some("meeting".to_owned()),
        }
    }

    fn playbook() -> Playbook {
        let mut playbook = Playbook::default();
        let (label, members) = ("Enterprise".to_owned(), std::collections::BTreeSet::new());
        playbook.teams.insert("enterprise".into(), Team { label, lead: None, members, on_call: None });
        playbook
    }

    #[test]
    fn a_row_is_kept_as_it_is_or_says_why_not() {
        let now = Timestamp::from_millis(1_772_550_000_000);
        let playbook = playbook();
        let kept = checked(&row(), "old", &playbook, now).unwrap();
        assert_eq!(
            (kept.outcome, kept.answered.unwrap().since(kept.received).as_seconds()),
            (Some(Outcome::Meeting), 5_400)
        );
        let far = "2030-01-05T10:00:00Z".to_owned();
        for (wrong, said) in [
            (PastRow { id: " ".to_owned(), ..row() }, "id is not 1 to 200 plain characters"),
            (PastRow { team: "enterprize".to_owned(), ..row() }, "team is none of the playbook; is it \"enterprise\"?"),
            (PastRow { received_at: "yesterday".to_owned(), ..row() }, "received_at is not an instant"),
            (PastRow { received_at: far.clone(), ..row() }, "received_at is in the future"),
            (PastRow { answered_at: Some("2026-01-05T09:00:00-05:00".to_owned()), ..row() }, "is before received_at"),
            (PastRow { cohort: Some("late".to_owned()), ..row() }, "cohort is none of the playbook"),
            (
                PastRow { outcome: Some("meting".to_owned()), ..row() },
                "outcome is none of the outcomes; is it \"meeting\"?",
            ),
            (PastRow { stage: Some("a\nb".to_owned()), ..row() }, "stage is not 1 to 200 plain characters"),
        ] {
            let told = checked(&wrong, "old", &playbook, now).expect_err(said);
            assert!(told.contains(said), "{told}");
        }
    }
}

//! A first playbook, from a few answers: commented, and with nothing wrong in it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{Datelike as _, Days, NaiveDate, TimeZone as _};
use chrono_tz::Tz;

use crate::domain::contact::Address;
use crate::domain::id::RepId;
use crate::domain::time::{Span, Timestamp};

const TEMPLATE: &str = include_str!("../../../assets/playbook.template.toml");

/// What must be known.
#[derive(Clone, Debug)]
pub struct Answers {
    /// Whose playbook it is.
    pub company: String,
    /// What the team is called.
    pub team: String,
    /// Where it is.
    pub zone: Tz,
    /// Opening hours of a working day, as in `09:00-17:00`.
    pub hours: Vec<String>,
    /// Our numbers; at least one.
    pub numbers: Vec<Address>,
    /// Who works there, by short name, with title; at least one.
    pub people: BTreeMap<RepId, String>,
    /// What they are called, where that is known; else it is made of the short name.
    pub names: BTreeMap<RepId, String>,
    /// Who leads: one of them.
    pub lead: RepId,
    /// Open time until the first answer is due; at least a minute.
    pub due: Span,
}

/// The file. `now` is for dates in it.
pub fn written(answers: &Answers, now: Timestamp) -> String {
    let id = team_id(&answers.team);
    let others: Vec<&RepId> = answers.people.keys().filter(|rep| **rep != answers.lead).collect();
    let asked: Vec<&RepId> = if others.is_empty() { vec![&answers.lead] } else { others };
    let today = now.utc().with_timezone(&answers.zone).date_naive();
    let monday = today - Days::new(today.weekday().num_days_from_monday().into());
    let first = asked.first().copied().unwrap_or(&answers.lead);
    let quote = |rep: &RepId| quoted(rep.as_str());
    let minutes = |share: i64| quoted(&format!("{}m", (answers.due.as_seconds() / 60 * share / 60).max(1)));
    let hours: Vec<String> = answers.hours.iter().map(|hours| quoted(hours)).collect();
    // Where one alone answers, nobody stands in.
    let covers = format!("[[ladder.standard]]\nwho = \"backup\"\nwait = {}\n", minutes(20));
    let covers = if asked.len() > 1 { covers } else { String::new() };
    let parts = [
        ("{company}", quoted(&answers.company)),
        ("{team_id}", id.clone()),
        ("{team}", quoted(&answers.team)),
        ("{lead}", quote(&answers.lead)),
        ("{turns}", asked.iter().map(|rep| quote(rep)).collect::<Vec<_>>().join(", ")),
        ("{since}", monday.to_string()),
        ("{zone}", quoted(answers.zone.name())),
        ("{warn}", minutes(40)),
        ("{due}", minutes(60)),
        ("{next}", minutes(120)),
        ("{step}", minutes(20)),
        ("{covers}", covers),
        ("{hours}", hours.join(", ")),
        ("{first}", quote(first)),
        ("{at}", ten_o_clock(answers.zone, monday)),
        ("{expected}", quoted(&format!("{first}'s buyers go to {first}"))),
        ("{people}", people(answers, &asked, &id)),
        ("{lines}", lines(answers, &id)),
        ("{{", "{".to_owned()),
        ("}}", "}".to_owned()),
    ];
    // From the front to the back, once: an answer that looks like a place of the template stays as it is.
    let (mut rest, mut text) = (TEMPLATE, String::new());
    while let Some(at) = rest.find(['{', '}']) {
        let (before, found) = rest.split_at(at);
        text.push_str(before);
        // A brace of its own stands for itself.
        let place = parts.iter().find(|(place, _)| found.starts_with(place));
        let (place, with) = place.map_or((&found[..1], &found[..1]), |(place, with)| (*place, with.as_str()));
        text.push_str(with);
        rest = &found[place.len()..];
    }
    text + rest
}

/// Everybody stands in for the one before; with one alone nobody does.
fn people(answers: &Answers, asked: &[&RepId], team: &str) -> String {
    let mut text = String::new();
    for (rep, title) in &answers.people {
        let at = asked.iter().position(|other| *other == rep);
        let backup = at.filter(|_| asked.len() > 1).and_then(|at| asked.get((at + 1) % asked.len()));
        // Writing to a string cannot fail.
        let called = answers.names.get(rep).cloned().unwrap_or_else(|| name(rep.as_str()));
        let _ = writeln!(text, "[rep.{}]\nname = {}", key(rep.as_str()), quoted(&called));
        let _ = writeln!(text, "title = {}\nteam = {}", quoted(title), quoted(team));
        if let Some(backup) = backup {
            let _ = writeln!(text, "backup = {}", quoted(backup.as_str()));
        }
        text.push('\n');
    }
    text
}

fn lines(answers: &Answers, team: &str) -> String {
    let mut text = String::new();
    for (at, number) in answers.numbers.iter().enumerate() {
        let (id, label) = if at == 0 {
            ("main".to_owned(), String::new())
        } else {
            (format!("line{}", at + 1), format!(" {}", at + 1))
        };
        let label = quoted(&format!("{}{label}", answers.team));
        let (number, team) = (quoted(number.as_str()), quoted(team));
        let _ =
            writeln!(text, "[line.{id}]\nlabel = {label}\nnumber = {number}\nteam = {team}\nuse_case = \"question\"\n");
    }
    text
}

/// A text as TOML writes it.
pub(in crate::config) fn quoted(text: &str) -> String {
    // A literal may have no line break and nothing that moves a cursor; toml escapes both in a basic string.
    toml::Value::String(text.to_owned()).to_string()
}

/// A key as TOML writes it.
pub(in crate::config) fn key(text: &str) -> String {
    let bare = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let escaped = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    };
    if bare { text.to_owned() } else { format!("\"{}\"", text.chars().map(escaped).collect::<String>()) }
}

/// `Sales East` is `sales_east`.
fn team_id(label: &str) -> String {
    let plain: String =
        label.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    let plain = plain.trim_matches('_').to_owned();
    if plain.is_empty() { "team".to_owned() } else { plain }
}

/// `maya.okafor` is `Maya Okafor`, until somebody writes it better.
fn name(rep: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>())
    };
    let before_at = rep.split('@').next().unwrap_or(rep);
    let words: Vec<String> = before_at.split(['.', '_', '-', ' ']).filter_map(word).collect();
    if words.is_empty() { rep.to_owned() } else { words.join(" ") }
}

/// Ten in the morning of that day, as an instant with its offset.
fn ten_o_clock(zone: Tz, day: NaiveDate) -> String {
    let local = day.and_hms_opt(10, 0, 0).and_then(|at| zone.from_local_datetime(&at).earliest());
    local.map_or_else(|| format!("{day}T10:00:00Z"), |at| at.to_rfc3339())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::playbook::read;
    use crate::domain::findings;

    /// Friday, 6 March 2026, 10:00 in New York.
    const NOW: Timestamp = Timestamp::from_millis(1_772_809_200_000);

    fn answers() -> Answers {
        Answers {
            company: "Harbor & Pine".to_owned(),
            team: "Sales East".to_owned(),
            zone: chrono_tz::America::New_York,
            hours: vec!["09:00-12:00".to_owned(), "13:00-17:00".to_owned()],
            numbers: ["+16465550100", "+16465550200"].map(|n| Address::parse(n).unwrap()).into(),
            people: ["ben", "ines", "lea", "maya", "omar"].map(|rep| (RepId::from(rep), "AE".to_owned())).into(),
            names: [("omar".into(), "Omar Haddad".to_owned())].into(),
            lead: "lea".into(),
            due: Span::minutes(15),
        }
    }

    fn found(answers: &Answers) -> Vec<String> {
        let source = written(answers, NOW);
        let playbook = read("playbook.toml", &source).unwrap_or_else(|e| panic!("{e}"));
        let all = findings::of(&playbook, NOW).0.into_iter();
        all.map(|finding| format!("{}{}", if finding.wrong { "wrong: " } else { "" }, finding.what)).collect()
    }

    #[test]
    fn what_is_written_reads_well_and_nothing_is_wrong_or_risky_in_it() {
        assert_eq!(found(&answers()), Vec::<String>::new());
        let playbook = read("playbook.toml", &written(&answers(), NOW)).unwrap();
        assert_eq!((playbook.company.as_str(), playbook.lines.len()), ("Harbor & Pine", 2));
        let late = playbook.cohort("late_stage").map(|c| (c.first_response.warn, c.first_response.due));
        assert_eq!(late, Some((Span::minutes(10), Span::minutes(15))));
        assert_eq!(playbook.reps[&"ben".into()].backup, Some("ines".into()));
        assert_eq!(playbook.reps[&"lea".into()].backup, None);
        let called = ["omar", "ben"].map(|rep| playbook.reps[&rep.into()].name.as_str());
        assert_eq!(called, ["Omar Haddad", "Ben"], "as the CRM says, else as the short name does");
        assert_eq!(playbook.expectations.len(), 1);
    }

    #[test]
    fn strange_answers_stay_what_they_are() {
        let odd = Answers {
            company: "A \"quoted\" {company}".to_owned(),
            team: "営業".to_owned(),
            people: ["o'neil.\"x\"@example.com", "zoë", "nobody@x"].map(|rep| (RepId::from(rep), String::new())).into(),
            lead: "zoë".into(),
            due: Span::seconds(20),
            ..answers()
        };
        // Three people may all be away at once; nothing else is the matter.
        let told = found(&odd);
        assert!(told.len() == 1 && told[0].contains("would reach nobody while"), "{told:?}");
        let playbook = read("playbook.toml", &written(&odd, NOW)).unwrap();
        assert_eq!((playbook.company, playbook.teams.len()), (odd.company.clone(), 1));
        assert!(playbook.reps.keys().eq(odd.people.keys()));
        assert_eq!(playbook.reps[&"zoë".into()].name, "Zoë");
        let alone = Answers { people: [("lea".into(), String::new())].into(), ..answers() };
        let told = found(&alone);
        assert!(told.iter().any(|t| t == "the pool of Sales East has nobody but its lead"), "{told:?}");
        assert!(told.iter().all(|t| !t.starts_with("wrong")), "{told:?}");
    }
}

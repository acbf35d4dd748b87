//! What a replay found, for people and for programs. A row is written as soon as its reply is decided: nothing is kept.

use std::fmt::Write as _;

use chrono::SecondsFormat;
use chrono_tz::Tz;

use super::NOTES;
use crate::cli::playbook::history::local;
use crate::cli::say;
use crate::domain::beside::Came;
use crate::domain::expectation;
use crate::domain::playbook::Playbook;
use crate::domain::replay::{Cause, Load, Reply, Report, Targets};
use crate::domain::routing::Holder;
use crate::domain::time::Timestamp;

/// The columns of a reply. What would be stands after what was.
const COLUMNS: &str = "time,conversation,use_case,would_be_use_case,gets,would_get,due,would_be_due,cohort,\
                       would_be_cohort,reaches_nobody,differs_by";

/// The columns of the totals. What is counted, of what, into what; as recorded and under the other rules.
const TOTALS: &str = "what,of,to,recorded,would_be";

/// Who tells it, and how.
pub(super) enum Teller {
    Table { rules: Box<Playbook>, zone: Tz, since: Timestamp, each: bool },
    Csv { zone: Tz },
    Totals,
    Json { each: bool, told: u64 },
}

impl Teller {
    pub(super) fn table(rules: &Playbook, since: Timestamp, each: bool) -> Self {
        Self::Table { rules: Box::new(rules.clone()), zone: rules.zone(), since, each }
    }

    pub(super) fn csv(rules: &Playbook) -> Self {
        say(COLUMNS);
        Self::Csv { zone: rules.zone() }
    }

    pub(super) fn totals() -> Self {
        say(TOTALS);
        Self::Totals
    }

    /// Begins the document: its replies come before its totals.
    pub(super) fn json(since: Timestamp, each: bool) -> anyhow::Result<Self> {
        let (since, notes) = (since.to_string(), serde_json::to_string(&NOTES)?);
        say(&format!("{{\n  \"since\": \"{since}\",\n  \"notes\": {notes},"));
        if each {
            say("  \"replies\": [");
        }
        Ok(Self::Json { each, told: 0 })
    }

    /// One reply.
    pub(super) fn reply(&mut self, reply: &Reply) -> anyhow::Result<()> {
        match self {
            Self::Table { rules, zone, each: true, .. } => {
                if let Some(cause) = reply.cause {
                    say(&sentence(rules, *zone, reply, cause));
                }
            }
            Self::Csv { zone } => say(&row(*zone, reply)),
            Self::Json { each: true, told } => {
                let comma = if *told == 0 { "" } else { "," };
                *told += 1;
                say(&format!("    {comma}{}", serde_json::to_string(reply)?));
            }
            Self::Table { .. } | Self::Totals | Self::Json { .. } => {}
        }
        Ok(())
    }

    /// All of it.
    pub(super) fn report(self, report: &Report) -> anyhow::Result<()> {
        match self {
            Self::Table { rules, zone, since, each } => {
                if each && !report.causes.is_empty() {
                    say("");
                }
                for line in table(&rules, zone, since, report) {
                    say(&line);
                }
            }
            Self::Csv { .. } => {}
            Self::Totals => {
                for line in totals(report) {
                    say(&line);
                }
            }
            Self::Json { each, .. } => {
                if each {
                    say("  ],");
                }
                let report = serde_json::to_string_pretty(report)?.replace('\n', "\n  ");
                say(&format!("  \"report\": {report}\n}}"));
            }
        }
        Ok(())
    }
}

fn holder(gets: Option<&Holder>) -> String {
    gets.map_or_else(|| "nobody".to_owned(), expectation::words)
}

/// A field of CSV: a short name may hold anything that a file's key may.
fn field(text: &str) -> String {
    let plain = !text.contains(['"', ',', '\n', '\r']) && !text.starts_with(['=', '+', '-', '@']);
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

fn row(zone: Tz, reply: &Reply) -> String {
    let time = |at: Timestamp| at.utc().with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, true);
    let due = |came: &Came| came.due.map(time).unwrap_or_default();
    let Reply { at, conversation, use_cases: [use_case, would_be], is, would, nobody, cause } = reply;
    let fields = [
        time(*at),
        conversation.to_string(),
        field(use_case),
        field(would_be),
        field(&holder(is.gets.as_ref())),
        field(&holder(would.gets.as_ref())),
        due(is),
        due(would),
        field(&is.cohort),
        field(&would.cohort),
        nobody.to_string(),
        cause.map_or("", Cause::word).to_owned(),
    ];
    fields.join(",")
}

/// A reply that differs, for people.
fn sentence(rules: &Playbook, zone: Tz, reply: &Reply, cause: Cause) -> String {
    let Reply { at, conversation, use_cases: [use_case, would_be], is, would, .. } = reply;
    let name = |gets: Option<&Holder>| name(rules, &holder(gets));
    let due = |came: &Came| came.due.map_or_else(|| "never".to_owned(), |at| local(at, zone));
    let mut parts = Vec::new();
    if is.gets != would.gets {
        parts.push(format!("{} → {}", name(is.gets.as_ref()), name(would.gets.as_ref())));
    }
    for (what, was, now) in [
        ("due", due(is), due(would)),
        ("cohort", is.cohort.clone(), would.cohort.clone()),
        ("use case", use_case.clone(), would_be.clone()),
    ] {
        if was != now {
            parts.push(format!("{what} {was} → {now}"));
        }
    }
    if parts.is_empty() {
        let owner = |came: &Came| came.owner.as_ref().map_or("nobody", |rep| rules.rep_name(rep)).to_owned();
        parts.push(format!("owner {} → {}", owner(is), owner(would)));
    }
    format!("{}  {conversation}  {} ({})", local(*at, zone), parts.join("; "), cause.word())
}

fn name(rules: &Playbook, who: &str) -> String {
    rules.reps.get(&who.into()).map_or_else(|| who.to_owned(), |rep| rep.name.clone())
}

fn table(rules: &Playbook, zone: Tz, since: Timestamp, report: &Report) -> Vec<String> {
    let differ: u64 = report.causes.values().map(|d| d.replies).sum();
    let mut lines = vec![format!(
        "{} replies since {}; {} would go to somebody else, {differ} differ at all",
        report.replies,
        local(since, zone),
        report.moved
    )];
    for cause in Cause::ALL {
        if let Some(d) = report.causes.get(&cause) {
            let (replies, moved, due) = (d.replies, d.moved, d.due);
            lines.push(format!("  {replies:>7}  {} ({moved} to somebody else, {due} due otherwise)", cause.words()));
        }
    }
    let moves = report.moves.iter().flat_map(|(from, all)| all.iter().map(move |(to, n)| (*n, from, to)));
    let mut moves: Vec<_> = moves.collect();
    moves.sort_by_key(|(n, ..)| std::cmp::Reverse(*n));
    if !moves.is_empty() {
        lines.push(String::new());
        lines.push("Who would get them".to_owned());
    }
    let line =
        |(n, from, to): (u64, &String, &String)| format!("  {n:>7}  {} → {}", name(rules, from), name(rules, to));
    lines.extend(moves.into_iter().map(line));
    lines.push(String::new());
    let heads = ["same", "sooner", "later", "clock now", "none now"];
    lines.push(columns("Targets, by cohort", &heads));
    for (was, all) in &report.targets {
        for (is, t) in all {
            let cohort = if was == is { was.clone() } else { format!("{was} → {is}") };
            let numbers = [t.same, t.sooner, t.later, t.begun, t.dropped].map(|n| n.to_string());
            lines.push(columns(&format!("  {cohort}"), &numbers));
        }
    }
    lines.push(String::new());
    lines.push(columns("Load", &["replies", "would be", "most open", "would be"]));
    for (who, [before, after]) in &report.loads {
        let numbers = [before.replies, after.replies, before.most.into(), after.most.into()].map(|n| n.to_string());
        lines.push(columns(&format!("  {}", name(rules, who)), &numbers));
    }
    lines.push(String::new());
    lines.push(format!("{} replies would reach nobody who was here", report.nobody));
    lines.extend(report.nobody_first.iter().map(|(at, id)| format!("  {}  {id}", local(*at, zone))));
    lines.push(String::new());
    lines.extend(NOTES.map(str::to_owned));
    lines
}

/// A name, and what stands in columns behind it.
fn columns(name: &str, cells: &[impl AsRef<str>]) -> String {
    let mut line = format!("{name:<30}");
    for cell in cells {
        // Writing to a string cannot fail.
        let _ = write!(line, "  {:>9}", cell.as_ref());
    }
    line
}

fn totals(report: &Report) -> Vec<String> {
    let mut lines = vec![format!("replies,,,{0},{0}", report.replies), format!("moved,,,,{}", report.moved)];
    for (cause, d) in &report.causes {
        lines.push(format!("differ,{},,,{}", cause.word(), d.replies));
    }
    for (from, all) in &report.moves {
        lines.extend(all.iter().map(|(to, n)| format!("moved,{},{},,{n}", field(from), field(to))));
    }
    for (was, all) in &report.targets {
        for (is, Targets { same, sooner, later, begun, dropped }) in all {
            let kinds =
                [("same", same), ("sooner", sooner), ("later", later), ("clock_now", begun), ("none_now", dropped)];
            let of = (field(was), field(is));
            lines.extend(kinds.map(|(kind, n)| format!("target_{kind},{},{},,{n}", of.0, of.1)));
        }
    }
    for (who, [Load { replies, most }, after]) in &report.loads {
        let who = field(who);
        lines.push(format!("load_replies,{who},,{replies},{}", after.replies));
        lines.push(format!("load_most_open,{who},,{most},{}", after.most));
    }
    lines.push(format!("reaches_nobody,,,,{}", report.nobody));
    lines
}

//! `comeback report sla|outcomes|load|compliance`: what was measured, in five forms.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use tokio::sync::watch;

use super::desk::Desk as SignedIn;
use super::{DatabaseArg, parse_database, warn};
use crate::config::text::duration;
use crate::domain::measure::cell::By;
use crate::domain::measure::outcomes::sheets::first_of;
use crate::domain::measure::report::{
    Compliance as MeasuredCompliance, Load as MeasuredLoad, Report as Measured, Sla as MeasuredSla, Told,
};
use crate::domain::measure::sheet::{self, Sheet};
use crate::domain::time::Span;
use crate::server::measure::report::{Asker, Desk, Sees, days};
use crate::server::measure::{MeasureError, Projections, follow};
use crate::server::store::Store;
use crate::wire::report::ReportBody;
use crate::wire::sheet::{csv, html, markdown, table};

mod outcomes;
mod replies;

/// Replies told at most.
const MOST: usize = 500;

/// What was measured: from the journal, over local days.
///
/// Admins, auditors and operators see all, leads their teams, reps their own. What every number means stands in
/// assets/docs/measure.md.
#[derive(Debug, Subcommand)]
pub(super) enum Report {
    /// Were replies answered in time: attainment, lengths, the ladder, where nobody was there, and why.
    Sla(Sla),
    /// What answering was worth: meetings, how fast deals moved, revenue and pipeline that replies are associated with.
    Outcomes(outcomes::Outcomes),
    /// Who carried how much, and how evenly it was spread.
    Load(Load),
    /// Opt-outs against what was sent, rulings, and waits for the buyer's hours. Not for reps.
    Compliance(Compliance),
}

/// Which days, and in which form.
#[derive(Debug, Args)]
pub(super) struct Period {
    /// sqlite:PATH, as the operator; without it the backend that you are signed in at is asked
    #[arg(long, env = "COMEBACK_DATABASE", value_parser = parse_database)]
    database: Option<PathBuf>,
    /// How far back, in whole days, today included.
    #[arg(long, default_value = "30d", value_parser = period)]
    since: Since,
    /// In which form.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// A period, as it was typed.
#[derive(Clone, Debug)]
struct Since(String, Span);

/// SLA attainment.
#[derive(Debug, Args)]
pub(super) struct Sla {
    #[command(flatten)]
    period: Period,
    /// By what its rows are.
    #[arg(long, value_enum, default_value_t = Rows::Cohort)]
    by: Rows,
    /// Tell every reply that was not answered in time, with its story and cause: csv and json all of them, the others the
    /// newest 500.
    #[arg(long)]
    breaches: bool,
    /// Instead of the report, the replies behind one of its numbers: those of this row, by its `key`; `all` for every row,
    /// `nobody` for those that are no rep's (--by rep).
    #[arg(long, value_name = "KEY", conflicts_with = "breaches")]
    replies: Option<String>,
    #[command(flatten)]
    only: replies::Filter,
}

/// Who carried how much.
#[derive(Debug, Args)]
pub(super) struct Load {
    #[command(flatten)]
    period: Period,
    /// One of its tables alone.
    #[arg(long, value_enum)]
    by: Option<LoadRows>,
}

/// Consent.
#[derive(Debug, Args)]
pub(super) struct Compliance {
    #[command(flatten)]
    period: Period,
    /// One of its tables of opt-outs alone.
    #[arg(long, value_enum)]
    by: Option<ConsentRows>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LoadRows {
    Rep,
    Team,
}

impl LoadRows {
    const fn name(self) -> &'static str {
        match self {
            Self::Rep => "rep",
            Self::Team => "team",
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ConsentRows {
    /// Our numbers.
    Line,
    Campaign,
    /// How long the buyer had waited for an answer.
    Wait,
}

impl ConsentRows {
    const fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Campaign => "campaign",
            Self::Wait => "wait",
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For the terminal.
    Table,
    /// For spreadsheets: what is told and for when, then every table after another; lengths in seconds, shares from 0 to 1.
    Csv,
    /// For programs: as `GET /v1/reports` gives it; lengths in milliseconds.
    Json,
    /// Markdown.
    Md,
    /// One page that needs nothing from elsewhere, to open and to print.
    Html,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Rows {
    Team,
    Cohort,
    Rep,
    /// Hour of the week, where the cohort's hours are.
    Hour,
    Line,
    UseCase,
}

impl Rows {
    const fn by(self) -> By {
        match self {
            Self::Team => By::Team,
            Self::Cohort => By::Cohort,
            Self::Rep => By::Rep,
            Self::Hour => By::Hour,
            Self::Line => By::Line,
            Self::UseCase => By::UseCase,
        }
    }
}

fn period(text: &str) -> Result<Since, String> {
    // Whole days are counted: minutes would silently be the whole of today.
    let whole = duration(text).filter(|_| text.ends_with(['d', 'h']));
    let span = whole.filter(|span| *span > Span::ZERO && *span <= Span::minutes(3_660 * 24 * 60));
    span.map(|span| Since(text.to_owned(), span))
        .ok_or_else(|| "whole days or hours: write it 30d, 7d or 24h; ten years at most".to_owned())
}

impl Report {
    pub(super) async fn run(self, profile: &str) -> anyhow::Result<()> {
        match self {
            Self::Sla(sla) => sla.run(profile).await,
            Self::Outcomes(outcomes) => outcomes.run(profile).await,
            Self::Load(load) => load.period.run(profile, "load", load.by.map_or("", LoadRows::name)).await,
            Self::Compliance(of) => of.period.run(profile, "compliance", of.by.map_or("", ConsentRows::name)).await,
        }
    }
}

impl Period {
    async fn run(self, profile: &str, name: &str, by: &str) -> anyhow::Result<()> {
        let report = if let Some(database) = &self.database {
            let (desk, store) = self.desk(database).await?;
            if name == "load" {
                Measured::Load(Box::new(MeasuredLoad { by: by.to_owned(), ..desk.load()? }))
            } else {
                let found = desk.compliance(store.as_ref()).await?;
                let found = found.ok_or_else(|| anyhow::anyhow!("an operator sees it all"))?;
                Measured::Compliance(Box::new(MeasuredCompliance { by: by.to_owned(), ..found }))
            }
        } else {
            let mut asked = vec![("since", self.since.0.clone())];
            asked.extend(Some(("by", by.to_owned())).filter(|_| !by.is_empty()));
            SignedIn::open(profile).await?.backend.report(name, &asked).await?.0
        };
        self.format.print(&report)
    }

    /// Reads the journal to its end first.
    async fn desk(&self, database: &std::path::Path) -> anyhow::Result<(Desk, Arc<dyn Store>)> {
        let of = DatabaseArg { database: database.to_owned() };
        let store: Arc<dyn Store> = Arc::new(of.open()?);
        let playbook = store.playbook().await?;
        let playbook = Arc::new(playbook.ok_or_else(|| anyhow::anyhow!("this database has no playbook yet"))?);
        let projections = Arc::new(Projections::open(database)?);
        // The backend that runs on it may read on at the same time: whoever is later goes on from there.
        let (_stay, running) = watch::channel(false);
        let mut read = follow(&store, &projections, &running).await;
        if matches!(read, Err(MeasureError::Overtaken)) {
            read = follow(&store, &projections, &running).await;
        }
        if let Err(e) = read {
            warn(&format!("the newest entries are not counted: {e}"));
        }
        let (head, _) = store.head().await?;
        let now = of.clock().now().max(head.at);
        let window = days(&playbook, now, self.since.1);
        let sees = Sees::of(&playbook, &Asker::Operator).unwrap_or(Sees::All);
        Ok((Desk { projections, playbook, head: head.seq, now, sees, window }, store))
    }
}

impl Sla {
    async fn run(self, profile: &str) -> anyhow::Result<()> {
        if self.replies.is_some() {
            return self.tell_replies(profile).await;
        }
        // A list for machines is whole; people are told how much of it they see.
        let most = if self.period.format.is_for_machines() { usize::MAX } else { MOST };
        let breaches = if self.breaches { most } else { 0 };
        let charts = matches!(self.period.format, Format::Html);
        let report = if let Some(database) = &self.period.database {
            let (desk, _) = self.period.desk(database).await?;
            let sla = if charts { desk.drawn(self.by.by(), breaches)? } else { desk.sla(self.by.by(), breaches)? };
            Measured::Sla(Box::new(sla))
        } else {
            let asked = [
                ("since", self.period.since.0.clone()),
                ("by", self.by.by().name().to_owned()),
                ("breaches", breaches.min(MOST).to_string()),
                ("charts", charts.to_string()),
            ];
            let desk = SignedIn::open(profile).await?;
            let mut report = desk.backend.report("sla", &asked).await?.0;
            if let (true, Measured::Sla(sla)) = (breaches > MOST, &mut report) {
                let asked = [("since", self.period.since.0.clone()), ("standing", "missed".to_owned())];
                (sla.breaches, _) = replies::page_by_page(&desk, &asked, breaches).await?;
            }
            report
        };
        self.period.format.print(&report)
    }
}

impl Format {
    /// Whether a program reads it.
    const fn is_for_machines(self) -> bool {
        matches!(self, Self::Csv | Self::Json)
    }

    fn print(self, report: &Measured) -> anyhow::Result<()> {
        let (title, lines) = sheet::heading(report);
        if matches!(self, Self::Json) {
            return out_json(&ReportBody(report.clone()));
        }
        if matches!(self, Self::Html) {
            return out(html::of(report).as_bytes());
        }
        // A story is long: in a terminal each stands by itself.
        if let (Self::Table, Measured::Sla(sla)) = (self, report) {
            let without = Measured::Sla(Box::new(MeasuredSla { breaches: Vec::new(), ..(**sla).clone() }));
            let mut text = table(&title, &lines, &sheet::sheets(&without), columns());
            if !sla.breaches.is_empty() {
                text.push_str("\nReply by reply\n\n");
                text.push_str(&stories(&sla.breaches));
                let all = usize::try_from(sla.total.met.whole - sla.total.met.part).ok();
                text.extend(first_of(sla.breaches.len(), all).iter().map(|line| format!("{line}\n")));
            }
            return out(text.as_bytes());
        }
        self.print_sheets(&title, &lines, &sheet::sheets(report))
    }

    fn print_replies(self, found: &[Told]) -> anyhow::Result<()> {
        if matches!(self, Self::Json) {
            return out_json(found);
        }
        if matches!(self, Self::Table) {
            return out(stories(found).as_bytes());
        }
        self.print_sheets("Replies", &[], &[sheet::told(found)])
    }

    fn print_sheets(self, title: &str, lines: &[String], sheets: &[Sheet]) -> anyhow::Result<()> {
        match self {
            Self::Table => out(table(title, lines, sheets, columns()).as_bytes()),
            Self::Csv => out(&csv(title, lines, sheets)?),
            Self::Md => out(markdown(title, lines, sheets).as_bytes()),
            Self::Html => out(html::page(title, lines, sheets).as_bytes()),
            Self::Json => Ok(()),
        }
    }
}

fn stories(found: &[Told]) -> String {
    let mut text = String::new();
    if found.is_empty() {
        text.push_str("There is none.\n");
    }
    for told in found {
        let standing = told.standing.replace('_', " ");
        let _ = writeln!(text, "{}  {standing}; {}; {}", told.conversation, told.names.join(", "), told.wrote);
        for line in &told.story {
            let _ = writeln!(text, "  {line}");
        }
        text.push('\n');
    }
    crate::domain::safe_text::SafeText::whole(&text).as_str().to_owned()
}

/// How wide the terminal is; nothing where standard output is none: a file or a program takes any line.
fn columns() -> Option<usize> {
    let (columns, _) = std::io::stdout().is_terminal().then(|| crossterm::terminal::size().ok())??;
    Some(usize::from(columns))
}

/// What a report says, on standard output.
fn out(bytes: &[u8]) -> anyhow::Result<()> {
    let mut to = std::io::stdout().lock();
    let written = to.write_all(bytes).and_then(|()| if bytes.ends_with(b"\n") { Ok(()) } else { to.write_all(b"\n") });
    or_closed(written.and_then(|()| to.flush()))
}

/// The same as JSON, written as it is made: the text of a long list is not held beside the list.
fn out_json<T: serde::Serialize + ?Sized>(told: &T) -> anyhow::Result<()> {
    let mut to = std::io::BufWriter::new(std::io::stdout().lock());
    let written = serde_json::to_writer_pretty(&mut to, told).map_err(std::io::Error::from);
    or_closed(written.and_then(|()| to.write_all(b"\n")).and_then(|()| to.flush()))
}

/// A closed pipe ends quietly.
fn or_closed(written: std::io::Result<()>) -> anyhow::Result<()> {
    match written {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(e.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_of_whole_days_or_hours() {
        assert!(["30d", "7d", "24h", "1h"].iter().all(|text| period(text).is_ok()));
        for text in ["5m", "90m", "86400s", "0d", "4000d", "d", ""] {
            let why = period(text).unwrap_err();
            assert!(why.contains("whole days or hours"), "{text}: {why}");
        }
    }
}

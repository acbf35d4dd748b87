//! `comeback playbook …`: the policy as sales operations change it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::rep::known;
use super::{DatabaseArg, say};
use crate::clock::{Clock, SystemClock};
use crate::config;
use crate::config::diagnose::Diagnostic;
use crate::config::difference::{days, differences};
use crate::config::playbook::{Reading, places, schema};
use crate::domain::alert::reachable::unreachable;
use crate::domain::findings;
use crate::domain::playbook::Playbook;
use crate::domain::safe_text::SafeText;
use crate::domain::sentences::{self, Part};
use crate::domain::time::Timestamp;
use crate::server::cover;
use crate::server::policy::{self, PolicyError};
use crate::server::service::{PlaybookChange, Service, ServiceError, Work};
use crate::server::store::notice::NoticeStore as _;
use crate::server::store::{Store, StoreError};

mod beside;
pub(super) mod history;
mod init;
mod replay;

/// While the backend writes.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// The policy.
#[derive(Debug, Subcommand)]
pub(super) enum PlaybookCommand {
    /// Read a file and say what is wrong or risky in it.
    ///
    /// Besides its spelling: rules that never apply, people who left, hours in which nobody is on call within 90 days,
    /// its own [[expect]] cases, and a search for a reply that would reach nobody.
    Check {
        /// The file.
        file: PathBuf,
    },
    /// Put a file in force. A running backend follows within a few seconds; what was decided stays decided.
    ///
    /// A file with something wrong in it changes nothing.
    Apply {
        #[command(flatten)]
        database: DatabaseArg,
        /// The file.
        file: PathBuf,
        /// Say what would change, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Not now but then: a day, 2026-12-01, or a time, both local to the company's zone, or one with its offset.
        #[arg(long, value_name = "WHEN", conflicts_with = "shadow")]
        effective: Option<String>,
        /// Running clocks get the due times of this version, as if it had held when the buyer wrote. Without it they keep
        /// theirs.
        #[arg(long, conflicts_with = "shadow")]
        recompute: bool,
        /// Put nothing in force: decide every reply by these rules beside today's, and report what would differ.
        #[arg(long)]
        shadow: bool,
        #[command(flatten)]
        change: Change,
    },
    /// Tell what is in force, in sentences.
    Show {
        #[command(flatten)]
        database: DatabaseArg,
        /// An earlier version.
        #[arg(value_name = "VERSION")]
        earlier: Option<u32>,
        /// As JSON.
        #[arg(long)]
        json: bool,
        /// As a playbook's file, which says the same when it is applied. What stood beside the rules is not in it:
        /// comments, and rows in a CSV.
        #[arg(long, conflicts_with = "json")]
        toml: bool,
    },
    /// Print the JSON Schema of the file, with which an editor completes keys and marks mistakes.
    Schema,
    /// Say what a file would change, rule by rule.
    Diff {
        #[command(flatten)]
        database: DatabaseArg,
        /// The file.
        file: PathBuf,
    },
    /// What the version tried with `apply --shadow` would have done otherwise.
    Shadow {
        #[command(flatten)]
        database: DatabaseArg,
        /// Stop trying it.
        #[arg(long)]
        stop: bool,
        /// Who you are.
        #[arg(long, env = "USER", default_value = "an operator")]
        by: String,
    },
    /// Take back a version that waits for its day.
    Cancel {
        #[command(flatten)]
        database: DatabaseArg,
        #[command(flatten)]
        change: Change,
    },
    Replay(replay::ReplayArgs),
    Init(Box<init::Init>),
    /// Every version that was in force: when, by whom, why; and what waits.
    History {
        #[command(flatten)]
        database: DatabaseArg,
    },
    /// Put the rules of an earlier version in force again, as a new version.
    Rollback {
        #[command(flatten)]
        database: DatabaseArg,
        /// The version whose rules come back.
        #[arg(value_name = "VERSION")]
        to: u32,
        /// Running clocks get the due times that those rules give them, counted from the buyer's text; without it they keep
        /// theirs.
        #[arg(long)]
        recompute: bool,
        #[command(flatten)]
        change: Change,
    },
}

/// Who changes it, and why. Both are kept in the journal for ever.
#[derive(Debug, Args)]
pub(super) struct Change {
    /// Why, in a sentence.
    #[arg(long)]
    pub(super) why: Option<String>,
    /// Who you are.
    #[arg(long, env = "USER", default_value = "an operator")]
    pub(super) by: String,
}

impl PlaybookCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Check { file } => {
                let wrong = check(&file, &open(&file)?, SystemClock.now());
                anyhow::ensure!(wrong == 0, "{}: {}", file.display(), things(wrong));
                Ok(())
            }
            Self::Apply { database, file, dry_run, effective, recompute, shadow, change } => {
                let how = How { dry_run, effective, recompute, shadow };
                apply(&database, &file, how, change).await
            }
            Self::Show { database, earlier, json, toml } => {
                let store = database.open()?;
                let found = match earlier {
                    Some(version) => store.playbook_of(version).await?,
                    None => store.playbook().await?,
                };
                let playbook = found
                    .ok_or_else(|| anyhow::anyhow!("this database has no such playbook: comeback playbook history"))?;
                if json {
                    say(&serde_json::to_string_pretty(&playbook)?);
                } else if toml {
                    say(as_file(&playbook)?.trim_end());
                } else {
                    show(&playbook, database.clock().now());
                }
                Ok(())
            }
            Self::Schema => {
                say(schema::SCHEMA.trim_end());
                Ok(())
            }
            Self::Diff { database, file } => {
                let playbook = read(&file)?;
                let in_force = database.open()?.playbook().await?;
                let in_force = in_force.ok_or_else(|| anyhow::anyhow!("this database has no playbook yet"))?;
                tell_differences(&in_force, &playbook);
                Ok(())
            }
            Self::Shadow { database, stop, by } => beside::shadow(&database, stop, &by).await,
            Self::Cancel { database, change } => beside::cancel(&database, change).await,
            Self::Init(init) => init.run().await,
            Self::Replay(replay) => replay.run().await,
            Self::History { database } => history::history(&database).await,
            Self::Rollback { database, to, recompute, change } => rollback(&database, to, recompute, change).await,
        }
    }
}

/// Tells a policy in sentences.
fn show(playbook: &Playbook, now: Timestamp) {
    say(&format!("{}, version {}", playbook.company, playbook.version));
    for Part { title, lines } in sentences::of(playbook, now) {
        say(&format!("\n{title}"));
        for line in lines {
            say(&format!("  {line}"));
        }
    }
}

/// A version as a file. One that would say anything else is none.
fn as_file(playbook: &Playbook) -> anyhow::Result<String> {
    let version = playbook.version;
    let file = config::playbook::file::written(playbook);
    let read = config::playbook::read("the file", &file);
    let whole = read.as_ref().is_ok_and(|read| same(read, playbook));
    let why = read.err().map(|mistake| format!(": {mistake}")).unwrap_or_default();
    anyhow::ensure!(
        whole,
        "version {version} says something that no file can say, so nothing was written{why}\n\nTo see it whole: comeback \
         playbook show {version} --json"
    );
    Ok(format!(
        "# {}: version {version} of the playbook, as `comeback playbook show --toml` wrote it.\n{file}",
        words(&playbook.company)
    ))
}

/// "2 things wrong".
fn things(wrong: usize) -> String {
    format!("{wrong} {} wrong", if wrong == 1 { "thing" } else { "things" })
}

/// On what the findings stand that follow mistakes.
fn footing(mistakes: &[Diagnostic]) -> &'static str {
    let is_mended = |mistake: &&Diagnostic| {
        let hint = mistake.hint.as_deref().unwrap_or_default();
        hint.starts_with("did you mean ") || hint.starts_with("write ") && !hint.contains('…')
    };
    match mistakes.iter().filter(is_mended).count() {
        0 => "beside that, in the rest of the file",
        all if all == mistakes.len() => "as if each of these were mended as suggested",
        _ => "as if what has a suggestion were mended so, and in the rest of the file",
    }
}

/// Tells everything that is wrong or risky in a file, and how much is wrong.
fn check(file: &Path, read: &Opened, now: Timestamp) -> usize {
    let name = file.display().to_string();
    let Opened { source, reading: Reading { playbook, mistakes } } = read;
    let mut told: Vec<_> = mistakes.iter().collect();
    told.sort_by_key(|mistake| (mistake.file != name, mistake.line, mistake.column));
    for mistake in told {
        say(&format!("wrong: {mistake}\n"));
    }
    let Some(playbook) = playbook else {
        say(&format!(
            "{name}: its rules, expectations and the search for a reply that reaches nobody were not looked at: what is \
             wrong above leaves open what they say"
        ));
        return mistakes.len().max(1);
    };
    if !mistakes.is_empty() {
        say(&format!("What follows is found {}.\n", footing(mistakes)));
    }
    let (found, searched) = findings::of(playbook, now);
    for finding in &found {
        let weight = if finding.wrong { "wrong" } else { "risky" };
        say(&format!("{weight}: {}\n", places::told(&name, source, finding)));
    }
    let wrong = mistakes.len() + found.iter().filter(|finding| finding.wrong).count();
    let parts = [
        (playbook.reps.len(), "rep"),
        (playbook.teams.len(), "team"),
        (playbook.cohorts.len(), "cohort"),
        (playbook.ladders.len(), "ladder"),
        (playbook.lines.len(), "line"),
        (playbook.expectations.len(), "expectation"),
    ];
    let parts: Vec<String> =
        parts.iter().map(|(n, what)| format!("{n} {what}{}", if *n == 1 { "" } else { "s" })).collect();
    say(&format!("{name}: {}; {}", parts.join(", "), findings::searched(&searched)));
    wrong
}

/// In which way a version is applied.
struct How {
    dry_run: bool,
    effective: Option<String>,
    recompute: bool,
    shadow: bool,
}

async fn apply(database: &DatabaseArg, file: &Path, how: How, change: Change) -> anyhow::Result<()> {
    let clock = database.clock();
    let read = open(file)?;
    let Some(playbook) = read.reading.playbook.clone().filter(|_| read.reading.mistakes.is_empty()) else {
        let wrong = check(file, &read, clock.now());
        anyhow::bail!("{}: {}. Nothing was changed; mend them and try again", file.display(), things(wrong));
    };
    let store = Arc::new(database.open()?);
    if let Some(in_force) = store.playbook().await? {
        if same(&in_force, &playbook) && !how.recompute {
            say(&format!("already in force as version {}", in_force.version));
            return Ok(());
        }
        tell_differences(&in_force, &playbook);
    }
    let wrong = check(file, &read, clock.now());
    if wrong > 0 {
        anyhow::bail!("{}: {}. Nothing was changed; mend them and try again", file.display(), things(wrong));
    }
    let reaches = store.reaches().await?;
    for finding in unreachable(&playbook, Some(&|rep| known(&reaches, rep))) {
        say(&format!("risky: {}\n", places::told(&file.display().to_string(), &read.source, &finding)));
    }
    tell_homeless(store.as_ref(), &playbook).await?;
    if how.dry_run {
        say("a dry run: nothing was changed");
        return Ok(());
    }
    let (by, why) = (Some(words(&change.by)), change.why.as_deref().map(words));
    let change = PlaybookChange { playbook, by, why, back_to: None, recompute: how.recompute };
    match how.effective {
        Some(from) => beside::wait(store, clock, change, &from).await,
        None if how.shadow => beside::begin(store, clock, change).await,
        None => put(store, clock, change).await,
    }
}

async fn rollback(database: &DatabaseArg, version: u32, recompute: bool, change: Change) -> anyhow::Result<()> {
    let store = Arc::new(database.open()?);
    let earlier = store.playbook_of(version).await?;
    let earlier = earlier.ok_or_else(|| {
        anyhow::anyhow!("there was no version {version}. Nothing was changed; comeback playbook history")
    })?;
    let in_force = store.playbook().await?.ok_or_else(|| anyhow::anyhow!("this database has no playbook yet"))?;
    if same(&in_force, &earlier) && !recompute {
        say(&format!("the rules of version {version} are in force, as version {}", in_force.version));
        return Ok(());
    }
    tell_differences(&in_force, &earlier);
    tell_homeless(store.as_ref(), &earlier).await?;
    let (by, why) = (Some(words(&change.by)), change.why.as_deref().map(words));
    put(store, database.clock(), PlaybookChange { playbook: earlier, by, why, back_to: Some(version), recompute }).await
}

/// Whose team these rules do not have.
async fn tell_homeless(store: &dyn Store, playbook: &Playbook) -> anyhow::Result<()> {
    match cover::homeless(store, playbook).await? {
        0 => {}
        n => say(&format!(
            "{n} open conversation(s) of a team that these rules do not have go to the team of their line"
        )),
    }
    Ok(())
}

async fn put(store: Arc<impl Store>, clock: Arc<dyn Clock>, change: PlaybookChange) -> anyhow::Result<()> {
    let recompute = change.recompute;
    let service = Service::start_by(store, clock, change.clone()).await?;
    if recompute || !same(&service.playbook(), &change.playbook) {
        service.submit(Work::Playbook(Box::new(change))).await?;
    }
    let version = service.playbook().version;
    if recompute {
        recompute_clocks(&service).await?;
        say(&format!("in force as version {version}. Running clocks have the due times it gives them"));
    } else {
        say(&format!("in force as version {version}. Running clocks keep their due times"));
    }
    Ok(())
}

/// Running clocks get their new due times. A running backend gives them too, as soon as it follows: while it writes, this
/// waits, and then finds less to do.
async fn recompute_clocks(service: &Service) -> Result<(), PolicyError> {
    loop {
        match policy::look_after(service).await {
            Err(PolicyError::Store(StoreError::Busy) | PolicyError::Service(ServiceError::Busy)) => {
                tokio::time::sleep(BUSY_PAUSE).await;
            }
            looked => return looked.map(drop),
        }
    }
}

/// What a person typed, on one line of at most so many characters: it is kept for ever.
pub(super) fn words(text: &str) -> String {
    SafeText::line(text).as_str().chars().take(300).collect()
}

fn tell_differences(from: &Playbook, to: &Playbook) {
    let lines = differences(from, to);
    say(&format!("against version {}, {} rule(s) differ", from.version, lines.len()));
    for line in lines {
        say(&format!("  {line}"));
    }
    if let Some(line) = days(from, to) {
        say(&format!("  {line}"));
    }
}

/// The largest file that a playbook may name.
const LARGEST_FILE: u64 = 4 * 1024 * 1024;

/// Reads a playbook's file.
pub(super) fn read(file: &Path) -> anyhow::Result<Playbook> {
    let Reading { playbook, mistakes } = open(file)?.reading;
    let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    playbook.filter(|_| told.is_empty()).ok_or_else(|| anyhow::anyhow!("{}", told.join("\n\n")))
}

/// A playbook's file, read as far as it goes.
struct Opened {
    source: String,
    reading: Reading,
}

fn open(file: &Path) -> anyhow::Result<Opened> {
    let name = file.display().to_string();
    let bytes = std::fs::read(file).map_err(|e| anyhow::anyhow!("cannot read {name}: {e}"))?;
    let source = text(bytes).map_err(|(line, column)| anyhow::anyhow!("{name}:{line}:{column}: {NO_TEXT}"))?;
    let beside = |named: &str| {
        let path = file.parent().unwrap_or_else(|| Path::new("")).join(named);
        let too_large = std::fs::metadata(&path).is_ok_and(|meta| meta.len() > LARGEST_FILE);
        if too_large {
            return Err("it is larger than 4 MiB".to_owned());
        }
        let bytes = std::fs::read(&path).map_err(|e| format!("looked for at {}: {e}", path.display()))?;
        text(bytes).map_err(|(line, column)| format!("{}:{line}:{column}: {NO_TEXT}", path.display()))
    };
    let reading = config::playbook::read_all(&name, &source, &beside);
    Ok(Opened { source, reading })
}

const NO_TEXT: &str = "a byte that is no text in UTF-8 stands here; save the file as UTF-8";

/// The text of a file; else line and column of the first byte that is none, from 1.
fn text(bytes: Vec<u8>) -> Result<String, (usize, usize)> {
    String::from_utf8(bytes).map_err(|e| {
        let valid = e.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(e.as_bytes().get(..valid).unwrap_or_default()).into_owned();
        let line = before.rsplit('\n').next().unwrap_or_default();
        (before.matches('\n').count() + 1, line.chars().count() + 1)
    })
}

/// Whether two playbooks say the same, whatever their versions.
pub(super) fn same(a: &Playbook, b: &Playbook) -> bool {
    Playbook { version: 0, ..a.clone() } == Playbook { version: 0, ..b.clone() }
}

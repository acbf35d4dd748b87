//! `comeback consent show|import|export|dossier|judge|rulings|blocked|unblock`: the consent ledger at the command line, and what is ruled about it.

use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::desk::Desk;
use super::{DatabaseArg, parse_database, say, warn};
use crate::domain::contact::Address;
use crate::server::consent::{view, whose};
use crate::server::store::Store as _;
use crate::server::store::consent::ConsentStore as _;
use crate::wire::consent::{ConsentView, LedgerLine};

mod blocked;
mod dossier;
mod export;
mod import;
mod judge;
mod rulings;
mod unblock;

/// Who may be texted, and why: the consent ledger, and what was ruled about it.
#[derive(Debug, Subcommand)]
pub(super) enum Consent {
    /// Everything that stands about one number: opt-outs, evidence, every word with its proof, and who was told.
    ///
    /// The number comes on standard input, since a command line is seen by everybody on the machine:
    /// `echo +14155550123 | comeback consent show`. Read by an operator, or of their own buyers by whoever is signed in; an
    /// admin and an auditor see all.
    Show {
        /// sqlite:PATH, as the operator; without it the backend that you are signed in at is asked
        #[arg(long, env = "COMEBACK_DATABASE", value_parser = parse_database)]
        database: Option<PathBuf>,
        /// As JSON, as `GET /v1/consent` gives it.
        #[arg(long)]
        json: bool,
    },
    /// Bring opt-outs and evidence of opt-ins in, from a file of rows with `number` and `event` (`opt_out`, `opt_in`), `at`,
    /// which an opt-out may lack, and perhaps `scope`, `source` and `wording`: a .csv with these names in its first line, or
    /// a .jsonl with an object on each line.
    ///
    /// Where an opt-in was given is its row's own `source`; a row without one takes the name of the list, when `--source`
    /// gives it one. The name of the list is kept with every word in any case.
    ///
    /// Rows that cannot be read are told with their line, and the others are taken in. No opt-out is lost for what stands
    /// beside its number: what was taken instead is told. Run again, a file changes nothing;
    /// no row undoes a newer word, and what a buyer, a carrier or a colleague withdrew comes back by the buyer's START
    /// only.
    Import {
        #[command(flatten)]
        database: DatabaseArg,
        /// What the list is called: kept with every word that it brings. Of an opt-in it also says where it was given, unless
        /// the row does.
        #[arg(long, value_name = "NAME", value_parser = super::api_key::name)]
        source: Option<String>,
        /// The file.
        file: PathBuf,
    },
    /// Print the whole ledger, a line for each word, in the order of the journal. Personal data.
    Export {
        #[command(flatten)]
        database: DatabaseArg,
        /// In which form.
        #[arg(long, value_enum, default_value_t = Form::Csv)]
        format: Form,
    },
    Dossier(dossier::DossierArgs),
    /// Do these texts ask us to stop? Reads them from standard input, one a line, and says what it is judged by.
    Judge(judge::Judge),
    /// What people ruled about numbers that a text had put on hold, newest first.
    Rulings(rulings::Rulings),
    Blocked(blocked::Blocked),
    Unblock(unblock::Unblock),
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// A table.
    Csv,
    /// An object on each line.
    Jsonl,
}

impl Consent {
    pub(super) async fn run(self, profile: &str) -> anyhow::Result<()> {
        match self {
            Self::Show { database, json } => show(database, json, profile).await,
            Self::Import { database, source, file } => import::import(&database, source.as_deref(), &file).await,
            Self::Export { database, format } => export::export(&database, format).await,
            Self::Dossier(dossier) => dossier.run(profile).await,
            Self::Judge(judge) => judge.run(),
            Self::Rulings(rulings) => rulings.run(profile).await,
            Self::Blocked(blocked) => blocked.run(profile).await,
            Self::Unblock(unblock) => unblock.run(profile).await,
        }
    }
}

/// The longest line that can be a number.
const LONGEST: u64 = 256;

/// A phone number from standard input.
pub(super) fn number_from_stdin() -> anyhow::Result<Address> {
    if std::io::stdin().is_terminal() {
        warn("the number, as +14155550123, then Enter:");
    }
    let mut line = String::new();
    std::io::stdin().lock().take(LONGEST).read_line(&mut line)?;
    whose(&line).ok_or_else(|| anyhow::anyhow!("what came on standard input is not a number like +14155550123"))
}

async fn show(database: Option<PathBuf>, json: bool, profile: &str) -> anyhow::Result<()> {
    let view = if let Some(database) = database {
        let store = DatabaseArg { database }.open()?;
        let address = number_from_stdin()?;
        let playbook = store.playbook().await?.ok_or_else(|| anyhow::anyhow!("this database has no playbook yet"))?;
        let Some((number, _)) = store.consent_of(&address).await? else {
            anyhow::bail!("nothing is known of this number: it never wrote, and no list named it");
        };
        view(&store, &playbook, &address, &number).await?
    } else {
        let desk = Desk::open(profile).await?;
        desk.backend.consent(&number_from_stdin()?).await?
    };
    if json {
        say(&serde_json::to_string_pretty(&view)?);
    } else {
        for line in told(&view) {
            say(&line);
        }
    }
    Ok(())
}

/// A view for people.
fn told(view: &ConsentView) -> Vec<String> {
    let mut lines = Vec::new();
    if view.opted_out.is_empty() {
        lines.push("no opt-out is in force".to_owned());
    }
    for out in &view.opted_out {
        lines.push(format!("opted out of {} since {}: {}", reach(&out.scope), out.since, out.how));
    }
    if let Some(hold) = &view.hold {
        lines.push(format!("on hold since {}: {}", hold.since, hold.how));
    }
    if view.evidence.is_empty() {
        lines.push("no evidence of consent is on record".to_owned());
    }
    for given in &view.evidence {
        lines.push(format!("consent to {} since {}: {}", reach(&given.scope), given.since, given.how));
    }
    if !view.ledger.is_empty() {
        lines.push("\nThe ledger".to_owned());
    }
    for line in &view.ledger {
        lines.extend(ledger_line(line));
    }
    if !view.told.is_empty() {
        lines.push("\nWho was told".to_owned());
    }
    for told in &view.told {
        let ended = told.ended.as_ref().map_or_else(
            || format!("waits since {}, {} round(s) came to nothing", told.since, told.tries),
            |at| match told.state.as_str() {
                "dropped" => format!("nobody there has the number, {at}"),
                "dead" => format!("given up at {at}"),
                state => format!("{state} at {at}"),
            },
        );
        let why = told.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        lines.push(format!("  entry {} to {}: {ended}{why}", told.seq, told.channel));
    }
    lines
}

fn reach(scope: &str) -> String {
    match scope.split_once(':') {
        Some(("number", line)) => format!("the line \"{line}\""),
        Some(("programme", name)) => format!("the programme \"{name}\""),
        Some(_) | None => "all our numbers".to_owned(),
    }
}

fn ledger_line(line: &LedgerLine) -> Vec<String> {
    let LedgerLine { at, event, scope, how, actor, seq, hash, recorded, .. } = line;
    let event = event.replace('_', " ");
    let mut lines = vec![format!("  {at}  {event}, {}: {how}", reach(scope))];
    if let Some(source) = &line.source {
        lines.push(format!("    where: {source}"));
    }
    if let Some(wording) = &line.wording {
        lines.push(format!("    agreed to: {wording}"));
    }
    let short: String = hash.chars().take(16).collect();
    lines.push(format!("    by {actor}; journal entry {seq} of {recorded}, hash {short}…"));
    lines
}

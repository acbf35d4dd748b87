//! The consent ledger over HTTP: what is reported to it, and what it says of a number.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rows::{self, Column};
use super::table::{FileRow, Flawed};

/// `POST /v1/consent`.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct ConsentReport {
    /// At most 1,000.
    pub words: Vec<ConsentRow>,
}

/// One word of consent. Personal data: redacted in `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConsentRow {
    /// Whose: `+14155550123`.
    pub number: String,
    /// `opt_out` or `opt_in`.
    pub event: String,
    /// When they said it: RFC 3339, with its offset. An opt-out counts also without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// How far it reaches: `tenant`, `programme:NAME` or `number:LINE`; all our numbers when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Where they said it, of at most 200 characters; an opt-in needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The words they agreed to, of at most 4,096 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wording: Option<String>,
    /// What could not be read of an opt-out, which counts all the same.
    #[serde(skip)]
    pub flaws: Vec<String>,
}

impl std::fmt::Debug for ConsentRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConsentRow")
    }
}

impl std::fmt::Debug for ConsentReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ConsentReport({} words)", self.words.len())
    }
}

impl ConsentRow {
    /// Columns that must be there.
    pub const NEEDED: [&'static str; 2] = ["number", "event"];

    /// Columns that may be.
    pub const MORE: [&'static str; 4] = ["at", "scope", "source", "wording"];

    /// Reads one row, and says what is wrong without repeating what stands there.
    pub fn read(json: &str) -> Result<Self, String> {
        rows::read_with(json, &["at"], Self::from_columns)
    }

    /// What a row of our own ledger says, where that is neither an opt-out nor an opt-in.
    pub fn ledger_word(&self) -> Option<LedgerWord> {
        match spelled(&self.event).as_str() {
            "holdplaced" => Some(LedgerWord::HoldPlaced),
            "holdruled" => Some(LedgerWord::HoldRuled),
            "blocked" | "unblocked" => Some(LedgerWord::Block),
            _ => None,
        }
    }

    /// A row of named texts. One of our own exports writes an apostrophe before what a spreadsheet would take as a formula;
    /// it is taken off again. What cannot be read beside an opt-out's number costs no opt-out.
    pub fn from_columns(column: Column<'_>) -> Result<Self, String> {
        let (number, event) = (needed(column, "number")?, needed(column, "event")?);
        let out = withdraws(&event) == Some(true);
        let mut flaws = Vec::new();
        let mut may = |key: &str| match column(key) {
            Err(why) if out => {
                flaws.push(why);
                Ok(None)
            }
            read => read.map(|text| text.map(plain).filter(|text| !text.trim().is_empty())),
        };
        let (at, scope, source, wording) = (may("at")?, may("scope")?, may("source")?, may("wording")?);
        // A line of our own ledger that names no list says how it is known: a START was texted.
        let source = match source {
            None if !out => may("how")?,
            source => source,
        };
        Ok(Self { number, event, at, scope, source, wording, flaws })
    }
}

/// A word of a ledger that is neither an opt-out nor an opt-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerWord {
    /// A text that may ask us to stop put the number on hold.
    HoldPlaced,
    /// A person ruled on it, or its time was over.
    HoldRuled,
    /// A number was blocked, or is heard again.
    Block,
}

fn needed(column: Column<'_>, key: &str) -> Result<String, String> {
    column(key)?.map(plain).ok_or_else(|| format!("{key} is missing"))
}

fn plain(text: String) -> String {
    match text.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest.to_owned(),
        Some(_) | None => text,
    }
}

/// Whether an event withdraws consent, or gives it; nothing when it is neither. An opt-out is known in more words: it must
/// not be lost for how somebody's table spells it.
pub fn withdraws(event: &str) -> Option<bool> {
    match spelled(event).as_str() {
        "optout" | "optedout" | "unsubscribe" | "unsubscribed" | "stop" | "stopped" => Some(true),
        "optin" | "optedin" => Some(false),
        _ => None,
    }
}

/// A word however somebody's table spells it.
fn spelled(event: &str) -> String {
    event.trim().to_lowercase().replace(['_', '-', ' '], "")
}

impl FileRow for ConsentRow {
    const NEEDED: &'static [&'static str] = &Self::NEEDED;
    const MORE: &'static [&'static str] = &Self::MORE;

    fn of_columns(column: Column<'_>) -> Result<Self, String> {
        Self::from_columns(column)
    }

    fn of_json(json: &str) -> Result<Self, String> {
        Self::read(json)
    }

    fn is_row(column: Column<'_>) -> bool {
        let of_a_number = |c: char| c.is_ascii_digit() || matches!(c, '+' | '(' | ')' | '-' | '.' | ' ' | '\'' | '"');
        let is_number = |text: &str| {
            (7..=15).contains(&text.chars().filter(char::is_ascii_digit).count()) && text.chars().all(of_a_number)
        };
        column("number").is_ok_and(|number| number.is_some_and(|number| is_number(&number)))
            && column("event").is_ok_and(|event| event.is_some_and(|event| withdraws(&event).is_some()))
    }

    /// An opt-out is taken by its number alone, which is one wherever it stands.
    fn of_flawed(flawed: Flawed<'_>, why: String) -> Result<Self, String> {
        let row = match flawed {
            Flawed::Columns(column) => {
                let alone = |key: &str| if Self::NEEDED.contains(&key) { column(key) } else { Ok(None) };
                Self::from_columns(&alone)
            }
            Flawed::Json(text) => Self::read(text),
        };
        match row {
            Ok(row) if withdraws(&row.event) == Some(true) => {
                let (at, scope, source, wording) = (None, None, None, None);
                Ok(Self { flaws: vec![format!("{why}: its number alone was read")], at, scope, source, wording, ..row })
            }
            Ok(_) | Err(_) => Err(why),
        }
    }
}

/// Whether a spreadsheet may take a cell as a formula, or as the start of one.
pub fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// The answer to a report: one outcome for each row, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConsentOutcomes {
    /// In the ledger now.
    pub accepted: u64,
    /// In it before.
    pub known: u64,
    /// Not taken in: a newer word says otherwise.
    pub overtaken: u64,
    /// Not readable.
    pub refused: u64,
    /// Row by row.
    pub rows: Vec<ConsentOutcome>,
}

/// What became of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ConsentOutcome {
    /// It stands in the ledger.
    Accepted {
        /// What could not be read of it, and what was taken instead.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        how: Vec<String>,
    },
    /// The ledger has it, or one that says as much.
    Known,
    /// A newer word says otherwise: it is not taken in.
    Overtaken,
    /// It is not taken in; the others are.
    Refused {
        /// Why not.
        why: String,
    },
}

/// `GET /v1/consent`: everything that stands about one number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConsentView {
    /// The number.
    pub number: String,
    /// Opt-outs in force, the widest first; none, and no hold, means that texts may go.
    pub opted_out: Vec<Standing>,
    /// A text that may ask us to stop waits for a ruling: nothing goes meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Standing>,
    /// What shows that consent was given, oldest first.
    pub evidence: Vec<Standing>,
    /// Every word there ever was, oldest first, at most the newest 1,000.
    pub ledger: Vec<LedgerLine>,
    /// How far other systems were told, oldest first.
    pub told: Vec<Telling>,
}

/// A word of consent that stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Standing {
    /// How far it reaches.
    pub scope: String,
    /// Since when, in RFC 3339.
    pub since: String,
    /// How it is known, in words.
    pub how: String,
}

/// One word of consent, with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LedgerLine {
    /// The journal's entry.
    pub seq: u64,
    /// Its hash, in hex: `comeback audit verify` computes it anew.
    pub hash: String,
    /// When it was recorded, in RFC 3339.
    pub recorded: String,
    /// `opted_out`, `opted_in`, …
    pub event: String,
    /// When they said it.
    pub at: String,
    /// How far it reaches.
    pub scope: String,
    /// How it is known, in words.
    pub how: String,
    /// Who brought it.
    pub actor: String,
    /// Where they said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The words they agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wording: Option<String>,
}

/// How far another system was told of a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Telling {
    /// The journal's entry.
    pub seq: u64,
    /// The playbook's channel; `CRM` for the CRM.
    pub channel: String,
    /// `waiting`, `sent`, `dead` (given up), `dropped` (nobody there has the number).
    pub state: String,
    /// Since when it is to be told, in RFC 3339.
    pub since: String,
    /// Rounds that came to nothing.
    pub tries: u32,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// Why it waits or was given up, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

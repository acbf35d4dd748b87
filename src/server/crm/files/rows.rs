//! Rows of the files: what each column holds, checked one by one. What is wrong is told by the column's name alone, for
//! rows are personal data.

use chrono_tz::Tz;

use crate::domain::context::Origin;
use crate::domain::time::Timestamp;
use crate::server::crm::hubspot::read::cents;
use crate::server::crm::when::When;
use crate::wire::rows::{self, Column};
use crate::wire::table::FileRow;

/// Names and words that are longer are cut, in characters: a screen has no more.
const LONGEST: usize = 200;

/// Most parts of one cell: phones, people on a deal.
const PARTS: usize = 20;

/// A person.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) phones: Vec<String>,
    pub(super) title: String,
    pub(super) zone: Option<Tz>,
    pub(super) zip: Option<String>,
    pub(super) city: Option<String>,
    pub(super) state: Option<String>,
    pub(super) country: Option<String>,
    pub(super) account: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) sdr: Option<String>,
    pub(super) campaign: Option<String>,
    pub(super) use_case: Option<String>,
    pub(super) campaign_text: Option<String>,
}

/// A company.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Company {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) owner: Option<String>,
    pub(super) country: Option<String>,
    pub(super) state: Option<String>,
    pub(super) segment: Option<String>,
    pub(super) size: Option<u32>,
    pub(super) region: Option<String>,
}

/// A deal.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct DealRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) account: Option<String>,
    pub(super) contacts: Vec<String>,
    pub(super) owner: Option<String>,
    /// Each with the part they have: `omar:SE`.
    pub(super) team: Vec<(String, String)>,
    pub(super) pipeline: String,
    pub(super) stage: String,
    pub(super) stage_since: Option<When>,
    pub(super) amount_cents: Option<i64>,
    pub(super) currency: Option<String>,
    pub(super) opened: Option<When>,
    pub(super) closes: Option<Timestamp>,
    pub(super) closed: Option<When>,
    pub(super) won: bool,
    pub(super) changed: Option<Timestamp>,
}

/// A deal came to a stage.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct StageRow {
    pub(super) deal: String,
    pub(super) stage: String,
    pub(super) at: When,
}

/// Something that happened between us and somebody of an account.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct TouchRow {
    pub(super) at: Timestamp,
    pub(super) contact: Option<String>,
    pub(super) account: Option<String>,
    pub(super) by: Option<String>,
    pub(super) kind: String,
    pub(super) summary: String,
}

/// A sign of interest.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct IntentRow {
    pub(super) at: Timestamp,
    pub(super) contact: String,
    pub(super) kind: String,
    pub(super) detail: String,
    pub(super) origin: Option<Origin>,
    pub(super) weight: Option<u8>,
}

/// A task of ours that somebody completed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct DoneRow {
    /// The key of the write that made it.
    pub(super) task: String,
    pub(super) at: Option<Timestamp>,
}

/// One row's columns, trimmed; blank ones are as if they were not there.
struct Cells<'a>(Column<'a>);

impl Cells<'_> {
    fn text(&self, key: &str) -> Result<Option<String>, String> {
        let text = (self.0)(key)?;
        let text = text.map(|text| text.trim().chars().take(LONGEST).collect::<String>());
        Ok(text.filter(|text| !text.is_empty()))
    }

    fn or_empty(&self, key: &str) -> Result<String, String> {
        Ok(self.text(key)?.unwrap_or_default())
    }

    fn needed(&self, key: &str) -> Result<String, String> {
        self.text(key)?.ok_or_else(|| format!("{key} is missing"))
    }

    /// Parts of a cell, which `|` divides.
    fn parts(&self, key: &str) -> Result<Vec<String>, String> {
        let whole = (self.0)(key)?.unwrap_or_default();
        let parts: Vec<String> =
            whole.split('|').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
        if parts.len() > PARTS || parts.iter().any(|part| part.chars().count() > LONGEST) {
            return Err(format!("{key} has more than {PARTS} parts, or one of more than {LONGEST} characters"));
        }
        Ok(parts)
    }

    fn when(&self, key: &str) -> Result<Option<When>, String> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        When::read(&text)
            .map(Some)
            .ok_or_else(|| format!("{key} is no time: write 2026-11-30, or 2026-11-30T09:00:00Z with its offset"))
    }

    fn needed_when(&self, key: &str) -> Result<When, String> {
        self.when(key)?.ok_or_else(|| format!("{key} is missing"))
    }

    /// Where no day of the company's is meant, one begins in UTC.
    fn time(&self, key: &str) -> Result<Option<Timestamp>, String> {
        Ok(self.when(key)?.map(|when| when.begins(Tz::UTC)))
    }

    fn needed_time(&self, key: &str) -> Result<Timestamp, String> {
        self.time(key)?.ok_or_else(|| format!("{key} is missing"))
    }

    fn number<N: std::str::FromStr>(&self, key: &str, wanted: &str) -> Result<Option<N>, String> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| format!("{key} is not {wanted}"))
    }
}

impl FileRow for Person {
    const NEEDED: &'static [&'static str] = &["id", "name", "phone"];
    const MORE: &'static [&'static str] = &[
        "mobile",
        "title",
        "timezone",
        "zip",
        "city",
        "state",
        "country",
        "account",
        "owner",
        "sdr",
        "campaign",
        "use_case",
        "campaign_text",
    ];

    fn of_columns(column: Column<'_>) -> Result<Self, String> {
        let cells = Cells(column);
        let mut phones = cells.parts("phone")?;
        phones.extend(cells.parts("mobile")?);
        let zone = cells.text("timezone")?;
        let zone = zone.map(|name| name.parse().map_err(|_| "timezone is none: write America/Chicago".to_owned()));
        Ok(Self {
            id: cells.needed("id")?,
            name: cells.needed("name")?,
            phones,
            title: cells.or_empty("title")?,
            zone: zone.transpose()?,
            zip: cells.text("zip")?,
            city: cells.text("city")?,
            state: cells.text("state")?,
            country: cells.text("country")?,
            account: cells.text("account")?,
            owner: cells.text("owner")?,
            sdr: cells.text("sdr")?,
            campaign: cells.text("campaign")?,
            use_case: cells.text("use_case")?,
            campaign_text: cells.text("campaign_text")?,
        })
    }

    fn of_json(json: &str) -> Result<Self, String> {
        rows::read(json, Self::of_columns)
    }
}

impl FileRow for Company {
    const NEEDED: &'static [&'static str] = &["id", "name"];
    const MORE: &'static [&'static str] = &["owner", "country", "state", "segment", "size", "region"];

    fn of_columns(column: Column<'_>) -> Result<Self, String> {
        let cells = Cells(column);
        Ok(Self {
            id: cells.needed("id")?,
            name: cells.needed("name")?,
            owner: cells.text("owner")?,
            country: cells.text("country")?,
            state: cells.text("state")?,
            segment: cells.text("segment")?,
            size: cells.number("size", "a number of people")?,
            region: cells.text("region")?,
        })
    }

    fn of_json(json: &str) -> Result<Self, String> {
        rows::read(json, Self::of_columns)
    }
}

impl FileRow for DealRow {
    const NEEDED: &'static [&'static str] = &["id", "name", "stage"];
    const MORE: &'static [&'static str] = &[
        "account",
        "contacts",
        "owner",
        "team",
        "pipeline",
        "stage_since",
        "amount",
        "currency",
        "opened",
        "closes",
        "closed",
        "won",
        "changed",
    ];

    fn of_columns(column: Column<'_>) -> Result<Self, String> {
        let cells = Cells(column);
        let amount = cells.text("amount")?;
        let amount = amount.map(|text| cents(&text).ok_or_else(|| "amount is no number: write 48000.00".to_owned()));
        let currency = cells.text("currency")?;
        if currency.as_ref().is_some_and(|c| c.len() != 3 || !c.bytes().all(|b| b.is_ascii_uppercase())) {
            return Err("currency is not three capital letters".to_owned());
        }
        let won = match cells.or_empty("won")?.to_lowercase().as_str() {
            "yes" | "true" | "1" => true,
            "" | "no" | "false" | "0" => false,
            _ => return Err("won is not yes or no".to_owned()),
        };
        let closed = cells.when("closed")?;
        if won && closed.is_none() {
            return Err("won says yes, and closed says no day".to_owned());
        }
        let member = |part: String| match part.split_once(':') {
            Some((rep, role)) => (rep.trim().to_owned(), role.trim().to_owned()),
            None => (part, String::new()),
        };
        Ok(Self {
            id: cells.needed("id")?,
            name: cells.needed("name")?,
            account: cells.text("account")?,
            contacts: cells.parts("contacts")?,
            owner: cells.text("owner")?,
            team: cells.parts("team")?.into_iter().map(member).collect(),
            pipeline: cells.or_empty("pipeline")?,
            stage: cells.needed("stage")?,
            stage_since: cells.when("stage_since")?,
            amount_cents: amount.transpose()?,
            currency,
            opened: cells.when("opened")?,
            closes: cells.time("closes")?,
            closed,
            won,
            changed: cells.time("changed")?,
        })
    }

    fn of_json(json: &str) -> Result<Self, String> {
        rows::read(json, Self::of_columns)
    }
}

impl FileRow for StageRow {
    const NEEDED: &'static [&'static str] = &["deal", "stage", "at"];
    const MORE: &'static [&'static str] = &[];

    fn of_columns(column: Column<'_>) -> Result<Self, String> {
        let cells = Cells(column);
        Ok(Self { deal: cells.needed("deal")?, stage: cells.needed("stage")?, at: cells.needed_when("at")? })
    }

    fn of_json(json: &str) -> Result<Self, String> {
        rows::read(json, Self::of_columns)
    }
}

impl FileRow for TouchRow {
    const NEEDED: &'static [&'static str] = &["at", "kind"];
    const MORE: &'static [&'static str] = &["contact", "account", "by", "summary"];

    fn of_columns(column: Column<'_>) -> Result<Self, String> {
        let cells = Cells(column);
        let (contact, account) = (cells.text("contact")?, cells.text("account")?);
        if contact.is_none() && account.is_none() {
            return Err("contact and account are both missing".to_owned());
        }
        Ok(Self {
            at: cells.needed_time("at")?,
            contact,
            account,
            by: cells.text("by")?,
            kind: cells.needed("kind")?,
            summary: cells.or_empty("summary")?,
        })
    }

    fn of_json(json: &str) -> Result<Self, String> {
        rows::read(json, Self::of_columns)
    }
}

impl FileRow for IntentRow {
    const NEEDED: &'static [&'static str] = &["at", "contact", "kind"];
    const MORE: &'static [&'static str] = &["detail", "origin", "weight"];

    fn of_columns(column: Column<'_>) -> Result<Self, String> {
        let cells = Cells(column);
        let origin = match cells.text("origin")?.as_deref() {
            None => None,
            Some("site") => Some(Origin::Site),
            Some("mail") => Some(Origin::Mail),
            Some("product") => Some(Origin::Product),
            Some("campaign") => Some(Origin::Campaign),
            Some(_) => return Err("origin is not site, mail, product or campaign".to_owned()),
        };
        let weight = cells.number::<u8>("weight", "a number from 1 to 100")?;
        if weight.is_some_and(|weight| !(1..=100).contains(&weight)) {
            return Err("weight is not a number from 1 to 100".to_owned());
        }
        Ok(Self {
            at: cells.needed_time("at")?,
            contact: cells.needed("contact")?,
            kind: cells.needed("kind")?,
            detail: cells.or_empty("detail")?,
            origin,
            weight,
        })
    }

    fn of_json(json: &str) -> Result<Self, String> {
        rows::read(json, Self::of_columns)
    }
}

impl FileRow for DoneRow {
    const NEEDED: &'static [&'static str] = &["task"];
    const MORE: &'static [&'static str] = &["at"];

    fn of_columns(column: Column<'_>) -> Result<Self, String> {
        let cells = Cells(column);
        Ok(Self { task: cells.needed("task")?.to_lowercase(), at: cells.time("at")? })
    }

    fn of_json(json: &str) -> Result<Self, String> {
        rows::read(json, Self::of_columns)
    }
}

//! `comeback consent export`: the whole ledger, safe to open in a spreadsheet.

use std::io::Write as _;

use super::super::DatabaseArg;
use super::Form;
use crate::domain::contact::Address;
use crate::server::consent::line;
use crate::server::store::Store as _;
use crate::server::store::consent::{ConsentStore as _, LedgerRow};
use crate::wire::consent::{LedgerLine, is_formula};

/// Lines read at once.
const PAGE: usize = 1_000;

/// Columns of the table: the first six are what `import` reads.
const COLUMNS: [&str; 11] =
    ["number", "event", "at", "scope", "source", "wording", "how", "actor", "recorded", "seq", "hash"];

/// Prints every line of everybody's ledger.
pub(super) async fn export(database: &DatabaseArg, format: Form) -> anyhow::Result<()> {
    let store = database.open()?;
    let playbook = store.playbook().await?.ok_or_else(|| anyhow::anyhow!("this database has no playbook yet"))?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut after = 0;
    if format == Form::Csv {
        out.write_all(&record(&COLUMNS)?)?;
    }
    loop {
        let rows = store.ledger(after, PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = last.entry.seq;
        for row in &rows {
            let line = line(&playbook, row);
            let bytes = match format {
                Form::Csv => record(&cells(row, &line).each_ref().map(String::as_str))?,
                Form::Jsonl => json(row, &line)?,
            };
            out.write_all(&bytes)?;
        }
    }
    out.flush()?;
    Ok(())
}

/// A line of the table, quoted where it must be.
fn record(cells: &[&str]) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells)?;
    writer.into_inner().map_err(|e| anyhow::anyhow!("a line of the table cannot be written: {}", e.error()))
}

fn cells(row: &LedgerRow, line: &LedgerLine) -> [String; 11] {
    let text = |text: &Option<String>| text.as_deref().map_or_else(String::new, safe);
    let number = row.address.as_ref().map_or("", Address::as_str);
    [
        safe_number(number),
        safe(&line.event),
        line.at.clone(),
        safe(&line.scope),
        text(&line.source),
        text(&line.wording),
        safe(&line.how),
        safe(&line.actor),
        line.recorded.clone(),
        line.seq.to_string(),
        line.hash.clone(),
    ]
}

/// What a spreadsheet would run as a formula gets an apostrophe before it; `import` takes it off again.
fn safe(text: &str) -> String {
    if is_formula(text) { format!("'{text}") } else { text.to_owned() }
}

/// A plus and digits are a number to every spreadsheet, and no formula.
fn safe_number(text: &str) -> String {
    let plain = text.strip_prefix('+').is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()));
    if plain { text.to_owned() } else { safe(text) }
}

fn json(row: &LedgerRow, line: &LedgerLine) -> anyhow::Result<Vec<u8>> {
    let mut value = serde_json::to_value(line)?;
    if let Some(object) = value.as_object_mut() {
        object.insert("number".to_owned(), serde_json::to_value(row.address.as_ref().map(Address::as_str))?);
    }
    let mut bytes = serde_json::to_vec(&value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_of_the_table_is_a_formula_and_a_number_stays_one() {
        for text in ["=1+1", "+cmd|' /C calc'!A0", "-1", "@SUM(A1)", "\t=1", "＝1"] {
            assert_eq!(safe(text), format!("'{text}"));
            assert!(!is_formula(&safe(text)));
        }
        assert_eq!(safe("a form on the fair"), "a form on the fair");
        assert_eq!(safe_number("+14155550123"), "+14155550123");
        assert_eq!(safe_number("+1=cmd"), "'+1=cmd");
        let written = record(&["a\nb", "\"", ","]).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), "\"a\nb\",\"\"\"\",\",\"\n");
    }
}

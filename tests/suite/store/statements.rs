//! Every statement is prepared on a migrated database, also those no test happens to run. The statements stand where
//! they are used, so they are found by reading our own sources.

use std::path::Path;

use comeback::server::store::sqlite::SqliteStore;
use rusqlite::Connection;

/// Tables that grow with every reply: to walk through one of them for a single question is a mistake.
const GROWING: [&str; 16] = [
    "crm_write",
    "send",
    "entry",
    "message",
    "conversation",
    "number",
    "audience",
    "receipt",
    "dedupe",
    "raw_event",
    "campaign_send",
    "notice",
    "ledger",
    "ruling",
    "departure",
    "past_reply",
];

/// The one question about all numbers, asked in the background.
const WALKS: [&str; 1] = ["LEFT JOIN card k ON k.number = n.id WHERE n.address IS NOT NULL"];

/// Every string in a source file that reads as a statement, with its line breaks undone.
fn statements(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(quote) = rest.find('"') {
        let mut text = String::new();
        let mut chars = rest[quote + 1..].char_indices();
        let mut end = rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    end = quote + 1 + at + 1;
                    break;
                }
                '\\' => match chars.next() {
                    Some((_, '\n')) => {
                        let skipped = chars.as_str().len() - chars.as_str().trim_start().len();
                        for _ in 0..skipped {
                            chars.next();
                        }
                    }
                    Some((_, escaped)) => text.push(escaped),
                    None => break,
                },
                c => text.push(c),
            }
        }
        rest = &rest[end..];
        let verb = text.split_whitespace().next().unwrap_or_default();
        if ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "REPLACE", "{SEND}"].contains(&verb) {
            found.push(text);
        }
    }
    found
}

/// What `format!` puts in.
fn filled(statement: &str, send: &str) -> String {
    statement.replace("{SEND}", send).replace("{marks}", "?, ?, ?")
}

fn of_the_store() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/store/sqlite");
    let mut all = Vec::new();
    for file in std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()) {
        let source = std::fs::read_to_string(&file).unwrap();
        let calls = [".prepare_cached(", ".execute(", ".query_row("].map(|call| source.matches(call).count());
        let found = statements(&source);
        assert!(found.len() >= calls[0], "{}: a statement is prepared that this test does not see", file.display());
        all.extend(found);
    }
    let send = all.iter().find(|s| s.contains(" FROM send s JOIN ")).expect("the common part of sends").clone();
    // The common part is no question by itself; the questions made of it are here.
    all.iter().filter(|s| **s != send).map(|s| filled(s, &send)).collect()
}

#[test]
fn every_statement_is_good_on_a_migrated_database_and_none_walks_a_growing_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    drop(SqliteStore::open(&path).unwrap());
    let db = Connection::open(&path).unwrap();
    let all = of_the_store();
    assert!(all.len() > 40, "only {} statements were found", all.len());
    let mut wrong = Vec::new();
    for sql in &all {
        if let Err(e) = db.prepare(sql) {
            wrong.push(format!("{e}: {sql}"));
            continue;
        }
        let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let none = vec![rusqlite::types::Null; plan.parameter_count()];
        let steps = plan.query_map(rusqlite::params_from_iter(none), |r| r.get::<_, String>("detail")).unwrap();
        for step in steps.map(Result::unwrap) {
            if walks(sql, &step) {
                wrong.push(format!("{step}: {sql}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Those of what is measured, in a file of its own. Its replies grow, too, and are found by their day.
#[test]
fn every_statement_of_measuring_is_good_and_none_walks_through_all_replies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    drop(comeback::server::measure::Projections::open(&path).unwrap());
    let db = Connection::open(comeback::server::measure::projections::file_of(&path)).unwrap();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/measure");
    let mut seen = 0;
    let within = |folder: &Path| std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect::<Vec<_>>();
    let (folders, mut files): (Vec<_>, Vec<_>) = within(&sources).into_iter().partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| within(folder)));
    for file in files {
        for sql in statements(&std::fs::read_to_string(&file).unwrap()) {
            let sql = [
                ("{columns}", "seq"),
                ("{sql}", "day BETWEEN ?1 AND ?2"),
                ("?{}", "?3"),
                ("{order}", " ORDER BY day DESC, seq DESC"),
                ("{column}", "team"),
                ("{conditions}", ""),
                ("{TALKED}", "e.seq"),
                ("{from}", "FROM exchange e WHERE day BETWEEN ?1 AND ?2"),
                ("{most}", "5"),
                ("{sort}", "3"),
            ]
            .iter()
            .fold(sql, |sql, (gap, filling)| sql.replace(gap, filling));
            let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap_or_else(|e| panic!("{e}: {sql}"));
            let none = vec![rusqlite::types::Null; plan.parameter_count()];
            let steps = plan.query_map(rusqlite::params_from_iter(none), |r| r.get::<_, String>("detail")).unwrap();
            for step in steps.map(Result::unwrap) {
                let all = [
                    "SCAN reply",
                    "SCAN cell",
                    "SCAN talk",
                    "SCAN asker",
                    "SCAN exchange",
                    "SCAN e",
                    "SCAN r",
                    "SCAN b",
                ];
                let walks = all.iter().any(|s| step == *s || step.starts_with(&format!("{s} ")));
                assert!(!walks, "{step}: {sql}");
            }
            seen += 1;
        }
    }
    assert!(seen > 20, "only {seen} statements were found");
}

/// Whether a step of a plan reads a growing table from end to end. A plan names a table by its alias.
fn walks(sql: &str, step: &str) -> bool {
    let Some(scanned) = step.strip_prefix("SCAN ") else { return false };
    let name = scanned.split(' ').next().unwrap_or_default();
    let is = |table: &str| {
        name == table || ["FROM", "JOIN"].iter().any(|word| sql.contains(&format!("{word} {table} {name} ")))
    };
    // A partial index holds only what is open, due or on its way.
    let partial = [
        "crm_write_due",
        "crm_write_order",
        "crm_write_refused",
        "crm_write_task",
        "conversation_deadline",
        "message_unknown",
        "message_parked",
        "notice_alert_of",
        "notice_consent_dead",
        "notice_consent_due",
        "notice_dead",
        "notice_waiting",
        "send_due",
    ];
    let partial = partial.iter().any(|index| scanned.contains(index));
    GROWING.iter().any(|table| is(table)) && !partial && !WALKS.iter().any(|known| sql.contains(known))
}

#[test]
fn a_statement_is_found_however_it_is_written_down() {
    let source = r#"
        let a = "SELECT 1"; // SELECT in a comment is none
        db.execute("UPDATE t SET x = \"y\" \
                    WHERE z = 1", [])?;
        const SEND: &str = "SELECT s FROM send s JOIN n";
        format!("{SEND} WHERE s IN ({marks})"); "no statement"; "SELECTED"
    "#;
    let found: Vec<_> = statements(source).iter().map(|s| filled(s, "<SEND>")).collect();
    let wanted = [
        "SELECT 1",
        "UPDATE t SET x = \"y\" WHERE z = 1",
        "SELECT s FROM send s JOIN n",
        "<SEND> WHERE s IN (?, ?, ?)",
    ];
    assert_eq!(found, wanted);
    assert!(walks("SELECT 1 FROM message m WHERE body = ?", "SCAN m"));
    assert!(walks("SELECT count(*) FROM entry", "SCAN entry"));
    assert!(!walks("SELECT 1 FROM message m WHERE id = ?", "SEARCH m USING PRIMARY KEY (id=?)"));
    assert!(!walks("SELECT 1 FROM line", "SCAN line"));
}

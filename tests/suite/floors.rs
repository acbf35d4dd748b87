//! The floors of the house, held by reading our own sources.
//!
//! The rules stand in [`FLOORS`] and the constants beside it; `src/lib.rs` draws them. Comments and strings are not
//! read, so that a file may speak of what it may not use.

use std::fs;
use std::path::Path;

/// A module and the paths it may name beside itself. `*` is everything.
const FLOORS: [(&str, &[&str]); 12] = [
    // Floor 0.
    ("domain", &[]),
    // Floor 1.
    ("clock", &["domain::time"]),
    ("config", &["domain"]),
    ("journal", &["domain::time", "domain::id"]),
    ("wire", &["domain"]),
    // Floor 2. `server` and `client` meet in `wire`; `emulator` shares nothing with either, so that each finds the
    // other's mistakes; `tui` holds a handle of `client` and what the desktop is like.
    ("server", &["domain", "clock", "config", "journal", "wire"]),
    ("client", &["domain", "clock", "config", "journal", "wire"]),
    ("emulator", &["clock", "domain::time"]),
    ("tui", &["domain", "clock", "config", "wire", "client::handle", "client::desktop"]),
    // Floor 3.
    ("cli", &["*"]),
    ("main", &["*"]),
    ("lib", &["*"]),
];

/// Paths that read the machine's time, and the only file that may. `tokio::time::Instant::now`, written out, is the
/// runtime's own clock: it measures waiting, and a test stops and moves it.
const REAL_TIME: [&str; 4] = ["Instant::now", "SystemTime::now", "Utc::now", "Local::now"];
const CLOCK: &str = "src/clock.rs";

/// What `domain` may not name: it makes no ids, rolls no dice and does no IO.
const IMPURE: [&str; 10] = [
    "Uuid::now_v7",
    "Uuid::new_v4",
    "rand",
    "tokio",
    "reqwest",
    "rusqlite",
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
];

/// The only place of the backend from which other people's servers are called.
const WAY_OUT: &str = "src/server/egress";

/// Where the order of a collection can be seen, so that it must be the same on every run.
const ORDERED: [&str; 2] = ["src/domain", "src/client/sync"];

/// Longest file, in lines: one idea, read in a sitting.
const LONGEST: usize = 500;

#[test]
fn our_sources_keep_to_their_floors() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "tests"] {
        read_folder(root, &root.join(folder), &mut files);
    }
    assert!(files.len() > 10, "found only {} files: is this the right place?", files.len());
    let complaints = check(&files);
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn read_folder(root: &Path, folder: &Path, into: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read_folder(root, &path, into);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            into.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Every broken rule in these files (path from the repository's root, text), as `file:line: sentence`.
fn check(files: &[(String, String)]) -> Vec<String> {
    files.iter().flat_map(|(path, text)| check_file(path, text)).collect()
}

fn check_file(path: &str, text: &str) -> Vec<String> {
    let mut said = Vec::new();
    let mut say = |line: usize, what: String| said.push(format!("{path}:{line}: {what}"));
    if path.ends_with("/mod.rs") {
        say(1, "no mod.rs: a module's own file has its name".into());
    }
    let Some(inside) = path.strip_prefix("src/").and_then(|rest| rest.strip_suffix(".rs")) else { return said };
    let lines = text.lines().count();
    if lines > LONGEST {
        say(LONGEST + 1, format!("{lines} lines, {LONGEST} at most: which of its ideas can move out?"));
    }
    let here: Vec<&str> = inside.split('/').collect();
    let module = here[0];
    let Some((_, allowed)) = FLOORS.iter().find(|(name, _)| *name == module) else {
        say(1, format!("`{module}` stands on no floor yet: give it a row in tests/suite/floors.rs"));
        return said;
    };
    let tokens = tokens(text);
    let way_out = path == format!("{WAY_OUT}.rs") || path.starts_with(&format!("{WAY_OUT}/"));
    let ordered = ORDERED.iter().any(|place| path == format!("{place}.rs") || path.starts_with(&format!("{place}/")));
    for (line, token) in &tokens {
        if module == "server" && !way_out && token == "reqwest" {
            say(*line, format!("only {WAY_OUT} calls other people's servers: ask there"));
        }
        if ordered && matches!(token.as_str(), "HashMap" | "HashSet") {
            say(*line, format!("`{token}` has no order here: use the BTree one"));
        }
    }
    for (line, named) in paths(&tokens, &here) {
        let written = named.join("::");
        if path != CLOCK
            && !starts_path(&named, "tokio::time")
            && let Some(real) = REAL_TIME.iter().find(|real| has_path(&named, real))
        {
            say(line, format!("`{real}` only in {CLOCK}: take a Clock, or the time, as an argument"));
        }
        if module == "domain"
            && let Some(impure) =
                IMPURE.iter().find(|bad| starts_path(&named, bad) || bad.contains("Uuid") && has_path(&named, bad))
        {
            say(line, format!("`domain` is pure and may not name `{impure}`"));
        }
        let Some(("crate", inner)) = named.split_first().map(|(first, rest)| (first.as_str(), rest)) else { continue };
        let own = inner.first().is_none_or(|first| first == module);
        if !own && !allowed.iter().any(|floor| *floor == "*" || starts_path(inner, floor)) {
            say(line, format!("`{module}` may not name `{written}`: {}", reason(allowed)));
        }
    }
    said
}

fn reason(allowed: &[&str]) -> String {
    if allowed.is_empty() {
        "it names nothing of ours".into()
    } else {
        format!("beside itself it names only {}", allowed.join(", "))
    }
}

fn starts_path(named: &[String], prefix: &str) -> bool {
    let prefix: Vec<&str> = prefix.split("::").collect();
    named.len() >= prefix.len() && named.iter().zip(&prefix).all(|(a, b)| a == b)
}

fn has_path(named: &[String], part: &str) -> bool {
    (0..named.len()).any(|from| starts_path(&named[from..], part))
}

/// Identifiers and single signs with their lines; comments, strings and character literals are left out.
fn tokens(text: &str) -> Vec<(usize, String)> {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let (mut i, mut line, mut out) = (0, 1, Vec::new());
    while i < chars.len() {
        let start = i;
        match at(i) {
            '/' if at(i + 1) == '/' => i = skip_while(&chars, i, |c| c != '\n'),
            '/' if at(i + 1) == '*' => {
                let mut depth = 0;
                loop {
                    match (at(i), at(i + 1)) {
                        ('/', '*') => (depth, i) = (depth + 1, i + 2),
                        ('*', '/') => (depth, i) = (depth - 1, i + 2),
                        _ => i += 1,
                    }
                    if depth == 0 || i >= chars.len() {
                        break;
                    }
                }
            }
            '"' => i = end_of_string(&chars, i),
            '\'' if at(i + 1) == '\\' => i = skip_while(&chars, i + 3, |c| c != '\'') + 1,
            '\'' if at(i + 2) == '\'' => i += 3,
            c if c.is_alphanumeric() || c == '_' => {
                i = skip_while(&chars, i, |c| c.is_alphanumeric() || c == '_');
                let word: String = chars[start..i].iter().collect();
                let hashes = skip_while(&chars, i, |c| c == '#') - i;
                if matches!(word.as_str(), "r" | "br" | "cr") && at(i + hashes) == '"' {
                    i = end_of_raw_string(&chars, i + hashes + 1, hashes);
                } else {
                    out.push((line, word));
                }
            }
            c => {
                i += 1;
                if !c.is_whitespace() {
                    out.push((line, c.to_string()));
                }
            }
        }
        line += chars[start..i.min(chars.len())].iter().filter(|c| **c == '\n').count();
    }
    out
}

fn skip_while(chars: &[char], from: usize, keep: impl Fn(char) -> bool) -> usize {
    (from..chars.len()).find(|&i| !keep(chars[i])).unwrap_or(chars.len())
}

fn end_of_string(chars: &[char], quote: usize) -> usize {
    let mut i = quote + 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

fn end_of_raw_string(chars: &[char], from: usize, hashes: usize) -> usize {
    let ends = |i: usize| chars[i] == '"' && (1..=hashes).all(|n| chars.get(i + n) == Some(&'#'));
    (from..chars.len()).find(|&i| ends(i)).map_or(chars.len(), |i| i + 1 + hashes)
}

/// Every path of two or more words, groups spelt out, with its line. Our own paths begin with `crate`, also where
/// they were written with `super`, `self` or the package's name.
fn paths(tokens: &[(usize, String)], here: &[&str]) -> Vec<(usize, Vec<String>)> {
    let root = ["main", "lib"].contains(&here[0]);
    let mut module: Vec<String> = if root { vec![] } else { here.iter().map(|s| (*s).to_owned()).collect() };
    let mut inline: Vec<usize> = Vec::new();
    let (mut depth, mut i, mut out) = (0, 0, Vec::new());
    let word = |i: usize| tokens.get(i).map_or("", |(_, token)| token.as_str());
    while i < tokens.len() {
        match word(i) {
            "mod" if word(i + 2) == "{" => {
                module.push(word(i + 1).to_owned());
                inline.push(depth);
                depth += 1;
                i += 3;
            }
            "{" => (depth, i) = (depth + 1, i + 1),
            "}" => {
                depth = depth.saturating_sub(1);
                if inline.last() == Some(&depth) {
                    inline.pop();
                    module.pop();
                }
                i += 1;
            }
            _ => {
                let mut found = Vec::new();
                let next = read_tree(tokens, i, &[], &mut found);
                out.extend(found.into_iter().map(|(line, path)| (line, absolute(path, &module))));
                i = next.max(i + 1);
            }
        }
    }
    out
}

/// Reads a path or a tree of paths (`a::{b, c::d}`) from token `i`; gives the token after it.
fn read_tree(
    tokens: &[(usize, String)],
    mut i: usize,
    before: &[String],
    out: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    let word = |i: usize| tokens.get(i).map_or("", |(_, token)| token.as_str());
    let is_name =
        |text: &str| text.starts_with(|c: char| c.is_alphabetic() || c == '_') || text == "*" && !before.is_empty();
    let mut path = before.to_vec();
    let line = tokens.get(i).map_or(0, |(line, _)| *line);
    while is_name(word(i)) {
        path.push(word(i).to_owned());
        i += 1;
        if word(i) != ":" || word(i + 1) != ":" {
            break;
        }
        i += 2;
        if word(i) == "*" {
            path.push("*".into());
            i += 1;
        } else if word(i) == "{" {
            i += 1;
            while !matches!(word(i), "}" | "") {
                let next = read_tree(tokens, i, &path, out);
                i = next.max(i + 1);
                // `as name`, commas, and whatever a broken file holds.
                while !matches!(word(i), "}" | "," | "") {
                    i += 1;
                }
                if word(i) == "," {
                    i += 1;
                }
            }
            return i + 1;
        }
    }
    if path.len() > 1 {
        out.push((line, path));
    }
    i
}

fn absolute(path: Vec<String>, module: &[String]) -> Vec<String> {
    let up = path.iter().take_while(|word| *word == "super").count();
    let start = match path[0].as_str() {
        "comeback" => vec!["crate".to_owned()],
        "self" | "super" => {
            let kept = &module[..module.len().saturating_sub(up)];
            std::iter::once("crate".to_owned()).chain(kept.iter().cloned()).collect()
        }
        _ => return path,
    };
    start.into_iter().chain(path.into_iter().skip(up.max(1))).collect()
}

#[test]
fn a_planted_violation_is_found() {
    for (path, text, wanted) in [
        ("src/domain/a.rs", "use crate::tui::view;", "src/domain/a.rs:1: `domain` may not name `crate::tui::view`"),
        ("src/domain/a.rs", "\n\nfn f() { crate::server::go() }", "src/domain/a.rs:3: `domain` may not name"),
        ("src/domain/a.rs", "use super::super::wire::X;", "`crate::wire::X`"),
        ("src/domain.rs", "use super::wire::X;", "`crate::wire::X`"),
        ("src/domain/a.rs", "mod tests { use super::super::super::wire::X; }", "`crate::wire::X`"),
        ("src/domain/a.rs", "#[cfg(test)] mod tests { use crate::clock::ManualClock; }", "`crate::clock::ManualClock`"),
        ("src/wire/a.rs", "use crate::{domain::id, journal::{self as log}};", "`crate::journal::self`"),
        ("src/wire/a.rs", "use comeback::server::X;", "`crate::server::X`"),
        (
            "src/journal/a.rs",
            "use crate::domain::{time::Span,\n event::Event};",
            "src/journal/a.rs:2: `journal` may not",
        ),
        ("src/server/a.rs", "pub use crate::client::handle::Handle;", "`server` may not name"),
        ("src/client/a.rs", "use crate::server as other;", "`client` may not name `crate::server`"),
        ("src/emulator/a.rs", "use crate::wire::X;", "only clock, domain::time"),
        ("src/emulator/a.rs", "use crate::domain::contact::Address;", "only clock, domain::time"),
        ("src/tui/a.rs", "use crate::client::{handle::Row, cache};", "`crate::client::cache`"),
        ("src/tui/a.rs", "use crate::client;", "`crate::client`"),
        ("src/tui/a.rs", "use crate::client::*;", "`crate::client::*`"),
        ("src/odd.rs", "", "`odd` stands on no floor"),
        ("src/server/mod.rs", "", "no mod.rs"),
        ("tests/suite/x/mod.rs", "", "no mod.rs"),
        ("src/server/a.rs", "fn f() { let t = std::time::Instant::now(); }", "`Instant::now` only in src/clock.rs"),
        ("src/tui/a.rs", "fn f() { chrono::Utc::now() }", "`Utc::now` only"),
        ("src/server/a.rs", "use tokio::time::Instant; fn f() { Instant::now() }", "`Instant::now` only"),
        ("src/cli.rs", "fn f() { Local::now() }", "`Local::now` only"),
        ("src/main.rs", "fn f() { SystemTime :: now() }", "`SystemTime::now` only"),
        ("src/domain/a.rs", "use std::collections::{BTreeMap, HashMap};", "`HashMap` has no order"),
        ("src/client/sync.rs", "fn f(x: HashSet<u8>) {}", "`HashSet` has no order"),
        ("src/domain/a.rs", "fn f() -> Uuid { uuid::Uuid::now_v7() }", "may not name `Uuid::now_v7`"),
        ("src/domain/a.rs", "use std::{fmt, fs::File};", "may not name `std::fs`"),
    ] {
        let said = check_file(path, text);
        assert_eq!(said.len(), 1, "{path}: {text}\n{said:#?}");
        assert!(said[0].contains(wanted), "{path}: {text}\nsaid {}\nnot {wanted}", said[0]);
    }
    let long = "\n".repeat(LONGEST + 1);
    assert_eq!(check_file("src/domain/a.rs", &long).len(), 1);
}

#[test]
fn what_is_allowed_is_let_be() {
    for (path, text) in [
        ("src/domain/a.rs", "use super::time::Span; use crate::domain::id::RepId; use self::b::C; mod b {}"),
        ("src/domain/a.rs", "#[cfg(test)] mod tests { use super::*; use super::super::time::Span; }"),
        ("src/domain/a.rs", "//! [`crate::tui`] /* */\n/* crate::tui /* HashMap */ Utc::now */ // Instant::now()"),
        (
            "src/domain/a.rs",
            "const A: &str = \"crate::tui \\\" HashMap\"; const B: &str = r#\"\"crate::tui\"#; const C: char = '\"';",
        ),
        ("src/domain/a.rs", "fn f<'a>(x: &'a str) -> char { '\\'' } // HashMap"),
        ("src/clock.rs", "use std::time::Instant; fn f() { Instant::now(); chrono::Utc::now(); }"),
        ("src/clock.rs", "use crate::domain::time::{Span, Timestamp};"),
        ("src/server/a.rs", "use std::collections::HashMap; use crate::{clock::Clock, domain, journal, wire::X};"),
        ("src/tui/a.rs", "use crate::client::{desktop::{Way}, handle as h}; use super::model::Model;"),
        ("src/cli/a.rs", "use crate::{client, emulator, server, tui};"),
        ("src/server/a.rs", "fn f() { tokio::time::Instant::now() }"),
        ("src/main.rs", "use comeback::cli;"),
        ("tests/suite/a.rs", "use comeback::{client, server}; fn f() { Instant::now() }"),
    ] {
        assert_eq!(check_file(path, text), Vec::<String>::new(), "{path}: {text}");
    }
}

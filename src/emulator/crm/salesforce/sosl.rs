//! Searches, over what was indexed: an index lags behind what was written when it is told to.
//!
//! A number is indexed by its digits, all of them together and each group of them, as it was typed; so one that was typed
//! with a country code is not found without.

use serde_json::{Value, json};

use super::book::{Book, Record, Refusal};
use super::eval::Asked;
use super::parse::{Query, Reader, Selected};
use super::schema::Type;

/// Most records that a search finds.
const MOST: usize = 2000;

/// What is looked for: one of these, each of words that are all there.
type Terms = Vec<Vec<Term>>;

/// Words in a row, and whether the last one may go on.
struct Term {
    words: Vec<String>,
    begins: bool,
}

fn malformed(why: &str) -> Refusal {
    Refusal::new("MALFORMED_SEARCH", why)
}

/// The records that a search finds, kind by kind.
pub(super) fn search(asked: Asked<'_>, text: &str) -> Result<Vec<Value>, Refusal> {
    let rest = text.trim_start();
    let find = rest.get(..4).filter(|word| word.eq_ignore_ascii_case("FIND"));
    let rest = find.map(|_| rest[4..].trim_start()).and_then(|rest| rest.strip_prefix('{'));
    let rest = rest.ok_or_else(|| malformed("unexpected token: a search begins with FIND {"))?;
    let mut escaped = false;
    let end = rest.char_indices().find(|(_, c)| {
        let ends = *c == '}' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    let (end, _) = end.ok_or_else(|| malformed("unterminated search string"))?;
    let terms = terms(&rest[..end])?;
    let mut reader = Reader::new(&rest[end + 1..]).map_err(|e| malformed(&e.0))?;
    let read = |reader: &mut Reader| -> Result<(bool, Vec<Query>), super::parse::Malformed> {
        let mut phones = false;
        if reader.word("IN").is_ok() {
            let fields = reader.name()?;
            reader.word("FIELDS")?;
            phones = fields.eq_ignore_ascii_case("PHONE");
        }
        let mut all = Vec::new();
        reader.word("RETURNING")?;
        loop {
            let mut query = Query { from: reader.name()?, ..Query::default() };
            if reader.has("(") {
                loop {
                    query.fields.push(Selected::Field(reader.name()?));
                    if !reader.has(",") {
                        break;
                    }
                }
                reader.clauses(&mut query)?;
                reader.sign(")")?;
            } else {
                query.fields.push(Selected::Field("Id".to_owned()));
            }
            all.push(query);
            if !reader.has(",") {
                break;
            }
        }
        reader.end()?;
        Ok((phones, all))
    };
    let (phones, queries) = read(&mut reader).map_err(|e| malformed(&e.0))?;
    let mut found = Vec::new();
    for query in queries {
        let Some(kind) = asked.book.kind(&query.from) else {
            return Err(Refusal("INVALID_TYPE", format!("sObject type '{}' is not supported.", query.from)));
        };
        let hits = asked.found(kind, &query, |record| hit(asked.book, kind, record, phones, &terms))?;
        for record in hits.iter().take(MOST - found.len()) {
            found.push(asked.told(kind, record, &query.fields)?);
        }
    }
    Ok(found)
}

/// The answer of the search resource.
pub(super) fn answer(found: &[Value]) -> Value {
    json!({ "searchRecords": found })
}

/// `a OR b`, `a b`, `"a b"`, `a*`.
fn terms(text: &str) -> Result<Terms, Refusal> {
    let mut any: Terms = vec![Vec::new()];
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('"') {
            let (phrase, after) = inner.split_once('"').ok_or_else(|| malformed("unterminated phrase"))?;
            last(&mut any).push(Term { words: words(phrase), begins: false });
            rest = after.trim_start();
            continue;
        }
        let mut word = String::new();
        let mut chars = rest.char_indices();
        let mut end = rest.len();
        let mut begins = false;
        while let Some((at, c)) = chars.next() {
            match c {
                ' ' => {
                    end = at;
                    break;
                }
                '\\' => word.extend(chars.next().map(|(_, c)| c)),
                '*' if word.is_empty() => return Err(malformed("a search may not begin with a wildcard")),
                '*' => begins = true,
                '?' | '&' | '|' | '!' | '{' | '[' | ']' | '(' | ')' | '^' | '~' | ':' | '\'' | '+' | '-' => {
                    return Err(malformed("a reserved character is not escaped"));
                }
                c => word.push(c),
            }
        }
        match word.as_str() {
            "OR" => any.push(Vec::new()),
            "AND" => {}
            _ => last(&mut any).push(Term { words: words(&word), begins }),
        }
        rest = rest[end..].trim_start();
    }
    let longest = any.iter().flatten().flat_map(|term| &term.words).map(|word| word.chars().count()).max();
    if any.iter().any(Vec::is_empty) || longest.is_none_or(|longest| longest < 2) {
        return Err(malformed("search term must be longer than one character"));
    }
    Ok(any)
}

fn last(any: &mut Terms) -> &mut Vec<Term> {
    if any.is_empty() {
        any.push(Vec::new());
    }
    let at = any.len() - 1;
    &mut any[at]
}

fn words(text: &str) -> Vec<String> {
    let all = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    all.map(str::to_lowercase).collect()
}

fn hit(book: &Book, kind: &'static str, record: &Record, phones: bool, terms: &Terms) -> bool {
    let Some(indexed) = &record.indexed else { return false };
    let fields = book
        .fields(kind)
        .into_iter()
        .filter(|field| field.kind == Type::Phone || (!phones && field.kind == Type::Text));
    let texts: Vec<Vec<String>> = fields
        .filter_map(|field| {
            let text = indexed.get(&field.name)?.as_str()?;
            let mut all = words(text);
            if field.kind == Type::Phone {
                all.push(text.chars().filter(char::is_ascii_digit).collect());
            }
            Some(all)
        })
        .collect();
    let in_a_row = |all: &[String], term: &Term| {
        all.windows(term.words.len().max(1)).any(|some| {
            some.iter().zip(&term.words).enumerate().all(|(n, (word, wanted))| {
                let open = term.begins && n + 1 == term.words.len();
                if open { word.starts_with(wanted.as_str()) } else { word == wanted }
            })
        })
    };
    terms.iter().any(|all| all.iter().all(|term| texts.iter().any(|text| in_a_row(text, term))))
}

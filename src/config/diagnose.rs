//! A mistake in a file, told so that it can be mended at once: where, what, and the nearest word that would be right.
//!
//! ```text
//! playbook.toml:12:1: unknown key "targt"; did you mean "target"?
//!    |
//! 12 | targt = "15m"
//!    | ^^^^^
//! ```

use std::fmt;
use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use said::Said;

mod grammar;
pub(super) mod mend;
pub(super) mod said;
mod shape;
pub(super) mod twice;

/// A mistake and its place. `Display` is the whole message, several lines when the place is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Diagnostic {
    /// The file, as the person named it.
    pub file: String,
    /// Line, from 1; 0 when only the file is known.
    pub line: usize,
    /// Column in characters, from 1; 0 when only the file is known.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right, when that can be told.
    pub hint: Option<String>,
    /// The line with a caret under the place; empty when only the file is known.
    pub excerpt: String,
}

/// Columns of source shown at most; a longer line is shown around the caret.
const SHOWN: usize = 100;

/// Spaces drawn for a tab. Its real width depends on where it stands; one width for all keeps the caret in place.
const TAB: &str = "    ";

/// How many valid words a hint lists when none is near.
const LISTED: usize = 12;

impl Diagnostic {
    /// A mistake at `span` (bytes of `source`; a span outside it is brought inside). With `word_and_choices`, the hint
    /// names the nearest choice, or all of them when none is near.
    pub fn at(
        file: &str,
        source: &str,
        span: Range<usize>,
        message: impl Into<String>,
        word_and_choices: Option<(&str, &[&str])>,
    ) -> Self {
        let start = boundary(source, span.start);
        let end = boundary(source, span.end).max(start);
        let line_start = source[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = source[start..].find('\n').map_or(source.len(), |at| start + at);
        let text = &source[line_start..line_end];
        let text = text.strip_suffix('\r').unwrap_or(text);
        let line = source[..line_start].matches('\n').count() + 1;
        let start = (start - line_start).min(text.len());
        let end = (end - line_start).clamp(start, text.len());
        Self {
            file: shown(file),
            line,
            column: text[..start].chars().count() + 1,
            message: message.into(),
            hint: word_and_choices.and_then(|(word, choices)| hint(word, choices)),
            excerpt: excerpt(line, text, start..end),
        }
    }

    /// A mistake of which only the file is known.
    pub fn of_file(file: &str, message: impl Into<String>) -> Self {
        Self { file: shown(file), line: 0, column: 0, message: message.into(), hint: None, excerpt: String::new() }
    }

    /// An error of the TOML reader, in words for someone who writes a playbook and has never seen the types.
    pub fn from_toml(file: &str, source: &str, error: &toml::de::Error) -> Self {
        let said = Said::read(error.message());
        let choices = (!said.choices.is_empty()).then_some((said.word, said.choices.as_slice()));
        let told = match error.span() {
            Some(span) if twice::is_double(error) => return twice::twice(file, source, span),
            Some(span) => {
                let hint = said.message.starts_with("expected a list").then(|| twice::brackets(source, span.start));
                let told = Self::at(file, source, span, said.message, choices);
                Self { hint: told.hint.or(hint.flatten()), ..told }
            }
            None => Self {
                hint: choices.and_then(|(word, choices)| hint(word, choices)),
                ..Self::of_file(file, said.message)
            },
        };
        Self { hint: told.hint.or(said.hint), ..told }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        // Both may quote a word of the file, in which TOML lets an escape be written.
        write!(f, ": {}", plain(&self.message))?;
        if let Some(hint) = &self.hint {
            write!(f, "; {}", plain(hint))?;
        }
        if self.excerpt.is_empty() { Ok(()) } else { write!(f, "\n{}", self.excerpt) }
    }
}

/// The choice a misspelt word most likely meant. Case, dashes and underscores do not count as mistakes.
pub fn nearest<'a>(word: &str, choices: &[&'a str]) -> Option<&'a str> {
    // A word of a novel's length is no misspelling, and comparing it would take long.
    if word.len() > 100 {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
    let word = plain(word);
    let near = |choice: &&'a str| {
        let choice = plain(choice);
        let distance = strsim::damerau_levenshtein(&word, &choice);
        let allowed = (word.chars().count().max(choice.chars().count()) / 3).max(1);
        // Of two that are as near the one is meant that begins alike.
        let begins_otherwise = word.chars().next() != choice.chars().next();
        // One letter of a two-letter word is half of it.
        let shares = word.chars().any(|c| choice.contains(c));
        (distance <= allowed && shares).then_some((distance, begins_otherwise))
    };
    choices.iter().filter_map(|choice| Some((near(choice)?, *choice))).min_by_key(|(d, _)| *d).map(|(_, c)| c)
}

fn hint(word: &str, choices: &[&str]) -> Option<String> {
    if let Some(choice) = nearest(word, choices) {
        return Some(format!("did you mean \"{choice}\"?"));
    }
    let listed: Vec<_> = choices.iter().take(LISTED).copied().collect();
    let more = if choices.len() > LISTED { ", …" } else { "" };
    match listed.as_slice() {
        [] => None,
        [only] => Some(format!("it can only be \"{only}\"")),
        _ => Some(format!("it can be {}{more}", listed.join(", "))),
    }
}

/// The word that an error of the TOML reader most likely wanted in place of the one it found: none of those that stand
/// there already.
pub(super) fn wanted(error: &toml::de::Error, taken: &[String]) -> Option<String> {
    let said = Said::read(error.message());
    nearest(said.word, &left(&said, taken)).map(str::to_owned)
}

/// What is said of it, where these words stand there already.
pub(super) fn wanted_hint(error: &toml::de::Error, taken: &[String]) -> Option<String> {
    let said = Said::read(error.message());
    hint(said.word, &left(&said, taken))
}

fn left<'a>(said: &Said<'a>, taken: &[String]) -> Vec<&'a str> {
    said.choices.iter().filter(|choice| !taken.iter().any(|word| word == **choice)).copied().collect()
}

/// What people call the time of a place, and its zone.
const CALLED: [(&[&str], &str); 8] = [
    (&["et", "est", "edt", "eastern"], "America/New_York"),
    (&["ct", "cst", "cdt", "central"], "America/Chicago"),
    (&["mt", "mst", "mdt", "mountain"], "America/Denver"),
    (&["pt", "pst", "pdt", "pacific"], "America/Los_Angeles"),
    (&["gmt", "bst"], "Europe/London"),
    (&["cet", "cest", "mez"], "Europe/Berlin"),
    (&["jst"], "Asia/Tokyo"),
    (&["utc", "z", "zulu"], "UTC"),
];

/// The zone that a word most likely means: what people call it, one that is named after that city, or one that is written
/// nearly so. An offset alone (`EST`) is no zone of a place: it knows no summer time.
pub fn nearest_zone(word: &str) -> Option<&'static str> {
    let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    let names: Vec<&'static str> = names.filter(|name| name.contains('/') || *name == "UTC").collect();
    let plain = |text: &str| text.to_lowercase().replace([' ', '-', '_'], "");
    let wanted = plain(word);
    let letters = wanted.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | ':'));
    let letters = letters.strip_suffix("time").unwrap_or(letters);
    let called = CALLED.iter().find(|(words, _)| words.contains(&letters)).map(|(_, zone)| *zone);
    let city = |name: &&'static str| name.rsplit('/').next().unwrap_or(name);
    let of = |wanted: &str| names.iter().find(|name| plain(city(name)) == plain(wanted)).copied();
    let near = || {
        // Every short word is nearly the name of a city somewhere.
        let word = Some(word).filter(|_| wanted.chars().count() >= 5)?;
        let cities: Vec<&str> = names.iter().map(city).collect();
        of(nearest(word, &cities)?)
    };
    called.or_else(|| of(word)).or_else(|| nearest(word, &names)).or_else(near)
}

/// Foreign text in our own line: as [`plain`], and not without end.
fn shown(text: &str) -> String {
    let mut out: String = text.chars().take(200).map(drawable).collect();
    if text.chars().nth(200).is_some() {
        out.push('…');
    }
    out
}

/// One line without anything that moves a cursor, turns the reading direction or hides.
fn plain(text: &str) -> String {
    text.chars().map(drawable).collect()
}

fn drawable(c: char) -> char {
    let obeyed = c.is_control()
        || matches!(c, '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
    if obeyed { '\u{fffd}' } else { c }
}

/// The nearest character boundary at or before `at`.
fn boundary(source: &str, at: usize) -> usize {
    source.floor_char_boundary(at.min(source.len()))
}

fn excerpt(line: usize, text: &str, span: Range<usize>) -> String {
    let width = |text: &str| -> usize { text.chars().map(|c| c.width().unwrap_or(0)).sum() };
    let drawn = |text: &str| -> String {
        let draw = |c: char| if c == '\t' { TAB.to_owned() } else { shown(c.encode_utf8(&mut [0; 4])) };
        text.chars().map(draw).collect()
    };
    let (mut before, mut marked, mut after) =
        (drawn(&text[..span.start]), drawn(&text[span.clone()]), drawn(&text[span.end..]));
    // A long line: the caret first, then what fits around it.
    if cut(&mut marked, SHOWN) {
        after.clear();
    }
    let room = SHOWN - width(&marked).min(SHOWN);
    let tail = before.char_indices().rev().take(room.min(SHOWN * 2 / 3)).last().map_or(before.len(), |(at, _)| at);
    if tail > 0 {
        before = format!("…{}", &before[tail..]);
    }
    cut(&mut after, room.saturating_sub(width(&before)));
    let (number, pad) = (line.to_string(), " ".repeat(width(&before)));
    let margin = " ".repeat(number.len());
    let caret = "^".repeat(width(&marked).max(1));
    format!("{margin} |\n{number} | {before}{marked}{after}\n{margin} | {pad}{caret}")
}

/// Shortens a text to so many characters; was there more?
fn cut(text: &mut String, most: usize) -> bool {
    match text.char_indices().nth(most) {
        Some((at, _)) => {
            text.truncate(at);
            text.push('…');
            true
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read only to see it refused")]
    struct Sla {
        target: Option<u8>,
        warn: Option<f64>,
        when: Option<When>,
        cohort: Option<Cohort>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum When {
        LateStage,
        NewLead,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read only to see it refused")]
    struct Cohort {
        name: String,
    }

    fn said(source: &str) -> String {
        let error = toml::from_str::<Sla>(source).unwrap_err();
        Diagnostic::from_toml("playbook.toml", source, &error).to_string()
    }

    #[test]
    fn a_misspelt_key_is_shown_with_its_nearest_word() {
        assert_eq!(
            said("# clocks\r\nwarn = 0.5\r\ntargt = 15\r\n"),
            "playbook.toml:3:1: unknown key \"targt\"; did you mean \"target\"?\n  |\n3 | targt = 15\n  | ^^^^^"
        );
    }

    #[test]
    fn first_lines_are_in_the_readers_words() {
        for (source, wanted) in [
            ("when = \"late-stage\"", "1:8: unknown value \"late-stage\"; did you mean \"late_stage\"?"),
            ("when = \"x\"", "1:8: unknown value \"x\"; it can be late_stage, new_lead"),
            ("[cohort]\ntitle = \"x\"", "2:1: unknown key \"title\"; it can only be \"name\""),
            ("target = 300", "1:10: expected a whole number from 0 to 255, found the number 300"),
            ("target = \"x\"", "1:10: expected a whole number from 0 to 255, found the text \"x\""),
            ("cohort = 3", "1:10: expected a table, found the number 3"),
            ("cohort = { name = true }", "1:19: expected a text in quotes, found the word true"),
            ("warn = [1]", "1:8: expected a number, found a list"),
            ("[cohort]\n", "1:1: the key \"name\" is missing; write name = \"…\""),
            (
                "target = 1\ntarget = 2",
                "2:1: \"target\" is written twice: it stands in line 1 already; leave one of the two out",
            ),
        ] {
            let said = said(source);
            assert_eq!(said.lines().next(), Some(format!("playbook.toml:{wanted}").as_str()), "{source}");
        }
    }

    #[test]
    fn tabs_wide_letters_and_escapes_keep_the_caret_in_place() {
        let source = "a = 1\n\t\u{1b}[31m営業 = tragte # x\n";
        let from = source.find("tragte").unwrap();
        let told = Diagnostic::at("p.toml", source, from..from + 6, "no", Some(("tragte", &["warn", "target"])));
        assert_eq!((told.line, told.column), (2, 12));
        assert_eq!(told.hint.as_deref(), Some("did you mean \"target\"?"));
        let lines: Vec<_> = told.excerpt.lines().collect();
        assert_eq!(lines[1], "2 |     \u{fffd}[31m営業 = tragte # x");
        // Four for the tab, five for the escape, four for two wide letters, three for " = ".
        assert_eq!(lines[2], format!("  | {}^^^^^^", " ".repeat(4 + 5 + 4 + 3)));
    }

    #[test]
    fn a_long_line_is_shown_around_its_caret() {
        let source = format!("{} = oops, {}", "a".repeat(500), "b".repeat(500));
        let told = Diagnostic::at("p", &source, 503..507, "no", None);
        let lines: Vec<_> = told.excerpt.lines().collect();
        assert_eq!(told.column, 504);
        assert!(lines[1].chars().count() < SHOWN + 10, "{}", lines[1]);
        let caret = lines[2].find('^').unwrap();
        let under: String = lines[1].chars().skip(caret).take(4).collect();
        assert_eq!(under, "oops");
    }

    #[test]
    fn words_that_are_not_near_are_not_offered() {
        for (word, wanted) in [
            ("taget", Some("target")),
            ("Target", Some("target")),
            ("first-response", Some("first_response")),
            ("fisrt_response", Some("first_response")),
            ("zebra", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, &["warn", "target", "first_response", "to"]), wanted, "{word}");
        }
        assert_eq!(nearest(&"a".repeat(1_000_000), &["a"]), None);
    }

    #[test]
    fn of_two_words_that_are_as_near_the_one_that_begins_alike_is_meant() {
        assert_eq!(nearest("sonday", &["monday", "tuesday", "sunday"]), Some("sunday"));
        assert_eq!(nearest("monday", &["sunday", "monday"]), Some("monday"));
    }

    #[test]
    fn a_zone_is_found_by_what_people_call_it_and_never_as_an_offset_alone() {
        for (word, wanted) in [
            ("NewYork", Some("America/New_York")),
            ("new york", Some("America/New_York")),
            ("America/NewYork", Some("America/New_York")),
            ("Amercia/Chicago", Some("America/Chicago")),
            ("EST5", Some("America/New_York")),
            ("EDT", Some("America/New_York")),
            ("Eastern Time", Some("America/New_York")),
            ("pst", Some("America/Los_Angeles")),
            ("CEST", Some("Europe/Berlin")),
            ("Berlin", Some("Europe/Berlin")),
            ("Londn", Some("Europe/London")),
            ("utc", Some("UTC")),
            ("", None),
            ("Home", None),
            ("the office's own", None),
        ] {
            assert_eq!(nearest_zone(word), wanted, "{word}");
        }
    }

    #[test]
    fn a_file_without_a_place_is_one_line() {
        assert_eq!(Diagnostic::of_file("p\u{1b}.toml", "cannot be read").to_string(), "p\u{fffd}.toml: cannot be read");
    }

    proptest! {
        #[test]
        fn any_source_and_span_can_be_told(source in "[\\PC\t\r\n=]{0,80}", a in 0usize..120, b in 0usize..120) {
            let told = Diagnostic::at("p", &source, a..b, "no", None);
            prop_assert_eq!(told.excerpt.lines().count(), 3);
            prop_assert!(told.line >= 1 && told.line <= source.matches('\n').count() + 1);
            prop_assert!(!told.excerpt.contains(|c: char| c.is_control() && c != '\n'));
        }

        #[test]
        fn any_broken_toml_is_told_without_panic(source in "[a-z=\\[\\]{}\"'\n\r\t .0-9é\u{1b}`,]{0,60}") {
            if let Err(error) = toml::from_str::<Sla>(&source) {
                let told = Diagnostic::from_toml("p", &source, &error).to_string();
                prop_assert!(told.starts_with("p:"));
                prop_assert!(!told.contains(|c: char| c.is_control() && c != '\n'));
            }
        }
    }
}

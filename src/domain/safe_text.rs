//! Text that is safe to put on a terminal.
//!
//! A buyer's text is written by a stranger and drawn on a terminal that obeys escape sequences. [`SafeText`] is the only
//! type that widgets, titles, notifications and the clipboard accept; the raw text stays in storage unchanged. The rules
//! are those of Trojan Source (CVE-2021-42574) and of the terminals' own escape-injection reports: nothing that a
//! terminal obeys, nothing that reorders what is read, nothing hidden, nothing that piles up in one cell.
//!
//! | class | becomes |
//! |---|---|
//! | `\r\n`, U+2028, U+2029 | a newline |
//! | tab | four spaces |
//! | other C0, DEL | its control picture (`␛`) |
//! | C1 | its number (`<9B>`) |
//! | bidirectional controls | [`BIDI_MARK`] |
//! | zero-width and other invisible characters | nothing, except inside an emoji, a flag, or a script that joins |
//! | combining marks | at most [`MAX_MARKS`] in one grapheme |
//! | private use, noncharacters, planes without characters | U+FFFD |
//! | more than [`MAX_GRAPHEMES`] graphemes | folded: `… (1234 more)` |

use std::fmt::{self, Write as _};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Stands where a control that reorders text (U+202E and its kind) stood.
pub const BIDI_MARK: char = '⇄';
/// Combining marks kept in one grapheme: Vietnamese needs two, the tolerance of terminals ends at nine.
pub const MAX_MARKS: usize = 6;
/// Characters kept in one grapheme. The longest emoji in use has eleven.
pub const MAX_CHARS: usize = 24;
/// Graphemes kept of one text. Thirteen times the longest SMS a carrier joins.
pub const MAX_GRAPHEMES: usize = 2_000;

const ZWNJ: char = '\u{200C}';
const ZWJ: char = '\u{200D}';
const BLACK_FLAG: char = '\u{1F3F4}';
const END_TAG: char = '\u{E007F}';
const DOTTED_CIRCLE: char = '\u{25CC}';

/// Text in which nothing is obeyed, reordered or hidden by a terminal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SafeText {
    text: String,
    flagged: bool,
}

impl SafeText {
    /// One line: newlines at the ends go, those inside become ` ⏎ `.
    pub fn line(raw: &str) -> Self {
        let (text, flagged) = clean(raw);
        let words: Vec<&str> = text.split('\n').map(str::trim_end).filter(|part| !part.is_empty()).collect();
        Self { text: fold(words.join(" ⏎ ")), flagged }
    }

    /// A block: newlines stay.
    pub fn block(raw: &str) -> Self {
        let (text, flagged) = clean(raw);
        Self { text: fold(text), flagged }
    }

    /// A block of any length: what the program itself writes line by line, which may quote a file or a stranger's name.
    pub fn whole(raw: &str) -> Self {
        let (text, flagged) = clean(raw);
        Self { text, flagged }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Something was neutralised that could have deceived a reader: a control, a reordering, hidden tags, a pile of
    /// marks, a character without a meaning. Invisible characters that merely came along (a byte-order mark, a soft
    /// hyphen) go without a flag.
    pub fn flagged(&self) -> bool {
        self.flagged
    }

    /// Nothing to show.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Its width in cells, were it drawn on one line.
    pub fn width(&self) -> usize {
        graphemes(&self.text).map(cells).sum()
    }

    /// The text on one line of at most `width` cells, ending in `…` when something had to go. Newlines become spaces.
    pub fn truncated(&self, width: usize) -> String {
        if self.width() <= width {
            return self.text.replace('\n', " ");
        }
        let mut out = String::new();
        let mut used = 0;
        for grapheme in graphemes(&self.text) {
            if used + cells(grapheme) >= width {
                break;
            }
            used += cells(grapheme);
            out.push_str(if grapheme == "\n" { " " } else { grapheme });
        }
        if width > 0 {
            out.push('…');
        }
        out
    }

    /// The text broken into lines of at most `width` cells, between words where that is possible. Only spaces at a
    /// break are lost. A width of zero counts as one; on one cell a wide character becomes `…`.
    pub fn wrapped(&self, width: usize) -> Vec<String> {
        let width = width.max(1);
        self.text.split('\n').flat_map(|line| wrap_line(line, width)).collect()
    }
}

impl AsRef<str> for SafeText {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Shows only the length: it may be a buyer's words.
impl fmt::Debug for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SafeText({} bytes)", self.text.len())
    }
}

/// The cells a grapheme takes, as the drawing library counts them; a newline takes one (it is drawn as a space).
fn cells(grapheme: &str) -> usize {
    // One byte is a newline or a printable character: the rest was replaced.
    if grapheme.len() == 1 { 1 } else { grapheme.width() }
}

/// The graphemes of a cleaned text. Where it is ASCII, every byte is one: most texts are, and all are drawn many times.
fn graphemes(text: &str) -> impl Iterator<Item = &str> {
    let (plain, rich) = if text.is_ascii() { (text, "") } else { ("", text) };
    (0..plain.len()).map(|at| &plain[at..=at]).chain(rich.graphemes(true))
}

/// Printable ASCII and newlines: nothing in it needs cleaning.
fn is_plain(raw: &str) -> bool {
    raw.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~'))
}

fn wrap_line(line: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut row, mut row_width) = (String::new(), 0);
    let (mut word, mut word_width) = (String::new(), 0);
    let mut gap = 0;
    for piece in graphemes(line).flat_map(|grapheme| pieces(grapheme, width)).chain([" "]) {
        if piece == " " {
            if word.is_empty() {
                gap += 1;
                continue;
            }
            if !row.is_empty() && row_width + gap + word_width > width {
                lines.push(std::mem::take(&mut row));
                row_width = 0;
            }
            if !row.is_empty() {
                row.extend(std::iter::repeat_n(' ', gap));
                row_width += gap;
            }
            row.push_str(&word);
            row_width += word_width;
            word.clear();
            word_width = 0;
            gap = 1;
            continue;
        }
        if word_width + cells(piece) > width {
            if !row.is_empty() {
                lines.push(std::mem::take(&mut row));
                row_width = 0;
            }
            lines.push(std::mem::take(&mut word));
            word_width = 0;
        }
        word.push_str(piece);
        word_width += cells(piece);
    }
    if !row.is_empty() || lines.is_empty() {
        lines.push(row);
    }
    lines
}

/// A grapheme as it is, or in characters where it alone is wider than the line.
fn pieces(grapheme: &str, width: usize) -> impl Iterator<Item = &str> {
    let fits = cells(grapheme) <= width;
    let (whole, broken) = if fits { (Some(grapheme), "") } else { (None, grapheme) };
    let characters = broken.split("").filter(|one| !one.is_empty());
    whole.into_iter().chain(characters.map(move |one| if one.width() > width { "…" } else { one }))
}

fn fold(text: String) -> String {
    if text.len() <= MAX_GRAPHEMES {
        return text;
    }
    let Some((cut, _)) = text.grapheme_indices(true).nth(MAX_GRAPHEMES) else {
        return text;
    };
    let more = text[cut..].graphemes(true).count();
    format!("{}… ({more} more)", &text[..cut])
}

/// Both passes: characters that are never let through, then graphemes, in which some are let through by their context.
fn clean(raw: &str) -> (String, bool) {
    if is_plain(raw) { (raw.to_owned(), false) } else { clean_by_graphemes(raw) }
}

fn clean_by_graphemes(raw: &str) -> (String, bool) {
    let (text, mut flagged) = replace_controls(raw);
    let mut out = String::with_capacity(text.len());
    for grapheme in text.graphemes(true) {
        let mut chars = grapheme.chars();
        match (chars.next(), chars.next()) {
            (Some(only), None) if only == '\n' || !has_no_width(only) && !is_tag(only) => out.push(only),
            _ => clean_grapheme(grapheme, &mut out, &mut flagged),
        }
    }
    (out, flagged)
}

fn replace_controls(raw: &str) -> (String, bool) {
    let mut out = String::with_capacity(raw.len());
    let mut flagged = false;
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\t' => out.push_str("    "),
            '\0'..='\u{1F}' => {
                flagged = true;
                out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            '\u{7F}' => {
                flagged = true;
                out.push('\u{2421}');
            }
            '\u{80}'..='\u{9F}' => {
                flagged = true;
                let _ = write!(out, "<{:02X}>", u32::from(c));
            }
            _ if is_bidi_control(c) => {
                flagged = true;
                out.push(BIDI_MARK);
            }
            _ if is_invisible(c) => {}
            _ if has_no_meaning(c) => {
                flagged = true;
                out.push(char::REPLACEMENT_CHARACTER);
            }
            _ => out.push(c),
        }
    }
    (out, flagged)
}

fn clean_grapheme(grapheme: &str, out: &mut String, flagged: &mut bool) {
    let chars: Vec<char> = grapheme.chars().collect();
    let tags = flag_tags(&chars);
    let mut kept: Vec<char> = Vec::with_capacity(chars.len().min(MAX_CHARS));
    let mut marks = 0;
    for (at, &c) in chars.iter().enumerate() {
        let next = chars.get(at + 1).copied();
        let started = kept.iter().any(|k| *k != char::REPLACEMENT_CHARACTER);
        if !started && has_no_width(c) && !attaches(c) && !is_tag(c) {
            // Half a syllable, alone: it would vanish.
            *flagged = true;
            kept.push(char::REPLACEMENT_CHARACTER);
            continue;
        }
        let keep = match c {
            ZWJ => joins_emoji(&kept, next) || joins_script(&kept),
            ZWNJ => joins_script(&kept),
            '\u{FE0E}' | '\u{FE0F}' => match kept.last() {
                Some('0'..='9' | '#' | '*') => next == Some('\u{20E3}'),
                // A flag has no other shape; some count it as wider with a selector behind it.
                Some('\u{1F1E6}'..='\u{1F1FF}') | None => false,
                Some(&base) => is_emoji(base),
            },
            '\u{FE00}'..='\u{FE0D}' | '\u{E0100}'..='\u{E01EF}' => false,
            _ if is_tag(c) => {
                *flagged |= !tags.contains(&at);
                tags.contains(&at)
            }
            _ if has_no_width(c) => {
                marks += 1;
                *flagged |= marks > MAX_MARKS;
                marks <= MAX_MARKS
            }
            _ => true,
        };
        if keep {
            if kept.len() == MAX_CHARS {
                *flagged = true;
                break;
            }
            kept.push(c);
        }
    }
    // An emoji cut in the middle leaves nothing dangling.
    while kept.len() == MAX_CHARS && kept.last() == Some(&ZWJ) {
        kept.pop();
    }
    // A mark without a letter would sit on whatever is drawn before it.
    if kept.first().is_some_and(|first| has_no_width(*first)) {
        out.push(DOTTED_CIRCLE);
    }
    out.extend(kept);
}

fn has_no_width(c: char) -> bool {
    c.width().unwrap_or(0) == 0
}

/// Becomes one grapheme with the letter before it.
fn attaches(c: char) -> bool {
    String::from_iter([DOTTED_CIRCLE, c]).graphemes(true).count() == 1
}

/// Where the tags of a subdivision's flag (England, Scotland, Texas) stand in this grapheme; empty if it is none.
fn flag_tags(chars: &[char]) -> std::ops::Range<usize> {
    let code = |c: &char| matches!(c, '\u{E0030}'..='\u{E0039}' | '\u{E0061}'..='\u{E007A}');
    let end = chars.iter().position(|c| *c == END_TAG).unwrap_or(0);
    let whole = chars.first() == Some(&BLACK_FLAG) && (4..=7).contains(&end) && chars[1..end].iter().all(code);
    if whole { 1..end + 1 } else { 0..0 }
}

/// A joiner between two emoji.
fn joins_emoji(before: &[char], next: Option<char>) -> bool {
    let base = before.iter().rev().find(|c| **c != '\u{FE0F}');
    base.is_some_and(|c| is_emoji(*c)) && next.is_some_and(is_emoji)
}

/// A joiner or non-joiner in a script whose letters change shape by it. One is enough.
fn joins_script(before: &[char]) -> bool {
    before.last().is_some_and(|c| {
        matches!(c, '\u{0600}'..='\u{07FF}' | '\u{0860}'..='\u{08FF}' | '\u{0900}'..='\u{0DFF}'
            | '\u{0F00}'..='\u{109F}' | '\u{1780}'..='\u{18AF}')
    })
}

/// Pictures that join with others or change by a variation selector; wider than the standard's list, never narrower.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{A9}' | '\u{AE}' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21FF}'
        | '\u{2300}'..='\u{23FF}' | '\u{24C2}' | '\u{25A0}'..='\u{27BF}' | '\u{2900}'..='\u{297F}'
        | '\u{2B00}'..='\u{2BFF}' | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}' | '\u{1F000}'..='\u{1FAFF}')
}

fn is_tag(c: char) -> bool {
    matches!(c, '\u{E0000}'..='\u{E007F}')
}

fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}')
}

/// Takes no room, or blank room, and has no meaning on a terminal in any context.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}')
}

/// Private use, noncharacters, and the planes in which nothing is assigned.
fn has_no_meaning(c: char) -> bool {
    let code = u32::from(c);
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{FDD0}'..='\u{FDEF}' | '\u{40000}'..='\u{DFFFF}'
        | '\u{E0080}'..='\u{E00FF}' | '\u{E01F0}'..='\u{10FFFF}')
        || code & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests;

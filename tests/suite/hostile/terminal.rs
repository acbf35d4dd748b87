//! A terminal that obeys nothing but what comeback means to say: every byte is read by an independent parser (`vte`) and
//! held against a list of what is allowed. It keeps a screen, so that a text that moves its neighbours is seen too.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ratatui::buffer::Buffer;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};
use vte::{Params, Parser, Perform};

/// Characters in one cell, at most: the longest emoji in use has eleven, and Alacritty takes a letter with nine marks.
const PILE: usize = 24;
/// Marks on one letter, at most.
const MARKS: usize = 6;

/// Whether a character may stand in what a person reads. Written from the standard, not from our own sanitizer.
fn drawable(c: char) -> bool {
    let code = u32::from(c);
    let control = code < 0x20 || (0x7f..0xa0).contains(&code);
    let turns = matches!(code, 0x061c | 0x200e | 0x200f | 0x202a..=0x202e | 0x2066..=0x2069);
    let hides =
        matches!(code, 0xad | 0x200b | 0x2028 | 0x2029 | 0x2060..=0x2065 | 0x206a..=0x206f | 0xfeff | 0xfff9..=0xfffb);
    let means_nothing = matches!(code, 0xe000..=0xf8ff | 0xfdd0..=0xfdef | 0xf_0000..) || code & 0xfffe == 0xfffe;
    !(control || turns || hides || means_nothing)
}

/// What is wrong with a text for a person to read; nothing when it is as it should be.
pub(super) fn wrong(text: &str) -> Option<String> {
    for grapheme in text.graphemes(true) {
        let tagged = |c: char| matches!(u32::from(c), 0xe_0000..=0xe_007f);
        if let Some(c) = grapheme.chars().find(|c| !drawable(*c)) {
            return Some(format!("U+{:04X} in {text:?}", u32::from(c)));
        }
        // A flag's cluster may begin with a sign that is written before it (Unicode's prepended marks).
        let chars: Vec<char> = grapheme.chars().collect();
        let of_flag = |at: usize| at > 0 && (chars[at - 1] == '\u{1F3F4}' || tagged(chars[at - 1]));
        if (0..chars.len()).any(|at| tagged(chars[at]) && !of_flag(at)) {
            return Some(format!("a tag outside a flag in {text:?}"));
        }
        // What adds nothing to a cell's width lies on top of the rest of it; so does what a joiner ties to it.
        let on_top = |at: usize| chars[at].width() == Some(0) || at > 0 && chars[at - 1] == '\u{200d}';
        let pile = (0..chars.len()).filter(|at| on_top(*at)).count();
        let marks = chars.iter().filter(|c| c.width() == Some(0) && **c != '\u{200d}' && !tagged(**c)).count();
        if pile > PILE || (marks > MARKS + 1 && !grapheme.contains('\u{200d}')) {
            return Some(format!("{pile} characters on top of others in {grapheme:?}"));
        }
    }
    None
}

/// The terminal.
pub(super) struct Terminal {
    state: Watch,
    parser: Parser,
}

struct Watch {
    columns: usize,
    rows: usize,
    cells: Vec<String>,
    at: (usize, usize),
    /// Characters printed since the last command.
    run: String,
    /// A cell was printed whose width terminals disagree about; the next thing must be a move.
    doubtful: Option<String>,
    /// Commands of the operating system, in order.
    commands: Vec<String>,
    /// Control sequences read: moves, styles, modes.
    controls: usize,
    bells: usize,
    modes: BTreeSet<u16>,
    errors: Vec<String>,
}

impl Terminal {
    /// An empty screen of so many columns and rows.
    pub(super) fn new(columns: u16, rows: u16) -> Self {
        let (columns, rows) = (usize::from(columns), usize::from(rows));
        Self {
            state: Watch {
                columns,
                rows,
                cells: vec![" ".to_owned(); columns * rows],
                at: (0, 0),
                run: String::new(),
                doubtful: None,
                commands: Vec::new(),
                controls: 0,
                bells: 0,
                modes: BTreeSet::new(),
                errors: Vec::new(),
            },
            parser: Parser::new(),
        }
    }

    /// Reads bytes. What tmux is to hand on is taken out of its envelope and read as the terminal behind it would.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        const ENVELOPE: &[u8] = b"\x1bPtmux;";
        let mut rest = bytes;
        while let Some(at) = rest.windows(ENVELOPE.len()).position(|w| w == ENVELOPE) {
            self.plain(&rest[..at]);
            let (inner, after) = opened(&rest[at + ENVELOPE.len()..]);
            match inner {
                Some(inner) => self.plain(&inner),
                None => self.state.error("a tmux envelope that does not end as it should"),
            }
            rest = after;
        }
        self.plain(rest);
        self.state.flush();
    }

    fn plain(&mut self, bytes: &[u8]) {
        self.parser.advance(&mut self.state, bytes);
    }

    /// Everything that was wrong; at its end a sequence must not be half read.
    pub(super) fn errors(&mut self) -> Vec<String> {
        // Whatever is still open would swallow this; a terminal at rest prints it.
        let (at, run) = (self.state.at, std::mem::take(&mut self.state.run));
        self.parser.advance(&mut self.state, b"~");
        if self.state.run != "~" {
            self.state.error("a sequence was left open");
        }
        (self.state.at, self.state.run) = (at, run);
        std::mem::take(&mut self.state.errors)
    }

    /// The operating system commands so far.
    pub(super) fn commands(&mut self) -> Vec<String> {
        std::mem::take(&mut self.state.commands)
    }

    /// How many control sequences it read, even allowed ones.
    pub(super) fn controls(&self) -> usize {
        self.state.controls
    }

    /// How often it rang.
    pub(super) fn bells(&mut self) -> usize {
        std::mem::take(&mut self.state.bells)
    }

    /// Private modes that are on.
    pub(super) fn modes(&self) -> &BTreeSet<u16> {
        &self.state.modes
    }

    /// Where its screen is not the one that was drawn.
    pub(super) fn differs(&self, drawn: &Buffer) -> Option<String> {
        for y in 0..self.state.rows {
            let (mut expected, mut skip) = (String::new(), 0);
            for x in 0..self.state.columns {
                let (x, y) = (u16::try_from(x).unwrap(), u16::try_from(y).unwrap());
                let symbol = drawn.cell((x, y)).map_or(" ", |cell| cell.symbol());
                if skip == 0 {
                    expected.push_str(symbol);
                    skip = symbol.width();
                }
                skip = skip.saturating_sub(1);
            }
            let shown = self.state.cells[y * self.state.columns..][..self.state.columns].concat();
            if shown != expected {
                return Some(format!("row {y} shows {shown:?}, drawn was {expected:?}"));
            }
        }
        None
    }
}

/// What an envelope for tmux holds, every escape in it doubled, and what follows it.
fn opened(bytes: &[u8]) -> (Option<Vec<u8>>, &[u8]) {
    let mut inner = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (0x1b, Some(0x1b)) => {
                inner.push(0x1b);
                at += 2;
            }
            (0x1b, Some(b'\\')) => return (Some(inner), &bytes[at + 2..]),
            (0x1b, _) => break,
            (byte, _) => {
                inner.push(byte);
                at += 1;
            }
        }
    }
    (None, &[])
}

/// The cells a terminal takes that counts character by character.
fn one_by_one(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

impl Watch {
    fn error(&mut self, what: impl Into<String>) {
        self.errors.push(what.into());
    }

    /// Puts what was printed onto the screen.
    fn flush(&mut self) {
        let run = std::mem::take(&mut self.run);
        if let Some(what) = wrong(&run) {
            self.error(what);
        }
        for grapheme in run.graphemes(true) {
            if one_by_one(grapheme) == grapheme.width() {
                let mut cell = String::new();
                for c in grapheme.chars() {
                    if c.width() != Some(0) && !cell.is_empty() {
                        let whole = std::mem::take(&mut cell);
                        self.put(&whole, one_by_one(&whole), false);
                    }
                    cell.push(c);
                }
                self.put(&cell, one_by_one(&cell), false);
            } else {
                self.put(grapheme, grapheme.width(), true);
            }
        }
    }

    fn put(&mut self, cell: &str, width: usize, doubtful: bool) {
        if let Some(before) = self.doubtful.take() {
            self.error(format!("{cell:?} follows {before:?}, whose width terminals disagree about, without a move"));
        }
        let (x, y) = self.at;
        if width == 0 || x + width > self.columns || y >= self.rows {
            return self.error(format!("{cell:?} of width {width} at column {x} of {}", self.columns));
        }
        let row = y * self.columns;
        // Half of a wide character that is written over becomes a space.
        let starts = (0..=x).rev().find(|x| !self.cells[row + x].is_empty()).unwrap_or(x);
        if starts < x {
            self.cells[row + starts..row + x].fill(" ".to_owned());
        }
        let ends = (x + width..self.columns).find(|x| !self.cells[row + x].is_empty()).unwrap_or(self.columns);
        self.cells[row + x..row + ends].fill(" ".to_owned());
        self.cells[row + x..row + x + width].fill(String::new());
        cell.clone_into(&mut self.cells[row + x]);
        self.at = (x + width, y);
        self.doubtful = doubtful.then(|| cell.to_owned());
    }

    fn erase(&mut self, from: usize) {
        self.cells[from..].fill(" ".to_owned());
    }

    /// One of our own operating system commands, its payload safe to show.
    fn command(said: &str) -> Option<String> {
        let (number, payload) = said.split_once(';')?;
        match number {
            "0" | "2" | "9" => {
                let progress = number == "9" && payload.starts_with(|c: char| c.is_ascii_digit());
                wrong(payload).or_else(|| progress.then(|| format!("a progress bar: {payload:?}")))
            }
            "777" => {
                let fields = payload.split(';').count();
                let ours = payload.starts_with("notify;") && fields == 3;
                wrong(payload).or_else(|| (!ours).then(|| format!("OSC 777 of {fields} fields: {payload:?}")))
            }
            "99" => {
                let (keys, text) = payload.split_once(';')?;
                let plain = keys.bytes().all(|b| b.is_ascii_alphanumeric() || b"=:-_+.".contains(&b));
                let ours = plain && keys.starts_with("i=comeback-");
                Self::base64(text).or_else(|| (!ours).then(|| format!("OSC 99 with {keys:?}")))
            }
            "52" => {
                let (which, text) = payload.split_once(';')?;
                Self::base64(text).or_else(|| (which != "c").then(|| format!("clipboard {which:?}")))
            }
            _ => Some(format!("OSC {said:?}")),
        }
    }

    fn base64(text: &str) -> Option<String> {
        match STANDARD.decode(text).map(String::from_utf8) {
            Ok(Ok(words)) => words.split('\n').find_map(wrong),
            _ => Some(format!("not a text in base64: {text:?}")),
        }
    }
}

impl Perform for Watch {
    fn print(&mut self, c: char) {
        self.run.push(c);
    }

    fn execute(&mut self, byte: u8) {
        self.flush();
        if byte == 7 { self.bells += 1 } else { self.error(format!("control 0x{byte:02x}")) }
    }

    fn hook(&mut self, _: &Params, _: &[u8], _: bool, action: char) {
        self.error(format!("device control {action:?}"));
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], _: bool) {
        self.flush();
        let said = params.join(&b';');
        match String::from_utf8(said) {
            Ok(said) => {
                if !said.contains(';') {
                    self.error(format!("OSC {said:?}"));
                }
                if let Some(what) = Self::command(&said) {
                    self.error(what);
                }
                self.commands.push(said);
            }
            Err(_) => self.error("an operating system command that is not UTF-8"),
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: char) {
        self.flush();
        self.controls += 1;
        let numbers: Vec<u16> = params.iter().map(|p| p[0]).collect();
        let first = numbers.first().copied().unwrap_or(0);
        let number = |at: usize| usize::from(numbers.get(at).copied().unwrap_or(1).max(1)) - 1;
        let moves = matches!((intermediates, action), ([], 'H'));
        match (intermediates, action, numbers.as_slice()) {
            _ if ignore => self.error("a control sequence too long to be read"),
            ([], 'H', [] | [_] | [_, _]) => {
                self.at = (number(1), number(0));
                if self.at.0 >= self.columns || self.at.1 >= self.rows {
                    self.error(format!("a move to {:?}", self.at));
                }
            }
            ([], 'J', [0]) => self.erase(self.at.1 * self.columns + self.at.0),
            ([], 'J', [2]) => self.erase(0),
            ([], 'm', _) | ([], 't', [22 | 23, 0]) => {}
            (b"?", 'h', [25 | 1004 | 1049 | 2004]) => {
                self.modes.insert(first);
            }
            (b"?", 'l', [25 | 1004 | 1049 | 2004]) => {
                self.modes.remove(&first);
            }
            (b">", 'u', [1]) => {
                self.modes.insert(u16::MAX);
            }
            (b"<", 'u', [1]) => {
                self.modes.remove(&u16::MAX);
            }
            _ => self.error(format!("CSI {} {numbers:?} {action}", String::from_utf8_lossy(intermediates))),
        }
        if moves {
            self.doubtful = None;
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _: bool, byte: u8) {
        // The end of a string, where its command was counted already.
        if !(intermediates.is_empty() && byte == b'\\') {
            self.error(format!("escape {:?}", char::from(byte)));
        }
    }
}

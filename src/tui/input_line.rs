//! The composer's text: several lines, edited by grapheme, soft-wrapped to whatever width it is drawn in.
//!
//! Keys arrive one character at a time, so half an emoji is a normal state: the text is kept as typed (without controls)
//! and becomes [`SafeText`] when drawn, row by row.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::domain::safe_text::SafeText;

/// Most bytes of a text. Carriers take 1,600 characters; a longer draft can still be cut down here.
pub const MAX_BYTES: usize = 8 * 1024;

/// A text being written, and where the cursor stands in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct InputLine {
    text: String,
    /// A byte offset, always between two graphemes.
    cursor: usize,
    /// The column that moving up and down tries to keep.
    goal: Option<usize>,
}

impl InputLine {
    /// Starts with `text`, the cursor at its end. What does not fit is cut.
    pub fn with_text(text: &str) -> Self {
        let mut text = typeable(text);
        text.truncate(text.floor_char_boundary(MAX_BYTES));
        Self { cursor: text.len(), text, goal: None }
    }

    /// The text as it would be sent.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Nothing is written.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Where the cursor stands, in bytes.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Takes the text and leaves nothing.
    pub fn take(&mut self) -> String {
        std::mem::take(self).text
    }

    /// Puts a character or a pasted block at the cursor. Controls are left out; line ends become newlines. False, and
    /// nothing happens, when the text would become too long.
    pub fn insert(&mut self, piece: &str) -> bool {
        let piece = typeable(piece);
        if self.text.len() + piece.len() > MAX_BYTES {
            return false;
        }
        self.text.insert_str(self.cursor, &piece);
        self.settle(self.cursor + piece.len());
        true
    }

    /// Starts a new line.
    pub fn newline(&mut self) -> bool {
        self.insert("\n")
    }

    /// Puts the cursor at a place, in bytes, or after the grapheme around it.
    pub fn go(&mut self, at: usize) {
        self.settle(at.min(self.text.len()));
    }

    /// Takes a part of the text out, in bytes between two characters; the cursor stands where it was.
    pub fn remove(&mut self, range: Range<usize>) {
        if self.text.get(range.clone()).is_some() {
            self.cut(range);
        }
    }

    /// Deletes the grapheme before the cursor.
    pub fn backspace(&mut self) {
        self.cut(self.before()..self.cursor);
    }

    /// Deletes the grapheme after the cursor.
    pub fn delete(&mut self) {
        self.cut(self.cursor..self.after());
    }

    /// Ctrl-U: deletes from the start of the line to the cursor; at the start, the newline before it.
    pub fn delete_to_start(&mut self) {
        let start = self.line_start();
        self.cut(if start == self.cursor { self.before() } else { start }..self.cursor);
    }

    /// Ctrl-K: deletes from the cursor to the end of the line; at the end, the newline after it.
    pub fn delete_to_end(&mut self) {
        let end = self.line_end();
        self.cut(self.cursor..if end == self.cursor { self.after() } else { end });
    }

    /// Ctrl-W: deletes the word before the cursor.
    pub fn delete_word(&mut self) {
        self.cut(self.word_before()..self.cursor);
    }

    /// One grapheme to the left.
    pub fn left(&mut self) {
        self.settle(self.before());
    }

    /// One grapheme to the right.
    pub fn right(&mut self) {
        self.settle(self.after());
    }

    /// To the start of the line.
    pub fn home(&mut self) {
        self.settle(self.line_start());
    }

    /// To the end of the line.
    pub fn end(&mut self) {
        self.settle(self.line_end());
    }

    /// To the start of this or the previous word.
    pub fn word_left(&mut self) {
        self.settle(self.word_before());
    }

    /// To the end of this or the next word.
    pub fn word_right(&mut self) {
        let mut inside = false;
        let ends = self.text[self.cursor..].grapheme_indices(true).find(|(_, grapheme)| {
            let ended = inside && !in_word(grapheme);
            inside |= in_word(grapheme);
            ended
        });
        self.settle(ends.map_or(self.text.len(), |(at, _)| self.cursor + at));
    }

    /// One row up, as wrapped to `width`; false on the first.
    pub fn up(&mut self, width: usize) -> bool {
        let (row, column) = self.cursor_cell(width);
        row > 0 && self.go_to_row(row - 1, column, width)
    }

    /// One row down, as wrapped to `width`; false on the last.
    pub fn down(&mut self, width: usize) -> bool {
        let (row, column) = self.cursor_cell(width);
        self.go_to_row(row + 1, column, width)
    }

    /// The rows to draw, none wider than `width` cells (a width below two counts as two) but by a single grapheme that
    /// alone is wider.
    pub fn rows(&self, width: usize) -> Vec<SafeText> {
        self.layout(width).into_iter().map(|row| SafeText::block(&self.text[row])).collect()
    }

    /// The cursor's row and its column in cells, both from zero, in [`InputLine::rows`] of the same width.
    pub fn cursor_cell(&self, width: usize) -> (usize, usize) {
        let rows = self.layout(width);
        let row = rows.iter().rposition(|row| row.start <= self.cursor).unwrap_or(0);
        let before = rows.get(row).map_or("", |range| &self.text[range.start..self.cursor.min(range.end)]);
        (row, SafeText::block(before).width().min(width.max(2) - 1))
    }

    fn go_to_row(&mut self, row: usize, column: usize, width: usize) -> bool {
        let rows = self.layout(width);
        let Some(range) = rows.get(row).cloned() else { return false };
        let goal = self.goal.unwrap_or(column);
        // The end of a wrapped row is the start of the next: stay before it.
        let wrapped = rows.get(row + 1).is_some_and(|next| next.start == range.end);
        let (mut at, mut used) = (range.start, 0);
        for (offset, grapheme) in self.text[range.clone()].grapheme_indices(true) {
            let next = range.start + offset + grapheme.len();
            used += cells(grapheme);
            if used > goal || wrapped && next == range.end {
                break;
            }
            at = next;
        }
        self.settle(at);
        self.goal = Some(goal);
        true
    }

    /// The rows as ranges of the text, broken after spaces where there are any. A full last row of a line is followed
    /// by an empty one, in which the cursor waits.
    fn layout(&self, width: usize) -> Vec<Range<usize>> {
        let width = width.max(2);
        let mut rows = Vec::new();
        let mut line_start = 0;
        for line in self.text.split('\n') {
            let (mut start, mut used) = (line_start, 0);
            let mut after_space = None;
            for (offset, grapheme) in line.grapheme_indices(true) {
                let at = line_start + offset;
                // Once at the last space; again where what followed it and this do not fit either.
                while used > 0 && used + cells(grapheme) > width {
                    let end = after_space.take().unwrap_or(at);
                    rows.push(start..end);
                    start = end;
                    used = self.text[start..at].graphemes(true).map(cells).sum();
                }
                used += cells(grapheme);
                if grapheme == " " {
                    after_space = Some(at + 1);
                }
            }
            let line_end = line_start + line.len();
            rows.push(start..line_end);
            if used >= width {
                rows.push(line_end..line_end);
            }
            line_start = line_end + 1;
        }
        rows
    }

    /// Puts the cursor at `at`, or after the grapheme that has formed around it.
    fn settle(&mut self, at: usize) {
        let boundary = self.text.grapheme_indices(true).map(|(start, _)| start).find(|start| *start >= at);
        self.cursor = boundary.unwrap_or(self.text.len());
        self.goal = None;
    }

    fn cut(&mut self, range: Range<usize>) {
        let start = range.start;
        self.text.replace_range(range, "");
        self.settle(start);
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.cursor + self.text[self.cursor..].graphemes(true).next().map_or(0, str::len)
    }

    fn line_start(&self) -> usize {
        self.text[..self.cursor].rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        self.text[self.cursor..].find('\n').map_or(self.text.len(), |at| self.cursor + at)
    }

    fn word_before(&self) -> usize {
        let mut start = self.cursor;
        let mut inside = false;
        for (at, grapheme) in self.text[..self.cursor].grapheme_indices(true).rev() {
            if inside && !in_word(grapheme) {
                break;
            }
            inside |= in_word(grapheme);
            start = at;
        }
        start
    }
}

/// The cells a grapheme takes once it is safe to draw.
fn cells(grapheme: &str) -> usize {
    if grapheme.len() == 1 { 1 } else { SafeText::block(grapheme).width() }
}

fn in_word(grapheme: &str) -> bool {
    grapheme.chars().next().is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '\'' | '’'))
}

/// What may be typed into a text: all but controls. Line ends become newlines, tabs spaces.
fn typeable(raw: &str) -> String {
    let lines = raw.replace("\r\n", "\n");
    let plain = lines.chars().map(|c| match c {
        '\r' | '\u{2028}' | '\u{2029}' => '\n',
        '\t' => ' ',
        _ => c,
    });
    plain.filter(|c| *c == '\n' || !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The text with `|` where the cursor stands.
    fn shown(line: &InputLine) -> String {
        format!("{}|{}", &line.text[..line.cursor], &line.text[line.cursor..])
    }

    fn at(marked: &str) -> InputLine {
        let (before, after) = marked.split_once('|').expect("a cursor");
        InputLine { text: format!("{before}{after}"), cursor: before.len(), goal: None }
    }

    #[test]
    fn each_key_does_what_hands_expect() {
        type Key = fn(&mut InputLine);
        let cases: &[(&str, Key, &str)] = &[
            ("ab|c", InputLine::left, "a|bc"),
            ("|abc", InputLine::left, "|abc"),
            ("ab|c", InputLine::right, "abc|"),
            ("👩\u{200d}👩\u{200d}👧|!", InputLine::left, "|👩\u{200d}👩\u{200d}👧!"),
            ("👩\u{200d}👩\u{200d}👧|!", InputLine::backspace, "|!"),
            ("|e\u{301}x", InputLine::delete, "|x"),
            ("one two|", InputLine::delete_word, "one |"),
            ("one two  |", InputLine::delete_word, "one |"),
            ("don't|", InputLine::delete_word, "|"),
            ("one| two", InputLine::word_right, "one two|"),
            ("o|ne two", InputLine::word_right, "one| two"),
            ("one, two|", InputLine::word_left, "one, |two"),
            ("one, |two", InputLine::word_left, "|one, two"),
            ("a\nbc|d", InputLine::home, "a\n|bcd"),
            ("a\nb|c\nd", InputLine::end, "a\nbc|\nd"),
            ("a\nbc|d", InputLine::delete_to_start, "a\n|d"),
            ("a\n|d", InputLine::delete_to_start, "a|d"),
            ("a|b\nc", InputLine::delete_to_end, "a|\nc"),
            ("a|\nc", InputLine::delete_to_end, "a|c"),
            ("a|", InputLine::delete, "a|"),
        ];
        for (before, key, after) in cases {
            let mut line = at(before);
            key(&mut line);
            assert_eq!(shown(&line), *after, "from {before:?}");
        }
    }

    #[test]
    fn a_paste_comes_without_its_controls() {
        let mut line = at("a|z");
        assert!(line.insert("1\r\n2\t3\x1b[201~\u{9b}m"));
        assert_eq!(shown(&line), "a1\n2 3[201~m|z");
    }

    #[test]
    fn an_emoji_may_arrive_in_pieces() {
        let mut line = InputLine::default();
        for c in "👩\u{200d}👧".chars() {
            assert!(line.insert(&c.to_string()));
        }
        assert_eq!(line.text(), "👩\u{200d}👧");
        line.backspace();
        assert!(line.is_empty());
    }

    #[test]
    fn too_much_is_refused_whole() {
        let mut line = InputLine::with_text("abc");
        assert!(!line.insert(&"x".repeat(MAX_BYTES)));
        assert_eq!(shown(&line), "abc|");
        assert_eq!(InputLine::with_text(&"é".repeat(MAX_BYTES)).text().len(), MAX_BYTES);
    }

    #[test]
    fn rows_break_after_spaces_and_the_cursor_follows() {
        let rows = |line: &InputLine| line.rows(8).iter().map(ToString::to_string).collect::<Vec<_>>();
        let line = at("see you at five|");
        assert_eq!(rows(&line), ["see you ", "at five"]);
        assert_eq!(line.cursor_cell(8), (1, 7));
        assert_eq!(at("see you |at five").cursor_cell(8), (1, 0));
        let full = at("12345678|");
        assert_eq!((rows(&full), full.cursor_cell(8)), (vec!["12345678".into(), String::new()], (1, 0)));
        assert_eq!(at("日本|").cursor_cell(8), (0, 4));
        assert_eq!(at("a\n|").cursor_cell(8), (1, 0));
        assert_eq!(InputLine::default().cursor_cell(0), (0, 0));
    }

    #[test]
    fn up_and_down_keep_the_column() {
        let mut line = at("long li|ne\nx\nlong line");
        assert!(line.down(20));
        assert_eq!(shown(&line), "long line\nx|\nlong line");
        assert!(line.down(20));
        assert_eq!(shown(&line), "long line\nx\nlong li|ne");
        assert!(!line.down(20));
        assert!(line.up(20) && line.up(20));
        assert_eq!(shown(&line), "long li|ne\nx\nlong line");
        assert!(!line.up(20));
    }

    #[test]
    fn taking_leaves_nothing() {
        let mut line = at("ab|c");
        assert_eq!(line.take(), "abc");
        assert_eq!(line, InputLine::default());
    }

    fn key() -> impl Strategy<Value = (u8, String)> {
        let pieces = vec![
            "a", "word ", "\n", " ", "日", "👩", "\u{200d}", "\u{fe0f}", "\u{301}", "🇩", "🇪", "\u{1161}", "\x1b[2J",
            "\r", "क", "\u{94d}", "\u{600}", "\u{202e}",
        ];
        (0u8..20, proptest::sample::select(pieces).prop_map(str::to_owned))
    }

    fn press(line: &mut InputLine, key: u8, piece: &str, width: usize) {
        match key {
            0 => line.backspace(),
            1 => line.delete(),
            2 => line.delete_to_start(),
            3 => line.delete_to_end(),
            4 => line.delete_word(),
            5 => line.left(),
            6 => line.right(),
            7 => line.home(),
            8 => line.end(),
            9 => line.word_left(),
            10 => line.word_right(),
            11 => drop(line.up(width)),
            12 => drop(line.down(width)),
            13 => drop(line.newline()),
            _ => drop(line.insert(piece)),
        }
    }

    fn stays_whole(keys: Vec<(u8, String)>, width: usize) -> Result<(), TestCaseError> {
        let mut line = InputLine::default();
        for (key, piece) in keys {
            press(&mut line, key, &piece, width);
            let text = line.text();
            let between = text.grapheme_indices(true).any(|(at, _)| at == line.cursor()) || line.cursor() == text.len();
            prop_assert!(between, "{} in {text:?}", line.cursor());
            prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
            let (rows, (row, column)) = (line.rows(width), line.cursor_cell(width));
            prop_assert!(row < rows.len());
            prop_assert!(column < width.max(2), "column {column} of {width}");
            let alone = |row: Range<usize>| line.text[row].graphemes(true).filter(|g| cells(g) > 0).count() == 1;
            let fits = |(row, range): (&SafeText, Range<usize>)| row.width() <= width.max(2) || alone(range);
            prop_assert!(rows.iter().zip(line.layout(width)).all(fits), "{text:?}");
        }
        Ok(())
    }

    #[test]
    fn half_a_flag_before_half_a_syllable_broke_it_once() {
        let typed = |piece: &str| (14, piece.to_owned());
        let (vowel, flag) = (typed("\u{1161}"), typed("🇩"));
        let press = |keys: &[u8]| keys.iter().map(|key| (*key, "a".to_owned())).collect::<Vec<_>>();
        let keys = [
            vec![vowel.clone()],
            press(&[5, 13, 9, 1]),
            vec![flag.clone()],
            press(&[5, 4, 4, 14, 3, 1, 13, 0, 10]),
            vec![flag, vowel.clone()],
            press(&[1, 6, 1, 1, 1, 1, 1]),
            vec![vowel.clone(), vowel],
        ];
        stays_whole(keys.concat(), 0).unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn no_keys_break_it(keys in proptest::collection::vec(key(), 0..80), width in 0usize..20) {
            stays_whole(keys, width)?;
        }

        #[test]
        fn rows_lose_nothing(text in "[a-z日 \n]{0,60}", width in 2usize..20) {
            let line = InputLine::with_text(&text);
            let joined: String = line.rows(width).iter().map(ToString::to_string).collect();
            prop_assert_eq!(joined, text.replace('\n', ""));
        }
    }
}

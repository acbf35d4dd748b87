//! Reads a text that is no TOML as far as it goes: each mistake once, at its own place, and what the text says with those
//! mended of which it is plain how. A line that nobody can mend is left out, and then the text says too little to be looked
//! at further.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::de::DeTable;

use super::shape::{Edit, Fault};
use super::twice::{self, number};
use super::{Diagnostic, grammar, shape};

/// A text that was no TOML.
pub(in crate::config) struct Mended {
    /// What it says with its mistakes mended, line by line as it was.
    pub(in crate::config) text: String,
    /// What is wrong with it, at most one for each line.
    pub(in crate::config) mistakes: Vec<Diagnostic>,
    /// Lines that were mended, from 1. What else is wrong on them is told once that is right.
    pub(in crate::config) lines: BTreeSet<usize>,
    /// Whether it says everything now that its author meant, as far as that can be told.
    pub(in crate::config) whole: bool,
}

impl Mended {
    /// Whether something that was found in the mended text stands where that was mended.
    pub(in crate::config) fn hides(&self, found: &Diagnostic) -> bool {
        self.lines.contains(&found.line) && self.mistakes.first().is_some_and(|told| told.file == found.file)
    }
}

/// Mends a text; nothing for one that is TOML, or in which something is only written twice. It is read at most so often.
pub(in crate::config) fn mended(file: &str, source: &str, most: usize) -> Option<Mended> {
    first_error(source)?;
    let mut work = Work {
        file,
        text: source.to_owned(),
        mistakes: Vec::new(),
        lines: BTreeSet::new(),
        broken: BTreeSet::new(),
        doubtful: Vec::new(),
        whole: true,
    };
    work.shape(most);
    for _ in 0..most {
        let Some((said, at)) = first_error(&work.text) else { return Some(work.done()) };
        if !work.next(&said, at) {
            break;
        }
    }
    work.whole = false;
    Some(work.done())
}

/// What the reader says first, beside what is written twice, and where.
fn first_error(text: &str) -> Option<(String, Range<usize>)> {
    let (_, errors) = DeTable::parse_recoverable(text);
    let error = errors.iter().find(|error| !twice::is_double(error))?;
    Some((error.message().to_owned(), error.span().unwrap_or(text.len()..text.len())))
}

struct Work<'s> {
    file: &'s str,
    text: String,
    mistakes: Vec<Diagnostic>,
    lines: BTreeSet<usize>,
    /// Statements of which something was told, by the line on which they begin.
    broken: BTreeSet<usize>,
    /// Lines after a bracket that is not closed, to the next heading: what is odd there may come of it.
    doubtful: Vec<Range<usize>>,
    whole: bool,
}

impl Work<'_> {
    fn done(self) -> Mended {
        let Self { text, mistakes, lines, whole, .. } = self;
        Mended { text, mistakes, lines, whole }
    }

    fn tell(&mut self, fault: &Fault) {
        let told = Diagnostic::at(self.file, &self.text, fault.span.clone(), fault.message.as_str(), None);
        self.mistakes.push(Diagnostic { hint: Some(fault.hint.clone()), ..told });
    }

    fn is_doubtful(&self, line: usize) -> bool {
        self.doubtful.iter().any(|lines| lines.contains(&line))
    }

    /// Brackets and quotes, all at once.
    fn shape(&mut self, most: usize) {
        let found = shape::of(&self.text);
        let mut edits: Vec<Edit> = Vec::new();
        let mut told = BTreeSet::new();
        for fault in found.faults.iter().take(most) {
            let line = number(&self.text, fault.span.start);
            if told.insert(line) && !self.is_doubtful(line) {
                self.tell(fault);
            }
            let statement = found.statements.iter().find(|s| s.contains(&fault.span.start));
            if let Some(statement) = statement
                .filter(|_| ["this list is not closed", "this table is not closed"].contains(&fault.message.as_str()))
            {
                let after = found.statements.iter().skip_while(|next| next.start <= statement.start);
                let heading = after.into_iter().find(|next| self.text[(*next).clone()].starts_with('['));
                let end = heading.map_or(usize::MAX, |next| number(&self.text, next.start));
                // Only what its own statement does not hold.
                self.doubtful.push(number(&self.text, statement.end) + 1..end);
            }
            self.broken.extend(statement.map(|statement| number(&self.text, statement.start)));
            match &fault.edit {
                Some(edit) => edits.push(edit.clone()),
                None => self.whole = false,
            }
        }
        // Those at one place stay in the order in which they were found.
        edits.sort_by_key(|edit| edit.span.start);
        self.apply(&edits);
    }

    fn apply(&mut self, edits: &[Edit]) {
        let mut mended = String::with_capacity(self.text.len() + edits.len());
        let mut from = 0;
        for edit in edits {
            // Two that overlap are one too many.
            let Some(before) = self.text.get(from..edit.span.start) else { continue };
            mended.push_str(before);
            mended.push_str(&edit.put);
            from = edit.span.end;
            self.lines.insert(number(&self.text, edit.span.start));
        }
        mended.push_str(self.text.get(from..).unwrap_or_default());
        self.text = mended;
    }

    /// What the reader says next: told once for each statement, then mended or left out. False when that leads nowhere.
    fn next(&mut self, said: &str, at: Range<usize>) -> bool {
        let statements = shape::of(&self.text).statements;
        let Some(index) = statements.iter().rposition(|statement| statement.start <= at.start) else {
            let fault = grammar::fault(&self.text, &(0..self.text.len()), said, at);
            self.tell(&fault);
            return false;
        };
        let statement = statements[index].clone();
        let line = number(&self.text, statement.start);
        if self.broken.insert(line) && !self.is_doubtful(line) {
            let fault = grammar::fault(&self.text, &statement, said, at);
            self.tell(&fault);
            if let Some(edit) = fault.edit {
                self.apply(&[edit]);
                return true;
            }
        }
        self.whole = false;
        self.leave_out(&statements, index)
    }

    /// Takes a statement away; with a heading, whatever stands under it. False when nothing was there any more.
    fn leave_out(&mut self, statements: &[Range<usize>], index: usize) -> bool {
        let is_heading = |statement: &Range<usize>| self.text[statement.clone()].starts_with('[');
        let count = if is_heading(&statements[index]) {
            1 + statements[index + 1..].iter().take_while(|next| !is_heading(next)).count()
        } else {
            1
        };
        let mut left = String::with_capacity(self.text.len());
        let mut from = 0;
        for statement in &statements[index..index + count] {
            left.push_str(&self.text[from..statement.start]);
            let blank = |c: char| if matches!(c, '\n' | '\r') { c } else { ' ' };
            left.extend(self.text[statement.clone()].chars().map(blank));
            from = statement.end;
        }
        left.push_str(&self.text[from..]);
        let changed = left != self.text;
        self.text = left;
        changed
    }
}

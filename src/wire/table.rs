//! Tables as files: rows one after the other, in bounded memory whatever stands in them. With or without a byte order mark,
//! any line ends, commas or semicolons.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Seek as _};
use std::path::Path;
use std::rc::Rc;

use super::rows::Column;

/// The longest record, in bytes: a text and its names many times over.
const LONGEST: u64 = 256 * 1024;

/// What a row can be.
pub trait FileRow: Sized {
    /// Columns that must be there.
    const NEEDED: &'static [&'static str];
    /// Columns that may be.
    const MORE: &'static [&'static str];
    /// Columns of which some must be there: one at least of each of these.
    const ONE_OF: &'static [&'static [&'static str]] = &[];

    /// What a column is called, however a table writes its name.
    fn called(written: &str) -> String {
        written.trim().to_lowercase()
    }

    /// From named texts.
    fn of_columns(column: Column<'_>) -> Result<Self, String>;

    /// From an object of JSON.
    fn of_json(json: &str) -> Result<Self, String>;

    /// Whether a line by itself is such a row. Then it is no part of a field of the record before it, whose quote was not
    /// closed. Asked of no kind of row that loses nothing by it.
    fn is_row(_column: Column<'_>) -> bool {
        false
    }

    /// From a record whose fields may stand in the wrong columns, or from bytes that are no text, where a kind of row makes
    /// something of that. `why` says what is wrong.
    fn of_flawed(_flawed: Flawed<'_>, why: String) -> Result<Self, String> {
        Err(why)
    }
}

/// What a row may still be read from.
pub enum Flawed<'a> {
    /// Named texts: more of them, or fewer, than the first line names.
    Columns(Column<'a>),
    /// An object of JSON with signs in it that are no text.
    Json(&'a str),
}

/// Why there is no row.
pub enum Wrong {
    /// This one is not readable.
    Row(String),
    /// Nothing after it is.
    File(String),
}

/// The rows of a file. Each comes with the line it begins on.
pub struct Rows<R> {
    kind: Kind,
    bytes: Rc<Cell<u64>>,
    left: Rc<Cell<u64>>,
    over: bool,
    /// Rows that were read with the one before them.
    ahead: VecDeque<(u64, Result<R, Wrong>)>,
}

enum Kind {
    Csv { reader: Box<csv::Reader<Counted>>, columns: Columns, lines: Lines },
    JsonLines { reader: BufReader<Counted>, line: u64 },
}

/// What the first line of a table says.
struct Columns {
    names: Vec<String>,
    /// What stands between fields.
    divider: u8,
}

/// Counts what is read, and stops a record that does not end.
struct Counted {
    file: File,
    bytes: Rc<Cell<u64>>,
    left: Rc<Cell<u64>>,
    /// Where lines end in what is read ahead.
    ends: Rc<RefCell<VecDeque<u64>>>,
}

/// On which line a record of a table begins. The reader's own count stands before the blank lines, and before the second
/// half of a Windows line end, that it passes over first.
struct Lines {
    ends: Rc<RefCell<VecDeque<u64>>>,
    passed: u64,
}

impl Lines {
    /// A record was read up to this byte, with so many line ends inside its fields.
    fn passes(&mut self, end: u64, inside: u64) -> u64 {
        let mut ends = self.ends.borrow_mut();
        let (mut own, mut met) = (0, 0);
        while let Some(at) = ends.front().copied().filter(|at| *at < end) {
            ends.pop_front();
            self.passed += 1;
            met += 1;
            // A quote that is never closed takes the last line end of the file, too.
            own = u64::from(at + 1 == end && met > inside);
        }
        if own == 0 && ends.front() == Some(&end) {
            ends.pop_front();
            self.passed += 1;
            own = 1;
        }
        (self.passed + 1).saturating_sub(own + inside)
    }
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let most = usize::try_from(self.left.get()).unwrap_or(usize::MAX).min(buf.len());
        let n = self.file.read(&mut buf[..most])?;
        let read = u64::try_from(n).unwrap_or(u64::MAX);
        let ends = buf[..n].iter().zip(self.bytes.get()..).filter(|(byte, _)| **byte == b'\n').map(|(_, at)| at);
        self.ends.borrow_mut().extend(ends.filter(|_| self.left.get() < u64::MAX));
        self.bytes.set(self.bytes.get().saturating_add(read));
        self.left.set(self.left.get().saturating_sub(read));
        Ok(n)
    }
}

impl<R: FileRow> Rows<R> {
    /// The name tells what is in it. Fails when the first line of a table does not name its columns.
    pub fn open(name: &Path, mut file: File) -> Result<Self, String> {
        let (bytes, left) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(LONGEST)));
        let ends = Rc::new(RefCell::new(VecDeque::new()));
        let divider = divider(&mut file);
        let counted = Counted { file, bytes: Rc::clone(&bytes), left: Rc::clone(&left), ends: Rc::clone(&ends) };
        let ending = name.extension().and_then(|e| e.to_str()).map(str::to_lowercase);
        let kind = match ending.as_deref() {
            Some("csv") => {
                let mut reader =
                    Box::new(csv::ReaderBuilder::new().delimiter(divider).flexible(true).from_reader(counted));
                let columns = Columns { names: columns::<R>(&mut reader)?, divider };
                let mut lines = Lines { ends, passed: 0 };
                lines.passes(reader.position().byte(), 0);
                Kind::Csv { reader, columns, lines }
            }
            Some("jsonl" | "ndjson") => {
                left.set(u64::MAX);
                Kind::JsonLines { reader: BufReader::new(counted), line: 0 }
            }
            Some(_) | None => return Err("the name of the file must end in .csv or .jsonl".to_owned()),
        };
        Ok(Self { kind, bytes, left, over: false, ahead: VecDeque::new() })
    }

    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.get()
    }
}

/// What stands between the names of the first line: a spreadsheet of a country that writes `1,5` uses semicolons. What
/// cannot be read twice has commas.
fn divider(file: &mut File) -> u8 {
    let Ok(at) = file.stream_position() else { return b',' };
    let mut first = [0; 4096];
    let read = file.read(&mut first).unwrap_or_default();
    if file.seek(io::SeekFrom::Start(at)).is_err() {
        return b',';
    }
    let line = first[..read].split(|byte| *byte == b'\n').next().unwrap_or_default();
    if line.contains(&b';') && !line.contains(&b',') { b';' } else { b',' }
}

fn columns<R: FileRow>(reader: &mut csv::Reader<Counted>) -> Result<Vec<String>, String> {
    let header = reader.byte_headers().map_err(|e| unreadable(&e))?;
    let columns: Vec<String> = header.iter().map(|name| R::called(&String::from_utf8_lossy(name))).collect();
    for needed in R::NEEDED.iter().chain(R::MORE) {
        match columns.iter().filter(|name| name == needed).count() {
            0 if R::NEEDED.contains(needed) => {
                let all = R::NEEDED.join(",");
                return Err(format!("the first line names no column \"{needed}\"; write it {all}"));
            }
            0 | 1 => {}
            _ => return Err(format!("the first line names the column \"{needed}\" twice")),
        }
    }
    for any in R::ONE_OF {
        if !columns.iter().any(|name| any.contains(&name.as_str())) {
            return Err(format!("the first line names none of the columns {}", any.join(", ")));
        }
    }
    Ok(columns)
}

impl<R: FileRow> Iterator for Rows<R> {
    type Item = (u64, Result<R, Wrong>);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(row) = self.ahead.pop_front() {
            return Some(row);
        }
        if self.over {
            return None;
        }
        let next = match &mut self.kind {
            Kind::Csv { reader, columns, lines } => {
                self.left.set(LONGEST);
                record(reader, columns, lines, &mut self.ahead)
            }
            Kind::JsonLines { reader, line } => object(reader, line),
        };
        self.over = matches!(next, None | Some((_, Err(Wrong::File(_)))));
        next
    }
}

fn record<R: FileRow>(
    reader: &mut csv::Reader<Counted>,
    columns: &Columns,
    lines: &mut Lines,
    ahead: &mut VecDeque<(u64, Result<R, Wrong>)>,
) -> Option<(u64, Result<R, Wrong>)> {
    let mut record = csv::ByteRecord::new();
    match reader.read_byte_record(&mut record) {
        Ok(true) => {}
        Ok(false) => return None,
        Err(e) => return Some((lines.passed + 1, Err(Wrong::File(unreadable(&e))))),
    }
    let inside = record.iter().flatten().filter(|byte| **byte == b'\n').count();
    let line = lines.passes(reader.position().byte(), u64::try_from(inside).unwrap_or(0));
    if let Some(parts) = (inside > 0).then(|| swallowed::<R>(&record, columns)).flatten() {
        let why = |n: usize| (n == 0).then_some("a quote is opened here and not closed on this line");
        let read = |(n, part)| row(part, &columns.names, why(n));
        // An empty line is no row.
        let lines = (line..).zip(parts.iter().enumerate()).filter(|(_, (_, part))| !part.is_empty());
        ahead.extend(lines.map(|(line, part)| (line, read(part))));
        return ahead.pop_front();
    }
    Some((line, row(&record, &columns.names, None)))
}

/// What a record holds; `why` is what is wrong with it beside.
fn row<R: FileRow>(record: &csv::ByteRecord, columns: &[String], why: Option<&str>) -> Result<R, Wrong> {
    let column = column_of(record, columns);
    let row = match why {
        None if record.len() == columns.len() => R::of_columns(&column),
        None => {
            let why = format!("{} fields, and the first line names {}", record.len(), columns.len());
            R::of_flawed(Flawed::Columns(&column), why)
        }
        Some(why) => R::of_flawed(Flawed::Columns(&column), why.to_owned()),
    };
    row.map_err(Wrong::Row)
}

fn column_of<'r>(
    record: &'r csv::ByteRecord,
    columns: &'r [String],
) -> impl Fn(&str) -> Result<Option<String>, String> + 'r {
    move |key| {
        let Some(field) = columns.iter().position(|name| name == key).and_then(|at| record.get(at)) else {
            return Ok(None);
        };
        String::from_utf8(field.to_vec()).map(Some).map_err(|_| format!("{key} is not UTF-8"))
    }
}

/// The lines of a record in whose fields whole rows stand, each read by itself: a quote was opened and closed lines later, or
/// never. Nothing when its line ends are somebody's words.
fn swallowed<R: FileRow>(record: &csv::ByteRecord, columns: &Columns) -> Option<Vec<csv::ByteRecord>> {
    let mut form = csv::ReaderBuilder::new();
    form.delimiter(columns.divider).has_headers(false).flexible(true);
    let mut parts = vec![csv::ByteRecord::new()];
    for field in record {
        let mut lines = field.split(|byte| *byte == b'\n');
        parts.last_mut()?.push_field(lines.next().unwrap_or_default());
        // What stands behind the last line end goes on with the fields after it.
        for line in lines {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let mut reader = form.from_reader(line);
            let mut part = csv::ByteRecord::new();
            // Of bytes nothing can be wrong; an empty line is an empty record.
            reader.read_byte_record(&mut part).unwrap_or_default();
            parts.push(part);
        }
    }
    parts.iter().skip(1).any(|part| R::is_row(&column_of(part, &columns.names))).then_some(parts)
}

fn unreadable(e: &csv::Error) -> String {
    // Of bytes nothing else can be wrong.
    let csv::ErrorKind::Io(io) = e.kind() else { return "it cannot be read on".to_owned() };
    if io.kind() == io::ErrorKind::FileTooLarge {
        return format!("more than {} KiB in one record: a quote that is opened there is never closed", LONGEST / 1024);
    }
    format!("it cannot be read on: {io}")
}

fn object<R: FileRow>(reader: &mut BufReader<Counted>, line: &mut u64) -> Option<(u64, Result<R, Wrong>)> {
    loop {
        *line += 1;
        let mut bytes = Vec::new();
        let read = match reader.by_ref().take(LONGEST).read_until(b'\n', &mut bytes) {
            Ok(read) => u64::try_from(read).unwrap_or(u64::MAX),
            Err(e) => return Some((*line, Err(Wrong::File(format!("it cannot be read on: {e}"))))),
        };
        if read == 0 {
            return None;
        }
        if read == LONGEST && bytes.last() != Some(&b'\n') {
            let rest = skip_line(reader);
            let why = format!("longer than {} KiB", LONGEST / 1024);
            let wrong = rest.map_or_else(|e| Wrong::File(format!("it cannot be read on: {e}")), |()| Wrong::Row(why));
            return Some((*line, Err(wrong)));
        }
        let Ok(text) = std::str::from_utf8(&bytes) else {
            let text = String::from_utf8_lossy(&bytes);
            let row = R::of_flawed(Flawed::Json(text.trim()), "not UTF-8".to_owned());
            return Some((*line, row.map_err(Wrong::Row)));
        };
        let text = text.trim_start_matches('\u{feff}').trim();
        if !text.is_empty() {
            return Some((*line, R::of_json(text).map_err(Wrong::Row)));
        }
    }
}

/// Reads on to the end of a line without keeping it.
fn skip_line(reader: &mut BufReader<Counted>) -> io::Result<()> {
    loop {
        let (used, ended) = {
            let ahead = reader.fill_buf()?;
            match ahead.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (ahead.len(), ahead.is_empty()),
            }
        };
        reader.consume(used);
        if ended {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;

//! Texts from standard input, one a line: how the judges of texts are tried.

use std::io::{BufRead, BufWriter, Read as _, Write};

use anyhow::Context as _;

/// Bytes of one line: the longest text has 1,600 characters.
const LONGEST: u64 = 64 * 1024;

/// Asks about every text of standard input, and prints to standard output. A closed pipe ends quietly: whoever reads has
/// seen enough.
pub(super) fn all(run: impl FnOnce(&mut dyn BufRead, &mut dyn Write) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut input = std::io::stdin().lock();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let closed = |e: &std::io::Error| e.kind() == std::io::ErrorKind::BrokenPipe;
    match run(&mut input, &mut out).and_then(|()| Ok(out.flush()?)) {
        Err(e) if e.downcast_ref::<std::io::Error>().is_some_and(closed) => Ok(()),
        ended => ended,
    }
}

/// Calls for every line with its number, from 1 on. Bytes are taken as they are; what is longer than any text is cut.
pub(super) fn each(
    input: &mut dyn BufRead,
    mut ask: impl FnMut(u64, &str) -> anyhow::Result<()>,
) -> anyhow::Result<u64> {
    let (mut texts, mut line) = (0_u64, Vec::new());
    loop {
        line.clear();
        let read = (&mut *input).take(LONGEST).read_until(b'\n', &mut line).context("standard input failed")?;
        if read == 0 {
            return Ok(texts);
        }
        if !line.ends_with(b"\n") {
            skip_line(input)?;
        }
        let text = String::from_utf8_lossy(&line);
        texts += 1;
        ask(texts, text.trim_end_matches(['\n', '\r']))?;
    }
}

/// The rest of a line that is longer than any text.
fn skip_line(input: &mut dyn BufRead) -> anyhow::Result<()> {
    loop {
        let buffer = input.fill_buf().context("standard input failed")?;
        if buffer.is_empty() {
            return Ok(());
        }
        if let Some(at) = buffer.iter().position(|byte| *byte == b'\n') {
            input.consume(at + 1);
            return Ok(());
        }
        let length = buffer.len();
        input.consume(length);
    }
}

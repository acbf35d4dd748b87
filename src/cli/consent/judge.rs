//! `comeback consent judge`: a year of texts, judged as the backend would.

use std::io::{BufRead, Write};

use clap::Args;
use serde_json::json;

use crate::cli::lines;
use crate::domain::consent::{Keyword, keyword};
use crate::domain::revocation::{ENOUGH, Judgement, Spoke, judge};
use crate::domain::safe_text::SafeText;

/// Do these texts ask us to stop?
#[derive(Debug, Args)]
pub(in crate::cli) struct Judge {
    /// One JSON object a line, with the text's line number in place of the text.
    #[arg(long)]
    json: bool,
}

impl Judge {
    pub(super) fn run(self) -> anyhow::Result<()> {
        lines::all(|input, out| self.all(input, out))
    }

    fn all(&self, input: &mut dyn BufRead, out: &mut dyn Write) -> anyhow::Result<()> {
        let mut held = 0_u64;
        let texts = lines::each(input, |line, text| {
            let judgement = judged(text);
            held += u64::from(judgement.is_revocation());
            if self.json {
                writeln!(out, "{}", as_json(line, &judgement))?;
            } else {
                writeln!(out, "{}", in_words(text, &judgement))?;
            }
            Ok(())
        })?;
        if !self.json {
            writeln!(out, "{held} of {texts} would hold the number (from a score of {ENOUGH} on)")?;
        }
        Ok(())
    }
}

/// A text that is a word of the carriers or the law, and nothing else, opts out by itself: nobody weighs it.
fn judged(text: &str) -> Judgement {
    let mut judgement = judge(text);
    if keyword(text) == Some(Keyword::Stop) {
        judgement.spoke.insert(0, Spoke { pattern: "a keyword that opts out by itself".to_owned(), weight: ENOUGH });
        judgement.score += ENOUGH;
    }
    judgement
}

fn as_json(line: u64, judgement: &Judgement) -> serde_json::Value {
    let verdict = verdict(judgement);
    let Judgement { score, spoke, instead } = judgement;
    json!({ "line": line, "verdict": verdict, "score": score, "spoke": spoke, "instead": instead })
}

fn in_words(text: &str, judgement: &Judgement) -> String {
    let spoke = judgement.spoke.iter().map(|one| format!("{} {:+}", one.pattern, one.weight));
    let instead = judgement.instead.iter().map(|name| format!("not counted: {name}"));
    let why = spoke.chain(instead).collect::<Vec<_>>().join("; ");
    let why = if why.is_empty() { String::new() } else { format!("  ({why})") };
    format!("{:<10} {:>3}  {}{why}", verdict(judgement), judgement.score, SafeText::line(text))
}

const fn verdict(judgement: &Judgement) -> &'static str {
    if judgement.is_revocation() { "revocation" } else { "reply" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(json: bool, mut input: &[u8]) -> String {
        let mut out = Vec::new();
        Judge { json }.all(&mut input, &mut out).expect("memory does not fail");
        String::from_utf8(out).expect("we write text")
    }

    #[test]
    fn every_line_is_judged_and_says_by_what() {
        let told = said(false, b"please take me off your list\r\nstop by at 5\n");
        let lines: Vec<_> = told.lines().collect();
        assert!(lines[0].starts_with("revocation") && lines[0].contains("take me off +8"), "{told}");
        assert!(lines[1].starts_with("reply") && lines[1].contains("not counted: stop somewhere"), "{told}");
        assert_eq!(lines[2], "1 of 2 would hold the number (from a score of 4 on)");
    }

    #[test]
    fn a_word_of_the_carriers_alone_is_a_revocation() {
        let told = said(false, b"CANCEL\nend.\ncancel my 3pm\n");
        let lines: Vec<_> = told.lines().collect();
        assert!(lines[0].starts_with("revocation") && lines[0].contains("a keyword that opts out by itself"), "{told}");
        assert!(lines[1].starts_with("revocation") && lines[2].starts_with("reply"), "{told}");
    }

    #[test]
    fn json_names_the_line_and_never_the_text() {
        let told = said(true, b"hello there\nlose my number");
        assert!(!told.contains("hello") && !told.contains("\"lose my number\",\"line"), "{told}");
        let second: serde_json::Value = serde_json::from_str(told.lines().nth(1).expect("two lines")).expect("JSON");
        assert_eq!((&second["line"], &second["verdict"]), (&json!(2), &json!("revocation")));
    }

    #[test]
    fn a_line_without_end_is_one_text_and_bytes_are_taken_as_they_are() {
        let mut input = vec![b'a'; 200_000];
        input.extend(b"\nstop texting me\n\xff\xfe\n");
        assert_eq!(said(true, &input).lines().count(), 3);
    }
}

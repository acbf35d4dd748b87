//! `comeback kind judge`: a year of texts, each with the kind that the screen would show.

use std::io::{BufRead, Write};

use clap::Args;
use serde_json::json;

use crate::cli::lines;
use crate::domain::consent::ConsentRules;
use crate::domain::kind::{Judgement, MessageKind, judged};
use crate::domain::message::classify;
use crate::domain::safe_text::SafeText;

/// Which kind are these texts?
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
        let rules = ConsentRules::default();
        let mut counts = [0_u64; 8];
        let texts = lines::each(input, |line, text| {
            // As the backend reads it: what a phone wrote by itself is automatic whatever its words are.
            let judgement = judged(classify(&rules, text, 0, None, false), text);
            counts[judgement.kind as usize] += 1;
            if self.json {
                writeln!(out, "{}", as_json(line, &judgement))?;
            } else {
                writeln!(out, "{}", in_words(text, &judgement))?;
            }
            Ok(())
        })?;
        if !self.json {
            let counted = MessageKind::ALL.iter().zip(counts).filter(|(_, count)| *count > 0);
            let counted: Vec<_> = counted.map(|(kind, count)| format!("{count} {}", kind.word())).collect();
            let counted = if texts == 0 { String::new() } else { format!(": {}", counted.join(", ")) };
            writeln!(out, "{texts} texts{counted}")?;
        }
        Ok(())
    }
}

fn as_json(line: u64, judgement: &Judgement) -> serde_json::Value {
    let scores: serde_json::Map<_, _> = MessageKind::ALL
        .iter()
        .zip(judgement.scores)
        .filter(|(_, score)| *score != 0)
        .map(|(kind, score)| (kind.name().to_owned(), json!(score)))
        .collect();
    let Judgement { kind, reasons, instead, .. } = judgement;
    json!({
        "line": line,
        "kind": kind,
        "score": judgement.score(),
        "sure": judgement.is_sure(),
        "scores": scores,
        "spoke": reasons,
        "instead": instead,
    })
}

fn in_words(text: &str, judgement: &Judgement) -> String {
    let spoke = judgement.reasons.iter();
    let spoke = spoke.map(|one| format!("{}: {} {:+}", one.kind.word(), one.spoke.pattern, one.spoke.weight));
    let instead = judgement.instead.iter().map(|name| format!("not counted: {name}"));
    let why = spoke.chain(instead).collect::<Vec<_>>().join("; ");
    let why = if why.is_empty() { "nothing spoke: taken for a plain answer".to_owned() } else { why };
    let sure = if judgement.is_sure() { ' ' } else { '?' };
    format!("{:<12}{sure} {:>3}  {}  ({why})", judgement.kind.word(), judgement.score(), SafeText::line(text))
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
    fn every_line_gets_a_kind_and_says_by_what() {
        let said = said(false, b"how much is it\r\nwrong number\nxyzzy\n");
        let lines: Vec<_> = said.lines().collect();
        assert!(lines[0].starts_with("pricing") && lines[0].contains("asks what it costs +7"), "{said}");
        assert!(lines[1].starts_with("wrong person"), "{said}");
        assert!(lines[2].starts_with("positive    ?") && lines[2].contains("nothing spoke"), "{said}");
        assert_eq!(lines[3], "3 texts: 1 wrong person, 1 pricing, 1 positive");
        assert_eq!(super::tests::said(false, b""), "0 texts\n");
    }

    #[test]
    fn json_names_the_line_and_never_the_text() {
        let said = said(true, b"hello there\ncan we talk tuesday at 3pm?");
        assert!(!said.contains("hello there"), "{said}");
        let second: serde_json::Value = serde_json::from_str(said.lines().nth(1).expect("two lines")).expect("JSON");
        assert_eq!(
            (&second["line"], &second["kind"], &second["sure"]),
            (&json!(2), &json!("scheduling"), &json!(true))
        );
    }

    #[test]
    fn what_a_phone_wrote_is_automatic_and_bytes_are_taken_as_they_are() {
        let said = said(true, "Liked “how much is it”\n".as_bytes());
        assert!(said.contains("\"kind\":\"automatic\""), "{said}");
        let mut input = vec![b'a'; 200_000];
        input.extend(b"\nok\n\xff\xfe\n");
        assert_eq!(super::tests::said(true, &input).lines().count(), 3);
    }
}

//! Findings, and the report of them that can be pasted anywhere.

use std::fmt::Write as _;

use serde_json::json;

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// As it should be.
    Fine,
    /// Worth a look.
    Look,
    /// Something does not work because of it.
    Wrong,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Look => "look",
            Self::Wrong => "WRONG",
        }
    }
}

#[derive(Debug)]
struct Finding {
    area: &'static str,
    what: &'static str,
    state: State,
    said: String,
    /// What to do next; empty when nothing.
    next: String,
}

/// Everything that was found, what is of one area together. What goes into it may hold secrets; what comes out holds
/// none.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: Vec<Finding>,
    /// What must not come out, and what stands in its place.
    hidden: Vec<(String, &'static str)>,
    home: Option<String>,
}

impl Report {
    pub(super) fn new() -> Self {
        let home = std::env::home_dir().map(|h| h.display().to_string().trim_end_matches('/').to_owned());
        Self { home: home.filter(|h| !h.is_empty()), ..Self::default() }
    }

    /// A text that must not come out.
    pub(super) fn hide(&mut self, secret: &str) {
        if !secret.trim().is_empty() {
            self.replace(secret.trim(), "[hidden]");
        }
    }

    /// A text that comes out as another.
    pub(super) fn replace(&mut self, text: &str, by: &'static str) {
        self.hidden.push((text.to_owned(), by));
    }

    pub(super) fn fine(&mut self, area: &'static str, what: &'static str, said: impl Into<String>) {
        self.add(area, what, State::Fine, said.into(), String::new());
    }

    pub(super) fn look(
        &mut self,
        area: &'static str,
        what: &'static str,
        said: impl Into<String>,
        next: impl Into<String>,
    ) {
        self.add(area, what, State::Look, said.into(), next.into());
    }

    pub(super) fn wrong(
        &mut self,
        area: &'static str,
        what: &'static str,
        said: impl Into<String>,
        next: impl Into<String>,
    ) {
        self.add(area, what, State::Wrong, said.into(), next.into());
    }

    fn add(&mut self, area: &'static str, what: &'static str, state: State, said: String, next: String) {
        let last = self.findings.iter().rposition(|f| f.area == area);
        let place = last.map_or(self.findings.len(), |last| last + 1);
        self.findings.insert(place, Finding { area, what, state, said, next });
    }

    /// How many are wrong.
    pub(super) fn wrong_count(&self) -> usize {
        self.findings.iter().filter(|f| f.state == State::Wrong).count()
    }

    pub(super) fn json(&self) -> String {
        let one = |f: &Finding| {
            let (said, next) = (self.clean(&f.said), self.clean(&f.next));
            json!({ "area": f.area, "what": f.what, "state": f.state.word(), "said": said, "next": next })
        };
        let findings: Vec<_> = self.findings.iter().map(one).collect();
        let all = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "system": system(),
            "well": self.wrong_count() == 0,
            "findings": findings,
        });
        serde_json::to_string_pretty(&all).unwrap_or_default()
    }

    pub(super) fn text(&self) -> String {
        let mut out = format!("comeback {} on {}\n", env!("CARGO_PKG_VERSION"), system());
        let mut area = "";
        for f in &self.findings {
            if f.area != area {
                area = f.area;
                let _ = writeln!(out, "\n{area}");
            }
            let said = self.clean(&f.said).replace('\n', "\n                        ");
            let _ = writeln!(out, "  {:<5}  {:<14}  {said}", f.state.word(), f.what);
            if !f.next.is_empty() {
                let _ = writeln!(out, "                        → {}", self.clean(&f.next));
            }
        }
        out
    }

    /// Without secrets, numbers, the name of the home folder, and anything that moves a cursor.
    fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (secret, by) in &self.hidden {
            text = text.replace(secret, by);
        }
        if let Some(home) = &self.home {
            text = text.replace(&format!("{home}/"), "~/");
            if text.ends_with(home.as_str()) {
                text.replace_range(text.len() - home.len().., "~");
            }
        }
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some(c) = rest.chars().next() {
            let digits = if c == '+' { rest[1..].bytes().take_while(u8::is_ascii_digit).count() } else { 0 };
            if digits >= 7 {
                out.push_str("[number]");
                rest = &rest[1 + digits..];
            } else {
                out.push(if c.is_control() && c != '\n' { '\u{fffd}' } else { c });
                rest = &rest[c.len_utf8()..];
            }
        }
        out
    }
}

fn system() -> String {
    format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_stands_once_however_often_it_is_come_back_to() {
        let mut report = Report::default();
        for (area, what) in [("clock", "ours"), ("URL", "address"), ("clock", "theirs"), ("CRM", "x"), ("URL", "then")]
        {
            report.fine(area, what, "well");
        }
        let order: Vec<&str> = report.findings.iter().map(|f| f.what).collect();
        assert_eq!(order, ["ours", "theirs", "address", "then", "x"]);
        let text = report.text();
        assert_eq!(text.lines().filter(|line| ["clock", "URL", "CRM"].contains(line)).count(), 3, "{text}");
    }

    #[test]
    fn what_comes_out_can_be_pasted() {
        let mut report = Report { home: Some("/home/maya".to_owned()), ..Report::default() };
        report.hide("cbd_s3cret\n");
        report.hide("");
        report.wrong("a", "b", "/home/maya/x has cbd_s3cret for +14155550123\u{1b}[2J", "see /home/maya");
        report.fine("a", "c", "/home/mayabel is somebody else's; +1 day");
        for out in [report.text(), report.json()] {
            for secret in ["cbd_s3cret", "4155550123", "/home/maya/", "\u{1b}"] {
                assert!(!out.contains(secret), "{secret:?} in {out}");
            }
            assert!(out.contains("~/x has [hidden] for [number]") && out.contains("see ~"), "{out}");
            assert!(out.contains("/home/mayabel is somebody else's; +1 day"), "{out}");
        }
        assert_eq!(report.wrong_count(), 1);
    }
}

//! The times of day of a text.

use std::ops::Range;

use chrono_tz::Tz;

use super::Clock;
use super::clauses::{Reader, What};
use super::dates::{Found, Kind};
use super::words::{AFTER, AT, BEHIND, Token, UNTIL, among};

const MORNING: Range<u32> = 9 * 60..12 * 60;
const AFTERNOON: Range<u32> = 12 * 60..17 * 60;
const EVENING: Range<u32> = 17 * 60..21 * 60;

/// A time as it was read.
#[derive(Clone, Debug)]
pub(super) struct Time {
    pub(super) clock: Clock,
    /// How many tokens it takes.
    pub(super) taken: usize,
    pub(super) bound: Bound,
    /// When it ends, where the text says so, in minutes after midnight.
    pub(super) end: Option<u32>,
}

/// What is meant of the time: itself, what comes before it, or what comes after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    At,
    Before,
    After,
}

impl Reader<'_> {
    pub(super) fn clock(&self, at: usize) -> Option<Time> {
        if self.ends_a_stretch(at) {
            return None;
        }
        let (clock, taken) = self.said(at)?;
        let begun = match &clock {
            Clock::At { minutes, .. } => minutes.first().copied(),
            Clock::Within(_) => None,
        };
        let end = begun.and_then(|begun| self.end(at, taken, begun));
        Some(Time { clock, taken, bound: self.bound(at), end })
    }

    fn said(&self, at: usize) -> Option<(Clock, usize)> {
        match self.tokens[at] {
            Token::Word("noon" | "midday") => Some((self.at(at + 1, vec![12 * 60]), 1)),
            Token::Word(word) => {
                let part = match word {
                    "morning" | "mornings" => MORNING,
                    "afternoon" | "afternoons" => AFTERNOON,
                    "evening" | "evenings" => EVENING,
                    _ => return None,
                };
                // "Good morning" greets.
                let led = matches!(self.word_before(at), Some("the" | "early" | "late" | "any" | "every"));
                (led || word.ends_with('s') || self.ends.0 == at).then_some((Clock::Within(part), 1))
            }
            Token::Number(hour, minutes) => self.numbered(at, hour, minutes),
            Token::Mark(_) => None,
        }
    }

    fn bound(&self, at: usize) -> Bound {
        match self.lead(at) {
            Some((lead, "than")) => match self.word_before(lead) {
                Some("earlier" | "sooner") => Bound::Before,
                Some("later") => Bound::After,
                Some(_) | None => Bound::At,
            },
            Some((_, word)) if among(UNTIL, word) => Bound::Before,
            Some((_, word)) if among(AFTER, word) => Bound::After,
            Some(_) | None => Bound::At,
        }
    }

    /// Whether it is the "4pm" of "2pm to 4pm".
    fn ends_a_stretch(&self, at: usize) -> bool {
        let between = || self.tokens[..at].iter().rev().take(5).any(|token| *token == Token::Word("between"));
        let joined = match at.checked_sub(1).map(|at| self.tokens[at]) {
            Some(Token::Word("to" | "until" | "till") | Token::Mark('-' | '–')) => true,
            Some(Token::Word("and")) => between(),
            Some(Token::Word(_) | Token::Mark(_) | Token::Number(..)) | None => false,
        };
        joined && self.ends.1 > 0 && self.ends.1 + 1 == at
    }

    /// Of a stretch, when it ends: "2-4pm", "between 10 and 2".
    fn end(&self, at: usize, taken: usize, begun: u32) -> Option<u32> {
        let between = self.word_before(at) == Some("between");
        let joins = |at: usize| {
            let to = matches!(self.word(at), Some("to" | "until" | "till")) || self.is_mark(Some(at), "-–");
            to || (between && self.word(at) == Some("and"))
        };
        let by = [at + 1, at + taken].into_iter().find(|at| joins(*at))?;
        let Some(Token::Number(hour @ 0..=23, minutes)) = self.tokens.get(by + 1).copied() else { return None };
        let told = hour * 60 + minutes.map_or(0, |(_, minute)| minute.min(59));
        [told % (12 * 60), told % (12 * 60) + 12 * 60, told].into_iter().filter(|end| *end > begun).min()
    }

    fn at(&self, behind: usize, minutes: Vec<u32>) -> Clock {
        use chrono_tz::America::{Chicago, Denver, Los_Angeles, New_York};
        let zone = match self.word(behind) {
            Some("et" | "est" | "edt" | "eastern") => Some(New_York),
            Some("ct" | "cst" | "cdt" | "central") => Some(Chicago),
            Some("mt" | "mst" | "mdt" | "mountain") => Some(Denver),
            Some("pt" | "pst" | "pdt" | "pacific") => Some(Los_Angeles),
            Some("utc" | "gmt") => Some(Tz::UTC),
            Some("your") if self.word(behind + 1) == Some("time") => Some(self.rep),
            Some(_) | None => None,
        };
        Clock::At { minutes, zone }
    }

    fn numbered(&self, at: usize, hour: u32, minutes: Option<(char, u32)>) -> Option<(Clock, usize)> {
        if self.is_mark(at.checked_sub(1), "$€£#+/%") || self.is_mark(Some(at + 1), "%/$€£") {
            return None;
        }
        let (half, told) = self.half(at + 1);
        let behind = at + 1 + told;
        let colon = minutes.is_some_and(|(sign, _)| sign == ':');
        // "930am", "1030 tomorrow".
        let solid = minutes.is_none() && hour > 99;
        let (hour, minute) = match minutes {
            Some((_, minute)) => (hour, minute),
            None if solid => (hour / 100, hour % 100),
            None => (hour, 0),
        };
        let of = |hour: u32, pm: bool| (hour % 12 + if pm { 12 } else { 0 }) * 60 + minute;
        if minute > 59 || hour > 23 || (solid && half.is_none() && minute % 15 != 0) {
            return None;
        }
        if !(1..=12).contains(&hour) {
            let is_time = colon || ((solid || minutes.is_some()) && self.is_bare_time(at, hour));
            return (is_time && half.is_none()).then(|| (self.at(behind, vec![hour * 60 + minute]), 1));
        }
        if let Some(pm) = half {
            return Some((self.at(behind, vec![of(hour, pm)]), 1 + told));
        }
        if let Some((pm, taken)) = self.half_of_the_next(at, hour) {
            return Some((self.at(at + 4, vec![of(hour, pm)]), taken));
        }
        if !(colon || told > 0 || self.is_bare_time(at, hour)) {
            return None;
        }
        let am_first = (7..=11).contains(&hour);
        Some((self.at(behind, vec![of(hour, !am_first), of(hour, am_first)]), 1 + told))
    }

    /// Which half of the day is said behind a number, and in how many tokens; "o'clock" says none.
    fn half(&self, at: usize) -> (Option<bool>, usize) {
        match self.word(at) {
            Some("am") => (Some(false), 1),
            Some("pm") => (Some(true), 1),
            Some("o'clock" | "oclock" | "ish") => {
                let (half, told) = self.half(at + 1);
                (half, told + 1)
            }
            Some("in") if self.word(at + 1) == Some("the") => match self.word(at + 2) {
                Some("morning") => (Some(false), 3),
                Some("afternoon" | "evening") => (Some(true), 3),
                Some(_) | None => (None, 0),
            },
            Some(_) | None => (None, 0),
        }
    }

    /// The half of the day of the "2" in "2-4pm" and "2 or 4pm", and how many tokens are done with it.
    fn half_of_the_next(&self, at: usize, hour: u32) -> Option<(bool, usize)> {
        let stretch = self.is_mark(Some(at + 1), "-–") || self.word(at + 1) == Some("to");
        if !stretch && !matches!(self.word(at + 1), Some("or" | "and")) {
            return None;
        }
        let Some(Token::Number(next @ 1..=12, _)) = self.tokens.get(at + 2).copied() else { return None };
        let pm = match self.word(at + 3) {
            Some("am") => false,
            Some("pm") => true,
            Some(_) | None => return None,
        };
        Some((if hour % 12 < next % 12 { pm } else { !pm }, if stretch { 4 } else { 1 }))
    }

    /// Whether a lone number is a time: "at 3 works", "Thursday 10", "at 10 or 11", "10, 11 or 2 tomorrow".
    fn is_bare_time(&self, at: usize, hour: u32) -> bool {
        let before = self.word_before(at);
        let goes_on = match self.tokens.get(at + 1) {
            Some(Token::Word(word)) => among(BEHIND, word) || self.is_day(at + 1) || self.has_zone(at + 1),
            Some(Token::Mark(_)) | None => true,
            Some(Token::Number(..)) => false,
        };
        // "March 12 12" and "March 12 2030" say no time.
        let of_month = || match self.seen.last().map(|seen| &seen.what) {
            Some(What::Day { day, .. }) => {
                let is_year =
                    day.kind == Kind::Dated && (19..=20).contains(&hour) && self.word_before(at) != Some("at");
                is_year || day.days.iter().any(|date| chrono::Datelike::day(date) == hour)
            }
            Some(What::Clock(_) | What::Unread(_)) | None => false,
        };
        let led = before.is_some_and(|word| among(AT, word) || among(UNTIL, word) || word == "not" || word == "than")
            || self.is_mark(at.checked_sub(1), "@");
        let another = matches!(before, Some("or")) || self.is_mark(at.checked_sub(1), ",");
        let another = another && self.ends.1 > 0 && self.ends.1 + 1 == at;
        let comma = usize::from(self.is_mark(at.checked_sub(1), ","));
        let of_day = self.ends.0 > 0 && self.ends.0 + comma == at && !of_month();
        goes_on && (led || another || of_day || self.leads_to_a_day(at))
    }

    /// Whether numbers and then a day follow, with nothing else before the first: "10, 11 or 2 tomorrow".
    fn leads_to_a_day(&self, from: usize) -> bool {
        if self.word_before(from).is_some_and(|word| !among("or but do make", word))
            || self.is_number(from.checked_sub(1))
        {
            return false;
        }
        let mut at = from;
        while self.is_number(Some(at)) {
            at += 1;
            let joins = |at: usize| self.is_mark(Some(at), ",") || matches!(self.word(at), Some("or" | "and"));
            while joins(at) && (self.is_number(Some(at + 1)) || joins(at + 1)) {
                at += 1;
            }
        }
        self.is_day(at + usize::from(self.word(at) == Some("on")))
    }

    fn is_number(&self, at: Option<usize>) -> bool {
        matches!(at.and_then(|at| self.tokens.get(at)), Some(Token::Number(..)))
    }

    fn is_day(&self, at: usize) -> bool {
        at < self.tokens.len() && self.word(at).is_some() && matches!(self.day(at), Some(Found::Day(_)))
    }

    fn has_zone(&self, at: usize) -> bool {
        matches!(self.at(at, Vec::new()), Clock::At { zone: Some(_), .. })
    }
}

//! The days and times of day that a buyer's texts name: "Thursday 10am", "tomorrow at 3 or Friday afternoon".
//!
//! English, and only what is plain. What is not read costs nothing: times are then offered as to a text that names none. A
//! day goes by the text that it stands in, and every time by the buyer's clock unless the text says whose.

mod words;

use std::ops::Range;

use chrono::{Datelike as _, Days, NaiveDate, TimeZone as _, Weekday};
use chrono_tz::Tz;

use self::words::{AT, BE, BEHIND, GONE, NO, NO_NO, TURNS, Token, UNTIL, among, month, plain, tokens, weekday};
use crate::domain::time::Timestamp;

/// What some texts name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// When it suits them, days with a time first.
    pub wishes: Vec<Wish>,
    /// Days that do not.
    pub barred: Vec<NaiveDate>,
}

/// A day, a time of day, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The days that it may be, the likeliest first; none where only a time of day is named.
    pub days: Vec<NaiveDate>,
    /// The time of day.
    pub clock: Option<Clock>,
}

/// A time of day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clock {
    /// One instant.
    At {
        /// Minutes after midnight; of "at 3" both that it may be, the likelier first.
        minutes: Vec<u32>,
        /// By whose clock, where the text says so.
        zone: Option<Tz>,
    },
    /// A part of the day, in minutes after midnight.
    Within(Range<u32>),
}

const MORNING: Range<u32> = 9 * 60..12 * 60;
const AFTERNOON: Range<u32> = 12 * 60..17 * 60;

/// Reads texts that came one after the other, oldest first. The newest that names a day counts, with the times that come
/// after it: "Thursday?" and "10am works" may be two texts.
pub fn read(texts: &[(Timestamp, &str)], buyer: Tz, rep: Tz) -> Named {
    let (mut items, mut barred, mut has_day) = (Vec::new(), Vec::new(), false);
    for (at, text) in texts.iter().rev() {
        let text = plain(text);
        let written = buyer.from_utc_datetime(&at.utc().naive_utc()).date_naive();
        let mut reader =
            Reader { tokens: tokens(&text), written, rep, items: Vec::new(), barred: Vec::new(), ends: (0, 0) };
        reader.read();
        barred.append(&mut reader.barred);
        if !has_day {
            has_day = reader.items.iter().any(|item| matches!(item, Item::Days(_)));
            items.splice(0..0, reader.items);
        }
    }
    let wishes = paired(&items);
    // What they want now, they do not rule out.
    barred.retain(|day| !wishes.iter().any(|wish| wish.days.contains(day)));
    Named { wishes, barred }
}

/// What was read, in the order of the text.
#[derive(Clone, Debug)]
enum Item {
    /// Days side by side, each with those that it may be: "Thursday or Friday".
    Days(Vec<Vec<NaiveDate>>),
    Clock(Clock),
}

/// Each time with its day: the one before it, or the one behind it where the text begins with a time.
fn paired(items: &[Item]) -> Vec<Wish> {
    let clock_first = matches!(items.first(), Some(Item::Clock(_)));
    let is_days = |item: &Item| matches!(item, Item::Days(_));
    let place = |of: usize| {
        let before = items[..of].iter().rposition(is_days);
        let behind = items[of..].iter().position(is_days).map(|at| of + at);
        if clock_first { behind.or(before) } else { before.or(behind) }
    };
    let (mut wishes, mut taken) = (Vec::new(), Vec::new());
    for (at, item) in items.iter().enumerate() {
        let Item::Clock(clock) = item else { continue };
        let clock = Some(clock.clone());
        match place(at).map(|place| (place, &items[place])) {
            Some((place, Item::Days(all))) => {
                taken.push(place);
                wishes.extend(all.iter().map(|days| Wish { days: days.clone(), clock: clock.clone() }));
            }
            Some((_, Item::Clock(_))) | None => wishes.push(Wish { days: Vec::new(), clock }),
        }
    }
    for (at, item) in items.iter().enumerate() {
        if let (Item::Days(all), false) = (item, taken.contains(&at)) {
            wishes.extend(all.iter().map(|days| Wish { days: days.clone(), clock: None }));
        }
    }
    wishes
}

/// Reads one text.
struct Reader<'t> {
    tokens: Vec<Token<'t>>,
    /// The buyer's day on which it was written.
    written: NaiveDate,
    /// Of whose clock "your time" is.
    rep: Tz,
    items: Vec<Item>,
    barred: Vec<NaiveDate>,
    /// Behind which tokens the last day and the last time end.
    ends: (usize, usize),
}

/// A day as it was read.
struct Day {
    days: Vec<NaiveDate>,
    /// How many tokens it takes.
    taken: usize,
    /// It has a date: a weekday before it is the same day.
    dated: bool,
}

/// What a clause says of the days in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Yes,
    No,
    /// "Not before Thursday" is Thursday.
    NotUntil,
}

impl Reader<'_> {
    fn read(&mut self) {
        let says = self.clauses();
        let mut at = 0;
        while at < self.tokens.len() {
            let taken = if let Some(day) = self.day(at) {
                let taken = day.taken;
                self.add(day, at, says[at]);
                taken
            } else if let Some((clock, taken)) = self.clock(at) {
                self.ends.1 = at + taken;
                if says[at] != Says::No {
                    // "Thursday morning at 10" is one time.
                    self.items.pop_if(|last| matches!(last, Item::Clock(Clock::Within(_))));
                    self.items.push(Item::Clock(clock));
                }
                taken
            } else {
                1
            };
            at += taken;
        }
    }

    fn word(&self, at: usize) -> Option<&str> {
        if let Some(Token::Word(word)) = self.tokens.get(at) { Some(word) } else { None }
    }

    fn word_before(&self, at: usize) -> Option<&str> {
        at.checked_sub(1).and_then(|at| self.word(at))
    }

    fn is_mark(&self, at: Option<usize>, marks: &str) -> bool {
        let token = at.and_then(|at| self.tokens.get(at));
        matches!(token, Some(Token::Mark(mark)) if marks.contains(*mark))
    }

    /// Of each token, what its clause says.
    fn clauses(&self) -> Vec<Says> {
        let mut says = vec![Says::Yes; self.tokens.len()];
        let mut from = 0;
        for at in 1..=self.tokens.len() {
            if at < self.tokens.len() && !self.turns(at) {
                continue;
            }
            // "I can't Thursday, Friday or Monday": a clause of days alone goes on with what was said.
            let goes_on = from > 0 && self.is_mark(Some(from), ",") && self.only_days(from + 1..at);
            let said = if goes_on { says[from - 1] } else { self.clause(from..at) };
            says[from..at].fill(said);
            from = at;
        }
        says
    }

    /// Whether another clause begins here.
    fn turns(&self, at: usize) -> bool {
        match self.tokens[at] {
            Token::Word(word) => among(TURNS, word),
            Token::Mark('-') => !matches!(self.tokens.get(at + 1), Some(Token::Number(..))),
            Token::Mark(mark) => ",;.!?\n–—".contains(mark),
            Token::Number(..) => false,
        }
    }

    fn only_days(&self, mut range: Range<usize>) -> bool {
        !range.is_empty()
            && range.all(|at| self.word(at).is_some_and(|w| weekday(w).is_some() || w == "or" || w == "and"))
    }

    fn clause(&self, range: Range<usize>) -> Says {
        let (mut no, mut until) = (false, false);
        for at in range {
            let Some(word) = self.word(at) else { continue };
            let before = |words: &str| self.word_before(at).is_some_and(|before| among(words, before));
            let gone = among(GONE, word) && before(BE);
            let not = (among(NO, word) || word.ends_with("n't")) && !before("why");
            no |= gone || (not && !self.word(at + 1).is_some_and(|next| among(NO_NO, next)));
            until |= among(UNTIL, word);
        }
        match (no, until) {
            (false, _) => Says::Yes,
            (true, false) => Says::No,
            (true, true) => Says::NotUntil,
        }
    }

    fn add(&mut self, day: Day, at: usize, says: Says) {
        let between = &self.tokens[self.ends.0..at];
        let joins =
            |token: &Token<'_>| matches!(token, Token::Word("or" | "and" | "on" | "the") | Token::Mark(',' | '/'));
        let beside = between.iter().all(joins);
        let another = between.iter().any(|token| matches!(token, Token::Word("or" | "and")));
        let until = self.word_before(at).is_some_and(|word| among(UNTIL, word));
        self.ends.0 = at + day.taken;
        match says {
            Says::No => return self.barred.extend(day.days),
            // "Hold the price until Friday" asks for no Friday.
            Says::Yes if until => return,
            Says::Yes | Says::NotUntil => {}
        }
        match self.items.last_mut() {
            Some(Item::Days(all)) if beside => {
                if day.dated && !another {
                    all.pop();
                }
                all.push(day.days);
            }
            Some(Item::Days(_) | Item::Clock(_)) | None => self.items.push(Item::Days(vec![day.days])),
        }
    }

    fn day(&self, at: usize) -> Option<Day> {
        let ahead = |days| self.written.checked_add_days(Days::new(days));
        let plainly = |days: Option<NaiveDate>, taken| Some(Day { days: vec![days?], taken, dated: false });
        let Some(word) = self.word(at) else { return self.date_before_month(at) };
        let is_part = |at| matches!(self.word(at), Some("morning" | "afternoon"));
        match word.strip_suffix("'s").unwrap_or(word) {
            "today" => plainly(ahead(0), 1),
            "this" if is_part(at + 1) => plainly(ahead(0), 1),
            "tomorrow" | "tmrw" | "tmr" => {
                let after = at >= 2 && self.word(at - 2) == Some("day") && self.word(at - 1) == Some("after");
                plainly(ahead(if after { 2 } else { 1 }), 1)
            }
            "next" if self.word(at + 1) == Some("week") => {
                let on = at + 2 + usize::from(self.word(at + 2) == Some("on"));
                match self.word(on).and_then(weekday) {
                    Some(day) => plainly(self.next_week(day), on + 1 - at),
                    None => Some(Day {
                        days: WORKING.iter().filter_map(|day| self.next_week(*day)).collect(),
                        taken: 2,
                        dated: false,
                    }),
                }
            }
            word => match weekday(word) {
                Some(day) => self.weekday(at, day),
                None => self.date_behind_month(at, month(word)?),
            },
        }
    }

    fn weekday(&self, at: usize, day: Weekday) -> Option<Day> {
        let week_behind = self.word(at + 1) == Some("next") && self.word(at + 2) == Some("week");
        match self.word_before(at) {
            Some("last" | "past") => return None,
            Some("next") => return Some(Day { days: vec![self.next_week(day)?], taken: 1, dated: false }),
            Some(_) | None if week_behind => {
                return Some(Day { days: vec![self.next_week(day)?], taken: 3, dated: false });
            }
            Some(_) | None => {}
        }
        // "Thursday the 12th".
        let the = at + 1 + usize::from(self.word(at + 1) == Some("the"));
        if let Some((n, 2)) = self.day_of_month(the) {
            let date = self.written.iter_days().take(62).find(|date| date.day() == n)?;
            return Some(Day { days: vec![date], taken: the + 2 - at, dated: true });
        }
        let ahead = u64::from((day.num_days_from_monday() + 7 - self.written.weekday().num_days_from_monday()) % 7);
        // On a Thursday, "Thursday" may be today.
        let all = if ahead == 0 { vec![0, 7] } else { vec![ahead] };
        let days = all.into_iter().filter_map(|days| self.written.checked_add_days(Days::new(days))).collect();
        Some(Day { days, taken: 1, dated: false })
    }

    fn next_week(&self, day: Weekday) -> Option<NaiveDate> {
        let ahead = 7 + day.num_days_from_monday() - self.written.weekday().num_days_from_monday();
        self.written.checked_add_days(Days::new(ahead.into()))
    }

    /// A day of the month, and how many tokens it takes: two with "th" behind it.
    fn day_of_month(&self, at: usize) -> Option<(u32, usize)> {
        let Some(Token::Number(n @ 1..=31, None)) = self.tokens.get(at).copied() else { return None };
        let ordinal = matches!(self.word(at + 1), Some("st" | "nd" | "rd" | "th"));
        Some((n, 1 + usize::from(ordinal)))
    }

    /// "March 12", "Mar 12th".
    fn date_behind_month(&self, at: usize, month: u32) -> Option<Day> {
        let (day, taken) = self.day_of_month(at + 1)?;
        let is_time = matches!(self.word(at + 1 + taken), Some("am" | "pm"));
        let days = vec![self.date(month, day).filter(|_| !is_time)?];
        Some(Day { days, taken: 1 + taken, dated: true })
    }

    /// "12 March", "12th of March". "At 3 may work" is none.
    fn date_before_month(&self, at: usize) -> Option<Day> {
        let (day, taken) = self.day_of_month(at)?;
        let of = usize::from(self.word(at + taken) == Some("of"));
        let month = self.word(at + taken + of).and_then(month)?;
        let is_time = taken == 1 && self.word_before(at).is_some_and(|word| among(AT, word));
        let days = vec![self.date(month, day).filter(|_| !is_time)?];
        Some(Day { days, taken: taken + of + 1, dated: true })
    }

    /// The next such date.
    fn date(&self, month: u32, day: u32) -> Option<NaiveDate> {
        let of = |year| NaiveDate::from_ymd_opt(year, month, day).filter(|date| *date >= self.written);
        of(self.written.year()).or_else(|| of(self.written.year() + 1))
    }

    fn clock(&self, at: usize) -> Option<(Clock, usize)> {
        if self.word_before(at).is_some_and(|word| among(UNTIL, word)) || self.ends_a_stretch(at) {
            return None;
        }
        match self.tokens[at] {
            Token::Word("noon" | "midday") => Some((self.at(at + 1, vec![12 * 60]), 1)),
            Token::Word(word) => {
                let part = match word {
                    "morning" | "mornings" => MORNING,
                    "afternoon" | "afternoons" => AFTERNOON,
                    _ => return None,
                };
                // "Good morning" greets.
                let led = matches!(self.word_before(at), Some("the" | "early" | "late"));
                (led || word.ends_with('s') || self.ends.0 == at).then_some((Clock::Within(part), 1))
            }
            Token::Number(hour, minutes) => self.numbered(at, hour, minutes),
            Token::Mark(_) => None,
        }
    }

    /// Whether it is the "4pm" of "2pm to 4pm".
    fn ends_a_stretch(&self, at: usize) -> bool {
        let between = || self.tokens[..at].iter().rev().take(5).any(|token| *token == Token::Word("between"));
        let joined = match at.checked_sub(1).map(|at| self.tokens[at]) {
            Some(Token::Word("to") | Token::Mark('-' | '–')) => true,
            Some(Token::Word("and")) => between(),
            Some(Token::Word(_) | Token::Mark(_) | Token::Number(..)) | None => false,
        };
        joined && self.ends.1 > 0 && self.ends.1 + 1 == at
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
        let (hour, minute) = match (minutes, half) {
            (Some((_, minute)), _) => (hour, minute),
            // "930am".
            (None, Some(_)) if hour > 99 => (hour / 100, hour % 100),
            (None, _) => (hour, 0),
        };
        let of = |hour: u32, pm: bool| (hour % 12 + if pm { 12 } else { 0 }) * 60 + minute;
        if minute > 59 || hour > 23 {
            return None;
        }
        if !(1..=12).contains(&hour) {
            return (colon && half.is_none()).then(|| (self.at(behind, vec![hour * 60 + minute]), 1));
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

    /// Whether a lone number is a time: "at 3 works", "Thursday 10", "at 10 or 11".
    fn is_bare_time(&self, at: usize, hour: u32) -> bool {
        let goes_on = match self.tokens.get(at + 1) {
            Some(Token::Word(word)) => among(BEHIND, word) || weekday(word).is_some() || self.has_zone(at + 1),
            Some(Token::Mark(_)) | None => true,
            Some(Token::Number(..)) => false,
        };
        let of_month = || match self.items.last() {
            Some(Item::Days(all)) => all.iter().flatten().any(|date| date.day() == hour),
            Some(Item::Clock(_)) | None => false,
        };
        let led = self.word_before(at).is_some_and(|word| among(AT, word)) || self.is_mark(at.checked_sub(1), "@");
        let another = self.word_before(at) == Some("or") && self.ends.1 > 0 && self.ends.1 + 1 == at;
        let of_day = self.ends.0 > 0 && self.ends.0 == at && !of_month();
        goes_on && (led || another || of_day)
    }

    fn has_zone(&self, at: usize) -> bool {
        matches!(self.at(at, Vec::new()), Clock::At { zone: Some(_), .. })
    }
}

const WORKING: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

#[cfg(test)]
mod tests;

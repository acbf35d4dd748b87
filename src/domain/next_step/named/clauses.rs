//! What a text says of the days and times in it, clause by clause.

use std::ops::Range;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;

use super::clocks::{Bound, Time};
use super::dates::{Day, Found, Kind, Unread};
use super::pairs::{self, Item};
use super::words::{
    ALSO, AWAY, BE, GONE, MOVES, NO, NO_MORE, NO_NO, TURNS, Token, UNTIL, among, plain, tokens, weekday,
};
use super::{Bar, Clock, DAY, Said};

/// Days that a wish looks at behind a day after which they can.
const AFTERWARDS: u64 = 7;

/// How long a meeting at a time that they ruled out may have begun: "not 9".
const SLOT: u32 = 30;

/// What was heard of one text.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) items: Vec<Item>,
    pub(super) bars: Vec<Said>,
    /// It names a date that is not understood.
    pub(super) unread: bool,
}

/// Reads one text.
pub(super) struct Reader<'t> {
    pub(super) tokens: Vec<Token<'t>>,
    /// The buyer's day on which it was written.
    pub(super) written: NaiveDate,
    pub(super) buyer: Tz,
    /// Of whose clock "your time" is.
    pub(super) rep: Tz,
    pub(super) seen: Vec<Seen>,
    /// Behind which tokens the last day and the last time end.
    pub(super) ends: (usize, usize),
    /// "Next week works. Thursday?"
    pub(super) says_next_week: bool,
}

pub(super) struct Seen {
    at: usize,
    end: usize,
    pub(super) what: What,
}

pub(super) enum What {
    Day {
        day: Day,
        /// It stands beside the day before it: "Thursday or Friday".
        beside: bool,
    },
    Clock(Time),
    Unread(Unread),
}

/// What a clause says of the days and times in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Yes,
    No,
    /// As no, and until a day with that day: "I'm out until Thursday".
    Away,
}

/// What is said of a token, and the clause that it stands in.
type Clause = (Says, usize);

pub(super) fn heard(text: &str, number: usize, written: NaiveDate, buyer: Tz, rep: Tz) -> Heard {
    let text = plain(text);
    let tokens = tokens(&text);
    let mut reader = Reader { tokens, written, buyer, rep, seen: Vec::new(), ends: (0, 0), says_next_week: false };
    let clauses = reader.clauses();
    reader.see(&clauses);
    let mut hearing = Hearing { reader: &reader, clauses: &clauses, number, heard: Heard::default(), open: Vec::new() };
    let mut from = 0;
    while from < reader.seen.len() {
        let clause = clauses[reader.seen[from].at].1;
        let length = reader.seen[from..].iter().take_while(|seen| clauses[seen.at].1 == clause).count();
        hearing.clause(&reader.seen[from..from + length]);
        from += length;
    }
    hearing.close()
}

impl Reader<'_> {
    fn see(&mut self, clauses: &[Clause]) {
        let mut at = 0;
        while at < self.tokens.len() {
            let (what, taken) = match self.day(at) {
                Some(Found::Day(day)) => {
                    let taken = day.taken;
                    self.says_next_week |= day.kind == Kind::Week && clauses[at].0 == Says::Yes;
                    let what = self.beside(day, at);
                    self.ends.0 = at + taken;
                    (what, taken)
                }
                Some(Found::Unread(unread)) => (Some(What::Unread(unread)), unread.taken),
                None => match self.clock(at) {
                    Some(time) => {
                        let taken = time.taken;
                        self.ends.1 = at + taken;
                        (Some(What::Clock(time)), taken)
                    }
                    None => (None, 1),
                },
            };
            if let Some(what) = what {
                self.seen.push(Seen { at, end: at + taken, what });
            }
            at += taken;
        }
    }

    /// A day beside the one before it; none where both are one, as in "Thursday, March 12".
    fn beside(&mut self, day: Day, at: usize) -> Option<What> {
        let between = &self.tokens[self.ends.0.min(at)..at];
        let to = |token: &Token<'_>| matches!(token, Token::Word("to" | "through" | "thru") | Token::Mark('-' | '–'));
        let joins = |token: &Token<'_>| {
            matches!(token, Token::Word("or" | "and" | "on" | "the") | Token::Mark(',' | '/' | '('))
        };
        let another = between.iter().any(|token| matches!(token, Token::Word("or" | "and")));
        let mut joined = between.iter().filter(|token| **token != Token::Word("the"));
        let stretch = joined.next().is_some_and(to) && joined.next().is_none();
        let beside = between.iter().all(joins);
        let last = self.seen.last_mut().and_then(|seen| match &mut seen.what {
            What::Day { day, .. } => Some((day, &mut seen.end)),
            What::Clock(_) | What::Unread(_) => None,
        });
        let Some((last, end)) = last.filter(|_| beside || stretch) else {
            return Some(What::Day { day, beside: false });
        };
        if stretch {
            // "Monday through Wednesday" are three days.
            let (from, to) = (last.days.first().copied(), day.days.first().copied());
            let week = if day.kind == Kind::Weekday { 7 } else { 0 };
            let all: Vec<_> = from.zip(to).map_or_else(Vec::new, |(from, to)| {
                let to = if to < from { to.checked_add_days(Days::new(week)).unwrap_or(to) } else { to };
                from.iter_days().skip(1).take_while(|date| *date <= to).take(31).collect()
            });
            let days = if all.is_empty() { day.days } else { all };
            return Some(What::Day { day: Day { days, ..day }, beside: true });
        }
        let weekdays = |of: &Day| of.days.first().map(chrono::Datelike::weekday);
        let is_same = weekdays(last) == weekdays(&day);
        match (last.kind, day.kind) {
            (Kind::Weekday, Kind::Dated) if !another && !is_same => {
                return Some(What::Unread(Unread { taken: day.taken, is_date: true, lasts: None }));
            }
            (Kind::Week, Kind::Weekday | Kind::Other) | (Kind::Weekday | Kind::Other, Kind::Dated)
                if !another && (is_same || last.kind == Kind::Week) =>
            {
                (*last, *end) = (day.clone(), at + day.taken);
                return None;
            }
            (Kind::Dated | Kind::Other, Kind::Weekday) if !another && is_same => {
                *end = at + day.taken;
                return None;
            }
            (Kind::Weekday | Kind::Dated | Kind::Week | Kind::Other, _) => {}
        }
        Some(What::Day { day, beside })
    }

    pub(super) fn word(&self, at: usize) -> Option<&str> {
        if let Some(Token::Word(word)) = self.tokens.get(at) { Some(word) } else { None }
    }

    pub(super) fn word_before(&self, at: usize) -> Option<&str> {
        at.checked_sub(1).and_then(|at| self.word(at))
    }

    /// The word that leads to a day or time, past those that say no more of it: "until the 12th".
    pub(super) fn lead(&self, at: usize) -> Option<(usize, &str)> {
        let before =
            (0..at).rev().find(|at| !matches!(self.word(*at), Some("the" | "about" | "around" | "next" | "this")))?;
        self.word(before).map(|word| (before, word))
    }

    pub(super) fn is_mark(&self, at: Option<usize>, marks: &str) -> bool {
        let token = at.and_then(|at| self.tokens.get(at));
        matches!(token, Some(Token::Mark(mark)) if marks.contains(*mark))
    }

    /// Of each token, what its clause says.
    fn clauses(&self) -> Vec<Clause> {
        let mut says = vec![(Says::Yes, 0); self.tokens.len()];
        let (mut from, mut count) = (0, 0);
        for at in 1..=self.tokens.len() {
            if at < self.tokens.len() && !self.turns(at) && !self.moves(from, at) {
                continue;
            }
            // "I can't Thursday, Friday or Monday": a clause of days alone goes on with what was said.
            let goes_on = from > 0 && self.goes_on(from, at);
            let said = if goes_on { says[from - 1].0 } else { self.clause(from..at) };
            count += 1;
            says[from..at].fill((said, count));
            from = at;
        }
        says
    }

    /// Whether another clause begins here.
    fn turns(&self, at: usize) -> bool {
        match self.tokens[at] {
            Token::Word(word) => among(TURNS, word),
            Token::Mark('-') => !matches!(self.tokens.get(at + 1), Some(Token::Number(..))) && !self.joins_days(at),
            Token::Mark('–') => !self.joins_days(at),
            Token::Mark(mark) => ",;.!?\n—".contains(mark),
            Token::Number(..) => false,
        }
    }

    fn joins_days(&self, at: usize) -> bool {
        let is_weekday = |word: Option<&str>| word.and_then(weekday).is_some();
        is_weekday(self.word_before(at)) && is_weekday(self.word(at + 1))
    }

    /// Whether the "to" stands here behind which something was moved.
    fn moves(&self, from: usize, at: usize) -> bool {
        self.word(at) == Some("to") && (from..at).any(|at| self.word(at).is_some_and(|word| among(MOVES, word)))
    }

    fn goes_on(&self, from: usize, to: usize) -> bool {
        let same =
            (self.word(from) == Some("same") || self.word(from + 1) == Some("same")) && !self.is_mark(Some(to), "?");
        let comma = self.is_mark(Some(from), ",") && !self.is_mark(Some(to), "?");
        let mut rest = from + 1..to;
        (comma || same)
            && !rest.is_empty()
            && rest.all(|at| match self.word(at) {
                Some(word) => weekday(word).is_some() || among(ALSO, word),
                None => matches!(self.tokens[at], Token::Number(..)),
            })
    }

    fn clause(&self, range: Range<usize>) -> Says {
        let (mut no, mut away) = (self.is_but_for(range.start), self.is_held(range.clone()));
        let first = range.clone().find(|at| self.word(*at).is_some());
        for at in range {
            let Some(word) = self.word(at) else { continue };
            let before = |words: &str| self.word_before(at).is_some_and(|before| among(words, before));
            let next = |words: &str| self.word(at + 1).is_some_and(|next| among(words, next));
            let of_day = || self.word_before(at).and_then(weekday).is_some();
            away |= among(AWAY, word) || (among(GONE, word) && (before(BE) || of_day() || first == Some(at)));
            let not = (among(NO, word) || word.ends_with("n't")) && !before("why");
            no |= not && !next(NO_NO);
            no |= word == "no" && (next(NO_MORE) || self.word(at + 1).and_then(weekday).is_some());
            no |= matches!(word, "nothing" | "none") && next("before after earlier later");
            no |= (word == "of" && before("instead")) || (word == "than" && before("rather other"));
            no |= among(MOVES, word);
        }
        match (no, away) {
            (false, false) => Says::Yes,
            (true, _) => Says::No,
            (false, true) => Says::Away,
        }
    }

    /// "I'm in meetings until 2": whatever they are, they are not free.
    fn is_held(&self, range: Range<usize>) -> bool {
        let has = |words: &str| range.clone().any(|at| self.word(at).is_some_and(|word| among(words, word)));
        has("until till") && has("i'm im am we're") && !has("free available open good around here")
    }

    /// Whether the "but" of "any day but Thursday" stands here.
    fn is_but_for(&self, at: usize) -> bool {
        let back = |back: usize| at.checked_sub(back).and_then(|at| self.word(at));
        let any = back(2).is_some_and(|word| among("any every all", word))
            || back(1).is_some_and(|word| among("anything anytime everything whenever", word));
        self.word(at) == Some("but") && any
    }
}

/// Hears what is said of what was seen.
struct Hearing<'r, 't> {
    reader: &'r Reader<'t>,
    clauses: &'r [Clause],
    number: usize,
    heard: Heard,
    /// Bars of times whose clause names no day: where they stand.
    open: Vec<(usize, Range<u32>, Option<Tz>)>,
}

impl Hearing<'_, '_> {
    fn clause(&mut self, all: &[Seen]) {
        let Some(first) = all.first() else { return };
        let (says, clause) = self.clauses[first.at];
        let is_until = |seen: &Seen| {
            matches!(seen.what, What::Day { .. })
                && self.reader.lead(seen.at).is_some_and(|(_, word)| among(UNTIL, word))
        };
        let until = all.iter().any(is_until);
        let clocks =
            || all.iter().filter_map(|seen| if let What::Clock(time) = &seen.what { Some(time) } else { None });
        let (timed, bounded) = (clocks().next().is_some(), clocks().any(|time| time.bound != Bound::At));
        let days: Vec<NaiveDate> = all.iter().flat_map(Seen::days).copied().collect();
        let mut last: Option<usize> = None;
        for seen in all {
            match &seen.what {
                What::Day { day, beside } => {
                    let beside = *beside && last.is_none_or(|last| last == self.heard.items.len());
                    self.day(seen, day, beside, clause, says, (timed, bounded));
                    last = Some(self.heard.items.len());
                }
                What::Clock(time) if says == Says::Yes || (until && says == Says::No && time.bound == Bound::At) => {
                    self.time(seen, time, clause, &days);
                }
                What::Clock(_) if until => {}
                What::Clock(time) => self.open.push((seen.at, barred(time), zone(&time.clock))),
                What::Unread(unread) => self.unread(seen, *unread, clause, says),
            }
        }
    }

    fn push(&mut self, seen: &Seen, clause: usize, what: pairs::What) {
        self.heard.items.push(Item { place: (self.number, seen.at), end: seen.end, clause, what });
    }

    fn bar(&mut self, at: usize, days: Range<NaiveDate>, weak: bool) {
        let bar = Bar { days, minutes: DAY, zone: None };
        self.heard.bars.push(Said { place: (self.number, at), bar, weak });
    }

    fn day(&mut self, seen: &Seen, day: &Day, beside: bool, clause: usize, says: Says, (timed, bounded): (bool, bool)) {
        let before = self.reader.lead(seen.at);
        let led_by = |words: &str| before.is_some_and(|(_, word)| among(words, word));
        let behind = |date: NaiveDate| date.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
        let wanted = |all: Vec<Vec<NaiveDate>>| pairs::What::Days { all, wanted: true };
        let Some((first, last)) = day.days.iter().min().copied().zip(day.days.iter().max().copied()) else {
            return self.push(seen, clause, wanted(Vec::new()));
        };
        let day_after = before.is_some_and(|(at, word)| word == "after" && self.reader.word_before(at) == Some("day"));
        let through = led_by("through thru") || says == Says::Away;
        if says != Says::Yes && led_by(UNTIL) && !beside && !through {
            self.bar(seen.at, NaiveDate::MIN..first, false);
            return self.push(seen, clause, wanted(vec![day.days.clone()]));
        }
        if (says == Says::Yes && led_by("after past") && !day_after) || (says != Says::Yes && led_by(UNTIL) && !beside)
        {
            // Another weekday of the same name is not meant.
            let until = if day.kind == Kind::Weekday { first } else { last };
            self.bar(seen.at, NaiveDate::MIN..behind(until), false);
            let days = until.iter_days().skip(1).take(usize::try_from(AFTERWARDS).unwrap_or(7)).collect();
            return self.push(seen, clause, wanted(vec![days]));
        }
        match says {
            // "Hold the price until Friday" asks for no Friday.
            Says::Yes if led_by(UNTIL) && !beside => self.push(seen, clause, wanted(Vec::new())),
            Says::No | Says::Away if led_by("after past") => self.bar(seen.at, behind(last)..NaiveDate::MAX, false),
            Says::No | Says::Away if !bounded => {
                self.barred(seen.at, day, timed);
                if timed {
                    self.push(seen, clause, pairs::What::Days { all: vec![day.days.clone()], wanted: false });
                }
            }
            Says::Yes | Says::No | Says::Away => {
                match self.heard.items.last_mut().map(|item| (&mut item.what, &mut item.end)) {
                    Some((pairs::What::Days { all, wanted: true }, end)) if beside && !all.is_empty() => {
                        all.push(day.days.clone());
                        *end = seen.end;
                    }
                    Some(_) | None => self.push(seen, clause, wanted(vec![day.days.clone()])),
                }
            }
        }
    }

    /// Days that are ruled out; of a weekday also the one that was named before it: "next week, but not Monday".
    fn barred(&mut self, at: usize, day: &Day, weak: bool) {
        let mut all = day.days.clone();
        if day.kind == Kind::Weekday {
            let weekday = |date: &NaiveDate| chrono::Datelike::weekday(date);
            let named = self.heard.items.iter().filter_map(Item::days).flatten().flatten();
            let same: Vec<_> =
                named.filter(|date| Some(weekday(date)) == day.days.first().map(weekday)).copied().collect();
            all.extend(same);
        }
        all.sort_unstable();
        all.dedup();
        for date in all {
            self.bar(at, date..date.succ_opt().unwrap_or(NaiveDate::MAX), weak);
        }
    }

    fn time(&mut self, seen: &Seen, time: &Time, clause: usize, days: &[NaiveDate]) {
        match (time.bound, time.end) {
            (Bound::Before, _) => {
                let by = self.reader.word_before(seen.at) == Some("by");
                let of_day = !days.is_empty() || self.heard.items.iter().any(Item::names_a_day);
                if !by && of_day {
                    self.open.push((seen.at, begun(&time.clock)..DAY.end, zone(&time.clock)));
                }
                return;
            }
            (Bound::After, _) => self.open.push((seen.at, 0..begun(&time.clock), zone(&time.clock))),
            (Bound::At, _) => {}
        }
        // "Thursday morning at 10" is one time.
        self.heard.items.pop_if(|last| matches!(last.what, pairs::What::Clock(Clock::Within(_))));
        self.push(seen, clause, pairs::What::Clock(time.clock.clone()));
    }

    fn unread(&mut self, seen: &Seen, unread: Unread, clause: usize, says: Says) {
        match (says, unread.lasts) {
            (Says::Away, Some(days)) => {
                let written = self.reader.written;
                let end = written.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX);
                self.bar(seen.at, written..end, false);
            }
            (Says::No, Some(days)) if !unread.is_date && days <= 7 => {
                let written = self.reader.written;
                let end = written.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX);
                self.bar(seen.at, written..end, false);
            }
            (Says::Yes | Says::Away, _) if unread.is_date => self.heard.unread = true,
            (Says::Yes | Says::No | Says::Away, _) => {}
        }
        if unread.is_date {
            self.push(seen, clause, pairs::What::Days { all: Vec::new(), wanted: true });
        }
    }

    /// Gives the times that were ruled out their days: of their clause, else those before or behind them, else all.
    fn close(mut self) -> Heard {
        for (at, minutes, zone) in std::mem::take(&mut self.open) {
            let clause = self.clauses[at].1;
            let of_clause = self.reader.seen.iter().filter(|seen| self.clauses[seen.at].1 == clause);
            let mut days: Vec<NaiveDate> = of_clause.flat_map(Seen::days).copied().collect();
            if days.is_empty() {
                let named = || self.heard.items.iter().filter(|item| item.names_a_day());
                let before = named().rfind(|item| item.place.1 < at).or_else(|| named().next());
                days = before.and_then(Item::days).into_iter().flatten().flatten().copied().collect();
            }
            days.sort_unstable();
            days.dedup();
            let one = |day: NaiveDate| day..day.succ_opt().unwrap_or(NaiveDate::MAX);
            let all = if days.is_empty() {
                vec![NaiveDate::MIN..NaiveDate::MAX]
            } else {
                days.into_iter().map(one).collect()
            };
            for days in all {
                let bar = Bar { days, minutes: minutes.clone(), zone };
                self.heard.bars.push(Said { place: (self.number, at), bar, weak: false });
            }
        }
        self.heard
    }
}

impl Seen {
    fn days(&self) -> &[NaiveDate] {
        match &self.what {
            What::Day { day, .. } => &day.days,
            What::Clock(_) | What::Unread(_) => &[],
        }
    }
}

fn begun(clock: &Clock) -> u32 {
    match clock {
        Clock::At { minutes, .. } => minutes.first().copied().unwrap_or_default(),
        Clock::Within(part) => part.start,
    }
}

fn zone(clock: &Clock) -> Option<Tz> {
    match clock {
        Clock::At { zone, .. } => *zone,
        Clock::Within(_) => None,
    }
}

/// What a time in a clause that rules it out rules out.
fn barred(time: &Time) -> Range<u32> {
    let begun = begun(&time.clock);
    match (time.bound, &time.clock, time.end) {
        (Bound::After | Bound::At, Clock::At { .. }, Some(end)) => begun..end,
        (Bound::Before, Clock::At { .. } | Clock::Within(_), _) => 0..begun,
        (Bound::After, Clock::At { .. }, None) => begun..DAY.end,
        (Bound::After, Clock::Within(part), _) => part.end..DAY.end,
        (Bound::At, Clock::At { .. }, None) => begun..begun + SLOT,
        // What they cannot in the morning they cannot at eight.
        (Bound::At, Clock::Within(part), _) => {
            if part.start < 12 * 60 {
                0..part.end
            } else {
                part.start..part.end.max(18 * 60)
            }
        }
    }
}

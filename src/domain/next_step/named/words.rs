//! The words of a text, and those that days, times and a no are told by.

use chrono::{Month, Weekday};

/// Characters read of one text.
const READ: usize = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Word(&'t str),
    /// `10`, or `10:30` with its minutes and their sign.
    Number(u32, Option<(char, u32)>),
    Mark(char),
}

/// Small letters, and one way to write what is written in several.
pub(super) fn plain(text: &str) -> String {
    let text: String = text.chars().take(READ).collect::<String>().to_lowercase().replace('’', "'");
    text.replace("a.m.", "am").replace("p.m.", "pm").replace("a.m", "am").replace("p.m", "pm")
}

pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_digit() {
            let (token, length) = number(rest);
            tokens.push(token);
            length
        } else if first.is_alphabetic() {
            let length = rest.find(|c: char| !c.is_alphabetic() && c != '\'').unwrap_or(rest.len());
            let behind_number = text[..text.len() - rest.len()].ends_with(|c: char| c.is_ascii_digit());
            tokens.push(match &rest[..length] {
                "a" if behind_number => Token::Word("am"),
                "p" if behind_number => Token::Word("pm"),
                word => Token::Word(word),
            });
            length
        } else {
            if first == '\n' || !first.is_whitespace() {
                tokens.push(Token::Mark(first));
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    in_figures(&tokens)
}

/// A number at the beginning of a text, and how long it is. What is too large for a time stays too large.
fn number(text: &str) -> (Token<'_>, usize) {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let length = digits(text);
    let value = text[..length].parse().unwrap_or(u32::MAX);
    let behind = &text[length..];
    let sign = behind.chars().next().filter(|sign| matches!(sign, ':' | '.' | 'h'));
    match sign {
        Some(sign) if length <= 2 && digits(&behind[1..]) == 2 => {
            let minutes = behind[1..3].parse().unwrap_or(u32::MAX);
            (Token::Number(value, Some((sign, minutes))), length + 3)
        }
        // "15h".
        Some('h') if !behind[1..].starts_with(char::is_alphanumeric) => {
            (Token::Number(value, Some(('h', 0))), length + 1)
        }
        Some(_) | None => (Token::Number(value, None), length),
    }
}

/// Hours in words, and minutes told by them, as numbers: "ten thirty", "half past three", "quarter to 4".
fn in_figures<'t>(tokens: &[Token<'t>]) -> Vec<Token<'t>> {
    let word = |at: usize| if let Some(Token::Word(word)) = tokens.get(at) { Some(*word) } else { None };
    let hour = |at: usize| match tokens.get(at) {
        Some(Token::Number(hour @ 1..=12, None)) => Some(*hour),
        Some(Token::Word(word)) => counted(word),
        Some(Token::Number(..) | Token::Mark(_)) | None => None,
    };
    let (mut all, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let past = match (word(at), word(at + 1)) {
            (Some("half"), Some("past")) => Some(30),
            (Some("quarter"), Some("past" | "after")) => Some(15),
            (Some("quarter"), Some("to" | "till" | "of" | "before")) => Some(45),
            (Some(_) | None, _) => None,
        };
        if let (Some(minutes), Some(told)) = (past, hour(at + 2)) {
            let begun = if minutes == 45 { (told + 10) % 12 + 1 } else { told };
            all.push(Token::Number(begun, Some((':', minutes))));
            at += 3;
            continue;
        }
        let Some(told) = word(at).and_then(counted) else {
            all.push(tokens[at]);
            at += 1;
            continue;
        };
        let behind = at + 1 + usize::from(tokens.get(at + 1) == Some(&Token::Mark('-')));
        let minutes = match word(behind) {
            Some("fifteen") => Some((15, 1)),
            Some("thirty") => Some((30, 1)),
            Some("forty") if word(behind + 1) == Some("five") => Some((45, 2)),
            Some("forty") if word(behind + 2) == Some("five") => Some((45, 3)),
            Some(_) | None => None,
        };
        all.push(Token::Number(told, minutes.map(|(minutes, _)| (':', minutes))));
        at = minutes.map_or(at + 1, |(_, taken)| behind + taken);
    }
    all
}

fn counted(word: &str) -> Option<u32> {
    const HOURS: &str = "one two three four five six seven eight nine ten eleven twelve";
    u32::try_from(HOURS.split(' ').position(|hour| hour == word)? + 1).ok()
}

// Words side by side, as `among` reads them:

/// Before a number that is a time without "am" or "pm".
pub(super) const AT: &str = "at around about from after between say";
/// Before a time by which something ends.
pub(super) const UNTIL: &str = "until till before by through thru";
/// Before a time from which something begins.
pub(super) const AFTER: &str = "after past from";
/// What may stand behind such a number: "at 3 works", not "at 3 dollars".
pub(super) const BEHIND: &str = "on tomorrow tmrw today or and to if is are work works would should could can will \
                                 for my your our then please pls thanks thx ok okay good great fine sharp instead \
                                 best suits we i you this next but at around after before in doesn't isn't won't";
/// Where another thought begins.
pub(super) const TURNS: &str = "but however how what can could let's lets maybe instead rather except besides";
/// What rules out the days beside it, as every "…n't" does.
pub(super) const NO: &str = "not cannot cant dont doesnt wont isnt never unable bad except excluding besides neither \
                             nor impossible tough tricky difficult cancel cancelled canceled skip scratch";
/// What rules out as much, and until a day with that day: "booked until Thursday".
pub(super) const AWAY: &str = "busy booked unavailable swamped slammed packed ooo pto vacation traveling travelling";
/// "I'm out Thursday", not "reach out Thursday".
pub(super) const GONE: &str = "out off away full gone taken";
pub(super) const BE: &str = "i'm im am is are be been we're he's she's they're";
/// "Can't wait to talk Thursday" rules nothing out.
pub(super) const NO_NO: &str = "wait forget mind hesitate worry";
/// "No longer", "no good"; "no problem" rules nothing out.
pub(super) const NO_MORE: &str = "longer way good go earlier later mornings afternoons evenings";
/// "I moved our Thursday 10am": what stands there is the time that is no more, and behind "to" the new one.
pub(super) const MOVES: &str = "move moved moving reschedule rescheduled rescheduling postpone postponed push pushed \
                                missed miss shift shifted";
/// What may stand in a clause that goes on with what was said: "same for Friday".
pub(super) const ALSO: &str = "or and also too same for with goes either on today tomorrow";
/// Dates that are not read.
pub(super) const UNREAD: &str = "weekend weekends eow eom tonight thanksgiving christmas xmas easter fortnight";
/// Words that end as days do and name none.
pub(super) const NO_DAY: &str = "day yesterday everyday someday holiday birthday workday payday weekday midday";

pub(super) fn among(words: &str, word: &str) -> bool {
    words.split(' ').any(|one| one == word)
}

pub(super) fn weekday(word: &str) -> Option<Weekday> {
    let word = word.strip_suffix("'s").unwrap_or(word);
    let day = word.strip_suffix('s').filter(|day| day.ends_with("day")).unwrap_or(word);
    match day {
        "tues" => Some(Weekday::Tue),
        "weds" => Some(Weekday::Wed),
        "thur" | "thurs" => Some(Weekday::Thu),
        // "I sat down", "in the sun".
        "sat" | "sun" => None,
        day => day.parse().ok(),
    }
}

pub(super) fn month(word: &str) -> Option<u32> {
    let month: Month = if word == "sept" { Month::September } else { word.parse().ok()? };
    Some(month.number_from_month())
}

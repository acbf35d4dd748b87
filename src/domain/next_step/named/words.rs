//! The words of a text, and those that days, times and a no are told by.

use chrono::Weekday;

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
            tokens.push(Token::Word(&rest[..length]));
            length
        } else {
            if first == '\n' || !first.is_whitespace() {
                tokens.push(Token::Mark(first));
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// A number at the beginning of a text, and how long it is. What is too large for a time stays too large.
fn number(text: &str) -> (Token<'_>, usize) {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let length = digits(text);
    let value = text[..length].parse().unwrap_or(u32::MAX);
    let behind = &text[length..];
    let sign = behind.chars().next().filter(|sign| matches!(sign, ':' | '.'));
    match sign {
        Some(sign) if length <= 2 && digits(&behind[1..]) == 2 => {
            let minutes = behind[1..3].parse().unwrap_or(u32::MAX);
            (Token::Number(value, Some((sign, minutes))), length + 3)
        }
        Some(_) | None => (Token::Number(value, None), length),
    }
}

// Words side by side, as `among` reads them:

/// Before a number that is a time without "am" or "pm".
pub(super) const AT: &str = "at around about from after between say";
/// Before a time by which something ends.
pub(super) const UNTIL: &str = "until till before by";
/// What may stand behind such a number: "at 3 works", not "at 3 dollars".
pub(super) const BEHIND: &str = "on tomorrow today or and to if is are works work would should could can will for my your \
                                 our then please pls thanks thx ok okay good great fine sharp instead best suits we i \
                                 you this next but";
/// Where another thought begins.
pub(super) const TURNS: &str = "but however how what can could let's lets maybe instead rather";
/// What rules out the days beside it, as every "…n't" does.
pub(super) const NO: &str = "not cannot cant dont doesnt wont isnt never unable unavailable busy booked bad except";
/// "I'm out Thursday", not "reach out Thursday".
pub(super) const GONE: &str = "out off away full";
pub(super) const BE: &str = "i'm im am is are be we're he's she's they're";
/// "Can't wait to talk Thursday" rules nothing out.
pub(super) const NO_NO: &str = "wait forget mind hesitate worry";

pub(super) fn among(words: &str, word: &str) -> bool {
    words.split(' ').any(|one| one == word)
}

pub(super) fn weekday(word: &str) -> Option<Weekday> {
    Some(match word.strip_suffix("'s").unwrap_or(word) {
        "monday" | "mondays" | "mon" => Weekday::Mon,
        "tuesday" | "tuesdays" | "tue" | "tues" => Weekday::Tue,
        "wednesday" | "wednesdays" | "wed" | "weds" => Weekday::Wed,
        "thursday" | "thursdays" | "thu" | "thur" | "thurs" => Weekday::Thu,
        "friday" | "fridays" | "fri" => Weekday::Fri,
        "saturday" | "saturdays" => Weekday::Sat,
        "sunday" | "sundays" => Weekday::Sun,
        _ => return None,
    })
}

pub(super) fn month(word: &str) -> Option<u32> {
    const NAMES: &str = "january february march april may june july august september october november december";
    let is = |name: &str| word == name || word == &name[..3] || (word == "sept" && name == "september");
    u32::try_from(NAMES.split(' ').position(is)? + 1).ok()
}

//! Respond, where the law or a house says how: approved words only, a mandatory disclosure, a second person's approval.
//!
//! **Invariant:** a regulated conversation never sends free text. It is judged when the answer is accepted, when a person
//! lets it go, and once more as it is about to leave, over the very words that would leave.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::command::ReadSet;
use super::contact::Body;
use super::conversation::{Answer, Conversation};
use super::event::{Refusal, Review};
use super::id::RepId;
use super::playbook::Playbook;
use super::snippet::{self, Piece, Snippet, Values};

/// Most characters of a field that no record fills, in an approved snippet.
pub const HAND_FILLED: usize = 40;

/// Most words of it: a name, a day and an hour, an amount. What needs more is a sentence, and nobody approved of that one.
const HAND_WORDS: usize = 4;

/// How a use case is regulated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Regulated {
    /// The approved snippets; nothing else leaves.
    pub snippets: BTreeSet<String>,
    /// Words that the buyer must read, after the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosure: Option<String>,
    /// Under which answers.
    #[serde(default)]
    pub disclose: Disclose,
    /// Whether a second person must approve of each answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approval: bool,
}

/// Under which answers the disclosure stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disclose {
    /// The first that leaves, once in each conversation.
    #[default]
    Once,
    /// Every one.
    Always,
}

impl Regulated {
    /// The words that must stand under the next answer of a conversation.
    pub fn due(&self, disclosed: bool) -> Option<&str> {
        let due = self.disclose == Disclose::Always || !disclosed;
        self.disclosure.as_deref().filter(|_| due)
    }
}

/// How answers of a use case are regulated, if they are.
pub fn of<'a>(playbook: &'a Playbook, use_case: &str) -> Option<&'a Regulated> {
    playbook.use_cases.get(use_case)?.regulated.as_ref()
}

/// The words with what must stand under them; as they are when it stands there already.
pub fn with_disclosure(text: &str, due: Option<&str>) -> String {
    let text = text.trim();
    match due {
        Some(words) if !text.ends_with(words.trim()) => format!("{text}\n{}", words.trim()),
        Some(_) | None => text.to_owned(),
    }
}

/// Whether these words may leave: an approved snippet with its fields filled, over the disclosure where that is due.
pub fn judge(
    playbook: &Playbook,
    rules: &Regulated,
    values: &Values,
    disclosed: bool,
    text: &str,
) -> Result<(), Refusal> {
    let text = text.trim();
    let above = rules.disclosure.as_deref().and_then(|words| text.strip_suffix(words.trim())).map(str::trim_end);
    if rules.due(disclosed).is_some() && above.is_none() {
        // Free text is told first: without its words there is nothing to put a disclosure under.
        let approved = is_approved(playbook, rules, values, text);
        return Err(if approved { Refusal::Undisclosed } else { Refusal::FreeText });
    }
    let words = above.unwrap_or(text);
    if is_approved(playbook, rules, values, words) { Ok(()) } else { Err(Refusal::FreeText) }
}

fn is_approved(playbook: &Playbook, rules: &Regulated, values: &Values, words: &str) -> bool {
    let known = rules.snippets.iter().filter_map(|name| playbook.snippets.get(name));
    known.into_iter().any(|snippet| is_made_of(snippet, values, words))
}

/// Why the playbook's own words may not go out by themselves; nothing when they may. Nobody fills a field there and nobody
/// approves of it, so they are an approved snippet as it stands, perhaps with the disclosure under it.
pub fn bars_automatic(playbook: &Playbook, rules: &Regulated, words: &str) -> Option<&'static str> {
    let words = words.trim();
    let above = rules.disclosure.as_deref().and_then(|under| words.strip_suffix(under.trim())).map(str::trim_end);
    let is = |text: &str| !text.is_empty() && (text == words || above == Some(text));
    let snippets = rules.snippets.iter().filter_map(|name| playbook.snippets.get(name));
    if rules.approval {
        Some("a second person approves of each text there, and nobody looks at this one")
    } else if snippets.map(|snippet| snippet.text.trim()).any(is) {
        None
    } else {
        Some("only approved snippets may go out there, and it is none of them word for word")
    }
}

/// Whether a text is a snippet with its fields filled: from the record where the record knows, and else by a few plain
/// words. Runs over the places the text may have been read to, so that it takes no longer than the text is long.
fn is_made_of(snippet: &Snippet, values: &Values, text: &str) -> bool {
    let mut places: BTreeSet<usize> = [0].into();
    for piece in snippet::pieces(snippet.text.trim()) {
        let mut next = BTreeSet::new();
        for at in places {
            let rest = &text[at..];
            match piece {
                Piece::Words(words) => next.extend(rest.starts_with(words).then_some(at + words.len())),
                Piece::Field(name) if values.all(name).next().is_some() => {
                    let known = values.all(name).filter(|value| rest.starts_with(value));
                    next.extend(known.map(|value| at + value.len()));
                }
                Piece::Field(_) => next.extend(by_hand(rest).map(|len| at + len)),
            }
        }
        places = next;
    }
    places.contains(&text.len())
}

/// How far a field filled by hand may reach: one line of a few words, that leads nowhere else.
fn by_hand(rest: &str) -> impl Iterator<Item = usize> {
    let ends = rest.char_indices().take(HAND_FILLED).map_while(|(at, c)| {
        let plain = !c.is_control() && !matches!(c, '{' | '}' | '\u{2028}' | '\u{2029}');
        plain.then_some(at + c.len_utf8())
    });
    ends.filter(|end| !leads_away(&rest[..*end]) && !says_more(&rest[..*end]))
}

/// Whether words are more than a field's: too many, a sentence that ends or begins, a promise in percent.
fn says_more(words: &str) -> bool {
    let ends =
        |word: &&str| word.ends_with(['!', '?', ';', ':', ',']) || word.ends_with('.') && word.chars().count() > 4;
    let mut inside = words.split_whitespace().rev().skip(1);
    words.split_whitespace().count() > HAND_WORDS
        || words.contains(['%', '!', '?', ';'])
        || inside.any(|word| ends(&word))
}

/// Whether words are, or hold, a web address, a mailbox or a phone number.
fn leads_away(words: &str) -> bool {
    let is_dial = |word: &&str| word.chars().all(|c| c.is_ascii_digit() || "+-().".contains(c));
    let digits = |word: &str| word.bytes().filter(u8::is_ascii_digit).count();
    // Seven digits are a phone number, eight may be a date, and ten with blanks between are a phone number again.
    let in_a_row = words.split_whitespace().map(|word| if is_dial(&word) { digits(word) } else { 0 });
    let spelled = in_a_row.fold((0, 0), |(sum, most): (usize, usize), n| {
        let sum = if n == 0 { 0 } else { sum + n };
        (sum, most.max(sum))
    });
    spelled.1 >= 10 || words.split_whitespace().any(|word| is_address(word) || is_phone(word))
}

fn is_phone(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let plain = word.chars().all(|c| c.is_ascii_digit() || "-()".contains(c));
    plain && (digits == 7 || digits >= 9 || digits == 8 && !is_date(word))
}

/// Eight digits in the order in which people write a day of these centuries: elsewhere as many are a phone number.
fn is_date(word: &str) -> bool {
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    ["%Y%m%d", "%d%m%Y", "%m%d%Y"].iter().any(|order| {
        let day = chrono::NaiveDate::parse_from_str(&digits, order);
        day.is_ok_and(|day| (1900..2100).contains(&chrono::Datelike::year(&day)))
    })
}

/// `evil.com/x`, `bit.ly`, `a@b.com`, `1.2.3.4`, `https:…`: whatever a phone makes a link of.
fn is_address(word: &str) -> bool {
    let word = word.to_lowercase().replace(['\u{3002}', '\u{FF0E}', '\u{FF61}'], ".");
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    if word.contains("://") || word.contains("www.") || word.len() > 1 && word.contains('@') {
        return true;
    }
    let host = bare.split(['/', '?', '#', ':', '\\']).next().unwrap_or_default();
    let labels: Vec<&str> = host.split('.').collect();
    let named = labels.iter().all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'));
    // A top-level name has letters alone, or is one in another alphabet (RFC 5890): `9.30am` is a time, `163.com` is none.
    let top = labels.last().is_some_and(|last| {
        last.chars().count() >= 2 && last.chars().all(char::is_alphabetic) || last.starts_with("xn--")
    });
    let numbers = labels.len() == 4 && labels.iter().all(|label| label.parse::<u8>().is_ok());
    named && labels.len() >= 2 && top || numbers
}

/// What keeps an answer's words from leaving, when the conversation is regulated. Words that are not at hand are free text
/// as far as anybody knows.
pub(super) fn bars(
    world: &ReadSet<'_>,
    c: &Conversation,
    by: &RepId,
    words: Option<&Body>,
    approved: bool,
) -> Vec<Review> {
    let Some(rules) = of(world.playbook, &c.use_case) else { return Vec::new() };
    let values = Values::of(world.playbook, by, world.cards);
    let judged = words.map(|words| judge(world.playbook, rules, &values, c.disclosed.is_some(), words.as_str()));
    let mut found = match judged {
        Some(Ok(())) => Vec::new(),
        Some(Err(Refusal::Undisclosed)) => vec![Review::Undisclosed],
        Some(Err(Refusal::FreeText | Refusal::Unfilled)) | None => vec![Review::FreeText],
    };
    found.extend((rules.approval && !approved).then_some(Review::NeedsApproval));
    found
}

/// Whether an answer about to leave carries the disclosure.
pub(super) fn discloses(world: &ReadSet<'_>, c: &Conversation) -> bool {
    let words = of(world.playbook, &c.use_case).and_then(|rules| rules.disclosure.as_deref());
    let leaves = world.words.map(Body::as_str);
    words.zip(leaves).is_some_and(|(words, leaves)| leaves.trim_end().ends_with(words.trim()))
}

/// Whether an answer waits for nothing but a second person.
pub fn waits_for_approval(answer: &Answer) -> bool {
    answer.state.reasons().contains(&Review::NeedsApproval)
}

/// Whether somebody may approve of an answer in this conversation: of its team, or above it, and not who wrote it.
pub fn may_approve(playbook: &Playbook, c: &Conversation, author: &RepId, by: &RepId) -> bool {
    let team = playbook.pools_of(by).contains(&c.team) || playbook.led_by(by).contains(&c.team);
    by != author && playbook.is_active(by) && (team || playbook.is_admin(by))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::playbook::Rep;

    const RATE: &str = "Hi {contact.first_name}, the rate is 4 % until {day}. {rep.first_name}";

    fn playbook() -> Playbook {
        let snippet = |text: &str| Snippet { text: text.to_owned(), ..Snippet::default() };
        let maya = Rep { name: "Maya Okafor".to_owned(), ..Rep::default() };
        Playbook {
            company: "Fernway".to_owned(),
            reps: [("maya".into(), maya)].into(),
            snippets: [("rate".to_owned(), snippet(RATE)), ("joke".to_owned(), snippet("Knock knock"))].into(),
            ..Playbook::default()
        }
    }

    fn rules(disclose: Disclose) -> Regulated {
        let disclosure = Some("Fernway Inc., NMLS 1. Not an offer.".to_owned());
        Regulated { snippets: ["rate".to_owned()].into(), disclosure, disclose, approval: false }
    }

    fn judged(text: &str, disclose: Disclose, disclosed: bool) -> Result<(), Refusal> {
        let playbook = playbook();
        let values = Values::of(&playbook, &"maya".into(), &[]);
        judge(&playbook, &rules(disclose), &values, disclosed, text)
    }

    const UNDER: &str = "\nFernway Inc., NMLS 1. Not an offer.";

    #[test]
    fn only_approved_words_pass_with_fields_from_the_record_or_a_few_words() {
        let text = "Hi Dana, the rate is 4 % until Friday noon. Maya";
        let long = "x".repeat(HAND_FILLED + 1);
        for (words, wanted) in [
            (text.to_owned(), Ok(())),
            (format!("  {text}\n"), Ok(())),
            ("Hi Dana, the rate is 3 % until Friday. Maya".to_owned(), Err(Refusal::FreeText)),
            ("Hi Dana, the rate is 4 % until Friday. Ben".to_owned(), Err(Refusal::FreeText)),
            (format!("{text} Call me!"), Err(Refusal::FreeText)),
            (format!("Hi {long}, the rate is 4 % until Friday. Maya"), Err(Refusal::FreeText)),
            ("Hi Dana, the rate is 4 % until https://x.example. Maya".to_owned(), Err(Refusal::FreeText)),
            ("Hi evil.com/x, the rate is 4 % until Friday. Maya".to_owned(), Err(Refusal::FreeText)),
            ("Hi Dana, the rate is 4 % until bit.ly/abc. Maya".to_owned(), Err(Refusal::FreeText)),
            ("Hi Dana, the rate is 4 % until a@b.com. Maya".to_owned(), Err(Refusal::FreeText)),
            ("Hi Dana, the rate is 4 % until 1.2.3.4/x. Maya".to_owned(), Err(Refusal::FreeText)),
            ("Hi Dana, the rate is 4 % until call 5551234567. Maya".to_owned(), Err(Refusal::FreeText)),
            ("Hi Dana, the rate is 4 % until 555-123-4567. Maya".to_owned(), Err(Refusal::FreeText)),
            ("Hi Dana, the rate is 4 % until (555) 123 4567. Maya".to_owned(), Err(Refusal::FreeText)),
            ("Hi Dana, the rate is 4 % until evil\u{3002}com. Maya".to_owned(), Err(Refusal::FreeText)),
            ("Hi Dana, the rate is 4 % until 2026-11-28 at 10:00. Maya".to_owned(), Ok(())),
            ("Hi Dana, the rate is 4 % until 28.11.2026. Maya".to_owned(), Ok(())),
            ("Hi Dana, the rate is 4 % until 20261128. Maya".to_owned(), Ok(())),
            ("Hi Dana, the rate is 4 % until 91554433. Maya".to_owned(), Err(Refusal::FreeText)),
            ("Hi Dana, the rate is 4 % until (20)12-34-56. Maya".to_owned(), Err(Refusal::FreeText)),
            ("Hi D. J. O'Neil, the rate is 4 % until 5 p.m. EST. Maya".to_owned(), Ok(())),
            ("Hi Dana, the rate is 4 % until Dec. 3 at 9.30am. Maya".to_owned(), Ok(())),
            ("Hi Dana, the rate is 4 % until 5 p.m. (4.5 % fixed). Maya".to_owned(), Err(Refusal::FreeText)),
            ("Hi Dana, the rate is 4 % until Friday, and you pay nothing. Maya".to_owned(), Err(Refusal::FreeText)),
            ("Hi Dana, the rate is 4 % until never. Trust me. Maya".to_owned(), Err(Refusal::FreeText)),
            ("Hi sorry we raised prices also, the rate is 4 % until Friday. Maya".to_owned(), Err(Refusal::FreeText)),
            ("Hi Dana, the rate is 4 % until 163.com. Maya".to_owned(), Err(Refusal::FreeText)),
            ("Hi Dana, the rate is 4 % until 9.evil.com. Maya".to_owned(), Err(Refusal::FreeText)),
            ("Hi Dana\nX, the rate is 4 % until Friday. Maya".to_owned(), Err(Refusal::FreeText)),
            (RATE.to_owned(), Err(Refusal::FreeText)),
            ("Knock knock".to_owned(), Err(Refusal::FreeText)),
            (String::new(), Err(Refusal::FreeText)),
        ] {
            assert_eq!(judged(&words, Disclose::Once, true), wanted, "{words:?}");
        }
    }

    #[test]
    fn the_disclosure_stands_under_the_first_answer_or_under_each() {
        let text = "Hi Dana, the rate is 4 % until Friday. Maya";
        let under = format!("{text}{UNDER}");
        for (words, disclose, disclosed, wanted) in [
            (text, Disclose::Once, false, Err(Refusal::Undisclosed)),
            (text, Disclose::Once, true, Ok(())),
            (text, Disclose::Always, true, Err(Refusal::Undisclosed)),
            (&under, Disclose::Once, false, Ok(())),
            (&under, Disclose::Once, true, Ok(())),
            (&under, Disclose::Always, true, Ok(())),
            ("Buy now!", Disclose::Once, false, Err(Refusal::FreeText)),
            (UNDER.trim(), Disclose::Always, false, Err(Refusal::FreeText)),
        ] {
            assert_eq!(judged(words, disclose, disclosed), wanted, "{words:?} {disclose:?} {disclosed}");
        }
        assert_eq!(with_disclosure(text, Some(UNDER)), under);
        assert_eq!(with_disclosure(&under, Some(UNDER)), under);
    }

    proptest! {
        #[test]
        fn words_that_are_not_the_snippets_never_pass(before in ".{0,20}", after in "[^ ].{0,20}") {
            let free = format!("{before}Buy now{after}{UNDER}");
            prop_assert!(judged(&free, Disclose::Once, false).is_err());
        }

        #[test]
        fn a_snippet_filled_with_plain_words_passes_and_with_one_letter_changed_does_not(
            name in "[A-Za-zé][a-zé]{0,20}", day in "[A-Z][a-z]{2,20}", at in any::<prop::sample::Index>(),
        ) {
            let text = format!("Hi {name}, the rate is 4 % until {day}. Maya");
            prop_assert_eq!(judged(&text, Disclose::Once, true), Ok(()));
            // Another digit anywhere in the fixed words is another promise.
            let fixed = ["Hi ", ", the rate is 4 % until ", ". Maya"];
            let words: String = fixed.concat();
            let at = at.index(words.len());
            let mut left = at;
            let changed: Vec<String> = fixed.iter().map(|part| {
                let mut part = (*part).to_owned();
                if left < part.len() {
                    part.replace_range(left..=left, "7");
                    left = usize::MAX;
                } else if left != usize::MAX {
                    left -= part.len();
                }
                part
            }).collect();
            let forged = format!("{}{name}{}{day}{}", changed[0], changed[1], changed[2]);
            prop_assert_eq!(judged(&forged, Disclose::Once, true), Err(Refusal::FreeText));
        }
    }
}

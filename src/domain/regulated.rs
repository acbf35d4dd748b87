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

mod by_hand;

pub use by_hand::HAND_FILLED;

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
    let mut places: BTreeSet<Place> = [Place::default()].into();
    for piece in snippet::pieces(snippet.text.trim()) {
        let mut next = BTreeSet::new();
        for place in places {
            let rest = &text[place.at..];
            match piece {
                Piece::Words(words) => next.extend(rest.starts_with(words).then(|| place.past(words))),
                Piece::Field(name) if values.all(name).next().is_some() => {
                    let known = values.all(name).filter(|value| rest.starts_with(value));
                    next.extend(known.map(|value| place.past(value)));
                }
                Piece::Field(_) => next.extend(by_hand::ends(rest).filter_map(|len| place.filled(text, len))),
            }
        }
        places = next;
    }
    places.iter().any(|place| place.at == text.len())
}

/// How far a text was read, and what was filled by hand on the way: a claim may be spread over several fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// Bytes.
    at: usize,
    /// Where fields filled by hand began that only blanks and marks stand between.
    run: Option<usize>,
    /// Words without digits, in all fields filled by hand.
    words: usize,
    /// All those fields.
    all: usize,
}

impl Place {
    /// Behind words that were approved, or that the record has.
    fn past(self, words: &str) -> Self {
        let goes_on = !words.contains(char::is_alphanumeric);
        Self { at: self.at + words.len(), run: self.run.filter(|_| goes_on), ..self }
    }

    /// Behind a field filled by hand, unless that makes more of it, or of those before it, than fields are for.
    fn filled(self, text: &str, len: usize) -> Option<Self> {
        let (start, at) = (self.run.unwrap_or(self.at), self.at + len);
        let words = self.words + by_hand::plain_words(&text[self.at..at]);
        let all = self.all + 1;
        let joined = start == self.at || !by_hand::leads_away(&text[start..at]);
        let few = words <= by_hand::MOST_WORDS + 2 * (all - 1);
        (joined && few).then_some(Self { at, run: Some(start), words, all })
    }
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
    fn a_field_filled_by_hand_says_no_more_however_it_is_written() {
        let filled = |day: &str| judged(&format!("Hi Dana, the rate is 4 % until {day}. Maya"), Disclose::Once, true);
        for day in [
            "５５５１２３４５６７",
            "①②③-④⑤⑥-⑦⑧⑨⓪",
            "555–123–4567",
            "555_123_4567",
            "5\u{200B}5\u{200B}5-1234",
            "4 ％",
            "4 ﹪",
            "4 ٪",
            "٤٥",
            "4 percent",
            "4 per cent",
            "4 por ciento",
            "you-pay-nothing-at-all",
            "you_pay_nothing_at_all",
            "you/pay/nothing/at/all",
            "you—pay—nothing—at—all",
            "you\u{200B}pay\u{200B}nothing\u{200B}at\u{200B}all",
            "you\u{2800}pay\u{2800}nothing\u{2800}at\u{2800}all",
            "you,pay,nothing,at,all",
            "evil .com",
            "evil . com",
            "evil. com",
            "evil dot com",
            "evil DOT com",
            "evil (dot) com",
            "evil[.]com",
            "evildotcom",
            "evil\u{200B}.com",
            "ｅｖｉｌ．ｃｏｍ",
            "ⓔⓥⓘⓛ.ⓒⓞⓜ",
            "www evil com",
            "mailto:x",
            "tel:5551",
            "a＠b",
            "Friday, trust me",
            "Wow! Yes",
            "now!",
            // The domain of a company's name cannot be told from a link, and a phone makes one of it.
            "Amazon.com",
        ] {
            assert_eq!(filled(day), Err(Refusal::FreeText), "{day:?}");
        }
        for day in [
            "Tuesday, Dec 1",
            "Dec 1, 2026",
            "martes, 1 dic",
            "Portland, OR",
            "Yahoo!",
            "Anne-Marie O'Neil-Smith",
            "St. Louis",
            "11/28/2026",
            "3pm-5pm Tuesday",
            "AT&T",
            "9:30 a.m. EST",
            "Dot Cotton",
            "$1,250",
            "Ｄａｎａ",
            "Mar. 3, 10:00",
        ] {
            assert_eq!(filled(day), Ok(()), "{day:?}");
        }
    }

    #[test]
    fn a_claim_is_no_less_one_for_being_spread_over_several_fields() {
        let text = "{a} {b}{c} is what {d} gets, {contact.first_name}";
        let snippet = Snippet { text: text.to_owned(), ..Snippet::default() };
        let made = |words: &str| is_made_of(&snippet, &Values::default(), words);
        for words in ["Tuesday 5 p.m. is what Dana Fox gets, Dana", "Tuesday, Dec 1 10:00 is what Dana gets, Dana"] {
            assert!(made(words), "{words}");
        }
        for words in [
            "evil .com is what Dana gets, Dana",
            "evil dot com is what Dana gets, Dana",
            "555 1234567 is what Dana gets, Dana",
            "We cut all your rates and never bill you more is what everybody who pays gets, my very good friend",
        ] {
            assert!(!made(words), "{words}");
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

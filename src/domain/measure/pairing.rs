//! Before, by a log of messages: which text of ours answered which of a buyer's.
//!
//! A log says who texted whom and when, and nothing of replies and answers. Here the texts of one pair of numbers become
//! replies as the journal counts them: what asks for an answer there asks for one here, and a burst of texts is one reply.

use crate::domain::consent::ConsentRules;
use crate::domain::message::{Delivery, InboundKind, classify};
use crate::domain::time::Timestamp;

/// What a text of a log says. Of one instant the buyer's come first: logs know whole seconds, and nobody answers what has
/// not come.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// The buyer wrote what asks for an answer: the carrier's id of it.
    Asked(Box<str>),
    /// The buyer gave consent back, if they had withdrawn it. Else it asks for an answer like others, as a YES does.
    Start(Box<str>),
    /// The buyer withdrew consent.
    Stop,
    /// The buyer asked who we are, which the carrier answers.
    Help,
    /// A text of ours left.
    Answered,
}

impl Said {
    /// What a buyer's text says, by its words where the log has them; nothing where it asks for no answer and changes
    /// nothing, as a reaction or a machine's answer.
    pub fn of_buyer(rules: &ConsentRules, words: Option<&str>, id: &str) -> Option<Self> {
        // Whether they are out at that time is known when all texts of the pair are.
        match words.map_or(InboundKind::Text, |words| classify(rules, words, 0, None, true)) {
            InboundKind::Text | InboundKind::Picture => Some(Self::Asked(id.into())),
            InboundKind::OptIn => Some(Self::Start(id.into())),
            InboundKind::OptOut => Some(Self::Stop),
            InboundKind::Help => Some(Self::Help),
            InboundKind::Tapback | InboundKind::Acknowledgement | InboundKind::AutoReply => None,
        }
    }

    /// What a text of ours says; nothing when it never arrived. Of most that arrive nobody says so.
    pub fn of_ours(delivery: Option<Delivery>) -> Option<Self> {
        (!delivery.is_some_and(Delivery::is_failure)).then_some(Self::Answered)
    }
}

/// A text of a log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text {
    /// When it came or left.
    pub at: Timestamp,
    /// What it says.
    pub said: Said,
}

/// A reply, with its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paired<'a> {
    /// The carrier's id of its first text.
    pub id: &'a str,
    /// When that came.
    pub received: Timestamp,
    /// When the first text of ours after it left; nothing when none did.
    pub answered: Option<Timestamp>,
}

/// The replies of one pair of numbers, by its texts in order. What the buyer writes before they are answered is one reply.
/// A word of consent is none, and what came before it is answered no more.
pub fn replies<'a>(texts: impl IntoIterator<Item = &'a Text>) -> Vec<Paired<'a>> {
    let mut paired = Vec::new();
    let mut waits: Option<Paired<'a>> = None;
    let mut is_out = false;
    for text in texts {
        match &text.said {
            Said::Start(_) if is_out => {
                is_out = false;
                paired.extend(waits.take());
            }
            Said::Asked(id) | Said::Start(id) => {
                waits = waits.or(Some(Paired { id, received: text.at, answered: None }));
            }
            Said::Stop => {
                is_out = true;
                paired.extend(waits.take());
            }
            Said::Help => paired.extend(waits.take()),
            Said::Answered => {
                paired.extend(waits.take().map(|reply| Paired { answered: Some(text.at), ..reply }));
            }
        }
    }
    paired.extend(waits);
    paired
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts a minute apart: `a` to `z` are the buyer's, and their ids; `Y` is a YES, `S` a STOP, `H` a HELP, `!` a text
    /// of ours. What stands in brackets is of one minute.
    fn log(signs: &str) -> Vec<Text> {
        let (mut minute, mut together) = (0, false);
        let mut texts = Vec::new();
        for sign in signs.chars() {
            let said = match sign {
                '[' | ']' => {
                    together = sign == '[';
                    minute += i64::from(!together);
                    continue;
                }
                '!' => Said::Answered,
                'S' => Said::Stop,
                'H' => Said::Help,
                'Y' => Said::Start("Y".into()),
                id => Said::Asked(id.to_string().into()),
            };
            texts.push(Text { at: Timestamp::from_millis(minute * 60_000), said });
            minute += i64::from(!together);
        }
        texts.sort_unstable();
        texts
    }

    #[test]
    fn a_run_of_texts_is_one_reply_and_the_first_text_of_ours_after_it_its_answer() {
        for (what, texts, wanted) in [
            ("nothing", "", ""),
            ("one and its answer", "a!", "a 0-1"),
            ("never answered", "a", "a 0"),
            ("a burst is one reply since its first text", "abc!", "a 0-3"),
            ("a second answer is none", "a!!", "a 0-1"),
            ("what the buyer writes after it is another reply", "a!b!", "a 0-1, b 2-3"),
            ("the last one waits", "a!bc", "a 0-1, b 2"),
            ("we wrote first", "!!a!", "a 2-3"),
            ("nobody wrote but us", "!!!", ""),
            ("a STOP is none and ends what waited", "aS!", "a 0"),
            ("a STOP alone", "S!", ""),
            ("a STOP after the answer takes nothing from it", "a!S", "a 0-1"),
            ("what is written after a STOP is a reply", "aSb!", "a 0, b 2-3"),
            ("a HELP is none and ends what waited", "aH!", "a 0"),
            ("HELP again and again", "HH!a!", "a 3-4"),
            ("a YES is words", "Y!", "Y 0-1"),
            ("a YES in a burst", "aY!", "a 0-2"),
            ("a YES after a STOP gives consent back", "SY!a!", "a 3-4"),
            ("and is words again after that", "SY!Y!", "Y 3-4"),
            ("it ends what was written while they were out", "SaY!", "a 1"),
            ("of one second the buyer's comes first", "[!a]", "a 0-0"),
            ("of one second the ids decide, whatever came first", "[ba]!", "a 0-1"),
        ] {
            let texts = log(texts);
            let told: Vec<String> = replies(&texts)
                .iter()
                .map(|reply| {
                    let minute = |at: Timestamp| at.millis() / 60_000;
                    let answered = reply.answered.map_or(String::new(), |at| format!("-{}", minute(at)));
                    format!("{} {}{answered}", reply.id, minute(reply.received))
                })
                .collect();
            assert_eq!(told.join(", "), wanted, "{what}");
        }
    }

    #[test]
    fn a_text_asks_as_it_would_in_the_journal() {
        let asked = || Some(Said::Asked("1".into()));
        for (words, wanted) in [
            (Some("Can we talk?"), asked()),
            // A picture, or words that the carrier was told to forget.
            (Some(""), asked()),
            (None, asked()),
            (Some("Stop."), Some(Said::Stop)),
            (Some("arrêt"), Some(Said::Stop)),
            (Some("help"), Some(Said::Help)),
            (Some("YES"), Some(Said::Start("1".into()))),
            (Some("yes, Thursday"), asked()),
            (Some("Liked “See you at 3”"), None),
            (Some("👍"), None),
            (Some("I’m driving with Focus turned on. I’ll see your message when I get there."), None),
        ] {
            assert_eq!(Said::of_buyer(&ConsentRules::default(), words, "1"), wanted, "{words:?}");
        }
        for (delivery, wanted) in [
            (None, Some(Said::Answered)),
            (Some(Delivery::Sent), Some(Said::Answered)),
            (Some(Delivery::Delivered), Some(Said::Answered)),
            (Some(Delivery::Failed), None),
            (Some(Delivery::Undelivered), None),
        ] {
            assert_eq!(Said::of_ours(delivery), wanted, "{delivery:?}");
        }
    }
}

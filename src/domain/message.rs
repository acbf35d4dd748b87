//! What a text is: who wrote it, and whether it is one that needs an answer.

use serde::{Deserialize, Serialize};

use super::consent::words::keyword_in;
use super::consent::{ConsentRules, Keyword};
use super::revocation;

/// What an inbound text turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InboundKind {
    /// Words from a person.
    Text,
    /// Pictures or other media without words.
    Picture,
    /// A phone's way to say it liked a text: `Liked "…"`.
    Tapback,
    /// A lone thumbs-up or another emoji that only acknowledges.
    Acknowledgement,
    /// A machine's answer: driving, out of office.
    AutoReply,
    /// A word that withdraws consent.
    OptOut,
    /// A word that gives it back.
    OptIn,
    /// HELP or INFO: the carrier answers it.
    Help,
}

impl InboundKind {
    /// Only a person's words or pictures ask for an answer.
    pub const fn arms_clock(self) -> bool {
        matches!(self, Self::Text | Self::Picture)
    }
}

/// Openings by which phones describe a reaction to a text (Apple and Google Messages, English).
const TAPBACKS: [&str; 14] = [
    "liked ",
    "loved ",
    "disliked ",
    "laughed at ",
    "emphasized ",
    "questioned ",
    "reacted ",
    "removed a like from ",
    "removed a heart from ",
    "removed a dislike from ",
    "removed a laugh from ",
    "removed an exclamation from ",
    "removed a question mark from ",
    "emphasised ",
];

/// Sentences by which phones answer for a driver or somebody away. Matched as a prefix of the whole text.
const AUTO_REPLIES: [&str; 14] = [
    "i'm driving with focus",
    "i’m driving with focus",
    "i'm driving with do not disturb",
    "i’m driving with do not disturb",
    "i'm driving and can't",
    "i’m driving and can’t",
    "i'm driving right now",
    "i’m driving right now",
    "(i'm not receiving notifications",
    "(i’m not receiving notifications",
    "[automatic reply",
    "automatic reply:",
    "auto-reply:",
    "out of office:",
];

/// Says what an inbound text is. `opt_out_type` is the carrier's own word (`START`, `STOP`, `HELP`) when it sends one;
/// `rules` knows the words of the playbook's languages; `opted_out` is whether this number has withdrawn consent: only then does YES give it back, otherwise it is content.
pub fn classify(
    rules: &ConsentRules,
    body: &str,
    media: usize,
    opt_out_type: Option<&str>,
    opted_out: bool,
) -> InboundKind {
    let by_carrier = match opt_out_type.map(str::to_ascii_uppercase).as_deref() {
        Some("STOP") => Some(Keyword::Stop),
        Some("START") => Some(Keyword::Start),
        Some("HELP") => Some(Keyword::Help),
        Some(_) | None => None,
    };
    // A STOP is one whoever reads it so: an account may have set it to mean something else at the carrier.
    let by_words = keyword_in(rules, body);
    let said = if by_words == Some(Keyword::Stop) { by_words } else { by_carrier.or(by_words) };
    match said {
        Some(Keyword::Stop) => return InboundKind::OptOut,
        Some(Keyword::Start) if opted_out => return InboundKind::OptIn,
        Some(Keyword::Help) => return InboundKind::Help,
        Some(Keyword::Start) | None => {}
    }
    let text = body.trim();
    if text.is_empty() {
        return InboundKind::Picture;
    }
    if media == 0 {
        let lower = text.to_lowercase();
        if is_tapback(&lower) {
            return InboundKind::Tapback;
        }
        // A person may begin so, too: what may ask us to stop is theirs to be ruled on, whoever wrote it.
        let by_machine = AUTO_REPLIES.iter().any(|opening| lower.starts_with(opening));
        if by_machine && !revocation::judge(text).is_revocation() {
            return InboundKind::AutoReply;
        }
        if is_acknowledgement(text) {
            return InboundKind::Acknowledgement;
        }
    }
    InboundKind::Text
}

/// `Liked "…"`, `Reacted 👍 to "…"`, `Loved an image`: the opening words, and nothing after the quotation.
fn is_tapback(lower: &str) -> bool {
    let Some(opening) = TAPBACKS.iter().find(|o| lower.starts_with(**o)) else { return false };
    let rest = lower[opening.len()..].trim();
    let quoted = rest.find(['"', '“', '«']).map(|at| &rest[at..]);
    match quoted {
        Some(quote) => {
            let before = rest.len() - quote.len();
            let reaction_only = before == 0 || (*opening == "reacted " && rest[..before].trim_end().ends_with(" to"));
            reaction_only && quote.trim_end().ends_with(['"', '”', '»', '…'])
        }
        None => ["an image", "a movie", "an attachment", "an audio message", "a voice message"].contains(&rest),
    }
}

/// One thumbs-up (any skin tone) or check mark and nothing else.
fn is_acknowledgement(text: &str) -> bool {
    let mut signs = text.chars().filter(|c| !matches!(c, '\u{1F3FB}'..='\u{1F3FF}' | '\u{FE0F}' | '\u{200D}'));
    matches!(signs.next(), Some('👍' | '👌' | '✅' | '✔')) && signs.next().is_none()
}

/// How an answer stands with the carrier. Ranked: a callback never moves it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// The carrier has it.
    Accepted,
    /// It waits at the carrier.
    Queued,
    /// On its way to the network.
    Sending,
    /// The network has it.
    Sent,
    /// Terminal: it will not arrive.
    Failed,
    /// Terminal: the network says it did not arrive.
    Undelivered,
    /// Terminal: it arrived.
    Delivered,
    /// It was read (RCS).
    Read,
}

impl Delivery {
    /// accepted 0 < queued 1 < sending 2 < sent 3 < delivered = undelivered = failed 4 < read 5
    /// (Twilio: "no guarantee that the status callback requests always arrive in the order they were sent").
    pub const fn rank(self) -> u8 {
        match self {
            Self::Accepted => 0,
            Self::Queued => 1,
            Self::Sending => 2,
            Self::Sent => 3,
            Self::Failed | Self::Undelivered | Self::Delivered => 4,
            Self::Read => 5,
        }
    }

    /// Whether the buyer will never get it.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Undelivered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_apart() {
        use InboundKind::{Acknowledgement, AutoReply, Help, OptIn, OptOut, Picture, Tapback, Text};
        for (body, media, carrier, opted_out, wanted) in [
            ("Can we do Thursday?", 0, None, false, Text),
            ("", 1, None, false, Picture),
            ("  ", 0, None, false, Picture),
            ("look", 1, None, false, Text),
            ("Liked “See you at 3”", 0, None, false, Tapback),
            ("Liked \"See you at 3\"", 0, None, false, Tapback),
            ("Loved an image", 0, None, false, Tapback),
            ("Reacted 👍 to “Does 3pm work?”", 0, None, false, Tapback),
            ("Liked your proposal, but the price is high", 0, None, false, Text),
            ("Liked \"plan A\" more than \"plan B\" but call me", 0, None, false, Text),
            ("Questioned by legal, call me", 0, None, false, Text),
            ("ARRETE", 0, None, false, OptOut),
            ("arrett", 0, None, false, OptOut),
            ("I’m driving with Focus turned on. I’ll see your message when I get there.", 0, None, false, AutoReply),
            ("👍", 0, None, false, Acknowledgement),
            ("👍🏽", 0, None, false, Acknowledgement),
            ("👍 send it", 0, None, false, Text),
            ("👍", 1, None, false, Text),
            (
                "I'm driving with Do Not Disturb While Driving turned on. I'll see your message when I get there.",
                0,
                None,
                false,
                AutoReply,
            ),
            ("I'm driving my team towards a decision", 0, None, false, Text),
            ("STOP", 0, None, false, OptOut),
            (" stop. ", 0, None, false, OptOut),
            ("Opt out", 0, None, false, OptOut),
            ("We have got to STOP this terrible bill!!", 0, None, false, Text),
            ("cancel", 0, None, false, OptOut),
            ("cancel Thursday, do Friday", 0, None, false, Text),
            ("yes", 0, None, false, Text),
            ("yes", 0, None, true, OptIn),
            ("START", 0, Some("START"), true, OptIn),
            ("para", 0, Some("STOP"), false, OptOut),
            ("help", 0, None, false, Help),
            // What an account set the word to at the carrier takes no right away.
            ("STOP", 0, Some("HELP"), false, OptOut),
            ("STOP", 0, Some("START"), true, OptOut),
            ("arret", 0, Some("Help"), false, OptOut),
            ("info", 0, Some("STOP"), false, OptOut),
            ("what?", 0, Some("HELP"), false, Help),
        ] {
            assert_eq!(classify(&ConsentRules::default(), body, media, carrier, opted_out), wanted, "{body:?}");
        }
    }

    #[test]
    fn only_people_arm_the_clock() {
        assert!(InboundKind::Text.arms_clock() && InboundKind::Picture.arms_clock());
        for kind in [InboundKind::Tapback, InboundKind::Acknowledgement, InboundKind::AutoReply, InboundKind::OptOut] {
            assert!(!kind.arms_clock());
        }
    }
}

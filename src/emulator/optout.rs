//! The carrier's own opt-out words. The whole message is the word, in any case (docs: messaging/tutorials/advanced-opt-out).

/// What a text means to the carrier, whatever its writer meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keyword {
    /// Blocks the sender of texts to this person.
    Stop,
    /// Lifts the block.
    Start,
    /// Asks for help; blocks nothing.
    Help,
}

impl Keyword {
    /// Reads a whole message.
    pub(crate) fn of(body: &str) -> Option<Self> {
        match body.trim().to_uppercase().as_str() {
            "STOP" | "STOPALL" | "UNSUBSCRIBE" | "CANCEL" | "END" | "QUIT" | "REVOKE" | "OPTOUT" => Some(Self::Stop),
            "START" | "YES" | "UNSTOP" => Some(Self::Start),
            "HELP" | "INFO" => Some(Self::Help),
            _ => None,
        }
    }

    /// `OptOutType`, sent with the webhook only where Advanced Opt-Out is on.
    pub(crate) fn opt_out_type(self) -> &'static str {
        match self {
            Self::Stop => "STOP",
            Self::Start => "START",
            Self::Help => "HELP",
        }
    }

    /// The text the carrier answers by itself.
    pub(crate) fn confirmation(self) -> &'static str {
        match self {
            Self::Stop => {
                "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe."
            }
            Self::Start => {
                "You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply."
            }
            Self::Help => "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_message_is_a_keyword() {
        for (body, wanted) in [
            ("STOP", Some(Keyword::Stop)),
            (" stop\n", Some(Keyword::Stop)),
            ("Cancel", Some(Keyword::Stop)),
            ("optout", Some(Keyword::Stop)),
            ("revoke", Some(Keyword::Stop)),
            ("yes", Some(Keyword::Start)),
            ("Unstop", Some(Keyword::Start)),
            ("info", Some(Keyword::Help)),
            ("STOP PLEASE", None),
            ("We have got to STOP this!!", None),
            ("yes, 3pm works", None),
            ("stop.", None),
            ("", None),
        ] {
            assert_eq!(Keyword::of(body), wanted, "{body:?}");
        }
    }
}

//! The whole texts that carriers act on by themselves: a STOP blocks, and each is answered, unless they were told not to.
//!
//! Carriers compare less than we do: case and blanks around the word are all that they fold (docs: Twilio
//! `messaging/tutorials/advanced-opt-out`, Telnyx `messaging/opt-in-out`).

use super::telnyx::Telnyx;
use super::twilio::Twilio;

/// Twilio's on long codes; the last two of the opt-outs are the newest.
const TWILIO: [&str; 13] = [
    "STOP",
    "STOPALL",
    "UNSUBSCRIBE",
    "CANCEL",
    "END",
    "QUIT",
    "REVOKE",
    "OPTOUT",
    "START",
    "YES",
    "UNSTOP",
    "HELP",
    "INFO",
];

/// Telnyx's.
const TELNYX: [&str; 11] =
    ["STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "START", "UNSTOP", "HELP", "INFO"];

/// Whether the carrier of this kind acts on a text. One that we do not know is taken to act on what any of the others do.
pub fn acts_on(provider: &str, body: &str) -> bool {
    let said = body.trim().to_uppercase();
    let is_in = |words: &[&str]| words.contains(&said.as_str());
    match provider {
        Twilio::KIND => is_in(&TWILIO),
        Telnyx::KIND => is_in(&TELNYX),
        _ => is_in(&TWILIO) || is_in(&TELNYX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::consent::{Keyword, keyword};

    #[test]
    fn each_carrier_acts_on_its_own_words_alone() {
        for (body, twilio, telnyx) in [
            ("stop", true, true),
            (" Stop\n", true, true),
            ("stop all", false, true),
            ("revoke", true, false),
            ("OPTOUT", true, false),
            ("opt-out", false, false),
            ("remove", false, false),
            ("ARRET", false, false),
            ("S.T.O.P.", false, false),
            ("stop.", false, false),
            ("yes", true, false),
            ("info", true, true),
            ("stop by at 5", false, false),
            ("", false, false),
        ] {
            assert_eq!((acts_on("twilio", body), acts_on("telnyx", body)), (twilio, telnyx), "{body:?}");
            assert_eq!(acts_on("generic", body), twilio || telnyx, "{body:?}");
        }
    }

    #[test]
    fn what_a_carrier_blocks_opts_out_here() {
        for word in TWILIO.iter().chain(&TELNYX) {
            assert!(keyword(word).is_some(), "{word}");
        }
        assert_eq!(keyword("REMOVE"), Some(Keyword::Stop), "and more does");
    }
}

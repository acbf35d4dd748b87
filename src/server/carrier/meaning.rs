//! What a carrier's error code asks for: one table a carrier, from its published list of codes. Pure.
//!
//! A code that is in no table fails its text and nothing else: its rep sees it and decides.

use crate::domain::sending::{ERROR_OPTED_OUT, ERROR_OPTED_OUT_BY_WORD, ERROR_OPTED_OUT_TELNYX};

/// What follows from an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The buyer withdrew consent, and the carrier knew before us.
    OptedOut,
    /// Too fast, or a queue is full: the line waits a little, and what was not taken goes again.
    Slow,
    /// The day's share is used up: the line waits for hours.
    DayIsFull,
    /// Something is set up wrongly: nothing from this number can arrive. An admin is told once, and the number stops.
    Admin,
    /// This text will not arrive. Trying the same again is no use.
    Never,
}

impl Meaning {
    /// As tables and logs name it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::OptedOut => "opt-out",
            Self::Slow => "retry",
            Self::DayIsFull => "retry later",
            Self::Admin => "page the admin",
            Self::Never => "never",
        }
    }
}

/// HTTP's word for a key that does not open.
const UNAUTHORISED: u32 = 401;

/// HTTP's word for too fast.
const TOO_MANY: u32 = 429;

/// twilio.com/docs/api/errors.
const TWILIO: [(u32, Meaning); 21] = [
    (20003, Meaning::Admin),
    (20429, Meaning::Slow),
    (21212, Meaning::Admin),
    (21606, Meaning::Admin),
    (ERROR_OPTED_OUT, Meaning::OptedOut),
    (21611, Meaning::Slow),
    (21659, Meaning::Admin),
    (21660, Meaning::Admin),
    (21701, Meaning::Admin),
    (21703, Meaning::Admin),
    (30001, Meaning::Slow),
    (30002, Meaning::Admin),
    (30003, Meaning::Never),
    (30005, Meaning::Never),
    (30006, Meaning::Never),
    (30007, Meaning::Never),
    (30022, Meaning::Slow),
    (30023, Meaning::DayIsFull),
    (30027, Meaning::DayIsFull),
    (30032, Meaning::Admin),
    (30034, Meaning::Admin),
];

/// developers.telnyx.com/docs/messaging/messages/error-codes and …/development/api-fundamentals/api-errors.
const TELNYX: [(u32, Meaning); 20] = [
    (10001, Meaning::Admin),
    (10009, Meaning::Admin),
    (10010, Meaning::Admin),
    (10011, Meaning::Slow),
    (40001, Meaning::Never),
    (40002, Meaning::Never),
    (40003, Meaning::Admin),
    (40008, Meaning::Never),
    (40010, Meaning::Admin),
    (40011, Meaning::Slow),
    (40013, Meaning::Admin),
    (40015, Meaning::Never),
    (40016, Meaning::DayIsFull),
    (40018, Meaning::DayIsFull),
    (ERROR_OPTED_OUT_TELNYX, Meaning::OptedOut),
    (40305, Meaning::Admin),
    (40312, Meaning::Admin),
    (40313, Meaning::Admin),
    (40314, Meaning::Admin),
    (40318, Meaning::Slow),
];

/// The words of our own protocol, each with the number it is kept under: assets/docs/carriers.md.
pub const WORDS: [(&str, u32, Meaning); 5] = [
    ("opted_out", ERROR_OPTED_OUT_BY_WORD, Meaning::OptedOut),
    ("slow_down", 900_429, Meaning::Slow),
    ("daily_cap", 900_430, Meaning::DayIsFull),
    ("configuration", 900_034, Meaning::Admin),
    ("failed", 900_003, Meaning::Never),
];

/// What follows from this code of that carrier.
pub fn of(carrier: &str, code: u32) -> Meaning {
    let found = match carrier {
        "twilio" => TWILIO.iter().find(|(c, _)| *c == code).map(|(_, m)| *m),
        "telnyx" => TELNYX.iter().find(|(c, _)| *c == code).map(|(_, m)| *m),
        "generic" => WORDS.iter().find(|(_, c, _)| *c == code).map(|(_, _, m)| *m),
        _ => None,
    };
    found.unwrap_or(match code {
        UNAUTHORISED => Meaning::Admin,
        TOO_MANY => Meaning::Slow,
        _ => Meaning::Never,
    })
}

/// The number under which a word of our own protocol is kept; an unknown word is a failure like others.
pub fn code_of(word: &str) -> u32 {
    WORDS.iter().find(|(w, ..)| *w == word).map_or(900_003, |(_, code, _)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sending::{is_hopeless, is_opt_out, was_full};

    #[test]
    fn every_carriers_codes_ask_for_what_its_list_says() {
        for (carrier, code, wanted) in [
            ("twilio", 21610, Meaning::OptedOut),
            ("twilio", 21611, Meaning::Slow),
            ("twilio", 30001, Meaning::Slow),
            ("twilio", 30034, Meaning::Admin),
            ("twilio", 30007, Meaning::Never),
            ("twilio", 63_999, Meaning::Never),
            ("twilio", 401, Meaning::Admin),
            ("telnyx", 40300, Meaning::OptedOut),
            ("telnyx", 40318, Meaning::Slow),
            ("telnyx", 40010, Meaning::Admin),
            ("telnyx", 40016, Meaning::DayIsFull),
            ("telnyx", 21610, Meaning::Never),
            ("generic", 900_610, Meaning::OptedOut),
            ("generic", 900_034, Meaning::Admin),
            ("generic", 900_003, Meaning::Never),
            ("fax", 21610, Meaning::Never),
            ("fax", 429, Meaning::Slow),
        ] {
            assert_eq!(of(carrier, code), wanted, "{carrier} {code}");
        }
    }

    #[test]
    fn the_rules_and_the_tables_agree_on_what_is_an_opt_out() {
        let words = WORDS.map(|(_, code, meaning)| (code, meaning));
        for (code, meaning) in TWILIO.iter().chain(&TELNYX).chain(&words) {
            assert_eq!(is_opt_out(*code), *meaning == Meaning::OptedOut, "{code}");
            assert_eq!(was_full(*code), matches!(meaning, Meaning::Slow | Meaning::DayIsFull), "{code}");
            assert!(!is_hopeless(*code) || matches!(meaning, Meaning::OptedOut | Meaning::Never), "{code}");
        }
        assert_eq!(code_of("opted_out"), 900_610);
        assert_eq!(code_of("teleported"), code_of("failed"));
    }

    #[test]
    fn each_table_says_a_code_once_and_in_order() {
        for table in [TWILIO.to_vec(), TELNYX.to_vec()] {
            assert!(table.windows(2).all(|w| w[0].0 < w[1].0));
        }
    }
}

//! What stands in for a character that turns a text of 160 into one of 70: one that the GSM table has.
//!
//! Phones and office programs write curly quotes, long dashes and ellipses by themselves; nobody misses them. An accent
//! or an emoji is part of what somebody wrote: taking it away is offered, never done along with the rest.

use super::segments::{is_gsm, segments};

/// What may stand in for a character that the GSM table does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandIn {
    /// Reads the same: `'` for `’`.
    Same(&'static str),
    /// Reads almost the same, and somebody may mind: `a` for `á`.
    Bare(&'static str),
    /// Nothing: an emoji is left out.
    Nothing,
}

impl StandIn {
    /// The characters in its place.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Same(text) | Self::Bare(text) => text,
            Self::Nothing => "",
        }
    }
}

/// Characters that read the same, with what stands in for each.
const SAME: &[(&str, &str)] = &[
    ("‘’‚‛′ʹʼ`´", "'"),
    ("“”„‟″«»", "\""),
    ("‐‑‒–—―−", "-"),
    ("…", "..."),
    (
        "\u{a0}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{202f}\u{205f}\u{3000}\t",
        " ",
    ),
    ("\u{ad}\u{200b}\u{2060}\u{feff}", ""),
    ("•·‣▪", "-"),
    ("→", "->"),
    ("←", "<-"),
    ("⁄∕", "/"),
    ("™", "(TM)"),
    ("©", "(c)"),
    ("®", "(R)"),
    ("×", "x"),
    ("≤", "<="),
    ("≥", ">="),
    ("ﬁ", "fi"),
    ("ﬂ", "fl"),
    ("№", "No."),
];

/// Signs that a number is read with. Their words stand behind a blank, or `1½` would be sent as `11/2`, and `72°` as a `72o`;
/// somebody may mind all the same.
const OF_NUMBERS: &[(&str, &str)] =
    &[("½", " 1/2"), ("¼", " 1/4"), ("¾", " 3/4"), ("°", " deg"), ("º", "o"), ("ª", "a")];

/// Letters with an accent that the GSM table does not have, with the bare letter.
const BARE: &[(&str, &str)] = &[
    ("áâãāăą", "a"),
    ("ÁÀÂÃĀĂĄ", "A"),
    ("çćč", "c"),
    ("ĆČ", "C"),
    ("ďđ", "d"),
    ("ĎĐ", "D"),
    ("êëēėęě", "e"),
    ("ÈÊËĒĖĘĚ", "E"),
    ("ğ", "g"),
    ("Ğ", "G"),
    ("íîïīįı", "i"),
    ("ÍÌÎÏĪĮİ", "I"),
    ("ł", "l"),
    ("Ł", "L"),
    ("ńň", "n"),
    ("ŃŇ", "N"),
    ("óôõōő", "o"),
    ("ÓÒÔÕŌŐ", "O"),
    ("œ", "oe"),
    ("Œ", "OE"),
    ("řŕ", "r"),
    ("ŘŔ", "R"),
    ("śšşș", "s"),
    ("ŚŠŞȘ", "S"),
    ("ťțţ", "t"),
    ("ŤȚŢ", "T"),
    ("úûūůűų", "u"),
    ("ÚÙÛŪŮŰŲ", "U"),
    ("ýÿ", "y"),
    ("ÝŸ", "Y"),
    ("źżž", "z"),
    ("ŹŻŽ", "Z"),
];

/// What stands in for a character; nothing for one of the GSM table, and for one of another script.
pub fn stand_in(c: char) -> Option<StandIn> {
    if is_gsm(c) {
        return None;
    }
    let find = |table: &[(&str, &'static str)]| table.iter().find(|(all, _)| all.contains(c)).map(|(_, by)| *by);
    let same = find(SAME).map(StandIn::Same);
    same.or_else(|| find(BARE).map(StandIn::Bare))
        .or_else(|| find(OF_NUMBERS).map(StandIn::Bare))
        .or_else(|| is_picture(c).then_some(StandIn::Nothing))
}

/// Emoji, symbols drawn like them, and what only joins or colours them.
const fn is_picture(c: char) -> bool {
    matches!(c, '\u{200d}' | '\u{20e3}' | '\u{fe0e}' | '\u{fe0f}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}'
        | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{1f000}'..='\u{1faff}' | '\u{e0020}'..='\u{e007f}')
}

/// What one key would do to a text that only these characters make dear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Each character, once, in the order of the text, with what stands in for it.
    pub swaps: Vec<(char, StandIn)>,
    /// Nobody will see it: none of them changes what is read.
    pub unseen: bool,
}

impl Offer {
    /// The text, or a part of it, with the stand-ins.
    pub fn apply(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match self.swaps.iter().find(|(dear, _)| *dear == c) {
                // Only a number before it is kept apart.
                Some((_, by)) if out.ends_with(|c: char| c.is_ascii_digit()) => out.push_str(by.text()),
                Some((_, by)) => out.push_str(by.text().trim_start_matches(|c| c == ' ' && by.text().len() > 1)),
                None => out.push(c),
            }
        }
        out
    }
}

/// What can be offered: first what nobody sees, then what somebody may mind. Nothing for a text that is in the GSM table,
/// and nothing where a character of another script stays: the text would be as dear as before.
pub fn offer(text: &str) -> Option<Offer> {
    let mut swaps: Vec<(char, StandIn)> = Vec::new();
    for c in text.chars().filter(|c| !is_gsm(*c)) {
        if swaps.iter().all(|(known, _)| *known != c) {
            swaps.push((c, stand_in(c)?));
        }
    }
    let all = Offer { swaps, unseen: false };
    if segments(&all.apply(text)).segments > segments(text).segments {
        // Sixty-seven ellipses are one text of 70, and two hundred dots two of 160.
        return None;
    }
    let mut swaps = all.swaps;
    let same = |by: &StandIn| matches!(by, StandIn::Same(_));
    let unseen = swaps.iter().any(|(_, by)| same(by));
    swaps.retain(|(_, by)| same(by) == unseen);
    (!swaps.is_empty()).then_some(Offer { swaps, unseen })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::segments::Encoding;

    #[test]
    fn every_stand_in_is_in_the_table_and_stands_for_what_is_not() {
        for (all, by) in SAME.iter().chain(BARE).chain(OF_NUMBERS) {
            assert!(by.chars().all(is_gsm), "{by:?}");
            assert!(!all.contains(is_gsm), "one of {all} needs no stand-in");
        }
        let (mut seen, all) = (String::new(), SAME.iter().chain(BARE).chain(OF_NUMBERS));
        for c in all.flat_map(|(all, _)| all.chars()) {
            assert!(!seen.contains(c), "{c:?} stands twice");
            seen.push(c);
        }
    }

    #[test]
    fn what_phones_write_by_themselves_goes_first_and_the_rest_is_offered_after_it() {
        let text = "It’s “á” – ok… 😀";
        let first = offer(text).unwrap();
        assert!(first.unseen);
        assert_eq!(first.swaps.iter().map(|(c, _)| *c).collect::<String>(), "’“”–…");
        let then = first.apply(text);
        assert_eq!(then, "It's \"á\" - ok... 😀");
        let second = offer(&then).unwrap();
        assert!(!second.unseen);
        assert_eq!(second.swaps, [('á', StandIn::Bare("a")), ('😀', StandIn::Nothing)]);
        assert_eq!(offer(&second.apply(&then)), None);
        assert_eq!(segments(&second.apply(&then)).encoding, Encoding::Gsm7);
    }

    #[test]
    fn a_number_stays_the_number_that_was_written() {
        for (text, reads) in [
            ("1½ hours", "1 1/2 hours"),
            ("½ hour", "1/2 hour"),
            ("at 2 ½ %", "at 2 1/2 %"),
            ("72° inside", "72 deg inside"),
            ("nº 5, 1ª", "no 5, 1a"),
        ] {
            let offered = offer(text).unwrap();
            assert!(!offered.unseen, "somebody may mind: {text}");
            assert_eq!(offered.apply(text), reads);
        }
    }

    #[test]
    fn nothing_is_offered_that_would_not_make_it_cheaper() {
        assert_eq!(offer("It’s привет"), None);
        assert_eq!(offer("plain, é and €"), None);
        assert!(offer(&"…".repeat(53)).is_some());
        assert_eq!(offer(&"…".repeat(67)), None, "201 dots are two texts");
    }

    proptest! {
        #[test]
        fn two_keys_make_any_text_cheap_for_which_anything_is_offered(text in "[a-zé€’“”–…á😀\u{a0}\u{fe0f}ж]{0,40}") {
            let mut now = text.clone();
            for _ in 0..2 {
                if let Some(offer) = offer(&now) {
                    now = offer.apply(&now);
                }
            }
            prop_assert_eq!(offer(&now), None);
            let foreign = text.contains('ж');
            prop_assert_eq!(segments(&now).encoding == Encoding::Ucs2, foreign);
        }
    }
}

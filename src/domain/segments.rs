//! How many SMS a text becomes, and which character makes it so.
//!
//! GSM 03.38 packs 160 characters of its own table into one message, 153 into each part of a longer one (a six-octet
//! header joins them); any other character turns the whole text into UCS-2, 70 and 67 UTF-16 units. Neither an escaped
//! character nor a surrogate pair may be cut by a part's end.

/// How a text is written on the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// The GSM 7-bit table with its extension.
    Gsm7,
    /// UTF-16 units.
    Ucs2,
}

impl Encoding {
    /// Units in a message that stands alone, and in each part of a longer one.
    pub const fn capacity(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }
}

/// What sending a text takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments {
    /// How it will be written.
    pub encoding: Encoding,
    /// Septets in GSM-7 (an escaped character counts two), UTF-16 units in UCS-2.
    pub units: usize,
    /// Messages the carrier sends and bills; zero for an empty text.
    pub segments: usize,
    /// Units that still fit before another message is needed.
    pub left_in_segment: usize,
    /// The first character that is not in the GSM table: the one that makes the text dear.
    pub first_non_gsm: Option<char>,
}

/// Counts the messages of `text`.
pub fn segments(text: &str) -> Segments {
    let first_non_gsm = text.chars().find(|c| septets(*c).is_none());
    let encoding = if first_non_gsm.is_some() { Encoding::Ucs2 } else { Encoding::Gsm7 };
    let cost = |c: char| match encoding {
        Encoding::Gsm7 => septets(c).unwrap_or(1),
        Encoding::Ucs2 => c.len_utf16(),
    };
    let (single, part) = encoding.capacity();
    let units = text.chars().map(cost).sum();
    let (segments, left_in_segment) = if units <= single {
        (usize::from(units > 0), single - units)
    } else {
        let (mut parts, mut used) = (1, 0);
        for cost in text.chars().map(cost) {
            if used + cost > part {
                parts += 1;
                used = 0;
            }
            used += cost;
        }
        (parts, part - used)
    };
    Segments { encoding, units, segments, left_in_segment, first_non_gsm }
}

/// Whether a character is in the GSM table or its extension.
pub fn is_gsm(c: char) -> bool {
    septets(c).is_some()
}

/// What a character costs in the GSM table; nothing if it is not in it.
fn septets(c: char) -> Option<usize> {
    const ACCENTED: &str = "£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";
    const EXTENDED: &str = "^{}\\[~]|€\u{C}";
    let plain = matches!(c, ' '..='Z' | 'a'..='z' | '\n' | '\r' | '_');
    if plain || ACCENTED.contains(c) { Some(1) } else { EXTENDED.contains(c).then_some(2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> usize {
        segments(text).segments
    }

    #[test]
    fn the_lengths_carriers_bill() {
        for (text, wanted) in [
            (String::new(), 0),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            ("€".repeat(80), 1),
            ("€".repeat(81), 2),
            ("é".repeat(160), 1),
            ("á".repeat(70), 1),
            ("á".repeat(71), 2),
            (format!("’{}", "a".repeat(69)), 1),
            (format!("’{}", "a".repeat(70)), 2),
            ("😀".repeat(35), 1),
            ("😀".repeat(36), 2),
        ] {
            assert_eq!(count(&text), wanted, "{} × {:?}", text.chars().count(), text.chars().next());
        }
    }

    #[test]
    fn no_pair_is_cut() {
        // 153 is odd: the euro that would straddle starts the next part, so one septet of the first is lost.
        assert_eq!(segments(&"€".repeat(153)).units, 306);
        assert_eq!(count(&"€".repeat(153)), 3);
        // 67 is odd: 33 pairs a part.
        assert_eq!(count(&"😀".repeat(66)), 2);
        assert_eq!(count(&"😀".repeat(67)), 3);
    }

    #[test]
    fn the_dear_character_is_named() {
        let dear = segments("see you at 5 – ok?");
        assert_eq!((dear.encoding, dear.first_non_gsm), (Encoding::Ucs2, Some('–')));
        let cheap = segments("see you at 5 - ok? @$_Ñ");
        assert_eq!((cheap.encoding, cheap.first_non_gsm, cheap.left_in_segment), (Encoding::Gsm7, None, 160 - 23));
        assert_eq!(segments("`").encoding, Encoding::Ucs2);
        assert_eq!(segments("ç").first_non_gsm, Some('ç'));
        assert_eq!(segments("Ç").first_non_gsm, None);
    }

    #[test]
    fn every_code_of_the_basic_table_is_there_once() {
        let costing = |cost| ('\0'..=char::MAX).filter(|c| septets(*c) == Some(cost)).count();
        assert_eq!(costing(1), 127, "128 codes, one of them the escape");
        assert_eq!(costing(2), 10);
    }

    #[test]
    fn what_is_left_counts_down_to_the_next_message() {
        assert_eq!(segments("").left_in_segment, 160);
        assert_eq!(segments(&"a".repeat(160)).left_in_segment, 0);
        assert_eq!(segments(&"a".repeat(161)).left_in_segment, 153 - 8);
    }
}

//! The counter against an encoder that knows nothing of it: the table of 3GPP TS 23.038 by code, packed into septets and
//! cut into parts the way a phone does.

use comeback::domain::segments::{Encoding, segments};
use comeback::domain::stand_in;
use proptest::prelude::*;

/// 3GPP TS 23.038, 6.2.1: the default alphabet, by code from 0x00 to 0x7F; 0x1B is the escape.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// 6.2.1.1: the extension, by code.
const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// The septets of a character: one, or the escape and another.
fn codes(c: char) -> Option<Vec<u8>> {
    let basic = BASIC.chars().position(|known| known == c && c != '\u{1b}');
    if let Some(code) = basic {
        return Some(vec![u8::try_from(code).unwrap()]);
    }
    EXTENSION.iter().find(|(_, known)| *known == c).map(|(code, _)| vec![0x1b, *code])
}

/// The parts of a text, each a list of its characters' units: cut greedily, no character across two parts.
fn parts(text: &str) -> (bool, Vec<Vec<Vec<u16>>>) {
    let septets: Option<Vec<Vec<u16>>> =
        text.chars().map(|c| Some(codes(c)?.into_iter().map(u16::from).collect())).collect();
    let gsm = septets.is_some();
    let units = septets.unwrap_or_else(|| text.chars().map(|c| c.encode_utf16(&mut [0; 2]).to_vec()).collect());
    let (single, part) = if gsm { (160, 153) } else { (70, 67) };
    if units.iter().map(Vec::len).sum::<usize>() <= single {
        return (gsm, if units.is_empty() { vec![] } else { vec![units] });
    }
    let mut cut: Vec<Vec<Vec<u16>>> = vec![vec![]];
    for unit in units {
        let last = cut.last_mut().unwrap();
        if last.iter().map(Vec::len).sum::<usize>() + unit.len() > part {
            cut.push(vec![unit]);
        } else {
            last.push(unit);
        }
    }
    (gsm, cut)
}

/// Octets of septets packed as the standard does (6.1.2.1.1), with a header of six octets in front when there is one.
fn octets(septets: usize, header: bool) -> usize {
    let before = if header { 7 } else { 0 };
    ((before + septets) * 7).div_ceil(8)
}

#[test]
fn the_table_has_each_code_once() {
    assert_eq!(BASIC.chars().count(), 128);
    let mut all: Vec<char> = BASIC.chars().chain(EXTENSION.iter().map(|(_, c)| *c)).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 138);
    for c in '\0'..=char::MAX {
        let ours = segments(c.encode_utf8(&mut [0; 4]));
        let theirs = codes(c).map(|codes| codes.len());
        assert_eq!((ours.encoding == Encoding::Gsm7).then_some(ours.units), theirs, "{c:?}");
    }
}

#[test]
fn carriers_vectors() {
    for (c, times, wanted) in [
        ("a", 160, 1),
        ("a", 161, 2),
        ("a", 306, 2),
        ("a", 307, 3),
        ("€", 80, 1),
        ("€", 81, 2),
        ("é", 160, 1),
        ("á", 70, 1),
        ("á", 71, 2),
        ("😀", 35, 1),
        ("😀", 36, 2),
        ("", 1, 0),
    ] {
        let text = c.repeat(times);
        assert_eq!((segments(&text).segments, parts(&text).1.len()), (wanted, wanted), "{c} × {times}");
    }
    for (tail, wanted) in [(69, 1), (70, 2)] {
        let text = format!("’{}", "a".repeat(tail));
        assert_eq!((segments(&text).segments, parts(&text).1.len()), (wanted, wanted));
    }
}

/// Texts that are long enough to be cut, with many pairs at the cuts.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[ -~]{1,40}",
        3 => "[€^{}~\\[\\]|]{1,60}",
        1 => "[àéèìñöüÇΔ]{1,20}",
        1 => "[áç’“–😀👍🏽ж]{0,40}",
        2 => (140usize..170).prop_map(|n| "x".repeat(n)),
        1 => (60usize..72).prop_map(|n| "😀".repeat(n / 2)),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_counted_as_the_encoder_cuts_it(text in texts()) {
        let (gsm, cut) = parts(&text);
        let counted = segments(&text);
        prop_assert_eq!(counted.encoding == Encoding::Gsm7, gsm);
        prop_assert_eq!(counted.segments, cut.len());
        let used = |part: &Vec<Vec<u16>>| part.iter().map(Vec::len).sum::<usize>();
        prop_assert_eq!(counted.units, cut.iter().map(used).sum::<usize>());
        let (single, many) = counted.encoding.capacity();
        let room = if cut.len() > 1 { many } else { single };
        prop_assert_eq!(counted.left_in_segment, room - cut.last().map_or(0, used));
        // What is cut is whole: a part is a text by itself, and its octets fit into what a phone sends.
        let mut again = String::new();
        for part in &cut {
            let units: Vec<u16> = part.concat();
            if gsm {
                prop_assert!(units.last() != Some(&0x1b), "an escape at a part's end");
                prop_assert!(octets(units.len(), cut.len() > 1) <= 140);
                let mut codes = units.iter();
                while let Some(code) = codes.next() {
                    again.push(if *code == 0x1b {
                        let code = codes.next().unwrap();
                        EXTENSION.iter().find(|(known, _)| u16::from(*known) == *code).unwrap().1
                    } else {
                        BASIC.chars().nth(usize::from(*code)).unwrap()
                    });
                }
            } else {
                let header = if cut.len() > 1 { 6 } else { 0 };
                prop_assert!(units.len() * 2 + header <= 140);
                again.push_str(&String::from_utf16(&units).expect("no half pair in a part"));
            }
        }
        prop_assert_eq!(again, text);
    }

    #[test]
    fn a_replacement_never_makes_a_text_dearer(text in texts()) {
        let mut after = text.clone();
        while let Some(offer) = stand_in::offer(&after) {
            let next = offer.apply(&after);
            prop_assert_ne!(&next, &after);
            after = next;
        }
        prop_assert!(segments(&after).segments <= segments(&text).segments);
    }
}

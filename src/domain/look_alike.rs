//! Letters that look like plain ones: `STОР` with a Cyrillic `ОР`, `𝐒𝐓𝐎𝐏`, `ⓈⓉⓄⓅ` and `ꜱᴛᴏᴘ` are read as STOP, and are one.

use std::borrow::Cow;

use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};

/// The plain letter that another one looks like: of other scripts in lower case, and of other forms of the same letter, as
/// mathematical, circled, full-width and small capital ones, the letter; any other character as it is. Capitals and small
/// letters of a script come to the same, so that words of those scripts are still compared with each other.
pub(super) fn latin(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    let known = table(c);
    if known == c { table(form(c)) } else { known }
}

/// The text with every character in its plainest form (NFKC): full-width digits, ligatures, circled and mathematical letters,
/// one dot leaders. Letters of other scripts stay what they are.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    const { ComposingNormalizer::new_nfkc() }.normalize(text)
}

/// The same with accents apart from their letters (NFKD): `é` is `e` and a mark.
pub(super) fn decomposed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    const { DecomposingNormalizer::new_nfkd() }.normalize(text)
}

/// Whether nothing is seen where a character stands: joiners, marks of direction, variants, fillers.
pub(super) const fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Another form of one letter, by the compatibility mappings of Unicode, and of white letters on black, which have none.
fn form(c: char) -> char {
    let at = u32::from(c);
    let letter = |first: u32| char::from_u32(u32::from('A') + at - first).unwrap_or(c);
    match at {
        0x1_F150..=0x1_F169 => return letter(0x1_F150),
        0x1_F170..=0x1_F189 => return letter(0x1_F170),
        _ => {}
    }
    let mut bytes = [0; 4];
    let plain = plain(c.encode_utf8(&mut bytes));
    let mut all = plain.chars();
    match (all.next(), all.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

const fn table(c: char) -> char {
    match c {
        // Cyrillic and Greek; small capitals, which have no capitals of their own; and Armenian, by the capital or by the small
        // letter, whichever looks like one of ours.
        'А' | 'а' | 'Α' | 'α' | 'ᴀ' => 'a',
        'В' | 'в' | 'Β' | 'β' | 'ʙ' => 'b',
        'С' | 'с' | 'ϲ' | 'ᴄ' => 'c',
        'ᴅ' => 'd',
        'Е' | 'е' | 'Ε' | 'ε' | 'ᴇ' => 'e',
        'ꜰ' => 'f',
        'ɢ' | 'Ց' | 'ց' => 'g',
        'Н' | 'н' | 'Η' | 'η' | 'ʜ' | 'Հ' | 'հ' => 'h',
        'І' | 'і' | 'Ι' | 'ι' | 'ɪ' => 'i',
        'Ј' | 'ј' | 'ᴊ' | 'Յ' | 'յ' => 'j',
        'К' | 'к' | 'Κ' | 'κ' | 'ᴋ' => 'k',
        'ʟ' | 'Լ' | 'լ' => 'l',
        'М' | 'м' | 'Μ' | 'ᴍ' => 'm',
        'Ν' | 'ν' | 'ɴ' | 'Ո' | 'ո' => 'n',
        'О' | 'о' | 'Ο' | 'ο' | 'ᴏ' | 'Օ' | 'օ' => 'o',
        'Р' | 'р' | 'Ρ' | 'ρ' | 'ᴘ' | 'Ք' | 'ք' => 'p',
        'ꞯ' => 'q',
        'ʀ' => 'r',
        'Ѕ' | 'ѕ' | 'ꜱ' | 'Տ' | 'տ' => 's',
        'Т' | 'т' | 'Τ' | 'τ' | 'ᴛ' => 't',
        'ᴜ' | 'Ս' | 'ս' => 'u',
        'ᴠ' => 'v',
        'ᴡ' => 'w',
        'Х' | 'х' | 'Χ' | 'χ' => 'x',
        'У' | 'у' | 'Υ' | 'υ' | 'ʏ' => 'y',
        'Ζ' | 'ζ' | 'ᴢ' => 'z',
        _ => c,
    }
}

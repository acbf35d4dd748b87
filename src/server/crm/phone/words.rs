//! What people write beside a number: `2125550106 (cell)`, `m: 212-555-0106`, `212-555-0106 or 212-555-0107`.

/// What kind of number it is, or that it is one. Another word may say that it is not theirs, so that nothing is read of it.
const LABELS: [&str; 58] = [
    "business",
    "c",
    "cel",
    "cell",
    "cellphone",
    "cellular",
    "cellulare",
    "celular",
    "contact",
    "d",
    "dir",
    "direct",
    "direkt",
    "gsm",
    "h",
    "handy",
    "home",
    "m",
    "main",
    "mob",
    "mobiel",
    "mobil",
    "mobile",
    "mobiltelefon",
    "movil",
    "móvil",
    "no",
    "nr",
    "num",
    "number",
    "numero",
    "número",
    "numéro",
    "o",
    "office",
    "p",
    "personal",
    "ph",
    "phone",
    "portable",
    "privat",
    "private",
    "sms",
    "t",
    "tel",
    "telefon",
    "telefone",
    "telefono",
    "telefoon",
    "telephone",
    "teléfono",
    "text",
    "téléphone",
    "w",
    "wa",
    "whatsapp",
    "work",
    "телефон",
];

/// What stands between a number and a word behind it.
const BETWEEN: [char; 9] = [' ', '\u{a0}', '(', '[', '-', ',', ';', '/', ':'];

/// What joins two numbers in one cell.
const JOINTS: [&str; 9] = [" or ", " OR ", " Or ", " and ", " AND ", " & ", " oder ", " ou ", " und "];

/// A number without the words beside it that tell what kind of number it is.
pub(super) fn without(text: &str) -> &str {
    let begins = |c: char| c.is_ascii_digit() || c == '+';
    let text = match text.find(begins) {
        Some(at) if are_labels(&text[..at]) => &text[at..],
        Some(_) | None => text,
    };
    match text.find(char::is_alphabetic) {
        Some(at) if !text[at..].contains(char::is_numeric) && are_labels(&text[at..]) => {
            text[..at].trim_end_matches(BETWEEN)
        }
        Some(_) | None => text,
    }
}

/// Whether there is a word, and each is one that people write beside a number.
fn are_labels(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).peekable();
    words.peek().is_some() && words.all(|word| LABELS.contains(&word.to_lowercase().as_str()))
}

/// The numbers in one cell, where it holds several: each by itself is long enough to be one.
pub fn several(cell: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = cell.split([';', ',', '\n', '\r']).collect();
    for joint in JOINTS {
        parts = parts.into_iter().flat_map(|part| part.split(joint)).collect();
    }
    let is_long = |part: &&str| part.chars().filter(char::is_ascii_digit).count() >= 7;
    if parts.iter().all(is_long) { parts } else { vec![cell] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_may_hold_several_numbers_and_an_extension_is_none() {
        for (cell, wanted) in [
            ("212-555-0184;212-555-0185", &["212-555-0184", "212-555-0185"][..]),
            ("212-555-0184, 212-555-0185", &["212-555-0184", " 212-555-0185"]),
            ("212-555-0184 or 212-555-0185", &["212-555-0184", "212-555-0185"]),
            ("(212) 555-0184 and cell 212-555-0185", &["(212) 555-0184", "cell 212-555-0185"]),
            ("212-555-0184\n212-555-0185", &["212-555-0184", "212-555-0185"]),
            ("tel:+1-415-555-0100;ext=7", &["tel:+1-415-555-0100;ext=7"]),
            ("+1 (415) 555-0100 or 0200", &["+1 (415) 555-0100 or 0200"]),
            ("212-555-0184", &["212-555-0184"]),
            ("", &[""]),
        ] {
            assert_eq!(several(cell), wanted, "{cell}");
        }
    }

    #[test]
    fn words_that_tell_what_kind_of_number_it_is_are_left_out_and_others_stay() {
        for (text, wanted) in [
            ("2125550106 (cell)", "2125550106"),
            ("m: 212-555-0106", "212-555-0106"),
            ("Mobile No. (212) 555-0106", "212) 555-0106"),
            ("+44 7700 900123 [Work Mobile]", "+44 7700 900123"),
            ("tel:+1-415-555-0100;ext=7", "+1-415-555-0100;ext=7"),
            ("Handy: 0171 1234567", "0171 1234567"),
            ("(415) 555-0100", "(415) 555-0100"),
            ("his mother 212-555-0106", "his mother 212-555-0106"),
            ("212-555-0106 wrong number", "212-555-0106 wrong number"),
            ("212-555-0106 x7", "212-555-0106 x7"),
            ("cell", ""),
            ("", ""),
        ] {
            assert_eq!(without(text), wanted, "{text}");
        }
    }
}

//! Values in Salesforce's query languages. Whatever stands in a question to it passes one of these. Pure.

use std::fmt::Write as _;

use crate::domain::time::Timestamp;

/// A text in SOQL, in its quotes: `'O\'Brien'`. Whatever it holds, it ends where it ends and says nothing of its own.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        match c {
            '\\' => quoted.push_str("\\\\"),
            '\'' => quoted.push_str("\\'"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // No other is in any id, name or mark.
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

/// Texts in SOQL, as `IN` takes them. SOQL has no empty list, so nobody is an id that no record has.
pub fn list<T: AsRef<str>>(texts: &[T]) -> String {
    if texts.is_empty() {
        return "('000000000000000AAA')".to_owned();
    }
    let all: Vec<String> = texts.iter().map(|text| quoted(text.as_ref())).collect();
    format!("({})", all.join(", "))
}

/// A text that `LIKE` looks for at the end: what are its wildcards are letters here.
pub fn ends_with(text: &str) -> String {
    let plain = quoted(text).replace('%', "\\%").replace('_', "\\_");
    format!("'%{}", plain.strip_prefix('\'').unwrap_or(&plain))
}

/// An instant in SOQL, which has it without quotes, and none of long ago: Salesforce itself is younger.
pub fn instant(at: Timestamp) -> String {
    at.max(Timestamp::from_millis(0)).to_string()
}

/// A word in SOSL: every character that means something there is said to mean itself.
pub fn word(text: &str) -> String {
    let mut word = String::with_capacity(text.len());
    for c in text.chars() {
        if RESERVED.contains(c) {
            word.push('\\');
        }
        word.push(if c.is_control() { ' ' } else { c });
    }
    word
}

/// What SOSL reserves.
const RESERVED: &str = "?&|!{}[]()^~*:\\\"'+-";

/// A search in phone fields for any of these digits, as they are and with an extension behind them. `returning` is what
/// comes back.
pub fn phones<'a>(digits: impl IntoIterator<Item = &'a str>, returning: &str) -> String {
    let mut terms = String::new();
    for digits in digits {
        let separator = if terms.is_empty() { "" } else { " OR " };
        let word = word(digits);
        let _ = write!(terms, "{separator}{word} OR {word}*");
    }
    format!("FIND {{{terms}}} IN PHONE FIELDS RETURNING {returning}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads a text in quotes as Salesforce does; what stands behind it is left.
    fn read(text: &str) -> Option<(String, &str)> {
        let mut said = String::new();
        let mut chars = text.strip_prefix('\'')?.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\'' => return Some((said, &text[at + 2..])),
                '\\' => match chars.next()?.1 {
                    'n' => said.push('\n'),
                    'r' => said.push('\r'),
                    't' => said.push('\t'),
                    c @ ('\\' | '\'' | '%' | '_') => said.push(c),
                    _ => return None,
                },
                c => said.push(c),
            }
        }
        None
    }

    #[test]
    fn a_quote_does_not_end_the_text() {
        assert_eq!(quoted(r"x' OR Name != '"), r"'x\' OR Name != \''");
        assert_eq!(quoted(r"x\' OR 1"), r"'x\\\' OR 1'");
        assert_eq!(instant(Timestamp::MIN), "1970-01-01T00:00:00.000Z");
        assert_eq!(list(&["a", "b'"]), r"('a', 'b\'')");
        assert_eq!(ends_with("50%_\\"), r"'%50\%\_\\'");
        assert!(!list::<&str>(&[]).contains("()"));
        assert_eq!(
            phones(["4155550123"], "Contact(Id)"),
            "FIND {4155550123 OR 4155550123*} IN PHONE FIELDS RETURNING Contact(Id)"
        );
        assert_eq!(word("a} RETURNING User"), "a\\} RETURNING User");
    }

    proptest! {
        #[test]
        fn whatever_is_quoted_is_one_text_and_comes_out_as_it_went_in(text in "\\PC{0,40}|[\\\\'\"%_\\n\\r\\t(){} a-c]{0,24}") {
            let asked = format!("{} AND Id = 1", quoted(&text));
            prop_assert_eq!(read(&asked), Some((text.clone(), " AND Id = 1")));
            prop_assert!(!quoted(&text).contains(['\n', '\r']));
            let asked = list(&[&text, &text]);
            let (first, rest) = read(&asked[1..]).unwrap();
            let (second, rest) = read(rest.strip_prefix(", ").unwrap()).unwrap();
            prop_assert_eq!((&first, &second, rest), (&text, &text, ")"));
        }

        #[test]
        fn whatever_is_searched_for_stays_within_its_braces(text in "\\PC{0,40}|[\\\\'\"{}*? a-c+-]{0,24}") {
            let word = word(&text);
            let (mut plain, mut reserved) = (String::new(), false);
            for c in word.chars() {
                prop_assert!(reserved || c == '\\' || !RESERVED.contains(c), "{}", word);
                if reserved || c != '\\' {
                    plain.push(c);
                }
                reserved = !reserved && c == '\\';
            }
            prop_assert!(!reserved, "it ends by itself");
            prop_assert_eq!(plain, text);
        }
    }
}

//! Words that a text is searched for, for use cases and next steps alike: whole ones, whatever stands around them.
//!
//! `contract` is in "the contract!" and in "the contract's end", and not in "a contractor"; `redline*` is in "redlines", too.
//! Several words are found one after the other. Upper and lower case are alike.

use unicode_segmentation::UnicodeSegmentation as _;

/// What is searched for, taken apart.
struct Wanted {
    /// Its words, folded. None of what has neither letter nor digit, which is searched for as it stands.
    words: Vec<String>,
    /// Whether the last one is the beginning of a word.
    begins: bool,
}

impl Wanted {
    fn of(pattern: &str) -> Self {
        Self { words: words(pattern), begins: pattern.trim_end().ends_with('*') }
    }

    /// Whether these words, one after the other, are among those; `open` says that the last of those may go on.
    fn is_in(&self, words: &[String], open: bool) -> bool {
        let last = self.words.len().saturating_sub(1);
        let end = words.len().saturating_sub(1);
        words.windows(self.words.len().max(1)).enumerate().any(|(at, some)| {
            self.words.iter().zip(some).enumerate().all(|(n, (wanted, word))| {
                let goes_on = open && at + n == end;
                if n == last && self.begins { word.starts_with(wanted) } else { word == wanted && !goes_on }
            })
        })
    }
}

/// Whole words in their order, folded, by the Unicode rules for words (UAX 29): scripts without spaces are taken sign
/// by sign, so that a word is found inside a sentence of theirs. What Unicode holds together around a joint is parted there.
pub fn words(text: &str) -> Vec<String> {
    text.unicode_words().flat_map(parts).map(folded).collect()
}

/// Signs around which Unicode holds a word together: "contract's", "ok.call", "re:price". Between digits they stay.
const JOINTS: [char; 13] = ['\'', '’', '‘', '＇', '.', '․', '．', '﹒', ':', '：', '·', '‧', '_'];

/// A word of Unicode's without its joints.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    let is_digit = |c: Option<char>| c.is_some_and(char::is_numeric);
    let (mut all, mut from) = (Vec::new(), 0);
    for (at, joint) in word.char_indices().filter(|(_, c)| JOINTS.contains(c)) {
        let after = at + joint.len_utf8();
        if !(is_digit(word[..at].chars().next_back()) && is_digit(word[after..].chars().next())) {
            all.push(&word[from..at]);
            from = after;
        }
    }
    all.push(&word[from..]);
    all.into_iter().filter(|part| !part.is_empty())
}

/// Upper and lower case alike, also where one letter becomes two (`ß`, `SS`).
pub fn folded(text: &str) -> String {
    text.to_uppercase().to_lowercase()
}

/// Whether a text has it.
pub fn has(text: &str, pattern: &str) -> bool {
    said(&words(text), pattern, text)
}

/// The same of a text that is looked through for several, with its [`words`].
pub fn said(words: &[String], pattern: &str, text: &str) -> bool {
    let wanted = Wanted::of(pattern);
    if wanted.words.is_empty() { text.contains(pattern.trim()) } else { wanted.is_in(words, false) }
}

/// Whether two stand for the same words.
pub fn is_same(one: &str, other: &str) -> bool {
    takes(one, other) && takes(other, one)
}

/// Whether every text that has `narrow` has `wide`.
pub fn takes(wide: &str, narrow: &str) -> bool {
    let (wide, narrow) = (wide.trim(), narrow.trim());
    let (one, other) = (Wanted::of(wide), Wanted::of(narrow));
    match (one.words.is_empty(), other.words.is_empty()) {
        (true, true) => narrow.contains(wide),
        (false, false) => one.is_in(&other.words, other.begins),
        (true, false) | (false, true) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_whole_whatever_stands_around_it() {
        for (text, pattern, wanted) in [
            ("Send me the CONTRACT, please", "contract", true),
            ("the contract's third page", "Contract", true),
            ("(contract)", "contract", true),
            ("I am a contractor", "contract", false),
            ("a subcontract", "contract", false),
            ("I like the design of it", "sign ", false),
            ("Where do I sign?", "sign ", true),
            ("the redlines came back", "redline*", true),
            ("the redlines came back", "redline", false),
            ("my outline", "line*", false),
            ("Please LOG\u{a0}IN… cannot", "log in", true),
            ("log me in", "log in", false),
            ("cannot log into it", "log in*", true),
            ("¿Cuánto cuesta la RENOVACIÓN?", "renovación", true),
            ("don't", "don't", true),
            ("the contract’s third page", "contract", true),
            ("ok.call me", "call", true),
            ("Re:price", "price", true),
            ("it is 10.500 a year", "10", false),
            ("at 10:30", "10:30", true),
            ("STRASSE 5", "straße", true),
            ("我想预约明天", "预约", true),
            ("约预", "预约", false),
            ("कर्म", "कर", false),
            ("e\u{301}t ok", "e", false),
            ("what?!", "?", true),
            ("what", "?", false),
            ("", "contract", false),
        ] {
            assert_eq!(has(text, pattern), wanted, "{text:?} {pattern:?}");
        }
    }

    #[test]
    fn one_takes_another_when_no_text_has_that_alone() {
        for (wide, narrow, wanted) in [
            ("contract", "Contract ", true),
            ("contract*", "contract", true),
            ("contract*", "contracts", true),
            ("contract*", "contract*", true),
            ("contract", "contract*", false),
            ("contracts", "contract*", false),
            ("contract", "sign contract", true),
            ("sign contract", "contract", false),
            ("contract", "sign contract*", false),
            ("?", "?!", true),
            ("?", "what?", false),
        ] {
            assert_eq!(takes(wide, narrow), wanted, "{wide:?} {narrow:?}");
            // As it says: whatever the narrow one stands for has the wide one, too.
            let text = narrow.trim().trim_end_matches('*');
            assert!(!wanted || has(text, wide), "{wide:?} {narrow:?}");
        }
    }
}

//! Words that a text is searched for: whole ones, whatever stands around them.
//!
//! `contract` is in "the contract!" and not in "a contractor"; `redline*` is in "redlines", too. Several words are found one
//! after the other. Upper and lower case are alike.

/// What is searched for, taken apart.
struct Wanted {
    /// Its words, in lower case. None of what has neither letter nor digit, which is searched for as it stands.
    words: Vec<String>,
    /// Whether the last one is the beginning of a word.
    begins: bool,
}

impl Wanted {
    fn of(pattern: &str) -> Self {
        Self { words: parts(pattern), begins: pattern.trim_end().ends_with('*') }
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

/// Words of a text: letters and digits that stand together.
fn parts(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Whether a text has it.
pub(super) fn has(text: &str, pattern: &str) -> bool {
    let wanted = Wanted::of(pattern);
    if wanted.words.is_empty() { text.contains(pattern.trim()) } else { wanted.is_in(&parts(text), false) }
}

/// Whether every text that has `narrow` has `wide`.
pub(super) fn takes(wide: &str, narrow: &str) -> bool {
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

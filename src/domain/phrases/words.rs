//! A text as plain words: without case, accents, apostrophes and ornament, cut into clauses.

use std::collections::BTreeMap;

use crate::domain::look_alike;

/// Characters read of one text: the longest SMS has 1,600.
pub(super) const LONGEST: usize = 4_000;

/// One word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// The word, folded.
    pub(super) text: String,
    /// The clause it stands in: patterns do not reach from one into the next.
    pub(super) clause: u32,
    /// Whether a question mark follows it.
    pub(super) asked: bool,
}

/// The words of a text, `marks` being the signs that are words too. Upper and lower case give the same words.
pub(super) fn words(text: &str, marks: &BTreeMap<char, String>) -> Vec<Word> {
    let mut reader = Reader { words: Vec::new(), word: String::new(), clause: 0, marks };
    let folded: Vec<char> = text.chars().flat_map(folded).take(LONGEST).collect();
    for (at, c) in folded.iter().enumerate() {
        reader.take(*c, folded.get(at + 1).copied());
    }
    reader.end_word();
    join_hammered(join_spelled(reader.words))
}

/// `Do. Not. Text. Me.` is one clause: three and more that have one word each.
fn join_hammered(mut words: Vec<Word>) -> Vec<Word> {
    let mut from = 0;
    while from < words.len() {
        let alone = |at: usize| {
            let clause = |at: usize| words.get(at).map(|word| word.clause);
            (at == 0 || clause(at - 1) != clause(at)) && clause(at + 1) != clause(at)
        };
        let to = (from..words.len()).find(|at| !alone(*at)).unwrap_or(words.len());
        if to - from >= 3 {
            let clause = words[from].clause;
            for word in &mut words[from..to] {
                word.clause = clause;
            }
        }
        from = to.max(from + 1);
    }
    words
}

/// Upper case first, for some small letters have one great one.
fn folded(c: char) -> impl Iterator<Item = char> {
    c.to_uppercase().flat_map(char::to_lowercase).filter_map(plain)
}

/// The letter without its accent; none for what only decorates another character.
fn plain(c: char) -> Option<char> {
    Some(match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' | 'į' | 'ı' => 'i',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ç' | 'ć' | 'č' => 'c',
        'ñ' | 'ń' | 'ň' => 'n',
        'ý' | 'ÿ' => 'y',
        // Full-width letters, digits and marks.
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).map_or(c, |c| c.to_ascii_lowercase()),
        // Accents of their own, joiners, marks without width, apostrophes inside words, variants and skins of emoji.
        '\u{300}'..='\u{36F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2060}'
        | '\u{FEFF}'
        | '\u{AD}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{1F3FB}'..='\u{1F3FF}'
        | '\''
        | '’'
        | '‘'
        | '`'
        | '´'
        | 'ʼ' => return None,
        _ => {
            let c = look_alike::latin(c);
            c.to_ascii_lowercase()
        }
    })
}

struct Reader<'a> {
    words: Vec<Word>,
    word: String,
    clause: u32,
    marks: &'a BTreeMap<char, String>,
}

impl Reader<'_> {
    fn take(&mut self, c: char, next: Option<char>) {
        let inside = !self.word.is_empty() && next.is_some_and(char::is_alphanumeric);
        match c {
            _ if c.is_alphanumeric() => self.word.push(c),
            // Letters that hide: `f**k`, `$top`, `sp@m`.
            '*' if !self.word.is_empty() => self.word.push(c),
            '@' if inside && self.word.len() < 3 => self.word.push('a'),
            '$' if next.is_some_and(char::is_alphabetic) => self.word.push('s'),
            '.' if self.word.chars().count() == 1 => self.end_word(),
            '.' if inside && self.word.ends_with(|c: char| c.is_ascii_digit()) => self.end_word(),
            // A time of day is one word.
            ':' if self.word.len() <= 2
                && self.word.bytes().all(|b| b.is_ascii_digit())
                && !self.word.is_empty()
                && next.is_some_and(|next| next.is_ascii_digit()) =>
            {
                self.word.push(':');
            }
            // So is a number with thousands.
            ',' if inside
                && self.word.ends_with(|c: char| c.is_ascii_digit())
                && next.is_some_and(|next| next.is_ascii_digit()) => {}
            '.' | '!' | '?' | ';' | ':' | ',' | '\n' | '\r' | '(' | ')' | '"' | '“' | '”' | '—' | '–' | '…' | '¿'
            | '¡' | '。' | '、' => {
                self.end_word();
                if let Some(last) = self.words.last_mut() {
                    last.asked |= c == '?';
                }
                self.clause = self.words.last().map_or(0, |last| last.clause + 1);
            }
            '#' if !next.is_some_and(char::is_alphanumeric) => self.alone("number"),
            _ => match self.marks.get(&c) {
                Some(word) => self.alone(word),
                None => self.end_word(),
            },
        }
    }

    fn alone(&mut self, word: &str) {
        self.end_word();
        self.words.push(Word { text: word.to_owned(), clause: self.clause, asked: false });
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() {
            let text = std::mem::take(&mut self.word);
            self.words.push(Word { text, clause: self.clause, asked: false });
        }
    }
}

/// `s t o p` is a word too, from three letters on.
fn join_spelled(words: Vec<Word>) -> Vec<Word> {
    let mut joined: Vec<Word> = Vec::with_capacity(words.len());
    let mut run = 0;
    for word in words {
        let single = word.text.len() == 1 && word.text.starts_with(|c: char| c.is_ascii_alphabetic());
        let follows = joined.last().is_some_and(|last| last.clause == word.clause);
        if !single {
            run = 0;
        } else if run == 0 || !follows {
            run = 1;
        } else {
            run += 1;
        }
        joined.push(word);
        if run == 3 {
            collapse(&mut joined, 3);
        } else if run > 3 {
            collapse(&mut joined, 2);
        }
    }
    joined
}

fn collapse(words: &mut Vec<Word>, count: usize) {
    let tail = words.split_off(words.len() - count);
    let (clause, asked) = tail.last().map_or((0, false), |word| (word.clause, word.asked));
    words.push(Word { text: tail.into_iter().map(|word| word.text).collect(), clause, asked });
}

/// The word as it would be written with less feeling: `stoppp` as `stop`, `pleease` is left alone.
pub(super) fn shortened(word: &str, keep: usize) -> String {
    let mut short = String::with_capacity(word.len());
    let mut run: Option<(char, usize)> = None;
    let flush = |run: Option<(char, usize)>, short: &mut String| {
        if let Some((c, n)) = run {
            let n = if n >= 3 { keep } else { n };
            short.extend(std::iter::repeat_n(c, n));
        }
    };
    for c in word.chars() {
        run = match run {
            Some((last, n)) if last == c => Some((last, n + 1)),
            Some(_) | None => {
                flush(run, &mut short);
                Some((c, 1))
            }
        };
    }
    flush(run, &mut short);
    short
}

/// The word with digits read as the letters they stand for: `st0p`, `m3ssag3`.
pub(super) fn unmasked(word: &str) -> Option<String> {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    if letters < 2 || letters == word.chars().count() {
        return None;
    }
    let read = |c| match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        other => other,
    };
    Some(word.chars().map(read).collect())
}

/// Shortest word, and shortest sound of one, that is told by its sound.
const SOUNDS_FROM: usize = 4;

/// How a word sounds to whoever writes Spanish by ear: `ekibocado` as `equivocado`, `vaja` as `baja`, `escrivan` as `escriban`.
/// None of what is short or no plain word.
pub(super) fn sound(word: &str) -> Option<String> {
    if word.len() < SOUNDS_FROM || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return None;
    }
    let letters: Vec<char> = word.chars().collect();
    let mut heard = String::with_capacity(word.len());
    let mut at = 0;
    while let Some(c) = letters.get(at) {
        let next = letters.get(at + 1);
        let soft = matches!(next, Some('e' | 'i'));
        let (sound, taken) = match (c, next) {
            ('c', Some('h')) => ("ch", 2),
            ('q', Some('u')) => ("k", 2),
            ('g', Some('u')) if matches!(letters.get(at + 2), Some('e' | 'i')) => ("g", 2),
            ('l', Some('l')) => ("y", 2),
            ('c', _) if soft => ("s", 1),
            ('c' | 'q', _) => ("k", 1),
            ('g', _) if soft => ("j", 1),
            ('v', _) => ("b", 1),
            ('z', _) => ("s", 1),
            ('h', _) => ("", 1),
            (other, _) => {
                if heard.ends_with(*other) && !matches!(other, 'a' | 'e' | 'i' | 'o' | 'u' | 'r') {
                    at += 1;
                    continue;
                }
                heard.push(*other);
                at += 1;
                continue;
            }
        };
        if !sound.is_empty() && !heard.ends_with(sound) {
            heard.push_str(sound);
        }
        at += taken;
    }
    (heard.len() >= SOUNDS_FROM).then_some(heard)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sounds_alike_to_a_spanish_ear_is_written_by_ear() {
        for (by_ear, meant) in [
            ("ekibocado", "equivocado"),
            ("vaja", "baja"),
            ("escrivan", "escriban"),
            ("mensages", "mensajes"),
            ("kiten", "quiten"),
            ("yamen", "llamen"),
            ("bórrenme", "borrenme"),
            ("molestandome", "molestandome"),
            ("hescribir", "escribir"),
            ("grasias", "gracias"),
            ("lisstta", "lista"),
        ] {
            let plain: String = by_ear.chars().flat_map(folded).collect();
            assert_eq!(sound(&plain), sound(meant), "{by_ear}");
        }
        assert_ne!(sound("pesos"), sound("besos"));
        assert_ne!(sound("perro"), sound("pero"));
        assert_eq!([sound("no"), sound("ola"), sound("he2s")], [None, None, None]);
    }

    fn flat(text: &str) -> String {
        let mut out = String::new();
        let mut clause = 0;
        let marks = BTreeMap::from([('🖕', "🖕".to_owned())]);
        for word in words(text, &marks) {
            out.push_str(if word.clause == clause { " " } else { " / " });
            clause = word.clause;
            out.push_str(&word.text);
        }
        out.trim_start().to_owned()
    }

    #[test]
    fn words_lose_case_accents_and_apostrophes() {
        assert_eq!(flat("DON’T text  me"), "dont text me");
        assert_eq!(flat("Bórrenme, por favor!"), "borrenme / por favor");
        assert_eq!(flat("ＳＴＯＰ"), "stop");
        assert_eq!(flat("s t o p now"), "stop now");
        assert_eq!(flat("S.T.O.P."), "stop");
        assert_eq!(flat("take my # off, #stop"), "take my number off / stop");
        assert_eq!(flat("f*** off 🖕🏽"), "f*** off 🖕");
        assert_eq!(flat("$top"), "stop");
        assert_eq!(flat(""), "");
    }

    #[test]
    fn feeling_and_masks_are_taken_off() {
        assert_eq!(shortened("stoppppp", 1), "stop");
        assert_eq!(shortened("cooool", 2), "cool");
        assert_eq!(shortened("off", 1), "off");
        assert_eq!(unmasked("st0p").as_deref(), Some("stop"));
        assert_eq!(unmasked("stop"), None);
        assert_eq!(unmasked("2024"), None);
    }
}

//! The table of patterns: read once, checked, and asked.
//!
//! A pattern is written as words with spaces between them. `stop|quit` is either, `text*` any word that begins so, `<name>` a
//! word of that list under `[words]`; `word?` may be missing, `word+3` stands up to three times or not at all, `..3` is a gap
//! of up to three words. `word|$` is the word or the clause's end. `^` and `$` are the ends of a clause, `^^` and `$$` those of the text, `/` goes on in the next
//! clause. `?$` is the end of a clause that a question mark closes. What stands under `[[instead]]` has another meaning: a pattern that
//! shares a word with it does not speak. `of` says what a pattern speaks for, where a table is about several things; an `instead`
//! with it silences the patterns of these alone, and none that it `spares` by name. `[marks]` names the signs that are words: `haha = "😂🤣"`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::pattern::{Part, Place, Takes, found};
use super::words::{Word, shortened, sound, unmasked, words};
use super::{Heard, Spoke};

/// First names, which every table may ask for as `<names>`; without those that are words too, behind `?`, as `<sure_names>`.
const NAMES: &str = include_str!("../../../assets/phrases/names.txt");

/// Why a table of patterns cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Mistake(String);

impl Mistake {
    pub(in crate::domain) const fn new(what: String) -> Self {
        Self(what)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// Words read as one of `unclear` when they are nearly written so, and words that only look like them.
    typing: Typing,
    /// Words, and the signs that each of them stands for.
    #[serde(default)]
    marks: BTreeMap<String, String>,
    words: BTreeMap<String, String>,
    pattern: Vec<Written>,
    instead: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typing {
    mistyped: String,
    meant: String,
    /// Short words, and what hurried thumbs make of them: too short for nearness to tell.
    #[serde(default)]
    slips: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    #[serde(default)]
    of: String,
    #[serde(default)]
    weight: i32,
    says: Vec<String>,
    /// Of what stands for something else: patterns that speak all the same, by their names.
    #[serde(default)]
    spares: Vec<String>,
}

struct Pattern {
    name: String,
    /// What it speaks for, or whose patterns it silences; nothing is all.
    of: String,
    weight: i32,
    says: Vec<Vec<Part>>,
    /// Names of patterns that it does not silence.
    spares: Vec<String>,
}

/// The patterns, ready to be asked.
pub(in crate::domain) struct Table {
    /// Whole words, with the sets they belong to.
    whole: BTreeMap<String, Vec<u16>>,
    /// Beginnings of words, likewise.
    beginnings: Vec<(String, u16)>,
    mistyped: Vec<String>,
    meant: BTreeSet<String>,
    /// Slips, and the word of each.
    slips: BTreeMap<String, String>,
    /// How longer words sound, and the word of each sound.
    sounds: BTreeMap<String, String>,
    /// Signs that are words of their own.
    marks: BTreeMap<char, String>,
    patterns: Vec<Pattern>,
    instead: Vec<Pattern>,
}

impl Table {
    /// Reads a table, or says what is wrong with it.
    pub(in crate::domain) fn read(toml: &str) -> Result<Self, Mistake> {
        let mut document: Document = toml::from_str(toml).map_err(|why| Mistake(why.to_string()))?;
        let (sure, words_too) = NAMES.split_once('?').unwrap_or((NAMES, ""));
        document.words.insert("names".to_owned(), format!("{sure} {words_too}"));
        document.words.insert("sure_names".to_owned(), sure.to_owned());
        let mut sets = Sets { lists: &document.words, known: BTreeMap::new() };
        let patterns = sets.all(&document.pattern)?;
        let instead = sets.all(&document.instead)?;
        let (mut whole, mut beginnings) = (BTreeMap::<String, Vec<u16>>::new(), Vec::new());
        for (members, set) in sets.known {
            for member in members.split('|') {
                match member.strip_suffix('*') {
                    Some(beginning) if !beginning.is_empty() => beginnings.push((beginning.to_owned(), set)),
                    Some(_) | None => whole.entry(member.to_owned()).or_default().push(set),
                }
            }
        }
        for sets in whole.values_mut() {
            sets.sort_unstable();
            sets.dedup();
        }
        let listed = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let (mistyped, meant) = (listed(&document.typing.mistyped), listed(&document.typing.meant));
        let marks = document.marks.iter().flat_map(|(word, signs)| signs.chars().map(move |sign| (sign, word.clone())));
        let (meant, marks) = (meant.into_iter().collect(), marks.collect());
        let of_word = |(word, slips): (&String, &String)| {
            slips.split_whitespace().map(|slip| (slip.to_owned(), word.clone())).collect::<Vec<_>>()
        };
        let slips = document.typing.slips.iter().flat_map(of_word).collect();
        let sounds = whole.keys().filter_map(|word| Some((sound(word)?, word.clone()))).collect();
        Ok(Self { whole, beginnings, mistyped, meant, slips, sounds, marks, patterns, instead })
    }

    /// Everything that its patterns speak for, each once.
    pub(in crate::domain) fn speaks_for(&self) -> BTreeSet<&str> {
        self.patterns.iter().chain(&self.instead).flat_map(|pattern| pattern.of.split_whitespace()).collect()
    }

    /// What speaks in a text. Any text: the first 4,000 characters of it are read, and the time grows with those alone.
    pub(in crate::domain) fn hear(&self, text: &str) -> Heard {
        let words = words(text, &self.marks);
        let sets = words.iter().map(|word| self.sets_of(word)).collect();
        let place = Place::new(sets, words.iter().map(|word| (word.clause, word.asked)).collect());
        let mut covered: Vec<(&Pattern, usize, usize)> = Vec::new();
        for pattern in &self.instead {
            let spans = pattern.says.iter().flat_map(|says| found(says, &place));
            covered.extend(spans.map(|(from, to)| (pattern, from, to)));
        }
        let (mut spoke, mut instead) = (Vec::new(), BTreeSet::new());
        for pattern in &self.patterns {
            let spans: Vec<_> = pattern.says.iter().flat_map(|says| found(says, &place)).collect();
            let silences = |by: &Pattern| {
                let of_it = by.of.is_empty() || by.of.split_whitespace().any(|of| of == pattern.of);
                of_it && !by.spares.contains(&pattern.name)
            };
            let covers =
                |(from, to): &(usize, usize)| covered.iter().find(|(by, f, t)| f < to && from < t && silences(by));
            if spans.iter().any(|span| covers(span).is_none()) {
                spoke.push((pattern.of.clone(), Spoke { pattern: pattern.name.clone(), weight: pattern.weight }));
            } else {
                instead.extend(spans.iter().filter_map(covers).map(|(by, ..)| by.name.clone()));
            }
        }
        spoke.sort_by(|(_, a), (_, b)| b.weight.cmp(&a.weight).then_with(|| a.pattern.cmp(&b.pattern)));
        Heard { spoke, instead: instead.into_iter().collect() }
    }

    /// The sets a word belongs to: as it stands, else with less feeling, unmasked, or as what was probably meant.
    fn sets_of(&self, word: &Word) -> Vec<u16> {
        let word = word.text.as_str();
        let sounds = || sound(word).and_then(|sound| self.sounds.get(&sound).cloned());
        let readings = || {
            let slip = self.slips.get(word).cloned();
            let plainer = [slip, Some(shortened(word, 1)), Some(shortened(word, 2)), unmasked(word), self.meant(word)];
            plainer.into_iter().chain([sounds()]).flatten()
        };
        if word.len() >= 3 && word.bytes().all(|b| b.is_ascii_digit()) {
            return self.known_with(word, if word.len() >= 7 { "#phone" } else { "#" });
        }
        if let Some(kind) = figure(word) {
            return self.known_with(word, kind);
        }
        let sets = self.known(word);
        if !sets.is_empty() || self.meant.contains(word) {
            return sets;
        }
        readings().map(|reading| self.known(&reading)).find(|sets| !sets.is_empty()).unwrap_or_default()
    }

    fn known(&self, word: &str) -> Vec<u16> {
        let mut sets = self.whole.get(word).cloned().unwrap_or_default();
        sets.extend(self.beginnings.iter().filter(|(begin, _)| word.starts_with(begin.as_str())).map(|(_, set)| set));
        sets.sort_unstable();
        sets.dedup();
        sets
    }

    /// A number as it stands, and as any other of its kind: `#` takes three digits and more, `#phone` seven, `#clock` a time of
    /// day, `#k` thousands.
    fn known_with(&self, word: &str, kind: &str) -> Vec<u16> {
        let mut sets = self.known(word);
        sets.extend(self.known(kind));
        sets.sort_unstable();
        sets.dedup();
        sets
    }

    /// The word that is nearly written so.
    fn meant(&self, word: &str) -> Option<String> {
        let length = word.chars().count();
        if !(5..=20).contains(&length) {
            return None;
        }
        let near = |meant: &&String| {
            let allowed = if meant.len() >= 8 { 2 } else { 1 };
            meant.len().abs_diff(length) <= allowed
                && meant.chars().next() == word.chars().next()
                && strsim::osa_distance(meant, word) <= allowed
        };
        self.mistyped.iter().find(near).cloned()
    }
}

/// What a word with a figure in front is: `3pm`, `3:30`, `330p`, or `12k`.
fn figure(word: &str) -> Option<&'static str> {
    let figures = word.bytes().take_while(|b| b.is_ascii_digit() || *b == b':').count();
    let (figures, unit) = word.split_at(figures);
    match unit {
        _ if figures.is_empty() || figures.len() > 5 => None,
        "" if figures.contains(':') => Some("#clock"),
        "am" | "pm" | "a" | "p" | "ish" | "h" | "hrs" => Some("#clock"),
        "k" => Some("#k"),
        _ => None,
    }
}

/// The sets of words that the patterns name, each once.
struct Sets<'a> {
    lists: &'a BTreeMap<String, String>,
    known: BTreeMap<String, u16>,
}

impl Sets<'_> {
    fn all(&mut self, written: &[Written]) -> Result<Vec<Pattern>, Mistake> {
        written.iter().map(|one| self.pattern(one)).collect()
    }

    fn pattern(&mut self, written: &Written) -> Result<Pattern, Mistake> {
        let mut says = Vec::with_capacity(written.says.len());
        for line in &written.says {
            let parts = line.split_whitespace().map(|part| self.part(part));
            let parts: Vec<_> =
                parts.collect::<Result<_, _>>().map_err(|why| Mistake(format!("`{}`: {why}", written.name)))?;
            if !parts.iter().any(|part| matches!(part, Part::Words { least: 1.., .. } | Part::WordOrEnd(_))) {
                return Err(Mistake(format!("`{}`: `{line}` asks for no word", written.name)));
            }
            says.push(parts);
        }
        Ok(Pattern {
            name: written.name.clone(),
            of: written.of.clone(),
            weight: written.weight,
            says,
            spares: written.spares.clone(),
        })
    }

    fn part(&mut self, part: &str) -> Result<Part, Mistake> {
        let number = |text: &str| match text.parse::<u8>() {
            Ok(n @ 1..=9) => Ok(n),
            Ok(_) | Err(_) => Err(Mistake(format!("`{part}` needs a number from 1 to 9"))),
        };
        Ok(match part {
            "^" => Part::Start,
            "$" => Part::End,
            "^^" => Part::First,
            "$$" => Part::Last,
            "?$" => Part::Asked,
            "/" => Part::Next,
            _ => {
                if let Some(gap) = part.strip_prefix("..") {
                    return Ok(Part::Words { takes: Takes::Any, least: 0, most: number(gap)? });
                }
                let (words, least, most) = if let Some(words) = part.strip_suffix('?') {
                    (words, 0, 1)
                } else if let Some((words, times)) = part.split_once('+') {
                    (words, 0, number(times)?)
                } else {
                    (part, 1, 1)
                };
                if let Some(words) = words.strip_suffix("|$") {
                    return Ok(Part::WordOrEnd(Takes::Set(self.set(words)?)));
                }
                let takes = if words == "_" { Takes::Any } else { Takes::Set(self.set(words)?) };
                Part::Words { takes, least, most }
            }
        })
    }

    fn set(&mut self, words: &str) -> Result<u16, Mistake> {
        let mut members = Vec::new();
        for word in words.split('|') {
            let Some(name) = word.strip_prefix('<').and_then(|word| word.strip_suffix('>')) else {
                members.push(word);
                continue;
            };
            let list = self.lists.get(name).ok_or_else(|| Mistake(format!("there is no list `{name}`")))?;
            members.extend(list.split_whitespace());
        }
        members.sort_unstable();
        members.dedup();
        if members.is_empty() || members.iter().any(|word| word.is_empty() || word.contains('$')) {
            return Err(Mistake(format!("`{words}` names no word")));
        }
        let key = members.join("|");
        let next = u16::try_from(self.known.len()).map_err(|_| Mistake("too many patterns".to_owned()))?;
        Ok(*self.known.entry(key).or_insert(next))
    }
}

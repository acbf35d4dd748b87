//! Texts that people labelled, a line each: how judges of texts are measured.

use proptest::prelude::*;
use sha2::{Digest, Sha256};

/// A labelled text: what it is, its language, its words.
pub(crate) type Labelled<L> = (L, &'static str, &'static str);

/// Reads a set. What a label means, and whether it is one, is the judge's to say.
pub(crate) fn read<L>(file: &'static str, label: impl Fn(&str) -> Option<L>) -> Vec<Labelled<L>> {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    let read = lines.map(|line| match line.split('\t').collect::<Vec<_>>()[..] {
        [name, language, text] => (label(name).expect(line), language, text),
        _ => panic!("not a labelled text: {line}"),
    });
    read.collect()
}

fn plain(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A set in two: the third that nobody looked at while patterns were written, and what they were built on.
pub(crate) fn split<L>(corpus: Vec<Labelled<L>>) -> (Vec<Labelled<L>>, Vec<Labelled<L>>) {
    let is_untouched = |text: &str| {
        let hash = Sha256::digest(plain(text).as_bytes());
        u64::from_be_bytes(hash[..8].try_into().unwrap()).is_multiple_of(3)
    };
    let (untouched, built_on): (Vec<_>, Vec<_>) = corpus.into_iter().partition(|(.., text)| is_untouched(text));
    assert!(untouched.len() * 4 > built_on.len() + untouched.len(), "about a third: {}", untouched.len());
    (untouched, built_on)
}

/// No text stands there twice, however it is written.
pub(crate) fn says_nothing_twice<L>(corpus: &[Labelled<L>]) {
    let mut all: Vec<_> = corpus.iter().map(|(.., text)| plain(text)).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), corpus.len());
}

/// Words of a table among anything else, so that its patterns begin to match everywhere.
pub(crate) fn near(words: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => proptest::sample::select(words).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
    ];
    proptest::collection::vec(word, 0..most).prop_map(|words| words.join(" "))
}

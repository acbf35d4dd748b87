//! Texts that ask us to stop in other words than STOP: how many are found, and that no text can harm the judge.

use comeback::domain::revocation::{Patterns, judge};
use proptest::prelude::*;

use crate::labelled::{self, near, says_nothing_twice, split};

const CORPUS: &str = include_str!("../../assets/revocation/corpus.tsv");
/// Further sets, each written in another voice before the patterns were run over it; they were tuned on it afterwards.
const FRESH: [&str; 18] = [
    include_str!("../../assets/revocation/fresh.tsv"),
    include_str!("../../assets/revocation/fresh2.tsv"),
    include_str!("../../assets/revocation/fresh3.tsv"),
    include_str!("../../assets/revocation/fresh4.tsv"),
    include_str!("../../assets/revocation/fresh5.tsv"),
    include_str!("../../assets/revocation/fresh6.tsv"),
    include_str!("../../assets/revocation/fresh7.tsv"),
    include_str!("../../assets/revocation/fresh8.tsv"),
    include_str!("../../assets/revocation/fresh9.tsv"),
    include_str!("../../assets/revocation/fresh10.tsv"),
    include_str!("../../assets/revocation/fresh11.tsv"),
    include_str!("../../assets/revocation/fresh12.tsv"),
    include_str!("../../assets/revocation/fresh13.tsv"),
    include_str!("../../assets/revocation/fresh14.tsv"),
    include_str!("../../assets/revocation/fresh15.tsv"),
    include_str!("../../assets/revocation/fresh16.tsv"),
    include_str!("../../assets/revocation/fresh17.tsv"),
    include_str!("../../assets/revocation/fresh18.tsv"),
];
const PATTERNS: &str = include_str!("../../assets/revocation/patterns.toml");

/// Whether it asks us to stop.
type Labelled = labelled::Labelled<bool>;

fn read(file: &'static str) -> Vec<Labelled> {
    labelled::read(file, |label| match label {
        "revoke" => Some(true),
        "reply" => Some(false),
        _ => None,
    })
}

/// Recall and precision, in thousandths.
fn figures(texts: &[Labelled]) -> (usize, usize) {
    let count = |asks: bool, judged: bool| {
        texts.iter().filter(|(is, _, text)| *is == asks && judge(text).is_revocation() == judged).count()
    };
    let found = count(true, true);
    (found * 1000 / (found + count(true, false)), found * 1000 / (found + count(false, true)))
}

#[test]
fn the_corpus_is_large_balanced_and_says_nothing_twice() {
    let corpus = read(CORPUS);
    let asking = corpus.iter().filter(|(asks, ..)| *asks).count();
    let spanish = corpus.iter().filter(|(_, language, _)| *language == "es").count();
    assert!(corpus.len() >= 700 && (corpus.len() * 2 / 5..=corpus.len() * 3 / 5).contains(&asking), "{asking}");
    assert!(spanish * 5 > corpus.len(), "{spanish}");
    says_nothing_twice(&corpus);
}

#[test]
fn revocations_of_the_untouched_third_are_found() {
    let (recall, precision) = figures(&split(read(CORPUS)).0);
    assert!(recall >= 950 && precision >= 850, "recall {recall}, precision {precision}, of a thousand");
}

#[test]
fn what_the_patterns_were_tuned_on_stays_found() {
    for texts in std::iter::once(split(read(CORPUS)).1).chain(FRESH.map(read)) {
        let (recall, precision) = figures(&texts);
        assert!(recall >= 970 && precision >= 970, "{}: recall {recall}, precision {precision}", texts[0].2);
    }
}

#[test]
fn a_judgement_names_what_spoke_and_adds_up() {
    for (_, _, text) in read(CORPUS) {
        let judged = judge(text);
        assert_eq!(judged.score, judged.spoke.iter().map(|spoke| spoke.weight).sum::<i32>(), "{text}");
        assert!(!judged.is_revocation() || !judged.spoke.is_empty(), "{text}");
    }
    assert_eq!(judge("stop by at 5").instead, ["stop somewhere"]);
}

#[test]
fn who_says_who_they_are_asks_for_nothing_and_who_says_who_they_are_not_does() {
    for text in [
        "Hi this is Paul, still interested",
        "This is Steve. Thursday works",
        "Yes this is Carla",
        "Hello, it is Sam. What does it cost?",
        "Good morning, this is Emily",
        "this is steve",
    ] {
        assert!(!judge(text).is_revocation(), "{text}");
    }
    for text in
        ["No this is Steve", "this is not Steve", "Hi, I am not Carla", "this is Emily not Tom", "this isn't Paul"]
    {
        assert!(judge(text).is_revocation(), "{text}");
    }
}

#[test]
fn the_end_of_a_text_without_end_is_not_read() {
    let long = "words and words ".repeat(1_000);
    assert!(!judge(&format!("{long} stop texting me")).is_revocation());
    assert!(judge(&format!("stop texting me {long}")).is_revocation());
}

#[test]
fn a_table_with_a_mistake_is_refused_with_its_name() {
    let table = |pattern: &str| {
        format!(
            "pattern = [{{ name = \"mine\", weight = 1, says = [\"{pattern}\"] }}]\ninstead = []\n[typing]\nmistyped = \"\"\nmeant = \"\"\n[words]\na = \"b c\"\n"
        )
    };
    assert!(Patterns::read(&table("<a> ..3 x* $")).is_ok());
    for (bad, why) in [
        ("<b> x", "there is no list `b`"),
        ("..0 x", "a number from 1 to 9"),
        ("x||y", "names no word"),
        ("x|$|y", "names no word"),
        ("x?", "asks for no word"),
        ("^ $", "asks for no word"),
    ] {
        let said = Patterns::read(&table(bad)).err().unwrap().to_string();
        assert!(said.contains("`mine`") && said.contains(why), "{bad}: {said}");
    }
}

const NEAR: [&str; 15] =
    ["stop", "texting", "me", "dont", "remove", "list", ".", ",", "no", "número", "my", "🛑", "s", "İ", "ß"];

proptest! {
    #[test]
    fn upper_and_lower_case_are_judged_alike(text in near(&NEAR, 80)) {
        let judged = judge(&text);
        prop_assert_eq!(&judge(&text.to_uppercase()), &judged);
        prop_assert_eq!(&judge(&text.to_lowercase()), &judged);
    }

    #[test]
    fn any_bytes_are_judged(bytes in proptest::collection::vec(any::<u8>(), 0..3_000)) {
        let judged = judge(&String::from_utf8_lossy(&bytes));
        prop_assert!(judged.spoke.len() <= 400);
    }

    #[test]
    fn any_table_is_read_or_refused(at in 0..PATTERNS.len(), byte in any::<u8>()) {
        let mut table = PATTERNS.as_bytes().to_vec();
        table[at] = byte;
        if let Ok(patterns) = Patterns::read(&String::from_utf8_lossy(&table)) {
            patterns.judge("please stop texting me, this is not the number");
        }
    }
}

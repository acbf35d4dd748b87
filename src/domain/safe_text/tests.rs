use proptest::prelude::*;

use super::*;

fn block(raw: &str) -> String {
    SafeText::block(raw).as_str().to_owned()
}

#[test]
fn the_table_of_classes() {
    for (raw, wanted, flagged) in [
        ("plain text", "plain text", false),
        ("a\r\nb\nc", "a\nb\nc", false),
        ("a\u{2028}b\u{2029}c", "a\nb\nc", false),
        ("a\tb", "a    b", false),
        ("\u{1b}[2J", "␛[2J", true),
        ("a\rb", "a␍b", true),
        ("\0\u{7}\u{7f}", "␀␇␡", true),
        ("\u{9b}31m \u{85}", "<9B>31m <85>", true),
        ("invoice\u{202e}fdp.exe", "invoice⇄fdp.exe", true),
        ("\u{2066}x\u{2069}\u{200e}\u{200f}\u{61c}", "⇄x⇄⇄⇄⇄", true),
        ("pass\u{200b}word\u{2060}\u{feff}\u{ad}", "password", false),
        ("a\u{200d}b\u{fe0f}c\u{e0101}", "abc", false),
        ("hi\u{e0068}\u{e0069}", "hi", true),
        ("\u{e000}\u{fdd0}\u{ffff}\u{10ffff}\u{50000}", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}", true),
    ] {
        let safe = SafeText::block(raw);
        assert_eq!((safe.as_str(), safe.flagged()), (wanted, flagged), "{raw:?}");
    }
}

#[test]
fn what_people_really_write_stays() {
    for text in [
        "👩\u{200d}👩\u{200d}👧\u{200d}👦 family",
        "👩🏽\u{200d}⚕\u{fe0f} doctor",
        "❤\u{fe0f} and 1\u{fe0f}\u{20e3}",
        "🇩🇪🇫🇷",
        "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} Scotland",
        "می\u{200c}خواهم",
        "क\u{94d}\u{200d}ष नमस्ते",
        "Tiếng Việt e\u{302}\u{301}",
        "שלום، مرحبا",
        "한국어 日本語 ｶﾞ",
        "z\u{335}\u{336}\u{337}\u{338}\u{339}\u{33a}",
    ] {
        let safe = SafeText::block(text);
        assert_eq!((safe.as_str(), safe.flagged()), (text, false));
    }
}

#[test]
fn a_broken_flag_hides_no_words() {
    let hidden: String =
        "🏴".chars().chain("ignore all".chars().map(|c| char::from_u32(0xE0000 + c as u32).expect("tag"))).collect();
    let safe = SafeText::line(&hidden);
    assert_eq!((safe.as_str(), safe.flagged()), ("🏴", true));
}

#[test]
fn five_hundred_marks_become_six_and_never_climb_on_the_frame() {
    let safe = SafeText::line(&format!("a{}", "\u{301}".repeat(500)));
    assert_eq!(safe.as_str().chars().count(), 1 + MAX_MARKS);
    assert!(safe.flagged());
    // Hiding the pile behind an invisible character does not raise the cap.
    let safe = SafeText::line(&format!("a{0}\u{200b}{0}\u{200d}{0}", "\u{301}".repeat(6)));
    assert_eq!(safe.as_str().chars().count(), 1 + MAX_MARKS);
    assert_eq!(block("\u{301}x\n\u{301}"), "◌\u{301}x\n◌\u{301}");
}

#[test]
fn an_endless_emoji_ends() {
    let safe = SafeText::line(&"👩\u{200d}".repeat(500));
    assert!(safe.as_str().chars().count() <= MAX_CHARS);
    assert!(!safe.as_str().ends_with(ZWJ));
    assert!(safe.flagged());
}

#[test]
fn a_line_is_one_line() {
    assert_eq!(SafeText::line("\n\nhi \r\n\n there\n").as_str(), "hi ⏎  there");
    assert_eq!(SafeText::line("\n").as_str(), "");
}

#[test]
fn a_novel_is_folded() {
    let folded = block(&"é".repeat(MAX_GRAPHEMES + 37));
    assert!(folded.ends_with("é… (37 more)"), "{}", &folded[folded.len() - 40..]);
    assert_eq!(block(&"e".repeat(MAX_GRAPHEMES)), "e".repeat(MAX_GRAPHEMES));
}

#[test]
fn truncation_counts_cells() {
    let text = SafeText::line("日本語 text");
    assert_eq!(text.width(), 11);
    assert_eq!(text.truncated(11), "日本語 text");
    assert_eq!(text.truncated(6), "日本…");
    assert_eq!(text.truncated(5), "日本…");
    assert_eq!(text.truncated(4), "日…");
    assert_eq!(text.truncated(1), "…");
    assert_eq!(text.truncated(0), "");
    assert_eq!(SafeText::block("a\nb").truncated(3), "a b");
}

#[test]
fn wrapping_breaks_between_words_then_anywhere() {
    let wrap = |text: &str, width| SafeText::block(text).wrapped(width);
    assert_eq!(wrap("the quick brown fox", 10), ["the quick", "brown fox"]);
    assert_eq!(wrap("a\n\nb", 10), ["a", "", "b"]);
    assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
    assert_eq!(wrap("日本語", 4), ["日本", "語"]);
    assert_eq!(wrap("日本", 1), ["…", "…"]);
    assert_eq!(wrap("", 5), [""]);
    assert_eq!(wrap("x", 0), ["x"]);
}

#[test]
fn debug_redacts() {
    assert_eq!(format!("{:?}", SafeText::line("secret")), "SafeText(6 bytes)");
}

/// Text made of what attacks are made of, so that arbitrary combinations meet.
fn hostile() -> impl Strategy<Value = String> {
    let parts = vec![
        "\u{1b}]52;c;",
        "\u{9b}",
        "\u{7}",
        "\r",
        "\n",
        "\t",
        " ",
        "a",
        "word",
        "\u{202e}",
        "\u{200f}",
        "\u{200b}",
        "\u{200c}",
        "\u{200d}",
        "\u{fe0f}",
        "\u{301}",
        "\u{301}\u{302}\u{303}\u{304}",
        "\u{903}",
        "क",
        "\u{94d}",
        "ष",
        "👩",
        "🏽",
        "🇩",
        "🏴",
        "\u{e0067}\u{e0062}\u{e0073}",
        "\u{e007f}",
        "\u{1100}",
        "\u{1161}",
        "\u{11a8}",
        "日",
        "م",
        "\u{600}",
        "\u{e000}",
        "1",
        "\u{20e3}",
        "\u{d4e}",
    ];
    proptest::collection::vec(proptest::sample::select(parts), 0..60).prop_map(|parts| parts.concat())
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        hostile(),
        any::<String>(),
        proptest::collection::vec(any::<u8>(), 0..200).prop_map(|b| String::from_utf8_lossy(&b).into_owned())
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The short way of ASCII is the same as the long one.
    #[test]
    fn plain_text_takes_a_short_way_to_the_same_end(raw in "[ -~\n]{0,80}", width in 0usize..40) {
        prop_assert!(is_plain(&raw));
        prop_assert_eq!(clean_by_graphemes(&raw), (raw.clone(), false));
        let each: Vec<&str> = raw.graphemes(true).collect();
        prop_assert_eq!(graphemes(&raw).collect::<Vec<_>>(), each.clone());
        prop_assert!(each.iter().filter(|g| **g != "\n").all(|g| g.width() == cells(g)));
        let cut = SafeText::block(&raw).truncated(width);
        prop_assert_eq!(cut.chars().count(), each.len().min(width));
        prop_assert!(raw.replace('\n', " ").starts_with(cut.trim_end_matches('…')));
    }

    #[test]
    fn nothing_dangerous_gets_through(raw in any_text()) {
        for (safe, newlines) in [(SafeText::line(&raw), false), (SafeText::block(&raw), true)] {
            for c in safe.as_str().chars() {
                prop_assert!(!c.is_control() || newlines && c == '\n', "{c:?}");
                prop_assert!(!is_bidi_control(c) && !is_invisible(c) && !has_no_meaning(c), "{c:?}");
            }
            for grapheme in safe.as_str().graphemes(true) {
                let marks = grapheme.chars().filter(|c| {
                    c.width().unwrap_or(0) == 0 && !matches!(*c, ZWJ | ZWNJ | '\u{fe0e}' | '\u{fe0f}') && !is_tag(*c)
                });
                prop_assert!(marks.count() <= MAX_MARKS + usize::from(grapheme == "\n"));
                prop_assert!(grapheme.chars().count() <= MAX_CHARS + 1);
            }
        }
    }

    #[test]
    fn cleaning_what_is_clean_changes_nothing(raw in any_text()) {
        let once = SafeText::block(&raw);
        let twice = SafeText::block(once.as_str());
        prop_assert_eq!(once.as_str(), twice.as_str());
        prop_assert!(!twice.flagged());
    }

    #[test]
    fn wrapping_keeps_within_the_width_and_loses_only_spaces(raw in any_text(), width in 2usize..40) {
        let text = SafeText::block(&raw);
        let lines = text.wrapped(width);
        for line in &lines {
            let cells: usize = line.graphemes(true).map(cells).sum();
            prop_assert!(cells <= width, "{line:?} takes {cells} of {width}");
        }
        let bare = |s: &str| s.replace([' ', '\n'], "");
        prop_assert_eq!(bare(&lines.concat()), bare(text.as_str()));
    }

    #[test]
    fn truncation_keeps_within_the_width(raw in any_text(), width in 0usize..40) {
        let short = SafeText::block(&raw).truncated(width);
        prop_assert!(short.graphemes(true).map(cells).sum::<usize>() <= width);
        prop_assert!(!short.contains('\n'));
    }
}

#[test]
fn a_flag_has_no_selector() {
    assert_eq!(SafeText::line("🇩🇪\u{fe0f} 🇩\u{fe0e}").as_str(), "🇩🇪 🇩");
}

//! Title, clipboard and alerts: what is written beside the drawing.

use std::fs::File;
use std::io::Read as _;
use std::process::Command;

use comeback::client::desktop::{Backend, Notice, closing, sequence};
use comeback::client::notifier::Notifier;
use comeback::domain::safe_text::SafeText;
use comeback::tui::sink;
use comeback::tui::terminal::{entering, leaving};
use proptest::prelude::*;

use super::terminal::{Terminal, wrong};
use super::words;

/// Reads bytes, and answers with the commands in them and how often it rang.
fn obeyed(bytes: &[u8]) -> Result<(Vec<String>, usize), TestCaseError> {
    let mut terminal = Terminal::new(80, 24);
    terminal.read(bytes);
    let errors = terminal.errors();
    prop_assert!(errors.is_empty(), "{errors:?}");
    prop_assert_eq!(terminal.controls(), 0, "it moves or styles nothing");
    Ok((terminal.commands(), terminal.bells()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn no_alert_obeys_a_stranger(title in words::text(), body in words::text(), tag in words::text(), flags: (bool, bool, bool)) {
        let (line, urgent, in_tmux) = flags;
        let title = if line { SafeText::line(&title) } else { SafeText::block(&title) };
        let notice = Notice { title, body: SafeText::line(&body), tag, urgent };
        for (way, commands) in [(Backend::Osc9, 1), (Backend::Osc777, 1), (Backend::Osc99, 2), (Backend::Bell, 0), (Backend::Off, 0)] {
            let rings = usize::from(way == Backend::Bell || in_tmux && commands > 0);
            let (said, rang) = obeyed(&sequence(&way, &notice, in_tmux))?;
            prop_assert_eq!((said.len(), rang), (commands, rings), "{:?}", way);
            let (said, rang) = obeyed(&closing(&way, &notice.tag, in_tmux))?;
            prop_assert_eq!((said.len(), rang), (usize::from(way == Backend::Osc99), 0), "{:?}", way);
        }
    }

    #[test]
    fn no_title_and_no_copied_text_obeys_a_stranger(text in words::text(), enhanced: bool) {
        let (said, _) = obeyed(&sink::copying(&text).unwrap())?;
        prop_assert!(said.len() == 1 && said[0].starts_with("52;c;"), "{said:?}");
        for title in [SafeText::line(&text), SafeText::block(&text)] {
            let mut terminal = Terminal::new(80, 24);
            terminal.read(&entering(&title, enhanced).unwrap());
            terminal.read(&leaving(enhanced).unwrap());
            let errors = terminal.errors();
            prop_assert!(errors.is_empty(), "{errors:?}");
            let said = terminal.commands();
            prop_assert!(said.len() == 1 && said[0].starts_with("0;"), "{said:?}");
            prop_assert_eq!(terminal.modes().iter().copied().collect::<Vec<_>>(), [25], "what was turned on is off");
        }
    }
}

#[test]
fn a_command_of_the_reps_gets_a_strangers_words_in_its_environment_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("told");
    assert!(Command::new("mkfifo").arg(&told).status().unwrap().success());
    let script = "printf '%s\\0' \"$@\" \"$COMEBACK_TITLE\" \"$COMEBACK_BODY\" \"$COMEBACK_TAG\" > \"$0\"";
    let argv = ["sh", "-c", script, told.to_str().unwrap(), "as configured"].map(str::to_owned).to_vec();
    let notifier = Notifier::start(vec![Backend::Command(argv)], false, |_| ()).unwrap();
    for words in [
        "'; $(touch owned) `id`",
        "\x1b]52;c;cm0=\x07\u{9b}2J\0\r\n\u{202e}",
        "--help",
        "%n%s\\x1b[2J",
        "a\nb\u{2028}c",
    ] {
        let (title, body) = (SafeText::line(words), SafeText::line(words));
        notifier.notify(Notice { title: title.clone(), body: body.clone(), tag: "c:1".to_owned(), urgent: true });
        let mut said = String::new();
        File::open(&told).unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(said.split('\0').collect::<Vec<_>>(), ["as configured", title.as_str(), body.as_str(), "c:1", ""]);
        assert_eq!(said.split('\0').find_map(wrong), None, "{words:?}");
    }
}

//! One key press, without anything a terminal may or may not report.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A key with its modifiers. Shift is part of the character (`G`, not Shift-g), as terminals report it so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord {
    /// Which key.
    pub key: Key,
    /// With Ctrl.
    pub ctrl: bool,
    /// With Alt.
    pub alt: bool,
}

/// Which key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A character, as typed.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift-Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// Names of keys that are not characters, as the table and the help write them.
const NAMES: [(&str, Key); 15] = [
    ("Enter", Key::Enter),
    ("Esc", Key::Esc),
    ("Tab", Key::Tab),
    ("Shift-Tab", Key::BackTab),
    ("Backspace", Key::Backspace),
    ("Delete", Key::Delete),
    ("Up", Key::Up),
    ("Down", Key::Down),
    ("Left", Key::Left),
    ("Right", Key::Right),
    ("Home", Key::Home),
    ("End", Key::End),
    ("PageUp", Key::PageUp),
    ("PageDown", Key::PageDown),
    ("Space", Key::Char(' ')),
];

impl Chord {
    /// A plain key.
    pub const fn plain(key: Key) -> Self {
        Self { key, ctrl: false, alt: false }
    }

    /// What the terminal reported; none for a release, a modifier alone, or a key we have no name for.
    pub fn from_event(event: &KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        #[expect(clippy::wildcard_enum_match_arm, reason = "every other key of a terminal means nothing to us")]
        let key = match event.code {
            KeyCode::Char(c) => Key::Char(c),
            KeyCode::Enter => Key::Enter,
            KeyCode::Esc => Key::Esc,
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => Key::BackTab,
            KeyCode::Tab => Key::Tab,
            KeyCode::BackTab => Key::BackTab,
            KeyCode::Backspace => Key::Backspace,
            KeyCode::Delete => Key::Delete,
            KeyCode::Up => Key::Up,
            KeyCode::Down => Key::Down,
            KeyCode::Left => Key::Left,
            KeyCode::Right => Key::Right,
            KeyCode::Home => Key::Home,
            KeyCode::End => Key::End,
            KeyCode::PageUp => Key::PageUp,
            KeyCode::PageDown => Key::PageDown,
            _ => return None,
        };
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        // Ctrl-J and Ctrl-j are the same byte.
        let key = if let (Key::Char(c), true) = (key, ctrl) { Key::Char(c.to_ascii_lowercase()) } else { key };
        // Where a terminal tells Shift-Enter from Enter, hands expect a new line of it, as of Alt-Enter.
        let shifted_enter = key == Key::Enter && event.modifiers.contains(KeyModifiers::SHIFT);
        Some(Self { key, ctrl, alt: event.modifiers.contains(KeyModifiers::ALT) || shifted_enter })
    }

    /// The character it types, when it types one.
    pub const fn typed(self) -> Option<char> {
        match self {
            Self { key: Key::Char(c), ctrl: false, alt: false } => Some(c),
            _ => None,
        }
    }

    /// Reads a sequence as the table writes it: `gg`, `Ctrl-d`, `Alt-Enter`. None for anything it cannot mean.
    pub fn parse(text: &str) -> Option<Vec<Self>> {
        let (mut rest, mut ctrl, mut alt) = (text, false, false);
        loop {
            if let Some((_, key)) = NAMES.iter().find(|(name, _)| *name == rest) {
                return Some(vec![Self { key: *key, ctrl, alt }]);
            }
            if let Some(after) = rest.strip_prefix("Ctrl-") {
                (rest, ctrl) = (after, true);
            } else if let Some(after) = rest.strip_prefix("Alt-") {
                (rest, alt) = (after, true);
            } else {
                break;
            }
        }
        let chars: Vec<char> = rest.chars().collect();
        let one = chars.len() == 1;
        if chars.is_empty() || ((ctrl || alt) && !one) {
            return None;
        }
        let lower = |c: char| if ctrl { c.to_ascii_lowercase() } else { c };
        Some(chars.into_iter().map(|c| Self { key: Key::Char(lower(c)), ctrl, alt }).collect())
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        if self.alt {
            f.write_str("Alt-")?;
        }
        match self.key {
            Key::Char(' ') => f.write_str("Space"),
            Key::Char(c) if self.ctrl => write!(f, "{}", c.to_ascii_uppercase()),
            Key::Char(c) => write!(f, "{c}"),
            Key::Enter
            | Key::Esc
            | Key::Tab
            | Key::BackTab
            | Key::Backspace
            | Key::Delete
            | Key::Up
            | Key::Down
            | Key::Left
            | Key::Right
            | Key::Home
            | Key::End
            | Key::PageUp
            | Key::PageDown => {
                f.write_str(NAMES.iter().find(|(_, key)| *key == self.key).map_or("?", |(name, _)| name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_read_as_written() {
        let show = |text: &str| -> Option<Vec<String>> {
            Chord::parse(text).map(|chords| chords.iter().map(ToString::to_string).collect())
        };
        for (text, wanted) in [
            ("j", Some(vec!["j"])),
            ("gg", Some(vec!["g", "g"])),
            ("Ctrl-d", Some(vec!["Ctrl-D"])),
            ("Alt-Enter", Some(vec!["Alt-Enter"])),
            ("Shift-Tab", Some(vec!["Shift-Tab"])),
            ("", None),
            ("Ctrl-dd", None),
        ] {
            let wanted = wanted.map(|w| w.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(show(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_a_terminal_reports_becomes_a_chord() {
        let chord = |code, modifiers| Chord::from_event(&KeyEvent::new(code, modifiers)).map(|c| c.to_string());
        assert_eq!(chord(KeyCode::Char('G'), KeyModifiers::SHIFT).as_deref(), Some("G"));
        assert_eq!(chord(KeyCode::Char('J'), KeyModifiers::CONTROL).as_deref(), Some("Ctrl-J"));
        assert_eq!(chord(KeyCode::Tab, KeyModifiers::SHIFT).as_deref(), Some("Shift-Tab"));
        assert_eq!(chord(KeyCode::F(5), KeyModifiers::NONE), None);
        let mut up = KeyEvent::new(KeyCode::Char('a'), KeyModifiers::NONE);
        up.kind = KeyEventKind::Release;
        assert_eq!(Chord::from_event(&up), None);
    }
}

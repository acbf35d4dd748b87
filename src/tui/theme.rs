//! What each thing on screen looks like, by its role.
//!
//! Colours are the user's own sixteen, so a theme fits whatever background they chose. Nothing is told by colour alone: a
//! selection is reversed and has a mark in the gutter, a clock has a glyph and a word beside its colour.

use ratatui::style::{Color, Modifier, Style};

/// The mark in the gutter of the selected row.
pub const SELECTED_MARK: &str = ">";
/// The gutter of every other row.
pub const UNSELECTED_MARK: &str = " ";

/// What a piece of the screen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Plain text.
    Normal,
    /// Text of less weight: times, hints, borders.
    Dim,
    /// The row or item under the cursor.
    Selected,
    /// A clock that needs somebody soon.
    Warn,
    /// A clock that has run out.
    Late,
    /// Done, delivered, in time.
    Ok,
    /// Not yet confirmed by the server, or held.
    Pending,
    /// A pane's title.
    Title,
    /// Something failed.
    Error,
    /// A key to press.
    Key,
    /// What the buyer wrote.
    Buyer,
    /// What the rep wrote.
    Rep,
    /// A found or matched part of a text.
    Match,
    /// Text in which something was neutralised.
    Flagged,
}

impl Role {
    /// Every role, for tests and the theme's sample.
    pub const ALL: [Self; 14] = [
        Self::Normal,
        Self::Dim,
        Self::Selected,
        Self::Warn,
        Self::Late,
        Self::Ok,
        Self::Pending,
        Self::Title,
        Self::Error,
        Self::Key,
        Self::Buyer,
        Self::Rep,
        Self::Match,
        Self::Flagged,
    ];
}

/// A set of styles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Theme {
    /// The user's sixteen colours.
    #[default]
    Ansi,
    /// No colour at all, only bold, dim, reversed and underlined.
    Mono,
    /// Blue and orange in place of green and red.
    ColourBlind,
}

impl Theme {
    /// The theme to use: without colour when `NO_COLOR` is set to anything (<https://no-color.org>), else the chosen.
    ///
    /// Colours must not be left to crossterm under `NO_COLOR`: it writes `ESC[;m`, which is a reset, and the reversed
    /// row disappears.
    pub fn choose(no_color: Option<&str>, chosen: Option<Self>) -> Self {
        match no_color {
            Some(set) if !set.is_empty() => Self::Mono,
            _ => chosen.unwrap_or_default(),
        }
    }

    /// A theme by its name in the configuration.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "ansi" => Some(Self::Ansi),
            "mono" => Some(Self::Mono),
            "colour-blind" | "color-blind" => Some(Self::ColourBlind),
            _ => None,
        }
    }

    /// How `role` is drawn.
    pub fn style(self, role: Role) -> Style {
        let style = Style::new().fg(self.colour(role));
        match role {
            Role::Normal | Role::Buyer | Role::Ok => style,
            Role::Dim => style.add_modifier(Modifier::DIM),
            Role::Selected => style.add_modifier(Modifier::REVERSED),
            Role::Late | Role::Error | Role::Title | Role::Key => style.add_modifier(Modifier::BOLD),
            Role::Pending | Role::Rep => style.add_modifier(Modifier::ITALIC),
            Role::Warn | Role::Match | Role::Flagged => style.add_modifier(Modifier::UNDERLINED),
        }
    }

    fn colour(self, role: Role) -> Color {
        // Orange is not one of the sixteen; 208 is, of the 256 that every terminal with more has.
        let (good, soon, bad) = match self {
            Self::Mono => return Color::Reset,
            Self::Ansi => (Color::Green, Color::Yellow, Color::Red),
            Self::ColourBlind => (Color::Blue, Color::Cyan, Color::Indexed(208)),
        };
        match role {
            Role::Normal | Role::Dim | Role::Selected | Role::Title | Role::Buyer => Color::Reset,
            Role::Ok => good,
            Role::Warn | Role::Match => soon,
            Role::Late | Role::Error | Role::Flagged => bad,
            Role::Pending | Role::Rep | Role::Key => Color::Cyan,
        }
    }
}

/// How a response clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClockState {
    /// Time is left.
    Running,
    /// The warning time has come.
    Soon,
    /// The due time has passed.
    Late,
    /// Answered in time.
    Met,
    /// Outside business hours, or held.
    Paused,
}

impl ClockState {
    /// Its glyph, its word and its role: always drawn together. Every glyph is one cell wide everywhere.
    pub const fn look(self) -> (&'static str, &'static str, Role) {
        match self {
            Self::Running => ("-", "left", Role::Normal),
            Self::Soon => ("*", "soon", Role::Warn),
            Self::Late => ("!", "late", Role::Late),
            Self::Met => ("+", "met", Role::Ok),
            Self::Paused => ("=", "paused", Role::Dim),
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::backend::{Backend, CrosstermBackend};
    use ratatui::buffer::Cell;

    use super::*;

    /// The bytes that drawing one cell in `style` puts on the terminal.
    fn bytes(style: Style) -> String {
        let mut out = Vec::new();
        let mut cell = Cell::new("x");
        cell.set_style(style);
        CrosstermBackend::new(&mut out).draw([(0, 0, &cell)].into_iter()).expect("drawn");
        String::from_utf8(out).expect("text")
    }

    /// The parameters of every SGR sequence.
    fn sgr(bytes: &str) -> Vec<String> {
        let sequences = bytes.split("\x1b[").skip(1);
        sequences.filter_map(|s| s.split_once('m')).map(|(p, _)| p.to_owned()).filter(|p| is_sgr(p)).collect()
    }

    fn is_sgr(parameters: &str) -> bool {
        parameters.chars().all(|c| c.is_ascii_digit() || c == ';')
    }

    #[test]
    fn mono_writes_no_colour_and_keeps_the_selection() {
        // What drawing always ends with (foreground, background, all attributes reset) is not the theme's.
        let ending = sgr(&bytes(Style::new()));
        for role in Role::ALL {
            let mut written = sgr(&bytes(Theme::Mono.style(role)));
            written.truncate(written.len() - ending.len());
            let attributes = ["1", "2", "3", "4", "7"];
            assert!(written.iter().all(|p| attributes.contains(&p.as_str())), "{role:?}: {written:?}");
            assert_eq!(written.contains(&"7".to_owned()), role == Role::Selected, "{role:?}");
        }
    }

    #[test]
    fn the_other_themes_write_colour() {
        crossterm::style::force_color_output(true);
        for theme in [Theme::Ansi, Theme::ColourBlind] {
            let coloured = |role| bytes(theme.style(role)).contains("\x1b[38;5;");
            assert!(coloured(Role::Late) && coloured(Role::Ok) && coloured(Role::Warn));
            assert!(!coloured(Role::Normal));
        }
        let colours = |role| Theme::ColourBlind.style(role).fg;
        for role in Role::ALL {
            assert!(!matches!(colours(role), Some(Color::Red | Color::Green)), "{role:?}");
        }
    }

    #[test]
    fn selection_is_reversed_in_every_theme_and_leaves_no_colour_out_of_sight() {
        for theme in [Theme::Ansi, Theme::Mono, Theme::ColourBlind] {
            let style = theme.style(Role::Selected);
            assert!(style.add_modifier.contains(Modifier::REVERSED));
            assert_eq!((style.fg, style.bg), (Some(Color::Reset), None));
        }
        assert_ne!(SELECTED_MARK, UNSELECTED_MARK);
    }

    #[test]
    fn no_clock_state_is_told_by_colour_alone() {
        use ClockState::{Late, Met, Paused, Running, Soon};
        let looks = [Running, Soon, Late, Met, Paused].map(ClockState::look);
        for (at, (glyph, word, _)) in looks.iter().enumerate() {
            assert!(looks[at + 1..].iter().all(|other| other.0 != *glyph && other.1 != *word));
            assert!(glyph.is_ascii() && glyph.len() == 1);
        }
    }

    #[test]
    fn no_color_outranks_the_choice() {
        assert_eq!(Theme::choose(Some("1"), Some(Theme::Ansi)), Theme::Mono);
        assert_eq!(Theme::choose(Some(""), Some(Theme::ColourBlind)), Theme::ColourBlind);
        assert_eq!(Theme::choose(None, None), Theme::Ansi);
        assert_eq!(Theme::named("color-blind"), Some(Theme::ColourBlind));
        assert_eq!(Theme::named("pink"), None);
    }
}

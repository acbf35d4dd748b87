//! A rep's own settings: `config.toml` in the configuration folder. Everything has a default, so that no file is needed.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use toml::de::DeTable;

use super::diagnose::Diagnostic;
use super::playbook::repair;

/// What a rep set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepConfig {
    /// How alerts arrive.
    #[serde(default)]
    pub alerts: AlertConfig,
}

/// How alerts arrive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertConfig {
    /// Ways to try, best first; the first that works is enough. Left out: the program finds out.
    pub by: Option<Vec<Way>>,
    /// A program and its arguments, run beside the other ways. The words come in its environment, never in arguments.
    #[serde(default, deserialize_with = "program")]
    pub command: Option<Vec<String>>,
}

/// A way an alert can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// The desktop's notification service.
    Desktop,
    /// The terminal sequence of iTerm2, `WezTerm` and Ghostty.
    Osc9,
    /// The terminal sequence of foot and urxvt.
    Osc777,
    /// The terminal sequence of kitty.
    Osc99,
    /// The terminal's bell.
    Bell,
    /// None at all.
    Off,
}

impl Way {
    /// As it stands in `config.toml`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Osc9 => "osc9",
            Self::Osc777 => "osc777",
            Self::Osc99 => "osc99",
            Self::Bell => "bell",
            Self::Off => "off",
        }
    }
}

/// Reads the settings; `file` is how mistakes name it.
///
/// # Errors
///
/// The first mistake, with its line, its column and the nearest valid word.
pub fn read(file: &str, source: &str) -> Result<RepConfig, Diagnostic> {
    let (settings, mistakes) = every(file, source);
    mistakes.into_iter().next().map_or(Ok(settings), Err)
}

/// The settings without what is wrong with them, and every mistake, in the order of the file.
pub fn every(file: &str, source: &str) -> (RepConfig, Vec<Diagnostic>) {
    let (settings, mistakes) = repair::every::<RepConfig>(file, source);
    (settings.unwrap_or_default(), mistakes)
}

/// What is wrong with the program of `alerts.command`, told where it stands.
pub fn at_program(file: &str, source: &str, message: &str) -> Diagnostic {
    let (root, _) = DeTable::parse_recoverable(source);
    let command = root.get_ref().get("alerts").and_then(|alerts| alerts.get_ref().get("command"));
    let program = command.and_then(|command| command.get_ref().get(0_usize)).or(command);
    match program.map(Spanned::span) {
        Some(span) => Diagnostic::at(file, source, span, message, None),
        None => Diagnostic::of_file(file, message),
    }
}

fn program<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Vec<String>>, D::Error> {
    let words = Vec::<String>::deserialize(d)?;
    if words.first().is_none_or(String::is_empty) {
        return Err(D::Error::custom("alerts.command names no program; leave it out to run none"));
    }
    Ok(Some(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_and_an_empty_one_are_the_same() {
        assert_eq!(read("config.toml", "").unwrap(), RepConfig::default());
    }

    #[test]
    fn the_example_is_read() {
        let example = include_str!("../../assets/config.example.toml");
        let config = read("config.example.toml", example).unwrap();
        assert_eq!(config, RepConfig::default(), "every line of the example is a comment");
        let set: Vec<&str> = example.lines().filter_map(|l| l.strip_prefix("#: ")).collect();
        let config = read("config.example.toml", &set.join("\n")).unwrap();
        assert_eq!(config.alerts.by.as_deref(), Some(&[Way::Desktop, Way::Bell][..]));
        assert!(config.alerts.command.is_some_and(|c| !c.is_empty()));
    }

    #[test]
    fn each_way_is_read_by_its_own_word() {
        for way in [Way::Desktop, Way::Osc9, Way::Osc777, Way::Osc99, Way::Bell, Way::Off] {
            let config = read("config.toml", &format!("[alerts]\nby = [\"{}\"]\n", way.word())).unwrap();
            assert_eq!(config.alerts.by, Some(vec![way]));
        }
    }

    #[test]
    fn every_mistake_is_told_at_once_and_the_rest_is_read() {
        let told = |source: &str| {
            let (settings, mistakes) = every("c", source);
            let first = |told: &Diagnostic| told.to_string().lines().next().unwrap_or_default().to_owned();
            (settings, mistakes.iter().map(first).collect::<Vec<_>>())
        };
        let (settings, mistakes) = told("[alerts]\nby = 3\ncommand = [\"blink\"]\n[alert]\nx = 1\n");
        assert_eq!(settings.alerts, AlertConfig { by: None, command: Some(vec!["blink".to_owned()]) });
        assert_eq!(mistakes.len(), 2, "{mistakes:?}");
        assert!(mistakes[0].starts_with("c:2:6: expected a list in [ ], found the number 3"), "{mistakes:?}");
        assert!(mistakes[1].starts_with("c:4:2: unknown key \"alert\""), "{mistakes:?}");
        // What was meant is read on: the wrong name hides nothing under it.
        let (settings, mistakes) = told("[alert]\nby = [\"dekstop\", \"bell\"]\ncommand = []\n");
        assert_eq!(settings.alerts, AlertConfig { by: Some(vec![Way::Desktop, Way::Bell]), command: None });
        let places: Vec<&str> = mistakes.iter().map(|told| told.split(' ').next().unwrap_or_default()).collect();
        assert_eq!(places, ["c:1:2:", "c:2:7:", "c:3:11:"], "{mistakes:?}");
        // The same where it is no TOML.
        let (_, mistakes) = told("[alerts]\nby = [\"bell\"\ncomand = [\"blink\"]\n");
        assert_eq!(mistakes.len(), 2, "{mistakes:?}");
        let (_, mistakes) = told("[alerts]\nby = [\"bell\"]\nby = [\"osc9\"]\n");
        assert!(mistakes.len() == 1 && mistakes[0].contains("written twice"), "{mistakes:?}");
    }

    #[test]
    fn what_is_wrong_with_the_program_is_told_where_it_stands() {
        let told = |source: &str| at_program("c", source, "not there").to_string();
        assert!(told("[alerts]\ncommand = [\"blink\"]\n").starts_with("c:2:12: not there"), "its first word");
        assert_eq!(told("[alert]\n"), "c: not there");
    }

    #[test]
    fn a_typo_is_told_with_the_nearest_word() {
        let told = read("config.toml", "[alerts]\nby = [\"dekstop\"]\n").unwrap_err().to_string();
        assert!(told.starts_with("config.toml:2:7:") && told.contains("did you mean \"desktop\"?"), "{told}");
        let told = read("config.toml", "[alert]\n").unwrap_err().to_string();
        assert!(told.contains("did you mean \"alerts\"?"), "{told}");
        let told = read("config.toml", "[alerts]\ncommand = []\n").unwrap_err().to_string();
        assert!(told.starts_with("config.toml:2:11: alerts.command names no program"), "{told}");
    }
}

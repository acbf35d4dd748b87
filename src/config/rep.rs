//! A rep's own settings: `config.toml` in the configuration folder. Everything has a default, so that no file is needed.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::diagnose::Diagnostic;
use super::diagnose::mend::mended;

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
/// A mistake, with its line, its column and the nearest valid word.
pub fn read(file: &str, source: &str) -> Result<RepConfig, Diagnostic> {
    toml::from_str(source).map_err(|e| {
        let no_toml = mended(file, source, 1).and_then(|mended| mended.mistakes.into_iter().next());
        no_toml.unwrap_or_else(|| Diagnostic::from_toml(file, source, &e))
    })
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
    fn a_typo_is_told_with_the_nearest_word() {
        let told = read("config.toml", "[alerts]\nby = [\"dekstop\"]\n").unwrap_err().to_string();
        assert!(told.starts_with("config.toml:2:7:") && told.contains("did you mean \"desktop\"?"), "{told}");
        let told = read("config.toml", "[alert]\n").unwrap_err().to_string();
        assert!(told.contains("did you mean \"alerts\"?"), "{told}");
        let told = read("config.toml", "[alerts]\ncommand = []\n").unwrap_err().to_string();
        assert!(told.starts_with("config.toml:2:11: alerts.command names no program"), "{told}");
    }
}

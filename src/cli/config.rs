//! `comeback config path|print|check`: where a rep's files are, what holds and why, and what is wrong with it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{config_file, profile_dir, say, state_dir};
use crate::client::cache::Cache;
use crate::client::desktop::{self, Env};
use crate::client::log;
use crate::client::profile::{Profile, ProfileError};
use crate::config::diagnose::Diagnostic;
use crate::config::rep::{self, RepConfig};

/// A rep's settings.
#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Where each file is.
    Path(Format),
    /// What holds now, and where each value comes from: the default, the file, the environment, the command line.
    Print(Format),
    /// Read the files and the environment, and say what is wrong, with its line and the nearest valid word.
    Check,
}

/// How to print.
#[derive(Debug, Args)]
pub(super) struct Format {
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Config {
    pub(super) fn run(self, profile: &str) -> anyhow::Result<()> {
        match self {
            Self::Path(format) => {
                let places = places(profile)?;
                if format.json {
                    let all: serde_json::Map<String, Value> =
                        places.iter().map(|p| (p.name.to_owned(), json!(p.path.display().to_string()))).collect();
                    say(&serde_json::to_string_pretty(&all)?);
                } else {
                    for p in places {
                        let there = if p.path.exists() { "" } else { "  (not there)" };
                        say(&format!("{:<8} {}{there}", p.name, p.path.display()));
                    }
                }
            }
            Self::Print(format) => {
                let settings = settings(profile, &read()?);
                if format.json {
                    let one = |s: &Setting| json!({ "name": s.name, "value": s.value, "from": s.from });
                    say(&serde_json::to_string_pretty(&settings.iter().map(one).collect::<Vec<_>>())?);
                } else {
                    for s in settings {
                        say(&format!("{:<16} {:<28} # {}", s.name, s.value, s.from));
                    }
                }
            }
            Self::Check => {
                let file = file()?;
                let program = program_trouble(&file.settings).map(|why| file.at_program(&why));
                let mut wrong = file.mistakes;
                wrong.extend(program);
                wrong.extend(beside(profile)?);
                for mistake in &wrong {
                    say(mistake);
                }
                anyhow::ensure!(wrong.is_empty(), "{} mistake(s); nothing was changed", wrong.len());
                say(&format!("{}: fine", config_file()?.display()));
            }
        }
        Ok(())
    }
}

/// A file of a rep's, by what it is for.
pub(super) struct Place {
    pub(super) name: &'static str,
    pub(super) path: PathBuf,
}

/// Every file and folder of a profile.
pub(super) fn places(profile: &str) -> anyhow::Result<Vec<Place>> {
    let (dir, log) = (profile_dir(profile)?, state_dir(profile)?.join("log"));
    Ok(vec![
        Place { name: "config", path: config_file()? },
        Place { name: "cache", path: Cache::path_in(&dir) },
        Place { name: "token", path: dir.join("token") },
        Place { name: "profile", path: dir.join("") },
        Place { name: "log", path: log },
    ])
}

/// A value that holds, and why.
pub(super) struct Setting {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) from: String,
}

/// Reads the file of settings; none there is the same as an empty one.
pub(super) fn read() -> anyhow::Result<RepConfig> {
    super::rep_config()
}

/// Everything that can be set, with its source.
pub(super) fn settings(profile: &str, config: &RepConfig) -> Vec<Setting> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let (default, file) = ("default".to_owned(), "config.toml".to_owned());
    let profile_from = match variable("COMEBACK_PROFILE") {
        Some(value) if value == profile => "environment: COMEBACK_PROFILE".to_owned(),
        _ if profile == "default" => default.clone(),
        _ => "command line: --profile".to_owned(),
    };
    let by = config.alerts.by.as_ref().map(|ways| format!("{:?}", ways.iter().map(|w| w.word()).collect::<Vec<_>>()));
    let chosen = desktop::choose(&Env::read(), None);
    let auto = format!("{:?}", chosen.iter().map(desktop::Backend::word).collect::<Vec<_>>());
    let command = config.alerts.command.as_ref().map(|argv| format!("{argv:?}"));
    let level = variable(log::LEVEL);
    let no_color = variable("NO_COLOR").is_some();
    let environment = |name: &str| format!("environment: {name}");
    let folder = |name: &'static str, variable_name: &str| Setting {
        name,
        value: variable(variable_name).unwrap_or_else(|| "(of the system)".to_owned()),
        from: if variable(variable_name).is_some() { environment(variable_name) } else { "default".to_owned() },
    };
    vec![
        Setting { name: "profile", value: profile.to_owned(), from: profile_from },
        Setting {
            name: "alerts.by",
            from: if by.is_some() { file.clone() } else { "default: chosen for this terminal".to_owned() },
            value: by.unwrap_or(auto),
        },
        Setting {
            name: "alerts.command",
            from: if command.is_some() { file } else { default.clone() },
            value: command.unwrap_or_else(|| "(none)".to_owned()),
        },
        Setting {
            name: "log level",
            from: if level.is_some() { environment(log::LEVEL) } else { default.clone() },
            value: level.unwrap_or_else(|| "warn".to_owned()),
        },
        Setting {
            name: "colours",
            value: if no_color { "none" } else { "of the terminal" }.to_owned(),
            from: if no_color { environment("NO_COLOR") } else { default },
        },
        folder("config folder", "XDG_CONFIG_HOME"),
        folder("data folder", "XDG_DATA_HOME"),
        folder("state folder", "XDG_STATE_HOME"),
    ]
}

/// The file of settings as it was found.
pub(super) struct SettingsFile {
    name: String,
    source: String,
    /// What it sets, without what is wrong in it.
    pub(super) settings: RepConfig,
    /// Everything that is wrong in it, each in words that say where.
    pub(super) mistakes: Vec<String>,
}

impl SettingsFile {
    fn at_program(&self, why: &str) -> String {
        rep::at_program(&self.name, &self.source, &format!("alerts.command: {why}")).to_string()
    }
}

/// Reads the file of settings as far as it goes; none there is the same as an empty one.
pub(super) fn file() -> anyhow::Result<SettingsFile> {
    let path = config_file()?;
    let name = path.display().to_string();
    let (source, mut mistakes) = match std::fs::read_to_string(&path) {
        Ok(source) => (source, Vec::new()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => (String::new(), Vec::new()),
        Err(e) => (String::new(), vec![Diagnostic::of_file(&name, format!("cannot be read: {e}")).to_string()]),
    };
    let (settings, found) = rep::every(&name, &source);
    mistakes.extend(found.iter().map(ToString::to_string));
    Ok(SettingsFile { name, source, settings, mistakes })
}

/// Why the program that alerts run cannot be run, when it cannot.
pub(super) fn program_trouble(settings: &RepConfig) -> Option<String> {
    let program = settings.alerts.command.as_ref()?.first()?;
    let runs = |path: &Path| path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0);
    if !program.contains('/') {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&folders).any(|folder| runs(&folder.join(program)));
        return (!found).then(|| format!("{program} is in no folder of PATH"));
    }
    let path = Path::new(program);
    if runs(path) {
        None
    } else if path.exists() {
        Some(format!("{program} is no program that can be run"))
    } else {
        Some(format!("{program} is not there"))
    }
}

/// Everything that is wrong in the environment and with the sign-in, each in words that say where.
pub(super) fn beside(profile: &str) -> anyhow::Result<Vec<String>> {
    let mut wrong = Vec::new();
    if let Err(e) = log::level(std::env::var(log::LEVEL).ok().as_deref()) {
        wrong.push(e.to_string());
    }
    match Profile::load(&profile_dir(profile)?) {
        Ok(_) | Err(ProfileError::NotSignedIn(_)) => {}
        Err(e) => wrong.push(format!("{e}; sign in again: comeback login URL --token-stdin")),
    }
    Ok(wrong)
}

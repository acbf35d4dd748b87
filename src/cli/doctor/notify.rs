//! `comeback doctor --notify`: one notification each way there is, and which of them arrived.

use std::io::{IsTerminal as _, Write as _};

use crate::cli::{config, config_file, say};
use crate::client::desktop::{self, Backend, Env, Notice, sequence};
use crate::client::notifier::{try_command, try_desktop};
use crate::domain::safe_text::SafeText;

/// Best first, as they would stand in config.toml.
const WAYS: [(Backend, &str); 5] = [
    (Backend::Desktop, "the desktop's notification service"),
    (Backend::Osc99, "kitty's sequence"),
    (Backend::Osc777, "the sequence of foot and urxvt"),
    (Backend::Osc9, "the sequence of iTerm2, WezTerm and Ghostty"),
    (Backend::Bell, "a bell"),
];

/// Sends, asks, and ends with what to write down.
pub(super) fn run() -> anyhow::Result<()> {
    anyhow::ensure!(
        std::io::stdin().is_terminal() && std::io::stdout().is_terminal(),
        "--notify asks what arrived: run it in the terminal where your inbox is"
    );
    let (env, settings) = (Env::read(), config::read()?);
    say("Look elsewhere while each is sent: many terminals show nothing for the window you are in.\n");
    let mut arrived = Vec::new();
    for (way, words) in &WAYS {
        if try_one(way, words, &env)? {
            arrived.push(way.clone());
        }
    }
    if let Some(argv) = &settings.alerts.command {
        say("command: your own program …");
        match try_command(argv, &notice("command")) {
            Ok(()) => drop(ask()?),
            Err(e) => say(&format!("  failed: {e}; see alerts.command")),
        }
    }
    say(&conclusion(&arrived, &desktop::choose(&env, None), &config_file()?.display().to_string()));
    anyhow::ensure!(!arrived.is_empty(), "no notification arrived");
    Ok(())
}

fn try_one(way: &Backend, words: &str, env: &Env) -> anyhow::Result<bool> {
    say(&format!("{}: {words} …", way.word()));
    if *way == Backend::Desktop {
        if let Err(why) = try_desktop(&notice(way.word())) {
            say(&format!("  failed: {why}"));
            return Ok(false);
        }
    } else {
        let mut out = std::io::stdout().lock();
        // Without the bell that goes beside it in tmux: the question is about this one.
        let mut bytes = sequence(way, &notice(way.word()), env.tmux);
        if env.tmux && *way != Backend::Bell {
            bytes.pop();
        }
        out.write_all(&bytes).and_then(|()| out.flush())?;
    }
    ask()
}

fn ask() -> anyhow::Result<bool> {
    let mut out = std::io::stdout().lock();
    write!(out, "  Did it arrive? [y/n] ").and_then(|()| out.flush())?;
    drop(out);
    let mut said = String::new();
    anyhow::ensure!(std::io::stdin().read_line(&mut said)? > 0, "no answer came; nothing was changed");
    Ok(said.trim().to_lowercase().starts_with('y'))
}

fn notice(way: &str) -> Notice {
    Notice {
        title: SafeText::line("comeback"),
        body: SafeText::line(&format!("This one came by {way}.")),
        tag: format!("doctor-{way}"),
        urgent: false,
    }
}

/// What to put into config.toml, if anything.
fn conclusion(arrived: &[Backend], auto: &[Backend], file: &str) -> String {
    if arrived.is_empty() {
        return "\nNone arrived. Over SSH the terminal at your end must show them; inside tmux: set -g allow-passthrough on.\n\
                A program of yours can tell you instead: alerts.command in config.toml."
            .to_owned();
    }
    let first = auto.iter().find(|way| arrived.contains(way));
    if first == auto.first() && first.is_some() {
        return format!(
            "\n{} is what comeback chooses here by itself, and it arrived: nothing to change.",
            auto[0].word()
        );
    }
    let ways: Vec<String> = arrived.iter().map(|way| format!("\"{}\"", way.word())).collect();
    format!("\nPut this into {file}:\n\n[alerts]\nby = [{}]", ways.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_written_down_can_be_read_back() {
        let told = conclusion(&[Backend::Osc777, Backend::Bell], &[Backend::Bell], "c");
        assert!(told.contains("nothing to change"), "{told}");
        let told = conclusion(&[Backend::Osc777, Backend::Bell], &[Backend::Desktop, Backend::Osc9], "c");
        let toml = told.split_once("into c:").unwrap().1;
        let read = crate::config::rep::read("c", toml).unwrap();
        let by: Vec<&str> = read.alerts.by.unwrap().iter().map(|w| w.word()).collect();
        assert_eq!(by, ["osc777", "bell"]);
        assert!(conclusion(&[], &[Backend::Bell], "c").contains("None arrived"));
    }
}

//! The terminal, and which way an alert takes through it.

use std::io::IsTerminal as _;
use std::process::{Command, Stdio};

use super::report::Report;
use crate::cli::config;
use crate::client::desktop::{self, Backend, Env};
use crate::config::rep::RepConfig;

const AREA: &str = "terminal";

/// Looks at the terminal this runs in, and at how alerts get out of it.
pub(super) fn look(report: &mut Report, settings: &RepConfig) {
    let get = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let env = Env::read();
    let term = get("TERM").unwrap_or_default();
    match term.as_str() {
        "" | "dumb" => report.look(
            AREA,
            "TERM",
            format!("\"{term}\""),
            "run it in a terminal; the inbox needs one that moves its cursor",
        ),
        _ => report.fine(
            AREA,
            "TERM",
            format!("{term}{}", get("TERM_PROGRAM").map_or_else(String::new, |p| format!(", {p}"))),
        ),
    }
    if std::io::stdin().is_terminal() {
        match crossterm::terminal::size() {
            Ok((columns, rows)) if columns < 30 || rows < 8 => {
                report.look(
                    AREA,
                    "size",
                    format!("{columns} × {rows}"),
                    "make it larger: below 30 × 8 there is only a notice",
                );
            }
            Ok((columns, rows)) => report.fine(AREA, "size", format!("{columns} × {rows}")),
            Err(e) => report.look(AREA, "size", format!("not told: {e}"), "the inbox may draw wrongly here"),
        }
    } else {
        report.fine(AREA, "size", "not looked at: standard input is no terminal");
    }
    let colours = match (get("NO_COLOR"), get("COLORTERM")) {
        (Some(_), _) => "none: NO_COLOR is set; states are told by glyph and word".to_owned(),
        (None, Some(depth)) => format!("of the terminal's palette ({depth})"),
        (None, None) => "of the terminal's palette".to_owned(),
    };
    report.fine(AREA, "colours", colours);
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(get).unwrap_or_default();
    let plain = locale.to_lowercase().replace('-', "");
    if plain.contains("utf8") || cfg!(target_os = "macos") {
        report.fine(AREA, "locale", locale);
    } else {
        report.look(
            AREA,
            "locale",
            format!("\"{locale}\" is not UTF-8"),
            "export LC_ALL=C.UTF-8, or names and signs are garbled",
        );
    }
    let ways: Vec<&str> =
        [(env.ssh, "SSH"), (env.mosh, "mosh"), (env.tmux, "tmux"), (env.zellij, "zellij"), (env.screen, "GNU screen")]
            .iter()
            .filter_map(|(is, name)| is.then_some(*name))
            .collect();
    report.fine(AREA, "through", if ways.is_empty() { "nothing in between".to_owned() } else { ways.join(", ") });
    if env.tmux {
        tmux(report, &env);
    } else if env.zellij || env.screen || env.mosh {
        report.look(
            AREA,
            "clipboard",
            "y copies by OSC 52, which may not get through here",
            "select with the terminal's own mouse instead",
        );
    } else {
        report.fine(AREA, "clipboard", "y copies by OSC 52, where the terminal allows it");
    }
    alerts(report, &env, settings);
}

/// What tmux lets through.
fn tmux(report: &mut Report, env: &Env) {
    let option = |flags: &str, name: &str| {
        let out = Command::new("tmux")
            .args(["show-options", flags, name])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output();
        let said =
            out.ok().filter(|o| o.status.success()).map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
        said.filter(|s| !s.is_empty())
    };
    let osc = desktop::choose(env, None).iter().any(|w| matches!(w, Backend::Osc9 | Backend::Osc777 | Backend::Osc99));
    match option("-gv", "allow-passthrough").as_deref() {
        Some("on" | "all") => report.fine(AREA, "passthrough", "tmux hands notifications on"),
        Some(_) if osc => report.look(
            AREA,
            "passthrough",
            "tmux keeps notifications to itself; you hear a bell only",
            "put \"set -g allow-passthrough on\" into tmux.conf",
        ),
        Some(_) => report.fine(AREA, "passthrough", "off; nothing here would use it"),
        None => report.look(AREA, "passthrough", "tmux did not say", "tmux show-options -g allow-passthrough"),
    }
    match option("-sv", "set-clipboard").as_deref() {
        Some("off") => report.look(
            AREA,
            "clipboard",
            "tmux keeps OSC 52 to itself: y copies nothing",
            "put \"set -s set-clipboard on\" into tmux.conf",
        ),
        Some(other) => report.fine(AREA, "clipboard", format!("y copies by OSC 52 (tmux: set-clipboard {other})")),
        None => report.look(AREA, "clipboard", "tmux did not say", "tmux show-options -s set-clipboard"),
    }
    match option("-sv", "focus-events").as_deref() {
        Some("on") => report.fine(AREA, "focus", "tmux tells which window you look at"),
        _ => report.look(
            AREA,
            "focus",
            "tmux does not tell whether you look: alerts come for what is on your screen, too",
            "put \"set -s focus-events on\" into tmux.conf",
        ),
    }
}

fn alerts(report: &mut Report, env: &Env, settings: &RepConfig) {
    const AREA: &str = "alerts";
    let auto = desktop::choose(env, None).iter().map(Backend::word).collect::<Vec<_>>().join(", then ");
    match &settings.alerts.by {
        None => report.fine(AREA, "by", format!("{auto}: {}", desktop::why(env))),
        Some(by) => {
            let set = by.iter().map(|w| w.word()).collect::<Vec<_>>().join(", then ");
            let said = format!("{set}, as config.toml says; left out it would be {auto}: {}", desktop::why(env));
            if set == "off" || by.is_empty() {
                report.look(AREA, "by", said, "you are told of nothing outside the inbox");
            } else {
                report.fine(AREA, "by", said);
            }
        }
    }
    let program = settings.alerts.command.as_ref().and_then(|argv| argv.first());
    match (program, config::program_trouble(settings)) {
        (None, _) => report.fine(AREA, "command", "none"),
        (Some(program), None) => report.fine(AREA, "command", program.clone()),
        (Some(_), Some(why)) => report.wrong(AREA, "command", why, "see alerts.command in config.toml"),
    }
    report.fine(AREA, "proof", "comeback doctor --notify sends one each way and asks which arrived");
}

//! Which way an alert reaches a rep, and the bytes of the ways that go through the terminal.
//!
//! A desktop's own notification where there is one. Over SSH there is none, but the terminal at the other end shows
//! OSC 9, 777 or 99; inside tmux these go through its passthrough, with a bell beside them because passthrough is off
//! unless the user turned it on. Where nothing better gets through, a bell.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::domain::safe_text::SafeText;

/// Longest title, in cells.
const TITLE_WIDTH: usize = 100;
/// Longest body, in cells.
const BODY_WIDTH: usize = 240;
/// Most bytes of either: kitty takes 2,048 in one piece, and marks take bytes without taking cells.
const MAX_BYTES: usize = 2_000;

/// Something a rep should know now.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Notice {
    /// What happened, and to whom.
    pub title: SafeText,
    /// More of it; may be empty.
    pub body: SafeText,
    /// The key by which a later notice replaces this one: one conversation, one notice.
    pub tag: String,
    /// A breach or an escalation: stays until it is looked at, where the desktop can do that.
    pub urgent: bool,
}

/// A way to tell it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Backend {
    /// The desktop's notification service.
    Desktop,
    /// `OSC 9 ; text`: iTerm2, `WezTerm`, Ghostty.
    Osc9,
    /// `OSC 777 ; notify ; title ; body`: foot, urxvt.
    Osc777,
    /// `OSC 99`: kitty.
    Osc99,
    /// The terminal's bell.
    Bell,
    /// A program of the user's, by its arguments, beside the other ways. The words come in its environment.
    Command(Vec<String>),
    /// Nothing at all.
    Off,
}

impl Backend {
    /// As it stands in `config.toml`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Osc9 => "osc9",
            Self::Osc777 => "osc777",
            Self::Osc99 => "osc99",
            Self::Bell => "bell",
            Self::Command(_) => "command",
            Self::Off => "off",
        }
    }
}

/// What the environment says about the way to the rep.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own; any of them may hold together")]
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Env {
    /// A desktop session's bus is at a known address (on macOS: always).
    pub session_bus: bool,
    /// The terminal is at the other end of an SSH connection.
    pub ssh: bool,
    /// Mosh carries the terminal; it passes a bell and nothing else.
    pub mosh: bool,
    /// Inside tmux.
    pub tmux: bool,
    /// Inside zellij, which drops notifications.
    pub zellij: bool,
    /// Inside GNU screen, which does too.
    pub screen: bool,
    /// The terminal at the end, as far as it told; inside tmux, the one that tmux was started from.
    pub terminal: Terminal,
}

/// A terminal by the notifications it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Terminal {
    /// iTerm2, `WezTerm`, Ghostty.
    ShowsOsc9,
    /// foot, urxvt.
    ShowsOsc777,
    /// kitty.
    ShowsOsc99,
    /// Any other: Windows Terminal, Alacritty, the console.
    #[default]
    Unknown,
}

impl Env {
    /// Reads the process's environment.
    pub fn read() -> Self {
        let get = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let runtime_bus =
            || get("XDG_RUNTIME_DIR").is_some_and(|folder| std::path::Path::new(&folder).join("bus").exists());
        let mut env = Self::from_variables(get);
        env.session_bus = cfg!(target_os = "macos") || env.session_bus || runtime_bus();
        env.mosh = under_mosh();
        env
    }

    /// Reads the variables that `get` knows.
    pub fn from_variables(get: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| get(name).is_some();
        let is = |name, value: &str| get(name).is_some_and(|v| v == value);
        let term = get("TERM").unwrap_or_default();
        let tmux = set("TMUX");
        let osc9 = is("TERM_PROGRAM", "iTerm.app")
            || is("LC_TERMINAL", "iTerm2")
            || set("ITERM_SESSION_ID")
            || is("TERM_PROGRAM", "WezTerm")
            || set("WEZTERM_PANE")
            || is("TERM_PROGRAM", "ghostty")
            || set("GHOSTTY_RESOURCES_DIR")
            || term == "xterm-ghostty";
        let terminal = if term == "xterm-kitty" || set("KITTY_WINDOW_ID") {
            Terminal::ShowsOsc99
        } else if osc9 {
            Terminal::ShowsOsc9
        } else if term.starts_with("foot") || term.starts_with("rxvt-unicode") {
            Terminal::ShowsOsc777
        } else {
            Terminal::Unknown
        };
        Self {
            session_bus: set("DBUS_SESSION_BUS_ADDRESS"),
            ssh: set("SSH_CONNECTION") || set("SSH_TTY") || set("SSH_CLIENT"),
            mosh: false,
            tmux,
            zellij: set("ZELLIJ"),
            screen: !tmux && (set("STY") || term.starts_with("screen")),
            terminal,
        }
    }
}

/// Mosh leaves nothing in the environment; its server is an ancestor. Where that cannot be read, no.
fn under_mosh() -> bool {
    let mut pid = "self".to_owned();
    for _ in 0..16 {
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
        let (Some((_, name)), Some((_, rest))) = (stat.split_once('('), stat.rsplit_once(')')) else { return false };
        if name.starts_with("mosh-server") {
            return true;
        }
        match rest.split_whitespace().nth(1) {
            Some(parent) if parent != "0" => parent.clone_into(&mut pid),
            _ => return false,
        }
    }
    false
}

/// The ways to use, best first: the first that works is enough, a [`Backend::Command`] runs beside it. What the user
/// `configured` is taken as it is.
pub fn choose(env: &Env, configured: Option<&[Backend]>) -> Vec<Backend> {
    if let Some(configured) = configured {
        return if configured.contains(&Backend::Off) { vec![Backend::Off] } else { configured.to_vec() };
    }
    let through_terminal = match env.terminal {
        _ if env.mosh || env.zellij || env.screen => Backend::Bell,
        Terminal::ShowsOsc9 => Backend::Osc9,
        Terminal::ShowsOsc777 => Backend::Osc777,
        Terminal::ShowsOsc99 => Backend::Osc99,
        Terminal::Unknown => Backend::Bell,
    };
    let desktop = (env.session_bus && !env.ssh && !env.mosh).then_some(Backend::Desktop);
    desktop.into_iter().chain([through_terminal]).collect()
}

/// Why [`choose`] takes what it takes when nothing is configured.
pub const fn why(env: &Env) -> &'static str {
    match env.terminal {
        _ if env.mosh => "mosh passes a bell and nothing else",
        _ if env.session_bus && !env.ssh => "a desktop session is here; the terminal's own way stands behind it",
        _ if env.zellij => "zellij drops notifications, so a bell",
        _ if env.screen => "GNU screen drops notifications, so a bell",
        Terminal::Unknown => "this terminal is not known to show notifications, so a bell",
        Terminal::ShowsOsc9 | Terminal::ShowsOsc777 | Terminal::ShowsOsc99 if env.ssh => {
            "over SSH the terminal at the other end shows them"
        }
        Terminal::ShowsOsc9 | Terminal::ShowsOsc777 | Terminal::ShowsOsc99 => "the terminal shows them",
    }
}

/// The bytes that show `notice` on a terminal; none for a way that does not go through it.
pub fn sequence(backend: &Backend, notice: &Notice, in_tmux: bool) -> Vec<u8> {
    let title = short(&notice.title, TITLE_WIDTH);
    let body = short(&notice.body, BODY_WIDTH);
    let controls = match backend {
        Backend::Osc9 => {
            let mut text = if body.is_empty() { title } else { format!("{title}: {body}") };
            // Some terminals read `9;4;…` as a progress bar, and other numbers as other things.
            if text.starts_with(|c: char| c.is_ascii_digit()) {
                text.insert(0, ' ');
            }
            vec![format!("9;{text}")]
        }
        Backend::Osc777 => vec![format!("777;notify;{};{}", title.replace(';', ","), body.replace(';', ","))],
        Backend::Osc99 => {
            let id = kitty_id(&notice.tag);
            let urgency = if notice.urgent { 2 } else { 1 };
            vec![
                format!("99;i={id}:d=0:e=1:u={urgency};{}", STANDARD.encode(title)),
                format!("99;i={id}:d=1:e=1:p=body;{}", STANDARD.encode(body)),
            ]
        }
        Backend::Bell => return vec![BEL],
        Backend::Desktop | Backend::Command(_) | Backend::Off => return Vec::new(),
    };
    let mut bytes = wrap(&controls, in_tmux);
    if in_tmux {
        bytes.push(BEL);
    }
    bytes
}

/// The bytes that take the notice of `tag` away again, where a terminal can do that.
pub fn closing(backend: &Backend, tag: &str, in_tmux: bool) -> Vec<u8> {
    if *backend == Backend::Osc99 { wrap(&[format!("99;i={}:p=close;", kitty_id(tag))], in_tmux) } else { Vec::new() }
}

const BEL: u8 = 7;

/// Each as an operating system command; inside tmux handed through it, which wants every escape doubled.
fn wrap(controls: &[String], in_tmux: bool) -> Vec<u8> {
    let mut out = String::new();
    for control in controls {
        let _ = if in_tmux {
            write!(out, "\x1bPtmux;\x1b\x1b]{control}\x07\x1b\\")
        } else {
            write!(out, "\x1b]{control}\x07")
        };
    }
    out.into_bytes()
}

fn short(text: &SafeText, width: usize) -> String {
    let mut text = text.truncated(width);
    text.truncate(text.floor_char_boundary(MAX_BYTES));
    text
}

/// Kitty takes letters, digits and a few marks for an identifier.
fn kitty_id(tag: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "_-+.".contains(c) { c } else { '_' };
    format!("comeback-{}", tag.chars().take(64).map(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn env(variables: &[(&str, &str)]) -> Env {
        Env::from_variables(|name| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    fn notice(title: &str, body: &str) -> Notice {
        Notice { title: SafeText::block(title), body: SafeText::block(body), tag: "c:42".into(), urgent: true }
    }

    #[test]
    fn the_way_follows_the_surroundings() {
        use Backend::{Bell, Desktop, Osc9, Osc99, Osc777};
        const BUS: (&str, &str) = ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/1/bus");
        const SSH: (&str, &str) = ("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
        const TMUX: (&str, &str) = ("TMUX", "/tmp/tmux-1/default,1,0");
        type Case<'a> = (&'a [(&'a str, &'a str)], &'a [Backend]);
        let cases: &[Case<'_>] = &[
            (&[], &[Bell]),
            (&[BUS], &[Desktop, Bell]),
            (&[BUS, SSH], &[Bell]),
            (&[BUS, ("TERM", "xterm-kitty")], &[Desktop, Osc99]),
            (&[SSH, ("TERM", "xterm-kitty")], &[Osc99]),
            (&[SSH, ("LC_TERMINAL", "iTerm2"), ("TERM", "xterm-256color")], &[Osc9]),
            (&[SSH, ("TERM_PROGRAM", "WezTerm")], &[Osc9]),
            (&[SSH, ("TERM", "xterm-ghostty")], &[Osc9]),
            (&[SSH, ("TERM", "foot")], &[Osc777]),
            (&[SSH, ("TERM", "foot-extra")], &[Osc777]),
            (&[SSH, ("TERM", "rxvt-unicode-256color")], &[Osc777]),
            (&[SSH, ("TERM", "alacritty")], &[Bell]),
            (&[SSH, ("WT_SESSION", "x"), ("TERM", "xterm-256color")], &[Bell]),
            (&[SSH, TMUX, ("TERM", "screen-256color"), ("KITTY_WINDOW_ID", "1")], &[Osc99]),
            (&[BUS, TMUX, ("TERM_PROGRAM", "tmux"), ("WEZTERM_PANE", "0")], &[Desktop, Osc9]),
            (&[SSH, ("STY", "1.pts"), ("TERM", "screen"), ("LC_TERMINAL", "iTerm2")], &[Bell]),
            (&[SSH, ("ZELLIJ", "0"), ("TERM", "xterm-kitty")], &[Bell]),
        ];
        for (variables, wanted) in cases {
            assert_eq!(choose(&env(variables), None), *wanted, "{variables:?}");
        }
        let mosh = Env { mosh: true, session_bus: true, ..env(&[("TERM", "xterm-kitty")]) };
        assert_eq!(choose(&mosh, None), [Bell]);
    }

    #[test]
    fn the_user_has_the_last_word() {
        let everything = env(&[("DBUS_SESSION_BUS_ADDRESS", "x"), ("TERM", "foot")]);
        let hook = Backend::Command(vec!["notify-me".into()]);
        assert_eq!(choose(&everything, Some(&[Backend::Bell, hook.clone()])), [Backend::Bell, hook.clone()]);
        assert_eq!(choose(&everything, Some(&[hook, Backend::Off])), [Backend::Off]);
        assert_eq!(choose(&everything, Some(&[])), []);
    }

    #[test]
    fn the_bytes() {
        let text =
            |backend, tmux| String::from_utf8(sequence(&backend, &notice("Dana; Acme", "when?"), tmux)).expect("text");
        assert_eq!(text(Backend::Osc9, false), "\x1b]9;Dana; Acme: when?\x07");
        assert_eq!(text(Backend::Osc777, false), "\x1b]777;notify;Dana, Acme;when?\x07");
        assert_eq!(text(Backend::Osc9, true), "\x1bPtmux;\x1b\x1b]9;Dana; Acme: when?\x07\x1b\\\x07");
        assert_eq!(text(Backend::Bell, true), "\x07");
        assert_eq!(
            text(Backend::Osc99, false),
            "\x1b]99;i=comeback-c_42:d=0:e=1:u=2;RGFuYTsgQWNtZQ==\x07\x1b]99;i=comeback-c_42:d=1:e=1:p=body;d2hlbj8=\x07"
        );
        assert_eq!(text(Backend::Desktop, false), "");
        assert_eq!(sequence(&Backend::Osc9, &notice("4;3;50", ""), false), b"\x1b]9; 4;3;50\x07");
        assert_eq!(closing(&Backend::Osc99, "c:42", false), b"\x1b]99;i=comeback-c_42:p=close;\x07");
        assert_eq!(closing(&Backend::Osc9, "c:42", false), b"");
    }

    /// What a terminal makes of the bytes: the commands it obeys, or an error at the first byte that is none of ours.
    fn obeyed(mut bytes: &[u8], in_tmux: bool) -> Result<Vec<Vec<u8>>, String> {
        let mut commands = Vec::new();
        let (open, close): (&[u8], &[u8]) =
            if in_tmux { (b"\x1bPtmux;\x1b\x1b]", b"\x07\x1b\\") } else { (b"\x1b]", b"\x07") };
        while !bytes.is_empty() && bytes != [BEL] {
            let rest = bytes.strip_prefix(open).ok_or_else(|| format!("{bytes:?}"))?;
            let end = rest.iter().position(|b| *b < 0x20 || *b == 0x7f).ok_or("no end")?;
            commands.push(rest[..end].to_vec());
            bytes = rest[end..].strip_prefix(close).ok_or_else(|| format!("{:?}", &rest[end..]))?;
        }
        Ok(commands)
    }

    fn hostile() -> impl Strategy<Value = String> {
        let parts = vec![
            "\x1b]52;c;cm0=\x07",
            "\x1b\\",
            "\x07",
            "\u{9c}",
            "\u{9d}",
            "\x1bPtmux;",
            "\n",
            ";",
            "notify",
            "\u{202e}",
            "é",
            "👩",
            "4;",
            "\x18",
            "\x1a",
        ];
        proptest::collection::vec(proptest::sample::select(parts), 0..30).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn no_words_break_out(title in hostile(), body in hostile(), tag in hostile(), in_tmux: bool) {
            let notice = Notice { title: SafeText::block(&title), body: SafeText::line(&body), tag, urgent: false };
            for (backend, count, starts) in
                [(Backend::Osc9, 1, "9;"), (Backend::Osc777, 1, "777;notify;"), (Backend::Osc99, 2, "99;i=comeback-")]
            {
                let commands = obeyed(&sequence(&backend, &notice, in_tmux), in_tmux).map_err(TestCaseError::fail)?;
                prop_assert_eq!(commands.len(), count);
                for command in commands {
                    let text = String::from_utf8(command).expect("text");
                    prop_assert!(text.starts_with(starts), "{text}");
                    prop_assert!(!text.chars().any(char::is_control));
                    if backend == Backend::Osc777 {
                        prop_assert_eq!(text.matches(';').count(), 3);
                    }
                }
            }
            let closing = obeyed(&closing(&Backend::Osc99, &notice.tag, in_tmux), in_tmux);
            prop_assert_eq!(closing.map_err(TestCaseError::fail)?.len(), 1);
        }
    }
}

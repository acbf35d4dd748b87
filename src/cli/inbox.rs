//! `comeback`: the inbox of a profile.

use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::{profile_dir, rep_config, say, state_dir, warn};
use crate::client::alert::{Alert, Kind};
use crate::client::desktop::{self, Backend, Env};
use crate::client::driver;
use crate::client::handle::Notice;
use crate::client::handover::{self, Door};
use crate::client::log;
use crate::client::notifier::Notifier;
use crate::client::profile::{Lock, Profile, ProfileError};
use crate::client::shown::Outlet;
use crate::clock::SystemClock;
use crate::config::rep::{AlertConfig, Way};
use crate::domain::id::ConversationId;
use crate::domain::safe_text::SafeText;
use crate::tui;
use crate::tui::run::Reason;
use crate::tui::theme::Theme;

/// What a newcomer reads when nobody is signed in.
const WELCOME: &str = "\
comeback brings your buyers' text replies to this terminal.

Nobody is signed in here yet.

  To try it without an account:
      comeback demo

  To sign in to your team's backend, ask your operator for a one-time token, then type:
      comeback login https://YOUR-BACKEND --token-stdin
  paste the token, press Enter, and type:
      comeback
";

/// Opens the inbox of a profile; without one, says what to type next. One that is open elsewhere moves here when `take`
/// is set or the person says so.
pub(super) fn open(name: &str, take: bool) -> anyhow::Result<()> {
    match Profile::load(&profile_dir(name)?) {
        Ok(profile) => {
            let Some(lock) = hold(&profile.dir, take)? else { return Ok(()) };
            let login = login(&profile.base_url, name);
            show(&profile, lock, "comeback", login, &state_dir(name)?)
        }
        Err(ProfileError::NotSignedIn(_)) => {
            say(WELCOME);
            Ok(())
        }
        Err(e) => Err(e.into()),
    }
}

/// Takes the profile; none when it stays where it is.
fn hold(dir: &Path, take: bool) -> anyhow::Result<Option<Lock>> {
    let pid = match Lock::take(dir) {
        Ok(lock) => return Ok(Some(lock)),
        Err(ProfileError::InUse { pid }) => pid,
        Err(e) => return Err(e.into()),
    };
    if !take {
        anyhow::ensure!(
            std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
            "your inbox is open in another terminal (process {pid}); to move it here: comeback --take"
        );
        warn(&format!(
            "Your inbox is open in another terminal (process {pid}). y or Enter moves it here, q leaves it:"
        ));
        let mut said = String::new();
        if std::io::stdin().read_line(&mut said)? == 0 || !moves(&said) {
            warn(&format!(
                "Nothing was started: your inbox stays in the other terminal (process {pid}). To move it: comeback --take"
            ));
            return Ok(None);
        }
    }
    Ok(Some(super::runtime()?.block_on(handover::take(dir))?))
}

/// Whether a line typed at that question moves it here: who is asked answers with a bare Enter or with a yes.
fn moves(said: &str) -> bool {
    matches!(said.trim().to_lowercase().as_str(), "" | "y" | "yes")
}

/// What to type behind `comeback login` to come back to this very inbox.
fn login(base_url: &str, profile: &str) -> String {
    if profile == "default" { base_url.to_owned() } else { format!("{base_url} --profile {profile}") }
}

/// Shows an inbox until the person quits; its log goes to `logs`. The terminal has this thread and a runtime of its own.
pub(super) fn show(profile: &Profile, lock: Lock, title: &str, login: String, logs: &Path) -> anyhow::Result<()> {
    if let Err(e) = log::start(logs, std::env::var(log::LEVEL).ok().as_deref()) {
        warn(&format!("comeback: no log is kept: {e}"));
    }
    let (notices, told) = unbounded_channel();
    let env = Env::read();
    let ways = ways(&env, rep_config()?.alerts);
    let to_terminal = notices.clone();
    let write = move |bytes| drop(to_terminal.send(Notice::Terminal(bytes)));
    let notifier = Notifier::start(ways, env.tmux, write)?;
    let closing = notifier.clone();
    let alerts = Outlet {
        raise: Box::new(move |alert: Alert| notifier.notify(notice(&alert))),
        close: Box::new(move |conversation| closing.close(&tag(Some(conversation)))),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { open_door(&profile.dir, &lock, notices.clone()) });
    let handle = driver::start_holding(lock, profile, Arc::new(SystemClock), alerts, notices)?;
    let options = tui::Options {
        theme: Theme::choose(std::env::var("NO_COLOR").ok().as_deref(), None),
        zone: None,
        backend: login,
        title: title.to_owned(),
    };
    let exit = runtime.block_on(tui::run(handle, told, options))?;
    if exit.reason == Reason::Moved {
        warn("This inbox moved to another terminal, with its drafts and its outbox.");
    } else if let Some(farewell) = exit.farewell {
        warn(&farewell);
    }
    Ok(())
}

/// From here on a second start can ask for this inbox. Whoever asked waits until this process is gone.
fn open_door(dir: &Path, lock: &Lock, notices: UnboundedSender<Notice>) {
    match Door::open(dir, lock) {
        Ok(door) => drop(tokio::spawn(async move {
            if let Ok(waiting) = door.asked().await {
                drop(notices.send(Notice::Moved));
                std::future::pending::<()>().await;
                drop(waiting);
            }
        })),
        // A folder whose name is too long for a socket, or a file system that has none: only moving is lost.
        Err(e) => tracing::warn!(error = %e, "this inbox cannot move to another terminal"),
    }
}

/// How alerts arrive: as the rep set it, else as the environment suggests; a command of the rep's runs beside.
fn ways(env: &Env, config: AlertConfig) -> Vec<Backend> {
    let backend = |way: Way| match way {
        Way::Desktop => Backend::Desktop,
        Way::Osc9 => Backend::Osc9,
        Way::Osc777 => Backend::Osc777,
        Way::Osc99 => Backend::Osc99,
        Way::Bell => Backend::Bell,
        Way::Off => Backend::Off,
    };
    let set: Option<Vec<Backend>> = config.by.map(|by| by.into_iter().map(backend).collect());
    let mut ways = desktop::choose(env, set.as_deref());
    ways.extend(config.command.map(Backend::Command));
    ways
}

/// An alert as the desktop or the terminal shows it: one for each conversation, the newest replacing the last.
fn notice(alert: &Alert) -> desktop::Notice {
    desktop::Notice {
        title: SafeText::line(&alert.title),
        body: SafeText::line(&alert.body),
        tag: tag(alert.conversation),
        urgent: alert.kind >= Kind::Warning,
    }
}

/// What names a notice, so that another replaces it or it can be taken away.
fn tag(conversation: Option<ConversationId>) -> String {
    conversation.map_or_else(|| "link".to_owned(), |c| c.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yes_moves_it_here_like_a_bare_enter_and_anything_else_leaves_it() {
        for said in ["\n", "y\n", "Y\r\n", " yes \n"] {
            assert!(moves(said), "{said:?}");
        }
        for said in ["q\n", "n\n", "no\n", "yq\n"] {
            assert!(!moves(said), "{said:?}");
        }
    }

    #[test]
    fn the_way_back_names_the_profile_unless_it_is_the_default_one() {
        assert_eq!(login("https://c.example", "default"), "https://c.example");
        assert_eq!(login("https://c.example", "ben"), "https://c.example --profile ben");
    }
}

//! The loop: four channels (signals, terminal, client, time), drawn when something on screen differs, asleep otherwise.
//! Nothing here waits for IO but the terminal's own, and an editor that the person opened.

use std::io;
use std::time::{Duration, Instant};

use chrono_tz::Tz;
use ratatui::Terminal;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::input::{FromTerminal, Input};
use super::keymap::chord::Chord;
use super::model::Model;
use super::msg::{Effect, Msg};
use super::pen::Pen;
use super::signals::{Signal, Signals};
use super::terminal::TerminalGuard;
use super::theme::Theme;
use super::update::update;
use super::view::view;
use super::{editor, sink};
use crate::client::handle::{Ask, Handle, Link, LinkState, Notice};
use crate::clock::{Clock, SystemClock, monotonic};
use crate::domain::safe_text::SafeText;
use crate::domain::time::{Span, Timestamp};

/// Least time between two frames.
const FRAME: Duration = Duration::from_millis(16);
/// Least time between two frames of which the second shows nothing but that time passed.
const TICK: Duration = Duration::from_millis(100);
/// Longest sleep: a suspended machine's monotonic clock stands still.
const NAP: Duration = Duration::from_secs(30);
/// Longest sleep while a text that changes by itself is on screen.
const SHORT_NAP: Duration = Duration::from_secs(5);
/// Messages taken in before the next frame.
const DRAIN: usize = 256;
/// How long the client has to write everything down when the terminal is gone or the system ends us.
const LAST_WORDS: Duration = Duration::from_millis(150);
/// The same when the person quits and can see a prompt come late.
const GOODBYE: Duration = Duration::from_secs(2);

/// How the inbox is shown.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Colours; choose with [`Theme::choose`].
    pub theme: Theme,
    /// The person's time zone; none takes the company's.
    pub zone: Option<Tz>,
    /// What stands behind `comeback login` in the status line: the backend's URL, and the profile unless it is the default.
    pub backend: String,
    /// The window's title.
    pub title: String,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// A line for the shell, once the terminal is given back: "2 queued, will go at next start."
    pub farewell: Option<String>,
    /// Why.
    pub reason: Reason,
}

/// Why it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The person quit.
    Quit,
    /// The terminal is gone: nothing may be written to it.
    HungUp,
    /// The system wants the program to end.
    Terminated,
    /// The inbox goes on in another terminal.
    Moved,
    /// The client ended by itself.
    ClientGone,
}

/// Why the inbox could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The terminal could not be taken over, drawn on or read.
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[from] io::Error),
}

/// Shows the inbox until the person quits, the terminal hangs up or the system ends us. Run it on a runtime and thread
/// of its own; the client runs elsewhere.
pub async fn run(handle: Handle, notices: UnboundedReceiver<Notice>, options: Options) -> Result<Exit, Error> {
    let signals = Signals::listen()?;
    let title = if options.title.is_empty() { "comeback" } else { &options.title };
    let guard = TerminalGuard::enter(&SafeText::line(title))?;
    let (to, keys) = unbounded_channel();
    let input = Input::new(to);
    let terminal = Terminal::new(Pen::new(io::stdout()))?;
    let size = crossterm::terminal::size()?;
    let model = Model::new(size, options.theme, options.zone, options.backend);
    let tty = Tty { signals, input, terminal, guard };
    Session { handle, model, time: Time::new(), ended: None, tty, gate: Gate::default() }.turn(keys, notices).await
}

/// Everything of the terminal. The reader ends before the terminal is given back.
struct Tty {
    signals: Signals,
    input: Input,
    terminal: Terminal<Pen<io::Stdout>>,
    guard: TerminalGuard,
}

struct Session {
    handle: Handle,
    model: Model,
    time: Time,
    ended: Option<Reason>,
    tty: Tty,
    gate: Gate,
}

impl Session {
    async fn turn(
        mut self,
        mut keys: UnboundedReceiver<FromTerminal>,
        mut notices: UnboundedReceiver<Notice>,
    ) -> Result<Exit, Error> {
        // What the client has said already is the first frame. Only then is the terminal asked what it can do: one that
        // is far away, or never answers, would be waited for with nothing to see.
        let mut said = Vec::new();
        while let Ok(notice) = notices.try_recv() {
            said.push(Arrived::Client(Some(notice)));
        }
        if let Some(exit) = self.take(said, &mut notices).await? {
            return Ok(exit);
        }
        self.draw()?;
        self.tty.guard.ask_for_keys_apart()?;
        self.tty.input.resume()?;
        loop {
            if self.gate.opens(monotonic()) {
                self.draw()?;
            }
            let wake = self.gate.sleep(monotonic(), &self.time, self.model.next_timeout());
            let first = tokio::select! { biased;
                signal = self.tty.signals.recv() => Arrived::Signal(signal),
                event = keys.recv() => Arrived::Terminal(event.unwrap_or(FromTerminal::HangUp)),
                notice = notices.recv() => Arrived::Client(notice),
                () = tokio::time::sleep(wake) => Arrived::Time,
            };
            let mut arrived = vec![first];
            while arrived.len() < DRAIN {
                if let Ok(event) = keys.try_recv() {
                    arrived.push(Arrived::Terminal(event));
                } else if let Ok(notice) = notices.try_recv() {
                    arrived.push(Arrived::Client(Some(notice)));
                } else {
                    break;
                }
            }
            if let Some(exit) = self.take(arrived, &mut notices).await? {
                return Ok(exit);
            }
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        let (model, now, mut next) = (&self.model, self.time.now(), None);
        self.tty.terminal.draw(|frame| next = view(model, frame, now))?;
        self.gate.drawn(monotonic(), next);
        Ok(())
    }

    /// Takes in what arrived, and does what follows from it.
    async fn take(
        &mut self,
        arrived: Vec<Arrived>,
        notices: &mut UnboundedReceiver<Notice>,
    ) -> Result<Option<Exit>, Error> {
        for one in arrived {
            let Some(msg) = self.read(one).await? else { continue };
            if !matches!(msg, Msg::Woke) {
                self.gate.dirty = true;
            }
            self.model.fresh = Handle::new_message_id();
            let mut effects = update(&mut self.model, msg, self.time.now());
            while !effects.is_empty() {
                let mut later = Vec::new();
                for effect in effects {
                    if let Effect::Quit { farewell } = effect {
                        let reason = self.ended.unwrap_or(Reason::Quit);
                        stopped(notices, reason).await;
                        return Ok(Some(Exit { farewell, reason }));
                    }
                    later.extend(self.perform(effect).await?);
                }
                effects = later;
            }
        }
        Ok(None)
    }

    /// From what arrived to a message; none where there is nothing to say.
    async fn read(&mut self, arrived: Arrived) -> Result<Option<Msg>, Error> {
        use crossterm::event::Event;
        Ok(match arrived {
            Arrived::Terminal(FromTerminal::Event(event)) => match event {
                Event::Key(key) => Chord::from_event(&key).map(Msg::Key),
                Event::Paste(text) => Some(Msg::Paste(text)),
                Event::Resize(columns, rows) => Some(Msg::Resize(columns, rows)),
                Event::FocusGained => Some(Msg::Focus(true)),
                Event::FocusLost => Some(Msg::Focus(false)),
                Event::Mouse(_) => None,
            },
            Arrived::Terminal(FromTerminal::HangUp) | Arrived::Signal(Signal::HangUp) => {
                self.ended = Some(Reason::HungUp);
                Some(Msg::Ended)
            }
            Arrived::Signal(Signal::Terminate) => {
                self.ended = Some(Reason::Terminated);
                Some(Msg::Ended)
            }
            Arrived::Signal(Signal::Suspend) => {
                self.suspend().await?;
                Some(resized()?)
            }
            Arrived::Signal(Signal::Continue) => {
                self.tty.guard.refresh()?;
                self.redraw()?;
                Some(resized()?)
            }
            Arrived::Signal(Signal::Resize) => Some(resized()?),
            Arrived::Client(Some(notice)) => {
                match &notice {
                    Notice::Link(link) => self.time.link = Some(link.clone()),
                    Notice::Moved => self.ended = Some(Reason::Moved),
                    Notice::Stopped => self.ended = Some(Reason::ClientGone),
                    Notice::Inbox(_)
                    | Notice::Thread(..)
                    | Notice::Outbox(_)
                    | Notice::Found { .. }
                    | Notice::Writing(_)
                    | Notice::Around(_)
                    | Notice::Unwritten(_)
                    | Notice::Measured { .. }
                    | Notice::Unmeasured { .. }
                    | Notice::Behind { .. }
                    | Notice::Toast(_)
                    | Notice::Terminal(_) => {}
                }
                Some(Msg::Client(notice))
            }
            Arrived::Client(None) => {
                self.ended = Some(Reason::ClientGone);
                Some(Msg::Ended)
            }
            Arrived::Time => Some(Msg::Woke),
        })
    }

    /// Does what the screen wants, and answers with what follows from it.
    async fn perform(&mut self, effect: Effect) -> Result<Vec<Effect>, Error> {
        match effect {
            Effect::Ask(ask) => self.handle.ask(ask),
            Effect::Copy(text) => sink::copy(&text)?,
            Effect::Write(bytes) => sink::write(&bytes)?,
            Effect::Redraw => self.redraw()?,
            Effect::Suspend => {
                if !self.suspend().await? {
                    self.model.say("There is no shell to go back to here; q quits.", self.time.now());
                }
                return Ok(update(&mut self.model, resized()?, self.time.now()));
            }
            Effect::Edit { conversation, text } => {
                // An alert must not be missed because the screen still claims to show this conversation.
                self.handle.ask(Ask::Looking { focused: false, conversation: None });
                let text = self.tty.guard.outside(&mut self.tty.input, || editor::edit(&text))?;
                self.model.looked = None;
                self.redraw()?;
                let mut effects =
                    update(&mut self.model, Msg::Edited { conversation, text: text.ok() }, self.time.now());
                effects.extend(update(&mut self.model, resized()?, self.time.now()));
                return Ok(effects);
            }
            // The loop returns on it before it comes here.
            Effect::Quit { .. } => {}
        }
        Ok(Vec::new())
    }
}

impl Session {
    async fn suspend(&mut self) -> io::Result<bool> {
        let Tty { signals, input, guard, .. } = &mut self.tty;
        let stopped = guard.suspend(input, signals).await?;
        self.redraw()?;
        Ok(stopped)
    }

    fn redraw(&mut self) -> io::Result<()> {
        self.gate.dirty = true;
        self.tty.terminal.clear()
    }
}

enum Arrived {
    Signal(Signal),
    Terminal(FromTerminal),
    Client(Option<Notice>),
    Time,
}

fn resized() -> io::Result<Msg> {
    let (columns, rows) = crossterm::terminal::size()?;
    Ok(Msg::Resize(columns, rows))
}

/// Waits until the client has written everything down, but not for ever.
async fn stopped(notices: &mut UnboundedReceiver<Notice>, reason: Reason) {
    let patience = match reason {
        Reason::Quit | Reason::Moved => GOODBYE,
        Reason::HungUp | Reason::Terminated => LAST_WORDS,
        Reason::ClientGone => return,
    };
    let heard = async {
        while let Some(notice) = notices.recv().await {
            if matches!(notice, Notice::Stopped) {
                break;
            }
        }
    };
    drop(tokio::time::timeout(patience, heard).await);
}

/// The backend's clock as the client estimates it; the machine's own until it has.
struct Time {
    link: Option<Link>,
}

impl Time {
    const fn new() -> Self {
        Self { link: None }
    }

    fn now(&self) -> Timestamp {
        match &self.link {
            Some(link) if link.state != LinkState::Starting || link.server_time != Timestamp::default() => {
                link.now(monotonic())
            }
            Some(_) | None => SystemClock.now(),
        }
    }

    /// How long to really wait until an instant.
    fn until(&self, at: Timestamp) -> Duration {
        let pace = self.link.as_ref().map_or(1.0, |link| link.pace).max(0.001);
        let left = (at - self.now()).as_millis().clamp(0, 86_400_000);
        #[expect(clippy::cast_precision_loss, reason = "at most a day")]
        let left = left as f64 / pace / 1000.0;
        Duration::from_secs_f64(left)
    }
}

/// When to draw: at once when something happened, later when only time passed, never more often than the eye sees.
#[derive(Default)]
struct Gate {
    /// Something happened since the last frame.
    dirty: bool,
    /// When the last frame was drawn.
    last: Option<Instant>,
    /// When something drawn changes by itself.
    next: Option<Timestamp>,
    /// The instant of `next` has come.
    due: bool,
}

impl Gate {
    /// Whether a frame is wanted and allowed now.
    fn opens(&self, now: Instant) -> bool {
        let rested = |least| self.last.is_none_or(|last| now.saturating_duration_since(last) >= least);
        self.last.is_none() || (self.dirty && rested(FRAME)) || (self.due && rested(TICK))
    }

    fn drawn(&mut self, now: Instant, next: Option<Timestamp>) {
        *self = Self { dirty: false, last: Some(now), next, due: false };
    }

    /// How long the loop may sleep. Marks the time-driven frame as due once its instant has come.
    fn sleep(&mut self, now: Instant, time: &Time, timeout: Option<Timestamp>) -> Duration {
        self.due |= self.next.is_some_and(|next| time.now() >= next);
        let rest = |least: Duration| {
            self.last.map_or(Duration::ZERO, |last| least.saturating_sub(now.saturating_duration_since(last)))
        };
        let mut wake = if self.next.is_some() { SHORT_NAP } else { NAP };
        if self.dirty {
            wake = wake.min(rest(FRAME));
        }
        if self.due {
            wake = wake.min(rest(TICK));
        } else if let Some(next) = self.next {
            wake = wake.min(time.until(next) + Duration::from_millis(1));
        }
        if let Some(timeout) = timeout {
            // Never a busy loop over a timeout that has passed and is still there.
            wake = wake.min(time.until(timeout + Span::millis(1)).max(Duration::from_millis(1)));
        }
        wake
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64, base: Instant) -> Instant {
        base + Duration::from_millis(ms)
    }

    #[test]
    fn frames_keep_their_distance() {
        let base = monotonic();
        let mut gate = Gate::default();
        assert!(gate.opens(base), "the first frame waits for nothing");
        gate.drawn(base, None);
        assert!(!gate.opens(at(1000, base)), "nothing happened");
        gate.dirty = true;
        assert!(!gate.opens(at(15, base)));
        assert!(gate.opens(at(16, base)));
    }

    #[test]
    fn sleep_is_never_longer_than_a_suspend_can_hide() {
        let base = monotonic();
        let time = Time::new();
        let mut gate = Gate::default();
        gate.drawn(base, None);
        assert_eq!(gate.sleep(base, &time, None), NAP);
        gate.drawn(base, Some(time.now() + Span::minutes(10)));
        assert_eq!(gate.sleep(base, &time, None), SHORT_NAP);
        gate.drawn(base, Some(time.now() - Span::seconds(1)));
        assert!(gate.sleep(base, &time, None) <= TICK);
        assert!(gate.due && !gate.opens(at(50, base)) && gate.opens(at(100, base)));
    }
}

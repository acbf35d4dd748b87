//! The terminal taken over, and given back whole.
//!
//! `ratatui::restore` leaves the keyboard protocol, bracketed paste, focus reports and the title as they were set, and a
//! shell that then prints `^[[I`. [`TerminalGuard`] is the one place that turns anything on, [`restore`] the one that
//! turns all of it off; it is called at the end, by the panic hook, before a suspend and around an external editor.

use std::io::{self, Write};
use std::panic;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::thread::{self, ThreadId};

use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange, KeyboardEnhancementFlags,
    PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::style::ResetColor;
use crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen, SetTitle};
use crossterm::{Command, queue};
use rustix::process::{getpgrp, getsid};
use rustix::termios::{OptionalActions, SpecialCodeIndex, isatty, tcgetattr, tcsetattr};

use super::input::Input;
use super::signals::Signals;
use crate::domain::safe_text::SafeText;

const OUTSIDE: u8 = 0;
const INSIDE: u8 = 1;
const INSIDE_ENHANCED: u8 = 2;

/// What has to be given back. Global, because a panic hook can be given nothing.
static STATE: AtomicU8 = AtomicU8::new(OUTSIDE);
/// The thread that draws: only its panic ends the program.
static DRAWING: Mutex<Option<ThreadId>> = Mutex::new(None);

/// Longest title, in cells: more is cut by every window manager.
const TITLE_WIDTH: usize = 120;

/// The terminal is ours while this lives. Dropping it gives everything back.
#[derive(Debug)]
pub struct TerminalGuard {
    title: SafeText,
    enhanced: bool,
}

impl TerminalGuard {
    /// Takes the terminal over: raw mode, the alternate screen, bracketed paste, focus reports, the window title.
    pub fn enter(title: &SafeText) -> io::Result<Self> {
        if !isatty(io::stdout()) {
            return Err(io::Error::other("the inbox needs a terminal; its output goes elsewhere"));
        }
        install_panic_hook();
        *DRAWING.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current().id());
        STATE.store(INSIDE, Ordering::SeqCst);
        let mut guard = Self { title: title.clone(), enhanced: false };
        raw_mode()?;
        guard.take_over()?;
        Ok(guard)
    }

    /// Asks whether keys can be told apart (Shift-Enter from Enter), and has it so. Before [`Input::resume`]: the
    /// question must not meet another reader. A terminal that never answers costs two seconds, with the first frame on
    /// the screen; keys pressed meanwhile wait.
    pub fn ask_for_keys_apart(&mut self) -> io::Result<()> {
        self.enhanced = asks_and_answers() && terminal::supports_keyboard_enhancement().unwrap_or(false);
        if self.enhanced {
            STATE.store(INSIDE_ENHANCED, Ordering::SeqCst);
            put(PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES))?;
        }
        Ok(())
    }

    /// Shift-Enter can be told from Enter on this terminal.
    pub fn tells_keys_apart(&self) -> bool {
        self.enhanced
    }

    /// Changes the window's title.
    pub fn set_title(&mut self, title: &SafeText) -> io::Result<()> {
        self.title = title.clone();
        put(SetTitle(title.truncated(TITLE_WIDTH)))
    }

    /// Gives the terminal back while `run` has it (an external editor), with no reader of ours beside it; then takes it
    /// over again. Redraw the whole screen afterwards.
    pub fn outside<T>(&mut self, input: &mut Input, run: impl FnOnce() -> T) -> io::Result<T> {
        input.pause();
        restore();
        let result = run();
        self.take_over()?;
        input.resume()?;
        Ok(result)
    }

    /// Ctrl-Z: stops the program until the shell continues it. Says `false`, and does nothing, where no shell waits to
    /// do that (a terminal window whose only program this is would freeze). Redraw the whole screen afterwards.
    pub async fn suspend(&mut self, input: &mut Input, signals: &mut Signals) -> io::Result<bool> {
        if getsid(None)? == getpgrp() {
            return Ok(false);
        }
        input.pause();
        restore();
        let stopped = signals.stop_until_continued().await;
        self.take_over()?;
        input.resume()?;
        stopped.map(|()| true)
    }

    /// Sets everything anew, after somebody else stopped and continued the program (SIGCONT). Redraw afterwards.
    pub fn refresh(&mut self) -> io::Result<()> {
        restore();
        self.take_over()
    }

    fn take_over(&mut self) -> io::Result<()> {
        STATE.store(if self.enhanced { INSIDE_ENHANCED } else { INSIDE }, Ordering::SeqCst);
        raw_mode()?;
        let mut out = io::stdout().lock();
        out.write_all(&entering(&self.title, self.enhanced)?)?;
        out.flush()
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back: once is enough, more does nothing. Never fails: a terminal that is gone needs nothing.
pub fn restore() {
    let state = STATE.swap(OUTSIDE, Ordering::SeqCst);
    if state == OUTSIDE {
        return;
    }
    if let Ok(bytes) = leaving(state == INSIDE_ENHANCED) {
        let mut out = io::stdout().lock();
        let _ = out.write_all(&bytes).and_then(|()| out.flush());
    }
    let _ = terminal::disable_raw_mode();
}

/// Raw mode in which a read never waits. Crossterm reads on until a sequence is whole; a lone `ESC [` would hold its
/// reader, and the editor's first key with it, until somebody types.
fn raw_mode() -> io::Result<()> {
    terminal::enable_raw_mode()?;
    let tty = super::input::tty()?;
    let mut mode = tcgetattr(&tty)?;
    mode.special_codes[SpecialCodeIndex::VMIN] = 0;
    mode.special_codes[SpecialCodeIndex::VTIME] = 0;
    tcsetattr(&tty, OptionalActions::Now, &mode)?;
    Ok(())
}

/// The terminal can be asked what it can do; one that never answers would cost two seconds at every start.
fn asks_and_answers() -> bool {
    !matches!(std::env::var("TERM").as_deref(), Err(_) | Ok("" | "dumb" | "linux"))
}

fn put(command: impl Command) -> io::Result<()> {
    let mut out = io::stdout().lock();
    queue!(out, command)?;
    out.flush()
}

/// The bytes that take a terminal over. The old title is kept on the terminal's own stack (`CSI 22;0 t`), where it has one.
pub fn entering(title: &SafeText, enhanced: bool) -> io::Result<Vec<u8>> {
    let mut out = b"\x1b[22;0t".to_vec();
    queue!(out, EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange, SetTitle(title.truncated(TITLE_WIDTH)))?;
    if enhanced {
        queue!(out, PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES))?;
    }
    Ok(out)
}

/// The bytes that give it back. The keyboard protocol goes first: terminals keep one for each of the two screens.
pub fn leaving(enhanced: bool) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    if enhanced {
        queue!(out, PopKeyboardEnhancementFlags)?;
    }
    queue!(out, DisableFocusChange, DisableBracketedPaste, ResetColor, LeaveAlternateScreen, Show)?;
    out.extend_from_slice(b"\x1b[23;0t");
    Ok(out)
}

/// On the drawing thread a panic gives the terminal back and is told as ever. On any other, while the screen is up, it
/// is logged by its place alone: its words could be a buyer's, and would be written across the screen.
fn install_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let earlier = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let drawing = *DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
            if STATE.load(Ordering::SeqCst) == OUTSIDE {
                earlier(info);
            } else if drawing == Some(thread::current().id()) {
                restore();
                earlier(info);
            } else {
                let place = info.location().map(ToString::to_string).unwrap_or_default();
                tracing::error!(thread = thread::current().name(), place, "a thread panicked");
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modes(bytes: &[u8], letter: char) -> Vec<String> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let private = text.split("\x1b[?").skip(1).filter_map(|rest| rest.split_once(letter));
        let mut modes: Vec<String> =
            private.map(|(mode, _)| mode.to_owned()).filter(|m| m.parse::<u32>().is_ok()).collect();
        modes.sort();
        modes
    }

    #[test]
    fn everything_turned_on_is_turned_off() {
        for enhanced in [false, true] {
            let on = entering(&SafeText::line("comeback"), enhanced).expect("bytes");
            let off = leaving(enhanced).expect("bytes");
            assert_eq!(modes(&on, 'h'), ["1004", "1049", "2004"]);
            assert_eq!(modes(&off, 'l'), modes(&on, 'h'));
            assert_eq!(modes(&off, 'h'), ["25"], "the cursor is shown");
            let has = |bytes: &[u8], part: &str| String::from_utf8_lossy(bytes).contains(part);
            assert_eq!((has(&on, "\x1b[>1u"), has(&off, "\x1b[<1u")), (enhanced, enhanced));
            assert_eq!((has(&on, "\x1b[22;0t"), has(&off, "\x1b[23;0t")), (true, true));
        }
    }

    #[test]
    fn a_hostile_title_stays_a_title() {
        let title = SafeText::block("x\x07\x1b]52;c;cm0=\x07\n\u{9d}y");
        let on = entering(&title, false).expect("bytes");
        let text = String::from_utf8(on).expect("text");
        let (_, after) = text.split_once("\x1b]0;").expect("a title");
        assert_eq!(after, "x␇␛]52;c;cm0=␇ <9D>y\x07");
    }
}

//! The line at the bottom, and what waits behind it. What the last key did is said at once, and an alert waits; of news the
//! newest is kept, and what needs somebody until it could be read.

use super::{Model, Shown};
use crate::client::handle::{Toast, Weight};
use crate::domain::time::Timestamp;

/// How long a toast stays, in real seconds; a loud one stays longer.
const TOAST: i64 = 6;
const LOUD_TOAST: i64 = 15;
/// Real milliseconds after which a toast counts as read: then one that waits takes its place, and when it is pushed away it
/// does not come back.
const READ_AFTER: i64 = 5_000;
/// Real milliseconds after which the next key takes a toast away.
const STALE_AFTER: i64 = 1_500;
/// Losses and alarms that wait in words; of more only the number does.
const MOST: usize = 5;

/// Alerts that wait.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alerts {
    /// The oldest first, and behind the loud ones the newest of the news.
    toasts: Vec<Toast>,
    /// How many loud ones there were besides.
    more: usize,
}

impl Alerts {
    const fn is_empty(&self) -> bool {
        self.toasts.is_empty() && self.more == 0
    }

    fn knows(&self, toast: &Toast) -> bool {
        self.toasts.iter().any(|waits| says_the_same(waits, toast))
    }

    fn has_news(&self) -> bool {
        self.toasts.last().is_some_and(|last| last.weight == Weight::News)
    }

    /// One that came waits behind the others.
    fn wait(&mut self, toast: Toast) {
        if self.knows(&toast) {
            return;
        }
        let loud = self.toasts.len() - usize::from(self.has_news());
        if toast.weight == Weight::News {
            self.toasts.truncate(loud);
            self.toasts.push(toast);
        } else if loud < MOST {
            self.toasts.insert(loud, toast);
        } else {
            self.more += 1;
        }
    }

    /// One that was pushed away before it could be read waits before the others; not news that are older than others.
    fn wait_again(&mut self, toast: Toast) {
        if self.knows(&toast) {
            return;
        }
        if toast.weight != Weight::News {
            self.toasts.insert(0, toast);
        } else if !self.has_news() {
            self.toasts.push(toast);
        }
    }

    /// Whose turn it is.
    fn take_next(&mut self) -> Option<Toast> {
        if !self.toasts.is_empty() {
            return Some(self.toasts.remove(0));
        }
        let more = std::mem::take(&mut self.more);
        (more > 0).then(|| Toast {
            text: format!("{more} more came meanwhile: the list and the Outbox (O) show what needs you."),
            weight: Weight::Loud,
            conversation: None,
        })
    }
}

/// Whether no key of this person's asked for it.
pub const fn is_alert(toast: &Toast) -> bool {
    match toast.weight {
        Weight::News | Weight::Loud => true,
        Weight::Said | Weight::Warned => false,
    }
}

/// Two conversations may read the same: each of their alerts is one of its own.
fn says_the_same(one: &Toast, other: &Toast) -> bool {
    one.conversation == other.conversation && one.text == other.text
}

impl Model {
    /// Shows a line at the bottom.
    pub fn say(&mut self, text: impl Into<String>, now: Timestamp) {
        self.show(Toast { text: text.into(), weight: Weight::Said, conversation: None }, now);
    }

    /// Says at the bottom why a key did not do what it does.
    pub fn warn(&mut self, text: impl Into<String>, now: Timestamp) {
        self.show(Toast { text: text.into(), weight: Weight::Warned, conversation: None }, now);
    }

    /// Shows a toast, at once or when its turn comes.
    pub fn show(&mut self, toast: Toast, now: Timestamp) {
        self.toast.take_if(|old| old.until <= now);
        let Some(old) = &self.toast else { return self.put(toast, now) };
        if is_alert(&toast) && says_the_same(&toast, &old.toast) {
            return;
        }
        let read = old.since + self.real_millis(READ_AFTER) <= now;
        let waits = match (toast.weight, old.toast.weight) {
            (Weight::Said | Weight::Warned, _) | (_, Weight::News) => false,
            (_, Weight::Said | Weight::Warned) | (Weight::News, Weight::Loud) => true,
            (Weight::Loud, Weight::Loud) => !read,
        };
        if waits {
            return self.alerts.wait(toast);
        }
        // Of news the newest is enough.
        let is_newer = toast.weight == Weight::News;
        let unread = self.toast.take().filter(|old| is_alert(&old.toast) && !read && !is_newer);
        if let Some(old) = unread {
            self.alerts.wait_again(old.toast);
        }
        self.put(toast, now);
    }

    fn put(&mut self, toast: Toast, now: Timestamp) {
        let seconds = if toast.weight >= Weight::Warned { LOUD_TOAST } else { TOAST };
        self.toast = Some(Shown { toast, since: now, until: now + self.real_millis(seconds * 1000) });
    }

    /// When what stands there goes: at its time, or once it was read and another waits.
    pub fn toast_ends(&self) -> Option<Timestamp> {
        let shown = self.toast.as_ref()?;
        let read = shown.since + self.real_millis(READ_AFTER);
        Some(if self.alerts.is_empty() { shown.until } else { shown.until.min(read) })
    }

    /// Takes away what has stood there long enough; then it is the turn of what waits.
    pub fn turn_toast(&mut self, now: Timestamp) {
        if self.toast_ends().is_some_and(|at| at <= now) {
            self.toast = None;
        }
        if self.toast.is_none()
            && let Some(next) = self.alerts.take_next()
        {
            self.put(next, now);
        }
    }

    /// A key was pressed: what the key before it was told is stale, once it could be read.
    pub fn outlived(&mut self, now: Timestamp) {
        let read = self.real_millis(STALE_AFTER);
        self.toast.take_if(|old| old.toast.weight < Weight::Loud && old.since + read <= now);
    }
}

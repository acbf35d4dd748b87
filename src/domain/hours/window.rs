//! One stretch of opening as people write it: `09:00-17:00`, or overnight, `22:00-06:00`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One stretch of opening, in minutes of the day it opens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Window {
    /// First open minute, 0 to 1439.
    pub open: u16,
    /// First closed minute, 1 to 2880; past 1440 it closes on the next day.
    pub close: u16,
}

/// Why a text is not a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAWindow {
    /// Not two times of day with a dash between.
    #[error("write opening hours as 09:00-17:00")]
    Form,
    /// `09:00-09:00` could mean nothing or a whole day.
    #[error("opens and closes at the same minute; a whole day is 00:00-24:00")]
    SameMinute,
}

impl Window {
    /// Minutes in a day of 24 hours.
    pub const DAY: u16 = 1440;
    /// The whole day.
    pub const WHOLE_DAY: Self = Self { open: 0, close: Self::DAY };

    /// Has a length and lies within its two days.
    pub(super) fn is_sound(self) -> bool {
        self.open < self.close && self.open < Self::DAY && self.close <= 2 * Self::DAY
    }
}

impl FromStr for Window {
    type Err = NotAWindow;

    /// Reads `09:00-17:00`; a close at or before the open is on the next day, `22:00-06:00`.
    fn from_str(text: &str) -> Result<Self, NotAWindow> {
        let (open, close) = text.split_once(['-', '–']).ok_or(NotAWindow::Form)?;
        let (open, close) = (minute_of_day(open)?, minute_of_day(close)?);
        match (open, close) {
            (Self::DAY.., _) => Err(NotAWindow::Form),
            (open, close) if open == close => Err(NotAWindow::SameMinute),
            (open, close) if close < open => Ok(Self { open, close: close + Self::DAY }),
            (open, close) => Ok(Self { open, close }),
        }
    }
}

fn minute_of_day(text: &str) -> Result<u16, NotAWindow> {
    let (hour, minute) = text.trim().split_once(':').ok_or(NotAWindow::Form)?;
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if hour.len() > 2 || minute.len() != 2 || !digits(hour) || !digits(minute) {
        return Err(NotAWindow::Form);
    }
    let hour: u16 = hour.parse().map_err(|_| NotAWindow::Form)?;
    let minute: u16 = minute.parse().map_err(|_| NotAWindow::Form)?;
    let total = hour * 60 + minute;
    if minute < 60 && total <= Window::DAY { Ok(total) } else { Err(NotAWindow::Form) }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 24:00 stays 24:00; only later closes are named by the next day's clock.
        let close = if self.close > Self::DAY { self.close - Self::DAY } else { self.close };
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.open / 60, self.open % 60, close / 60, close % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_read_and_written() {
        for (text, open, close, shown) in [
            ("09:00-17:00", 540, 1020, "09:00-17:00"),
            ("9:00 – 17:30", 540, 1050, "09:00-17:30"),
            ("22:00-06:00", 1320, 1800, "22:00-06:00"),
            ("00:00-24:00", 0, 1440, "00:00-24:00"),
            ("18:00-00:00", 1080, 1440, "18:00-24:00"),
        ] {
            let window: Window = text.parse().unwrap();
            assert_eq!((window.open, window.close), (open, close), "{text}");
            assert_eq!(window.to_string(), shown);
        }
        for text in ["", "9-17", "09:00", "24:00-25:00", "09:60-10:00", "+9:00-10:00", "09:00-17:00-18:00"] {
            assert_eq!(text.parse::<Window>(), Err(NotAWindow::Form), "{text}");
        }
        assert_eq!("09:00-09:00".parse::<Window>(), Err(NotAWindow::SameMinute));
    }
}

//! Measures on the screen: which report, which chart, which of its numbers, and the conversations behind it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::handle::WhichReport;
use crate::domain::id::ConversationId;
use crate::domain::measure::ReportName;
use crate::domain::measure::cell::By;
use crate::domain::measure::chart::{self, Bar, Behind, Chart, Shape};
use crate::domain::measure::report::Report;
use crate::domain::time::Timestamp;
use crate::wire::report::Conversations;

/// Periods to choose from, in days.
pub const PERIODS: [u32; 4] = [7, 30, 90, 365];

/// All that the screen of measures knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// What is shown.
    pub which: WhichReport,
    /// What was read, by what was asked.
    pub read: BTreeMap<WhichReport, Read>,
    /// Why the last question came to nothing.
    pub trouble: Option<String>,
    /// Whether an answer is awaited.
    pub waiting: bool,
    /// Which chart.
    pub chart: usize,
    /// Which of its numbers.
    pub bar: usize,
    /// What a number opened.
    pub opened: Option<Opened>,
    /// The conversation that was opened from here: Esc comes back.
    pub left_for: Option<ConversationId>,
}

/// A report that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// When.
    pub at: Timestamp,
    /// The report.
    pub report: Arc<Report>,
    /// The numbers on top, then its charts.
    pub charts: Arc<Vec<Chart>>,
}

/// The conversations behind a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// Which number.
    pub behind: Behind,
    /// What it is, in a line.
    pub title: String,
    /// What was found; nothing while it is awaited, or why it was not.
    pub found: Option<Result<Arc<Conversations>, String>>,
    /// Which of them.
    pub at: usize,
    /// How many lines of its story are above those on screen.
    pub line: usize,
}

impl Default for Measure {
    fn default() -> Self {
        Self {
            which: WhichReport { report: ReportName::Sla, by: By::Cohort, days: 30 },
            read: BTreeMap::new(),
            trouble: None,
            waiting: false,
            chart: 0,
            bar: 0,
            opened: None,
            left_for: None,
        }
    }
}

impl Measure {
    /// What is on screen, when it was read.
    pub fn shown(&self) -> Option<&Read> {
        self.read.get(&self.which)
    }

    /// The chart under the cursor.
    pub fn chart(&self) -> Option<&Chart> {
        self.shown()?.charts.get(self.chart)
    }

    /// The number under the cursor.
    pub fn bar(&self) -> Option<&Bar> {
        self.chart()?.bars.get(self.bar)
    }
}

/// A report's charts, its numbers on top before them as one of bars without length.
pub fn charts(report: &Report) -> Vec<Chart> {
    let top = chart::figures(report).into_iter().map(|figure| Bar {
        label: figure.label,
        value: figure.value,
        none: figure.none,
        currency: figure.currency,
        // The honest word stands first: where a row is narrow, what is behind it is cut.
        beside: if figure.small { format!("too few: {}", figure.beside) } else { figure.beside },
        behind: figure.behind,
        shut: figure.shut,
        ..Bar::default()
    });
    let (title, says) = ("At a glance".to_owned(), String::new());
    let first = Chart { title, says, shape: Shape::Bars, bars: top.collect(), marks: Vec::new() };
    std::iter::once(first).chain(chart::charts(report).into_iter().map(from_first)).collect()
}

/// Days begin with the first one that has any replies: a backend that began yesterday would draw an empty month.
fn from_first(mut chart: Chart) -> Chart {
    if chart.shape == Shape::Days {
        let empty = chart.bars.iter().position(|bar| bar.behind.is_some()).unwrap_or(0);
        chart.bars.drain(..empty);
    }
    chart
}

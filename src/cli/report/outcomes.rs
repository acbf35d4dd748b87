//! `comeback report outcomes`: meetings and deals.

use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use super::{Format, MOST, Measured, Period, Rows, SignedIn};
use crate::domain::measure::credit::{LONGEST_WINDOW, Rule, Touch, USUAL_WINDOW};
use crate::server::measure::outcomes::Asked;

/// What answering was worth.
#[derive(Debug, Args)]
pub(in crate::cli) struct Outcomes {
    #[command(flatten)]
    period: Period,
    /// By what its rows are.
    #[arg(long, value_enum, default_value_t = Rows::Cohort)]
    by: Rows,
    /// How many days before its end a deal can be credited to a reply.
    #[arg(long, value_name = "DAYS", default_value_t = USUAL_WINDOW, value_parser = clap::value_parser!(i64).range(1..=LONGEST_WINDOW))]
    window: i64,
    /// To which of the replies in them.
    #[arg(long, value_enum, default_value_t = Credit::Last)]
    touch: Credit,
    /// List the deals that are counted, each with the conversation it is credited to: 500 at most. JSON always has them.
    #[arg(long)]
    detail: bool,
    /// Hold what was imported of the time before each team began (`comeback import history`) against what came since: as
    /// many days before as since, at most those of --since.
    #[arg(long)]
    compare: bool,
    /// The same, with this day as the one on which all teams began.
    #[arg(long, value_name = "DATE")]
    before: Option<NaiveDate>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Credit {
    /// The last one.
    Last,
    /// The first one.
    First,
    /// Each: then rows do not add up to the total, where a deal counts once.
    Any,
}

impl Outcomes {
    pub(in crate::cli) async fn run(self, profile: &str) -> anyhow::Result<()> {
        let touch = match self.touch {
            Credit::Last => Touch::Last,
            Credit::First => Touch::First,
            Credit::Any => Touch::Any,
        };
        let deals = if self.detail || matches!(self.period.format, Format::Json) { MOST } else { 0 };
        let rule = Rule { window_days: self.window, touch };
        let report = if let Some(database) = &self.period.database {
            let (desk, store) = self.period.desk(database).await?;
            let before = self.before.and_then(|date| desk.begin_of(date));
            let mut told = desk.outcomes(Asked { by: self.by.by(), rule, deals })?;
            if self.compare || self.before.is_some() {
                let (from, until) = desk.days_of_before(before)?;
                told.compared = desk.compared(rule, before, &store.past(from, until).await?)?;
            }
            Measured::Outcomes(Box::new(told))
        } else {
            let mut asked = vec![
                ("since", self.period.since.0.clone()),
                ("by", self.by.by().name().to_owned()),
                ("window", self.window.to_string()),
                ("touch", touch.name().to_owned()),
                ("deals", deals.to_string()),
            ];
            if self.compare {
                asked.push(("compare", "true".to_owned()));
            }
            asked.extend(self.before.map(|date| ("before", date.to_string())));
            SignedIn::open(profile).await?.backend.report("outcomes", &asked).await?.0
        };
        self.period.format.print(&report)
    }
}

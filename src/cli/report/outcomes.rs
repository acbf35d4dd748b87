//! `comeback report outcomes`: meetings and deals.

use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use super::{Format, MOST, Measured, Period, Rows, SignedIn};
use crate::domain::measure::credit::{LONGEST_WINDOW, Rule, Touch, USUAL_WINDOW};
use crate::domain::measure::outcomes::{DealRow, Outcomes as Told};
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
    /// List the deals that are counted, each with the conversation it is credited to: csv all of them, the others the first
    /// 500. JSON always has all.
    #[arg(long)]
    detail: bool,
    /// Hold what was imported of the time before each team began (`comeback import history|messages`) against what came
    /// since: as many whole days before as since, at most those of --since. Today is not over, and on neither side.
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
        let deals = match self.period.format {
            // A list for machines is whole.
            Format::Json => usize::MAX,
            Format::Csv if self.detail => usize::MAX,
            Format::Table | Format::Md | Format::Html if self.detail => MOST,
            Format::Table | Format::Md | Format::Html | Format::Csv => 0,
        };
        let rule = Rule { window_days: self.window, touch };
        let report = if let Some(database) = &self.period.database {
            let (desk, store) = self.period.desk(database).await?;
            let before = self.before.and_then(|date| desk.begin_of(date));
            let mut told = desk.outcomes(&Asked { by: self.by.by(), rule, deals, after: None })?;
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
            let desk = SignedIn::open(profile).await?;
            let mut report = desk.backend.report("outcomes", &asked).await?.0;
            if let (true, Measured::Outcomes(told)) = (deals > MOST, &mut report) {
                the_rest(&desk, &asked, told).await?;
            }
            report
        };
        self.period.format.print(&report)
    }
}

/// The other deals of a list, page by page.
async fn the_rest(desk: &SignedIn, asked: &[(&'static str, String)], told: &mut Told) -> anyhow::Result<()> {
    while told.deals_in_all.is_some_and(|all| told.deals.len() < all) {
        let Some(last) = told.deals.last() else { return Ok(()) };
        let mut asked: Vec<_> =
            asked.iter().filter(|(name, _)| !matches!(*name, "compare" | "before")).cloned().collect();
        asked.extend([("after", last.deal.clone()), ("after_seq", last.seq.to_string())]);
        let Measured::Outcomes(page) = desk.backend.report("outcomes", &asked).await?.0 else { return Ok(()) };
        // A backend that does not know how to go on would tell the same again.
        let same = |row: &DealRow| (row.deal.clone(), row.seq);
        if page.deals.last().map(same) == told.deals.last().map(same) || page.deals.is_empty() {
            return Ok(());
        }
        told.deals.extend(page.deals);
    }
    Ok(())
}

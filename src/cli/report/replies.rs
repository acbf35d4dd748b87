//! `comeback report sla --replies`: the replies behind a number, one by one.

use chrono::NaiveDate;
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

use super::{MOST, SignedIn, Sla, Told, warn};
use crate::domain::measure::cell::By;
use crate::domain::measure::{Cause, Gap};
use crate::domain::sla::Response;
use crate::server::measure::report::OnlyThese;

/// Which of the replies: what the numbers of the Measure page are of.
#[derive(Debug, Args)]
pub(super) struct Filter {
    /// Of them those that stand so.
    #[arg(long, requires = "replies", value_parser = PossibleValuesParser::new(OnlyThese::standings()))]
    standing: Option<String>,
    /// Of them first answers of a conversation, or later ones.
    #[arg(long, requires = "replies", value_enum)]
    response: Option<Answers>,
    /// Of them those that were late for this cause, by its name.
    #[arg(long, requires = "replies", value_parser = PossibleValuesParser::new(Cause::ALL.map(Cause::name)))]
    cause: Option<String>,
    /// Of them those where nobody was there in this way, by its name.
    #[arg(long, requires = "replies", value_parser = gap)]
    gap: Option<Gap>,
    /// Of them those that stood on this step of their ladder.
    #[arg(long, requires = "replies", value_parser = clap::value_parser!(u8).range(1..=16))]
    step: Option<u8>,
    /// Of them those that moved up their ladder; `--climbed false`: those that did not.
    #[arg(long, requires = "replies", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    climbed: Option<bool>,
    /// Of them those of which it is known how long they took from the first offer to the first take; `--taken false`: those
    /// of which it is not.
    #[arg(long, requires = "replies", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    taken: Option<bool>,
    /// Of them those of this day of the period and of later ones: 2026-11-28.
    #[arg(long, requires = "replies", value_name = "DATE")]
    from: Option<NaiveDate>,
    /// Of them those of this day of the period and of earlier ones.
    #[arg(long, requires = "replies", value_name = "DATE")]
    to: Option<NaiveDate>,
}

/// Which answers of a conversation.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Answers {
    First,
    Next,
}

impl Answers {
    const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Next => "next",
        }
    }

    const fn response(self) -> Response {
        match self {
            Self::First => Response::First,
            Self::Next => Response::Next,
        }
    }
}

fn gap(name: &str) -> Result<Gap, String> {
    let names = Gap::ALL.map(Gap::name).join(", ");
    Gap::ALL.into_iter().find(|gap| gap.name() == name).ok_or_else(|| format!("one of {names}"))
}

impl Filter {
    /// As the projections are asked.
    fn only(&self, row: Option<(By, String)>) -> OnlyThese {
        OnlyThese {
            row,
            standing: self.standing.clone(),
            response: self.response.map(Answers::response),
            cause: self.cause.clone(),
            gap: self.gap.map(Gap::bit),
            step: self.step,
            climbed: self.climbed,
            taken: self.taken,
            waited: None,
            after: None,
        }
    }

    /// As the backend is asked.
    fn asked(&self) -> impl Iterator<Item = (&'static str, String)> {
        let all = [
            ("standing", self.standing.clone()),
            ("response", self.response.map(|of| of.name().to_owned())),
            ("cause", self.cause.clone()),
            ("gap", self.gap.map(|gap| gap.name().to_owned())),
            ("step", self.step.map(|step| step.to_string())),
            ("climbed", self.climbed.map(|is| is.to_string())),
            ("taken", self.taken.map(|is| is.to_string())),
            ("from", self.from.map(|day| day.to_string())),
            ("to", self.to.map(|day| day.to_string())),
        ];
        all.into_iter().filter_map(|(name, is)| Some((name, is?)))
    }
}

impl Sla {
    pub(super) async fn tell_replies(&self, profile: &str) -> anyhow::Result<()> {
        let key = self.replies.clone().filter(|key| key != "all");
        let most = if self.period.format.is_for_machines() { usize::MAX } else { MOST };
        let (found, more) = if let Some(database) = &self.period.database {
            let (desk, _) = self.period.desk(database).await?;
            let [from, to] = [self.only.from, self.only.to].map(|day| day.map(|day| day.to_string()));
            let desk = desk.between(from.as_deref(), to.as_deref());
            let desk = desk.ok_or_else(|| anyhow::anyhow!("a day is written so: 2026-11-28"))?;
            let only = self.only.only(key.map(|key| (self.by.by(), key)));
            if let Some(mistake) = desk.mistake(&only)? {
                anyhow::bail!("{mistake}");
            }
            let mut found = desk.told(&only, most.saturating_add(1))?;
            let more = found.len() > most;
            found.truncate(most);
            (found, more)
        } else {
            let mut asked = vec![("since", self.period.since.0.clone()), ("by", self.by.by().name().to_owned())];
            asked.extend(key.map(|key| ("key", key)));
            asked.extend(self.only.asked());
            page_by_page(&SignedIn::open(profile).await?, &asked, most).await?
        };
        if more {
            warn(&format!("these are the newest {MOST}; csv and json have all of them"));
        }
        self.period.format.print_replies(&found)
    }
}

/// Replies as the backend tells them, up to so many; and whether there are more.
pub(super) async fn page_by_page(
    desk: &SignedIn,
    asked: &[(&'static str, String)],
    most: usize,
) -> anyhow::Result<(Vec<Told>, bool)> {
    let mut all: Vec<Told> = Vec::new();
    loop {
        let mut asked = asked.to_vec();
        asked.extend(all.last().map(|last| ("after", last.seq.to_string())));
        let page = desk.backend.replies(&asked).await?;
        let more = page.more;
        // A backend that does not know how to go on would tell the same for ever.
        let goes_on = page.replies.last().map(|told| told.seq) != all.last().map(|told| told.seq);
        all.extend(page.replies.into_iter().filter(|_| goes_on));
        if !more || !goes_on || all.len() >= most {
            return Ok((all, more));
        }
    }
}

//! `comeback report sla --replies`: the replies behind a number, one by one.

use super::{Gap, MOST, OnlyThese, SignedIn, Sla, Told, warn};

impl Sla {
    pub(super) async fn tell_replies(&self, profile: &str) -> anyhow::Result<()> {
        let key = self.replies.clone().filter(|key| key != "all");
        let most = if self.period.format.is_for_machines() { usize::MAX } else { MOST };
        let (found, more) = if let Some(database) = &self.period.database {
            let (desk, _) = self.period.desk(database).await?;
            let only = OnlyThese {
                row: key.map(|key| (self.by.by(), key)),
                standing: self.standing.clone(),
                cause: self.cause.clone(),
                gap: self.gap.map(Gap::bit),
                step: self.step,
                ..OnlyThese::default()
            };
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
            asked.extend(self.standing.clone().map(|standing| ("standing", standing)));
            asked.extend(self.cause.clone().map(|cause| ("cause", cause)));
            asked.extend(self.gap.map(|gap| ("gap", gap.name().to_owned())));
            asked.extend(self.step.map(|step| ("step", step.to_string())));
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

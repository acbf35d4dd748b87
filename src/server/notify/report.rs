//! A report as a mail: the page in it and beside it, and the tables as plain text.

use std::sync::Arc;

use super::Notifier;
use super::outgoing::Attempt;
use crate::domain::alert::mailed::Mailed;
use crate::domain::id::RepId;
use crate::domain::measure::ReportName;
use crate::domain::measure::report::Report;
use crate::domain::measure::sheet;
use crate::domain::time::Timestamp;
use crate::server::measure::MeasureError;
use crate::server::measure::outcomes::Asked;
use crate::server::measure::report::{Asker, Days, Desk, Sees, days};
use crate::server::store::StoreError;
use crate::wire::sheet::{html, table};

/// A report ready to be mailed.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// What it is, in a line.
    pub(super) title: String,
    /// For whoever reads no HTML.
    pub(super) plain: String,
    /// The page.
    pub(super) page: String,
    /// What the page is called when it is saved: of our own words only.
    pub(super) file: String,
}

impl Notifier {
    /// Mails a report to one of its readers, each as far as they may see; over the whole days before it was due.
    pub(super) async fn mail_report(
        &self,
        (mailed, due): (&Mailed, Timestamp),
        (rep, from, to, id): (&RepId, &str, &str, &str),
    ) -> Result<Attempt, StoreError> {
        let Some(post) = &self.mailer else {
            return Ok(Attempt::Later("no mail server is set up: COMEBACK_SMTP_URL".to_owned()));
        };
        match self.letter(mailed, due, rep).await {
            Ok(letter) => Ok(post.send_report(from, to, id, letter).await),
            Err(Unmade::Never(why)) => Ok(Attempt::Refused(why.to_owned())),
            Err(Unmade::Now(why)) => Ok(Attempt::Later(why)),
            Err(Unmade::Store(e)) => Err(e),
        }
    }

    async fn letter(&self, mailed: &Mailed, due: Timestamp, rep: &RepId) -> Result<Letter, Unmade> {
        let playbook = self.service.playbook();
        let sees = Sees::of(&playbook, &Asker::Rep(rep.clone())).ok_or(Unmade::Never("they have left"))?;
        let measured = self.service.measured().ok_or_else(|| Unmade::Now("nothing is measured here".to_owned()))?;
        let (head, _) = self.service.store().head().await?;
        // The days before the one it is due on: that one has only begun.
        let Days { since, until } = days(&playbook, due, mailed.length());
        let window = Days { since: since - 1, until: until - 1 };
        let (projections, now) = (Arc::clone(measured), self.service.clock().now().max(head.at));
        let desk = Desk { projections, playbook, head: head.seq, now, sees, window };
        let by = mailed.by;
        let report = match mailed.report {
            ReportName::Sla => Report::Sla(Box::new(apart(move || desk.drawn(by, 0)).await?)),
            ReportName::Outcomes => {
                let asked = Asked { by, ..Asked::default() };
                Report::Outcomes(Box::new(apart(move || desk.outcomes(&asked)).await?))
            }
            ReportName::Load => Report::Load(Box::new(apart(move || desk.load()).await?)),
            ReportName::Compliance => {
                let found = desk.compliance(self.service.store().as_ref()).await?;
                Report::Compliance(Box::new(found.ok_or(Unmade::Never("they may not see it"))?))
            }
        };
        let (title, lines) = sheet::heading(&report);
        let day = mailed.last_day(due);
        Ok(Letter {
            plain: table(&title, &lines, &sheet::sheets(&report), None),
            page: html::of(&report),
            file: format!("{}-{day}.html", mailed.report.word()),
            title,
        })
    }
}

/// Why there is no letter.
enum Unmade {
    /// There will be none.
    Never(&'static str),
    /// There may be one later.
    Now(String),
    /// The database.
    Store(StoreError),
}

impl From<StoreError> for Unmade {
    fn from(e: StoreError) -> Self {
        Self::Store(e)
    }
}

impl From<MeasureError> for Unmade {
    fn from(e: MeasureError) -> Self {
        match e {
            MeasureError::Store(e) => Self::Store(e),
            e @ (MeasureError::File(_) | MeasureError::Overtaken) => Self::Now(e.to_string()),
        }
    }
}

/// Reports read a file: not on a thread that others wait for.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, MeasureError> + Send + 'static,
) -> Result<T, Unmade> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|e| Unmade::Now(e.to_string()))??)
}

//! `comeback import messages FILE…`: replies of before, from a carrier's own log of messages.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::progress::Progress;
use super::{DatabaseArg, History, Importing, all_kept, say};
use crate::server::past;
use crate::server::past::log::{self, By, Log, Unfit};
use crate::server::store::past::{PastLog as _, PastReply};
use crate::server::store::sqlite::SqliteStore;
use crate::wire::messages::MessageRow;
use crate::wire::table::{Rows, Wrong};

/// What is said of a text to a number of nobody's.
const NOBODYS: &str = "to is the number of no line of the playbook: --team says whose such texts were";

/// How many of these are told for each file. A log may have nothing else.
const MOST_TOLD: u64 = 20;

/// Reads a log whole, pairs its texts, and keeps the replies.
pub(super) async fn import(
    database: &DatabaseArg,
    source: &str,
    team: Option<&str>,
    files: &[PathBuf],
) -> anyhow::Result<()> {
    // A log tells times, teams and people: what else is known of a reply stays.
    let times = async |store: &SqliteStore, rows: &[PastReply]| store.put_past_times(rows).await;
    let mut import = Importing::<History, _>::open(database, source, times).await?;
    let team = team.map(|name| past::team(name, &import.playbook)).transpose().map_err(anyhow::Error::msg)?;
    let by = By { playbook: &import.playbook, team: team.as_ref(), now: database.clock().now() };
    let (mut log, mut refused) = (Log::new(log::MOST), 0);
    for file in files {
        refused += read(file, &mut log, &by)?;
    }
    let (mut answered, mut unanswered, mut nobodys, mut twice) = (0_u64, 0_u64, 0_u64, 0_u64);
    for pair in log.pairs() {
        let contact = log::person(&import.store, pair.buyer).await?;
        for reply in pair.kept(source, contact.as_ref()) {
            if import.contradicts(&reply) {
                twice += 1;
                continue;
            }
            answered += u64::from(reply.answered.is_some());
            unanswered += u64::from(reply.answered.is_none());
            nobodys += u64::from(contact.is_none());
            import.keep(reply).await?;
        }
    }
    import.flush().await?;
    if twice > 0 {
        say(&format!("{twice} replies have the id of another one of the log, which is kept"));
    }
    import.refused = refused + twice;
    say(&import.came());
    say(&format!(
        "replies: {answered} answered, {unanswered} not; of {nobodys} it is not known who of the CRM wrote, and their \
         deals are not found"
    ));
    all_kept(import.refused)
}

/// Reads a file to its end; how many of its rows are refused. Where that cannot be, nothing is kept: what is missing
/// may be answers.
fn read(file: &Path, log: &mut Log, by: &By<'_>) -> anyhow::Result<u64> {
    let name = file.display().to_string();
    let open = std::fs::File::open(file).with_context(|| format!("{name} cannot be read"))?;
    let mut progress = Progress::new(open.metadata().map_or(0, |m| m.len()));
    let mut rows =
        Rows::<MessageRow>::open(file, open).map_err(|why| anyhow::anyhow!("{name}:1: {why}. Nothing was kept"))?;
    let (mut texts, mut refused, mut nobodys) = (0_u64, 0_u64, 0_u64);
    while let Some((line, row)) = rows.next() {
        progress.at(rows.bytes(), texts + refused);
        let added = match row {
            Ok(row) => log.add(&row, by),
            Err(Wrong::Row(why)) => Err(Unfit::Row(why)),
            Err(Wrong::File(why)) => {
                progress.clear();
                anyhow::bail!("{name}:{line}: {why}. Nothing was kept");
            }
        };
        let why = match added {
            Ok(()) => {
                texts += 1;
                continue;
            }
            Err(Unfit::Row(why)) => why,
            Err(Unfit::Nobodys) => {
                nobodys += 1;
                NOBODYS.to_owned()
            }
            Err(Unfit::Full) => {
                progress.clear();
                let most = log::MOST;
                anyhow::bail!(
                    "{name}:{line}: more than {most} texts, which is as many as are paired at once. Nothing was kept: \
                     take fewer days, or fewer numbers"
                );
            }
        };
        refused += 1;
        if nobodys <= MOST_TOLD || why != NOBODYS {
            progress.clear();
            say(&format!("{name}:{line}: {why}"));
        }
    }
    progress.clear();
    if nobodys > MOST_TOLD {
        say(&format!("{name}: {} more texts like that", nobodys - MOST_TOLD));
    }
    say(&format!("{name}: {texts} texts read, {refused} refused"));
    Ok(refused)
}

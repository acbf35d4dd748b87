//! The CRM: whether it answers, and whether it knows our reps.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::operator::UNREAD;
use super::report::Report;
use super::write_back;
use crate::cli::crm::{CrmArgs, unwritten};
use crate::cli::egress::EgressArgs;
use crate::clock::{Clock, SystemClock};
use crate::domain::contact::Address;
use crate::domain::id::RepId;
use crate::server::crm::owner::Matched;
use crate::server::crm::{Crm, CrmError, Reps};
use crate::server::store::Store;
use crate::server::store::sqlite::SqliteStore;

pub(super) const AREA: &str = "CRM";

/// A number that nobody has: it is kept for fiction.
const NOBODY: &str = "+12025550100";

/// Looks at what waits to be written into a CRM, and asks the one that `serve` is given; nothing without one.
pub(super) async fn look(
    report: &mut Report,
    database: &Path,
    store: Arc<SqliteStore>,
    crm: &CrmArgs,
    egress: &EgressArgs,
) {
    let written = match write_back::look(report, &store).await {
        Ok(written) => written,
        Err(e) => return report.wrong("database", "contents", e.to_string(), UNREAD),
    };
    if let Err(e) = ask(report, database, store, (crm, egress), written).await {
        report.wrong(AREA, "answers", e.to_string(), "see assets/docs/crm.md: the address, the token and its scopes");
    }
}

/// `written` says that a backend wrote into a CRM from this database. One that does is told so itself, and not this
/// command.
async fn ask(
    report: &mut Report,
    database: &Path,
    store: Arc<dyn Store>,
    (args, egress): (&CrmArgs, &EgressArgs),
    written: bool,
) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let Some(crm) = args.connector(database, &egress.open()?, &store, &clock)? else {
        if !written {
            report.fine(AREA, "writes", "none: no CRM that takes them was connected to this database");
        }
        return Ok(());
    };
    if args.beside(database).is_some() {
        let may = match (args.writes(), written) {
            (true, _) => "read and written into",
            (false, true) => "read, and written into by a backend with --crm-writes",
            (false, false) => "read only: --crm-writes would let it take writes",
        };
        report.fine(AREA, "folder", format!("the folder crm beside the database is the CRM, {may}"));
    }
    if let Ok(nobody) = Address::parse(NOBODY) {
        crm.behind(&nobody).await?;
    }
    report.fine(AREA, "answers", format!("{} tells who is behind a number", crm.name()));
    let (some, all) = crm.complaints().await?;
    if all > 0 {
        let told = format!("{all} thing(s) in it do not read: {}", some.join("; "));
        report.look(AREA, "rows", told, "mend them; all else in it counts meanwhile");
    }
    if !written && let Some(playbook) = store.playbook().await? {
        match unwritten(crm.as_ref(), &playbook.write_back) {
            Some(said) => {
                report.look(AREA, "writes", said, "or switch off what is not to be written in the playbook's [crm]");
            }
            None if playbook.write_back.is_nothing() => {
                report.fine(AREA, "writes", "none: the playbook wants nothing written");
            }
            None => report.fine(AREA, "writes", "none so far: no backend wrote into a CRM from this database"),
        }
    }
    if crm.takes_writes() && store.playbook().await?.is_none_or(|playbook| playbook.write_back.opt_outs) {
        for lacks in crm.lacks().await? {
            let hint = "or name another by --crm-opt-out; what was refused until then is tried by comeback crm retry";
            report.look(AREA, "opt-outs", lacks, hint);
        }
    }
    owners(report, crm.as_ref(), &store).await
}

/// A report is made to be pasted: how many, not who.
async fn owners(report: &mut Report, crm: &dyn Crm, store: &Arc<dyn Store>) -> anyhow::Result<()> {
    let owners = match crm.owners().await {
        Ok(owners) => owners,
        Err(CrmError::Cannot(_)) => return Ok(()),
        Err(e) => return Err(e.into()),
    };
    let reps = Reps::Kept(Arc::clone(store));
    let left = owners.iter().filter(|owner| !owner.active).count();
    report.fine(AREA, "owners", format!("{} own records there, {left} of them left", owners.len()));
    let Some(playbook) = store.playbook().await? else { return Ok(()) };
    let active = playbook.reps.iter().filter(|(_, rep)| rep.active).map(|(id, _)| id);
    if crm.names_reps() {
        // Nobody misses a rep who owns nothing there; whoever owns something and is nobody here was told of above.
        let names = reps.names().await?;
        let there: BTreeSet<&RepId> = owners.iter().filter_map(|owner| names.rep(&owner.id)).collect();
        let (all, some) = (active.clone().count(), active.filter(|rep| there.contains(rep)).count());
        report.fine(AREA, "reps", format!("{some} of {all} rep(s) of the playbook are named there"));
        return Ok(());
    }
    let matched = Matched::new("", &owners, &reps.by_mail().await?);
    let unknown = active.filter(|rep| matched.owner(rep).is_none()).collect::<BTreeSet<_>>().len();
    match unknown {
        0 => report.fine(AREA, "reps", "everybody of the playbook is an owner there, by their mail address"),
        unknown => report.look(
            AREA,
            "reps",
            format!("{unknown} rep(s) of the playbook are no owner there by a mail address that we know"),
            "give theirs with comeback rep reach NAME: what they own there is nobody's until then",
        ),
    }
    if unknown > 0 && crm.takes_writes() && crm.has_users() && !playbook.write_back.is_nothing() {
        report.look(
            AREA,
            "writes",
            format!("what is written of {unknown} rep(s) has no owner of theirs there: their tasks are on nobody's list"),
            "the texts name them; with a user of their own there, and their mail address here, they own what is written",
        );
    }
    Ok(())
}

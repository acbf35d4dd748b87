//! `comeback rep depart`: somebody leaves, and somebody else stands where they stood.

use std::sync::Arc;

use clap::Args;
use uuid::Uuid;

use crate::cli::playbook::{Change, words};
use crate::cli::{DatabaseArg, say};
use crate::domain::command::{Actor, Command};
use crate::domain::coverage;
use crate::domain::expectation;
use crate::domain::id::{ConversationId, DeviceId, RepId};
use crate::domain::playbook::Playbook;
use crate::domain::roster::Roster;
use crate::domain::succession::{self, Without};
use crate::domain::visibility::Principal;
use crate::server::service::{PlaybookChange, Service, Work};
use crate::server::store::policy::{Kind, PolicyStore as _};
use crate::server::store::sqlite::SqliteStore;
use crate::server::store::{PageQuery, Store};

/// Conversations read at once.
const PAGE: usize = 256;

/// Somebody leaves: their conversations, turns and everything else go to somebody else.
///
/// Without --yes it only says what would move.
#[derive(Debug, Args)]
pub(in crate::cli) struct Depart {
    #[command(flatten)]
    database: DatabaseArg,
    /// Who leaves: the short name in the playbook.
    name: String,
    /// Who stands in their place.
    #[arg(long)]
    to: String,
    /// Do it.
    #[arg(long)]
    yes: bool,
    /// Also when an expectation of the playbook does not hold any more then.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    change: Change,
}

/// Open conversations that somebody is accountable for or has.
#[derive(Default)]
struct Theirs {
    all: Vec<ConversationId>,
    owned: usize,
    had: usize,
}

impl Depart {
    pub(in crate::cli) async fn run(self) -> anyhow::Result<()> {
        let store = Arc::new(self.database.open()?);
        let playbook = store.playbook().await?.ok_or_else(|| anyhow::anyhow!("this database has no playbook yet"))?;
        let (from, to) = (RepId::new(&self.name), RepId::new(&self.to));
        check(&playbook, &from, &to)?;
        let Without { playbook: after, moved } = succession::without(&playbook, &from, &to);
        let (gone, comes) = (playbook.rep_name(&from).to_owned(), playbook.rep_name(&to).to_owned());
        let theirs = theirs(store.as_ref(), &from).await?;
        let devices = store.devices().await?.iter().filter(|d| d.rep == from && !d.revoked).count();
        let (all, owned, had) = (theirs.all.len(), theirs.owned, theirs.had);
        say(&format!("{gone} leaves, {comes} stands in their place:"));
        say(&format!("  {all} open conversation(s) go to {comes}: accountable for {owned}, at hand {had}"));
        for line in &moved {
            say(&format!("  {line}"));
        }
        say(&format!("  {devices} device(s) of {gone} are signed out"));
        say(&format!("  what the CRM gives to {gone} goes to {comes} until the CRM says otherwise"));
        if store.marks().await?.iter().any(|mark| mark.kind == Kind::Waiting) {
            say("  the version that waits for its day is replaced by this one: apply it again afterwards");
        }
        let roster = store.page(&query(&from, 0)).await?.roster;
        let covered = covered(&after, &roster, &to, all);
        if let Some(line) = &covered {
            say(&format!("  {line}"));
        }
        let shifts = succession::shifts(&roster, &from, &to, self.database.clock().now());
        if !shifts.is_empty() {
            say(&format!("  {} shift(s) that {gone} has by override or swap go to {comes}", shifts.len()));
        }
        let broken = expectation::broken_by(&playbook, &after, &roster);
        for one in &broken {
            say(&format!("  would not hold any more: {one}"));
        }
        for one in expectation::broken(&playbook, &roster) {
            say(&format!("  does not hold today either way: {one}"));
        }
        say(
            "  your playbook's file stays as it is: change it the same way, or the next version applied from it undoes this",
        );
        if !self.yes {
            say(&match broken.len() {
                0 => "nothing was changed; with --yes it is done".to_owned(),
                n => format!(
                    "nothing was changed. {n} expectation(s) would not hold any more: --yes refuses that, and --yes --force does \
                     it all the same"
                ),
            });
            return Ok(());
        }
        anyhow::ensure!(
            broken.is_empty() || self.force,
            "{} expectation(s) of the playbook would not hold any more. Nothing was changed; apply a playbook that says what \
             you now expect, or do it all the same with --force",
            broken.len()
        );
        let service = Service::start(Arc::clone(&store) as Arc<dyn Store>, self.database.clock(), &playbook).await?;
        if after != playbook {
            let why = self.change.why.as_deref().map_or_else(|| format!("{from} left, {to} in their place"), words);
            let by = Some(words(&self.change.by));
            let change = PlaybookChange { by, why: Some(why), ..after.into() };
            service.submit(Work::Playbook(Box::new(change))).await?;
        }
        for (schedule, shift) in shifts {
            let command = Command::Override { schedule, shift };
            service.submit(Work::People { actor: Actor::Operator, command }).await?;
        }
        let moved = hand_over(&service, &from, &to).await?;
        let revoked = store.revoke(&from).await?;
        say(&format!(
            "done: version {} is in force, {moved} conversation(s) went to {comes}, {revoked} device(s) signed out",
            service.playbook().version
        ));
        if let Some(line) = covered {
            say(&line);
        }
        say("your playbook's file does not say so yet, and the next version applied from it counts. What it lacks:");
        let database = format!("--database sqlite:{}", self.database.database.display());
        say(&format!("  comeback playbook diff {database} FILE"));
        say("This version as a file, without your comments:");
        say(&format!("  comeback playbook show {database} --toml > FILE"));
        Ok(())
    }
}

fn check(playbook: &Playbook, from: &RepId, to: &RepId) -> anyhow::Result<()> {
    let known: Vec<&str> = playbook.reps.iter().filter(|(_, r)| r.active).map(|(id, _)| id.as_str()).collect();
    let known = known.join(", ");
    anyhow::ensure!(playbook.reps.contains_key(from), "there is no rep \"{from}\" in the playbook; it knows {known}");
    anyhow::ensure!(playbook.is_active(to), "there is no rep \"{to}\" who works here; the playbook knows {known}");
    anyhow::ensure!(from != to, "\"{from}\" cannot stand in their own place: name somebody else with --to");
    Ok(())
}

/// Who has what goes over while whoever stands in their place is away.
fn covered(after: &Playbook, roster: &Roster, to: &RepId, all: usize) -> Option<String> {
    if all == 0 || roster.is_here(after, to) {
        return None;
    }
    let comes = after.rep_name(to);
    Some(match coverage::cover_of(after, roster, to) {
        Some(cover) => {
            format!("{comes} is away: {} covers, and has what is at hand until {comes} is back", after.rep_name(cover))
        }
        None => format!("{comes} is away, and nobody covers: what waits goes to whoever is next on its ladder"),
    })
}

/// What a rep may see, page by page.
fn query(rep: &RepId, since: u64) -> PageQuery {
    let principals = [Principal::Rep(rep.clone())].into();
    PageQuery { principals, since, device: DeviceId(Uuid::nil()), known: 0, limit: PAGE, messages: 0 }
}

async fn theirs(store: &SqliteStore, rep: &RepId) -> anyhow::Result<Theirs> {
    let (mut since, mut theirs) = (0, Theirs::default());
    loop {
        let page = store.page(&query(rep, since)).await?;
        for c in page.subjects.iter().map(|subject| &subject.state).filter(|c| !c.is_done()) {
            let lent = c.loan.as_ref().is_some_and(|loan| loan.of == *rep);
            theirs.owned += usize::from(c.owner.as_ref() == Some(rep));
            theirs.had += usize::from(lent || c.assignee() == Some(rep));
            theirs.all.extend(succession::concerns(c, rep).then_some(c.id));
        }
        if !page.more {
            return Ok(theirs);
        }
        since = page.through;
    }
}

/// Again until nothing is left: while it goes on, replies come in.
async fn hand_over(service: &Service, from: &RepId, to: &RepId) -> anyhow::Result<usize> {
    let command = Command::Succeed { from: from.clone(), to: to.clone() };
    let mut moved = 0;
    loop {
        let mut since = 0;
        let before = moved;
        loop {
            let page = service.store().page(&query(from, since)).await?;
            let left = page.subjects.iter().map(|subject| &subject.state);
            let left = left.filter(|c| succession::concerns(c, from));
            for conversation in left.map(|c| c.id) {
                let work = Work::Machine { actor: Actor::Operator, conversation, command: command.clone() };
                moved += usize::from(service.submit(work).await?.has_facts());
            }
            if !page.more {
                break;
            }
            since = page.through;
        }
        if moved == before {
            return Ok(moved);
        }
    }
}

//! `comeback rep add|list|revoke|depart`.

use clap::Subcommand;

use super::{DatabaseArg, say};
use crate::clock::{Clock, SystemClock};
use crate::domain::id::RepId;
use crate::domain::playbook::Playbook;
use crate::domain::safe_text::SafeText;
use crate::domain::time::Span;
use crate::server::http::auth::{new_token, token_hash};
use crate::server::store::Store;

mod reach;

pub(super) use reach::known;

/// How long a one-time token may be used.
const VALID: Span = Span::minutes(48 * 60);

/// Who may sign in.
#[derive(Debug, Subcommand)]
pub(super) enum Rep {
    /// Print a one-time token for a rep of the playbook; it is shown this once and works for 48 hours.
    Add {
        #[command(flatten)]
        database: DatabaseArg,
        /// The rep's short name in the playbook.
        name: String,
    },
    /// List devices.
    List {
        #[command(flatten)]
        database: DatabaseArg,
    },
    /// Say where alerts reach a rep beside the client: their own phone for pages, and their mailbox.
    ///
    /// Without a name: lists who is reached how. With one: reads two lines from standard input, the phone and the mail
    /// address, each empty for none; they are personal data and stand in no process list.
    Reach {
        #[command(flatten)]
        database: DatabaseArg,
        /// The rep's short name in the playbook.
        name: Option<String>,
        /// Forget phone and mailbox.
        #[arg(long, requires = "name")]
        forget: bool,
    },
    /// Sign every device of a rep out, and make unused one-time tokens worthless.
    Revoke {
        #[command(flatten)]
        database: DatabaseArg,
        /// The rep's short name.
        name: String,
    },
    Depart(depart::Depart),
}

mod depart;

impl Rep {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add { database, name } => {
                let store = database.open()?;
                let playbook = store.playbook().await?;
                let token = invite(&store, playbook.as_ref(), &RepId::new(name), &SystemClock).await?;
                say(&token);
            }
            Self::List { database } => {
                let store = database.open()?;
                let devices = store.devices().await?;
                if devices.is_empty() {
                    say("nobody has signed in yet: comeback rep add NAME gives a one-time token");
                }
                for d in devices {
                    let state = if d.revoked { "revoked" } else { "signed in" };
                    // One device, one line, whatever it called itself.
                    let name = SafeText::line(&d.name);
                    let rep = d.rep.as_str();
                    say(&format!("{rep:<12} {state:<10} since {}  {}  {name}", d.created, d.id));
                }
            }
            Self::Reach { database, name: None, .. } => reach::list(&database).await?,
            Self::Reach { database, name: Some(name), forget } => reach::set(&database, RepId(name), forget).await?,
            Self::Revoke { database, name } => {
                let (store, rep) = (database.open()?, RepId::new(&name));
                let in_playbook =
                    store.playbook().await?.is_some_and(|p| p.reps.contains_key(&rep) || p.auditors.contains_key(&rep));
                let known = in_playbook || store.devices().await?.iter().any(|d| d.rep == rep);
                anyhow::ensure!(
                    known,
                    "there is no rep \"{name}\": nothing was revoked; `comeback rep list` shows who signed in"
                );
                let revoked = store.revoke(&rep).await?;
                say(&format!("{name}: {revoked} device(s) signed out; unused one-time tokens are worthless now"));
            }
            Self::Depart(depart) => depart.run().await?,
        }
        Ok(())
    }
}

/// Makes a one-time token for somebody the playbook knows.
pub(super) async fn invite(
    store: &dyn Store,
    playbook: Option<&Playbook>,
    rep: &RepId,
    clock: &dyn Clock,
) -> anyhow::Result<String> {
    let playbook = playbook.ok_or_else(|| {
        anyhow::anyhow!("this database has no playbook yet: start it once with comeback serve --playbook FILE")
    })?;
    if playbook.role_of(rep).is_none() {
        let known: Vec<&str> = playbook.reps.iter().filter(|(_, r)| r.active).map(|(id, _)| id.as_str()).collect();
        anyhow::bail!("there is no rep \"{rep}\" in the playbook; it knows {}", known.join(", "));
    }
    let token = new_token("cbi");
    store.put_invite(token_hash(&token), rep, clock.now() + VALID).await?;
    Ok(token)
}

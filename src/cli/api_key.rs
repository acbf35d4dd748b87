//! `comeback api-key add|list|revoke`.

use clap::Subcommand;

use super::{DatabaseArg, say};
use crate::clock::{Clock as _, SystemClock};
use crate::server::http::auth::{new_token, token_hash};
use crate::server::store::SendLog as _;

/// Keys for other programs.
#[derive(Debug, Subcommand)]
pub(super) enum ApiKey {
    /// Print a key for a program that reports what campaigns sent; it is shown this once.
    ///
    /// A second key of the same name works beside the first, so that keys can be changed without a gap; `revoke` ends
    /// all keys of the name.
    Add {
        #[command(flatten)]
        database: DatabaseArg,
        /// What the program is called. Ids of its sends are its own: two programs need two names.
        #[arg(value_parser = name)]
        name: String,
    },
    /// List keys.
    List {
        #[command(flatten)]
        database: DatabaseArg,
    },
    /// Make every key of a name worthless. What was reported with them stays.
    Revoke {
        #[command(flatten)]
        database: DatabaseArg,
        /// The name.
        name: String,
    },
}

/// A name of a program: one plain word.
pub(super) fn name(text: &str) -> Result<String, String> {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let fits = (1..=60).contains(&text.len());
    if plain && fits { Ok(text.to_owned()) } else { Err("write 1 to 60 letters, digits, - _ or .".to_owned()) }
}

impl ApiKey {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add { database, name } => {
                let (store, token) = (database.open()?, new_token("cba"));
                store.put_api_key(token_hash(&token), &name, SystemClock.now()).await?;
                say(&token);
            }
            Self::List { database } => {
                let keys = database.open()?.api_keys().await?;
                if keys.is_empty() {
                    say("there are no keys yet: comeback api-key add NAME gives one");
                }
                for key in keys {
                    let state = if key.revoked { "revoked" } else { "in use" };
                    say(&format!("{:<20} {state:<8} since {}", key.name, key.created));
                }
            }
            Self::Revoke { database, name } => {
                let store = database.open()?;
                let known = store.api_keys().await?.iter().any(|key| key.name == name);
                anyhow::ensure!(
                    known,
                    "there is no key \"{name}\": nothing was revoked; `comeback api-key list` shows them"
                );
                let revoked = store.revoke_api_key(&name).await?;
                say(&format!("{name}: {revoked} key(s) are worthless now"));
            }
        }
        Ok(())
    }
}

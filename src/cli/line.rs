//! `comeback line add|remove|resume|list|cancel|test`.

use clap::Subcommand;

use self::add::Add;
use self::test::Test;
use super::egress::EgressArgs;
use super::{DatabaseArg, say};
use crate::clock::{Clock as _, SystemClock};
use crate::config::secret::Source;
use crate::domain::contact::Address;
use crate::domain::time::Timestamp;
use crate::server::carrier::{Carrier as _, Carriers};
use crate::server::line_secrets;
use crate::server::store::{CarrierLine, LineStore as _, Store as _};

mod add;
mod test;

/// Our numbers at the carrier.
#[derive(Debug, Subcommand)]
pub(super) enum Line {
    /// Set a number up, or replace its setting.
    Add(Add),
    /// Forget a number's account and token. Its conversations stay.
    Remove {
        #[command(flatten)]
        database: DatabaseArg,
        /// Our number, as `line list` shows it.
        number: String,
    },
    /// Let a number go on that was stopped, once what the carrier refused is put right. Its answers leave in their order.
    Resume {
        #[command(flatten)]
        database: DatabaseArg,
        /// Our number, as `line list` shows it.
        number: String,
    },
    /// List the numbers set up.
    List {
        #[command(flatten)]
        database: DatabaseArg,
    },
    /// Take back a text that waits at the carrier for its hour: one that another program scheduled there. What waits here is
    /// taken back in the inbox, and by an opt-out by itself.
    Cancel {
        #[command(flatten)]
        database: DatabaseArg,
        #[command(flatten)]
        egress: EgressArgs,
        /// Our number that it was to leave from.
        number: String,
        /// The carrier's own id of the text, as SM0123…
        id: String,
    },
    /// Ask the carrier for its settings and say which one is wrong.
    Test(Test),
}

impl Line {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run().await?,
            Self::Remove { database, number } => remove(&database, &parse(&number)?).await?,
            Self::Resume { database, number } => resume(&database, &parse(&number)?).await?,
            Self::List { database } => list(&database).await?,
            Self::Cancel { database, egress, number, id } => cancel(&database, &egress, &parse(&number)?, &id).await?,
            Self::Test(test) => test.run().await?,
        }
        Ok(())
    }
}

fn parse(number: &str) -> anyhow::Result<Address> {
    Address::parse(number).map_err(|e| anyhow::anyhow!("{number}: {e}"))
}

/// Checks one of Twilio's ids. What was typed is not repeated: it may be a secret in the wrong place.
fn sid(prefix: &str, what: &str, typed: &str) -> anyhow::Result<()> {
    let wanted = format!("{what} is {prefix} and 32 hexadecimal digits (0-9, a-f)");
    let Some(digits) = typed.strip_prefix(prefix) else {
        let why = match typed.get(..2) {
            Some("SK") => "this begins with SK, which is an API key",
            Some("AC") => "this begins with AC, which is an account",
            Some("MG") => "this begins with MG, which is a messaging service: it goes behind --service",
            Some("PN") => "this begins with PN, which is a number",
            Some(_) | None => "this begins otherwise",
        };
        anyhow::bail!("{wanted}; {why}");
    };
    let count = digits.chars().count();
    anyhow::ensure!(count == 32, "{wanted}; behind {prefix} this has {count}");
    let other = digits.chars().position(|c| !c.is_ascii_hexdigit());
    anyhow::ensure!(other.is_none(), "{wanted}; character {} of this is none", other.unwrap_or(0) + 3);
    Ok(())
}

async fn list(database: &DatabaseArg) -> anyhow::Result<()> {
    let store = database.open()?;
    let (lines, stops, now) = (store.lines().await?, store.line_stops().await?, SystemClock.now());
    if lines.is_empty() {
        say("no number is set up yet: comeback line add");
    }
    for l in lines {
        let service = l.service.as_deref().unwrap_or("no service");
        say(&format!("{}  {}  {}  {service}", l.number.as_str(), l.provider, l.account));
        for source in l.tokens.iter().filter_map(|kept| Source::parse(kept)) {
            say(&format!("  its secret is in {source}"));
        }
        if let Some(stop) = stops.iter().find(|stop| stop.number == l.number && stop.holds(now)) {
            let at = |at: Timestamp| at.utc().format("%Y-%m-%d %H:%M UTC").to_string();
            let (since, code) = (at(stop.at), stop.code);
            say(&match stop.until {
                None => format!(
                    "  STOPPED since {since}, error {code}: put it right at the carrier, then comeback line resume"
                ),
                Some(until) => format!("  rests until {}, error {code}: the carrier takes no more for now", at(until)),
            });
        }
    }
    Ok(())
}

async fn resume(database: &DatabaseArg, number: &Address) -> anyhow::Result<()> {
    anyhow::ensure!(
        database.open()?.resume_line(number).await?,
        "this number was not stopped; `comeback line list` shows those that are"
    );
    say("it goes on. A running backend follows within five seconds; what waits, leaves in its order.");
    Ok(())
}

async fn remove(database: &DatabaseArg, number: &Address) -> anyhow::Result<()> {
    let store = database.open()?;
    let lines = store.lines().await?;
    let line = lines.iter().find(|l| l.number == *number);
    let line =
        line.ok_or_else(|| anyhow::anyhow!("no such number is set up; `comeback line list` shows those that are"))?;
    store.remove_line(number).await?;
    store.resume_line(number).await?;
    say("removed: its account and token are forgotten. A running backend follows within five seconds.");
    let same = |l: &&CarrierLine| l.provider == line.provider && l.account == line.account;
    let of_account = lines.iter().filter(|l| l.number != *number).filter(same).count();
    if of_account == 0 {
        say("  its webhooks are refused from now on; take our URL out at the carrier");
    } else {
        // A text that an account of ours signed is never dropped, whatever number it came to.
        say(&format!(
            "  its texts still come in while the carrier posts them here, since its account has {of_account} other \
             number(s) set up: take our URL out at the carrier"
        ));
    }
    say("  its conversations and their history stay");
    say("  answers from it that wait to leave, wait on: `comeback line add` sends them, the Outbox takes them back");
    Ok(())
}

async fn cancel(database: &DatabaseArg, egress: &EgressArgs, number: &Address, id: &str) -> anyhow::Result<()> {
    let is_id = (1..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    anyhow::ensure!(is_id, "an id of a text is letters, digits and dashes, 64 at most; nothing was asked");
    let lines = database.open()?.lines().await?;
    let line = lines.into_iter().find(|line| line.number == *number);
    let line = line.ok_or_else(|| anyhow::anyhow!("no such number is set up: comeback line list"))?;
    let line = line_secrets::open(&line).await.map_err(|why| anyhow::anyhow!("its secret: {why}"))?;
    let canceled = Carriers::new(&egress.open()?).cancel(&line, id).await?;
    anyhow::ensure!(canceled, "it does not wait there: it has left, was taken back, or was never scheduled");
    say("taken back: the carrier does not send it");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_twilio_is_told_from_anything_else_without_repeating_it() {
        let good = format!("AC{}", "0123456789abcdef".repeat(2));
        assert!(sid("AC", "an account", &good).is_ok());
        for (typed, says) in [
            ("", "begins otherwise"),
            ("A", "begins otherwise"),
            ("é…", "begins otherwise"),
            (&good.replace("AC", "SK"), "SK, which is an API key"),
            (&good.replace("AC", "MG"), "goes behind --service"),
            (&good[..33], "behind AC this has 31"),
            (&format!("{good}0"), "behind AC this has 33"),
            (&good.replace('9', "g"), "character 12 of this is none"),
            (&format!("AC{}", "é".repeat(32)), "character 3 of this is none"),
        ] {
            let said = sid("AC", "an account", typed).expect_err(typed).to_string();
            assert!(said.starts_with("an account is AC and 32 hexadecimal digits") && said.contains(says), "{said}");
            assert!(typed.len() < 3 || !said.contains(typed), "{said}");
        }
    }
}

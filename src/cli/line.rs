//! `comeback line add|list|test`.

use clap::Subcommand;

use super::{DatabaseArg, say, secret_from_stdin};
use crate::domain::contact::Address;
use crate::server::carrier::Carrier;
use crate::server::carrier::twilio::Twilio;
use crate::server::store::{CarrierLine, Store};

/// Our numbers at the carrier.
#[derive(Debug, Subcommand)]
pub(super) enum Line {
    /// Set a number up. The account's auth token comes on standard input; while it is rotated, two lines: the primary
    /// first, then the other.
    Add {
        #[command(flatten)]
        database: DatabaseArg,
        /// Our number, as in the playbook: +16465550100
        number: String,
        /// The account: AC and 32 hexadecimal digits.
        #[arg(long)]
        account: String,
        /// The messaging service the number is in, if it is in one: MG…
        #[arg(long)]
        service: Option<String>,
        /// Read the auth token from standard input.
        #[arg(long, required = true)]
        token_stdin: bool,
        /// Where the carrier's API is; for tests against the emulator.
        #[arg(long, default_value = "https://api.twilio.com")]
        api: String,
    },
    /// List the numbers set up.
    List {
        #[command(flatten)]
        database: DatabaseArg,
    },
    /// Ask the carrier for its settings and say which one is wrong.
    Test {
        #[command(flatten)]
        database: DatabaseArg,
        /// Where the carrier reaches this backend, as in `https://comeback.example`
        #[arg(long, env = "COMEBACK_PUBLIC_URL")]
        public_url: String,
        /// Only this number.
        number: Option<String>,
    },
}

impl Line {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add { database, number, account, service, token_stdin: _, api } => {
                let number = Address::parse(&number).map_err(|e| anyhow::anyhow!("{number}: {e}"))?;
                let well_formed = account.len() == 34 && account.starts_with("AC");
                anyhow::ensure!(well_formed, "an account is AC and 32 hexadecimal digits; this is not");
                let mut tokens = vec![secret_from_stdin()?];
                tokens.extend(secret_from_stdin().ok());
                let store = database.open()?;
                let in_playbook = store.playbook().await?.is_some_and(|p| p.line_of(&number).is_some());
                let provider = "twilio".to_owned();
                let line = CarrierLine { number, provider, account, tokens, service, api };
                store.put_line(&line).await?;
                say("set up. Check the carrier's side with: comeback line test --public-url https://…");
                if !in_playbook {
                    say(
                        "note: the playbook in force has no [line] with this number; its texts will take the ladder for unowned replies",
                    );
                }
            }
            Self::List { database } => {
                for l in database.open()?.lines().await? {
                    let service = l.service.as_deref().unwrap_or("no service");
                    say(&format!("{}  {}  {}  {service}", l.number.as_str(), l.provider, l.account));
                }
            }
            Self::Test { database, public_url, number } => test(&database, &public_url, number.as_deref()).await?,
        }
        Ok(())
    }
}

async fn test(database: &DatabaseArg, public_url: &str, number: Option<&str>) -> anyhow::Result<()> {
    let carrier = Twilio::new()?;
    let mut wrong = 0;
    let lines = database.open()?.lines().await?;
    let lines: Vec<CarrierLine> = lines.into_iter().filter(|l| number.is_none_or(|n| l.number.as_str() == n)).collect();
    anyhow::ensure!(!lines.is_empty(), "no such number is set up: comeback line add");
    for line in lines {
        say(line.number.as_str());
        for finding in carrier.check(&line, public_url.trim_end_matches('/')).await? {
            wrong += usize::from(!finding.ok);
            let mark = if finding.ok { "ok   " } else { "WRONG" };
            say(&format!("  {mark} {}: {}", finding.setting, finding.says));
        }
    }
    anyhow::ensure!(wrong == 0, "{wrong} setting(s) at the carrier are wrong");
    Ok(())
}

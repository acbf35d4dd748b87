//! `comeback line test`: what the carrier has set up for our numbers, and our addresses put there when that is asked for.

use clap::Args;

use super::{add, parse, say};
use crate::cli::egress::EgressArgs;
use crate::cli::{DatabaseArg, public_url};
use crate::domain::contact::Address;
use crate::server::carrier::{Carrier as _, Carriers, Finding};
use crate::server::line_secrets;
use crate::server::store::{CarrierLine, Store as _};

/// Ask the carrier for its settings.
#[derive(Debug, Args)]
pub(in crate::cli) struct Test {
    #[command(flatten)]
    database: DatabaseArg,
    /// Where the carrier reaches this backend, as in `https://comeback.example`: scheme, host and perhaps a port.
    #[arg(long, env = "COMEBACK_PUBLIC_URL")]
    public_url: String,
    #[command(flatten)]
    egress: EgressArgs,
    /// First put our addresses where the carrier looks for them: the webhook, and the fallback for when it fails. Where
    /// the address of another program stands, nothing is written.
    #[arg(long)]
    set: bool,
    /// With --set: write it although another address stands there. What stood there is printed whole, so that it can be
    /// put back.
    #[arg(long, requires = "set")]
    replace: bool,
    /// Only this number.
    number: Option<String>,
}

/// What did not go well.
#[derive(Default)]
struct Count {
    /// Numbers that were to be set and were not.
    unset: usize,
    /// Settings that are wrong, and of how many numbers.
    wrong: usize,
    numbers: usize,
}

impl Test {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let public_url = public_url::parse(&self.public_url)?;
        let carrier = Carriers::new(&self.egress.open()?);
        let number = self.number.as_deref().map(parse).transpose()?;
        let all = self.database.open()?.lines().await?;
        let asked = |line: &&CarrierLine| number.as_ref().is_none_or(|number| line.number == *number);
        let lines: Vec<&CarrierLine> = all.iter().filter(asked).collect();
        anyhow::ensure!(!lines.is_empty(), "no such number is set up: comeback line add");
        let mut count = Count::default();
        for line in lines {
            say(line.number.as_str());
            let line = match line_secrets::open(line).await {
                Ok(line) => line,
                Err(why) => {
                    count.looks_wrong(1);
                    say(&format!("  WRONG secret: {why}"));
                    continue;
                }
            };
            if self.set {
                match carrier.set(&line, &public_url, self.replace).await {
                    Ok(what) => say(&format!("  set   {what}")),
                    Err(e) => {
                        count.unset += 1;
                        say(&format!("  NOT SET: {e}"));
                    }
                }
            }
            let mut findings = carrier.check(&line, &public_url).await;
            findings.extend(add::shares(&all, &line.number, line.service.as_deref()).map(shared));
            count.looks_wrong(findings.iter().filter(|f| !f.ok).count());
            for finding in findings {
                let mark = if finding.ok { "ok   " } else { "WRONG" };
                say(&format!("  {mark} {}: {}", finding.setting, finding.says));
            }
        }
        count.told()
    }
}

impl Count {
    /// One more number, of which so many settings are wrong.
    fn looks_wrong(&mut self, wrong: usize) {
        self.wrong += wrong;
        self.numbers += usize::from(wrong > 0);
    }

    /// An error when a number was not set, or is not as it should be.
    fn told(&self) -> anyhow::Result<()> {
        let Self { unset, wrong, numbers } = self;
        let wrong =
            (*wrong > 0).then(|| format!("{wrong} setting(s) of {numbers} number(s) are wrong, marked WRONG above"));
        let unset = (*unset > 0).then(|| {
            format!("{unset} number(s) were not set, marked NOT SET above; name a number to set that one alone")
        });
        let told: Vec<String> = unset.into_iter().chain(wrong).collect();
        anyhow::ensure!(told.is_empty(), "{}", told.join("; and "));
        Ok(())
    }
}

/// Two lines of one messaging service, as an earlier version let them be set up.
fn shared(other: &Address) -> Finding {
    let says = format!(
        "{} sends by the same messaging service, which may let a text of this line leave from that one: comeback line add \
         this number again without --service",
        other.as_str()
    );
    Finding { setting: "messaging service".to_owned(), ok: false, says }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_was_not_set_is_an_error_like_one_that_is_set_up_wrongly() {
        let told = |unset, wrong, numbers| Count { unset, wrong, numbers }.told().err().map(|e| e.to_string());
        assert_eq!(told(0, 0, 0), None);
        assert_eq!(told(0, 3, 2).as_deref(), Some("3 setting(s) of 2 number(s) are wrong, marked WRONG above"));
        let unset = told(1, 0, 0).unwrap();
        assert!(unset.starts_with("1 number(s) were not set, marked NOT SET above"), "{unset}");
        let both = told(1, 2, 1).unwrap();
        assert!(both.starts_with("1 number(s) were not set") && both.contains("2 setting(s) of 1 number(s)"), "{both}");
    }
}

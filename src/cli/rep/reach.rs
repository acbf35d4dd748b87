//! `comeback rep reach`: where alerts reach a rep beside the client.

use std::io::{IsTerminal as _, Read as _};

use crate::cli::{DatabaseArg, say, warn};
use crate::domain::alert::reachable::{Known, unreachable};
use crate::domain::contact::Address;
use crate::domain::id::RepId;
use crate::domain::safe_text::SafeText;
use crate::server::store::notice::{NoticeStore as _, Reach};
use crate::server::store::{Store as _, StoreError};

/// Two lines are all that is read.
const LONGEST: u64 = 1024;

/// Who is reached how, without the numbers themselves.
pub(super) async fn list(database: &DatabaseArg) -> anyhow::Result<()> {
    let store = database.open()?;
    let reaches = store.reaches().await?;
    if reaches.is_empty() {
        say("nobody's phone or mailbox is known: comeback rep reach NAME");
    }
    for reach in &reaches {
        let phone =
            reach.phone.as_ref().map_or_else(|| "no phone".to_owned(), |phone| format!("phone …{}", tail(phone)));
        let email = if reach.email.is_some() { "a mailbox" } else { "no mailbox" };
        let stopped = reach.stopped.map_or_else(String::new, |at| format!("; pages stopped by STOP since {at}"));
        say(&format!("{:<12} {phone}, {email}{stopped}", reach.rep.as_str()));
    }
    if let Some(playbook) = store.playbook().await? {
        let known = |rep: &RepId| known(&reaches, rep);
        for finding in unreachable(&playbook, Some(&known)) {
            say(&format!("risky: {}; {}", finding.what, finding.remedy));
        }
    }
    Ok(())
}

/// Replaces a rep's phone and mailbox by what comes on standard input.
pub(super) async fn set(database: &DatabaseArg, rep: RepId, forget: bool) -> anyhow::Result<()> {
    let store = database.open()?;
    let playbook = store.playbook().await?;
    let known = store.reaches().await?;
    // Auditors are mailed reports.
    let in_playbook = playbook.is_some_and(|p| p.reps.contains_key(&rep) || p.auditors.contains_key(&rep));
    anyhow::ensure!(
        in_playbook || known.iter().any(|reach| reach.rep == rep),
        "there is no rep or auditor \"{rep}\" in the playbook; nothing was changed"
    );
    let (phone, email) = if forget { (None, None) } else { read()? };
    let before = known.into_iter().find(|reach| reach.rep == rep);
    let phone = match phone {
        Some(text) => {
            // A name may send texts, and get none.
            let phone = Address::parse(&text).ok().filter(|phone| phone.as_str().starts_with('+'));
            let wrong =
                || anyhow::anyhow!("the first line is not a phone number like +15550100100; nothing was changed");
            Some(phone.ok_or_else(wrong)?)
        }
        None => None,
    };
    if let Some(email) = &email {
        let good = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        anyhow::ensure!(
            good && !email.contains(char::is_whitespace),
            "the second line is not a mail address; nothing was changed"
        );
    }
    // The same phone stays stopped; another one's owner did not text STOP.
    let stopped = before.filter(|before| before.phone == phone).and_then(|before| before.stopped);
    let reach = Reach { rep, phone, email, stopped };
    match store.put_reach(&reach).await {
        Err(StoreError::Conflict(_)) => anyhow::bail!("another rep has this phone already; nothing was changed"),
        done => done?,
    }
    let what = match (reach.phone.is_some(), reach.email.is_some()) {
        (true, true) => "a phone and a mailbox are known",
        (true, false) => "a phone is known",
        (false, true) => "a mailbox is known",
        (false, false) => "neither phone nor mailbox is known any more",
    };
    say(&format!("{}: {what}", reach.rep));
    Ok(())
}

/// What is known of a rep, for the question who cannot be reached.
pub(in crate::cli) fn known(reaches: &[Reach], rep: &RepId) -> Known {
    let reach = reaches.iter().find(|reach| reach.rep == *rep);
    Known {
        phone: reach.is_some_and(|reach| reach.phone.is_some()),
        stopped: reach.is_some_and(|reach| reach.stopped.is_some()),
        email: reach.is_some_and(|reach| reach.email.is_some()),
    }
}

fn read() -> anyhow::Result<(Option<String>, Option<String>)> {
    if std::io::stdin().is_terminal() {
        warn("their phone on one line and their mail address on the next, each empty for none; then Ctrl-D:");
    }
    let mut text = String::new();
    std::io::stdin().take(LONGEST).read_to_string(&mut text)?;
    anyhow::ensure!(
        !text.trim().is_empty(),
        "nothing came on standard input; give the phone on one line and the mail address on the next, or --forget"
    );
    let mut lines = text.lines().map(|line| SafeText::line(line).as_str().trim().to_owned());
    let mut next = || lines.next().filter(|line| !line.is_empty());
    let (phone, email) = (next(), next());
    Ok((phone, email))
}

fn tail(phone: &Address) -> &str {
    let text = phone.as_str();
    text.get(text.len().saturating_sub(2)..).unwrap_or_default()
}

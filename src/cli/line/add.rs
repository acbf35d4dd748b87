//! `comeback line add`: what each carrier needs of a number.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use super::{parse, say, sid};
use crate::cli::{DatabaseArg, secret_from_stdin, warn};
use crate::config::secret::Source;
use crate::domain::contact::Address;
use crate::server::carrier::generic::Generic;
use crate::server::carrier::telnyx::signature::public_key;
use crate::server::carrier::telnyx::{self, Telnyx};
use crate::server::carrier::twilio::Twilio;
use crate::server::notify::standard::Secret;
use crate::server::store::{CarrierLine, LineExtra, Store as _};

/// The variables that may hold the secret, and the other one while it is changed.
const VARIABLES: [&str; 2] = ["COMEBACK_LINE_TOKEN", "COMEBACK_LINE_TOKEN_OTHER"];

/// Who carries a number's texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Twilio.
    Twilio,
    /// Telnyx.
    Telnyx,
    /// Any other, by signed webhooks: assets/docs/carriers.md.
    Generic,
}

/// Set a number up.
#[derive(Debug, Args)]
pub(in crate::cli) struct Add {
    #[command(flatten)]
    database: DatabaseArg,
    /// Our number, as in the playbook: +16465550100
    number: String,
    /// Who carries its texts.
    #[arg(long, value_enum, default_value = "twilio")]
    carrier: Kind,
    /// Twilio's account (AC and 32 hexadecimal digits), Telnyx's messaging profile, or a name of yours for another
    /// carrier.
    #[arg(long)]
    account: String,
    /// Twilio's messaging service the number is in, if it is in one: MG and 32 hexadecimal digits.
    #[arg(long)]
    service: Option<String>,
    /// Telnyx's public key, as its portal shows it; two while it is changed.
    #[arg(long, value_name = "BASE64")]
    public_key: Vec<String>,
    /// Where another carrier takes our sends.
    #[arg(long, value_name = "URL")]
    send_url: Option<String>,
    /// Where another carrier is asked for its list, if it has one.
    #[arg(long, value_name = "URL")]
    list_url: Option<String>,
    /// Read the secret from standard input (Twilio's auth token, Telnyx's API key, another carrier's whsec_…); while it
    /// is changed, two lines: the one in use first. Without this and without a place it comes from `COMEBACK_LINE_TOKEN`,
    /// and the other one from `COMEBACK_LINE_TOKEN_OTHER`. The database keeps a copy of what comes so.
    #[arg(long)]
    token_stdin: bool,
    /// A file with the secret, which stays there: the database keeps where it is, and the backend reads it. Given twice while
    /// it is changed, the one in use first; or with two lines in it.
    #[arg(long, value_name = "FILE", conflicts_with = "token_stdin")]
    token_file: Vec<PathBuf>,
    /// The secret's name in the keyring, where it stays; given twice while it is changed, the one in use first.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["token_stdin", "token_file"])]
    token_keyring: Vec<String>,
    /// The variable with the secret in the environment of the backend, where it stays; given twice while it is changed, the
    /// one in use first. It must be set here as well.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["token_stdin", "token_file", "token_keyring"])]
    token_env: Vec<String>,
    /// How long Twilio tries to deliver a text, as in 4h, 90m: a sales answer that comes hours late is worse than one that
    /// fails. At most 10h; without this 4h.
    #[arg(long, value_name = "SPAN", value_parser = valid)]
    valid_for: Option<u32>,
    /// Where the carrier's API is; for tests against an emulator.
    #[arg(long)]
    api: Option<String>,
}

/// Another line that sends by the same messaging service.
pub(super) fn shares<'a>(lines: &'a [CarrierLine], number: &Address, service: Option<&str>) -> Option<&'a Address> {
    let same = |line: &&CarrierLine| line.number != *number && service.is_some() && line.service.as_deref() == service;
    lines.iter().find(same).map(|line| &line.number)
}

impl Add {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let number = parse(&self.number)?;
        let (provider, api) = self.checked()?;
        let store = self.database.open()?;
        if let Some(other) = shares(&store.lines().await?, &number, self.service.as_deref()) {
            anyhow::bail!(
                "{} sends by this messaging service already. The service chooses among the numbers of its pool, so that a \
                 text of this line could leave from that one, also while it is stopped. Leave --service out: the line then \
                 sends from its own number, which may stay in the pool. Nothing was changed",
                other.as_str()
            );
        }
        let Given { tokens, values } = self.secrets()?;
        for secret in values.iter().filter(|_| self.carrier == Kind::Generic) {
            Secret::parse(secret)?;
        }
        let places: Vec<String> = tokens.iter().filter_map(|kept| Source::parse(kept)).map(|s| s.to_string()).collect();
        let playbook = store.playbook().await?;
        let in_playbook =
            playbook.is_some_and(|p| p.line_of(&number).is_some() || p.alerting.pages_from(&number).is_some());
        let extra = LineExtra { keys: self.public_key, list: self.list_url, valid_seconds: self.valid_for };
        let provider = provider.to_owned();
        store
            .put_line(&CarrierLine {
                number,
                provider,
                account: self.account,
                tokens,
                service: self.service,
                api,
                extra,
            })
            .await?;
        say("set up. Check the carrier's side with: comeback line test --database … --public-url https://…");
        let kept = match places.as_slice() {
            [] => "a copy of its secret is in the database; --token-file, --token-keyring or --token-env keep it out"
                .to_owned(),
            all => format!("its secret stays in {}: the backend must be able to read it", all.join(" and in ")),
        };
        say(&format!("  {kept}"));
        if !in_playbook {
            say(
                "note: the playbook in force has no [line] with this number; its texts will take the ladder for unowned replies",
            );
        }
        Ok(())
    }

    /// What is said fits the carrier; its kind, and where it is asked.
    fn checked(&self) -> anyhow::Result<(&'static str, String)> {
        let only = |given: bool, what: &str, of: &str| {
            anyhow::ensure!(!given, "{what} is for {of} only: leave it out, or say --carrier {of}");
            Ok(())
        };
        let (twilio, telnyx, generic) =
            (self.carrier == Kind::Twilio, self.carrier == Kind::Telnyx, self.carrier == Kind::Generic);
        only(!twilio && self.service.is_some(), "--service", "twilio")?;
        only(!twilio && self.valid_for.is_some(), "--valid-for", "twilio")?;
        only(!telnyx && !self.public_key.is_empty(), "--public-key", "telnyx")?;
        only(!generic && self.send_url.is_some(), "--send-url", "generic")?;
        only(!generic && self.list_url.is_some(), "--list-url", "generic")?;
        match self.carrier {
            Kind::Twilio => {
                sid("AC", "an account", &self.account)?;
                self.service.as_deref().map_or(Ok(()), |service| sid("MG", "a messaging service", service))?;
                Ok((Twilio::KIND, self.api.clone().unwrap_or_else(|| "https://api.twilio.com".to_owned())))
            }
            Kind::Telnyx => {
                let keys = &self.public_key;
                anyhow::ensure!(
                    !keys.is_empty(),
                    "--public-key is missing: webhooks are checked with it; Telnyx's portal shows it under Keys & Credentials"
                );
                let good = keys.iter().all(|key| public_key(key).is_some());
                anyhow::ensure!(good, "--public-key is the base64 of 32 bytes, as Telnyx's portal shows it");
                let plain = !self.account.is_empty() && !self.account.starts_with("KEY");
                anyhow::ensure!(plain, "--account is the messaging profile's id, not a key");
                Ok((Telnyx::KIND, self.api.clone().unwrap_or_else(|| telnyx::API.to_owned())))
            }
            Kind::Generic => {
                let Some(url) = &self.send_url else {
                    anyhow::bail!("--send-url is missing: where are sends posted? See assets/docs/carriers.md")
                };
                anyhow::ensure!(!self.account.is_empty(), "--account is a name of yours for this carrier");
                reached(url).context("--send-url")?;
                self.list_url.as_deref().map_or(Ok(()), reached).context("--list-url")?;
                Ok((Generic::KIND, url.clone()))
            }
        }
    }

    /// The secret in use, and the other one while it is changed. Never an argument: those stand in process lists.
    fn secrets(&self) -> anyhow::Result<Given> {
        if self.token_stdin {
            let tokens = from_stdin(match self.carrier {
                Kind::Twilio => "Paste the account's primary auth token",
                Kind::Telnyx => "Paste the API key",
                Kind::Generic => "Paste the signing secret (whsec_…)",
            })?;
            return Ok(Given { values: tokens.clone(), tokens });
        }
        let places = self.places()?;
        let (mut tokens, mut values) = (Vec::new(), Vec::new());
        if places.is_empty() {
            let set = VARIABLES.iter().filter_map(|name| std::env::var(name).ok());
            tokens.extend(set.map(|text| text.trim().to_owned()).filter(|token| !token.is_empty()));
            values.clone_from(&tokens);
        }
        for place in places {
            // Read once, to see that it can be.
            values.extend(place.read_all()?.iter().map(|secret| secret.expose().to_owned()));
            tokens.push(place.written());
        }
        anyhow::ensure!(
            !values.is_empty() && values.len() <= 2,
            "{} secrets were given: one, or two while it is changed, by --token-stdin, --token-file, --token-keyring, \
             --token-env or {}",
            values.len(),
            VARIABLES[0]
        );
        Ok(Given { tokens, values })
    }

    /// Where the secret stays, when a place was named. The backend runs in another folder: a file is named from the root.
    fn places(&self) -> anyhow::Result<Vec<Source>> {
        let mut places = Vec::new();
        for file in &self.token_file {
            let whole = std::path::absolute(file).with_context(|| format!("{} cannot be read", file.display()))?;
            anyhow::ensure!(whole.to_str().is_some(), "{}: its name is no text", file.display());
            places.push(Source::File(whole));
        }
        places.extend(self.token_keyring.iter().cloned().map(Source::Keyring));
        places.extend(self.token_env.iter().cloned().map(Source::Env));
        Ok(places)
    }
}

/// Secrets as they are kept, and what they are.
struct Given {
    tokens: Vec<String>,
    values: Vec<String>,
}

/// How long a text may be tried, in seconds, within what Twilio takes.
fn valid(text: &str) -> Result<u32, String> {
    let span = crate::config::text::duration(text);
    let seconds = span.and_then(|span| u32::try_from(span.as_millis() / 1000).ok());
    seconds.filter(|s| (1..=36_000).contains(s)).ok_or_else(|| "from 1s to 10h".to_owned())
}

/// An address that texts may be posted to: encrypted, or this machine's own.
fn reached(url: &str) -> anyhow::Result<()> {
    let url = url::Url::parse(url).context("this is no address")?;
    let here = url.host_str().is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host));
    anyhow::ensure!(
        url.scheme() == "https" || here && url.scheme() == "http",
        "buyers' words would be posted in the clear: use https"
    );
    anyhow::ensure!(url.username().is_empty() && url.password().is_none(), "no name or password stands in it");
    Ok(())
}

/// One secret, or two while they are changed. Somebody who types ends the list with an empty line.
fn from_stdin(what: &str) -> anyhow::Result<Vec<String>> {
    let mut tokens = vec![secret_from_stdin(what)?];
    if std::io::stdin().is_terminal() {
        warn("While it is changed, paste the other one; otherwise just press Enter:");
    }
    let mut other = String::new();
    std::io::stdin().read_line(&mut other)?;
    tokens.extend(Some(other.trim().to_owned()).filter(|token| !token.is_empty()));
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(carrier: Kind, account: &str) -> Add {
        Add {
            database: DatabaseArg { database: PathBuf::new() },
            number: "+16465550100".to_owned(),
            carrier,
            account: account.to_owned(),
            service: None,
            public_key: Vec::new(),
            send_url: None,
            list_url: None,
            token_stdin: true,
            token_file: Vec::new(),
            token_keyring: Vec::new(),
            token_env: Vec::new(),
            valid_for: None,
            api: None,
        }
    }

    fn says(add: &Add) -> String {
        add.checked().err().map(|e| format!("{e:#}")).unwrap_or_default()
    }

    #[test]
    fn of_two_lines_in_one_messaging_service_the_second_is_told_to_send_from_its_own_number() {
        let line = |number: &str, service: Option<&str>| CarrierLine {
            number: Address::parse(number).unwrap(),
            provider: "twilio".to_owned(),
            account: "AC1".to_owned(),
            tokens: Vec::new(),
            service: service.map(str::to_owned),
            api: String::new(),
            extra: LineExtra::default(),
        };
        let lines = [line("+14155550100", Some("MG1")), line("+14155550101", None)];
        let asks = |number: &str, service| shares(&lines, &Address::parse(number).unwrap(), service).is_some();
        assert!(asks("+14155550102", Some("MG1")));
        assert!(!asks("+14155550102", Some("MG2")) && !asks("+14155550102", None));
        assert!(!asks("+14155550100", Some("MG1")), "the same line is set up again");
    }

    #[test]
    fn each_carrier_is_told_what_it_lacks_and_what_is_not_its() {
        let key = "MCowBQYDK2VwAyEA";
        let good = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        let telnyx = |keys: &[&str]| Add {
            public_key: keys.iter().map(|k| (*k).to_owned()).collect(),
            ..add(Kind::Telnyx, "16fd2706-8baf-433b-82eb-8c7fada847da")
        };
        let generic = |send: &str, list: Option<&str>| Add {
            send_url: Some(send.to_owned()),
            list_url: list.map(str::to_owned),
            ..add(Kind::Generic, "acme")
        };
        for (add, wanted) in [
            (add(Kind::Twilio, "AC1"), "an account is AC and 32"),
            (add(Kind::Telnyx, "x"), "--public-key is missing"),
            (telnyx(&[key]), "the base64 of 32 bytes"),
            (telnyx(&[good]), ""),
            (Add { service: Some("MG1".to_owned()), ..telnyx(&[good]) }, "--service is for twilio only"),
            (Add { account: "KEY0123".to_owned(), ..telnyx(&[good]) }, "not a key"),
            (add(Kind::Generic, "acme"), "--send-url is missing"),
            (generic("http://carrier.example/send", None), "use https"),
            (generic("carrier", None), "no address"),
            (generic("https://me:pw@carrier.example/send", None), "no name or password"),
            (generic("https://carrier.example/send", Some("ftp://carrier.example")), "--list-url"),
            (generic("https://carrier.example/send", Some("https://carrier.example/list")), ""),
            (generic("http://127.0.0.1:9/send", None), ""),
            (Add { public_key: vec![good.to_owned()], ..generic("https://c.example/", None) }, "for telnyx only"),
        ] {
            let said = says(&add);
            assert!(said.contains(wanted) && wanted.is_empty() == said.is_empty(), "{said:?}: {wanted:?}");
            assert!(!said.contains("KEY0123") && !said.contains("pw"), "{said}");
        }
    }
}

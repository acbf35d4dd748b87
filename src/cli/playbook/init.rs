//! `comeback playbook init`: a first playbook from a few questions and the CRM's people.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use clap::Args;

use crate::cli::egress::EgressArgs;
use crate::cli::secret::CrmTokenArgs;
use crate::cli::{say, warn};
use crate::clock::{Clock as _, SystemClock};
use crate::config::playbook::read;
use crate::config::playbook::template::{Answers, written};
use crate::config::text::duration;
use crate::domain::contact::Address;
use crate::domain::context::Card;
use crate::domain::findings;
use crate::domain::hours::Window;
use crate::domain::id::RepId;
use crate::domain::safe_text::SafeText;
use crate::domain::time::Span;
use crate::server::crm::directory::{Directory, people_of};
use crate::server::crm::files::books;

/// Most people taken over from a CRM: more are no team.
const MOST: usize = 500;

/// Write a first playbook: a commented file with nothing wrong in it.
///
/// It asks for what the options leave open; an empty answer takes what is offered.
#[derive(Debug, Args)]
pub(in crate::cli) struct Init {
    /// Where the people come from: the address of a CRM as `serve` reads it, or a file or a folder with its contacts.json.
    #[arg(long, value_name = "FOLDER|URL")]
    crm: Option<String>,
    #[command(flatten)]
    crm_token: CrmTokenArgs,
    #[command(flatten)]
    egress: EgressArgs,
    /// The file to write.
    #[arg(long, default_value = "playbook.toml")]
    out: PathBuf,
    /// Replace a file that is there.
    #[arg(long)]
    force: bool,
    /// Ask nothing: take what is offered.
    #[arg(long)]
    yes: bool,
    /// Whose playbook it is.
    #[arg(long)]
    company: Option<String>,
    /// What the team is called.
    #[arg(long)]
    team: Option<String>,
    /// Where it is, as in `America/New_York`.
    #[arg(long)]
    zone: Option<String>,
    /// Opening hours of a working day, as in 09:00-17:00; several with a comma.
    #[arg(long)]
    hours: Option<String>,
    /// Our numbers, as in +15550100100; several with a comma.
    #[arg(long)]
    number: Option<String>,
    /// Somebody who answers, by the short name that the CRM calls them; may be given again. They join the CRM's people.
    #[arg(long, value_name = "NAME")]
    rep: Vec<String>,
    /// Who leads the team.
    #[arg(long)]
    lead: Option<String>,
    /// Open time until a buyer's first answer is due.
    #[arg(long, value_name = "SPAN")]
    due: Option<String>,
}

impl Init {
    pub(in crate::cli) async fn run(self) -> anyhow::Result<()> {
        let out = self.out.display().to_string();
        anyhow::ensure!(
            self.force || !self.out.exists(),
            "{out} is there already. Nothing was written; --force replaces it, --out names another"
        );
        let mut people = self.people().await?;
        for rep in &self.rep {
            people.entry(RepId::new(rep.trim())).or_insert_with(|| "AE".to_owned());
        }
        let ask = Asking { yes: self.yes };
        let here = here();
        let company = ask.about("company", self.company.as_ref(), "Our company", plain)?;
        let team = ask.about("team", self.team.as_ref(), "Sales", plain)?;
        let zone = ask.about("zone", self.zone.as_ref(), here.name(), zone)?;
        let hours = ask.about("opening hours of a working day", self.hours.as_ref(), "09:00-17:00", hours)?;
        let numbers = ask.about("our numbers", self.number.as_ref(), "+15550100100", numbers)?;
        if people.is_empty() {
            let nobody = if self.yes { NOBODY } else { AT_LEAST_ONE };
            let names = |text: &str| names(text).ok_or_else(|| nobody.to_owned());
            let names = ask.about("short names of who answers, with a comma", None, "", names)?;
            people.extend(names.into_iter().map(|rep| (rep, "AE".to_owned())));
        }
        let first = people.keys().next().cloned().unwrap_or_else(|| RepId::new(""));
        let known: Vec<String> = people.keys().map(RepId::to_string).collect();
        let lead = ask.about("who leads the team", self.lead.as_ref(), first.as_str(), |text| {
            let found = people.contains_key(&RepId::new(text)).then(|| RepId::new(text));
            found.ok_or_else(|| format!("there is nobody of that name: there are {}", known.join(", ")))
        })?;
        let due = ask.about("open time until a first answer is due", self.due.as_ref(), "15m", due)?;
        let now = SystemClock.now();
        let answers = Answers { company, team, zone, hours, numbers, people, lead, due };
        let source = written(&answers, now);
        let playbook = read(&out, &source)?;
        let (found, _) = findings::of(&playbook, now);
        anyhow::ensure!(found.iter().all(|f| !f.wrong), "what was answered makes no sound playbook: {found:?}");
        write(&self.out, &source, self.force).map_err(|e| anyhow::anyhow!("{out} cannot be written: {e}"))?;
        say(&format!(
            "{out}: {} people, {} number(s), nothing wrong in it{}. Read it, change it, then: comeback playbook check {out}",
            answers.people.len(),
            answers.numbers.len(),
            if found.is_empty() { "" } else { ", but what stands below" },
        ));
        for risk in &found {
            say(&format!("risky: {}; {}", risk.what, risk.remedy));
        }
        Ok(())
    }

    /// Everybody the CRM says owns something, with what they seem to be.
    async fn people(&self) -> anyhow::Result<BTreeMap<RepId, String>> {
        let Some(crm) = &self.crm else { return Ok(BTreeMap::new()) };
        let cards = if crm.starts_with("http://") || crm.starts_with("https://") {
            Directory::new(self.egress.open()?, crm, self.crm_token.token()?)?.people().await?
        } else if matches!(crm.as_str(), "hubspot" | "salesforce") {
            anyhow::bail!(
                "who works with {crm} is not read by this command. Export its contacts with their owners as tables \
                 (assets/docs/crm.md) and say --crm files=FOLDER, or name people with --rep. Nothing was written"
            );
        } else {
            let path = Path::new(crm.strip_prefix("files=").unwrap_or(crm));
            if path.is_dir() {
                let books = books::read(path, &BTreeMap::new());
                books.map_err(|e| anyhow::anyhow!("cannot read the tables in {}: {e}", path.display()))?.cards()
            } else {
                let bytes = std::fs::read(path).map_err(|e| anyhow::anyhow!("cannot read {}: {e}", path.display()))?;
                people_of(&bytes)?
            }
        };
        let people = seen(&cards);
        anyhow::ensure!(
            people.len() <= MOST,
            "the CRM names {} owners, more than a team has. Nothing was written; name yours with --rep instead of --crm",
            people.len()
        );
        say(&format!("the CRM names {} people who own something", people.len()));
        Ok(people)
    }
}

/// Owners, and what they are on deals.
fn seen(cards: &[Card]) -> BTreeMap<RepId, String> {
    let mut people: BTreeMap<RepId, String> = BTreeMap::new();
    let mut see = |rep: Option<&RepId>, title: &str| {
        if let Some(rep) = rep.filter(|rep| !rep.as_str().trim().is_empty()) {
            let known = people.entry(rep.clone()).or_default();
            if known.is_empty() {
                title.clone_into(known);
            }
        }
    };
    for card in cards {
        see(card.owner.as_ref(), "AE");
        see(card.account.as_ref().and_then(|account| account.owner.as_ref()), "AE");
        see(card.opportunity.as_ref().and_then(|deal| deal.owner.as_ref()), "AE");
    }
    for card in cards {
        for member in card.opportunity.iter().flat_map(|deal| &deal.team) {
            see(Some(&member.rep), SafeText::line(&member.role).as_str());
        }
        see(card.sdr.as_ref(), "SDR");
    }
    people
}

/// Questions, and their answers from options, from a person, or as offered.
struct Asking {
    yes: bool,
}

impl Asking {
    /// An option that cannot be meant is an error; a person is asked again.
    fn about<T>(
        &self,
        what: &str,
        said: Option<&String>,
        offered: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> anyhow::Result<T> {
        let told = |e: String| anyhow::anyhow!("{what}: {e}. Nothing was written");
        if let Some(said) = said {
            return read(said.trim()).map_err(told);
        }
        if self.yes {
            return read(offered).map_err(told);
        }
        loop {
            warn(&format!("{what} [{offered}]:"));
            let mut line = String::new();
            let ended = std::io::stdin().read_line(&mut line)? == 0;
            let answer = if line.trim().is_empty() { offered } else { line.trim() };
            match read(answer) {
                Ok(answer) => return Ok(answer),
                Err(e) if ended => return Err(told(e)),
                Err(e) => warn(&e),
            }
        }
    }
}

fn plain(text: &str) -> Result<String, String> {
    let line = SafeText::line(text).as_str().trim().to_owned();
    if line.is_empty() { Err("this needs a name".to_owned()) } else { Ok(line) }
}

fn zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| format!("\"{text}\" is no zone: write it America/New_York"))
}

fn hours(text: &str) -> Result<Vec<String>, String> {
    let one = |text: &str| text.trim().parse::<Window>().map(|window| window.to_string());
    let hours: Result<Vec<String>, _> = text.split(',').map(one).collect();
    hours.map_err(|e| e.to_string())
}

fn numbers(text: &str) -> Result<Vec<Address>, String> {
    let one = |text: &str| {
        let address = Address::parse(text.trim()).ok().filter(|address| address.as_str().starts_with('+'));
        address.ok_or_else(|| "a number is written +15550100100".to_owned())
    };
    let numbers: Vec<Address> = text.split(',').map(one).collect::<Result<_, _>>()?;
    let twice = numbers.iter().enumerate().any(|(at, number)| numbers[..at].contains(number));
    if twice { Err("a number stands there twice".to_owned()) } else { Ok(numbers) }
}

/// Said where nobody can be asked.
const NOBODY: &str = "nobody would answer; name a CRM with --crm, or people with --rep NAME";
/// Said to whoever is asked.
const AT_LEAST_ONE: &str = "type at least one, as in maya, ben";

/// None when nobody is named.
fn names(text: &str) -> Option<Vec<RepId>> {
    let names: Vec<RepId> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(RepId::from).collect();
    (!names.is_empty()).then_some(names)
}

fn due(text: &str) -> Result<Span, String> {
    let span = duration(text).filter(|span| (Span::minutes(1)..=Span::minutes(7 * 24 * 60)).contains(span));
    span.ok_or_else(|| "write it 15m or 2h, from a minute to a week".to_owned())
}

/// This machine's zone, as far as it says so.
fn here() -> Tz {
    let named = std::env::var("TZ").ok().and_then(|name| name.parse().ok());
    let linked = || {
        let link = std::fs::read_link("/etc/localtime").ok()?;
        link.to_str()?.split_once("zoneinfo/")?.1.parse().ok()
    };
    named.or_else(linked).unwrap_or(Tz::UTC)
}

/// A new file never replaces one that came meanwhile.
fn write(path: &Path, source: &str, force: bool) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).mode(0o644);
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    options.open(path)?.write_all(source.as_bytes())
}

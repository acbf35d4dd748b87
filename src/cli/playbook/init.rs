//! `comeback playbook init`: a first playbook from a few questions and the CRM's people.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use clap::Args;

use crate::cli::crm::login::CrmLogin;
use crate::cli::egress::EgressArgs;
use crate::cli::{DatabaseArg, parse_database, say, warn};
use crate::clock::{Clock as _, SystemClock};
use crate::config::diagnose::nearest;
use crate::config::playbook::read;
use crate::config::playbook::template::{Answers, written};
use crate::config::text::duration;
use crate::domain::contact::Address;
use crate::domain::findings;
use crate::domain::hours::Window;
use crate::domain::id::RepId;
use crate::domain::safe_text::SafeText;
use crate::domain::time::Span;
use crate::server::store::notice::{NoticeStore as _, Reach};
use people::Person;

mod people;

/// Most people taken over from a CRM: more are no team.
const MOST: usize = 500;

/// How many names are listed.
const LISTED: usize = 40;

/// What says that it has fewer columns is no terminal that somebody reads.
const NARROWEST: u16 = 20;

/// Every one of the CRM's people.
const ALL: &str = "all";

/// Write a first playbook: a commented file with nothing wrong in it.
///
/// It asks for what the options leave open; an empty answer takes what is offered.
#[derive(Debug, Args)]
pub(in crate::cli) struct Init {
    /// Where the people come from: a CRM as `serve` names it (`hubspot`, `salesforce`, an emulator's as
    /// `hubspot=http://127.0.0.1:…`, the address of a JSON directory), or a file or a folder with its contacts.
    #[arg(long, value_name = "hubspot|salesforce|files=FOLDER|URL")]
    crm: Option<String>,
    #[command(flatten)]
    login: CrmLogin,
    #[command(flatten)]
    egress: EgressArgs,
    /// Who of the CRM's people answers buyers, by short name; may be given again, or with commas. Left out, all of them.
    #[arg(long, value_name = "NAME", value_delimiter = ',', requires = "crm")]
    only: Vec<String>,
    /// Keep their mail addresses in this database, too, as `comeback rep reach` does: by them the CRM's owners are told to
    /// be these people. A playbook holds none.
    #[arg(long, value_name = "sqlite:PATH", value_parser = parse_database, requires = "crm")]
    reach: Option<PathBuf>,
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
        let ask = Asking { yes: self.yes };
        let mut people = self.people(&ask).await?;
        for rep in &self.rep {
            people.entry(RepId::new(rep.trim())).or_insert_with(Person::named);
        }
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
            people.extend(names.into_iter().map(|rep| (rep, Person::named())));
        }
        let first = people.keys().next().cloned().unwrap_or_else(|| RepId::new(""));
        let lead = ask.about("who leads the team", self.lead.as_ref(), first.as_str(), |text| one_of(text, &people))?;
        let due = ask.about("open time until a first answer is due", self.due.as_ref(), "15m", due)?;
        let now = SystemClock.now();
        let names = people.iter().filter_map(|(rep, person)| Some((rep.clone(), person.name.clone()?))).collect();
        let titles = people.iter().map(|(rep, person)| (rep.clone(), person.title.clone())).collect();
        let answers = Answers { company, team, zone, hours, numbers, people: titles, names, lead, due };
        let source = written(&answers, now);
        let playbook = read(&out, &source)?;
        let (found, _) = findings::of(&playbook, now);
        anyhow::ensure!(found.iter().all(|f| !f.wrong), "what was answered makes no sound playbook: {found:?}");
        let kept = self.keep(&people).await?;
        write(&self.out, &source, self.force).map_err(|e| anyhow::anyhow!("{out} cannot be written: {e}"))?;
        tell(&format!(
            "{out}: {}, {}, nothing wrong in it{}. Read it, change it, then:",
            counted(answers.people.len(), "person", "people"),
            counted(answers.numbers.len(), "number", "numbers"),
            if found.is_empty() { "" } else { ", but what stands below" },
        ));
        // Whole, so that it can be copied.
        say(&format!("  comeback playbook check {out}"));
        for risk in &found {
            tell(&format!("risky: {}; {}", risk.what, risk.remedy));
        }
        if let Some(kept) = kept {
            tell(&kept);
        }
        Ok(())
    }

    /// Everybody of the CRM who answers buyers.
    async fn people(&self, ask: &Asking) -> anyhow::Result<BTreeMap<RepId, Person>> {
        let found = self.found().await?;
        if self.crm.is_some() {
            tell(&found.said);
        }
        let all = found.people;
        let chosen = |text: &str| {
            let names = names(text).unwrap_or_default();
            names.iter().map(|name| one_of(name.as_str(), &all)).collect::<Result<Vec<RepId>, _>>()
        };
        let only = Some(self.only.join(",")).filter(|only| !only.is_empty());
        let asks = found.listed.is_some() && all.len() > 1;
        if only.is_none() && (!asks || self.yes) {
            return few(all);
        }
        tell(&format!("they are {}", listed(all.keys(), all.len())));
        let read = |text: &str| if text == ALL { Ok(all.keys().cloned().collect()) } else { chosen(text) };
        let reps = ask.about("who of them answers buyers, with a comma", only.as_ref(), ALL, read)?;
        few(all.into_iter().filter(|(rep, _)| reps.contains(rep)).collect())
    }

    /// Keeps their mail addresses where the backend finds them; what to tell of it.
    async fn keep(&self, people: &BTreeMap<RepId, Person>) -> anyhow::Result<Option<String>> {
        let mails = || people.iter().filter_map(|(rep, person)| Some((rep, person.mail.as_ref()?)));
        if mails().next().is_none() {
            return Ok(None);
        }
        let Some(database) = self.reach.clone() else {
            let how =
                "the CRM's owners are told to be these people by their mail addresses, which a playbook does not hold";
            return Ok(Some(format!(
                "{how}: comeback rep reach NAME for each, or --reach sqlite:PATH with this command"
            )));
        };
        let store = DatabaseArg { database }.open_or_make()?;
        let before = store.reaches().await?;
        let (mut kept, mut others) = (0, 0);
        for (rep, mail) in mails() {
            let known = before.iter().find(|reach| reach.rep == *rep);
            if known.is_some_and(|reach| reach.email.as_ref().is_some_and(|known| known != mail)) {
                others += 1;
                continue;
            }
            let (phone, stopped) = known.map_or((None, None), |reach| (reach.phone.clone(), reach.stopped));
            store.put_reach(&Reach { rep: rep.clone(), phone, email: Some(mail.clone()), stopped }).await?;
            kept += 1;
        }
        let others = match others {
            0 => String::new(),
            n => format!("; {n} had another one there, which stays: comeback rep reach NAME changes it"),
        };
        Ok(Some(format!("the mail addresses of {kept} people are kept in the database{others}")))
    }
}

/// No more than a team.
fn few(people: BTreeMap<RepId, Person>) -> anyhow::Result<BTreeMap<RepId, Person>> {
    anyhow::ensure!(
        people.len() <= MOST,
        "the CRM names {} people, more than a team has. Nothing was written; say who answers with --only, or name people \
         with --rep instead of --crm",
        people.len()
    );
    Ok(people)
}

/// One of these people.
fn one_of(text: &str, people: &BTreeMap<RepId, Person>) -> Result<RepId, String> {
    let rep = RepId::new(text.trim());
    if people.contains_key(&rep) {
        return Ok(rep);
    }
    let known: Vec<&str> = people.keys().map(RepId::as_str).collect();
    Err(match nearest(rep.as_str(), &known) {
        Some(near) => format!("there is nobody called \"{rep}\"; did you mean \"{near}\"?"),
        None => format!("there is nobody called \"{rep}\": there are {}", listed(people.keys(), people.len())),
    })
}

/// The first of them, and how many more there are.
fn listed<'r>(reps: impl Iterator<Item = &'r RepId>, all: usize) -> String {
    let named = reps.take(LISTED).map(RepId::as_str).collect::<Vec<_>>().join(", ");
    if all > LISTED { format!("{named} and {} more", all - LISTED) } else { named }
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
            ask(&format!("{what} [{offered}]:"));
            let mut line = String::new();
            let ended = std::io::stdin().read_line(&mut line)? == 0;
            let answer = if line.trim().is_empty() { offered } else { line.trim() };
            match read(answer) {
                Ok(answer) => return Ok(answer),
                Err(e) if ended => return Err(told(e)),
                Err(e) => ask(&e),
            }
        }
    }
}

/// A line for the person.
fn tell(text: &str) {
    say(&broken(text, std::io::stdout().is_terminal()));
}

/// The same where questions stand.
fn ask(text: &str) {
    warn(&broken(text, std::io::stderr().is_terminal()));
}

/// A terminal breaks lines within words: there it is broken between them, as wide as the terminal is.
fn broken(text: &str, on_terminal: bool) -> String {
    let size = on_terminal.then(crossterm::terminal::size).and_then(Result::ok);
    match size {
        Some((columns, _)) if columns >= NARROWEST => SafeText::whole(text).wrapped(usize::from(columns)).join("\n"),
        Some(_) | None => text.to_owned(),
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

/// `1 person`, `5 people`.
fn counted(n: usize, one: &str, several: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { several })
}

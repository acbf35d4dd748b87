//! `comeback demo`: everything in one process, on one emulated Tuesday.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use uuid::Uuid;

use super::emulate::tuesday_at_ten;
use super::{inbox, playbook, say, warn, world};
use crate::client::profile::{self, Lock, Profile};
use crate::clock::{Clock, PacedClock};
use crate::config;
use crate::config::playbook::example;
use crate::domain::alert::ChannelKind;
use crate::domain::contact::Address;
use crate::domain::id::{DeviceId, RepId, TeamId};
use crate::domain::playbook::{Playbook, Rep, Role};
use crate::domain::time::Span;
use crate::emulator::{self, Emulator, EmulatorConfig, Number};
use crate::server::backend::{Backend, Parts};
use crate::server::carrier::Carriers;
use crate::server::egress::{Allow, Egress};
use crate::server::http::auth::{new_token, token_hash};
use crate::server::measure::Projections;
use crate::server::notify::email::Mailer;
use crate::server::notify::{Given, Notifier};
use crate::server::store::notice::{NoticeStore as _, Reach};
use crate::server::store::sqlite::SqliteStore;
use crate::server::store::sqlite::serving::Serving;
use crate::server::store::{CarrierLine, LineExtra, Store};
use crate::server::telemetry;

mod crm;

/// Try it: backend, an emulated carrier, a small CRM, texting buyers, and an inbox on it.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The same seed is the same world.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How fast SLA time runs. Network, undo hold and suspend stay real.
    #[arg(long, default_value_t = 12.0, value_parser = super::speed)]
    speed: f64,
    /// Whose inbox opens: maya, ben, ines, omar or lea of the East, kai, wren, sol or gail of the West, pia, raj, tess or uma
    /// of Support.
    #[arg(long, default_value = "maya")]
    rep: String,
    /// No terminal: print one JSON line that says where everything is, and run until ended.
    #[arg(long)]
    headless: bool,
    /// Keep the data in this folder; otherwise it is gone when the demo ends.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Another playbook.
    #[arg(long)]
    playbook: Option<PathBuf>,
    /// Nobody texts by themselves; drive the emulator over /emulator/v1.
    #[arg(long)]
    quiet: bool,
    /// Which CRM the people are in.
    #[arg(long, value_enum, default_value_t = crm::Of::Files)]
    crm: crm::Of,
}

/// A running demo.
struct World {
    backend: Backend,
    emulator: Emulator,
    base_url: String,
    seed: u64,
    speed: f64,
    tokens: BTreeMap<RepId, String>,
    /// The CRM.
    crm: crm::Running,
    /// Reps' own phones, as the emulated carrier knows them.
    phones: BTreeMap<RepId, String>,
    /// Last, so that it is let go of when all else has ended.
    _serving: Serving,
}

/// A folder that goes with the demo, unless the person asked to keep it.
struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    fn new(kept: Option<PathBuf>) -> anyhow::Result<Self> {
        let keep = kept.is_some();
        let fresh = || std::env::temp_dir().join(format!("comeback-demo-{}", Uuid::new_v4().simple()));
        let path = kept.unwrap_or_else(fresh);
        profile::make_dir(&path)?;
        Ok(Self { path, keep })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            drop(std::fs::remove_dir_all(&self.path));
        }
    }
}

impl Demo {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let policy = match &self.playbook {
            Some(file) => playbook::read(file)?,
            None => config::playbook::read("assets/playbook.toml", example::PLAYBOOK)?,
        };
        let rep = RepId::new(&self.rep);
        anyhow::ensure!(policy.is_active(&rep), "there is no rep \"{rep}\" in the playbook");
        anyhow::ensure!(
            self.headless || std::io::stdout().is_terminal(),
            "the inbox needs a terminal, and this is none; --headless runs the world without it"
        );
        anyhow::ensure!(
            self.crm == crm::Of::Files || self.data.is_none(),
            "an emulated HubSpot or Salesforce is gone when the demo ends, so its data are not kept: leave --data out"
        );
        let folder = Folder::new(self.data.clone())?;
        let runtime = super::runtime()?;
        if self.headless {
            telemetry::start_logging("warn", false);
            return runtime.block_on(async {
                let world = self.start(&folder, policy).await?;
                say(&world.describe().to_string());
                world.until_ended().await
            });
        }
        let world = runtime.block_on(self.start(&folder, policy))?;
        let profile = Profile {
            base_url: world.base_url.clone(),
            dir: folder.path.join("client").join(rep.as_str()),
            token: world.tokens.get(&rep).cloned().unwrap_or_default(),
        };
        let held = profile::make_dir(&profile.dir).and_then(|()| Lock::take(&profile.dir));
        let shown = held
            .map_err(anyhow::Error::new)
            .and_then(|lock| inbox::show(&profile, lock, "comeback demo", profile.base_url.clone(), &profile.dir));
        runtime.block_on(world.stop());
        shown
    }

    async fn start(&self, folder: &Folder, policy: Playbook) -> anyhow::Result<World> {
        let database = folder.path.join("comeback.db");
        let serving = Serving::take(&database)?;
        let store = Arc::new(SqliteStore::open(&database)?);
        let (head, _) = store.head().await?;
        let policy = self.in_force(store.as_ref(), policy).await?;
        // A kept world goes on where it stopped: its clock never goes back.
        let began = tuesday_at_ten().max(head.at + Span::seconds(1));
        let clock: Arc<dyn Clock> = Arc::new(PacedClock::start(began, self.speed));
        world::mark(&database, began, self.speed)?;
        let emulated = emulated(&policy, EmulatorConfig { run: head.seq, ..EmulatorConfig::demo(self.seed) });
        let (account, auth_token) = (emulated.account_sid.clone(), emulated.auth_token.clone());
        let outside_secret = emulated.outside_secret.clone();
        let left = emulated.left.clone();
        let carrier_listener = TcpListener::bind("127.0.0.1:0").await?;
        let emulator = emulator::start(carrier_listener, emulated, Arc::clone(&clock)).await;
        emulator.pause_buyers(self.quiet);
        for number in numbers(&policy) {
            let line = CarrierLine {
                number: number.clone(),
                provider: "twilio".to_owned(),
                account: account.clone(),
                tokens: vec![auth_token.clone()],
                service: None,
                api: emulator.base_url().to_owned(),
                extra: LineExtra::default(),
            };
            store.put_line(&line).await?;
        }
        reach(store.as_ref(), &policy).await?;
        let reaches = store.reaches().await?.into_iter();
        let phones = reaches.filter_map(|r| Some((r.rep, r.phone?.as_str().to_owned()))).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        // The carrier is emulated on this machine.
        let egress = Egress::new(Allow::loopback());
        let around = crm::Around {
            folder: &folder.path,
            egress: &egress,
            store: Arc::clone(&store) as Arc<dyn Store>,
            clock: Arc::clone(&clock),
            people: emulator.people(left),
        };
        let (connector, crm) = crm::start(self.crm, &emulator, around).await?;
        let tokens = tokens(store.as_ref(), &policy, clock.as_ref()).await?;
        let carrier = Arc::new(Carriers::new(&egress));
        let mut backend = Backend::start(Parts {
            store,
            clock,
            playbook: policy,
            listener,
            public_url: base_url.clone(),
            carrier: carrier.clone(),
            crm: Some(connector),
            reconcile_every: Duration::from_secs(30),
        })
        .await?;
        backend.keep_measured(Arc::new(Projections::open(&database)?));
        let mail = emulator.take_mail(TcpListener::bind("127.0.0.1:0").await?)?;
        let notifier = Notifier::new(
            backend.service.clone(),
            carrier,
            Some(Mailer::new(egress.clone(), &mail)?),
            egress,
            base_url.clone(),
        );
        backend.keep_alerts(notifier.given(outside(emulator.base_url(), outside_secret)));
        emulator.set_webhooks(&format!("{base_url}/hooks/twilio/inbound#rc=5&rp=all"));
        Ok(World {
            backend,
            emulator,
            base_url,
            seed: self.seed,
            speed: self.speed,
            tokens,
            crm,
            phones,
            _serving: serving,
        })
    }

    /// The playbook that the world follows: a kept folder's own, else the one given.
    async fn in_force(&self, store: &dyn Store, given: Playbook) -> anyhow::Result<Playbook> {
        let Some(kept) = store.playbook().await? else { return Ok(given) };
        if !playbook::same(&kept, &given) {
            warn(&format!(
                "the playbook in force is version {} of the kept folder, and it differs from the one given; to put a \
                 file in force: comeback playbook apply",
                kept.version
            ));
        }
        let rep = RepId::new(&self.rep);
        anyhow::ensure!(kept.is_active(&rep), "there is no rep \"{rep}\" in the playbook of the kept folder");
        Ok(kept)
    }
}

/// A world for a playbook: its lines are the carrier's numbers, its reps own the CRM's contacts. Whoever has a part in
/// the written story keeps it; others follow by their ids, leads last, since they own few deals themselves. A team that
/// lives from its territory owns nobody: buyers from there text its number.
fn emulated(policy: &Playbook, story: EmulatorConfig) -> EmulatorConfig {
    let cast = |reps: &[String], id: &RepId| reps.iter().position(|r| r == id.as_str()).unwrap_or(usize::MAX);
    let regional = regional(policy);
    // Nor does one to which only what Sales does not handle comes.
    let serves = |team: &TeamId| policy.use_cases.values().any(|use_case| use_case.queue.as_ref() == Some(team));
    let sells = |team: &TeamId| !serves(team) || policy.lines.values().any(|line| line.team == *team);
    let owns = |r: &Rep| r.active && sells(&r.team) && !regional.values().any(|(team, _)| *team == r.team);
    let mut reps: Vec<_> = policy.reps.iter().filter(|(_, r)| owns(r)).collect();
    reps.sort_by_key(|(id, r)| (cast(&story.reps, id), r.role != Role::Rep, *id));
    let left = policy.reps.iter().filter(|(_, r)| !r.active).map(|(id, _)| id.to_string()).collect();
    let pages = |number| policy.alerting.pages_from(number).is_some();
    let numbers = numbers(policy).map(|number| Number {
        number: number.as_str().to_owned(),
        pages: pages(number),
        areas: regional.get(number).map(|(_, areas)| areas.clone()).unwrap_or_default(),
        ..Number::default()
    });
    let reps = reps.into_iter().map(|(id, _)| id.to_string()).collect();
    EmulatorConfig { numbers: numbers.collect(), reps, left, ..story }
}

/// Numbers that are for one part of the world, with their team and the area codes of its territory: those of teams that
/// have one number and, in a territory, area codes.
fn regional(policy: &Playbook) -> BTreeMap<Address, (TeamId, Vec<String>)> {
    let areas_of = |team: &TeamId| {
        let rows = policy.territories.values().flat_map(|territory| &territory.rows);
        let theirs = rows.filter(|row| policy.reps.get(&row.rep).is_some_and(|rep| rep.team == *team));
        theirs.filter_map(|row| row.area_code.clone()).collect::<Vec<_>>()
    };
    let alone = |team: &TeamId| policy.lines.values().filter(|line| line.team == *team).count() == 1;
    let lines = policy.lines.values().filter(|line| policy.lines.len() > 1 && alone(&line.team));
    let of = lines.map(|line| (line.number.clone(), (line.team.clone(), areas_of(&line.team))));
    of.filter(|(_, (_, areas))| !areas.is_empty()).collect()
}

/// Every number of ours: those that buyers text, and those that page reps.
fn numbers(policy: &Playbook) -> impl Iterator<Item = &Address> {
    let pages = policy.alerting.channels.values().filter_map(|channel| match &channel.kind {
        ChannelKind::Sms { from } => Some(from),
        ChannelKind::Webhook { .. } | ChannelKind::Slack { .. } | ChannelKind::Email { .. } => None,
    });
    policy.lines.values().map(|line| &line.number).chain(pages)
}

/// What the playbook's channels find in the environment elsewhere: the emulator hears them.
fn outside(emulator: &str, secret: String) -> Given {
    let address = |name: &str| format!("{emulator}/outside/{name}");
    let secret = ("COMEBACK_OPS_SECRET".to_owned(), secret);
    let urls = [("COMEBACK_OPS_URL", "ops"), ("COMEBACK_CHAT_URL", "chat")];
    urls.map(|(variable, name)| (variable.to_owned(), address(name))).into_iter().chain([secret]).collect()
}

/// An emulated phone and mailbox for every rep.
async fn reach(store: &dyn Store, policy: &Playbook) -> anyhow::Result<()> {
    let known = store.reaches().await?;
    for (n, rep) in policy.reps.iter().filter(|(_, r)| r.active).map(|(id, _)| id).enumerate() {
        if known.iter().any(|reach| reach.rep == *rep) {
            continue;
        }
        let phone = Address::parse(&format!("+1917555{:04}", 101 + n)).ok();
        let email = Some(format!("{rep}@northwind.example"));
        store.put_reach(&Reach { rep: rep.clone(), phone, email, stopped: None }).await?;
    }
    Ok(())
}

/// A device for every rep. Each token works as a bearer token, and once with `comeback login`.
async fn tokens(store: &dyn Store, policy: &Playbook, clock: &dyn Clock) -> anyhow::Result<BTreeMap<RepId, String>> {
    let mut tokens = BTreeMap::new();
    let in_a_year = clock.now() + Span::minutes(365 * 24 * 60);
    for rep in policy.reps.keys().chain(policy.auditors.keys()).filter(|id| policy.role_of(id).is_some()) {
        let (invite, token) = (new_token("cbi"), new_token("cbd"));
        store.put_invite(token_hash(&invite), rep, in_a_year).await?;
        let device = DeviceId(Uuid::now_v7());
        store.redeem(token_hash(&invite), clock.now(), device, "demo", token_hash(&token)).await?;
        store.put_invite(token_hash(&token), rep, in_a_year).await?;
        tokens.insert(rep.clone(), token);
    }
    Ok(tokens)
}

impl World {
    fn describe(&self) -> serde_json::Value {
        let carrier = self.emulator.describe();
        json!({
            "base_url": self.base_url,
            "seed": self.seed,
            "speed": self.speed,
            "tokens": self.tokens,
            "emulator_url": self.emulator.base_url(),
            "account_sid": carrier["account_sid"],
            "auth_token": carrier["auth_token"],
            "crm_url": carrier["crm_url"],
            "crm_token": carrier["crm_token"],
            "crm": self.crm.about,
            "crm_folder": self.crm.about["folder"],
            "numbers": carrier["numbers"],
            "phones": self.phones,
        })
    }

    async fn until_ended(mut self) -> anyhow::Result<()> {
        let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let failed = tokio::select! {
            why = self.backend.failed() => Some(why),
            _ = term.recv() => None,
            _ = int.recv() => None,
        };
        self.stop().await;
        match failed {
            Some(why) => anyhow::bail!("the backend stopped: {why}"),
            None => Ok(()),
        }
    }

    async fn stop(self) {
        self.backend.stop().await;
        self.emulator.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world(source: &str) -> EmulatorConfig {
        let policy = config::playbook::read("playbook.toml", source).unwrap_or_else(|e| panic!("{e}"));
        emulated(&policy, EmulatorConfig::demo(3))
    }

    #[test]
    fn the_demo_s_own_playbook_makes_the_written_story() {
        let (world, story) = (world(example::PLAYBOOK), EmulatorConfig::demo(3));
        assert_eq!((world.reps, world.left), (story.reps, story.left), "the West owns nobody");
        let numbers: Vec<_> = world.numbers.iter().map(|number| (number.pages, number.areas.join(" "))).collect();
        let plain = (false, String::new());
        assert_eq!(numbers, [plain.clone(), plain, (false, "425 510 541".to_owned()), (true, String::new())]);
    }

    #[test]
    fn another_playbook_s_people_own_the_contacts_and_nobody_else() {
        let mut source = example::PLAYBOOK.to_owned();
        for (from, to) in [("maya", "adam"), ("omar", "olga"), ("lea", "ann"), ("zoe", "yves")] {
            source = source.replace(&format!("rep.{from}"), &format!("rep.{to}"));
            source = source.replace(&format!("\"{from}\""), &format!("\"{to}\""));
        }
        let world = world(&source);
        assert_eq!(world.reps, ["ben", "ines", "adam", "olga", "ann"]);
        assert_eq!(world.left, ["yves"]);
    }
}

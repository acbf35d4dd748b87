//! `comeback serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::crm::{CrmArgs, unwritten};
use super::egress::EgressArgs;
use super::secret::{HeartbeatArgs, MailArgs};
use super::{DatabaseArg, playbook, public_url, say, warn};
use crate::clock::{Clock, SystemClock};
use crate::domain::playbook::Playbook;
use crate::server::backend::{Backend, Parts};
use crate::server::carrier::Carriers;
use crate::server::measure::Projections;
use crate::server::notify::Notifier;
use crate::server::store::Store;
use crate::server::{opt_outs, telemetry};

/// Run the backend.
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    database: DatabaseArg,
    /// The playbook. It seeds an empty database; a later difference is a warning that names `playbook apply`.
    #[arg(long)]
    playbook: PathBuf,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8420")]
    listen: SocketAddr,
    /// Where carriers and reps reach this backend, as in `https://comeback.example`: scheme, host and perhaps a port.
    /// Webhook signatures are checked over it.
    #[arg(long, env = "COMEBACK_PUBLIC_URL")]
    public_url: Option<String>,
    /// A proxy in front of this process ends TLS; without it plain HTTP is served on loopback only.
    #[arg(long)]
    behind_proxy: bool,
    #[command(flatten)]
    crm: CrmArgs,
    /// Minutes between two comparisons with the carrier's list.
    #[arg(long, default_value_t = 5)]
    reconcile_minutes: u64,
    #[command(flatten)]
    heartbeat: HeartbeatArgs,
    #[command(flatten)]
    mail: MailArgs,
    #[command(flatten)]
    egress: EgressArgs,
    #[command(flatten)]
    checkpoints: super::audit::CheckpointArgs,
    /// Append every opt-out and opt-in to this file too: a backup that is brought back has forgotten those since. It
    /// holds phone numbers; keep it apart from the database and its backups, readable by few.
    #[arg(long, value_name = "FILE")]
    opt_out_file: Option<PathBuf>,
    /// Logs as JSON.
    #[arg(long)]
    log_json: bool,
    /// What to log: a tracing filter.
    #[arg(long, env = "COMEBACK_LOG", default_value = "info")]
    log: String,
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        telemetry::start_logging(&self.log, self.log_json);
        anyhow::ensure!(
            self.listen.ip().is_loopback() || self.behind_proxy,
            "{} would carry texts and tokens in the clear. Put a proxy that ends TLS in front and say --behind-proxy, \
             or listen on 127.0.0.1",
            self.listen
        );
        let public_url = self.public_url.as_deref().map(public_url::parse).transpose()?;
        let serving = self.database.serve_alone()?;
        let egress = self.egress.open()?;
        let (checkpoints, heartbeat) = (self.checkpoints.kept()?, self.heartbeat.kept(&egress)?);
        let mailer = self.mail.mailer(&egress)?;
        self.opt_out_file.as_deref().map(opt_outs::check).transpose()?;
        let store = Arc::new(self.database.open_or_make()?);
        let listener = TcpListener::bind(self.listen)
            .await
            .map_err(|e| anyhow::anyhow!("cannot listen on {}: {e}", self.listen))?;
        let address = listener.local_addr()?;
        let public_url = public_url.unwrap_or_else(|| format!("http://{address}"));
        let (store, clock): (Arc<dyn Store>, Arc<dyn Clock>) = (store, Arc::new(SystemClock));
        let policy = self.policy(store.as_ref()).await?;
        let crm = self.crm.connector(&self.database.database, &egress, &store, &clock)?;
        if let Some(folder) = self.crm.beside(&self.database.database) {
            let (folder, writes) = (folder.display(), self.crm.writes());
            tracing::info!(%folder, writes, "the CRM is the folder beside the database; --crm none turns it off");
        }
        let (carrier, reading) = (Arc::new(Carriers::new(&egress)), crm.clone());
        let mut backend = Backend::start(Parts {
            store,
            clock,
            playbook: policy.clone(),
            listener,
            public_url: public_url.clone(),
            carrier: carrier.clone(),
            crm,
            reconcile_every: Duration::from_secs(self.reconcile_minutes.max(1) * 60),
        })
        .await?;
        backend.keep_alerts(Notifier::new(backend.service.clone(), carrier, mailer, egress, public_url.clone()));
        if let Some(kept) = checkpoints {
            backend.keep_checkpoints(kept);
        }
        if let Some(kept) = heartbeat {
            backend.keep_heartbeat(kept);
        }
        if let Some(file) = self.opt_out_file {
            backend.keep_opt_outs(file);
        }
        match Projections::open(&self.database.database) {
            Ok(projections) => backend.keep_measured(Arc::new(projections)),
            Err(e) => warn(&format!("there are no reports: {e}")),
        }
        if !playbook::same(&backend.service.playbook(), &policy) {
            warn(&format!(
                "the playbook in force is version {} of the database, and {} differs from it; to put the file in force: \
                 comeback playbook apply; to have a file of what is in force: comeback playbook show --toml",
                backend.service.playbook().version,
                self.playbook.display()
            ));
        }
        let in_force = backend.service.playbook();
        if let Some(said) = reading.as_deref().and_then(|crm| unwritten(crm, &in_force.write_back)) {
            tracing::info!("{said}");
        }
        say(&format!("listening on http://{address}, known to carriers as {public_url}"));
        let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let failed = tokio::select! {
            why = backend.failed() => Some(why),
            _ = term.recv() => None,
            _ = int.recv() => None,
        };
        backend.stop().await;
        drop(serving);
        match failed {
            Some(why) => anyhow::bail!("the backend stopped: {why}. Everything acknowledged is on disk"),
            None => Ok(()),
        }
    }

    /// The file's policy. One that cannot be read stops nothing where the database has a policy in force.
    async fn policy(&self, store: &dyn Store) -> anyhow::Result<Playbook> {
        match (playbook::read(&self.playbook), store.playbook().await?) {
            (Err(e), Some(in_force)) => {
                warn(&format!(
                    "{e:#}\nThe playbook in force is version {} of the database; to mend the file: comeback playbook check {}",
                    in_force.version,
                    self.playbook.display()
                ));
                Ok(in_force)
            }
            (read, _) => read,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use crate::cli::{Cli, Command};
    use crate::server::backend::DRAIN;

    const UNIT: &str = include_str!("../../assets/systemd/comeback.service");

    /// The values of a key of the unit, lines that go on joined.
    fn values(key: &str) -> Vec<String> {
        let unit = UNIT.replace("\\\n", " ");
        let starts = format!("{key}=");
        unit.lines().filter_map(|line| line.strip_prefix(&starts)).map(str::to_owned).collect()
    }

    #[test]
    fn what_the_unit_starts_is_what_can_be_typed() {
        let [exec] = values("ExecStart").try_into().expect("one ExecStart");
        let parsed = Cli::try_parse_from(exec.split_whitespace());
        let command = parsed.unwrap_or_else(|e| panic!("{e}")).command;
        let Some(Command::Serve(serve)) = command else { panic!("{command:?}") };
        assert!(serve.listen.ip().is_loopback() && serve.log_json);
        // The state folder is the unit's own, and every credential that is named is loaded.
        let state = values("StateDirectory").join("");
        assert!(serve.database.database.starts_with(format!("/var/lib/{state}")));
        let loaded: Vec<String> =
            values("LoadCredential").iter().filter_map(|c| Some(c.split_once(':')?.0.to_owned())).collect();
        let named: Vec<&str> =
            exec.split_whitespace().filter_map(|w| w.strip_prefix("${CREDENTIALS_DIRECTORY}/")).collect();
        assert!(named.len() == 2 && named.iter().all(|n| loaded.iter().any(|l| l == n)), "{named:?} of {loaded:?}");
    }

    #[test]
    fn the_unit_waits_longer_for_the_end_than_the_backend_drains() {
        let [stop] = values("TimeoutStopSec").try_into().expect("one TimeoutStopSec");
        let seconds: u64 = stop.strip_suffix('s').and_then(|s| s.parse().ok()).expect("seconds");
        assert!(seconds > DRAIN.as_secs(), "{seconds} s");
        for (key, value) in
            [("NoNewPrivileges", "yes"), ("DynamicUser", "yes"), ("ProtectSystem", "strict"), ("Restart", "on-failure")]
        {
            assert_eq!(values(key), [value], "{key}");
        }
    }
}

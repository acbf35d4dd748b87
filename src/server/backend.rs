//! The whole backend, wired: committer, engine, sender, reconciler, CRM link and HTTP, ended together.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::carrier::Carrier;
use super::crm::{self, Crm};
use super::effects::Sender;
use super::feed::Presences;
use super::http::{self, App, hooks};
use super::service::Service;
use super::store::{Store, StoreError};
use super::write_back::WriteBack;
use super::{
    checkpoints, cover, engine, heartbeat, listen, measure, media, notify, opt_outs, policy, reconcile, retention,
    sends,
};
use crate::clock::Clock;
use crate::domain::playbook::Playbook;

/// How long requests in hand may take once the backend drains.
pub const DRAIN: Duration = Duration::from_secs(10);

/// What a backend needs.
pub struct Parts {
    /// Where facts are kept.
    pub store: Arc<dyn Store>,
    /// The clock that decides.
    pub clock: Arc<dyn Clock>,
    /// Seeds an empty database; a database that has a playbook keeps its own.
    pub playbook: Playbook,
    /// Where to listen.
    pub listener: TcpListener,
    /// Where carriers reach us: scheme, host and port as they were given it. No slash at the end.
    pub public_url: String,
    /// How texts leave.
    pub carrier: Arc<dyn Carrier>,
    /// Who knows the buyers.
    pub crm: Option<Arc<dyn Crm>>,
    /// How often the carrier's list is compared with ours, in real time.
    pub reconcile_every: Duration,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Parts({})", self.public_url)
    }
}

/// The CRM whose deals are followed.
struct Known(Arc<dyn Crm>);

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name())
    }
}

/// A running backend.
#[derive(Debug)]
pub struct Backend {
    /// The committer.
    pub service: Service,
    crm: Option<Known>,
    shutdown: watch::Sender<bool>,
    tasks: JoinSet<Result<(), String>>,
}

impl Backend {
    /// Starts everything. Returns once commands are decided and requests are answered.
    pub async fn start(parts: Parts) -> Result<Self, StoreError> {
        let service = Service::start(parts.store, parts.clock, &parts.playbook).await?;
        let (shutdown, down) = watch::channel(false);
        let metrics = Arc::clone(service.metrics());
        let presences = Arc::new(Presences::default());
        let app = App {
            service: service.clone(),
            presences: Arc::clone(&presences),
            metrics: Arc::clone(&metrics),
            shutdown: down.clone(),
        };
        let hooks = hooks::router(hooks::Hooks::new(
            service.clone(),
            Arc::clone(&parts.carrier),
            parts.public_url.clone(),
            Arc::clone(&metrics),
        ));
        let mut router = http::router(app).merge(hooks).merge(http::linked::router());
        let crm = parts.crm;
        let known = crm.clone().map(Known);
        if let Some(crm) = &crm {
            let (service, crm, public_url) = (service.clone(), Arc::clone(crm), parts.public_url.clone());
            router = router.merge(http::crm::router(http::crm::CrmHook { service, crm, public_url }));
        }
        let router = http::observed(router, Arc::clone(&metrics));
        let mut tasks = JoinSet::new();
        let mut until = down.clone();
        tasks.spawn(async move {
            let until = async move { drop(until.wait_for(|down| *down).await) };
            listen::serve(parts.listener, router, until).await;
            Ok(())
        });
        let clocked = engine::run(service.clone(), down.clone());
        tasks.spawn(async move { clocked.await.map_err(|e| e.to_string()) });
        let covering = cover::run(service.clone(), presences, down.clone());
        tasks.spawn(async move { covering.await.map_err(|e| e.to_string()) });
        let keeping_up = policy::run(service.clone(), down.clone());
        tasks.spawn(async move { keeping_up.await.map_err(|e| e.to_string()) });
        let forgetting = retention::run(service.clone(), down.clone());
        tasks.spawn(async move { forgetting.await.map_err(|e| e.to_string()) });
        let following = sends::run(service.clone(), down.clone());
        tasks.spawn(async move {
            following.await;
            Ok(())
        });
        let public_url = parts.public_url.clone();
        let sender =
            Sender { service: service.clone(), carrier: Arc::clone(&parts.carrier), public_url: parts.public_url };
        // The reconciler says when it is over.
        service.first_look().awaits();
        let sending = sender.run(down.clone());
        tasks.spawn(async move { sending.await.map_err(|e| e.to_string()) });
        let fetching = media::run(service.clone(), Arc::clone(&parts.carrier), down.clone());
        tasks.spawn(async move { fetching.await.map_err(|e| e.to_string()) });
        tasks.spawn(reconcile::run(service.clone(), parts.carrier, metrics, parts.reconcile_every, down.clone()));
        if let Some(crm) = crm {
            if crm.takes_writes() {
                let writing = WriteBack::new(service.clone(), Arc::clone(&crm)).linking_to(&public_url);
                let writing = writing.run(down.clone());
                tasks.spawn(async move { writing.await.map_err(|e| e.to_string()) });
            }
            let linked = crm::run(service.clone(), crm, down);
            tasks.spawn(async move {
                linked.await;
                Ok(())
            });
        }
        Ok(Self { service, crm: known, shutdown, tasks })
    }

    /// From here on signed checkpoints of the journal are written down regularly, until the backend stops.
    pub fn keep_checkpoints(&mut self, kept: checkpoints::Kept) {
        let keeping = checkpoints::run(self.service.clone(), kept, self.shutdown.subscribe());
        self.tasks.spawn(async move {
            keeping.await;
            Ok(())
        });
    }

    /// From here on somebody outside is called while all is well, until the backend drains.
    pub fn keep_heartbeat(&mut self, kept: heartbeat::Heartbeat) {
        let beating = heartbeat::run(self.service.clone(), kept, self.shutdown.subscribe());
        self.tasks.spawn(async move {
            beating.await;
            Ok(())
        });
    }

    /// From here on people are told beside the client, and webhooks of ours leave, until the backend stops.
    pub fn keep_alerts(&mut self, notifier: notify::Notifier) {
        let telling = notifier.run(self.shutdown.subscribe());
        self.tasks.spawn(async move { telling.await.map_err(|e| e.to_string()) });
    }

    /// From here on every opt-out and opt-in is written into this file too, until the backend stops.
    pub fn keep_opt_outs(&mut self, file: PathBuf) {
        let keeping = opt_outs::run(self.service.clone(), file, self.shutdown.subscribe());
        self.tasks.spawn(async move {
            keeping.await;
            Ok(())
        });
    }

    /// From here on the journal is measured in the background, the CRM's deals are followed, and reports are answered from
    /// what that makes, until the backend stops.
    pub fn keep_measured(&mut self, projections: Arc<measure::Projections>) {
        self.service.measured_by(Arc::clone(&projections));
        let measuring = measure::run(self.service.clone(), Arc::clone(&projections), self.shutdown.subscribe());
        self.tasks.spawn(async move {
            measuring.await;
            Ok(())
        });
        let Some(Known(crm)) = &self.crm else { return };
        let following =
            measure::deals::run(self.service.clone(), Arc::clone(crm), projections, self.shutdown.subscribe());
        self.tasks.spawn(async move {
            following.await;
            Ok(())
        });
    }

    /// Resolves only when the backend cannot go on, with the reason.
    pub async fn failed(&mut self) -> String {
        tokio::select! {
            why = self.service.failed() => why,
            Some(ended) = self.tasks.join_next() => match ended {
                Ok(Ok(())) => "a part of the backend ended".to_owned(),
                Ok(Err(why)) => why,
                Err(e) => e.to_string(),
            },
        }
    }

    /// Drains: long polls are answered, requests in hand finish, nothing new starts.
    pub async fn stop(mut self) {
        self.shutdown.send_replace(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, all).await.is_err() {
            tracing::warn!("some requests did not end in time; nothing acknowledged is lost");
        }
        self.tasks.abort_all();
    }
}

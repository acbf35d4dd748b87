//! What the emulator's tasks and handlers share.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::crm::Contact;
use super::state::State;
use crate::clock::Clock;
use crate::domain::time::Timestamp;

/// One running emulator.
pub(crate) struct Shared {
    pub(crate) clock: Arc<dyn Clock>,
    /// When it started.
    pub(crate) began: Timestamp,
    pub(crate) base_url: String,
    pub(crate) account_sid: String,
    pub(crate) auth_token: String,
    /// Opens the API as well, and signs nothing.
    pub(crate) other_token: Option<String>,
    pub(crate) crm_token: String,
    pub(crate) outside_secret: String,
    pub(crate) contacts: Vec<Contact>,
    /// What becomes of a text comes so many times sooner.
    pub(crate) hurry: u32,
    /// Something happened that the buyers may want to answer.
    pub(crate) stirred: Notify,
    state: Mutex<State>,
    tasks: Mutex<JoinSet<()>>,
}

/// What a running emulator is made of.
pub(crate) struct Parts {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) base_url: String,
    pub(crate) account_sid: String,
    pub(crate) auth_token: String,
    pub(crate) other_token: Option<String>,
    pub(crate) crm_token: String,
    pub(crate) outside_secret: String,
    pub(crate) contacts: Vec<Contact>,
    pub(crate) hurry: u32,
    pub(crate) state: State,
}

impl Shared {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            began: parts.clock.now(),
            clock: parts.clock,
            base_url: parts.base_url,
            account_sid: parts.account_sid,
            auth_token: parts.auth_token,
            other_token: parts.other_token,
            crm_token: parts.crm_token,
            outside_secret: parts.outside_secret,
            contacts: parts.contacts,
            hurry: parts.hurry.max(1),
            stirred: Notify::new(),
            state: Mutex::new(parts.state),
            tasks: Mutex::new(JoinSet::new()),
        })
    }

    /// The carrier's memory. Never held over an await.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Now, virtual time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Runs `task` until it ends or the emulator does.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Ends every task at once.
    pub(crate) fn abort_tasks(&self) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

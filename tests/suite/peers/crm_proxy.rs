//! A CRM in front of another one: it passes every call on but the writes that the test refuses, and keeps what it was asked
//! to write.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use comeback::domain::contact::Address;
use comeback::domain::context::Card;
use comeback::server::crm::{Crm, CrmError, TaskState, Write};

use super::books::crm;
use super::shop::Shop;

/// What it says to a write that it does not take.
type Refuses = Box<dyn Fn(&Write) -> Option<CrmError> + Send>;

/// Passes calls on to the shop's CRM.
pub(super) struct Proxy {
    crm: Arc<dyn Crm>,
    refuses: Mutex<Refuses>,
    asked_for: Mutex<Vec<&'static str>>,
}

impl Proxy {
    /// One that takes all.
    pub(super) fn over(shop: &Shop) -> Arc<Self> {
        Arc::new(Self {
            crm: Arc::new(crm(shop)),
            refuses: Mutex::new(Box::new(|_: &Write| None)),
            asked_for: Mutex::default(),
        })
    }

    /// From here on it does not take these writes.
    pub(super) fn refuse(&self, which: impl Fn(&Write) -> Option<CrmError> + Send + 'static) {
        *self.refuses.lock().unwrap() = Box::new(which);
    }

    /// From here on it takes all.
    pub(super) fn take_all(&self) {
        self.refuse(|_: &Write| None);
    }

    /// How often it was asked for a write of this kind: [`Write::word`].
    pub(super) fn asked_for(&self, word: &str) -> usize {
        self.asked_for.lock().unwrap().iter().filter(|asked| **asked == word).count()
    }
}

#[async_trait]
impl Crm for Proxy {
    fn takes_writes(&self) -> bool {
        true
    }

    async fn behind(&self, address: &Address) -> Result<Vec<Card>, CrmError> {
        self.crm.behind(address).await
    }

    async fn write(&self, write: &Write) -> Result<String, CrmError> {
        self.asked_for.lock().unwrap().push(write.word());
        let no = (*self.refuses.lock().unwrap())(write);
        match no {
            Some(error) => Err(error),
            None => self.crm.write(write).await,
        }
    }

    async fn find(&self, write: &Write) -> Result<Option<String>, CrmError> {
        self.crm.find(write).await
    }

    async fn task(&self, id: &str) -> Result<TaskState, CrmError> {
        self.crm.task(id).await
    }
}

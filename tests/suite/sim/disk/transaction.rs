//! A transaction, which may be spoilt, or die before or after its commit.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use comeback::clock::{Clock as _, ManualClock};
use comeback::journal::Head;
use comeback::server::store::{Batch, Loaded, StoreError, Transaction, Wants};

use super::{Death, Knobs};

pub(super) struct Spoilt {
    pub(super) inner: Box<dyn Transaction>,
    pub(super) truth: Arc<ManualClock>,
    pub(super) knobs: Arc<Mutex<Knobs>>,
}

#[async_trait]
impl Transaction for Spoilt {
    fn head(&self) -> &Head {
        self.inner.head()
    }

    async fn load(&mut self, wants: &Wants) -> Result<Loaded, StoreError> {
        let mut loaded = self.inner.load(wants).await?;
        self.knobs.lock().unwrap().spoil_load(wants, &mut loaded);
        Ok(loaded)
    }

    async fn commit(self: Box<Self>, mut batch: Batch) -> Result<(), StoreError> {
        let Self { inner, truth, knobs } = *self;
        let dies = {
            let mut knobs = knobs.lock().unwrap();
            knobs.spoil_batch(&mut batch);
            knobs.dies(Death::BeforeCommit)
        };
        if dies {
            return std::future::pending().await;
        }
        let standings = batch.standings.clone();
        inner.commit(batch).await?;
        let (dies, slow) = {
            let mut knobs = knobs.lock().unwrap();
            knobs.note_sending(&standings, truth.now());
            (knobs.dies(Death::AfterCommit), std::mem::take(&mut knobs.slow))
        };
        if dies {
            return std::future::pending().await;
        }
        tokio::time::sleep(Duration::from_millis(slow)).await;
        Ok(())
    }
}

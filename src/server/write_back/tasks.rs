//! Tasks of ours in the CRM: who completes one there acts, and takes the reply here.

use uuid::Uuid;

use super::WriteBack;
use crate::domain::command::{Actor, Command};
use crate::domain::playbook::Role;
use crate::domain::routing::Door;
use crate::domain::write_back::Wanted;
use crate::server::crm::connector::ASKED;
use crate::server::crm::{CrmError, TaskState};
use crate::server::service::{ServiceError, Work};
use crate::server::store::StoreError;
use crate::server::store::crm_write::CrmRow;

/// Tasks looked at in one go, and asked about in one call.
const LOOKED_AT: usize = ASKED;

/// Why nobody knows whether a task was completed.
pub(super) enum TaskTrouble {
    Crm(CrmError),
    Store(StoreError),
}

impl WriteBack {
    /// Asks the CRM about the next of the open tasks; the last one asked about, to go on behind it.
    pub async fn look_at_tasks(&self, after: Option<Uuid>) -> Result<Option<Uuid>, StoreError> {
        let tasks = self.service.store().crm_tasks(None, after, LOOKED_AT).await?;
        let last = tasks.last().map(|task| task.key);
        let ids: Vec<String> = tasks.iter().filter_map(|task| task.made.clone()).collect();
        if ids.is_empty() {
            return Ok(last);
        }
        let stand = match self.crm.tasks(&ids).await {
            Ok(stand) => stand,
            Err(error) => {
                tracing::debug!(%error, "tasks in the CRM are looked at later");
                return Ok(after);
            }
        };
        for task in tasks {
            let Some(id) = &task.made else { continue };
            match stand.get(id) {
                Some(TaskState::Open | TaskState::Deferred) => {}
                Some(TaskState::Done { .. }) => self.completed(task).await?,
                // Somebody deleted it: nothing is to be ended there any more.
                None => self.close(task).await?,
            }
        }
        Ok(last)
    }

    /// Before a task is ended there: whether it was done there meanwhile, between our looks. Whoever did it acted before
    /// it passed on, and it is theirs unless somebody took it or answered.
    pub(super) async fn was_completed(&self, row: &CrmRow, id: &str) -> Result<bool, TaskTrouble> {
        if !matches!(self.crm.task(id).await.map_err(TaskTrouble::Crm)?, TaskState::Done { .. }) {
            return Ok(false);
        }
        if !matches!(row.wanted, Wanted::TaskDone { .. }) {
            // A task for later is no task to answer: whoever did it acted on nothing that waits here.
            return Ok(true);
        }
        let store = self.service.store();
        let state = store.subject(row.conversation, 0).await.map_err(TaskTrouble::Store)?.map(|subject| subject.state);
        let waits = state.is_some_and(|c| !c.is_done() && c.clock.is_some() && c.taker().is_none());
        if let (true, Some(key)) = (waits, row.about)
            && let Some(task) = store.crm_row(key).await.map_err(TaskTrouble::Store)?
        {
            self.completed(task).await.map_err(TaskTrouble::Store)?;
        }
        Ok(true)
    }

    async fn completed(&self, task: CrmRow) -> Result<(), StoreError> {
        let Some(rep) = task.rep.clone() else { return self.close(task).await };
        let role = self.service.playbook().role_of(&rep).unwrap_or(Role::Rep);
        let actor = Actor::Rep { rep, role };
        let take = Work::Machine {
            actor,
            conversation: task.conversation,
            command: Command::TakeElsewhere { door: Door::Crm },
        };
        match self.service.submit(take).await {
            // It may be somebody else's by now, or done: the rules say so, and nothing more is to be done about it.
            Ok(_) | Err(ServiceError::Unreadable(_)) => self.close(task).await,
            Err(ServiceError::Busy) => Ok(()),
            Err(ServiceError::Stopped(why)) => Err(StoreError::Fatal(why)),
        }
    }

    async fn close(&self, mut task: CrmRow) -> Result<(), StoreError> {
        task.closed = true;
        self.service.store().put_crm_row(&task).await
    }
}

//! Tasks of ours in the CRM: who completes one there acts, and takes the reply here.

use uuid::Uuid;

use super::WriteBack;
use crate::domain::command::{Actor, Command};
use crate::domain::playbook::Role;
use crate::server::crm::{CrmError, TaskState};
use crate::server::service::{ServiceError, Work};
use crate::server::store::StoreError;
use crate::server::store::crm_write::CrmRow;

/// Tasks looked at in one go.
const LOOKED_AT: usize = 100;

impl WriteBack {
    /// Asks the CRM about the next of the open tasks; the last one asked about, to go on behind it.
    pub async fn look_at_tasks(&self, after: Option<Uuid>) -> Result<Option<Uuid>, StoreError> {
        let tasks = self.service.store().crm_tasks(None, after, LOOKED_AT).await?;
        let last = tasks.last().map(|task| task.key);
        for task in tasks {
            let Some(id) = &task.made else { continue };
            match self.crm.task(id).await {
                Ok(TaskState::Open) => {}
                Ok(TaskState::Done { .. }) => self.completed(task).await?,
                // Somebody deleted it: nothing is to be ended there any more.
                Err(CrmError::NotFound) => self.close(task).await?,
                Err(error) => {
                    tracing::debug!(%error, "tasks in the CRM are looked at later");
                    return Ok(after);
                }
            }
        }
        Ok(last)
    }

    async fn completed(&self, task: CrmRow) -> Result<(), StoreError> {
        let Some(rep) = task.rep.clone() else { return self.close(task).await };
        let role = self.service.playbook().role_of(&rep).unwrap_or(Role::Rep);
        let actor = Actor::Rep { rep, role };
        let take = Work::Machine { actor, conversation: task.conversation, command: Command::Take };
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

//! How tasks stand in Salesforce.

use std::collections::BTreeMap;

use super::read::Record;
use super::{Salesforce, ask};
use crate::server::crm::CrmError;
use crate::server::crm::write::TaskState;

impl Salesforce {
    pub(super) async fn task_state(&self, id: &str) -> Result<TaskState, CrmError> {
        let fields = format!("IsDeleted,{}", ask::TASK.join(","));
        let task: Record = self.call(&ask::record("Task", id, &fields)).await?;
        if task.is("IsDeleted") {
            return Err(CrmError::NotFound);
        }
        let aside = self.known().await?.words.aside.clone();
        Ok(self.stands(&task, aside.as_deref()))
    }

    /// One call for all of them: an organisation has so many in a day. What was deleted no query finds.
    pub(super) async fn task_states(&self, ids: &[String]) -> Result<BTreeMap<String, TaskState>, CrmError> {
        let aside = self.known().await?.words.aside.clone();
        let mut all = BTreeMap::new();
        for ids in ids.chunks(ask::BATCH) {
            let there = self.some(ids, ask::tasks).await?;
            all.extend(there.iter().map(|task| (task.id().to_owned(), self.stands(task, aside.as_deref()))));
        }
        Ok(all)
    }

    /// `aside` is the status of what nobody is asked to do any more, where the organisation has one.
    fn stands(&self, task: &Record, aside: Option<&str>) -> TaskState {
        if aside.is_some() && task.text("Status") == aside {
            return TaskState::Deferred;
        }
        if !task.is("IsClosed") {
            return TaskState::Open;
        }
        let at = task.instant("CompletedDateTime").or_else(|| task.instant("LastModifiedDate"));
        TaskState::Done { at: at.unwrap_or_else(|| self.clock.now()) }
    }
}

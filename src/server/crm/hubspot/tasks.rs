//! How tasks stand in HubSpot.

use std::collections::BTreeMap;

use super::read::{self, Record};
use super::{HubSpot, ask};
use crate::server::crm::CrmError;
use crate::server::crm::write::TaskState;

/// What tells it.
const ASKED: [&str; 3] = ["hs_task_status", "hs_task_completion_date", "hs_lastmodifieddate"];

impl HubSpot {
    pub(super) async fn task_state(&self, id: &str) -> Result<TaskState, CrmError> {
        let task: Record = self.call(ask::record("tasks", id, &ASKED)).await?;
        if task.archived {
            return Err(CrmError::NotFound);
        }
        Ok(self.stands(&task))
    }

    /// One call for all of them: there are so many in a day.
    pub(super) async fn task_states(&self, ids: &[String]) -> Result<BTreeMap<String, TaskState>, CrmError> {
        let mut all = BTreeMap::new();
        for ids in ids.chunks(ask::BATCH) {
            let read: read::Records = self.call(ask::records("tasks", ids, &ASKED, &[])).await?;
            if read.hides() {
                return Err(CrmError::Unreadable("it does not tell of each task how it stands".to_owned()));
            }
            let there = read.results.iter().filter(|task| !task.archived);
            all.extend(there.map(|task| (task.id.clone(), self.stands(task))));
        }
        Ok(all)
    }

    fn stands(&self, task: &Record) -> TaskState {
        match task.text("hs_task_status") {
            Some("COMPLETED") => {
                let at = task.instant("hs_task_completion_date").or_else(|| task.instant("hs_lastmodifieddate"));
                TaskState::Done { at: at.unwrap_or_else(|| self.clock.now()) }
            }
            Some("DEFERRED") => TaskState::Deferred,
            Some(_) | None => TaskState::Open,
        }
    }
}

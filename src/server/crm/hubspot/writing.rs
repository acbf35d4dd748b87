//! Writes into HubSpot: made, looked for, and whose a record is before it gets another owner.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;

use super::body::{self, By, Kinds};
use super::read::{self, Record};
use super::{HubSpot, Known, MOST_LISTED, ask, longer, touches};
use crate::domain::id::RepId;
use crate::server::crm::CrmError;
use crate::server::crm::traces::Traces;
use crate::server::crm::write::{Owned, What, Write};

/// Records that hang on a contact and are looked through for a write, newest first.
const LOOKED_THROUGH: usize = 500;

impl HubSpot {
    /// Makes one write. Whoever was deactivated since owners were read owns nothing any more: they are read again then.
    pub(super) async fn make(&self, write: &Write) -> Result<String, CrmError> {
        if let What::Consent { opted_out, .. } = &write.what {
            return self.mark(write.contact.as_str(), *opted_out).await;
        }
        if let What::NotHeld { meeting, called_off } = &write.what {
            let asked = [touches::HELD, "hs_meeting_start_time"];
            let record: Record = self.call(ask::record("meetings", meeting, &asked)).await?;
            // What somebody said there became of it stays, and so does one that they held earlier.
            let is_ahead = record.instant("hs_meeting_start_time").is_none_or(|from| from > self.clock.now());
            if is_ahead && record.text(touches::HELD).is_none_or(|held| held == "SCHEDULED") {
                let held = json!({ touches::HELD: if *called_off { "CANCELED" } else { "RESCHEDULED" } });
                self.call::<read::Made>(ask::change("meetings", meeting, &held)).await?;
            }
            return Ok(meeting.clone());
        }
        if let What::PutAside { task } = &write.what {
            if !self.task_state(task).await?.is_over() {
                let aside = json!({ "hs_task_status": "DEFERRED" });
                self.call::<read::Made>(ask::change("tasks", task, &aside)).await?;
            }
            return Ok(task.clone());
        }
        let known = match &write.owner {
            Some(_) => Some(self.known().await?),
            None => None,
        };
        let owner = self.owner_of(write, known.as_ref()).await?;
        let refused = match self.make_of(write, owner.as_deref()).await {
            Err(CrmError::Invalid(why)) if owner.is_some() && read::is_of_owner(&why) => CrmError::Invalid(why),
            told => return told,
        };
        tracing::info!(key = %write.key, error = %refused, "an owner is not taken: owners are read again");
        let again = self.known_after(known.as_ref()).await?;
        let now = self.owner_of(write, Some(&again)).await?;
        // As HubSpot lists them they own still, and it does not take them.
        let now = now.filter(|now| Some(now) != owner.as_ref());
        self.make_of(write, now.as_deref()).await
    }

    async fn make_of(&self, write: &Write, owner: Option<&str>) -> Result<String, CrmError> {
        let question = match body::place(write) {
            Some(place) => {
                // Where it cannot hang on the deal, it stands with the person all the same.
                let deal = match &write.deal {
                    Some(_) => self.kind(place.kind, "deals").await?,
                    None => None,
                };
                let no_way = || CrmError::Unreadable(format!("no way from {} to contacts", place.kind));
                let contact = self.kind(place.kind, "contacts").await?.ok_or_else(no_way)?;
                let name = match write.owner.as_ref().filter(|_| owner.is_none()) {
                    Some(rep) => Some(self.called(rep).await?),
                    None => None,
                };
                let by = By { id: owner, name: name.as_deref() };
                body::create(write, place, Kinds { contact, deal }, by)
            }
            None => body::change(write, owner)
                .ok_or_else(|| CrmError::Invalid("it knows nobody with the new owner's mail address".to_owned()))?,
        };
        Ok(self.call::<read::Made>(question).await?.id)
    }

    /// Whose the record is that an owner is written on.
    pub(super) async fn owned_now(&self, write: &Write) -> Result<Owned, CrmError> {
        let (kind, id) = body::owned(write);
        let record: Record = self.call(ask::record(kind, id, &[read::OWNER])).await?;
        let Some(owner) = record.text(read::OWNER) else { return Ok(Owned::Nobody) };
        let known = self.known().await?;
        Ok(self.matched(&known).await?.owned(owner, &known.owners))
    }

    /// The owner who is this write's rep.
    async fn owner_of(&self, write: &Write, known: Option<&Arc<Known>>) -> Result<Option<String>, CrmError> {
        let (Some(rep), Some(known)) = (&write.owner, known) else { return Ok(None) };
        Ok(self.matched(known).await?.owner(rep).map(str::to_owned))
    }

    async fn called(&self, rep: &RepId) -> Result<String, CrmError> {
        self.reps.called(rep).await.map_err(|e| CrmError::Unreachable(e.to_string()))
    }

    /// The kind of association without a label, from one kind of record to another, where there is one. HubSpot numbers
    /// them, and says how.
    async fn kind(&self, from: &'static str, to: &'static str) -> Result<Option<i64>, CrmError> {
        if let Some(id) = self.kinds.lock().await.get(&(from, to)) {
            return Ok(Some(*id));
        }
        let labels: read::Labels = self.call(ask::labels(from, to)).await?;
        if let Some(id) = labels.plain() {
            self.kinds.lock().await.insert((from, to), id);
        }
        Ok(labels.plain())
    }
}

#[async_trait]
impl Traces for HubSpot {
    /// It hangs on the contact.
    async fn marked(&self, write: &Write) -> Result<Option<String>, CrmError> {
        let Some(place) = body::place(write) else { return Ok(None) };
        let (mut ids, mut after) = (Vec::new(), None::<String>);
        for page in 0.. {
            if page == MOST_LISTED {
                return Err(longer());
            }
            let asked = ask::hanging_on("contacts", write.contact.as_str(), place.kind, after.as_deref());
            let (some, next) = self.call::<read::Ends>(asked).await?.ids();
            ids.extend(some);
            after = next;
            if after.is_none() {
                break;
            }
        }
        // Ids grow, and what is looked for is new.
        ids.sort_by_key(|id| std::cmp::Reverse((id.len(), id.clone())));
        ids.truncate(LOOKED_THROUGH);
        let mark = write.mark();
        let records = self.records(place.kind, &ids, &[place.marked], &[]).await?;
        let carries = |r: &Record| r.text(place.marked).is_some_and(|text| text.contains(&mark));
        Ok(records.into_iter().find(carries).map(|r| r.id))
    }

    async fn opted(&self, person: &str, out: bool) -> Result<Option<String>, CrmError> {
        self.is_marked(person, out).await
    }
}

//! Writes into Salesforce: made, looked for, and whose a record is before it gets another owner.

use async_trait::async_trait;

use super::body::{self, By};
use super::read::{self, Record};
use super::{Known, Salesforce, ask};
use crate::server::crm::CrmError;
use crate::server::crm::traces::Traces;
use crate::server::crm::write::{Owned, What, Write};

/// Who owns a record.
const OWNER: &str = "OwnerId";

/// What the ids of users begin with: queues own, too, and are nobody.
const USER: &str = "005";

impl Salesforce {
    /// Makes one write. Whoever was deactivated since users were read owns nothing any more: they are read again then.
    pub(super) async fn make(&self, write: &Write) -> Result<String, CrmError> {
        if let What::Consent { opted_out, .. } = &write.what {
            return self.mark(write.contact.as_str(), *opted_out).await;
        }
        if let What::NotHeld { meeting, called_off } = &write.what {
            // Whoever owns it may have given it another name.
            let record: Record = self.call(&ask::record("Event", meeting, "Subject,StartDateTime")).await?;
            // One that they held earlier than it was booked for stays.
            if record.instant("StartDateTime").is_none_or(|from| from > self.clock.now()) {
                let subject = record.text("Subject").unwrap_or_default();
                self.ask(&body::is_not_held(meeting, *called_off, subject)).await?;
            }
            return Ok(meeting.clone());
        }
        if let What::PutAside { task } = &write.what {
            if !self.task_state(task).await?.is_over() {
                self.ask(&body::put_aside(task, &self.known().await?.words)).await?;
            }
            return Ok(task.clone());
        }
        let known = self.known().await?;
        let owner = self.owner_of(write, &known).await?;
        let refused = match self.make_of(write, owner.as_deref(), &known).await {
            Err(CrmError::Invalid(code)) if owner.is_some() && may_be_of_owner(write, &code) => code,
            told => return told,
        };
        tracing::info!(key = %write.key, error = %refused, "an owner may not be taken: users are read again");
        let again = self.known_after(Some(&known)).await?;
        let now = match self.owner_of(write, &again).await? {
            Some(same) if Some(&same) == owner.as_ref() => {
                if !read::is_of_owner(&refused) {
                    // It may be another record that is not there.
                    return Err(CrmError::Invalid(refused));
                }
                // As Salesforce lists them they own still, and it does not take them.
                None
            }
            other => other,
        };
        self.make_of(write, now.as_deref(), &again).await
    }

    async fn make_of(&self, write: &Write, owner: Option<&str>, known: &Known) -> Result<String, CrmError> {
        let Some(kind) = body::place(write) else {
            let change = body::change(write, owner, &known.words)
                .ok_or_else(|| CrmError::Invalid("it knows nobody with the new owner's mail address".to_owned()))?;
            self.ask(&change).await?;
            return Ok(body::changed(write).to_owned());
        };
        let zone = owner.and_then(|id| known.zones.get(id)).copied();
        let name = match write.owner.as_ref().filter(|_| owner.is_none()) {
            Some(rep) => Some(self.reps.called(rep).await.map_err(|e| CrmError::Unreachable(e.to_string()))?),
            None => None,
        };
        let by = By { id: owner, zone, name: name.as_deref() };
        let made: read::Made = self.call(&body::create(write, kind, by, &known.words, known.fields.key)).await?;
        Ok(made.id)
    }

    /// Whose the record is that an owner is written on. Salesforce has none without an owner: what a queue has, or the user
    /// whom we sign in as, is nobody's.
    pub(super) async fn owned_now(&self, write: &Write) -> Result<Owned, CrmError> {
        let (kind, id) = body::owned(write);
        let record: Record = self.call(&ask::record(kind, id, OWNER)).await?;
        let session = self.session(None).await?;
        let somebody =
            |owner: &&str| owner.starts_with(USER) && session.user.as_deref().is_none_or(|ours| !is_same(ours, owner));
        let Some(owner) = record.text(OWNER).filter(somebody) else { return Ok(Owned::Nobody) };
        let known = self.known().await?;
        Ok(self.matched(&known).await?.owned(owner, &known.owners))
    }

    /// The user who is this write's rep.
    async fn owner_of(&self, write: &Write, known: &Known) -> Result<Option<String>, CrmError> {
        let Some(rep) = &write.owner else { return Ok(None) };
        Ok(self.matched(known).await?.owner(rep).map(str::to_owned))
    }
}

#[async_trait]
impl Traces for Salesforce {
    async fn marked(&self, write: &Write) -> Result<Option<String>, CrmError> {
        let Some(kind) = body::place(write) else { return Ok(None) };
        let known = self.known().await?;
        let found = self.all(body::find(write, kind, known.fields.key)).await?;
        Ok(found.first().map(|record| record.id().to_owned()))
    }

    async fn opted(&self, person: &str, out: bool) -> Result<Option<String>, CrmError> {
        self.is_marked(person, out).await
    }
}

/// Whether a refusal may be about the owner: some record that was named is not there. A deal may be that, and the write is
/// made without one before an owner is doubted.
fn may_be_of_owner(write: &Write, code: &str) -> bool {
    read::is_of_owner(code) || write.deal.is_none() && code == "INVALID_CROSS_REFERENCE_KEY"
}

/// Whether two ids are one, of 15 or of 18 characters: the last three only tell which letters are capitals.
fn is_same(one: &str, other: &str) -> bool {
    let bare = |id: &str| id.chars().take(15).collect::<String>();
    bare(one) == bare(other)
}

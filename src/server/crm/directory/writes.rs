//! Writes into a directory: `POST {base}/writes`, looked for at `GET {base}/writes/KEY`, tasks at `GET {base}/tasks/ID`.

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{Directory, PATIENCE, forbidden, position};
use crate::domain::time::Timestamp;
use crate::server::crm::CrmError;
use crate::server::crm::write::{Priority, TaskState, What, Write};
use crate::server::egress::{Ask, EgressError};

/// The largest answer to a write, in bytes.
const LARGEST: usize = 64 * 1024;

#[derive(Deserialize)]
struct Made {
    id: String,
}

#[derive(Deserialize)]
struct Task {
    #[serde(default)]
    done_at: Option<String>,
}

/// A write as JSON: what a directory is posted, and what stands on a line of a folder's `written.jsonl`.
pub(in crate::server::crm) fn body(write: &Write) -> Value {
    // A task that is put aside is one that its owner did not do: whoever keeps tasks knows that kind.
    let kind = if matches!(write.what, What::PutAside { .. }) { "task_done" } else { write.word() };
    let mut body = json!({
        "key": write.key,
        "kind": kind.replace(' ', "_"),
        "contact": write.contact.0,
        "deal": write.deal.as_ref().map(|deal| &deal.0),
        "owner": write.owner.as_ref().map(|owner| &owner.0),
        "at": write.at.to_string(),
        "link": write.link,
    });
    let more = match &write.what {
        What::Log { inbound, body, sla } => json!({ "inbound": inbound, "body": body.as_str(), "sla": sla }),
        What::Task { subject, words, priority, due } => {
            let priority = match priority {
                Priority::Low => "low",
                Priority::Normal => "normal",
                Priority::High => "high",
            };
            json!({ "subject": subject, "words": words, "priority": priority, "due": due.to_string() })
        }
        What::NotHeld { meeting, called_off } => json!({ "meeting": meeting, "called_off": called_off }),
        What::TaskDone { task, passed_on } => json!({ "task": task, "passed_on": passed_on }),
        What::PutAside { task } => json!({ "task": task, "passed_on": true }),
        What::Outcome { outcome, words, meeting, sla } => json!({
            "outcome": outcome,
            "words": words,
            "sla": sla,
            "meeting": meeting.map(|m| json!({ "from": m.from.to_string(), "until": m.until.to_string() })),
        }),
        What::Consent { opted_out, number, scope } => {
            json!({ "opted_out": opted_out, "number": number.as_str(), "scope": scope })
        }
        What::Undelivered { sent, words, .. } => json!({ "sent": sent.to_string(), "words": words }),
        What::Missed { sent, due, words, .. } => {
            json!({ "sent": sent.to_string(), "due": due.to_string(), "words": words })
        }
        What::Reopened | What::Owner => Value::Null,
    };
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    body
}

impl Directory {
    pub(super) async fn put(&self, write: &Write) -> Result<String, CrmError> {
        let ask = Ask::post(self.at(&["writes"])?).json(body(write).to_string());
        let made: Made = self.told(ask).await?;
        Ok(made.id)
    }

    pub(super) async fn look_for(&self, write: &Write) -> Result<Option<String>, CrmError> {
        match self.told::<Made>(Ask::get(self.at(&["writes", &write.key.to_string()])?)).await {
            Ok(made) => Ok(Some(made.id)),
            Err(CrmError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn task_state(&self, id: &str) -> Result<TaskState, CrmError> {
        let task: Task = self.told(Ask::get(self.at(&["tasks", id])?)).await?;
        let Some(done) = task.done_at else { return Ok(TaskState::Open) };
        let unreadable = |_| CrmError::Unreadable("done_at is not an instant".to_owned());
        let at: Timestamp = chrono::DateTime::parse_from_rfc3339(&done).map_err(unreadable)?.to_utc().into();
        Ok(TaskState::Done { at })
    }

    /// An address below the base, each part one segment whatever is in it.
    pub(super) fn at(&self, parts: &[&str]) -> Result<Url, CrmError> {
        let mut url = self.contacts.clone();
        let cannot = || CrmError::Unreachable(EgressError::NotAnAddress.to_string());
        url.path_segments_mut().map_err(|()| cannot())?.pop().extend(parts);
        Ok(url)
    }

    async fn told<T: serde::de::DeserializeOwned>(&self, ask: Ask) -> Result<T, CrmError> {
        self.told_of(ask, LARGEST).await
    }

    pub(super) async fn told_of<T: serde::de::DeserializeOwned>(&self, ask: Ask, most: usize) -> Result<T, CrmError> {
        let token = self.token.read().await.map_err(|e| CrmError::Unreachable(e.to_string()))?;
        let unreachable = |e: EgressError| CrmError::Unreachable(e.to_string());
        let ask = ask.bearer(token.expose()).within(PATIENCE).at_most(most);
        let answer = self.egress.ask(ask).await.map_err(unreachable)?;
        match answer.status() {
            200..300 => {}
            404 => return Err(CrmError::NotFound),
            401 => return Err(CrmError::Refused(401)),
            403 => return Err(forbidden()),
            status @ (400 | 405 | 409 | 413 | 422) => return Err(CrmError::Invalid(format!("it answered {status}"))),
            status => return Err(CrmError::Failing(status)),
        }
        let body = answer.bytes().await.map_err(unreachable)?;
        serde_json::from_slice(&body).map_err(|e| CrmError::Unreadable(position(&e)))
    }
}

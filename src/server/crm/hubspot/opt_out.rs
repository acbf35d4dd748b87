//! That somebody is opted out of texts: a yes or no of the contact, which an operator makes, for HubSpot has none of its own.

use serde_json::json;

use super::read::{self, Record};
use super::{HubSpot, ask};
use crate::server::crm::CrmError;

/// What the property is called where nobody names another.
pub(super) const OPT_OUT: &str = "sms_opt_out";

impl HubSpot {
    /// Marks a contact.
    pub(super) async fn mark(&self, contact: &str, opted_out: bool) -> Result<String, CrmError> {
        let properties = json!({ self.opt_out.as_str(): opted_out.to_string() });
        match self.call::<read::Made>(ask::change("contacts", contact, &properties)).await {
            Ok(made) => Ok(made.id),
            Err(CrmError::Invalid(why)) => Err(CrmError::Invalid(format!("{why}; {}", self.wanted()))),
            Err(error) => Err(error),
        }
    }

    /// The contact, when it is marked so.
    pub(super) async fn is_marked(&self, contact: &str, opted_out: bool) -> Result<Option<String>, CrmError> {
        let name = self.opt_out.as_str();
        let record: Record = self.call(ask::record("contacts", contact, &[name])).await?;
        Ok((record.text(name) == Some(if opted_out { "true" } else { "false" })).then_some(record.id))
    }

    /// Whether the property is there. Searched for, since that needs no right of its own.
    pub(super) async fn lacks_mark(&self) -> Result<Vec<String>, CrmError> {
        match self.call::<read::Records>(ask::having("contacts", &self.opt_out)).await {
            Ok(_) => Ok(Vec::new()),
            Err(CrmError::Invalid(_)) => Ok(vec![self.wanted()]),
            Err(error) => Err(error),
        }
    }

    fn wanted(&self) -> String {
        format!("opt-outs are marked by a contact property {}, of the type single checkbox: make it", self.opt_out)
    }
}

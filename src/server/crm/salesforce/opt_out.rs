//! That somebody is opted out of texts: a checkbox of contacts and leads, which an operator makes, for Salesforce has none of
//! its own.

use serde_json::json;

use super::read::{self, Record};
use super::{Salesforce, ask, body};
use crate::server::crm::CrmError;

/// What the field is called where nobody names another.
pub const OPT_OUT: &str = "SMS_Opt_Out__c";

impl Salesforce {
    /// Marks a contact or a lead.
    pub(super) async fn mark(&self, person: &str, opted_out: bool) -> Result<String, CrmError> {
        let change = ask::change(kind(person), person, json!({ self.opt_out.as_str(): opted_out }));
        self.ask(&change).await.map_err(|error| self.told(kind(person), error))?;
        Ok(person.to_owned())
    }

    /// The person, when they are marked so.
    pub(super) async fn is_marked(&self, person: &str, opted_out: bool) -> Result<Option<String>, CrmError> {
        let asked = ask::record(kind(person), person, &self.opt_out);
        let record: Record = self.call(&asked).await.map_err(|error| self.told(kind(person), error))?;
        Ok((record.is(&self.opt_out) == opted_out).then(|| person.to_owned()))
    }

    /// Which kinds of people lack the field.
    pub(super) async fn lacks_mark(&self) -> Result<Vec<String>, CrmError> {
        let mut lacks = Vec::new();
        for kind in ["Contact", "Lead"] {
            match self.call::<read::Described>(&ask::describe(kind)).await {
                Ok(described) if described.has(&self.opt_out) => {}
                Ok(_) => lacks.push(self.wanted(kind)),
                // An organisation need not have leads.
                Err(CrmError::NotFound) if kind == "Lead" => {}
                Err(error) => return Err(error),
            }
        }
        Ok(lacks)
    }

    /// An error that says what to make, where that is missing.
    fn told(&self, kind: &str, error: CrmError) -> CrmError {
        match error {
            CrmError::Invalid(why) => CrmError::Invalid(format!("{why}; {}", self.wanted(kind))),
            CrmError::Refused(_)
            | CrmError::Forbidden(_)
            | CrmError::Unreachable(_)
            | CrmError::Failing(_)
            | CrmError::Busy { .. }
            | CrmError::Unreadable(_)
            | CrmError::NotFound
            | CrmError::Cannot(_) => error,
        }
    }

    fn wanted(&self, kind: &str) -> String {
        format!("opt-outs are marked by a checkbox {} of every {kind}: make it, and let the user edit it", self.opt_out)
    }
}

/// Which kind of person it is.
fn kind(person: &str) -> &'static str {
    if body::is_lead(person) { "Lead" } else { "Contact" }
}

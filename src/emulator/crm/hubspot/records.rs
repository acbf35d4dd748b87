//! The emulated HubSpot's records, and what they may hold.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::phone::calculated;

/// A kind of record, by the name in paths.
pub(super) type Kind = &'static str;

/// Kinds by their name, other name and type id.
const KINDS: [(Kind, &str, &str); 9] = [
    ("contacts", "contact", "0-1"),
    ("companies", "company", "0-2"),
    ("deals", "deal", "0-3"),
    ("notes", "note", "0-46"),
    ("meetings", "meeting", "0-47"),
    ("tasks", "task", "0-27"),
    ("communications", "communication", "0-18"),
    ("calls", "call", "0-48"),
    ("emails", "email", "0-49"),
];

pub(super) fn kind(name: &str) -> Option<Kind> {
    KINDS.iter().find(|(kind, one, id)| [*kind, *one, *id].contains(&name)).map(|(kind, ..)| *kind)
}

/// One record of a kind: `contact`.
pub(super) fn one(kind: Kind) -> &'static str {
    KINDS.iter().find(|(name, ..)| *name == kind).map_or(kind, |(_, one, _)| *one)
}

/// Properties that a record of a kind may have; of HubSpot's hundreds those that anybody here reads or writes.
pub(super) fn properties_of(kind: Kind) -> &'static str {
    match kind {
        "contacts" => {
            "firstname lastname email jobtitle phone mobilephone hs_calculated_phone_number hs_calculated_mobile_number \
             hs_searchable_calculated_phone_number hs_searchable_calculated_mobile_number zip city state country \
             hs_country_region_code hs_timezone hubspot_owner_id sdr sms_opt_out notes_last_contacted hs_analytics_last_timestamp \
             hs_analytics_last_url hs_sales_email_last_opened hs_sales_email_last_clicked recent_conversion_date \
             recent_conversion_event_name hs_merged_object_ids hs_object_id createdate lastmodifieddate"
        }
        "companies" => {
            "name domain hubspot_owner_id country state segment region numberofemployees notes_last_contacted hs_object_id \
             createdate hs_lastmodifieddate"
        }
        "deals" => {
            "dealname dealstage pipeline amount deal_currency_code hubspot_owner_id hs_all_collaborator_owner_ids \
             createdate closedate hs_is_closed hs_is_closed_won hs_lastmodifieddate hs_object_id \
             hs_v2_date_entered_current_stage"
        }
        "communications" => {
            "hs_communication_channel_type hs_communication_logged_from hs_communication_body hs_timestamp \
             hubspot_owner_id hs_object_id hs_createdate hs_lastmodifieddate"
        }
        "tasks" => {
            "hs_task_subject hs_task_body hs_task_status hs_task_type hs_task_priority hs_task_completion_date \
             hs_timestamp hubspot_owner_id hs_object_id hs_createdate hs_lastmodifieddate"
        }
        "meetings" => {
            "hs_meeting_title hs_meeting_body hs_internal_meeting_notes hs_meeting_start_time hs_meeting_end_time \
             hs_meeting_outcome hs_timestamp hubspot_owner_id hs_object_id hs_createdate hs_lastmodifieddate"
        }
        "calls" => {
            "hs_call_title hs_call_body hs_call_direction hs_call_duration hs_timestamp hubspot_owner_id hs_object_id \
             hs_createdate hs_lastmodifieddate"
        }
        "emails" => {
            "hs_email_subject hs_email_text hs_email_direction hs_email_status hs_timestamp hubspot_owner_id hs_object_id \
             hs_createdate hs_lastmodifieddate"
        }
        _ => "hs_note_body hs_timestamp hubspot_owner_id hs_object_id hs_createdate hs_lastmodifieddate",
    }
}

pub(super) fn is_property(kind: Kind, name: &str) -> bool {
    properties_of(kind).split_whitespace().any(|known| known == name)
}

/// What a property may say.
const CHOICES: [(&str, &[&str]); 6] = [
    ("sms_opt_out", &["true", "false"]),
    (
        "hs_communication_channel_type",
        &["SMS", "WHATS_APP", "LINKEDIN_MESSAGE", "PHYSICAL_MAIL", "CUSTOM_CHANNEL_CONVERSATION"],
    ),
    ("hs_communication_logged_from", &["CRM"]),
    ("hs_task_status", &["NOT_STARTED", "IN_PROGRESS", "WAITING", "DEFERRED", "COMPLETED"]),
    ("hs_task_priority", &["NONE", "LOW", "MEDIUM", "HIGH"]),
    ("hs_meeting_outcome", &["SCHEDULED", "COMPLETED", "RESCHEDULED", "NO_SHOW", "CANCELED"]),
];

/// A record.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    pub(super) properties: BTreeMap<String, String>,
    /// Former values with their time in milliseconds, newest first.
    pub(super) history: BTreeMap<String, Vec<(String, i64)>>,
    pub(super) made: i64,
    pub(super) changed: i64,
    pub(super) archived: bool,
    /// As searches find it; nothing yet for one that was just made.
    pub(super) indexed: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Clone)]
pub(super) struct Owner {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) archived: bool,
}

/// Everything.
#[derive(Default)]
pub(super) struct Book {
    records: BTreeMap<Kind, BTreeMap<String, Record>>,
    pub(super) owners: Vec<Owner>,
    /// From, to, and the id of the kind of association; both ways.
    pub(super) hanging: BTreeSet<(Kind, String, Kind, String, i64)>,
    pub(super) events: Vec<Value>,
    last: u64,
}

/// Stages of the one pipeline: id, name, probability, whether it ends there.
pub(super) const STAGES: [(&str, &str, &str, bool); 6] = [
    ("appointmentscheduled", "Appointment Scheduled", "0.2", false),
    ("qualifiedtobuy", "Qualified To Buy", "0.4", false),
    ("presentationscheduled", "Presentation Scheduled", "0.6", false),
    ("contractsent", "Contract Sent", "0.9", false),
    ("closedwon", "Closed Won", "1.0", true),
    ("closedlost", "Closed Lost", "0.0", true),
];

pub(super) fn texts(properties: &Value) -> Result<BTreeMap<String, String>, String> {
    let all = properties.as_object().ok_or("properties must be an object")?;
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(n) => Ok(n.to_string()),
        Value::Bool(b) => Ok(b.to_string()),
        Value::Null => Ok(String::new()),
        Value::Array(_) | Value::Object(_) => Err("a property's value is a text".to_owned()),
    };
    all.iter().map(|(name, value)| Ok((name.clone(), text(value)?))).collect()
}

impl Book {
    fn next(&mut self) -> String {
        self.last += 1;
        // Ids are long here as there, and grow.
        (51_000_000_000 + self.last * 7).to_string()
    }

    pub(super) fn of(&self, kind: Kind) -> &BTreeMap<String, Record> {
        static NONE: BTreeMap<String, Record> = BTreeMap::new();
        self.records.get(kind).unwrap_or(&NONE)
    }

    pub(super) fn get(&self, kind: Kind, id: &str) -> Option<&Record> {
        self.of(kind).get(id).filter(|record| !record.archived)
    }

    pub(super) fn owner(&mut self, email: &str, archived: bool) -> String {
        let id = self.next();
        self.owners.push(Owner { id: id.clone(), email: email.to_owned(), archived });
        id
    }

    /// Why a record with these properties is not made.
    pub(super) fn may_make(&self, kind: Kind, properties: &BTreeMap<String, String>) -> Result<(), String> {
        self.check(kind, properties)?;
        let needed: &[&str] = match kind {
            "communications" => &["hs_timestamp", "hs_communication_channel_type", "hs_communication_logged_from"],
            "tasks" | "meetings" | "notes" | "calls" | "emails" => &["hs_timestamp"],
            _ => &[],
        };
        for name in needed {
            if properties.get(*name).is_none_or(String::is_empty) {
                return Err(format!("Error creating {kind}. Some required properties were not set: {name}"));
            }
        }
        Ok(())
    }

    pub(super) fn make(
        &mut self,
        kind: Kind,
        properties: BTreeMap<String, String>,
        at: i64,
        lags: bool,
    ) -> Result<String, String> {
        self.may_make(kind, &properties)?;
        let id = self.next();
        let mut record = Record { made: at, changed: at, ..Record::default() };
        record.properties.insert("hs_object_id".to_owned(), id.clone());
        let created = if ["contacts", "companies", "deals"].contains(&kind) { "createdate" } else { "hs_createdate" };
        record.properties.insert(created.to_owned(), said(at));
        self.records.entry(kind).or_default().insert(id.clone(), record);
        self.set(kind, &id, properties, at, lags);
        self.event(kind, &id, "creation", at, None);
        Ok(id)
    }

    pub(super) fn change(
        &mut self,
        kind: Kind,
        id: &str,
        properties: BTreeMap<String, String>,
        at: i64,
        lags: bool,
    ) -> Result<(), String> {
        self.check(kind, &properties)?;
        if self.get(kind, id).is_none() {
            return Err("resource not found".to_owned());
        }
        for name in properties.keys() {
            self.event(kind, id, "propertyChange", at, Some(name));
        }
        self.set(kind, id, properties, at, lags);
        Ok(())
    }

    pub(super) fn delete(&mut self, kind: Kind, id: &str) -> bool {
        let Some(record) = self.records.get_mut(kind).and_then(|all| all.get_mut(id)) else { return false };
        record.archived = true;
        let at = record.changed;
        self.event(kind, id, "deletion", at, None);
        true
    }

    pub(super) fn index(&mut self) {
        for record in self.records.values_mut().flat_map(BTreeMap::values_mut) {
            record.indexed = Some(record.properties.clone());
        }
    }

    fn check(&self, kind: Kind, properties: &BTreeMap<String, String>) -> Result<(), String> {
        for (name, value) in properties {
            if !is_property(kind, name) {
                return Err(format!("Property \"{name}\" does not exist"));
            }
            let choices = CHOICES.iter().find(|(of, _)| of == name);
            if choices.is_some_and(|(_, choices)| !choices.contains(&value.as_str())) {
                return Err(format!("{value} was not one of the allowed options of {name}"));
            }
            let owns = ["hubspot_owner_id", "sdr"].contains(&name.as_str()) && !value.is_empty();
            if owns && !self.owners.iter().any(|o| o.id == *value) {
                return Err(format!("The owner {value} does not exist"));
            }
            if name == "dealstage" && !STAGES.iter().any(|(id, ..)| id == value) {
                return Err(format!("{value} is no stage of the pipeline default"));
            }
        }
        Ok(())
    }

    fn set(&mut self, kind: Kind, id: &str, properties: BTreeMap<String, String>, at: i64, lags: bool) {
        let Some(record) = self.records.get_mut(kind).and_then(|all| all.get_mut(id)) else { return };
        for (name, value) in properties {
            record.history.entry(name.clone()).or_default().insert(0, (value.clone(), at));
            record.properties.insert(name, value);
        }
        record.changed = at;
        let changed = if kind == "contacts" { "lastmodifieddate" } else { "hs_lastmodifieddate" };
        record.properties.insert(changed.to_owned(), said(at));
        match kind {
            "contacts" => {
                let text = |name: &str| record.properties.get(name).cloned().filter(|t| !t.is_empty());
                let country = text("hs_country_region_code").or_else(|| text("country"));
                let of = |name: &str| text(name).map(|t| calculated(&t, country.as_deref())).unwrap_or_default();
                let (phone, mobile) = (of("phone"), of("mobilephone"));
                for (name, value) in [
                    ("hs_calculated_phone_number", phone.0),
                    ("hs_searchable_calculated_phone_number", phone.1),
                    ("hs_calculated_mobile_number", mobile.0),
                    ("hs_searchable_calculated_mobile_number", mobile.1),
                ] {
                    match value {
                        Some(value) => drop(record.properties.insert(name.to_owned(), value)),
                        None => drop(record.properties.remove(name)),
                    }
                }
            }
            "deals" => {
                let stage = record.properties.get("dealstage").cloned().unwrap_or_default();
                let (closed, won) = STAGES
                    .iter()
                    .find(|(id, ..)| *id == stage)
                    .map_or((false, false), |(.., probability, ends)| (*ends, *probability == "1.0"));
                record.properties.insert("hs_is_closed".to_owned(), closed.to_string());
                record.properties.insert("hs_is_closed_won".to_owned(), won.to_string());
                if let Some((_, since)) = record.history.get("dealstage").and_then(|all| all.first()) {
                    record.properties.insert("hs_v2_date_entered_current_stage".to_owned(), said(*since));
                }
            }
            "tasks" if record.properties.get("hs_task_status").is_some_and(|s| s == "COMPLETED") => {
                record.properties.entry("hs_task_completion_date".to_owned()).or_insert_with(|| said(at));
            }
            _ => {}
        }
        if !lags {
            record.indexed = Some(record.properties.clone());
        }
    }

    fn event(&mut self, kind: Kind, id: &str, what: &str, at: i64, property: Option<&str>) {
        if !["contacts", "companies", "deals"].contains(&kind) {
            return;
        }
        let one = one(kind);
        self.last += 1;
        let mut event = json!({
            "eventId": self.last, "subscriptionId": 1, "portalId": 62_515, "appId": 1160, "occurredAt": at,
            "subscriptionType": format!("{one}.{what}"), "attemptNumber": 0,
            "objectId": id.parse::<u64>().unwrap_or_default(), "changeSource": "CRM_UI",
        });
        if let Some(name) = property {
            event["propertyName"] = json!(name);
        }
        self.events.push(event);
    }
}

/// As HubSpot writes an instant.
pub(super) fn said(millis: i64) -> String {
    let at = chrono::DateTime::from_timestamp_millis(millis).unwrap_or_default();
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

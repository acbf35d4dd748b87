//! The emulated Salesforce's records: made, changed and deleted by its own rules.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::schema::{self, Field, Type};

/// A kind of record.
pub(super) type Kind = &'static str;

/// Why something was not done: Salesforce's word, and its sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) &'static str, pub(super) String);

impl Refusal {
    pub(super) fn new(code: &'static str, message: &str) -> Self {
        Self(code, message.to_owned())
    }
}

/// A record.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    pub(super) fields: Map<String, Value>,
    /// As searches find it; nothing yet for one that was just made.
    pub(super) indexed: Option<Map<String, Value>>,
}

impl Record {
    pub(super) fn text(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.fields.get(name).and_then(Value::as_bool).unwrap_or_default()
    }
}

/// Everything.
#[derive(Debug, Clone)]
pub(super) struct Book {
    records: BTreeMap<Kind, BTreeMap<String, Record>>,
    /// Fields that an operator made.
    more: Vec<(Kind, Field)>,
    /// Fields that whoever calls may not see.
    pub(super) hidden: Vec<(Kind, &'static str)>,
    /// Kinds that this organisation does not have.
    pub(super) without: BTreeSet<Kind>,
    /// Searches do not find what is written from now on.
    pub(super) lags: bool,
    last: u64,
}

/// Stages: name, label, whether deals end there, whether they are won.
const STAGES: [(&str, &str, bool, bool); 6] = [
    ("Prospecting", "Prospecting", false, false),
    ("Qualification", "Qualification", false, false),
    ("Proposal", "Proposal/Price Quote", false, false),
    ("Negotiation", "Negotiation/Review", false, false),
    ("Closed Won", "Closed Won", true, true),
    ("Closed Lost", "Closed Lost", true, false),
];

/// How an event stands in a calendar: these words, and no administrator adds to them.
const SHOWN: [&str; 3] = ["Busy", "OutOfOffice", "Free"];

impl Book {
    /// As an organisation is delivered: stages, words for tasks, and nobody in it.
    pub(super) fn new(at: i64) -> Self {
        let (records, more, hidden, without) = (BTreeMap::new(), Vec::new(), Vec::new(), BTreeSet::new());
        let mut book = Self { records, more, hidden, without, lags: false, last: 0 };
        for (order, (name, label, closed, won)) in STAGES.into_iter().enumerate() {
            let stage = json!({ "ApiName": name, "MasterLabel": label, "IsClosed": closed, "IsWon": won, "IsActive": true, "SortOrder": order });
            book.put("OpportunityStage", stage, at);
        }
        let statuses = [("Not Started", false), ("In Progress", false), ("Completed", true), ("Deferred", false)];
        for (order, (name, closed)) in statuses.into_iter().enumerate() {
            let status = json!({ "ApiName": name, "MasterLabel": name, "IsClosed": closed, "IsDefault": order == 0, "SortOrder": order });
            book.put("TaskStatus", status, at);
        }
        for (order, name) in ["High", "Normal", "Low"].into_iter().enumerate() {
            let priority = json!({ "ApiName": name, "MasterLabel": name, "IsDefault": order == 1, "IsHighPriority": order == 0, "SortOrder": order });
            book.put("TaskPriority", priority, at);
        }
        book
    }

    fn put(&mut self, kind: Kind, fields: Value, at: i64) -> String {
        let id = self.next(kind);
        let mut record = Record::default();
        if let Value::Object(fields) = fields {
            record.fields = fields;
        }
        record.fields.extend([
            ("Id".to_owned(), json!(id)),
            ("IsDeleted".to_owned(), json!(false)),
            ("CreatedDate".to_owned(), json!(said(at))),
        ]);
        self.records.entry(kind).or_default().insert(id.clone(), record);
        self.stamp(kind, &id, at);
        id
    }

    fn stamp(&mut self, kind: Kind, id: &str, at: i64) {
        let lags = self.lags;
        let Some(record) = self.records.get_mut(kind).and_then(|all| all.get_mut(id)) else { return };
        for name in ["LastModifiedDate", "SystemModstamp"] {
            record.fields.insert(name.to_owned(), json!(said(at)));
        }
        if !lags {
            record.indexed = Some(record.fields.clone());
        }
    }

    fn next(&mut self, kind: Kind) -> String {
        self.last += 1;
        whole(&format!("{}5g{:010}", schema::prefix(kind), self.last))
    }

    /// Records of a kind, oldest first, those that were deleted left out.
    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = (&String, &Record)> {
        self.records.get(kind).into_iter().flatten().filter(|(_, record)| !record.is("IsDeleted"))
    }

    /// A record by its id, of 15 or 18 characters.
    pub(super) fn get(&self, kind: Kind, id: &str) -> Option<&Record> {
        self.records.get(kind)?.get(&whole(id)).filter(|record| !record.is("IsDeleted"))
    }

    fn was(&self, kind: Kind, id: &str) -> bool {
        self.records.get(kind).is_some_and(|all| all.contains_key(&whole(id)))
    }

    pub(super) fn add_field(&mut self, kind: Kind, field: Field) {
        self.more.push((kind, field));
    }

    pub(super) fn fields(&self, kind: Kind) -> Vec<Field> {
        let more = self.more.iter().filter(|(of, _)| *of == kind).map(|(_, field)| field.clone());
        let seen = |field: &Field| !self.hidden.iter().any(|(of, name)| *of == kind && *name == field.name);
        schema::fields(kind).into_iter().chain(more).filter(seen).collect()
    }

    pub(super) fn field(&self, kind: Kind, name: &str) -> Option<Field> {
        self.fields(kind).into_iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn kind(&self, name: &str) -> Option<Kind> {
        schema::kind(name).filter(|kind| !self.without.contains(kind))
    }

    pub(super) fn index(&mut self) {
        for record in self.records.values_mut().flat_map(BTreeMap::values_mut) {
            record.indexed = Some(record.fields.clone());
        }
    }

    /// Makes a record; `by` is the user who does.
    pub(super) fn make(&mut self, kind: Kind, fields: &Value, by: &str, at: i64) -> Result<String, Refusal> {
        let mut fields = self.checked(kind, fields)?;
        for name in schema::needed(kind) {
            if fields.get(*name).is_none_or(|value| value.is_null() || value == "") {
                return Err(Refusal("REQUIRED_FIELD_MISSING", format!("Required fields are missing: [{name}]")));
            }
        }
        if kind == "Event"
            && (!fields.contains_key("StartDateTime")
                || !(fields.contains_key("EndDateTime") || fields.contains_key("DurationInMinutes")))
        {
            return Err(Refusal::new(
                "FIELD_INTEGRITY_EXCEPTION",
                "Invalid dates or duration: an event has a start and an end",
            ));
        }
        if self.field(kind, "OwnerId").is_some() && !by.is_empty() {
            fields.entry("OwnerId").or_insert_with(|| json!(by));
        }
        if kind == "Task" {
            fields.entry("Status").or_insert_with(|| json!("Not Started"));
            fields.entry("Priority").or_insert_with(|| json!("Normal"));
        }
        let id = self.put(kind, Value::Object(fields), at);
        self.follow(kind, &id, None, by, at);
        self.stamp(kind, &id, at);
        Ok(id)
    }

    pub(super) fn change(&mut self, kind: Kind, id: &str, fields: &Value, by: &str, at: i64) -> Result<(), Refusal> {
        let fields = self.checked(kind, fields)?;
        if self.get(kind, id).is_none() {
            let gone = self.was(kind, id);
            return Err(if gone {
                Refusal::new("ENTITY_IS_DELETED", "entity is deleted")
            } else {
                Refusal::new("NOT_FOUND", "The requested resource does not exist")
            });
        }
        let id = whole(id);
        let Some(record) = self.records.get_mut(kind).and_then(|all| all.get_mut(&id)) else { return Ok(()) };
        let before = record.fields.clone();
        record.fields.extend(fields);
        self.follow(kind, &id, Some(&before), by, at);
        self.stamp(kind, &id, at);
        Ok(())
    }

    pub(super) fn delete(&mut self, kind: Kind, id: &str, at: i64) -> bool {
        let id = whole(id);
        let Some(record) = self.records.get_mut(kind).and_then(|all| all.get_mut(&id)) else { return false };
        if record.is("IsDeleted") {
            return false;
        }
        record.fields.insert("IsDeleted".to_owned(), json!(true));
        self.stamp(kind, &id, at);
        true
    }

    fn checked(&self, kind: Kind, fields: &Value) -> Result<Map<String, Value>, Refusal> {
        let all = fields.as_object().ok_or_else(|| Refusal::new("JSON_PARSER_ERROR", "an object is expected"))?;
        let mut checked = Map::new();
        for (name, value) in all.iter().filter(|(name, _)| *name != "attributes") {
            let Some(field) = self.field(kind, name) else {
                return Err(Refusal("INVALID_FIELD", format!("No such column '{name}' on sobject of type {kind}")));
            };
            if !field.writable {
                let words =
                    format!("Unable to create/update fields: {name}. Please check the security settings of this field");
                return Err(Refusal("INVALID_FIELD_FOR_INSERT_UPDATE", words));
            }
            self.fits(kind, &field, value)?;
            checked.insert(field.name.clone(), normal(field.kind, value));
        }
        let id = |name: &str| checked.get(name).and_then(Value::as_str).unwrap_or_default();
        if id("WhoId").starts_with("00Q") && !id("WhatId").is_empty() {
            return Err(Refusal::new(
                "FIELD_INTEGRITY_EXCEPTION",
                "Can only associate WhatId with contacts: Related To ID",
            ));
        }
        Ok(checked)
    }

    fn fits(&self, kind: Kind, field: &Field, value: &Value) -> Result<(), Refusal> {
        let wrong = || {
            let words =
                format!("Cannot deserialize instance of {} from value of field {}", field.kind.word(), field.name);
            Err(Refusal("JSON_PARSER_ERROR", words))
        };
        match (field.kind, value) {
            (_, Value::Null) | (Type::Yes, Value::Bool(_)) | (Type::Number, Value::Number(_)) => Ok(()),
            (Type::Day, Value::String(text)) if text.parse::<chrono::NaiveDate>().is_ok() => Ok(()),
            (Type::Instant, Value::String(text)) if millis(text).is_some() => Ok(()),
            (Type::To(kinds), Value::String(id)) => self.leads(kinds, field, id),
            (Type::Text | Type::Phone | Type::LongText, Value::String(text)) => {
                let lengths = [(Type::LongText, 32_000), (Type::Phone, 40)];
                let most = lengths.iter().find(|(kind, _)| *kind == field.kind).map_or(255, |(_, most)| *most);
                if text.chars().count() > most {
                    let words = format!("{}: data value too large (max length={most})", field.name);
                    return Err(Refusal("STRING_TOO_LONG", words));
                }
                let known = match (kind, field.name.as_str()) {
                    ("Opportunity", "StageName") => STAGES.iter().any(|(stage, ..)| stage == text),
                    ("Event", "ShowAs") => text.is_empty() || SHOWN.contains(&text.as_str()),
                    _ => true,
                };
                if known {
                    Ok(())
                } else {
                    let words = format!("{}: bad value for restricted picklist field: {text}", field.name);
                    Err(Refusal("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", words))
                }
            }
            _ => wrong(),
        }
    }

    /// Whether an id leads to a record of one of these kinds.
    fn leads(&self, kinds: &str, field: &Field, id: &str) -> Result<(), Refusal> {
        if id.is_empty() {
            return Ok(());
        }
        if !is_id(id) {
            return Err(Refusal("MALFORMED_ID", format!("{}: id value of incorrect type: {id}", field.name)));
        }
        let kind = schema::kind_of(id).filter(|kind| kinds.split(',').any(|k| k == *kind));
        let Some(kind) = kind else {
            return Err(Refusal(
                "FIELD_INTEGRITY_EXCEPTION",
                format!("{}: id value of incorrect type: {id}", field.name),
            ));
        };
        let Some(record) = self.get(kind, id) else {
            return Err(if self.was(kind, id) {
                Refusal::new("ENTITY_IS_DELETED", "entity is deleted")
            } else {
                Refusal::new("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
            });
        };
        if field.name == "OwnerId" && kind == "User" && !record.is("IsActive") {
            return Err(Refusal::new("INACTIVE_OWNER_OR_USER", "operation performed with inactive user as owner"));
        }
        Ok(())
    }

    /// What follows from what was set.
    fn follow(&mut self, kind: Kind, id: &str, before: Option<&Map<String, Value>>, by: &str, at: i64) {
        let Some(record) = self.get(kind, id).cloned() else { return };
        let mut more: Vec<(&str, Value)> = Vec::new();
        match kind {
            "Contact" | "Lead" => {
                let name = format!("{} {}", record.text("FirstName"), record.text("LastName"));
                more.push(("Name", json!(name.trim())));
            }
            "Task" | "Event" => {
                let of = |kind: Kind, id: &str| self.get(kind, id).map(|r| r.text("AccountId").to_owned());
                let what = record.text("WhatId");
                let account = Some(what.to_owned()).filter(|id| id.starts_with("001"));
                let account =
                    account.or_else(|| of("Opportunity", what)).or_else(|| of("Contact", record.text("WhoId")));
                more.push(("AccountId", account.filter(|id| !id.is_empty()).map_or(Value::Null, |id| json!(id))));
                if kind == "Task" {
                    let status = record.text("Status");
                    let closed = self.of("TaskStatus").any(|(_, s)| s.text("ApiName") == status && s.is("IsClosed"));
                    more.push(("IsClosed", json!(closed)));
                    let when =
                        record.fields.get("CompletedDateTime").filter(|_| closed && record.is("IsClosed")).cloned();
                    more.push((
                        "CompletedDateTime",
                        when.unwrap_or_else(|| if closed { json!(said(at)) } else { Value::Null }),
                    ));
                }
            }
            "Opportunity" => {
                let name = record.text("StageName");
                let (closed, won) =
                    STAGES.iter().find(|(stage, ..)| *stage == name).map_or((false, false), |(.., c, w)| (*c, *w));
                more.extend([("IsClosed", json!(closed)), ("IsWon", json!(won))]);
                let kept = ["StageName", "Amount", "CloseDate"];
                let moved = before.is_none_or(|b| kept.iter().any(|name| b.get(*name) != record.fields.get(*name)));
                if before.is_none_or(|b| b.get("StageName") != record.fields.get("StageName")) {
                    more.push(("LastStageChangeDate", json!(said(at))));
                }
                if moved {
                    let mut former = json!({ "OpportunityId": id, "CreatedById": by });
                    for name in kept {
                        former[name] = record.fields.get(name).cloned().unwrap_or_default();
                    }
                    self.put("OpportunityHistory", former, at);
                }
            }
            _ => {}
        }
        if let Some(record) = self.records.get_mut(kind).and_then(|all| all.get_mut(id)) {
            record.fields.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
        }
    }
}

/// A value as it is kept: instants in UTC, and an id whole.
fn normal(kind: Type, value: &Value) -> Value {
    match (kind, value.as_str()) {
        (Type::Instant, Some(text)) => millis(text).map_or(Value::Null, |at| json!(said(at))),
        (Type::To(_), Some(id)) => json!(whole(id)),
        (_, Some("")) => Value::Null,
        _ => value.clone(),
    }
}

/// As Salesforce writes an instant, to the second.
pub(super) fn said(millis: i64) -> String {
    let at = chrono::DateTime::from_timestamp(millis.div_euclid(1000), 0).unwrap_or_default();
    at.format("%Y-%m-%dT%H:%M:%S.000+0000").to_string()
}

/// An instant as it is written by anybody.
pub(super) fn millis(text: &str) -> Option<i64> {
    let own = chrono::DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z");
    own.or_else(|_| chrono::DateTime::parse_from_rfc3339(text)).ok().map(|at| at.timestamp_millis())
}

/// Whether a text could be an id.
pub(super) fn is_id(id: &str) -> bool {
    matches!(id.len(), 15 | 18)
        && id.bytes().all(|b| b.is_ascii_alphanumeric())
        && (id.len() == 15 || whole(&id[..15]) == id)
}

/// An id with the three letters that tell which of its letters are capitals.
pub(super) fn whole(id: &str) -> String {
    if id.len() != 15 || !id.is_ascii() {
        return id.to_owned();
    }
    let check = |five: &[u8]| {
        let bits = five.iter().enumerate().fold(0, |bits, (n, b)| bits | usize::from(b.is_ascii_uppercase()) << n);
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits])
    };
    id.chars().chain(id.as_bytes().chunks(5).map(check)).collect()
}

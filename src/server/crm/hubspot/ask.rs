//! Questions to HubSpot, as its published descriptions have them (CRM objects v3, associations v4, owners v3, pipelines
//! v3). Pure: a question is a method, a path and a body.

use serde_json::{Value, json};

use super::super::phone;
use super::super::question::escaped;
pub use super::super::question::{Method, Question};
use crate::domain::contact::Address;
use crate::domain::time::Timestamp;

/// Most records of one batch.
pub const BATCH: usize = 100;

/// Deals of one page: with their history no more may be read at once.
pub const DEALS: usize = 50;

/// HubSpot's search gives no more than these of one question, however it is paged.
pub const SEARCHED: usize = 10_000;

/// What of a contact is read.
pub const CONTACT: [&str; 24] = [
    "firstname",
    "lastname",
    "email",
    "jobtitle",
    "phone",
    "mobilephone",
    "hs_calculated_phone_number",
    "hs_calculated_mobile_number",
    "zip",
    "city",
    "state",
    "country",
    "hs_country_region_code",
    "hs_timezone",
    "hubspot_owner_id",
    // A property that an operator makes for the SDR: HubSpot has none of its own.
    "sdr",
    "notes_last_contacted",
    "hs_analytics_last_timestamp",
    "hs_analytics_last_url",
    "hs_sales_email_last_opened",
    "hs_sales_email_last_clicked",
    "recent_conversion_date",
    "recent_conversion_event_name",
    "hs_merged_object_ids",
];

/// What of a contact its numbers are read from.
pub const NUMBERS: [&str; 6] = [
    "phone",
    "mobilephone",
    "hs_calculated_phone_number",
    "hs_calculated_mobile_number",
    "country",
    "hs_country_region_code",
];

/// What of a company is read. `segment` and `region` are properties that an operator makes.
pub const COMPANY: [&str; 8] =
    ["name", "hubspot_owner_id", "country", "state", "segment", "region", "numberofemployees", "notes_last_contacted"];

/// What of a deal is read.
pub const DEAL: [&str; 13] = [
    "dealname",
    "dealstage",
    "pipeline",
    "amount",
    "deal_currency_code",
    "hubspot_owner_id",
    "hs_all_collaborator_owner_ids",
    "createdate",
    "closedate",
    "hs_is_closed",
    "hs_is_closed_won",
    "hs_lastmodifieddate",
    "hs_v2_date_entered_current_stage",
];

fn post(path: String, body: Value) -> Question {
    Question::post(path, body)
}

/// Something that is only read.
pub fn get(path: String) -> Question {
    Question::get(path)
}

/// A search. Every member is sent, as the description requires: some portals refuse one without.
fn search(kind: &str, groups: &Value, properties: &[&str], sorts: &[&str], limit: usize, after: &str) -> Question {
    let body =
        json!({ "filterGroups": groups, "properties": properties, "sorts": sorts, "limit": limit, "after": after });
    Question { searches: true, ..post(format!("/crm/v3/objects/{kind}/search"), body) }
}

/// Contacts that may have this number. HubSpot keeps numbers as they were typed, and beside them their national digits, as
/// far as it knows the country: else with a trunk prefix or an extension among them, or as a mobile number is dialled there,
/// and without the zeros that they begin with. So the finding says little, and who is found is read again
/// ([`super::read::numbers`]). Nothing for what is no number.
pub fn contacts_with(address: &Address, after: &str) -> Option<Question> {
    let (forms, held) = phone::at_home(address)?;
    let group = |name: &str, operator: &str, value: &str| json!({ "filters": [{ "propertyName": name, "operator": operator, "value": value }] });
    let among = format!("*{held}*");
    let name = "hs_searchable_calculated_phone_number";
    let exactly = match forms.first() {
        Some(only) if forms.len() == 1 => group(name, "EQ", only),
        Some(_) | None => json!({ "filters": [{ "propertyName": name, "operator": "IN", "values": forms }] }),
    };
    // Five groups are what every portal takes.
    let groups = json!([
        exactly,
        group(name, "CONTAINS_TOKEN", &among),
        group("hs_searchable_calculated_mobile_number", "CONTAINS_TOKEN", &among),
        group("phone", "EQ", address.as_str()),
        group("mobilephone", "EQ", address.as_str()),
    ]);
    Some(search("contacts", &groups, &CONTACT, &["hs_object_id"], BATCH, after))
}

/// Whether anybody has a property: refused where there is none of the name.
pub fn having(kind: &str, property: &str) -> Question {
    let groups = json!([{ "filters": [{ "propertyName": property, "operator": "HAS_PROPERTY" }] }]);
    search(kind, &groups, &["hs_object_id"], &["hs_object_id"], 1, "0")
}

/// Deals changed since an instant, oldest change first. The history is read apart: a search does not tell it.
pub fn deals_since(since: Timestamp, after: usize) -> Question {
    let filter =
        json!({ "propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": since.millis().to_string() });
    let groups = json!([{ "filters": [filter] }]);
    search("deals", &groups, &["hs_lastmodifieddate"], &["hs_lastmodifieddate"], DEALS, &after.to_string())
}

/// Records by their ids, at most [`BATCH`]. One that is gone is missing in the answer.
pub fn records(kind: &str, ids: &[String], properties: &[&str], history: &[&str]) -> Question {
    let inputs: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
    let body = json!({ "inputs": inputs, "properties": properties, "propertiesWithHistory": history });
    post(format!("/crm/v3/objects/{kind}/batch/read"), body)
}

/// What hangs on records, at most [`BATCH`] of them.
pub fn associated(from: &str, ids: &[String], to: &str) -> Question {
    let inputs: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
    post(format!("/crm/v4/associations/{from}/{to}/batch/read"), json!({ "inputs": inputs }))
}

/// What hangs on one record, a page of it. Unlike a search it tells at once what was written.
pub fn hanging_on(from: &str, id: &str, to: &str, after: Option<&str>) -> Question {
    let after = after.map(|after| format!("&after={}", escaped(after))).unwrap_or_default();
    get(format!("/crm/v4/objects/{from}/{}/associations/{to}?limit=500{after}", escaped(id)))
}

/// The kinds of association between two kinds of record.
pub fn labels(from: &str, to: &str) -> Question {
    get(format!("/crm/v4/associations/{from}/{to}/labels"))
}

/// Owners, a page of them; those that left are listed apart.
pub fn owners(archived: bool, after: Option<&str>) -> Question {
    let after = after.map(|after| format!("&after={}", escaped(after))).unwrap_or_default();
    get(format!("/crm/v3/owners/?limit=100&archived={archived}{after}"))
}

/// Pipelines of deals with their stages.
pub fn pipelines() -> Question {
    get("/crm/v3/pipelines/deals".to_owned())
}

/// One record.
pub fn record(kind: &str, id: &str, properties: &[&str]) -> Question {
    get(format!("/crm/v3/objects/{kind}/{}?properties={}", escaped(id), properties.join(",")))
}

/// Makes a record, with what it hangs on.
pub fn create(kind: &str, properties: &Value, associations: &[Value]) -> Question {
    post(format!("/crm/v3/objects/{kind}"), json!({ "properties": properties, "associations": associations }))
}

/// Changes a record.
pub fn change(kind: &str, id: &str, properties: &Value) -> Question {
    let body = json!({ "properties": properties });
    Question::patch(format!("/crm/v3/objects/{kind}/{}", escaped(id)), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_for_a_number_sends_every_member_and_five_groups() {
        let address = Address::parse("+442079460958").unwrap();
        let asked = contacts_with(&address, "0").unwrap();
        assert!(asked.searches && asked.path == "/crm/v3/objects/contacts/search");
        let body = asked.body.unwrap();
        for member in ["after", "filterGroups", "limit", "properties", "sorts"] {
            assert!(body.get(member).is_some(), "{member}");
        }
        let groups = body["filterGroups"].as_array().unwrap();
        let said: Vec<(&str, &str, &str)> = groups
            .iter()
            .map(|g| &g["filters"][0])
            .map(|f| {
                let text = |name: &str| f[name].as_str().unwrap();
                (text("propertyName"), text("operator"), text("value"))
            })
            .collect();
        assert_eq!(
            said,
            [
                ("hs_searchable_calculated_phone_number", "EQ", "2079460958"),
                ("hs_searchable_calculated_phone_number", "CONTAINS_TOKEN", "*2079460958*"),
                ("hs_searchable_calculated_mobile_number", "CONTAINS_TOKEN", "*2079460958*"),
                ("phone", "EQ", "+442079460958"),
                ("mobilephone", "EQ", "+442079460958"),
            ]
        );
        let zeros = contacts_with(&Address::parse("+2250712345678").unwrap(), "0").unwrap().body.unwrap();
        let among = &zeros["filterGroups"][1]["filters"][0]["value"];
        assert_eq!(among, "*712345678*", "HubSpot may have cut its zeros off");
        let argentine = contacts_with(&Address::parse("+5491133445566").unwrap(), "0").unwrap().body.unwrap();
        let groups = argentine["filterGroups"].as_array().unwrap();
        assert_eq!(groups.len(), 5, "still one question");
        let exactly = &groups[0]["filters"][0];
        let values: Vec<&str> = exactly["values"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
        assert!(exactly["operator"] == "IN" && exactly.get("value").is_none(), "{exactly}");
        for form in ["91133445566", "111533445566", "0111533445566", "1133445566"] {
            assert!(values.contains(&form), "{form}: {values:?}");
        }
        assert_eq!(groups[2]["filters"][0]["value"], "*33445566*");
        assert!(contacts_with(&Address::parse("72345").unwrap(), "0").is_none(), "a short code is nobody's number");
    }

    #[test]
    fn an_id_leads_to_no_other_path() {
        assert_eq!(record("tasks", "1/../2?x=", &["a"]).path, "/crm/v3/objects/tasks/1%2F..%2F2%3Fx%3D?properties=a");
    }
}

//! What hangs on what, and the numbers of the kinds of association.

use serde_json::{Value, json};

use super::records::{Book, Kind, one};

/// HubSpot's own kinds of association: from, to, id, and the label where it has one. Other kinds of record are joined by
/// none here.
const TYPES: [(Kind, Kind, i64, Option<&str>); 29] = [
    ("contacts", "companies", 1, Some("Primary")),
    ("contacts", "companies", 279, None),
    ("companies", "contacts", 2, Some("Primary")),
    ("companies", "contacts", 280, None),
    ("contacts", "deals", 4, None),
    ("deals", "contacts", 3, None),
    ("deals", "companies", 5, Some("Primary")),
    ("deals", "companies", 341, None),
    ("companies", "deals", 342, None),
    ("communications", "contacts", 81, None),
    ("contacts", "communications", 82, None),
    ("communications", "deals", 85, None),
    ("deals", "communications", 86, None),
    ("tasks", "contacts", 204, None),
    ("contacts", "tasks", 203, None),
    ("tasks", "deals", 216, None),
    ("deals", "tasks", 215, None),
    ("meetings", "contacts", 200, None),
    ("contacts", "meetings", 199, None),
    ("meetings", "deals", 212, None),
    ("deals", "meetings", 211, None),
    ("notes", "deals", 214, None),
    ("deals", "notes", 213, None),
    ("notes", "contacts", 202, None),
    ("contacts", "notes", 201, None),
    ("calls", "contacts", 194, None),
    ("contacts", "calls", 193, None),
    ("emails", "contacts", 198, None),
    ("contacts", "emails", 197, None),
];

fn types(from: Kind, to: Kind) -> impl Iterator<Item = (i64, Option<&'static str>)> {
    TYPES.iter().filter(move |(f, t, ..)| *f == from && *t == to).map(|(.., id, label)| (*id, *label))
}

fn spec(id: i64, label: Option<&str>) -> Value {
    json!({ "category": "HUBSPOT_DEFINED", "typeId": id, "label": label })
}

/// The kinds of association between two kinds of record, as the labels are listed.
pub(super) fn labels(from: Kind, to: Kind) -> Vec<Value> {
    types(from, to).map(|(id, label)| spec(id, label)).collect()
}

impl Book {
    /// Hangs one on another by the kind of association with this number.
    pub(super) fn associate(&mut self, from: (Kind, &str), to: (Kind, &str), id: i64) -> Result<(), String> {
        if !types(from.0, to.0).any(|(known, _)| known == id) {
            return Err(format!("No association type {id} exists between {} and {}", from.0, to.0));
        }
        if self.get(to.0, to.1).is_none() {
            return Err(format!("The {} {} does not exist", to.0, to.1));
        }
        self.hanging.insert((from.0, from.1.to_owned(), to.0, to.1.to_owned(), id));
        // The other way there is one too: with the same label, where that way knows it.
        let label = types(from.0, to.0).find(|(known, _)| *known == id).and_then(|(_, label)| label);
        let back =
            types(to.0, from.0).find(|(_, l)| *l == label).or_else(|| types(to.0, from.0).find(|(_, l)| l.is_none()));
        if let Some((back, _)) = back {
            self.hanging.insert((to.0, to.1.to_owned(), from.0, from.1.to_owned(), back));
        }
        Ok(())
    }

    /// Hangs one on another as a person does: the first company is the primary one.
    pub(super) fn associate_plainly(&mut self, from: (Kind, &str), to: (Kind, &str)) -> Result<(), String> {
        // Whoever has companies has one primary one.
        let (who, what) = if from.0 == "companies" { (to, from.0) } else { (from, to.0) };
        let has_one = self.hanging.iter().any(|(f, id, t, ..)| *f == who.0 && id == who.1 && *t == what);
        let wanted: Vec<i64> =
            types(from.0, to.0).filter(|(_, label)| label.is_none() || !has_one).map(|(id, _)| id).collect();
        if wanted.is_empty() {
            return Err(format!("{} are not associated with {}", from.0, to.0));
        }
        wanted.into_iter().try_for_each(|id| self.associate(from, to, id))
    }

    /// What of a kind hangs on a record, with the kinds of association.
    pub(super) fn hanging_on(&self, from: (Kind, &str), to: Kind) -> Vec<Value> {
        let mut ids: Vec<&str> = Vec::new();
        for (f, id, t, end, _) in &self.hanging {
            if *f == from.0 && id == from.1 && *t == to && self.get(to, end).is_some() && !ids.contains(&end.as_str()) {
                ids.push(end);
            }
        }
        let told = |end: &&str| {
            let of =
                self.hanging.iter().filter(|(f, id, t, e, _)| *f == from.0 && id == from.1 && *t == to && e == end);
            let label = |id: i64| types(from.0, to).find(|(known, _)| *known == id).and_then(|(_, label)| label);
            let types: Vec<Value> = of.map(|(.., id)| spec(*id, label(*id))).collect();
            json!({ "toObjectId": end.parse::<u64>().unwrap_or_default(), "associationTypes": types })
        };
        ids.iter().map(told).collect()
    }

    /// What of a kind hangs on a record, as a record tells it that is read with its associations: an entry for each kind of
    /// association, by its name.
    pub(super) fn told_with(&self, from: (Kind, &str), to: Kind) -> Vec<Value> {
        let has_labels = types(from.0, to).any(|(_, label)| label.is_some());
        let label = |id: i64| types(from.0, to).find(|(known, _)| *known == id).and_then(|(_, label)| label);
        let mut all = Vec::new();
        for (f, id, t, end, number) in &self.hanging {
            if *f == from.0 && id == from.1 && *t == to && self.get(to, end).is_some() {
                let plain = if has_labels && label(*number).is_none() { "_unlabeled" } else { "" };
                all.push(json!({ "id": end, "type": format!("{}_to_{}{plain}", one(from.0), one(to)) }));
            }
        }
        all
    }

    /// Everything that a record hangs on, for whoever looks.
    pub(super) fn ends(&self, kind: Kind, id: &str) -> Vec<Value> {
        let mut all: Vec<Value> = Vec::new();
        for (f, from, to, end, _) in &self.hanging {
            let told = json!([to, end]);
            if *f == kind && from == id && !all.contains(&told) {
                all.push(told);
            }
        }
        all
    }
}

//! What a query finds.

use serde_json::{Map, Value, json};

use super::book::{Book, Kind, Record, Refusal, is_id, millis, whole};
use super::parse::{Literal, Malformed, Op, Order, Query, Selected, Wanted, like, plain};
use super::schema::{self, Field, Type};

type Told<T> = Result<T, Refusal>;

impl From<Malformed> for Refusal {
    fn from(Malformed(why): Malformed) -> Self {
        Self("MALFORMED_QUERY", why)
    }
}

/// Where records are asked for: the version that stands in their addresses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) book: &'a Book,
    pub(super) version: &'a str,
}

impl Asked<'_> {
    /// The records of a query, each as it is told; the number alone of one that counts.
    pub(super) fn query(self, query: &Query) -> Told<(Vec<Value>, usize)> {
        let Some(kind) = self.book.kind(&query.from) else {
            return Err(Refusal("INVALID_TYPE", format!("sObject type '{}' is not supported.", query.from)));
        };
        let found = self.found(kind, query, |_| true)?;
        if matches!(query.fields.as_slice(), [Selected::Count]) {
            return Ok((Vec::new(), found.len()));
        }
        let told: Told<Vec<Value>> = found.iter().map(|record| self.told(kind, record, &query.fields)).collect();
        let total = found.len();
        Ok((told?, total))
    }

    /// Records that a query finds among some, in its order.
    pub(super) fn found(self, kind: Kind, query: &Query, among: impl Fn(&Record) -> bool) -> Told<Vec<Record>> {
        let mut found = Vec::new();
        // What is asked for must be there to be asked, found or not.
        self.known(kind, &query.fields)?;
        for order in &query.order {
            self.sortable(kind, &order.field)?;
        }
        if let Some(wanted) = &query.wanted {
            self.holds(kind, &Record::default(), wanted)?;
        }
        for (_, record) in self.book.of(kind).filter(|(_, record)| among(record)) {
            let fits = match &query.wanted {
                Some(wanted) => self.holds(kind, record, wanted)?,
                None => true,
            };
            if fits {
                found.push(record.clone());
            }
        }
        for order in query.order.iter().rev() {
            let key = |record: &Record| self.value(kind, record, &order.field).map(|(_, v)| v).unwrap_or_default();
            found.sort_by(|a, b| compare(&key(a), &key(b), order));
        }
        Ok(found.into_iter().skip(query.offset).take(query.limit.unwrap_or(usize::MAX)).collect())
    }

    fn known(self, kind: Kind, fields: &[Selected]) -> Told<()> {
        for selected in fields {
            match selected {
                Selected::Count => {}
                Selected::Field(path) => drop(self.path(kind, path)?),
                Selected::Children(inner) => {
                    let (of, _) = self.children(kind, &inner.from)?;
                    self.known(of, &inner.fields)?;
                }
            }
        }
        Ok(())
    }

    fn children(self, kind: Kind, name: &str) -> Told<(Kind, &'static str)> {
        let children = schema::children(kind, name).filter(|(of, _)| !self.book.without.contains(of));
        children.ok_or_else(|| {
            let words = format!("Didn't understand relationship '{name}' in FROM part of query call.");
            Refusal("INVALID_TYPE", words)
        })
    }

    /// The field that a path leads to, and the steps to it.
    fn path(self, kind: Kind, path: &str) -> Told<(Vec<(Field, Kind)>, Field)> {
        let mut steps = Vec::new();
        let (mut kind, mut parts) = (kind, path.split('.').peekable());
        // The kind's own name may stand before its fields.
        if parts.peek().is_some_and(|part| part.eq_ignore_ascii_case(kind))
            && path.contains('.')
            && self.book.field(kind, &format!("{kind}Id")).is_none()
        {
            parts.next();
        }
        let wrong =
            |name: &str, kind: Kind| Refusal("INVALID_FIELD", format!("No such column '{name}' on entity '{kind}'."));
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                let field = self.book.field(kind, part).ok_or_else(|| wrong(part, kind))?;
                return Ok((steps, field));
            }
            let by = self.book.field(kind, &format!("{part}Id")).ok_or_else(|| wrong(part, kind))?;
            let Type::To(kinds) = by.kind else { return Err(wrong(part, kind)) };
            kind = kinds.split(',').next().and_then(schema::kind).ok_or_else(|| wrong(part, kind))?;
            steps.push((by, kind));
        }
        Err(wrong(path, kind))
    }

    /// What a path leads to from a record.
    fn value(self, kind: Kind, record: &Record, path: &str) -> Told<(Field, Value)> {
        let (steps, field) = self.path(kind, path)?;
        let mut at = Some(record);
        for (by, kind) in &steps {
            at = at.and_then(|record| self.book.get(kind, record.text(&by.name)));
        }
        let value = at.and_then(|record| record.fields.get(&field.name)).cloned().unwrap_or_default();
        // A box that nobody ticked is no.
        let value = if field.kind == Type::Yes && value.is_null() && at.is_some() { json!(false) } else { value };
        Ok((field, value))
    }

    fn sortable(self, kind: Kind, path: &str) -> Told<()> {
        let (_, field) = self.path(kind, path)?;
        if field.kind == Type::LongText {
            let words = format!("field '{}' can not be sorted in a query call", field.name);
            return Err(Refusal("INVALID_FIELD", words));
        }
        Ok(())
    }

    fn holds(self, kind: Kind, record: &Record, wanted: &Wanted) -> Told<bool> {
        match wanted {
            // All of them are looked at: one that cannot be asked is a mistake wherever it stands.
            Wanted::All(all) => all.iter().try_fold(true, |so_far, one| Ok(self.holds(kind, record, one)? && so_far)),
            Wanted::Any(all) => all.iter().try_fold(false, |so_far, one| Ok(self.holds(kind, record, one)? || so_far)),
            Wanted::Not(one) => Ok(!self.holds(kind, record, one)?),
            Wanted::Is(path, op, literal) => {
                let (field, value) = self.value(kind, record, path)?;
                is(&field, &value, *op, literal)
            }
            Wanted::In(path, not, all) => {
                let (field, value) = self.value(kind, record, path)?;
                let held = all
                    .iter()
                    .try_fold(false, |so_far, one| Ok::<_, Refusal>(is(&field, &value, Op::Eq, one)? || so_far))?;
                Ok(held != *not)
            }
        }
    }

    /// A record with the fields that were selected.
    pub(super) fn told(self, kind: Kind, record: &Record, fields: &[Selected]) -> Told<Value> {
        let mut told = Map::new();
        told.insert("attributes".to_owned(), self.attributes(kind, record));
        for selected in fields {
            match selected {
                Selected::Count => {}
                Selected::Field(path) => {
                    let (steps, field) = self.path(kind, path)?;
                    let (_, value) = self.value(kind, record, path)?;
                    put(self, &mut told, record, &steps, (&field.name, value));
                }
                Selected::Children(inner) => {
                    let (of, by) = self.children(kind, &inner.from)?;
                    let found = self.found(of, inner, |child| child.text(by) == record.text("Id"))?;
                    let all: Told<Vec<Value>> = found.iter().map(|child| self.told(of, child, &inner.fields)).collect();
                    let all = all?;
                    let value = if all.is_empty() {
                        Value::Null
                    } else {
                        json!({ "totalSize": all.len(), "done": true, "records": all })
                    };
                    told.insert(inner.from.clone(), value);
                }
            }
        }
        Ok(Value::Object(told))
    }

    fn attributes(self, kind: Kind, record: &Record) -> Value {
        let url = format!("/services/data/{}/sobjects/{kind}/{}", self.version, record.text("Id"));
        json!({ "type": kind, "url": url })
    }
}

/// Puts a value where its path leads, by the records on the way.
fn put(
    asked: Asked<'_>,
    told: &mut Map<String, Value>,
    record: &Record,
    steps: &[(Field, Kind)],
    (name, value): (&str, Value),
) {
    let Some(((by, kind), rest)) = steps.split_first() else {
        told.insert(name.to_owned(), value);
        return;
    };
    let relation = by.name.trim_end_matches("Id").to_owned();
    let Some(next) = asked.book.get(kind, record.text(&by.name)) else {
        told.insert(relation, Value::Null);
        return;
    };
    let inner = told.entry(relation).or_insert_with(|| json!({ "attributes": asked.attributes(kind, next) }));
    if let Some(inner) = inner.as_object_mut() {
        put(asked, inner, next, rest, (name, value));
    }
}

fn compare(a: &Value, b: &Value, order: &Order) -> std::cmp::Ordering {
    match (a.is_null(), b.is_null()) {
        (true, true) => return std::cmp::Ordering::Equal,
        (null, other) if null != other => {
            let first = if order.nulls_last { std::cmp::Ordering::Greater } else { std::cmp::Ordering::Less };
            return if null { first } else { first.reverse() };
        }
        _ => {}
    }
    let ordered = match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().unwrap_or_default().total_cmp(&b.as_f64().unwrap_or_default())
        }
        (Value::String(a), Value::String(b)) => a.to_lowercase().cmp(&b.to_lowercase()),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => std::cmp::Ordering::Equal,
    };
    if order.descending { ordered.reverse() } else { ordered }
}

fn is(field: &Field, value: &Value, op: Op, literal: &Literal) -> Told<bool> {
    let wrong = || {
        let words =
            format!("value of filter criterion for field '{}' must be of type {}", field.name, field.kind.word());
        Refusal("INVALID_FIELD", words)
    };
    if field.kind == Type::LongText {
        let words = format!("field '{}' can not be filtered in a query call", field.name);
        return Err(Refusal("INVALID_FIELD", words));
    }
    let by = |order: Option<std::cmp::Ordering>| order.is_some_and(|order| stands(order, op));
    match (field.kind, literal) {
        (_, Literal::Null) => Ok(match op {
            Op::Eq => value.is_null(),
            Op::Ne => !value.is_null(),
            Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::Like => return Err(wrong()),
        }),
        (Type::Yes, Literal::Yes(yes)) => Ok(by(Some(value.as_bool().unwrap_or_default().cmp(yes)))),
        (Type::Number, Literal::Number(number)) => Ok(by(value.as_f64().map(|v| v.total_cmp(number)))),
        (Type::Day, Literal::Day(day)) => Ok(by(value.as_str().map(|v| v.cmp(day)))),
        (Type::Instant, Literal::Instant(at)) => {
            let at = millis(at).ok_or_else(wrong)?;
            Ok(by(value.as_str().and_then(millis).map(|v| v.cmp(&at))))
        }
        (Type::Id | Type::To(_), Literal::Text(raw)) => {
            let id = plain(raw).ok_or_else(wrong)?;
            if !is_id(&id) {
                return Err(Refusal("INVALID_QUERY_FILTER_OPERATOR", format!("invalid ID field: {id}")));
            }
            let order = value.as_str().map(|v| v.cmp(whole(&id).as_str()));
            Ok(if op == Op::Ne { order != Some(std::cmp::Ordering::Equal) } else { by(order) })
        }
        (Type::Text | Type::Phone, Literal::Text(raw)) => {
            let text = plain(raw).ok_or_else(|| Refusal::new("MALFORMED_QUERY", "Illegal string"))?;
            let held = value.as_str().unwrap_or_default();
            if op == Op::Like {
                return Ok(!value.is_null() && like(held, raw));
            }
            let same = held.to_lowercase().cmp(&text.to_lowercase());
            Ok(if value.is_null() { op == Op::Ne } else { by(Some(same)) })
        }
        _ => Err(wrong()),
    }
}

fn stands(order: std::cmp::Ordering, op: Op) -> bool {
    match op {
        Op::Eq => order.is_eq(),
        Op::Ne => order.is_ne(),
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
        Op::Like => false,
    }
}

//! Lists, of which the order counts: members by their name where they have one, else by what stayed in its place.

use std::collections::BTreeSet;

use toml::Value;

use super::{Differences, Place, shown, written};

/// Keys that tell which one of several it is, when none has a name.
const TELLING: [&str; 11] =
    ["rule", "who", "person", "role", "team", "schedule", "lead_of", "what", "outcome", "rep", "segment"];

/// Longer lists are compared without their order: it would take too long.
const ORDERED: usize = 1_000_000;

impl Differences {
    pub(super) fn lists(&mut self, place: &Place, from: &[Value], to: &[Value]) {
        match (names(from), names(to)) {
            (Some(before), Some(after)) => self.named(place, (from, &before), (to, &after)),
            _ => self.places(place, from, to),
        }
    }

    fn named(&mut self, place: &Place, (from, before): (&[Value], &[String]), (to, after): (&[Value], &[String])) {
        let find = |list: &[Value], names: &[String], name: &String| {
            names.iter().position(|other| other == name).and_then(|at| list.get(at)).cloned()
        };
        let mut come: Vec<&String> = after.iter().filter(|name| !before.contains(name)).collect();
        // One that is the same but for its name has a new name.
        let mut renamed = Vec::new();
        for old in before.iter().filter(|name| !after.contains(name)) {
            let own = find(from, before, old).map(unnamed);
            let is_it = |new: &&String| own.is_some() && find(to, after, new).map(unnamed) == own;
            if let Some(at) = come.iter().position(is_it) {
                renamed.push((old, come.remove(at)));
            }
        }
        for name in before {
            let is = place.of(file_text(name));
            let new = renamed.iter().find(|(old, _)| *old == name).map(|(_, new)| new);
            match (new, find(from, before, name), find(to, after, name)) {
                (Some(new), ..) => self.say('~', &format!("{}now called {}", is.head(), file_text(new))),
                (None, Some(Value::Table(old)), Some(Value::Table(new))) => self.tables(&is, &old, &new),
                (None, Some(old), None) => self.say('-', &written(place, &old)),
                (None, ..) => {}
            }
        }
        for name in come {
            let at = after.iter().position(|other| other == name).unwrap_or_default();
            if let Some(new) = to.get(at) {
                self.say('+', &format!("{}, {}", written(place, new), after_which(to, at)));
            }
        }
        let now = |name: &String| renamed.iter().find(|(old, _)| *old == name).map_or(name, |(_, new)| *new).clone();
        let old: Vec<String> = before.iter().map(now).filter(|name| after.contains(name)).collect();
        let new: Vec<String> = after.iter().filter(|name| old.contains(name)).cloned().collect();
        if old != new {
            let all = |names: &[String]| names.iter().map(|name| file_text(name)).collect::<Vec<_>>().join(", ");
            self.say('~', &format!("[[{}]] in the order {} → {}", place.name(), all(&old), all(&new)));
        }
    }

    /// Members without a name.
    fn places(&mut self, place: &Place, from: &[Value], to: &[Value]) {
        let kept = kept(from, to);
        let Some(kept) = kept else { return self.unordered(place, from, to) };
        let (mut old, mut new) = (0, 0);
        let (mut gone, mut come) = (Vec::new(), Vec::new());
        for (a, b) in kept.into_iter().chain([(from.len(), to.len())]) {
            // Between two that stayed: what stands for what, in their order.
            let (mut left, mut right) = ((old..a).collect::<Vec<_>>(), (new..b).collect::<Vec<_>>());
            while let Some((i, j)) = alike(&left, &right, from, to) {
                let (Some(before), Some(after)) = (from.get(left.remove(i)), to.get(right[j])) else { break };
                self.changed(place, right.remove(j), before, after);
            }
            gone.append(&mut left);
            come.append(&mut right);
            (old, new) = (a + 1, b + 1);
        }
        for at in gone {
            let Some(value) = from.get(at) else { continue };
            if let Some(to_place) = come.iter().position(|now| to.get(*now) == Some(value)) {
                let now = come.remove(to_place);
                self.say('~', &format!("{}, now {}", written(place, value), after_which(to, now)));
            } else {
                self.say('-', &written(place, value));
            }
        }
        for at in come {
            if let Some(value) = to.get(at) {
                self.say('+', &format!("{}, {}", written(place, value), after_which(to, at)));
            }
        }
    }

    fn changed(&mut self, place: &Place, at: usize, from: &Value, to: &Value) {
        let telling =
            TELLING.iter().find_map(|key| Some((key, from.get(key)?)).filter(|(key, v)| to.get(key) == Some(v)));
        let which = telling.map_or_else(String::new, |(key, value)| format!(", {key} = {}", shown(value)));
        let is = place.of(format!("#{}{which}", at + 1));
        match (from, to) {
            (Value::Table(from), Value::Table(to)) => self.tables(&is, from, to),
            _ => self.say('~', &format!("{}{} → {}", is.head(), shown(from), shown(to))),
        }
    }

    fn unordered(&mut self, place: &Place, from: &[Value], to: &[Value]) {
        let all = |list: &[Value]| list.iter().map(|one| written(place, one)).collect::<BTreeSet<String>>();
        let (from, to) = (all(from), all(to));
        for gone in from.difference(&to) {
            self.say('-', gone);
        }
        for come in to.difference(&from) {
            self.say('+', come);
        }
        if from == to {
            self.say('~', &format!("[[{}]] in another order", place.name()));
        }
    }
}

/// The first two that are one and the same with something changed.
fn alike(left: &[usize], right: &[usize], from: &[Value], to: &[Value]) -> Option<(usize, usize)> {
    let rule =
        |value: &Value| value.as_str().map(str::to_owned).or_else(|| value.get("rule")?.as_str().map(str::to_owned));
    let is_one = |a: &Value, b: &Value| {
        let shares = |key: &&str| a.get(key).is_some_and(|value| b.get(key) == Some(value));
        rule(a).is_some_and(|own| rule(b) == Some(own)) || rule(a).is_none() && TELLING.iter().any(shares)
    };
    // One alone in its place is it in any case, when both are of one kind.
    let alone = left.len() == 1 && right.len() == 1;
    left.iter().enumerate().find_map(|(i, a)| {
        let a = from.get(*a)?;
        let j = right.iter().position(|b| {
            to.get(*b).is_some_and(|b| is_one(a, b) || alone && rule(a).is_none() && a.is_table() && b.is_table())
        })?;
        Some((i, j))
    })
}

/// Places of both that stayed: the longest way through the two. None when they are too long to be looked through.
fn kept(from: &[Value], to: &[Value]) -> Option<Vec<(usize, usize)>> {
    let front = from.iter().zip(to).take_while(|(a, b)| a == b).count();
    let rest = from.len().min(to.len()) - front;
    let back = from.iter().rev().zip(to.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let (a, b) = (&from[front..from.len() - back], &to[front..to.len() - back]);
    if a.len().saturating_mul(b.len()) > ORDERED {
        return None;
    }
    let width = b.len() + 1;
    let mut longest = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i * width + j] = if a[i] == b[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let mut all: Vec<(usize, usize)> = (0..front).map(|at| (at, at)).collect();
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            all.push((front + i, front + j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    all.extend((0..back).rev().map(|at| (from.len() - 1 - at, to.len() - 1 - at)));
    Some(all)
}

/// Behind which of its list one stands.
fn after_which(list: &[Value], at: usize) -> String {
    let Some(before) = at.checked_sub(1).and_then(|at| list.get(at)) else { return "first".to_owned() };
    if let Some(name) = name(before) {
        return format!("after {}", file_text(&name));
    }
    if before.is_str() {
        return format!("after {}", shown(before));
    }
    let telling = TELLING.iter().find_map(|key| Some((key, before.get(key)?)));
    telling.map_or_else(|| format!("after #{at}"), |(key, value)| format!("after #{at}, {key} = {}", shown(value)))
}

fn file_text(name: &str) -> String {
    shown(&Value::String(name.to_owned()))
}

fn name(member: &Value) -> Option<String> {
    let named = member.get("name").or_else(|| member.get("label"))?.as_str()?;
    Some(named.to_owned()).filter(|named| !named.is_empty())
}

/// The names of a list's members, when each has one of its own.
fn names(list: &[Value]) -> Option<Vec<String>> {
    let names: Vec<String> = list.iter().map(name).collect::<Option<_>>()?;
    let all: BTreeSet<&String> = names.iter().collect();
    (all.len() == list.len()).then_some(names)
}

fn unnamed(mut member: Value) -> Value {
    let own = if member.get("name").is_some() { "name" } else { "label" };
    if let Some(fields) = member.as_table_mut() {
        fields.remove(own);
    }
    member
}

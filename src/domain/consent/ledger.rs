//! A word of consent from outside: a list, another program. Taken in once, in any order, and never against a newer one.

use serde::{Deserialize, Serialize};

use super::number::{Evidence, Number};
use super::rules::ConsentRules;
use super::scope::Scope;
use super::source::OptOutSource;
use crate::domain::contact::Body;
use crate::domain::event::Event;
use crate::domain::id::{LineId, MessageId, NumberId};
use crate::domain::time::Timestamp;

/// A word of consent from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// Whose number.
    pub number: NumberId,
    /// Whether it withdraws consent; else it shows that consent was given.
    pub out: bool,
    /// Who says so.
    pub source: OptOutSource,
    /// How far it reaches.
    pub scope: Scope,
    /// When the buyer said it. Nothing for what our own record says: it holds as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Timestamp>,
    /// Whether a list says so that does not know when: `said` is then the moment it was read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undated: bool,
    /// Where they did and to which words they agreed, and the id these are kept under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<(MessageId, Body)>,
    /// The line that the buyer's own START was texted to: it ends whatever keeps that line silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<LineId>,
}

/// What became of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// It stands in the ledger now.
    New,
    /// The ledger has it already, or one that says as much.
    Known,
    /// A newer word says otherwise.
    Overtaken,
    /// The list said so before, without a date either, and the buyer came back since: nothing shows that they asked again.
    Repeated,
}

/// The fact that follows from a word, if one does.
pub fn take(number: Option<&Number>, word: &Word) -> (Taken, Option<Event>) {
    let Some(number) = number else { return (Taken::Known, None) };
    let (source, scope, said) = (word.source.clone(), word.scope.clone(), word.said);
    if word.out && word.undated {
        // The first time it counts, for no number may stay open for want of a date; a list that is read again is no newer
        // than it was.
        if number.was_listed(&source, &scope) {
            let stands = number.knows_out(&source, &scope, None);
            return (if stands { Taken::Known } else { Taken::Repeated }, None);
        }
        return (Taken::New, Some(Event::OptedOut { source, scope, said, undated: true }));
    }
    if word.out {
        if said.is_some_and(|said| number.is_overtaken(&source, &scope, said)) {
            return (Taken::Overtaken, None);
        }
        if number.knows_out(&source, &scope, said) {
            return (Taken::Known, None);
        }
        return (Taken::New, Some(Event::OptedOut { source, scope, said, undated: false }));
    }
    let words = word.words.as_ref().map(|(id, _)| *id);
    let known = match said {
        Some(at) => number.knows_evidence(&Evidence { at, source: source.clone(), scope: scope.clone(), words }),
        None => !number.outs().any(|(own, _)| scope.holds(own)),
    };
    if known {
        return (Taken::Known, None);
    }
    (Taken::New, Some(Event::OptedIn { source, scope, said, words }))
}

/// What the buyer's own START to a line ends, said at an instant: whatever keeps that line silent, however far that reaches.
/// Nothing follows while some of it was said as late, or later.
pub fn started(
    number: Option<&Number>,
    rules: &ConsentRules,
    line: &LineId,
    (source, at): (&OptOutSource, Timestamp),
) -> Vec<Scope> {
    let mut scopes = vec![rules.scope_of(line)];
    let outs = || number.into_iter().flat_map(Number::outs);
    for (scope, _) in outs().filter(|(scope, _)| scope.covers(rules, line)) {
        if !scopes.iter().any(|wider| wider.holds(scope)) {
            scopes.push(scope.clone());
        }
    }
    let ended = |scope: &Scope| scope.covers(rules, line) || scopes.iter().any(|wider| wider.holds(scope));
    let stands = outs().any(|(scope, out)| ended(scope) && out.last() >= at);
    if stands || !source.is_firm() { Vec::new() } else { scopes }
}

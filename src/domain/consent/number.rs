//! What stands of a number: who withdrew which part of its consent, and what shows that it was given.
//!
//! The ledger is the journal: its entries about the number, in order, for ever. This is what they come to.
//!
//! **Invariants:** `apply` cannot fail. What the buyer, their carrier or a person here withdrew ends by the buyer's own
//! START and by nothing else; what a list withdrew ends by that or by a newer word. Lists come to the same in any order.

use serde::{Deserialize, Serialize};

use super::rules::ConsentRules;
use super::scope::Scope;
use super::source::OptOutSource;
use crate::domain::block::Block;
use crate::domain::event::Event;
use crate::domain::hold::Hold;
use crate::domain::id::{LineId, MessageId, NumberId};
use crate::domain::time::Timestamp;

/// Evidence kept at hand: the newest. The ledger keeps all of it.
const KEPT_EVIDENCE: usize = 16;

/// What is known of a number, whoever texts from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    /// The number without naming it.
    pub id: NumberId,
    /// Set while no text of ours may go there.
    pub opted_out: Option<OptOut>,
    /// Parts of us whose texts may not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<(Scope, OptOut)>,
    /// What shows that consent was given, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// Set while nobody hears of what it texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Block>,
    /// Set while a text that may have asked us to stop waits for a person's ruling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
}

/// When and how consent was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptOut {
    /// When it took effect.
    pub at: Timestamp,
    /// How we know.
    pub source: OptOutSource,
}

/// What shows that consent was given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evidence {
    /// When it was given.
    pub at: Timestamp,
    /// How we know.
    pub source: OptOutSource,
    /// For which texts.
    #[serde(default, skip_serializing_if = "Scope::is_tenant")]
    pub scope: Scope,
    /// Where the words are kept that they agreed to, and where they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<MessageId>,
}

impl Number {
    /// A number nothing is known of.
    pub const fn new(id: NumberId) -> Self {
        Self { id, opted_out: None, parts: Vec::new(), evidence: Vec::new(), blocked: None, hold: None }
    }

    /// Takes in one fact.
    pub fn apply(&mut self, at: Timestamp, event: &Event) {
        if let Event::OptedOut { source, scope, said } = event {
            self.withdraw(at, source, scope, *said);
        } else if let Event::OptedIn { source, scope, said, words } = event {
            let (given, source, scope) = (said.unwrap_or(at), source.clone(), scope.clone());
            self.give(Evidence { at: given, source, scope, words: *words }, said.is_none());
        } else if let Event::Blocked { by, reason } = event {
            self.blocked = Some(Block { at, by: by.clone(), reason: *reason });
        } else if let Event::Unblocked { .. } = event {
            self.blocked = None;
        }
        self.apply_hold(at, event);
    }

    /// Takes note of a withdrawal from all of us. The first one stands.
    pub fn opt_out(&mut self, at: Timestamp, source: &OptOutSource) {
        self.withdraw(at, source, &Scope::Tenant, None);
    }

    /// Takes note that texts are welcome again.
    pub fn opt_in(&mut self) {
        self.opted_out = None;
        self.parts.clear();
    }

    /// Every opt-out that stands, the widest first.
    pub fn outs(&self) -> impl Iterator<Item = (&Scope, &OptOut)> {
        self.opted_out.iter().map(|out| (&Scope::Tenant, out)).chain(self.parts.iter().map(|(scope, out)| (scope, out)))
    }

    /// The opt-out that keeps texts of this line back.
    pub fn out_for(&self, rules: &ConsentRules, line: &LineId) -> Option<&OptOut> {
        self.outs().find(|(scope, _)| scope.covers(rules, line)).map(|(_, out)| out)
    }

    /// Whether texts of this line are kept back by what no list can unsay.
    pub fn is_firmly_out(&self, rules: &ConsentRules, line: &LineId) -> bool {
        self.outs().any(|(scope, out)| out.source.is_firm() && scope.covers(rules, line))
    }

    /// The newest evidence that consent to texts of this line was given.
    pub fn evidence_for(&self, rules: &ConsentRules, line: &LineId) -> Option<&Evidence> {
        self.evidence.iter().rev().find(|evidence| evidence.scope.covers(rules, line))
    }

    /// Whether an opt-out says nothing that is not known: one as firm reaches as far, or a list said as much, as late.
    pub fn knows_out(&self, source: &OptOutSource, scope: &Scope, said: Option<Timestamp>) -> bool {
        let as_late = |out: &OptOut| said.is_none_or(|said| out.at >= said);
        self.outs()
            .any(|(wider, out)| wider.holds(scope) && (out.source.is_firm() || !source.is_firm() && as_late(out)))
    }

    /// Whether a list's opt-out comes too late: a newer word gave the consent that it withdraws.
    pub fn is_overtaken(&self, scope: &Scope, said: Timestamp) -> bool {
        self.evidence.iter().any(|evidence| evidence.at > said && evidence.scope.holds(scope))
    }

    /// Whether this evidence is at hand already.
    pub fn knows_evidence(&self, evidence: &Evidence) -> bool {
        let same = |known: &Evidence| {
            (known.at, &known.source, &known.scope) == (evidence.at, &evidence.source, &evidence.scope)
        };
        self.evidence.iter().any(same)
    }

    fn withdraw(&mut self, at: Timestamp, source: &OptOutSource, scope: &Scope, said: Option<Timestamp>) {
        if said.is_some_and(|said| self.is_overtaken(scope, said)) {
            return;
        }
        let new = OptOut { at: said.unwrap_or(at), source: source.clone() };
        let slot = if scope.is_tenant() {
            &mut self.opted_out
        } else {
            match self.parts.iter_mut().find(|(own, _)| own == scope) {
                Some((_, out)) => return stand(out, new),
                None => return self.parts.push((scope.clone(), new)),
            }
        };
        match slot {
            Some(out) => stand(out, new),
            None => *slot = Some(new),
        }
    }

    /// The buyer's own word (`now`) ends what it speaks of, whoever withdrew it; a list's ends what lists said before it.
    fn give(&mut self, evidence: Evidence, now: bool) {
        let ends = |scope: &Scope, out: &OptOut| {
            evidence.scope.holds(scope) && (now || !out.source.is_firm() && out.at < evidence.at)
        };
        if self.opted_out.as_ref().is_some_and(|out| ends(&Scope::Tenant, out)) {
            self.opted_out = None;
        }
        self.parts.retain(|(scope, out)| !ends(scope, out));
        if !self.knows_evidence(&evidence) {
            self.evidence.push(evidence);
            self.evidence.sort();
            let over = self.evidence.len().saturating_sub(KEPT_EVIDENCE);
            self.evidence.drain(..over);
        }
    }
}

/// The first firm one stands; among what lists say, the newest.
fn stand(out: &mut OptOut, new: OptOut) {
    if !out.source.is_firm() && (new.source.is_firm() || new.at > out.at) {
        *out = new;
    }
}

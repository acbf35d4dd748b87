//! What stands of a number: who withdrew which part of its consent, and what shows that it was given.
//!
//! The ledger is the journal: its entries about the number, in order, for ever. This is what they come to.
//!
//! **Invariants:** `apply` cannot fail. What the buyer, their carrier or a person here withdrew ends by the buyer's own
//! START and by nothing else, and only by one that they said after it; what a list withdrew ends by that or by a newer word.
//! Words come to the same in any order: what counts is when they were said, and an opt-out wins a tie.

use serde::{Deserialize, Serialize};

use super::rules::ConsentRules;
use super::scope::Scope;
use super::source::OptOutSource;
use crate::domain::block::Block;
use crate::domain::event::Event;
use crate::domain::hold::Hold;
use crate::domain::id::{LineId, MessageId, NumberId};
use crate::domain::time::{Span, Timestamp};

/// How much later than a STOP a START must have been said to make it void before it was ever taken in. Clocks of carriers
/// differ by seconds, and in doubt the opt-out stands.
const DOUBT: Span = Span::minutes(1);

/// Evidence kept at hand: the newest. The ledger keeps all of it.
const KEPT_EVIDENCE: usize = 16;

/// Lists without dates that are remembered: the last ones. Of one that is forgotten an opt-out counts once more.
const KEPT_LISTS: usize = 16;

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
    /// Lists that named it without a date, and how far they reach: read again, they say nothing new.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undated: Vec<(OptOutSource, Scope)>,
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
    /// When it was last said again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Timestamp>,
}

impl OptOut {
    /// One that was said once.
    pub const fn new(at: Timestamp, source: OptOutSource) -> Self {
        Self { at, source, again: None }
    }

    /// When it was said last: what gives consent back must be later.
    pub fn last(&self) -> Timestamp {
        self.again.map_or(self.at, |again| again.max(self.at))
    }
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
        Self {
            id,
            opted_out: None,
            parts: Vec::new(),
            undated: Vec::new(),
            evidence: Vec::new(),
            blocked: None,
            hold: None,
        }
    }

    /// Takes in one fact.
    pub fn apply(&mut self, at: Timestamp, event: &Event) {
        if let Event::OptedOut { source, scope, said, undated } = event {
            self.withdraw(at, source, scope, *said);
            if *undated && !self.was_listed(source, scope) {
                self.undated.push((source.clone(), scope.clone()));
                let over = self.undated.len().saturating_sub(KEPT_LISTS);
                self.undated.drain(..over);
            }
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

    /// Whether an opt-out says nothing that is not known: one as firm reaches as far, and was said as late.
    pub fn knows_out(&self, source: &OptOutSource, scope: &Scope, said: Option<Timestamp>) -> bool {
        let as_late = |out: &OptOut| said.is_none_or(|said| out.last() >= said);
        self.outs()
            .any(|(wider, out)| wider.holds(scope) && (out.source.is_firm() || !source.is_firm()) && as_late(out))
    }

    /// Whether a list of this name said so before, without a date either. A programme is the same whichever lines it has now.
    pub fn was_listed(&self, source: &OptOutSource, scope: &Scope) -> bool {
        self.undated.iter().any(|(list, reach)| list == source && reach.word() == scope.word())
    }

    /// Whether an opt-out comes too late: a newer word gave the consent that it withdraws. Against the buyer's own STOP only
    /// their own START does.
    pub fn is_overtaken(&self, source: &OptOutSource, scope: &Scope, said: Timestamp) -> bool {
        let newer = |evidence: &Evidence| {
            if source.is_firm() { evidence.source.is_firm() && evidence.at > said + DOUBT } else { evidence.at > said }
        };
        self.evidence.iter().any(|evidence| newer(evidence) && evidence.scope.holds(scope))
    }

    /// Whether the buyer's own START is known that is later than a STOP, where both are dated by their carrier.
    pub fn is_restarted(&self, scope: &Scope, stop: Timestamp) -> bool {
        let later = |evidence: &Evidence| matches!(evidence.source, OptOutSource::Keyword(_)) && evidence.at > stop;
        self.evidence.iter().any(|evidence| later(evidence) && evidence.scope.holds(scope))
    }

    /// Whether this evidence is at hand already.
    pub fn knows_evidence(&self, evidence: &Evidence) -> bool {
        let same = |known: &Evidence| {
            (known.at, &known.source, &known.scope) == (evidence.at, &evidence.source, &evidence.scope)
        };
        self.evidence.iter().any(same)
    }

    fn withdraw(&mut self, at: Timestamp, source: &OptOutSource, scope: &Scope, said: Option<Timestamp>) {
        if said.is_some_and(|said| self.is_overtaken(source, scope, said)) {
            return;
        }
        let new = OptOut::new(said.unwrap_or(at), source.clone());
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

    /// The buyer's own word ends what was said before it, whoever withdrew it; a list's ends what lists said before it. A
    /// word of `now` was decided over what stands here: it ends what it speaks of.
    fn give(&mut self, evidence: Evidence, now: bool) {
        let own = evidence.source.is_firm();
        let ends = |scope: &Scope, out: &OptOut| {
            let before = (own || !out.source.is_firm()) && out.last() < evidence.at;
            evidence.scope.holds(scope) && (now || before)
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

/// The first firm one stands, and when it was last said; among what lists say, the newest.
fn stand(out: &mut OptOut, new: OptOut) {
    let last = out.last().max(new.last());
    if !out.source.is_firm() && (new.source.is_firm() || new.at > out.at) {
        *out = new;
    }
    out.again = (last > out.at).then_some(last);
}

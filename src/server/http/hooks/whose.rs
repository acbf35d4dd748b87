//! Whose line does a webhook speak of? An account speaks of the lines that are set up at it, and of no other: who holds the
//! secret of one number must not text, stop or start in the name of another.

use std::collections::BTreeSet;

use super::Hooks;
use crate::domain::id::LineId;
use crate::domain::playbook::Playbook;
use crate::server::carrier::hook::{Text, find_line};
use crate::server::store::CarrierLine;

/// Who signed a webhook, as far as they are set up here.
#[derive(Clone, Copy)]
pub(super) struct Signed<'a> {
    /// What stands behind `/hooks/`.
    pub(super) carrier: &'a str,
    /// The accounts whose secret fits.
    pub(super) accounts: &'a BTreeSet<String>,
    /// Every number set up, at whichever account.
    pub(super) lines: &'a [CarrierLine],
}

impl<'a> Signed<'a> {
    /// Whether a number is set up at one of the signers.
    pub(super) fn owns(&self, line: &CarrierLine) -> bool {
        line.provider == self.carrier && self.accounts.contains(&line.account)
    }

    /// Lines whose number is set up at another account. One that is not set up at all is nobody's.
    pub(super) fn foreign_lines(&self, playbook: &Playbook) -> BTreeSet<LineId> {
        let others = self.lines.iter().filter(|l| !self.owns(l));
        others.filter_map(|l| playbook.line_of(&l.number).map(|(id, _)| id.clone())).collect()
    }

    /// Whether a text came to a number that is set up at another account.
    pub(super) fn is_foreign(&self, text: &Text) -> bool {
        let mut of_number = self.lines.iter().filter(|l| l.number == text.to).peekable();
        of_number.peek().is_some() && !of_number.any(|l| self.owns(l))
    }

    /// Whose account a text came by: the one it names, else that of its number, else of whoever signed it.
    pub(super) fn account_of(&self, text: &Text) -> String {
        let of_number = || self.lines.iter().find(|l| l.number == text.to && self.owns(l)).map(|l| l.account.clone());
        text.account.clone().or_else(of_number).or_else(|| self.accounts.first().cloned()).unwrap_or_default()
    }

    /// The number set up that a text came to, by itself or by its messaging service.
    pub(super) fn line_of(&self, account: &str, text: &Text) -> Option<&'a CarrierLine> {
        find_line(self.lines, self.carrier, account, &text.to, text.service.as_deref())
    }
}

/// Our line for a text. A number the playbook does not list still gets through: a reply is never dropped.
pub(super) fn line_id(hooks: &Hooks, signed: Signed<'_>, account: &str, text: &Text, id: Option<&str>) -> LineId {
    let playbook = hooks.service.playbook();
    let of = |number| playbook.line_of(number).map(|(id, _)| id.clone());
    of(&text.to).or_else(|| signed.line_of(account, text).and_then(|l| of(&l.number))).unwrap_or_else(|| {
        tracing::warn!(
            request_id = id,
            "a text came to a number that the playbook does not list: it takes the first team's ladder"
        );
        LineId::new("unlisted")
    })
}

//! A ledger of ours that is read in again: what is neither an opt-out nor an opt-in there.
//!
//! A hold is lifted by a person's ruling alone. One that the file leaves open cannot be ruled here, for its texts are
//! elsewhere: it is an opt-out, as it would have become where it was placed.

use std::collections::BTreeMap;

use crate::wire::consent::{ConsentRow, LedgerWord};

/// What was passed over so far.
#[derive(Default)]
pub(super) struct OpenHolds {
    open: BTreeMap<String, (u64, ConsentRow)>,
    passed: u64,
}

impl OpenHolds {
    /// A row that is to be taken in; `None` where it says nothing by itself.
    pub(super) fn pass(&mut self, line: u64, row: ConsentRow) -> Option<ConsentRow> {
        let number = row.number.trim().to_owned();
        match row.ledger_word() {
            Some(LedgerWord::HoldPlaced) => {
                self.open.entry(number).or_insert((line, row));
            }
            Some(LedgerWord::HoldRuled) => {
                self.open.remove(&number);
            }
            Some(LedgerWord::Block) => {}
            None => return Some(row),
        }
        self.passed += 1;
        None
    }

    /// How many rows said nothing by themselves.
    pub(super) const fn passed(&self) -> u64 {
        self.passed
    }

    /// Holds that nobody ruled on, as opt-outs, in the order of the file.
    pub(super) fn left(&mut self) -> Vec<(u64, ConsentRow)> {
        let open = std::mem::take(&mut self.open).into_values();
        let mut left: Vec<_> =
            open.map(|(line, row)| (line, ConsentRow { event: "opt_out".to_owned(), ..row })).collect();
        left.sort_by_key(|(line, _)| *line);
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: &str, event: &str) -> ConsentRow {
        let (at, scope, source, wording) = (None, None, None, None);
        ConsentRow { number: number.to_owned(), event: event.to_owned(), at, scope, source, wording, flaws: Vec::new() }
    }

    #[test]
    fn a_hold_that_the_file_leaves_open_is_an_opt_out_and_a_ruled_one_is_nothing() {
        let mut holds = OpenHolds::default();
        let mut taken = Vec::new();
        let rows = [
            ("+12125550001", "hold_placed"),
            ("+12125550002", "hold_placed"),
            ("+12125550001", "hold_placed"),
            ("+12125550003", "opted_out"),
            ("+12125550002", "hold_ruled"),
            ("+12125550004", "blocked"),
            ("+12125550004", "unblocked"),
            ("+12125550005", "Hold placed"),
            ("+12125550006", "nonsense"),
        ];
        for (line, (number, event)) in (2..).zip(rows) {
            taken.extend(holds.pass(line, row(number, event)).map(|row| row.event));
        }
        assert_eq!(taken, ["opted_out", "nonsense"]);
        assert_eq!(holds.passed(), 7);
        let left: Vec<_> = holds.left().into_iter().map(|(line, row)| (line, row.number, row.event)).collect();
        let out = |line, number: &str| (line, number.to_owned(), "opt_out".to_owned());
        assert_eq!(left, [out(2, "+12125550001"), out(9, "+12125550005")]);
    }
}

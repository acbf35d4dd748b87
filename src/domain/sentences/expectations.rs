//! The cases its author wrote down.

use super::words::{count, instant};
use crate::domain::playbook::Playbook;

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    let all = &playbook.expectations;
    if all.is_empty() {
        return Vec::new();
    }
    let zone = playbook.zone();
    let cases = count(i64::try_from(all.len()).unwrap_or(i64::MAX), "case");
    let mut lines = vec![format!("{cases}, decided again with every change and whenever somebody goes or comes:")];
    lines.extend(all.iter().map(|case| format!("  {} ({})", case.name, instant(case.at, zone))));
    lines
}

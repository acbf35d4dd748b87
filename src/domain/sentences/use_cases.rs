//! Define, in sentences.

use crate::domain::playbook::{Playbook, UseCase};

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    playbook.use_cases.iter().map(|(id, use_case)| one(id, use_case)).collect()
}

fn one(id: &str, use_case: &UseCase) -> String {
    let who = if use_case.sales {
        "Sales answers it"
    } else {
        "Sales need not answer it: it reaches the pool and no clock runs"
    };
    format!("{} ({id}): {who}.", use_case.label)
}

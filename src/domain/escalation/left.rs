//! Whether anybody is left whom a person could ask for help, as far as that does not change by itself.

use super::{Who, climb, rules};
use crate::domain::command::ReadSet;
use crate::domain::conversation::Conversation;
use crate::domain::event::Climb;
use crate::domain::id::RepId;

/// Whether asking for help is refused until somebody does something: no step that is left depends on the hour. Where it
/// may change by itself the answer is no: whoever asks is told by the backend.
pub fn nobody_left(world: &ReadSet<'_>, c: &Conversation, by: &RepId) -> bool {
    let Some(rules) = rules(world, &c.cohort) else { return false };
    let next = c.assignment.as_ref().and_then(|a| a.step).map_or(0, |step| usize::from(step) + 1);
    let mut left = rules.ladder.steps.iter().skip(next);
    // At any hour then: this one will do.
    left.all(|step| !changes_by_itself(world, c, &step.who))
        && climb(world, c, c.changed, Climb::Asked(by.clone())).is_empty()
}

/// Whether who stands on a step is another question at another hour.
fn changes_by_itself(world: &ReadSet<'_>, c: &Conversation, who: &Who) -> bool {
    let has_hours = |rep: &RepId| world.playbook.reps.get(rep).is_some_and(|rep| rep.hours.is_some());
    let backup = || world.playbook.reps.get(c.owner.as_ref()?)?.backup.as_ref();
    match who {
        Who::OnCall | Who::Schedule(_) => true,
        Who::Owner => c.owner.as_ref().is_some_and(has_hours),
        Who::Backup => backup().is_some_and(has_hours),
        Who::Person(rep) => has_hours(rep),
        Who::Role(_) => world.playbook.teams.get(&c.team).is_some_and(|team| team.members.iter().any(has_hours)),
        Who::Pool | Who::Lead | Who::OwnersLead | Who::Team(_) | Who::LeadOf(_) => false,
    }
}

//! Who owns something in the place of somebody who left: the rule named the one, and the other has it.

use super::OwnerSource;
use crate::domain::conversation::Conversation;
use crate::domain::id::RepId;
use crate::domain::playbook::Playbook;
use crate::domain::routing::Passed;

/// Why somebody whom a rule named does not have it: they left, and this colleague stands in their place.
pub(super) fn gone(source: OwnerSource, successor: &str) -> String {
    format!("{}, but is not with us any more: {successor} stands in their place", source.words())
}

/// That whoever owns a conversation took it over from somebody who left; nothing when they did not.
pub(in crate::domain) fn taken_over(playbook: &Playbook, c: &Conversation) -> Option<Passed> {
    let (gone, owner) = (c.in_place_of.as_ref()?, c.owner.as_ref()?);
    let source = c.owned_by.unwrap_or(OwnerSource::Conversation);
    Some(Passed { who: gone.to_string(), why: self::gone(source, playbook.rep_name(owner)) })
}

/// Whose place an owner, who is called so, took by this rule; nobody's when the rule named them themselves.
pub fn in_place_of(source: OwnerSource, owner: &str, passed: &[Passed]) -> Option<RepId> {
    let why = gone(source, owner);
    passed.iter().find(|passed| passed.why == why).map(|passed| RepId::new(passed.who.as_str()))
}

/// Why an owner is it: by the rule, or in the place of whoever left. `name` says what a rep is called.
pub fn words(source: OwnerSource, owner: &RepId, passed: &[Passed], name: impl Fn(&RepId) -> String) -> String {
    match in_place_of(source, &name(owner), passed) {
        Some(gone) => took_over(&name(&gone), Some(source)),
        None => source.words().to_owned(),
    }
}

/// That somebody took over from whoever left, and what the record still says of those.
pub fn took_over(gone: &str, source: Option<OwnerSource>) -> String {
    let still = source.map_or_else(String::new, |source| format!(" and by the record {}", source.words()));
    format!("took over from {gone}, who left{still}")
}

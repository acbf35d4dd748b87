//! What an auditor is not offered: whatever changes something, and writing.

use super::Action;

/// Whether an action changes something for buyers or colleagues, or begins to. Reading, copying and going about do not.
pub const fn changes(action: Action) -> bool {
    matches!(
        action,
        Action::Reply
            | Action::Note
            | Action::Take
            | Action::Assign
            | Action::Escalate
            | Action::Snooze
            | Action::Done
            | Action::Undo
            | Action::FollowStep
            | Action::MeetingLink
            | Action::ProposeTimes
            | Action::LoopIn
            | Action::NotInterested
            | Action::Select
            | Action::Rule
            | Action::Kind
            | Action::OptOut
            | Action::Begin
            | Action::Block
            | Action::Away
            | Action::Shift
            | Action::Outbox
            | Action::Send
            | Action::Newline
            | Action::Later
            | Action::Editor
            | Action::NextField
            | Action::Cheapen
    )
}

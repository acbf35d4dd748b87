//! What an auditor is not offered: whatever changes something, and writing.

use super::Action;

/// Whether an action changes something for buyers or colleagues, or begins to. Reading, copying and going about do not.
pub const fn changes(action: Action) -> bool {
    match action {
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
        | Action::Writer
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
        | Action::Cheapen => true,
        Action::Down
        | Action::Up
        | Action::Top
        | Action::Bottom
        | Action::HalfDown
        | Action::HalfUp
        | Action::Open
        | Action::Back
        | Action::NextInbox
        | Action::PreviousInbox
        | Action::NextUrgent
        | Action::PreviousUrgent
        | Action::Arrivals
        | Action::Why
        | Action::Card
        | Action::Blocked
        | Action::OpenRecord
        | Action::Copy
        | Action::Filter
        | Action::Palette
        | Action::Help
        | Action::People
        | Action::OnCallAt
        | Action::WhileAway
        | Action::Measure
        | Action::Left
        | Action::Right
        | Action::NextReport
        | Action::PreviousReport
        | Action::Rows
        | Action::Longer
        | Action::Shorter
        | Action::SyncNow
        | Action::Redraw
        | Action::Suspend
        | Action::Quit
        | Action::Exit
        | Action::Accept => false,
    }
}

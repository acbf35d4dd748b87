//! What the log says of the network: which question, and how it ended. Never a cursor, a name, a number or a text.

use crate::client::handle::LinkState;
use crate::client::sync::{Action, Failure, Input};

/// A question goes out.
pub(super) fn question(action: &Action) {
    match action {
        Action::Hello { ticket } => tracing::debug!(ticket, "asks who this device is"),
        Action::Push { ticket, push } => tracing::debug!(ticket, commands = push.envelopes.len(), "sends commands"),
        Action::Pull { ticket, wait, .. } => tracing::debug!(ticket, wait = wait.as_secs(), "asks for changes"),
        Action::Older { ticket, .. } => tracing::debug!(ticket, "asks for older texts"),
        Action::Abandon { ticket } => tracing::debug!(ticket, "waits for it no more"),
    }
}

/// An answer came in.
pub(super) fn answer(input: &Input) {
    match input {
        Input::Session { ticket, result } => ended(*ticket, result.as_ref().map(|_| 1)),
        Input::Pushed { ticket, result } => ended(*ticket, result.as_ref().map(|r| r.receipts.len())),
        Input::Pulled { ticket, result } => ended(*ticket, result.as_ref().map(|page| page.upserts.len())),
        Input::Older { ticket, result } => ended(*ticket, result.as_ref().map(Vec::len)),
        Input::SignedIn => tracing::info!("goes on with another token of the profile"),
        Input::Wish(_) | Input::SyncNow | Input::Tick => {}
    }
}

fn ended(ticket: u64, result: Result<usize, &Failure>) {
    match result {
        Ok(count) => tracing::debug!(ticket, count, "answered"),
        // The backend's own sentence is for the screen: nobody knows here what is in it.
        Err(Failure::Problem { status, .. }) => tracing::warn!(ticket, status, "the backend refuses"),
        Err(failure @ (Failure::Unreachable(_) | Failure::Garbage(_))) => {
            tracing::info!(ticket, why = failure.words(), "no answer");
        }
    }
}

/// The connection changed.
pub(super) fn link(state: &LinkState) {
    match state {
        LinkState::Starting => tracing::debug!("starting"),
        LinkState::Online => tracing::info!("online"),
        LinkState::Offline { .. } => tracing::warn!("offline"),
        LinkState::Refused { .. } => tracing::warn!("refused"),
        LinkState::SignedOut => tracing::warn!("signed out"),
    }
}

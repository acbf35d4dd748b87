//! Lets the buyers act as virtual time passes.

use std::sync::Arc;
use std::time::Duration;

use super::{buyer_actions, next_action};
use crate::emulator::inbound::{self, Text};
use crate::emulator::shared::Shared;

/// Looks again at least this often, in real time: a clock may be set by hand.
const LOOK: Duration = Duration::from_millis(200);

/// Runs until the emulator ends. While paused, time passes and nobody texts: what was due is not made up for.
pub(crate) async fn run(shared: Arc<Shared>) {
    loop {
        let now = shared.now();
        let (actions, next) = {
            let mut state = shared.state();
            let actions = if state.paused { Vec::new() } else { buyer_actions(&state.world, state.buyers_until, now) };
            state.buyers_until = state.buyers_until.max(now);
            (actions, next_action(&state.world, state.buyers_until))
        };
        for action in actions {
            let media = vec!["image/png".to_owned(); action.pictures];
            let text = Text { at: action.at, from: action.from, to: action.to, body: action.body, media };
            inbound::receive(&shared, &text);
        }
        let wait = shared.clock.real_wait(next, LOOK);
        tokio::select! {
            () = tokio::time::sleep(wait.max(Duration::from_millis(5))) => {}
            () = shared.stirred.notified() => {}
        }
    }
}

//! Signing in again with a token that somebody put into the profile.

use super::Driver;
use crate::client::http::Backend;
use crate::client::profile::Profile;
use crate::client::sync::Input;

impl Driver {
    /// Signed out, and the profile holds another token than the one that was refused: goes on with that.
    pub(super) fn sign_in_again(&mut self) {
        if !self.machine.link(self.mono()).is_shut() {
            return;
        }
        let Ok(fresh) = Profile::load(&self.profile.dir) else { return };
        if fresh.token == self.profile.token {
            return;
        }
        if let Ok(backend) = Backend::new(&fresh.base_url, &fresh.token) {
            self.backend = backend;
            self.profile = fresh;
            self.feed(Input::SignedIn);
        }
    }
}

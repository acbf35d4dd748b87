//! What a connector to HubSpot is given.

use std::time::Duration;

use super::opt_out::OPT_OUT;
use super::{API, PATIENCE, limits};
use crate::config::secret::Held;

/// What a connector to HubSpot needs.
#[derive(Debug)]
pub struct Settings {
    /// Where: [`API`] but in tests.
    pub base: String,
    /// A private app's token.
    pub token: Held,
    /// The app's client secrets, which sign its webhooks; nothing believes none.
    pub hook_secret: Option<Held>,
    /// The contact property, yes or no, that says who is opted out of texts: `sms_opt_out` where nobody names another.
    pub opt_out: String,
    /// The longest that one call may take.
    pub within: Duration,
    /// The shortest time between two searches.
    pub between_searches: Duration,
}

impl Settings {
    /// HubSpot itself.
    pub fn new(token: Held) -> Self {
        let (within, between_searches) = (PATIENCE, limits::BETWEEN_SEARCHES);
        let (base, opt_out) = (API.to_owned(), OPT_OUT.to_owned());
        Self { base, token, hook_secret: None, opt_out, within, between_searches }
    }
}

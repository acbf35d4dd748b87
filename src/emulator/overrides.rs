//! Connection overrides: how long and how often a webhook is tried, written in the URL's fragment
//! (docs: usage/webhooks/webhooks-connection-overrides).

use std::time::Duration;

/// What went wrong with one attempt, as the retry policy names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The connection or its TLS handshake did not come about (`ct`).
    Connect,
    /// No answer in time (`rt`).
    Read,
    /// An answer other than 2xx.
    Status(u16),
}

/// The rules for one webhook URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Overrides {
    /// `ct`: limit for connecting.
    pub(crate) connect: Duration,
    /// `rt`: limit for the answer.
    pub(crate) read: Duration,
    /// `tt`: limit for all attempts together.
    pub(crate) total: Duration,
    /// `rc`: attempts after the first.
    pub(crate) retries: u32,
    /// `rp`: what is tried again.
    policy: Vec<String>,
}

impl Default for Overrides {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            read: Duration::from_secs(15),
            total: Duration::from_secs(15),
            retries: 1,
            policy: vec!["ct".to_owned()],
        }
    }
}

impl Overrides {
    /// Reads the fragment of `url`. A value out of its range counts as not written.
    pub(crate) fn of(url: &str) -> Self {
        let mut rules = Self::default();
        let fragment = url.split_once('#').map_or("", |(_, fragment)| fragment);
        for (key, value) in form_urlencoded::parse(fragment.as_bytes()) {
            let ms = |low: u64, high: u64| {
                value.parse().ok().filter(|ms| (low..=high).contains(ms)).map(Duration::from_millis)
            };
            match key.as_ref() {
                "ct" => rules.connect = ms(100, 10_000).unwrap_or(rules.connect),
                "rt" => rules.read = ms(100, 15_000).unwrap_or(rules.read),
                "tt" => rules.total = ms(0, 15_000).unwrap_or(rules.total),
                "rc" => rules.retries = value.parse().ok().filter(|n| *n <= 5).unwrap_or(rules.retries),
                "rp" => rules.policy = value.split(',').map(|p| p.trim().to_owned()).collect(),
                _ => {}
            }
        }
        rules
    }

    /// Whether the policy tries again after `failure`.
    pub(crate) fn retries_on(&self, failure: Failure) -> bool {
        let name = match failure {
            Failure::Connect => "ct",
            Failure::Read => "rt",
            Failure::Status(400..=499) => "4xx",
            Failure::Status(500..=599) => "5xx",
            Failure::Status(_) => "",
        };
        self.policy.iter().any(|p| p == "all" || (!name.is_empty() && p == name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_only_a_failed_connection_is_tried_again_and_once() {
        let rules = Overrides::of("https://h.example/hook?x=1");
        assert_eq!(rules, Overrides::default());
        assert_eq!(rules.retries, 1);
        assert!(rules.retries_on(Failure::Connect));
        for failure in [Failure::Read, Failure::Status(500), Failure::Status(404)] {
            assert!(!rules.retries_on(failure), "{failure:?}");
        }
    }

    #[test]
    fn the_fragment_overrides() {
        let rules = Overrides::of("https://h.example/#rc=5&rp=5xx,rt&ct=200&rt=300&tt=9000");
        assert_eq!((rules.retries, rules.connect.as_millis(), rules.read.as_millis()), (5, 200, 300));
        assert!(rules.retries_on(Failure::Read) && rules.retries_on(Failure::Status(503)));
        assert!(!rules.retries_on(Failure::Connect) && !rules.retries_on(Failure::Status(404)));
        assert!(Overrides::of("https://h.example/#rp=all").retries_on(Failure::Status(404)));
    }

    #[test]
    fn a_value_out_of_range_is_as_if_not_written() {
        assert_eq!(Overrides::of("https://h.example/#rc=6&ct=1&rt=99999&tt=x"), Overrides::default());
    }
}

//! What goes wrong on purpose. All of it can be switched while the emulator runs (`POST /emulator/v1/faults`).

use serde::{Deserialize, Serialize};

/// How often a fault strikes: `false`, `true`, or for the next so many times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Times {
    /// Always or never.
    Always(bool),
    /// The next so many times, then never again.
    Next(u32),
}

impl Default for Times {
    fn default() -> Self {
        Self::Always(false)
    }
}

impl Times {
    /// Whether the fault strikes now; a counted one is used up by asking.
    pub(crate) fn strikes(&mut self) -> bool {
        match self {
            Self::Always(on) => *on,
            Self::Next(0) => false,
            Self::Next(left) => {
                *left -= 1;
                true
            }
        }
    }
}

/// How status callbacks behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Callbacks {
    /// As a carrier's day goes: mostly in order, some late, some swapped, some repeated, a few texts undelivered.
    #[default]
    Normal,
    /// Sent, then delivered, once each, soon; nothing fails.
    Clean,
    /// Many seconds late, and swapped.
    Late,
    /// Never called.
    None,
    /// Each of them three times, in any order.
    Storm,
}

/// The faults in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// An inbound message is listed, but its webhook is never called.
    pub webhook_drop: Times,
    /// An inbound webhook is delivered twice.
    pub webhook_repeat: Times,
    /// `POST Messages` is answered 429 (20429); nothing is sent.
    pub send_429: Times,
    /// `POST Messages` is answered 500; nothing is sent.
    pub send_500: Times,
    /// `POST Messages` is held for so many real milliseconds, then answered 503; nothing is sent. 0 is off.
    pub send_timeout_ms: u64,
    /// `POST Messages` is accepted, answered only after so many real milliseconds. 0 is off.
    pub send_slow_ms: u64,
    /// `POST Messages` is accepted and the text goes out, but the request is never answered.
    pub send_accept_then_hang: Times,
    /// A send to someone who opted out is accepted and fails later, by callback, instead of at once.
    pub async_21610: bool,
    /// The next sends end undelivered with this carrier error (30003, 30007, …).
    pub undelivered: Option<i64>,
    /// The list of messages is answered 500.
    pub list_500: Times,
    /// How status callbacks behave.
    pub callbacks: Callbacks,
    /// The CRM answers 500.
    pub crm_500: Times,
    /// What is written into the CRM is kept, and answered as if it were not.
    pub crm_breaks: Times,
    /// The CRM answers after so many real milliseconds.
    pub crm_slow_ms: u64,
}

impl Faults {
    /// These faults with the fields of a JSON object laid over them; `{"reset": true}` begins from none.
    pub(crate) fn patched(&self, patch: &serde_json::Value) -> Result<Self, serde_json::Error> {
        let mut patch = patch.as_object().cloned().unwrap_or_default();
        let reset = patch.remove("reset").is_some_and(|r| r == true);
        let start = if reset { Self::default() } else { self.clone() };
        let mut fields = serde_json::to_value(start)?;
        if let Some(fields) = fields.as_object_mut() {
            fields.extend(patch);
        }
        serde_json::from_value(fields)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_changes_only_what_it_names() {
        let faults = Faults::default().patched(&json!({"send_500": 2, "callbacks": "storm"})).unwrap();
        let faults = faults.patched(&json!({"webhook_drop": true})).unwrap();
        assert_eq!(
            (faults.send_500, faults.webhook_drop, faults.callbacks),
            (Times::Next(2), Times::Always(true), Callbacks::Storm)
        );
        assert_eq!(faults.patched(&json!({"reset": true})).unwrap(), Faults::default());
        assert!(faults.patched(&json!({"send_600": true})).is_err());
    }

    #[test]
    fn a_counted_fault_is_used_up() {
        let mut twice = Times::Next(2);
        assert_eq!([twice.strikes(), twice.strikes(), twice.strikes()], [true, true, false]);
    }
}

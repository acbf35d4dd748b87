//! Names for things. Ids are made outside the domain and arrive in envelopes.
//!
//! **Invariant:** no id contains or derives from a phone number or a text: ids live in the journal for ever.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(s).map(Self)
            }
        }
    };
}

macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// From any text; the shells check the text before they make one.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

uuid_id! {
    /// Everything between one address and one line.
    ConversationId
}
uuid_id! {
    /// One text, note or answer. Also the id of its effect, so that a callback finds it without the carrier's sid.
    MessageId
}
uuid_id! {
    /// An address (a buyer's number) without naming it; erasing the number leaves the id.
    NumberId
}
uuid_id! {
    /// One command of one device (a `UUIDv7`); the key that makes repeating it harmless.
    CommandId
}
uuid_id! {
    /// One cache file of one rep: the owner of an outbox counter.
    DeviceId
}
uuid_id! {
    /// One override of a schedule.
    OverrideId
}
name_id! {
    /// A rep, by the short name the playbook gives: `maya`.
    RepId
}
name_id! {
    /// A team, whose members share one pool.
    TeamId
}
name_id! {
    /// An on-call schedule, by the short name the playbook gives.
    ScheduleId
}
name_id! {
    /// One of our numbers, or a messaging service with its pool; a ported number keeps its line.
    LineId
}
name_id! {
    /// A person in the CRM, by the CRM's own id.
    ContactId
}
name_id! {
    /// A company in the CRM, by the CRM's own id.
    AccountId
}
name_id! {
    /// A deal in the CRM, by the CRM's own id.
    DealId
}

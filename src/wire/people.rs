//! What people say of themselves and their shifts, beside the commands about conversations: it needs no counter, since
//! saying it twice is saying it once.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::command::Command;
use crate::domain::id::{RepId, ScheduleId};
use crate::domain::time::Timestamp;

/// `POST /v1/people`: away, back, an override, a swap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Say {
    /// What.
    #[schema(value_type = Object)]
    pub command: Command,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Said {
    /// Whether anything changed by it.
    pub changed: bool,
}

/// `GET /v1/oncall`: one schedule at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OnCall {
    /// Its name.
    #[schema(value_type = String)]
    pub schedule: ScheduleId,
    /// As people say it.
    pub label: String,
    /// Who is on call; nobody when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub rep: Option<RepId>,
    /// Whether an override says so.
    pub overridden: bool,
    /// Until when; left out when nothing changes within a year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub until: Option<Timestamp>,
    /// Who comes then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub then: Option<RepId>,
}

/// `GET /v1/calendars/{whose}/address`: where one calendar is read without signing in. A secret: redacted in `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CalendarAddress {
    /// Its path at the backend, from the first slash on.
    pub path: String,
}

impl std::fmt::Debug for CalendarAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CalendarAddress")
    }
}

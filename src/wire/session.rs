//! Signing in: a one-time token becomes a device.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::id::{DeviceId, RepId};
use crate::domain::playbook::Role;

/// The version of the wire that this program speaks. A change that an older client or backend would misread raises it.
pub const WIRE: u32 = 1;

/// `POST /v1/session`.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct SignIn {
    /// The one-time token an operator gave the rep.
    pub token: String,
    /// What the device calls itself, for the operator's list.
    pub device_name: String,
    /// Whose profile is to be signed in again; left out for a new one. A token for somebody else is refused and stays
    /// good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub rep: Option<RepId>,
}

/// A signed-in device. `token` is shown this once; the backend keeps only its hash.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct SignedIn {
    /// The bearer token of this device.
    pub token: String,
    /// Who the device is.
    pub session: Session,
}

/// `GET /v1/session`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// The device.
    #[schema(value_type = String)]
    pub device: DeviceId,
    /// The rep.
    #[schema(value_type = String)]
    pub rep: RepId,
    /// The rep's name on screens.
    pub name: String,
    /// What the rep may see and do.
    #[schema(value_type = String)]
    pub role: Role,
    /// Whose playbook this is.
    pub company: String,
    /// The version of the wire: 1.
    pub wire: u32,
}

impl Session {
    /// Why the two cannot speak with each other, when they cannot, and who must do something about it.
    pub fn mismatch(&self) -> Option<String> {
        let who = match self.wire.cmp(&WIRE) {
            std::cmp::Ordering::Equal => return None,
            std::cmp::Ordering::Greater => "update comeback on this machine",
            std::cmp::Ordering::Less => "ask your operator to update the backend",
        };
        let (theirs, ours) = (self.wire, WIRE);
        Some(format!("the backend speaks version {theirs} of the protocol, and this comeback version {ours}: {who}"))
    }
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SignIn({})", self.device_name)
    }
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SignedIn({:?})", self.session)
    }
}

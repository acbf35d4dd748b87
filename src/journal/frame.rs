//! stub
use crate::domain::id::{CommandId, MessageId};
use serde::{Deserialize, Serialize};
/// x
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Frame {
    /// x
    pub subject: serde_json::Value,
    /// x
    pub kind: String,
    /// x
    pub event: serde_json::Value,
    /// x
    pub actor: serde_json::Value,
    /// x
    pub command: Option<CommandId>,
    /// x
    pub content: Vec<ContentDigest>,
}
/// x
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ContentDigest {
    /// x
    pub message: MessageId,
    /// x
    pub digest: String,
}
/// x
pub fn digest(_salt: &[u8; 16], body: &str) -> String {
    format!("{}", body.len())
}
impl Frame {
    /// x
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

//! What the body of an entry says, as JSON.
//!
//! Subject, event and actor are JSON values here: the journal keeps what the domain meant without knowing it, so an
//! event that this version has never heard of is still read, shown and verified.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::hex::to_hex;
use crate::domain::id::{CommandId, MessageId};

/// One event, on one subject. Fields that this version does not know are passed over when read; the stored bytes keep
/// them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// What the event is about.
    pub subject: Value,
    /// The event's name, so that a reader can pick without knowing every event.
    pub kind: String,
    /// What happened, with the numbers that were decided.
    pub event: Value,
    /// Who wanted it.
    pub actor: Value,
    /// The command it came from, if it came from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandId>,
    /// Digests of the texts that belong to it; the texts stand elsewhere, erasable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<ContentDigest>,
    /// How long the decision took, in microseconds; of decisions about who gets a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_us: Option<u64>,
}

/// A frame to be written: domain values as they are, turned into JSON once. Every text's facts pass here.
#[derive(Debug, Serialize)]
pub struct Fact<'a, S, E, A> {
    /// See [`Frame::subject`].
    pub subject: &'a S,
    /// See [`Frame::kind`].
    pub kind: &'a str,
    /// See [`Frame::event`].
    pub event: &'a E,
    /// See [`Frame::actor`].
    pub actor: &'a A,
    /// See [`Frame::command`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandId>,
    /// See [`Frame::content`].
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub content: &'a [ContentDigest],
    /// See [`Frame::took_us`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_us: Option<u64>,
}

impl<S: Serialize, E: Serialize, A: Serialize> Fact<'_, S, E, A> {
    /// The bytes to seal. Fails only on a value that JSON cannot say.
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        Ok(serde_json::to_vec(self)?)
    }
}

/// Proof of a text without the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentDigest {
    /// The message.
    pub message: MessageId,
    /// [`digest`] of its salt and body.
    pub digest: String,
}

/// A body that cannot be read, or an event that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("not a journal frame")]
pub struct FrameError(#[from] serde_json::Error);

impl Frame {
    /// Reads a body.
    pub fn decode(body: &[u8]) -> Result<Self, FrameError> {
        Ok(serde_json::from_slice(body)?)
    }
}

/// Which conversation or number the body of an entry is about, without reading all of it: [`Fact`] writes its subject
/// first. None for entries about something else.
pub fn about(body: &[u8]) -> Option<&str> {
    const BEGINS: [&[u8]; 2] = [br#"{"subject":{"conversation":""#, br#"{"subject":{"number":""#];
    let id = BEGINS.iter().find_map(|begins| body.strip_prefix(*begins))?.get(..36)?;
    std::str::from_utf8(id).ok()
}

/// `SHA-256(salt ‖ body)` in hex. The salt is 16 random bytes of this message alone and is erased with the body:
/// without it the digest cannot be guessed back, though a text is short.
pub fn digest(salt: &[u8; 16], body: &str) -> String {
    let mut sha = Sha256::new();
    sha.update(salt);
    sha.update(body.as_bytes());
    to_hex(&sha.finalize())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "01936f1e-0000-7000-8000-000000000001";

    #[test]
    fn golden_bytes_of_a_fact_and_the_frame_they_read_as() {
        let (subject, event) = (json!({"number": ID}), json!({"event": "opted_out", "by": "stop"}));
        let fact = Fact {
            subject: &subject,
            kind: "opted_out",
            event: &event,
            actor: &"carrier",
            command: None,
            content: &[],
            took_us: None,
        };
        let bare = br#"{"subject":{"number":"01936f1e-0000-7000-8000-000000000001"},"kind":"opted_out","event":{"by":"stop","event":"opted_out"},"actor":"carrier"}"#;
        assert_eq!(fact.encode().unwrap(), bare);
        let frame = Frame {
            subject: subject.clone(),
            kind: "opted_out".to_owned(),
            event: event.clone(),
            actor: json!("carrier"),
            command: None,
            content: Vec::new(),
            took_us: None,
        };
        assert_eq!(Frame::decode(bare).unwrap(), frame);
        let content = [ContentDigest { message: ID.parse().unwrap(), digest: digest(&[7; 16], "Yes, Tuesday") }];
        let command = Some(ID.parse().unwrap());
        let whole = Fact { command, content: &content, ..fact }.encode().unwrap();
        assert_eq!(Frame::decode(&whole).unwrap(), Frame { command, content: content.to_vec(), ..frame });
    }

    #[test]
    fn unknown_fields_are_passed_over_and_garbage_is_an_error() {
        let newer =
            br#"{"subject":"roster","kind":"moved","event":{"x":1},"actor":"clock","weather":"fine","content":[]}"#;
        let frame = Frame::decode(newer).unwrap();
        assert_eq!((frame.kind.as_str(), frame.command), ("moved", None));
        for garbage in [&b""[..], b"{}", b"[1,2]", b"\xff\xfe", br#"{"subject":1}"#] {
            assert!(Frame::decode(garbage).is_err());
        }
    }

    #[test]
    fn a_digest_depends_on_salt_and_body() {
        // printf with sixteen 0x07 bytes and the text, through sha256sum.
        assert_eq!(
            digest(&[7; 16], "Yes, Tuesday"),
            "f5901448dcd497c4b0a9ccd00199345e6f29d4b939e187c5526f25bd170639f4"
        );
        assert_ne!(digest(&[7; 16], "Yes, Tuesday"), digest(&[8; 16], "Yes, Tuesday"));
        assert_ne!(digest(&[7; 16], "Yes, Tuesday"), digest(&[7; 16], "Yes, tuesday"));
    }
}

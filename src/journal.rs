//! stub
use crate::domain::time::Timestamp;
pub mod frame;
/// x
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// x
    pub seq: u64,
    /// x
    pub hash: [u8; 32],
    /// x
    pub at: Timestamp,
}
impl Head {
    /// x
    pub const GENESIS: Self = Self { seq: 0, hash: [0; 32], at: Timestamp::from_millis(0) };
}
/// x
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// x
    pub seq: u64,
    /// x
    pub at: Timestamp,
    /// x
    pub prev: [u8; 32],
    /// x
    pub hash: [u8; 32],
    /// x
    pub body: Vec<u8>,
}
/// x
pub fn seal(head: &Head, at: Timestamp, body: Vec<u8>) -> (Entry, Head) {
    let e = Entry { seq: head.seq + 1, at, prev: head.hash, hash: head.hash, body };
    let h = Head { seq: e.seq, hash: e.hash, at };
    (e, h)
}

//! A head that leaves the database, signed: in the log stream, in the nightly report, and with every client.
//!
//! Under a secret (HMAC-SHA256) whoever checks needs the same key; under a pair (Ed25519) the public half is enough. Either
//! is kept outside the database: whoever can rewrite that cannot forge a checkpoint. The line names its form.

use std::fmt;
use std::str::FromStr;

use chrono::DateTime;

use super::chain::Head;
use super::hex::{from_hex, to_hex};
use super::key::Key;
use crate::domain::time::Timestamp;

/// First word of the line.
const FORM: &str = "comeback-checkpoint/1";

/// Where a journal ended at a time. Says nothing about any person: it may be shown to everyone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which journal: a database that was restored or begun anew has another epoch.
    pub epoch: u64,
    /// The newest entry's number.
    pub seq: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// When the checkpoint was made.
    pub at: Timestamp,
}

/// Why a line is not a checkpoint of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not such a line at all.
    #[error("not a checkpoint line: expected `{FORM} EPOCH SEQ HASH TIME`")]
    Form,
    /// Not signed with this key, or changed since.
    #[error("the checkpoint's signature does not match")]
    Signature,
    /// A key that could be guessed.
    #[error("a checkpoint key has at least {} bytes", Key::MIN_LEN)]
    ShortKey,
    /// A public half, where a checkpoint is to be made.
    #[error("this key only verifies: a checkpoint is signed with the private one")]
    OnlyVerifies,
    /// Signed with a key that had been replaced by then.
    #[error("it was signed with a retired key after a newer one had taken its place: somebody may have forged it")]
    Retired,
}

/// How a journal contradicts a checkpoint of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Inconsistent {
    /// Not the same journal; whether that was meant is for people to say.
    #[error("the checkpoint is of epoch {theirs}, the journal of epoch {ours}")]
    OtherEpoch {
        /// The journal's.
        ours: u64,
        /// The checkpoint's.
        theirs: u64,
    },
    /// Entries that existed are gone.
    #[error("the journal ends at entry {ends}, but once had entry {had}")]
    CutShort {
        /// Its newest entry now.
        ends: u64,
        /// The newest entry then.
        had: u64,
    },
    /// Another entry stands there now.
    #[error("entry {seq} is not the one that stood there when the checkpoint was made")]
    Rewritten {
        /// Its number.
        seq: u64,
    },
}

impl Checkpoint {
    /// The checkpoint of a head, made at `at`.
    pub fn of(epoch: u64, head: &Head, at: Timestamp) -> Self {
        Self { epoch, seq: head.seq, hash: head.hash, at }
    }

    /// The line with its signature as the last word.
    pub fn sign(&self, key: &Key) -> Result<String, CheckpointError> {
        let line = self.to_string();
        let signature = key.signature(&line)?;
        Ok(format!("{line} {signature}"))
    }

    /// Reads a signed line. A line that was not signed with this key is refused before it is read.
    pub fn verify(line: &str, key: &Key) -> Result<Self, CheckpointError> {
        let (line, signature) = line.trim_end().rsplit_once(' ').ok_or(CheckpointError::Form)?;
        key.has_signed(line, signature)?;
        line.parse()
    }

    /// Does the journal of `epoch` that ends with `head` still hold what this checkpoint saw? `hash_of` looks up the
    /// hash of one entry, by number.
    pub fn check(
        &self,
        epoch: u64,
        head: &Head,
        hash_of: impl FnOnce(u64) -> Option<[u8; 32]>,
    ) -> Result<(), Inconsistent> {
        if self.epoch != epoch {
            return Err(Inconsistent::OtherEpoch { ours: epoch, theirs: self.epoch });
        }
        if self.seq > head.seq {
            return Err(Inconsistent::CutShort { ends: head.seq, had: self.seq });
        }
        let now = match self.seq {
            0 => Some(Head::GENESIS.hash),
            seq if seq == head.seq => Some(head.hash),
            seq => hash_of(seq),
        };
        if now == Some(self.hash) { Ok(()) } else { Err(Inconsistent::Rewritten { seq: self.seq }) }
    }

    /// What a client can tell without the journal: may `self` come after the `earlier` one it kept?
    pub fn follows(&self, earlier: &Self) -> Result<(), Inconsistent> {
        let head = Head { seq: self.seq, hash: self.hash, at: self.at };
        // What lies between the two is not ours to see: taken as unchanged.
        earlier.check(self.epoch, &head, |_| Some(earlier.hash))
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FORM} {} {} {} {}", self.epoch, self.seq, to_hex(&self.hash), self.at)
    }
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    /// Reads an unsigned line: a log's, or one whose signature was checked.
    fn from_str(line: &str) -> Result<Self, CheckpointError> {
        let read = || {
            let mut words = line.split(' ');
            if words.next()? != FORM {
                return None;
            }
            let epoch = words.next()?.parse().ok()?;
            let seq = words.next()?.parse().ok()?;
            let hash = from_hex(words.next()?)?;
            let at = DateTime::parse_from_rfc3339(words.next()?).ok()?.to_utc().into();
            words.next().is_none().then_some(Self { epoch, seq, hash, at })
        };
        // One spelling only, so that two lines of one checkpoint are the same text.
        read().filter(|checkpoint: &Self| checkpoint.to_string() == line).ok_or(CheckpointError::Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::chain::seal;

    fn checkpoint() -> Checkpoint {
        Checkpoint { epoch: 7, seq: 41, hash: [0xab; 32], at: Timestamp::from_millis(1_764_064_800_123) }
    }

    fn key() -> Key {
        Key::new(&[42; 32]).unwrap()
    }

    #[test]
    fn a_line_there_and_back() {
        let line = checkpoint().to_string();
        assert_eq!(line, format!("comeback-checkpoint/1 7 41 {} 2025-11-25T10:00:00.123Z", "ab".repeat(32)));
        assert_eq!(line.parse(), Ok(checkpoint()));
        for bad in
            ["", "comeback-checkpoint/1", &line.replace(" 7 ", " +7 "), &format!("{line} "), &line.replace("/1", "/2")]
        {
            assert_eq!(bad.parse::<Checkpoint>(), Err(CheckpointError::Form), "{bad}");
        }
    }

    #[test]
    fn a_signature_holds_the_whole_line() {
        let signed = checkpoint().sign(&key()).unwrap();
        // Computed once by another program (Python's hmac).
        assert!(
            signed.ends_with(" hmac-sha256:655c428ef3e4b571602ecb42176100b3119cd5234386ebd5887aaf319dad8b96"),
            "{signed}"
        );
        assert_eq!(Checkpoint::verify(&format!("{signed}\n"), &key()), Ok(checkpoint()));
        let other = Key::new(&[43; 32]).unwrap();
        assert_eq!(Checkpoint::verify(&signed, &other), Err(CheckpointError::Signature));
        for i in 0..signed.len() {
            let mut bytes = signed.clone().into_bytes();
            bytes[i] ^= 1;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(Checkpoint::verify(&changed, &key()).is_err(), "{changed}");
        }
        assert_eq!(Checkpoint::verify(&checkpoint().to_string(), &key()), Err(CheckpointError::Form));
        assert_eq!(Key::new(b"secret").unwrap_err(), CheckpointError::ShortKey);
        assert_eq!(format!("{:?}", key()), "Key(…)");
    }

    #[test]
    fn a_journal_cut_short_or_rewritten_contradicts_its_checkpoint() {
        let mut head = Head::GENESIS;
        let mut heads = vec![head];
        for n in 1u8..=5 {
            (_, head) = seal(&head, Timestamp::from_millis(n.into()), vec![n]);
            heads.push(head);
        }
        let at = Timestamp::from_millis(9);
        let hash_of = |seq: u64| heads.get(usize::try_from(seq).unwrap()).map(|h| h.hash);
        for seen in &heads {
            let then = Checkpoint::of(1, seen, at);
            assert_eq!(then.check(1, &head, hash_of), Ok(()));
            assert_eq!(Checkpoint::of(1, &head, at).follows(&then), Ok(()));
        }
        let third = Checkpoint::of(1, &heads[3], at);
        assert_eq!(third.check(2, &head, hash_of), Err(Inconsistent::OtherEpoch { ours: 2, theirs: 1 }));
        assert_eq!(third.check(1, &heads[2], hash_of), Err(Inconsistent::CutShort { ends: 2, had: 3 }));
        assert_eq!(third.check(1, &head, |_| Some([1; 32])), Err(Inconsistent::Rewritten { seq: 3 }));
        assert_eq!(third.check(1, &head, |_| None), Err(Inconsistent::Rewritten { seq: 3 }));
        let forked = Checkpoint { hash: [1; 32], ..third };
        assert_eq!(forked.follows(&third), Err(Inconsistent::Rewritten { seq: 3 }));
        assert_eq!(Checkpoint::of(1, &heads[2], at).follows(&third), Err(Inconsistent::CutShort { ends: 2, had: 3 }));
    }
}

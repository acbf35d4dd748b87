//! Entries that hold each other in place.

use std::fmt;

use sha2::{Digest, Sha256};

use super::hex::to_hex;
use crate::domain::time::Timestamp;

/// Separates these hashes from every other use of SHA-256; a new layout gets a new number.
const TAG: &[u8] = b"comeback-journal/1";

/// Where a journal ends: what the next entry is sealed onto.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The newest entry's number; 0 before the first.
    pub seq: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// Its time.
    pub at: Timestamp,
}

impl Head {
    /// The head of an empty journal.
    pub const GENESIS: Self = Self { seq: 0, hash: [0; 32], at: Timestamp::MIN };
}

impl Default for Head {
    fn default() -> Self {
        Self::GENESIS
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Head({} {} {})", self.seq, to_hex(&self.hash), self.at)
    }
}

/// One sealed entry, as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1, without holes.
    pub seq: u64,
    /// When it was committed; never before the entry in front of it.
    pub at: Timestamp,
    /// The hash of the entry in front of it.
    pub prev: [u8; 32],
    /// Its own hash, over all the rest.
    pub hash: [u8; 32],
    /// What it says ([`super::frame::Frame`]), byte for byte as it was sealed.
    pub body: Vec<u8>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({} {} {}, {} bytes)", self.seq, to_hex(&self.hash), self.at, self.body.len())
    }
}

impl Entry {
    /// The head of a journal that ends with this entry.
    pub fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash, at: self.at }
    }
}

/// The first entry that does not belong where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {seq} {why}")]
pub struct Broken {
    /// The number the entry should have.
    pub seq: u64,
    /// What is wrong with it.
    pub why: Why,
}

/// What is wrong with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Another number stands there: entries are missing, doubled or in the wrong order.
    #[error("is missing: entry {found} stands in its place")]
    OutOfOrder {
        /// The number that stands there.
        found: u64,
    },
    /// It was sealed onto something else than the entry in front of it.
    #[error("does not follow the entry in front of it")]
    Unlinked,
    /// Its bytes are not those that were sealed.
    #[error("was changed after it was sealed")]
    Changed,
    /// It claims to be older than the entry in front of it.
    #[error("is dated before the entry in front of it")]
    Backdated,
}

/// Seals a body onto the head: the entry, and the head after it. Time never goes back; a clock that did is overruled.
pub fn seal(head: &Head, at: Timestamp, body: Vec<u8>) -> (Entry, Head) {
    let seq = head.seq.saturating_add(1);
    let at = at.max(head.at);
    let hash = hash(&head.hash, seq, at, &body);
    let entry = Entry { seq, at, prev: head.hash, hash, body };
    let head = entry.head();
    (entry, head)
}

/// Checks entries that should follow `from`, and gives the head they lead to.
///
/// What it cannot see is an end that was cut off: compare the head with a [`super::Checkpoint`].
pub fn verify<'a>(from: &Head, entries: impl IntoIterator<Item = &'a Entry>) -> Result<Head, Broken> {
    let mut head = *from;
    for entry in entries {
        let seq = head.seq.saturating_add(1);
        let why = if entry.seq != seq || entry.seq == head.seq {
            Why::OutOfOrder { found: entry.seq }
        } else if entry.prev != head.hash {
            Why::Unlinked
        } else if hash(&entry.prev, entry.seq, entry.at, &entry.body) != entry.hash {
            Why::Changed
        } else if entry.at < head.at {
            Why::Backdated
        } else {
            head = entry.head();
            continue;
        };
        return Err(Broken { seq, why });
    }
    Ok(head)
}

fn hash(prev: &[u8; 32], seq: u64, at: Timestamp, body: &[u8]) -> [u8; 32] {
    let mut sha = Sha256::new();
    sha.update(TAG);
    sha.update(prev);
    sha.update(seq.to_le_bytes());
    sha.update(at.millis().to_le_bytes());
    sha.update((body.len() as u64).to_le_bytes());
    sha.update(body);
    sha.finalize().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::journal::hex::from_hex;

    fn chain(bodies: &[(i64, Vec<u8>)]) -> Vec<Entry> {
        let mut head = Head::GENESIS;
        let mut entries = Vec::new();
        for (at, body) in bodies {
            let (entry, next) = seal(&head, Timestamp::from_millis(*at), body.clone());
            entries.push(entry);
            head = next;
        }
        entries
    }

    /// Computed once by another program (Python's hashlib). These bytes must verify for ever: do not touch them.
    const FROZEN: [(u64, i64, &str, &str); 3] = [
        (
            1,
            1_764_064_800_000,
            "8a7ba45484303bbb6357806b809a6f7757b04600a60e46be07ad1af62e6e9a82",
            r#"{"subject":"roster","kind":"here","event":{},"actor":"clock"}"#,
        ),
        (2, 1_764_064_800_123, "59c07ed36ab15bdef81e77ee83d4a5c1355d0a4cf60e5d117fa3b7a94c7510fa", ""),
        (3, 1_764_064_800_123, "dbbbfc45a52da34167fe24c4bf43d4a9488fed41ca04835c9bd88cd4e7cffb2d", "Grüße"),
    ];

    #[test]
    fn frozen_bytes_verify_for_ever() {
        let mut prev = [0; 32];
        let entries: Vec<Entry> = FROZEN
            .iter()
            .map(|(seq, at, hash, body)| {
                let hash = from_hex(hash).unwrap();
                let prev = std::mem::replace(&mut prev, hash);
                Entry { seq: *seq, at: Timestamp::from_millis(*at), prev, hash, body: body.as_bytes().to_vec() }
            })
            .collect();
        let head = verify(&Head::GENESIS, &entries).unwrap();
        assert_eq!((head.seq, to_hex(&head.hash).as_str()), (3, FROZEN[2].2));
        assert_eq!(verify(&entries[0].head(), &entries[1..]), Ok(head), "from the middle too");
        let again = chain(&FROZEN.map(|(_, at, _, body)| (at, body.as_bytes().to_vec())));
        assert_eq!(again, entries, "sealing writes the same bytes");
    }

    #[test]
    fn time_never_goes_back() {
        let entries = chain(&[(5_000, vec![1]), (3_000, vec![2])]);
        assert_eq!(entries[1].at, Timestamp::from_millis(5_000));
        assert!(verify(&Head::GENESIS, &entries).is_ok());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let entries = chain(&[(1, vec![1]), (2, vec![2]), (3, vec![3])]);
        let said = |entries: &[Entry]| verify(&Head::GENESIS, entries).unwrap_err().to_string();
        assert_eq!(said(&entries[1..]), "entry 1 is missing: entry 2 stands in its place");
        assert_eq!(said(&[entries[0].clone(), entries[2].clone()]), "entry 2 is missing: entry 3 stands in its place");
        let mut edited = entries.clone();
        edited[1].body = vec![9];
        assert_eq!(said(&edited), "entry 2 was changed after it was sealed");
        // Whoever seals the edited body anew has to reseal all that follows.
        (edited[1], _) = seal(&edited[0].head(), edited[1].at, vec![9]);
        assert_eq!(said(&edited), "entry 3 does not follow the entry in front of it");
        let early = Head { at: Timestamp::MIN, ..entries[1].head() };
        let (backdated, _) = seal(&early, Timestamp::from_millis(1), vec![3]);
        assert_eq!(
            said(&[entries[0].clone(), entries[1].clone(), backdated]),
            "entry 3 is dated before the entry in front of it"
        );
        let end = Head { seq: u64::MAX, ..Head::GENESIS };
        let (entry, _) = seal(&end, Timestamp::MIN, vec![]);
        assert!(verify(&end, [&entry]).is_err(), "no number follows the last");
    }

    proptest! {
        #[test]
        fn any_flipped_bit_is_found_at_its_entry(
            bodies in prop::collection::vec((0i64..2_000_000_000_000, prop::collection::vec(any::<u8>(), 0..40)), 1..8),
            which in any::<prop::sample::Index>(),
            bit in any::<prop::sample::Index>(),
        ) {
            let mut entries = chain(&bodies);
            prop_assert_eq!(verify(&Head::GENESIS, &entries).map(|h| h.seq), Ok(bodies.len() as u64));
            let which = which.index(entries.len());
            let entry = &mut entries[which];
            // As stored: seq, at, prev, hash, body.
            let bit = bit.index((8 + 8 + 32 + 32 + entry.body.len()) * 8);
            let (byte, mask) = (bit / 8, 1u8 << (bit % 8));
            match byte {
                0..8 => entry.seq ^= 1 << bit,
                8..16 => {
                    let flipped = entry.at.millis() ^ (1i64 << (bit - 64));
                    // Built as a store reads it, where nothing is clamped.
                    entry.at = serde_json::from_value(flipped.into()).unwrap();
                }
                16..48 => entry.prev[byte - 16] ^= mask,
                48..80 => entry.hash[byte - 48] ^= mask,
                _ => entry.body[byte - 80] ^= mask,
            }
            let broken = verify(&Head::GENESIS, &entries).unwrap_err();
            prop_assert_eq!(broken.seq, which as u64 + 1);
        }
    }
}

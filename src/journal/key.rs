//! Keys that sign checkpoints, and how one takes another's place.
//!
//! Two forms: a secret that signs and verifies (HMAC-SHA256), and a pair whose public half anybody may have and whose
//! signature nobody else can make (Ed25519). Keys come from outside the database.
//!
//! **Invariant:** what a retired key signed counts up to the first checkpoint of one that is live: whoever finds an old key
//! can add nothing.

use std::fmt;
use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::Sha256;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::hex::{from_hex, to_hex};

/// Bytes of an Ed25519 signature.
const SIGNATURE: usize = 64;

/// Signs and verifies checkpoints, or only verifies them. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Key(Kind);

#[derive(Clone)]
enum Kind {
    Secret(Hmac<Sha256>),
    Pair(Arc<Ed25519KeyPair>),
    Public([u8; 32]),
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// Shortest secret accepted.
    pub const MIN_LEN: usize = 32;

    /// A secret that signs and verifies.
    pub fn new(bytes: &[u8]) -> Result<Self, CheckpointError> {
        if bytes.len() < Self::MIN_LEN {
            return Err(CheckpointError::ShortKey);
        }
        let key = Hmac::new_from_slice(bytes).map_err(|_| CheckpointError::ShortKey)?;
        Ok(Self(Kind::Secret(key)))
    }

    /// The pair that follows from 32 random bytes.
    pub fn pair(seed: &[u8; 32]) -> Result<Self, CheckpointError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| CheckpointError::ShortKey)?;
        Ok(Self(Kind::Pair(Arc::new(pair))))
    }

    /// The public half of a pair: it verifies, and signs nothing.
    pub const fn public(bytes: [u8; 32]) -> Self {
        Self(Kind::Public(bytes))
    }

    /// Its public half, when it is of a pair.
    pub fn public_half(&self) -> Option<[u8; 32]> {
        match &self.0 {
            Kind::Secret(_) => None,
            Kind::Pair(pair) => pair.public_key().as_ref().try_into().ok(),
            Kind::Public(bytes) => Some(*bytes),
        }
    }

    /// Whether it can sign.
    pub const fn signs(&self) -> bool {
        matches!(self.0, Kind::Secret(_) | Kind::Pair(_))
    }

    /// The last word of a signed line.
    pub(super) fn signature(&self, line: &str) -> Result<String, CheckpointError> {
        match &self.0 {
            Kind::Secret(key) => {
                let mac = key.clone().chain_update(line.as_bytes()).finalize().into_bytes();
                Ok(format!("hmac-sha256:{}", to_hex(&mac)))
            }
            Kind::Pair(pair) => Ok(format!("ed25519:{}", to_hex(pair.sign(line.as_bytes()).as_ref()))),
            Kind::Public(_) => Err(CheckpointError::OnlyVerifies),
        }
    }

    /// Whether it signed the line. `signature` is its last word.
    pub(super) fn has_signed(&self, line: &str, signature: &str) -> Result<(), CheckpointError> {
        let (form, digits) = signature.split_once(':').ok_or(CheckpointError::Form)?;
        let signed = match (&self.0, form) {
            (Kind::Secret(key), "hmac-sha256") => {
                let mac = from_hex(digits).ok_or(CheckpointError::Form)?;
                // Compares in constant time.
                key.clone().chain_update(line.as_bytes()).verify_slice(&mac).is_ok()
            }
            (Kind::Pair(_) | Kind::Public(_), "ed25519") => {
                let (first, second) = digits.split_at_checked(SIGNATURE).ok_or(CheckpointError::Form)?;
                let halves = from_hex(first).zip(from_hex(second)).ok_or(CheckpointError::Form)?;
                let public = self.public_half().ok_or(CheckpointError::Signature)?;
                let signature = [halves.0, halves.1].concat();
                UnparsedPublicKey::new(&ED25519, public).verify(line.as_bytes(), &signature).is_ok()
            }
            (_, "hmac-sha256" | "ed25519") => false,
            _ => return Err(CheckpointError::Form),
        };
        if signed { Ok(()) } else { Err(CheckpointError::Signature) }
    }
}

/// The keys of a file of checkpoints: those in use, the first of which signs, and those that were before them.
#[derive(Clone, Debug)]
pub struct Keys {
    live: Vec<Key>,
    retired: Vec<Key>,
}

impl Keys {
    /// Live keys, the one that signs first, and retired ones.
    pub fn new(live: Vec<Key>, retired: Vec<Key>) -> Self {
        Self { live, retired }
    }

    /// The one that signs.
    pub fn signer(&self) -> Result<&Key, CheckpointError> {
        self.live.first().filter(|key| key.signs()).ok_or(CheckpointError::OnlyVerifies)
    }

    /// Reads the lines of a file, oldest first. What does not read is told with the number of its line, from 0.
    pub fn read<'a>(&self, lines: impl Iterator<Item = &'a str>) -> Result<Vec<Checkpoint>, (usize, CheckpointError)> {
        let (mut all, mut is_new) = (Vec::new(), false);
        for (n, line) in lines.enumerate().filter(|(_, line)| !line.is_empty()) {
            let by_one_of = |keys: &[Key]| {
                let mut told = Err(CheckpointError::Signature);
                for key in keys {
                    told = Checkpoint::verify(line, key);
                    if told.is_ok() {
                        break;
                    }
                }
                told
            };
            let live = by_one_of(&self.live);
            let read = match live {
                Ok(read) => Ok(read),
                Err(why) => match by_one_of(&self.retired) {
                    Ok(_) if is_new => Err(CheckpointError::Retired),
                    Ok(read) => Ok(read),
                    Err(_) => Err(why),
                },
            };
            is_new |= live.is_ok();
            all.push(read.map_err(|why| (n, why))?);
        }
        Ok(all)
    }
}

impl From<Key> for Keys {
    fn from(key: Key) -> Self {
        Self::new(vec![key], Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    fn checkpoint(seq: u64) -> Checkpoint {
        Checkpoint { epoch: 1, seq, hash: [7; 32], at: Timestamp::from_millis(1_764_064_800_123) }
    }

    fn secret(n: u8) -> Key {
        Key::new(&[n; 32]).unwrap()
    }

    #[test]
    fn a_pair_is_verified_by_its_public_half_which_signs_nothing() {
        // The first test vector of RFC 8032, 7.1: the public key that follows from this secret.
        let seed = from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
        let pair = Key::pair(&seed).unwrap();
        let half = pair.public_half().unwrap();
        assert_eq!(to_hex(&half), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let public = Key::public(half);
        let signed = checkpoint(3).sign(&pair).unwrap();
        assert_eq!(Checkpoint::verify(&signed, &public), Ok(checkpoint(3)));
        assert_eq!(Checkpoint::verify(&signed, &pair), Ok(checkpoint(3)));
        assert_eq!(checkpoint(3).sign(&public), Err(CheckpointError::OnlyVerifies));
        assert_eq!(Checkpoint::verify(&signed, &secret(1)), Err(CheckpointError::Signature));
        assert_eq!(
            Checkpoint::verify(&checkpoint(3).sign(&secret(1)).unwrap(), &public),
            Err(CheckpointError::Signature)
        );
        let other = Key::pair(&[9; 32]).unwrap();
        assert_eq!(Checkpoint::verify(&signed, &other), Err(CheckpointError::Signature));
        for i in 0..signed.len() {
            let mut bytes = signed.clone().into_bytes();
            bytes[i] ^= 1;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(Checkpoint::verify(&changed, &public).is_err(), "{changed}");
        }
        assert_eq!(format!("{pair:?}{public:?}"), "Key(…)Key(…)");
    }

    #[test]
    fn a_retired_key_counts_up_to_the_first_line_of_a_live_one() {
        let (old, new, next) = (secret(1), Key::pair(&[2; 32]).unwrap(), secret(3));
        let line = |seq, key: &Key| checkpoint(seq).sign(key).unwrap();
        let whole = [line(1, &old), line(2, &old), line(3, &new), String::new(), line(4, &next), line(5, &new)];
        let read = |keys: &Keys, lines: &[String]| keys.read(lines.iter().map(String::as_str)).map(|all| all.len());
        let changing = Keys::new(vec![new.clone(), next.clone()], vec![old.clone()]);
        assert_eq!(read(&changing, &whole), Ok(5));
        assert_eq!(changing.signer().unwrap().public_half(), new.public_half());
        // Somebody found the old key.
        let forged = [&whole[..], &[line(9, &old)]].concat();
        assert_eq!(read(&changing, &forged), Err((6, CheckpointError::Retired)));
        // While both are live either may sign.
        assert_eq!(read(&Keys::new(vec![new.clone(), next.clone(), old.clone()], Vec::new()), &forged), Ok(6));
        // A key that nobody names.
        assert_eq!(read(&Keys::new(vec![new.clone()], vec![old]), &whole), Err((4, CheckpointError::Signature)));
        assert_eq!(read(&Keys::from(new), &whole), Err((0, CheckpointError::Signature)));
        let only = Keys::from(Key::public([1; 32]));
        assert_eq!(only.signer().unwrap_err(), CheckpointError::OnlyVerifies);
        assert_eq!(read(&only, &["x".to_owned()]), Err((0, CheckpointError::Form)));
    }
}

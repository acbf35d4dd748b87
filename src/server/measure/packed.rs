//! A conversation's exchanges in one value: a report over a year looks up tens of thousands of conversations, and each at one
//! place.
//!
//! The same as what `exchange` says of them, as far as deals are credited by it: kept in the same transaction.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::projections::MeasureError;
use crate::domain::id::ConversationId;
use crate::domain::time::Timestamp;

/// Bytes of one: its first reply's entry, its time, its hour of the week, and under what it counts.
const LENGTH: usize = 8 + 8 + 1 + 4;

/// What is kept of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    /// The entry of its first reply.
    pub(super) seq: u64,
    /// When that came.
    pub(super) at: Timestamp,
    /// Its hour of the week.
    pub(super) hour: u8,
    /// The number of under what it counts.
    pub(super) under: u32,
}

impl Packed {
    fn write(self, to: &mut Vec<u8>) {
        to.extend(self.seq.to_le_bytes());
        to.extend(self.at.millis().to_le_bytes());
        to.push(self.hour);
        to.extend(self.under.to_le_bytes());
    }

    fn read(bytes: &[u8; LENGTH]) -> Self {
        let (seq, rest) = bytes.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        let (at, rest) = rest.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        let (hour, under) = rest.split_first().unwrap_or((&0, &[]));
        Self {
            seq: u64::from_le_bytes(*seq),
            at: Timestamp::from_millis(i64::from_le_bytes(*at)),
            hour: *hour,
            under: under.first_chunk::<4>().map_or(0, |number| u32::from_le_bytes(*number)),
        }
    }
}

/// Reads them, by their first replies.
pub(super) fn unpacked(bytes: &[u8]) -> Result<impl Iterator<Item = Packed>, MeasureError> {
    let (all, rest) = bytes.as_chunks::<LENGTH>();
    if rest.is_empty() {
        Ok(all.iter().map(Packed::read))
    } else {
        Err(MeasureError::File("a conversation's exchanges are not readable".to_owned()))
    }
}

/// Those of conversations that a step touches.
#[derive(Debug, Default)]
pub(super) struct Touched(BTreeMap<ConversationId, BTreeMap<u64, Packed>>);

impl Touched {
    /// One as it is now.
    pub(super) fn put(&mut self, db: &Connection, of: ConversationId, one: Packed) -> Result<(), MeasureError> {
        self.of(db, of)?.insert(one.seq, one);
        Ok(())
    }

    /// One that is none any more.
    pub(super) fn gone(&mut self, db: &Connection, of: ConversationId, seq: u64) -> Result<(), MeasureError> {
        self.of(db, of)?.remove(&seq);
        Ok(())
    }

    fn of(&mut self, db: &Connection, of: ConversationId) -> Result<&mut BTreeMap<u64, Packed>, MeasureError> {
        match self.0.entry(of) {
            std::collections::btree_map::Entry::Occupied(known) => Ok(known.into_mut()),
            std::collections::btree_map::Entry::Vacant(new) => {
                let mut query = db.prepare_cached("SELECT packed FROM exchanges_of WHERE conversation = ?1")?;
                let mut rows = query.query([of.0.as_bytes()])?;
                let known = match rows.next()? {
                    Some(row) => unpacked(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?
                        .map(|one| (one.seq, one))
                        .collect(),
                    None => BTreeMap::new(),
                };
                Ok(new.insert(known))
            }
        }
    }

    /// Keeps them.
    pub(super) fn keep(&self, db: &Connection) -> Result<(), MeasureError> {
        let mut put =
            db.prepare_cached("INSERT OR REPLACE INTO exchanges_of (conversation, packed) VALUES (?1, ?2)")?;
        let mut none = db.prepare_cached("DELETE FROM exchanges_of WHERE conversation = ?1")?;
        for (conversation, all) in &self.0 {
            if all.is_empty() {
                none.execute([conversation.0.as_bytes()])?;
                continue;
            }
            let mut packed = Vec::with_capacity(all.len() * LENGTH);
            for one in all.values() {
                one.write(&mut packed);
            }
            put.execute(params![conversation.0.as_bytes(), packed])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_read_again_and_half_of_it_is_refused() {
        let one = |seq| Packed { seq, at: Timestamp::from_millis(1_767_243_600_000), hour: 167, under: 70_000 };
        let mut bytes = Vec::new();
        one(7).write(&mut bytes);
        one(u64::MAX).write(&mut bytes);
        assert_eq!(unpacked(&bytes).unwrap().collect::<Vec<_>>(), [one(7), one(u64::MAX)]);
        assert_eq!(unpacked(&[]).unwrap().count(), 0);
        assert!(unpacked(&bytes[1..]).is_err());
    }
}

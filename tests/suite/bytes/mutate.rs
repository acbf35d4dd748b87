//! Bytes that were sound, with a few of them wrong.

use proptest::prelude::*;
use proptest::sample::Index;

/// Pieces that parsers stumble over.
const STUMBLES: [&[u8]; 24] = [
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\x1b[2J",
    b"\"",
    b"\\u0000",
    b"\\ud800",
    b"%",
    b"%00",
    b"&",
    b"=",
    b"\n",
    b"[",
    b"{",
    b"null",
    b"-1",
    b"18446744073709551616",
    b"1e999",
    b"9223372036854775807",
    b"-9223372036854775808",
    "\u{202e}".as_bytes(),
    b"a.b.c.d=1\n",
];

/// One change.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Insert(Index, u8),
    Stumble(Index, usize),
    Delete(Index, usize),
    Repeat(Index, usize, usize),
    Move(Index, Index, usize),
    Cut(Index),
    Splice(Index, Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Flip(at, byte)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Insert(at, byte)),
        (any::<Index>(), 0..STUMBLES.len()).prop_map(|(at, which)| Change::Stumble(at, which)),
        (any::<Index>(), 1usize..20).prop_map(|(at, count)| Change::Delete(at, count)),
        (any::<Index>(), 1usize..60, 1usize..40).prop_map(|(at, count, times)| Change::Repeat(at, count, times)),
        (any::<Index>(), any::<Index>(), 1usize..40).prop_map(|(from, to, count)| Change::Move(from, to, count)),
        any::<Index>().prop_map(Change::Cut),
        (any::<Index>(), any::<Index>(), any::<Index>()).prop_map(|(seed, from, to)| Change::Splice(seed, from, to)),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change, seeds: &[Vec<u8>]) {
    let place = |at: &Index, bytes: &[u8]| at.index(bytes.len() + 1);
    match change {
        Change::Flip(at, byte) if !bytes.is_empty() => {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        Change::Flip(..) => {}
        Change::Insert(at, byte) => bytes.insert(place(at, bytes), *byte),
        Change::Stumble(at, which) => {
            let at = place(at, bytes);
            bytes.splice(at..at, STUMBLES[*which].iter().copied());
        }
        Change::Delete(at, count) => {
            let at = place(at, bytes);
            bytes.drain(at..(at + count).min(bytes.len()));
        }
        Change::Repeat(at, count, times) => {
            let at = place(at, bytes);
            let piece = bytes[at..(at + count).min(bytes.len())].repeat(*times);
            bytes.splice(at..at, piece);
        }
        Change::Move(from, to, count) => {
            let from = place(from, bytes);
            let piece: Vec<u8> = bytes.drain(from..(from + count).min(bytes.len())).collect();
            let to = place(to, bytes);
            bytes.splice(to..to, piece);
        }
        Change::Cut(at) => bytes.truncate(place(at, bytes)),
        Change::Splice(seed, from, to) => {
            let other = &seeds[seed.index(seeds.len())];
            let (from, to) = (place(from, bytes), place(to, other));
            bytes.splice(from.., other[to..].iter().copied());
        }
    }
}

/// One of these, with one to four changes.
pub(crate) fn mutated(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    (any::<Index>(), proptest::collection::vec(change(), 1..5)).prop_map(move |(which, changes)| {
        let mut bytes = seeds[which.index(seeds.len())].clone();
        for change in &changes {
            apply(&mut bytes, change, &seeds);
        }
        bytes
    })
}

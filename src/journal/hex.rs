//! Hashes as people read them: lowercase hex, one spelling only.

/// Bytes as lowercase hex.
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// A hash from its 64 lowercase hex digits; `None` for anything else.
pub fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut hash = [0; 32];
    let text: &[u8; 64] = text.as_bytes().try_into().ok()?;
    for (byte, pair) in hash.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_there_and_back() {
        let hash = std::array::from_fn(|i| u8::try_from(i * 8 + 3).unwrap());
        assert_eq!(from_hex(&to_hex(&hash)), Some(hash));
        assert_eq!(to_hex(&[0x0f, 0xa0]), "0fa0");
        for bad in ["", "0f", &"F".repeat(64), &"é".repeat(32), &"0".repeat(65)] {
            assert_eq!(from_hex(bad), None, "{bad}");
        }
    }
}

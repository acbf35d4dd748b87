//! Who texts: addresses, and the words they send. Both are personal data and redact themselves in `Debug`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a buyer texts from: E.164 (`+14155550100`), a short code, or `rcs:…`. Never printed whole by `Debug`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(String);

/// Why a text is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a phone number, short code or rcs: address")]
pub struct NotAnAddress;

impl Address {
    /// Longest address kept: an `rcs:` agent name fits, a novel does not.
    pub const MAX_LEN: usize = 128;

    /// Reads an address as a carrier writes it. E.164 keeps its plus sign; spaces, dashes, dots and brackets between
    /// digits are dropped; short codes are 3 to 8 digits; channel addresses keep their prefix.
    pub fn parse(text: &str) -> Result<Self, NotAnAddress> {
        let text = text.trim();
        if text.is_empty() || text.len() > Self::MAX_LEN || text.chars().any(char::is_control) {
            return Err(NotAnAddress);
        }
        if let Some((channel, rest)) = text.split_once(':') {
            let plain = channel.chars().all(|c| c.is_ascii_lowercase()) && !channel.is_empty();
            return if plain && !rest.trim().is_empty() { Ok(Self(text.to_owned())) } else { Err(NotAnAddress) };
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let only_phone_signs = text.chars().all(|c| c.is_ascii_digit() || "+ -.()".contains(c));
        if let Some(rest) = text.strip_prefix('+') {
            let ok =
                only_phone_signs && !rest.contains('+') && (7..=15).contains(&digits.len()) && !digits.starts_with('0');
            return if ok { Ok(Self(format!("+{digits}"))) } else { Err(NotAnAddress) };
        }
        if only_phone_signs && !text.contains('+') && (3..=8).contains(&digits.len()) {
            return Ok(Self(digits));
        }
        // An alphanumeric sender (ITU: up to 11 characters): it can text us, we cannot answer it.
        let alphanumeric = text.len() <= 11 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ');
        if alphanumeric && text.chars().any(|c| c.is_ascii_alphabetic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAnAddress)
        }
    }

    /// The phone behind it: `rcs:+1…` and `whatsapp:+1…` are the same person as `+1…`, and whoever says STOP by one of them
    /// says it by each. An address without a phone number is itself.
    #[must_use]
    pub fn person(&self) -> Self {
        let phone = self.0.rsplit_once(':').and_then(|(_, rest)| Self::parse(rest).ok());
        phone.filter(|phone| phone.0.starts_with('+')).unwrap_or_else(|| self.clone())
    }

    /// Where a text to this person goes from one of our lines: by the line's own channel.
    #[must_use]
    pub fn by_way_of(&self, line: &Self) -> Self {
        match line.0.split_once(':') {
            Some((channel, _)) if self.0.starts_with('+') => Self(format!("{channel}:{}", self.0)),
            Some(_) | None => self.clone(),
        }
    }

    /// The address in full, for the carrier and for the rep's own screen.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tail: String = self.0.chars().rev().take(2).collect::<Vec<_>>().into_iter().rev().collect();
        write!(f, "Address(…{tail})")
    }
}

/// The words of a text or a note, exactly as they came. `Debug` shows only the length.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Body(String);

impl Body {
    /// Longest body kept of one text, in bytes; the webhook limit (64 KiB) stands before it.
    pub const MAX_LEN: usize = 64 * 1024;

    /// Takes the words as they are.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The words, raw: draw them only through `SafeText`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it says something: two letters, or one sign of a script whose signs are words.
    pub fn has_words(&self) -> bool {
        let letters = self.0.chars().filter(|c| c.is_alphabetic());
        letters.map(|c| if c >= '\u{2E80}' { 2 } else { 1 }).sum::<usize>() >= 2
    }

    /// Nothing but white space.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_carriers_write_them() {
        for (text, wanted) in [
            ("+14155550100", Some("+14155550100")),
            (" +1 (415) 555-0100 ", Some("+14155550100")),
            ("72345", Some("72345")),
            ("rcs:acme_agent", Some("rcs:acme_agent")),
            ("whatsapp:+4915112345678", Some("whatsapp:+4915112345678")),
            ("ACME Bank", Some("ACME Bank")),
            ("", None),
            ("+1415555abcd", None),
            ("+0155555555", None),
            ("+123", None),
            ("+1415555010012345678", None),
            ("evil\u{1b}[2J", None),
            ("rcs:", None),
        ] {
            assert_eq!(Address::parse(text).ok().as_ref().map(Address::as_str), wanted, "{text:?}");
        }
    }

    #[test]
    fn a_person_is_their_phone_number_by_whichever_channel_they_write() {
        let read = |text: &str| Address::parse(text).expect("valid");
        for (text, person) in [
            ("+14155550100", "+14155550100"),
            ("rcs:+14155550100", "+14155550100"),
            ("rcs:+1 (415) 555-0100", "+14155550100"),
            ("whatsapp:+4915112345678", "+4915112345678"),
            ("rcs:whatsapp:+4915112345678", "+4915112345678"),
            ("rcs:acme_agent", "rcs:acme_agent"),
            ("messenger:1234567", "messenger:1234567"),
            ("72345", "72345"),
            ("ACME Bank", "ACME Bank"),
        ] {
            assert_eq!(read(text).person(), read(person), "{text}");
        }
        for (person, line, goes) in [
            ("+14155550100", "+16465550100", "+14155550100"),
            ("+14155550100", "whatsapp:+16465550100", "whatsapp:+14155550100"),
            ("+14155550100", "rcs:acme_agent", "rcs:+14155550100"),
            ("72345", "whatsapp:+16465550100", "72345"),
        ] {
            assert_eq!(read(person).by_way_of(&read(line)), read(goes), "{person} {line}");
        }
    }

    #[test]
    fn debug_redacts() {
        let address = Address::parse("+14155550100").expect("valid");
        assert_eq!(format!("{address:?}"), "Address(…00)");
        assert_eq!(format!("{:?}", Body::new("call me at noon")), "Body(15 bytes)");
    }

    #[test]
    fn a_reason_is_words() {
        for (text, wanted) in [
            ("", false),
            (" \n", false),
            (".", false),
            ("...", false),
            ("x", false),
            ("42", false),
            ("👍", false),
            ("ok", true),
            ("They meant the meeting.", true),
            ("误会", true),
        ] {
            assert_eq!(Body::new(text).has_words(), wanted, "{text:?}");
        }
    }
}

//! What a text costs, as far as the playbook says: a hint while writing, never a bill.

use serde::{Deserialize, Serialize};

/// What one segment costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// In millionths of the currency's unit.
    pub micros: u64,
    /// ISO 4217.
    pub currency: String,
}

/// A million: digits of a price after the point.
const UNIT: u64 = 1_000_000;

impl Price {
    /// Reads `0.0083`: digits, and at most six after the point. Nothing for anything else, and for a thousand or more.
    pub fn micros_of(text: &str) -> Option<u64> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str, most: usize| text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole, 3) || !digits(part, 6) || text.ends_with('.') {
            return None;
        }
        Some(whole.parse::<u64>().ok()? * UNIT + format!("{part:0<6}").parse::<u64>().ok()?)
    }

    /// What so many segments cost: `0.0166 USD`.
    pub fn of(&self, segments: usize) -> String {
        let micros = self.micros.saturating_mul(u64::try_from(segments).unwrap_or(u64::MAX));
        let part = format!("{:06}", micros % UNIT);
        // Cents are always there; what is finer is told as far as it goes.
        let part = part.trim_end_matches('0');
        format!("{}.{part:0<2} {}", micros / UNIT, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_read_and_multiplied_exactly() {
        for (text, micros) in [
            ("0.0083", Some(8_300)),
            ("1", Some(1_000_000)),
            ("999.999999", Some(999_999_999)),
            ("1000", None),
            ("0.0000001", None),
            ("", None),
            (".5", None),
            ("1.", None),
            ("-1", None),
            ("1,5", None),
            ("1e3", None),
            ("+1", None),
        ] {
            assert_eq!(Price::micros_of(text), micros, "{text}");
        }
        let price = Price { micros: 8_300, currency: "USD".to_owned() };
        let told = [1, 2, 10, 1000].map(|segments| price.of(segments));
        assert_eq!(told, ["0.0083 USD", "0.0166 USD", "0.083 USD", "8.30 USD"]);
    }
}

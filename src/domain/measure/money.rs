//! Counts and amounts as people read them.

/// `48,000`.
pub fn thousands(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if n < 0 { format!("-{out}") } else { out }
}

/// `1.3M`, of hundredths: for where there is no room for all of it. Rounded to two or three digits.
pub fn brief(cents: i64) -> String {
    const UNITS: [(u64, &str); 4] = [(1, ""), (1_000, "k"), (1_000_000, "M"), (1_000_000_000, "B")];
    let whole = (cents.unsigned_abs() + 50) / 100;
    let sign = if cents < 0 && whole > 0 { "-" } else { "" };
    let of = |unit: u64| (whole + unit / 2) / unit;
    let (unit, letter) = UNITS.into_iter().find(|(unit, _)| of(*unit) < 1000).unwrap_or(UNITS[UNITS.len() - 1]);
    let tenths = (whole * 10 + unit / 2) / unit;
    if unit == 1 || of(unit) >= 100 || tenths.is_multiple_of(10) {
        format!("{sign}{}{letter}", of(unit))
    } else {
        format!("{sign}{}.{}{letter}", tenths / 10, tenths % 10)
    }
}

/// `48,000.05`, of hundredths.
pub fn amount(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let whole = i64::try_from(cents.unsigned_abs() / 100).unwrap_or(i64::MAX);
    format!("{sign}{}.{:02}", thousands(whole), cents.unsigned_abs() % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brief_amount_is_rounded_and_never_a_thousand_of_its_unit() {
        let told = [
            (0, "0"),
            (-49, "0"),
            (99_949, "999"),
            (99_950, "1k"),
            (-150_000, "-1.5k"),
            (480_000, "4.8k"),
            (2_500_000, "25k"),
            (9_940_000, "99.4k"),
            (9_994_000, "100k"),
            (25_049_900, "250k"),
            (99_949_900, "999k"),
            (99_950_000, "1M"),
            (123_456_789, "1.2M"),
            (-12_345_678_900, "-123M"),
            (250_000_000_000, "2.5B"),
            (i64::MAX, "92233720B"),
            (i64::MIN, "-92233720B"),
        ];
        for (cents, words) in told {
            assert_eq!(brief(cents), words, "{cents}");
        }
    }
}

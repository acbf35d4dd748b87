//! Texts as buyers write them: few words very often, most of them seldom.

/// A stream of numbers that is the same on every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The generator known as `SplitMix64`.
    pub(crate) const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.roll() % n as u64).unwrap()
    }
}

const COMMON: [&str; 40] = [
    "the", "to", "a", "you", "can", "we", "price", "for", "is", "and", "on", "call", "me", "it", "quote", "this",
    "when", "of", "send", "tomorrow", "contract", "please", "do", "hold", "until", "friday", "what", "about", "terms",
    "with", "pilot", "seats", "demo", "thanks", "ok", "legal", "pay", "month", "annual", "discount",
];

/// One of 20,000 words: a syllable chain by its number.
fn rare(mut n: usize) -> String {
    const PARTS: [&str; 27] = [
        "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta", "ve", "wi",
        "xo", "yu", "za", "ber", "cal", "dor", "fen", "gar", "hol",
    ];
    let mut word = String::new();
    for _ in 0..3 {
        word.push_str(PARTS[n % PARTS.len()]);
        n /= PARTS.len();
    }
    word
}

/// One word.
pub(crate) fn word(dice: &mut Dice) -> String {
    if dice.below(10) < 7 { COMMON[dice.below(COMMON.len())].to_owned() } else { rare(dice.below(20_000)) }
}

/// A text of 4 to 16 words.
pub(crate) fn text(dice: &mut Dice) -> String {
    let words: Vec<String> = (0..4 + dice.below(13)).map(|_| word(dice)).collect();
    words.join(" ")
}

/// Somebody's name.
pub(crate) fn name(dice: &mut Dice) -> String {
    let capital = |word: String| word[..1].to_uppercase() + &word[1..];
    format!("{} {}", capital(rare(dice.below(20_000))), capital(rare(dice.below(20_000))))
}

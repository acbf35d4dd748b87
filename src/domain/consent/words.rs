//! What a whole text means: the carriers' words, the law's, and those of the playbook's languages.

use super::rules::{ConsentRules, LanguageWords};
use crate::domain::look_alike;

/// What a whole text means to a carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    /// Withdraws consent.
    Stop,
    /// Gives it back.
    Start,
    /// Asks who we are.
    Help,
}

/// Words that withdraw consent when they are the whole text: Twilio's defaults with REVOKE and OPTOUT, the words of
/// 47 CFR 64.1200(a)(10), and `stop all` (Telnyx), REMOVE (AWS), ARRET (Canada).
pub const STOP_WORDS: [&str; 19] = [
    "stop",
    "stopall",
    "stop all",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
    "opt out",
    "opt-out",
    "remove",
    "arret",
    "arrete",
    "arrett",
    "arrêt",
    "arrête",
    "arrêtez",
    "stopp",
];
const START_WORDS: [&str; 3] = ["start", "yes", "unstop"];
const HELP_WORDS: [&str; 2] = ["help", "info"];

/// The longest text that can be a keyword, in bytes, without what stands around it: blanks make no STOP less of one.
const LONGEST: usize = 64;

/// The text in lower case with nothing around the words: `" Stop. "` is `stop`.
pub fn bare(body: &str) -> String {
    let trimmed = body.trim().trim_matches(|c: char| c.is_whitespace() || is_punctuation(c));
    trimmed.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A word as words are compared: case, accents, punctuation, blanks, other forms of letters and look-alikes of other scripts folded, so
/// that `S.T.O.P.`, `Opt-Out`, `ⓈⓉⓄⓅ` and `STOP ALL` are what they look like. Signs that say something, as an emoji, stay.
pub fn folded(body: &str) -> String {
    let plain = look_alike::decomposed(body);
    let kept = plain.chars().map(of_flag).map(look_alike::latin).filter(|c| {
        // What is left of accents strikes letters through.
        !c.is_whitespace() && !is_punctuation(*c) && !matches!(c, '\u{300}'..='\u{36F}' | '\u{20D0}'..='\u{20F0}')
    });
    kept.flat_map(char::to_lowercase).collect()
}

/// The letters that flags are made of, one by one, are letters.
fn of_flag(c: char) -> char {
    match u32::from(c) {
        at @ 0x1_F1E6..=0x1_F1FF => char::from_u32(u32::from('a') + at - 0x1_F1E6).unwrap_or(c),
        _ => c,
    }
}

fn is_punctuation(c: char) -> bool {
    let general = matches!(c, '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}');
    c.is_ascii_punctuation() || general || look_alike::is_unseen(c) || "¡¿«»·…".contains(c)
}

/// What the whole text means as a keyword; a sentence that merely contains one means nothing.
pub fn keyword(body: &str) -> Option<Keyword> {
    keyword_in(&ConsentRules::default(), body)
}

/// What the whole text means, also in the languages of a playbook. A word that withdraws consent anywhere withdraws it.
pub fn keyword_in(rules: &ConsentRules, body: &str) -> Option<Keyword> {
    let said = folded(body);
    if said.is_empty() || said.len() > LONGEST {
        return None;
    }
    let ours = |wanted: Keyword| {
        let words = rules.words.values().flat_map(LanguageWords::all);
        words.filter(|(means, _)| *means == wanted).any(|(_, word)| folded(word) == said)
    };
    let is = |words: &[&str]| words.iter().any(|word| folded(word) == said);
    if is(&STOP_WORDS) || ours(Keyword::Stop) {
        Some(Keyword::Stop)
    } else if is(&START_WORDS) || ours(Keyword::Start) {
        Some(Keyword::Start)
    } else if is(&HELP_WORDS) || ours(Keyword::Help) {
        Some(Keyword::Help)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_is_the_whole_text() {
        use Keyword::{Help, Start, Stop};
        for word in STOP_WORDS {
            assert_eq!(keyword(&word.to_uppercase()), Some(Stop), "{word}");
        }
        for (text, means) in [
            ("stop please", None),
            ("\"Stop\"!", Some(Stop)),
            ("S.T.O.P.", Some(Stop)),
            ("Stop all!", Some(Stop)),
            ("OPT–OUT", Some(Stop)),
            ("ＳＴＯＰ", Some(Stop)),
            ("st\u{200B}op", Some(Stop)),
            ("stóp", Some(Stop)),
            ("sto\u{301}p", Some(Stop)),
            ("¡stop!", Some(Stop)),
            ("STOP 🛑", None),
            ("end of quarter works", None),
            ("cancel my 3pm", None),
            ("stop by at 5", None),
            ("Quit.", Some(Stop)),
            ("YES", Some(Start)),
            ("yes!", Some(Start)),
            ("yes 👍", None),
            ("Un-stop", Some(Start)),
            ("info?", Some(Help)),
            ("HELP", Some(Help)),
            ("help me", None),
            ("", None),
            ("...", None),
            ("👍", None),
            (&format!("STOP{}", " ".repeat(200)), Some(Stop)),
            ("SТОР", Some(Stop)),
            ("стоп", None),
            ("𝐒𝐓𝐎𝐏", Some(Stop)),
            ("𝓼𝓽𝓸𝓹", Some(Stop)),
            ("𝚂𝚃𝙾𝙿.", Some(Stop)),
            ("ⓈⓉⓄⓅ", Some(Stop)),
            ("🅂🅃🄾🄿", Some(Stop)),
            ("🅢🅣🅞🅟", Some(Stop)),
            ("🆂🆃🅾🅿", Some(Stop)),
            ("🇸🇹🇴🇵", Some(Stop)),
            ("🇺🇸", None),
            ("ꜱᴛᴏᴘ", Some(Stop)),
            ("ՏTՕP", Some(Stop)),
            ("ՏТօք", Some(Stop)),
            ("s\u{336}t\u{336}o\u{336}p\u{336}", Some(Stop)),
            ("𝕦𝕟𝕤𝕦𝕓𝕤𝕔𝕣𝕚𝕓𝕖", Some(Stop)),
            ("𝐘𝐄𝐒", Some(Start)),
            ("arre\u{302}t", Some(Stop)),
        ] {
            assert_eq!(keyword(text), means, "{text:?}");
        }
    }

    #[test]
    fn a_language_of_the_playbook_adds_words_and_takes_none_away() {
        let spanish = LanguageWords {
            stop: vec!["Alto".to_owned(), "dar de baja".to_owned()],
            start: vec!["alta".to_owned()],
            help: vec!["ayuda".to_owned()],
        };
        let rules = ConsentRules { words: [("es".to_owned(), spanish)].into(), ..ConsentRules::default() };
        for (text, means) in [
            ("¡ALTO!", Some(Keyword::Stop)),
            ("Dar de  baja.", Some(Keyword::Stop)),
            ("alto nivel", None),
            ("Alta", Some(Keyword::Start)),
            ("ayuda", Some(Keyword::Help)),
            ("stop", Some(Keyword::Stop)),
        ] {
            assert_eq!(keyword_in(&rules, text), means, "{text:?}");
        }
        assert_eq!(keyword("alto"), None);
    }
}

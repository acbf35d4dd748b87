//! What a person may put into a field of an approved snippet that no record fills: a name, a day and an hour, an amount. Not
//! a sentence, a promise, or a way to somewhere else, in whatever letters and marks it is written.

use crate::domain::look_alike;

/// Most characters of a field that no record fills, in an approved snippet.
pub const HAND_FILLED: usize = 40;

/// Most words of it. What needs more is a sentence, and nobody approved of that one.
pub(super) const MOST_WORDS: usize = 4;

/// Endings of the addresses that people spell out, or break with a blank. What stands in one piece is told by its form.
const ENDINGS: [&str; 28] = [
    "com", "net", "org", "info", "biz", "io", "co", "ly", "me", "us", "uk", "de", "app", "dev", "xyz", "shop", "store",
    "online", "site", "link", "live", "club", "top", "ai", "tv", "cc", "gg", "edu",
];

/// Days and months as they follow a comma: `Tuesday, Dec 1`. English and Spanish.
const OF_CALENDAR: [&str; 31] = [
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep",
    "oct", "nov", "dec", "lun", "mié", "jue", "vie", "sáb", "dom", "ene", "abr", "ago", "dic", "mier", "sab",
];

/// How far such a field may reach: one line of a few words, that leads nowhere else.
pub(super) fn ends(rest: &str) -> impl Iterator<Item = usize> {
    let ends = rest.char_indices().take(HAND_FILLED).map_while(|(at, c)| {
        let plain = !c.is_control() && !matches!(c, '{' | '}' | '\u{2028}' | '\u{2029}');
        plain.then_some(at + c.len_utf8())
    });
    ends.filter(|end| !leads_away(&rest[..*end]) && !says_more(&rest[..*end]))
}

/// As it is read: other forms of letters, digits and marks as plain ones, every dash a hyphen.
fn read(words: &str) -> String {
    let plain = look_alike::plain(words);
    let mark = |c: char| match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' | '_' | '~' | '|' | '•' | '·' | '/' | '\\' => '-',
        '٪' | '‰' | '‱' => '%',
        '\u{3002}' => '.',
        _ => c,
    };
    plain.chars().map(mark).collect()
}

/// The words, however they are put together: by hyphens, strokes or signs that nobody sees. A date or a range of hours is
/// one, as are initials and `O'Neil`.
fn words(read: &str) -> Vec<String> {
    let all: Vec<char> = read.chars().collect();
    let is_digit = |at: Option<usize>| at.and_then(|at| all.get(at)).is_some_and(char::is_ascii_digit);
    let mut words = vec![String::new()];
    for (at, c) in all.iter().enumerate() {
        let inside = is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
        let kept = c.is_alphanumeric() && !look_alike::is_unseen(*c) || matches!(c, '\'' | '’' | '.' | '@') || inside;
        match words.last_mut() {
            Some(word) if kept => word.push(*c),
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| word.contains(char::is_alphanumeric));
    words
}

/// Words that are no number, date or amount: what a claim is made of.
pub(super) fn plain_words(text: &str) -> usize {
    words(&read(text)).iter().filter(|word| !word.contains(|c: char| c.is_ascii_digit())).count()
}

/// Whether words are more than a field's: too many, a sentence that ends or begins, a promise in percent, digits that are
/// none of ours.
fn says_more(text: &str) -> bool {
    let read = read(text);
    let words = words(&read);
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let percent = |at: usize| {
        let next = lower.get(at + 1).map_or("", |next| next.trim_end_matches('.'));
        let word = lower[at].trim_matches(|c: char| !c.is_alphabetic());
        matches!(word, "percent" | "pct" | "percentage")
            || matches!(word, "per" | "por") && next.starts_with("cent")
            || matches!(word, "por") && next == "ciento"
    };
    let foreign = read.chars().any(|c| c.is_numeric() && !c.is_ascii());
    words.len() > MOST_WORDS
        || foreign
        || read.contains(['%', '?', ';'])
        || exclaims(&read, words.len())
        || (0..lower.len()).any(percent)
        || goes_on(&read)
}

/// Whether it exclaims more than a name does: `Yahoo!` is one word, with nothing after it.
fn exclaims(read: &str, words: usize) -> bool {
    let Some(before) = read.strip_suffix('!') else { return read.contains('!') };
    words != 1 || before.contains('!') || !before.starts_with(char::is_uppercase)
}

/// Whether a sentence ends inside. A comma before a day, a month, a number or a state is one of a date or of a place.
fn goes_on(read: &str) -> bool {
    let all: Vec<&str> = read.split_whitespace().collect();
    all.windows(2).any(|pair| {
        let (word, next) = (pair[0], pair[1]);
        let comma = word.ends_with(',') && !is_of_date(next) && !is_state(next);
        comma || word.ends_with(['!', '?', ';', ':']) || word.ends_with('.') && word.chars().count() > 4
    })
}

fn is_of_date(word: &str) -> bool {
    let lower = word.to_lowercase();
    let begins: String = lower.chars().take(3).collect();
    // A word of the calendar is written out or cut: `Mayo` is, `Maybe` is not.
    let letters = lower.trim_end_matches(['.', ',']);
    let full = |begin: &&str| begins == **begin && (letters.chars().count() <= 4 || NAMES.contains(&letters));
    word.starts_with(|c: char| c.is_ascii_digit()) || OF_CALENDAR.iter().any(full)
}

/// Days and months written out.
const NAMES: [&str; 38] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "lunes",
    "martes",
    "miércoles",
    "jueves",
    "viernes",
    "sábado",
    "domingo",
    "enero",
    "febrero",
    "marzo",
    "abril",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
    "miercoles",
    "sabado",
];

/// Two capitals: `Portland, OR`.
fn is_state(word: &str) -> bool {
    word.len() == 2 && word.bytes().all(|b| b.is_ascii_uppercase())
}

/// Whether words are, or hold, a web address, a mailbox or a phone number, also one that is spelled out or broken in two.
pub(super) fn leads_away(text: &str) -> bool {
    // What nobody sees joins, for a phone that makes links passes over it, and parts, for a reader may.
    let joined: String = text.chars().filter(|c| !look_alike::is_unseen(*c)).collect();
    let slashes = look_alike::plain(&joined).replace('\u{3002}', ".");
    slashes.split_whitespace().any(is_address) || is_spelled(&slashes) || dials(&read(&joined))
}

/// Whether there are as many digits as a phone number has. Seven are one, eight may be a date, and ten with blanks between
/// are one again.
fn dials(read: &str) -> bool {
    let is_dial = |word: &&str| word.chars().all(|c| c.is_ascii_digit() || "+-().*".contains(c));
    let digits = |word: &str| word.bytes().filter(u8::is_ascii_digit).count();
    let in_a_row = read.split_whitespace().map(|word| if is_dial(&word) { digits(word) } else { 0 });
    let spelled = in_a_row.fold((0, 0), |(sum, most): (usize, usize), n| {
        let sum = if n == 0 { 0 } else { sum + n };
        (sum, most.max(sum))
    });
    spelled.1 >= 10 || read.split_whitespace().any(is_phone)
}

fn is_phone(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let plain = word.chars().all(|c| c.is_ascii_digit() || "-()*".contains(c));
    plain && (digits == 7 || digits >= 9 || digits == 8 && !is_date(word))
}

/// Eight digits in the order in which people write a day of these centuries: elsewhere as many are a phone number.
fn is_date(word: &str) -> bool {
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    ["%Y%m%d", "%d%m%Y", "%m%d%Y"].iter().any(|order| {
        let day = chrono::NaiveDate::parse_from_str(&digits, order);
        day.is_ok_and(|day| (1900..2100).contains(&chrono::Datelike::year(&day)))
    })
}

/// `evil .com`, `evil. com`, `evil dot com`, `evil(dot)com`, `evildotcom`, `www evil`.
fn is_spelled(text: &str) -> bool {
    let lower = text.to_lowercase();
    let ending = |word: &str| {
        let bare = word.split(|c: char| !c.is_alphanumeric()).find(|part| !part.is_empty()).unwrap_or_default();
        ENDINGS.contains(&bare)
    };
    // Every mark is a blank but the dot, which is a word.
    let spaced: String = lower.chars().map(|c| if c.is_alphanumeric() || c == '.' { c } else { ' ' }).collect();
    let spaced = spaced.replace('.', " . ");
    let parts: Vec<&str> = spaced.split_whitespace().collect();
    let named = |part: &str| part.contains(char::is_alphanumeric);
    let dotted = parts
        .windows(3)
        .any(|w| named(w[0]) && matches!(w[1], "." | "dot" | "punto") && ending(w[2]) && !is_day_part(w));
    let glued = parts.iter().any(|part| {
        part.split_once("dot").is_some_and(|(before, after)| !before.is_empty() && ENDINGS.contains(&after))
    });
    dotted || glued || parts.contains(&"www")
}

/// `a.m.` and initials end in a dot before what may be an ending: `St. Co`, `J. De Niro`.
fn is_day_part(window: &[&str]) -> bool {
    window[1] == "." && window[0].chars().count() <= 2
}

/// `evil.com/x`, `bit.ly`, `a@b.com`, `1.2.3.4`, `https:…`, `mailto:…`: whatever a phone makes a link of.
fn is_address(word: &str) -> bool {
    let word = word.to_lowercase().replace(['\u{3002}', '\u{FF0E}', '\u{FF61}'], ".");
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    if word.contains("://") || word.contains("www.") || word.len() > 1 && word.contains('@') || has_scheme(bare) {
        return true;
    }
    let host = bare.split(['/', '?', '#', ':', '\\']).next().unwrap_or_default();
    let labels: Vec<&str> = host.split('.').collect();
    let named = labels.iter().all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'));
    // A top-level name has letters alone, or is one in another alphabet (RFC 5890): `9.30am` is a time, `163.com` is none.
    let top = labels.last().is_some_and(|last| {
        last.chars().count() >= 2 && last.chars().all(char::is_alphabetic) || last.starts_with("xn--")
    });
    let numbers = labels.len() == 4 && labels.iter().all(|label| label.parse::<u8>().is_ok());
    named && labels.len() >= 2 && top || numbers
}

/// `mailto:x`, `tel:…`: letters, a colon and more (RFC 3986). A time of day begins with a digit.
fn has_scheme(word: &str) -> bool {
    word.split_once(':').is_some_and(|(scheme, rest)| {
        let letters = scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.len() >= 2 && letters && !rest.is_empty()
    })
}

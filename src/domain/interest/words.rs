//! A sign of interest as people say it: CRMs name theirs by fields, and tell pages by whole addresses.

use crate::domain::context::Intent;

/// What the fields of CRMs are called. Any other kind is said as it is written, with blanks.
const SAID: [(&str, &str); 9] = [
    ("mail_click", "clicked a mail"),
    ("email_click", "clicked a mail"),
    ("mail_open", "opened a mail"),
    ("email_open", "opened a mail"),
    ("site_visit", "visited our site"),
    ("page_view", "viewed a page"),
    ("form", "filled in a form"),
    ("form_submission", "filled in a form"),
    ("campaign_response", "answered a campaign"),
];

/// The longest address that is told, in characters.
const LONGEST: usize = 60;

/// What it says of itself, else what its kind is called.
pub fn told(intent: &Intent) -> String {
    let detail = detail(&intent.detail);
    if detail.is_empty() { kind(&intent.kind) } else { detail }
}

/// What a kind is called.
pub fn kind(kind: &str) -> String {
    let written = kind.trim().to_lowercase();
    let said = SAID.iter().find(|(field, _)| *field == written);
    said.map_or_else(|| kind.trim().replace('_', " "), |(_, said)| (*said).to_owned())
}

/// The line on it, with addresses told by host and path.
pub fn detail(detail: &str) -> String {
    let words = detail.trim().split(' ').map(|word| page(word).unwrap_or_else(|| word.to_owned()));
    words.collect::<Vec<_>>().join(" ")
}

/// Host and path of an address, and not too much of them; nothing of anything else. What was asked along, and whoever
/// signs in by it, is nobody's interest.
fn page(word: &str) -> Option<String> {
    let (scheme, rest) = word.split_once("://")?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    let place = rest.split(['?', '#']).next()?;
    let (authority, path) = place.split_once('/').unwrap_or((place, ""));
    let host = authority.rsplit('@').next().filter(|host| !host.is_empty())?;
    let path = path.trim_end_matches('/');
    let whole = if path.is_empty() { host.to_owned() } else { format!("{host}/{path}") };
    if whole.chars().count() <= LONGEST {
        return Some(whole);
    }
    let kept: String = whole.chars().take(LONGEST - 1).collect();
    Some(format!("{kept}…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_said_in_words_and_an_address_by_host_and_path() {
        let long = format!("https://acme.example/{}", "pricing/".repeat(40));
        for (kind, detail, wanted) in [
            ("mail_click", "", "clicked a mail"),
            ("Email_Open", " ", "opened a mail"),
            ("seat_limit", "", "seat limit"),
            ("mail_click", "opened the security paper", "opened the security paper"),
            ("site_visit", "https://acme.example/pricing/?utm_source=x#top", "acme.example/pricing"),
            ("site_visit", "HTTPS://me:secret@acme.example", "acme.example"),
            ("page_view", "saw http://acme.example/a twice", "saw acme.example/a twice"),
            ("page_view", "https:///", "https:///"),
            ("page_view", "ftp://acme.example/a", "ftp://acme.example/a"),
        ] {
            let sign = Intent { kind: kind.to_owned(), detail: detail.to_owned(), ..Intent::default() };
            assert_eq!(told(&sign), wanted, "{kind} {detail}");
        }
        let told = detail(&long);
        assert!(told.starts_with("acme.example/pricing/") && told.ends_with('…'), "{told}");
        assert_eq!(told.chars().count(), LONGEST);
    }
}

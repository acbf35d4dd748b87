//! Enrich: which signs of interest still mean something, and which of them most.
//!
//! A sign has a weight, from whoever tells it or by its kind, and loses half of it in a time that depends on where it was
//! seen: an opened mail is old news after two days, a form that was filled in means something for weeks. Weights are whole
//! numbers, so that everybody who reckons comes to the same order.

use std::cmp::Ordering;

use super::context::{Intent, Origin};
use super::time::{Span, Timestamp};

pub mod words;

/// Thousandths of a weight of one: below that a sign has faded, and is told no more.
const FADED: u64 = 1_000;

/// What its kind says: words in it, where it was seen, its weight. The first row with a word in the kind counts.
const KINDS: [(&[&str], Origin, u8); 13] = [
    (&["quote", "proposal", "contract", "order"], Origin::Site, 40),
    (&["pricing", "price"], Origin::Site, 30),
    (&["trial", "signup", "sign_up"], Origin::Product, 50),
    (&["login", "usage", "invite", "feature", "product", "seat"], Origin::Product, 20),
    (&["mail_click", "email_click"], Origin::Mail, 15),
    (&["mail"], Origin::Mail, 5),
    (&["demo", "meeting"], Origin::Campaign, 50),
    (&["form", "contact_us"], Origin::Campaign, 40),
    (&["webinar", "event", "survey"], Origin::Campaign, 25),
    (&["download", "whitepaper", "ebook"], Origin::Campaign, 20),
    (&["advert", "campaign"], Origin::Campaign, 10),
    (&["visit", "page", "view", "site"], Origin::Site, 10),
    (&[""], Origin::Site, 10),
];

/// How long it takes until a sign means half as much.
pub const fn half_life(origin: Origin) -> Span {
    Span::minutes(
        60 * 24
            * match origin {
                Origin::Mail => 2,
                Origin::Site => 3,
                Origin::Product => 7,
                Origin::Campaign => 14,
            },
    )
}

/// How far the clock of whoever saw a sign may be ahead of ours.
const AHEAD: Span = Span::minutes(5);

/// Whether what is dated so has not happened yet, by more than two clocks may differ.
pub fn lies_ahead(at: Timestamp, now: Timestamp) -> bool {
    at.since(now) > AHEAD
}

/// Whether a sign lies ahead: it counts for nothing until then.
pub fn is_ahead(intent: &Intent, now: Timestamp) -> bool {
    lies_ahead(intent.at, now)
}

fn of_kind(kind: &str) -> (Origin, u8) {
    let kind = kind.to_lowercase();
    let row = KINDS.iter().find(|(words, ..)| words.iter().any(|word| kind.contains(word)));
    row.map_or((Origin::Site, 10), |(_, origin, weight)| (*origin, *weight))
}

/// Where a sign was seen: as whoever tells it says, else as its kind does.
pub fn origin(intent: &Intent) -> Origin {
    intent.origin.unwrap_or_else(|| of_kind(&intent.kind).0)
}

/// What a sign means at an instant, in thousandths. One that lies ahead by no more than clocks differ is new.
pub fn weight(intent: &Intent, now: Timestamp) -> u64 {
    if is_ahead(intent, now) {
        return 0;
    }
    let full = u64::from(intent.weight.unwrap_or_else(|| of_kind(&intent.kind).1)) * 1_000;
    let half = u64::try_from(half_life(origin(intent)).as_millis()).unwrap_or(1).max(1);
    let age = u64::try_from(now.since(intent.at).as_millis()).unwrap_or(0);
    let (halves, rest) = (age / half, age % half);
    let left = u32::try_from(halves).ok().and_then(|halves| full.checked_shr(halves)).unwrap_or(0);
    // Between two halvings it falls evenly.
    left - left * rest / half / 2
}

/// Those that have not faded, the one that means most first; of two alike the newer one.
pub fn ranked(intents: &[Intent], now: Timestamp) -> Vec<&Intent> {
    let mut all: Vec<(u64, &Intent)> = intents.iter().map(|intent| (weight(intent, now), intent)).collect();
    all.retain(|(weight, _)| *weight >= FADED);
    all.sort_by(first);
    all.into_iter().map(|(_, intent)| intent).collect()
}

/// The one that means most of some, whether or not it has faded: whoever says how old it may be says that it counts. None
/// that lies ahead.
pub fn most<'a>(intents: impl Iterator<Item = &'a Intent>, now: Timestamp) -> Option<&'a Intent> {
    let seen = intents.filter(|intent| !is_ahead(intent, now));
    seen.map(|intent| (weight(intent, now), intent)).min_by(first).map(|(_, intent)| intent)
}

/// Whether a sign has faded, and is told no more.
pub fn has_faded(intent: &Intent, now: Timestamp) -> bool {
    weight(intent, now) < FADED
}

/// What means more comes first; of two alike the newer one.
fn first((a, one): &(u64, &Intent), (b, other): &(u64, &Intent)) -> Ordering {
    b.cmp(a).then(other.at.cmp(&one.at)).then_with(|| one.kind.cmp(&other.kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 60;

    fn seen(kind: &str, days_ago: i64) -> Intent {
        let at = Timestamp::default() - Span::minutes(days_ago * DAY);
        Intent { at, kind: kind.to_owned(), ..Intent::default() }
    }

    #[test]
    fn a_sign_loses_half_of_its_weight_in_the_time_of_its_origin() {
        let now = Timestamp::default();
        for (kind, days, wanted) in [
            ("pricing_page", 0, 30_000),
            ("pricing_page", 3, 15_000),
            ("pricing_page", 6, 7_500),
            ("mail_open", 0, 5_000),
            ("mail_open", 1, 3_750),
            ("mail_open", 2, 2_500),
            ("email_open", 4, 1_250),
            ("mail_click", 2, 7_500),
            ("trial", 7, 25_000),
            ("form", 14, 20_000),
            ("form", 28, 10_000),
            ("something else", 3, 5_000),
            ("site_visit", 0, 10_000),
            // It has not happened yet.
            ("quote", -3, 0),
            ("trial", -365, 0),
            // Longer ago than a number has bits.
            ("quote", 300_000, 0),
        ] {
            assert_eq!(weight(&seen(kind, days), now), wanted, "{kind} {days} days ago");
        }
        let said = Intent { origin: Some(Origin::Campaign), weight: Some(100), ..seen("mail_open", 14) };
        assert_eq!(weight(&said, now), 50_000, "whoever tells it knows better than its kind");
    }

    #[test]
    fn a_sign_that_lies_ahead_by_more_than_clocks_differ_counts_for_nothing_until_then() {
        let now = Timestamp::default();
        let ahead = |minutes: i64| Intent { at: now + Span::minutes(minutes), ..seen("trial", 0) };
        let all = [ahead(365 * DAY), ahead(6), seen("visit", 1)];
        assert_eq!(ranked(&all, now).iter().map(|i| i.kind.as_str()).collect::<Vec<_>>(), ["visit"]);
        assert_eq!(most(all.iter(), now), Some(&all[2]));
        assert_eq!(most(all[..2].iter(), now), None);
        assert_eq!(weight(&ahead(5), now), 50_000, "another clock is ahead of ours");
        let then = now + Span::minutes(365 * DAY);
        assert_eq!(ranked(&all, then), [&all[0]], "it happened");
    }

    #[test]
    fn the_one_that_means_most_now_comes_first_and_what_has_faded_is_gone() {
        let all =
            [seen("mail_open", 0), seen("pricing_page", 1), seen("form", 20), seen("mail_open", 9), seen("visit", 12)];
        let kinds = |at: Timestamp| ranked(&all, at).into_iter().map(|i| i.kind.as_str()).collect::<Vec<_>>();
        assert_eq!(kinds(Timestamp::default()), ["pricing_page", "form", "mail_open"]);
        // Eight days later the form, which lasts, is what is left.
        assert_eq!(kinds(Timestamp::default() + Span::minutes(8 * DAY)), ["form", "pricing_page"]);
        assert!(ranked(&[], Timestamp::default()).is_empty());
        let twins = [seen("visit", 1), Intent { kind: "page".to_owned(), ..seen("visit", 0) }];
        assert_eq!(ranked(&twins, Timestamp::default())[0].kind, "page", "the newer one");
    }
}

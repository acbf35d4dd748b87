//! A page as a browser understands it: every chart with its table, whatever people are called is text, and nothing is asked
//! of anybody.

use comeback::wire::sheet::html;
use proptest::prelude::*;

use super::reports::{HOSTILE, LONG, of_every_kind, sla};
use super::{count, elsewhere, seen};

#[test]
fn a_page_that_wants_a_picture_from_elsewhere_would_be_found_out() {
    let picture = "http://evil.invalid/a.png";
    let (_, wanted) = seen(&format!("<!doctype html><title>x</title><img src=\"{picture}\">"));
    assert_eq!(elsewhere(&wanted), [picture]);
}

#[test]
fn a_browser_shows_every_chart_with_its_table_and_asks_nobody_for_anything() {
    let (dom, asked) = seen(&html::of(&sla(&[])));
    assert_eq!(elsewhere(&asked), Vec::<&String>::new());
    // The funnel, the days, three cohorts; three lengths by two clocks, of all and of each cohort; the ladder, whose cohorts
    // moved up, two causes, two gaps: a picture in each row, one for all days.
    assert_eq!(count(&dom, "<figure"), 14, "{dom}");
    let rows = 4 + 3 + 6 * 4 + 3 + 3 + 2 + 2;
    assert_eq!(count(&dom, "<svg"), rows + 1);
    assert_eq!(count(&dom, "<title"), 1 + rows + 1 + 30, "each picture says what it is, each day its number");
    // Seven days, Monday to Friday from 8 to 18.
    assert_eq!(count(&dom, "<tr><th scope=\"row\">"), rows + 25 + 7);
    let map = dom.split("class=\"week\"").nth(1).unwrap().split("</figure>").next().unwrap();
    assert_eq!((count(map, "<td class=\"d"), count(map, "<td></td>")), (5 * 11, 7 * 24 - 5 * 11 + 1));
    // Dumped by a browser, an apostrophe is one.
    let hours =
        "When the buyer wrote, in the hours of each cohort's calendar (America/Los_Angeles, Europe/Berlin). The deeper";
    for said in ["79.7 %", "279 of 350", "194 of 210", "Late stage", "offered, but nobody took it", "12m 00s", hours] {
        assert!(dom.contains(said), "{said} is not to be seen");
    }
}

#[test]
fn what_hostile_people_are_called_is_text_in_a_browser() {
    for report in of_every_kind(&HOSTILE) {
        let (dom, asked) = seen(&html::of(&report));
        assert_eq!(elsewhere(&asked), Vec::<&String>::new());
        assert!(dom.contains("<title>Northwind &lt;script&gt;document.title='run'&lt;/script&gt;"), "{dom}");
        for tag in ["<script", "<img", "<link", "<iframe", "<a ", "onload=\"", "onerror=\"", "<style>@import"] {
            assert_eq!(count(&dom, tag), 0, "{tag} in {dom}");
        }
        assert_eq!((count(&dom, "<h1"), count(&dom, "<style")), (1, 1));
        assert!(dom.contains("Taken over&lt;/h1&gt;"), "it is there to be read");
        assert!(dom.contains("שלב סופי (50%), חתימה") && dom.contains(LONG), "whole");
        assert!(!dom.contains('\u{202e}'), "nothing is read backwards");
    }
}

/// The tags of a page, in order, each up to its end: what a parser takes for markup.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).map(|tag| tag.split('>').next().unwrap()).collect()
}

proptest! {
    #[test]
    fn no_name_ever_changes_the_markup_of_a_page(name in "[<>&\"'=/a-z!\\-\\[\\] \\n\\u{0}\\u{202e}é]{0,24}") {
        let name: &str = &name;
        // Only texts differ.
        for (with, without) in of_every_kind(&[name]).iter().zip(&of_every_kind(&["x"])) {
            let (with, without) = (html::of(with), html::of(without));
            prop_assert_eq!(tags(&with), tags(&without));
        }
    }
}

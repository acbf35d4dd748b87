//! The list: what was said last, and by whom.

use comeback::domain::contact::Body;
use comeback::domain::message::InboundKind;
use comeback::domain::time::Span;
use comeback::wire::changes::Author;

use crate::tui_world::{Desk, START, id};

#[test]
fn what_was_said_last_is_told_as_whose_it_is() {
    for (by, told) in [
        (Author::Automatic, "automatic: We are closed"),
        (Author::Rep("maya".into()), "you: We are closed"),
        (Author::Rep("ben".into()), "Ben: We are closed"),
        (Author::Buyer(InboundKind::Text), " We are closed"),
    ] {
        for size in [(80, 24), (120, 40)] {
            let mut desk = Desk::usual(size);
            desk.change(1, |t| {
                t.row.preview = Some(Body::new("We are closed"));
                t.row.preview_by = Some(by.clone());
                t.row.account = None;
                t.row.stage = None;
            });
            desk.says(told);
            assert!(!desk.screen().contains(&format!("you: {told}")));
        }
    }
}

/// An offer may stand longer than there is time to answer: the time that is told with it is not taken for the other.
#[test]
fn why_me_says_when_the_answer_is_due_where_the_offer_lasts_longer() {
    for (due, taken, told) in [
        (2, false, "passes on at 10:03 if nobody acts; the answer is due at 10:02"),
        (-1, false, "passes on at 10:03 if nobody acts; the answer was due at 09:59"),
        (4, false, "passes on at 10:03 if nobody acts"),
        (4, true, "passes on at 10:03 without an answer"),
    ] {
        let mut desk = Desk::usual((120, 40));
        desk.change(1, |t| {
            t.row.clock.as_mut().unwrap().due = START + Span::minutes(due);
            t.row.assignment.as_mut().unwrap().taken = taken.then_some(START);
        });
        // It stands first or second, by when it is due.
        let first = desk.keys("gg").screen();
        desk.keys(if first.contains("┌ Dana") { "w" } else { "j w" });
        desk.says(told);
        assert_eq!(desk.screen().contains("; the answer "), due < 3, "{first}");
    }
}

/// Whoever starts with an empty list has nothing that a key could have been meant for: what comes first is under the cursor.
#[test]
fn a_list_that_is_filled_later_has_its_cursor_on_the_first() {
    let mut desk = Desk::usual((80, 24));
    let rows: Vec<_> = desk.threads.values().map(|t| t.row.clone()).collect();
    let threads = desk.threads.clone();
    let mut late = Desk::empty((80, 24));
    // At first there is only what is not for this rep: the list is empty, and somebody looks at it.
    let others: Vec<_> = rows.into_iter().filter(|row| !row.for_me).collect();
    assert!(!others.is_empty(), "the usual world has some");
    late.threads = threads.clone();
    late.threads.retain(|_, t| !t.row.for_me);
    late.resend();
    late.threads = threads;
    late.resend();
    late.keys("z");
    assert!(!late.screen().contains("What the cursor was on is gone"), "{}", late.screen());
    late.says("Opt out");
    // What was there and left is gone, also when something else comes.
    desk.keys("gg");
    let first = desk.model.target().unwrap();
    desk.threads.remove(&first);
    desk.resend();
    desk.keys("z");
    desk.says("What the cursor was on is gone; j goes to the next.");
}

#[test]
fn a_search_that_found_nothing_leaves_the_cursor_where_it_was() {
    for typed in ["Enter Esc", "Esc"] {
        let mut desk = Desk::usual((80, 24));
        desk.keys("j");
        assert_eq!(desk.model.target(), Some(id(1)));
        desk.keys("/").types("zzz").keys(typed);
        assert_eq!(desk.model.target(), Some(id(1)), "{typed}");
        desk.keys("d");
        desk.says("Done with Dana Fox");

        // What it was on left meanwhile: the first one has it.
        let mut desk = Desk::usual((80, 24));
        desk.keys("j /").types("zzz");
        desk.threads.remove(&id(1));
        desk.resend();
        desk.keys(typed);
        assert_eq!(desk.model.target(), Some(id(3)), "{typed}");
    }
}

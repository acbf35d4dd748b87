//! Alerts on the last line: they hide neither a dialog nor the newest text, wait behind what the person just did, and nothing
//! that needs somebody is dropped before it could be read.

use comeback::client::handle::{Notice, Toast, Weight};
use comeback::domain::time::Span;

use crate::tui_world::{Desk, id};

const SIZES: [(u16, u16); 4] = [(40, 12), (50, 14), (80, 24), (120, 40)];

/// Longer than two rows of eighty columns.
const LONG: &str = "For you: Elena Vasquez of Telehealth Partners North (she asks for another time; Ben Carver did not \
    act on it, the clock runs, and an answer is due in four minutes)";

fn alert(text: &str, weight: Weight) -> Notice {
    Notice::Toast(Toast { text: text.to_owned(), weight, conversation: Some(id(3)) })
}

fn rows(desk: &Desk) -> (Vec<String>, String) {
    let mut rows: Vec<String> = desk.screen().lines().map(str::to_owned).collect();
    let last = rows.pop().unwrap();
    (rows, last)
}

#[test]
fn over_a_dialog_an_alert_has_one_row_and_leaves_nothing_beside_the_box() {
    for size in SIZES {
        for keys in ["?", "a", "d", "j Enter a"] {
            for weight in [Weight::News, Weight::Loud] {
                let mut desk = Desk::usual(size);
                desk.keys(keys);
                let (before, _) = rows(&desk);
                desk.hear(alert(LONG, weight));
                let (after, last) = rows(&desk);
                assert_eq!(after, before, "{size:?} {keys}");
                assert!(last.contains("For you: Elena"), "{last}");
            }
        }
        // Once the dialog is closed, it is told to its end where there is room for that.
        let mut desk = Desk::usual(size);
        desk.keys("a");
        desk.hear(alert(LONG, Weight::Loud));
        desk.keys("Esc");
        desk.hear(alert(LONG, Weight::Loud));
        desk.says(if size.0 < 80 { "Elena" } else { "due in four minutes)" });
    }
}

#[test]
fn in_an_open_conversation_an_alert_never_hides_the_newest_text_nor_what_is_written() {
    for size in SIZES {
        for keys in ["j Enter", "j Enter r"] {
            for weight in [Weight::News, Weight::Loud] {
                let mut desk = Desk::usual(size);
                desk.keys(keys);
                let writes = desk.model.composer.is_some();
                if writes {
                    desk.types("Yes, Friday works");
                }
                desk.hear(alert(LONG, weight));
                desk.says("For you: Elena");
                assert!(desk.screen().contains("more days."), "{size:?} {keys}\n{}", desk.screen());
                assert!(!writes || desk.screen().contains("Yes, Friday works"), "{}", desk.screen());
                assert!(!writes || desk.screen().contains("Enter sends"), "{}", desk.screen());
            }
        }
    }
    // Beside the list as well.
    let mut desk = Desk::usual((80, 24));
    desk.keys("j");
    desk.hear(alert(LONG, Weight::Loud));
    desk.says("needs two more days.");
    desk.says("due in four minutes)");
}

#[test]
fn what_a_key_did_is_said_at_once_and_the_alert_waits_behind_it() {
    let mut desk = Desk::usual((80, 24));
    desk.hear(alert("Late: Elena Vasquez", Weight::Loud));
    desk.says("! Late: Elena Vasquez");
    desk.wait(Span::seconds(1));
    desk.keys("j d 1");
    desk.says("Dana Fox: answered by text. u undoes.");
    assert!(!desk.screen().contains("Late: Elena"), "{}", desk.screen());
    // Pushed away before it could be read, it comes again; what comes meanwhile waits, too.
    desk.hear(alert("Late: Omar Reyes", Weight::Loud));
    desk.says("u undoes");
    desk.wait(Span::seconds(5)).says("! Late: Elena Vasquez");
    desk.wait(Span::seconds(5)).says("! Late: Omar Reyes");
    // Nothing waits any more: it stays its time.
    desk.wait(Span::seconds(10)).says("! Late: Omar Reyes");
    desk.wait(Span::seconds(5));
    assert!(!desk.screen().contains("Late: Omar"), "{}", desk.screen());
}

#[test]
fn of_news_that_wait_the_newest_is_kept_and_a_loss_goes_before_it() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("j d 1");
    for (text, weight) in [
        ("For you: Ana", Weight::News),
        ("For you: Bo", Weight::News),
        ("Cem: refused, the number opted out.", Weight::Loud),
        ("For you: Bo", Weight::News),
    ] {
        desk.hear(alert(text, weight));
        desk.says("u undoes");
    }
    desk.wait(Span::seconds(5)).says("! Cem: refused");
    desk.wait(Span::seconds(5)).says("For you: Bo");
    desk.wait(Span::seconds(6));
    assert!(!desk.screen().contains("For you"), "{}", desk.screen());
}

#[test]
fn of_many_losses_each_is_told_or_counted() {
    let mut desk = Desk::usual((80, 24));
    for n in 1..=9 {
        desk.hear(alert(&format!("Text {n} was refused."), Weight::Loud));
    }
    for n in 1..=6 {
        desk.says(&format!("! Text {n} was refused."));
        desk.wait(Span::seconds(5));
    }
    desk.says("3 more came meanwhile: the list and the Outbox (O) show what needs you.");
    // Esc has read what stands there, and goes on to what waits.
    let mut desk = Desk::usual((80, 24));
    for n in 1..=2 {
        desk.hear(alert(&format!("Text {n} was refused."), Weight::Loud));
    }
    desk.keys("Esc").says("! Text 2 was refused.");
}

#[test]
fn two_alerts_that_read_the_same_are_two_when_they_are_about_two_conversations() {
    let about =
        |n| Notice::Toast(Toast { text: "Late: Ana".to_owned(), weight: Weight::Loud, conversation: Some(id(n)) });
    let mut desk = Desk::usual((80, 24));
    for n in [3, 3, 4, 4] {
        desk.hear(about(n));
    }
    // The second takes the place of the first, and stays its own time.
    desk.wait(Span::seconds(5)).says("! Late: Ana");
    desk.wait(Span::seconds(11)).says("! Late: Ana");
    desk.wait(Span::seconds(5));
    assert!(!desk.screen().contains("Late: Ana"), "each once\n{}", desk.screen());
}

#[test]
fn why_a_key_did_nothing_is_said_whole_and_the_dialog_gives_way() {
    let mut desk = Desk::usual((40, 12));
    desk.keys("G r");
    desk.says("! This number opted out: texts cannot be sent.");
    desk.says("1 Write a note for colleagues");
    let (rows, _) = rows(&desk);
    // Its lower border stands above both rows.
    let border = rows.iter().rposition(|row| row.contains("└────────────────────────────────────┘")).unwrap();
    let said = rows.iter().position(|row| row.starts_with("! This number")).unwrap();
    assert!(border < said, "{}", desk.screen());
}

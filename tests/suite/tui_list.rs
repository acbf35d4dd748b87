//! The list: what was said last, and by whom.

use comeback::domain::contact::Body;
use comeback::domain::message::InboundKind;
use comeback::wire::changes::Author;

use crate::tui_world::Desk;

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

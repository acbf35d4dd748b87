//! A number that sends rubbish: blocked with a reason, listed, and given back by a lead.

use super::act;
use crate::domain::block::Why;
use crate::domain::id::ConversationId;
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Does, Overlay, Pick};

/// Asks why the number is blocked; of one that is, whether it shall be heard again. The first choice does nothing.
pub(super) fn ask(model: &mut Model, id: ConversationId) {
    let Some(row) = model.row(id) else { return };
    let number = row.address.as_str().to_owned();
    let choice = |label: &str, detail: &str, does| Choice { label: label.to_owned(), detail: detail.to_owned(), does };
    let mut choices = vec![choice("Leave", "nothing changes", Does::Leave)];
    let title = if let Some(block) = &row.blocked {
        choices.push(choice("Unblock", "its texts are heard again; needs a lead", Does::Unblock(id)));
        format!("{number} is blocked by {}: {}", model.rep_name(&block.by), block.reason.words())
    } else {
        let why = |why: Why| choice(why.words(), "kept, but nobody hears of its texts", Does::Block(why));
        choices.extend(Why::ALL.into_iter().map(why));
        format!("Block {number}?")
    };
    let about = vec![(id, model.seen(id))];
    model.overlay = Some(Overlay::Pick(Pick::of(title, about, choices)));
}

/// Every blocked number in sight; choosing one unblocks it.
pub(super) fn list(model: &mut Model, now: Timestamp) {
    let rows = model.inbox.as_ref().map_or(&[][..], |inbox| inbox.rows.as_slice());
    let blocked = rows.iter().filter_map(|row| Some((row, row.blocked.as_ref()?)));
    let choices: Vec<Choice> = blocked
        .map(|(row, block)| {
            let number = row.address.as_str();
            let (label, does) = if model.audits() {
                (number.to_owned(), Does::Leave)
            } else {
                (format!("Unblock {number}"), Does::Unblock(row.id))
            };
            let detail = format!("{}, by {}", block.reason.words(), model.rep_name(&block.by));
            Choice { label, detail, does }
        })
        .collect();
    if choices.is_empty() {
        return model.say("No number is blocked.", now);
    }
    let leave = Choice { label: "Leave".to_owned(), detail: "nothing changes".to_owned(), does: Does::Leave };
    let choices = std::iter::once(leave).chain(choices).collect();
    let title = "Blocked numbers".to_owned();
    model.overlay = Some(Overlay::Pick(Pick::of(title, Vec::new(), choices)));
}

/// What stands against writing to a blocked number.
pub(super) fn refuses(model: &mut Model, id: ConversationId, now: Timestamp) -> bool {
    let Some(block) = model.row(id).and_then(|row| row.blocked.clone()) else { return false };
    let why = format!(
        "{} is blocked ({}): no text goes there until a lead unblocks it.",
        act::name(model, id),
        block.reason.words()
    );
    model.warn(why, now);
    true
}

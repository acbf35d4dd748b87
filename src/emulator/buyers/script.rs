//! The first eight minutes, written: one of each case that a sales inbox must get right.

use super::{Action, Person, STRANGER, World};
use crate::domain::time::Span;

/// Who speaks.
enum Who {
    /// The contact with this index in the CRM's cast.
    Cast(usize),
    /// Somebody no CRM knows.
    Stranger,
    /// The first contact whose area has a number of ours for itself; nobody where none has.
    Regional,
}

/// Seconds after the start, who, what they write, how many pictures.
const SCENES: [(i64, Who, &str, usize); 18] = [
    (
        30,
        Who::Cast(0),
        "Legal is fine with the contract. Can you do net 45 instead of net 30, and hold the price until Friday?",
        0,
    ),
    (90, Who::Cast(1), "Tomorrow at 2pm works for me. Can you send an invite?", 0),
    (150, Who::Cast(2), "Thursday 10am is better. Should I bring our IT lead?", 0),
    (180, Who::Cast(3), "", 1),
    (240, Who::Cast(4), "Hey, just saw your message", 0),
    (247, Who::Cast(4), "we are about 60 people", 0),
    (255, Who::Cast(4), "does it work with our CRM?", 0),
    (285, Who::Cast(5), "Liked “Hi {first}, good to meet you at the summit! Shall I send the recording?”", 0),
    (310, Who::Cast(6), "👍", 0),
    (335, Who::Cast(7), "I’m driving with Focus turned on. I’ll see your message when I get where I’m going.", 0),
    (360, Who::Stranger, "who is this?", 0),
    // The carrier takes the word for an opt-out; the buyer meant tomorrow's call.
    (385, Who::Cast(10), "Cancel", 0),
    (400, Who::Regional, "Hi, saw your guide. Who looks after us out here on the West Coast?", 0),
    (410, Who::Cast(11), "Hola, ¿me podría llamar mañana? Prefiero hablar en español. ¡Gracias!", 0),
    (430, Who::Cast(9), "please take me off your list, I never signed up for this", 0),
    (450, Who::Cast(8), "STOP", 0),
    (465, Who::Cast(12), "🎉🎉 budget approved!! what’s next? 🚀", 0),
    (475, Who::Cast(14), "Is Zoe still my contact? We need the countersigned order form today", 0),
];

/// Whether contact `index` has a part in the script.
pub(super) fn is_cast(world: &World, index: usize) -> bool {
    world.plan.script && index < 18
}

/// Whether contact `index` texts nothing of their own after the script: their story is that they were heard.
pub(super) fn is_done_after(index: usize) -> bool {
    matches!(index, 8..=10)
}

/// Who said in the script, in any words, that they want no more texts: they do not answer a rep either.
pub(super) fn wants_no_texts(world: &World, number: &str) -> bool {
    let said = [8, 9, 10].iter().filter_map(|&i| world.people.get(i));
    world.plan.script && said.into_iter().any(|p| p.number == number)
}

/// The whole script.
pub(super) fn scenes(world: &World) -> Vec<Action> {
    let find = |who: &Who| match who {
        Who::Cast(i) => Some(*i).filter(|i| *i < world.people.len()),
        Who::Stranger => world.people.iter().position(|p| p.number == STRANGER),
        Who::Regional => world.people.iter().position(|p| p.regional.is_some()),
    };
    SCENES
        .iter()
        .filter_map(|(seconds, who, body, pictures)| {
            let index = find(who)?;
            let Person { number, first, .. } = &world.people[index];
            let at = world.start + Span::seconds(*seconds);
            Some(Action {
                at,
                from: number.clone(),
                to: world.line_of(index, at),
                body: body.replace("{first}", first),
                pictures: *pictures,
            })
        })
        .collect()
}

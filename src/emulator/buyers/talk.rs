//! How a buyer takes a rep's answer: after a while, with something that fits, for a few turns; some go quiet, and now
//! and then one says STOP.

use super::{Action, Answer, Person, World, phrases, script};
use crate::domain::time::Span;
use crate::emulator::dice::Dice;
use crate::emulator::optout::Keyword;

/// The shortest and the longest that a buyer takes to answer, in virtual milliseconds.
const DELAY: (i64, i64) = (20_000, 240_000);

/// Everything that buyers say, or will say, to the answers given so far.
pub(super) fn turns(world: &World) -> Vec<Action> {
    let with_answers = world.people.iter().enumerate().filter_map(|(i, p)| Some((i, p, world.answers.get(&p.number)?)));
    let mut said = Vec::new();
    let mut known = std::collections::BTreeSet::new();
    for (index, person, answers) in with_answers {
        // Two contacts with one number are one person with a phone.
        if known.insert(&person.number) && !script::wants_no_texts(world, &person.number) {
            said.extend(talk(world, index, person, answers));
        }
    }
    said
}

fn talk(world: &World, index: usize, person: &Person, answers: &[Answer]) -> Vec<Action> {
    let roll = |label: &str, n: usize| Dice::new(world.seed, &format!("{label} {index}"), n as u64);
    let most = usize::try_from(roll("patience", 0).between(3, 6)).unwrap_or(3);
    let mut said: Vec<Action> = Vec::new();
    for (n, answer) in answers.iter().enumerate() {
        if said.len() >= most {
            break;
        }
        let mut dice = roll("turn", n);
        let due = answer.at + Span::millis(dice.between(DELAY.0, DELAY.1));
        let (goes_quiet, has_enough) = (dice.chance(12), dice.chance(2));
        // Several texts from the rep before the buyer looks: they answer the last.
        if answers.get(n + 1).is_some_and(|next| next.at < due) {
            continue;
        }
        if goes_quiet {
            break;
        }
        let before: Vec<&str> = said.iter().map(|a| a.body.as_str()).collect();
        // The cast keeps to its stories.
        let body = if has_enough && n > 0 && !script::is_cast(world, index) {
            "STOP".to_owned()
        } else {
            phrases::reply(&mut dice, person, &answer.body, &before, said.len() + 1 == most)
        };
        let ends = Keyword::of(&body) == Some(Keyword::Stop);
        said.push(Action { at: due, from: person.number.clone(), to: answer.from.clone(), body, pictures: 0 });
        if ends {
            break;
        }
    }
    said
}

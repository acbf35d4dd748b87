//! The table in words: for help, and as the page `assets/keys.md`.

use super::Context::{Choice, Composer, Line, List, Measure, Outbox, Page, People, Thread, WhileAway};
use super::{ALL, BROWSE, Binding, Context, Group, TABLE};

/// Over what the marks of the list mean.
pub const OF_MARKS: &str = "Marks in the list";

/// What stands before a name in the list, and what it means.
const MARKS: [(&str, &str); 6] = [
    (">", "the cursor: a key is about this one"),
    ("•", "they wrote what you have not opened, or it just arrived"),
    ("x", "selected, for what is done with many"),
    ("-", "so much time is left to answer"),
    ("*", "an answer is due soon"),
    ("!", "an answer is late"),
];

/// Marks, or what they mean, in which the words are; all of them for their heading.
pub fn marks(words: &str) -> Vec<(&'static str, &'static str)> {
    let words = words.trim().to_lowercase();
    let all = OF_MARKS.to_lowercase().contains(&words);
    let hit = |(mark, means): &(&str, &str)| all || *mark == words || means.contains(&words);
    MARKS.into_iter().filter(hit).collect()
}

/// Whether one of its keys does something else in another place.
pub fn is_ambiguous(binding: &Binding) -> bool {
    let others = || TABLE.iter().filter(|other| other.doc != binding.doc && !other.contexts.is_empty());
    binding.keys.iter().any(|key| others().any(|other| other.keys.contains(key)))
}

/// The page `assets/keys.md`.
pub fn page() -> String {
    let mut page = String::from("# Keys\n\nGenerated from the table in `src/tui/keymap.rs`.\n");
    for group in Group::ALL {
        page.push_str("\n## ");
        page.push_str(group.words());
        page.push_str("\n\n| key | where | does |\n|---|---|---|\n");
        for binding in TABLE.iter().filter(|b| b.group == group) {
            let keys: Vec<String> = binding.keys.iter().map(|k| format!("`{}`", k.replace('|', "\\|"))).collect();
            let keys = if keys.is_empty() { format!("`:{}`", binding.name) } else { keys.join(" ") };
            for part in ["| ", &keys, " | ", &places(binding.contexts), " | ", binding.doc, " |\n"] {
                page.push_str(part);
            }
        }
    }
    for part in ["\n## ", OF_MARKS, "\n\n| mark | means |\n|---|---|\n"] {
        page.push_str(part);
    }
    for (mark, means) in MARKS {
        for part in ["| `", mark, "` | ", means, " |\n"] {
            page.push_str(part);
        }
    }
    page
}

/// Where a key works, in few words.
pub fn place(contexts: &[Context]) -> String {
    if contexts == BROWSE { "in lists".to_owned() } else { places(contexts) }
}

/// Where a key works, in words.
pub fn places(contexts: &[Context]) -> String {
    if contexts.is_empty() || contexts.len() == ALL.len() {
        return "everywhere".to_owned();
    }
    let words = |context: &Context| match context {
        List => "list",
        Thread => "conversation",
        Outbox => "outbox",
        People => "people",
        WhileAway => "hand-over",
        Measure => "measures",
        Composer => "composer",
        Line => "line",
        Choice => "choice",
        Page => "page",
    };
    contexts.iter().map(words).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{ClockState, SELECTED_MARK};

    #[test]
    fn every_mark_that_the_list_draws_is_explained() {
        let clocks = [ClockState::Running, ClockState::Soon, ClockState::Late].map(|state| state.look().0);
        for mark in clocks.into_iter().chain([SELECTED_MARK, "•", "x"]) {
            assert_eq!(marks(mark).iter().filter(|(known, _)| *known == mark).count(), 1, "{mark}");
        }
        assert_eq!((marks("mark").len(), marks("").len(), marks("zebra").len()), (6, 6, 0));
        assert_eq!(marks("late"), [("!", "an answer is late")]);
    }
}

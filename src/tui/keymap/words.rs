//! The table in words: for help, and as the page `assets/keys.md`.

use super::Context::{Choice, Composer, Line, List, Measure, Outbox, Page, People, Thread, WhileAway};
use super::{ALL, BROWSE, Binding, Context, Group, TABLE};

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

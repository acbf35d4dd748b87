//! The one table of actions and keys. Dispatch, the help screen, the palette, the hints after a prefix and
//! `assets/keys.md` are all read from it, so none of them can be out of date.
//!
//! **Invariant:** the same letter means the same everywhere, and nothing that sends, rules or opts out sits on a key
//! that moves.

mod audit;
pub mod chord;
mod words;

pub use self::audit::changes;
pub use self::words::{OF_MARKS, is_ambiguous, marks, page, place, places};

use std::sync::LazyLock;

use chord::Chord;

/// Where a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    /// The list of conversations.
    List,
    /// One conversation.
    Thread,
    /// The outbox.
    Outbox,
    /// Who is here.
    People,
    /// What happened while this person was away.
    WhileAway,
    /// Measures.
    Measure,
    /// Writing to a buyer, or a note.
    Composer,
    /// One line of text: the filter, a reason.
    Line,
    /// Choosing from a list that typing filters.
    Choice,
    /// A page to read: the keys, "why me".
    Page,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the table below says what each does, for people")]
pub enum Action {
    Down,
    Up,
    Top,
    Bottom,
    HalfDown,
    HalfUp,
    Open,
    Back,
    NextInbox,
    PreviousInbox,
    NextUrgent,
    PreviousUrgent,
    Arrivals,
    Reply,
    Note,
    Take,
    Assign,
    Escalate,
    Snooze,
    Done,
    Undo,
    FollowStep,
    MeetingLink,
    ProposeTimes,
    LoopIn,
    NotInterested,
    Select,
    Why,
    Card,
    Rule,
    Kind,
    Writer,
    OptOut,
    Begin,
    Block,
    Blocked,
    OpenRecord,
    Copy,
    Filter,
    Palette,
    Help,
    Away,
    People,
    Shift,
    OnCallAt,
    WhileAway,
    Outbox,
    Measure,
    Left,
    Right,
    NextReport,
    PreviousReport,
    Rows,
    Longer,
    Shorter,
    SyncNow,
    Redraw,
    Suspend,
    Quit,
    Exit,
    Send,
    Newline,
    Later,
    Editor,
    NextField,
    Cheapen,
    Accept,
}

/// Which part of the table a key stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "see `Group::words`")]
pub enum Group {
    Move,
    Act,
    Ask,
    Go,
    Compose,
}

impl Group {
    /// All, in the order of the help.
    pub const ALL: [Self; 5] = [Self::Move, Self::Act, Self::Ask, Self::Go, Self::Compose];

    /// Its heading.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::Act => "Act",
            Self::Ask => "Ask",
            Self::Go => "Go",
            Self::Compose => "Write",
        }
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Heading it stands under.
    pub group: Group,
    /// Where it works.
    pub contexts: &'static [Context],
    /// Keys, each a sequence as [`Chord::parse`] reads it.
    pub keys: &'static [&'static str],
    /// What it does.
    pub action: Action,
    /// Its name in the palette.
    pub name: &'static str,
    /// What it does, for people.
    pub doc: &'static str,
}

use Context::{Choice, Composer, Line, List, Measure, Outbox, Page, People, Thread, WhileAway};

const BROWSE: &[Context] = &[List, Thread, Outbox, People, WhileAway, Measure];
const WITH_TEXTS: &[Context] = &[List, Thread, Outbox];
const WITH_BUYER: &[Context] = &[List, Thread];
const ALL: &[Context] = &[List, Thread, Outbox, People, WhileAway, Measure, Composer, Line, Choice, Page];
const INPUT: &[Context] = &[Composer, Line, Choice, Page];

const fn b(
    group: Group,
    contexts: &'static [Context],
    keys: &'static [&'static str],
    action: Action,
    name: &'static str,
    doc: &'static str,
) -> Binding {
    Binding { group, contexts, keys, action, name, doc }
}

/// The table.
pub const TABLE: &[Binding] = &[
    b(Group::Move, BROWSE, &["j", "Down"], Action::Down, "down", "down"),
    b(Group::Move, BROWSE, &["k", "Up"], Action::Up, "up", "up"),
    b(Group::Move, &[Choice, Page, Line], &["Down", "Ctrl-n"], Action::Down, "down", "down while typing filters"),
    b(Group::Move, &[Choice, Page, Line], &["Up", "Ctrl-p"], Action::Up, "up", "up while typing filters"),
    b(Group::Move, BROWSE, &["gg", "Home"], Action::Top, "top", "to the top"),
    b(Group::Move, BROWSE, &["G", "End"], Action::Bottom, "bottom", "to the bottom"),
    b(Group::Move, BROWSE, &["Ctrl-d", "PageDown"], Action::HalfDown, "half page down", "half a page down"),
    b(Group::Move, BROWSE, &["Ctrl-u", "PageUp"], Action::HalfUp, "half page up", "half a page up"),
    b(
        Group::Move,
        &[Page, Choice],
        &["PageDown"],
        Action::HalfDown,
        "half page down",
        "half a page down in a page or a dialog",
    ),
    b(
        Group::Move,
        &[Page, Choice],
        &["PageUp"],
        Action::HalfUp,
        "half page up",
        "half a page up in a page or a dialog",
    ),
    b(Group::Move, &[List, Outbox, WhileAway], &["Enter"], Action::Open, "open", "open the conversation"),
    b(Group::Move, &[Measure], &["Enter"], Action::Open, "open", "the conversations behind a number; then one of them"),
    b(Group::Move, &[Measure], &["Left"], Action::Left, "left", "the hour, day or number before; up in a story"),
    b(Group::Move, &[Measure], &["Right"], Action::Right, "right", "the next hour, day or number; down in a story"),
    b(Group::Move, &[Measure], &["Tab"], Action::NextInbox, "next chart", "next chart"),
    b(Group::Move, &[Measure], &["Shift-Tab"], Action::PreviousInbox, "previous chart", "previous chart"),
    b(
        Group::Go,
        &[Measure],
        &[">"],
        Action::NextReport,
        "next report",
        "next report: in time, outcomes, load, consent",
    ),
    b(Group::Go, &[Measure], &["<"], Action::PreviousReport, "previous report", "previous report"),
    b(Group::Go, &[Measure], &["b"], Action::Rows, "rows", "by other rows: cohort, team, rep, line, use case"),
    b(Group::Go, &[Measure], &["+"], Action::Longer, "longer period", "a longer period: 7, 30, 90, 365 days"),
    b(Group::Go, &[Measure], &["-"], Action::Shorter, "shorter period", "a shorter period"),
    b(Group::Move, &[People], &["Enter"], Action::Open, "open", "what can be done: away, back, a shift, the pool"),
    b(Group::Move, BROWSE, &["Esc"], Action::Back, "back", "back; forget selection and filter"),
    b(Group::Move, INPUT, &["Esc"], Action::Back, "back", "leave; a draft is kept"),
    b(Group::Move, WITH_BUYER, &["Tab"], Action::NextInbox, "next inbox", "next inbox: For me, Pool, Team, All, Done"),
    b(Group::Move, WITH_BUYER, &["Shift-Tab"], Action::PreviousInbox, "previous inbox", "previous inbox"),
    b(Group::Move, WITH_BUYER, &["n"], Action::NextUrgent, "next most urgent", "to the next most urgent"),
    b(Group::Move, WITH_BUYER, &["N"], Action::PreviousUrgent, "previous most urgent", "to the previous most urgent"),
    b(Group::Move, WITH_BUYER, &["."], Action::Arrivals, "show arrivals", "to what just arrived"),
    b(Group::Act, WITH_TEXTS, &["r"], Action::Reply, "reply", "reply; in the Outbox: edit it as a draft"),
    b(Group::Act, WITH_BUYER, &["i"], Action::Note, "internal note", "note for colleagues; the buyer never sees it"),
    b(Group::Act, WITH_BUYER, &["c"], Action::Take, "take", "take it: it is mine"),
    b(Group::Act, WITH_BUYER, &["a"], Action::Assign, "reassign", "reassign: who is here, how loaded"),
    b(Group::Act, WITH_BUYER, &["e"], Action::Escalate, "escalate", "ask the next on the ladder for help"),
    b(Group::Act, WITH_BUYER, &["s"], Action::Snooze, "snooze", "out of sight for a while, never past due"),
    b(Group::Act, WITH_TEXTS, &["d"], Action::Done, "done", "done, with an outcome; in the Outbox: drop"),
    b(Group::Act, WITH_TEXTS, &["u"], Action::Undo, "undo", "undo: an unsent text first; it becomes a draft"),
    b(
        Group::Act,
        WITH_BUYER,
        &["f"],
        Action::FollowStep,
        "next step",
        "follow the next step: its snippet or its action",
    ),
    b(Group::Act, WITH_BUYER, &["m"], Action::MeetingLink, "meeting link", "an answer with your meeting link"),
    b(Group::Act, WITH_BUYER, &["p"], Action::ProposeTimes, "propose times", "an answer with two concrete times"),
    b(Group::Act, WITH_BUYER, &["l"], Action::LoopIn, "loop in the AE", "bring in the deal's account executive"),
    b(Group::Act, WITH_BUYER, &["D"], Action::NotInterested, "not interested", "done: not interested; u undoes"),
    b(Group::Act, &[List], &["x"], Action::Select, "select", "select for reassign, snooze or done of many"),
    b(Group::Ask, WITH_BUYER, &["v"], Action::Card, "whole card", "all that is known of the buyer, to scroll through"),
    b(Group::Ask, WITH_BUYER, &["w"], Action::Why, "why me", "why me: the reason, and who was passed over"),
    b(
        Group::Ask,
        WITH_TEXTS,
        &["z"],
        Action::Rule,
        "rule on a hold",
        "rule on an opt-out hold, a text that needs your eye or your approval, or opt a number out",
    ),
    b(Group::Ask, WITH_BUYER, &["K"], Action::Kind, "kind of text", "say what kind of text it is: the guess is wrong"),
    b(Group::Ask, WITH_BUYER, &["W"], Action::Writer, "who writes", "say which of those who share the number writes"),
    b(Group::Ask, WITH_BUYER, &[], Action::OptOut, "opt out", "opt the number out: no more texts (asks first)"),
    b(Group::Act, BROWSE, &["T"], Action::Begin, "text somebody", "text a number first, consent permitting"),
    b(Group::Ask, WITH_BUYER, &[], Action::Block, "block", "block a number that sends rubbish; a lead: or unblock it"),
    b(Group::Ask, BROWSE, &[], Action::Blocked, "blocked numbers", "every blocked number, by whom and why"),
    b(
        Group::Ask,
        WITH_BUYER,
        &["o"],
        Action::OpenRecord,
        "file, record",
        "save what came with the newest text; without, copy the CRM record's id",
    ),
    b(Group::Ask, WITH_BUYER, &["y"], Action::Copy, "copy", "copy number, name or last text"),
    b(Group::Go, &[List], &["/"], Action::Filter, "filter", "filter the list and search all texts"),
    b(Group::Go, BROWSE, &[":"], Action::Palette, "palette", "every action by name"),
    b(Group::Go, BROWSE, &["?"], Action::Help, "keys", "these keys; type to search"),
    b(Group::Go, BROWSE, &["A"], Action::Away, "away", "away, or back; a lead among people: of somebody else"),
    b(Group::Go, BROWSE, &["L"], Action::People, "who is here", "who is here, what burns, the pools, who is on call"),
    b(Group::Go, &[People], &["t"], Action::Shift, "shift", "take a shift, now or to come; a lead: give or swap one"),
    b(Group::Go, &[People], &["@"], Action::OnCallAt, "on call at", "who is on call at another time"),
    b(Group::Go, BROWSE, &[], Action::WhileAway, "while you were away", "what happened while you were away"),
    b(Group::Go, BROWSE, &["O"], Action::Outbox, "outbox", "outbox: what has not left, and why"),
    b(
        Group::Go,
        BROWSE,
        &["M"],
        Action::Measure,
        "measure",
        "measures: what was in time, outcomes, load, consent, and the conversations behind each number",
    ),
    b(Group::Go, BROWSE, &["Ctrl-r"], Action::SyncNow, "sync now", "sync now"),
    b(Group::Go, ALL, &["Ctrl-l"], Action::Redraw, "redraw", "draw the screen anew"),
    b(Group::Go, ALL, &["Ctrl-z"], Action::Suspend, "suspend", "suspend to the shell"),
    b(Group::Go, BROWSE, &["q", "Ctrl-c"], Action::Quit, "back or quit", "back; at the top: quit"),
    b(Group::Go, INPUT, &["Ctrl-c"], Action::Back, "back", "leave; a draft is kept"),
    b(Group::Go, &[], &[], Action::Exit, "quit", "quit from anywhere; what is queued goes at the next start"),
    b(Group::Compose, &[Composer], &["Enter"], Action::Send, "send", "send, into the undo hold"),
    b(Group::Compose, &[Composer], &["Ctrl-j", "Alt-Enter"], Action::Newline, "newline", "a new line"),
    b(
        Group::Compose,
        &[Composer],
        &["Ctrl-t"],
        Action::Later,
        "send later",
        "choose when it leaves, on the buyer's clock",
    ),
    b(
        Group::Compose,
        &[Composer],
        &["Tab"],
        Action::NextField,
        "next field",
        "to the next field of a snippet; `;` offers snippets",
    ),
    b(
        Group::Compose,
        &[Composer],
        &["Ctrl-g"],
        Action::Cheapen,
        "cheaper",
        "plain characters for those that make a text dear",
    ),
    b(Group::Compose, &[Composer], &["Ctrl-x"], Action::Editor, "editor", "write in $VISUAL or $EDITOR"),
    b(Group::Compose, &[Line, Choice], &["Enter"], Action::Accept, "accept", "accept the line or the choice"),
    b(Group::Compose, &[Page], &["Enter"], Action::Back, "back", "close the page"),
];

/// What a sequence of keys means so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It does this.
    Does(Action),
    /// The beginning of something longer.
    Begins,
    /// Nothing.
    Nothing,
}

static PARSED: LazyLock<Vec<(Context, Vec<Chord>, &'static Binding)>> = LazyLock::new(|| {
    let each = |binding: &'static Binding| {
        binding.contexts.iter().flat_map(move |context| {
            binding.keys.iter().filter_map(move |keys| Some((*context, Chord::parse(keys)?, binding)))
        })
    };
    TABLE.iter().flat_map(each).collect()
});

/// Looks a sequence up.
pub fn meaning(context: Context, keys: &[Chord]) -> Meaning {
    let mut begins = false;
    for (at, sequence, binding) in PARSED.iter() {
        if *at == context && sequence.starts_with(keys) {
            if sequence.len() == keys.len() {
                return Meaning::Does(binding.action);
            }
            begins = true;
        }
    }
    if begins { Meaning::Begins } else { Meaning::Nothing }
}

/// What may follow a prefix: the rest of the sequence, and what it does.
pub fn after(context: Context, prefix: &[Chord]) -> Vec<(String, &'static str)> {
    let follows = |(at, sequence, binding): &(Context, Vec<Chord>, &'static Binding)| {
        let rest = (*at == context).then(|| sequence.strip_prefix(prefix)).flatten().filter(|rest| !rest.is_empty())?;
        Some((rest.iter().map(ToString::to_string).collect(), binding.doc))
    };
    PARSED.iter().filter_map(follows).collect()
}

/// The first key of an action in a context, as the screen writes it.
pub fn key_of(context: Context, action: Action) -> Option<&'static str> {
    TABLE.iter().find(|b| b.action == action && b.contexts.contains(&context)).and_then(|b| b.keys.first().copied())
}

/// Lines of the table whose keys, name or doc contain the words, for help and palette.
pub fn search(words: &str) -> Vec<&'static Binding> {
    let words = words.trim().to_lowercase();
    let hit = |b: &&Binding| {
        words.is_empty()
            || b.name.contains(&words)
            || b.doc.to_lowercase().contains(&words)
            || b.keys.contains(&&*words)
    };
    TABLE.iter().filter(hit).collect()
}

/// Actions the palette offers in a context, with the key that would have done it.
pub fn palette(context: Context, words: &str) -> Vec<&'static Binding> {
    let offered = |b: &&Binding| {
        (b.contexts.contains(&context) || b.action == Action::Exit)
            && !matches!(b.action, Action::Palette | Action::Down | Action::Up)
    };
    let mut found: Vec<&Binding> = search(words).into_iter().filter(offered).collect();
    let words = words.trim().to_lowercase();
    found.sort_by_key(|b| !b.name.starts_with(&words));
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_key_parses_and_none_is_bound_twice() {
        let mut taken: BTreeMap<(Context, Vec<Chord>), &str> = BTreeMap::new();
        for binding in TABLE {
            for keys in binding.keys {
                let parsed = Chord::parse(keys).unwrap_or_else(|| panic!("{keys} does not parse"));
                for context in binding.contexts {
                    let before = taken.insert((*context, parsed.clone()), binding.name);
                    assert_eq!(before, None, "{keys} is bound twice in {context:?}");
                }
            }
        }
        // A key that acts must not also be the beginning of a longer sequence: it could never be reached.
        for (context, keys) in taken.keys() {
            for cut in 1..keys.len() {
                assert!(!taken.contains_key(&(*context, keys[..cut].to_vec())), "{keys:?} in {context:?}");
            }
        }
    }

    #[test]
    fn a_key_means_one_action_wherever_a_conversation_is_browsed() {
        let mut means: BTreeMap<&str, Action> = BTreeMap::new();
        for binding in TABLE.iter().filter(|b| b.contexts.iter().any(|c| BROWSE.contains(c))) {
            for keys in binding.keys {
                assert_eq!(*means.entry(keys).or_insert(binding.action), binding.action, "{keys}");
            }
        }
    }

    #[test]
    fn sequences_begin_and_end() {
        let keys = |text: &str| Chord::parse(text).unwrap();
        assert_eq!(meaning(List, &keys("g")), Meaning::Begins);
        assert_eq!(meaning(List, &keys("gg")), Meaning::Does(Action::Top));
        assert_eq!(meaning(List, &keys("gx")), Meaning::Nothing);
        assert_eq!(meaning(Composer, &keys("j")), Meaning::Nothing);
        assert_eq!(meaning(Composer, &keys("Enter")), Meaning::Does(Action::Send));
        assert_eq!(after(List, &keys("g")), vec![("g".to_owned(), "to the top")]);
    }

    #[test]
    fn the_page_of_keys_is_generated_from_the_table() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/keys.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, page()).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(written, page(), "assets/keys.md is out of date: run this test with UPDATE=1");
    }
}

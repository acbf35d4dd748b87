//! The list: which conversations it shows in which order, and where the cursor stands.
//!
//! **Invariant:** the cursor is an id. Only a key moves it; news may change the order around it, but never puts it on
//! another conversation.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::client::handle::{Hit, Inbox, Row};
use crate::domain::conversation::Status;
use crate::domain::id::{ConversationId, RepId};
use crate::domain::routing::Holder;
use crate::domain::time::Timestamp;

/// A part of the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Tab {
    /// What waits for me.
    #[default]
    ForMe,
    /// What waits in a pool.
    Pool,
    /// What colleagues hold.
    Team,
    /// Everything that is not done.
    All,
    /// What is done.
    Done,
}

impl Tab {
    /// In the order of the Tab key.
    pub const ALL: [Self; 5] = [Self::ForMe, Self::Pool, Self::Team, Self::All, Self::Done];

    /// As the screen says it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::ForMe => "For me",
            Self::Pool => "Pool",
            Self::Team => "Team",
            Self::All => "All",
            Self::Done => "Done",
        }
    }

    /// As a narrow screen says it.
    pub const fn initial(self) -> &'static str {
        match self {
            Self::ForMe => "Me",
            Self::Pool => "Po",
            Self::Team => "Te",
            Self::All => "Al",
            Self::Done => "Do",
        }
    }

    /// The tab `by` places on, around the end.
    #[must_use]
    pub fn turned(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        Self::ALL[(at + by) % Self::ALL.len()]
    }

    /// Whether a conversation stands in it.
    pub fn holds(self, row: &Row, me: Option<&RepId>) -> bool {
        let done = matches!(row.status, Status::Done(_));
        match self {
            Self::ForMe => row.asks(),
            Self::Pool => {
                !done && row.assignment.as_ref().is_some_and(|a| matches!(a.to, Holder::Pool(_)) && a.taken.is_none())
            }
            Self::Team => !done && row.assignment.as_ref().and_then(|a| a.to.rep()).is_some_and(|rep| Some(rep) != me),
            Self::All => !done,
            Self::Done => done,
        }
    }
}

/// Where the cursor can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// On a conversation.
    Row(ConversationId),
    /// On a text that the search found.
    Hit(ConversationId, Timestamp),
}

impl Spot {
    /// Which conversation it is.
    pub const fn conversation(self) -> ConversationId {
        match self {
            Self::Row(id) | Self::Hit(id, _) => id,
        }
    }
}

/// One entry of the list.
#[derive(Clone, Copy, Debug)]
pub enum Entry<'a> {
    /// A conversation; a guest is one that left this inbox while the cursor stood on it.
    Row {
        /// Its data.
        row: &'a Row,
        /// It does not belong here any more.
        guest: bool,
    },
    /// A text that the search found.
    Hit(&'a Hit),
}

impl Entry<'_> {
    /// Where the cursor would stand.
    pub const fn spot(&self) -> Spot {
        match self {
            Self::Row { row, .. } => Spot::Row(row.id),
            Self::Hit(hit) => Spot::Hit(hit.conversation, hit.at),
        }
    }
}

/// Where the list stands.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct List {
    /// Which part of the inbox.
    pub tab: Tab,
    /// What the cursor stands on.
    pub cursor: Option<Spot>,
    /// Where in the list the cursor last stood, for when its conversation is gone.
    pub place: usize,
    /// First entry on screen.
    pub top: usize,
    /// Conversations marked for a bulk action.
    pub marked: BTreeSet<ConversationId>,
    /// Words the list is filtered by.
    pub filter: String,
    /// Where the cursor stood before the filter's first letter, for when nothing is found.
    pub searched_from: Option<Spot>,
    /// Whether keys go into the filter.
    pub typing: bool,
    /// Texts found for `found_for`.
    pub hits: Arc<Vec<Hit>>,
    /// The words they were found for.
    pub found_for: String,
    /// What arrived and was not looked at.
    pub arrived: BTreeSet<ConversationId>,
}

impl List {
    /// What the list shows, in order.
    pub fn entries<'a>(&'a self, inbox: Option<&'a Inbox>) -> Vec<Entry<'a>> {
        let Some(inbox) = inbox else { return Vec::new() };
        let me = inbox.me.as_ref().map(|me| &me.rep);
        let words = self.filter.trim().to_lowercase();
        let mut entries: Vec<Entry<'a>> = inbox
            .rows
            .iter()
            .filter(|row| self.tab.holds(row, me) && matches(row, &words))
            .map(|row| Entry::Row { row, guest: false })
            .collect();
        if !words.is_empty() {
            // A search looks everywhere; what is in this inbox comes first.
            let elsewhere = inbox.rows.iter().filter(|row| !self.tab.holds(row, me) && matches(row, &words));
            entries.extend(elsewhere.map(|row| Entry::Row { row, guest: false }));
        }
        if let Some(spot @ Spot::Row(id)) = self.cursor
            && !entries.iter().any(|e| e.spot() == spot)
            && let Some(row) = inbox.rows.iter().find(|row| row.id == id)
        {
            entries.insert(self.place.min(entries.len()), Entry::Row { row, guest: true });
        }
        if !words.is_empty() && self.found_for == self.filter {
            // People whose row stands above already are not listed twice.
            let listed: BTreeSet<ConversationId> = entries.iter().map(|e| e.spot().conversation()).collect();
            let new = self.hits.iter().filter(|hit| !hit.person || !listed.contains(&hit.conversation));
            entries.extend(new.map(Entry::Hit));
        }
        entries
    }

    /// Where the cursor stands in these entries.
    pub fn index(&self, entries: &[Entry<'_>]) -> Option<usize> {
        let cursor = self.cursor?;
        entries.iter().position(|e| e.spot() == cursor)
    }
}

/// Whether a row contains the words somewhere a person would look.
fn matches(row: &Row, words: &str) -> bool {
    if words.is_empty() {
        return true;
    }
    let says = |text: &str| text.to_lowercase().contains(words);
    says(&row.name)
        || says(row.address.as_str())
        || row.account.as_deref().is_some_and(says)
        || row.stage.as_deref().is_some_and(says)
        || row.preview.as_ref().is_some_and(|body| says(body.as_str()))
}

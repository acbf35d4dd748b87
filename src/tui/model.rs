//! Everything the screen knows. No IO, no clock: `update` changes it, `view` draws it.

pub mod alerts;
pub mod composer;
pub mod list;
pub mod measure;
pub mod overlay;
pub mod people;
pub mod when;

use std::collections::BTreeMap;
use std::sync::Arc;

use alerts::Alerts;
use chrono_tz::Tz;
use composer::Composer;
use list::List;
use overlay::Overlay;

use super::keymap::chord::Chord;
use super::keymap::{self, Action, Binding, Context};
use super::theme::Theme;
use crate::client::handle::{
    Around, Inbox, LinkState, OutboxEntry, OutboxId, OutboxStanding, Row, Thread, Toast, Unwritten, Writer,
};
use crate::domain::consent::is_final;
use crate::domain::event::Review;
use crate::domain::id::{ConversationId, MessageId, RepId};
use crate::domain::playbook::{Playbook, Role};
use crate::domain::time::{Span, Timestamp};
use crate::wire::changes::Presence;

/// Which screen has the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The list.
    Inbox,
    /// The opened conversation.
    Conversation,
    /// What has not left.
    Outbox,
    /// Who is here, what burns, who is on call.
    People,
    /// What happened while this person was away.
    WhileAway,
    /// Measures.
    Measure,
}

/// A line at the bottom.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// What it says.
    pub toast: Toast,
    /// Since when.
    pub since: Timestamp,
    /// Until when, at the latest.
    pub until: Timestamp,
}

/// All state of the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Columns and rows.
    pub size: (u16, u16),
    /// Colours.
    pub theme: Theme,
    /// Where "9:00 tomorrow" is; none takes the company's.
    pub zone: Option<Tz>,
    /// Where to log in again, for the status line.
    pub login: String,
    /// Milliseconds of the backend's clock in one real second.
    pub second: i64,
    /// An id nobody used; the loop replaces it before every message.
    pub fresh: MessageId,
    /// The list's data; none until the client spoke.
    pub inbox: Option<Arc<Inbox>>,
    /// The connection.
    pub link: LinkState,
    /// What has not left.
    pub outbox: Arc<Vec<OutboxEntry>>,
    /// The conversation of [`Screen::Conversation`].
    pub pinned: Option<ConversationId>,
    /// The conversation asked of the client.
    pub opened: Option<ConversationId>,
    /// What the client said of it.
    pub thread: Option<Arc<Thread>>,
    /// When a key last moved the cursor of the list.
    pub moved: Option<Timestamp>,
    /// Until when the cursor is on the run: what it passes over is not opened beside it.
    pub running: Option<Timestamp>,
    /// Conversations that a feed which starts anew has brought so far.
    pub syncing: Option<u64>,
    /// Which screen has the keys.
    pub screen: Screen,
    /// Where the list stands.
    pub list: List,
    /// Lines of the conversation below the screen.
    pub scroll: usize,
    /// Entry of the outbox under the cursor.
    pub entry: Option<OutboxId>,
    /// Whom or what the cursor of [`Screen::People`] is on.
    pub person: Option<people::Spot>,
    /// The stretch of a schedule that was last asked for, should it not come true.
    pub stretch: Option<when::Stretch>,
    /// The conversation under the cursor of [`Screen::WhileAway`].
    pub handed: Option<ConversationId>,
    /// What [`Screen::Measure`] shows.
    pub measure: measure::Measure,
    /// The absence whose hand-over was shown by itself.
    pub handed_over: Option<Timestamp>,
    /// What is being written.
    pub composer: Option<Composer>,
    /// Colleagues who type a text, and where.
    pub writing: Arc<Vec<Writer>>,
    /// What was known around conversations when they were last asked about, the newest last.
    pub around: Vec<Arc<Around>>,
    /// What the CRM has not taken.
    pub unwritten: Arc<Vec<Unwritten>>,
    /// Notes that were begun and left, by conversation.
    pub notes: BTreeMap<ConversationId, (String, Option<RepId>)>,
    /// What lies over the screen.
    pub overlay: Option<Overlay>,
    /// The line at the bottom.
    pub toast: Option<Shown>,
    /// Alerts that wait behind it.
    pub alerts: Alerts,
    /// Keys of an unfinished sequence, and since when.
    pub prefix: Option<(Vec<Chord>, Timestamp)>,
    /// Whether the terminal said that it has the focus.
    pub focused: bool,
    /// The conversation last reported as looked at.
    pub looked: Option<(bool, Option<ConversationId>)>,
    /// Nothing more is drawn or asked.
    pub leaving: bool,
}

/// Conversations around which is kept what was known: where the network is away nothing can be asked again.
const AROUND: usize = 100;

/// Real milliseconds after which what may follow a prefix is shown.
pub const HINT_AFTER: i64 = 300;
/// Two moves of the cursor within so many real milliseconds are a run: a held key.
pub const RUN_WITHIN: i64 = 200;
/// Real milliseconds after which a run has ended.
pub const RESTS_AFTER: i64 = 90;
/// Real milliseconds of quiet after which a draft is saved.
pub const SAVE_AFTER: i64 = 400;

impl Model {
    /// An empty screen.
    pub fn new(size: (u16, u16), theme: Theme, zone: Option<Tz>, login: String) -> Self {
        Self {
            size,
            theme,
            zone,
            login,
            second: 1000,
            fresh: MessageId(uuid::Uuid::nil()),
            inbox: None,
            link: LinkState::Starting,
            outbox: Arc::default(),
            pinned: None,
            opened: None,
            thread: None,
            moved: None,
            running: None,
            syncing: None,
            screen: Screen::Inbox,
            list: List::default(),
            scroll: 0,
            entry: None,
            person: None,
            stretch: None,
            handed: None,
            measure: measure::Measure::default(),
            handed_over: None,
            composer: None,
            writing: Arc::default(),
            around: Vec::new(),
            unwritten: Arc::default(),
            notes: BTreeMap::new(),
            overlay: None,
            toast: None,
            alerts: Alerts::default(),
            prefix: None,
            focused: false,
            looked: None,
            leaving: false,
        }
    }

    /// Where a key pressed now would be looked up.
    pub fn context(&self) -> Context {
        if let Some(overlay) = &self.overlay {
            return overlay.context();
        }
        if self.composer.is_some() {
            return Context::Composer;
        }
        match self.screen {
            Screen::Inbox if self.list.typing => Context::Line,
            Screen::Inbox => Context::List,
            Screen::Conversation => Context::Thread,
            Screen::Outbox => Context::Outbox,
            Screen::People => Context::People,
            Screen::WhileAway => Context::WhileAway,
            Screen::Measure => Context::Measure,
        }
    }

    /// A length of real time on the backend's clock.
    pub fn real_millis(&self, ms: i64) -> Span {
        Span::millis(ms.saturating_mul(self.second) / 1000)
    }

    /// The conversation a key pressed now is about.
    pub fn target(&self) -> Option<ConversationId> {
        if let Some(composer) = &self.composer {
            return Some(composer.to);
        }
        match self.screen {
            Screen::Inbox => self.list.cursor.map(list::Spot::conversation),
            Screen::Conversation => self.pinned,
            Screen::Outbox => self.entry().and_then(|e| e.conversation),
            Screen::People | Screen::Measure => None,
            Screen::WhileAway => self.handed,
        }
    }

    /// A conversation's row.
    pub fn row(&self, id: ConversationId) -> Option<&Row> {
        let known = self.inbox.as_ref().and_then(|inbox| inbox.rows.iter().find(|row| row.id == id));
        known.or_else(|| self.thread.as_ref().map(|t| &t.row).filter(|row| row.id == id))
    }

    /// The opened conversation, when the client has sent it.
    pub fn thread_of(&self, id: ConversationId) -> Option<&Thread> {
        self.thread.as_deref().filter(|t| t.row.id == id)
    }

    /// What is known around a conversation, when that was ever asked.
    pub fn around_of(&self, id: ConversationId) -> Option<&Around> {
        self.around.iter().find(|around| around.conversation == id).map(Arc::as_ref)
    }

    /// Keeps what was told around a conversation. Whether the CRM answers is true of its moment: of what was told before
    /// only what it said of the buyer stays.
    pub fn told_around(&mut self, around: Arc<Around>) {
        self.around.retain(|known| known.conversation != around.conversation);
        if let Some(before) = self.around.last_mut().filter(|before| before.crm.is_some()) {
            Arc::make_mut(before).crm = None;
        }
        if self.around.len() >= AROUND {
            self.around.remove(0);
        }
        self.around.push(around);
    }

    /// How many of the buyer's texts are on screen.
    pub fn seen(&self, id: ConversationId) -> u64 {
        self.thread_of(id).map(|t| t.row.inbound).or_else(|| self.row(id).map(|r| r.inbound)).unwrap_or(0)
    }

    /// The entry of the outbox under the cursor.
    pub fn entry(&self) -> Option<&OutboxEntry> {
        self.outbox.iter().find(|e| Some(e.id) == self.entry)
    }

    /// The policy, once known.
    pub fn playbook(&self) -> Option<&Playbook> {
        self.inbox.as_ref().and_then(|i| i.playbook.as_deref())
    }

    /// Colleagues who type a text in a conversation now.
    pub fn writers(&self, id: ConversationId, now: Timestamp) -> impl Iterator<Item = &Writer> {
        self.writing.iter().filter(move |writer| writer.conversation == id && writer.until > now)
    }

    /// The name of a rep for screens.
    pub fn rep_name<'a>(&'a self, rep: &'a RepId) -> &'a str {
        self.playbook().map_or(rep.as_str(), |p| p.rep_name(rep))
    }

    /// Whether one of these reasons is none that a person may accept.
    pub fn is_final(&self, reasons: &[Review]) -> bool {
        let of = |reason: &Review| match self.playbook() {
            Some(playbook) => is_final(playbook, reason),
            None => !reason.can_be_accepted(),
        };
        reasons.iter().any(of)
    }

    /// A colleague's standing.
    pub fn presence(&self, rep: &RepId) -> Option<&Presence> {
        self.inbox.as_ref()?.roster.iter().find(|presence| presence.rep == *rep)
    }

    /// Whose inbox it is.
    pub fn me(&self) -> Option<&RepId> {
        self.inbox.as_ref().and_then(|i| i.me.as_ref()).map(|me| &me.rep)
    }

    /// Whether this person may do it: an auditor reads, and changes nothing.
    pub fn offers(&self, action: Action) -> bool {
        !(keymap::changes(action) && self.audits())
    }

    /// Whether this person only reads.
    pub fn audits(&self) -> bool {
        let role = self.me().and_then(|me| self.playbook()?.role_of(me));
        role == Some(Role::Auditor)
    }

    /// What the palette offers to this person.
    pub fn palette(&self, context: Context, words: &str) -> Vec<&'static Binding> {
        keymap::palette(context, words).into_iter().filter(|binding| self.offers(binding.action)).collect()
    }

    /// The zone that times are shown in.
    pub fn zone(&self) -> Tz {
        self.zone.or_else(|| self.playbook().map(Playbook::zone)).unwrap_or(Tz::UTC)
    }

    /// Entries that wait for the network or for the rep's eye, for the farewell and the status line.
    pub fn waiting(&self) -> (usize, usize) {
        let queued = self.outbox.iter().filter(|e| e.standing == OutboxStanding::Queued).count();
        let eye = self.outbox.iter().filter(|e| e.standing.needs_eye()).count();
        (queued, eye)
    }

    /// The next instant at which something happens without a key: a toast goes, a draft is saved, hints appear.
    pub fn next_timeout(&self) -> Option<Timestamp> {
        let toast = self.toast_ends();
        let save = self.composer.as_ref().and_then(|c| c.save_at);
        let hint = self.prefix.as_ref().map(|(_, since)| *since + self.real_millis(HINT_AFTER));
        [toast, save, hint, self.running].into_iter().flatten().min()
    }
}

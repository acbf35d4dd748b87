//! What a screen asks, handed to whoever answers it.

use super::super::handle::Ask;
use super::super::sync::{Input, Wish};
use super::super::{measure, media};
use super::Driver;

impl Driver {
    pub(super) fn ask(&mut self, ask: Ask) {
        match ask {
            Ask::Do { conversation, seen, command } => self.wish(Wish::Do { conversation, seen, command }),
            Ask::SaveDraft { conversation, text } => self.wish(Wish::SaveDraft { conversation, text }),
            Ask::Open(conversation) => {
                self.open = conversation;
                self.shown.thread = None;
                let needed = conversation.filter(|id| self.machine.state().rests(*id));
                self.wake(&needed.into_iter().collect());
                self.read(conversation);
                self.show_thread();
            }
            Ask::Older(conversation) => self.wish(Wish::Older(conversation)),
            Ask::Save { message, n } => media::save(&self.backend, message, n, &self.notices),
            Ask::ReadWhileAway => self.wish(Wish::ReadWhileAway),
            Ask::Search(text) => self.searcher.ask(text),
            Ask::SyncNow => self.feed(Input::SyncNow),
            Ask::OutboxDrop { entry, keep_as_draft } => self.wish(Wish::Drop { entry, keep_as_draft }),
            Ask::OutboxSend { entry } => self.wish(Wish::Send(entry)),
            Ask::Looking { focused, conversation } => {
                self.alerts.looking(focused, conversation);
                self.looking = conversation.filter(|_| focused);
                if let Some(id) = self.looking.filter(|id| self.on_desktop.read(*id)) {
                    (self.outlet.close)(id);
                }
                self.read(self.looking.filter(|_| self.looking == self.open));
            }
            Ask::Writing(conversation) => self.writes(conversation),
            Ask::Measure(which) => measure::read(&self.backend, &self.profile.dir, which, self.wall(), &self.notices),
            Ask::Behind { behind, days } => measure::open(&self.backend, behind, days, &self.notices),
            Ask::Stop => {}
        }
    }
}

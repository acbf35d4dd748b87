//! A word of consent from outside, taken in over what stands of its number; and the words of texts that nobody wrote.

use uuid::Uuid;

use super::{Group, Origin};
use crate::domain::acknowledge;
use crate::domain::alert::follow;
use crate::domain::command::Command;
use crate::domain::consent::ledger::{Taken, Word, take};
use crate::domain::consent::told;
use crate::domain::contact::Body;
use crate::domain::event::{Event, Subject};
use crate::domain::id::{MessageId, NumberId};
use crate::server::service::{Heard, Outcome};
use crate::server::store::consent::LedgerWrite;

impl Group {
    /// A number that never had a conversation keeps the word all the same: its first text must not open the door.
    pub(super) fn heard(&mut self, heard: &Heard) -> Outcome {
        let number = self.number_of(&heard.address);
        let words = heard.words.clone().map(|words| (MessageId(Uuid::now_v7()), words));
        let (out, source, scope, said) = (heard.out, heard.source.clone(), heard.scope.clone(), heard.said);
        let (line, undated) = (heard.line.clone(), heard.undated);
        let own = line.is_some();
        let word = Word { number, out, source, scope, said, undated, words, line };
        let (taken, _) = take(self.loaded.numbers.get(&number), &word);
        match self.decide(None, &Command::Consent(Box::new(word)), &Origin::machine(heard.actor.clone())) {
            Ok(facts) if own => Outcome::Heard(if facts.is_empty() { Taken::Known } else { Taken::New }),
            Ok(_) => Outcome::Heard(taken),
            Err(rejection) => Outcome::Refused(rejection),
        }
    }

    /// A fact about a number: it stands in its ledger, is shown in each of its conversations, and is told to whom the
    /// playbook says.
    pub(super) fn take_in_number(&mut self, id: NumberId, event: &Event, words: Option<(Body, [u8; 16])>) {
        let Some(number) = self.loaded.numbers.get_mut(&id) else { return };
        number.apply(self.now, event);
        self.numbers.insert(id);
        self.batch.ledger.push(LedgerWrite { number: id, seq: self.head.seq, words });
        self.show_everywhere(id);
        let notices = follow::consent(&self.playbook, id, self.head.seq, event, self.now);
        self.keep(notices);
    }

    /// The words of an automatic text: the playbook's, as it stands at the decision.
    pub(super) fn own_words(&self, subject: Subject, event: &Event) -> Option<(MessageId, Body)> {
        let Subject::Conversation(id) = subject else { return None };
        if let Event::ToldBuyer { message, what, .. } = event {
            return told::words(&self.playbook, *what).map(|words| (*message, Body::new(words)));
        }
        let Event::Acknowledged { message, .. } = event else { return None };
        let state = &self.loaded.conversations.get(&id)?.state;
        let words = acknowledge::words(&self.playbook, &state.use_case, state.disclosed.is_some());
        words.map(|words| (*message, Body::new(words)))
    }
}

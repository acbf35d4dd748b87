//! A word of consent from outside, taken in over what stands of its number.

use uuid::Uuid;

use super::{Group, Origin};
use crate::domain::command::Command;
use crate::domain::consent::ledger::{Word, take};
use crate::domain::id::MessageId;
use crate::server::service::{Heard, Outcome};

impl Group {
    /// A number that never had a conversation keeps the word all the same: its first text must not open the door.
    pub(super) fn heard(&mut self, heard: &Heard) -> Outcome {
        let number = self.number_of(&heard.address);
        let words = heard.words.clone().map(|words| (MessageId(Uuid::now_v7()), words));
        let (out, source, scope, said) = (heard.out, heard.source.clone(), heard.scope.clone(), heard.said);
        let word = Word { number, out, source, scope, said, words };
        let (taken, _) = take(self.loaded.numbers.get(&number), &word);
        match self.decide(None, &Command::Consent(Box::new(word)), &Origin::machine(heard.actor.clone())) {
            Ok(_) => Outcome::Heard(taken),
            Err(rejection) => Outcome::Refused(rejection),
        }
    }
}

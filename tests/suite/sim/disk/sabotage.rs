//! The hand that breaks a promise of the house: what is spoilt of what is read and written, for each of them.

use comeback::domain::conversation::AnswerState;
use comeback::domain::sla::Stage;
use comeback::server::store::{Batch, Loaded, Wants};

use super::Knobs;

/// A promise that is broken on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::sim) enum Sabotage {
    /// All are kept.
    #[default]
    Nothing,
    /// A command that comes again runs again.
    ForgetReceipts,
    /// Opt-outs are not read.
    ForgetConsent,
    /// It does not know that a number is on hold.
    ForgetHolds,
    /// A text that a carrier delivers again is a new one.
    ForgetDeliveries,
    /// A text whose fate is unknown may be sent again.
    ForgetUnknown,
    /// Now and then the feed leaves out a conversation that changed.
    SkipSubjects,
    /// A stored entry is not what was sealed.
    EditJournal,
    /// The client's disk forgets what stands in the outbox.
    ForgetOutbox,
    /// The last page of the feed is said to be the one before it.
    LosePages,
    /// No answer is ever due.
    HoldSends,
    /// A warning that came is forgotten, and comes again.
    ForgetWarnings,
    /// An answer that was taken back is in the store as it was.
    ForgetRecalls,
    /// Between the decision to send and the call to the carrier there are three seconds.
    Dawdle,
}

impl Knobs {
    /// What is read, as the broken promise has it.
    pub(super) fn spoil_load(&self, wants: &Wants, loaded: &mut Loaded) {
        match self.sabotage {
            Sabotage::ForgetReceipts => {
                loaded.receipts.clear();
                for (device, ns) in &wants.devices {
                    if let (Some(state), Some(first)) = (loaded.devices.get_mut(device), ns.first()) {
                        state.last_n = state.last_n.min(first - 1);
                    }
                }
            }
            Sabotage::ForgetConsent => loaded.numbers.values_mut().for_each(comeback::domain::consent::Number::opt_in),
            Sabotage::ForgetHolds => loaded.numbers.values_mut().for_each(|number| number.hold = None),
            Sabotage::ForgetDeliveries => loaded.duplicates.clear(),
            Sabotage::ForgetUnknown => {
                let answers = loaded.conversations.values_mut().flat_map(|l| l.state.answers.values_mut());
                for answer in answers.filter(|a| a.state == AnswerState::Unknown) {
                    answer.state = AnswerState::Held { not_before: answer.at, waits: None };
                }
            }
            Sabotage::ForgetWarnings => {
                let clocks = loaded.conversations.values_mut().filter_map(|l| l.state.clock.as_mut());
                for clock in clocks.filter(|clock| clock.stage == Stage::Warned) {
                    clock.stage = Stage::Running;
                }
            }
            _ => {}
        }
    }

    /// Rows that stand already are left out: a forgetful program would have written them with another key.
    pub(super) fn spoil_batch(&mut self, batch: &mut Batch) {
        match self.sabotage {
            Sabotage::ForgetReceipts => {
                batch.receipts.retain(|r| self.receipts.insert((r.device, r.receipt.n)));
                batch.messages.retain(|m| self.messages.insert(m.message.id));
            }
            Sabotage::ForgetDeliveries => batch.dedupe.clear(),
            Sabotage::ForgetRecalls => {
                let before = self.kept.clone();
                for write in &mut batch.conversations {
                    let known = before.iter().filter(|((c, _), _)| *c == write.state.id);
                    for ((_, message), answer) in known {
                        write.state.answers.entry(*message).or_insert_with(|| answer.clone());
                    }
                    let answers = write.state.answers.iter();
                    self.kept.extend(answers.map(|(m, a)| ((write.state.id, *m), a.clone())));
                }
                batch.standings.retain(|(_, standing)| standing.is_some());
                batch.sends.retain(|send| send.not_before.is_some() || send.open);
            }
            Sabotage::EditJournal => {
                if let [first, _, ..] = batch.entries.as_mut_slice() {
                    first.body.push(b' ');
                }
            }
            _ => {}
        }
    }
}

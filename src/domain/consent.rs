//! May we send this? Consent belongs to the number, not to a conversation; an opt-out can never be accepted away.
//!
//! [`number`] is what stands of a number, [`judge`] the one place that says whether a text may go, [`words`] what a whole
//! text means, [`rules`] what the playbook says of it all, [`ledger`] how a word from outside is taken in.

pub mod judge;
pub mod ledger;
pub mod number;
pub mod rules;
pub mod scope;
pub mod source;
pub mod told;
pub mod words;

pub use judge::{Ground, Purpose, Question, Verdict, is_final, may_send};
pub use number::{Evidence, Number, OptOut};
pub use rules::{ConsentRules, EvidenceRule, Replies, ScopeRule};
pub use scope::Scope;
pub use source::OptOutSource;
pub use words::{Keyword, STOP_WORDS, bare, keyword};

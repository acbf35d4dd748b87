//! Respond: words kept ready, with fields that the record fills.
//!
//! **Invariant:** a text with an unfilled field never leaves: a buyer must not read `{contact.first_name}`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::context::Card;
use super::id::{RepId, TeamId};
use super::playbook::Playbook;

/// Longest name of a field, in bytes.
pub const LONGEST_FIELD: usize = 40;

/// Most fields of one snippet.
pub const MOST_FIELDS: usize = 12;

/// Words kept ready.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snippet {
    /// The words, with fields as `{contact.first_name}`.
    pub text: String,
    /// Fields that the rep fills by hand, beside those of the record.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub ask: BTreeSet<String>,
    /// Offered in these use cases only; empty offers it in all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub use_cases: BTreeSet<String>,
    /// Offered to these teams only; empty offers it to all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub teams: BTreeSet<TeamId>,
}

/// A field that the record fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// What a buyer is called.
    ContactFirstName,
    /// Their whole name.
    ContactName,
    /// Their job.
    ContactTitle,
    /// Their company.
    AccountName,
    /// The deal.
    OpportunityName,
    /// Its stage.
    OpportunityStage,
    /// Whoever writes.
    RepName,
    /// The same, as buyers call them.
    RepFirstName,
    /// Their job.
    RepTitle,
    /// Where buyers book a meeting with them.
    MeetingLink,
    /// Our company.
    Company,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 11] = [
        Self::ContactFirstName,
        Self::ContactName,
        Self::ContactTitle,
        Self::AccountName,
        Self::OpportunityName,
        Self::OpportunityStage,
        Self::RepName,
        Self::RepFirstName,
        Self::RepTitle,
        Self::MeetingLink,
        Self::Company,
    ];

    /// As snippets write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ContactFirstName => "contact.first_name",
            Self::ContactName => "contact.name",
            Self::ContactTitle => "contact.title",
            Self::AccountName => "account.name",
            Self::OpportunityName => "opportunity.name",
            Self::OpportunityStage => "opportunity.stage",
            Self::RepName => "rep.name",
            Self::RepFirstName => "rep.first_name",
            Self::RepTitle => "rep.title",
            Self::MeetingLink => "meeting_link",
            Self::Company => "company",
        }
    }
}

/// What the record has for each field: several where the people behind a number differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<&'static str, BTreeSet<String>>);

impl Values {
    /// What is known to whoever writes to these people.
    pub fn of(playbook: &Playbook, rep: &RepId, cards: &[Card]) -> Self {
        let mut known = Self::default();
        for card in cards {
            known.add(Field::ContactName, &card.name);
            known.add(Field::ContactFirstName, first(&card.name));
            known.add(Field::ContactTitle, &card.title);
            known.add(Field::AccountName, card.account.as_ref().map_or("", |account| &account.name));
            known.add(Field::OpportunityName, card.opportunity.as_ref().map_or("", |deal| &deal.name));
            known.add(Field::OpportunityStage, card.stage().unwrap_or_default());
        }
        if let Some(person) = playbook.reps.get(rep) {
            known.add(Field::RepName, &person.name);
            known.add(Field::RepFirstName, first(&person.name));
            known.add(Field::RepTitle, &person.title);
            known.add(Field::MeetingLink, person.meeting_link.as_deref().unwrap_or_default());
        }
        known.add(Field::Company, &playbook.company);
        known
    }

    /// A CRM's words are a stranger's: what is no plain line of words fills nothing.
    fn add(&mut self, field: Field, value: &str) {
        let value = value.trim();
        let plain = !value.contains(|c: char| c.is_control() || matches!(c, '{' | '}'));
        if plain && !value.is_empty() && value.chars().count() <= 200 {
            self.0.entry(field.name()).or_default().insert(value.to_owned());
        }
    }

    /// Everything known for a field.
    pub fn all(&self, field: &str) -> impl Iterator<Item = &str> {
        self.0.get(field).into_iter().flatten().map(String::as_str)
    }

    /// What a field becomes by itself: the one value known. Where several people stand behind a number, who is meant is for
    /// the rep to say.
    fn only(&self, field: &str) -> Option<&str> {
        let mut all = self.all(field);
        all.next().filter(|_| all.next().is_none())
    }
}

fn first(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or_default()
}

/// A piece of a snippet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// As it stands.
    Words(&'a str),
    /// A field, by name.
    Field(&'a str),
}

/// Words and fields in order.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut out, mut from) = (Vec::new(), 0);
    for (range, name) in fields(text) {
        if range.start > from {
            out.push(Piece::Words(&text[from..range.start]));
        }
        out.push(Piece::Field(name));
        from = range.end;
    }
    if from < text.len() {
        out.push(Piece::Words(&text[from..]));
    }
    out
}

/// Everything that is written like a field: where it stands, braces and all, and its name.
pub fn fields(text: &str) -> Vec<(Range<usize>, &str)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(open) = text[from..].find('{').map(|at| from + at) {
        from = open + 1;
        let inside = &text[from..];
        // Bounded, so that a text full of braces costs no more than its length.
        let end = inside.char_indices().take(LONGEST_FIELD + 8).find(|(_, c)| matches!(c, '{' | '}' | '\n'));
        let Some((end, '}')) = end else { continue };
        let name = inside[..end].trim();
        if is_name(name) {
            from += end + 1;
            found.push((open..from, name));
        }
    }
    found
}

/// Whether a field may be called so.
pub fn is_name(name: &str) -> bool {
    name.len() <= LONGEST_FIELD
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
}

/// Whether a text still has a field that nobody filled.
pub fn is_unfilled(text: &str) -> bool {
    !fields(text).is_empty()
}

/// The words with every field filled that the record knows; the rest stays as it is written.
pub fn fill(text: &str, values: &Values) -> String {
    let one = |piece: Piece<'_>| match piece {
        Piece::Words(words) => words.to_owned(),
        Piece::Field(name) => values.only(name).map_or_else(|| format!("{{{name}}}"), str::to_owned),
    };
    pieces(text).into_iter().map(one).collect()
}

/// The snippets offered to a rep for a use case, by name. A regulated one offers what it approves of, and nothing else.
pub fn offered<'a>(
    playbook: &'a Playbook,
    rep: &RepId,
    use_case: &str,
) -> impl Iterator<Item = (&'a String, &'a Snippet)> {
    let regulated = playbook.use_cases.get(use_case).and_then(|u| u.regulated.as_ref());
    let pools = playbook.pools_of(rep);
    let (home, use_case) = (playbook.reps.get(rep).map(|r| r.team.clone()), use_case.to_owned());
    playbook.snippets.iter().filter(move |(name, snippet)| {
        let approved = regulated.is_none_or(|rules| rules.snippets.contains(*name));
        let here = snippet.use_cases.is_empty() || snippet.use_cases.contains(&use_case);
        let theirs = |team: &TeamId| pools.contains(team) || home.as_ref() == Some(team);
        approved && here && (snippet.teams.is_empty() || snippet.teams.iter().any(theirs))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::context::Account;
    use crate::domain::id::ContactId;
    use crate::domain::playbook::Rep;

    fn card(name: &str, company: &str) -> Card {
        Card {
            name: name.to_owned(),
            account: Some(Account { name: company.to_owned(), ..Account::default() }),
            ..Card::of(ContactId::new(name))
        }
    }

    fn values(cards: &[Card]) -> Values {
        let maya = Rep { name: "Maya Okafor".to_owned(), ..Rep::default() };
        let playbook =
            Playbook { company: "Fernway".to_owned(), reps: [("maya".into(), maya)].into(), ..Playbook::default() };
        Values::of(&playbook, &"maya".into(), cards)
    }

    #[test]
    fn the_record_fills_what_it_knows_and_leaves_the_rest() {
        let text = "Hi {contact.first_name}, {rep.first_name} of {company}: {meeting_link} {time}";
        assert_eq!(
            fill(text, &values(&[card("Dana Fox", "Harbor")])),
            "Hi Dana, Maya of Fernway: {meeting_link} {time}"
        );
        let two = [card("Dana Fox", "Harbor"), card("Eve Fox", "Harbor")];
        assert_eq!(fill("{contact.first_name} of {account.name}", &values(&two)), "{contact.first_name} of Harbor");
        assert_eq!(fill("{contact.name}", &values(&[card("{rep.name}", "")])), "{contact.name}");
        assert_eq!(fill("{contact.name}", &values(&[card("a\u{1b}[2Jb", "")])), "{contact.name}");
    }

    #[test]
    fn a_field_is_a_name_in_braces() {
        let names = |text| fields(text).into_iter().map(|(_, name)| name).collect::<Vec<_>>();
        assert_eq!(names("{a} {{b}} { c.d } {e"), ["a", "b", "c.d"]);
        assert_eq!(names("{} {1} {a b} {a\n} }{ {ü} a{"), Vec::<&str>::new());
        assert_eq!(names(&format!("{{{}}}", "a".repeat(41))), Vec::<&str>::new());
        assert!(is_unfilled("Hi {First_Name}!") && !is_unfilled("a { b c } : }"));
    }

    proptest! {
        #[test]
        fn no_words_are_lost_between_fields(text in "[{}a-z. \n😀]{0,60}") {
            let (mut words, mut from) = (String::new(), 0);
            for (range, name) in fields(&text) {
                prop_assert!(range.start >= from && is_name(name));
                let braces = text[range.clone()].starts_with('{') && text[range.clone()].ends_with('}');
                prop_assert!(braces, "a field stands between braces");
                words.push_str(&text[from..range.start]);
                from = range.end;
            }
            words.push_str(&text[from..]);
            let kept = pieces(&text).into_iter().filter_map(|piece| match piece {
                Piece::Words(words) => Some(words),
                Piece::Field(_) => None,
            });
            prop_assert_eq!(kept.collect::<String>(), words);
        }
    }
}

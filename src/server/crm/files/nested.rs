//! People in the form of the JSON directory, each with everything about them. Whom they name is a rep as in tables: by short
//! name, by what they are called, or by mail address.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::books::{Books, LARGEST, Meant, file_name};
use crate::domain::context::{Card, Touch};
use crate::domain::id::RepId;
use crate::domain::time::Timestamp;
use crate::server::crm::directory;

/// Reads them into the books.
pub(super) fn people(path: &Path, now: Option<Timestamp>, reps: &Meant<'_>, books: &mut Books) -> Result<(), String> {
    let name = file_name(path);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| format!("{name}: {e}"))?;
    file.take(LARGEST).read_to_end(&mut bytes).map_err(|e| format!("{name}: {e}"))?;
    let all = directory::numbered(&bytes, now).map_err(|e| format!("{name}: {e}"))?;
    for wrong in all.wrong {
        books.complain(|| format!("{name}: {wrong}"));
    }
    let mut strangers = Strangers::default();
    for (place, (addresses, mut card)) in all.places.into_iter().zip(all.people) {
        for (field, rep) in named(&mut card) {
            if reps.is_nobodys(rep.as_str()) {
                strangers.see(field, rep, place);
            }
            *rep = reps.rep(rep.as_str());
        }
        for by in touches(&mut card).filter_map(|touch| touch.by.as_mut()) {
            *by = reps.rep(by.as_str());
        }
        for address in addresses {
            books.people.entry(address).or_default().push(card.clone());
        }
        books.cards.push(card);
    }
    strangers.tell(&name, books);
    Ok(())
}

/// Whoever may be asked for somebody, by the field that names them.
fn named(card: &mut Card) -> impl Iterator<Item = (&'static str, &mut RepId)> {
    let account = card.account.as_mut().and_then(|account| account.owner.as_mut());
    let deal = card.opportunity.as_mut().map(|deal| (deal.owner.as_mut(), deal.team.as_mut_slice()));
    let (owner, team) = deal.unwrap_or_default();
    let of_deal = team.iter_mut().map(|member| ("opportunity.team", &mut member.rep));
    let of_all = [
        ("owner", card.owner.as_mut()),
        ("sdr", card.sdr.as_mut()),
        ("account.owner", account),
        ("opportunity.owner", owner),
    ];
    of_all.into_iter().filter_map(|(field, rep)| Some((field, rep?))).chain(of_deal)
}

fn touches(card: &mut Card) -> impl Iterator<Item = &mut Touch> {
    card.last_touch.iter_mut().chain(card.account_touch.iter_mut()).chain(card.touches.iter_mut())
}

/// Who is named and is nobody here. Each is told once for each field, by the first person of whom that says so, with how many
/// more there are.
#[derive(Default)]
struct Strangers(BTreeMap<(&'static str, RepId), Seen>);

/// Where somebody was named.
struct Seen {
    first: usize,
    last: usize,
    more: usize,
}

impl Strangers {
    fn see(&mut self, field: &'static str, rep: &RepId, place: usize) {
        let seen = self.0.entry((field, rep.clone())).or_insert_with(|| Seen { first: place, last: place, more: 0 });
        // One person may name somebody twice.
        if seen.last != place {
            seen.last = place;
            seen.more += 1;
        }
    }

    /// Tells of them, in the order of people. There are no lines: a person is found by their place. Their id may be a phone or
    /// a mail address, and is told nowhere.
    fn tell(self, file: &str, books: &mut Books) {
        let mut all: Vec<((&'static str, RepId), Seen)> = self.0.into_iter().collect();
        all.sort_by_key(|((field, _), seen)| (seen.first, *field));
        for ((field, _), seen) in all {
            let more = match seen.more {
                0 => String::new(),
                1 => ", as of one more person".to_owned(),
                more => format!(", as of {more} more people"),
            };
            let why = "is no rep's short name, name or mail address that we know";
            books.complain(|| format!("{file}: contact {}: {field} {why}{more}", seen.first));
        }
    }
}

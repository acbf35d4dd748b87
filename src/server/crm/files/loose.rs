//! What leads nowhere: owners who are nobody here, and accounts that are in no table. Each is told once, by the first line that
//! names it, with how many more do: a table that was exported whole would else hide everything beside it.

use std::collections::{BTreeMap, BTreeSet};

use super::books::Books;
use super::rows::{Company, DealRow, Person};
use crate::server::crm::owner::Names;

/// File, column, and what stands there.
type Place<'a> = (&'a str, &'static str, &'a str);

/// What leads nowhere so far: the first line, and how many more there are.
#[derive(Default)]
pub(super) struct Loose<'a>(BTreeMap<Place<'a>, (u64, usize)>);

/// Every account that there is; nothing where there is no table of them.
pub(super) fn accounts(companies: &[(u64, Company)], is_there: bool) -> Option<BTreeSet<&str>> {
    is_there.then(|| companies.iter().map(|(_, company)| company.id.as_str()).collect())
}

impl<'a> Loose<'a> {
    fn see(&mut self, file: &'a str, column: &'static str, text: &'a str, line: u64) {
        self.0.entry((file, column, text)).and_modify(|(_, more)| *more += 1).or_insert((line, 0));
    }

    fn owner(&mut self, names: &Names, file: &'a str, column: &'static str, name: Option<&'a String>, line: u64) {
        if let Some(name) = name.filter(|name| names.is_nobodys(name)) {
            self.see(file, column, name, line);
        }
    }

    fn account(&mut self, known: Option<&BTreeSet<&str>>, file: &'a str, id: Option<&'a String>, line: u64) {
        match (known, id) {
            (Some(known), Some(id)) if !known.contains(id.as_str()) => self.see(file, "account", id, line),
            // Where there is no table at all, that is said once.
            (None, Some(_)) => self.see(file, "account", "", line),
            (Some(_) | None, _) => {}
        }
    }

    /// Looks at everybody.
    pub(super) fn people(
        &mut self,
        file: &'a str,
        people: &'a [(u64, Person)],
        (names, accounts): (&Names, Option<&BTreeSet<&str>>),
    ) {
        for (line, person) in people {
            self.owner(names, file, "owner", person.owner.as_ref(), *line);
            self.owner(names, file, "sdr", person.sdr.as_ref(), *line);
            self.account(accounts, file, person.account.as_ref(), *line);
        }
    }

    /// Looks at all accounts.
    pub(super) fn companies(&mut self, file: &'a str, companies: &'a [(u64, Company)], names: &Names) {
        for (line, company) in companies {
            self.owner(names, file, "owner", company.owner.as_ref(), *line);
        }
    }

    /// Looks at all deals. What account they are of is known by its id alone, where there is no table of accounts.
    pub(super) fn deals(
        &mut self,
        file: &'a str,
        deals: &'a [(u64, DealRow)],
        (names, accounts): (&Names, Option<&BTreeSet<&str>>),
    ) {
        for (line, deal) in deals {
            self.owner(names, file, "owner", deal.owner.as_ref(), *line);
            if accounts.is_some() {
                self.account(accounts, file, deal.account.as_ref(), *line);
            }
        }
    }

    /// Tells of it, in the order of files and lines.
    pub(super) fn tell(self, books: &mut Books) {
        let mut all: Vec<(Place<'a>, (u64, usize))> = self.0.into_iter().collect();
        all.sort_by_key(|((file, ..), (line, _))| (*file, *line));
        for ((file, column, text), (line, more)) in all {
            let why = match column {
                "account" if text.is_empty() => "account is in no table: there is no accounts.csv",
                "account" => "account is in no row of the table of accounts",
                "sdr" => "sdr is no rep's short name, name or mail address that we know",
                _ => "owner is no rep's short name, name or mail address that we know",
            };
            let more = match more {
                0 => String::new(),
                1 => ", as in one more row".to_owned(),
                more => format!(", as in {more} more rows"),
            };
            books.complain(|| format!("{file}:{line}: {why}{more}"));
        }
    }
}

//! Who would answer: the people of a CRM, by short names of our own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::Init;
use crate::cli::crm::login::Hosted;
use crate::clock::SystemClock;
use crate::domain::context::Card;
use crate::domain::id::RepId;
use crate::domain::safe_text::{BIDI_MARK, SafeText};
use crate::server::crm::directory::{Directory, people_of};
use crate::server::crm::files::books;
use crate::server::crm::hubspot::HubSpot;
use crate::server::crm::owner::Names;
use crate::server::crm::salesforce::Salesforce;
use crate::server::crm::{Crm, CrmError, Owner, Reps};

/// What somebody is who is only known to own buyers.
pub(super) const TITLE: &str = "AE";

/// A name that the playbook keeps for an empty turn.
const NOBODY: &str = "nobody";

/// The longest short name that is made of a mail address.
const LONGEST: usize = 40;

/// Somebody who may answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Person {
    /// What they are.
    pub(super) title: String,
    /// What they are called, where the CRM says so.
    pub(super) name: Option<String>,
    /// By which the CRM's owner is told to be them. It stands in no playbook.
    pub(super) mail: Option<String>,
}

impl Person {
    /// Somebody who is known by their short name alone.
    pub(super) fn named() -> Self {
        Self { title: TITLE.to_owned(), ..Self::default() }
    }
}

/// The people of a CRM.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// By short name.
    pub(super) people: BTreeMap<RepId, Person>,
    /// Which CRM, as people say it, where it lists whoever may own something: not all of them need to answer buyers.
    pub(super) listed: Option<&'static str>,
    /// What there is to say of it.
    pub(super) said: String,
}

impl Init {
    /// Everybody the CRM names, with what they seem to be.
    pub(super) async fn found(&self) -> anyhow::Result<Found> {
        let Some(named) = &self.crm else { return Ok(Found::default()) };
        if let Some(hosted) = Hosted::of(named) {
            return listed(self.hosted(hosted)?.as_ref()).await;
        }
        let cards = if named.starts_with("http://") || named.starts_with("https://") {
            Directory::new(self.egress.open()?, named, self.login.token()?)?.people().await?
        } else {
            let path = Path::new(named.strip_prefix("files=").unwrap_or(named));
            if path.is_dir() {
                let books = books::read(path, &Names::default());
                books.map_err(|e| anyhow::anyhow!("cannot read the tables in {}: {e}", path.display()))?.cards()
            } else {
                let bytes = std::fs::read(path).map_err(|e| anyhow::anyhow!("cannot read {}: {e}", path.display()))?;
                people_of(&bytes)?
            }
        };
        let people: BTreeMap<RepId, Person> =
            seen(&cards).into_iter().map(|(rep, title)| (rep, Person { title, ..Person::default() })).collect();
        let said = format!("the CRM names {} people who own something", people.len());
        Ok(Found { people, listed: None, said })
    }

    fn hosted(&self, hosted: Hosted<'_>) -> anyhow::Result<Box<dyn Crm>> {
        let (egress, clock) = (self.egress.open()?, Arc::new(SystemClock));
        // Nobody is a rep yet: who they become is what is asked here.
        let reps = Reps::Here(BTreeMap::new());
        Ok(match hosted {
            Hosted::HubSpot(base) => Box::new(HubSpot::new(egress, self.login.hubspot(base)?, reps, clock)?),
            Hosted::Salesforce(at) => Box::new(Salesforce::new(egress, self.login.salesforce(at)?, reps, clock)?),
        })
    }
}

/// Whoever a CRM lists as somebody who may own a record.
async fn listed(crm: &dyn Crm) -> anyhow::Result<Found> {
    let name = crm.name();
    let owners = crm.owners().await.map_err(|e| {
        anyhow::anyhow!("{name} did not tell who works there: {e}. Nothing was written; {}", what_to_do(name, &e))
    })?;
    let (people, unreached) = of_owners(&owners);
    let left = owners.iter().filter(|owner| !owner.active).count();
    let without = [(left, "who left"), (unreached, "without a mail address")].into_iter().filter(|(n, _)| *n > 0);
    let without = without.map(|(n, what)| format!("; {n} {what} {} not taken", if n == 1 { "is" } else { "are" }));
    let said =
        format!("{name} names {} people who may own something{}", people.len(), without.collect::<Vec<_>>().concat());
    Ok(Found { people, listed: Some(name), said })
}

/// What a person does about it.
fn what_to_do(name: &str, why: &CrmError) -> String {
    let or = "or leave --crm out and name people with --rep";
    match why {
        CrmError::Refused(_) | CrmError::Forbidden(_) if name == "HubSpot" => {
            format!("give the app the scope crm.objects.owners.read and put its token into place, {or}")
        }
        CrmError::Refused(_) | CrmError::Forbidden(_) => {
            format!("let the user whom the app acts for see users, and look at the app's key, {or}")
        }
        CrmError::Unreachable(_) => format!("look at the address and the network, {or}"),
        CrmError::Busy { .. } | CrmError::Failing(_) => format!("try again in a while, {or}"),
        CrmError::Unreadable(_) | CrmError::NotFound | CrmError::Invalid(_) | CrmError::Cannot(_) => {
            format!("look at the address, {or}")
        }
    }
}

/// Everybody of a CRM's owners who is here and has a mail address, each by a short name of their own, and how many have
/// none. Two owners with one address are one person.
fn of_owners(owners: &[Owner]) -> (BTreeMap<RepId, Person>, usize) {
    let mut people: BTreeMap<RepId, Person> = BTreeMap::new();
    let mut known = BTreeSet::new();
    let mut unreached = 0;
    for owner in owners.iter().filter(|owner| owner.active) {
        let mail = owner.email.as_deref().map(str::trim).filter(|mail| is_mail(mail));
        let Some(mail) = mail else {
            unreached += 1;
            continue;
        };
        if !known.insert(mail.to_lowercase()) {
            continue;
        }
        let line = |text: &Option<String>| {
            let text = SafeText::line(text.as_deref().unwrap_or_default()).as_str().replace(BIDI_MARK, "");
            let text = text.trim().to_owned();
            Some(text).filter(|text| !text.is_empty())
        };
        let title = line(&owner.title).unwrap_or_else(|| TITLE.to_owned());
        let person = Person { title, name: line(&owner.name), mail: Some(mail.to_owned()) };
        let short = short(mail);
        let numbered = (2..).map(|n| RepId::new(format!("{short}{n}")));
        let free = std::iter::once(RepId::new(short.as_str())).chain(numbered);
        let mut free = free.filter(|rep| rep.as_str() != NOBODY && !people.contains_key(rep));
        if let Some(rep) = free.next() {
            people.insert(rep, person);
        }
    }
    (people, unreached)
}

/// As far as somebody who is told by it must be reached there.
fn is_mail(text: &str) -> bool {
    let plain = text.len() <= 320 && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    plain && text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
}

/// `Maya.Okafor+crm@acme.example` is `maya.okafor`.
fn short(mail: &str) -> String {
    let name = mail.split(['@', '+']).next().unwrap_or_default().to_lowercase();
    let kept = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' };
    let name: String = name.chars().take(LONGEST).map(kept).collect();
    if name.is_empty() { "rep".to_owned() } else { name }
}

/// Owners, and what they are on deals.
fn seen(cards: &[Card]) -> BTreeMap<RepId, String> {
    let mut people: BTreeMap<RepId, String> = BTreeMap::new();
    let mut see = |rep: Option<&RepId>, title: &str| {
        if let Some(rep) = rep.filter(|rep| !rep.as_str().trim().is_empty()) {
            let known = people.entry(rep.clone()).or_default();
            if known.is_empty() {
                title.clone_into(known);
            }
        }
    };
    for card in cards {
        see(card.owner.as_ref(), TITLE);
        see(card.account.as_ref().and_then(|account| account.owner.as_ref()), TITLE);
        see(card.opportunity.as_ref().and_then(|deal| deal.owner.as_ref()), TITLE);
    }
    for card in cards {
        for member in card.opportunity.iter().flat_map(|deal| &deal.team) {
            see(Some(&member.rep), SafeText::line(&member.role).as_str());
        }
        see(card.sdr.as_ref(), "SDR");
    }
    people
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(mail: &str, name: &str, active: bool) -> Owner {
        let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Owner { id: mail.len().to_string(), email: said(mail), name: said(name), title: None, active }
    }

    #[test]
    fn whoever_is_here_has_a_short_name_of_their_own_and_who_left_or_has_no_mailbox_has_none() {
        let owners = [
            owner("Maya.Okafor@acme.example", "Maya Okafor", true),
            owner("maya.okafor@acme.example", "Maya again", true),
            owner("maya.okafor@other.example", "", true),
            owner("ben+crm@acme.example", " Ben\u{202e} ", true),
            owner("nobody@acme.example", "No Body", true),
            owner("zoë o'neil@acme.example", "a space is no mail address", true),
            owner("zoë.o'neil@acme.example", "Zoë", true),
            owner("zoe@acme.example", "Zoe", false),
            owner("", "A queue", true),
            owner("@acme.example", "Nameless", true),
        ];
        let (people, unreached) = of_owners(&owners);
        let told: Vec<(&str, Option<&str>, Option<&str>)> =
            people.iter().map(|(rep, p)| (rep.as_str(), p.name.as_deref(), p.mail.as_deref())).collect();
        assert_eq!(
            told,
            [
                ("ben", Some("Ben"), Some("ben+crm@acme.example")),
                ("maya.okafor", Some("Maya Okafor"), Some("Maya.Okafor@acme.example")),
                ("maya.okafor2", None, Some("maya.okafor@other.example")),
                ("nobody2", Some("No Body"), Some("nobody@acme.example")),
                ("zoë.o_neil", Some("Zoë"), Some("zoë.o'neil@acme.example")),
            ]
        );
        assert_eq!(unreached, 3);
        assert!(people.values().all(|person| person.title == TITLE));
    }
}

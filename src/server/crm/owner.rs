//! Who owns records in a CRM, and which of our reps that is.
//!
//! A CRM has ids of its own for them. They are ours by their mail address, which `comeback rep reach` keeps. Whoever left
//! the CRM stays on its records, and is nobody of ours there, whatever their address: routing passes them over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono_tz::Tz;

use super::write::Owned;
use crate::domain::id::RepId;
use crate::domain::playbook::Playbook;
use crate::server::store::{Store, StoreError};

/// Somebody who can own a record.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Owner {
    /// The CRM's own id, as records name it.
    pub id: String,
    /// Their mail address.
    pub email: Option<String>,
    /// What they are called, where the CRM says so.
    pub name: Option<String>,
    /// What they are there, where the CRM says so: `Account Executive`.
    pub title: Option<String>,
    /// Not archived, not deactivated.
    pub active: bool,
}

impl std::fmt::Debug for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Owner({}, active {})", self.id, self.active)
    }
}

/// Our reps by their mail address, as kept now.
#[derive(Clone)]
pub enum Reps {
    /// In the database.
    Kept(Arc<dyn Store>),
    /// These.
    Here(BTreeMap<RepId, String>),
}

impl std::fmt::Debug for Reps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reps")
    }
}

impl Reps {
    /// Everybody whose mail address is known.
    pub async fn by_mail(&self) -> Result<BTreeMap<String, RepId>, StoreError> {
        let kept: Vec<(RepId, String)> = match self {
            Self::Kept(store) => store.reaches().await?.into_iter().filter_map(|r| Some((r.rep, r.email?))).collect(),
            Self::Here(reps) => reps.iter().map(|(rep, mail)| (rep.clone(), mail.clone())).collect(),
        };
        Ok(kept.into_iter().map(|(rep, mail)| (same(&mail), rep)).collect())
    }

    /// What a rep is called, by the playbook in force.
    pub async fn called(&self, rep: &RepId) -> Result<String, StoreError> {
        let playbook = self.playbook().await?;
        Ok(playbook.map_or_else(|| rep.to_string(), |playbook| playbook.rep_name(rep).to_owned()))
    }

    /// Everybody who may be named by a CRM that has no owners of its own, and the zone of its days.
    pub async fn names(&self) -> Result<Names, StoreError> {
        let playbook = self.playbook().await?;
        let zone = playbook.as_ref().map_or(Tz::UTC, Playbook::zone);
        let reps = playbook.map(|playbook| playbook.reps.into_iter().map(|(id, rep)| (id, rep.name)).collect());
        Ok(Names::new(self.by_mail().await?, reps).in_zone(zone))
    }

    /// The zone of the company's days: UTC while there is no playbook.
    pub async fn zone(&self) -> Result<Tz, StoreError> {
        Ok(self.playbook().await?.as_ref().map_or(Tz::UTC, Playbook::zone))
    }

    async fn playbook(&self) -> Result<Option<Playbook>, StoreError> {
        Ok(match self {
            Self::Kept(store) => store.playbook().await?,
            Self::Here(_) => None,
        })
    }
}

/// Mail addresses and names are compared without case and blanks.
fn same(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Who is meant by a name in tables: a rep's short name, their mail address, or what they are called. Capitals and small
/// letters are alike, as long as that means one rep. And which zone is meant where they name a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    by_mail: BTreeMap<String, RepId>,
    /// As the playbook writes them; nothing while nobody knows a playbook.
    reps: Option<BTreeSet<RepId>>,
    /// Short names and what reps are called; nothing for one that means two reps.
    by_name: BTreeMap<String, Option<RepId>>,
    /// The company's own; nothing where nobody said one.
    zone: Option<Tz>,
}

impl Names {
    /// The reps of a playbook by their short names, with what they are called, and the mail addresses that are kept of them.
    pub fn new(by_mail: BTreeMap<String, RepId>, reps: Option<BTreeMap<RepId, String>>) -> Self {
        let (mut short, mut called) = (BTreeMap::new(), BTreeMap::new());
        for (id, name) in reps.iter().flatten() {
            for (names, name) in [(&mut short, id.as_str()), (&mut called, name.as_str())] {
                let meant: &mut Option<RepId> = names.entry(same(name)).or_insert_with(|| Some(id.clone()));
                if meant.as_ref() != Some(id) {
                    *meant = None;
                }
            }
        }
        // A short name goes before what somebody is called.
        called.extend(short);
        Self { by_mail, reps: reps.map(|reps| reps.into_keys().collect()), by_name: called, zone: None }
    }

    /// With the zone that days are in.
    #[must_use]
    pub fn in_zone(mut self, zone: Tz) -> Self {
        self.zone = Some(zone);
        self
    }

    /// The zone that days are in: UTC where nobody said one.
    pub fn zone(&self) -> Tz {
        self.zone.unwrap_or(Tz::UTC)
    }

    /// The rep who is meant.
    pub fn rep(&self, name: &str) -> Option<&RepId> {
        let name = name.trim();
        let exact = self.reps.iter().flatten().find(|rep| rep.as_str() == name);
        let wanted = Some(same(name)).filter(|name| !name.is_empty())?;
        let by_name = || self.by_name.get(&wanted).and_then(Option::as_ref);
        exact.or_else(|| self.by_mail.get(&wanted)).or_else(by_name)
    }

    /// Whether it is known that nobody is meant: without a playbook any short name may be somebody's.
    pub fn is_nobodys(&self, name: &str) -> bool {
        (self.reps.is_some() || name.contains('@')) && self.rep(name).is_none()
    }
}

/// Owners of a CRM and reps of ours, both ways.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matched {
    reps: BTreeMap<String, RepId>,
    owners: BTreeMap<RepId, String>,
    /// What stands before the id of an owner who is no rep: `hubspot`.
    crm: &'static str,
}

impl Matched {
    /// Matches by mail address. Of two active owners with one address the first listed is written with.
    pub fn new(crm: &'static str, owners: &[Owner], by_mail: &BTreeMap<String, RepId>) -> Self {
        let mut matched = Self { crm, ..Self::default() };
        for owner in owners.iter().filter(|owner| owner.active) {
            let Some(rep) = owner.email.as_deref().and_then(|mail| by_mail.get(&same(mail))) else { continue };
            matched.reps.insert(owner.id.clone(), rep.clone());
            matched.owners.entry(rep.clone()).or_insert_with(|| owner.id.clone());
        }
        matched
    }

    /// The rep who is this owner. One who was deactivated there, or whom nobody here knows, is a rep whom no playbook
    /// names, so that routing says that it passed over somebody who is none of its reps.
    pub fn rep(&self, owner: &str) -> RepId {
        self.reps.get(owner).cloned().unwrap_or_else(|| RepId::new(format!("{} owner {owner}", self.crm)))
    }

    /// Whose a record of this owner is, of those listed. One who is not listed came since, and works there.
    pub fn owned(&self, owner: &str, listed: &[Owner]) -> Owned {
        if let Some(rep) = self.reps.get(owner) {
            return Owned::By(rep.clone());
        }
        let left = listed.iter().any(|one| one.id == owner && !one.active);
        if left { Owned::Nobody } else { Owned::Stranger }
    }

    /// The owner who is this rep.
    pub fn owner(&self, rep: &RepId) -> Option<&str> {
        self.owners.get(rep).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(id: &str, email: &str, active: bool) -> Owner {
        Owner { id: id.to_owned(), email: Some(email.to_owned()), active, ..Owner::default() }
    }

    #[test]
    fn a_name_in_a_table_is_a_rep_however_it_is_written_as_long_as_it_means_one() {
        let reps = [
            ("maya", "Maya Okafor"),
            ("ben", "Ben Li"),
            ("BEN", "Benjamin Ode"),
            ("li", "Maya"),
            ("wu", "Ana Wu"),
            ("wu2", "ana wu"),
        ];
        let reps = reps.map(|(id, name)| (RepId::from(id), name.to_owned())).into();
        let by_mail: BTreeMap<String, RepId> = [("maya@acme.example".to_owned(), RepId::from("maya"))].into();
        let names = Names::new(by_mail.clone(), Some(reps));
        for (name, wanted) in [
            ("maya", Some("maya")),
            (" Maya ", Some("maya")),
            ("Maya@ACME.example", Some("maya")),
            ("maya okafor", Some("maya")),
            ("ben", Some("ben")),
            ("BEN", Some("BEN")),
            ("Ben", None),
            ("Benjamin Ode", Some("BEN")),
            ("Ana Wu", None),
            ("zorro@x.example", None),
            ("", None),
        ] {
            assert_eq!(names.rep(name), wanted.map(RepId::from).as_ref(), "{name}");
            assert_eq!(names.is_nobodys(name), wanted.is_none(), "{name}");
        }
        // Without a playbook a short name may be anybody's.
        let names = Names::new(by_mail, None);
        for (name, wanted) in [("ben", false), ("zorro@x.example", true), ("MAYA@acme.example", false)] {
            assert_eq!(names.is_nobodys(name), wanted, "{name}");
        }
    }

    #[tokio::test]
    async fn an_owner_is_a_rep_by_mail_address_and_one_who_left_is_nobody() {
        let reps = [("maya", "Maya@acme.example "), ("zoe", "zoe@acme.example")];
        let reps = Reps::Here(reps.map(|(rep, mail)| (RepId::from(rep), mail.to_owned())).into());
        let owners = [
            owner("11", "zoe@acme.example", false),
            owner("12", "maya@ACME.example", true),
            owner("13", "new@acme.example", true),
        ];
        let matched = Matched::new("hubspot", &owners, &reps.by_mail().await.unwrap());
        assert_eq!(matched.rep("12"), RepId::from("maya"));
        assert_eq!(matched.owner(&RepId::from("maya")), Some("12"));
        assert_eq!(matched.owner(&RepId::from("zoe")), None, "she left");
        for nobody in ["11", "13", "14"] {
            assert_eq!(matched.rep(nobody), RepId::new(format!("hubspot owner {nobody}")));
        }
        let owned = ["12", "11", "13", "14"].map(|id| matched.owned(id, &owners));
        let maya = Owned::By(RepId::from("maya"));
        assert_eq!(owned, [maya, Owned::Nobody, Owned::Stranger, Owned::Stranger], "who left keeps nothing");
        assert!(!format!("{owners:?}").contains("acme"));
    }
}

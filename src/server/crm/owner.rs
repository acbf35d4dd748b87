//! Who owns records in a CRM, and which of our reps that is.
//!
//! A CRM has ids of its own for them. They are ours by their mail address, which `comeback rep reach` keeps. Whoever left
//! the CRM stays on its records, and is nobody of ours there, whatever their address: routing passes them over.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::write::Owned;
use crate::domain::id::RepId;
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
        let playbook = match self {
            Self::Kept(store) => store.playbook().await?,
            Self::Here(_) => None,
        };
        Ok(playbook.map_or_else(|| rep.to_string(), |playbook| playbook.rep_name(rep).to_owned()))
    }
}

/// Mail addresses are compared without case and blanks.
fn same(mail: &str) -> String {
    mail.trim().to_lowercase()
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

    /// The rep who is this owner. One who left, or whom nobody here knows, is a rep whom no playbook names, so that routing
    /// says that it passed somebody over.
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

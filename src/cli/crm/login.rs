//! How a CRM that somebody else runs is named and opened: the same for whoever asks it.

use clap::Args;

use crate::cli::secret::CrmTokenArgs;
use crate::config::secret::Held;
use crate::server::crm::hubspot::{self, API};
use crate::server::crm::salesforce::{self, jwt};

/// A CRM that is named by its name, alone or with another address than everybody's: `hubspot`,
/// `salesforce=https://acme.my.salesforce.com`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Hosted<'a> {
    /// With its address.
    HubSpot(&'a str),
    /// With the address where its users sign in; empty for everybody's.
    Salesforce(&'a str),
}

impl<'a> Hosted<'a> {
    /// Which one a name means; none for a folder, an address or anything else.
    pub(in crate::cli) fn of(named: &'a str) -> Option<Self> {
        let (name, at) = named.split_once('=').unwrap_or((named, ""));
        match name {
            "hubspot" => Some(Self::HubSpot(if at.is_empty() { API } else { at })),
            "salesforce" => Some(Self::Salesforce(at)),
            _ => None,
        }
    }
}

/// What opens a CRM.
#[derive(Debug, Args)]
pub(in crate::cli) struct CrmLogin {
    /// The consumer key of Salesforce's connected app. It says who asks, and opens nothing without the private key.
    #[arg(long, value_name = "KEY", requires = "crm", env = "COMEBACK_CRM_CLIENT_ID")]
    crm_client_id: Option<String>,
    /// The user name of the Salesforce user whom the app acts for.
    #[arg(long, value_name = "USERNAME", requires = "crm", env = "COMEBACK_CRM_USER")]
    crm_user: Option<String>,
    #[command(flatten)]
    token: CrmTokenArgs,
}

impl CrmLogin {
    /// The bearer token, which was read once to see that it can be; empty where none is given.
    pub(in crate::cli) fn token(&self) -> anyhow::Result<Held> {
        self.token.token()
    }

    /// What a connector to HubSpot at this address needs.
    pub(in crate::cli) fn hubspot(&self, base: &str) -> anyhow::Result<hubspot::Settings> {
        let token = self.token()?;
        let empty = matches!(&token, Held::Here(secret) if secret.is_empty());
        anyhow::ensure!(
            !empty,
            "HubSpot opens to a private app's token: put it into COMEBACK_CRM_TOKEN, or a file named by --crm-token-file"
        );
        Ok(hubspot::Settings { base: base.to_owned(), ..hubspot::Settings::new(token) })
    }

    /// What a connector to Salesforce with this address to sign in needs.
    pub(in crate::cli) fn salesforce(&self, login: &str) -> anyhow::Result<salesforce::Settings> {
        let given = |value: &Option<String>, what: &str| {
            let value = value.as_deref().map(str::trim).filter(|value| !value.is_empty());
            value.map(str::to_owned).ok_or_else(|| anyhow::anyhow!("Salesforce wants to know {what}"))
        };
        let client_id = given(&self.crm_client_id, "who asks: the connected app's consumer key, by --crm-client-id")?;
        let user = given(&self.crm_user, "whom the app acts for: the name of a user, by --crm-user")?;
        let key = self.token()?;
        // Looked at once, so that a wrong one is told now and not by the first reply.
        let pem = match &key {
            Held::Here(_) => anyhow::bail!(
                "Salesforce opens to a private key in PEM: name its file by --crm-token-file, or put it into COMEBACK_CRM_TOKEN"
            ),
            Held::At(source) => source.read()?,
        };
        jwt::key(&pem)?;
        let mut settings = salesforce::Settings::new(client_id, user, key);
        if !login.is_empty() {
            login.clone_into(&mut settings.login);
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crm_is_named_alone_or_with_its_address_and_nothing_that_only_begins_alike_is_one() {
        for (named, wanted) in [
            ("hubspot", Some(Hosted::HubSpot(API))),
            ("hubspot=", Some(Hosted::HubSpot(API))),
            ("hubspot=http://127.0.0.1:9", Some(Hosted::HubSpot("http://127.0.0.1:9"))),
            ("salesforce", Some(Hosted::Salesforce(""))),
            ("salesforce=https://a.example/?x=y", Some(Hosted::Salesforce("https://a.example/?x=y"))),
            ("hubspots", None),
            ("files=hubspot", None),
            ("https://crm.example/hubspot=1", None),
            ("none", None),
            ("", None),
        ] {
            assert_eq!(Hosted::of(named), wanted, "{named}");
        }
    }
}

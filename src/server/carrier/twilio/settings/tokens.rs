//! Which of the stored tokens opens the account, and which one signs its webhooks.

use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use super::finding;
use crate::server::carrier::twilio::{Twilio, account_url};
use crate::server::carrier::{CarrierError, Finding};
use crate::server::store::CarrierLine;

#[derive(Deserialize)]
struct Account {
    /// The primary token. It signs every webhook, also while another one opens the API.
    auth_token: Option<String>,
    status: Option<String>,
}

/// How one token fared.
enum Tried {
    Opens,
    Refused,
}

/// Which token signs the webhooks.
#[derive(Clone, Copy, PartialEq)]
enum Signer {
    /// The carrier does not say.
    Untold,
    /// One that is not set up here.
    Foreign,
    /// The one with this index.
    Ours(usize),
}

/// Asks with each token. With the findings comes one that opens the account, for what is asked next.
pub(super) async fn check(twilio: &Twilio, line: &CarrierLine) -> (Vec<Finding>, Option<String>) {
    let mut tried = Vec::new();
    let mut account = None;
    for token in &line.tokens {
        let with = CarrierLine { tokens: vec![token.clone()], ..line.clone() };
        let answer = match account_url(&with, "") {
            Ok(url) => twilio.get::<Account>(&with, of_account(url)).await,
            Err(e) => Err(e),
        };
        match answer {
            Ok(found) => {
                account = Some(found);
                tried.push(Tried::Opens);
            }
            Err(CarrierError::Refused { status: 401 | 403, .. }) => tried.push(Tried::Refused),
            Err(e) => return (vec![finding(false, "the carrier's API", &e.to_string())], None),
        }
    }
    let signs = account.as_ref().and_then(|a| a.auth_token.as_deref()).filter(|token| !token.is_empty());
    let signer = signs.map_or(Signer::Untold, |signs| {
        let ours = line.tokens.iter().position(|token| bool::from(token.as_bytes().ct_eq(signs.as_bytes())));
        ours.map_or(Signer::Foreign, Signer::Ours)
    });
    let mut findings: Vec<Finding> =
        tried.iter().enumerate().map(|(n, t)| of_token(n, t, tried.len(), signer)).collect();
    if signer == Signer::Foreign {
        let says = "the account's primary token signs them, and it is not among those set up: every text would be \
                    refused; comeback line add … with the primary token first";
        findings.push(finding(false, "webhook signatures", says));
    }
    if let Some(status) = account.and_then(|a| a.status).filter(|status| status != "active") {
        findings.push(finding(false, "account", &format!("it is {status}: see Twilio's console")));
    }
    let opens = tried.iter().position(|t| matches!(t, Tried::Opens));
    (findings, opens.and_then(|n| line.tokens.get(n).cloned()))
}

/// `…/Accounts/AC….json`.
fn of_account(mut url: url::Url) -> url::Url {
    let path = format!("{}.json", url.path().trim_end_matches('/'));
    url.set_path(&path);
    url
}

fn of_token(n: usize, tried: &Tried, of: usize, signer: Signer) -> Finding {
    let setting = match (n, of) {
        (_, 1) => "auth token",
        (0, _) => "auth token, the first",
        _ => "auth token, the other",
    };
    let (ok, says) = match (tried, signer) {
        (Tried::Refused, _) if of == 1 => {
            (false, "refused: it is not this account's; comeback line add … with the account's primary token")
        }
        (Tried::Refused, _) if n == 0 => {
            (false, "refused: answers leave with this one; comeback line add … with a token that is the account's")
        }
        (Tried::Refused, _) => (false, "refused: it is not this account's any more; comeback line add … without it"),
        (Tried::Opens, Signer::Ours(signer)) if signer == n => {
            (true, "accepted, the primary one: it signs the webhooks")
        }
        (Tried::Opens, Signer::Ours(_) | Signer::Foreign) => {
            (true, "accepted, but not the primary one: it does not sign the webhooks")
        }
        (Tried::Opens, Signer::Untold) => {
            (true, "accepted; the carrier does not say whether it is the primary one, which signs")
        }
    };
    finding(ok, setting, says)
}

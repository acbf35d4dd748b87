//! `comeback line test` for Telnyx: its key, its public key, the number's profile and the profile's webhook.

use serde::Deserialize;

use super::Telnyx;
use super::signature::public_key;
use crate::server::carrier::client::Api;
use crate::server::carrier::{CarrierError, Finding};
use crate::server::store::CarrierLine;

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

#[derive(Deserialize)]
struct PublicKey {
    public: String,
}

#[derive(Deserialize)]
struct Number {
    messaging_profile_id: Option<String>,
}

#[derive(Deserialize)]
struct Profile {
    #[serde(default)]
    enabled: Option<bool>,
    webhook_url: Option<String>,
    #[serde(default)]
    webhook_api_version: Option<String>,
}

fn finding(ok: bool, setting: &str, says: impl Into<String>) -> Finding {
    Finding { ok, setting: setting.to_owned(), says: says.into() }
}

/// Looks at everything a line needs. What cannot be asked is a finding too.
pub(super) async fn check(telnyx: &Telnyx, line: &CarrierLine, public_url: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Err(e) = look(telnyx, line, public_url, &mut findings).await {
        findings.push(finding(false, "the carrier's API", format!("{e}; the rest could not be looked at")));
    }
    findings
}

async fn look(
    telnyx: &Telnyx,
    line: &CarrierLine,
    public_url: &str,
    findings: &mut Vec<Finding>,
) -> Result<(), CarrierError> {
    let key: Data<PublicKey> = match telnyx.read(line, Api::url(&line.api, "/v2/public_key")?).await {
        Err(CarrierError::Refused { status: 401 | 403, .. }) => {
            let says = "refused: answers leave with this one; comeback line add … with a key of this account";
            findings.push(finding(false, "API key", says));
            return Ok(());
        }
        other => other?,
    };
    findings.push(finding(true, "API key", "accepted"));
    let theirs = public_key(&key.data.public);
    let ours = line.extra.keys.iter().any(|key| theirs.is_some() && public_key(key) == theirs);
    findings.push(if ours {
        finding(true, "public key", "it is the one set up: webhooks are believed")
    } else {
        finding(false, "public key", "the account has another one, so every webhook is refused: comeback line add …")
    });
    let number = format!("/v2/messaging_phone_numbers/{}", line.number.as_str());
    let number: Data<Number> = match telnyx.read(line, Api::url(&line.api, &number)?).await {
        Err(CarrierError::Refused { status: 404, .. }) => {
            findings.push(finding(false, "number", "this account does not have it, or not for messages"));
            return Ok(());
        }
        other => other?,
    };
    let Some(profile) = number.data.messaging_profile_id.filter(|id| !id.is_empty()) else {
        findings.push(finding(false, "messaging profile", "the number has none: it neither sends nor receives"));
        return Ok(());
    };
    findings.push(if profile == line.account {
        finding(true, "messaging profile", "the number is in it; a STOP counts for all of its numbers")
    } else {
        let says = format!("the number is in {profile}: comeback line add … --account {profile}");
        finding(false, "messaging profile", says)
    });
    let found: Data<Profile> =
        telnyx.read(line, Api::url(&line.api, &format!("/v2/messaging_profiles/{profile}"))?).await?;
    findings.extend(webhook(&found.data, &format!("{public_url}/hooks/telnyx/inbound")));
    Ok(())
}

fn webhook(profile: &Profile, wanted: &str) -> Vec<Finding> {
    const URL: &str = "the messaging profile: webhook URL";
    let mut findings = Vec::new();
    if profile.enabled == Some(false) {
        findings.push(finding(false, "the messaging profile", "it is switched off: nothing leaves and nothing comes"));
    }
    let url = profile.webhook_url.as_deref().unwrap_or_default();
    findings.push(if url.trim_end_matches('/') == wanted {
        finding(true, URL, "right")
    } else if url.is_empty() {
        finding(false, URL, format!("empty, so texts go nowhere: put {wanted} there"))
    } else {
        finding(false, URL, format!("is another address: put {wanted} there"))
    });
    let version = profile.webhook_api_version.as_deref().unwrap_or("2");
    findings.push(if version == "2" {
        finding(true, "the messaging profile: API version", "2")
    } else {
        finding(false, "the messaging profile: API version", format!("{version}: choose 2, the signed one"))
    });
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_of_a_profile_are_named() {
        let wanted = "https://c.example/hooks/telnyx/inbound";
        let profile = |url: Option<&str>, version: Option<&str>, enabled| Profile {
            enabled,
            webhook_url: url.map(str::to_owned),
            webhook_api_version: version.map(str::to_owned),
        };
        for (profile, wrong) in [
            (profile(Some(wanted), Some("2"), Some(true)), None),
            (profile(Some("https://c.example/hooks/telnyx/inbound/"), None, None), None),
            (profile(None, Some("2"), None), Some("empty")),
            (profile(Some("https://d.example/"), Some("2"), None), Some("another address")),
            (profile(Some(wanted), Some("1"), None), Some("choose 2")),
            (profile(Some(wanted), Some("2"), Some(false)), Some("switched off")),
        ] {
            let all = webhook(&profile, wanted);
            let found: Vec<&str> = all.iter().filter(|f| !f.ok).map(|f| f.says.as_str()).collect();
            assert_eq!(found.len(), usize::from(wrong.is_some()), "{found:?}");
            assert!(wrong.is_none_or(|wrong| found[0].contains(wrong)), "{found:?}");
        }
    }
}

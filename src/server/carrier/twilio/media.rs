//! Media at Twilio. A webhook's addresses lead to its API, which asks who we are and redirects to where the bytes are
//! kept; there nobody is told who we are.

use std::time::Duration;

use serde::Deserialize;
use url::{Host, Url};

use super::{Twilio, account_url, authorised};
use crate::server::carrier::CarrierError;
use crate::server::carrier::client::known;
use crate::server::egress::{Ask, EgressError};
use crate::server::store::CarrierLine;

/// Longest wait for everything.
const PATIENCE: Duration = Duration::from_secs(30);

/// Redirects followed.
const REDIRECTS: u8 = 3;

#[derive(Deserialize)]
struct List {
    media_list: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    uri: String,
}

/// Where the media of a listed text are asked for: the text's list, and which of it.
pub(super) fn listed(line: &CarrierLine, id: &str, n: usize) -> Option<String> {
    let mut url = account_url(line, &format!("Messages/{id}/Media.json")).ok()?;
    url.set_fragment(Some(&n.to_string()));
    Some(url.into())
}

/// The bytes of one, at most so many.
pub(super) async fn fetch(
    twilio: &Twilio,
    line: &CarrierLine,
    source: &str,
    most: usize,
) -> Result<Vec<u8>, CarrierError> {
    let no_address = |_| CarrierError::Unfit("where it is kept is no address".to_owned());
    let mut url = Url::parse(source).map_err(no_address)?;
    if let Some(n) = url.fragment().and_then(|n| n.parse().ok()).filter(|_| is_api(&url, line)) {
        url = in_list(twilio, line, url.clone(), n).await?;
    }
    let proves = is_api(&url, line);
    let ask = Ask::get(url).redirects(REDIRECTS).at_most(most).within(PATIENCE);
    let asks = if proves { authorised(&ask, line) } else { vec![ask] };
    let answer = known(&twilio.egress, asks).await.map_err(|e| not_fetched(&e))?;
    if !answer.is_success() {
        let hint = "its media are not handed out".to_owned();
        return Err(CarrierError::Refused { status: answer.status(), code: 0, hint });
    }
    answer.bytes().await.map_err(|e| not_fetched(&e))
}

async fn in_list(twilio: &Twilio, line: &CarrierLine, url: Url, n: usize) -> Result<Url, CarrierError> {
    let gone = || CarrierError::Unfit("the carrier does not list it".to_owned());
    let list: List = twilio.get(line, url.clone()).await?;
    let one = list.media_list.into_iter().nth(n).ok_or_else(gone)?;
    let found = url.join(one.uri.strip_suffix(".json").unwrap_or(&one.uri)).map_err(|_| gone())?;
    if found.origin() == url.origin() { Ok(found) } else { Err(gone()) }
}

/// Whether an address is the API's, which alone is told who we are: the line's own, or Twilio's in any of its regions.
fn is_api(url: &Url, line: &CarrierLine) -> bool {
    let own = Url::parse(&line.api).is_ok_and(|api| api.origin() == url.origin());
    let twilios = |host: &str| host == "api.twilio.com" || host.starts_with("api.") && host.ends_with(".twilio.com");
    let standard = url.scheme() == "https" && url.port().is_none();
    own || standard && matches!(url.host(), Some(Host::Domain(host)) if twilios(host))
}

/// What cannot become better by trying again is unfit.
fn not_fetched(e: &EgressError) -> CarrierError {
    let words = e.to_string();
    if e.stays() { CarrierError::Unfit(words) } else { CarrierError::Unreachable(words) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::Address;
    use crate::server::store::LineExtra;

    #[test]
    fn only_the_api_is_told_who_we_are() {
        let mut line = CarrierLine {
            number: Address::parse("+16465550100").unwrap(),
            provider: "twilio".to_owned(),
            account: "AC1".to_owned(),
            tokens: vec!["t".to_owned()],
            service: None,
            api: "https://api.twilio.com".to_owned(),
            extra: LineExtra::default(),
        };
        for (url, wanted) in [
            ("https://api.twilio.com/2010-04-01/x", true),
            ("https://api.dublin.ie1.twilio.com/x", true),
            ("https://API.TWILIO.COM/x", true),
            ("https://api.twilio.com:443/x", true),
            ("https://api.twilio.com:8443/x", false),
            ("http://api.twilio.com/x", false),
            ("https://media.twiliocdn.com/x", false),
            ("https://demo.twilio.com/x", false),
            ("https://api.twilio.com.evil.example/x", false),
            ("https://evil.example/api.twilio.com", false),
            ("https://api.twilio.com@evil.example/x", false),
            ("https://eviltwilio.com/x", false),
            ("https://api.eviltwilio.com/x", false),
            ("https://127.0.0.1/x", false),
        ] {
            assert_eq!(is_api(&Url::parse(url).unwrap(), &line), wanted, "{url}");
        }
        line.api = "http://127.0.0.1:4010".to_owned();
        assert!(is_api(&Url::parse("http://127.0.0.1:4010/x").unwrap(), &line));
        assert!(!is_api(&Url::parse("http://127.0.0.1:4011/x").unwrap(), &line));
    }
}

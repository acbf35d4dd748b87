//! How Salesforce is opened: by an assertion that is really checked, one token at a time, and only where it leads to.

use std::time::Duration;

use comeback::config::secret::{Held, Secret, Source};
use comeback::domain::time::Span;
use comeback::emulator::Times;
use comeback::emulator::salesforce::{KEY, SalesforceConfig, SalesforceFaults};
use comeback::server::crm::{Crm as _, CrmError};
use serde_json::json;

use super::Org;

const DANA: &str = "+14155550123";

type Change = fn(&mut super::Settings);

#[tokio::test]
async fn a_token_is_kept_until_it_is_refused_and_then_one_new_one_and_one_try_are_made() {
    let org = Org::open().await;
    org.contact("Dana", DANA, &json!({}));
    assert_eq!(org.names(DANA).await, ["Dana"]);
    org.clock.advance(Span::minutes(600));
    assert_eq!(org.names(DANA).await, ["Dana"]);
    assert_eq!(org.salesforce.tokens(), 1);
    org.salesforce.expire();
    assert_eq!(org.names(DANA).await, ["Dana"]);
    assert_eq!(org.salesforce.tokens(), 2, "one for all calls that met the old one");
}

#[tokio::test]
async fn an_assertion_that_is_not_believed_opens_nothing() {
    let client: Change = |settings| "3MVG9other".clone_into(&mut settings.client_id);
    let user: Change = |settings| "somebody@acme.example".clone_into(&mut settings.user);
    for change in [client, user] {
        let org = Org::with(SalesforceConfig::default(), change).await;
        assert_eq!(org.behind(DANA).await, Err(CrmError::Refused(400)));
        assert_eq!(org.salesforce.tokens(), 0);
    }
    let audience = Some("https://login.salesforce.com".to_owned());
    let org = Org::with(SalesforceConfig { audience, ..SalesforceConfig::default() }, |_| {}).await;
    assert_eq!(org.behind(DANA).await, Err(CrmError::Refused(400)), "it was for somebody else");
    let broken: Change = |settings| settings.key = Held::Here(Secret::from("-----BEGIN PRIVATE KEY-----"));
    let org = Org::with(SalesforceConfig::default(), broken).await;
    let failed = org.behind(DANA).await.unwrap_err();
    assert!(matches!(&failed, CrmError::Invalid(why) if why.contains("PEM")), "{failed:?}");
}

#[tokio::test]
async fn a_token_that_is_not_given_is_asked_for_again_with_the_next_question() {
    let org = Org::open().await;
    org.contact("Dana", DANA, &json!({}));
    org.faults(SalesforceFaults { no_token: Times::Next(1), ..SalesforceFaults::default() });
    assert_eq!(org.behind(DANA).await, Err(CrmError::Refused(400)));
    org.faults(SalesforceFaults::default());
    assert_eq!(org.names(DANA).await, ["Dana"]);
}

#[tokio::test]
async fn a_token_goes_nowhere_that_is_not_allowed() {
    for instance in [
        "http://instance.example",
        "https://10.0.0.7",
        "http://169.254.169.254",
        "ftp://127.0.0.1",
        "https://user:word@instance.example",
        "https://instance.example/path",
        "https://instance.example/?q=",
        "not an address",
        "",
    ] {
        let org = Org::open().await;
        org.faults(SalesforceFaults { instance: Some(instance.to_owned()), ..SalesforceFaults::default() });
        let failed = org.behind(DANA).await.unwrap_err();
        assert!(matches!(failed, CrmError::Unreadable(_)), "{instance}: {failed:?}");
        assert_eq!(org.salesforce.asked(), [] as [String; 0]);
    }
}

#[tokio::test]
async fn a_new_key_in_its_file_holds_with_the_next_token() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    let put = |text: &str| {
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    put("no key yet");
    let held = Held::At(Source::File(file.clone()));
    let org = Org::with(SalesforceConfig::default(), |settings| {
        settings.key = held;
        settings.within = Duration::from_secs(10);
    })
    .await;
    org.contact("Dana", DANA, &json!({}));
    assert!(org.behind(DANA).await.is_err());
    put(KEY);
    assert_eq!(org.names(DANA).await, ["Dana"]);
    assert!(org.crm.takes_writes() && org.crm.name() == "Salesforce");
}

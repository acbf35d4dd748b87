//! `comeback line test` against the emulated carrier: every setting that would keep a text from us is named.

use std::sync::Arc;

use comeback::clock::{Clock, ManualClock};
use comeback::domain::contact::Address;
use comeback::emulator::{self, BuyerPlan, Emulator, EmulatorConfig, Number};
use comeback::server::carrier::Carrier as _;
use comeback::server::carrier::twilio::Twilio;
use comeback::server::egress::{Allow, Egress};
use comeback::server::store::{CarrierLine, LineExtra};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::world::{TUESDAY_TEN, at};

const LINE: &str = "+16465550100";
const PUBLIC: &str = "https://c.example";
const HOOK: &str = "https://c.example/hooks/twilio/inbound#rc=5&rp=all";
const ELSEWHERE: &str = "https://demo.twilio.com/welcome/sms/reply/";
const OTHER: &str = "ffffffffffffffffffffffffffffffff";
const SERVICE: &str = "MG00112233445566778899aabbccddeeff";
const SECOND_SERVICE: &str = "MGffeeddccbbaa99887766554433221100";

/// A carrier with our number, set up as it should be.
struct Carrier {
    emulator: Emulator,
    config: EmulatorConfig,
    http: reqwest::Client,
}

/// The rows of a check, as they are printed.
struct Rows(Vec<String>);

impl Rows {
    /// The rows that are wrong.
    fn wrong(&self) -> Vec<&str> {
        self.0.iter().filter_map(|row| row.strip_prefix("WRONG ")).collect()
    }

    /// Exactly one row is wrong: it begins and ends so.
    fn names(&self, setting: &str, says: &str) {
        let wrong = self.wrong();
        assert!(
            wrong.len() == 1 && wrong[0].starts_with(&format!("{setting}: ")) && wrong[0].contains(says),
            "wanted {setting:?} with {says:?}, got {:#?}",
            self.0
        );
    }

    fn all_well(&self) -> &Self {
        assert_eq!(self.wrong(), Vec::<&str>::new());
        self
    }

    fn has(&self, row: &str) {
        assert!(self.0.iter().any(|r| r.contains(row)), "no row with {row:?}: {:#?}", self.0);
    }
}

impl Carrier {
    async fn open(change: impl FnOnce(&mut EmulatorConfig)) -> Self {
        let mut config = EmulatorConfig { buyers: BuyerPlan::silent(), ..EmulatorConfig::demo(7) };
        change(&mut config);
        let clock = Arc::new(ManualClock::at(at(TUESDAY_TEN))) as Arc<dyn Clock>;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let emulator = emulator::start(listener, config.clone(), clock).await;
        emulator.set_webhooks(HOOK);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { emulator, config, http }
    }

    fn line(&self) -> CarrierLine {
        CarrierLine {
            number: Address::parse(LINE).unwrap(),
            provider: "twilio".to_owned(),
            account: self.config.account_sid.clone(),
            tokens: vec![self.config.auth_token.clone()],
            service: None,
            api: self.emulator.base_url().to_owned(),
            extra: LineExtra::default(),
        }
    }

    /// Changes something by the carrier's own API, as its console does.
    async fn set(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let url = format!("{}{path}", self.emulator.base_url());
        let request = self.http.post(url).basic_auth(&self.config.account_sid, Some(&self.config.auth_token));
        let answer = request.form(form).send().await.unwrap().error_for_status().unwrap();
        answer.json().await.unwrap()
    }

    async fn set_number(&self, form: &[(&str, &str)]) {
        let url = format!("{}/2010-04-01/Accounts/{}", self.emulator.base_url(), self.config.account_sid);
        let list = format!("{url}/IncomingPhoneNumbers.json?PhoneNumber=%2B16465550100");
        let request = self.http.get(list).basic_auth(&self.config.account_sid, Some(&self.config.auth_token));
        let found: Value = request.send().await.unwrap().json().await.unwrap();
        let uri = found["incoming_phone_numbers"][0]["uri"].as_str().unwrap().to_owned();
        self.set(&uri, form).await;
    }

    async fn app(&self, form: &[(&str, &str)]) -> String {
        let path = format!("/2010-04-01/Accounts/{}/Applications.json", self.config.account_sid);
        self.set(&path, form).await["sid"].as_str().unwrap().to_owned()
    }

    async fn check(&self, line: &CarrierLine) -> Rows {
        let row = |f: &comeback::server::carrier::Finding| {
            format!("{} {}: {}", if f.ok { "ok" } else { "WRONG" }, f.setting, f.says)
        };
        let findings = Twilio::new(Egress::new(Allow::loopback())).check(line, PUBLIC).await;
        for finding in &findings {
            let said = format!("{} {}", finding.setting, finding.says);
            for token in line.tokens.iter().chain([&self.config.auth_token]) {
                assert!(!said.contains(token.as_str()), "a token is told: {said}");
            }
        }
        Rows(findings.iter().map(row).collect())
    }
}

fn in_service(config: &mut EmulatorConfig) {
    config.numbers[0].messaging_service_sid = Some(SERVICE.to_owned());
}

#[tokio::test]
async fn a_number_set_up_well_has_nothing_wrong() {
    let carrier = Carrier::open(|_| {}).await;
    let rows = carrier.check(&carrier.line()).await;
    rows.all_well().has("ok auth token: accepted, the primary one: it signs the webhooks");
    rows.has("ok the number's Messaging: a message comes in: right, and tried again");
    rows.has("ok the number's Messaging: method: HTTP POST");
    rows.has("ok the number's Messaging: primary handler fails: empty");
}

#[tokio::test]
async fn what_is_wrong_at_the_number_is_named() {
    for (name, value, setting, says) in [
        (
            "SmsUrl",
            "",
            "a message comes in",
            "empty, so texts go nowhere: put https://c.example/hooks/twilio/inbound#rc",
        ),
        (
            "SmsUrl",
            ELSEWHERE,
            "a message comes in",
            "is another address: put https://c.example/hooks/twilio/inbound#rc",
        ),
        ("SmsUrl", "http://c.example/hooks/twilio/inbound", "a message comes in", "says http, not https"),
        ("SmsMethod", "GET", "method", "HTTP GET: it would put buyers' words into addresses"),
        ("SmsFallbackUrl", ELSEWHERE, "primary handler fails", "it would answer buyers while this backend is down"),
    ] {
        let carrier = Carrier::open(|_| {}).await;
        carrier.set_number(&[(name, value)]).await;
        carrier.check(&carrier.line()).await.names(&format!("the number's Messaging: {setting}"), says);
    }
    let carrier = Carrier::open(|_| {}).await;
    carrier.set_number(&[("SmsFallbackUrl", HOOK), ("SmsFallbackMethod", "GET")]).await;
    let wrong = carrier.check(&carrier.line()).await;
    wrong.names("the number's Messaging: primary handler fails", "not by HTTP POST");
    // A slash at the end is served like none.
    carrier.set_number(&[("SmsUrl", "https://c.example/hooks/twilio/inbound/"), ("SmsFallbackUrl", "")]).await;
    carrier.check(&carrier.line()).await.all_well().has("right; add #rc=5&rp=all");
}

#[tokio::test]
async fn an_application_chosen_for_the_number_is_what_counts() {
    let carrier = Carrier::open(|_| {}).await;
    let wrong = carrier.app(&[("SmsUrl", ELSEWHERE)]).await;
    carrier.set_number(&[("SmsApplicationSid", &wrong)]).await;
    let place = |sid: &str| format!("the TwiML app {sid}, chosen in the number's Messaging in place of its webhook");
    let rows = carrier.check(&carrier.line()).await;
    rows.names(&format!("{}: a message comes in", place(&wrong)), "is another address");
    let right = carrier.app(&[("SmsUrl", HOOK)]).await;
    carrier.set_number(&[("SmsApplicationSid", &right), ("SmsUrl", ELSEWHERE)]).await;
    carrier.check(&carrier.line()).await.all_well().has(&place(&right));
    let by_get = carrier.app(&[("SmsUrl", HOOK), ("SmsMethod", "GET")]).await;
    carrier.set_number(&[("SmsApplicationSid", &by_get)]).await;
    carrier.check(&carrier.line()).await.names(&format!("{}: method", place(&by_get)), "set HTTP POST");
    let gone = "AP00000000000000000000000000000000";
    carrier.set_number(&[("SmsApplicationSid", gone)]).await;
    carrier.check(&carrier.line()).await.names(&place(gone), "there is no such app");
}

#[tokio::test]
async fn a_service_counts_before_the_number_unless_it_leaves_it_to_the_number() {
    let carrier = Carrier::open(in_service).await;
    let line = CarrierLine { service: Some(SERVICE.to_owned()), ..carrier.line() };
    carrier.check(&line).await.all_well().has("ok messaging service: the number is in it");
    let service = format!("/v1/Services/{SERVICE}");
    let place = format!("the messaging service {SERVICE}, Integration");
    for (form, setting, says) in [
        ([("UseInboundWebhookOnNumber", "false"), ("InboundRequestUrl", "")], "a message comes in", "empty"),
        ([("InboundRequestUrl", ELSEWHERE), ("InboundMethod", "POST")], "a message comes in", "is another address"),
        ([("InboundRequestUrl", HOOK), ("InboundMethod", "GET")], "method", "HTTP GET"),
        ([("InboundMethod", "POST"), ("FallbackUrl", ELSEWHERE)], "primary handler fails", "clear it"),
    ] {
        carrier.set(&service, &form).await;
        carrier.check(&line).await.names(&format!("{place}: {setting}"), says);
    }
    carrier.set(&service, &[("FallbackUrl", "")]).await;
    // The number's own webhook does not count, whatever it says.
    carrier.set_number(&[("SmsUrl", ELSEWHERE), ("SmsMethod", "GET")]).await;
    carrier.check(&line).await.all_well();
    carrier.set(&service, &[("UseInboundWebhookOnNumber", "true")]).await;
    let rows = carrier.check(&line).await;
    assert_eq!(rows.wrong().len(), 2, "the number's address and its method: {:#?}", rows.0);
}

#[tokio::test]
async fn our_addresses_are_put_where_the_carrier_looks_and_nowhere_else() {
    const FALLBACK: &str = "https://c.example/hooks/twilio/fallback";
    let twilio = Twilio::new(Egress::new(Allow::loopback()));
    // The number's own setting.
    let carrier = Carrier::open(|_| {}).await;
    carrier.set_number(&[("SmsUrl", ELSEWHERE), ("SmsMethod", "GET"), ("SmsFallbackUrl", ELSEWHERE)]).await;
    assert_eq!(carrier.check(&carrier.line()).await.wrong().len(), 3);
    let said = twilio.set(&carrier.line(), PUBLIC, false).await.unwrap();
    assert!(said.starts_with("the number's Messaging posts to ") && said.contains(FALLBACK), "{said}");
    carrier.check(&carrier.line()).await.all_well().has("ok the number's Messaging: primary handler fails: right");
    // An application, and a service, which stand before it.
    let app = carrier.app(&[("SmsUrl", ELSEWHERE)]).await;
    carrier.set_number(&[("SmsApplicationSid", &app), ("SmsUrl", ELSEWHERE)]).await;
    assert!(twilio.set(&carrier.line(), PUBLIC, false).await.unwrap().contains(&app));
    carrier.check(&carrier.line()).await.all_well();
    let carrier = Carrier::open(in_service).await;
    let line = CarrierLine { service: Some(SERVICE.to_owned()), ..carrier.line() };
    let path = format!("/v1/Services/{SERVICE}");
    carrier.set(&path, &[("UseInboundWebhookOnNumber", "false"), ("InboundRequestUrl", ELSEWHERE)]).await;
    assert!(twilio.set(&line, PUBLIC, false).await.unwrap().contains(SERVICE));
    carrier.check(&line).await.all_well().has("Sticky Sender: on");
    // A token that opens nothing sets nothing, and is not told.
    let closed = CarrierLine { tokens: vec![OTHER.to_owned()], ..line };
    let said = twilio.set(&closed, PUBLIC, false).await.unwrap_err().to_string();
    assert!(said.contains("not this account's") && !said.contains(OTHER), "{said}");
}

/// The service of a marketing tool, which our number is in beside one of its own; nobody told us of it.
async fn shared_with_marketing(url: &str) -> Carrier {
    let carrier = Carrier::open(|config| {
        in_service(config);
        let other = Number {
            number: "+16465550200".to_owned(),
            messaging_service_sid: Some(SERVICE.to_owned()),
            ..Number::default()
        };
        config.numbers.push(other);
    });
    let carrier = carrier.await;
    let theirs = [("UseInboundWebhookOnNumber", "false"), ("InboundRequestUrl", url), ("InboundMethod", "GET")];
    carrier.set(&format!("/v1/Services/{SERVICE}"), &theirs).await;
    carrier
}

#[tokio::test]
async fn where_another_program_s_address_stands_nothing_is_written_unless_it_is_to_be_replaced() {
    const THEIRS: &str = "https://me:pw@marketing.example/sms?key=hidden";
    let twilio = Twilio::new(Egress::new(Allow::loopback()));
    let carrier = shared_with_marketing(THEIRS).await;
    let service = format!("/v1/Services/{SERVICE}");
    let stands = async || carrier.set(&service, &[]).await["inbound_request_url"].clone();
    let refused = twilio.set(&carrier.line(), PUBLIC, false).await.unwrap_err().to_string();
    for words in [SERVICE, "https://marketing.example/… now", "1 other number(s) (+16465550200)", "--replace"] {
        assert!(refused.contains(words), "no {words:?} in {refused}");
    }
    assert!(!refused.contains("pw@") && !refused.contains("hidden"), "a secret is told: {refused}");
    assert_eq!(stands().await, THEIRS, "nothing was written");

    let said = twilio.set(&carrier.line(), PUBLIC, true).await.unwrap();
    let before = format!("To put back what stood there: {THEIRS} by HTTP GET, and nothing for when that fails");
    assert!(said.ends_with(&before) && said.contains("1 other number(s) (+16465550200)"), "{said}");
    assert_eq!(stands().await, HOOK);
    carrier.check(&carrier.line()).await.all_well();
    // Ours stands there now, which is no question any more; nor is a service in which nothing stands.
    for set in [HOOK, "http://c.example/hooks/twilio/inbound", ""] {
        carrier.set(&service, &[("InboundRequestUrl", set)]).await;
        let said = twilio.set(&carrier.line(), PUBLIC, false).await.unwrap();
        assert!(!said.contains("stood") && said.contains("+16465550200"), "{set:?}: {said}");
        assert_eq!(stands().await, HOOK);
    }
}

#[tokio::test]
async fn a_number_s_own_address_and_an_application_s_are_kept_alike_and_so_is_what_is_called_when_they_fail() {
    const THEIRS: &str = "https://marketing.example/down";
    let twilio = Twilio::new(Egress::new(Allow::loopback()));
    let refused = async |carrier: &Carrier| {
        let said = twilio.set(&carrier.line(), PUBLIC, false).await.unwrap_err().to_string();
        assert!(said.contains(THEIRS) && said.contains("Nothing was written"), "{said}");
        said
    };
    let carrier = Carrier::open(|_| {}).await;
    carrier.set_number(&[("SmsFallbackUrl", THEIRS)]).await;
    assert!(refused(&carrier).await.starts_with("the number's Messaging posts to "));
    let app = carrier.app(&[("SmsUrl", THEIRS)]).await;
    carrier.set_number(&[("SmsApplicationSid", &app), ("SmsFallbackUrl", "")]).await;
    assert!(refused(&carrier).await.starts_with(&format!("the TwiML app {app} posts to ")));
    assert!(twilio.set(&carrier.line(), PUBLIC, true).await.unwrap().contains(THEIRS));
    carrier.check(&carrier.line()).await.all_well();
    let gone = "AP00000000000000000000000000000000";
    carrier.set_number(&[("SmsApplicationSid", gone)]).await;
    let said = twilio.set(&carrier.line(), PUBLIC, true).await.unwrap_err().to_string();
    assert!(said.contains(gone) && said.contains("not there any more"), "{said}");
}

#[tokio::test]
async fn membership_is_looked_up_and_not_believed() {
    // A number whose service nobody told us of: its webhook is still the one that counts.
    let carrier = Carrier::open(in_service).await;
    let untold = carrier.line();
    let rows = carrier.check(&untold).await;
    rows.all_well().has(&format!("ok messaging service: the number is in {SERVICE}"));
    let service = format!("/v1/Services/{SERVICE}");
    carrier.set(&service, &[("UseInboundWebhookOnNumber", "false"), ("InboundRequestUrl", ELSEWHERE)]).await;
    let rows = carrier.check(&untold).await;
    rows.names(&format!("the messaging service {SERVICE}, Integration: a message comes in"), "is another address");
    // Told of another one.
    let carrier = Carrier::open(|config| {
        in_service(config);
        let other = Number {
            number: "+16465550200".to_owned(),
            messaging_service_sid: Some(SECOND_SERVICE.to_owned()),
            ..Number::default()
        };
        config.numbers.push(other);
    })
    .await;
    for (told, says) in [
        (SECOND_SERVICE, format!("the number is in {SERVICE}, not in {SECOND_SERVICE}")),
        ("MG00000000000000000000000000000000", format!("the number is in {SERVICE}, not in MG0000")),
    ] {
        let line = CarrierLine { service: Some(told.to_owned()), ..carrier.line() };
        carrier.check(&line).await.names("messaging service", &says);
    }
    // In none at all.
    let carrier = Carrier::open(|_| {}).await;
    let line = CarrierLine { service: Some(SERVICE.to_owned()), ..carrier.line() };
    carrier.check(&line).await.names("messaging service", &format!("the number is not in {SERVICE}"));
}

#[tokio::test]
async fn each_token_is_tried_and_the_one_that_signs_is_told() {
    let carrier = Carrier::open(|config| config.other_token = Some(OTHER.to_owned())).await;
    let primary = carrier.config.auth_token.clone();
    let with =
        |tokens: &[&str]| CarrierLine { tokens: tokens.iter().map(|t| (*t).to_owned()).collect(), ..carrier.line() };
    let rows = carrier.check(&with(&[&primary, OTHER])).await;
    rows.all_well().has("ok auth token, the first: accepted, the primary one: it signs");
    rows.has("ok auth token, the other: accepted, but not the primary one");
    let rows = carrier.check(&with(&[OTHER, &primary])).await;
    rows.all_well().has("ok auth token, the other: accepted, the primary one: it signs");
    let rows = carrier.check(&with(&[OTHER])).await;
    rows.names("webhook signatures", "the account's primary token signs them, and it is not among those set up");
    carrier.check(&with(&["wrong"])).await.names("auth token", "refused: it is not this account's");
    carrier.check(&with(&["wrong", &primary])).await.names("auth token, the first", "refused: answers leave with this");
    carrier
        .check(&with(&[&primary, "wrong"]))
        .await
        .names("auth token, the other", "refused: it is not this account's any");
    let nobody = CarrierLine { account: "AC00000000000000000000000000000000".to_owned(), ..carrier.line() };
    carrier.check(&nobody).await.names("auth token", "refused");
}

#[tokio::test]
async fn a_number_of_another_account_and_a_silent_carrier_are_told() {
    let carrier = Carrier::open(|config| {
        // Its digits hold ours: the carrier lists it for our number too.
        config.numbers[0].number = "+164655501007".to_owned();
    })
    .await;
    carrier.check(&carrier.line()).await.names("number", "this account does not have it");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let line = CarrierLine { api, ..carrier.line() };
    carrier.check(&line).await.names("the carrier's API", "did not answer");
}

//! The emulator over real HTTP on loopback: what a backend sees of it.

use std::sync::{Arc, Mutex};

use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::buyers::World;
use super::state::State;
use super::*;
use crate::clock::ManualClock;
use crate::domain::time::Timestamp;

const LINE: &str = "+16465550100";
const BUYER: &str = "+14155550123";

/// A carrier with one number and nobody texting.
pub(super) fn carrier() -> State {
    let config = EmulatorConfig::demo(1);
    let world = World::new(1, Timestamp::default(), BuyerPlan::silent(), &[], &config.numbers);
    State::new(1, 0, config.numbers, Faults::default(), world)
}

/// One request that a backend got: signature, token, form.
#[derive(Debug, Clone)]
struct Got {
    signature: String,
    token: String,
    form: Vec<(String, String)>,
}

impl Got {
    fn value(&self, name: &str) -> &str {
        self.form.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }
}

/// A backend that answers each request with the next of its statuses, the last one for ever.
#[derive(Clone)]
struct Backend {
    statuses: Arc<Vec<u16>>,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Backend {
    async fn listen(statuses: &[u16]) -> (Self, String) {
        let backend = Self { statuses: Arc::new(statuses.to_vec()), got: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/twilio?a=1", listener.local_addr().unwrap());
        let app = axum::Router::new().route("/twilio", post(Self::hook)).with_state(backend.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (backend, url)
    }

    #[expect(clippy::unused_async, reason = "a handler is async")]
    async fn hook(
        Shared(backend): Shared<Self>,
        headers: HeaderMap,
        body: String,
    ) -> (StatusCode, [(&'static str, &'static str); 1], &'static str) {
        let header = |name: &str| headers.get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        let form = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let got = Got { signature: header("x-twilio-signature"), token: header("i-twilio-idempotency-token"), form };
        let mut all = backend.got.lock().unwrap();
        all.push(got);
        let status = backend.statuses[(all.len() - 1).min(backend.statuses.len() - 1)];
        (StatusCode::from_u16(status).unwrap(), [("content-type", "text/xml")], "<Response></Response>")
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    async fn wait_for(&self, n: usize) -> Vec<Got> {
        eventually(|| Some(self.got()).filter(|got| got.len() >= n)).await
    }
}

/// Looks until there is something; a test that hangs is ended by the runner.
async fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(found) = look() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn emulator(change: impl FnOnce(&mut EmulatorConfig)) -> (Emulator, EmulatorConfig, Arc<ManualClock>) {
    let mut config = EmulatorConfig { buyers: BuyerPlan::silent(), ..EmulatorConfig::demo(7) };
    config.faults.callbacks = Callbacks::Clean;
    change(&mut config);
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_772_550_000_000)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let emulator = start(listener, config.clone(), Arc::clone(&clock) as Arc<dyn Clock>).await;
    (emulator, config, clock)
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn send(emulator: &Emulator, config: &EmulatorConfig, form: &[(&str, &str)]) -> (u16, Value) {
    let url = format!("{}/2010-04-01/Accounts/{}/Messages.json", emulator.base_url(), config.account_sid);
    let request = client().post(url).basic_auth(&config.account_sid, Some(&config.auth_token)).form(form);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn get(emulator: &Emulator, config: &EmulatorConfig, path: &str) -> (u16, Value) {
    let url = format!("{}{path}", emulator.base_url());
    let answer = client().get(url).basic_auth(&config.account_sid, Some(&config.auth_token)).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn hooks(emulator: &Emulator) -> Value {
    json!(emulator.shared.state().hooks)
}

#[tokio::test]
async fn an_inbound_text_is_posted_signed_with_every_parameter() {
    let (emulator, config, _) = emulator(|_| {}).await;
    let (backend, url) = Backend::listen(&[200]).await;
    assert!(emulator.set_webhook(LINE, Some(format!("{url}#rc=2")), None));
    let sid = emulator.inbound(BUYER, LINE, "Hi & 50% off? ñ", 1);
    let got = backend.wait_for(1).await.remove(0);
    assert_eq!(got.signature, signature::sign(&config.auth_token, &url, &got.form));
    for (name, wanted) in [
        ("MessageSid", sid.as_str()),
        ("SmsSid", &sid),
        ("SmsMessageSid", &sid),
        ("AccountSid", &config.account_sid),
        ("From", BUYER),
        ("To", LINE),
        ("Body", "Hi & 50% off? ñ"),
        ("NumMedia", "1"),
        ("NumSegments", "1"),
        ("MediaContentType0", "image/png"),
        ("FromCity", "SAN FRANCISCO"),
        ("FromState", "CA"),
        ("FromZip", "94105"),
        ("FromCountry", "US"),
        ("ToCity", "NEW YORK"),
        ("ApiVersion", "2010-04-01"),
    ] {
        assert_eq!(got.value(name), wanted, "{name}");
    }
    assert!(sid.starts_with("MM") && sid.len() == 34 && got.token.len() == 32);
    let media = got.value("MediaUrl0").strip_prefix(emulator.base_url()).unwrap().to_owned();
    let picture = client().get(format!("{}{media}", emulator.base_url()));
    let picture = picture.basic_auth(&config.account_sid, Some(&config.auth_token)).send().await.unwrap();
    assert_eq!((picture.status().as_u16(), &picture.headers()["content-type"]), (200, &"image/png".parse().unwrap()));
    assert_eq!(picture.url().host_str(), Some("localhost"), "the bytes are at another host than the API");
}

#[tokio::test]
async fn a_500_is_not_tried_again_but_goes_to_the_fallback_url() {
    let (emulator, ..) = emulator(|_| {}).await;
    let (broken, url) = Backend::listen(&[500]).await;
    let (fallback, second) = Backend::listen(&[200]).await;
    emulator.set_webhook(LINE, Some(url), Some(second));
    let sid = emulator.inbound(BUYER, LINE, "hello", 0);
    let got = fallback.wait_for(1).await.remove(0);
    assert_eq!((got.value("MessageSid"), got.value("ErrorCode")), (sid.as_str(), "11200"));
    assert_eq!(broken.got().len(), 1);
}

#[tokio::test]
async fn overrides_in_the_fragment_make_it_try_again_with_one_token() {
    let (emulator, ..) = emulator(|_| {}).await;
    let (backend, url) = Backend::listen(&[500, 503, 200]).await;
    emulator.set_webhook(LINE, Some(format!("{url}#rc=5&rp=all")), None);
    emulator.inbound(BUYER, LINE, "hello", 0);
    let got = backend.wait_for(3).await;
    assert!(got.iter().all(|g| g.token == got[0].token && g.signature == got[0].signature));
    let hook = eventually(|| hooks(&emulator).get(0).cloned()).await;
    assert_eq!((&hook["attempts"], &hook["status"], &hook["error"]), (&json!(3), &json!(200), &json!(null)));
}

#[tokio::test]
async fn a_refused_connection_is_tried_once_more_then_logged_and_the_text_stays_listed() {
    let (emulator, config, _) = emulator(|_| {}).await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    emulator.set_webhook(LINE, Some(format!("http://{closed}/hook")), None);
    let sid = emulator.inbound(BUYER, LINE, "still here", 0);
    let hook = eventually(|| hooks(&emulator).get(0).cloned()).await;
    assert_eq!((&hook["attempts"], &hook["error"], &hook["sid"]), (&json!(2), &json!(11200), &json!(sid)));
    assert!(!hook.to_string().contains("still here"), "a log has no words of a message");
    let path = format!("/2010-04-01/Accounts/{}/Messages.json?To=%2B16465550100", config.account_sid);
    let (_, page) = get(&emulator, &config, &path).await;
    let message = &page["messages"][0];
    assert_eq!(
        (&message["sid"], &message["direction"], &message["status"]),
        (&json!(sid), &json!("inbound"), &json!("received"))
    );
}

#[tokio::test]
async fn silence_is_given_up_after_the_read_time_without_a_second_try() {
    let (emulator, ..) = emulator(|_| {}).await;
    // Accepts connections (the kernel does) and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook#ct=100&rt=100&rc=3", silent.local_addr().unwrap());
    emulator.set_webhook(LINE, Some(url), None);
    emulator.inbound(BUYER, LINE, "hello", 0);
    let hook = eventually(|| hooks(&emulator).get(0).cloned()).await;
    assert_eq!((&hook["attempts"], &hook["error"], &hook["status"]), (&json!(1), &json!(11200), &json!(null)));
}

#[tokio::test]
async fn advanced_opt_out_says_its_type_and_the_carrier_confirms_once() {
    let (emulator, config, _) = emulator(|config| config.numbers[0].advanced_opt_out = true).await;
    let (backend, url) = Backend::listen(&[200]).await;
    emulator.set_webhooks(&url);
    emulator.inbound(BUYER, LINE, "yes", 0);
    emulator.inbound(BUYER, LINE, "Stop", 0);
    emulator.inbound(BUYER, LINE, "stop", 0);
    let mut types: Vec<String> = backend.wait_for(3).await.iter().map(|g| g.value("OptOutType").to_owned()).collect();
    types.sort();
    assert_eq!(types, ["START", "STOP", "STOP"]);
    let path = format!("/2010-04-01/Accounts/{}/Messages.json?From=%2B16465550100", config.account_sid);
    let (_, page) = get(&emulator, &config, &path).await;
    let own = page["messages"].as_array().unwrap();
    assert_eq!((own.len(), &own[0]["direction"]), (1, &json!("outbound-reply")));
    assert_eq!(emulator.sends(), json!([]), "what the carrier says by itself is no send of ours");
}

#[tokio::test]
async fn a_dropped_or_ended_emulator_leaves_its_port() {
    let (first, ..) = emulator(|_| {}).await;
    let address = first.base_url().strip_prefix("http://").unwrap().to_owned();
    first.shutdown().await;
    let again = TcpListener::bind(&address).await;
    assert!(again.is_ok(), "{again:?}");
}

#[tokio::test]
async fn a_send_is_answered_called_back_and_counted() {
    let (emulator, config, _) = emulator(|_| {}).await;
    let (backend, url) = Backend::listen(&[200]).await;
    let form = [("To", BUYER), ("From", LINE), ("Body", "2pm it is"), ("StatusCallback", url.as_str())];
    let (status, message) = send(&emulator, &config, &form).await;
    assert_eq!((status, &message["status"], &message["direction"]), (201, &json!("queued"), &json!("outbound-api")));
    let got = backend.wait_for(2).await;
    assert_eq!(got.iter().map(|g| g.value("MessageStatus")).collect::<Vec<_>>(), ["sent", "delivered"]);
    for got in &got {
        assert_eq!(got.signature, signature::sign(&config.auth_token, &url, &got.form));
        assert_eq!(json!(got.value("MessageSid")), message["sid"]);
    }
    let (_, fetched) = get(&emulator, &config, message["uri"].as_str().unwrap()).await;
    assert_eq!(fetched["status"], "delivered");
    emulator.inbound(BUYER, LINE, "STOP", 0);
    let (status, error) = send(&emulator, &config, &form).await;
    assert_eq!((status, &error["code"], &error["status"]), (400, &json!(21610), &json!(400)));
    let sends = emulator.sends();
    assert_eq!((&sends[0]["sid"], &sends[0]["refused"]), (&message["sid"], &json!(null)));
    assert_eq!((&sends[1]["sid"], &sends[1]["refused"]), (&json!(null), &json!(21610)));
    assert_eq!(sends.as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_messaging_service_opts_out_as_one_and_may_take_the_webhook() {
    let service = format!("MG{}", "a".repeat(32));
    let (emulator, config, _) = emulator(|config| {
        config.numbers[0].messaging_service_sid = Some(service.clone());
        let second = Number { number: "+16465550101".to_owned(), ..config.numbers[0].clone() };
        config.numbers.push(second);
    })
    .await;
    let (backend, url) = Backend::listen(&[200]).await;
    let form = [("InboundRequestUrl", url.as_str()), ("UseInboundWebhookOnNumber", "false")];
    let request = client().post(format!("{}/v1/Services/{service}", emulator.base_url())).form(&form);
    request.basic_auth(&config.account_sid, Some(&config.auth_token)).send().await.unwrap();
    emulator.inbound(BUYER, "+16465550101", "hi", 0);
    assert_eq!(backend.wait_for(1).await[0].value("MessagingServiceSid"), service);
    let text = [("To", BUYER), ("MessagingServiceSid", service.as_str()), ("Body", "x")];
    let (status, message) = send(&emulator, &config, &text).await;
    assert_eq!((status, &message["status"], &message["from"]), (201, &json!("accepted"), &json!(null)));
    assert_eq!(emulator.sends()[0]["from"], "+16465550101", "the number they know");
    emulator.inbound(BUYER, "+16465550101", "stop", 0);
    assert_eq!(send(&emulator, &config, &[("To", BUYER), ("From", LINE), ("Body", "x")]).await.1["code"], 21610);
}

#[tokio::test]
async fn doors_are_closed_without_their_keys() {
    let (emulator, mut config, _) = emulator(|_| {}).await;
    let crm = client().get(format!("{}/crm/v1/contacts", emulator.base_url()));
    assert_eq!(crm.try_clone().unwrap().send().await.unwrap().status().as_u16(), 401);
    let all: Value = crm.bearer_auth(&config.crm_token).send().await.unwrap().json().await.unwrap();
    assert_eq!(all["contacts"].as_array().map(Vec::len), Some(40));
    let phone = all["contacts"][15]["phones"][0].as_str().unwrap();
    let crm = client().get(format!("{}/crm/v1/contacts?phone={phone}", emulator.base_url()));
    let two: Value = crm.bearer_auth(&config.crm_token).send().await.unwrap().json().await.unwrap();
    assert_eq!(two["contacts"].as_array().map(Vec::len), Some(2), "one number, two people");
    config.auth_token = "wrong".to_owned();
    let (status, error) = send(&emulator, &config, &[]).await;
    assert_eq!((status, &error["code"], &error["status"]), (401, &json!(20003), &json!(401)));
}

#[tokio::test]
async fn faults_strike_and_say_what_was_sent() {
    let (emulator, config, _) = emulator(|_| {}).await;
    let url = |path: &str| format!("{}/emulator/v1/{path}", emulator.base_url());
    let faults = json!({ "send_500": 1, "webhook_drop": true });
    assert!(client().post(url("faults")).json(&faults).send().await.unwrap().status().is_success());
    let typo = client().post(url("faults")).json(&json!({ "send_50": 1 })).send().await.unwrap();
    assert_eq!(typo.status().as_u16(), 400);
    let text = [("To", BUYER), ("From", LINE), ("Body", "x")];
    assert_eq!(send(&emulator, &config, &text).await.0, 500);
    assert_eq!(send(&emulator, &config, &text).await.0, 201);
    let (backend, hook) = Backend::listen(&[200]).await;
    emulator.set_webhooks(&hook);
    let dropped = emulator.inbound(BUYER, LINE, "lost", 0);
    emulator.set_faults(Faults::default());
    let inbound = json!({ "from": BUYER, "body": "found", "media": 0 });
    let answer = client().post(url("inbound")).json(&inbound).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 201);
    assert_eq!(backend.wait_for(1).await[0].value("Body"), "found");
    assert!(emulator.shared.state().message(&dropped).is_some());
    let hang = json!({ "send_accept_then_hang": 1 });
    client().post(url("faults")).json(&hang).send().await.unwrap();
    let path = format!("{}/2010-04-01/Accounts/{}/Messages.json", emulator.base_url(), config.account_sid);
    let request = client().post(path).basic_auth(&config.account_sid, Some(&config.auth_token)).form(&text);
    let error = request.timeout(Duration::from_millis(300)).send().await.unwrap_err();
    assert!(error.is_timeout());
    let sends: Value = client().get(url("sends")).send().await.unwrap().json().await.unwrap();
    let refused: Vec<&Value> = sends["sends"].as_array().unwrap().iter().map(|s| &s["refused"]).collect();
    assert_eq!(refused, [&json!(20500), &json!(null), &json!(null)]);
}

#[tokio::test]
async fn buyers_text_by_the_clock_and_not_while_paused() {
    let (emulator, _, clock) =
        emulator(|config| config.buyers = BuyerPlan { stream: false, ..BuyerPlan::default() }).await;
    let (backend, url) = Backend::listen(&[200]).await;
    emulator.set_webhooks(&url);
    clock.advance(crate::domain::time::Span::seconds(31));
    assert!(backend.wait_for(1).await[0].value("Body").starts_with("Legal is fine"));
    emulator.pause_buyers(true);
    clock.advance(crate::domain::time::Span::seconds(70));
    let seen = clock.now();
    eventually(|| (emulator.shared.state().buyers_until == seen).then_some(())).await;
    emulator.pause_buyers(false);
    clock.advance(crate::domain::time::Span::seconds(60));
    let got = backend.wait_for(2).await;
    assert!(got[1].value("Body").starts_with("Thursday 10am"), "what was due while paused is not made up for");
    emulator.shutdown().await;
}

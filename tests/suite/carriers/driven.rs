//! The smaller carriers' emulators as `comeback emulate` runs them: driven over HTTP by whoever sits beside them.

use std::sync::Arc;

use comeback::clock::{Clock, SystemClock};
use comeback::emulator::others::bridge::BridgeEmulator;
use comeback::emulator::others::telnyx::{TelnyxConfig, TelnyxEmulator};
use serde_json::{Value, json};
use tokio::net::TcpListener;

async fn asked(method: reqwest::Method, url: String, body: Option<Value>) -> (u16, Value) {
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.request(method, url);
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
}

async fn is_driven(base: &str) {
    let at = |path: &str| format!("{base}/emulator/v1/{path}");
    let text = json!({ "from": "+14155550123", "to": "+16465550100", "body": "Can we talk?" });
    let (status, said) = asked(reqwest::Method::POST, at("inbound"), Some(text)).await;
    assert!(status == 201 && said["id"].as_str().is_some_and(|id| !id.is_empty()), "{status} {said}");
    let picture = json!({ "from": "+14155550123", "to": "+16465550100", "media": 1 });
    let (status, said) = asked(reqwest::Method::POST, at("inbound"), Some(picture)).await;
    assert_eq!(status, 201, "{said}");
    let id = said["id"].as_str().unwrap();
    assert_eq!(asked(reqwest::Method::GET, format!("{base}/pictures/{id}/0"), None).await.0, 200);
    assert_eq!(asked(reqwest::Method::GET, format!("{base}/pictures/{id}/1"), None).await.0, 404);
    let (status, said) = asked(reqwest::Method::POST, at("inbound"), Some(json!({ "to": 1 }))).await;
    assert!(status == 400 && said["error"].is_string(), "{status} {said}");
    assert_eq!(asked(reqwest::Method::GET, at("sends"), None).await, (200, json!({ "sends": [] })));
    let faults = json!({ "misconfigured": true });
    assert_eq!(asked(reqwest::Method::POST, at("faults"), Some(faults)).await.0, 204);
    let unknown = json!({ "misconfigred": true });
    assert_eq!(asked(reqwest::Method::POST, at("faults"), Some(unknown)).await.0, 400);
}

#[tokio::test]
async fn a_buyer_texts_by_a_request_and_what_left_is_listed() {
    let clock = || Arc::new(SystemClock) as Arc<dyn Clock>;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = TelnyxConfig {
        api_key: "KEY0".to_owned(),
        seed: [3; 32],
        profile: "16fd2706-8baf-433b-82eb-8c7fada847da".to_owned(),
        numbers: vec!["+16465550100".to_owned()],
        webhook_url: None,
    };
    let telnyx = TelnyxEmulator::start(listener, config, clock()).unwrap();
    is_driven(telnyx.base_url()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let bridge = BridgeEmulator::start(listener, secret, clock()).unwrap();
    is_driven(bridge.send_url().trim_end_matches("/send")).await;
}

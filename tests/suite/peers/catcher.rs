//! A loopback server that catches webhooks as they come: the address they were posted to, their headers and their form.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, header};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::shop::eventually;

/// One webhook.
#[derive(Clone, Debug)]
pub(super) struct Caught {
    /// Scheme, host, path and query, as they were on the wire.
    pub(super) url: String,
    pub(super) signature: String,
    pub(super) authorization: String,
    form: Vec<(String, String)>,
}

impl Caught {
    pub(super) fn value(&self, name: &str) -> &str {
        self.form.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// The form as the scripts take it. A name comes once in what Twilio posts of texts.
    pub(super) fn params(&self) -> Value {
        let mut params = serde_json::Map::new();
        for (name, value) in &self.form {
            assert!(params.insert(name.clone(), json!(value)).is_none(), "{name} came twice");
        }
        Value::Object(params)
    }
}

/// The server. Its task ends with the test's runtime.
#[derive(Clone)]
pub(super) struct Catcher {
    host: String,
    caught: Arc<Mutex<Vec<Caught>>>,
}

impl Catcher {
    pub(super) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let catcher = Self { host: listener.local_addr().unwrap().to_string(), caught: Arc::default() };
        let app = Router::new().fallback(post(Self::take)).with_state(catcher.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        catcher
    }

    /// The address of `path` here, with `user_info` (`name:password@` or nothing) written into it.
    pub(super) fn url(&self, user_info: &str, path: &str) -> String {
        format!("http://{user_info}{}{path}", self.host)
    }

    #[expect(clippy::unused_async, reason = "a handler is async")]
    async fn take(
        State(catcher): State<Self>,
        OriginalUri(uri): OriginalUri,
        headers: HeaderMap,
        body: String,
    ) -> ([(header::HeaderName, &'static str); 1], &'static str) {
        let header = |name: &str| headers.get(name).map_or("", |v| v.to_str().unwrap()).to_owned();
        assert_eq!(header("content-type"), "application/x-www-form-urlencoded");
        let caught = Caught {
            url: format!("http://{}{uri}", header("host")),
            signature: header("x-twilio-signature"),
            authorization: header("authorization"),
            form: form_urlencoded::parse(body.as_bytes()).into_owned().collect(),
        };
        catcher.caught.lock().unwrap().push(caught);
        ([(header::CONTENT_TYPE, "text/xml")], "<Response></Response>")
    }

    /// The `n`th webhook, from 0.
    pub(super) async fn nth(&self, n: usize) -> Caught {
        self.wait_for(n + 1).await.swap_remove(n)
    }

    /// All of them, once there are `n`.
    pub(super) async fn wait_for(&self, n: usize) -> Vec<Caught> {
        eventually("webhooks arrive", async || Some(self.caught.lock().unwrap().clone()).filter(|all| all.len() >= n))
            .await
    }
}

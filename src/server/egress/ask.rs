//! A question to somebody else's server.

use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Method};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

/// A question, with its limits. Without others it is given ten seconds, an answer of 64 KiB, and no redirect.
#[derive(Clone)]
pub struct Ask {
    pub(super) url: Url,
    method: Method,
    /// What proves who we are: for the first host only.
    proof: Option<HeaderValue>,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Option<String>,
    pub(super) within: Duration,
    pub(super) at_most: usize,
    pub(super) redirects: u8,
}

impl std::fmt::Debug for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ask({} {})", self.method, self.url.host_str().unwrap_or_default())
    }
}

impl Ask {
    /// Asks for what is at an address.
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// Posts to an address.
    pub fn post(url: Url) -> Self {
        Self::new(Method::POST, url)
    }

    /// Changes what is at an address.
    pub fn patch(url: Url) -> Self {
        Self::new(Method::PATCH, url)
    }

    fn new(method: Method, url: Url) -> Self {
        Self {
            url,
            method,
            proof: None,
            headers: Vec::new(),
            body: None,
            within: Duration::from_secs(10),
            at_most: 64 * 1024,
            redirects: 0,
        }
    }

    /// Proves who we are with a name and a password.
    #[must_use]
    pub fn basic(mut self, user: &str, password: &str) -> Self {
        self.proof = basic_of(user, password);
        self
    }

    /// Proves who we are with a token.
    #[must_use]
    pub fn bearer(mut self, token: &str) -> Self {
        self.proof = secret(&format!("Bearer {token}"));
        self
    }

    /// With a header; one that is none is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// With a form.
    #[must_use]
    pub fn form(mut self, pairs: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.body = Some(body);
        self.header(CONTENT_TYPE, "application/x-www-form-urlencoded")
    }

    /// With JSON.
    #[must_use]
    pub fn json(mut self, body: String) -> Self {
        self.body = Some(body);
        self.header(CONTENT_TYPE, "application/json")
    }

    /// The longest that everything may take, redirects and the answer's body with it.
    #[must_use]
    pub const fn within(mut self, limit: Duration) -> Self {
        self.within = limit;
        self
    }

    /// The largest answer read, in bytes.
    #[must_use]
    pub const fn at_most(mut self, bytes: usize) -> Self {
        self.at_most = bytes;
        self
    }

    /// Redirects followed. Only a question without a body is asked again elsewhere.
    #[must_use]
    pub const fn redirects(mut self, most: u8) -> Self {
        self.redirects = most;
        self
    }

    /// Whether an answer with this status is a redirect that is followed.
    pub(super) fn follows(&self, status: u16) -> bool {
        self.redirects > 0 && self.method == Method::GET && matches!(status, 301 | 302 | 303 | 307 | 308)
    }

    pub(super) fn request(&self, client: &reqwest::Client, url: &Url) -> reqwest::RequestBuilder {
        let mut request = client.request(self.method.clone(), url.clone());
        let same = url.origin() == self.url.origin();
        if let Some(proof) = self.proof.as_ref().filter(|_| same) {
            request = request.header(AUTHORIZATION, proof.clone());
        }
        for (name, value) in &self.headers {
            request = request.header(name.clone(), value.clone());
        }
        match &self.body {
            Some(body) => request.body(body.clone()),
            None => request,
        }
    }
}

fn basic_of(user: &str, password: &str) -> Option<HeaderValue> {
    secret(&format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

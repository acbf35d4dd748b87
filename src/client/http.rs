//! The backend over HTTP: five questions, and signing in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::sync::Failure;
use crate::domain::command::Command;
use crate::domain::contact::Address;
use crate::domain::id::{ConversationId, MessageId, NumberId, RepId};
use crate::wire::around::Around;
use crate::wire::audit::Entries;
use crate::wire::blocked::{BlockedNumbers, Unblock};
use crate::wire::changes::{Changes, Message};
use crate::wire::command::{Push, Receipts};
use crate::wire::consent::ConsentView;
use crate::wire::dossier::Dossier;
use crate::wire::explanation::Explanation;
use crate::wire::people::{CalendarAddress, Said, Say};
use crate::wire::problem::Problem;
use crate::wire::report::{Conversations, Replies, ReportBody};
use crate::wire::rulings::Rulings;
use crate::wire::session::{Session, SignIn, SignedIn};
use crate::wire::writing::Writes;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest wait for the answer to a long poll: its wait of 25 s and some grace.
const ANSWER: Duration = Duration::from_secs(40);
/// Longest wait for any other answer.
const QUICK: Duration = Duration::from_secs(15);
/// Largest answer read.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// An address that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// Not a web address.
    #[error("“{0}” is not a web address such as https://comeback.example")]
    NotAUrl(String),
    /// The token would travel in the open.
    #[error("“{0}” would send the token unencrypted: use https (plain http is for this machine only)")]
    Plain(String),
    /// The TLS library does not start.
    #[error("TLS does not start: {0}")]
    Tls(String),
}

/// Why something a person asked for once, and waits for, did not happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Bad address.
    #[error(transparent)]
    Url(#[from] BadUrl),
    /// The backend says no; what to do next stands behind it.
    #[error("{title}{}{hint}", if hint.is_empty() { "" } else { ". " })]
    Refused {
        /// Its sentence.
        title: String,
        /// What to do next.
        hint: String,
    },
    /// It did not answer.
    #[error("{0}")]
    NoAnswer(String),
}

/// The backend, as one device sees it.
#[derive(Clone)]
pub struct Backend {
    http: reqwest::Client,
    base: Url,
    token: String,
    /// The last it was told of who types: it travels with each poll, and concerns nothing else.
    writing: Arc<AtomicU64>,
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Backend({})", self.base)
    }
}

impl Backend {
    /// The backend at `base_url`, asked with `token`.
    pub fn new(base_url: &str, token: &str) -> Result<Self, BadUrl> {
        let bad = || BadUrl::NotAUrl(base_url.to_owned());
        let mut base = Url::parse(base_url.trim()).map_err(|_| bad())?;
        let local = match base.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            None => return Err(bad()),
        };
        match base.scheme() {
            "https" => {}
            "http" if local => {}
            "http" => return Err(BadUrl::Plain(base_url.to_owned())),
            _ => return Err(bad()),
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        // Another part of the program may have been first; one provider is as good as the other.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("comeback/", env!("CARGO_PKG_VERSION")));
        if local {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|e| BadUrl::Tls(e.to_string()))?;
        Ok(Self { http, base, token: token.to_owned(), writing: Arc::default() })
    }

    fn url(&self, path: &str) -> Url {
        self.base.join(path).unwrap_or_else(|_| self.base.clone())
    }

    /// `GET /v1/session`.
    pub async fn hello(&self) -> Result<Session, Failure> {
        self.ask(self.http.get(self.url("v1/session")).timeout(QUICK)).await
    }

    /// `POST /v1/commands`.
    pub async fn push(&self, push: &Push) -> Result<Receipts, Failure> {
        self.ask(self.http.post(self.url("v1/commands")).timeout(QUICK).json(push)).await
    }

    /// `GET /v1/changes`.
    pub async fn pull(
        &self,
        cursor: &str,
        wait: Duration,
        acked: u64,
        playbook: Option<u32>,
    ) -> Result<Box<Changes>, Failure> {
        let mut url = self.url("v1/changes");
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("since", cursor);
            query.append_pair("wait", &wait.as_secs().to_string());
            query.append_pair("acked", &acked.to_string());
            query.append_pair("writing", &self.writing.load(Ordering::Relaxed).to_string());
            if let Some(version) = playbook {
                query.append_pair("playbook", &version.to_string());
            }
        }
        let page: Box<Changes> = self.ask(self.http.get(url).timeout(ANSWER)).await.map(Box::new)?;
        self.writing.store(page.writing.as_ref().map_or(0, |writing| writing.version), Ordering::Relaxed);
        Ok(page)
    }

    /// `POST /v1/writing`. Nobody waits for it, and one that is lost is not missed.
    pub async fn writes(&self, conversation: ConversationId) {
        let request = self.http.post(self.url("v1/writing")).timeout(QUICK).json(&Writes { conversation });
        drop(request.bearer_auth(&self.token).send().await);
    }

    /// `GET /v1/conversations/{id}/messages`: those before a place, oldest first.
    pub async fn older(&self, conversation: ConversationId, before: u64) -> Result<Vec<Message>, Failure> {
        let mut url = self.url(&format!("v1/conversations/{conversation}/messages"));
        url.query_pairs_mut().append_pair("before", &before.to_string());
        self.ask(self.http.get(url).timeout(QUICK)).await
    }

    /// `GET /v1/media/{message}/{n}`: the content type and the bytes of a part of a text.
    pub async fn media(&self, message: MessageId, n: u32) -> Result<(String, Vec<u8>), AskError> {
        let request = self.http.get(self.url(&format!("v1/media/{message}/{n}"))).timeout(ANSWER);
        let response = request.bearer_auth(&self.token).send().await.map_err(|e| AskError::NoAnswer(words(&e)))?;
        let kind = response.headers().get(reqwest::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        Ok((kind, asked(response).await?))
    }

    /// `POST /v1/people`: says something about people and their shifts, beside the outbox of an inbox that runs.
    pub async fn say(&self, command: Command) -> Result<Said, AskError> {
        post(self, "v1/people", &Say { command }).await
    }

    /// `GET /v1/calendars/{whose}/address`: the whole address of a calendar, with its secret.
    pub async fn calendar_address(&self, whose: &str) -> Result<Url, AskError> {
        let mut url = self.url("v1/calendars");
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.extend([whose, "address"]);
        }
        let address: CalendarAddress = outcome(self.http.get(url).timeout(QUICK).bearer_auth(&self.token)).await?;
        Ok(self.url(address.path.trim_start_matches('/')))
    }

    /// `GET /v1/conversations/{id}/explanation`, by a conversation's id or by the carrier's id of a text in it.
    pub async fn explanation(&self, id: &str) -> Result<Explanation, AskError> {
        let mut url = self.url("v1/conversations");
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.extend([id, "explanation"]);
        }
        outcome(self.http.get(url).timeout(QUICK).bearer_auth(&self.token)).await
    }

    /// `GET /v1/conversations/{id}/around`.
    pub async fn around(&self, id: ConversationId) -> Result<Around, AskError> {
        let url = self.url(&format!("v1/conversations/{id}/around"));
        outcome(self.http.get(url).timeout(QUICK).bearer_auth(&self.token)).await
    }

    /// `GET /v1/consent/dossier`.
    pub async fn dossier(&self, number: &Address) -> Result<Dossier, AskError> {
        let mut url = self.url("v1/consent/dossier");
        url.query_pairs_mut().append_pair("number", number.as_str());
        outcome(self.http.get(url).timeout(QUICK).bearer_auth(&self.token)).await
    }

    /// `GET /v1/consent`.
    pub async fn consent(&self, number: &Address) -> Result<ConsentView, AskError> {
        let mut url = self.url("v1/consent");
        url.query_pairs_mut().append_pair("number", number.as_str());
        outcome(self.http.get(url).timeout(QUICK).bearer_auth(&self.token)).await
    }

    /// `GET /v1/consent/rulings`: the page before an entry, or the newest.
    pub async fn rulings(&self, before: Option<u64>) -> Result<Rulings, AskError> {
        let mut url = self.url("v1/consent/rulings");
        url.query_pairs_mut().extend_pairs(before.map(|before| ("before", before.to_string())));
        outcome(self.http.get(url).timeout(QUICK).bearer_auth(&self.token)).await
    }

    /// `GET /v1/consent/blocked`: the page before a number, or the newest.
    pub async fn blocked(&self, before: Option<NumberId>) -> Result<BlockedNumbers, AskError> {
        let mut url = self.url("v1/consent/blocked");
        url.query_pairs_mut().extend_pairs(before.map(|before| ("before", before.to_string())));
        outcome(self.http.get(url).timeout(QUICK).bearer_auth(&self.token)).await
    }

    /// `POST /v1/consent/unblock`.
    pub async fn unblock(&self, number: &Address) -> Result<Said, AskError> {
        post(self, "v1/consent/unblock", &Unblock { number: number.as_str().to_owned() }).await
    }

    /// `GET /v1/reports/{name}`.
    pub async fn report(&self, name: &str, asked: &[(&str, String)]) -> Result<ReportBody, AskError> {
        let mut url = self.url(&format!("v1/reports/{name}"));
        url.query_pairs_mut().extend_pairs(asked);
        outcome(self.http.get(url).timeout(QUICK).bearer_auth(&self.token)).await
    }

    /// `GET /v1/reports/sla/replies`.
    pub async fn replies(&self, asked: &[(&str, String)]) -> Result<Replies, AskError> {
        let mut url = self.url("v1/reports/sla/replies");
        url.query_pairs_mut().extend_pairs(asked);
        outcome(self.http.get(url).timeout(QUICK).bearer_auth(&self.token)).await
    }

    /// `GET /v1/reports/{name}/conversations`.
    pub async fn behind(&self, name: &str, asked: &[(&str, String)]) -> Result<Conversations, AskError> {
        let mut url = self.url(&format!("v1/reports/{name}/conversations"));
        url.query_pairs_mut().extend_pairs(asked);
        outcome(self.http.get(url).timeout(QUICK).bearer_auth(&self.token)).await
    }

    /// `GET /v1/audit/entries`: those of these kinds, or all, among the next thousand.
    pub async fn entries(&self, after: u64, kinds: &str) -> Result<Entries, AskError> {
        let mut url = self.url("v1/audit/entries");
        url.query_pairs_mut().append_pair("after", &after.to_string());
        if !kinds.is_empty() {
            url.query_pairs_mut().append_pair("kinds", kinds);
        }
        outcome(self.http.get(url).timeout(QUICK).bearer_auth(&self.token)).await
    }

    async fn ask<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<T, Failure> {
        answer(request.bearer_auth(&self.token)).await
    }
}

/// Turns a one-time token into a device, for `comeback login`. A token for another rep than `owner` is refused, and not
/// used up by that.
pub async fn sign_in(
    base_url: &str,
    one_time_token: &str,
    device_name: &str,
    owner: Option<RepId>,
) -> Result<SignedIn, AskError> {
    let backend = Backend::new(base_url, "")?;
    let body = SignIn { token: one_time_token.to_owned(), device_name: device_name.to_owned(), rep: owner };
    post(&backend, "v1/session", &body).await
}

async fn post<B: Serialize + Sync, T: DeserializeOwned>(
    backend: &Backend,
    path: &str,
    body: &B,
) -> Result<T, AskError> {
    let mut request = backend.http.post(backend.url(path)).timeout(QUICK).json(body);
    if !backend.token.is_empty() {
        request = request.bearer_auth(&backend.token);
    }
    outcome(request).await
}

/// Why nothing is made of an answer.
const NO_BACKEND: &str = "what answers there is not a comeback backend";
const FOREIGN: &str = "its answer is not one that this version reads: see which version runs there (GET /health)";

/// What a person asked for, or why not in words for them.
async fn outcome<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, AskError> {
    let response = request.send().await.map_err(|e| AskError::NoAnswer(words(&e)))?;
    let bytes = asked(response).await?;
    serde_json::from_slice(&bytes).map_err(|_| {
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok();
        AskError::NoAnswer(if is_json { FOREIGN } else { NO_BACKEND }.to_owned())
    })
}

/// The body of an answer that says yes; else what it says, in words.
async fn asked(response: reqwest::Response) -> Result<Vec<u8>, AskError> {
    let status = response.status();
    let bytes = read(response).await.map_err(|failure| AskError::NoAnswer(failure.words()))?;
    if status.is_success() {
        return Ok(bytes);
    }
    match serde_json::from_slice::<Problem>(&bytes) {
        Ok(problem) => {
            Err(AskError::Refused { title: problem.title.trim_end_matches('.').to_owned(), hint: problem.hint })
        }
        Err(_) => Err(AskError::NoAnswer(format!("the server answered {}", status.as_u16()))),
    }
}

async fn answer<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, Failure> {
    let response = request.send().await.map_err(|e| Failure::Unreachable(words(&e)))?;
    let status = response.status();
    let after = response
        .headers()
        .get(reqwest::header::RETRY_AFTER)
        .and_then(|v| v.to_str().ok()?.parse().ok())
        .map(Duration::from_secs);
    let bytes = read(response).await?;
    if status.is_success() {
        return serde_json::from_slice(&bytes).map_err(|e| Failure::Garbage(plain(&e)));
    }
    let title = serde_json::from_slice::<Problem>(&bytes).map(|p| p.title).unwrap_or_default();
    Err(Failure::Problem { status: status.as_u16(), title, after })
}

async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| Failure::Unreachable(words(&e)))? {
        if bytes.len() + chunk.len() > MAX_ANSWER {
            return Err(Failure::Garbage("an answer without end".to_owned()));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// In a few words, without the address: it may hold a cursor.
fn words(e: &reqwest::Error) -> String {
    let what = if e.is_timeout() {
        "no answer in time"
    } else if e.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    };
    what.to_owned()
}

/// Where JSON went wrong, without quoting what was in it.
fn plain(e: &serde_json::Error) -> String {
    format!("unexpected at line {}, column {}", e.line(), e.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_travels_encrypted_or_stays_on_this_machine() {
        for ok in [
            "https://comeback.example",
            "https://x.example/base/",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
            "http://localhost",
        ] {
            assert!(Backend::new(ok, "t").is_ok(), "{ok}");
        }
        for plain in ["http://comeback.example", "http://10.0.0.1:80", "http://localhost.evil.example"] {
            assert!(matches!(Backend::new(plain, "t"), Err(BadUrl::Plain(_))), "{plain}");
        }
        for bad in ["", "comeback.example", "ftp://x", "https://", "file:///etc/passwd"] {
            assert!(matches!(Backend::new(bad, "t"), Err(BadUrl::NotAUrl(_))), "{bad}");
        }
    }

    #[test]
    fn a_path_in_the_address_is_kept() {
        let backend = Backend::new("https://x.example/comeback", "t").unwrap();
        assert_eq!(backend.url("v1/session").as_str(), "https://x.example/comeback/v1/session");
        assert!(!format!("{backend:?}").contains("\"t\""));
    }
}

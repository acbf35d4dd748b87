//! The session with Salesforce: a token by an assertion that we sign, kept until it is refused, and one at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use url::Url;

use super::jwt::{Claims, assertion, key};
use super::limits::Said;
use super::read;
use crate::clock::Clock;
use crate::config::secret::{Held, Secret};
use crate::server::crm::CrmError;
use crate::server::egress::{Ask, Egress, EgressError};

/// Where users of Salesforce sign in.
pub const LOGIN: &str = "https://login.salesforce.com";

/// Where those of sandboxes do.
pub const SANDBOX: &str = "https://test.salesforce.com";

/// The grant of RFC 7523.
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The largest answer to it.
const LARGEST: usize = 64 * 1024;

/// An open session.
pub struct Session {
    /// The token.
    pub token: Secret,
    /// The organisation's own address, which was looked at before anything is sent there.
    pub instance: Url,
    /// The id of the user who is acted for, where Salesforce told it.
    pub user: Option<String>,
    /// Which session it is: the next has a higher number.
    number: u64,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({})", self.number)
    }
}

/// What opens a session.
pub struct Login {
    /// Where: [`LOGIN`], [`SANDBOX`] or the organisation's own domain.
    pub at: Url,
    /// The connected app's consumer key.
    pub client_id: String,
    /// The user who is acted for.
    pub user: String,
    /// The private key, in PEM.
    pub key: Held,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Login({})", self.at.host_str().unwrap_or_default())
    }
}

/// Whom an assertion is for. Salesforce wants its two common addresses whatever the organisation's own domain is; one that
/// is not Salesforce's stands for itself.
pub fn audience(at: &Url) -> String {
    let host = at.host_str().unwrap_or_default();
    let ours = host == "salesforce.com" || host.ends_with(".salesforce.com");
    // A sandbox's domain is acme--dev.sandbox.my.salesforce.com, and was acme--dev.my.salesforce.com.
    let sandbox = host == "test.salesforce.com" || host.contains(".sandbox.") || host.contains("--");
    match (ours, sandbox) {
        (true, true) => SANDBOX.to_owned(),
        (true, false) => LOGIN.to_owned(),
        (false, _) => at.origin().ascii_serialization(),
    }
}

/// The sessions of a connector.
pub struct Sessions {
    egress: Egress,
    login: Login,
    within: Duration,
    clock: Arc<dyn Clock>,
    open: Mutex<Last>,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sessions({:?})", self.login)
    }
}

/// The open session, and the number of the one that was opened last.
#[derive(Default)]
struct Last {
    number: u64,
    open: Option<Arc<Session>>,
}

/// What came of asking for a token: the session, or how it was refused, and what was said of the limits with it.
type Opened = (Result<Session, CrmError>, Option<Said>);

impl Sessions {
    /// None is open.
    pub fn new(egress: Egress, login: Login, within: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { egress, login, within, clock, open: Mutex::default() }
    }

    /// The open session; another one than `refused`, when that was the open one. One asks for a token, and the others wait
    /// for the same.
    pub async fn session(&self, refused: Option<&Session>) -> Result<Arc<Session>, (CrmError, Option<Said>)> {
        let mut last = self.open.lock().await;
        let refused = refused.map_or(0, |session| session.number);
        if let Some(session) = last.open.as_ref().filter(|session| session.number > refused) {
            return Ok(Arc::clone(session));
        }
        last.open = None;
        match self.sign_in(last.number + 1).await {
            (Ok(session), _) => {
                let session = Arc::new(session);
                (last.number, last.open) = (session.number, Some(Arc::clone(&session)));
                Ok(session)
            }
            (Err(e), said) => Err((e, said)),
        }
    }

    async fn sign_in(&self, number: u64) -> Opened {
        let form = match self.proof().await {
            Ok(proof) => proof,
            Err(e) => return (Err(e), None),
        };
        let Ok(url) = self.login.at.join("/services/oauth2/token") else { return (Err(not_an_address()), None) };
        let ask = Ask::post(url).form(&[("grant_type", GRANT), ("assertion", form.expose())]);
        let answer = match self.egress.ask(ask.within(self.within).at_most(LARGEST)).await {
            Ok(answer) => answer,
            Err(e) => return (Err(unreachable(&e)), None),
        };
        let status = answer.status();
        let said = Said::of(status, |name| answer.header(name));
        let told = match (status, answer.bytes().await) {
            (_, Err(e)) => Err(unreachable(&e)),
            (200, Ok(bytes)) => read::answer::<read::Token>(&bytes).and_then(|token| self.opened(token, number)),
            (400..=403, Ok(bytes)) => {
                // A person reads that in the log: which right is missing is in no other place.
                tracing::warn!(reason = %read::unopened(&bytes), "Salesforce gives no token");
                // Whoever gets no token has no right to anything.
                Err(CrmError::Refused(status))
            }
            (_, Ok(_)) => Err(CrmError::Failing(status)),
        };
        (told, Some(said))
    }

    /// The assertion. The key is read each time, so that a new one holds at once; nobody waits for its arithmetic.
    async fn proof(&self) -> Result<Secret, CrmError> {
        let pem = self.login.key.read().await.map_err(|e| CrmError::Unreachable(e.to_string()))?;
        let (client_id, user, now) = (self.login.client_id.clone(), self.login.user.clone(), self.clock.now());
        let audience = audience(&self.login.at);
        let signed = tokio::task::spawn_blocking(move || {
            let claims = Claims { client_id: &client_id, user: &user, audience: &audience };
            assertion(&key(&pem)?, &claims, now)
        });
        let broke = |_| CrmError::Unreachable("nothing was signed".to_owned());
        signed.await.map_err(broke)?.map_err(|e| CrmError::Invalid(e.to_string()))
    }

    /// An answer says where the organisation is. That is looked at as any address that somebody else names: in the clear
    /// and inside the network only where the operator allowed it, and never with a path or a name of its own.
    fn opened(&self, token: read::Token, number: u64) -> Result<Session, CrmError> {
        let instance: Url = token.instance_url.parse().map_err(|_| not_an_address())?;
        let bare = instance.path() == "/" && instance.query().is_none() && instance.fragment().is_none();
        if !bare || !instance.username().is_empty() || instance.password().is_some() {
            return Err(CrmError::Unreadable("the organisation's address has more than a host".to_owned()));
        }
        self.egress.look(&instance).map_err(|e| CrmError::Unreadable(e.to_string()))?;
        let user = token.user().map(str::to_owned);
        let token = token.access_token;
        if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(CrmError::Unreadable("what should be a token is none".to_owned()));
        }
        Ok(Session { token: Secret::new(token), instance, user, number })
    }
}

fn unreachable(e: &EgressError) -> CrmError {
    CrmError::Unreachable(e.to_string())
}

/// Something that should be an address is none.
pub fn not_an_address() -> CrmError {
    CrmError::Unreadable(EgressError::NotAnAddress.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assertion_is_for_one_of_two_addresses_whatever_the_domain() {
        for (at, wanted) in [
            ("https://login.salesforce.com", LOGIN),
            ("https://acme.my.salesforce.com/", LOGIN),
            ("https://test.salesforce.com", SANDBOX),
            ("https://acme--dev.sandbox.my.salesforce.com", SANDBOX),
            ("https://acme--dev.my.salesforce.com", SANDBOX),
            ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080"),
            ("https://salesforce.com.evil.example", "https://salesforce.com.evil.example"),
        ] {
            assert_eq!(audience(&at.parse().unwrap()), wanted, "{at}");
        }
    }
}

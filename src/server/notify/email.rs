//! Mail, by SMTP.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MessageBuilder, MultiPart};
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use url::Url;

use super::outgoing::Attempt;
use super::report::Letter;
use crate::domain::alert::words::Words;
use crate::server::egress::{Egress, EgressError};

/// Longest wait for the mail server.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why mail cannot leave. The address may hold a password and is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMailServer {
    /// Not a mail server.
    #[error("the mail server is no address like smtps://user:password@mail.example")]
    NotAUrl,
    /// Passwords and alerts would travel in the clear.
    #[error("mail would leave in the clear: write smtps://…, or smtp://…?tls=required")]
    Plain,
    /// It is no place on the internet.
    #[error("the mail server is no place on the internet: --egress-allow says what may be called beside it")]
    Forbidden,
}

/// Whether nothing is said before TLS stands.
fn required(url: &Url) -> bool {
    url.query_pairs().any(|(key, value)| key == "tls" && value == "required")
}

/// A mail server.
pub struct Mailer {
    egress: Egress,
    url: Url,
    host: String,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mailer")
    }
}

impl Mailer {
    /// `smtps://user:password@mail.example`, or `smtp://mail.example:587?tls=required`; without TLS to what is allowed only.
    pub fn new(egress: Egress, url: &str) -> Result<Self, BadMailServer> {
        let url = Url::parse(url.trim()).map_err(|_| BadMailServer::NotAUrl)?;
        // The parser knows hosts of its own schemes only.
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(BadMailServer::NotAUrl)?.to_owned();
        let as_web = |scheme: &str| Url::parse(&format!("{scheme}://{host}/")).map_err(|_| BadMailServer::NotAUrl);
        let looked = match url.scheme() {
            "smtps" => egress.look(&as_web("https")?),
            "smtp" if required(&url) => egress.look(&as_web("https")?),
            "smtp" => egress.look(&as_web("http")?),
            _ => return Err(BadMailServer::NotAUrl),
        };
        match looked {
            Ok(()) => {}
            Err(EgressError::Plain { .. }) => return Err(BadMailServer::Plain),
            Err(EgressError::Forbidden { .. }) => return Err(BadMailServer::Forbidden),
            Err(_) => return Err(BadMailServer::NotAUrl),
        }
        let host = as_web("https")?.host_str().unwrap_or_default().to_owned();
        let made = Self { egress, url, host };
        made.transport(IpAddr::V4(Ipv4Addr::LOCALHOST))?;
        Ok(made)
    }

    /// A connection to one address, which TLS still checks by the server's name.
    fn transport(&self, ip: IpAddr) -> Result<AsyncSmtpTransport<Tokio1Executor>, BadMailServer> {
        let mut at = self.url.clone();
        let place = if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() };
        at.set_host(Some(&place)).map_err(|_| BadMailServer::NotAUrl)?;
        let builder =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(at.as_str()).map_err(|_| BadMailServer::NotAUrl)?;
        let named = || TlsParameters::new(self.host.clone()).map_err(|_| BadMailServer::NotAUrl);
        let tls = match self.url.scheme() {
            "smtps" => Tls::Wrapper(named()?),
            _ if required(&self.url) => Tls::Required(named()?),
            _ => Tls::None,
        };
        Ok(builder.tls(tls).timeout(Some(PATIENCE)).build())
    }

    /// Sends one. The id is the mail's own: a mailbox that gets it twice shows it once.
    pub(super) async fn send(&self, from: &str, to: &str, id: &str, words: &Words) -> Attempt {
        let (Ok(from), Ok(to)) = (from.parse::<Mailbox>(), to.parse::<Mailbox>()) else {
            return Attempt::Refused("an address is not one".to_owned());
        };
        let made = begun(from, to, id, words.title.clone())
            .header(ContentType::TEXT_PLAIN)
            .body(format!("{}\n", words.lines.join("\n")));
        self.hand_over(made).await
    }

    /// Sends a report: its page to be read in the mail and beside it to be opened and printed, its tables for whoever reads no
    /// HTML.
    pub(super) async fn send_report(&self, from: &str, to: &str, id: &str, letter: Letter) -> Attempt {
        let (Ok(from), Ok(to)) = (from.parse::<Mailbox>(), to.parse::<Mailbox>()) else {
            return Attempt::Refused("an address is not one".to_owned());
        };
        let Letter { title, plain, page, file } = letter;
        let beside = Attachment::new(file).body(page.clone(), ContentType::TEXT_HTML);
        let read = MultiPart::alternative_plain_html(plain, page);
        let made = begun(from, to, id, title).multipart(MultiPart::mixed().multipart(read).singlepart(beside));
        self.hand_over(made).await
    }

    async fn hand_over(&self, made: Result<Message, lettre::error::Error>) -> Attempt {
        let Ok(mail) = made else { return Attempt::Refused("the mail cannot be made".to_owned()) };
        let ip = match self.egress.find(&self.host).await {
            Ok(ip) => ip,
            Err(EgressError::Forbidden { ip, kind, .. }) => {
                return Attempt::Later(format!("the mail server is at {ip}, {}: --egress-allow", kind.words()));
            }
            Err(_) => return Attempt::Later("no address is known for the mail server".to_owned()),
        };
        let Ok(transport) = self.transport(ip) else {
            return Attempt::Later("the mail server's address is not one".to_owned());
        };
        match transport.send(mail).await {
            Ok(_) => Attempt::Accepted,
            Err(e) if e.is_permanent() => {
                let code = e.status().map_or_else(String::new, |code| format!(" ({code})"));
                Attempt::Refused(format!("the mail server refuses it{code}"))
            }
            Err(e) if breaks_tls(&e) => Attempt::Later(
                "no encrypted connection to the mail server: its certificate is not trusted, or it speaks no TLS"
                    .to_owned(),
            ),
            Err(e) if e.is_timeout() => Attempt::Later("the mail server does not answer in time".to_owned()),
            Err(_) => Attempt::Later("the mail server does not take it now".to_owned()),
        }
    }
}

/// Whether the encrypted connection did not come about: lettre tells of most of it as of any connection.
fn breaks_tls(error: &lettre::transport::smtp::Error) -> bool {
    let sources = std::iter::successors(std::error::Error::source(error), |error| error.source());
    let of_tls = |error: &(dyn std::error::Error + 'static)| {
        let io = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        error.is::<rustls::Error>() || io.and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some()
    };
    error.is_tls() || sources.into_iter().any(of_tls)
}

/// A mail that nobody wrote by hand.
fn begun(from: Mailbox, to: Mailbox, id: &str, subject: String) -> MessageBuilder {
    let host = from.email.domain().to_owned();
    let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
    let about = Message::builder().from(from).to(to).subject(subject);
    about.message_id(Some(format!("<{id}@{host}>"))).raw_header(automatic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::egress::Allow;

    #[test]
    fn a_mail_server_is_spoken_to_encrypted_or_stays_here_and_its_password_is_never_told() {
        drop(rustls::crypto::ring::default_provider().install_default());
        let here = Egress::new(Allow::loopback());
        for good in [
            "smtps://nina:s3cret@mail.example",
            "smtp://nina:s3cret@mail.example:587?tls=required",
            "smtp://127.0.0.1:2525",
            "smtp://localhost:2525",
        ] {
            let told = format!("{:?}", Mailer::new(here.clone(), good).unwrap_or_else(|e| panic!("{good}: {e}")));
            assert_eq!(told, "Mailer");
        }
        for (bad, why) in [
            ("smtp://nina:s3cret@mail.example:587", BadMailServer::Plain),
            ("smtp://mail.example?tls=opportunistic", BadMailServer::Plain),
            ("smtps://nina:s3cret@10.0.0.7", BadMailServer::Forbidden),
            ("https://mail.example", BadMailServer::NotAUrl),
            ("mail.example", BadMailServer::NotAUrl),
            ("", BadMailServer::NotAUrl),
        ] {
            let told = Mailer::new(here.clone(), bad).unwrap_err();
            assert_eq!(told, why, "{bad}");
            assert!(!told.to_string().contains("s3cret"));
        }
    }
}

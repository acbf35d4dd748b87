//! Mail, by SMTP.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use url::Url;

use super::outgoing::Attempt;
use crate::domain::alert::words::Words;
use crate::server::is_here;

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
}

/// A mail server.
pub struct Mailer(AsyncSmtpTransport<Tokio1Executor>);

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mailer")
    }
}

impl Mailer {
    /// `smtps://user:password@mail.example`, or `smtp://mail.example:587?tls=required`; without TLS on this machine only.
    pub fn new(url: &str) -> Result<Self, BadMailServer> {
        let parsed = Url::parse(url.trim()).map_err(|_| BadMailServer::NotAUrl)?;
        let required = parsed.query_pairs().any(|(key, value)| key == "tls" && value == "required");
        // The parser knows hosts of its own schemes only.
        let host = parsed.host_str().ok_or(BadMailServer::NotAUrl)?;
        let as_web = Url::parse(&format!("http://{host}/")).map_err(|_| BadMailServer::NotAUrl)?;
        match parsed.scheme() {
            "smtps" => {}
            "smtp" if required || is_here(&as_web) => {}
            "smtp" => return Err(BadMailServer::Plain),
            _ => return Err(BadMailServer::NotAUrl),
        }
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.trim()).map_err(|_| BadMailServer::NotAUrl)?;
        Ok(Self(builder.timeout(Some(PATIENCE)).build()))
    }

    /// Sends one. The id is the mail's own: a mailbox that gets it twice shows it once.
    pub(super) async fn send(&self, from: &str, to: &str, id: &str, words: &Words) -> Attempt {
        let (Ok(from), Ok(to)) = (from.parse::<Mailbox>(), to.parse::<Mailbox>()) else {
            return Attempt::Refused("an address is not one".to_owned());
        };
        let host = from.email.domain().to_owned();
        let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
        let made = Message::builder()
            .from(from)
            .to(to)
            .subject(words.title.clone())
            .message_id(Some(format!("<{id}@{host}>")))
            .header(ContentType::TEXT_PLAIN)
            .raw_header(automatic)
            .body(format!("{}\n", words.lines.join("\n")));
        let Ok(mail) = made else { return Attempt::Refused("the mail cannot be made".to_owned()) };
        match self.0.send(mail).await {
            Ok(_) => Attempt::Accepted,
            Err(e) if e.is_permanent() => {
                let code = e.status().map_or_else(String::new, |code| format!(" ({code})"));
                Attempt::Refused(format!("the mail server refuses it{code}"))
            }
            Err(e) if e.is_timeout() => Attempt::Later("the mail server does not answer in time".to_owned()),
            Err(_) => Attempt::Later("the mail server does not take it now".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_server_is_spoken_to_encrypted_or_stays_here_and_its_password_is_never_told() {
        drop(rustls::crypto::ring::default_provider().install_default());
        for good in [
            "smtps://nina:s3cret@mail.example",
            "smtp://nina:s3cret@mail.example:587?tls=required",
            "smtp://127.0.0.1:2525",
            "smtp://localhost:2525",
        ] {
            let told = format!("{:?}", Mailer::new(good).unwrap_or_else(|e| panic!("{good}: {e}")));
            assert_eq!(told, "Mailer");
        }
        for (bad, why) in [
            ("smtp://nina:s3cret@mail.example:587", BadMailServer::Plain),
            ("smtp://mail.example?tls=opportunistic", BadMailServer::Plain),
            ("https://mail.example", BadMailServer::NotAUrl),
            ("mail.example", BadMailServer::NotAUrl),
            ("", BadMailServer::NotAUrl),
        ] {
            let told = Mailer::new(bad).unwrap_err();
            assert_eq!(told, why, "{bad}");
            assert!(!told.to_string().contains("s3cret"));
        }
    }
}

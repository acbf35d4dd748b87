//! The assertion that opens Salesforce: OAuth 2.0's JWT bearer flow (RFC 7523), signed with RSA and SHA-256 by the private
//! key whose certificate the connected app has. Pure but for the blinding of the signature.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;

use crate::config::secret::Secret;
use crate::domain::time::{Span, Timestamp};

/// How long an assertion is good for: Salesforce takes three minutes at most, and clocks differ.
const VALID: Span = Span::seconds(150);

/// Why nothing can be signed. The key does not appear in the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not PEM.
    #[error("the key is no private key in PEM: it begins with -----BEGIN PRIVATE KEY-----")]
    NotPem,
    /// Another kind.
    #[error("the key is not an RSA key of 2048 to 4096 bits, which is what Salesforce believes")]
    NotRsa,
    /// The machine has no randomness.
    #[error("nothing can be signed: this machine gives no random numbers")]
    NotSigned,
}

/// What an assertion says.
#[derive(Clone, Copy, Debug)]
pub struct Claims<'a> {
    /// The connected app's consumer key.
    pub client_id: &'a str,
    /// The user who is acted for, by their user name.
    pub user: &'a str,
    /// Whom it is for: `https://login.salesforce.com`, or its sandboxes' `https://test.salesforce.com`.
    pub audience: &'a str,
}

/// The key of a PEM text: PKCS#8 (`BEGIN PRIVATE KEY`) or PKCS#1 (`BEGIN RSA PRIVATE KEY`).
pub fn key(pem: &Secret) -> Result<RsaKeyPair, KeyError> {
    match PrivateKeyDer::from_pem_slice(pem.expose().as_bytes()) {
        Ok(PrivateKeyDer::Pkcs8(der)) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).map_err(|_| KeyError::NotRsa),
        Ok(PrivateKeyDer::Pkcs1(der)) => RsaKeyPair::from_der(der.secret_pkcs1_der()).map_err(|_| KeyError::NotRsa),
        Ok(_) => Err(KeyError::NotRsa),
        Err(_) => Err(KeyError::NotPem),
    }
}

/// An assertion, good from now for two minutes and a half.
pub fn assertion(key: &RsaKeyPair, claims: &Claims<'_>, now: Timestamp) -> Result<Secret, KeyError> {
    let header = json!({ "alg": "RS256", "typ": "JWT" }).to_string();
    let expires = (now + VALID).millis().div_euclid(1000);
    let body =
        json!({ "iss": claims.client_id, "sub": claims.user, "aud": claims.audience, "exp": expires }).to_string();
    let said = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(body));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), said.as_bytes(), &mut signature)
        .map_err(|_| KeyError::NotSigned)?;
    Ok(Secret::new(format!("{said}.{}", URL_SAFE_NO_PAD.encode(signature))))
}

#[cfg(test)]
mod tests {
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;

    const PEM: &str = include_str!("../../../../assets/emulator/salesforce-key.pem");
    const CLAIMS: Claims<'_> =
        Claims { client_id: "3MVG9", user: "sms@acme.example", audience: "https://login.salesforce.com" };

    fn pkcs1() -> String {
        let lines: String = PEM.lines().filter(|line| !line.starts_with('-')).collect();
        let der = base64::engine::general_purpose::STANDARD.decode(lines).unwrap();
        // PKCS#8 puts 26 bytes before a PKCS#1 key of 2048 bits.
        let body = base64::engine::general_purpose::STANDARD.encode(&der[26..]);
        format!("-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\n")
    }

    #[test]
    fn an_assertion_says_who_is_acted_for_and_is_signed_by_either_form_of_the_key() {
        let now = Timestamp::from_millis(1_772_550_000_999);
        for pem in [PEM.to_owned(), pkcs1()] {
            let key = key(&Secret::new(pem.trim())).unwrap();
            let made = assertion(&key, &CLAIMS, now).unwrap();
            let (said, signature) = made.expose().rsplit_once('.').unwrap();
            let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
            let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public().as_ref());
            public.verify(said.as_bytes(), &signature).unwrap();
            let (header, body) = said.split_once('.').unwrap();
            let told = |part: &str| -> serde_json::Value {
                serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
            };
            assert_eq!(told(header), json!({ "alg": "RS256", "typ": "JWT" }));
            assert_eq!(
                told(body),
                json!({ "iss": "3MVG9", "sub": "sms@acme.example", "aud": "https://login.salesforce.com", "exp": 1_772_550_150 })
            );
        }
    }

    #[test]
    fn what_is_no_rsa_key_is_told_without_repeating_it() {
        let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
        let cut = PEM.lines().take(9).chain(["-----END PRIVATE KEY-----"]).collect::<Vec<_>>().join("\n");
        let curve = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
                     -----END PRIVATE KEY-----";
        for (text, wanted) in [
            ("", KeyError::NotPem),
            ("3MVG9secret", KeyError::NotPem),
            (certificate, KeyError::NotPem),
            (&cut, KeyError::NotRsa),
            (curve, KeyError::NotRsa),
        ] {
            let told = key(&Secret::from(text)).unwrap_err();
            assert_eq!(told, wanted, "{text}");
            assert!(!told.to_string().contains("secret"));
        }
    }
}

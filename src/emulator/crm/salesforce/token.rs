//! The emulated Salesforce's token endpoint: OAuth 2.0's JWT bearer flow, whose signature is really checked.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};

use super::Shared;

/// The organisation's id.
pub(super) const ORGANISATION: &str = "00D5g0000000001EAA";

/// Seconds that an assertion may be good for.
const LONGEST: i64 = 180;

/// The public half of a private key in PEM, which stands for the certificate that an operator uploads. Nothing for what is
/// no such key.
pub(super) fn public(pem: &str) -> Option<Vec<u8>> {
    let lines: String = pem.lines().map(str::trim).filter(|line| !line.starts_with('-')).collect();
    let key = RsaKeyPair::from_pkcs8(&STANDARD.decode(lines).ok()?).ok()?;
    Some(key.public().as_ref().to_vec())
}

/// Where the app's user says who they are.
pub(super) fn identity(shared: &Shared) -> String {
    format!("{}/id/{ORGANISATION}/{}", shared.base_url, shared.api_user)
}

fn refused(error: &str, description: &str) -> Response {
    let body = json!({ "error": error, "error_description": description });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

/// Gives a token, or says why not.
pub(super) fn token(shared: &Shared, form: &[u8]) -> Response {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(form).into_owned().collect();
    let value = |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    if value("grant_type") != Some("urn:ietf:params:oauth:grant-type:jwt-bearer") {
        return refused("unsupported_grant_type", "grant type not supported");
    }
    let config = &shared.config;
    let claims = match claims(value("assertion").unwrap_or_default(), &shared.public) {
        Ok(claims) => claims,
        Err(why) => return refused("invalid_grant", why),
    };
    let now = shared.millis().div_euclid(1000);
    let expires = claims["exp"].as_i64().unwrap_or_default();
    if claims["iss"] != config.client_id {
        return refused("invalid_client_id", "client identifier invalid");
    }
    let audience = config.audience.as_deref().unwrap_or(&shared.base_url);
    if claims["aud"] != audience {
        return refused("invalid_grant", "audience is invalid");
    }
    if expires <= now || expires > now + LONGEST {
        return refused("invalid_grant", "expired authorization code");
    }
    if claims["sub"] != config.user {
        return refused("invalid_grant", "user hasn't approved this consumer");
    }
    let mut seen = shared.seen();
    if seen.faults.no_token.strikes() {
        return refused("inactive_user", "user is inactive");
    }
    seen.tokens += 1;
    let token = format!("00D5g0000000001!AQ{:06}.{}", seen.tokens, &config.client_id);
    seen.open.push(token.clone());
    let instance = seen.faults.instance.clone().unwrap_or_else(|| shared.base_url.clone());
    let id = identity(shared);
    let body =
        json!({ "access_token": token, "scope": "api", "instance_url": instance, "id": id, "token_type": "Bearer" });
    Json(body).into_response()
}

/// What an assertion says, once its signature is believed.
fn claims(assertion: &str, public: &[u8]) -> Result<Value, &'static str> {
    const WRONG: &str = "invalid assertion";
    let (said, signature) = assertion.rsplit_once('.').ok_or(WRONG)?;
    let (header, body) = said.split_once('.').ok_or(WRONG)?;
    let told = |part: &str| -> Option<Value> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok() };
    if told(header).ok_or(WRONG)?["alg"] != "RS256" {
        return Err("invalid alg: only RS256 is taken");
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| WRONG)?;
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public);
    key.verify(said.as_bytes(), &signature).map_err(|_| WRONG)?;
    told(body).ok_or(WRONG)
}

//! Who asks: a bearer token names a device, a device names a rep. Only hashes of tokens are stored.

use axum::extract::FromRequestParts;
use axum::http::{StatusCode, header, request::Parts};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::problem::Failure;
use super::{App, RequestId};
use crate::domain::playbook::Role;
use crate::server::store::{ApiKey, Device};

/// The signed-in device of a request, and the hash of its token, to be asked about again after a wait.
#[derive(Clone, Debug)]
pub struct SignedInDevice(pub Device, pub TokenHash);

/// The SHA-256 of a token.
pub type TokenHash = [u8; 32];

/// A fresh token of 256 random bits, with a prefix that secret scanners can find.
pub fn new_token(prefix: &str) -> String {
    let bits: [u8; 32] = rand::random();
    format!("{prefix}_{}", URL_SAFE_NO_PAD.encode(bits))
}

/// What is stored of a token. It has 256 random bits, so a plain hash needs no salt.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The API key of a request.
#[derive(Clone, Debug)]
pub struct Keyed(pub ApiKey);

impl FromRequestParts<App> for Keyed {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let request_id = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
        let token = token_hash(bearer(parts).ok_or_else(no_key)?);
        let found = app.service.store().api_key(token).await;
        found.map_err(|e| Failure::of_store(request_id, &e))?.map(Self).ok_or_else(no_key)
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    let header = parts.headers.get(header::AUTHORIZATION).and_then(|h| h.to_str().ok());
    header.and_then(|h| h.strip_prefix("Bearer ")).map(str::trim)
}

fn no_key() -> Failure {
    Failure::new(
        StatusCode::UNAUTHORIZED,
        "no_api_key",
        "This needs an API key, and the one given is missing, unknown or revoked.",
        "Ask your operator for one: comeback api-key add NAME. Send it as Authorization: Bearer KEY.",
    )
}

impl FromRequestParts<App> for SignedInDevice {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let request_id = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|h| h.to_str().ok());
        let token = token_hash(header.and_then(token_of).ok_or_else(signed_out)?.trim());
        signed_in(app, token, request_id).await.map(|device| Self(device, token))
    }
}

/// A signed-in device of somebody who reads the whole record: an auditor or an admin.
#[derive(Clone, Debug)]
pub struct ReadsTheRecord(pub Device);

impl FromRequestParts<App> for ReadsTheRecord {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let SignedInDevice(device, _) = SignedInDevice::from_request_parts(parts, app).await?;
        match app.service.playbook().role_of(&device.rep) {
            Some(Role::Auditor | Role::Admin) => Ok(Self(device)),
            Some(Role::Rep | Role::Lead) | None => Err(Failure::new(
                StatusCode::FORBIDDEN,
                "not_an_auditor",
                "The whole record is read by auditors and admins.",
                "Ask for [auditor.NAME] in the playbook.",
            )),
        }
    }
}

/// The token a header carries: as such, or as the password of HTTP Basic (RFC 7617), which is all that calendar programs
/// can.
fn token_of(header: &str) -> Option<String> {
    if let Some(token) = header.strip_prefix("Bearer ") {
        return Some(token.to_owned());
    }
    let pair = STANDARD.decode(header.strip_prefix("Basic ")?.trim()).ok()?;
    let (_, password) =
        String::from_utf8(pair).ok()?.split_once(':').map(|(name, word)| (name.len(), word.to_owned()))?;
    Some(password)
}

/// The device with a token. To be asked again after a wait: it may have been revoked meanwhile.
pub(super) async fn signed_in(app: &App, token: TokenHash, request_id: Option<String>) -> Result<Device, Failure> {
    let found = app.service.store().device(token).await;
    let device = found.map_err(|e| Failure::of_store(request_id, &e))?.ok_or_else(signed_out)?;
    // Somebody who left the playbook sees nothing, whatever their devices hold.
    if app.service.playbook().role_of(&device.rep).is_some() { Ok(device) } else { Err(signed_out()) }
}

fn signed_out() -> Failure {
    Failure::new(
        StatusCode::UNAUTHORIZED,
        "signed_out",
        "This device is not signed in.",
        "Ask your operator for a one-time token, then: comeback login URL --token-stdin",
    )
}

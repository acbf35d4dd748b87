//! What an answer to a send proves, for every carrier that speaks HTTP.
//!
//! **Invariant:** `Refused` and `Busy` need a proof that the text never left: the carrier's own refusal, a status by
//! which a server says that it did not act, or a connection that never stood. Whatever proves nothing is `Unknown`: the
//! carrier may have the text, and it is not sent again.

use super::SendOutcome;
use crate::server::egress::EgressError;

/// Too many requests (RFC 6585): nothing was taken.
const TOO_MANY: u16 = 429;

/// The answer did not come in time (RFC 9110). Proxies say it too, of a request that they have handed on.
const TIMED_OUT: u16 = 408;

/// Statuses by which a server, or what stands before it, says that it did not act on the request (RFC 9110, RFC 6585).
/// Others are left out on purpose: 409 and 425 speak of an earlier request, 499 and 460 of a client that went away.
const DID_NOT_ACT: [u16; 16] = [400, 401, 403, 404, 405, 407, 411, 413, 414, 415, 417, 421, 422, 426, 428, 431];

/// What a status says. `code` is the carrier's own error, 0 when the answer holds none; `too_fast` are those of them by
/// which it took nothing; `taken` reads a success.
pub(super) fn of_status(status: u16, code: u32, too_fast: &[u32], taken: impl FnOnce() -> SendOutcome) -> SendOutcome {
    match status {
        200..300 => taken(),
        TOO_MANY => SendOutcome::Busy,
        TIMED_OUT => SendOutcome::Unknown,
        400..500 if too_fast.contains(&code) => SendOutcome::Busy,
        400..500 if code != 0 => SendOutcome::Refused { code },
        400..500 if DID_NOT_ACT.contains(&status) => SendOutcome::Refused { code: u32::from(status) },
        // A 5xx may come after the text was taken, and who answers a redirect may have acted on the request.
        _ => SendOutcome::Unknown,
    }
}

/// What a request without an answer says.
pub(super) fn of_failure(e: &EgressError) -> SendOutcome {
    if e.stays() {
        tracing::error!(error = %e, "the carrier cannot be called, and its answers wait");
    }
    // Nothing was written to a connection that never stood (no address, refused, no TLS), nor by a request that could
    // not be made. After that the request may have been written, whatever went wrong.
    if e.never_left() { SendOutcome::Busy } else { SendOutcome::Unknown }
}

//! Twilio's webhooks as every carrier's are checked and read.

use std::collections::BTreeSet;

use super::parse::{self, Malformed, Params};
use super::signature::{Refused, Signed, verify};
use super::{Twilio, tokens_of};
use crate::domain::contact::Address;
use crate::server::carrier::hook::{Report, Text};
use crate::server::carrier::{Heard, Hooked, Said, Unbelieved, Unreadable};
use crate::server::store::CarrierLine;

const FORM: &str = "application/x-www-form-urlencoded";

const JSON: &str = "application/json";

fn params(hooked: &Hooked<'_>) -> Result<Params, Malformed> {
    if hooked.method == "GET" {
        Params::form(hooked.query.as_bytes())
    } else if hooked.is(FORM) {
        Params::form(hooked.body)
    } else if hooked.is(JSON) {
        Params::json(hooked.body)
    } else {
        Err(Malformed::MediaType)
    }
}

/// The account that is named, when one of its tokens signed.
pub(super) fn signer(lines: &[CarrierLine], hooked: &Hooked<'_>) -> Result<BTreeSet<String>, Unbelieved> {
    let params = params(hooked).map_err(|e| Unbelieved::Unreadable(e.to_string()))?;
    let account = params.get("AccountSid").unwrap_or_default();
    let signed = if hooked.method == "GET" {
        Signed::Nothing
    } else if hooked.is(JSON) {
        Signed::Json(hooked.body)
    } else {
        Signed::Form(&params)
    };
    verify(&tokens_of(lines, account), hooked.url, signed, hooked.header("x-twilio-signature"))
        .map_err(|why| Unbelieved::Forged(explain(hooked, why).to_string()))?;
    Ok([account.to_owned()].into())
}

/// A webhook signed with the newer scheme is told apart from a forged one.
fn explain(hooked: &Hooked<'_>, why: Refused) -> Refused {
    if hooked.headers.contains_key("x-twilio-webhooks-signature-settings") { Refused::SharedKey } else { why }
}

/// Reads a text or a report, by the hook it came to.
pub(super) fn heard(hooked: &Hooked<'_>) -> Result<Heard, Unreadable> {
    let unreadable = |e: &Malformed| Unreadable(e.to_string());
    let params = params(hooked).map_err(|e| unreadable(&e))?;
    let said = if hooked.path == "inbound" {
        Said::Text(text(parse::inbound(&params).map_err(|e| unreadable(&e))?))
    } else {
        let message = hooked.reported().ok_or_else(|| unreadable(&Malformed::Missing("message id")))?;
        let said = parse::status(&params).map_err(|e| unreadable(&e))?;
        let from = params.get("From").and_then(|from| Address::parse(from).ok());
        let report = |delivery| Report { message, account: Some(said.account), from, delivery, error: said.error };
        said.delivery.map_or(Said::Nothing("unknown_word"), |delivery| Said::Report(report(delivery)))
    };
    Ok(Heard { said, raw: params.to_json() })
}

fn text(text: parse::InboundText) -> Text {
    Text {
        id: text.sid,
        account: Some(text.account),
        service: text.service,
        from: text.from,
        to: text.to,
        body: text.body,
        media: text.media,
        opt_out_type: text.opt_out_type,
        sent: None,
    }
}

impl Twilio {
    /// What a line of it names, and what stands behind `/hooks/`.
    pub const KIND: &'static str = "twilio";
}

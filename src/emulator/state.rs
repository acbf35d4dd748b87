//! What the carrier knows: numbers, messages, opt-outs, and its logs. One mutex guards it; no lock is held over IO.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::buyers::World;
use super::crm::Written;
use super::dice::Dice;
use super::faults::Faults;
use super::message::{Direction, Media, Message};
use super::optout::Keyword;
use super::outside::Heard;
use crate::domain::time::Timestamp;

/// One of our lines, as it is set up at the carrier.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Number {
    /// E.164.
    pub number: String,
    /// The messaging service (MG and 32 hexadecimal digits) whose pool it is in.
    pub messaging_service_sid: Option<String>,
    /// Where inbound texts are posted; its fragment may carry connection overrides.
    pub sms_url: Option<String>,
    /// `GET` or `POST`; POST when not set.
    pub sms_method: Option<String>,
    /// Where they go when `sms_url` fails.
    pub sms_fallback_url: Option<String>,
    /// `GET` or `POST`; POST when not set.
    pub sms_fallback_method: Option<String>,
    /// An application whose webhook takes the place of all `sms_…` above.
    pub sms_application_sid: Option<String>,
    /// Kept and shown. As at Twilio it is for calls: status callbacks of texts go to the URL in the send's request, or
    /// to the messaging service's.
    pub status_callback: Option<String>,
    /// Advanced Opt-Out: only with it does the webhook of a STOP carry `OptOutType`.
    pub advanced_opt_out: bool,
    /// No buyer texts it by themselves: it pages reps.
    pub pages: bool,
    /// Buyers whose numbers have one of these area codes text it, and nobody else does by themselves. Empty is for
    /// everybody else's number.
    pub areas: Vec<String>,
}

/// A webhook with a name, for numbers that choose it in place of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Application {
    pub(crate) url: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) fallback_url: Option<String>,
    pub(crate) fallback_method: Option<String>,
}

/// A messaging service: a pool of numbers that opts people out as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Service {
    /// Whether inbound texts go to the number's webhook or to the service's.
    pub(crate) use_inbound_webhook_on_number: bool,
    /// The service's own webhook.
    pub(crate) inbound_request_url: Option<String>,
    pub(crate) inbound_method: Option<String>,
    /// Where they go when that fails.
    pub(crate) fallback_url: Option<String>,
    pub(crate) fallback_method: Option<String>,
    /// Status callbacks of sends that name no URL.
    pub(crate) status_callback: Option<String>,
}

impl Default for Service {
    fn default() -> Self {
        Self {
            use_inbound_webhook_on_number: true,
            inbound_request_url: None,
            inbound_method: None,
            fallback_url: None,
            fallback_method: None,
            status_callback: None,
        }
    }
}

/// One `POST Messages`, accepted or refused.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SendRecord {
    /// The new message; none when refused.
    pub(crate) sid: Option<String>,
    pub(crate) to: String,
    pub(crate) from: String,
    pub(crate) body: String,
    /// Virtual time.
    pub(crate) at: String,
    /// Twilio's error code (or the HTTP status of a fault) when refused.
    pub(crate) refused: Option<i64>,
    /// `api`, or `twiml` for a text written into a webhook's answer.
    pub(crate) via: &'static str,
}

/// One webhook: all the attempts at one URL. No words of the message.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Hook {
    /// `inbound`, `fallback` or `status`.
    pub(crate) kind: &'static str,
    pub(crate) sid: String,
    pub(crate) url: String,
    /// The last answer, if any came.
    pub(crate) status: Option<u16>,
    /// Twilio's error code (11200 retrieval failed, 12300 not `TwiML`) when it failed.
    pub(crate) error: Option<u32>,
    /// What happened, in words.
    pub(crate) why: Option<String>,
    pub(crate) attempts: u32,
    /// Virtual time of its end.
    pub(crate) at: String,
    /// `MessageStatus` of a status callback.
    pub(crate) message_status: Option<String>,
}

/// The carrier's memory.
#[derive(Debug)]
pub(crate) struct State {
    seed: u64,
    run: u64,
    made: u64,
    pub(crate) numbers: Vec<Number>,
    pub(crate) services: BTreeMap<String, Service>,
    pub(crate) applications: BTreeMap<String, Application>,
    pub(crate) messages: Vec<Message>,
    /// (our number or service, their number).
    pub(crate) opted_out: BTreeSet<(String, String)>,
    pub(crate) sends: Vec<SendRecord>,
    pub(crate) hooks: Vec<Hook>,
    pub(crate) heard: Vec<Heard>,
    /// What was written into the CRM, oldest first.
    pub(crate) written: Vec<Written>,
    pub(crate) faults: Faults,
    pub(crate) world: World,
    pub(crate) paused: bool,
    /// Buyers have done everything up to here.
    pub(crate) buyers_until: Timestamp,
}

impl State {
    /// A carrier with these numbers and nothing said yet.
    pub(crate) fn new(seed: u64, run: u64, numbers: Vec<Number>, faults: Faults, world: World) -> Self {
        let in_services = numbers.iter().filter_map(|n| n.messaging_service_sid.clone());
        let services = in_services.map(|sid| (sid, Service::default())).collect();
        let (paused, buyers_until) = (world.plan.paused, world.start);
        Self {
            seed,
            run,
            made: 0,
            numbers,
            services,
            applications: BTreeMap::new(),
            messages: Vec::new(),
            opted_out: BTreeSet::new(),
            sends: Vec::new(),
            hooks: Vec::new(),
            heard: Vec::new(),
            written: Vec::new(),
            faults,
            world,
            paused,
            buyers_until,
        }
    }

    /// The world's seed.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// A sid never given before in this run.
    pub(crate) fn new_sid(&mut self, prefix: &str) -> String {
        self.made += 1;
        let seed = self.seed ^ self.run.rotate_left(32);
        format!("{prefix}{}", Dice::new(seed, prefix, self.made).hex(32))
    }

    /// One of our numbers.
    pub(crate) fn number(&self, number: &str) -> Option<&Number> {
        self.numbers.iter().find(|n| n.number == number)
    }

    /// One of our numbers, to be changed.
    pub(crate) fn number_mut(&mut self, number: &str) -> Option<&mut Number> {
        self.numbers.iter_mut().find(|n| n.number == number)
    }

    /// A message by its sid.
    pub(crate) fn message(&self, sid: &str) -> Option<&Message> {
        self.messages.iter().find(|m| m.sid == sid)
    }

    /// A message by its sid, to be changed.
    pub(crate) fn message_mut(&mut self, sid: &str) -> Option<&mut Message> {
        self.messages.iter_mut().find(|m| m.sid == sid)
    }

    /// What an opt-out from this number covers: its messaging service, or the number alone.
    pub(crate) fn opt_out_scope(&self, number: &str) -> String {
        let service = self.number(number).and_then(|n| n.messaging_service_sid.clone());
        service.unwrap_or_else(|| number.to_owned())
    }

    /// Whether the person at `to` has opted out of texts from `number`.
    pub(crate) fn is_opted_out(&self, number: &str, to: &str) -> bool {
        self.opted_out.contains(&(self.opt_out_scope(number), to.to_owned()))
    }

    /// The number a service sends from: the one last used with this person, else the pool's first.
    pub(crate) fn sender_of(&self, service: &str, to: &str) -> Option<String> {
        let in_pool = |n: &&Number| n.messaging_service_sid.as_deref() == Some(service);
        let sticky = self.messages.iter().rev().find_map(|m| {
            let ours = if m.direction == Direction::Inbound { &m.to } else { &m.from };
            let theirs = if m.direction == Direction::Inbound { &m.from } else { &m.to };
            self.number(ours).filter(in_pool).filter(|_| theirs == to).map(|n| n.number.clone())
        });
        sticky.or_else(|| self.numbers.iter().find(in_pool).map(|n| n.number.clone()))
    }

    /// Takes in a buyer's text: lists it, obeys its keyword, answers a keyword as the carrier does. Returns its sid.
    pub(crate) fn take_inbound(&mut self, at: Timestamp, from: &str, to: &str, body: &str, media: &[String]) -> String {
        let sid = self.new_sid(if media.is_empty() { "SM" } else { "MM" });
        let media = media.iter().map(|kind| Media { sid: self.new_sid("ME"), content_type: kind.clone() }).collect();
        let service = self.number(to).and_then(|n| n.messaging_service_sid.clone());
        self.messages.push(Message {
            sid: sid.clone(),
            from: from.to_owned(),
            to: to.to_owned(),
            body: body.to_owned(),
            media,
            direction: Direction::Inbound,
            status: "received",
            error_code: None,
            service,
            created: at,
            sent: Some(at),
            updated: at,
        });
        let pair = (self.opt_out_scope(to), from.to_owned());
        let keyword = Keyword::of(body);
        let changed = match keyword {
            Some(Keyword::Stop) => {
                self.world.stopped(at, from);
                self.opted_out.insert(pair)
            }
            // YES from someone who never opted out is an ordinary word: the carrier says nothing.
            Some(Keyword::Start) => {
                self.world.started(from);
                self.opted_out.remove(&pair)
            }
            Some(Keyword::Help) => true,
            None => false,
        };
        if let Some(keyword) = keyword.filter(|_| changed) {
            self.carrier_reply(at, to, from, keyword.confirmation());
        }
        sid
    }

    /// A text that the carrier sends by itself.
    pub(crate) fn carrier_reply(&mut self, at: Timestamp, from: &str, to: &str, body: &str) -> String {
        let sid = self.new_sid("SM");
        let service = self.number(from).and_then(|n| n.messaging_service_sid.clone());
        self.messages.push(Message {
            sid: sid.clone(),
            from: from.to_owned(),
            to: to.to_owned(),
            body: body.to_owned(),
            media: Vec::new(),
            direction: Direction::Reply,
            status: "delivered",
            error_code: None,
            service,
            created: at,
            sent: Some(at),
            updated: at,
        });
        sid
    }
}

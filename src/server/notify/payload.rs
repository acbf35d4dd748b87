//! What a webhook is told, as JSON: `type`, `timestamp` and `data`, as Standard Webhooks recommends. And the form of
//! Slack.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::domain::alert::brief::Brief;
use crate::domain::alert::words::Words;
use crate::domain::alert::{Redact, To, What};
use crate::domain::answering::Answering;
use crate::domain::consent::Scope;
use crate::domain::contact::Address;
use crate::domain::id::ContactId;
use crate::domain::safe_text::SafeText;
use crate::domain::time::Timestamp;
use crate::journal::to_hex;
use crate::server::store::Subject;
use crate::server::store::notice::NoticeRow;

/// Conversations listed in one message, so that it stays within the 20 kB that receivers may count on.
const LISTED: usize = 20;

/// A notice with what may be said of its conversation.
pub(super) struct Told {
    pub(super) row: NoticeRow,
    pub(super) subject: Option<Subject>,
    /// Whose consent it is about.
    pub(super) whose: Option<Whose>,
}

/// A number whose consent another system is told of, and what the CRM calls the people behind it.
pub(super) struct Whose {
    pub(super) number: Address,
    pub(super) contacts: BTreeSet<ContactId>,
}

/// The key by which receivers know a message again: a bundle with another part in it is another message.
pub(super) fn id(ids: &[Uuid]) -> String {
    match ids {
        [one] => one.to_string(),
        several => {
            let mut hash = Sha256::new();
            for id in several {
                hash.update(id.as_bytes());
            }
            to_hex(&hash.finalize()[..16])
        }
    }
}

/// The body of a webhook.
pub(super) fn webhook(told: &[Told], briefs: &[Option<Brief>], open: &[(String, Brief)], redact: Redact) -> Value {
    let all: Vec<Value> = told.iter().zip(briefs).map(|(told, brief)| one(told, brief.as_ref(), redact)).collect();
    let at = told.iter().map(|told| told.row.notice.at).min().unwrap_or_default();
    let (kind, mut data) = match (told, all.as_slice()) {
        ([single], [data]) => (kind(&single.row.notice.what), data.clone()),
        _ => ("alert.bundle", json!({ "alerts": all })),
    };
    if let [Told { row, .. }] = told
        && let What::HandOff { team, schedule, from } = &row.notice.what
    {
        let listed = open.iter().take(LISTED).map(|(id, brief)| with_parts(json!({ "conversation": id }), brief));
        data["team"] = json!(team);
        data["schedule"] = json!(schedule);
        data["from"] = json!(from);
        data["open"] = listed.collect();
        data["open_count"] = json!(open.len());
    }
    json!({ "type": kind, "timestamp": written(at), "data": data })
}

/// The type of a single message.
const fn kind(what: &What) -> &'static str {
    match what {
        What::Alert { occasion, .. } => match occasion {
            crate::domain::alert::Occasion::Offered => "alert.offered",
            crate::domain::alert::Occasion::Pool => "alert.pool",
            crate::domain::alert::Occasion::Climbed => "alert.climbed",
            crate::domain::alert::Occasion::HandedBack => "alert.handed_back",
            crate::domain::alert::Occasion::Warn => "alert.warn",
            crate::domain::alert::Occasion::Breach => "alert.breach",
            crate::domain::alert::Occasion::HandOff => "alert.hand_off",
            crate::domain::alert::Occasion::Ruling => "alert.ruling",
            crate::domain::alert::Occasion::Approval => "alert.approval",
            crate::domain::alert::Occasion::Note => "alert.note",
        },
        What::HandOff { .. } => "alert.hand_off",
        What::Broken(_) => "expectation.broken",
        What::LineStopped { .. } => "line.stopped",
        What::Handled { .. } => "reply.received",
        What::Pause { .. } => "campaign.pause",
        What::Resume { .. } => "campaign.resume",
        What::Consent { out: true, .. } => "consent.opted_out",
        What::Consent { out: false, .. } => "consent.opted_in",
        What::Told { .. } => "page.told",
        What::Report { .. } => "report.due",
    }
}

fn one(told: &Told, brief: Option<&Brief>, redact: Redact) -> Value {
    let notice = &told.row.notice;
    let mut data = json!({ "what": notice.what.word(), "conversation": notice.conversation });
    if let To::Rep(rep) = &notice.to {
        data["rep"] = json!(rep);
    }
    match &notice.what {
        What::Broken(sentence) => data["sentence"] = json!(sentence),
        What::LineStopped { line, code } => {
            data["line"] = json!(line);
            data["error"] = json!(code);
        }
        What::Handled { message, use_case } => {
            data["message"] = json!(message);
            data["use_case"] = json!(use_case);
        }
        What::Pause { use_case } | What::Resume { use_case } => data["use_case"] = json!(use_case),
        What::Consent { seq, source, scope, said, .. } => {
            data["entry"] = json!(seq);
            data["scope"] = json!(scope.word());
            data["source"] = json!(source);
            data["said"] = json!(written(*said));
            if let Scope::Programme { lines, .. } = scope {
                data["lines"] = json!(lines);
            }
            // Without the number nobody could obey: a channel that is told of consent is named for just that.
            if let Some(Whose { number, contacts }) = &told.whose {
                data["number"] = json!(number);
                data["contacts"] = json!(contacts);
            }
        }
        What::Alert { message: Some(message), .. } => data["message"] = json!(message),
        What::Alert { message: None, .. } | What::HandOff { .. } | What::Told { .. } | What::Report { .. } => {}
    }
    if let (What::Handled { .. } | What::Pause { .. } | What::Resume { .. }, Some(subject)) =
        (&notice.what, &told.subject)
    {
        // The CRM's own ids: who that is, only the CRM can tell.
        data["contacts"] = json!(subject.state.contacts);
        data["line"] = json!(subject.state.line);
        // As the tool that sent it calls it: one use case may be meant by many campaigns.
        data["campaign"] = json!(subject.answering.as_ref().map(|sent| &sent.campaign));
        // By its own id of the text the tool finds the person, also where the number may not be told.
        data["send"] = json!(subject.answering.as_ref().and_then(send));
        if redact == Redact::None {
            data["from"] = json!(subject.address);
        }
    }
    match (brief, &notice.what) {
        (Some(brief), What::Alert { .. } | What::Handled { .. }) => with_parts(data, brief),
        _ => data,
    }
}

/// The campaign's text that is answered, as the tool that reported it knows it.
fn send(sent: &Answering) -> Option<Value> {
    let reported = sent.send.as_ref()?;
    Some(json!({ "id": reported.id, "reported_by": reported.by, "sent_at": written(sent.at) }))
}

/// A brief's parts as members of an object.
fn with_parts(data: Value, brief: &Brief) -> Value {
    let mut object = match data {
        Value::Object(object) => object,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    };
    let texts = [
        ("cohort", Some(&brief.cohort).filter(|cohort| !cohort.is_empty())),
        ("about", brief.use_case.as_ref()),
        ("who", brief.who.as_ref()),
        ("account", brief.account.as_ref()),
        ("deal", brief.deal.as_ref()),
        ("stage", brief.stage.as_ref()),
        ("intent", brief.intent.as_ref()),
        ("last_touch", brief.touch.as_ref()),
        ("next_step", brief.next.as_ref()),
        ("why", brief.why.as_ref()),
        ("words", brief.words.as_ref()),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            object.insert(key.to_owned(), json!(text));
        }
    }
    if let (Some(due), Some(left)) = (brief.due, brief.left) {
        object.insert("due".to_owned(), json!(written(due)));
        object.insert("seconds_left".to_owned(), json!(left.as_seconds()));
    }
    Value::Object(object)
}

fn written(at: Timestamp) -> String {
    at.utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// The body for Slack and its relatives: three signs are theirs.
pub(super) fn slack(words: &Words, whom: Option<&str>) -> Value {
    let plain = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let whom = whom.map_or_else(String::new, |name| format!("{}: ", plain(SafeText::line(name).as_str())));
    let mut text = format!("{whom}*{}*", plain(&words.title));
    for line in &words.lines {
        text = format!("{text}\n{}", plain(line));
    }
    json!({ "text": text })
}

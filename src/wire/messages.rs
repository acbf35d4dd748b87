//! Texts as a carrier's log has them: the table that its console exports, or the objects that its API answers.
//!
//! Twilio's console writes `From,To,Body,Status,SentDate,…,Sid,Direction,…`, its API and its bulk exports objects with
//! `from`, `to`, `date_sent`, `sid`, …; Telnyx's reports `cli`, `cld` and `created_at`, its API objects whose `from` and
//! `to` hold `phone_number` and `status`. Names are the same to us in whatever case, with anything between their words.

use std::collections::BTreeMap;

use serde_json::Value;

use super::rows::{self, Column};
use super::table::FileRow;

/// One text. Personal data: redacted in `Debug`, and kept nowhere.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MessageRow {
    /// The carrier's id of it.
    pub id: Option<String>,
    /// `inbound`, `outbound-api`, `outbound`, …
    pub direction: String,
    /// Who texted; empty for a text of ours that never got a number.
    pub from: String,
    /// To whom.
    pub to: String,
    /// How it stands, in the carrier's word.
    pub status: Option<String>,
    /// When it left.
    pub sent_at: Option<String>,
    /// When it came.
    pub received_at: Option<String>,
    /// When the carrier first knew of it.
    pub created_at: Option<String>,
    /// The words, where the log has them.
    pub body: Option<String>,
}

impl std::fmt::Debug for MessageRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MessageRow(…)")
    }
}

impl MessageRow {
    /// Reads one row, and says what is wrong without repeating what stands there. Members it does not know are passed
    /// over.
    pub fn read(json: &str) -> Result<Self, String> {
        rows::read_put_right(json, put_right, Self::from_columns)
    }

    /// A row of named texts. An empty one is none.
    pub fn from_columns(column: Column<'_>) -> Result<Self, String> {
        let more = |key: &str| Ok::<_, String>(column(key)?.filter(|text| !text.trim().is_empty()));
        let first = |keys: &[&str]| {
            let mut found = Ok(None);
            for key in keys {
                found = more(key);
                if !matches!(found, Ok(None)) {
                    break;
                }
            }
            found
        };
        Ok(Self {
            id: first(&IDS)?,
            direction: more("direction")?.ok_or("direction is missing")?,
            from: more("from")?.unwrap_or_default(),
            to: more("to")?.unwrap_or_default(),
            status: more("status")?,
            sent_at: more("sent_at")?,
            received_at: more("received_at")?,
            created_at: more("created_at")?,
            body: column("body")?,
        })
    }

    /// When it came, when it is the buyer's, or left, when it is ours: as near to it as the log tells.
    pub fn at(&self, is_buyers: bool) -> Option<&str> {
        let (first, second) =
            if is_buyers { (&self.received_at, &self.sent_at) } else { (&self.sent_at, &self.received_at) };
        first.as_deref().or(second.as_deref()).or(self.created_at.as_deref())
    }
}

/// What carriers call a text's id: where there are several, the first of these is it.
const IDS: [&str; 3] = ["sid", "id", "uuid"];

/// What carriers call its time.
const TIMES: [&str; 3] = ["sent_at", "received_at", "created_at"];

impl FileRow for MessageRow {
    const NEEDED: &'static [&'static str] = &["direction", "from", "to"];
    const MORE: &'static [&'static str] =
        &["sid", "id", "uuid", "status", "sent_at", "received_at", "created_at", "body"];
    const ONE_OF: &'static [&'static [&'static str]] = &[&IDS, &TIMES];

    fn called(written: &str) -> String {
        let plain: String = written.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let ours = match plain.as_str() {
            "cli" => "from",
            "cld" => "to",
            "messagesid" => "sid",
            "text" => "body",
            "datesent" | "sentdate" | "sentat" => "sent_at",
            "datereceived" | "receiveddate" | "receivedat" => "received_at",
            "datecreated" | "createddate" | "createdat" => "created_at",
            other => other,
        };
        ours.to_owned()
    }

    fn of_columns(column: Column<'_>) -> Result<Self, String> {
        Self::from_columns(column)
    }

    fn of_json(json: &str) -> Result<Self, String> {
        Self::read(json)
    }
}

/// Members by our names. Whom a text is from and to may be an object, or a list of one, with how it stands there.
fn put_right(members: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let mut right = BTreeMap::new();
    for (written, value) in members {
        let name = MessageRow::called(&written);
        let only = value.as_array().filter(|all| all.len() == 1).and_then(|all| all.first()).cloned();
        let value = only.unwrap_or(value);
        match value.as_object().filter(|_| matches!(name.as_str(), "from" | "to")) {
            Some(party) => {
                let status = party.get("status").filter(|_| name == "to").cloned();
                right.extend(status.map(|status| ("status".to_owned(), status)));
                right.extend(party.get("phone_number").cloned().map(|number| (name, number)));
            }
            None => {
                right.insert(name, value);
            }
        }
    }
    right
}

#[cfg(test)]
mod tests {
    use super::super::table::{Rows, Wrong};
    use super::*;

    /// The rows of a table, each in one line, or why there is none.
    fn table(text: &str) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.csv");
        std::fs::write(&path, text).unwrap();
        let rows = Rows::<MessageRow>::open(&path, std::fs::File::open(&path).unwrap())?;
        let told = |row: Result<MessageRow, Wrong>| match row {
            Ok(row) => told(&row),
            Err(Wrong::Row(why) | Wrong::File(why)) => why,
        };
        Ok(rows.map(|(_, row)| told(row)).collect())
    }

    fn told(row: &MessageRow) -> String {
        let is_buyers = row.direction.eq_ignore_ascii_case("inbound");
        let said = [row.id.as_deref(), row.status.as_deref(), row.at(is_buyers), row.body.as_deref()];
        let said = said.map(Option::unwrap_or_default).join("|");
        format!("{}|{}|{}|{said}", row.direction, row.from, row.to)
    }

    #[test]
    fn a_log_is_read_as_consoles_export_it() {
        for (what, text, wanted) in [
            (
                "Twilio's console",
                "From,To,Body,Status,SentDate,ApiVersion,NumSegments,ErrorCode,AccountSid,Sid,Direction,Price,PriceUnit\n\
                 +1,+2,\"Hi, you\",received,2026-03-02T15:00:00Z,2010-04-01,1,,AC1,SM1,inbound,-0.0079,USD\n",
                "inbound|+1|+2|SM1|received|2026-03-02T15:00:00Z|Hi, you",
            ),
            (
                "in another order and case, with semicolons",
                "date_sent;SID;TO;from;direction;status;Date_Created\nd;SM2;+2;+1;outbound-api;failed;c\n",
                "outbound-api|+1|+2|SM2|failed|d|",
            ),
            (
                "one that never left has no date of its own",
                "DateSent,Sid,To,From,Direction,Status,DateCreated\n,SM3,+2,,outbound-api,canceled,c\n",
                "outbound-api||+2|SM3|canceled|c|",
            ),
            (
                "Telnyx's report",
                "created_at,profile_name,direction,parts,status,cld,cli,id,message_type\nc,p,INBOUND,1,RECEIVED,+2,+1,9b6,SMS\n",
                "INBOUND|+1|+2|9b6|RECEIVED|c|",
            ),
            (
                "when it came, not when it was made",
                "id,direction,from,to,sent_at,received_at,created_at,text\n1,inbound,+1,+2,s,r,c,Hi\n",
                "inbound|+1|+2|1||r|Hi",
            ),
        ] {
            assert_eq!(table(text), Ok(vec![wanted.to_owned()]), "{what}");
        }
    }

    #[test]
    fn a_table_that_lacks_a_column_says_which() {
        for (header, wanted) in [
            ("Sid,To,Direction,SentDate", "names no column \"from\"; write it direction,from,to"),
            ("From,To,Direction,SentDate", "names none of the columns sid, id, uuid"),
            ("Sid,From,To,Direction", "names none of the columns sent_at, received_at, created_at"),
            ("Sid,From,Cli,To,Direction,SentDate", "names the column \"from\" twice"),
        ] {
            let said = table(&format!("{header}\n")).expect_err(header);
            assert!(said.contains(wanted), "{header}: {said}");
        }
        assert_eq!(
            table("Sid,From,To,Direction,SentDate\nSM1,+1,+2,,d\n"),
            Ok(vec!["direction is missing".to_owned()])
        );
    }

    #[test]
    fn a_log_is_read_as_apis_answer_it() {
        let twilio = r#"{"sid":"SM1","account_sid":"AC1","from":"+1","to":"+2","body":"Hi","status":"received",
            "direction":"inbound","date_sent":"Mon, 02 Mar 2026 15:00:00 +0000","num_segments":"1","error_code":null,
            "subresource_uris":{"media":"/m"}}"#;
        assert_eq!(
            MessageRow::read(twilio).as_ref().map(told),
            Ok("inbound|+1|+2|SM1|received|Mon, 02 Mar 2026 15:00:00 +0000|Hi".to_owned())
        );
        let telnyx = r#"{"record_type":"message","id":"834f","direction":"outbound","type":"sms","cost":{"cost":"1"},
            "from":{"phone_number":"+1","carrier":"x"},"to":[{"phone_number":"+2","status":"delivery_failed"}],
            "text":"Hello","sent_at":null,"received_at":"r","errors":[]}"#;
        assert_eq!(
            MessageRow::read(telnyx).as_ref().map(told),
            Ok("outbound|+1|+2|834f|delivery_failed|r|Hello".to_owned())
        );
        for (json, wanted) in [
            (r#"{"to":"+2"}"#, "direction is missing"),
            (
                r#"{"direction":"inbound","to":[{"phone_number":"+2"},{"phone_number":"+3"}]}"#,
                "to is not a text in quotes",
            ),
            (r#"{"to":"+2","to":"+3"}"#, "a member stands there twice and says two things"),
            ("[]", "not an object in { }"),
        ] {
            assert_eq!(MessageRow::read(json), Err(wanted.to_owned()), "{json}");
        }
    }
}

//! `GET /2010-04-01/Accounts/{sid}/Messages.json`: newest first, filtered by person and date, in pages.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde_json::{Value, json};

use super::{answer, error, page_base};
use crate::domain::time::{Span, Timestamp};
use crate::emulator::message::Message;
use crate::emulator::shared::Shared;

/// A filter on the date, as Twilio writes it: `DateSent=`, `DateSent>=` and `DateSent<=` (the query's *name* ends in
/// `>` or `<`). A bare day means the whole of it, and `DateSent=` is about a day even when given an instant: Twilio's
/// libraries write every date as one. Dates are compared in whole seconds, as they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Dates {
    from: Timestamp,
    until: Timestamp,
}

/// A day, UTC.
const DAY: Span = Span::minutes(24 * 60);

/// What is asked for.
#[derive(Debug)]
struct Filter {
    to: Option<String>,
    from: Option<String>,
    dates: Dates,
    page_size: usize,
    page: usize,
    /// The last sid of the page before: a page holds still while new texts arrive.
    after: Option<String>,
}

impl Filter {
    /// Reads a query; the error is the name of what cannot be read.
    fn parse(query: &str) -> Result<Self, String> {
        let mut filter = Self {
            to: None,
            from: None,
            dates: Dates { from: Timestamp::MIN, until: Timestamp::MAX },
            page_size: 50,
            page: 0,
            after: None,
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let day = || date(&value).ok_or_else(|| name.clone().into_owned());
            let count = || value.parse::<usize>().map_err(|_| name.clone().into_owned());
            match name.as_ref() {
                "To" => filter.to = phone(&value),
                "From" => filter.from = phone(&value),
                "DateSent" => {
                    let midnight = day()?.0.millis().div_euclid(DAY.as_millis()) * DAY.as_millis();
                    let from = Timestamp::from_millis(midnight);
                    filter.dates = Dates { from, until: from + DAY - Span::seconds(1) };
                }
                "DateSent>" => filter.dates.from = day()?.0,
                "DateSent<" => filter.dates.until = day()?.1,
                "PageSize" => filter.page_size = count()?.clamp(1, 1000),
                "Page" => filter.page = count()?,
                "PageToken" => filter.after = value.strip_prefix("PA").map(str::to_owned),
                _ => {}
            }
        }
        Ok(filter)
    }

    fn takes(&self, message: &Message) -> bool {
        let sent = second(message.date());
        self.to.as_ref().is_none_or(|to| *to == message.to)
            && self.from.as_ref().is_none_or(|from| *from == message.from)
            && self.dates.from <= sent
            && sent <= self.dates.until
    }

    /// Where the page begins in the filtered list.
    fn start(&self, list: &[&Message]) -> usize {
        let after = self.after.as_ref().and_then(|sid| list.iter().position(|m| m.sid == *sid));
        after.map_or_else(|| self.page.saturating_mul(self.page_size), |i| i + 1).min(list.len())
    }
}

/// An empty filter is no filter; a plus sign left unescaped in a query arrives as a space.
fn phone(value: &str) -> Option<String> {
    let value = value.strip_prefix(' ').map_or_else(|| value.to_owned(), |digits| format!("+{digits}"));
    Some(value).filter(|v| !v.is_empty())
}

fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.millis().div_euclid(1000) * 1000)
}

/// The first and the last second that a date stands for.
fn date(text: &str) -> Option<(Timestamp, Timestamp)> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        let first: Timestamp = day.and_hms_opt(0, 0, 0)?.and_utc().into();
        return Some((first, first + Span::seconds(86_399)));
    }
    let exact = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_rfc2822(text))
        .map(|at| at.to_utc())
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").map(|at| at.and_utc()));
    // A plus sign of a zone may have become a space on its way.
    let exact = exact.or_else(|_| DateTime::parse_from_rfc3339(&text.replace(' ', "+")).map(|at| at.to_utc()));
    let at = second(exact.ok()?.into());
    Some((at, at))
}

/// The handler.
pub(crate) async fn list(State(shared): State<Arc<Shared>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let filter = match Filter::parse(&query) {
        Ok(filter) => filter,
        Err(name) => return error(StatusCode::BAD_REQUEST, 20001, &format!("Invalid parameter {name}")),
    };
    let path = format!("{}/2010-04-01/Accounts/{}/Messages.json", page_base(&shared, &headers), shared.account_sid);
    let mut state = shared.state();
    if state.faults.list_500.strikes() {
        return error(StatusCode::INTERNAL_SERVER_ERROR, 20500, "Internal Server Error");
    }
    let mut found: Vec<(usize, &Message)> =
        state.messages.iter().enumerate().filter(|(_, m)| filter.takes(m)).collect();
    found.sort_by_key(|(i, m)| std::cmp::Reverse((second(m.date()), *i)));
    let list: Vec<&Message> = found.into_iter().map(|(_, m)| m).collect();
    answer(StatusCode::OK, &page(&path, &shared.account_sid, &filter, &query, &list))
}

fn page(path: &str, account: &str, filter: &Filter, query: &str, list: &[&Message]) -> Value {
    let start = filter.start(list);
    let shown = &list[start..list.len().min(start.saturating_add(filter.page_size))];
    let uri = |page: usize, token: Option<&str>| {
        let kept = form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| !matches!(name.as_ref(), "Page" | "PageSize" | "PageToken"));
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept);
        query.append_pair("PageSize", &filter.page_size.to_string()).append_pair("Page", &page.to_string());
        if let Some(sid) = token {
            query.append_pair("PageToken", &format!("PA{sid}"));
        }
        format!("{path}?{}", query.finish())
    };
    let more = shown.last().filter(|_| start + shown.len() < list.len());
    let previous = filter.page.checked_sub(1).map(|before| {
        let token = start.checked_sub(filter.page_size + 1).and_then(|i| list.get(i));
        uri(before, token.map(|m| m.sid.as_str()))
    });
    json!({
        "end": (start + shown.len()).saturating_sub(1),
        "first_page_uri": uri(0, None),
        "messages": shown.iter().map(|m| m.json(account)).collect::<Vec<_>>(),
        "next_page_uri": more.map(|m| uri(filter.page + 1, Some(&m.sid))),
        "page": filter.page,
        "page_size": filter.page_size,
        "previous_page_uri": previous,
        "start": start,
        "uri": uri(filter.page, filter.after.as_deref()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::tests::carrier;

    fn at(text: &str) -> Timestamp {
        DateTime::parse_from_rfc3339(text).expect("a date").to_utc().into()
    }

    #[test]
    fn dates_are_read_as_twilio_writes_them() {
        let day = (at("2026-03-03T00:00:00Z"), at("2026-03-03T23:59:59Z"));
        let instant = at("2026-03-03T15:00:05Z");
        assert_eq!(date("2026-03-03"), Some(day));
        for text in [
            "2026-03-03T15:00:05Z",
            "2026-03-03T15:00:05.900Z",
            "2026-03-03T16:00:05+01:00",
            "2026-03-03T16:00:05 01:00",
            "2026-03-03 15:00:05.000",
            "Tue, 03 Mar 2026 15:00:05 +0000",
        ] {
            assert_eq!(date(text), Some((instant, instant)), "{text}");
        }
        assert_eq!(date("yesterday"), None);
    }

    #[test]
    fn the_sign_belongs_to_the_querys_name() {
        for query in ["DateSent%3E=2026-03-03&DateSent%3C=2026-03-04", "DateSent>=2026-03-03&DateSent<=2026-03-04"] {
            let filter = Filter::parse(query).unwrap();
            let wanted = Dates { from: at("2026-03-03T00:00:00Z"), until: at("2026-03-04T23:59:59Z") };
            assert_eq!(filter.dates, wanted, "{query}");
        }
        let day = Dates { from: at("2026-03-03T00:00:00Z"), until: at("2026-03-03T23:59:59Z") };
        assert_eq!(Filter::parse("DateSent=2026-03-03T15:00:00Z").unwrap().dates, day);
        assert_eq!(Filter::parse("To=+14155550123").unwrap().to.as_deref(), Some("+14155550123"));
        assert_eq!(Filter::parse("DateSent=soon").unwrap_err(), "DateSent");
        assert_eq!(Filter::parse("PageSize=many").unwrap_err(), "PageSize");
    }

    #[test]
    fn pages_meet_without_gap_or_overlap_while_texts_arrive() {
        let mut state = carrier();
        let mut text = |n: i64| {
            let at = Timestamp::from_millis(n * 1000);
            state.take_inbound(at, "+14155550123", "+16465550100", &n.to_string(), &[]);
            state.messages.clone()
        };
        let mut messages = Vec::new();
        for n in 0..5 {
            messages = text(n);
        }
        let newest_first = |messages: &[Message], query: &str| {
            let list: Vec<&Message> = messages.iter().rev().collect();
            page("/m.json", "AC1", &Filter::parse(query).unwrap(), query, &list)
        };
        let bodies = |page: &Value| -> Vec<String> {
            page["messages"].as_array().unwrap().iter().map(|m| m["body"].as_str().unwrap().to_owned()).collect()
        };
        let first = newest_first(&messages, "PageSize=2");
        assert_eq!(bodies(&first), ["4", "3"]);
        let next = first["next_page_uri"].as_str().unwrap().split_once('?').unwrap().1.to_owned();
        messages = text(5);
        let second = newest_first(&messages, &next);
        assert_eq!(bodies(&second), ["2", "1"]);
        let next = second["next_page_uri"].as_str().unwrap().split_once('?').unwrap().1.to_owned();
        let third = newest_first(&messages, &next);
        assert_eq!((bodies(&third), third["next_page_uri"].is_null()), (vec!["0".to_owned()], true));
    }
}

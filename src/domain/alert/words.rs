//! An alert in words: for a mail and a chat as lines, for a phone as one short text.

use super::brief::Brief;
use super::{Occasion, What};
use crate::domain::safe_text::SafeText;

/// Conversations named in one message; more are counted.
pub const NAMED: usize = 5;

/// Letters of a text to a phone: two segments, so that it neither costs nor hides.
pub const PAGE: usize = 300;

/// One thing to be told, with what may be said of its conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub what: What,
    /// Of the conversation, when it is about one.
    pub brief: Option<Brief>,
}

/// A message: a title, and lines below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// One line.
    pub title: String,
    /// The rest.
    pub lines: Vec<String>,
}

/// Several things as one message. `open` are the conversations that are open when on call changes hands; the names of the
/// giver and of the team are given by `name`.
pub fn message(items: &[Item], open: &[Brief], name: impl Fn(&What) -> String) -> Words {
    match items {
        [one] => single(one, open, name),
        several => {
            let late = several.iter().filter(|item| occasion(&item.what) == Some(Occasion::Breach)).count();
            let late = if late == 0 { String::new() } else { format!(", {late} late") };
            let title = format!("{} replies want you{late}", several.len());
            let lines = several.iter().map(|item| {
                let said = occasion(&item.what).map_or("", Occasion::words);
                match &item.brief {
                    Some(brief) => format!("{said}: {}", brief.line()),
                    None => said.to_owned(),
                }
            });
            Words { title, lines: shortened(lines.collect()) }
        }
    }
}

fn single(item: &Item, open: &[Brief], name: impl Fn(&What) -> String) -> Words {
    let title = match &item.what {
        What::Alert { occasion, .. } => {
            let left = item.brief.as_ref().and_then(Brief::time_left);
            left.map_or_else(|| occasion.words().to_owned(), |left| format!("{} · {left}", occasion.words()))
        }
        What::HandOff { .. } => format!("{}{}", Occasion::HandOff.words(), name(&item.what)),
        What::Broken(_) => "The playbook's expectations do not hold with the people who are here".to_owned(),
        What::LineStopped { .. } => "Nothing leaves from one of our lines".to_owned(),
        What::Handled { .. } => "A reply that Sales does not handle".to_owned(),
        What::Pause { .. } => "Sales talks to this buyer: pause the campaign".to_owned(),
        What::Resume { .. } => "Sales has done: the campaign may go on".to_owned(),
        What::Consent { out: true, .. } => "A number opted out".to_owned(),
        What::Consent { out: false, .. } => "A number opted in".to_owned(),
        What::Told { said, .. } => SafeText::line(said).as_str().to_owned(),
        What::Report { name, .. } => format!("The report {} is due", SafeText::line(name).as_str()),
    };
    let mut lines = Vec::new();
    if let What::HandOff { .. } = item.what {
        lines.push(match open.len() {
            0 => "Nothing is open.".to_owned(),
            1 => "One conversation is open:".to_owned(),
            n => format!("{n} conversations are open:"),
        });
        lines.extend(shortened(open.iter().map(Brief::headline).collect()));
    }
    if let What::Broken(sentence) = &item.what {
        lines.push(SafeText::line(sentence).as_str().to_owned());
    }
    if let What::LineStopped { line, code } = &item.what {
        let line = SafeText::line(line);
        lines.push(format!(
            "{}: the carrier refuses with error {code}. Answers wait. Put it right there, then: comeback line resume",
            line.as_str()
        ));
    }
    if let Some(brief) = &item.brief {
        // An alert's title says the time left already.
        let told = |label: &str| label == ANSWER && matches!(item.what, What::Alert { .. });
        let parts = parts(brief).into_iter().filter(|(label, _)| !told(label));
        lines.extend(parts.map(|(label, said)| format!("{label}: {said}")));
    }
    Words { title, lines }
}

/// The part that says how long is left.
const ANSWER: &str = "Answer";

/// The parts of a brief with their labels, those that are known and may be told.
pub fn parts(brief: &Brief) -> Vec<(&'static str, String)> {
    let who = match (&brief.who, &brief.account) {
        (Some(who), Some(account)) => Some(format!("{who}, {account}")),
        (one, other) => one.clone().or_else(|| other.clone()),
    };
    let next = brief.next.clone().map(|next| match &brief.why {
        Some(why) => format!("{next} ({why})"),
        None => next,
    });
    let all = [
        ("From", who),
        ("Class", Some(brief.cohort.clone()).filter(|cohort| !cohort.is_empty())),
        ("About", brief.use_case.clone()),
        ("Deal", brief.deal.clone()),
        ("Stage", brief.stage.clone()),
        ("Intent", brief.intent.clone()),
        ("Last touch", brief.touch.clone()),
        ("They wrote", brief.words.clone()),
        ("Next step", next),
        (ANSWER, brief.time_left()),
    ];
    all.into_iter().filter_map(|(label, said)| Some((label, said?))).collect()
}

/// A short text for a phone. `takes` says that answering `1` takes the first one.
pub fn page(items: &[Item], open: &[Brief], takes: bool, name: impl Fn(&What) -> String) -> String {
    let text = if let [Item { what: What::Alert { occasion, .. }, brief: Some(brief) }] = items {
        format!("{}: {}.", occasion.words(), brief.line())
    } else {
        let words = message(items, open, name);
        let mut text = words.title;
        for (n, line) in words.lines.iter().enumerate() {
            if text.chars().count() + line.chars().count() + 2 > PAGE - 40 {
                let named = items.len().max(words.lines.len());
                text = format!("{text}\nand {} more", named - n);
                break;
            }
            text = format!("{text}\n{line}");
        }
        text
    };
    let takes = match (takes, items.len()) {
        (false, _) => "",
        (true, 1) => " Reply 1 to take it.",
        (true, _) => "\nReply 1 to take the first.",
    };
    let room = PAGE - takes.chars().count();
    let text = if text.chars().count() > room { text.chars().take(room - 1).chain(['…']).collect() } else { text };
    format!("{text}{takes}")
}

fn occasion(what: &What) -> Option<Occasion> {
    match what {
        What::Alert { occasion, .. } => Some(*occasion),
        What::HandOff { .. } => Some(Occasion::HandOff),
        What::Broken(_)
        | What::LineStopped { .. }
        | What::Handled { .. }
        | What::Pause { .. }
        | What::Resume { .. }
        | What::Consent { .. }
        | What::Report { .. }
        | What::Told { .. } => None,
    }
}

fn shortened(mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > NAMED {
        let more = lines.len() - NAMED;
        lines.truncate(NAMED);
        lines.push(format!("and {more} more"));
    }
    lines
}

//! Consent, in sentences.

use crate::domain::consent::rules::{EvidenceRule, Replies, ScopeRule};
use crate::domain::playbook::Playbook;

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    let rules = &playbook.consent;
    let mut lines = vec![match rules.scope {
        ScopeRule::Tenant => "A STOP to one of our numbers is a STOP to all of them.".to_owned(),
        ScopeRule::Programme => "A STOP to a number is one to its whole programme.".to_owned(),
        ScopeRule::Number => "A STOP to a number is one to that number alone.".to_owned(),
    }];
    for (name, own) in &rules.programmes {
        let labels: Vec<&str> =
            own.iter().map(|line| playbook.lines.get(line).map_or(line.as_str(), |l| l.label.as_str())).collect();
        lines.push(format!("  The programme \"{name}\" is {}.", labels.join(", ")));
    }
    lines.extend(
        match rules.evidence {
            EvidenceRule::Optional => None,
            EvidenceRule::Ask => {
                Some("To a buyer who never wrote and whose consent is not on record a rep is asked before a text goes.")
            }
            EvidenceRule::Required => {
                Some("To a buyer who never wrote and whose consent is not on record nothing goes, whatever a rep says.")
            }
        }
        .map(str::to_owned),
    );
    let by = |replies: Replies| match replies {
        Replies::Carrier => "the carrier",
        Replies::Us => "us",
    };
    lines.push(format!("A STOP is confirmed by {}, once.", by(rules.replies)));
    for (line, replies) in rules.line_replies.iter().filter(|(_, replies)| **replies != rules.replies) {
        let label = playbook.lines.get(line).map_or(line.as_str(), |l| l.label.as_str());
        lines.push(format!("  On {label} by {}.", by(*replies)));
    }
    if let Some(help) = &rules.help {
        lines.push(format!("Where we answer HELP, we say: “{help}”"));
    }
    for (language, words) in &rules.words {
        let said = |words: &[String]| words.join(", ");
        let all = [("stops", &words.stop), ("starts", &words.start), ("asks who we are", &words.help)];
        let all = all.iter().filter(|(_, words)| !words.is_empty());
        let all: Vec<String> = all.map(|(what, words)| format!("{} {what}", said(words))).collect();
        lines.push(format!("In {language}: {}.", all.join("; ")));
    }
    if !rules.tell.is_empty() {
        lines.push(format!("Every opt-out and opt-in is told to {}.", rules.tell.join(" and ")));
    }
    lines
}

//! Define: does Sales handle this reply, and how urgent is it?

use serde::{Deserialize, Serialize};

use super::answering::Answering;
use super::context::Card;
use super::id::{LineId, TeamId};
use super::playbook::{Cohort, Playbook, UseCase};
use super::regulated;
use super::spoken::{self, folded};

/// What told the use case. In the order in which they are asked; a pattern or a word is the playbook's own, never the
/// buyer's text or the marketing tool's name for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The text it answers: by this pattern of its campaign, or by the use case its report names.
    Send {
        /// The pattern.
        campaign: Option<String>,
    },
    /// The campaign the CRM names, likewise.
    Crm {
        /// The pattern.
        campaign: Option<String>,
    },
    /// A word of the reply, or of an earlier one of the same conversation.
    Keyword {
        /// As the playbook writes it.
        word: String,
    },
    /// What the line is for.
    Line,
}

impl Evidence {
    /// As explanations say it: "because …".
    pub fn words(&self) -> String {
        match self {
            Self::Send { campaign: Some(pattern) } => format!("it answers a text of a campaign \"{pattern}\""),
            Self::Send { campaign: None } => "the text it answers was reported for it".to_owned(),
            Self::Crm { campaign: Some(pattern) } => format!("the CRM names a campaign \"{pattern}\""),
            Self::Crm { campaign: None } => "the CRM names it".to_owned(),
            Self::Keyword { word } => format!("the buyer wrote \"{word}\""),
            Self::Line => "that is what the line is for".to_owned(),
        }
    }
}

/// Everything that may tell the use case of a reply.
#[derive(Clone, Copy, Debug)]
pub struct Signs<'a> {
    /// The line it came to.
    pub line: &'a LineId,
    /// The text it answers.
    pub answering: Option<&'a Answering>,
    /// People of the CRM behind the number.
    pub cards: &'a [Card],
    /// The words of the reply, when it is read now.
    pub words: Option<&'a str>,
    /// What this conversation is about so far, while it goes on, and what told so.
    pub before: Option<(&'a str, Option<&'a Evidence>)>,
}

/// What the reply is about, and what told so: the text it answers, else the campaign the CRM names, else a word of it,
/// else what the line is for. A name or campaign that the playbook does not know says nothing, so that a typo elsewhere
/// never loses a reply. What is regulated stays so, whatever is said meanwhile: a word of the buyer's opens no other door.
/// On a line that is itself for something regulated, nothing but another regulated use case is heard: neither a campaign
/// nor a field of the CRM lets free text out of it.
pub fn of(playbook: &Playbook, signs: &Signs<'_>) -> (String, Evidence) {
    if let Some((use_case, evidence)) = signs.before.filter(|(use_case, _)| regulated::of(playbook, use_case).is_some())
    {
        return (use_case.to_owned(), evidence.cloned().unwrap_or(Evidence::Line));
    }
    let told = told(playbook, signs).filter(|(use_case, _)| is_heard(playbook, signs.line, use_case));
    told.unwrap_or_else(|| {
        let line = playbook.lines.get(signs.line).map_or("", |line| line.use_case.as_str());
        (line.to_owned(), Evidence::Line)
    })
}

/// Whether a reply on a line may be about a use case: on a line for something regulated it is about nothing that is not.
pub fn is_heard(playbook: &Playbook, line: &LineId, use_case: &str) -> bool {
    let is_regulated = |use_case: &str| regulated::of(playbook, use_case).is_some();
    let own = playbook.lines.get(line).map_or("", |line| line.use_case.as_str());
    !is_regulated(own) || is_regulated(use_case)
}

/// What anything but the line itself tells.
fn told(playbook: &Playbook, signs: &Signs<'_>) -> Option<(String, Evidence)> {
    let by_send = signs.answering.and_then(|sent| named(playbook, sent.use_case.as_deref(), &sent.campaign));
    if let Some((use_case, campaign)) = by_send {
        return Some((use_case, Evidence::Send { campaign }));
    }
    let campaigns = signs.cards.iter().filter_map(|card| card.campaign.as_ref());
    let mut by_crm = campaigns.filter_map(|c| named(playbook, Some(&c.use_case), &c.name));
    if let Some((use_case, campaign)) = by_crm.next() {
        return Some((use_case, Evidence::Crm { campaign }));
    }
    let before = signs.before.and_then(|(use_case, evidence)| {
        let word = evidence.filter(|told| matches!(told, Evidence::Keyword { .. }))?;
        playbook.use_cases.contains_key(use_case).then_some((use_case, word))
    });
    match (signs.words.and_then(|words| by_keyword(playbook, words)), before) {
        // The same again, by whichever word, is no news.
        (Some((use_case, _)), Some((known, evidence))) if use_case == known => Some((use_case, evidence.clone())),
        (Some((use_case, word)), _) => Some((use_case, Evidence::Keyword { word })),
        (None, Some((known, evidence))) => Some((known.to_owned(), evidence.clone())),
        (None, None) => None,
    }
}

/// A use case by its own name, else by a campaign's; and the pattern that fits.
fn named(playbook: &Playbook, use_case: Option<&str>, campaign: &str) -> Option<(String, Option<String>)> {
    if let Some(known) = use_case.filter(|name| playbook.use_cases.contains_key(*name)) {
        return Some((known.to_owned(), None));
    }
    let fitting = playbook.use_cases.iter().flat_map(|(id, u)| {
        let patterns = u.campaigns.iter().filter(|pattern| fits(pattern, campaign));
        patterns.map(move |pattern| (u.priority, pattern.len(), id, pattern))
    });
    // The more urgent one, else the one that says more; of equals the first by name.
    let best = fitting.max_by_key(|(priority, length, id, _)| (*priority, *length, std::cmp::Reverse(*id)))?;
    Some((best.2.clone(), Some(best.3.clone())))
}

/// Whether a campaign's name fits: word for word, or by its beginning when the pattern ends in `*`. Case does not count.
pub fn fits(pattern: &str, campaign: &str) -> bool {
    let (pattern, campaign) = (folded(pattern.trim()), folded(campaign.trim()));
    let begins_so = pattern.strip_suffix('*').map(|beginning| campaign.starts_with(beginning));
    !campaign.is_empty() && begins_so.unwrap_or(campaign == pattern)
}

/// The use case whose keyword stands in the text, and the keyword as the playbook writes it.
fn by_keyword(playbook: &Playbook, text: &str) -> Option<(String, String)> {
    let mut asked = playbook.use_cases.iter().filter(|(_, u)| !u.keywords.is_empty()).peekable();
    asked.peek()?;
    let said = spoken::words(text);
    let found = asked.flat_map(|(id, u)| {
        let said = &said;
        let heard = u.keywords.iter().filter(move |keyword| spoken::said(said, keyword, text));
        heard.map(move |keyword| (u.priority, keyword.len(), id, keyword))
    });
    let best = found.max_by_key(|(priority, length, id, _)| (*priority, *length, std::cmp::Reverse(*id)))?;
    Some((best.2.clone(), best.3.clone()))
}

/// Whether Sales must answer it.
pub fn is_for_sales(playbook: &Playbook, use_case: &str) -> bool {
    playbook.use_cases.get(use_case).is_none_or(|u| u.sales)
}

/// Whether a clock waits for an answer: Sales handles it, or the team or the program it goes to answers by a cohort of its own.
pub fn wants_clock(playbook: &Playbook, use_case: &str) -> bool {
    let goes_on = |u: &UseCase| u.queue.is_some() || sent_on(playbook, use_case).is_some();
    playbook.use_cases.get(use_case).is_none_or(|u| u.sales || (u.cohort.is_some() && goes_on(u)))
}

/// The other team whose pool gets what Sales does not handle.
pub fn queue<'a>(playbook: &'a Playbook, use_case: &str) -> Option<&'a TeamId> {
    let use_case = playbook.use_cases.get(use_case)?;
    use_case.queue.as_ref().filter(|team| !use_case.sales && playbook.teams.contains_key(*team))
}

/// The webhook that another program answers it by, where Sales does not and no team of ours does.
pub fn sent_on<'a>(playbook: &'a Playbook, use_case: &str) -> Option<&'a str> {
    let is_ours = is_for_sales(playbook, use_case) || queue(playbook, use_case).is_some();
    playbook.alerting.handled.get(use_case).filter(|_| !is_ours).map(String::as_str)
}

/// Which team a reply is for: the one its use case names, else its line's.
pub fn team(playbook: &Playbook, use_case: &str, line: &LineId) -> Option<TeamId> {
    let of_line = || playbook.lines.get(line).map(|line| &line.team).or_else(|| playbook.teams.keys().next());
    queue(playbook, use_case).or_else(of_line).cloned()
}

/// The class of the reply: the one its use case names, else the first cohort whose use cases and stages match. With
/// several people behind one number the most urgent match wins, since cohorts are written in order of urgency.
pub fn cohort<'a>(playbook: &'a Playbook, use_case: &str, cards: &[Card]) -> Option<&'a Cohort> {
    let own = playbook.use_cases.get(use_case).and_then(|u| playbook.cohort(u.cohort.as_deref()?));
    let stages: Vec<String> = cards.iter().filter_map(Card::stage).map(str::to_lowercase).collect();
    own.or_else(|| {
        playbook.cohorts.iter().find(|cohort| {
            let use_case_fits = cohort.use_cases.is_empty() || cohort.use_cases.contains(use_case);
            let stage_fits =
                cohort.stages.is_empty() || cohort.stages.iter().any(|s| stages.contains(&s.to_lowercase()));
            use_case_fits && stage_fits
        })
    })
}

/// How urgent a use case is beside others.
pub fn priority(playbook: &Playbook, use_case: &str) -> i32 {
    playbook.use_cases.get(use_case).map_or(0, |u: &UseCase| u.priority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_name_or_the_beginning_of_one() {
        for (pattern, campaign, wanted) in [
            ("spring-renewal", "spring-renewal", true),
            ("spring-renewal", "Spring-Renewal ", true),
            ("spring-renewal", "spring-renewal-2", false),
            ("spring-*", "spring-renewal", true),
            ("spring-*", "SPRING-", true),
            ("spring-*", "spring", false),
            ("spring-*", "offspring-1", false),
            ("*", "anything", true),
            ("straße", "STRASSE", true),
            ("a*b", "a*b", true),
            ("a*b", "axb", false),
            ("", "", false),
            ("*", "", false),
        ] {
            assert_eq!(fits(pattern, campaign), wanted, "{pattern:?} {campaign:?}");
        }
    }

    #[test]
    fn a_keyword_is_whole_words_in_their_order_in_any_language() {
        for (keyword, text, wanted) in [
            ("demo", "Could I get a DEMO?", true),
            ("demo", "demo", true),
            ("demo", "our demography", false),
            ("demo", "democratic demos", false),
            ("book a demo", "please Book  a\ndemo!", true),
            ("book a demo", "a demo book", false),
            ("précio", "cual es el PRÉCIO?", true),
            ("straße", "in der STRASSE 5", true),
            ("цена", "Какая ЦЕНА?", true),
            ("цена", "оценка", false),
            ("προσφορά", "θέλω ΠΡΟΣΦΟΡΆ", true),
            ("预约", "我想预约明天", true),
            ("预约", "约预", false),
            ("นัด", "ขอนัดพรุ่งนี้", true),
            ("c++", "c", true),
            ("demo", "", false),
            ("demo", "the demo's date", true),
            ("demo*", "two demos", true),
        ] {
            assert_eq!(spoken::has(text, keyword), wanted, "{keyword:?} {text:?}");
        }
    }
}

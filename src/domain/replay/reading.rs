//! What of cards and texts a replay reads again.

use crate::domain::context::{self, Card};
use crate::domain::message::InboundKind;
use crate::domain::use_case::Evidence;

/// What the rules look at, and nothing more.
pub(super) fn slim(card: Card) -> Card {
    let nothing = String::new;
    let bare = |t: context::Touch| context::Touch { summary: nothing(), kind: nothing(), ..t };
    Card {
        name: nothing(),
        title: nothing(),
        zone: None,
        home: None,
        last_touch: card.last_touch.map(bare),
        account_touch: card.account_touch.map(bare),
        touches: Vec::new(),
        intents: Vec::new(),
        account: card.account.map(|a| context::Account { name: nothing(), ..a }),
        campaign: card.campaign.map(|c| context::Campaign { last_text: nothing(), ..c }),
        opportunity: card.opportunity.map(|o| context::Opportunity { name: nothing(), ..o }),
        ..card
    }
}

/// Words that are read as what the record says the text was. Of a text's own it holds at most the playbook's keyword.
pub(super) fn words(kind: InboundKind, evidence: Option<&Evidence>) -> &str {
    match (kind, evidence) {
        (InboundKind::Text, Some(Evidence::Keyword { word })) => word,
        // No word at all.
        (InboundKind::Text, _) => "—",
        (InboundKind::Picture, _) => "",
        (InboundKind::OptOut, _) => "STOP",
        (InboundKind::OptIn, _) => "START",
        (InboundKind::Help, _) => "HELP",
        (InboundKind::Tapback, _) => "Liked “—”",
        (InboundKind::Acknowledgement, _) => "👍",
        (InboundKind::AutoReply, _) => "Automatic reply:",
    }
}

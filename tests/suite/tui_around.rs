//! The screen says how old what the CRM said is, since when it does not answer, and who else of the account texts.

use std::sync::Arc;

use comeback::client::handle::Notice;
use comeback::domain::context::{Opportunity, TeamMember, Touch};
use comeback::domain::routing::Holder;
use comeback::domain::time::Span;
use comeback::wire::around::{Around, CrmState, Other};

use crate::tui_screens::SIZES;
use crate::tui_world::{Desk, START, id};

fn around() -> Around {
    let other = Other {
        conversation: id(3),
        name: "Priya Anand".to_owned(),
        open: true,
        last_inbound: Some(START - Span::minutes(130)),
        holder: Some(Holder::Rep("ben".into())),
    };
    Around {
        conversation: id(1),
        read_at: Some(START - Span::minutes(3)),
        crm: Some(CrmState { name: "HubSpot".to_owned(), failing: None }),
        others: vec![other],
        hidden: 2,
    }
}

/// Dana's conversation is open, and the backend said this around it.
fn desk(size: (u16, u16), around: Around) -> Desk {
    let mut desk = Desk::usual(size);
    desk.keys("j Enter");
    desk.hear(Notice::Around(Arc::new(around)));
    desk
}

#[test]
fn the_age_of_the_card_is_said_and_counts_on() {
    for size in SIZES.into_iter().filter(|(width, _)| *width >= 80) {
        let mut desk = desk(size, around());
        desk.says("as of 3 min ago");
        let (_, next) = desk.draw(START);
        assert!(next.is_some_and(|at| at <= START + Span::minutes(1)), "the screen wakes for the next minute");
        desk.wait(Span::minutes(1));
        desk.says("as of 4 min ago");
        // What was said around another conversation is not said here.
        desk.hear(Notice::Around(Arc::new(Around { conversation: id(2), ..around() })));
        assert!(!desk.screen().contains("as of"), "{}", desk.screen());
    }
}

#[test]
fn a_crm_that_does_not_answer_is_named_at_every_size_with_the_time() {
    for size in SIZES {
        let crm = Some(CrmState { name: "HubSpot".to_owned(), failing: Some(START - Span::minutes(2)) });
        let desk = desk(size, Around { crm, ..around() });
        let screen = desk.screen();
        let told = ["HubSpot unreachable since", "CRM down since"].iter().any(|words| screen.contains(words));
        assert!(told, "{size:?}\n{screen}");
    }
}

#[test]
fn a_card_shows_what_it_has_and_nothing_for_what_it_lacks() {
    let size = (140, 60);
    let mut desk = desk(size, around());
    for lacking in ["0 people", "USD 0", "closes", "for 0", "1970", "with "] {
        assert!(!desk.screen().contains(lacking), "{lacking}\n{}", desk.screen());
    }
    desk.change(1, |thread| {
        let card = &mut thread.cards[0];
        let account = card.account.as_mut().unwrap();
        (account.size, account.region, account.segment) = (Some(1200), Some("AMER".into()), Some("enterprise".into()));
        card.opportunity = card.opportunity.take().map(|deal| Opportunity {
            stage_since: Some(START - Span::minutes(5 * 1440 + 30)),
            closes: Some(START + Span::minutes(40 * 1440)),
            team: vec![TeamMember { rep: "ben".into(), role: "SE".into() }],
            ..deal
        });
        let at = START - Span::minutes(6 * 1440);
        card.touches = vec![Touch { at, by: None, kind: "mail".into(), summary: "sent the redlines".into() }];
    });
    desk.resend();
    desk.hear(Notice::Around(Arc::new(around())));
    let told = desk.screen();
    let flat: String =
        told.lines().filter_map(|line| line.rsplit('┌').next()?.rsplit("││").next()).collect::<Vec<_>>().join(" ");
    let flat = flat.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "1,200",
        "AMER",
        "Negotiation for 5 d",
        "closes",
        "with Ben Sato (SE)",
        "sent the redlines",
        "Priya Anand",
        "2 more that",
    ] {
        assert!(told.contains(words) || flat.contains(words), "{words}\n{told}");
    }
}

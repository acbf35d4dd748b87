//! The screen says how old what the CRM said is, since when it does not answer, and who else of the account texts.

use std::sync::Arc;

use comeback::client::handle::{LinkState, Notice};
use comeback::domain::answering::Answering;
use comeback::domain::asking::heard::Heard;
use comeback::domain::consent::{Evidence, OptOutSource, Scope};
use comeback::domain::contact::Body;
use comeback::domain::context::{Intent, Opportunity, TeamMember, Touch};
use comeback::domain::conversation::Status;
use comeback::domain::event::Outcome;
use comeback::domain::routing::Holder;
use comeback::domain::time::{Span, Timestamp};
use comeback::wire::around::{Around, CrmState, Other};

use crate::tui_screens::SIZES;
use crate::tui_world::{Desk, START, id, link};

fn crm(failing: Option<Timestamp>) -> CrmState {
    CrmState { name: "HubSpot".to_owned(), failing, since_before: false, last_read: None, used_up: None }
}

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
        crm: Some(crm(None)),
        others: vec![other],
        hidden: 2,
        held: vec![],
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
    for size in SIZES {
        let mut desk = desk(size, around());
        desk.says("as of 3 min ago");
        let (_, next) = desk.draw(START);
        assert!(next.is_some_and(|at| at <= START + Span::minutes(1)), "the screen wakes for the next minute");
        desk.wait(Span::minutes(1));
        desk.says("as of 4 min ago");
        // What was said around another conversation is not said here, and takes nothing away.
        desk.hear(Notice::Around(Arc::new(Around { conversation: id(2), ..around() })));
        desk.says("as of 4 min ago");
        let desk = self::desk(size, Around { conversation: id(2), ..around() });
        assert!(!desk.screen().contains("as of"), "{}", desk.screen());
    }
}

/// The network is away since three minutes.
fn offline() -> Notice {
    let (since, retry_at) = (START - Span::minutes(3), START + Span::seconds(8));
    Notice::Link(link(LinkState::Offline { since, retry_at, why: String::new() }))
}

#[test]
fn offline_a_card_keeps_its_age_and_one_of_which_that_was_never_asked_says_so() {
    for size in SIZES {
        let mut desk = desk(size, around());
        desk.hear(Notice::Around(Arc::new(Around { conversation: id(2), ..around() })));
        desk.hear(offline());
        // Another one is opened meanwhile, and the first one again.
        desk.keys("Esc j Enter Esc k Enter");
        assert_eq!(desk.model.pinned, Some(id(1)));
        desk.says("as of 3 min ago");
        let mut desk = Desk::usual(size);
        desk.hear(offline());
        desk.keys("j Enter");
        desk.says("as of before 09:57");
    }
}

#[test]
fn what_is_done_shows_no_running_clock_online_or_offline() {
    for size in SIZES {
        for offline in [None, Some(offline())] {
            let mut desk = desk(size, around());
            desk.says("04:12 left");
            if let Some(offline) = offline {
                desk.hear(offline);
            }
            // The answer that meets the clock has not left: the clock itself runs on.
            desk.change(1, |thread| thread.row.status = Status::Done(Outcome::Texted));
            assert!(!desk.screen().contains("04:12"), "{}", desk.screen());
            desk.says("as of 3 min ago");
        }
    }
}

#[test]
fn that_the_crm_does_not_answer_is_said_at_every_size_with_the_time() {
    for size in SIZES {
        for (since_before, words) in [(false, "since 09:58"), (true, "since before 09:58")] {
            let crm = CrmState { since_before, ..crm(Some(START - Span::minutes(2))) };
            let desk = desk(size, Around { crm: Some(crm), ..around() });
            desk.says(&format!("CRM unreachable {words}"));
        }
    }
}

#[test]
fn that_a_crm_was_gone_before_the_backend_was_started_is_said_with_when_it_was_last_read() {
    for size in SIZES.into_iter().chain([(160, 40)]) {
        let last_read = Some(START - Span::minutes(9));
        let crm = CrmState { since_before: true, last_read, ..crm(Some(START - Span::minutes(2))) };
        let desk = desk(size, Around { crm: Some(crm), ..around() });
        let whole = "CRM unreachable since before 09:58, last read 09:51";
        desk.says(if size.0 > 120 { whole } else { "CRM unreachable, last read 09:51" });
    }
}

#[test]
fn that_the_day_of_the_crm_is_used_up_is_said_with_when_it_is_asked_again() {
    for size in SIZES {
        let used_up = Some(START + Span::minutes(8));
        let crm = CrmState { used_up, ..crm(Some(START - Span::minutes(2))) };
        let desk = desk(size, Around { crm: Some(crm), ..around() });
        assert!(!desk.screen().contains("unreachable"), "{}", desk.screen());
        // Beside the pane it is broken over lines there.
        desk.says(if size.0 < 120 { "HubSpot: day used up, again 10:08" } else { "HubSpot's daily limit is" });
    }
}

#[test]
fn nobody_is_said_not_to_be_in_a_crm_that_was_not_asked() {
    let said = [
        (Heard::Answered, "not in the CRM", "does not know this number"),
        (Heard::NotYet, "CRM not answered yet", "has not said yet who this is"),
        (Heard::NoCrm, "no CRM connected", "none is connected"),
        (Heard::Unsure, "", "is not here yet"),
    ];
    for size in SIZES {
        for (heard, short, long) in said {
            let mut desk = Desk::usual(size);
            desk.keys("j Enter");
            desk.change(1, |thread| {
                (thread.row.account, thread.row.stage, thread.heard) = (None, None, heard);
                thread.cards.clear();
            });
            desk.says(short);
            for (_, other, _) in said.iter().filter(|(of, other, _)| *of != heard && !other.is_empty()) {
                assert!(!desk.screen().contains(other), "{heard:?} {}", desk.screen());
            }
            if size.0 >= 120 {
                desk.keys("v");
                desk.says(long);
                desk.keys("Esc");
            }
            desk.keys("o");
            let of = match heard {
                Heard::Answered => "does not know this number",
                Heard::NotYet => "has not said yet",
                Heard::NoCrm => "No CRM is connected",
                Heard::Unsure => "No record of this number",
            };
            desk.says(of);
        }
    }
}

#[test]
fn the_head_takes_the_rows_that_a_short_conversation_leaves_and_gives_them_back() {
    let mut desk = full((80, 24));
    desk.change(1, |thread| thread.messages.truncate(1));
    let first = |desk: &Desk| {
        let screen = desk.screen();
        screen.lines().position(|line| line.contains("Got the quote")).unwrap()
    };
    let below = first(&desk);
    let said = ["as of 3 min ago", "you are asked: the owner", "last: call 2 d ago", "interest: ", "v: the whole card"];
    for words in said {
        desk.says(words);
    }
    // A text more stands where the first one stood; that moves up as it does in any conversation, whatever the head says.
    desk.change(1, |thread| {
        let one = thread.messages[0].clone();
        thread.messages.push(one);
    });
    desk.says("as of 3 min ago");
    assert!(first(&desk) < below, "{}", desk.screen());
    // Of a long one nothing is hidden that stood there before: the head has its ten rows.
    desk.change(1, |thread| {
        let one = thread.messages[0].clone();
        thread.messages.extend(std::iter::repeat_n(one, 20));
    });
    for words in ["as of 3 min ago", "you are asked: the owner", "v: the whole card"] {
        desk.says(words);
    }
    let texts = desk.screen().lines().skip(11).filter(|line| line.contains("Got the quote")).count();
    assert!(texts >= 3, "{}", desk.screen());
}

#[test]
fn a_touch_says_who_of_us_it_was_and_the_accounts_last_one_is_told_as_the_accounts() {
    for size in [(80, 24), (120, 60), (40, 60)] {
        let mut desk = desk(size, around());
        desk.change(1, |thread| {
            thread.messages.truncate(1);
            let card = &mut thread.cards[0];
            let touch = |days: i64, by: &str, kind: &str| Touch {
                at: START - Span::minutes(days * 1440),
                by: Some(by.into()),
                kind: kind.to_owned(),
                summary: String::new(),
            };
            card.last_touch = Some(touch(2, "maya", "call"));
            card.touches = vec![touch(3, "005-77", "mail")];
            card.account_touch = Some(touch(1, "ben", "visit"));
        });
        desk.keys("v");
        for words in
            ["call 2 d ago by you", "mail 3 d ago by 005-77", "Last touch of the account", "visit 1 d ago by Ben Sato"]
        {
            desk.says(words);
        }
        desk.keys("Esc").says("visit 1 d ago by");
        // What is the person's own is not told twice.
        desk.change(1, |thread| {
            let card = &mut thread.cards[0];
            card.account_touch.clone_from(&card.last_touch);
        });
        let screen = desk.screen();
        assert!(!["of the account", "account's last"].iter().any(|words| screen.contains(words)), "{screen}");
    }
}

#[test]
fn the_pane_shows_the_three_newest_touches_and_the_page_those_of_every_channel() {
    let mut desk = desk((140, 60), around());
    desk.change(1, |thread| {
        let card = &mut thread.cards[0];
        let touch = |days: i64, kind: &str| Touch {
            at: START - Span::minutes(days * 1440),
            by: None,
            kind: kind.to_owned(),
            summary: String::new(),
        };
        card.last_touch = Some(touch(2, "call"));
        // A program need not tell them in order.
        card.touches = vec![touch(9, "sms"), touch(5, "meeting"), touch(4, "email")];
    });
    for words in ["call 2 d ago", "email 4 d ago", "meeting 5 d ago"] {
        desk.says(words);
    }
    assert!(!desk.screen().contains("sms 9 d ago"), "{}", desk.screen());
    desk.keys("v");
    for words in ["call 2 d ago", "email 4 d ago", "meeting 5 d ago", "sms 9 d ago"] {
        desk.says(words);
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

/// Everything a card can have.
fn full(size: (u16, u16)) -> Desk {
    let mut desk = desk(size, around());
    desk.change(1, |thread| {
        thread.next_step.action = Some(comeback::domain::next_step::rules::Action::ProposeTimes);
        let card = &mut thread.cards[0];
        "VP Operations".clone_into(&mut card.title);
        let account = card.account.as_mut().unwrap();
        (account.size, account.region, account.segment) = (Some(1200), Some("AMER".into()), Some("enterprise".into()));
        card.opportunity = card.opportunity.take().map(|deal| Opportunity {
            stage_since: Some(START - Span::minutes(5 * 1440 + 30)),
            closes: Some(START + Span::minutes(40 * 1440)),
            team: vec![TeamMember { rep: "ben".into(), role: "SE".into() }],
            ..deal
        });
        let ago = |days: i64| START - Span::minutes(days * 1440);
        let touch = |days, kind: &str, summary: &str| Touch {
            at: ago(days),
            by: None,
            kind: kind.to_owned(),
            summary: summary.to_owned(),
        };
        card.last_touch = Some(touch(2, "call", "went through the redlines of the order form with their counsel"));
        card.touches = vec![touch(6, "mail", "sent the redlines"), touch(9, "visit", "saw the new warehouse")];
        let sign = |kind: &str, detail: &str| Intent {
            at: ago(1),
            kind: kind.to_owned(),
            detail: detail.to_owned(),
            ..Intent::default()
        };
        card.intents = vec![
            sign("quote", "opened the quote"),
            sign("pricing_page", "looked at prices"),
            sign("mail_click", "opened the security paper"),
            sign("visit", "read about the migration"),
        ];
        let source = OptOutSource::Import("webinar.csv".to_owned());
        thread.consent = Some(Evidence { at: ago(30), source, scope: Scope::Tenant, words: None });
        let words = Body::new(format!("Hi Dana, {}. Shall we talk on Thursday?", "the order form is ready ".repeat(8)));
        thread.answering =
            Some(Answering { at: ago(1), campaign: "Renewals Q2".to_owned(), use_case: None, words, send: None });
    });
    desk.resend();
    desk.hear(Notice::Around(Arc::new(around())));
    desk
}

#[test]
fn a_full_card_shows_who_is_beside_them_before_what_can_wait() {
    let desk = full((120, 40));
    for words in [
        "Next step",
        "Person, as of",
        "Account",
        "Deal",
        "Last touch",
        "Recent interest",
        "Consent",
        "opted in 30 d ago",
        "Same account",
        "Priya Anand",
        "2 more that",
    ] {
        desk.says(words);
    }
}

#[test]
fn all_of_a_card_is_read_over_the_screen_at_every_size() {
    for size in SIZES {
        let mut desk = full(size);
        desk.keys("v");
        let mut read = desk.screen();
        for _ in 0..120 {
            desk.keys("j");
            read.push_str(&desk.screen());
        }
        let read = read.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        for words in [
            "VP Operations",
            "enterprise",
            "1,200 people",
            "Negotiation for 5 d",
            "Ben Sato (SE)",
            "new warehouse",
            "security paper",
            "Consent",
            "opted in 30 d ago",
            "Same account",
            "Renewals Q2",
            "on Thursday?",
        ] {
            assert!(read.contains(words), "{size:?} never said {words}\n{}", desk.screen());
        }
        desk.keys("Esc");
        desk.says("Dana");
    }
}

#[test]
fn the_amount_of_the_deal_is_told_in_full_whatever_the_account_is_called() {
    let mut desk = full((120, 40));
    desk.change(1, |thread| {
        let name = "The Quite Incredibly Long Named Harbor Logistics Company of the Northern Shores".to_owned();
        thread.row.account = Some(name.clone());
        thread.cards[0].account.as_mut().unwrap().name = name;
    });
    let screen = desk.screen();
    let header = screen.lines().find(|line| line.contains("…") && line.contains(" · Negotiation")).unwrap_or_default();
    assert!(header.contains("USD 48,000"), "{screen}");
}

#[test]
fn what_stands_against_a_text_is_told_beside_the_card() {
    let mut desk = full((120, 40));
    desk.change(1, |thread| {
        thread.consent = None;
        thread.row.no_evidence = true;
    });
    desk.says("no opt-in on record");
    desk.keys("v");
    desk.says("no opt-in on record: no text goes");
}

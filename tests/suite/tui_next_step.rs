//! The next step and the kind of text at the terminal: one key each, and none of them sends.

use comeback::client::handle::Ask;
use comeback::domain::command::Command;
use comeback::domain::context::{Card, Touch};
use comeback::domain::event::Outcome;
use comeback::domain::kind::MessageKind;
use comeback::domain::message::InboundKind;
use comeback::domain::next_step::Earlier;
use comeback::domain::next_step::rules::Action;
use comeback::domain::time::Span;
use comeback::domain::visibility::Principal;
use comeback::domain::zone;
use comeback::wire::changes::Author;

use crate::tui_world::{Desk, START, said};

const SIZE: (u16, u16) = (120, 40);

/// What was asked of the backend.
fn commands(desk: &mut Desk) -> Vec<Command> {
    let asked = desk.commands().into_iter();
    asked.filter_map(|ask| if let Ask::Do { command, .. } = ask { Some(command) } else { None }).collect()
}

fn written(desk: &Desk) -> String {
    desk.model.composer.as_ref().map(|composer| composer.input.text().to_owned()).unwrap_or_default()
}

#[test]
fn the_kind_of_a_text_stands_in_the_card_and_is_corrected_at_one_key() {
    let mut desk = Desk::usual(SIZE);
    desk.keys("j Enter");
    desk.says("Kind of text (K)");
    desk.keys("K");
    desk.says("What kind of text is it?");
    desk.types("pricing").keys("Enter");
    let asked = commands(&mut desk);
    let [Command::CorrectKind { kind, .. }] = asked[..] else { panic!("{asked:?}") };
    assert_eq!(kind, MessageKind::Pricing);
}

#[test]
fn two_concrete_times_are_written_and_wait_for_enter() {
    let mut desk = Desk::usual(SIZE);
    desk.change(1, |t| t.binds.zone = Some((chrono_tz::America::Los_Angeles, true)));
    desk.keys("j Enter p");
    let text = written(&desk);
    assert!(text.starts_with("Would ") && text.ends_with(" work for you?") && text.contains(" or "), "{text}");
    assert_eq!(commands(&mut desk), [], "nothing is sent");
    let drop = zone::of(&[], None, chrono_tz::America::New_York);
    desk.change(1, |t| t.row.place = drop);
    // Pressed again over the same draft it says nothing twice.
    desk.keys("Esc p");
    assert_eq!(written(&desk).matches("Would ").count(), 1);
}

#[test]
fn the_time_that_the_buyer_named_is_written_first_and_waits_for_enter() {
    // It is Tuesday 3 March, seven in the morning for Dana.
    let text = |n, author, words: &str| said(n, START - Span::minutes(2), author, words);
    let theirs = || Author::Buyer(InboundKind::Text);
    for (messages, wanted) in [
        (vec![text(801, theirs(), "Thursday 10am")], "Would Thu Mar 5 at 10:00 AM PST or "),
        (
            vec![text(801, theirs(), "Thursday?"), text(802, theirs(), "at 3 my time")],
            "Would Thu Mar 5 at 3:00 PM PST or ",
        ),
        // A note in between is nobody's answer, and what was answered before counts no more.
        (
            vec![
                text(801, theirs(), "Friday 11am"),
                text(802, Author::Rep("maya".into()), "Sorry, not then."),
                text(803, theirs(), "Then Thursday"),
                text(804, Author::Note("ben".into()), "Friday would be better."),
                text(805, theirs(), "2pm"),
            ],
            "Would Thu Mar 5 at 2:00 PM PST or ",
        ),
    ] {
        for key in ["f", "p"] {
            let mut desk = Desk::usual(SIZE);
            desk.change(1, |t| {
                t.messages.extend(messages.clone());
                t.next_step.action = Some(Action::ProposeTimes);
            });
            desk.keys("j Enter").keys(key);
            let text = written(&desk);
            assert!(text.starts_with(wanted) && text.ends_with(" work for you?"), "{text}");
            assert_eq!(commands(&mut desk), [], "nothing is sent");
        }
    }
}

#[test]
fn without_a_link_or_an_account_executive_it_says_what_is_missing() {
    let mut desk = Desk::usual(SIZE);
    desk.keys("j Enter m");
    desk.says("no meeting_link for you");
    desk.keys("l");
    assert_eq!(commands(&mut desk), []);
}

#[test]
fn without_a_deal_the_accounts_owner_is_brought_in_and_an_account_is_yours_only_where_it_is() {
    // Whose the contact, the account and the deal are, and what maya reads.
    for (contact, account, deal, said) in [
        (Some("maya"), Some("ben"), None, "Loop in Ben Sato"),
        (None, Some("ben"), None, "Loop in Ben Sato"),
        (Some("maya"), Some("ben"), Some(None), "Loop in Ben Sato"),
        (Some("ben"), None, None, "Loop in Ben Sato"),
        (Some("maya"), Some("lena"), Some(Some("ben")), "Loop in Ben Sato"),
        (Some("maya"), Some("maya"), None, "This account is yours."),
        (Some("maya"), Some("maya"), Some(None), "This account is yours."),
        (Some("ben"), Some("ben"), Some(Some("maya")), "You are the account executive of this deal."),
        (Some("maya"), None, None, "The contact is yours; the CRM names no AE here"),
        (None, None, None, "The CRM names no account executive here"),
    ] {
        let mut desk = Desk::usual(SIZE);
        let mut card = crate::world::card("con_1");
        card.owner = contact.map(Into::into);
        card.account.as_mut().unwrap().owner = account.map(Into::into);
        card.opportunity = card.opportunity.take().zip(deal).map(|(mut known, owner)| {
            known.owner = owner.map(Into::into);
            known
        });
        desk.change(1, |t| (t.cards, t.sharing) = (vec![card.clone()], vec![card.clone()]));
        desk.keys("j Enter l");
        desk.says(said);
        assert_eq!(desk.model.overlay.is_some(), said.starts_with("Loop in"), "{contact:?} {account:?} {deal:?}");
    }
}

#[test]
fn a_note_that_loops_in_the_account_executive_is_for_them_and_says_that_they_are_told() {
    let mut desk = Desk::usual(SIZE);
    let mut card = crate::world::card("con_1");
    card.opportunity.as_mut().unwrap().owner = Some("ben".into());
    desk.change(1, |t| {
        (t.cards, t.sharing) = (vec![card.clone()], vec![card.clone()]);
        t.audience.insert(Principal::Pool("east".into()));
    });
    desk.keys("j Enter l");
    desk.says("Loop in Ben Sato");
    desk.says("they are told of it");
    desk.keys("1").types("They ask for terms");
    desk.says("NOTE for Ben Sato on Dana Fox");
    // Left and taken up again it is still for him.
    desk.keys("Esc i");
    desk.says("NOTE for Ben Sato on Dana Fox");
    desk.commands();
    desk.keys("Enter");
    let asked = commands(&mut desk);
    let [Command::Note { body, to, .. }] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!((body.as_str(), to), ("They ask for terms", &Some("ben".into())));
    desk.says("Ben Sato is told");
    // The next one is for everybody.
    desk.keys("i").types("Done").keys("Enter");
    let asked = commands(&mut desk);
    assert!(matches!(&asked[..], [Command::Note { to: None, .. }]), "{asked:?}");
}

#[test]
fn whoever_may_not_see_the_conversation_gets_no_note_and_that_is_said_before_a_word_is_written() {
    let mut desk = Desk::usual(SIZE);
    let mut card = crate::world::card("con_1");
    card.opportunity.as_mut().unwrap().owner = Some("ben".into());
    desk.change(1, |t| (t.cards, t.sharing) = (vec![card.clone()], vec![card.clone()]));
    desk.keys("j Enter l");
    desk.says("they may not see this one yet");
    desk.keys("1");
    desk.says("Ben Sato may not see this conversation. Hand it to them (a)");
    assert!(desk.model.composer.is_none(), "nothing is begun");
    desk.keys("l 2");
    assert_eq!(commands(&mut desk), [Command::Assign { to: "ben".into() }], "handing it over stays where it was");
    // The lead of the team sees it.
    card.opportunity.as_mut().unwrap().owner = Some("lena".into());
    desk.change(1, |t| t.cards = vec![card.clone()]);
    desk.keys("l 1");
    desk.says("NOTE for Lena Brandt on Dana Fox");
    // Somebody of the CRM who is no rep here is neither told nor handed anything.
    let mut desk = Desk::usual(SIZE);
    card.opportunity.as_mut().unwrap().owner = Some("zoe".into());
    desk.change(1, |t| (t.cards, t.sharing) = (vec![card.clone()], vec![card.clone()]));
    desk.keys("j Enter l");
    desk.says("zoe is not in the playbook: a reassigns, i writes a note.");
    assert!(desk.model.overlay.is_none());
}

#[test]
fn a_note_that_is_for_somebody_reads_so_in_the_thread() {
    let mut desk = Desk::usual(SIZE);
    desk.change(1, |t| {
        let mut note = said(730, START, Author::Note("maya".into()), "A word?");
        note.reader = Some("ben".into());
        t.messages.push(note);
    });
    desk.keys("j Enter");
    desk.says("note by you for Ben Sato");
}

#[test]
fn not_interested_finishes_it_with_that_outcome() {
    let mut desk = Desk::usual(SIZE);
    desk.keys("j Enter D");
    assert_eq!(commands(&mut desk), [Command::Done { outcome: Outcome::NotInterested }]);
    desk.says("not interested");
}

#[test]
fn following_the_step_does_its_action_and_a_snippet_that_is_not_offered_is_told() {
    let mut desk = Desk::usual(SIZE);
    desk.change(1, |t| t.next_step.action = Some(Action::ProposeTimes));
    desk.keys("j Enter");
    desk.says("f: two concrete times");
    desk.keys("f");
    assert!(written(&desk).starts_with("Would "), "{}", written(&desk));
    let mut desk = Desk::usual(SIZE);
    desk.change(1, |t| t.next_step.snippet = Some("nowhere".to_owned()));
    desk.keys("j Enter f");
    desk.says("The snippet nowhere is not offered here");
    assert_eq!(commands(&mut desk), []);
}

#[test]
fn a_step_that_asks_for_no_answer_opens_none_and_says_that_there_is_nothing_to_follow() {
    let mut desk = Desk::usual(SIZE);
    desk.change(1, |t| {
        "Wait for their word".clone_into(&mut t.next_step.what);
        "they are answered, and have not written since".clone_into(&mut t.next_step.why);
        t.next_step.rests = true;
    });
    desk.keys("j Enter f");
    desk.says("Nothing to follow: they are answered, and have not written since.");
    assert!(desk.model.composer.is_none());
    // What it offers besides is done.
    desk.change(1, |t| t.next_step.action = Some(Action::NotInterested));
    desk.keys("f");
    assert_eq!(commands(&mut desk), [Command::Done { outcome: Outcome::NotInterested }]);
}

#[test]
fn a_step_by_an_earlier_text_says_which_and_that_later_ones_were_passed_over() {
    let by = |minutes, asks_more| Some(Earlier { at: START - Span::minutes(minutes), asks_more });
    // Beside the pane, and in the head where there is none.
    let [pane, head] = [
        [
            ["price; by their text of", "09:40, nothing new asked"],
            ["price; by their text of", "Mon 09:00, read the later"],
        ],
        [
            ["about price; by their", "text of 09:40, nothing new asked since)"],
            ["about price; by their", "text of Mon 09:00, read the later ones, too)"],
        ],
    ];
    for (size, said) in [(SIZE, pane), ((80, 24), head)] {
        let mut desk = Desk::usual(size);
        desk.keys("j Enter");
        for ((minutes, asks_more), words) in [(20, false), (1500, true)].into_iter().zip(said) {
            desk.change(1, |t| {
                "they ask about price".clone_into(&mut t.next_step.why);
                t.next_step.earlier = by(minutes, asks_more);
            });
            for words in words {
                desk.says(words);
            }
        }
    }
}

#[test]
fn who_of_several_writes_is_said_at_one_key() {
    let mut desk = Desk::usual(SIZE);
    desk.keys("j Enter W");
    desk.says("Nobody is known to share this number");
    let both = ["con_1", "con_2"].map(|id| {
        let mut card = crate::world::card(id);
        card.name = if id == "con_1" { "Ana Ruiz" } else { "Luis Ruiz" }.to_owned();
        card
    });
    desk.change(1, |t| (t.cards, t.sharing) = (both.to_vec(), both.to_vec()));
    desk.keys("j k");
    desk.says("number: W says who writes");
    desk.keys("W");
    desk.says("Who of them writes?");
    desk.says("Ana Ruiz");
    desk.types("luis").keys("Enter");
    let asked = commands(&mut desk);
    assert_eq!(asked, [Command::NameWriter { contact: Some("con_2".into()) }]);
    desk.change(1, |t| t.cards = vec![both[1].clone()]);
    desk.says("one of 2 with this number");
    desk.keys("W");
    desk.says("Nobody knows");
}

#[test]
fn people_of_one_name_are_told_apart_by_what_differs() {
    let mut desk = Desk::usual(SIZE);
    let all = ["003-1", "003-2", "003-3", "003-4"].map(|id| Card {
        name: "John Smith".to_owned(),
        opportunity: None,
        ..crate::world::card(id)
    });
    let [mut cfo, mut touched, third, fourth] = all;
    "CFO".clone_into(&mut cfo.title);
    cfo.owner = Some("ben".into());
    let at = START - Span::minutes(2 * 24 * 60);
    touched.last_touch = Some(Touch { at, by: Some("maya".into()), kind: "call".to_owned(), ..Touch::default() });
    let all = vec![cfo, touched, third, fourth];
    desk.keys("j Enter");
    desk.change(1, |t| (t.cards, t.sharing) = (all.clone(), all.clone()));
    desk.keys("W");
    for number in 1..=4 {
        desk.says(&format!("{number} John Smith"));
    }
    desk.says("CFO, owner Ben Sato, no touch");
    desk.says("no title, no owner, call 2 d ago by Maya Okafor");
    desk.says("id 003-3, no title, no owner, no touch");
    desk.says("id 003-4, no title, no owner, no touch");
    // What all of them have tells nobody apart.
    assert!(!desk.screen().contains("Acme, "), "{}", desk.screen());
}

#[test]
fn what_tells_people_of_one_name_apart_is_never_cut() {
    let ids = ["0035g00000XyZabAAB", "0035g00000XyZabAAC"];
    for size in [(80, 24), (50, 14), (30, 8)] {
        let mut desk = Desk::usual(size);
        let all = ids.map(|id| Card {
            name: "Maria-Alejandra Fernandez de la Torre y Villanueva".to_owned(),
            opportunity: None,
            ..crate::world::card(id)
        });
        let [one, other] = all;
        let third = Card { title: "Head of Global Procurement Operations".to_owned(), ..crate::world::card("003-3") };
        let third = Card { name: one.name.clone(), opportunity: None, ..third };
        let all = vec![one, other, third];
        desk.keys("j Enter");
        desk.change(1, |t| (t.cards, t.sharing) = (all.clone(), all.clone()));
        desk.keys("W");
        // Whoever is under the cursor is on screen.
        desk.says(&format!("id {}", ids[0]));
        desk.keys("Down");
        desk.says(&format!("id {}", ids[1]));
        desk.keys("Down");
        desk.says("Head of Global");
        // Where there is one row for it, what stands there is whole, and says that there is more.
        if size == (30, 8) {
            desk.says("Head of Global…");
            desk.keys("Up");
            desk.says(&format!("id {}…", ids[1]));
            desk.keys("Down");
        }
        desk.keys("Up Enter");
        let asked = commands(&mut desk);
        assert_eq!(asked, [Command::NameWriter { contact: Some(ids[1].into()) }], "{size:?}");
    }
    // Where all of it fits beside the names, nothing stands below them.
    let mut desk = Desk::usual((80, 24));
    let both = ids.map(|id| Card { name: "John Smith".to_owned(), ..crate::world::card(id) }).to_vec();
    desk.keys("j Enter");
    desk.change(1, |t| (t.cards, t.sharing) = (both.clone(), both.clone()));
    desk.keys("W");
    desk.says(&format!("1 John Smith id {}", ids[0]));
}

#[test]
fn of_several_with_one_number_nobody_is_shown_or_brought_in_as_the_one_who_writes() {
    let mut desk = Desk::usual((80, 24));
    let both = ["con_1", "con_2"].map(crate::world::card);
    let deal = both[0].account.as_ref().map(|account| account.name.clone()).unwrap();
    desk.change(1, |t| {
        (t.cards, t.sharing) = (both.to_vec(), both.to_vec());
        (t.row.account, t.row.stage) = (Some("2 accounts".to_owned()), None);
    });
    desk.keys("j Enter");
    desk.says("2 accounts");
    assert!(!desk.screen().contains(&deal), "{}", desk.screen());
    desk.keys("l");
    desk.says("W says who writes");
    assert_eq!(commands(&mut desk), []);
}

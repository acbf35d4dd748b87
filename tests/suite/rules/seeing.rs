//! Who may see and do what, and who hears of a change.

use comeback::domain::command::{Actor, Command, Receive};
use comeback::domain::consent::OptOutSource;
use comeback::domain::contact::Body;
use comeback::domain::conversation::{Conversation, Status};
use comeback::domain::event::{Event, Outcome};
use comeback::domain::id::{ConversationId, MessageId};
use comeback::domain::message::Delivery;
use comeback::domain::playbook::{Auditor, Role};
use comeback::domain::rejection::Rejection;
use comeback::domain::visibility::{Principal, audience, may_see, principals};
use uuid::Uuid;

use crate::world::Story;

const EVERYBODY: [&str; 8] = ["maya", "ben", "ines", "omar", "lea", "kim", "nora", "adele"];

fn sees(story: &Story, c: &Conversation) -> Vec<&'static str> {
    EVERYBODY.into_iter().filter(|rep| may_see(&principals(&story.playbook, &(*rep).into()), c)).collect()
}

#[test]
fn the_circle_widens_as_the_ladder_is_climbed() {
    let mut story = Story::with_mayas_buyer();
    assert_eq!(sees(&story, story.c()), ["maya", "lea", "adele"], "owner and holder, the team's lead, the admin");
    story.minutes_pass(5);
    assert_eq!(sees(&story, story.c()), ["maya", "ben", "lea", "adele"]);
    story.minutes_pass(5);
    assert_eq!(sees(&story, story.c()), ["maya", "ben", "ines", "lea", "adele"]);
    story.minutes_pass(5);
    assert_eq!(
        sees(&story, story.c()),
        ["maya", "ben", "ines", "omar", "lea", "adele"],
        "the pool was asked and still sees"
    );
    story.does("omar", &Command::Done { outcome: Outcome::Called }).unwrap();
    assert_eq!(sees(&story, story.c()), ["maya", "omar", "lea", "adele"], "until it is done");
    story.does("omar", &Command::Reopen).unwrap();
    assert_eq!(sees(&story, story.c()), ["maya", "ben", "ines", "omar", "lea", "adele"], "as before");
}

#[test]
fn whoever_finishes_a_colleagues_conversation_can_reopen_it() {
    let mut story = Story::begins();
    story.receives(3, "main", "Hello", 0, None);
    story.does("ben", &Command::Take).unwrap();
    story.does("ines", &Command::Done { outcome: Outcome::NoAnswerNeeded }).unwrap();
    assert_eq!(sees(&story, story.c()), ["ben", "ines", "lea", "adele"], "it was the pool's, and ines finished it");
    story.does("ines", &Command::Reopen).unwrap();
    assert_eq!(story.c().status, Status::Open);
    assert!(sees(&story, story.c()).contains(&"ines"), "the pool sees it as before");
}

#[test]
fn whoever_loses_it_hears_of_that_too() {
    let mut story = Story::begins();
    story.receives(3, "main", "Hello", 0, None);
    story.does("ben", &Command::Take).unwrap();
    story.does("lea", &Command::Done { outcome: Outcome::NoAnswerNeeded }).unwrap();
    let before = audience(story.c());
    assert!(before.contains(&Principal::Rep("ben".into())));
    story.does("lea", &Command::Assign { to: "ines".into() }).unwrap();
    let after = audience(story.c());
    assert!(!after.contains(&Principal::Rep("ben".into())));
    let told: Vec<_> = before.union(&after).cloned().collect();
    assert!(told.contains(&Principal::Rep("ben".into())) && told.contains(&Principal::Rep("ines".into())));
}

#[test]
fn an_answer_on_its_way_stays_visible_to_its_writer() {
    let mut story = Story::begins();
    story.receives(3, "main", "Hello", 0, None);
    let message = story.answers("ben");
    story.does("lea", &Command::Done { outcome: Outcome::Texted }).unwrap();
    story.does("lea", &Command::Assign { to: "ines".into() }).unwrap();
    assert!(sees(&story, story.c()).contains(&"ben"));
    story.now = story.now + comeback::domain::time::Span::seconds(8);
    assert!(story.starts(message));
    story.machine(Actor::Carrier, &Command::Report { message, delivery: Delivery::Delivered, error: None });
    assert!(!sees(&story, story.c()).contains(&"ben"), "once it arrived, nothing is left to see");
}

#[test]
fn what_one_may_not_see_is_not_there() {
    let mut story = Story::with_mayas_buyer();
    let note = |s: &mut Story| Command::Note { message: s.fresh(), body: Body::new("hi"), to: None };
    for stranger in ["kim", "nora", "omar", "nobody"] {
        let commands = [
            Command::Take,
            Command::Reopen,
            Command::Done { outcome: Outcome::Called },
            Command::Assign { to: "kim".into() },
            crate::world::answer(story.fresh()),
            note(&mut story),
        ];
        for command in commands {
            assert_eq!(story.does(stranger, &command), Err(Rejection::NotFound), "{stranger}: {command:?}");
        }
    }
    story.here = ConversationId(Uuid::from_u128(77));
    assert_eq!(story.does("maya", &Command::Take), Err(Rejection::NotFound), "the two are not told apart");
    assert_eq!(story.does("adele", &Command::Take), Err(Rejection::NotFound));
}

#[test]
fn people_may_not_speak_for_carriers_clocks_or_effects() {
    let message = MessageId(Uuid::from_u128(5));
    let receive = Receive {
        message,
        conversation: ConversationId(Uuid::from_u128(6)),
        number: Story::number(1),
        line: "main".into(),
        body: Body::new("forged"),
        media: 0,
        opt_out_type: None,
        area_code: None,
        sent: None,
        acknowledgement: None,
        wait_until: None,
        by_carrier: true,
    };
    for rep in ["maya", "lea", "adele"] {
        for command in [
            Command::Receive(receive.clone()),
            Command::Report { message, delivery: Delivery::Delivered, error: None },
            Command::Match,
            Command::Expire,
            Command::BeginSend { message },
            Command::AbandonSend { message },
            Command::LoseSend { message },
            Command::NeverLeft { message },
            Command::Doubt,
            Command::MediaSettled { message },
            Command::OptIn { source: OptOutSource::Carrier },
        ] {
            let mut story = Story::with_mayas_buyer();
            let said = story.does(rep, &command);
            assert!(matches!(said, Err(Rejection::NotAllowed { .. })), "{rep}: {command:?}: {said:?}");
        }
    }
}

#[test]
fn machines_may_not_speak_for_people() {
    let mut story = Story::with_mayas_buyer();
    for actor in [Actor::Carrier, Actor::Clock, Actor::Effects, Actor::Crm, Actor::Operator] {
        for command in [Command::Take, Command::Done { outcome: Outcome::Called }, crate::world::answer(story.fresh())]
        {
            let said = story.decides(actor.clone(), u64::MAX, &command);
            assert!(matches!(said, Err(Rejection::NotAllowed { .. })), "{actor:?}: {command:?}");
        }
    }
    assert!(story.c().clock.is_some(), "no machine ever met the clock");
}

fn presence(rep: &str, away: bool) -> Event {
    Event::Presence { rep: rep.into(), away, until: None, unseen: false, note: None, by: None }
}

#[test]
fn away_is_said_of_oneself_only() {
    let mut story = Story::with_mayas_buyer();
    let said = story.does("ben", &Command::away(true)).unwrap();
    assert_eq!(said, [presence("ben", true)]);
    let since = story.roster.away[&"ben".into()];
    story.wait(comeback::domain::time::Span::minutes(5));
    story.does("ben", &Command::away(true)).unwrap();
    assert_eq!(story.roster.away[&"ben".into()], since, "saying it twice does not start it anew");
    story.does("ben", &Command::away(false)).unwrap();
    assert!(story.roster.away.is_empty());
}

#[test]
fn an_auditor_is_nobodys_audience_and_changes_nothing() {
    let mut story = Story::with_mayas_buyer();
    story.playbook.auditors.insert("nina".into(), Auditor { name: "Nina".to_owned() });
    assert_eq!(story.playbook.role_of(&"nina".into()), Some(Role::Auditor));
    assert!(!may_see(&principals(&story.playbook, &"nina".into()), story.c()));
    let before = story.c().clone();
    for command in [Command::Take, Command::Done { outcome: Outcome::Called }, Command::away(true)] {
        let refused = story.does("nina", &command);
        assert!(matches!(refused, Err(Rejection::NotAllowed { .. })), "{command:?}: {refused:?}");
    }
    assert_eq!(*story.c(), before);
    assert_eq!(story.playbook.role_of(&"nobody".into()), None);
}

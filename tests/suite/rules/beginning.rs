//! A rep texts first: somebody who wrote before, never anybody else.

use comeback::domain::block::Why;
use comeback::domain::command::Command;
use comeback::domain::consent::{OptOutSource, Scope};
use comeback::domain::contact::Address;
use comeback::domain::event::{Event, Outcome};
use comeback::domain::id::{ConversationId, RepId};
use comeback::domain::rejection::Rejection;
use uuid::Uuid;

use crate::world::{Story, card, kinds};

fn begin(line: &str) -> Command {
    let to = Address::parse("+13055550100").unwrap();
    Command::Begin { to, line: line.into(), conversation: ConversationId(Uuid::from_u128(77)) }
}

fn refusal(story: &mut Story, rep: &str, line: &str) -> String {
    match story.does(rep, &begin(line)) {
        Err(Rejection::NoConsent { why }) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_old_conversation_is_opened_again_for_whoever_begins() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Done { outcome: Outcome::Called }).unwrap();
    let said = story.does("maya", &begin("main")).unwrap();
    assert_eq!(kinds(&said), ["reopened", "taken"]);
    let message = story.answers("maya");
    assert!(story.is_undoable(message), "and the text is judged as any other");
}

#[test]
fn on_another_line_a_new_conversation_begins_with_somebody_who_wrote_before() {
    let mut story = Story::with_mayas_buyer();
    story.crm_says(1, vec![card("c-1")]);
    let number = Story::number(1);
    // No conversation of that line is there yet.
    story.begins_with = Some(number);
    story.here = ConversationId(Uuid::from_u128(77));
    let refused = Err(Rejection::NotAllowed { needs: "rep of the line's team".to_owned() });
    assert_eq!(story.does("maya", &begin("dock")), refused);
    let said = story.does("nora", &begin("dock")).unwrap();
    assert_eq!(kinds(&said), ["opened", "matched", "owned", "taken"]);
    let c = story.c();
    assert_eq!((c.owner.as_ref().map(RepId::as_str), c.clock.is_none(), c.inbound), (Some("nora"), true, 0));
}

#[test]
fn whoever_never_wrote_opted_out_or_is_blocked_is_not_texted_first() {
    let mut story = Story::begins();
    story.numbers.insert(Story::number(1), comeback::domain::consent::Number::new(Story::number(1)));
    story.begins_with = Some(Story::number(1));
    assert_eq!(refusal(&mut story, "maya", "main"), "they never texted us, and no opt-in is recorded");
    story.begins_with = None;
    assert_eq!(
        story.does("maya", &begin("main")),
        Err(Rejection::NoConsent { why: "they never texted us, and no opt-in is recorded".to_owned() }),
        "a number of no record"
    );

    let mut story = Story::with_mayas_buyer();
    story.texts("STOP");
    assert_eq!(refusal(&mut story, "maya", "main"), "this number opted out");

    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Block { reason: Why::Abuse }).unwrap();
    assert_eq!(refusal(&mut story, "maya", "main"), "this number is blocked");
}

#[test]
fn a_recorded_opt_in_lets_a_rep_text_first() {
    let mut story = Story::begins();
    let mut number = comeback::domain::consent::Number::new(Story::number(1));
    let source = OptOutSource::Import("form".to_owned());
    let given = Event::OptedIn { source, scope: Scope::Number("main".into()), said: Some(story.now), words: None };
    number.apply(story.now, &given);
    story.numbers.insert(Story::number(1), number);
    story.begins_with = Some(Story::number(1));
    story.here = ConversationId(Uuid::from_u128(77));
    assert_eq!(refusal(&mut story, "nora", "dock"), "they never texted us, and no opt-in is recorded");
    assert_eq!(kinds(&story.does("maya", &begin("main")).unwrap()), ["opened", "owned", "taken"]);
}

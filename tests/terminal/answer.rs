//! From a signed webhook to the rep's screen, and the answer back to the buyer.

use serde_json::json;

use super::house::House;
use super::library::sign;
use super::tmux::eventually;

#[test]
fn a_signed_text_reaches_its_rep_whose_answer_is_taken_back_then_sent_once_and_delivered() {
    let house = House::start();
    let buyer = house.people_of("maya").swap_remove(0);
    house.sign_in("maya", house.about("base_url"));
    let inbox = house.inbox("maya", (110, 30));

    // Twilio's own library signs; one byte changed afterwards is somebody else's text.
    let url = format!("{}/hooks/twilio/inbound", house.about("base_url"));
    let question = "Can we still get the Q4 price?";
    let mut form = vec![
        ("MessageSid", "SM0123456789abcdef0123456789abcdef"),
        ("AccountSid", house.about("account_sid")),
        ("From", buyer.phone.as_str()),
        ("To", "+16465550100"),
        ("Body", question),
        ("NumMedia", "0"),
    ];
    let as_json = serde_json::Value::Object(form.iter().map(|(n, v)| ((*n).to_owned(), json!(v))).collect());
    let signature = sign(&url, house.about("auth_token"), &as_json);
    form[4].1 = "Can we still get the Q5 price?";
    assert_eq!(house.post_signed(&url, &form, &signature), 403);
    let log = house.said();
    assert!(log.contains("webhook") && log.to_lowercase().contains("signature"), "the log says why:\n{log}");
    assert!(!log.contains("Q5 price") && !log.contains(&buyer.phone), "and keeps what was written to itself:\n{log}");
    form[4].1 = question;
    assert_eq!(house.post_signed(&url, &form, &signature), 200);

    // Who, where the deal stands, what was written, and how long there is.
    let screen = inbox.shows(&[&buyer.name, &buyer.phone, &buyer.account, &buyer.stage, question, "left"]);
    assert!(!screen.contains("Q5"), "what was refused is nowhere:\n{screen}");
    let countdown = || {
        let screen = inbox.screen();
        let (before, _) = screen.split_once(" left")?;
        Some(before.chars().rev().take(5).collect::<Vec<_>>().into_iter().rev().collect::<String>())
    };
    let first = eventually("a countdown", countdown);
    assert!(first.chars().filter(char::is_ascii_digit).count() >= 3, "minutes and seconds: {first}");
    eventually("a countdown that runs", || countdown().filter(|now| *now != first));

    // Written, sent into the undo hold, taken back as a draft.
    let words = "Yes, until Friday. Shall I send the order form?";
    inbox.press(&["r"]);
    inbox.shows(&[&format!("To {}", buyer.name)]);
    inbox.write(words);
    inbox.shows(&[words]);
    inbox.press(&["Enter"]);
    inbox.shows(&[words, "sending in"]);
    inbox.press(&["u"]);
    inbox.shows(&["Taken back", words]);
    let held = || house.conversation("maya", &buyer.phone)["state"]["answers"].clone();
    eventually("an answer taken back at the backend", || {
        held().as_object().is_none_or(serde_json::Map::is_empty).then_some(())
    });
    assert_eq!(house.sends(&buyer.phone), Vec::<String>::new(), "nothing left");

    // Sent again: the hold runs out, the carrier has it once, and its callback shows.
    inbox.press(&["Enter"]);
    inbox.shows(&["sending in"]);
    inbox.shows(&["delivered", words]);
    assert_eq!(house.sends(&buyer.phone), [words]);
    // Answered: no clock runs any more.
    inbox.hides(" left ");
}

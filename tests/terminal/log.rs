//! What the inbox writes down about itself: how it fared with the network, and nothing of what people wrote.

use std::fs;

use super::house::{COMEBACK, House};
use super::tmux::{Terminal, eventually};

#[test]
fn the_log_of_a_whole_conversation_holds_no_number_name_word_or_token() {
    let house = House::start();
    let buyer = house.people_of("maya").swap_remove(0);
    // The inbox goes through a cable, so that the network can fail, too.
    let cable = house.cable();
    house.sign_in("maya", &cable.url());
    let inbox = Terminal::open(house.home(), (110, 30), &format!("COMEBACK_LOG=debug exec {COMEBACK} --profile maya"));
    inbox.shows(&["online"]);
    let (question, answer) = ("My card number is 4929 1234", "Please never text that");
    house.text(&buyer.phone, question);
    inbox.shows(&[&buyer.name, question]);
    inbox.press(&["r"]);
    inbox.shows(&[&format!("To {}", buyer.name)]);
    inbox.write(answer);
    inbox.press(&["Enter"]);
    inbox.shows(&["delivered", answer]);
    inbox.press(&["/"]);
    inbox.write("card number");
    inbox.shows(&["card number"]);
    inbox.press(&["Escape"]);
    cable.cut();
    inbox.shows(&["offline"]);
    let folder = house.home().join("state/comeback/maya");
    let log = eventually("the log of a broken connection", || {
        let log = fs::read_to_string(folder.join("log")).ok()?;
        log.contains("no answer").then_some(log)
    });
    for said in
        ["the inbox starts", "asks who this device is", "asks for changes", "sends commands", "online", "offline"]
    {
        assert!(log.contains(said), "the log does not say {said:?}:\n{log}");
    }
    let digits = buyer.phone.trim_start_matches('+');
    let token = house.token("maya");
    for secret in [question, answer, "4929", "card", digits, &buyer.name, &buyer.account, token, "since=", "+1"] {
        assert!(!log.contains(secret), "the log says {secret:?}:\n{log}");
    }
    let screen = inbox.screen();
    assert!(
        !screen.contains("asks for changes") && !screen.contains("DEBUG"),
        "nothing of it on the screen:\n{screen}"
    );
}

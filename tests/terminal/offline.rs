//! Reading and answering on a train without network.

use serde_json::json;

use super::house::{House, Person};
use super::tmux::{Terminal, eventually};

/// Goes down the list until this person is open.
fn choose(inbox: &Terminal, person: &Person) {
    inbox.press(&["Escape"]);
    inbox.shows(&["▸ Maya Okafor"]);
    inbox.press(&["g", "g"]);
    let at_the_top = || inbox.screen().lines().nth(2).is_some_and(|line| line.starts_with("│>"));
    eventually("the top of the list", || at_the_top().then_some(()));
    // The list may cut a long name off.
    let name: String = person.name.chars().take(8).collect();
    let chosen = || inbox.screen().lines().find(|line| line.starts_with("│>")).map(str::to_owned);
    // A row by its name: its clock changes by itself.
    let who = |row: &str| row.split("left").nth(1).map(|rest| rest.split('│').next().unwrap_or_default().to_owned());
    for _ in 0..10 {
        let before = eventually("a chosen row", || chosen().as_deref().and_then(who));
        if before.contains(&name) {
            inbox.shows(&[&format!("{} {}", person.name, person.phone)]);
            return;
        }
        inbox.press(&["j"]);
        eventually("another row", || chosen().as_deref().and_then(who).filter(|now| *now != before));
    }
    panic!("{} is not in the list:\n{}", person.name, inbox.screen());
}

#[test]
fn four_answers_written_offline_are_judged_again_one_goes_and_three_wait_for_the_rep() {
    let house = House::start();
    let people: Vec<Person> = house.people_of("maya").into_iter().take(4).collect();
    let [again, stopped, moved, fine] = people.as_slice() else { panic!("Maya owns four deals") };
    let cable = house.cable();
    house.sign_in("maya", &cable.url());
    for person in &people {
        house.text(&person.phone, &format!("Is this {} pricing final?", person.account));
    }
    let inbox = house.inbox("maya", (120, 36));
    inbox.shows(&["For me 4"]);

    cable.cut();
    inbox.shows(&["offline"]);
    let words = |person: &Person| format!("Good question, {}.", person.name);
    for person in &people {
        choose(&inbox, person);
        inbox.press(&["r"]);
        inbox.shows(&[&format!("To {}", person.name)]);
        inbox.write(&words(person));
        inbox.shows(&[&words(person)]);
        inbox.press(&["Enter"]);
        // The composer closes; the line at the bottom names them too, without the number.
        inbox.hides(&format!("To {} {}", person.name, person.phone));
    }
    inbox.press(&["O"]);
    for person in &people {
        inbox.shows(&["Outbox (4)", &person.name, &words(person), "waits for the network"]);
    }

    // Meanwhile: one wrote again, one opted out, one was given to a colleague by the lead.
    house.text(&again.phone, "And is there a discount?");
    house.text(&stopped.phone, "STOP");
    let given = house.conversation("lea", &moved.phone);
    let envelope = json!({
        "id": uuid::Uuid::now_v7(), "n": 1, "after": 0, "seen": given["state"]["inbound"], "issued_at": given["state"]["changed"],
        "conversation": given["state"]["id"], "command": { "do": "assign", "to": "ben" },
    });
    let pushed = house.post_as(
        house.token("lea"),
        &format!("{}/v1/commands", house.about("base_url")),
        &json!({ "envelopes": [envelope] }),
    );
    assert!(pushed.to_string().contains("done"), "the lead reassigns: {pushed}");
    eventually("the news at the backend", || {
        let wrote = house.conversation("lea", &again.phone)["state"]["inbound"] == 2;
        let out = !house.conversation("lea", &stopped.phone)["number"]["opted_out"].is_null();
        (wrote && out).then_some(())
    });

    cable.mend();
    inbox.press(&["C-r"]);
    let left = eventually("the fourth answer at the carrier", || {
        Some(house.sends(&fine.phone)).filter(|sends| !sends.is_empty())
    });
    assert_eq!(left, [words(fine)]);
    for person in [again, stopped, moved] {
        inbox.shows(&["Outbox (3)", "wrote again", "opted out", "Ben Carver", &person.name, &words(person)]);
        assert_eq!(house.sends(&person.phone), Vec::<String>::new(), "{} received nothing", person.name);
    }
    inbox.hides(&words(fine));
}

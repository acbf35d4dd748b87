//! Reading and answering on a train without network.

use serde_json::json;

use super::house::{House, Person};
use super::tmux::{Terminal, eventually};

/// Goes down the list until this person is open.
fn choose(inbox: &Terminal, person: &Person) {
    inbox.press(&["Escape"]);
    inbox.shows(&["▸ Maya Okafor"]);
    inbox.press(&["g", "g"]);
    let title = format!("{} {}", person.name, person.phone);
    for _ in 0..10 {
        let mut before = inbox.screen();
        if before.contains(&title) {
            return;
        }
        inbox.press(&["j"]);
        eventually("another row", || {
            let now = inbox.screen();
            let moved = now != before;
            before = now;
            moved.then_some(())
        });
    }
    panic!("{title} is not in the list:\n{}", inbox.screen());
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
        inbox.hides(&format!("To {}", person.name));
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

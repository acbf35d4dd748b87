//! Two people reach for the same reply.

use super::house::House;
use super::tmux::eventually;

#[test]
fn of_two_reps_who_take_at_once_one_has_it_and_the_other_is_told_and_keeps_the_draft() {
    let house = House::start();
    let reps = [("maya", "Maya Okafor"), ("ben", "Ben Carver")];
    let cables = reps.map(|(rep, _)| {
        let cable = house.cable();
        house.sign_in(rep, &cable.url());
        cable
    });
    let stranger = "+13125550999";
    house.text(stranger, "Hi, who do I talk to about a quote?");
    let inboxes = reps.map(|(rep, _)| house.inbox(rep, (110, 30)));
    for inbox in &inboxes {
        inbox.press(&["Tab"]);
        inbox.shows(&[stranger]);
    }

    // Neither knows of the other yet.
    for cable in &cables {
        cable.hold();
    }
    for (inbox, (rep, _)) in inboxes.iter().zip(reps) {
        inbox.press(&["r"]);
        inbox.write(&format!("Words of {rep}"));
        inbox.shows(&[&format!("Words of {rep}")]);
        inbox.press(&["Escape"]);
        inbox.shows(&["draft"]);
        inbox.press(&["c"]);
    }
    for cable in &cables {
        cable.mend();
    }

    let taker = eventually("somebody has it", || {
        let taken = house.conversation("lea", stranger)["state"]["assignment"].clone();
        reps.iter().position(|(rep, _)| !taken["taken"].is_null() && taken["to"].to_string().contains(rep))
    });
    let (loser, (rep, _)) = (&inboxes[1 - taker], reps[1 - taker]);
    let told = loser.shows(&[&format!("taken by {}", reps[taker].1), "just now"]);
    assert!(!inboxes[taker].screen().contains("taken by"), "only the other is told:\n{told}");
    loser.press(&["r"]);
    loser.shows(&[&format!("Words of {rep}")]);
    assert_eq!(house.sends(stranger), Vec::<String>::new(), "taking sends nothing");
}

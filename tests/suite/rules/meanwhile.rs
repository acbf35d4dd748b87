//! Who is asked for somebody's buyers while they are away, as it is told to them.

use comeback::domain::id::RepId;
use comeback::domain::meanwhile::{asked, words};
use comeback::domain::roster::Roster;

use crate::world::{TUESDAY_TEN, at};

const EXAMPLE: &str = include_str!("../../../assets/playbook.toml");

#[test]
fn whoever_goes_is_told_whom_the_rules_ask_with_the_people_who_are_here() {
    let playbook = comeback::config::playbook::read("playbook.toml", EXAMPLE).unwrap_or_else(|e| panic!("{e}"));
    let now = at(TUESDAY_TEN);
    let told = |away: &[&str]| {
        let roster = Roster::of_away(away.iter().map(|rep| (RepId::from(*rep), now)));
        words(&asked(&playbook, &roster, &"maya".into(), now)).unwrap()
    };
    let usual = "Ben Carver (late stage, meeting, standard) and a colleague who is AE (renewal)";
    assert_eq!(told(&[]), usual);
    assert_eq!(told(&["maya"]), usual, "she said so already");
    assert_eq!(told(&["ben"]), "the pool of East (late stage, meeting, standard) and In\u{e9}s Robles (renewal)");
    assert_eq!(told(&["ben", "ines", "omar", "lea", "gail", "kai", "wren", "sol"]), "Lea Brandt, who is away, too");
    assert_eq!(told(&["ben", "ines"]), "the pool of East", "one answer for every class needs none of them");
}

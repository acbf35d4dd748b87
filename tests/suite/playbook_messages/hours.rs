//! When a playbook has somebody there: calendars, quiet times and shifts.

use super::{END, changed, each_is_told, mistakes};

#[test]
fn mistakes_about_hours_and_shifts_say_where_and_what_to_write() {
    let half_days = "reps = [\"omar\", \"ines\", \"ben\"]";
    let weekends = "only = { days = [\"saturday\", \"sunday\"], hours = [\"09:00-21:00\"] }";
    let monday = "monday = [\"08:00-12:30\", \"13:00-19:00\"]";
    let apart = "let one end before the other begins, or write the two as one";
    each_is_told(&[
        (&[("2026-07-03 = []", "third = []")], "third = []", "not a day: write it 2026-12-25"),
        (
            &[(monday, "monday = [\"08:00-12:30\", \"12:00-19:00\"]")],
            "monday = [\"08:00-12:30\", \"12:00",
            &format!("this calendar cannot be used: Monday: the window 12:00-19:00 overlaps 08:00-12:30; {apart}"),
        ),
        (
            &[(
                "[calendar.west]\nzone = \"America/Los_Angeles\"\n",
                "[calendar.shut]\nzone = \"Asia/Tokyo\"\n[calendar.west]\nzone = \"America/Los_Angeles\"\n",
            )],
            "zone = \"Asia/Tokyo\"",
            "this calendar cannot be used: no weekday has opening hours, so no clock would ever run; give a day its hours, as in \
             monday = [\"09:00-17:00\"]",
        ),
        (
            &[(weekends, "only = { hours = [\"09:00-12:00\", \"11:00-13:00\"] }")],
            "only = { hours",
            &format!("these hours cannot be used: Monday: the window 11:00-13:00 overlaps 09:00-12:00; {apart}"),
        ),
        (
            &[("times = [\"20:00-06:00\"], calendar", "times = [\"20:00-06:00\", \"05:00-07:00\"], calendar")],
            "times = [\"20:00-06:00\", \"05",
            &format!("these quiet times cannot be used: Monday: the window 05:00-07:00 overlaps 20:00-06:00; {apart}"),
        ),
        (
            &[(weekends, "only = { days = [] }")],
            "only = { days = [] }",
            "this layer would never have anybody; leave out days or hours that are not restricted",
        ),
        (
            &[("holidays = [2026-11-26, 2026-12-25]\n", "")],
            "holidays = \"only\"",
            "this layer is for holidays, but the schedule lists none; write them above its layers, as holidays = [2026-12-25]",
        ),
        (
            &[(half_days, "reps = [\"nobody\"]")],
            "reps = [\"nobody\"]",
            "this layer has nobody in it, so it would never be asked; name who takes turns, or leave the layer out",
        ),
        (
            &[(half_days, "reps = [\"omar\", \"zoe\"]")],
            "reps = [\"omar\", \"zoe\"]",
            "\"zoe\" left: this turn would have nobody; name somebody else, or write \"nobody\" for an empty turn",
        ),
        (
            &[(END, "\n[rep.nobody]\nname = \"No Body\"\nteam = \"west\"\n")],
            "reps = [\"kai\", \"nobody\"]",
            "\"nobody\" means an empty turn here, but it is also a rep's short name; give [rep.nobody] another short name",
        ),
    ]);
    let told = changed(&[("[schedule.half_days]\n", "[schedule.half_days]\nteam = \"east\"\n")]);
    let line = told.lines().position(|line| line == "[schedule.half_days]").expect("a schedule") + 2;
    assert_eq!(
        mistakes(&told),
        [format!(
            "playbook.toml:{line}:8: who is on call for the team \"east\" is said by [schedule.east] already; leave the team out of \
             one of the two"
        )]
    );
}

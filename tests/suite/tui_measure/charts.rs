//! The pages of a report: each has its chart, which fits the screen and says how it is read.

use comeback::client::handle::{Ask, Notice, WhichReport};
use comeback::domain::measure::ReportName;
use comeback::domain::measure::chart::Behind;
use comeback::domain::measure::credit::Rule;
use comeback::domain::measure::report::{Part, Report};

use super::{SLA, measured, outcomes, read, sla};
use crate::tui_screens::{SIZES, shows};
use crate::tui_world::{Desk, START};

#[test]
fn each_chart_has_its_page() {
    for size in SIZES {
        let mut desk = measured(size);
        for name in ["glance", "funnel", "days", "bars", "week"] {
            shows(&desk, &format!("measure-{name}"));
            desk.keys("Tab");
        }
    }
}

/// A desk that has read a month of which only the last days have any replies.
fn begun(size: (u16, u16), days_with_any: usize) -> Desk {
    let Report::Sla(mut told) = sla() else { unreachable!("attainment") };
    let empty = told.days.len() - days_with_any;
    for day in &mut told.days[..empty] {
        (day.replies, day.met) = (0, Part::of(0, 0));
    }
    for day in &mut told.days[empty..] {
        (day.replies, day.met) = (8, Part::of(6, 8));
    }
    let mut desk = Desk::usual(size);
    desk.keys("M");
    desk.hear(Notice::Measured { which: SLA, at: START, report: Report::Sla(told).into() });
    desk.keys("Tab Tab");
    desk
}

#[test]
fn days_are_drawn_from_the_first_one_with_replies_and_few_of_them_are_wide() {
    for size in [(50, 14), (40, 12), (80, 24)] {
        let mut desk = begun(size, 1);
        desk.says("2026-03-03: 75.0 % (6 of 8)");
        assert!(desk.screen().contains("██████████"), "{}", desk.screen());
        assert!(!desk.screen().contains("2026-02"), "{}", desk.screen());
        // There is no other day to go to.
        desk.keys("Left Left");
        desk.says("2026-03-03: 75.0 % (6 of 8)");
        let mut desk = begun(size, 3);
        desk.says("2026-03-01: 75.0 % (6 of 8)");
        desk.says("2026-03-01 2026-03-02 2026-03-03");
        desk.keys("Right Right");
        desk.says("2026-03-03: 75.0 % (6 of 8)");
        // Of a week each is named without its year.
        let desk = begun(size, if size.0 < 50 { 6 } else { 7 });
        assert!(read(&desk).contains("03-01 03-02 03-03"), "{}", desk.screen());
    }
    // A month without any is drawn as it was.
    let desk = begun((80, 24), 0);
    desk.says("2026-02-02");
}

#[test]
fn how_a_chart_is_read_is_told_to_the_end_and_on_a_low_screen_as_far_as_it_fits() {
    for size in [(80, 24), (120, 40), (60, 24)] {
        let mut desk = measured(size);
        desk.keys("Tab Tab Tab");
        assert!(read(&desk).contains("95 of 100 such lines hold it."), "{}", desk.screen());
        desk.keys("Tab");
        // Where an hour has no room for its number, what its shade means is said.
        let wanted = if size.0 < 80 { "The darker, the more were late" } else { "the number is the share in time." };
        assert!(read(&desk).contains(wanted), "{}", desk.screen());
    }
    for size in SIZES {
        let mut desk = measured(size);
        desk.keys(">");
        let which = WhichReport { report: ReportName::Outcomes, ..SLA };
        desk.hear(Notice::Measured { which, at: START, report: outcomes().into() });
        for _ in 0..20 {
            if !desk.screen().contains("Influenced revenue") {
                desk.keys("Tab");
            }
        }
        let told = read(&desk);
        // The window is told first, and so at every size.
        assert!(told.contains("In the 90 days before a deal"), "{}", desk.screen());
        let rule = Rule::default().words();
        assert!(size.1 < 24 || told.contains(&rule), "{}", desk.screen());
    }
}

#[test]
fn the_map_of_the_week_says_in_which_zone_its_hours_are() {
    for size in [(80, 24), (120, 40), (60, 24), (50, 24)] {
        for (zones, wanted) in [
            (vec!["Europe/Berlin"], "When the buyer wrote, in Europe/Berlin. The d"),
            (
                vec!["America/New_York", "Europe/Berlin"],
                "in the hours of each cohort's calendar (America/New_York, Europe/Berlin). The d",
            ),
        ] {
            let Report::Sla(mut told) = sla() else { unreachable!("attainment") };
            told.about.hours_in = zones.into_iter().map(str::to_owned).collect();
            let mut desk = Desk::usual(size);
            desk.keys("M");
            desk.hear(Notice::Measured { which: SLA, at: START, report: Report::Sla(told).into() });
            desk.keys("Tab Tab Tab Tab");
            assert!(read(&desk).contains(wanted), "{size:?}\n{}", desk.screen());
        }
    }
}

#[test]
fn a_number_on_top_that_is_of_few_says_so() {
    for size in SIZES {
        let mut desk = measured(size);
        desk.keys(">");
        let which = WhichReport { report: ReportName::Outcomes, ..SLA };
        desk.hear(Notice::Measured { which, at: START, report: outcomes().into() });
        desk.keys("j");
        let rows = desk.screen().lines().filter(|line| line.contains("deals won") && line.contains("too few")).count();
        // Where there is no room for it beside the number, the line below has it.
        assert!(rows >= if size.1 < 24 { 1 } else { 2 }, "{}", desk.screen());
        assert!(size.1 < 24 || read(&desk).contains("too few: 2 of 3, likely 21 to 94 %"), "{}", desk.screen());
    }
}

#[test]
fn a_week_has_all_of_its_days_on_a_small_screen_or_says_how_many_it_has_not() {
    for width in [40, 50, 80] {
        for high in 14..30 {
            let mut desk = measured((width, high));
            desk.keys("Tab Tab Tab Tab");
            for day in ["Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat", "Sun"] {
                let rows = desk.screen().lines().filter(|row| row.starts_with(&format!("│ {day}"))).count();
                assert!(rows > 0, "{day} at {width}x{high}\n{}", desk.screen());
            }
            assert!(!desk.screen().contains("more─"), "{}", desk.screen());
        }
    }
    let mut desk = measured((40, 12));
    desk.keys("Tab Tab Tab Tab");
    desk.says("↓ 3 more");
    desk.keys("j j j j j j");
    desk.says("│ Sun");
    desk.says("↑ 3 more");
}

#[test]
fn the_cursor_of_the_week_goes_by_hour_and_by_day() {
    let mut desk = measured((80, 24));
    desk.keys("Tab Tab Tab Tab");
    desk.says("Mon 09:00:");
    desk.keys("Right j");
    desk.says("Tue 10:00:");
    desk.keys("k k");
    desk.says("Mon 10:00:");
    desk.keys("Left Left");
    desk.says("Mon 08:00: no rate");
    desk.keys("Enter");
    desk.says("Not opened: it counts nothing");
    desk.keys("Right Enter");
    let behind = Behind::of("sla").only("by", "hour").only("key", "009").only("standing", "in_time");
    assert_eq!(desk.commands().last(), Some(&Ask::Behind { behind, days: 30 }));
}

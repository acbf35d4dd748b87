//! What answering was worth, in sums that stand whole at every width.

use comeback::client::handle::{Ask, Notice, WhichReport};
use comeback::domain::measure::ReportName;
use comeback::domain::measure::chart::Behind;
use comeback::domain::measure::interval::Total;
use comeback::domain::measure::report::Report;

use super::{SLA, measured, outcomes, read, turn_to};
use crate::tui_screens::{SIZES, shows};
use crate::tui_world::START;

#[test]
fn what_answering_was_worth_opens_its_deals_and_what_nobody_texted_about_says_so() {
    let behind = Behind::of("outcomes");
    for size in SIZES {
        let mut desk = measured(size);
        desk.keys(">");
        let which = WhichReport { report: ReportName::Outcomes, ..SLA };
        desk.hear(Notice::Measured { which, at: START, report: outcomes().into() });
        shows(&desk, "measure-worth");
        turn_to(&mut desk, "Influenced revenue");
        shows(&desk, "measure-revenue");
        desk.keys("j Enter");
        let missed = behind.clone().only("adherence", "missed").only("what", "won").only("currency", "USD");
        assert_eq!(desk.commands().last(), Some(&Ask::Behind { behind: missed, days: 30 }));
        desk.keys("Esc");
        turn_to(&mut desk, "All deals of the CRM");
        desk.keys("j j");
        shows(&desk, "measure-deals");
        desk.keys("Enter");
        desk.says("Not opened: nobody ever wrote");
    }
}

/// Sums with many digits, under a label that is as long as labels are.
fn large() -> Report {
    let Report::Outcomes(mut told) = outcomes() else { unreachable!("outcomes") };
    for row in told.total.iter_mut().chain(&mut told.rows) {
        if !row.key.is_empty() {
            "Renewals and meeting coordination".clone_into(&mut row.label);
        }
        for amount in &mut row.amounts {
            (amount.won, amount.won_cents) = (40, 123_456_700);
            let (low, high) = (Some(101_212_300), Some(143_434_500));
            amount.revenue = Total { cents: 123_456_700, low, high, small: false };
        }
    }
    Report::Outcomes(told)
}

#[test]
fn at_no_width_an_amount_loses_its_currency_or_an_interval_its_end() {
    for width in 40..=120 {
        for high in [12, 14, 24] {
            let mut desk = measured((width, high));
            desk.keys(">");
            let which = WhichReport { report: ReportName::Outcomes, ..SLA };
            desk.hear(Notice::Measured { which, at: START, report: large().into() });
            // Whole in its row, or under the chart.
            let told = read(&desk);
            assert!(told.contains("(9 of 40, likely 12 to 38 %)"), "{}", desk.screen());
            desk.keys("j j");
            let told = read(&desk);
            let whole = "EUR 1,234,567.00 (40 won deals, likely 1,012,123.00 to 1,434,345.00)";
            let elsewhere = "… comeback report outcomes";
            assert!(told.contains(whole) || high < 24 && told.contains(elsewhere), "{}", desk.screen());
            for row in desk.screen().lines().filter(|row| row.contains("likely") && !row.contains('(')) {
                let whole = ["likely 12 to 38 %", "likely 21 to 94 %", "likely 1,012,123.00 to 1,434,345.00"];
                // What stands under the chart may go on in the next line.
                assert!(whole.iter().any(|whole| row.contains(whole)) || !row.contains('…'), "{row}");
            }
            let brief = ["EUR 1,234,567.00", "EUR 1.2M", "USD 1,234,567.00", "USD 1.2M"];
            for _ in 0..20 {
                if desk.screen().contains("Influenced revenue") {
                    break;
                }
                let rows = desk.screen().lines().filter(|row| row.contains("influenced rev")).count();
                let priced = desk.screen().lines().filter(|row| brief.iter().any(|sum| row.contains(sum))).count();
                assert!(priced >= rows, "{}", desk.screen());
                desk.keys("Tab");
            }
            let priced = desk.screen().lines().filter(|row| brief.iter().any(|sum| row.contains(sum))).count();
            assert!(priced >= if high < 14 { 2 } else { 4 }, "{}", desk.screen());
        }
    }
}

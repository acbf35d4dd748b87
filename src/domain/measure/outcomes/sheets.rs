//! Outcomes as tables.

use chrono_tz::Tz;

use super::super::credit::Touch;
use super::super::exchange::Adherence;
use super::super::gap::Cause;
use super::super::interval::{Difference, Middle, Total};
use super::super::money::thousands;
use super::super::report::Part;
use super::super::sample::ENOUGH;
use super::super::sheet::{Datum, Sheet, points, share, small, text};
use super::reconcile::Heap;
use super::{Amount, OutcomeRow, Outcomes, before};
use crate::domain::time::Timestamp;

/// What is said before all tables: the rule, and how far deals are known.
pub fn lines(told: &Outcomes) -> Vec<String> {
    let deals = match told.deals_read.as_of {
        Some(at) => format!("Deals as the CRM told them at {}", instant(zone(told), at)),
        None => "The CRM has told no deals yet".to_owned(),
    };
    let trouble = told.deals_read.trouble.as_ref().map_or_else(String::new, |why| format!("; since then: {why}"));
    let mut lines = vec![told.rule.words.clone(), format!("{deals}{trouble}")];
    lines.extend(told.deals_read.unread_words());
    lines.extend(told.compared.as_ref().and_then(before::line));
    lines.push("What is told here is associated with answers; that they caused it nobody can say.".to_owned());
    lines
}

/// The company's, by its name: times stand in it like the days of the heading.
fn zone(told: &Outcomes) -> Tz {
    told.about.zone.parse().unwrap_or(Tz::UTC)
}

/// A time there, with the zone's short name at that time.
fn instant(zone: Tz, ms: i64) -> String {
    Timestamp::from_millis(ms).utc().with_timezone(&zone).format("%Y-%m-%d %H:%M %Z").to_string()
}

/// The day there.
pub(super) fn day(zone: Tz, ms: i64) -> String {
    Timestamp::from_millis(ms).utc().with_timezone(&zone).format("%Y-%m-%d").to_string()
}

fn adherence(of: Option<Adherence>) -> Datum {
    text(of.map_or("all", Adherence::words))
}

pub(super) fn part(of: &Part) -> [Datum; 5] {
    [Datum::Count(of.part), Datum::Count(of.whole), share(of.share), share(of.low), share(of.high)]
}

pub(super) fn middle(of: &Middle) -> [Datum; 4] {
    let length = |ms: Option<i64>| ms.map_or(Datum::None, Datum::Length);
    [Datum::Count(of.n), length(of.median), length(of.low), length(of.high)]
}

pub(super) fn difference(of: &Difference) -> [Datum; 3] {
    [of.value, of.low, of.high].map(points)
}

pub(super) fn label(of: &str, few: bool) -> Datum {
    if few { Datum::Starred(of.to_owned()) } else { text(of) }
}

/// What is said of medians of few.
fn few(any: bool) -> Vec<String> {
    let words = format!(
        "* fewer than {ENOUGH}: the median says little. Low and high hold the true median in 95 of 100 such cases, whatever \
         the shape; fewer than 6 say too little for them"
    );
    if any { vec![words] } else { Vec::new() }
}

/// Every table that has anything in it.
pub fn sheets(told: &Outcomes) -> Vec<Sheet> {
    let rows: Vec<&OutcomeRow> = told.rows.iter().chain(&told.total).collect();
    let by = told.by.replace('_', " ");
    let mut all = vec![meetings(&rows, &by), deals(&rows, &by, told.shared), wins(&rows, &by)];
    all.push(lengths(
        &rows,
        &format!("How long won deals took, by {by}"),
        "From the opening to the end. Deals of which nobody knows when they were opened are not in it.",
        |row| &row.cycle,
    ));
    let note = "How long deals had stood in a stage when they left it for another one, in the period and after the reply. Open \
                deals that have not moved are not in it, so that it is too short rather than too long.";
    all.push(lengths(&rows, &format!("How fast deals moved on, by {by}"), note, |row| &row.stay));
    all.push(stages(told));
    all.push(differences(told));
    all.push(reconciled(told));
    all.push(costs(told));
    all.push(listed(told));
    if let Some(compared) = &told.compared {
        all.extend(before::sheets(compared, zone(told)));
    }
    all.retain(|sheet| !sheet.rows.is_empty());
    all
}

fn meetings(rows: &[&OutcomeRow], by: &str) -> Sheet {
    let heard = || rows.iter().filter(|row| row.meetings.whole > 0);
    Sheet {
        title: format!("From reply to meeting, by {by}"),
        columns: vec!["what", "first reply", "meetings", "exchanges", "share", "low", "high"],
        rows: heard()
            .map(|row| {
                let names = [label(&row.label, row.meetings.small), adherence(row.adherence)];
                names.into_iter().chain(part(&row.meetings)).collect()
            })
            .collect(),
        notes: small(heard().any(|row| row.meetings.small)),
    }
}

/// What is said of deals that may be somebody else's.
fn shared(deals: i64) -> Option<String> {
    let of = if deals == 1 { "1 deal is".to_owned() } else { format!("{} deals are", thousands(deals)) };
    (deals > 0).then(|| {
        format!(
            "{of} counted for texts from a number that several people of the CRM have, and nobody has said which of them wrote: \
             W in the inbox says it"
        )
    })
}

fn deals(rows: &[&OutcomeRow], by: &str, unclear: i64) -> Sheet {
    let lines = rows.iter().flat_map(|row| {
        row.amounts.iter().map(|amount| {
            let names = [label(&row.label, is_few(amount)), adherence(row.adherence), text(currency(&amount.currency))];
            let won = [Datum::Count(amount.won)].into_iter().chain(sum(&amount.revenue));
            let open = [Datum::Count(amount.open)].into_iter().chain(sum(&amount.pipeline));
            names.into_iter().chain(won).chain(open).chain([Datum::Count(amount.unpriced)]).collect()
        })
    });
    let any = rows.iter().flat_map(|row| &row.amounts).any(is_few);
    let words = format!(
        "* fewer than {ENOUGH} deals with an amount: the sum says little. Low and high are where the sum of another such \
         period may well lie, would deals come by chance as these did; fewer than 6 say too little for them"
    );
    Sheet {
        title: format!("Influenced revenue and pipeline, by {by}"),
        columns: vec![
            "what",
            "first reply",
            "currency",
            "won",
            "revenue",
            "low",
            "high",
            "open",
            "pipeline",
            "low",
            "high",
            "without amount",
        ],
        rows: lines.collect(),
        notes: ["Won in the period, and open at its end; amounts as the CRM has them now.".to_owned()]
            .into_iter()
            .chain(shared(unclear))
            .chain(any.then_some(words))
            .collect(),
    }
}

/// Whether one of its sums is of few.
fn is_few(of: &Amount) -> bool {
    of.won > 0 && of.revenue.small || of.open > 0 && of.pipeline.small
}

fn sum(of: &Total) -> [Datum; 3] {
    let end = |cents: Option<i64>| cents.map_or(Datum::None, Datum::Money);
    [Datum::Money(of.cents), end(of.low), end(of.high)]
}

fn currency(of: &str) -> &str {
    if of.is_empty() { "the company's own" } else { of }
}

fn wins(rows: &[&OutcomeRow], by: &str) -> Sheet {
    let ended = || rows.iter().filter(|row| row.wins.whole > 0);
    Sheet {
        title: format!("Influenced deals that ended, by {by}"),
        columns: vec!["what", "first reply", "won", "ended", "share", "low", "high"],
        rows: ended()
            .map(|row| {
                let names = [label(&row.label, row.wins.small), adherence(row.adherence)];
                names.into_iter().chain(part(&row.wins)).collect()
            })
            .collect(),
        notes: small(ended().any(|row| row.wins.small)),
    }
}

fn lengths(rows: &[&OutcomeRow], title: &str, note: &str, pick: fn(&OutcomeRow) -> &Middle) -> Sheet {
    let with = || rows.iter().filter(|row| pick(row).n > 0);
    let line = |row: &&&OutcomeRow| {
        let names = [label(&row.label, pick(row).small), adherence(row.adherence)];
        names.into_iter().chain(middle(pick(row))).collect()
    };
    let mut notes = vec![note.to_owned()];
    notes.extend(few(with().any(|row| pick(row).small)));
    Sheet {
        title: title.to_owned(),
        columns: vec!["what", "first reply", "n", "median", "low", "high"],
        rows: with().map(|row| line(&row)).collect(),
        notes,
    }
}

fn stages(told: &Outcomes) -> Sheet {
    let line = |row: &super::StageRow| {
        let names = [label(&row.stage, row.stay.small), adherence(row.adherence)];
        names.into_iter().chain(middle(&row.stay)).chain([Datum::Count(row.still)]).collect()
    };
    Sheet {
        title: "Stage by stage".to_owned(),
        columns: vec!["stage", "first reply", "moved on", "median", "low", "high", "in it now"],
        rows: told.stages.iter().map(line).collect(),
        notes: few(told.stages.iter().any(|row| row.stay.small)),
    }
}

fn differences(told: &Outcomes) -> Sheet {
    let mut rows: Vec<Vec<Datum>> = Vec::new();
    let mut any = false;
    for held in told.differences.iter().filter(|held| held.met.whole + held.missed.whole > 0) {
        let what = if held.what == "meetings" { "reply to meeting" } else { "won, of those that ended" };
        let mut line = |what: &str, of: &Difference| {
            any |= of.small;
            let shares = [share(held.met.share), share(held.missed.share)];
            rows.push([label(what, of.small)].into_iter().chain(shares).chain(difference(of)).collect());
        };
        line(what, &held.difference);
        if let Some(in_stages) = held.in_stages.as_ref().filter(|of| of.value.is_some()) {
            line("the same, like with like by stage", in_stages);
        }
    }
    let mut notes = vec![
        "In time less missed; an interval that holds 0 is no difference. Replies that are answered in time may differ in more \
         than that."
            .to_owned(),
    ];
    if any {
        notes.push(format!("* one side has fewer than {ENOUGH}: it says little"));
    }
    Sheet {
        title: "First reply in time, held against missed".to_owned(),
        columns: vec!["what", "in time", "missed", "difference", "low", "high"],
        rows,
        notes,
    }
}

fn reconciled(told: &Outcomes) -> Sheet {
    let heap = |of: Heap| [Datum::Count(of.deals), Datum::Money(of.cents)];
    let line = |row: &super::Reconciled| {
        let heaps = [row.total, row.influenced, row.outside, row.silent, row.nobody].into_iter().flat_map(heap);
        [text(row.fate.words()), text(currency(&row.currency))]
            .into_iter()
            .chain(heaps)
            .chain([Datum::Count(row.unpriced)])
            .collect()
    };
    Sheet {
        title: "All deals of the CRM".to_owned(),
        columns: vec![
            "deals",
            "currency",
            "in the CRM",
            "amount in the CRM",
            "influenced",
            "amount influenced",
            "outside the window",
            "amount outside",
            "nobody texted",
            "amount not texted",
            "nobody on it",
            "amount of nobody",
            "without amount",
        ],
        rows: told.reconciled.iter().map(line).collect(),
        notes: ["Influenced and the three after it add up to what is in the CRM.".to_owned()]
            .into_iter()
            .chain(told.deals_read.unread_words())
            .collect(),
    }
}

fn costs(told: &Outcomes) -> Sheet {
    let mut rows = Vec::new();
    for row in &told.costs {
        let words = Cause::named(&row.cause).map_or("", Cause::words);
        // Replies stand once, beside the first currency: else they would add up to more than there are.
        let head = |place: usize| {
            let count = |n: i64| if place == 0 { Datum::Count(n) } else { Datum::None };
            vec![text(words), count(row.breached), count(row.with_deal)]
        };
        if row.amounts.is_empty() {
            let mut line = head(0);
            line.push(text(""));
            line.extend([Datum::Count(0), Datum::None, Datum::Count(0), Datum::Count(0), Datum::Count(0), Datum::None]);
            rows.push(line);
        }
        for (place, cost) in row.amounts.iter().enumerate() {
            let mut line = head(place);
            line.push(text(currency(&cost.currency)));
            line.extend([
                Datum::Count(cost.deals),
                Datum::Money(cost.cents),
                Datum::Count(cost.open),
                Datum::Count(cost.won),
                Datum::Count(cost.lost),
                Datum::Money(cost.lost_cents),
            ]);
            rows.push(line);
        }
    }
    Sheet {
        title: "What was open with buyers who were not answered in time".to_owned(),
        columns: vec![
            "why late",
            "replies",
            "with a deal",
            "currency",
            "deals",
            "amount",
            "still open",
            "won since",
            "lost since",
            "amount lost",
        ],
        rows,
        notes: vec![
            "Deals that were open when the reply fell due; one of which nobody knows when it was opened was. Each stands once: \
             under the cause of its newest breach. That a deal was lost by it nobody knows."
                .to_owned(),
        ],
    }
}

/// What is said of a list that does not hold all.
pub fn first_of(told: usize, all: Option<usize>) -> Vec<String> {
    let more = all.filter(|all| *all > told);
    let written = |n: usize| thousands(i64::try_from(n).unwrap_or(i64::MAX));
    let says =
        |all| format!("These are the first {} of {}; csv and json have all of them.", written(told), written(all));
    more.map(says).into_iter().collect()
}

fn listed(told: &Outcomes) -> Sheet {
    let line = |row: &super::DealRow| {
        vec![
            text(&row.deal),
            text(row.fate.words()),
            text(&row.stage),
            row.amount_cents.map_or(Datum::None, Datum::Money),
            text(currency(&row.currency)),
            Datum::Conversation(row.conversation.clone()),
            Datum::Count(i64::try_from(row.seq).unwrap_or(i64::MAX)),
            text(&instant(zone(told), row.at)),
            text(&row.team),
            text(&row.cohort),
            text(row.rep.as_deref().unwrap_or("nobody")),
            text(row.adherence.words()),
        ]
    };
    Sheet {
        title: "Deal by deal".to_owned(),
        columns: vec![
            "deal",
            "how it stands",
            "stage",
            "amount",
            "currency",
            "conversation",
            "entry",
            "reply",
            "team",
            "cohort",
            "rep",
            "first reply",
        ],
        rows: told.deals.iter().map(line).collect(),
        notes: credited(told.rule.rule.touch)
            .into_iter()
            .chain(first_of(told.deals.len(), told.deals_in_all))
            .collect(),
    }
}

/// Why the list is longer than the number of deals, where it may be.
fn credited(touch: Touch) -> Option<String> {
    match touch {
        Touch::First | Touch::Last => None,
        Touch::Any => Some(
            "A deal stands once for each exchange that it is credited to: so there may be more lines than deals."
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DealsTold, RuleTold};
    use super::*;
    use crate::domain::measure::credit::Rule;

    #[test]
    fn a_list_with_a_deal_for_each_exchange_says_so() {
        for touch in Touch::ALL {
            let rule = RuleTold { rule: Rule { touch, ..Rule::default() }, words: String::new() };
            let notes = listed(&Outcomes { rule, ..Outcomes::default() }).notes.join("\n");
            assert_eq!(notes.contains("once for each exchange"), touch == Touch::Any, "{touch:?}: {notes}");
        }
    }

    #[test]
    fn times_are_of_the_companys_zone_on_both_sides_of_a_change_of_clocks() {
        use super::super::super::compare::{Compared, TeamCompared, Wave};
        use super::super::super::report::About;
        use super::super::DealRow;

        // 2026-11-01 03:30 UTC is the evening before in New York; its clocks are changed later that day.
        let (summer, winter) = (1_793_503_800_000, 1_793_590_200_000);
        let deal = |at| DealRow {
            deal: "D-1".to_owned(),
            fate: super::super::Fate::Won,
            stage: String::new(),
            amount_cents: None,
            currency: String::new(),
            opened: None,
            closed: None,
            conversation: String::new(),
            seq: 1,
            at,
            team: String::new(),
            cohort: String::new(),
            rep: None,
            adherence: Adherence::Met,
        };
        let compared = Compared {
            teams: vec![TeamCompared { start: summer, days: 1, ..TeamCompared::default() }],
            waves: vec![Wave { start: summer, ..Wave::default() }],
            ..Compared::default()
        };
        let of = |zone: &str| Outcomes {
            about: About { zone: zone.to_owned(), ..About::default() },
            deals_read: DealsTold { as_of: Some(winter), ..DealsTold::default() },
            deals: vec![deal(summer), deal(winter)],
            compared: Some(compared.clone()),
            ..Outcomes::default()
        };
        let told = of("America/New_York");
        assert!(lines(&told).iter().any(|line| line == "Deals as the CRM told them at 2026-11-01 22:30 EST"));
        let replies: Vec<_> = listed(&told).rows.into_iter().map(|row| row[7].clone()).collect();
        assert_eq!(replies, [text("2026-10-31 23:30 EDT"), text("2026-11-01 22:30 EST")]);
        let began = |told: &Outcomes| {
            let days = sheets(told).into_iter().filter(|sheet| sheet.columns.len() > 9 && sheet.columns[0] != "deal");
            days.map(|sheet| sheet.rows[0][1].clone()).collect::<Vec<_>>()
        };
        assert_eq!(began(&told), [text("2026-10-31"), text("2026-10-31")], "team by team, and who began when");
        let told = of("Pacific/Auckland");
        assert_eq!(began(&told), [text("2026-11-01"), text("2026-11-01")]);
        assert!(lines(&told).iter().any(|line| line == "Deals as the CRM told them at 2026-11-02 16:30 NZDT"));
    }

    #[test]
    fn a_list_that_is_cut_says_of_how_many_it_is() {
        assert_eq!(first_of(500, Some(1_464)), ["These are the first 500 of 1,464; csv and json have all of them."]);
        assert!(first_of(500, Some(500)).is_empty() && first_of(0, None).is_empty());
    }

    #[test]
    fn rows_that_were_not_read_are_told_of_beside_what_is_in_the_crm() {
        let of = |unread| Outcomes { deals_read: DealsTold { unread, ..DealsTold::default() }, ..Outcomes::default() };
        for (unread, wanted) in [(1, "1 row of the CRM was not read"), (3_000, "3,000 rows of the CRM were not read")] {
            let (said, beside) = (lines(&of(unread)).join("\n"), reconciled(&of(unread)).notes.join("\n"));
            assert!(said.contains(wanted) && beside.contains(wanted), "{said}\n{beside}");
            assert!(said.contains("comeback doctor names"), "{said}");
        }
        assert_eq!((lines(&of(0)).len(), reconciled(&of(0)).notes.len()), (3, 1), "all were read");
    }
}

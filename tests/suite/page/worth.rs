//! What answering was worth, as a page: the one that whoever pays opens. Stages and currencies are the CRM's words.

use std::collections::BTreeMap;

use comeback::domain::measure::Adherence;
use comeback::domain::measure::chart::{charts, figures};
use comeback::domain::measure::compare::{Compared, Layer, Side, TeamCompared, Wave};
use comeback::domain::measure::credit::Rule;
use comeback::domain::measure::interval::{Adding, Difference, Middle, Total};
use comeback::domain::measure::outcomes::{
    Amount, Cost, CostRow, DealRow, DealsTold, Fate, Heap, Held, OutcomeRow, Outcomes, Reconciled, RuleTold, StageRow,
};
use comeback::domain::measure::report::{Part, Report};
use comeback::domain::measure::sample::Share;
use comeback::domain::measure::sheet::{Datum, sheets};
use comeback::wire::sheet::{html, words};

use super::paper::{print, text_of};
use super::reports::{HOSTILE, LONG, about};
use super::{count, drawn, elsewhere, keep, seen};

const DAY: i64 = 86_400_000;
const CONVERSATION: &str = "019acb00-0000-7000-8000-000000000001";
const ADHERENCES: [Option<Adherence>; 3] = [None, Some(Adherence::Met), Some(Adherence::Missed)];

/// So many deals of one amount.
fn sum(each: i64, n: i64) -> Total {
    let mut all = Adding::default();
    (0..n).for_each(|_| all.add(each));
    all.total()
}

fn days(all: &[i64]) -> Middle {
    Middle::of(all.iter().map(|days| days * DAY).collect())
}

/// No two `n` have the same sums.
fn amount(n: i64, currency: &str) -> Amount {
    let (revenue, pipeline) = (sum(1_234_567 * n, 7), sum(9_876_543 * n, 31));
    Amount {
        currency: currency.to_owned(),
        won: 7,
        won_cents: revenue.cents,
        revenue,
        open: 31,
        open_cents: pipeline.cents,
        pipeline,
        unpriced: 2,
    }
}

fn row(n: i64, label: &str, adherence: Option<Adherence>, amounts: Vec<Amount>) -> OutcomeRow {
    OutcomeRow {
        key: label.to_owned(),
        label: label.to_owned(),
        adherence,
        meetings: Part::of(n + 3, n + 40),
        won: 7,
        lost: 5,
        open: 31,
        wins: Part::of(7, 12),
        amounts,
        cycle: days(&[30, 45, 59]),
        stay: days(&[2, 4, 8, 9, 11, 30, 31]),
        still: 6,
    }
}

fn reconciled(fate: Fate, currency: &str, n: i64) -> Reconciled {
    let heap = |deals: i64| Heap { deals, cents: deals * 1_111_111 * n };
    Reconciled {
        fate,
        currency: currency.to_owned(),
        total: heap(20),
        influenced: heap(7),
        outside: heap(6),
        silent: heap(4),
        nobody: heap(3),
        unpriced: 2,
    }
}

fn deal(name: &str) -> DealRow {
    DealRow {
        deal: name.to_owned(),
        fate: Fate::Won,
        stage: name.to_owned(),
        amount_cents: Some(4_800_005),
        currency: name.to_owned(),
        opened: Some(0),
        closed: Some(59 * DAY),
        conversation: CONVERSATION.to_owned(),
        seq: 41_207,
        at: 0,
        team: name.to_owned(),
        cohort: name.to_owned(),
        rep: Some(name.to_owned()),
        adherence: Adherence::Met,
    }
}

fn compared(names: &[&str]) -> Compared {
    let side = |met| Side {
        meetings: Part::of(met, 120),
        first: days(&[1, 2, 3]),
        wins: Part::of(7, 12),
        cycle: days(&[30, 45, 59]),
    };
    let difference = || Difference::of(Share { part: 30, whole: 120 }, Share { part: 12, whole: 120 });
    let team = |name: &str| TeamCompared {
        team: name.to_owned(),
        label: name.to_owned(),
        start: 0,
        ahead: false,
        days: 30,
        before: side(12),
        after: side(30),
        difference: difference(),
    };
    let layer = |name: &str| Layer {
        stage: name.to_owned(),
        unknown: false,
        before: Part::of(12, 120),
        after: Part::of(30, 120),
    };
    let wave = |name: &str| Wave {
        start: 0,
        days: 30,
        teams: vec![name.to_owned(), "East".to_owned()],
        others: vec![name.to_owned()],
        before: Part::of(12, 120),
        after: Part::of(30, 120),
        others_before: Part::of(11, 120),
        others_after: Part::of(13, 120),
        difference: difference(),
    };
    let all = || std::iter::once("West").chain(names.iter().copied());
    Compared {
        days: 30,
        until: "2026-01-30".to_owned(),
        imported: 240,
        untold: 0,
        teams: all().map(team).collect(),
        stages: all().map(layer).collect(),
        in_stages: difference(),
        waves: all().map(wave).collect(),
        no_waves: None,
    }
}

/// Three months of a company, some of whose stages, currencies, teams and deals have names that would be markup.
pub(super) fn outcomes(names: &[&str]) -> Report {
    let called = |first: &'static str| std::iter::once(first).chain(names.iter().copied());
    let currencies = || (0..).zip(called("USD"));
    let total = (1..).zip(ADHERENCES).map(|(n, adherence)| {
        let amounts = currencies().map(|(m, currency)| amount(10 * n + m, currency)).collect();
        OutcomeRow { key: String::new(), ..row(n, "all", adherence, amounts) }
    });
    let rows = (0..).zip(called("Late stage")).flat_map(|(m, label)| {
        let currency = if label == "Late stage" { "USD" } else { label };
        (4 + 3 * m..)
            .zip(ADHERENCES)
            .map(move |(n, adherence)| row(n, label, adherence, vec![amount(100 + n, currency)]))
    });
    let stage = |stage: &str, adherence| StageRow {
        stage: stage.to_owned(),
        adherence,
        stay: days(&[2, 4, 8, 9, 11, 30, 31]),
        still: 4,
    };
    let stages = called("proposal").flat_map(|name| ADHERENCES.map(|adherence| stage(name, adherence)));
    let fates = [Fate::Won, Fate::Open, Fate::Lost].into_iter().zip(1..);
    let whole = fates.flat_map(|(fate, n)| currencies().map(move |(m, of)| reconciled(fate, of, 10 * n + m)));
    let cost = |(m, currency): (i64, &str)| Cost {
        currency: currency.to_owned(),
        deals: 9,
        cents: 7_777_777 * (m + 1),
        unpriced: 0,
        open: 5,
        won: 3,
        lost: 1,
        lost_cents: 654_321 * (m + 1),
    };
    let (met, missed) = (Part::of(30, 90), Part::of(8, 80));
    let held = Held {
        what: "meetings".to_owned(),
        met,
        missed,
        difference: Difference::of(Share { part: 30, whole: 90 }, Share { part: 8, whole: 80 }),
        in_stages: None,
    };
    Report::Outcomes(Box::new(Outcomes {
        about: about(),
        by: "cohort".to_owned(),
        rule: RuleTold { rule: Rule::default(), words: Rule::default().words() },
        deals_read: DealsTold {
            as_of: Some(0),
            trouble: names.first().map(|name| format!("it said {name}")),
            unread: 3,
        },
        total: total.collect(),
        rows: rows.collect(),
        differences: vec![held],
        stages: stages.collect(),
        reconciled: whole.collect(),
        shared: 2,
        costs: vec![CostRow {
            cause: "not_taken".to_owned(),
            breached: 40,
            with_deal: 27,
            amounts: currencies().map(cost).collect(),
        }],
        deals: called("D-1").map(deal).collect(),
        deals_in_all: Some(1 + names.len()),
        compared: Some(compared(names)),
    }))
}

#[test]
fn a_browser_shows_what_answering_was_worth_with_stages_currencies_and_deals() {
    let report = outcomes(&[]);
    let (dom, asked) = seen(&html::of(&report));
    assert_eq!(elsewhere(&asked), Vec::<&String>::new());
    // Two rows of all, three of the cohort: of meetings and of deals won first the ones, then the others.
    let bars: [usize; 15] = [2, 2, 3, 5, 2, 3, 5, 5, 5, 5, 1, 1, 1, 1, 12];
    assert_eq!(count(&dom, "<figure"), bars.len(), "{dom}");
    assert_eq!(count(&dom, "<svg"), bars.iter().sum::<usize>());
    assert_eq!(count(&dom, "<tr><th scope=\"row\">"), bars.iter().sum::<usize>());
    assert_eq!((count(&dom, "<dt>"), count(&dom, "<section>")), (6, 14));
    for title in [
        "From the reply to the meeting",
        "Meetings, by how the first reply was answered",
        "Exchanges, in time or missed, and by cohort",
        "Deals won, by cohort",
        "Influenced revenue",
        "Influenced pipeline",
        "Won deals took, half within",
        "Stage by stage, half moved on within",
        "Where open deals stand",
        "What was open with missed replies, by cause",
        "All deals of the CRM",
        "Deal by deal",
        "Before and since, team by team",
    ] {
        assert!(dom.contains(&format!(">{title}</h2>")), "{title} is not to be seen");
    }
    // 4 of 41; seven deals of 123,456.70; 31 of 987,654.30; 45 days, the middle of three.
    for (currency, number) in [("", "9.8 %"), ("USD ", "864,196.90"), ("USD ", "30,617,283.30"), ("", "45d 00h")] {
        let said = format!("<b>{currency}<span class=\"n\">{number}</span></b>");
        assert!(dom.contains(&said), "{said} is not to be seen");
    }
    assert!(dom.contains("4 of 41, likely"), "how sure it is");
    for said in
        ["proposal", "9d 00h", "48,000.05", CONVERSATION, "3 rows of the CRM were not read", "Late stage, in time"]
    {
        assert!(dom.contains(said), "{said} is not to be seen");
    }
}

#[test]
fn what_a_crm_calls_its_stages_and_currencies_is_read_whole_beside_every_number() {
    let report = outcomes(&HOSTILE);
    let (dom, asked) = seen(&html::of(&report));
    assert_eq!(elsewhere(&asked), Vec::<&String>::new());
    assert_eq!(count(&dom, "<figure"), charts(&report).len());
    // As a row of a chart, as a stage and as a currency of tables.
    for whole in [LONG, "שלב סופי (50%), חתימה", "&lt;script&gt;document.title='run'&lt;/script&gt;"] {
        for cell in
            [format!("<th scope=\"row\">{whole}</th>"), format!("<td>{whole} *</td>"), format!("<td>{whole}</td>")]
        {
            assert!(dom.contains(&cell), "{cell} is not to be seen");
        }
    }
    // In charts a currency leaves room for its amount.
    assert!(dom.contains("<span class=\"in\">Loooooooooo…</span> "), "{dom}");
    for width in [1280, 390] {
        drawn(html::of(&report), width, &format!("outcomes-{width}.png"));
    }
}

/// How often each amount stands there: digits, and two behind the point.
fn amounts(text: &str) -> BTreeMap<&str, usize> {
    let is_amount = |word: &&str| {
        let cents = word.rsplit_once('.').is_some_and(|(_, cents)| cents.len() == 2);
        cents && word.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '.'))
    };
    let mut all = BTreeMap::new();
    for word in text.split_whitespace().map(|word| word.trim_end_matches([',', ';'])).filter(is_amount) {
        *all.entry(word).or_default() += 1;
    }
    all
}

#[test]
fn every_amount_that_is_told_stands_on_paper_whatever_stands_beside_it() {
    let report = outcomes(&HOSTILE);
    let folder = tempfile::tempdir().unwrap();
    let paper = print(html::of(&report), folder.path());
    keep(&paper, "outcomes.pdf");
    let on_top = figures(&report).into_iter().map(|figure| format!("{} {}", words(&figure.value), figure.beside));
    let drawn = charts(&report).into_iter().flat_map(|chart| chart.bars).map(|bar| words(&bar.value));
    let money = |datum: &Datum| matches!(datum, Datum::Money(_));
    let cells = sheets(&report).into_iter().flat_map(|sheet| sheet.rows).flatten().filter(money);
    let told: Vec<String> = on_top.chain(drawn).chain(cells.map(|datum| words(&datum))).collect();
    let (told, text) = (told.join("\n"), text_of(&paper));
    let (told, there) = (amounts(&told), amounts(&text));
    assert!(told.len() > 100, "{told:?}");
    assert_eq!(there, told);
}

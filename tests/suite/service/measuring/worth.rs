//! What the two days were worth, on paper. At their end, Wednesday after 12:06, reps say how it ended, and a buyer writes
//! again: maya booked a meeting with 1 and with 13, ben with 12, ines says nurture of 3; buyer 8, done since Tuesday, asks
//! again 12:20, which begins a second exchange of theirs (R16). At 12:30 the CRM tells its deals.
//!
//! *Exchanges*, one for each first reply: in time R1 (a meeting), R4, R5, R9, R12, R14 (a meeting): **2 of 6**; missed R3,
//! R6, R7, R10, R15 (a meeting): **1 of 5**; not judged R8 (dropped), R13 and R16 (they wait): 0 of 3. All: 3 of 14. R2 and
//! R11 are part of R1's. `late-stage`: 2 of 5, 1 of 4, 0 of 1, so 3 of 10; `new` (R4; R10; R8 R13): 0 of 4.
//! In time less missed: 2/6 - 1/5 = 0.1333; Wilson 0.0968 to 0.7000 and 0.0362 to 0.6245; Newcombe: 0.1333
//! - sqrt(0.2366² + 0.4245²) = -0.3526, + sqrt(0.3667² + 0.1638²) = 0.5349.
//!
//! ```text
//!      on it   opened, its way                                                     amount      last exchange
//! D1   1 2     1 Feb 12:15 discovery, 21 Feb 12:00 proposal, 3 Mar 12:00           10,000 USD  R3 (Tue 11:00, missed);
//!              negotiation, won 4 Mar 12:15                                                    the first is R1 (10:00)
//! D2   4       22 Feb 12:00 discovery, 4 Mar 12:00 evaluation; open                5,000 USD   R5 (Tue 18:00, in time)
//! D3   6       2 Mar 12:00 discovery, lost 4 Mar 12:20                             2,000 USD   R7 (Tue 13:00, missed)
//! D4   13      1 Feb 12:00 proposal; open                                          700 EUR     R15 (Wed 9:30, missed)
//! D5   99      1 Feb 12:00 discovery, won 4 Mar 10:00                              3,000 USD   nobody of it texted
//! D6   nobody  1 Mar 12:00 discovery; open                                         -   USD     nobody on it
//! D7   12      1 Feb 12:00 discovery, won 2 Mar 12:00                              400 USD     R14 came after its end
//! D8   12      1 Mar 12:00 discovery; open                                         -           R14 (Wed 9:20, in time)
//! ```
//!
//! *Influenced.* Won D1, lost D3, open D2 D4 D8. By adherence: missed D1 D3 D4: won 1 of 2 that ended; in time D2 D8.
//! Revenue 10,000 USD, pipeline 5,000 USD and 700 EUR, and D8 with no amount in the company's own currency.
//! Cycle: D1, 31 days. Moves after the reply: D1 left proposal after 10 days and negotiation after 24 h 15 min; D2 left
//! discovery after 10 days; D3 was lost, which is no step on. The median of the three is 10 days; of missed ones (24 h 15
//! min, 10 d) the nearest rank is the first.
//! `first`: D1 is R1's, in time. `any`: it is both's, and one in the total.
//!
//! *All deals.* Won USD: 3 of 13,400 = D1 10,000 + D7 outside the window 400 + D5 nobody texted 3,000. Open USD: D2 5,000 +
//! D6 nobody on it; EUR: D4; none: D8. Lost USD: D3.
//!
//! *Misses.* Open when it fell due: R3 and R11 D1 (R11 is the newer: send failed), R7 D3 (lost since), R15 D4. R6's buyer has
//! no deal, and nobody knows R10's.

use async_trait::async_trait;
use comeback::domain::contact::Address;
use comeback::domain::deal::{Closed, Deal, StageChange};
use comeback::domain::id::DealId;
use comeback::domain::measure::cell::By;
use comeback::domain::measure::credit::{Rule, Touch};
use comeback::domain::measure::exchange::Adherence;
use comeback::domain::measure::outcomes::{Fate, OutcomeRow, Outcomes, Reconciled};
use comeback::domain::measure::report::Report;
use comeback::domain::measure::sheet;
use comeback::server::crm::{Crm, CrmError, Deals};
use comeback::server::measure::deals;
use comeback::server::measure::outcomes::Asked;
use comeback::server::measure::report::{Asker, Desk, Sees, days};

use super::*;

const DAY: i64 = 86_400_000;

/// A CRM that tells deals, two to a page, whatever it is asked.
pub(super) struct Shelf(pub(super) Vec<Deal>);

#[async_trait]
impl Crm for Shelf {
    async fn behind(&self, _: &Address) -> Result<Vec<Card>, CrmError> {
        Ok(Vec::new())
    }

    async fn deals(&self, since: Timestamp, after: Option<&str>) -> Result<Deals, CrmError> {
        let skip: usize = after.map_or(0, |after| after.parse().unwrap());
        let all: Vec<&Deal> = self.0.iter().filter(|deal| deal.changed >= since).collect();
        let page = all.iter().skip(skip).take(2).map(|deal| (*deal).clone()).collect();
        let next = (all.len() > skip + 2).then(|| (skip + 2).to_string());
        Ok(Deals { deals: page, next })
    }
}

fn march(day: u32, time: &str) -> Timestamp {
    at(&format!("2026-03-{day:02}T{time}:00-05:00"))
}

fn february(day: u32, time: &str) -> Timestamp {
    at(&format!("2026-02-{day:02}T{time}:00-05:00"))
}

fn deal(
    id: &str,
    contacts: &[u32],
    way: &[(Timestamp, &str)],
    closed: Option<bool>,
    amount: Option<(i64, &str)>,
) -> Deal {
    let last = way.last().unwrap();
    Deal {
        id: DealId(id.to_owned()),
        name: "Acme".to_owned(),
        account: None,
        contacts: contacts.iter().map(|n| format!("c-{n}").as_str().into()).collect(),
        owner: None,
        pipeline: String::new(),
        stage: last.1.to_owned(),
        amount_cents: amount.map(|(units, _)| units * 100),
        currency: amount.map(|(_, currency)| currency.to_owned()).filter(|currency| !currency.is_empty()),
        opened: Some(way[0].0),
        closes: None,
        closed: closed.map(|won| Closed { at: last.0, won }),
        changed: last.0,
        stages: way
            .iter()
            .map(|(at, stage)| StageChange { at: *at, stage: (*stage).to_owned(), place: None })
            .collect(),
    }
}

pub(super) fn shelf() -> Vec<Deal> {
    let noon = |day| february(day, "12:00");
    let one = [
        (february(1, "12:15"), "discovery"),
        (noon(21), "proposal"),
        (march(3, "12:00"), "negotiation"),
        (march(4, "12:15"), "won"),
    ];
    let two = [(noon(22), "discovery"), (march(4, "12:00"), "evaluation")];
    let three = [(march(2, "12:00"), "discovery"), (march(4, "12:20"), "lost")];
    let mut six = deal("D6", &[], &[(march(1, "12:00"), "discovery")], None, None);
    six.currency = Some("USD".to_owned());
    vec![
        deal("D1", &[1, 2], &one, Some(true), Some((10_000, "USD"))),
        deal("D2", &[4], &two, None, Some((5_000, "USD"))),
        deal("D3", &[6], &three, Some(false), Some((2_000, "USD"))),
        deal("D4", &[13], &[(noon(1), "proposal")], None, Some((700, "EUR"))),
        deal("D5", &[99], &[(noon(1), "discovery"), (march(4, "10:00"), "won")], Some(true), Some((3_000, "USD"))),
        six,
        deal("D7", &[12], &[(noon(1), "discovery"), (march(2, "12:00"), "won")], Some(true), Some((400, "USD"))),
        deal("D8", &[12], &[(march(1, "12:00"), "discovery")], None, None),
    ]
}

/// The two days with their ends.
pub(super) async fn ended(store: Arc<dyn Store>) -> Floor {
    let mut f = lived(store).await;
    for (rep, buyer, outcome) in [
        ("maya", 1, Outcome::Meeting),
        ("ben", 12, Outcome::Meeting),
        ("maya", 13, Outcome::Meeting),
        ("ines", 3, Outcome::Nurture),
    ] {
        let conversation = f.texts_of(buyer).await;
        assert_eq!(f.does(rep, conversation, Command::Done { outcome }).await, Verdict::Done);
    }
    f.until(wednesday("12:20:00"), &[]).await;
    f.texts(8, "main", "Can you send it again?").await;
    f.until(wednesday("12:30:00"), &[]).await;
    f
}

pub(super) async fn desk(f: &Floor, path: &Path) -> Desk {
    let (_stay, running) = watch::channel(false);
    let projections = Arc::new(Projections::open(path).unwrap());
    follow(&f.store, &projections, &running).await.unwrap();
    let playbook = Arc::new(crate::world::playbook());
    let (head, now) = (f.store.head().await.unwrap().0.seq, f.now());
    let window = days(&playbook, now, Span::minutes(90 * 24 * 60));
    Desk { projections, playbook, head, now, sees: Sees::All, window }
}

pub(super) fn asked(touch: Touch) -> Asked {
    Asked { by: By::Cohort, rule: Rule { window_days: 90, touch }, deals: 100, after: None }
}

fn find<'a>(rows: &'a [OutcomeRow], key: &str, adherence: Option<Adherence>) -> &'a OutcomeRow {
    rows.iter().find(|row| row.key == key && row.adherence == adherence).unwrap()
}

fn met(row: &OutcomeRow) -> (i64, i64) {
    (row.meetings.part, row.meetings.whole)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_it_was_worth_is_what_was_worked_out_on_paper() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let f = ended(Arc::new(SqliteStore::open(&path).unwrap())).await;
    let desk = desk(&f, &path).await;
    assert_eq!(desk.outcomes(&asked(Touch::Last)).unwrap().deals_read.as_of, None, "it never told");
    assert_eq!(deals::follow(&Shelf(shelf()), &desk.projections, f.now()).await.unwrap(), 8);
    let told = desk.outcomes(&asked(Touch::Last)).unwrap();

    let total = |adherence| find(&told.total, "", adherence);
    for (adherence, wanted) in [
        (None, (3, 14)),
        (Some(Adherence::Met), (2, 6)),
        (Some(Adherence::Missed), (1, 5)),
        (Some(Adherence::Unjudged), (0, 3)),
    ] {
        assert_eq!(met(total(adherence)), wanted, "{adherence:?}");
    }
    for (adherence, wanted) in [
        (None, (3, 10)),
        (Some(Adherence::Met), (2, 5)),
        (Some(Adherence::Missed), (1, 4)),
        (Some(Adherence::Unjudged), (0, 1)),
    ] {
        assert_eq!(met(find(&told.rows, "late-stage", adherence)), wanted, "{adherence:?}");
    }
    assert_eq!(met(find(&told.rows, "new", None)), (0, 4));
    let held = &told.differences[0];
    let close = |value: Option<f64>, wanted: f64| (value.unwrap() - wanted).abs() < 0.0005;
    let difference = &held.difference;
    assert!(close(difference.value, 0.1333) && close(difference.low, -0.3526) && close(difference.high, 0.5349));
    assert!(difference.small && total(None).meetings.small, "fourteen say little");

    influenced(&told);
    misses(&told);
    credited(&desk);

    // Every form of it says the rule, and nothing of a cause.
    let (_, lines) = sheet::heading(&Report::Outcomes(Box::new(told.clone())));
    assert!(lines.iter().any(|line| line.contains("90 days before a deal closed")), "{lines:?}");
    let sees = Sees::of(&desk.playbook, &Asker::Rep("ben".into())).unwrap();
    let own = Desk { sees, ..desk.clone() }.outcomes(&asked(Touch::Last)).unwrap();
    assert!(own.reconciled.is_empty(), "all deals of the CRM are not for a rep");
    assert_eq!((own.deals.len(), own.deals[0].deal.as_str()), (1, "D8"));
    // R14 and R8 are ben's.
    assert_eq!(met(find(&own.total, "", None)), (1, 2));

    // Through the program, from the file alone.
    let printed = told_by_program(&path);
    assert!(printed.contains("Influenced revenue and pipeline, by cohort"), "{printed}");
}

/// The program's clock is later than the world's: its window is as long as there is.
fn told_by_program(path: &Path) -> String {
    super::told(path, &["outcomes", "--window", "3660", "--detail"])
}

fn influenced(told: &Outcomes) {
    let total = |adherence| find(&told.total, "", adherence);
    let counts = |row: &OutcomeRow| (row.won, row.lost, row.open, row.still);
    assert_eq!(counts(total(None)), (1, 1, 3, 3));
    assert_eq!(counts(total(Some(Adherence::Met))), (0, 0, 2, 2));
    assert_eq!(counts(total(Some(Adherence::Missed))), (1, 1, 1, 1));
    let money: Vec<_> = total(None)
        .amounts
        .iter()
        .map(|a| (a.currency.as_str(), a.won, a.won_cents, a.open, a.open_cents, a.unpriced))
        .collect();
    assert_eq!(money, [("", 0, 0, 1, 0, 1), ("EUR", 0, 0, 1, 70_000, 0), ("USD", 1, 1_000_000, 1, 500_000, 0)]);
    let cycle = &total(None).cycle;
    assert_eq!((cycle.n, cycle.median, cycle.low, cycle.small), (1, Some(31 * DAY), None, true));
    let quarter = 24 * 3_600_000 + 15 * 60_000;
    let stay = |adherence| (total(adherence).stay.n, total(adherence).stay.median);
    assert_eq!(stay(None), (3, Some(10 * DAY)));
    assert_eq!(stay(Some(Adherence::Missed)), (2, Some(quarter)));
    assert_eq!(stay(Some(Adherence::Met)), (1, Some(10 * DAY)));
    let stages: Vec<_> = told
        .stages
        .iter()
        .filter(|row| row.adherence.is_none())
        .map(|row| (row.stage.as_str(), row.stay.n, row.stay.median, row.still))
        .collect();
    assert_eq!(
        stages,
        [
            ("discovery", 1, Some(10 * DAY), 1),
            ("proposal", 1, Some(10 * DAY), 1),
            ("evaluation", 0, None, 1),
            ("negotiation", 1, Some(quarter), 0)
        ]
    );
    let wanted = [
        ("D1", Fate::Won, Adherence::Missed),
        ("D2", Fate::Open, Adherence::Met),
        ("D3", Fate::Lost, Adherence::Missed),
        ("D4", Fate::Open, Adherence::Missed),
        ("D8", Fate::Open, Adherence::Met),
    ];
    let listed: Vec<_> = told.deals.iter().map(|row| (row.deal.as_str(), row.fate, row.adherence)).collect();
    assert_eq!(listed, wanted);
    all_deals(told);
}

fn all_deals(told: &Outcomes) {
    let of = |fate, currency: &str| -> &Reconciled {
        told.reconciled.iter().find(|row| row.fate == fate && row.currency == currency).unwrap()
    };
    let pairs = |row: &Reconciled| {
        [row.total, row.influenced, row.outside, row.silent, row.nobody].map(|heap| (heap.deals, heap.cents))
    };
    let won = of(Fate::Won, "USD");
    assert_eq!(pairs(won), [(3, 1_340_000), (1, 1_000_000), (1, 40_000), (1, 300_000), (0, 0)]);
    assert_eq!(pairs(of(Fate::Open, "USD")), [(2, 500_000), (1, 500_000), (0, 0), (0, 0), (1, 0)]);
    assert_eq!(pairs(of(Fate::Open, "EUR")), [(1, 70_000), (1, 70_000), (0, 0), (0, 0), (0, 0)]);
    assert_eq!(pairs(of(Fate::Open, "")), [(1, 0), (1, 0), (0, 0), (0, 0), (0, 0)]);
    assert_eq!(pairs(of(Fate::Lost, "USD")), [(1, 200_000), (1, 200_000), (0, 0), (0, 0), (0, 0)]);
    assert_eq!(told.reconciled.len(), 5);
    for row in &told.reconciled {
        let [total, parts @ ..] = pairs(row);
        assert_eq!(parts.iter().fold((0, 0), |sum, of| (sum.0 + of.0, sum.1 + of.1)), total);
    }
}

fn misses(told: &Outcomes) {
    let rows: Vec<_> = told.costs.iter().map(|row| (row.cause.as_str(), row.breached, row.with_deal)).collect();
    assert_eq!(
        rows,
        [
            ("send_failed", 1, 1),
            ("quiet_hours", 1, 0),
            ("opt_out_hold", 1, 1),
            ("taken_not_answered", 1, 1),
            ("nobody_there", 1, 0),
            ("not_taken", 1, 1)
        ]
    );
    let amounts: Vec<_> = told
        .costs
        .iter()
        .flat_map(|row| row.amounts.iter().map(|c| (row.cause.as_str(), c.currency.as_str(), c.deals, c.cents, c)))
        .map(|(cause, currency, deals, cents, c)| {
            (cause, currency, deals, cents, (c.open, c.won, c.lost, c.lost_cents))
        })
        .collect();
    assert_eq!(
        amounts,
        [
            ("send_failed", "USD", 1, 1_000_000, (0, 1, 0, 0)),
            ("opt_out_hold", "USD", 1, 200_000, (0, 0, 1, 200_000)),
            ("taken_not_answered", "EUR", 1, 70_000, (1, 0, 0, 0)),
        ]
    );
}

/// By the other rules.
fn credited(desk: &Desk) {
    let first = desk.outcomes(&asked(Touch::First)).unwrap();
    assert_eq!(find(&first.total, "", Some(Adherence::Met)).won, 1);
    assert_eq!(find(&first.total, "", Some(Adherence::Missed)).won, 0);
    let any = desk.outcomes(&asked(Touch::Any)).unwrap();
    let won = |adherence| find(&any.total, "", adherence).won;
    assert_eq!((won(None), won(Some(Adherence::Met)), won(Some(Adherence::Missed))), (1, 1, 1));
    // A window that ends before anybody wrote credits nothing that ended.
    let rule = Rule { window_days: 1, touch: Touch::Last };
    let short = desk.outcomes(&Asked { rule, ..asked(Touch::Last) }).unwrap();
    assert_eq!(find(&short.total, "", None).won, 0);
    assert!(short.rule.words.contains("In the day before"), "{}", short.rule.words);
}

/// Tuesday's report, asked for on Wednesday: D1 and D3, which ended on Wednesday, were open, D1 in negotiation; D4 and D8 had
/// nobody who had texted. Wednesday's has both ends, and each deal ended in one of the two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_period_that_is_over_has_the_deals_that_ended_in_it_and_no_later_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let f = ended(Arc::new(SqliteStore::open(&path).unwrap())).await;
    let desk = desk(&f, &path).await;
    deals::follow(&Shelf(shelf()), &desk.projections, f.now()).await.unwrap();
    let today = desk.window.until;
    let of = |since, until| {
        let window = comeback::server::measure::report::Days { since, until };
        let told = Desk { window, ..desk.clone() }.outcomes(&asked(Touch::Last)).unwrap();
        let total = find(&told.total, "", None).clone();
        ((total.won, total.lost, total.open), told)
    };
    let (tuesday, told) = of(today - 1, today - 1);
    assert_eq!(tuesday, (0, 0, 3));
    let one = told.deals.iter().find(|row| row.deal == "D1").unwrap();
    assert_eq!((one.fate, one.stage.as_str(), one.closed), (Fate::Open, "negotiation", None));
    assert!(told.deals.iter().all(|row| row.deal != "D4"), "its buyer had not texted yet");
    assert_eq!(of(today, today).0, (1, 1, 3));

    // Page by page the list of deals is whole, also where one stands in it twice.
    let any = Asked { deals: 100, ..asked(Touch::Any) };
    let all = desk.outcomes(&any).unwrap();
    assert_eq!(all.deals_in_all, Some(all.deals.len()));
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page = desk.outcomes(&Asked { deals: 1, after, ..any.clone() }).unwrap();
        assert_eq!(page.deals_in_all, all.deals_in_all, "of all of them");
        let Some(last) = page.deals.last() else { break };
        after = Some((DealId(last.deal.clone()), last.seq));
        paged.extend(page.deals);
    }
    assert_eq!(paged, all.deals);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deals_are_the_same_in_whatever_order_they_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let f = ended(Arc::new(SqliteStore::open(&path).unwrap())).await;
    let desk = desk(&f, &path).await;
    deals::follow(&Shelf(shelf()), &desk.projections, f.now()).await.unwrap();
    let wanted = desk.outcomes(&asked(Touch::Last)).unwrap();

    // Each deal as it stood after every step, told in any order, the newest one wins.
    let mut versions: Vec<Deal> = shelf()
        .into_iter()
        .flat_map(|deal| {
            let steps = 1..=deal.stages.len();
            steps.map(move |n| {
                let stages = deal.stages[..n].to_vec();
                let (whole, last) = (n == deal.stages.len(), stages.last().unwrap().clone());
                let closed = deal.closed.filter(|_| whole);
                Deal { stage: last.stage, changed: last.at, stages, closed, ..deal.clone() }
            })
        })
        .collect();
    versions.push(deal("gone", &[1], &[(february(1, "12:00"), "proposal")], None, Some((9_999, "USD"))));
    for turn in 0..versions.len() {
        versions.rotate_left(1);
        if turn % 2 == 0 {
            versions.reverse();
        }
        desk.projections.put_deals(&versions, f.now() - Span::minutes(25 * 60)).unwrap();
        let (_stay, running) = watch::channel(false);
        desk.projections.clear().unwrap();
        follow(&f.store, &desk.projections, &running).await.unwrap();
        // The next whole reading misses the one that the CRM deleted.
        deals::follow(
            &Shelf(shelf()),
            &desk.projections,
            f.now() + Span::minutes(24 * 60 * i64::try_from(turn + 1).unwrap()),
        )
        .await
        .unwrap();
        let told = desk.outcomes(&asked(Touch::Last)).unwrap();
        assert_eq!(Outcomes { deals_read: wanted.deals_read.clone(), ..told }, wanted, "turn {turn}");
    }
}

#[tokio::test]
async fn a_crm_that_fails_costs_nothing_that_it_told_before() {
    struct Down;
    #[async_trait]
    impl Crm for Down {
        async fn behind(&self, _: &Address) -> Result<Vec<Card>, CrmError> {
            Ok(Vec::new())
        }

        async fn deals(&self, _: Timestamp, after: Option<&str>) -> Result<Deals, CrmError> {
            match after {
                None => Ok(Deals { deals: vec![shelf().remove(0)], next: Some("2".to_owned()) }),
                Some(_) => Err(CrmError::Unreachable("connection reset".to_owned())),
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let projections = Projections::open(&folder.path().join("comeback.sqlite")).unwrap();
    let now = wednesday("12:30:00");
    assert!(deals::follow(&Down, &projections, now).await.is_err());
    let read = projections.deals_read().unwrap();
    assert_eq!((read.as_of, read.trouble.is_some()), (None, true));
    deals::follow(&Shelf(shelf()), &projections, now).await.unwrap();
    let read = projections.deals_read().unwrap();
    assert_eq!((read.as_of, read.trouble, read.since), (Some(now), None, wednesday("12:20:00")));
    // Asked again it begins five minutes before the newest change: two of the eight.
    let told = deals::follow(&Shelf(shelf()), &projections, now + Span::minutes(1)).await.unwrap();
    assert_eq!(told, 2, "D1 of 12:15 and D3 of 12:20");
}

//! The interleaving property of sending: 10,000 orders of everything that lets a text go or keeps it back. Answers, scheduled
//! ones, conversations that a rep begins; STOP, START, free words and their rulings, lists, the carrier's late 21610;
//! blocked numbers; quiet hours, rates and daily shares; lines that the carrier stops; crashes, slow disks, calls that end
//! in silence. The real committer, rules, engine, reconciler and runner of sends; the reference store; one process.
//!
//! Whatever the order, by the journal and by what the carrier was handed:
//!
//! * no `sending` entry after an opt-out of that number for that line, nor while the number is on hold or blocked;
//! * none before its time, none outside the hours where the buyer is, unless the record says why;
//! * none without consent on record where the policy asks for it, and nobody is texted first without;
//! * no text is handed over twice, or on a line that is stopped, or later than two seconds after its entry;
//! * none leaves faster than its bucket and its campaign's, or beyond the day's share, also after a restart;
//! * a STOP is confirmed once, in time; what was taken back stays;
//! * every accepted text ends in a state that has a name, and the carrier has what the journal says.
//!
//! `COMEBACK_ORDER_SEED=K` plays one order, `COMEBACK_ORDER_SEEDS=N` so many of each share. An order that fails is made
//! shorter before it is printed. What the property was tried on is told in `assets/docs/testing.md`.

mod judge;
mod order;
mod town;
mod words;

use std::panic::{AssertUnwindSafe, catch_unwind};

use judge::Tally;
use order::Order;
use town::Town;

/// Orders in each share: four of them run beside each other.
const SHARE: u64 = 2_500;

/// Plays an order and says what went wrong.
fn run(order: &Order) -> Result<Tally, String> {
    let ran = catch_unwind(AssertUnwindSafe(|| judge::judge(&Town::play(order), order)));
    ran.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        let words = words.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned()));
        Err(format!("panicked: {}", words.unwrap_or_default()))
    })
}

/// Leaves out whatever is not needed for an order to fail.
fn shortest(mut order: Order) -> (Order, String) {
    let mut why = run(&order).err().unwrap_or_default();
    let mut n = 0;
    while n < order.steps.len() {
        let mut shorter = order.clone();
        shorter.steps.remove(n);
        if let Err(wrong) = run(&shorter) {
            (order, why) = (shorter, wrong);
        } else {
            n += 1;
        }
    }
    (order, why)
}

fn share(first: u64) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let seeds = match (number("COMEBACK_ORDER_SEED"), number("COMEBACK_ORDER_SEEDS")) {
        (Some(one), _) => one..one + 1,
        (None, many) => first..first + many.unwrap_or(SHARE),
    };
    let many = seeds.end - seeds.start;
    let mut total = Tally::default();
    for seed in seeds {
        let order = Order::of(seed);
        match run(&order) {
            Ok(tally) => total += tally,
            Err(wrong) => {
                let (short, why) = shortest(order);
                panic!("{short:#?}\n{why}\nThe whole order: {wrong}\nrepeat it with COMEBACK_ORDER_SEED={seed}");
            }
        }
    }
    eprintln!("{total:?}");
    if many >= SHARE {
        let Tally { left, parked, waited, direct, overruled, chosen, withdrawn, given, .. } = total;
        let Tally { held, ruled, confirmed, acknowledged, unknown, abandoned, failed, begun, .. } = total;
        let often = [left, parked, waited, direct, withdrawn, given, held, abandoned, failed];
        let seldom = [chosen, overruled, ruled, confirmed, acknowledged, unknown, begun];
        assert!(often.iter().all(|n| *n > 100) && seldom.iter().all(|n| *n > 20), "{total:?}");
    }
}

#[test]
fn every_order_sends_only_what_may_leave_when_it_may_and_once() {
    share(0);
}

#[test]
fn every_order_of_a_second_share_sends_only_what_may_leave() {
    share(SHARE);
}

#[test]
fn every_order_of_a_third_share_sends_only_what_may_leave() {
    share(2 * SHARE);
}

#[test]
fn every_order_of_a_fourth_share_sends_only_what_may_leave() {
    share(3 * SHARE);
}

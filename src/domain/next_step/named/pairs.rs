//! Each time with its day.

use chrono::NaiveDate;

use super::{Clock, Place, Wish};

/// What was read, in the order of the texts.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) place: Place,
    /// Behind which token it ends.
    pub(super) end: usize,
    /// The clause that it stands in.
    pub(super) clause: usize,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Days {
        /// Days side by side, each with those that it may be: "Thursday or Friday". None of a day that is not asked for,
        /// which takes its time with it all the same.
        all: Vec<Vec<NaiveDate>>,
        /// They want it as it is, not only with a time that comes later.
        wanted: bool,
    },
    Clock(Clock),
}

impl Item {
    pub(super) fn days(&self) -> Option<&Vec<Vec<NaiveDate>>> {
        match &self.what {
            What::Days { all, .. } => Some(all),
            What::Clock(_) => None,
        }
    }

    pub(super) fn names_a_day(&self) -> bool {
        matches!(&self.what, What::Days { all, wanted: true } if !all.is_empty())
    }
}

/// Each time with its day, and where that stands.
pub(super) fn paired(items: &[Item]) -> Vec<(Place, Wish)> {
    let (mut wishes, mut taken) = (Vec::new(), Vec::new());
    let with = |days: &Vec<NaiveDate>, clock| Wish { days: days.clone(), clock };
    for (at, item) in items.iter().enumerate() {
        let What::Clock(clock) = &item.what else { continue };
        let clock = Some(clock.clone());
        let day = day_of(items, at);
        match day.and_then(|day| items[day].days()) {
            Some(all) => {
                taken.extend(day);
                let place = day.map_or(item.place, |day| items[day].place);
                wishes.extend(all.iter().map(|days| (place, with(days, clock.clone()))));
            }
            None => wishes.push((item.place, Wish { days: Vec::new(), clock })),
        }
    }
    for (at, item) in items.iter().enumerate() {
        if let (What::Days { all, wanted: true }, false) = (&item.what, taken.contains(&at)) {
            wishes.extend(all.iter().map(|days| (item.place, with(days, None))));
        }
    }
    wishes
}

/// The day of a time: one of its own clause, the one that it touches first; else the one before it, or the one behind it
/// where all begins with a time.
fn day_of(items: &[Item], at: usize) -> Option<usize> {
    let here = &items[at];
    let of_clause = |item: &Item| item.place.0 == here.place.0 && item.clause == here.clause;
    let from = items.iter().position(of_clause)?;
    let to = items.iter().rposition(of_clause)? + 1;
    let nearest = |from: usize, to: usize| {
        let is_day = |at: &usize| items[*at].days().is_some();
        let (before, behind) = ((from..at).rev().find(is_day), (at..to).find(is_day));
        (before, behind, items[from].days().is_none())
    };
    let (before, behind, clock_first) = nearest(from, to);
    let touches = |first: Option<usize>, second: Option<usize>| {
        let (first, second) = (&items[first?], &items[second?]);
        // "Thursday at 10" has one word between.
        (second.place.1 <= first.end + 1).then_some(())
    };
    let before_touching = before.filter(|_| touches(before, Some(at)).is_some());
    let behind_touching = behind.filter(|_| touches(Some(at), behind).is_some());
    let in_order = |a: Option<usize>, b: Option<usize>| if clock_first { b.or(a) } else { a.or(b) };
    // "Thursday 10am or 2pm Friday": what stands between two days goes to the one without a time.
    let free = before.is_none_or(|day| !items[day..at].iter().any(|item| item.days().is_none()));
    let own = if !clock_first && !free && behind_touching.is_some() { behind_touching } else { None };
    own.or_else(|| in_order(before_touching, behind_touching)).or_else(|| in_order(before, behind)).or_else(|| {
        let (before, behind, clock_first) = nearest(0, items.len());
        if clock_first { behind.or(before) } else { before.or(behind) }
    })
}

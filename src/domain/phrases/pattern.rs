//! Patterns of words: what they are made of, and where they are found in a text.

/// Which words a place of a pattern takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Any word.
    Any,
    /// A word of this set.
    Set(u16),
}

/// One element of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Between `least` and `most` words.
    Words { takes: Takes, least: u8, most: u8 },
    /// A word, or the end of the clause.
    WordOrEnd(Takes),
    /// A clause begins here.
    Start,
    /// A clause ends here.
    End,
    /// A clause ends here, with a question mark.
    Asked,
    /// The text begins here.
    First,
    /// The text ends here.
    Last,
    /// The next clause begins here, and the pattern goes on in it.
    Next,
}

/// Where the words of a text stand, for patterns.
pub(super) struct Place {
    /// The sets each word belongs to, sorted.
    sets: Vec<Vec<u16>>,
    /// The clause of each word, and whether a question mark follows it.
    clauses: Vec<(u32, bool)>,
    /// A bit for every set that any word belongs to: thousands of patterns ask, and few find their words.
    present: Vec<u64>,
}

impl Place {
    /// Words by the sets each belongs to, sorted, with the clause of each and whether a question mark follows.
    pub(super) fn new(sets: Vec<Vec<u16>>, clauses: Vec<(u32, bool)>) -> Self {
        let mut present = vec![0; usize::from(sets.iter().flatten().max().copied().unwrap_or_default()) / 64 + 1];
        for set in sets.iter().flatten() {
            present[usize::from(*set) / 64] |= 1 << (set % 64);
        }
        Self { sets, clauses, present }
    }

    fn has(&self, set: u16) -> bool {
        self.present.get(usize::from(set) / 64).is_some_and(|bits| bits & (1 << (set % 64)) != 0)
    }

    const fn len(&self) -> usize {
        self.sets.len()
    }

    /// Whether a clause begins at a word.
    fn begins(&self, at: usize) -> bool {
        at == 0 || at >= self.len() || self.clauses[at - 1].0 != self.clauses[at].0
    }

    fn takes(&self, takes: Takes, at: usize) -> bool {
        match takes {
            Takes::Any => at < self.len(),
            Takes::Set(set) => self.sets.get(at).is_some_and(|sets| sets.binary_search(&set).is_ok()),
        }
    }
}

/// Every place where the pattern is found: first word, and the word after the last. The shortest for each first word.
pub(super) fn found(pattern: &[Part], place: &Place) -> Vec<(usize, usize)> {
    // Most texts have not even the words.
    let has = |part: &Part| match part {
        Part::Words { takes: Takes::Set(set), least: 1.., .. } => place.has(*set),
        Part::Words { .. }
        | Part::WordOrEnd(_)
        | Part::Start
        | Part::End
        | Part::Asked
        | Part::First
        | Part::Last
        | Part::Next => true,
    };
    if !pattern.iter().all(has) {
        return Vec::new();
    }
    (0..place.len()).filter_map(|start| Some((start, found_at(pattern, place, start)?))).collect()
}

/// Where the pattern ends when it begins at a word. Positions are walked as a set, so the time is bounded by the length of
/// the pattern and its widest gap. A position is open when a word may be taken there although a clause begins.
fn found_at(pattern: &[Part], place: &Place, start: usize) -> Option<usize> {
    let mut at = vec![(start, true)];
    for part in pattern {
        let mut next = Vec::new();
        for (from, open) in at {
            let ends = from > start && place.begins(from);
            match part {
                Part::Words { takes, least, most } => {
                    step(place, (*takes, *least, *most), (from, open), &mut next);
                }
                Part::WordOrEnd(_) if ends && !open => next.push((from, open)),
                Part::WordOrEnd(takes) => step(place, (*takes, 1, 1), (from, open), &mut next),
                Part::Start if place.begins(from) => next.push((from, open)),
                Part::First if from == 0 => next.push((from, open)),
                Part::Asked if ends && place.clauses[from - 1].1 => next.push((from, open)),
                Part::End if ends => next.push((from, open)),
                Part::Last if from == place.len() => next.push((from, open)),
                Part::Next if ends && from < place.len() => next.push((from, true)),
                Part::Start | Part::End | Part::Asked | Part::First | Part::Last | Part::Next => {}
            }
        }
        next.sort_unstable();
        next.dedup();
        if next.is_empty() {
            return None;
        }
        at = next;
    }
    at.into_iter().map(|(end, _)| end).next().filter(|end| *end > start)
}

fn step(
    place: &Place,
    (takes, least, most): (Takes, u8, u8),
    (from, open): (usize, bool),
    next: &mut Vec<(usize, bool)>,
) {
    let (mut to, mut open) = (from, open);
    for taken in 0..=most {
        if taken >= least {
            next.push((to, open));
        }
        if !open && place.begins(to) || !place.takes(takes, to) {
            return;
        }
        to += 1;
        open = false;
    }
}

//! What can happen to texts, and an order of it that follows from a seed.

use comeback::domain::consent::{EvidenceRule, Replies, ScopeRule};
use comeback::domain::pacing::{Limit, Rate};
use comeback::domain::playbook::Playbook;
use comeback::domain::time::Span;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::super::carrier::{Fall, Mood};

/// Somebody who texts us: their number, whether the CRM knows them, and the hours of their law, which the tables of the
/// product are held against: `(number, known, hours behind UTC, opens, closes)`, in minutes of their day.
pub(super) const BUYERS: [(&str, bool, i64, i64, i64); 3] = [
    // The CRM has them in New York, their number is of California.
    ("+14155550101", true, 5, 9 * 60, 21 * 60),
    // Nobody knows them: a number of Florida.
    ("+13055550102", false, 5, 8 * 60, 20 * 60),
    // Of Arizona, where the country's hours count.
    ("+16025550103", false, 7, 8 * 60, 21 * 60),
];

/// Our lines.
pub(super) const LINES: [&str; 2] = ["main", "meetings"];

/// Whom a step is about: a buyer and a line.
pub(super) type With = (usize, usize);

/// One thing that happens. Texts are counted from the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Maya answers, or Ben; having seen all that the buyer wrote, or not; in two segments, or in one.
    Answer { ben: bool, with: With, blind: bool, long: bool },
    /// Maya answers, to leave in so many minutes.
    Later { with: With, minutes: i64 },
    /// Maya begins with a buyer who may never have written there.
    Begin { with: With },
    /// Whoever wrote it looked, and sends it anyway, or now.
    Release { back: usize },
    /// Whoever wrote it takes it back.
    Recall { back: usize },
    /// The buyer texts.
    Texts { with: With, words: &'static str },
    /// A list says that a buyer opted out, or in, of everything or of one line, so many minutes ago.
    Listed { buyer: usize, out: bool, line: Option<usize>, minutes: i64 },
    /// The carrier says late that a text failed, and why.
    Fails { back: usize, code: u32 },
    /// Maya rules on a hold: keep, or opt out.
    Rule { with: With, keep: bool },
    /// Lea blocks the number, or gives it its voice back.
    Block { with: With, on: bool },
    /// Lea gives the conversation to Ben, or to Maya.
    Assign { with: With, ben: bool },
    /// Lea, or Maya, was told to stop.
    Told { with: With },
    /// Somebody has put a stopped line right.
    Resume { line: usize },
    /// The backend dies and starts again.
    Crash,
    /// It dies in the next call to the carrier.
    Fall(Fall),
    /// Its disk says this much later that the next commit is there.
    Slow(u64),
    /// Every device sends all it ever sent once more.
    Retry,
    /// From now on the carrier treats calls so; what it refuses, with this code.
    Carrier(Mood, u32),
    /// Another policy comes into force.
    Policy { evidence: EvidenceRule, send_anyway: bool },
    /// So many milliseconds pass.
    Wait(u64),
}

/// What stays as it is while the order is played.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    /// Minutes from ten in the morning in New York at which it begins.
    pub(super) begins: i64,
    pub(super) scope: ScopeRule,
    pub(super) evidence: EvidenceRule,
    pub(super) replies: Replies,
    pub(super) send_anyway: bool,
    /// Minutes within which an answer is a direct one.
    pub(super) reply_window: i64,
    /// The tenant's own hours.
    pub(super) own: (u16, u16),
    /// What the first line may send, and what the campaign of both may.
    pub(super) limits: (Limit, Limit),
}

impl Setting {
    /// The policy of it.
    pub(super) fn of(&self, base: &Playbook) -> Playbook {
        let mut playbook = base.clone();
        playbook.consent.scope = self.scope;
        playbook.consent.evidence = self.evidence;
        playbook.consent.replies = self.replies;
        let compliance = &mut playbook.compliance;
        (compliance.open_minute, compliance.close_minute) = self.own;
        compliance.reply_window = Span::minutes(self.reply_window);
        compliance.send_anyway = self.send_anyway;
        if !self.limits.1.is_none() {
            playbook.classes.insert("campaign".to_owned(), self.limits.1);
        }
        for (id, line) in &mut playbook.lines {
            line.limit = if id.as_str() == LINES[0] { self.limits.0 } else { Limit::default() };
            line.class = (!self.limits.1.is_none()).then(|| "campaign".to_owned());
        }
        playbook
    }
}

/// A setting, and what happens in it.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) setting: Setting,
    pub(super) steps: Vec<Step>,
}

/// A little more than the undo hold.
const HOLD: u64 = 8_200;

const MINUTE: u64 = 60_000;

/// Codes that a carrier refuses or fails a text with: opted out, unreachable, a full queue, a full day, set up wrongly.
const CODES: [u32; 6] = [21_610, 30_003, 30_003, 30_001, 30_023, 30_034];

impl Order {
    /// The order of a seed.
    pub(super) fn of(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x0D3A);
        let mut setting = setting(&mut rng);
        // Half of the orders stay with one buyer: there things get into each other's way.
        let buyers = if rng.random_bool(0.5) { 1 } else { BUYERS.len() };
        let first = rng.random_range(0..BUYERS.len());
        let mut steps = if rng.random_bool(0.5) { plot(&mut rng, (first, 0), &mut setting) } else { Vec::new() };
        let many = rng.random_range(4..14 - steps.len().min(9));
        let mut at = 0;
        for _ in 0..many {
            let with = ((first + rng.random_range(0..buyers)) % BUYERS.len(), usize::from(rng.random_bool(0.25)));
            let step = step(&mut rng, with);
            let short = matches!(step, Step::Answer { .. } | Step::Release { .. }) && rng.random_bool(0.4);
            // Something else happens in the middle of the plot, or after it.
            at = rng.random_range(at..=steps.len());
            steps.insert(at, step);
            if short {
                steps.insert(at + 1, Step::Wait(HOLD));
            }
        }
        // Somebody has to have written, most of the time.
        if rng.random_bool(0.9) {
            steps.insert(0, Step::Texts { with: (first, 0), words: "What does it cost?" });
        }
        Self { setting, steps }
    }
}

/// What chance alone brings about too seldom.
fn plot(rng: &mut ChaCha8Rng, with: With, setting: &mut Setting) -> Vec<Step> {
    let texts = |words| Step::Texts { with, words };
    let answer = Step::Answer { ben: false, with, blind: false, long: false };
    let (hold, release) = (Step::Wait(HOLD), Step::Release { back: 0 });
    match rng.random_range(0..7) {
        // At night a direct answer, and then one that its rep sends anyway.
        0 => {
            (setting.begins, setting.reply_window, setting.send_anyway) = (13 * 60, 2, true);
            setting.limits = (Limit::default(), Limit::default());
            vec![texts("Hello?"), answer, hold, Step::Wait(5 * MINUTE), answer, release, hold]
        }
        // What the carrier did not take waits again.
        1 => vec![texts("Hello?"), answer, Step::Carrier(Mood::Busy, 0), hold, Step::Carrier(Mood::Takes, 0), hold],
        // Somebody who never wrote and is on record.
        2 => {
            let list = Step::Listed { buyer: with.0, out: false, line: None, minutes: 5 };
            vec![list, Step::Begin { with }, answer, hold]
        }
        3 => {
            let rule = Step::Rule { with, keep: rng.random_bool(0.7) };
            vec![texts("Hello?"), answer, texts("please take me off your list"), rule, release, hold]
        }
        // It may have left when the backend died.
        4 => {
            let fall = Step::Fall(if rng.random_bool(0.5) { Fall::Before } else { Fall::After });
            vec![texts("Hello?"), answer, fall, hold, Step::Retry, answer, hold]
        }
        // While it is with a carrier that has no room, or on its way to a slow disk, the buyer says stop.
        5 => {
            let stops = [texts("STOP"), texts("please take me off your list"), Step::Block { with, on: true }];
            let list = Step::Listed { buyer: with.0, out: true, line: None, minutes: 0 };
            let stop = [stops[0], stops[1], stops[2], list][rng.random_range(0..4)];
            let late = [Step::Slow(3_000), Step::Carrier(Mood::LateThenBusy, 0)][rng.random_range(0..2)];
            vec![texts("Hello?"), answer, Step::Wait(7_600), late, Step::Wait(500), stop, hold]
        }
        // Several at once, on one line and from two people of ours, which the carrier stops in the middle.
        _ => {
            let others = [0, 1, 2].map(|buyer| (buyer, with.1));
            let mut steps: Vec<_> = others.map(|with| Step::Texts { with, words: "Hello?" }).into();
            steps.extend(others.map(|with| Step::Answer { ben: false, with, blind: false, long: false }));
            steps.extend([Step::Carrier(Mood::Refuses, 30_034), hold, Step::Carrier(Mood::Takes, 0), hold]);
            steps
        }
    }
}

fn setting(rng: &mut ChaCha8Rng) -> Setting {
    let pick = |rng: &mut ChaCha8Rng, from: &[i64]| from[rng.random_range(0..from.len())];
    let rate = |rng: &mut ChaCha8Rng, per_day: Option<u32>| {
        let (segments, seconds) = [(1, 1), (1, 3), (2, 10), (3, 4)][rng.random_range(0..4)];
        Limit { rate: Some(Rate { segments, every: Span::seconds(seconds) }), per_day }
    };
    let limits = match rng.random_range(0..6) {
        0 => (rate(rng, None), Limit::default()),
        1 => {
            let per_day = Some(rng.random_range(2..6));
            (Limit { rate: None, per_day }, Limit::default())
        }
        2 => {
            let most = rng.random_range(2..8);
            (Limit::default(), rate(rng, Some(most)))
        }
        3 => (rate(rng, None), rate(rng, None)),
        _ => (Limit::default(), Limit::default()),
    };
    Setting {
        // In the middle of the day; shortly before an hour closes, and before one opens; at night.
        begins: pick(rng, &[0, 0, 10 * 60 - 1, 11 * 60 - 1, 11 * 60 - 4, -61, -2 * 60 - 1, -6 * 60]),
        scope: [ScopeRule::Tenant, ScopeRule::Programme, ScopeRule::Number][rng.random_range(0..3)],
        evidence: [EvidenceRule::Optional, EvidenceRule::Ask, EvidenceRule::Required][rng.random_range(0..3)],
        replies: [Replies::Carrier, Replies::Us][rng.random_range(0..2)],
        send_anyway: rng.random_bool(0.5),
        reply_window: pick(rng, &[0, 2, 120]),
        own: [(8 * 60, 21 * 60), (8 * 60, 21 * 60), (9 * 60 + 30, 18 * 60)][rng.random_range(0..3)],
        limits,
    }
}

fn words(rng: &mut ChaCha8Rng) -> &'static str {
    let all = ["And by Friday?", "STOP", "START", "please take me off your list", "HELP", "👍", "cancel", "Yes"];
    let chance = [5, 4, 3, 3, 1, 1, 1, 1];
    let mut left = rng.random_range(0..chance.iter().sum::<u32>());
    for (words, chance) in all.iter().zip(chance) {
        if left < chance {
            return words;
        }
        left -= chance;
    }
    all[0]
}

fn step(rng: &mut ChaCha8Rng, with: With) -> Step {
    let moods = [Mood::Takes, Mood::Takes, Mood::Takes, Mood::TakesThenLate, Mood::LateThenTakes];
    let bad = [Mood::TakesThenSilent, Mood::Silent, Mood::Busy, Mood::LateThenBusy, Mood::Refuses, Mood::Refuses];
    let code = |rng: &mut ChaCha8Rng| CODES[rng.random_range(0..CODES.len())];
    let back = [0, 0, 0, 1, 2][rng.random_range(0..5)];
    match rng.random_range(0..100) {
        0..24 => {
            Step::Answer { ben: rng.random_bool(0.15), with, blind: rng.random_bool(0.1), long: rng.random_bool(0.2) }
        }
        24..30 => Step::Later { with, minutes: [1, 5, 61, 600][rng.random_range(0..4)] },
        30..34 => Step::Begin { with },
        34..43 => Step::Release { back },
        43..46 => Step::Recall { back },
        46..62 => Step::Texts { with, words: words(rng) },
        62..67 => Step::Listed {
            buyer: with.0,
            out: rng.random_bool(0.6),
            line: rng.random_bool(0.4).then_some(with.1),
            minutes: [0, 0, 1, 5, 30][rng.random_range(0..5)],
        },
        67..71 => Step::Fails { back, code: code(rng) },
        71..74 => Step::Rule { with, keep: rng.random_bool(0.6) },
        74..76 => Step::Block { with, on: rng.random_bool(0.6) },
        76..78 => Step::Assign { with, ben: rng.random_bool(0.5) },
        78 => Step::Told { with },
        79 => Step::Resume { line: with.1 },
        80 => Step::Crash,
        81 => Step::Fall(if rng.random_bool(0.5) { Fall::Before } else { Fall::After }),
        82 => Step::Slow(rng.random_range(100..5_000)),
        83 => Step::Retry,
        84..87 => Step::Carrier(moods[rng.random_range(0..moods.len())], 0),
        87..89 => Step::Carrier(bad[rng.random_range(0..bad.len())], code(rng)),
        89 => Step::Policy {
            evidence: [EvidenceRule::Optional, EvidenceRule::Required][rng.random_range(0..2)],
            send_anyway: rng.random_bool(0.5),
        },
        90..95 => Step::Wait(HOLD),
        95..98 => Step::Wait(rng.random_range(1..20_000)),
        _ => Step::Wait([5, 20, 130, 700][rng.random_range(0..4)] * MINUTE),
    }
}

//! A report as tables: what every form of it is printed from.

use super::carriers::OneDay;
use super::gap::{Cause, Gap};
use super::money::thousands;
use super::outcomes;
use super::report::{About, Compliance, Part, Report, Sla, SlaRow, Times, Told};
use super::sample::ENOUGH;

mod load;

/// One table, with what is to be said beside it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// What it is.
    pub title: String,
    /// What each column holds.
    pub columns: Vec<&'static str>,
    /// Its rows.
    pub rows: Vec<Vec<Datum>>,
    /// What whoever reads it must know.
    pub notes: Vec<String>,
}

impl Sheet {
    /// Whether it tells intervals: then a row with too few in it is marked.
    pub fn has_intervals(&self) -> bool {
        self.columns.contains(&"low")
    }
}

/// Whether a row is marked, for there are too few in it.
pub fn is_small(row: &[Datum]) -> bool {
    matches!(row.first(), Some(Datum::Starred(_)))
}

/// What stands in a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Datum {
    /// Nothing is known.
    #[default]
    None,
    /// Words.
    Text(String),
    /// The name of a row with too few in it: people see a star.
    Starred(String),
    /// How many.
    Count(i64),
    /// A share, from 0 to 1.
    Share(f64),
    /// A share less another one, from -1 to 1: people read points.
    Points(f64),
    /// A length in milliseconds.
    Length(i64),
    /// Another number.
    Number(f64),
    /// An amount in hundredths of the currency that its row names.
    Money(i64),
    /// A conversation, by its id: what a page or a screen opens.
    Conversation(String),
    /// What happened, line by line: longer than a column is wide.
    Story(Vec<String>),
}

pub(super) fn text(of: &str) -> Datum {
    Datum::Text(of.to_owned())
}

pub(super) fn share(of: Option<f64>) -> Datum {
    of.map_or(Datum::None, Datum::Share)
}

pub(super) fn points(of: Option<f64>) -> Datum {
    of.map_or(Datum::None, Datum::Points)
}

/// A report as its tables.
pub fn sheets(report: &Report) -> Vec<Sheet> {
    match report {
        Report::Sla(sla) => sla_sheets(sla),
        Report::Load(load) => load::sheets(load),
        Report::Compliance(compliance) => compliance_sheets(compliance),
        Report::Outcomes(told) => outcomes::sheets::sheets(told),
    }
}

/// The heading over all of them.
pub fn heading(report: &Report) -> (String, Vec<String>) {
    let (what, about) = match report {
        Report::Sla(sla) => ("How soon replies were answered", &sla.about),
        Report::Load(load) => ("Who carried how much", &load.about),
        Report::Compliance(compliance) => ("Consent", &compliance.about),
        Report::Outcomes(told) => ("What answering was worth", &told.about),
    };
    let behind = match about.behind {
        0 => String::new(),
        1 => "; 1 newer entry is not counted yet".to_owned(),
        n => format!("; {} newer entries are not counted yet", thousands(i64::try_from(n).unwrap_or(i64::MAX))),
    };
    let mut lines = vec![
        format!("{} to {} ({}); of {}", about.since, about.until, about.zone, about.scope),
        format!("From the journal up to entry {}{behind}", about.read_to),
    ];
    let by = match report {
        Report::Sla(sla) => sla.by.as_str(),
        Report::Outcomes(told) => told.by.as_str(),
        Report::Load(_) | Report::Compliance(_) => "",
    };
    if by == "hour" && !about.hours_in.is_empty() {
        lines.push(format!("Hours of the week are when the buyer wrote{}", hours_in(about)));
    }
    if let Report::Outcomes(told) = report {
        lines.extend(outcomes::sheets::lines(told));
    }
    (format!("{}: {what}", about.company), lines)
}

/// `, in America/New_York`: where the clock hangs that hours of the week are read from. Days are the company's.
pub(super) fn hours_in(about: &About) -> String {
    match about.hours_in.as_slice() {
        [] => String::new(),
        [zone] => format!(", in {zone}"),
        zones => format!(", in the hours of each cohort's calendar ({})", zones.join(", ")),
    }
}

/// What is said of shares of too few.
pub(super) fn small(any: bool) -> Vec<String> {
    let words = format!(
        "* fewer than {ENOUGH}: the share says little; look at the interval, which holds the true share in 95 of 100 such cases"
    );
    if any { vec![words] } else { Vec::new() }
}

fn starred(part: &Part, label: &str) -> Datum {
    if part.small && part.whole > 0 { Datum::Starred(label.to_owned()) } else { text(label) }
}

fn times(times: &Times) -> [Datum; 7] {
    let each = |of: Option<[i64; 3]>| match of {
        Some(all) => all.map(Datum::Length),
        None => [Datum::None, Datum::None, Datum::None],
    };
    let ([half, most, nearly], [half_wall, most_wall, nearly_wall]) = (each(times.business), each(times.wall));
    [Datum::Count(times.n), half, most, nearly, half_wall, most_wall, nearly_wall]
}

fn sla_sheets(sla: &Sla) -> Vec<Sheet> {
    let all = || sla.rows.iter().chain([&sla.total]);
    let accuracy = if sla.exact {
        "Percentiles are exact (nearest rank)."
    } else {
        "Percentiles are read from histograms: off by at most 1.6 %."
    };
    let attainment = Sheet {
        title: format!("Answered in time, by {}", sla.by.replace('_', " ")),
        columns: vec![
            "what",
            "replies",
            "in time",
            "of",
            "share",
            "low",
            "high",
            "late",
            "overdue",
            "dropped",
            "dropped late",
            "waiting",
        ],
        rows: all()
            .map(|row| {
                let counts = [row.late, row.overdue, row.dropped, row.dropped_late, row.running].map(Datum::Count);
                let mut cells = vec![
                    starred(&row.met, &row.label),
                    Datum::Count(row.replies),
                    Datum::Count(row.met.part),
                    Datum::Count(row.met.whole),
                    share(row.met.share),
                    share(row.met.low),
                    share(row.met.high),
                ];
                cells.extend(counts);
                cells
            })
            .collect(),
        notes: small(all().any(|row| row.met.small && row.met.whole > 0)),
    };
    let lengths = |title: &str, note: &str, pick: fn(&SlaRow) -> &Times| Sheet {
        title: title.to_owned(),
        columns: vec!["what", "n", "p50", "p90", "p95", "p50 wall", "p90 wall", "p95 wall"],
        rows: all()
            .filter(|row| pick(row).n > 0)
            .map(|row| std::iter::once(text(&row.label)).chain(times(pick(row))).collect())
            .collect(),
        notes: vec![note.to_owned(), accuracy.to_owned()],
    };
    let in_hours = "p50 to p95 in open time of the cohort's hours, then on the wall.";
    let ladder = Sheet {
        title: "Up the ladder".to_owned(),
        columns: vec!["what", "replies", "climbed", "climbs", "steps stood on"],
        rows: all()
            .filter(|row| row.climbs > 0 || !row.steps.is_empty())
            .map(|row| {
                let steps = row.steps.iter().map(|(step, n)| format!("{step}: {n}")).collect::<Vec<_>>().join(", ");
                let counts = [row.replies, row.climbed, row.climbs].map(Datum::Count);
                std::iter::once(text(&row.label)).chain(counts).chain([Datum::Text(steps)]).collect()
            })
            .collect(),
        notes: vec!["A reply counts on every step it stood on.".to_owned()],
    };
    let named = |title: &str, note: &str, counts: Vec<(&str, i64)>, of: i64| Sheet {
        title: title.to_owned(),
        columns: vec!["what", "replies", "share"],
        rows: counts
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(words, n)| vec![text(words), Datum::Count(n), share(Part::of(n, of).share)])
            .collect(),
        notes: vec![note.to_owned()],
    };
    let of = |counts: &std::collections::BTreeMap<String, i64>, name: &str| counts.get(name).copied().unwrap_or(0);
    let causes = Cause::ALL.map(|cause| (cause.words(), of(&sla.total.causes, cause.name()))).to_vec();
    let gaps = Gap::ALL.map(|gap| (gap.words(), of(&sla.total.gaps, gap.name()))).to_vec();
    let missed = sla.total.met.whole - sla.total.met.part;
    let mut sheets = vec![
        attainment,
        lengths("First response", in_hours, |row| &row.first),
        lengths("Next response", in_hours, |row| &row.next),
        lengths("Time to take, from the first offer", in_hours, |row| &row.take),
        ladder,
        named("Why replies were late", "Each breach has one cause: the first that fits.", causes, missed),
        named("Where nobody was there", "A reply may count in several.", gaps, sla.total.replies),
    ];
    if !sla.breaches.is_empty() {
        let all = usize::try_from(missed).ok();
        let notes = outcomes::sheets::first_of(sla.breaches.len(), all);
        sheets.push(Sheet { notes, ..told(&sla.breaches) });
    }
    sheets.retain(|sheet| !sheet.rows.is_empty());
    sheets
}

/// Replies with their stories.
pub fn told(all: &[Told]) -> Sheet {
    let cause = |name: &str| Cause::named(name).map_or("", Cause::words);
    Sheet {
        title: "Reply by reply".to_owned(),
        columns: vec!["conversation", "entry", "team", "cohort", "rep", "standing", "cause", "answered after", "story"],
        rows: all
            .iter()
            .map(|one| {
                let [team, cohort, rep] = &one.names;
                vec![
                    Datum::Conversation(one.conversation.clone()),
                    Datum::Count(i64::try_from(one.seq).unwrap_or(i64::MAX)),
                    text(team),
                    text(cohort),
                    text(rep),
                    text(&one.standing.replace('_', " ")),
                    text(one.cause.as_deref().map_or("", cause)),
                    one.wall.map_or(Datum::None, Datum::Length),
                    Datum::Story(one.story.clone()),
                ]
            })
            .collect(),
        notes: Vec::new(),
    }
}

/// Those that hold something: all, or the one that was asked for.
fn of_those<const N: usize>(by: &str, all: [(&str, Sheet); N]) -> Vec<Sheet> {
    let asked = all.into_iter().filter(|(name, sheet)| !sheet.rows.is_empty() && (by.is_empty() || *name == by));
    asked.map(|(_, sheet)| sheet).collect()
}

fn worst(of: Option<&OneDay>) -> [Datum; 2] {
    let share = |one: &OneDay| share(one.opt_outs.share);
    [text(of.map_or("", |one| one.day.as_str())), of.map_or(Datum::None, share)]
}

impl Compliance {
    /// What people call a line: it has one name in all of a report.
    pub(super) fn line_called<'a>(&'a self, line: &'a str) -> &'a str {
        self.lines.iter().find(|row| row.line == line).map_or(line, |row| row.label.as_str())
    }
}

fn compliance_sheets(of: &Compliance) -> Vec<Sheet> {
    let part = |part: &Part| {
        [Datum::Count(part.part), Datum::Count(part.whole), share(part.share), share(part.low), share(part.high)]
    };
    let any_small =
        |mut parts: Box<dyn Iterator<Item = &Part> + '_>| small(parts.any(|part| part.small && part.whole > 0));
    let lines = Sheet {
        title: "Opt-outs by number".to_owned(),
        columns: vec![
            "number",
            "opt-outs",
            "texts",
            "share",
            "low",
            "high",
            "carriers",
            "worst day",
            "its share",
            "received",
            "answers",
            "campaigns",
        ],
        rows: of
            .lines
            .iter()
            .map(|row| {
                let mut cells = vec![starred(&row.opt_outs, &row.label)];
                cells.extend(part(&row.opt_outs));
                cells.push(text(&row.judged));
                cells.extend(worst(row.worst.as_ref()));
                cells.extend([row.received, row.answers, row.campaign].map(Datum::Count));
                cells
            })
            .collect(),
        notes: any_small(Box::new(of.lines.iter().map(|row| &row.opt_outs))),
    };
    let campaigns = Sheet {
        title: "Opt-outs by campaign".to_owned(),
        columns: vec![
            "campaign",
            "number",
            "opt-outs",
            "texts",
            "share",
            "low",
            "high",
            "carriers",
            "worst day",
            "its share",
        ],
        rows: of
            .campaigns
            .iter()
            .map(|row| {
                let name = if row.campaign.is_empty() { "(none)" } else { &row.campaign };
                let mut cells = vec![starred(&row.opt_outs, name), text(of.line_called(&row.line))];
                cells.extend(part(&row.opt_outs));
                cells.push(text(&row.judged));
                cells.extend(worst(row.worst.as_ref()));
                cells
            })
            .collect(),
        notes: any_small(Box::new(of.campaigns.iter().map(|row| &row.opt_outs))),
    };
    let bands = Sheet {
        title: "Opt-outs by how long the buyer had waited for an answer".to_owned(),
        columns: vec!["waited", "opt-outs", "replies", "share", "low", "high"],
        rows: of
            .bands
            .iter()
            .map(|row| {
                let mut cells = vec![starred(&row.opt_outs, &row.label)];
                cells.extend(part(&row.opt_outs));
                cells
            })
            .collect(),
        notes: any_small(Box::new(of.bands.iter().map(|row| &row.opt_outs))),
    };
    let wait = |of: Option<[i64; 3]>| of.map_or([Datum::None, Datum::None, Datum::None], |all| all.map(Datum::Length));
    let quiet = Sheet {
        title: "Answers that waited for the buyer's hours".to_owned(),
        columns: vec!["number", "waits", "p50", "p90", "p95", "sent all the same"],
        rows: of
            .lines
            .iter()
            .filter(|row| row.quiet + row.overruled > 0)
            .map(|row| {
                let mut cells = vec![text(&row.label), Datum::Count(row.quiet)];
                cells.extend(wait(row.quiet_wait));
                cells.push(Datum::Count(row.overruled));
                cells
            })
            .collect(),
        notes: vec!["Lengths are read from histograms: off by at most 1.6 %.".to_owned()],
    };
    let holds = &of.holds;
    let mut ends: Vec<Vec<Datum>> = vec![
        vec![text("placed"), Datum::Count(holds.placed)],
        vec![text("waiting, in time"), Datum::Count(holds.waiting)],
        vec![text("ended in time"), Datum::Count(holds.in_time.part)],
        vec![text("of those that ended or are past due"), Datum::Count(holds.in_time.whole)],
    ];
    ends.extend(holds.ends.iter().map(|(name, n)| vec![text(&name.replace('_', " ")), Datum::Count(*n)]));
    for (name, ms) in
        ["median to the end", "90 % within", "95 % within"].into_iter().zip(holds.took.into_iter().flatten())
    {
        ends.push(vec![text(name), Datum::Length(ms)]);
    }
    let rulings = Sheet {
        title: "Texts that may have asked us to stop".to_owned(),
        columns: vec!["what", "numbers"],
        rows: if holds.placed > 0 { ends } else { Vec::new() },
        notes: vec!["In time: a person ruled, or the buyer said so themselves, within ten business days.".to_owned()],
    };
    of_those(&of.by, [("line", lines), ("campaign", campaigns), ("wait", bands), ("", quiet), ("", rulings)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::measure::report::{CampaignRow, LineRow};

    #[test]
    fn rows_of_hours_say_in_which_zone_they_are() {
        let about = |zones: &[&str]| About {
            zone: "America/Los_Angeles".to_owned(),
            hours_in: zones.iter().map(|zone| (*zone).to_owned()).collect(),
            ..About::default()
        };
        let of = |by: &str, zones: &[&str]| {
            let (about, by) = (about(zones), by.to_owned());
            let sla = Sla { about: about.clone(), by: by.clone(), ..Sla::default() };
            let told = outcomes::Outcomes { about, by, ..outcomes::Outcomes::default() };
            [Report::Sla(Box::new(sla)), Report::Outcomes(Box::new(told))].map(|report| heading(&report).1.join("\n"))
        };
        for said in of("hour", &["America/New_York"]) {
            let hours = "Hours of the week are when the buyer wrote, in America/New_York";
            assert!(said.contains("(America/Los_Angeles)") && said.contains(hours), "{said}");
        }
        for said in of("hour", &["America/New_York", "Asia/Tokyo"]) {
            assert!(said.contains(", in the hours of each cohort's calendar (America/New_York, Asia/Tokyo)"), "{said}");
        }
        // Other rows are of no hour, and an older backend does not say it.
        for said in of("cohort", &["America/New_York"]).into_iter().chain(of("hour", &[])) {
            assert!(!said.contains("Hours of the week"), "{said}");
        }
    }

    #[test]
    fn a_line_has_one_name_by_number_and_by_campaign() {
        let row =
            |line: &str| CampaignRow { campaign: "spring".to_owned(), line: line.to_owned(), ..CampaignRow::default() };
        let all = Compliance {
            lines: vec![LineRow { line: "main".to_owned(), label: "Sales East".to_owned(), ..LineRow::default() }],
            campaigns: vec![row("main"), row("old")],
            ..Compliance::default()
        };
        let sheets = compliance_sheets(&all);
        let [by_number, by_campaign] = sheets.as_slice() else { panic!("{sheets:?}") };
        assert_eq!(by_number.rows[0][0], text("Sales East"));
        assert_eq!(by_campaign.rows[0][1], text("Sales East"));
        assert_eq!(by_campaign.rows[1][1], text("old"), "one that nothing else is told of");
    }
}

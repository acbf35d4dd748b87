//! What pages are made of: a report of each kind, whose people, campaigns, stages and currencies are called what a test wants.

use comeback::domain::measure::report::{
    About, BandRow, CampaignRow, Compliance, DayRow, Fairness, Holds, HourRow, LineRow, Load, LoadRow, Part, Report,
    Sla, SlaRow, Times, Told,
};

use super::worth::outcomes;

/// What hostile people are called.
pub(super) const HOSTILE: [&str; 8] = [
    "<script>document.title='run'</script>",
    "<img src=http://evil.invalid/a.png onerror=alert(1)>",
    "\"><svg onload=alert(1)><style>@import url(http://evil.invalid/b.css)</style>",
    "</title></style></td></table><h1>Taken over</h1>",
    "&lt;b&gt; is not bold & javascript:alert(1)",
    "a\u{202e}b\nc\u{0}d",
    "שלב סופי (50%), חתימה",
    LONG,
];

/// A word that nothing breaks, longer than any line.
pub(super) const LONG: &str = concat!(
    "Looooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo",
    "ooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooong"
);

pub(super) fn about() -> About {
    let days = ("2026-10-30".to_owned(), "2026-11-28".to_owned());
    About {
        company: format!("Northwind {}", HOSTILE[0]),
        since: days.0,
        until: days.1,
        zone: "America/New_York".to_owned(),
        read_to: 41_207,
        as_of: 0,
        behind: 0,
        scope: "everything".to_owned(),
        hours_in: vec!["America/Los_Angeles".to_owned(), "Europe/Berlin".to_owned()],
    }
}

/// A month of a company, some of whose people have names that would be markup.
pub(super) fn sla(names: &[&str]) -> Report {
    let times =
        |n, half: i64| Times { n, wall: Some([half, half * 4, half * 9]), business: Some([half, half * 3, half * 7]) };
    let row = |label: &str, n: i64, met: i64| SlaRow {
        key: label.to_owned(),
        label: label.to_owned(),
        replies: n + 4,
        met: Part::of(met, n),
        late: n - met,
        dropped: 3,
        running: 1,
        first: times(n, 240_000),
        next: times(n / 2, 500_000),
        take: times(n, 90_000),
        climbed: 5,
        climbs: 7,
        steps: [(1, n), (2, 9)].into_iter().collect(),
        gaps: [("on_call".to_owned(), 3), ("pool".to_owned(), 8)].into_iter().collect(),
        causes: [("not_taken".to_owned(), 9), ("quiet_hours".to_owned(), 4)].into_iter().collect(),
        ..SlaRow::default()
    };
    let mut rows = vec![row("Late stage", 210, 194), row("Meeting", 88, 61), row("New lead", 12, 4)];
    rows.extend(names.iter().map(|name| row(name, 40, 20)));
    let day = |n: u32| {
        let whole = i64::from(n % 7) * 4;
        let day = if n < 2 { format!("2026-10-{:02}", n + 30) } else { format!("2026-11-{:02}", n - 1) };
        DayRow { day, replies: whole, met: Part::of(whole - whole / (3 + i64::from(n % 3)), whole) }
    };
    let hour = |n: u8| {
        let whole = i64::from(40 - n % 24);
        HourRow { hour: n, replies: whole, met: Part::of(whole * i64::from(n % 5) / 4, whole) }
    };
    let open = (0..120_u8).filter(|hour| (8..19).contains(&(hour % 24)));
    let told = Told {
        seq: 1,
        conversation: "019acb00-0000-7000-8000-000000000001".to_owned(),
        team: "east".to_owned(),
        cohort: names.first().copied().unwrap_or("new").to_owned(),
        rep: Some("maya".to_owned()),
        names: ["East", names.first().copied().unwrap_or("New"), "Maya"].map(str::to_owned),
        wrote: "1969-12-31 19:00:00 EST".to_owned(),
        received: 0,
        due: 1,
        ended: None,
        standing: "late".to_owned(),
        cause: Some("not_taken".to_owned()),
        wall: Some(1_208_000),
        business: None,
        story: names.iter().map(|name| format!("Tue 10:00  {name} was asked")).collect(),
    };
    Report::Sla(Box::new(Sla {
        about: about(),
        by: "cohort".to_owned(),
        exact: true,
        total: row("all", 350, 279),
        rows,
        breaches: vec![told],
        days: (0..30).map(day).collect(),
        hours: open.map(hour).collect(),
    }))
}

pub(super) fn load(names: &[&str]) -> Report {
    let row = |(n, name): (usize, &&str)| LoadRow {
        rep: format!("rep{n}"),
        name: (*name).to_owned(),
        team: "east".to_owned(),
        offers: 10 + i64::try_from(n).unwrap(),
        takes: 7,
        passes: 2,
        answers: 30,
        average: 2.5,
        most: 6,
        now: 1,
    };
    let fair = Fairness {
        team: "east".to_owned(),
        label: names.first().copied().unwrap_or("East").to_owned(),
        reps: 3,
        left: 1,
        offers: 33,
        left_offers: 3,
        takes: 21,
        passes: 6,
        answers: 90,
        average: 7.5,
        now: 3,
        jain: Some(0.64),
    };
    Report::Load(Box::new(Load {
        about: about(),
        by: String::new(),
        rows: names.iter().enumerate().map(row).collect(),
        fairness: vec![fair],
    }))
}

pub(super) fn consent(names: &[&str]) -> Report {
    let line = |name: &&str| LineRow {
        line: "main".to_owned(),
        label: (*name).to_owned(),
        received: 90,
        answers: 120,
        campaign: 900,
        opt_outs: Part::of(12, 1020),
        judged: "above 0.5 %: carriers watch".to_owned(),
        worst: None,
        quiet: 3,
        quiet_wait: Some([3_600_000; 3]),
        overruled: 1,
    };
    let campaign = |name: &&str| CampaignRow {
        worst: None,
        campaign: (*name).to_owned(),
        line: "main".to_owned(),
        opt_outs: Part::of(2, 14),
        judged: "too few texts to say".to_owned(),
    };
    let band = BandRow { band: "5m".to_owned(), label: "up to 5 minutes".to_owned(), opt_outs: Part::of(1, 40) };
    Report::Compliance(Box::new(Compliance {
        by: String::new(),
        about: about(),
        lines: names.iter().map(line).collect(),
        campaigns: names.iter().map(campaign).collect(),
        bands: vec![band],
        holds: Holds {
            placed: 5,
            waiting: 1,
            in_time: Part::of(3, 4),
            ends: names.first().map(|name| ((*name).to_owned(), 4)).into_iter().collect(),
            took: Some([3_600_000; 3]),
        },
    }))
}

/// A report of every kind that a page is made of.
pub(super) fn of_every_kind(names: &[&str]) -> [Report; 4] {
    [sla(names), load(names), consent(names), outcomes(names)]
}

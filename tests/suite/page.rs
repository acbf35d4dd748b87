//! A report's page, looked at in a real browser (Chromium, headless): what should be seen is there, on the screen and on paper;
//! what hostile people call themselves is text; and nothing is asked of anybody.
//!
//! The browser is given a proxy of ours for everything, loopback too: nothing else is reached, and its own log says what a
//! page wanted.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use comeback::domain::measure::chart::{Shape, charts};
use comeback::domain::measure::report::{
    About, BandRow, CampaignRow, Compliance, DayRow, Fairness, Holds, HourRow, LineRow, Load, LoadRow, Part, Report,
    Sla, SlaRow, Times, Told,
};
use comeback::wire::sheet::{html, words};
use proptest::prelude::*;
use serde_json::Value;

use worth::outcomes;

mod worth;

/// Where the page stands, as the browser knows it. Nobody resolves it: it goes through the proxy.
const ORIGIN: &str = "http://report.invalid/";

/// Where it stands when it is looked at in a frame of another one.
const FRAMED: &str = "http://report.invalid/page";

/// A page that looks at another one in two widths, and says what of its texts cannot be seen. What scrolls by itself can.
const LOOKING: &str = r#"<!doctype html>
<meta charset="utf-8"><title>not looked at</title>
<iframe src="/page" width="1280" height="900"></iframe>
<iframe src="/page" width="390" height="900"></iframe>
<pre></pre>
<script>
addEventListener("load", () => {
  const said = [];
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentDocument, wide = page.documentElement.clientWidth;
    const tell = (what, of) => said.push(`${frame.width}: ${what}: ${of.textContent.trim().slice(0, 60)}`);
    if (page.documentElement.scrollWidth > wide) said.push(`${frame.width}: the page is wider than the screen`);
    let lines = 0;
    const texts = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const of = texts.currentNode.parentElement;
      if (!texts.currentNode.data.trim() || of.closest(".unseen, svg")) continue;
      const range = page.createRange();
      range.selectNodeContents(texts.currentNode);
      const box = of.closest("td, th, dd, dt, p, h1, h2").getBoundingClientRect();
      for (const line of range.getClientRects()) {
        lines += 1;
        if (line.left < box.left - 1 || line.right > box.right + 1) tell("out of its box", of);
        if (!of.closest(".wide") && (line.left < 0 || line.right > wide)) tell("off the screen", of);
      }
    }
    if (lines < 2) said.push(`${frame.width}: ${lines} lines of text`);
    for (const drawn of page.querySelectorAll(".bar svg")) {
      if (drawn.getBoundingClientRect().width < 20) tell("no room for its bar", drawn.closest("tr"));
    }
  }
  document.title = "looked at";
  document.querySelector("pre").textContent = said.join("\n");
});
</script>
"#;

/// What hostile people are called.
const HOSTILE: [&str; 8] = [
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
const LONG: &str = concat!(
    "Looooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo",
    "ooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooong"
);

fn about() -> About {
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
    }
}

/// A month of a company, some of whose people have names that would be markup.
fn sla(names: &[&str]) -> Report {
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

fn load(names: &[&str]) -> Report {
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
        offers: 33,
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

fn consent(names: &[&str]) -> Report {
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

/// What leaves the browser, and the pages it gets.
struct Outside {
    asked: Arc<Mutex<Vec<String>>>,
    port: u16,
}

impl Outside {
    fn with(page: String) -> Self {
        Self::holding(vec![(ORIGIN, page)])
    }

    fn holding(pages: Vec<(&'static str, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (heard, pages) = (Arc::clone(&asked), Arc::new(pages));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (heard, pages) = (Arc::clone(&heard), Arc::clone(&pages));
                std::thread::spawn(move || serve(stream, &pages, &heard));
            }
        });
        Self { asked, port }
    }

    /// Every address that was asked for, in order.
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, pages: &[(&str, String)], heard: &Mutex<Vec<String>>) {
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    for line in lines {
        if line.is_empty() {
            break;
        }
    }
    let wanted = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let answer = match pages.iter().find(|(at, _)| *at == wanted) {
        Some((_, page)) => format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
            page.len()
        ),
        None => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
    };
    heard.lock().unwrap().push(wanted);
    let mut stream = stream;
    drop(stream.write_all(answer.as_bytes()));
}

/// Runs the browser on the page, in a profile of its own that is thrown away. Beside what it says: every address that the
/// page wanted, by the browser's own log of the net. What browsers ask their makers is no page's, and left out.
fn browse(outside: &Outside, ends: &[&str]) -> (Output, Vec<String>) {
    let profile = tempfile::tempdir().unwrap();
    let program = chromium();
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", "120"]).arg(&program);
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--disable-extensions", "--disable-default-apps", "--disable-dev-shm-usage", "--hide-scrollbars"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--proxy-server=http://127.0.0.1:{}", outside.port))
        .arg("--proxy-bypass-list=<-loopback>")
        .arg(format!("--log-net-log={}", profile.path().join("net.json").display()))
        .args(ends)
        .arg(ORIGIN)
        .env("HOME", profile.path());
    let output = command.output().unwrap_or_else(|e| panic!("{}: {e}", program.display()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let log: Value = serde_json::from_slice(&std::fs::read(profile.path().join("net.json")).unwrap()).unwrap();
    let begun = log["events"].as_array().unwrap().iter().map(|event| &event["params"]);
    let of_pages = begun.filter(|said| said["initiator"].as_str().is_some_and(|by| by != "not an origin"));
    let wanted = of_pages.filter_map(|said| said["url"].as_str()).map(str::to_owned).collect();
    (output, wanted)
}

fn chromium() -> PathBuf {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&paths).flat_map(|dir| names.map(|name| dir.join(name))).find(|path| path.is_file());
    found.expect("Chromium is missing: run tests/run, which installs it")
}

/// The document as the browser understood it.
fn seen(page: &str) -> (String, Vec<String>) {
    let outside = Outside::with(page.to_owned());
    let (output, wanted) = browse(&outside, &["--dump-dom"]);
    assert!(outside.asked().iter().any(|url| url == ORIGIN), "the page was never asked for");
    (String::from_utf8(output.stdout).unwrap(), wanted)
}

/// What the page wanted beside itself; browsers look for its icon, too.
fn elsewhere(wanted: &[String]) -> Vec<&String> {
    wanted.iter().filter(|url| *url != ORIGIN && **url != format!("{ORIGIN}favicon.ico")).collect()
}

/// What of a page cannot be seen, at the width of a desk and of a phone.
fn unseen(page: &str) -> String {
    let outside = Outside::holding(vec![(ORIGIN, LOOKING.to_owned()), (FRAMED, page.to_owned())]);
    let (output, _) = browse(&outside, &["--dump-dom", "--window-size=1400,1000"]);
    let dom = String::from_utf8(output.stdout).unwrap();
    assert!(dom.contains("<title>looked at</title>"), "{dom}");
    dom.split("<pre>").nth(1).unwrap().split("</pre>").next().unwrap().to_owned()
}

#[test]
fn a_page_whose_texts_cannot_be_seen_would_be_found_out() {
    let page = |body: &str| format!("<!doctype html><title>x</title><style>p {{ width: 9em; }}</style>{body}");
    assert_eq!(unseen(&page("<p>one line</p><p>and another one</p>")), "");
    let said = unseen(&page(&format!("<p>one line</p><p>{LONG}</p><table><tr><td>{LONG}</table>")));
    for wanted in ["1280: out of its box: Loo", "390: the page is wider", "390: off the screen: Loo"] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
}

#[test]
fn nothing_of_a_page_is_cut_at_the_width_of_a_desk_or_of_a_phone() {
    for report in [sla(&HOSTILE), load(&HOSTILE), consent(&HOSTILE), outcomes(&HOSTILE)] {
        assert_eq!(unseen(&html::of(&report)), "");
    }
}

#[test]
fn a_page_that_wants_a_picture_from_elsewhere_would_be_found_out() {
    let picture = "http://evil.invalid/a.png";
    let (_, wanted) = seen(&format!("<!doctype html><title>x</title><img src=\"{picture}\">"));
    assert_eq!(elsewhere(&wanted), [picture]);
}

fn count(dom: &str, what: &str) -> usize {
    dom.matches(what).count()
}

#[test]
fn a_browser_shows_every_chart_with_its_table_and_asks_nobody_for_anything() {
    let (dom, asked) = seen(&html::of(&sla(&[])));
    assert_eq!(elsewhere(&asked), Vec::<&String>::new());
    // The funnel, the days, three cohorts; three lengths by two clocks, of all and of each cohort; the ladder, whose cohorts
    // moved up, two causes, two gaps: a picture in each row, one for all days.
    assert_eq!(count(&dom, "<figure"), 14, "{dom}");
    let rows = 4 + 3 + 6 * 4 + 3 + 3 + 2 + 2;
    assert_eq!(count(&dom, "<svg"), rows + 1);
    assert_eq!(count(&dom, "<title"), 1 + rows + 1 + 30, "each picture says what it is, each day its number");
    // Seven days, Monday to Friday from 8 to 18.
    assert_eq!(count(&dom, "<tr><th scope=\"row\">"), rows + 25 + 7);
    let map = dom.split("class=\"week\"").nth(1).unwrap().split("</figure>").next().unwrap();
    assert_eq!((count(map, "<td class=\"d"), count(map, "<td></td>")), (5 * 11, 7 * 24 - 5 * 11 + 1));
    for said in ["79.7 %", "279 of 350", "194 of 210", "Late stage", "offered, but nobody took it", "12m 00s"] {
        assert!(dom.contains(said), "{said} is not to be seen");
    }
}

#[test]
fn what_hostile_people_are_called_is_text_in_a_browser() {
    for report in [sla(&HOSTILE), load(&HOSTILE), consent(&HOSTILE), outcomes(&HOSTILE)] {
        let (dom, asked) = seen(&html::of(&report));
        assert_eq!(elsewhere(&asked), Vec::<&String>::new());
        assert!(dom.contains("<title>Northwind &lt;script&gt;document.title='run'&lt;/script&gt;"), "{dom}");
        for tag in ["<script", "<img", "<link", "<iframe", "<a ", "onload=\"", "onerror=\"", "<style>@import"] {
            assert_eq!(count(&dom, tag), 0, "{tag} in {dom}");
        }
        assert_eq!((count(&dom, "<h1"), count(&dom, "<style")), (1, 1));
        assert!(dom.contains("Taken over&lt;/h1&gt;"), "it is there to be read");
        assert!(dom.contains("שלב סופי (50%), חתימה") && dom.contains(LONG), "whole");
        assert!(!dom.contains('\u{202e}'), "nothing is read backwards");
    }
}

#[test]
fn on_paper_it_is_all_there_too() {
    let folder = tempfile::tempdir().unwrap();
    let page = html::of(&sla(&[]));
    let paper = print(page.clone(), folder.path());
    let text = text_of(&paper);
    for said in
        ["answered in time", "279 of 350", "Answered in time, by hour of the week", "2026-10-31", "In numbers", "Maya"]
    {
        assert!(text.contains(said), "{said} is not on paper:\n{text}");
    }
    assert_eq!(over_the_edge(&paper), Vec::<String>::new());
    keep(&paper, "report.pdf");
    drawn(page, 1280, "report.png");
}

/// Draws the page on a screen so wide.
fn drawn(page: String, width: u16, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let screen = folder.path().join(name);
    let shot = format!("--screenshot={}", screen.display());
    browse(&Outside::with(page), &[&shot, &format!("--window-size={width},1600")]);
    let picture = std::fs::read(&screen).unwrap();
    assert!(picture.starts_with(b"\x89PNG") && picture.len() > 40_000, "{} bytes: nothing was drawn", picture.len());
    keep(&screen, name);
}

#[test]
fn on_paper_no_long_word_hides_a_number() {
    let folder = tempfile::tempdir().unwrap();
    for report in [sla(&HOSTILE), load(&HOSTILE), consent(&HOSTILE), outcomes(&HOSTILE)] {
        let paper = print(html::of(&report), folder.path());
        assert_eq!(over_the_edge(&paper), Vec::<String>::new());
        let (text, charts) = (text_of(&paper), charts(&report));
        // Of a row the number, and the begin of what it is of, stand behind the first line of its label.
        let rows = charts.iter().filter(|chart| matches!(chart.shape, Shape::Bars | Shape::Funnel));
        for bar in rows.flat_map(|chart| &chart.bars) {
            let (number, of) = (words(&bar.value), bar.beside.split(' ').next().unwrap());
            let there = text.lines().any(|line| line.contains(&number) && line.contains(of));
            assert!(there, "{} is not on paper: {number} ({})\n{text}", bar.label, bar.beside);
        }
    }
}

/// Prints the page, and answers where the paper is.
fn print(page: String, folder: &Path) -> PathBuf {
    let outside = Outside::with(page);
    let paper = folder.join("report.pdf");
    let print = format!("--print-to-pdf={}", paper.display());
    let (_, wanted) = browse(&outside, &[&print, "--no-pdf-header-footer"]);
    assert_eq!(elsewhere(&wanted), Vec::<&String>::new());
    paper
}

fn pdftotext(pdf: &Path, how: &str) -> String {
    let output = Command::new("pdftotext").arg(how).arg(pdf).arg("-").output();
    let output = output.expect("pdftotext is missing: run tests/run, which installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What can be read on the paper.
fn text_of(pdf: &Path) -> String {
    pdftotext(pdf, "-layout")
}

/// Words of the paper that stand over its edges.
fn over_the_edge(pdf: &Path) -> Vec<String> {
    let told = pdftotext(pdf, "-bbox");
    let number = |tag: &str, name: &str| -> Option<f64> {
        tag.split_once(&format!("{name}=\""))?.1.split('"').next()?.parse().ok()
    };
    let mut width = 0.0;
    let mut over = Vec::new();
    for line in told.lines() {
        if line.contains("<page ") {
            width = number(line, "width").unwrap();
        } else if line.contains("<word ") {
            let (left, right) = (number(line, "xMin").unwrap(), number(line, "xMax").unwrap());
            if left < 0.0 || right > width {
                over.push(line.trim().to_owned());
            }
        }
    }
    assert!(width > 100.0, "{told}");
    over
}

/// Keeps what was drawn, for whoever wants to look.
fn keep(file: &Path, name: &str) {
    if let Some(folder) = std::env::var_os("COMEBACK_TEST_KEEP") {
        std::fs::copy(file, Path::new(&folder).join(name)).unwrap();
    }
}

/// The tags of a page, in order, each up to its end: what a parser takes for markup.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).map(|tag| tag.split('>').next().unwrap()).collect()
}

proptest! {
    #[test]
    fn no_name_ever_changes_the_markup_of_a_page(name in "[<>&\"'=/a-z!\\-\\[\\] \\n\\u{0}\\u{202e}é]{0,24}") {
        let name: &str = &name;
        // Only texts differ.
        for (with, without) in [
            (sla(&[name]), sla(&["x"])),
            (load(&[name]), load(&["x"])),
            (consent(&[name]), consent(&["x"])),
            (outcomes(&[name]), outcomes(&["x"])),
        ] {
            let (with, without) = (html::of(&with), html::of(&without));
            prop_assert_eq!(tags(&with), tags(&without));
        }
    }
}

/// Widths of a page in a frame so wide, in pixels: all of it, its narrowest bar and its widest. A page runs no scripts: this
/// one gets leave for the one that measures it. No window of the browser is narrower than 500, so it stands in a frame.
fn measured(page: &str, frame: u32) -> [f64; 3] {
    let script = "<script>const bars = [...document.querySelectorAll('.bar svg')].map(b => b.getBoundingClientRect().width); \
        parent.document.documentElement.dataset.wide = [document.documentElement.scrollWidth, Math.min(...bars), \
        Math.max(...bars)].join(' ');</script></body>";
    let page = page.replace("default-src 'none';", "default-src 'none'; script-src 'unsafe-inline';");
    let page = page.replace("</body>", script).replace('&', "&amp;").replace('"', "&quot;");
    let style = format!("border: 0; width: {frame}px; height: 900px");
    let outside = Outside::with(format!("<!doctype html><title>x</title><iframe style=\"{style}\" srcdoc=\"{page}\">"));
    let (output, _) = browse(&outside, &["--dump-dom"]);
    let dom = String::from_utf8(output.stdout).unwrap();
    let wide = dom.split("data-wide=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("it was measured");
    let wide: Vec<f64> = wide.split(' ').map(|number| number.parse().unwrap()).collect();
    wide.try_into().unwrap()
}

#[test]
fn a_name_of_any_length_takes_nothing_of_the_bars() {
    let long = "2026_q4_nurture_".repeat(8);
    for report in [consent(&["Main", &long]), load(&["Maya", &long])] {
        let page = html::of(&report);
        // A4 less its margins is 688 wide.
        let paper = page.replace("@media print", "@media all");
        for (page, frame) in [(&page, 400), (&page, 800), (&paper, 688)] {
            let [whole, narrowest, widest] = measured(page, frame);
            let frame = f64::from(frame);
            assert!(whole <= frame, "the page is {whole} wide in a frame of {frame}");
            assert!(narrowest >= frame * 0.3, "a bar of {narrowest} in a frame of {frame}");
            // Or bars of one chart could not be compared.
            assert!(widest - narrowest < frame * 0.1, "bars from {narrowest} to {widest} in a frame of {frame}");
        }
    }
}

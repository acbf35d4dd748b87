//! A page as wide as a desk, a phone or a sheet of paper: no text is cut, none hangs over, and long names leave room for bars.

use comeback::wire::sheet::html;

use super::reports::{HOSTILE, LONG, consent, load, of_every_kind};
use super::{ORIGIN, Outside, browse};

/// Where it stands when it is looked at in a frame of another one.
const FRAMED: &str = "http://report.invalid/page";

/// A page that looks at another one in several widths, and says what of its texts cannot be seen, and which of its numbers
/// are broken. What scrolls by itself can be seen; on a desk nothing has to.
const LOOKING: &str = r#"<!doctype html>
<meta charset="utf-8"><title>not looked at</title>
<iframe src="/page" width="1280" height="900"></iframe>
<iframe src="/page" width="1100" height="900"></iframe>
<iframe src="/page" width="800" height="900"></iframe>
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
      for (const number of texts.currentNode.data.matchAll(/\d+(,\d{3})+(\.\d+)?|\d+\.\d+/g)) {
        range.setStart(texts.currentNode, number.index);
        range.setEnd(texts.currentNode, number.index + number[0].length);
        const tops = new Set([...range.getClientRects()].map((line) => Math.round(line.top)));
        if (tops.size > 1) said.push(`${frame.width}: a number is broken: ${number[0]}`);
      }
    }
    for (const table of page.querySelectorAll(".wide")) {
      if (wide >= 1200 && table.scrollWidth > table.clientWidth) tell("it has to be scrolled", table.parentElement);
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

/// What of a page cannot be seen, at the widths of desks, of a tablet and of a phone.
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
    let narrow = "style=\"width: 3em; overflow-wrap: anywhere\"";
    let said = unseen(&page(&format!("<p>one line</p><p {narrow}>USD 2,829,000.00</p><p {narrow}>1,464</p>")));
    for width in [1280, 1100, 800, 390] {
        assert_eq!(said.matches(&format!("{width}: a number is broken: 2,829,000.00")).count(), 1, "{said}");
    }
    assert!(!said.contains("1,464"), "whole in a line of its own: {said}");
    let wide =
        format!("<p>one line</p><section><div class=wide style=\"overflow: auto\"><p>{LONG}</p></div></section>");
    assert!(unseen(&page(&wide)).contains("1280: it has to be scrolled: Loo"), "a table that is wider than a desk");
}

#[test]
fn nothing_of_a_page_is_cut_and_no_number_broken_at_the_width_of_a_desk_or_of_a_phone() {
    for report in of_every_kind(&HOSTILE).iter().chain(&of_every_kind(&[])) {
        assert_eq!(unseen(&html::of(report)), "");
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

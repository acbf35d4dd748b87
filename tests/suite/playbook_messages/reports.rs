//! What a playbook tells by itself: alerts and reports, by which channel and to whom.

use super::{END, each_is_told};

#[test]
fn mistakes_about_alerts_and_reports_say_where_and_what_to_write() {
    each_is_told(&[
        (
            &[(END, "\n[channel.second]\nkind = \"sms\"\nfrom = \"+16465550900\" # second\n")],
            "# second",
            "[channel.page] pages from +16465550900 already; leave one of the two out, or give it another number",
        ),
        (
            &[("from = \"alerts@northwind.example\"", "from = \"alerts\"")],
            "from = \"alerts\"",
            "not a mail address: write it alerts@example.com",
        ),
        (
            &[("[\"20:00-06:00\"], calendar", "[\"20:00-06:00\"], zone = \"America/New_York\", calendar")],
            "[\"20:00-06:00\"], zone",
            "a zone and a calendar: one of the two says enough",
        ),
        (
            &[("label = \"renewal\"\n", "label = \"renewal\"\nwebhook = \"ops\" # ours\n")],
            "# ours",
            "Sales handles this use case: its replies go to reps, not to a webhook; write sales = false, or leave the webhook out",
        ),
        (
            &[("since = \"90d\"", "since = \"36h\"")],
            "since = \"36h\"",
            "a report is about whole days: write it 7d or 30d, ten years at most",
        ),
        (
            &[("[\"20:00-06:00\"], calendar", "[\"00:00-24:00\"], calendar")],
            "[\"00:00-24:00\"], calendar",
            "it would always be quiet: nothing would ever be told; write the hours of the night alone, or by = [] for no alerts",
        ),
        (
            &[("by = [\"ops\", \"chat\"]", "by = [\"page\"]")],
            "by = [\"page\"]",
            "operations need a webhook or slack channel: nobody's own phone; name a channel of kind webhook or slack",
        ),
        (
            &[("redact = \"names\"", "secret = \"env:X\"")],
            "secret = \"env:X\"",
            "a channel of this kind has no secret; leave secret out, or write another kind",
        ),
        (
            &[("to = [\"nina\", \"lea\"]", "to = []")],
            "to = []",
            "nobody would get this report; name somebody in to, or leave the report out",
        ),
    ]);
}

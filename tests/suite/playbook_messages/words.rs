//! What words mean in a playbook: campaigns, keywords, snippets and disclosures.

use super::{changed, is_told, mistakes};

#[test]
fn mistakes_in_what_campaigns_and_words_mean_say_where_and_what_to_write() {
    let event = "label = \"event follow-up\"";
    let regulated = |rules: &str| format!("{event}\n[use_case.event.regulated]\n{rules} # regulated");
    let long = "x".repeat(1590);
    for (from, to, at, wanted) in [
        (
            "campaigns = [\"meet-*\"]",
            "campaigns = [\"*-meet\"]".to_owned(),
            "*-meet",
            "a * may stand only at the end: \"spring-*\" is all that begin so",
        ),
        (
            "keywords = [\"demo\", ",
            "keywords = [\"Cancel\", ".to_owned(),
            "\"Cancel\"",
            "\"Cancel\" alone is a word of consent: it never means a use case",
        ),
        (
            "lines = [\"main\"]",
            "lines = [\"main\", \"meetings\"]".to_owned(),
            "\"meetings\"]",
            "the line \"meetings\" is for \"meeting\" already: it can be for one use case only",
        ),
        (
            "lines = [\"main\"]\n",
            String::new(),
            "number = \"+16465550100\"",
            "nothing says what the line \"main\" is for; write use_case = \"…\" here, or name the line in a use case's lines",
        ),
        (
            "sales = false\nqueue",
            "queue".to_owned(),
            "queue = \"support\"",
            "queue names the team for what Sales does not handle, and Sales handles this; write sales = false, or leave the queue \
             out",
        ),
        (
            "text = \"Thank you for",
            "text = \"{rep.name}: thank you for".to_owned(),
            "{rep.name}: thank",
            "nobody fills {rep.name} here: buyers would read it as it stands",
        ),
        (
            event,
            regulated("snippets = []"),
            "# regulated",
            "without an approved snippet nobody could answer: name at least one",
        ),
        (
            event,
            regulated("snippets = [\"call\"]\ndisclose = \"always\""),
            "# regulated",
            "there is no disclosure to stand under anything: write its words",
        ),
        (
            event,
            regulated("snippets = [\"call\"]\ndisclosure = \" \""),
            "# regulated",
            "the disclosure says nothing: write its words, or leave it out",
        ),
        (
            event,
            regulated("snippets = [\"call\"]\ndisclosure = \"{company}\""),
            "# regulated",
            "a disclosure is the same for everybody: it has no field {company}",
        ),
        (
            event,
            regulated(&format!("disclosure = \"{long}\"\nsnippets = [\"call\"]")),
            "# regulated",
            "with the disclosure under it it is longer than the 1600 characters of a text",
        ),
        (
            "segment = \"0.0083\"",
            "segment = \"0,83\"".to_owned(),
            "0,83",
            "not a price: write \"0.0083\", with at most six digits after the point",
        ),
    ] {
        let source = changed(&[(from, &to)]);
        is_told(&mistakes(&source), &source, "", at, wanted);
    }
}

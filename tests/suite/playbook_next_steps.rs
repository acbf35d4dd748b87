//! Rules for the next step in a playbook: each mistake with a bad file, where it stands and what is said of it.

use comeback::config::playbook::{read, read_all};
use comeback::domain::kind::MessageKind;
use comeback::domain::next_step::rules::Action;

const EXAMPLE: &str = include_str!("../../assets/playbook.toml");

/// The example with one more rule at its end.
fn with(rule: &str) -> String {
    format!("{EXAMPLE}\n[[next_step]]\n{rule}\n")
}

#[test]
fn the_example_has_rules_and_all_are_read() {
    let playbook = read("playbook.toml", EXAMPLE).unwrap_or_else(|e| panic!("{e}"));
    assert!(playbook.next_steps.len() >= 6, "{}", playbook.next_steps.len());
    let pricing = playbook.next_steps.iter().find(|rule| rule.kinds.contains(&MessageKind::Pricing)).unwrap();
    assert_eq!(pricing.what, "Answer the price question and offer a call today");
    assert!(playbook.next_steps.iter().any(|rule| rule.action == Some(Action::ProposeTimes)));
}

#[test]
fn each_mistake_is_told_with_what_would_be_right() {
    for (rule, wanted) in [
        (
            "what = \"x\"\nwhy = \"y\"\nknown = true\nsnippet = \"cal\"",
            "there is no snippet \"cal\"; did you mean \"call\"?",
        ),
        (
            "what = \"x\"\nwhy = \"y\"\nstages = [\"Negotation\"]",
            "there is no stage of a cohort \"Negotation\"; did you mean \"Negotiation\"?",
        ),
        (
            "what = \"x\"\nwhy = \"y\"\nuse_cases = [\"meting\"]",
            "there is no use_case \"meting\"; did you mean \"meeting\"?",
        ),
        ("what = \"x\"\nwhy = \"y\"\nkinds = [\"prices\"]", "unknown value \"prices\"; it can be automatic"),
        ("what = \"x\"\nwhy = \"y\"\naction = \"call\"", "unknown value \"call\""),
        ("what = \"\"\nwhy = \"y\"\nknown = true", "what is one line of 1 to 120 characters"),
        ("what = \"x\"\nwhy = \"for {money}\"\nknown = true", "a reason has no field {money}"),
        ("what = \"x\"\nwhy = \"y\"\nknown = true\nwithin = \"3d\"", "within says how old a sign of interest may be"),
        ("what = \"x\"\nwhy = \"y\"\nwords = [\" \"]", "an empty word of words is in every text"),
        ("what = \"x\"\nwhy = \"y\"\nkinds = [\"pricing\"]", "this next step is never reached: number"),
    ] {
        let source = with(rule);
        let told: Vec<String> = read_all("playbook.toml", &source, &|_| Err(String::new()))
            .mistakes
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(told.iter().any(|said| said.contains(wanted)), "{rule}: {told:#?}");
    }
}

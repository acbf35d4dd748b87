//! What to do next, what is written into the CRM and how it is asked, as the file says it.

use super::File;
use super::value::{list, span, times, word};
use crate::config::playbook::template::quoted;
use crate::domain::asking::Asking;
use crate::domain::next_step::rules::Rule;
use crate::domain::write_back::WriteBack;

impl File {
    pub(super) fn next_step(&mut self, rule: &Rule) {
        self.table("[[next_step]]");
        let mut words = |name: &str, set: &std::collections::BTreeSet<String>| {
            self.put_list(name, set.iter().map(String::as_str));
        };
        words("stages", &rule.stages);
        words("use_cases", &rule.use_cases);
        words("words", &rule.words);
        words("intents", &rule.intents);
        let kinds: Vec<String> = rule.kinds.iter().map(word).collect();
        self.put_some("kinds", Some(list(&kinds)).filter(|_| !kinds.is_empty()));
        self.put_some("within", rule.within.map(span));
        self.put_some("known", rule.known.map(|known| known.to_string()));
        self.put_some("waited", rule.waited.map(span));
        self.put_some("hours", Some(times(&rule.hours)).filter(|_| !rule.hours.is_empty()));
        self.put("what", &quoted(&rule.what));
        self.put("why", &quoted(&rule.why));
        self.put_text("snippet", rule.snippet.as_deref());
        self.put_some("action", rule.action.as_ref().map(word));
    }

    /// The usual stands in no file.
    pub(super) fn crm(&mut self, rules: &WriteBack, asking: &Asking) {
        if rules.is_usual() && asking.is_usual() && !self.usual {
            return;
        }
        self.table("[crm]");
        for (name, on) in [
            ("log", rules.log),
            ("outcomes", rules.outcomes),
            ("tasks", rules.tasks),
            ("owners", rules.owners),
            ("opt_outs", rules.opt_outs),
        ] {
            self.put(name, &on.to_string());
        }
        self.put("budget", &format!("\"{}ms\"", asking.budget.as_millis()));
        self.put("fresh", &span(asking.fresh));
        self.put("reroute", &word(&asking.reroute));
        for later in &rules.follow_ups {
            self.table("[[crm.follow_up]]");
            self.put("outcome", &word(&later.outcome));
            self.put("after", &span(later.after));
            self.put("task", &quoted(&later.words));
        }
    }
}

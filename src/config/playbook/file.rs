//! A version of the policy as a file again: what `comeback playbook show --toml` prints. A file that is read, written
//! and read once more is the same policy; what its author wrote beside it, as comments and a CSV, is not in it.

use std::collections::BTreeMap;

use chrono_tz::Tz;

pub(in crate::config) use super::template::{key, quoted};
use crate::domain::consent::ConsentRules;
use crate::domain::escalation::{Ladder, Step, Stop, Who};
use crate::domain::expectation::Expectation;
use crate::domain::hours::{Calendar, Window};
use crate::domain::id::{RepId, TeamId};
use crate::domain::oncall::{Length, Rotation, Schedule};
use crate::domain::ownership::OwnerRule;
use crate::domain::pacing::Limit;
use crate::domain::playbook::{Cohort, Playbook, Rep, Role, Target, UseCase};
use crate::domain::price::Price;
use crate::domain::regulated::Regulated;
use crate::domain::routing::Holder;
use crate::domain::time::Span;
use value::{bare, inline, instant, list, minute, span, times, word};

mod alert;
mod enrich;
#[cfg(test)]
mod tests;
pub(super) mod value;

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The file. Territories stand in it row by row.
pub fn written(playbook: &Playbook) -> String {
    File::default().whole(playbook, playbook.zone())
}

/// The same to be held against another: with what is usual, and its times in this zone.
pub(in crate::config) fn compared(playbook: &Playbook, zone: Tz) -> String {
    File { usual: true, ..File::default() }.whole(playbook, zone)
}

/// A file in the making.
#[derive(Default)]
struct File {
    text: String,
    /// Whether what is usual is written, too.
    usual: bool,
}

impl File {
    fn whole(mut self, playbook: &Playbook, zone: Tz) -> String {
        self.put("company", &quoted(&playbook.company));
        self.put("undo_hold", &span(playbook.undo_hold));
        self.put_text("zone", playbook.company_zone.map(Tz::name));
        let rules: Vec<String> = playbook.ownership.iter().map(owner_rule).collect();
        self.put("ownership", &format!("[\n    {},\n]", rules.join(",\n    ")));
        self.define(playbook);
        self.own(playbook);
        self.respond(playbook);
        self.escalate(playbook);
        self.alert(playbook);
        for rule in &playbook.next_steps {
            self.next_step(rule);
        }
        self.crm(&playbook.write_back, &playbook.asking);
        for case in &playbook.expectations {
            self.table("[[expect]]");
            self.expectation(case, zone);
        }
        self.text
    }

    fn table(&mut self, header: &str) {
        self.text.push('\n');
        self.text.push_str(header);
        self.text.push('\n');
    }

    fn put(&mut self, name: &str, value: &str) {
        self.text.push_str(name);
        self.text.push_str(" = ");
        self.text.push_str(value);
        self.text.push('\n');
    }

    fn put_some(&mut self, name: &str, value: Option<String>) {
        if let Some(value) = value {
            self.put(name, &value);
        }
    }

    fn put_text(&mut self, name: &str, value: Option<&str>) {
        self.put_some(name, value.map(quoted));
    }

    /// A list, unless it is empty.
    fn put_list<'t>(&mut self, name: &str, members: impl Iterator<Item = &'t str>) {
        let members: Vec<String> = members.map(quoted).collect();
        self.put_some(name, Some(list(&members)).filter(|_| !members.is_empty()));
    }

    fn define(&mut self, p: &Playbook) {
        let rules = &p.compliance;
        self.table("[compliance]");
        self.put("open", &minute(rules.open_minute));
        self.put("close", &minute(rules.close_minute));
        self.put("reply_window", &span(rules.reply_window));
        self.put("send_anyway", &rules.send_anyway.to_string());
        self.consent(&p.consent);
        self.table("[sends]");
        self.put("answered_within", &span(p.answered_within));
        if let Some(words) = &p.acknowledgement {
            self.table("[acknowledgement]");
            self.put("text", &quoted(words));
        }
        for (name, use_case) in &p.use_cases {
            self.table(&format!("[use_case.{}]", key(name)));
            self.use_case(use_case);
            self.put_text("webhook", p.alerting.handled.get(name).map(String::as_str));
            self.put_text("pause", p.alerting.pauses.get(name).map(String::as_str));
            if let Some(regulated) = &use_case.regulated {
                self.table(&format!("[use_case.{}.regulated]", key(name)));
                self.regulated(regulated);
            }
        }
    }

    /// The usual stands in no file.
    fn consent(&mut self, rules: &ConsentRules) {
        let said = ConsentRules { line_replies: BTreeMap::new(), ..rules.clone() };
        if said.is_usual() && !self.usual {
            return;
        }
        self.table("[consent]");
        self.put("scope", &word(&rules.scope));
        self.put("evidence", &word(&rules.evidence));
        self.put("replies", &word(&rules.replies));
        self.put_text("confirmation", rules.confirmation.as_deref());
        self.put_text("help", rules.help.as_deref());
        self.put_list("tell", rules.tell.iter().map(String::as_str));
        for (name, lines) in &rules.programmes {
            self.table(&format!("[consent.programme.{}]", key(name)));
            self.put("lines", &list(&lines.iter().map(|line| quoted(line.as_str())).collect::<Vec<_>>()));
        }
        for (name, words) in &rules.words {
            self.table(&format!("[consent.words.{}]", key(name)));
            self.put_list("stop", words.stop.iter().map(String::as_str));
            self.put_list("start", words.start.iter().map(String::as_str));
            self.put_list("help", words.help.iter().map(String::as_str));
        }
    }

    fn use_case(&mut self, use_case: &UseCase) {
        self.put("label", &quoted(&use_case.label));
        self.put_list("campaigns", use_case.campaigns.iter().map(String::as_str));
        self.put_list("keywords", use_case.keywords.iter().map(String::as_str));
        self.put_some("priority", Some(use_case.priority.to_string()).filter(|_| use_case.priority != 0));
        self.put_text("cohort", use_case.cohort.as_deref());
        self.put_some("sales", Some("false".to_owned()).filter(|_| !use_case.sales));
        self.put_text("queue", use_case.queue.as_ref().map(TeamId::as_str));
        self.put_text("acknowledgement", use_case.acknowledgement.as_deref());
    }

    fn regulated(&mut self, regulated: &Regulated) {
        self.put_list("snippets", regulated.snippets.iter().map(String::as_str));
        if let Some(words) = &regulated.disclosure {
            self.put("disclosure", &quoted(words));
            self.put("disclose", &word(&regulated.disclose));
        }
        self.put("approval", &regulated.approval.to_string());
    }

    fn own(&mut self, p: &Playbook) {
        if let Some(unseen) = &p.unseen {
            self.table("[presence]");
            self.put("unseen", &span(unseen.after));
            self.put_text("calendar", unseen.calendar.as_deref());
        }
        for (id, team) in &p.teams {
            let header = key(id.as_str());
            self.table(&format!("[team.{header}]"));
            self.put("label", &quoted(&team.label));
            self.put_text("lead", team.lead.as_ref().map(RepId::as_str));
            if let Some(turns) = &team.on_call {
                self.table(&format!("[team.{header}.on_call]"));
                self.turns(turns);
                let days = if let Length::Days(days) = turns.length { days } else { 1 };
                self.put("days", &days.to_string());
                self.put("zone", &quoted(turns.zone.name()));
            }
        }
        for (id, rep) in &p.reps {
            self.table(&format!("[rep.{}]", key(id.as_str())));
            self.rep(rep);
            if let Some(alerts) = p.alerting.reps.get(id) {
                self.table(&format!("[rep.{}.alerts]", key(id.as_str())));
                self.alerts(alerts);
            }
        }
        for (id, auditor) in &p.auditors {
            self.table(&format!("[auditor.{}]", key(id.as_str())));
            self.put("name", &quoted(&auditor.name));
        }
        for (name, territory) in &p.territories {
            for part in &territory.rows {
                self.table(&format!("[[territory.{}]]", key(name)));
                self.put_text("country", part.country.as_deref());
                self.put_text("state", part.state.as_deref());
                self.put_text("area_code", part.area_code.as_deref());
                self.put_text("segment", part.segment.as_deref());
                self.put("rep", &quoted(part.rep.as_str()));
            }
        }
    }

    fn rep(&mut self, rep: &Rep) {
        self.put("name", &quoted(&rep.name));
        self.put("title", &quoted(&rep.title));
        self.put("team", &quoted(rep.team.as_str()));
        // Who leads is said by the team.
        self.put_some("role", Some(word(&rep.role)).filter(|_| rep.role == Role::Admin));
        self.put_text("backup", rep.backup.as_ref().map(RepId::as_str));
        self.put_some("active", Some("false".to_owned()).filter(|_| !rep.active));
        self.put_text("successor", rep.successor.as_ref().map(RepId::as_str));
        self.put_some("capacity", rep.capacity.map(|most| most.to_string()));
        self.put_some("weight", Some(rep.weight.to_string()).filter(|_| rep.weight != 1));
        self.put_text("hours", rep.hours.as_deref());
        self.put_text("meeting_link", rep.meeting_link.as_deref());
    }

    fn respond(&mut self, p: &Playbook) {
        for cohort in &p.cohorts {
            self.table("[[cohort]]");
            self.cohort(cohort);
        }
        for (name, calendar) in &p.calendars {
            self.table(&format!("[calendar.{}]", key(name)));
            self.put("zone", &quoted(calendar.zone.name()));
            for (day, windows) in DAYS.iter().zip(&calendar.week).filter(|(_, windows)| !windows.is_empty()) {
                self.put(day, &times(windows));
            }
            if !calendar.holidays.is_empty() {
                self.table(&format!("[calendar.{}.holidays]", key(name)));
                for (date, windows) in &calendar.holidays {
                    self.put(&date.to_string(), &times(windows));
                }
            }
        }
        for (name, snippet) in &p.snippets {
            self.table(&format!("[snippet.{}]", key(name)));
            self.put("text", &quoted(&snippet.text));
            self.put_list("ask", snippet.ask.iter().map(String::as_str));
            self.put_list("use_cases", snippet.use_cases.iter().map(String::as_str));
            self.put_list("teams", snippet.teams.iter().map(TeamId::as_str));
        }
        if let Some(Price { micros, currency }) = &p.price {
            self.table("[price]");
            let part = format!("{:06}", micros % 1_000_000);
            let part = part.trim_end_matches('0');
            self.put("segment", &quoted(&format!("{}.{part:0<1}", micros / 1_000_000)));
            self.put("currency", &quoted(currency));
        }
        for (id, line) in &p.lines {
            self.table(&format!("[line.{}]", key(id.as_str())));
            self.put("label", &quoted(&line.label));
            self.put("number", &quoted(line.number.as_str()));
            self.put("team", &quoted(line.team.as_str()));
            self.put("use_case", &quoted(&line.use_case));
            self.limit(&line.limit);
            self.put_text("class", line.class.as_deref());
            self.put_some("replies", p.consent.line_replies.get(id).map(word));
        }
        for (name, limit) in &p.classes {
            self.table(&format!("[campaign_class.{}]", key(name)));
            self.limit(limit);
        }
    }

    fn cohort(&mut self, cohort: &Cohort) {
        let target = |target: &Target| inline(&[("warn", span(target.warn)), ("due", span(target.due))]);
        self.put("name", &quoted(&cohort.name));
        self.put("label", &quoted(&cohort.label));
        self.put_list("use_cases", cohort.use_cases.iter().map(String::as_str));
        self.put_list("stages", cohort.stages.iter().map(String::as_str));
        self.put("first_response", &target(&cohort.first_response));
        self.put("next_response", &target(&cohort.next_response));
        self.put("calendar", &quoted(&cohort.calendar));
        self.put("ladder", &quoted(&cohort.ladder));
    }

    fn limit(&mut self, limit: &Limit) {
        let rate = limit.rate.map(|rate| {
            let unit = match rate.every.as_seconds() {
                ..=1 => "s",
                2..=60 => "m",
                _ => "h",
            };
            quoted(&format!("{}/{unit}", rate.segments))
        });
        self.put_some("rate", rate);
        self.put_some("per_day", limit.per_day.map(|most| most.to_string()));
    }

    fn escalate(&mut self, p: &Playbook) {
        for (name, ladder) in &p.ladders {
            self.ladder(&key(name), ladder);
        }
        for (id, schedule) in &p.schedules {
            self.schedule(&key(id.as_str()), schedule);
        }
    }

    fn ladder(&mut self, name: &str, ladder: &Ladder) {
        let is_table = ladder.repeat > 0 || ladder.stop != Stop::Taken;
        let header = if is_table { format!("[[ladder.{name}.step]]") } else { format!("[[ladder.{name}]]") };
        if is_table {
            self.table(&format!("[ladder.{name}]"));
            self.put("repeat", &ladder.repeat.to_string());
            self.put("stop", &word(&ladder.stop));
        }
        for Step { who, wait, wall } in &ladder.steps {
            self.table(&header);
            let (ask, whom) = match who {
                Who::Owner | Who::Backup | Who::Pool | Who::OnCall | Who::Lead | Who::OwnersLead => ("who", word(who)),
                Who::Person(rep) => ("person", quoted(rep.as_str())),
                Who::Role(title) => ("role", quoted(title)),
                Who::Team(team) => ("team", quoted(team.as_str())),
                Who::Schedule(schedule) => ("schedule", quoted(schedule.as_str())),
                Who::LeadOf(team) => ("lead_of", quoted(team.as_str())),
            };
            self.put(ask, &whom);
            self.put_some("wait", Some(span(*wait)).filter(|_| *wait > Span::ZERO));
            self.put_some("clock", Some(quoted("wall")).filter(|_| *wall));
        }
    }

    fn schedule(&mut self, name: &str, schedule: &Schedule) {
        self.table(&format!("[schedule.{name}]"));
        self.put("label", &quoted(&schedule.label));
        self.put_text("team", schedule.team.as_ref().map(TeamId::as_str));
        self.put("zone", &quoted(schedule.zone.name()));
        // Each layer that is not as usual on them knows them all.
        let known =
            |layer: &Rotation| layer.only.as_ref().map(|only| &only.holidays).filter(|days| !days.is_empty()).cloned();
        let holidays: Vec<String> =
            schedule.layers.iter().find_map(known).unwrap_or_default().keys().map(ToString::to_string).collect();
        self.put_some("holidays", Some(list(&holidays)).filter(|_| !holidays.is_empty()));
        for layer in &schedule.layers {
            self.table(&format!("[[schedule.{name}.layer]]"));
            self.put_some("label", Some(quoted(&layer.label)).filter(|_| !layer.label.is_empty()));
            self.turns(layer);
            let every = match layer.length {
                Length::Days(days) => format!("{}d", days.max(1)),
                Length::Hours(hours) => format!("{}h", hours.max(1)),
            };
            self.put("every", &quoted(&every));
            self.put_some("zone", Some(quoted(layer.zone.name())).filter(|_| layer.zone != schedule.zone));
            self.restrictions(layer.only.as_ref());
        }
    }

    fn turns(&mut self, turns: &Rotation) {
        let reps = turns.reps.iter().map(|rep| quoted(rep.as_ref().map_or("nobody", |rep| rep.as_str())));
        self.put("reps", &list(&reps.collect::<Vec<_>>()));
        self.put("since", &turns.since.to_string());
        self.put("hand_off", &minute(turns.hand_off));
    }

    /// The hours in which a layer has anybody.
    fn restrictions(&mut self, only: Option<&Calendar>) {
        let (week, on_holidays) = match only {
            None => (None, "usual"),
            Some(only) if only.week.iter().all(Vec::is_empty) => (None, "only"),
            Some(only) if only.holidays.is_empty() => (Some(&only.week), "usual"),
            Some(only) => (Some(&only.week), "off"),
        };
        let mut parts = Vec::new();
        let open = |week: &[Vec<Window>; 7]| week.iter().find(|windows| !windows.is_empty()).cloned();
        let windows = match week {
            Some(week) => open(week),
            None => only.and_then(|only| only.holidays.values().next().cloned()),
        };
        if let Some(week) = week.filter(|week| week.iter().any(Vec::is_empty)) {
            let days = DAYS.iter().zip(week).filter(|(_, windows)| !windows.is_empty()).map(|(day, _)| quoted(day));
            parts.push(("days", list(&days.collect::<Vec<_>>())));
        }
        if let Some(windows) = windows.filter(|windows| *windows != [Window::WHOLE_DAY]) {
            parts.push(("hours", times(&windows)));
        }
        self.put_some("only", Some(inline(&parts)).filter(|_| !parts.is_empty()));
        self.put("holidays", &quoted(on_holidays));
    }

    fn expectation(&mut self, case: &Expectation, zone: Tz) {
        let (reply, then) = (&case.reply, &case.then);
        self.put("name", &quoted(&case.name));
        self.put("line", &quoted(reply.line.as_str()));
        self.put_text("campaign", reply.campaign.as_deref());
        self.put_text("use_case", reply.use_case.as_deref());
        self.put_text("text", reply.text.as_deref());
        self.put_text("stage", reply.stage.as_deref());
        self.put_text("country", reply.place.country.as_deref());
        self.put_text("state", reply.place.state.as_deref());
        self.put_text("segment", reply.place.segment.as_deref());
        self.put_text("area_code", reply.place.area_code.as_deref());
        let owners: Vec<(String, String)> =
            reply.owners.iter().map(|(source, rep)| (bare(source), quoted(rep.as_str()))).collect();
        let owners: Vec<(&str, String)> = owners.iter().map(|(source, rep)| (source.as_str(), rep.clone())).collect();
        self.put_some("owners", Some(inline(&owners)).filter(|_| !owners.is_empty()));
        self.put("at", &instant(case.at, zone));
        self.put_list("away", case.away.iter().map(RepId::as_str));
        let gets = then.gets.as_ref().map(|holder| match holder {
            Holder::Rep(rep) => quoted(rep.as_str()),
            Holder::Pool(team) => quoted(&format!("pool:{team}")),
        });
        let parts = [
            ("owner", then.owner.as_ref().map(|rep| quoted(rep.as_str()))),
            ("gets", gets),
            ("use_case", then.use_case.as_deref().map(quoted)),
            ("cohort", then.cohort.as_deref().map(quoted)),
            ("due", then.due.map(|due| instant(due, zone))),
            ("held", then.held.map(|held| held.held.to_string())),
            ("answered_after", then.held.map(|held| span(held.after))),
        ];
        let parts: Vec<(&str, String)> = parts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        self.put("then", &inline(&parts));
    }
}

fn owner_rule(rule: &OwnerRule) -> String {
    if *rule == OwnerRule::from(rule.source) {
        return word(&rule.source);
    }
    let mut parts = vec![("rule", word(&rule.source))];
    let texts = |texts: &mut dyn Iterator<Item = &String>| list(&texts.map(|text| quoted(text)).collect::<Vec<_>>());
    parts.extend(rule.territory.iter().map(|name| ("territory", quoted(name))));
    parts.extend(rule.pool.iter().map(|team| ("pool", quoted(team.as_str()))));
    parts.extend((!rule.roles.is_empty()).then(|| ("roles", texts(&mut rule.roles.iter()))));
    parts.extend((!rule.stages.is_empty()).then(|| ("stages", texts(&mut rule.stages.iter()))));
    parts.push(("skip", list(&rule.skip.iter().map(word).collect::<Vec<_>>())));
    inline(&parts)
}

//! Reports that are mailed.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::Reader;
use super::document::{Document, Name};
use crate::config::diagnose::Diagnostic;
use crate::config::text::{Duration, TimeOfDay, Zone};
use crate::domain::alert::mailed::{Day, Mailed};
use crate::domain::alert::{Channel, ChannelKind};
use crate::domain::id::RepId;
use crate::domain::measure::ReportName;
use crate::domain::measure::cell::By;
use crate::domain::playbook::Role;

/// A day in milliseconds.
const DAY: i64 = 24 * 3_600_000;

/// Longest period, in days.
const LONGEST: i64 = 3_660;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReportText {
    report: ReportName,
    by: Option<Spanned<By>>,
    to: Spanned<Vec<Name>>,
    channel: Name,
    #[serde(default)]
    on: Vec<Day>,
    at: TimeOfDay,
    zone: Option<Zone>,
    since: Spanned<Duration>,
}

/// Whether its rows can be chosen.
const fn has_rows(report: ReportName) -> bool {
    matches!(report, ReportName::Sla | ReportName::Outcomes)
}

impl Reader<'_> {
    pub(super) fn reports(&self, d: &Document, channels: &BTreeMap<String, Channel>) -> BTreeMap<String, Mailed> {
        let made = d.report.iter().map(|(name, text)| (name.clone(), self.report(text, d, channels)));
        made.collect()
    }

    fn report(&self, text: &ReportText, d: &Document, channels: &BTreeMap<String, Channel>) -> Mailed {
        let channel = self.named("channel", &text.channel, d.channel.keys());
        if let Some(kind) = channels.get(&channel).map(|channel| &channel.kind)
            && !matches!(kind, ChannelKind::Email { .. })
        {
            let message = format!("\"{channel}\" is a channel of kind {}: a report goes by mail", kind.word());
            self.or(Err(self.mistake(text.channel.span(), message)), ());
        }
        if text.to.get_ref().is_empty() {
            let message = "nobody would get this report";
            self.or(Err(self.hinted(text.to.span(), message, "name somebody in to, or leave the report out")), ());
        }
        let to = text.to.get_ref().iter().map(|name| self.reader_of(name, text.report, d)).collect();
        if let Some(by) = text.by.as_ref().filter(|_| !has_rows(text.report)) {
            let message = "only the reports sla and outcomes have rows of your choice";
            let hint = Some("leave by = … out".to_owned());
            self.or(Err(Diagnostic { hint, ..self.mistake(by.span(), message) }), ());
        }
        let since = text.since.get_ref().0.as_millis();
        let days = since / DAY;
        if since % DAY != 0 || !(1..=LONGEST).contains(&days) {
            let message = "a report is about whole days: write it 7d or 30d, ten years at most";
            self.or(Err(self.mistake(text.since.span(), message)), ());
        }
        let calendar = d.calendar.values().next().map(|calendar| calendar.zone.get_ref().0);
        let company = d.zone.map(|zone| zone.0).or(calendar);
        Mailed {
            report: text.report,
            by: text.by.as_ref().map_or(By::Cohort, |by| *by.get_ref()),
            to,
            channel,
            on: text.on.clone(),
            at: text.at.0,
            zone: text.zone.map(|zone| zone.0).or(company).unwrap_or(chrono_tz::Tz::UTC),
            days: u32::try_from(days.clamp(1, LONGEST)).unwrap_or(1),
        }
    }

    /// Somebody who may see it.
    fn reader_of(&self, name: &Name, report: ReportName, d: &Document) -> RepId {
        let known = self.named("rep", name, d.rep.keys().chain(d.auditor.keys()));
        let leads = d.team.values().any(|team| *team.lead.get_ref() == known);
        let role = d.rep.get(&known).and_then(|rep| rep.role.as_ref()).map(|role| *role.get_ref());
        let may = leads || matches!(role, Some(Role::Admin | Role::Auditor)) || d.auditor.contains_key(&known);
        if report == ReportName::Compliance && d.rep.contains_key(&known) && !may {
            let message = format!("{known} may not see the report about consent: leads, admins and auditors may");
            self.or(Err(self.mistake(name.span(), message)), ());
        }
        RepId::new(&known)
    }
}

//! Who hears beside their inbox, and how, as the file says it.

use super::File;
use super::value::{inline, list, setting, span, times, word};
use crate::config::playbook::template::{key, quoted};
use crate::domain::alert::mailed::Mailed;
use crate::domain::alert::{Alerts, Channel, ChannelKind, Redact};
use crate::domain::id::RepId;
use crate::domain::measure::ReportName;
use crate::domain::playbook::Playbook;

impl File {
    pub(super) fn alert(&mut self, p: &Playbook) {
        for (name, channel) in &p.alerting.channels {
            self.table(&format!("[channel.{}]", key(name)));
            self.channel(channel);
        }
        if let Some(alerts) = &p.alerting.everybody {
            self.table("[alerts]");
            self.alerts(alerts);
        }
        if !p.alerting.operations.is_empty() {
            self.table("[operations]");
            self.put_list("by", p.alerting.operations.iter().map(String::as_str));
        }
        for (name, mailed) in &p.alerting.reports {
            self.table(&format!("[report.{}]", key(name)));
            self.report(mailed);
        }
    }

    fn report(&mut self, mailed: &Mailed) {
        self.put("report", &quoted(mailed.report.word()));
        self.put_some(
            "by",
            Some(word(&mailed.by)).filter(|_| matches!(mailed.report, ReportName::Sla | ReportName::Outcomes)),
        );
        self.put_list("to", mailed.to.iter().map(RepId::as_str));
        self.put("channel", &quoted(&mailed.channel));
        self.put_some(
            "on",
            Some(list(&mailed.on.iter().map(word).collect::<Vec<_>>())).filter(|_| !mailed.on.is_empty()),
        );
        self.put("at", &quoted(&format!("{:02}:{:02}", mailed.at / 60, mailed.at % 60)));
        self.put("zone", &quoted(mailed.zone.name()));
        self.put("since", &quoted(&format!("{}d", mailed.days)));
    }

    fn channel(&mut self, channel: &Channel) {
        self.put("kind", &quoted(channel.kind.word()));
        match &channel.kind {
            ChannelKind::Webhook { url, secrets } => {
                self.put("url", &setting(url));
                self.put("secret", &list(&secrets.iter().map(setting).collect::<Vec<_>>()));
            }
            ChannelKind::Slack { url } => self.put("url", &setting(url)),
            ChannelKind::Email { from } => self.put("from", &quoted(from)),
            ChannelKind::Sms { from } => self.put("from", &quoted(from.as_str())),
        }
        self.put_some("redact", Some(word(&channel.redact)).filter(|_| channel.redact != Redact::Names));
    }

    pub(super) fn alerts(&mut self, alerts: &Alerts) {
        self.put("by", &list(&alerts.by.iter().map(|name| quoted(name)).collect::<Vec<_>>()));
        self.put("on", &list(&alerts.on.iter().map(word).collect::<Vec<_>>()));
        let quiet = alerts.quiet.as_ref().map(|quiet| {
            let [windows, ..] = &quiet.week;
            inline(&[("times", times(windows)), ("zone", quoted(quiet.zone.name()))])
        });
        self.put_some("quiet", quiet);
        self.put("at_most", &alerts.at_most.to_string());
        self.put("within", &span(alerts.within));
    }
}

//! Alerts beside the client: channels, who is alerted how, and the webhooks of use cases.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;
use url::Url;

use super::Reader;
use super::document::{Document, Name};
use super::schedules::mended;
use crate::config::diagnose::Diagnostic;
use crate::config::text::{Duration, Times, Zone};
use crate::domain::alert::{Alerting, Alerts, Channel, ChannelKind, Occasion, Redact, Setting};
use crate::domain::contact::Address;
use crate::domain::hours::Calendar;
use crate::domain::id::RepId;
use crate::domain::time::Span;

/// What is worth an alert when nobody says so: all but what a whole pool hears.
const USUAL: [Occasion; 9] = [
    Occasion::Offered,
    Occasion::Climbed,
    Occasion::HandedBack,
    Occasion::Warn,
    Occasion::Breach,
    Occasion::HandOff,
    Occasion::Ruling,
    Occasion::Approval,
    Occasion::Note,
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChannelText {
    kind: Spanned<KindText>,
    url: Option<Spanned<String>>,
    secret: Option<Spanned<SecretText>>,
    from: Option<Spanned<String>>,
    #[serde(default)]
    redact: Redact,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindText {
    Webhook,
    Slack,
    Email,
    Sms,
}

/// One secret, or two while they are changed.
#[derive(Deserialize)]
#[serde(untagged)]
enum SecretText {
    One(String),
    Several(Vec<String>),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertsText {
    by: Option<Vec<Name>>,
    on: Option<Vec<Occasion>>,
    quiet: Option<Spanned<QuietText>>,
    at_most: Option<Spanned<u32>>,
    within: Option<Spanned<Duration>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuietText {
    times: Times,
    zone: Option<Zone>,
    calendar: Option<Name>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperationsText {
    by: Vec<Name>,
}

impl Reader<'_> {
    pub(super) fn alerting(&self, d: &Document) -> Alerting {
        let mut channels: BTreeMap<String, Channel> = BTreeMap::new();
        for (id, text) in &d.channel {
            let Some(made) = self.kept(self.channel(text.get_ref(), d)) else { continue };
            if let ChannelKind::Sms { from } = &made.kind
                && let Some((other, _)) = channels.iter().find(|(_, c)| c.kind == made.kind)
            {
                let message = format!("[channel.{other}] pages from {} already", from.as_str());
                let span = text.get_ref().from.as_ref().map_or(0..0, Spanned::span);
                self.or(Err(self.hinted(span, message, "leave one of the two out, or give it another number")), ());
            }
            channels.insert(id.clone(), made);
        }
        let everybody = d.alerts.as_ref().map(|text| self.alerts(text, None, d));
        let mut reps = BTreeMap::new();
        for (id, rep) in &d.rep {
            if let Some(text) = &rep.alerts {
                reps.insert(RepId::new(id), self.alerts(text, everybody.as_ref(), d));
            }
        }
        let mut operations = Vec::new();
        for name in d.operations.iter().flat_map(|o| &o.by) {
            let Some(known) = self.kept(self.known("channel", name, d.channel.keys())) else { continue };
            if channels.get(&known).is_some_and(|channel| !channel.kind.is_shared()) {
                let message = "operations need a webhook or slack channel: nobody's own phone";
                let hint = "name a channel of kind webhook or slack";
                self.or(Err(self.hinted(name.span(), message, hint)), ());
            }
            operations.push(known);
        }
        let (mut handled, mut pauses) = (BTreeMap::new(), BTreeMap::new());
        for (id, use_case) in &d.use_case {
            if let Some(name) = &use_case.webhook {
                if use_case.sales {
                    let message = "Sales handles this use case: its replies go to reps, not to a webhook";
                    let hint = Some("write sales = false, or leave the webhook out".to_owned());
                    self.or(Err(Diagnostic { hint, ..self.mistake(name.span(), message) }), ());
                }
                handled.extend(self.webhook(name, &channels, d).map(|known| (id.clone(), known)));
            }
            if let Some(name) = &use_case.pause {
                pauses.extend(self.webhook(name, &channels, d).map(|known| (id.clone(), known)));
            }
        }
        let reports = self.reports(d, &channels);
        Alerting { channels, everybody, reps, operations, handled, pauses, reports }
    }

    /// The name of a webhook channel.
    fn webhook(&self, name: &Name, channels: &BTreeMap<String, Channel>, d: &Document) -> Option<String> {
        let known = self.kept(self.known("channel", name, d.channel.keys()))?;
        let kind = channels.get(&known).map(|channel| &channel.kind);
        if let Some(other) = kind.filter(|kind| !matches!(kind, ChannelKind::Webhook { .. })) {
            let message = format!("\"{known}\" is a channel of kind {}: here a webhook is needed", other.word());
            return self.kept(Err(self.mistake(name.span(), message)));
        }
        // One that is none here was told where it stands.
        Some(known)
    }

    fn channel(&self, text: &ChannelText, d: &Document) -> Result<Channel, Diagnostic> {
        let (url, secret, from) = (text.url.as_ref(), text.secret.as_ref(), text.from.as_ref());
        let kind = match text.kind.get_ref() {
            KindText::Webhook => {
                let (url, secrets) = (self.needed(text, "url", url)?, self.needed(text, "secret", secret)?);
                self.unwanted("from", from)?;
                ChannelKind::Webhook { url: self.url(url)?, secrets: self.secrets(secrets)? }
            }
            KindText::Slack => {
                let url = self.needed(text, "url", url)?;
                self.unwanted("secret", secret)?;
                self.unwanted("from", from)?;
                ChannelKind::Slack { url: self.secret(url.get_ref(), url.span())? }
            }
            KindText::Email => {
                let from = self.only_from(text)?;
                let parts = from.get_ref().split_once('@');
                if parts
                    .is_none_or(|(name, host)| name.is_empty() || host.is_empty() || host.contains(char::is_whitespace))
                {
                    return Err(self.mistake(from.span(), "not a mail address: write it alerts@example.com"));
                }
                ChannelKind::Email { from: from.get_ref().clone() }
            }
            KindText::Sms => ChannelKind::Sms { from: self.own_number(self.only_from(text)?, d)? },
        };
        Ok(Channel { kind, redact: text.redact })
    }

    /// Whom a channel that posts nowhere is from.
    fn only_from<'t>(&self, text: &'t ChannelText) -> Result<&'t Spanned<String>, Diagnostic> {
        self.unwanted("url", text.url.as_ref())?;
        self.unwanted("secret", text.secret.as_ref())?;
        self.needed(text, "from", text.from.as_ref())
    }

    /// A key without which a channel of its kind is none.
    fn needed<'t, T>(
        &self,
        text: &ChannelText,
        key: &str,
        given: Option<&'t Spanned<T>>,
    ) -> Result<&'t Spanned<T>, Diagnostic> {
        given.ok_or_else(|| self.mistake(text.kind.span(), format!("a channel of this kind needs {key} = …")))
    }

    /// A key that means nothing for a channel of its kind.
    fn unwanted<T>(&self, key: &str, given: Option<&Spanned<T>>) -> Result<(), Diagnostic> {
        let Some(given) = given else { return Ok(()) };
        let hint = format!("leave {key} out, or write another kind");
        Err(self.hinted(given.span(), format!("a channel of this kind has no {key}"), hint))
    }

    /// A number for pages: buyers text the others, and a rep's answer there would be a buyer's reply.
    fn own_number(&self, text: &Spanned<String>, d: &Document) -> Result<Address, Diagnostic> {
        let wrong = || self.mistake(text.span(), "not a number: write it +15550100100");
        // A name as sender gets no answers, so none could take a reply.
        let number = Address::parse(text.get_ref())
            .ok()
            .filter(|n| n.as_str().starts_with(|c: char| c == '+' || c.is_ascii_digit()));
        let number = number.ok_or_else(wrong)?;
        let is = |line: &&super::document::LineText| Address::parse(line.number.get_ref()).is_ok_and(|n| n == number);
        if d.line.values().any(|line| is(&line)) {
            return Err(self.mistake(text.span(), "buyers text this number: pages need one of their own"));
        }
        Ok(number)
    }

    fn url(&self, text: &Spanned<String>) -> Result<Setting, Diagnostic> {
        if let Some(setting) = named(text.get_ref()) {
            return Ok(setting);
        }
        if is_safe(text.get_ref()) {
            return Ok(Setting::Plain(text.get_ref().clone()));
        }
        let message = "not an address that may be called: write https://…, or env:NAME, file:/PATH or keyring:NAME where it is a secret";
        Err(self.mistake(text.span(), message))
    }

    fn secrets(&self, text: &Spanned<SecretText>) -> Result<Vec<Setting>, Diagnostic> {
        let all = match text.get_ref() {
            SecretText::One(one) => std::slice::from_ref(one),
            SecretText::Several(several) => several.as_slice(),
        };
        if !(1..=2).contains(&all.len()) {
            return Err(self.mistake(text.span(), "one secret, or two while they are changed: the new one first"));
        }
        all.iter().map(|one| self.secret(one, text.span())).collect()
    }

    fn secret(&self, text: &str, span: std::ops::Range<usize>) -> Result<Setting, Diagnostic> {
        named(text).ok_or_else(|| Diagnostic {
            hint: Some("write env:NAME, file:/PATH or keyring:NAME, and put it there for the backend".to_owned()),
            // The line is not shown: it holds a secret.
            excerpt: String::new(),
            ..self.mistake(span, "a secret must not stand in the playbook, which is kept and copied for ever")
        })
    }

    fn alerts(&self, text: &AlertsText, otherwise: Option<&Alerts>, d: &Document) -> Alerts {
        let by = match &text.by {
            Some(names) => {
                let known = names.iter().map(|name| self.named("channel", name, d.channel.keys()));
                known.collect()
            }
            None => otherwise.map(|o| o.by.clone()).unwrap_or_default(),
        };
        let usual = || otherwise.map_or_else(|| USUAL.into(), |o| o.on.clone());
        let on: BTreeSet<Occasion> = text.on.as_ref().map_or_else(usual, |on| on.iter().copied().collect());
        let quiet = match &text.quiet {
            Some(quiet) => self.kept(self.quiet(quiet, d)),
            None => otherwise.and_then(|o| o.quiet.clone()),
        };
        let at_most = match &text.at_most {
            Some(n) if *n.get_ref() == 0 => {
                let hint = Some("to alert nobody write by = []".to_owned());
                let told = self.mistake(n.span(), "at most none: nothing would ever be told");
                self.or(Err(Diagnostic { hint, ..told }), 1)
            }
            Some(n) => *n.get_ref(),
            None => otherwise.map_or(6, |o| o.at_most),
        };
        let within = match &text.within {
            Some(within) if within.get_ref().0 <= Span::ZERO => self
                .or(Err(self.mistake(within.span(), "at_most counts within a time: write it 15m")), Span::minutes(15)),
            Some(within) => within.get_ref().0,
            None => otherwise.map_or(Span::minutes(15), |o| o.within),
        };
        Alerts { by, on, quiet, at_most, within }
    }

    fn quiet(&self, text: &Spanned<QuietText>, d: &Document) -> Result<Calendar, Diagnostic> {
        let quiet = text.get_ref();
        let of_calendar = match &quiet.calendar {
            Some(name) => {
                let known = self.known("calendar", name, d.calendar.keys())?;
                d.calendar.get(&known).map(|calendar| calendar.zone.get_ref().0)
            }
            None => None,
        };
        let zone = match (quiet.zone.map(|zone| zone.0), of_calendar) {
            (Some(zone), None) | (None, Some(zone)) => zone,
            (None, None) => {
                return Err(self.mistake(text.span(), "quiet times need a zone, or a calendar whose zone they take"));
            }
            (Some(_), Some(_)) => {
                return Err(self.mistake(text.span(), "a zone and a calendar: one of the two says enough"));
            }
        };
        let calendar =
            Calendar { zone, week: std::array::from_fn(|_| quiet.times.0.clone()), holidays: BTreeMap::new() };
        if let Err(e) = calendar.validate() {
            return Err(self.hinted(text.span(), format!("these quiet times cannot be used: {e}"), mended(&e)));
        }
        let minutes: u32 = quiet.times.0.iter().map(|w| u32::from(w.close.saturating_sub(w.open))).sum();
        if minutes >= 24 * 60 {
            let message = "it would always be quiet: nothing would ever be told";
            return Err(self.hinted(
                text.span(),
                message,
                "write the hours of the night alone, or by = [] for no alerts",
            ));
        }
        Ok(calendar)
    }
}

/// Where a value is found.
fn named(text: &str) -> Option<Setting> {
    let plain = |name: &str| !name.is_empty() && !name.contains(char::is_whitespace);
    if let Some(name) = text.strip_prefix("env:") {
        return plain(name).then(|| Setting::Env(name.to_owned()));
    }
    if let Some(name) = text.strip_prefix("keyring:") {
        return plain(name).then(|| Setting::Keyring(name.to_owned()));
    }
    let path = text.strip_prefix("file:")?;
    path.starts_with('/').then(|| Setting::File(path.to_owned()))
}

/// Encrypted, or this machine itself.
fn is_safe(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => return false,
    };
    url.username().is_empty() && url.password().is_none() && (url.scheme() == "https" || here && url.scheme() == "http")
}

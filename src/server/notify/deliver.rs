//! One message: what is still wanted of it, what its channel may be told, and the channels in order until one has it.

use super::LAST_PAUSE;
use super::Notifier;
use super::outgoing::{self, Attempt};
use super::payload::{self, Told, Whose};
use super::setting;
use crate::clock::{Clock as _, SystemClock};
use crate::domain::alert::brief::{Brief, brief};
use crate::domain::alert::mailed::Mailed;
use crate::domain::alert::words::{self, Item};
use crate::domain::alert::{Channel, ChannelKind, Redact, Setting, To, What, follow};
use crate::domain::answering::Answering;
use crate::domain::asking::heard::Heard;
use crate::domain::contact::{Address, Body};
use crate::domain::id::{MessageId, RepId, ScheduleId, TeamId};
use crate::domain::message::InboundKind;
use crate::domain::oncall;
use crate::domain::playbook::Playbook;
use crate::domain::sending::is_opt_out;
use crate::domain::time::Timestamp;
use crate::domain::visibility::Principal;
use crate::server::carrier::SendOutcome;
use crate::server::store::notice::{Ended, NoticeRow, Reach};
use crate::server::store::{StoreError, Subject};
use crate::wire::changes::Author;

/// Messages read of a conversation: the buyer's last one is among them.
const RECENT: usize = 50;

/// Open conversations read when on call changes hands.
const OPEN: usize = 200;

/// A message in the making.
struct Message<'a> {
    playbook: &'a Playbook,
    now: Timestamp,
    told: Vec<Told>,
    /// What is not to be told any more: written down with the rest.
    dropped: Vec<NoticeRow>,
    /// What is open, when on call changes hands.
    open: Vec<Subject>,
    /// A CRM is asked who buyers are.
    asked: bool,
}

impl Notifier {
    /// Tells what of these notices is still wanted, as one message, and records how it ended.
    pub(super) async fn deliver(&self, rows: Vec<NoticeRow>) -> Result<(), StoreError> {
        let (playbook, now) = (self.service.playbook(), self.service.clock().now());
        let (told, dropped) = self.still_wanted(rows, now).await?;
        let Some(first) = told.first() else { return self.record(&dropped).await };
        let open = match &first.row.notice.what {
            What::HandOff { team, schedule, .. } => self.open_of(team.as_ref(), schedule.as_ref()).await?,
            What::Alert { .. }
            | What::Broken(_)
            | What::LineStopped { .. }
            | What::Handled { .. }
            | What::Pause { .. }
            | What::Resume { .. }
            | What::Consent { .. }
            | What::Report { .. }
            | What::Told { .. } => Vec::new(),
        };
        let asked = self.service.asks().standing().is_some();
        let mut message = Message { playbook: &playbook, now, told, dropped, open, asked };
        self.through_channels(&mut message).await
    }

    /// What is to be told, the most urgent first; and what is not any more.
    async fn still_wanted(
        &self,
        rows: Vec<NoticeRow>,
        now: Timestamp,
    ) -> Result<(Vec<Told>, Vec<NoticeRow>), StoreError> {
        let (mut told, mut dropped, playbook) = (Vec::new(), Vec::new(), self.service.playbook());
        for mut row in rows {
            let subject = match row.notice.conversation {
                Some(id) => self.service.store().subject(id, RECENT).await?.map(|s| answers_only_lately(&playbook, s)),
                None => None,
            };
            let whose = self.whose(&row.notice.what).await?;
            // An erased number is nobody's any more.
            let erased = row.is_consent() && whose.is_none();
            // The playbook says now who gets which report.
            let dropped_report = matches!((&row.notice.what, &row.notice.to), (What::Report { name, .. }, To::Rep(rep))
                if !playbook.alerting.reports.get(name).is_some_and(|mailed| mailed.to.contains(rep)));
            // Whoever left is told nothing of buyers any more, also not what was held back for its hour.
            let left = matches!(&row.notice.to, To::Rep(rep) if playbook.role_of(rep).is_none());
            if !erased
                && !dropped_report
                && !left
                && subject.as_ref().is_none_or(|s| {
                    follow::is_wanted(&row.notice, &s.state) && follow::may_hear(&playbook, &row.notice, &s.state)
                })
            {
                told.push(Told { row, subject, whose });
            } else {
                row.ended = Some((Ended::Dropped, now));
                dropped.push(row);
            }
        }
        let due = |told: &Told| told.subject.as_ref().and_then(|s| s.state.clock.as_ref()).map(|clock| clock.due);
        told.sort_by_key(|told| (due(told).unwrap_or(Timestamp::MAX), told.row.notice.at, told.row.id));
        Ok((told, dropped))
    }

    /// The number that a word of consent is about.
    async fn whose(&self, what: &What) -> Result<Option<Whose>, StoreError> {
        let What::Consent { number, .. } = what else { return Ok(None) };
        let Some(number) = self.service.store().address(*number).await? else { return Ok(None) };
        let found = self.service.store().consent_of(&number).await?;
        let conversations = found.map(|(_, conversations)| conversations).unwrap_or_default();
        let contacts = conversations.into_iter().flat_map(|c| c.contacts).collect();
        Ok(Some(Whose { number, contacts }))
    }

    async fn open_of(&self, team: Option<&TeamId>, schedule: Option<&ScheduleId>) -> Result<Vec<Subject>, StoreError> {
        let (mut open, playbook) = (Vec::new(), self.service.playbook());
        let plan = match (schedule, team) {
            (Some(schedule), _) => oncall::plan(&playbook, schedule),
            (None, Some(team)) => oncall::of_team(&playbook, team),
            (None, None) => None,
        };
        let Some(plan) = plan else { return Ok(open) };
        for team in playbook.teams.keys() {
            // Every conversation is its team's lead's to see.
            let seen = self.service.store().open_seen_by(&Principal::Lead(team.clone())).await?;
            let mine = seen.into_iter().filter(|c| c.team == *team && plan.answers_for(&playbook, c));
            for conversation in mine.take(OPEN.saturating_sub(open.len())) {
                open.extend(self.service.store().subject(conversation.id, RECENT).await?);
            }
        }
        open.sort_by_key(|s| (s.state.clock.as_ref().map_or(Timestamp::MAX, |clock| clock.due), s.state.id));
        Ok(open)
    }

    async fn through_channels(&self, message: &mut Message<'_>) -> Result<(), StoreError> {
        // A page that was begun before we stopped may have left.
        let begun = message.told.iter().any(|told| message.may_have_left(&told.row));
        let channels = message.channels();
        let (mut later, mut unknown) = (false, false);
        for name in channels {
            if message.told.iter().any(|told| told.row.passed.contains(&name)) {
                continue;
            }
            let Some(channel) = message.playbook.alerting.channels.get(&name).cloned() else { continue };
            let attempt = self.attempt(message, &name, &channel).await?;
            let what = message.word();
            match attempt {
                Attempt::Accepted => {
                    tracing::info!(channel = name, what, notices = message.told.len(), "told");
                    return self.end(message, Ended::Sent, Some(name)).await;
                }
                Attempt::Refused(why) => {
                    tracing::warn!(channel = name, what, why, "a channel refuses: the next one is asked");
                    message.pass(&name, true);
                }
                Attempt::Later(why) => {
                    tracing::warn!(channel = name, what, why, "a channel does not take it now: the next one is asked");
                    later = true;
                }
                Attempt::NotBefore(at) => {
                    // What is taken meanwhile is not told any more.
                    message.rows(|row| row.next_at = at);
                    return self.record(&message.all()).await;
                }
                Attempt::Unknown => {
                    tracing::warn!(channel = name, what, "nobody knows whether a page left; it is not repeated");
                    unknown = true;
                }
            }
        }
        let tries = message.told.iter().map(|told| told.row.tries).max().unwrap_or(0);
        // What somebody said of their consent is told for as long as it takes.
        let forever = message.told.iter().any(|told| told.row.is_consent());
        let counted = if forever { tries.min(LAST_PAUSE) } else { tries };
        if let Some(pause) = self.pause(counted).filter(|_| later) {
            let at = message.now + pause;
            message.rows(|row| {
                row.next_at = at;
                row.tries = tries + 1;
            });
            return self.record(&message.all()).await;
        }
        let ended = if unknown || begun { Ended::Unknown } else { Ended::Dead };
        if ended == Ended::Dead {
            tracing::error!(what = message.word(), "no channel took it: given up");
        }
        self.end(message, ended, None).await
    }

    async fn end(&self, message: &mut Message<'_>, ended: Ended, by: Option<String>) -> Result<(), StoreError> {
        let now = self.service.clock().now();
        let mut first = true;
        message.rows(|row| {
            row.ended = Some((ended, now));
            row.first = std::mem::take(&mut first);
            row.by.clone_from(&by);
        });
        self.record(&message.all()).await
    }

    /// Writes notices down as they are now, and counts those that ended.
    async fn record(&self, rows: &[NoticeRow]) -> Result<(), StoreError> {
        loop {
            match self.service.store().put_notices(rows).await {
                // What a channel accepted may not be forgotten: it would be told again.
                Err(StoreError::Busy) => tokio::time::sleep(super::BUSY_PAUSE).await,
                Err(e) => return Err(e),
                Ok(()) => break,
            }
        }
        for (ended, _) in rows.iter().filter_map(|row| row.ended) {
            self.service.metrics().notices(ended.word(), 1);
        }
        Ok(())
    }

    async fn attempt(&self, message: &mut Message<'_>, name: &str, channel: &Channel) -> Result<Attempt, StoreError> {
        Ok(match &channel.kind {
            ChannelKind::Webhook { url, secrets } => self.webhook(message, url, secrets, channel.redact).await,
            ChannelKind::Slack { url } => match setting::read(url, &self.given).await {
                Ok(url) => {
                    let whom = message.whom().filter(|_| channel.redact == Redact::None);
                    let body = payload::slack(&message.words(channel.redact), whom).to_string();
                    outgoing::post((&self.egress, &self.gone), &url, "", 0, body, &[]).await
                }
                Err(why) => Attempt::Later(why),
            },
            ChannelKind::Email { from } => match (&self.mailer, self.reach(message).await?.and_then(|r| r.email)) {
                (_, None) => Attempt::Refused("no mailbox is known".to_owned()),
                (_, Some(to)) if message.report().is_some() => {
                    let Some((mailed, due, rep)) = message.report() else {
                        return Ok(Attempt::Refused("it is no report".to_owned()));
                    };
                    self.mail_report((mailed, due), (rep, from, &to, &message.id())).await?
                }
                (None, Some(_)) => Attempt::Later("no mail server is set up: COMEBACK_SMTP_URL".to_owned()),
                (Some(mailer), Some(to)) => mailer.send(from, &to, &message.id(), &message.words(channel.redact)).await,
            },
            ChannelKind::Sms { from } => self.page(message, name, from, channel.redact).await?,
        })
    }

    async fn webhook(&self, message: &Message<'_>, url: &Setting, secrets: &[Setting], redact: Redact) -> Attempt {
        let given = &self.given;
        let (url, secrets) = match (setting::read(url, given).await, setting::secrets(secrets, given).await) {
            (Ok(url), Ok(secrets)) => (url, secrets),
            (Err(why), _) | (_, Err(why)) => return Attempt::Later(why),
        };
        let briefs: Vec<Option<Brief>> = message.told.iter().map(|told| message.brief(told, redact)).collect();
        let open = message.open.iter().map(|s| (s.state.id.to_string(), message.of(s, None, redact)));
        let body = payload::webhook(&message.told, &briefs, &open.collect::<Vec<_>>(), redact).to_string();
        // Receivers compare with the real time, also those of a demo.
        let seconds = SystemClock.now().millis().div_euclid(1000);
        outgoing::post((&self.egress, &self.gone), &url, &message.id(), seconds, body, &secrets).await
    }

    /// A text to the rep's own phone. That it may have left is on disk before the call: it is never sent twice.
    async fn page(
        &self,
        message: &mut Message<'_>,
        name: &str,
        from: &Address,
        redact: Redact,
    ) -> Result<Attempt, StoreError> {
        let Some(reach) = self.reach(message).await? else {
            return Ok(Attempt::Refused("no phone is known".to_owned()));
        };
        let Some(phone) = reach.phone.clone().filter(|_| reach.stopped.is_none()) else {
            let why = if reach.stopped.is_some() { "they texted STOP" } else { "no phone is known" };
            return Ok(Attempt::Refused(why.to_owned()));
        };
        let lines = self.service.lines().await?;
        let Some(line) = lines.into_iter().find(|line| line.number == *from) else {
            return Ok(Attempt::Later("its number is not set up at the carrier: comeback line add".to_owned()));
        };
        let body = Body::new(message.page(redact));
        if let Some(instead) = self.no_room(&line, &body, message.now).await? {
            return Ok(instead);
        }
        message.pass(name, true);
        self.service.store().put_notices(&message.cloned()).await?;
        let hooks = format!("{}/hooks/{}", self.public_url, line.provider);
        let callback = message.told.first().map(|told| format!("{hooks}/status/{}", told.row.id));
        let outcome = self.carrier.send(&line, &phone, &body, &callback.unwrap_or_default()).await;
        self.heard_of(&line, &outcome).await;
        Ok(match outcome {
            SendOutcome::Accepted { .. } => Attempt::Accepted,
            SendOutcome::Refused { code } => {
                if is_opt_out(code) {
                    let stopped = Some(self.service.clock().now());
                    self.service.store().put_reach(&Reach { stopped, ..reach }).await?;
                }
                Attempt::Refused(format!("the carrier refuses it ({code})"))
            }
            SendOutcome::Busy => {
                message.pass(name, false);
                Attempt::Later("the carrier is busy".to_owned())
            }
            SendOutcome::Unknown => Attempt::Unknown,
        })
    }

    /// Where the rep of this message is reached.
    async fn reach(&self, message: &Message<'_>) -> Result<Option<Reach>, StoreError> {
        let Some(To::Rep(rep)) = message.told.first().map(|told| &told.row.notice.to) else { return Ok(None) };
        Ok(self.service.store().reaches().await?.into_iter().find(|reach| reach.rep == *rep))
    }
}

/// What was sent too long before the reply is not what it answers: nobody is told that it is.
fn answers_only_lately(playbook: &Playbook, mut subject: Subject) -> Subject {
    let replied = subject.state.last_inbound;
    let lately = |sent: &Answering| replied.is_some_and(|at| sent.is_answered_at(playbook, at));
    subject.answering = subject.answering.filter(lately);
    subject
}

impl Message<'_> {
    /// The report that it is, when it was due, and for whom.
    fn report(&self) -> Option<(&Mailed, Timestamp, &RepId)> {
        let notice = &self.told.first()?.row.notice;
        let (What::Report { name, due }, To::Rep(rep)) = (&notice.what, &notice.to) else { return None };
        Some((self.playbook.alerting.reports.get(name)?, *due, rep))
    }

    /// The channels that are asked, in order.
    fn channels(&self) -> Vec<String> {
        let Some(notice) = self.told.first().map(|told| &told.row.notice) else { return Vec::new() };
        match (&notice.what, &notice.to) {
            (What::Told { by, .. }, _) => vec![by.clone()],
            (What::Report { name, .. }, _) => {
                self.playbook.alerting.reports.get(name).map(|mailed| mailed.channel.clone()).into_iter().collect()
            }
            (_, To::Channels(names)) => names.clone(),
            (_, To::Rep(rep)) => self.playbook.alerting.of(rep).map(|alerts| alerts.by.clone()).unwrap_or_default(),
        }
    }

    /// Whether a page of this notice was begun.
    fn may_have_left(&self, row: &NoticeRow) -> bool {
        let is_page = |name: &String| {
            matches!(self.playbook.alerting.channels.get(name).map(|c| &c.kind), Some(ChannelKind::Sms { .. }))
        };
        row.tries == 0 && row.passed.iter().any(is_page)
    }

    fn id(&self) -> String {
        payload::id(&self.told.iter().map(|told| told.row.id).collect::<Vec<_>>())
    }

    fn word(&self) -> &'static str {
        self.told.first().map_or("", |told| told.row.notice.what.word())
    }

    fn rows(&mut self, mut change: impl FnMut(&mut NoticeRow)) {
        self.told.iter_mut().for_each(|told| change(&mut told.row));
    }

    /// From here on a channel is not asked again, or may be.
    fn pass(&mut self, name: &str, passed: bool) {
        self.rows(|row| {
            if passed {
                row.passed.insert(name.to_owned());
            } else {
                row.passed.remove(name);
            }
        });
    }

    /// Everything to write down.
    fn all(&self) -> Vec<NoticeRow> {
        self.dropped.iter().cloned().chain(self.cloned()).collect()
    }

    fn cloned(&self) -> Vec<NoticeRow> {
        self.told.iter().map(|told| told.row.clone()).collect()
    }

    fn of(&self, subject: &Subject, message: Option<MessageId>, redact: Redact) -> Brief {
        let is = |m: &crate::wire::changes::Message| match message {
            Some(id) => m.id == id,
            None => matches!(m.author, Author::Buyer(InboundKind::Text | InboundKind::Picture)),
        };
        let last = subject.messages.iter().rev().find(|m| is(m)).and_then(|m| m.body.as_ref());
        let words = last.map_or("", |body| body.as_str());
        let heard = Heard::of(subject.read, self.asked);
        brief(self.playbook, &subject.state, &subject.number, (&subject.cards, heard), words, redact, self.now)
    }

    fn brief(&self, told: &Told, redact: Redact) -> Option<Brief> {
        let message = match &told.row.notice.what {
            What::Handled { message, .. } => Some(*message),
            What::Alert { .. }
            | What::HandOff { .. }
            | What::Broken(_)
            | What::LineStopped { .. }
            | What::Pause { .. }
            | What::Resume { .. }
            | What::Consent { .. }
            | What::Report { .. }
            | What::Told { .. } => None,
        };
        let brief = told.subject.as_ref().map(|subject| self.of(subject, message, redact));
        brief.map(|brief| brief.about(&told.row.notice.what, self.now))
    }

    fn items(&self, redact: Redact) -> (Vec<Item>, Vec<Brief>) {
        let items =
            self.told.iter().map(|told| Item { what: told.row.notice.what.clone(), brief: self.brief(told, redact) });
        (items.collect(), self.open.iter().map(|subject| self.of(subject, None, redact)).collect())
    }

    /// Whom it is for, when that is one person: a chat has many readers.
    fn whom(&self) -> Option<&str> {
        let first = self.told.first()?;
        if let To::Rep(rep) = &first.row.notice.to { Some(self.playbook.rep_name(rep)) } else { None }
    }

    fn words(&self, redact: Redact) -> words::Words {
        let (items, open) = self.items(redact);
        words::message(&items, &open, |what| self.named(what))
    }

    fn page(&self, redact: Redact) -> String {
        let (items, open) = self.items(redact);
        let takes = items.first().is_some_and(|item| item.what.can_be_taken());
        words::page(&items, &open, takes, |what| self.named(what))
    }

    /// For which team on call begins, and from whom.
    fn named(&self, what: &What) -> String {
        let What::HandOff { team, schedule, from } = what else { return String::new() };
        let plan = schedule.as_ref().and_then(|id| oncall::plan(self.playbook, id)).map(|plan| plan.label);
        let team = team.as_ref().and_then(|team| self.playbook.teams.get(team)).map(|team| team.label.as_str());
        let label = plan.or(team).unwrap_or("a schedule");
        match from {
            Some(from) => format!(" for {label} (from {})", self.playbook.rep_name(from)),
            None => format!(" for {label}"),
        }
    }
}

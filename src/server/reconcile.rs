//! The reconciler: what the carrier has and we have not.
//!
//! Carriers hardly retry a webhook, so their list of received texts is compared with ours over an overlapping window;
//! what was missed comes in under the same dedupe key. The lists of sent texts settle answers whose fate is unknown, and
//! tell the end of those whose callbacks were lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::carrier::{Carrier, CarrierError, Listed, Lists};
use super::lines;
use super::media::Attachment;
use super::notify::page;
use super::restart;
use super::service::{Inbound, Outcome, Service, ServiceError, Work};
use super::store::{CarrierLine, DedupeKey, DueSend, RawEvent, StoreError};
use super::telemetry::Metrics;
use crate::domain::command::{Actor, Command};
use crate::domain::contact::Address;
use crate::domain::conversation::AnswerState;
use crate::domain::id::{LineId, MessageId};
use crate::domain::message::Delivery;
use crate::domain::time::{Span, Timestamp};
use crate::wire::changes::{Author, Message};

/// Windows overlap by this much: a text listed late is still found.
const OVERLAP: Span = Span::minutes(15);

/// How far the first comparison looks back.
const FIRST_WINDOW: Span = Span::minutes(24 * 60);

/// Two listings that both lack a text must be at least this far apart, in real time.
const APART: Duration = Duration::from_secs(60);

/// How far the carrier's clock may be behind ours.
const SKEW: Span = Span::minutes(2);

/// How far ours may once have been ahead, while it was wrong: so far back a list must lack an answer before it counts
/// as absent. "It never left" makes a rep send again, and may not rest on a clock.
const WRONG_CLOCK: Span = Span::minutes(48 * 60);

/// Unknown answers looked at in one round.
const ROUND: usize = 200;

/// While a backup was brought back and answers wait for the lists: the longest pause between two rounds.
const CATCHING_UP: Duration = Duration::from_secs(10);

/// Carriers forget their texts after this.
const KEPT_AT_CARRIERS: Span = Span::minutes(400 * 24 * 60);

/// Answers on their way at the carrier looked at in one round: the newest ones.
const FOLLOWED: usize = 1000;

/// An answer that has stood still for so long has probably lost a callback.
const QUIET: Span = Span::minutes(1);

/// What is remembered between rounds. Losing it only makes the next round look further back.
#[derive(Debug, Default)]
struct Memory {
    /// Since when everything must be read before an answer may leave: a backup was brought back.
    restored: Option<Timestamp>,
    seen_until: BTreeMap<String, Timestamp>,
    absent_since: BTreeMap<MessageId, Instant>,
}

#[derive(Debug, thiserror::Error)]
enum RoundError {
    #[error(transparent)]
    Carrier(#[from] CarrierError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<restart::RestartError> for RoundError {
    fn from(e: restart::RestartError) -> Self {
        match e {
            restart::RestartError::Store(e) => Self::Store(e),
            restart::RestartError::Service(e) => Self::Service(e),
        }
    }
}

/// Runs until `shutdown`; fails only when the database does.
pub async fn run(
    service: Service,
    carrier: Arc<dyn Carrier>,
    metrics: Arc<Metrics>,
    every: Duration,
    mut shutdown: watch::Receiver<bool>,
) -> Result<(), String> {
    let mut memory = Memory { restored: unread_since(&service).await?, ..Memory::default() };
    metrics.reconciler_starts(every);
    while !*shutdown.borrow() {
        let (lines, all) = (service.lines().await, service.store().lines().await);
        let (lines, all) = (lines.map_err(|e| e.to_string())?, all.map_err(|e| e.to_string())?);
        // A line whose secret cannot be read is read of no carrier.
        let mut unread = lines.len() < all.len() || memory.restored.is_some() && lines.is_empty();
        for line in &lines {
            let round = compare(&service, carrier.as_ref(), line, &mut memory);
            match round.await {
                Ok(0) => {}
                Ok(texts) => {
                    metrics.recovered(texts);
                    tracing::warn!(
                        texts,
                        "recovered texts whose webhook never arrived; check the carrier's webhook settings"
                    );
                }
                Err(RoundError::Store(e @ StoreError::Fatal(_))) => return Err(e.to_string()),
                Err(e) => {
                    unread = true;
                    tracing::warn!(error = %e, "the carrier's list was not read; it is read again");
                }
            }
        }
        if !unread {
            service.first_look().over();
        }
        if memory.restored.is_some() {
            caught_up(&service, unread, &mut memory).await?;
        }
        if let Err(e) = settle_unknown(&service, carrier.as_ref(), &lines, &mut memory).await {
            tracing::warn!(error = %e, "unknown answers stay unknown for now");
        }
        if let Err(e) = follow(&service, carrier.as_ref(), &lines).await {
            tracing::warn!(error = %e, "answers whose callbacks were lost stand as they did for now");
        }
        metrics.reconciler_ran();
        let is_awaited = memory.restored.is_some() || !service.first_look().is_over();
        tokio::select! {
            () = tokio::time::sleep(if is_awaited { every.min(CATCHING_UP) } else { every }) => {}
            _ = shutdown.changed() => {}
        }
    }
    Ok(())
}

/// Since when the carriers' lists must be read, in a backup that was brought back and has not caught up.
async fn unread_since(service: &Service) -> Result<Option<Timestamp>, String> {
    loop {
        match service.store().restores().await {
            Ok(restores) => return Ok(restores.iter().filter(|r| !r.reconciled).map(|r| r.since).min()),
            Err(StoreError::Busy) => tokio::time::sleep(Duration::from_secs(1)).await,
            Err(e) => return Err(e.to_string()),
        }
    }
}

/// Once every line's list has been read, answers may leave again.
async fn caught_up(service: &Service, unread: bool, memory: &mut Memory) -> Result<(), String> {
    if unread {
        tracing::error!(
            "a backup was brought back and not every line's texts since are read yet: no answer leaves; see \
             `comeback line list` and `comeback line test`"
        );
        return Ok(());
    }
    match service.submit(Work::Reconciled).await {
        Ok(_) => {
            memory.restored = None;
            tracing::warn!("all texts since the backup are read: answers leave again");
            Ok(())
        }
        // Asked again in the next round.
        Err(ServiceError::Busy | ServiceError::Unreadable(_)) => Ok(()),
        Err(ServiceError::Stopped(why)) => Err(why),
    }
}

/// Brings in what the carrier received and we did not; how many.
async fn compare(
    service: &Service,
    carrier: &dyn Carrier,
    line: &CarrierLine,
    memory: &mut Memory,
) -> Result<u64, RoundError> {
    let now = service.clock().now();
    let key = line.number.as_str().to_owned();
    let first = memory.restored.map_or(now - FIRST_WINDOW, |since| (now - FIRST_WINDOW).min(since - OVERLAP));
    // A last comparison that lies ahead was made by a wrong clock: what came meanwhile was looked for in the future.
    let last = memory.seen_until.get(&key).filter(|at| **at <= now);
    let since = last.map_or(first.max(now - KEPT_AT_CARRIERS), |at| *at - OVERLAP);
    if carrier.lists(line) == Lists::Nothing {
        // Nothing to compare with: what its webhooks did not bring stays with the carrier.
        memory.seen_until.insert(key, now);
        return Ok(0);
    }
    let mut listed = carrier.received(line, since).await?;
    listed.sort_by_key(|text| text.at);
    let keys: Vec<DedupeKey> = listed.iter().map(|text| dedupe_key(line, text)).collect();
    let missing: BTreeSet<DedupeKey> = service.store().unseen(&keys).await?.into_iter().collect();
    let playbook = service.playbook();
    let our_line = playbook.line_of(&line.number).map_or_else(|| LineId::new("unlisted"), |(id, _)| id.clone());
    // Of a pool's numbers one may be a line of its own.
    let line_of = |to: &Address| playbook.line_of(to).map_or_else(|| our_line.clone(), |(id, _)| id.clone());
    let (new, known): (Vec<_>, Vec<_>) =
        listed.into_iter().map(|text| (dedupe_key(line, &text), text)).partition(|(key, _)| missing.contains(key));
    let mut recovered = 0;
    for (key, text) in new {
        let of_number = line_of(&text.to);
        let text = if text.partial { whole(carrier, line, text).await? } else { text };
        let params = serde_json::json!({ "MessageSid": text.id, "From": text.from, "To": text.to, "Body": text.body });
        let raw = RawEvent {
            provider: line.provider.clone(),
            kind: "recovered".to_owned(),
            params: params.to_string(),
            at: now,
        };
        let place = |n| carrier.listed_media(line, &text.id, n);
        let one = |(n, told): (usize, Attachment)| Attachment { url: told.url.or_else(|| place(n)), ..told };
        let media = text.media.into_iter().enumerate().map(one).collect();
        let (from, body, line) = (text.from.person(), text.body, of_number);
        let inbound = Inbound { key, from, line, body, media, opt_out_type: None, raw, sent: Some(text.at) };
        let of_a_rep = page::of_a_rep(service, &inbound, &text.to).await?;
        let work = of_a_rep.unwrap_or_else(|| Work::Receive(Box::new(inbound)));
        if let Outcome::Received { new: true } = service.submit(work).await? {
            recovered += 1;
        }
    }
    let known: Vec<_> = known.into_iter().map(|(_, text)| (line_of(&text.to), text)).collect();
    restart::dated(service, &known).await?;
    memory.seen_until.insert(key, now);
    Ok(recovered)
}

/// A text with its words, where the list has none. One that cannot be looked up any more comes in without.
async fn whole(carrier: &dyn Carrier, line: &CarrierLine, text: Listed) -> Result<Listed, CarrierError> {
    let found = carrier.look_up(line, &text.id).await?;
    Ok(found.filter(|found| found.delivery.is_none()).unwrap_or(text))
}

fn dedupe_key(line: &CarrierLine, text: &Listed) -> DedupeKey {
    DedupeKey { provider: line.provider.clone(), account: line.account.clone(), id: text.id.clone() }
}

/// What the carrier's list says of an answer whose fate is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    /// It has exactly this one.
    Found(Listed),
    /// It has none.
    Absent,
    /// Several could be it: the rep decides.
    Ambiguous,
}

/// Listed texts that may be this answer.
fn matches<'a>(answer: &DueSend, listed: &'a [Listed]) -> Vec<&'a Listed> {
    let same =
        |m: &&Listed| m.reference.is_none() && is_to(m, answer) && m.body == answer.body && m.at + SKEW >= answer.at;
    listed.iter().filter(same).collect()
}

/// Whether a listed text went to the buyer of an answer, by whichever channel.
fn is_to(listed: &Listed, answer: &DueSend) -> bool {
    listed.to.person() == answer.to.person()
}

/// The one that says by itself that it is this answer.
fn named<'a>(answer: &DueSend, listed: &'a [Listed]) -> Option<&'a Listed> {
    listed.iter().find(|m| m.reference == Some(answer.message))
}

/// Matches an answer against the carrier's list. Identical texts to the same number cannot be told apart.
fn fate(answer: &DueSend, alike: usize, listed: &[Listed]) -> Fate {
    if let Some(found) = named(answer, listed) {
        return Fate::Found(found.clone());
    }
    let matches = matches(answer, listed);
    match matches.as_slice() {
        [] => Fate::Absent,
        [one] if alike == 1 => Fate::Found((*one).clone()),
        _ => Fate::Ambiguous,
    }
}

/// Whether the list has more texts with these words than we know of, whatever their time: one of them may be the answer,
/// which a wrong clock of ours dated.
fn has_stray(answer: &DueSend, recent: &[Message], listed: &[Listed]) -> bool {
    let theirs = listed.iter().filter(|m| is_to(m, answer) && m.body == answer.body).count();
    let known = recent.iter().filter(|m| {
        m.body.as_ref() == Some(&answer.body)
            && m.at + WRONG_CLOCK >= answer.at
            && matches!(m.standing, Some(AnswerState::Out { .. }))
    });
    if theirs > known.count() {
        return true;
    }
    // A carrier may list a text in other words than it was given: with a trial account's prefix, or with its characters
    // exchanged. One whose words nobody here wrote may be this answer: it stays unknown, which costs a look, where a second
    // text costs trust.
    let ours = |m: &Listed| recent.iter().any(|known| known.body.as_ref() == Some(&m.body));
    let changed = |m: &&Listed| m.reference.is_none() && !m.partial && m.body != answer.body && !ours(m);
    listed.iter().filter(|m| is_to(m, answer) && m.at + SKEW >= answer.at).any(|m| changed(&m))
}

/// How an answer that the carrier has stands by its list: all that could be it must be there, and stand alike.
fn end(answer: &DueSend, alike: usize, listed: &[Listed]) -> Option<(Delivery, Option<u32>)> {
    let stand = |m: &Listed| m.delivery.map(|delivery| (delivery, m.error));
    if let Some(found) = named(answer, listed) {
        return stand(found);
    }
    let matches = matches(answer, listed);
    let first = stand(matches.first()?)?;
    (matches.len() >= alike && matches.iter().all(|m| stand(m) == Some(first))).then_some(first)
}

/// Brings answers forward whose callbacks were lost. A report never moves one back: late and repeated ones change
/// nothing.
async fn follow(service: &Service, carrier: &dyn Carrier, lines: &[CarrierLine]) -> Result<(), RoundError> {
    let now = service.clock().now();
    let out = service.store().out_sends(now - FIRST_WINDOW, now - QUIET, FOLLOWED).await?;
    let playbook = service.playbook();
    for line in lines {
        let of_line = |a: &&DueSend| playbook.lines.get(&a.line).is_some_and(|l| l.number == line.number);
        let answers: Vec<&DueSend> = out.iter().filter(of_line).collect();
        let Some(oldest) = answers.iter().map(|a| a.at).min() else { continue };
        if carrier.lists(line) == Lists::Nothing {
            continue;
        }
        let listed = match carrier.sent(line, None, oldest - SKEW).await {
            Ok(listed) => listed,
            Err(e) => {
                tracing::warn!(error = %e, "the list of sent texts was not read; it is read again");
                continue;
            }
        };
        for answer in answers {
            let (state, recent) = around(service, answer).await?;
            let Some(AnswerState::Out { delivery: known, .. }) = state else { continue };
            let Some((delivery, error)) = end(answer, alike(answer, &recent, &[]), &listed) else { continue };
            if delivery.rank() <= known.rank() {
                continue;
            }
            let command = Command::Report { message: answer.message, delivery, error };
            let work = Work::Machine { actor: Actor::Carrier, conversation: answer.conversation, command };
            service.submit(work).await?;
            if let Some(code) = error {
                lines::heard(service, line, code).await?;
            }
        }
    }
    Ok(())
}

async fn settle_unknown(
    service: &Service,
    carrier: &dyn Carrier,
    lines: &[CarrierLine],
    memory: &mut Memory,
) -> Result<(), RoundError> {
    let open = service.store().open_sends(ROUND).await?;
    let still: BTreeSet<MessageId> = open.iter().map(|s| s.message).collect();
    memory.absent_since.retain(|id, _| still.contains(id));
    for answer in &open {
        let playbook = service.playbook();
        let number = playbook.lines.get(&answer.line).map(|l| &l.number);
        let Some(line) = lines.iter().find(|l| Some(&l.number) == number) else { continue };
        if carrier.lists(line) == Lists::Nothing {
            continue;
        }
        let message = answer.message;
        // While a request may be in hand, that the list lacks it proves nothing: only what was unknown before the list
        // was read counts, and a later attempt counts anew.
        let (state, recent) = around(service, answer).await?;
        let listed = match carrier.sent(line, Some(&answer.to.by_way_of(&line.number)), answer.at - WRONG_CLOCK).await {
            Ok(listed) => listed,
            // One account's trouble is not another's.
            Err(e) => {
                tracing::warn!(line = %answer.line, error = %e, "an unknown answer stays unknown for now");
                continue;
            }
        };
        let alike = alike(answer, &recent, &open);
        if state != Some(AnswerState::Unknown) {
            memory.absent_since.remove(&message);
        }
        let command = match fate(answer, alike, &listed) {
            Fate::Found(found) => {
                let Some(delivery) = found.delivery else { continue };
                Command::Report { message, delivery, error: found.error }
            }
            Fate::Absent if carrier.lists(line) != Lists::All => continue,
            Fate::Absent if state != Some(AnswerState::Unknown) || has_stray(answer, &recent, &listed) => continue,
            Fate::Absent => {
                let since = *memory.absent_since.entry(message).or_insert_with(tokio::time::Instant::now);
                if since.elapsed() < APART {
                    continue;
                }
                memory.absent_since.remove(&message);
                Command::NeverLeft { message }
            }
            Fate::Ambiguous => continue,
        };
        let work = Work::Machine { actor: Actor::Carrier, conversation: answer.conversation, command };
        service.submit(work).await?;
    }
    Ok(())
}

/// Where an answer stands, and the newest messages around it.
async fn around(service: &Service, answer: &DueSend) -> Result<(Option<AnswerState>, Vec<Message>), StoreError> {
    let found = service.store().messages(answer.conversation, u64::MAX / 2, ROUND).await?;
    let Some((conversation, messages)) = found else { return Ok((None, Vec::new())) };
    Ok((conversation.answers.get(&answer.message).map(|a| a.state.clone()), messages))
}

/// How many answers of ours could be the one listed: this one, others unknown, and known ones of the same moments.
fn alike(answer: &DueSend, recent: &[Message], open: &[DueSend]) -> usize {
    let unknown: BTreeSet<MessageId> =
        open.iter().filter(|o| o.to == answer.to && o.body == answer.body).map(|o| o.message).collect();
    let known = recent.iter().filter(|m| {
        matches!(m.author, Author::Rep(_) | Author::Automatic)
            && m.body.as_ref() == Some(&answer.body)
            && m.at + SKEW + SKEW >= answer.at
            && !unknown.contains(&m.id)
            && matches!(m.standing, Some(AnswerState::Out { .. }))
    });
    unknown.len() + known.count()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::contact::{Address, Body};
    use crate::domain::id::ConversationId;

    fn listed(body: &str, at: i64) -> Listed {
        Listed {
            id: "SM1".to_owned(),
            from: Address::parse("+16465550100").unwrap(),
            to: Address::parse("+14155550123").unwrap(),
            body: Body::new(body),
            at: Timestamp::from_millis(at),
            delivery: Some(Delivery::Sent),
            error: None,
            media: Vec::new(),
            reference: None,
            partial: false,
        }
    }

    #[test]
    fn an_answer_is_found_absent_or_ambiguous() {
        let answer = DueSend {
            message: MessageId(Uuid::nil()),
            conversation: ConversationId(Uuid::nil()),
            to: Address::parse("+14155550123").unwrap(),
            line: LineId::new("main"),
            body: Body::new("At 3?"),
            at: Timestamp::from_millis(1_000_000),
        };
        let there = listed("At 3?", 1_010_000);
        assert_eq!(fate(&answer, 1, std::slice::from_ref(&there)), Fate::Found(there.clone()));
        assert_eq!(fate(&answer, 1, &[listed("At 4?", 1_010_000)]), Fate::Absent);
        assert_eq!(fate(&answer, 1, &[listed("At 3?", 1_000_000 - 121_000)]), Fate::Absent, "an older text alike");
        assert_eq!(fate(&answer, 1, &[there.clone(), there.clone()]), Fate::Ambiguous);
        assert_eq!(
            fate(&answer, 2, std::slice::from_ref(&there)),
            Fate::Ambiguous,
            "two unknown ones with the same words"
        );

        // Its words may have been changed on the way: a text that nobody accounts for may be it.
        let changed = [listed("Sent from your trial account - At 3?", 1_010_000)];
        assert!(has_stray(&answer, &[], &changed));
        assert!(!has_stray(&answer, &[], &[listed("At 2?", 1_000_000 - 121_000)]), "an older one is another");
        assert!(!has_stray(&answer, &[], &[]));

        let sent = Some((Delivery::Sent, None));
        let arrived = Listed { delivery: Some(Delivery::Delivered), ..there.clone() };
        assert_eq!(end(&answer, 1, std::slice::from_ref(&there)), sent);
        assert_eq!(end(&answer, 1, &[listed("At 4?", 1_010_000)]), None, "not listed");
        assert_eq!(end(&answer, 2, std::slice::from_ref(&there)), None, "one of two with the same words");
        assert_eq!(end(&answer, 2, &[there.clone(), there.clone()]), sent, "whichever it is");
        assert_eq!(end(&answer, 2, &[there.clone(), arrived]), None, "which one?");
        assert_eq!(end(&answer, 1, &[Listed { delivery: None, ..there.clone() }]), None, "a word we do not know");

        // A carrier that repeats what it was told says which one it is, whatever else is alike.
        let named = Listed { reference: Some(answer.message), body: Body::new(""), ..there.clone() };
        let another = Listed { reference: Some(MessageId(Uuid::max())), ..there.clone() };
        assert_eq!(fate(&answer, 2, &[there.clone(), named.clone()]), Fate::Found(named.clone()));
        assert_eq!(fate(&answer, 1, std::slice::from_ref(&another)), Fate::Absent);
        assert_eq!(end(&answer, 2, &[another, named]), sent);
    }
}

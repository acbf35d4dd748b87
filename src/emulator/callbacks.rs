//! Status callbacks. What becomes of a send, and when and how often we are told, are two plans: the order of being
//! told is not promised ("There is no guarantee that the status callback requests always arrive in the order they were
//! sent"). No callback tells of the initial status.

use std::sync::Arc;
use std::time::Duration;

use super::dice::Dice;
use super::faults::Callbacks;
use super::shared::Shared;
use super::webhook::{self, Call, Method};
use crate::domain::time::Timestamp;

/// One change of a message, or one telling of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// Real milliseconds after the send. The network does not run faster in a demo.
    pub(crate) after_ms: i64,
    /// Twilio's word.
    pub(crate) status: &'static str,
    /// With `undelivered` and `failed`.
    pub(crate) error: Option<i64>,
}

/// What happens to one send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// What happens, in order.
    pub(crate) truth: Vec<Step>,
    /// What we are told, by time.
    pub(crate) told: Vec<Step>,
}

impl Plan {
    /// Whether the buyer will have the text.
    pub(crate) fn is_delivered(&self) -> bool {
        self.truth.last().is_some_and(|step| step.status == "delivered")
    }
}

/// The plan for the `n`-th send. `forced` is an error it must end with.
pub(crate) fn plan(seed: u64, n: u64, mode: Callbacks, forced: Option<i64>) -> Plan {
    let mut dice = Dice::new(seed, "callbacks", n);
    let sent_at = dice.between(80, 400);
    let end_at = sent_at + dice.between(150, 1800);
    let unlucky = dice.chance(4).then(|| *dice.pick(&[30003, 30005, 30006, 30007]));
    let error = forced.or(if mode == Callbacks::Normal { unlucky } else { None });
    let sent = Step { after_ms: sent_at, status: "sent", error: None };
    let end = match error {
        None => Step { after_ms: end_at, status: "delivered", error: None },
        Some(21610) => Step { after_ms: end_at, status: "failed", error },
        Some(_) => Step { after_ms: end_at, status: "undelivered", error },
    };
    // A refused text never leaves the carrier.
    let truth = if error == Some(21610) { vec![end] } else { vec![sent, end] };
    let mut told = Vec::new();
    match mode {
        Callbacks::None => {}
        Callbacks::Clean => told.clone_from(&truth),
        Callbacks::Late => {
            for (i, step) in truth.iter().rev().enumerate() {
                let i = i64::try_from(i).unwrap_or(0);
                told.push(Step { after_ms: 6000 + 3000 * i + dice.between(0, 2000), ..step.clone() });
            }
        }
        Callbacks::Storm => {
            for step in truth.iter().flat_map(|step| [step, step, step]) {
                told.push(Step { after_ms: end_at + dice.between(0, 1500), ..step.clone() });
            }
        }
        Callbacks::Normal => {
            for step in &truth {
                told.push(step.clone());
                if dice.chance(12) {
                    told.push(Step { after_ms: step.after_ms + dice.between(200, 4000), ..step.clone() });
                }
            }
            if dice.chance(12) {
                told[0].after_ms = end_at + dice.between(100, 1500);
            }
            if dice.chance(10) {
                let late = dice.between(3000, 12_000);
                for step in &mut told {
                    step.after_ms += late;
                }
            }
        }
    }
    told.sort_by_key(|step| step.after_ms);
    Plan { truth, told }
}

/// A callback comes so much later than what it tells.
const BREATH: Duration = Duration::from_millis(15);

/// Lets a plan happen. `url` is the request's `StatusCallback`, or its service's.
pub(crate) fn run(shared: &Arc<Shared>, sid: &str, url: Option<String>, plan: Plan) {
    for step in plan.truth {
        let (shared, sid) = (Arc::clone(shared), sid.to_owned());
        shared.clone().spawn(async move {
            wait(&shared, step.after_ms).await;
            let now = shared.now();
            if let Some(message) = shared.state().message_mut(&sid) {
                message.status = step.status;
                message.error_code = step.error;
                message.updated = now;
                message.sent = message.sent.or(Some(now));
            }
        });
    }
    let Some(url) = url else { return };
    for step in plan.told {
        let (shared, sid, url) = (Arc::clone(shared), sid.to_owned(), url.clone());
        shared.clone().spawn(async move {
            // A breath after the truth, so that a fetch made on a callback agrees with it.
            wait(&shared, step.after_ms).await;
            tokio::time::sleep(BREATH).await;
            let params = params(&shared, &sid, &step);
            webhook::call(&shared, &Call { kind: "status", sid, url, method: Method::Post, params }).await;
        });
    }
}

/// Lets a scheduled text go when its time comes, unless it was canceled before.
pub(crate) fn later(shared: &Arc<Shared>, sid: &str, at: Timestamp, url: Option<String>, plan: Plan) {
    let (of, sid) = (Arc::clone(shared), sid.to_owned());
    shared.spawn(async move {
        while of.now() < at {
            tokio::time::sleep(of.clock.real_wait(at, Duration::from_secs(1))).await;
        }
        let goes = {
            let mut state = of.state();
            let message = state.message_mut(&sid).filter(|message| message.status == "scheduled");
            message.map(|message| message.status = "queued").is_some()
        };
        if goes {
            run(&of, &sid, url, plan);
        }
    });
}

async fn wait(shared: &Shared, ms: i64) {
    let real = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
    tokio::time::sleep(real / shared.hurry).await;
}

fn params(shared: &Shared, sid: &str, step: &Step) -> Vec<(String, String)> {
    let state = shared.state();
    let Some(message) = state.message(sid) else { return Vec::new() };
    let mut form = vec![
        ("AccountSid", shared.account_sid.clone()),
        ("ApiVersion", "2010-04-01".to_owned()),
        ("From", message.from.clone()),
        ("MessageSid", sid.to_owned()),
        ("MessageStatus", step.status.to_owned()),
        ("SmsSid", sid.to_owned()),
        ("SmsStatus", step.status.to_owned()),
        ("To", message.to.clone()),
    ];
    if let Some(service) = &message.service {
        form.push(("MessagingServiceSid", service.clone()));
    }
    if let Some(code) = step.error {
        form.push(("ErrorCode", code.to_string()));
    }
    if step.status == "delivered" {
        form.push(("RawDlrDoneDate", shared.now().utc().format("%y%m%d%H%M").to_string()));
    }
    form.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(steps: &[Step]) -> Vec<&str> {
        steps.iter().map(|step| step.status).collect()
    }

    #[test]
    fn a_plan_is_repeatable_and_the_truth_is_in_order() {
        for n in 0..300 {
            let plan = plan(9, n, Callbacks::Normal, None);
            assert_eq!(plan, super::plan(9, n, Callbacks::Normal, None));
            assert_eq!(plan.truth[0].status, "sent");
            assert!(plan.truth[0].after_ms < plan.truth[1].after_ms);
            assert!(plan.told.iter().all(|step| step.status != "queued"));
        }
    }

    #[test]
    fn a_normal_day_has_swaps_repeats_late_ones_and_failures() {
        let plans: Vec<Plan> = (0..300).map(|n| plan(9, n, Callbacks::Normal, None)).collect();
        assert!(plans.iter().any(|p| statuses(&p.told).last() == Some(&"sent")), "swapped");
        assert!(plans.iter().any(|p| p.told.len() > 2), "repeated");
        assert!(plans.iter().any(|p| p.told.iter().all(|step| step.after_ms > 3000)), "late");
        let failed = plans.iter().filter(|p| !p.is_delivered()).count();
        assert!((1..40).contains(&failed), "{failed} of 300 undelivered");
    }

    #[test]
    fn modes_do_what_they_say() {
        let told = |mode, forced| plan(1, 1, mode, forced).told;
        assert_eq!(statuses(&told(Callbacks::Clean, None)), ["sent", "delivered"]);
        assert_eq!(statuses(&told(Callbacks::Late, None)), ["delivered", "sent"]);
        assert!(told(Callbacks::None, None).is_empty());
        assert_eq!(told(Callbacks::Storm, None).len(), 6);
        assert_eq!(
            told(Callbacks::Clean, Some(30005)).last().map(|s| (s.status, s.error)),
            Some(("undelivered", Some(30005)))
        );
        assert_eq!(statuses(&told(Callbacks::Clean, Some(21610))), ["failed"]);
    }
}

use super::*;
use crate::domain::consent::told::Automatic;
use crate::domain::conversation::{Answer, AnswerState, Finished, Met, Noted};
use crate::domain::coverage::Loan;
use crate::domain::id::{LineId, MessageId, NumberId};
use crate::domain::message::Delivery;
use crate::domain::routing::{Assignment, Because};
use crate::domain::sla::Response;
use uuid::Uuid;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_millis(1_772_550_000_000 + minutes * 60_000)
}

fn leave(ended: Option<i64>) -> Leave {
    Leave { since: at(0), until: None, ended: ended.map(at), note: None, held: BTreeSet::new(), read: false }
}

fn presence(away: Option<i64>, until: Option<i64>) -> Presence {
    Presence {
        rep: "maya".into(),
        here: true,
        away: away.is_some(),
        since: away.map(at),
        until: until.map(at),
        note: None,
        returned: None,
        load: 0,
    }
}

/// Maya's, which Ben holds for her since she went.
fn lent(n: u128) -> Conversation {
    let mut c = Conversation::new(ConversationId(Uuid::from_u128(n)), NumberId(Uuid::nil()), LineId::new("us"));
    c.owner = Some("maya".into());
    c.loan = Some(Loan { of: "maya".into(), since: at(1) });
    c.assignment = Some(held_by("ben", 1, Reason::Took));
    c.changed = at(1);
    c
}

fn held_by(rep: &str, since: i64, reason: Reason) -> Assignment {
    let because = Because { reason, passed: Vec::new(), playbook: 1, climbed: None };
    Assignment { to: Holder::Rep(rep.into()), taken: None, step: None, expires: None, at: at(since), because }
}

fn answered(c: &mut Conversation, n: u128, by: &str, when: i64) {
    let state = AnswerState::Out { delivery: Delivery::Delivered, error: None };
    c.answers.insert(
        MessageId(Uuid::from_u128(n)),
        Answer { by: by.into(), at: at(when), state, automatic: false, what: Automatic::default(), approved: None },
    );
    c.changed = c.changed.max(at(when));
}

fn clock(due: i64, stage: Stage) -> Clock {
    Clock {
        response: Response::First,
        cohort: "late".to_owned(),
        started: at(due - 5),
        warn: at(due - 2),
        due: at(due),
        stage,
        playbook: 1,
    }
}

fn changes(leave: &Leave, all: &[&Conversation]) -> Vec<Change> {
    let seen = |c: &&'_ Conversation| c.inbound.saturating_sub(1);
    let all = all.iter().map(|c| Seen { state: c, name: "Dana".to_owned(), account: None, texts: seen(c) });
    told(&"maya".into(), leave, all).changes
}

#[test]
fn a_page_begins_an_absence_and_ends_it_and_one_from_before_the_key_changes_nothing() {
    let open = leave(None);
    let ended = Leave { ended: Some(at(30)), ..leave(None) };
    let until = Leave { until: Some(at(20)), ..leave(None) };
    let cases = [
        ("here as before", None, presence(None, None), false, None),
        ("went", None, presence(Some(0), None), false, Some(open.clone())),
        ("went until", None, presence(Some(0), Some(20)), false, Some(until.clone())),
        ("still away", Some(open.clone()), presence(Some(0), None), false, Some(open.clone())),
        ("a page from before the key", Some(open.clone()), presence(None, None), true, Some(open.clone())),
        ("back", Some(open), presence(None, None), false, Some(ended.clone())),
        ("stays back", Some(ended.clone()), presence(None, None), false, Some(ended.clone())),
        (
            "learnt after it ended by itself",
            Some(until),
            presence(None, None),
            false,
            Some(Leave { until: Some(at(20)), ended: Some(at(20)), ..leave(None) }),
        ),
        ("away again", Some(ended), presence(Some(25), None), false, Some(Leave { since: at(25), ..leave(None) })),
    ];
    for (name, before, told, asked, after) in cases {
        assert_eq!(learnt(before.as_ref(), &told, asked, at(30)), after, "{name}");
    }
}

#[test]
fn each_thing_that_happened_is_told_once_and_what_did_not_concern_me_is_not() {
    let leave = leave(Some(60));
    let mut before = lent(1);
    (before.loan, before.changed) = (None, at(-5));
    before.assignment = Some(held_by("maya", -9, Reason::Took));
    assert_eq!(changes(&leave, &[&before]), [], "nothing happened since");

    let mut delivered = before.clone();
    delivered.changed = at(3);
    assert_eq!(changes(&leave, &[&delivered]), [], "the carrier's word alone is no news");

    let mut others = lent(2);
    (others.owner, others.loan) = (Some("ben".into()), None);
    assert_eq!(changes(&leave, &[&others]), [], "not mine");
    let held = Leave { held: [others.id].into(), ..leave.clone() };
    assert_eq!(changes(&held, &[&others]).len(), 1, "but I had it when I went");

    let mut c = lent(3);
    (c.inbound, c.last_inbound) = (4, Some(at(2)));
    answered(&mut c, 1, "ben", 4);
    answered(&mut c, 2, "ben", 5);
    answered(&mut c, 3, "maya", 6);
    answered(&mut c, 4, "ben", -7);
    answered(&mut c, 5, "ben", 61);
    c.met = Some(Met { clock: clock(5, Stage::Warned), by: MessageId(Uuid::from_u128(1)) });
    let told = changes(&leave, &[&c]);
    assert_eq!(told[0].answers, BTreeMap::from([("ben".into(), 2)]), "of others, and meanwhile");
    assert_eq!((told[0].wrote, told[0].unread, told[0].late), (true, 1, Some(false)));
    assert_eq!((told[0].holder.clone(), told[0].returned), (Some(Holder::Rep("ben".into())), false));

    c.met = Some(Met { clock: clock(3, Stage::Breached), by: MessageId(Uuid::from_u128(1)) });
    assert_eq!(changes(&leave, &[&c])[0].late, Some(true));

    // It comes back at the return, just after which the buyer writes.
    c.loan = None;
    c.assignment = Some(held_by("maya", 61, Reason::Returned(Some("ben".into()))));
    c.last_inbound = Some(at(62));
    let told = changes(&leave, &[&c]);
    assert!(told[0].returned && told[0].wrote);

    // What was offered before and a colleague took meanwhile, and what a colleague noted.
    let mut taken = lent(5);
    if let Some(a) = &mut taken.assignment {
        a.taken = Some(a.at);
    }
    taken.noted = Some(Noted { by: "omar".into(), at: at(8) });
    let told = changes(&leave, &[&taken]);
    assert_eq!((told[0].taken, told[0].noted.clone()), (true, Some("omar".into())));
    let mut noted = before.clone();
    (noted.noted, noted.changed) = (Some(Noted { by: "ben".into(), at: at(8) }), at(8));
    assert_eq!(changes(&leave, &[&noted]).len(), 1, "a note is news");
    noted.noted = Some(Noted { by: "maya".into(), at: at(8) });
    assert_eq!(changes(&leave, &[&noted]), [], "but not one's own");

    let mut done = lent(4);
    done.status = Status::Done(Outcome::Meeting);
    done.finished = Some(Finished { by: "ben".into(), expires: None, clock: None, at: None });
    let told = changes(&leave, &[&done]);
    assert_eq!(told[0].done, Some((Outcome::Meeting, "ben".into())));
}

#[test]
fn what_began_or_ended_after_the_return_is_no_part_of_it() {
    let leave = leave(Some(60));
    let mut done = lent(4);
    (done.loan, done.status, done.changed) = (None, Status::Done(Outcome::Meeting), at(90));
    let finished = |when| Some(Finished { by: "ben".into(), expires: None, clock: None, at: Some(at(when)) });
    done.assignment = Some(held_by("ben", 80, Reason::Took));
    done.finished = finished(90);
    assert_eq!(changes(&leave, &[&done]), []);
    done.finished = finished(50);
    assert_eq!(changes(&leave, &[&done]).len(), 1, "finished meanwhile, and noted since");
    let mut moved = lent(5);
    (moved.loan, moved.assignment, moved.changed) = (None, Some(held_by("ben", 80, Reason::Took)), at(80));
    assert_eq!(changes(&leave, &[&moved]), []);
}

#[test]
fn what_is_due_first_comes_first_and_what_is_done_last() {
    let leave = leave(Some(60));
    let (mut late, mut soon, mut wrote, quiet, mut done) = (lent(9), lent(8), lent(7), lent(6), lent(5));
    late.clock = Some(clock(-30, Stage::Breached));
    soon.clock = Some(clock(70, Stage::Running));
    wrote.last_inbound = Some(at(20));
    done.status = Status::Done(Outcome::NotInterested);
    done.finished = Some(Finished { by: "ben".into(), expires: None, clock: None, at: None });
    let order: Vec<ConversationId> =
        changes(&leave, &[&done, &quiet, &wrote, &soon, &late]).iter().map(|change| change.id).collect();
    assert_eq!(order, [9, 8, 7, 6, 5].map(|n| ConversationId(Uuid::from_u128(n))));
}

#[test]
fn a_device_that_was_off_during_a_whole_absence_shows_what_happened() {
    let over = |since, ended| Returned { since: at(since), at: at(ended), note: None };
    let back = |last| Presence { returned: Some(last), ..presence(None, None) };
    let now = at(500);
    let known = |leave: Option<Leave>| leave.map(|leave| (leave.since, leave.ended, leave.read));
    let learns = |before: Option<&Leave>, last, asked| known(learnt(before, &back(last), asked, now));
    let whole = Some((at(10), Some(at(400)), false));
    assert_eq!(learns(None, over(10, 400), false), whole);
    assert_eq!(learns(Some(&leave(Some(5))), over(10, 400), false), whole, "the one before is an older one");
    let read = Leave { read: true, ..leave(Some(400)) };
    assert_eq!(learns(Some(&read), over(0, 400), false), known(Some(read.clone())), "it was seen here already");
    assert_eq!(learns(None, over(10, 400), true), None, "this device just says something of it");
    assert_eq!(learns(None, over(-9_000, -8_000), false), None, "long ago");
}

//! A world small enough to be measured on paper: fifteen replies, through the real rules, the real database and the real
//! program. Two days of 2026, in New York; the office is open from 9:00 to 17:00. Every buyer whom the CRM knows has a deal
//! in negotiation that maya owns, so that they are `late-stage`: a first answer is due in 15 open minutes, a later one in 30,
//! and steps of the ladder (maya, ben, the pool, omar on call, lea) take 5. The others are `new`: due in 60, steps of 15. An
//! answer leaves eight seconds after it is written. *wall* and *open* are seconds from the text to the answer; *take* from
//! the first offer to the first take.
//!
//! ```text
//!      buyer, Tuesday     what happens                                                     stands     wall   open  take
//! R1   1  10:00 first     maya takes 10:02, writes 10:04:00                                in time     248    248   120
//! R2   1  10:30 next      hers already; writes 10:40:00                                    in time     608    608     -
//! R3   2  11:00 first     maya (to 11:05), ben (to 11:10), the pool (to 11:15): due.       late       1208   1208   960
//!                         omar is asked 11:15, takes 11:16, writes 11:20:00. Not taken. Before it was due the pool had
//!                         been asked last, so that it counts as its owner's: maya's
//! R4   3  12:00 first     new: the pool; ines takes 12:10, writes 12:30:00                 in time    1808   1808   600
//! R7   6  13:00 first     "please take me off your list": a hold. maya takes 13:01, her    late       3908   3908    60
//!                         answer of 13:02 waits for a ruling; due 13:15, ben is asked, maya takes it back 13:16. lea keeps
//!                         the number 14:00, maya lets it go 14:05:00
//! R8   7  14:10 first     new: the pool; ben takes 14:12, 14:15 no answer needed           dropped       -      -   120
//! R9   8  14:20 first     maya takes 14:21, 14:30 answered by a call                       in time     600    600    60
//! R10  9  14:30 first     new, to the line of harbor: the pool (kim), 14:45 nobody is ever overdue       -      -     -
//!                         on call there, so nora, who leads; due 15:30. Nobody there. nora's
//! R11  1  15:00 next      hers; writes 15:02:00, leaves 15:02:08, fails 15:03. Due 15:30:  late       2108   2108    60
//!                         ben is asked, maya takes it back 15:31, writes 15:35:00. Send failed
//! R12  10 15:40 first     maya takes 15:41, writes 15:42:00; STOP at 15:50                 in time     128    128    60
//! R6   5  16:50 first     in California. maya takes 16:52, writes Wednesday 9:03, which is late      69000  11400   120
//!                         6:03 there: by its law it waits until 9:00, our 12:00. Due 9:05, ben is asked, maya takes it back 9:06
//! R5   4  18:00 first     closed. maya takes Wednesday 9:03, writes 9:10:00                in time   54608    608   54180
//!                                                                                          (open 180)
//!         Wednesday
//! R14  12  9:20 first     maya asks for help 9:21: ben, takes 9:22, writes 9:25:00         in time     308    308   120
//! R15  13  9:30 first     maya takes 9:31; due 9:45, ben is asked; maya writes 9:46:00     late        968    968    60
//! R13  11 12:05 first     new: the pool. The world ends 12:06                              waits         -      -     -
//! ```
//!
//! *Attainment.* In time R1 R2 R4 R5 R9 R12 R14 = 7; missed R3 R6 R7 R11 R15 late = 5 and R10 overdue = 1: **7 of 13**, 53.8 %.
//! Wilson, z = 1.96: (7/13 + 0.14775) / 1.2955 = 0.5297 ± 1.96 sqrt(0.24852/13 + 0.005683) / 1.2955 = 0.2383 → 0.2914 to
//! 0.7680.
//! late-stage 6 of 11 (R1 R2 R5 R9 R12 R14), new 1 of 2 (R4; R10), of 4. maya 5 of 9 (R1 R2 R5 R9 R12), ben 1 of 1 (R14; R8 dropped is
//! his too), ines 1 of 1, nora 0 of 1, nobody's R13, and R7, which nobody was allowed to answer before it was due. Tuesday at ten (hour 34): R1 and R2.
//!
//! *First response*, open: 128 248 308 600 608 968 1208 1808 3908 11400, ten: p50 the 5th, 608; p90 the 9th, 3908; p95 the
//! 10th, 11400. On the wall: 128 248 308 600 968 1208 1808 3908 54608 69000: 968, 54608, 69000. *Next*: 608 2108: 608, 2108,
//! 2108.
//! *Take*: R11 was hers, was offered to ben at 15:30 and taken 15:31: 60. Open: 60 ×5 (R7 R9 R11 R12 R15), 120 ×4 (R1 R6 R8
//! R14), 180, 600, 960: twelve: p50 the 6th, 120; p90 the 11th, 600; p95 the 12th, 960. On the wall R5 is 54180: 120, 960,
//! 54180.
//!
//! *Ladder.* Climbs: R3 3; R6 R7 R10 R11 R14 R15 one each: 9, of 7 replies. Steps: maya's R1 R3 R5 R6 R7 R9 R12 R14 R15 = 9; ben's R3
//! R6 R7 R11 R14 R15 = 6; the pool's R3 R4 R8 R10 R13 = 5; on call R3 = 1; lead R10 = 1. Nobody on call: R10.
//! *Causes.* Not taken R3; quiet hours R6; hold R7; send failed R11; taken, not answered R15; nobody there R10.
//!
//! *Load.* Offers: maya 9, ben 6, omar and nora one each. Takes: maya R1 R5 R6×2 R7×2 R9 R11 R12 R15×2 = 11, ben R8 R14 = 2,
//! ines and omar one each. Passes: maya and ben R3. Texts that left: maya R1 R2 R5 R6 R7 R11×2 R12 R15 = 9, ines, omar and ben
//! one each. omar holds one from Tuesday 11:15 to the end, Wednesday 12:06: 89,460 s of the 93,960 s since the
//! journal began, Tuesday 10:00 = 0.9521. Jain of enterprise (maya 9, ben 6, ines 0): 15² / (3 (81 + 36)) = 0.6410.
//!
//! *Consent.* A campaign had sent two texts from the main line. One opt-out (R12's buyer, who had waited 128 s) against those and
//! twelve answers: 1 of 14; of the campaign 1 of 2. Replies by wait: up to 5 min R1 R12; 15 min R2 R9 R14; 1 h R3 R4 R11 R15; 4 h
//! R7; a day R5 R6; never R8 R10. One hold, kept after 3600 s, in time. One wait for California, of 10,620 s.

use std::path::Path;
use std::process::Command as Program;
use std::sync::Arc;

use comeback::domain::answering::Answering;
use comeback::domain::command::{Actor, Command};
use comeback::domain::contact::Body;
use comeback::domain::context::Card;
use comeback::domain::event::{Outcome, Review};
use comeback::domain::hold::Ruling;
use comeback::domain::id::{ConversationId, MessageId};
use comeback::domain::message::Delivery;
use comeback::domain::time::{Span, Timestamp};
use comeback::server::measure::follow::follow_by;
use comeback::server::measure::{Projections, follow};
use comeback::server::service::Work;
use comeback::server::store::sqlite::SqliteStore;
use comeback::server::store::{CampaignSend, Store};
use comeback::wire::command::Verdict;
use serde_json::Value;
use tokio::sync::watch;

use super::{Floor, begin, buyer, device, started};
use crate::rules::measured::dump;
use crate::world::at;

mod before;
mod forbidden;
mod logged;
mod on_paper;
mod opening;
mod worth;

/// A moment of the two days.
fn tuesday(time: &str) -> Timestamp {
    at(&format!("2026-03-03T{time}-05:00"))
}

fn wednesday(time: &str) -> Timestamp {
    at(&format!("2026-03-04T{time}-05:00"))
}

impl Floor {
    /// Time passes with every deadline at work.
    async fn until(&self, to: Timestamp, all: &[ConversationId]) {
        loop {
            let mut next: Option<(Timestamp, ConversationId)> = None;
            for id in all {
                let due = self.state(*id).await.next_deadline().filter(|due| *due <= to).map(|due| (due, *id));
                next = [next, due].into_iter().flatten().min();
            }
            let Some((due, conversation)) = next else { break };
            self.clock.set(due.max(self.now()));
            let work = Work::Machine { actor: Actor::Clock, conversation, command: Command::Expire };
            self.service.submit(work).await.unwrap();
        }
        self.clock.set(to);
    }

    /// Everybody has a device.
    async fn all_sign_in(&self) {
        for (n, rep) in (1..).zip(["maya", "ben", "ines", "omar", "lea"]) {
            let (invite, token, soon) = ([n; 32], [n + 100; 32], self.now() + Span::minutes(1));
            self.store.put_invite(invite, &rep.into(), soon).await.unwrap();
            self.store.redeem(invite, self.now(), device(rep), "desk", token).await.unwrap().unwrap();
        }
    }

    /// A rep's text of now leaves after its undo time.
    async fn says_yes(&mut self, rep: &str, c: ConversationId) -> MessageId {
        let message = self.answers(rep, c, "Yes.").await;
        self.goes(c, message, 8).await;
        message
    }

    async fn goes(&self, c: ConversationId, message: MessageId, seconds: i64) {
        self.clock.advance(Span::seconds(seconds));
        let began = self.service.submit(begin(c, message)).await.unwrap();
        assert!(started(&began, message), "{began:?} of {:?}", self.standing(c, message).await);
        self.told(c, message, Delivery::Sent, None).await;
    }

    async fn told(&self, c: ConversationId, message: MessageId, delivery: Delivery, error: Option<u32>) {
        let command = Command::Report { message, delivery, error };
        self.service.submit(Work::Machine { actor: Actor::Carrier, conversation: c, command }).await.unwrap();
    }

    /// The conversation with a buyer.
    async fn texts_of(&self, n: u32) -> ConversationId {
        let wants = comeback::server::store::Wants { addresses: [buyer(n)].into(), playbook: 1, ..Default::default() };
        let loaded = self.store.begin().await.unwrap().load(&wants).await.unwrap();
        loaded.conversations.values().next().unwrap().state.id
    }
}

/// A buyer whom the CRM knows, where they live.
fn known(n: u32, zone: chrono_tz::Tz) -> Vec<Card> {
    vec![Card { zone: Some(zone), ..crate::world::card(&format!("c-{n}")) }]
}

/// The two days.
async fn lived(store: Arc<dyn Store>) -> Floor {
    let mut f = Floor::over(store).await;
    f.all_sign_in().await;
    let (new_york, california) = (chrono_tz::America::New_York, chrono_tz::America::Los_Angeles);
    for n in [1, 2, 4, 6, 8, 10, 12, 13] {
        f.crm_says(n, known(n, new_york)).await;
    }
    f.crm_says(5, known(5, california)).await;
    let sent = |n: u32| CampaignSend {
        source: "tool".to_owned(),
        id: format!("s{n}"),
        to: buyer(n),
        line: "main".into(),
        sent: Answering {
            campaign: "spring".to_owned(),
            use_case: None,
            words: Body::new("Spring is here."),
            at: tuesday("09:00:00"),
            send: None,
        },
    };
    f.store.put_sends(&[sent(1), sent(10)]).await.unwrap();
    let done = |verdict| assert_eq!(verdict, Verdict::Done);

    f.until(tuesday("10:00:00"), &[]).await;
    let one = f.texts(1, "main", "Can we talk?").await;
    f.until(tuesday("10:02:00"), &[one]).await;
    done(f.does("maya", one, Command::Take).await);
    f.until(tuesday("10:04:00"), &[one]).await;
    f.says_yes("maya", one).await;
    f.until(tuesday("10:30:00"), &[one]).await;
    f.texts(1, "main", "And the price?").await;
    f.until(tuesday("10:40:00"), &[one]).await;
    f.says_yes("maya", one).await;

    f.until(tuesday("11:00:00"), &[one]).await;
    let two = f.texts(2, "main", "Hello?").await;
    f.until(tuesday("11:16:00"), &[one, two]).await;
    done(f.does("omar", two, Command::Take).await);
    f.until(tuesday("11:20:00"), &[one, two]).await;
    f.says_yes("omar", two).await;

    f.until(tuesday("12:00:00"), &[one, two]).await;
    let three = f.texts(3, "main", "Hello?").await;
    f.until(tuesday("12:10:00"), &[three]).await;
    done(f.does("ines", three, Command::Take).await);
    f.until(tuesday("12:30:00"), &[three]).await;
    f.says_yes("ines", three).await;

    f.until(tuesday("13:00:00"), &[three]).await;
    let six = f.texts(6, "main", "please take me off your list").await;
    f.until(tuesday("13:01:00"), &[six]).await;
    done(f.does("maya", six, Command::Take).await);
    f.until(tuesday("13:02:00"), &[six]).await;
    let message = f.fresh();
    let held = Command::Answer { message, body: Body::new("Of which one?"), accept: Vec::new() };
    let reasons = vec![Review::OptOutHold];
    assert_eq!(f.does("maya", six, held).await, Verdict::Parked { reasons });
    f.until(tuesday("13:16:00"), &[six]).await;
    done(f.does("maya", six, Command::Take).await);
    f.until(tuesday("14:00:00"), &[six]).await;
    let ruling = Ruling::Keep { note: f.fresh(), reason: Body::new("Meant the list of the fair."), read: Vec::new() };
    done(f.does("lea", six, Command::Rule { ruling }).await);
    f.until(tuesday("14:05:00"), &[six]).await;
    done(f.does("maya", six, Command::Release { message, accept: vec![Review::HoldLifted] }).await);
    f.goes(six, message, 8).await;

    f.until(tuesday("14:10:00"), &[six]).await;
    let seven = f.texts(7, "main", "Hello?").await;
    f.until(tuesday("14:12:00"), &[seven]).await;
    done(f.does("ben", seven, Command::Take).await);
    f.until(tuesday("14:15:00"), &[seven]).await;
    done(f.does("ben", seven, Command::Done { outcome: Outcome::NoAnswerNeeded }).await);

    f.until(tuesday("14:20:00"), &[]).await;
    let eight = f.texts(8, "main", "Call me").await;
    f.until(tuesday("14:21:00"), &[eight]).await;
    done(f.does("maya", eight, Command::Take).await);
    f.until(tuesday("14:30:00"), &[eight]).await;
    done(f.does("maya", eight, Command::Done { outcome: Outcome::Called }).await);
    let nine = f.texts(9, "dock", "Hello?").await;

    f.until(tuesday("15:00:00"), &[nine]).await;
    f.texts(1, "main", "One more thing").await;
    f.until(tuesday("15:02:00"), &[nine, one]).await;
    let fails = f.says_yes("maya", one).await;
    f.until(tuesday("15:03:00"), &[nine, one]).await;
    f.told(one, fails, Delivery::Failed, Some(30_003)).await;
    f.until(tuesday("15:31:00"), &[nine, one]).await;
    done(f.does("maya", one, Command::Take).await);
    f.until(tuesday("15:35:00"), &[nine, one]).await;
    f.says_yes("maya", one).await;

    f.until(tuesday("15:40:00"), &[nine, one]).await;
    let ten = f.texts(10, "main", "Can we talk?").await;
    f.until(tuesday("15:41:00"), &[nine, ten]).await;
    done(f.does("maya", ten, Command::Take).await);
    f.until(tuesday("15:42:00"), &[nine, ten]).await;
    let arrives = f.says_yes("maya", ten).await;
    f.told(ten, arrives, Delivery::Delivered, None).await;
    f.until(tuesday("15:50:00"), &[nine, ten]).await;
    f.texts(10, "main", "STOP").await;

    f.until(tuesday("16:50:00"), &[nine]).await;
    let five = f.texts(5, "main", "Hello?").await;
    f.until(tuesday("16:52:00"), &[nine, five]).await;
    done(f.does("maya", five, Command::Take).await);
    f.until(tuesday("18:00:00"), &[nine, five]).await;
    let four = f.texts(4, "main", "Still there?").await;
    next_day(f, four, five).await
}

async fn next_day(mut f: Floor, four: ConversationId, five: ConversationId) -> Floor {
    let done = |verdict| assert_eq!(verdict, Verdict::Done);
    f.until(wednesday("09:03:00"), &[four, five]).await;
    done(f.does("maya", four, Command::Take).await);
    let waits = f.answers("maya", five, "Good morning.").await;
    f.until(wednesday("09:06:00"), &[four, five]).await;
    done(f.does("maya", five, Command::Take).await);
    f.until(wednesday("09:10:00"), &[four, five]).await;
    f.says_yes("maya", four).await;

    f.until(wednesday("09:20:00"), &[five]).await;
    let twelve = f.texts(12, "main", "Hello?").await;
    f.until(wednesday("09:21:00"), &[five, twelve]).await;
    let asks_for_help = Command::Escalate { note: f.fresh(), reason: Body::new("On the phone.") };
    done(f.does("maya", twelve, asks_for_help).await);
    f.until(wednesday("09:22:00"), &[five, twelve]).await;
    done(f.does("ben", twelve, Command::Take).await);
    f.until(wednesday("09:25:00"), &[five, twelve]).await;
    f.says_yes("ben", twelve).await;

    f.until(wednesday("09:30:00"), &[five]).await;
    let thirteen = f.texts(13, "main", "Hello?").await;
    f.until(wednesday("09:31:00"), &[five, thirteen]).await;
    done(f.does("maya", thirteen, Command::Take).await);
    f.until(wednesday("09:46:00"), &[five, thirteen]).await;
    f.says_yes("maya", thirteen).await;

    f.until(wednesday("12:00:00"), &[five]).await;
    f.goes(five, waits, 0).await;
    f.until(wednesday("12:05:00"), &[five]).await;
    let eleven = f.texts(11, "main", "Hello?").await;
    f.until(wednesday("12:06:00"), &[five, eleven]).await;
    f
}

/// What the program says.
fn told(database: &Path, args: &[&str]) -> String {
    let database = format!("sqlite:{}", database.display());
    let program = Program::new(env!("CARGO_BIN_EXE_comeback"))
        .args(["report"])
        .args(args)
        .args(["--since", "3650d", "--database", &database])
        .output()
        .unwrap();
    assert!(program.status.success(), "{}", String::from_utf8_lossy(&program.stderr));
    String::from_utf8(program.stdout).unwrap()
}

fn json(database: &Path, args: &[&str]) -> Value {
    serde_json::from_str(&told(database, &[args, &["--format", "json"]].concat())).unwrap()
}

fn met(row: &Value) -> (i64, i64, i64) {
    let n = |value: &Value| value.as_i64().unwrap();
    (n(&row["replies"]), n(&row["met"]["part"]), n(&row["met"]["whole"]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_two_days_are_the_same_however_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).unwrap());
    lived(Arc::clone(&store)).await;
    let (_stay, running) = watch::channel(false);
    let projections = Arc::new(Projections::open(&path).unwrap());
    follow(&store, &projections, &running).await.unwrap();
    let whole = dump(&path);
    assert!(whole.iter().filter(|line| line.starts_with("reply: ")).count() == 15);
    for sizes in [(1, 1), (2, 1), (3, 2), (7, 1), (50, 3)] {
        projections.clear().unwrap();
        follow_by(&store, &projections, &running, sizes).await.unwrap();
        assert_eq!(dump(&path), whole, "in pages of {sizes:?}");
    }
    // Read again there is nothing to add.
    assert_eq!(follow(&store, &projections, &running).await.unwrap().entries, 0);
    assert_eq!(dump(&path), whole);
}

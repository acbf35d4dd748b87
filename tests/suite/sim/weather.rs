//! Storm and calm: what people do and what breaks, and what must be true once nothing breaks any more.

use std::collections::BTreeSet;

use comeback::domain::id::{RepId, TeamId};
use comeback::domain::playbook::Team;
use rand::RngExt as _;

use super::carrier::Fall;
use super::client::Client;
use super::disk::Death;
use super::world::{Waiting, World};
use super::{people, verdict};

/// Everything must have settled this long after the last fault. The longest wait is for an answer whose fate nobody
/// knows: a clock that was ahead has to be caught up with (five minutes), the carrier's list is read every 30 s, two
/// listings that lack it are a minute apart, and what waited behind it leaves after that.
const CALM_MS: u64 = 11 * 60_000;
/// A poll that was lost in the storm is given up after 40 s, and asked again within one more.
const LOST_POLL_MS: u64 = 42_000;
/// After that a buyer's text is on every screen within this: no lane of a client is stuck. Eight conversations are four
/// pages of two, and a page takes the simulation three steps.
const NEWS_MS: u64 = 10_000;
/// How far the backend's clock is set wrong, mostly: less than the reconciler tolerates between the carrier's and ours.
const WRONG_CLOCK_MS: i64 = 100_000;
/// And how far now and then.
const ASTRAY_MS: i64 = 300_000;
impl World {
    /// People act, buyers text, things break.
    pub(super) fn storm(&mut self, steps: u32) {
        for _ in 0..steps {
            if self.wrong.is_some() {
                return;
            }
            match self.pick(10) {
                0..=5 => {
                    let i = self.pick(self.clients.len());
                    if self.clients[i].asleep_until.is_none() {
                        people::act(self, i);
                    }
                }
                6 | 7 => people::buyer(self),
                _ => self.break_something(),
            }
            let ms = match self.pick(20) {
                0..=11 => self.rng.random_range(1..300),
                12..=18 => self.rng.random_range(300..2_500),
                _ => self.rng.random_range(2_500..20_000),
            };
            self.pass(ms);
        }
    }

    pub(super) fn break_something(&mut self) {
        let i = self.pick(self.clients.len());
        let length = self.rng.random_range(1_000..60_000);
        if self.chance(self.faults.cut) {
            let (until, way) = (self.now + length, self.pick(4));
            self.tell(|| format!("client {i} is cut off for {length} ms, {}", ["up", "down", "both", "both"][way]));
            self.clients[i].mute_until = if way == 1 { 0 } else { until };
            self.clients[i].deaf_until = if way == 0 { 0 } else { until };
        }
        if self.chance(self.faults.suspend) && self.clients[i].asleep_until.is_none() {
            self.tell(|| format!("client {i} sleeps for {length} ms"));
            self.clients[i].asleep_until = Some(self.now + length);
        }
        if self.faults.skew && self.chance(15) {
            self.clients[i].skew = self.rng.random_range(-7_200_000..7_200_000);
            self.tell(|| format!("client {i} sets its clock"));
        }
        if self.server.is_up() && self.chance(self.faults.server_crash) {
            match self.pick(6) {
                0 => self.server.disk.die_at(Death::BeforeCommit),
                1 => self.server.disk.die_at(Death::AfterCommit),
                2 => self.server.disk.busy(3),
                3 => self.server.carrier.with(|book| book.fall = Some(Fall::Before)),
                4 => self.server.carrier.with(|book| book.fall = Some(Fall::After)),
                _ => self.server_dies(),
            }
        }
        if self.chance(self.faults.clock) {
            self.break_time();
        }
        if self.chance(self.faults.policy) {
            self.change_policy();
        }
        if self.chance(20) {
            people::crm(self);
        }
    }

    /// The backend's clock is wrong, stands still with its machine, or its disk is slow.
    fn break_time(&mut self) {
        match self.pick(3) {
            0 => {
                self.server.recover();
                let most = if self.chance(80) { WRONG_CLOCK_MS } else { ASTRAY_MS };
                let wrong = self.rng.random_range(-most..most);
                self.astray |= wrong.abs() > WRONG_CLOCK_MS;
                self.tell(|| format!("the backend's clock is set wrong by {wrong} ms"));
                self.server.set_clock(wrong);
            }
            1 => {
                let length = self.rng.random_range(1_000..40_000);
                self.tell(|| format!("the backend sleeps for {length} ms"));
                self.server.suspend(length);
            }
            _ => {
                let late = self.rng.random_range(500..4_000);
                self.tell(|| format!("the backend's disk takes {late} ms"));
                self.server.disk.slow(late);
            }
        }
    }

    /// Somebody changes teams, leaves or comes back; or the backend is started over a restored backup.
    fn change_policy(&mut self) {
        if self.chance(25) {
            self.tell(|| "a backup is restored".to_owned());
            self.server_dies();
            self.server.disk.restored();
            return;
        }
        let mut policy = (*self.server.policy()).clone();
        let rep = RepId::new(["ben", "ines", "maya"][self.pick(3)]);
        let west = TeamId::new("west");
        let east = policy.teams[&TeamId::new("east")].clone();
        let other = policy.teams.entry(west.clone()).or_insert_with(|| Team { members: BTreeSet::new(), ..east });
        let moved = self.rng.random_range(0..3);
        if moved == 0 {
            let person = policy.reps.get_mut(&rep).unwrap();
            person.active = !person.active;
        } else if other.members.remove(&rep) {
            policy.teams.get_mut(&TeamId::new("east")).unwrap().members.insert(rep.clone());
            policy.reps.get_mut(&rep).unwrap().team = TeamId::new("east");
        } else {
            other.members.insert(rep.clone());
            policy.teams.get_mut(&TeamId::new("east")).unwrap().members.remove(&rep);
            policy.reps.get_mut(&rep).unwrap().team = west;
        }
        let (active, team) = (policy.reps[&rep].active, policy.reps[&rep].team.clone());
        self.tell(|| format!("a new policy: {rep} of {team}, active: {active}"));
        let question = self.question(Waiting::Nobody);
        self.server.put_policy(question, policy);
    }

    /// Faults stop; in bounded time everything has settled and everybody agrees.
    pub(super) fn calm_down(&mut self) -> Result<(), String> {
        self.rough = false;
        self.server.carrier.with(|book| (book.trouble, book.fall) = (0, None));
        self.server.recover();
        if !self.server.disk.is_dead() {
            self.server.disk.reopen();
        }
        for client in &mut self.clients {
            (client.mute_until, client.deaf_until) = (0, 0);
            client.asleep_until = client.asleep_until.map(|_| self.now);
        }
        self.tell(|| "calm".to_owned());
        let from = self.now;
        self.within(CALM_MS, 2_000, verdict::has_settled).map_err(|why| format!("not settled in the calm: {why}"))?;
        self.settled_in = self.now - from;
        self.tell(|| "all has settled".to_owned());
        Ok(())
    }

    /// Faults stop, and everything settles. Then a text of every buyer goes through at once.
    pub(super) fn calm(&mut self) -> Result<(), String> {
        self.calm_down()?;
        self.pass(LOST_POLL_MS);
        for buyer in 0..self.buyers.len() {
            self.buyer_texts(buyer, "main", &format!("Are you still there? ({buyer})"));
        }
        self.within(NEWS_MS, 500, verdict::is_current).map_err(|why| format!("a lane is stuck: {why}"))
    }

    /// Lets time pass until something holds, or for so long that it does not.
    fn within(&mut self, ms: u64, step: u64, holds: fn(&Self) -> Result<(), String>) -> Result<(), String> {
        let until = self.now + ms;
        let mut why = String::new();
        while self.now < until {
            self.pass(step);
            if let Some(wrong) = self.wrong.take() {
                return Err(wrong);
            }
            self.clients.iter_mut().for_each(Client::wake_all);
            match holds(self) {
                Ok(()) => return Ok(()),
                Err(e) => why = e,
            }
        }
        Err(why)
    }
}

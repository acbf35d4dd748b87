//! What the backend says to whoever signed in here, for commands that ask it straight and leave the inbox alone.

use std::time::Duration;

use chrono_tz::Tz;

use super::profile_dir;
use crate::client::http::Backend;
use crate::client::profile::Profile;
use crate::domain::id::RepId;
use crate::domain::playbook::Playbook;
use crate::domain::roster::{Absence, Roster};
use crate::domain::time::Timestamp;
use crate::wire::changes::{Changes, Presence};

/// The backend, as far as a command needs it.
pub(super) struct Desk {
    pub(super) backend: Backend,
    pub(super) me: RepId,
    /// By the backend's clock, which a demo runs faster.
    pub(super) now: Timestamp,
    pub(super) zone: Tz,
    pub(super) playbook: Playbook,
    /// Who has which shift, and who is away.
    pub(super) roster: Roster,
    /// How it stands with each colleague.
    presences: Vec<Presence>,
}

impl Desk {
    /// Asks the backend that the profile is signed in at.
    pub(super) async fn open(profile: &str) -> anyhow::Result<Self> {
        let profile = Profile::load(&profile_dir(profile)?)?;
        let backend = Backend::new(&profile.base_url, &profile.token)?;
        let failed = |failure: crate::client::sync::Failure| {
            anyhow::anyhow!("{}: nothing was changed, `comeback doctor` looks further", failure.words())
        };
        let session = backend.hello().await.map_err(failed)?;
        // The first page of the feed has the policy and the backend's clock.
        let page = backend.pull("", Duration::ZERO, 0, None).await.map_err(failed)?;
        let Changes { server_time: now, playbook, on_call, roster: presences, .. } = *page;
        let playbook = playbook.ok_or_else(|| anyhow::anyhow!("the backend has no playbook: nothing was changed"))?;
        let zone = playbook.zone();
        let mut roster = Roster { overrides: on_call, ..Roster::default() };
        for absent in presences.iter().filter(|presence| presence.away) {
            roster.away.insert(absent.rep.clone(), absent.since.unwrap_or(now));
            let absence = Absence { until: absent.until, ..Absence::default() };
            roster.absences.insert(absent.rep.clone(), absence);
        }
        Ok(Self { backend, me: session.rep, now, zone, playbook, roster, presences })
    }

    /// How it stands with somebody who is away; none when they are here.
    pub(super) fn absent(&self, rep: &RepId) -> Option<&Presence> {
        self.presences.iter().find(|presence| presence.rep == *rep && presence.away)
    }
}

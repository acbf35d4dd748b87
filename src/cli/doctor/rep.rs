//! A rep's side: settings, sign-in, the way to the backend, the cache, the terminal, alerts.

use std::path::Path;

use super::report::Report;
use super::{backend, file, terminal};
use crate::cli::config;
use crate::client::cache::{self, Cache};
use crate::client::http::Backend;
use crate::client::profile::{Lock, Profile, ProfileError};
use crate::client::sync::Failure;
use crate::config::rep::RepConfig;

/// Looks at everything the inbox of a profile needs.
pub(super) async fn look(report: &mut Report, name: &str, dir: &Path) -> anyhow::Result<()> {
    // Before anything that might quote it. A profile's name is often a person's.
    report.replace(&format!("/comeback/{name}/"), "/comeback/PROFILE/");
    let profile = Profile::load(dir);
    if let Ok(profile) = &profile {
        report.hide(&profile.token);
    }
    let settings = configuration(report, name)?;
    match &profile {
        Ok(profile) => {
            if backend::look(report, "backend", &profile.base_url).await {
                session(report, profile).await;
            }
        }
        Err(ProfileError::NotSignedIn(_)) => report.wrong(
            "backend",
            "sign-in",
            "nobody is signed in here",
            "ask your operator for a one-time token, then: comeback login https://YOUR-BACKEND --token-stdin",
        ),
        Err(e) => {
            report.wrong("backend", "sign-in", e.to_string(), "sign in again: comeback login URL --token-stdin");
        }
    }
    let path = Cache::path_in(dir);
    if path.exists() {
        let wanted = file::Wanted { version: cache::VERSION, asked_by: "PRAGMA user_version" };
        file::look(report, "cache", &path, &wanted);
        // Held for this moment only.
        match Lock::take(dir) {
            Err(ProfileError::InUse { pid }) => report.fine("cache", "inbox", format!("open in process {pid}")),
            Ok(_) => report.fine("cache", "inbox", "not open now"),
            Err(e) => report.wrong("cache", "lock", e.to_string(), "see the permissions of the profile's folder"),
        }
    } else {
        report.fine("cache", "file", "none yet; it is made at the first start");
    }
    terminal::look(report, &settings);
    Ok(())
}

fn configuration(report: &mut Report, name: &str) -> anyhow::Result<RepConfig> {
    const AREA: &str = "configuration";
    for place in config::places(name)? {
        let there = if place.path.exists() { "" } else { " (not there)" };
        report.fine(AREA, place.name, format!("{}{there}", place.path.display()));
    }
    let file = config::file()?;
    for mistake in file.mistakes.into_iter().chain(config::beside(name)?) {
        report.wrong(AREA, "mistake", mistake, "put it right; comeback config check tells whether it is");
    }
    let settings = file.settings;
    // The profile's name is often the person's, and arguments of a command may hold a secret.
    for set in config::settings(name, &settings).into_iter().filter(|s| s.from != "default") {
        let value = match set.name {
            "profile" | "alerts.command" => "set".to_owned(),
            _ => set.value,
        };
        report.fine(AREA, set.name, format!("{value}, from {}", set.from));
    }
    Ok(settings)
}

async fn session(report: &mut Report, profile: &Profile) {
    const AREA: &str = "backend";
    let backend = match Backend::new(&profile.base_url, &profile.token) {
        Ok(backend) => backend,
        Err(e) => return report.wrong(AREA, "sign-in", e.to_string(), "sign in again with https://"),
    };
    match backend.hello().await {
        Ok(session) => match session.mismatch() {
            None => report.fine(AREA, "sign-in", format!("signed in; both speak wire version {}", session.wire)),
            Some(why) => report.wrong(AREA, "wire", why, "one of the two is too old for the other"),
        },
        Err(Failure::Problem { status: 401, .. }) => report.wrong(
            AREA,
            "sign-in",
            "this device is signed out",
            "ask for a new one-time token; drafts and outbox are kept: comeback login URL --token-stdin",
        ),
        Err(e) => report.wrong(AREA, "sign-in", e.words(), "try again; then ask your operator for the backend's log"),
    }
}

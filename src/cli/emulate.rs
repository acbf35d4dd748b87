//! `comeback emulate`: carrier, CRM and buyers as a process of their own.

use std::net::SocketAddr;
use std::sync::Arc;

use chrono::TimeZone;
use clap::{Args, ValueEnum};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::say;
use crate::clock::{Clock, PacedClock, SystemClock};
use crate::domain::time::Timestamp;
use crate::emulator::{self, EmulatorConfig, Number};
use crate::server::telemetry;

/// Run only the emulated carrier, CRM and buyers.
#[derive(Debug, Args)]
pub(super) struct Emulate {
    /// Where to listen. Loopback only: its control API takes no password.
    #[arg(long, default_value = "127.0.0.1:8421")]
    listen: SocketAddr,
    /// The same seed is the same world.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How fast the buyers' clock runs.
    #[arg(long, default_value_t = 1.0, value_parser = super::speed)]
    speed: f64,
    /// When its world begins: `now`, as beside `comeback serve`, or `tuesday`: 3 November 2026 at ten in New York.
    #[arg(long, value_name = "WHEN", default_value = "tuesday")]
    from: Begins,
    /// Our numbers, each with where its texts are posted: +16465550100=https://comeback.example/hooks/twilio/inbound
    #[arg(long = "number", value_name = "NUMBER[=URL]")]
    numbers: Vec<String>,
    /// Nobody texts by themselves; drive it over /emulator/v1.
    #[arg(long)]
    quiet: bool,
}

/// When an emulated world begins.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Begins {
    /// On the machine's clock.
    Now,
    /// On a Tuesday at ten, so that business clocks run.
    Tuesday,
}

impl Begins {
    fn at(self) -> Timestamp {
        match self {
            Self::Now => SystemClock.now(),
            Self::Tuesday => tuesday_at_ten(),
        }
    }
}

impl Emulate {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        telemetry::start_logging("warn", false);
        anyhow::ensure!(self.listen.ip().is_loopback(), "the emulator listens on loopback only");
        let clock: Arc<dyn Clock> = Arc::new(PacedClock::start(self.from.at(), self.speed));
        let mut config = EmulatorConfig::demo(self.seed);
        if !self.numbers.is_empty() {
            config.numbers = self.numbers.iter().map(|text| number(text)).collect();
        }
        let listener = TcpListener::bind(self.listen).await?;
        let emulator = emulator::start(listener, config, clock).await;
        emulator.pause_buyers(self.quiet);
        say(&emulator.describe().to_string());
        let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        emulator.shutdown().await;
        Ok(())
    }
}

fn number(text: &str) -> Number {
    let (number, url) = text.split_once('=').map_or((text, None), |(n, u)| (n, Some(u.to_owned())));
    Number { number: number.to_owned(), sms_url: url, ..Number::default() }
}

/// When the emulated world begins: Tuesday, 3 November 2026, 10:00 in New York, so that business clocks run.
pub(super) fn tuesday_at_ten() -> Timestamp {
    let local = chrono_tz::America::New_York.with_ymd_and_hms(2026, 11, 3, 10, 0, 0).single();
    local.map(|at| at.to_utc().into()).unwrap_or_default()
}

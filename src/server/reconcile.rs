//! stub
use super::{carrier::Carrier, service::Service, telemetry::Metrics};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
/// x
pub async fn run(
    _s: Service,
    _c: Arc<dyn Carrier>,
    _m: Arc<Metrics>,
    _e: Duration,
    mut down: watch::Receiver<bool>,
) -> Result<(), String> {
    drop(down.wait_for(|d| *d).await);
    Ok(())
}

//! stub
use crate::server::{service::Service, telemetry::Metrics};
use axum::Router;
use std::sync::Arc;
/// x
pub struct Hooks;
impl Hooks {
    /// x
    pub fn new(_: Service, _: String, _: Arc<Metrics>) -> Self {
        Self
    }
}
/// x
pub fn router(_: Hooks) -> Router {
    Router::new()
}

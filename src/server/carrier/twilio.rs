//! stub
use super::*;
/// x
#[derive(Debug)]
pub struct Twilio;
impl Twilio {
    /// x
    pub fn new() -> Result<Self, CarrierError> {
        Ok(Self)
    }
}
#[async_trait]
impl Carrier for Twilio {
    async fn send(&self, _: &CarrierLine, _: &Address, _: &Body, _: &str) -> SendOutcome {
        SendOutcome::Unknown
    }
    async fn sent(&self, _: &CarrierLine, _: &Address, _: Timestamp) -> Result<Vec<Listed>, CarrierError> {
        Ok(vec![])
    }
    async fn received(&self, _: &CarrierLine, _: Timestamp) -> Result<Vec<Listed>, CarrierError> {
        Ok(vec![])
    }
    async fn check(&self, _: &CarrierLine, _: &str) -> Result<Vec<Finding>, CarrierError> {
        Ok(vec![])
    }
}

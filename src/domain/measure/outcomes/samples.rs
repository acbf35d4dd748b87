//! Deals and exchanges for tests.

use crate::domain::deal::{Closed, Deal, StageChange};
use crate::domain::id::{ConversationId, DealId};
use crate::domain::measure::credit::{Talked, Under};
use crate::domain::measure::reply::Standing;
use crate::domain::time::Timestamp;

pub(in crate::domain::measure) fn talked(seq: u64, at: Timestamp) -> Talked {
    Talked {
        seq,
        conversation: ConversationId(uuid::Uuid::from_u128(u128::from(seq))),
        at,
        hour: 34,
        under: std::sync::Arc::new(under()),
        shared: false,
    }
}

pub(in crate::domain::measure) fn under() -> Under {
    Under {
        team: "enterprise".into(),
        cohort: "new".to_owned(),
        rep: Some("maya".into()),
        line: "main".into(),
        use_case: "pricing".to_owned(),
        standing: Standing::InTime,
    }
}

pub(in crate::domain) fn deal(id: &str, opened: Timestamp, closed: Option<(Timestamp, bool)>) -> Deal {
    let mut stages = vec![StageChange { at: opened, stage: "discovery".to_owned(), place: None }];
    if let Some((at, won)) = closed {
        stages.push(StageChange { at, stage: if won { "won" } else { "lost" }.to_owned(), place: None });
    }
    Deal {
        id: DealId(id.to_owned()),
        name: String::new(),
        account: None,
        contacts: vec!["c-1".into()],
        owner: None,
        pipeline: String::new(),
        stage: stages.last().map_or_else(String::new, |last| last.stage.clone()),
        amount_cents: Some(1_000),
        currency: Some("USD".to_owned()),
        opened: Some(opened),
        closes: None,
        closed: closed.map(|(at, won)| Closed { at, won }),
        changed: closed.map_or(opened, |(at, _)| at),
        stages,
    }
}

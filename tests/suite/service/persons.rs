//! One phone is one person, whatever channel it writes by: neither a text, nor a list, nor a hold gets past that.

use comeback::domain::command::{Actor, Command};
use comeback::domain::consent::{OptOutSource, Scope};
use comeback::domain::contact::Address;
use comeback::domain::event::Review;
use comeback::server::service::{Heard, Work};

use super::{Floor, buyer, minutes, parked};

fn by(channel: &str, n: u32) -> Address {
    Address::parse(&format!("{channel}:{}", buyer(n).as_str())).unwrap()
}

/// The buyer writes by another channel.
async fn writes(floor: &mut Floor, from: Address, body: &str) {
    let Work::Receive(mut text) = floor.text(1, "main", body) else { panic!("a text") };
    text.from = from;
    floor.service.submit(Work::Receive(text)).await.unwrap();
}

#[tokio::test]
async fn what_one_channel_withdrew_or_put_on_hold_keeps_back_the_texts_to_each() {
    for channel in ["rcs", "whatsapp"] {
        for (body, why) in [("STOP", Review::OptedOut), ("please take me off your list", Review::OptOutHold)] {
            let mut floor = Floor::opens().await;
            let main = floor.mayas_buyer().await;
            let held = floor.answers("maya", main, "held").await;
            writes(&mut floor, by(channel, 1), body).await;
            floor.clock.advance(minutes(1));
            assert!(!floor.begins(main, held).await, "{channel} {body}");
            let stands = floor.standing(main, held).await.unwrap();
            assert!(stands.reasons().contains(&why), "{channel} {body}: {stands:?}");
            // Whoever begins with them anew names the same person.
            let dock = Command::Begin { to: by(channel, 1), line: "dock".into(), conversation: main };
            let verdict = floor.does("nora", main, dock).await;
            assert!(format!("{verdict:?}").contains("NoConsent"), "{channel} {body}: {verdict:?}");
        }
    }
}

#[tokio::test]
async fn a_list_that_names_a_channel_speaks_of_the_phone_and_the_other_way() {
    for (list, wrote) in [(by("rcs", 1), buyer(1)), (buyer(1), by("whatsapp", 1))] {
        let mut floor = Floor::opens().await;
        let (actor, source) = (Actor::Operator, OptOutSource::Import("list".to_owned()));
        let said = Some(floor.now());
        let heard = Heard {
            actor,
            address: list,
            out: true,
            source,
            scope: Scope::Tenant,
            said,
            undated: false,
            words: None,
            line: None,
        };
        floor.service.submit(Work::Heard(Box::new(heard))).await.unwrap();
        writes(&mut floor, wrote, "Can we talk about the price?").await;
        let c = floor.conversation_of(1, "main").await;
        assert!(floor.number_of(c).await.opted_out.is_some());
        let message = floor.fresh();
        let body = comeback::domain::contact::Body::new("Yes");
        floor.does("ben", c, Command::Answer { message, body, accept: vec![Review::OptedOut] }).await;
        assert_eq!(floor.standing(c, message).await, Some(parked(&[Review::OptedOut])));
    }
}

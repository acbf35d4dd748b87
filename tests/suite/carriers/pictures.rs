//! Pictures that come with a text: fetched from the carrier's link, kept by what they are, and refused when they are not
//! what a phone sends.

use comeback::emulator::Times;
use comeback::emulator::others::OtherFaults;

use super::town::{Kind, Town, eventually};

#[tokio::test]
async fn a_picture_through_either_carrier_is_fetched_and_what_is_none_is_refused() {
    for kind in [Kind::Telnyx, Kind::Bridge] {
        let town = Town::opens_without_lists(kind).await;
        town.carrier.pictures("look", &["image/png", "application/pdf", "text/html", "image/x-huge"]).await;
        let shown = eventually("what came is settled", async || {
            let shown = town.media().await;
            let settled = |part: &String| part.contains("; size=") || part.ends_with("; refused");
            (shown.len() == 4 && shown.iter().all(settled)).then_some(shown)
        })
        .await;
        let is = |n: usize, kind: &str| shown[n].starts_with(&format!("{kind}; size="));
        assert!(is(0, "image/png") && is(1, "application/pdf"), "{shown:?}");
        assert!(shown[2..].iter().all(|part| part.ends_with("; refused")), "{shown:?}");
        town.closes().await;
    }
}

#[tokio::test]
async fn the_pictures_of_a_text_whose_webhook_was_lost_are_fetched_too() {
    for kind in [Kind::Telnyx, Kind::Bridge] {
        let town = Town::opens(kind).await;
        town.carrier.set_faults(OtherFaults { webhook_drop: Times::Always(true), ..OtherFaults::default() });
        town.carrier.pictures("look", &["image/png", "text/vcard"]).await;
        let shown = eventually("the list brings it", async || {
            let shown = town.media().await;
            (shown.len() == 2 && shown.iter().all(|part| part.contains(';'))).then_some(shown)
        })
        .await;
        assert!(shown[0].starts_with("image/png; size=") && shown[1].starts_with("text/vcard; size="), "{shown:?}");
        town.closes().await;
    }
}

//! Webhooks with something wrong in them, through the real router, signed as the carrier would sign what we read.

use comeback::journal::to_hex;
use comeback::server::carrier::twilio::parse::Params;
use comeback::server::carrier::twilio::signature::{Signed, verify};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::corpus;
use super::mutate::mutated;
use crate::hooks::office::{Answer, FORM, Hook, INBOUND, Office, PUBLIC, TOKEN, mac};

/// Signs bytes as Twilio signs a webhook whose parameters these bytes are.
fn form(path: &str, body: &[u8]) -> Hook {
    let signature = Params::form(body).map(|params| {
        let said: Vec<(&str, &str)> = params.sorted().into_iter().collect();
        Hook::signature(TOKEN, &format!("{PUBLIC}{path}"), &said)
    });
    let hook = Hook::raw(path, FORM, body);
    Hook { signature: Some(signature.unwrap_or_default()), ..hook }
}

fn json(path: &str, body: &[u8]) -> Hook {
    let path = format!("{path}?bodySHA256={}", to_hex(&Sha256::digest(body)));
    Hook::raw(&path, "application/json", body)
}

/// What every answer is, whatever was posted: a word of thanks for what was kept, or a problem in our words.
fn settled(answer: &Answer, body: &[u8], grew: bool) -> Result<(), TestCaseError> {
    match answer.status {
        200 => prop_assert!(answer.body.ends_with("<Response></Response>"), "{}", answer.body),
        status @ (400 | 403 | 413) => {
            prop_assert_eq!(answer.header("content-type"), "application/problem+json");
            prop_assert!(!grew, "{} and yet something was kept", status);
            prop_assert_eq!(status == 413, body.len() > 64 * 1024);
            let code = answer.code();
            prop_assert!(
                ["malformed", "bad_signature", "other_account", "too_large"].contains(&code.as_str()),
                "{code}"
            );
            let quotes = body.len() > 24 && answer.body.contains(&*String::from_utf8_lossy(body));
            prop_assert!(!quotes && answer.body.len() < 600, "{}", answer.body);
        }
        status => prop_assert!(false, "{status}: {}", answer.body),
    }
    Ok(())
}

/// Posts the seeds, of which some must be believed, then so many with something wrong, all to one backend.
fn post(seeds: Vec<Vec<u8>>, cases: u32, hook: impl Fn(&[u8]) -> Hook) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let office = runtime.block_on(Office::open());
    let post = |body: &[u8]| {
        runtime.block_on(async {
            let before = office.head().await;
            let answer = office.post(&hook(body)).await;
            settled(&answer, body, office.head().await > before).map(|()| answer.status == 200)
        })
    };
    let believed = seeds.iter().filter(|seed| post(seed).unwrap()).count();
    assert!(believed > 0, "no seed is believed: the others would prove nothing");
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    if let Err(e) = TestRunner::new(config).run(&mutated(seeds), |body| post(&body).map(drop)) {
        panic!("{e}");
    }
    // What was kept is still a feed that a device can read.
    assert!(runtime.block_on(office.seen()).len() < 2000);
}

/// Seeds of the account that is set up here, so that many are believed.
fn known(name: &str) -> Vec<Vec<u8>> {
    let ours = |seed: Vec<u8>| match String::from_utf8(seed) {
        Ok(text) => text
            .replace("AccountSid=AC9", "AccountSid=AC00112233445566778899aabbccddeeff")
            .replace("\"AC9\"", "\"AC00112233445566778899aabbccddeeff\"")
            .into_bytes(),
        Err(e) => e.into_bytes(),
    };
    let mut seeds: Vec<Vec<u8>> = corpus(name).into_iter().map(ours).collect();
    let sound: Vec<Vec<u8>> = seeds.iter().filter(|seed| seed.len() > 80).cloned().collect();
    seeds.extend(sound.iter().cycle().take(12).cloned());
    seeds
}

#[test]
fn an_inbound_form_is_kept_or_refused() {
    post(known("webhook_form"), 500, |body| form(INBOUND, body));
}

#[test]
fn an_inbound_json_is_kept_or_refused() {
    post(known("webhook_json"), 400, |body| json(INBOUND, body));
}

#[test]
fn a_report_is_taken_or_refused() {
    let path = format!("/hooks/twilio/status/{}", Uuid::from_u128(7));
    post(known("webhook_form"), 300, |body| form(&path, body));
}

#[test]
fn bytes_around_64_kib_are_kept_whole_or_not_at_all() {
    let mut long = known("webhook_form").concat();
    long.extend_from_slice(b"&Body=");
    long.resize(64 * 1024 - 40, b'%');
    let mut sound =
        b"MessageSid=SM1&AccountSid=AC00112233445566778899aabbccddeeff&From=%2B14155550123&To=%2B16465550100&Body="
            .to_vec();
    sound.resize(64 * 1024 - 40, b'x');
    post(vec![long, sound], 60, |body| form(INBOUND, body));
}

proptest! {
    #![proptest_config(Config { cases: 1000, failure_persistence: None, ..Config::default() })]
    #[test]
    fn no_header_but_the_true_one_is_a_signature(
        header in mutated(vec![mac(TOKEN, &format!("{PUBLIC}{INBOUND}")).into_bytes(), b"AAAA=".to_vec(), Vec::new()]),
        url in mutated(vec![format!("{PUBLIC}{INBOUND}").into_bytes(), b"http://[::1]:80/a?bodySHA256=0".to_vec()]),
    ) {
        let (header, url) = (String::from_utf8_lossy(&header), String::from_utf8_lossy(&url));
        let tokens = [TOKEN.to_owned()];
        let genuine = mac(TOKEN, &format!("{PUBLIC}{INBOUND}"));
        for address in [format!("{PUBLIC}{INBOUND}"), url.into_owned()] {
            for signed in [Signed::Nothing, Signed::Form(&Params::default()), Signed::Json(b"{}")] {
                if let Err(why) = verify(&tokens, &address, signed, Some(&*header)) {
                    let said = why.to_string();
                    // The address is the one of a request that was read, so it holds no control.
                    let ours = address.chars().any(char::is_control) || !said.chars().any(char::is_control);
                    prop_assert!(!said.contains(TOKEN) && ours, "{said:?}");
                } else if address == format!("{PUBLIC}{INBOUND}") {
                    prop_assert_eq!(header.trim(), &genuine);
                }
            }
        }
    }
}

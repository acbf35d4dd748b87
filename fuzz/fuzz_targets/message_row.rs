#![no_main]

#[allow(dead_code, reason = "each target opens one of them")]
#[path = "../../tests/suite/bytes/doors.rs"]
mod doors;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::message_row(bytes));

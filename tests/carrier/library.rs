//! Twilio's own Python library, run as a program: for every test binary.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Runs a script of `tests/carrier` with Twilio's library. A missing library fails the test: it is never skipped.
pub(crate) fn script(name: &str, arguments: &[&str], secrets: &[(&str, &str)], stdin: &[u8]) -> Output {
    let python = std::env::var_os("COMEBACK_TEST_PYTHON")
        .expect("COMEBACK_TEST_PYTHON is not set: run tests/run, which installs Twilio's library and sets it");
    let mut child = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/carrier").join(name))
        .args(arguments)
        .envs(secrets.iter().copied())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python starts");
    // A script that ends without reading closes the pipe; its exit status says why.
    let _ = child.stdin.take().expect("its input").write_all(stdin);
    child.wait_with_output().expect("its output")
}

/// The `X-Twilio-Signature` that Twilio computes for a form.
pub(crate) fn sign(url: &str, auth_token: &str, params: &Value) -> String {
    let told = script("sign.py", &[url], &[("COMEBACK_AUTH_TOKEN", auth_token)], params.to_string().as_bytes());
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    String::from_utf8(told.stdout).expect("a signature").trim().to_owned()
}

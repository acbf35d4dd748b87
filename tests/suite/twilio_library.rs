//! Twilio's own Python library, as a judge that shares no code with us. `tests/run` installs it and says where it is.

#[path = "../carrier/library.rs"]
mod library;

use std::io::Write as _;

use serde_json::{Value, json};

pub(crate) use library::{script, sign};

/// Does Twilio's `RequestValidator` accept this signature?
pub(crate) fn accepts(url: &str, auth_token: &str, signature: &str, params: &Value) -> bool {
    let secrets = [("COMEBACK_AUTH_TOKEN", auth_token)];
    let told = script("validate.py", &[url, signature], &secrets, params.to_string().as_bytes());
    match told.status.code() {
        Some(0) => true,
        Some(1) if told.stdout == b"refused\n" => false,
        _ => panic!("Twilio's library could not be asked: {}", String::from_utf8_lossy(&told.stderr)),
    }
}

/// Twilio's client against `base_url`: `send`, `list`, `fetch`, `redact` or `delete`. An answer that the client takes for
/// an error is `Err` of `{status, code, message}`.
pub(crate) fn client(base_url: &str, account: (&str, &str), action: &str, arguments: &Value) -> Result<Value, Value> {
    let secrets = [("COMEBACK_ACCOUNT_SID", account.0), ("COMEBACK_AUTH_TOKEN", account.1)];
    let told = script("client.py", &[base_url, action], &secrets, arguments.to_string().as_bytes());
    let answer = || serde_json::from_slice::<Value>(&told.stdout).unwrap();
    match told.status.code() {
        Some(0) => Ok(answer()),
        Some(1) if !told.stdout.is_empty() => Err(answer()["error"].take()),
        _ => panic!("Twilio's client failed: {}", String::from_utf8_lossy(&told.stderr)),
    }
}

/// The vectors that Twilio publishes in its library's tests and its documentation.
#[test]
fn twilio_s_library_signs_what_twilio_publishes() {
    let call = json!({
        "CallSid": "CA1234567890ABCDE", "Digits": "1234", "From": "+14158675309", "To": "+18005551212",
        "Caller": "+14158675309",
    });
    let twice = json!({"Sid": "CA123", "SidAccount": "AC123", "Digits": ["5678", "1234", "1234"]});
    for (url, params, wanted) in [
        ("https://mycompany.com/myapp.php?foo=1&bar=2", &call, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://mycompany.com:443/myapp.php?foo=1&bar=2", &call, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        ("http://mycompany.com:80/myapp.php?foo=1&bar=2", &call, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", &call, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        ("https://mycompany.com/myapp.php?foo=1&bar=2", &twice, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
    ] {
        assert_eq!(sign(url, "12345", params), wanted, "{url}");
        assert!(accepts(url, "12345", wanted, params), "{url}");
        assert!(!accepts(url, "12346", wanted, params), "{url}: another token");
    }
}

/// Twilio's client reaches the host it is pointed at, with its own path, form and credentials.
#[test]
fn twilio_s_client_speaks_to_the_host_it_is_given() {
    use std::io::Read;

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        let (mut request, mut buffer) = (String::new(), [0; 4096]);
        while !request.contains("Body=Hello") {
            let read = stream.read(&mut buffer).unwrap();
            assert!(read > 0, "ended early: {request}");
            request.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
        let body = r#"{"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400}"#;
        let head = format!("HTTP/1.1 400 Bad Request\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        request
    });
    let text = json!({"to": "+14155550100", "from_": "+14155550199", "body": "Hello"});
    let refused = client(&base_url, ("AC1", "secret"), "send", &text).unwrap_err();
    assert_eq!((&refused["status"], &refused["code"]), (&json!(400), &json!(21610)), "{refused}");
    let request = server.join().unwrap();
    assert!(request.starts_with("POST /2010-04-01/Accounts/AC1/Messages.json HTTP/1.1\r\n"), "{request}");
    // base64 of "AC1:secret".
    assert!(request.contains("Authorization: Basic QUMxOnNlY3JldA=="), "{request}");
    assert!(request.contains("To=%2B14155550100"), "{request}");
}

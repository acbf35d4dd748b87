//! Where carriers and reps reach a backend, as it is typed. `serve` computes signatures over it, `line test` writes it at
//! the carrier, `doctor` calls it: one reader for all, so that none of them takes what another cannot use.

use url::{Host, Url};

/// What it looks like, for whoever typed something else.
const LIKE: &str = "write scheme, host and perhaps a port, and nothing else, as in https://comeback.example";

/// Reads it; a slash at its end goes. All else stays as it was typed, for it must be what the carrier calls, letter by
/// letter. What is wrong is told without repeating it: a password may stand in it.
pub(super) fn parse(typed: &str) -> anyhow::Result<String> {
    let wrong = |what: &str| anyhow::anyhow!("--public-url {what}: {LIKE}");
    let said = typed.split_once("://").filter(|(scheme, _)| ["https", "http"].contains(scheme));
    let (scheme, rest) = said.ok_or_else(|| wrong("does not begin with https://"))?;
    let (authority, behind) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
    let why = if authority.contains('@') {
        Some("has a name or a password before its host")
    } else if !matches!(behind, "" | "/") {
        Some("has a path, a query or a fragment behind its host")
    } else if authority.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Some("has a blank in it")
    } else if authority.ends_with(':') {
        Some("ends with a colon and no port")
    } else {
        None
    };
    if let Some(why) = why {
        return Err(wrong(why));
    }
    let base = format!("{scheme}://{authority}");
    let url = Url::parse(&base).map_err(|e| wrong(&format!("is no address ({e})")))?;
    if scheme == "http" && !is_here(&url) {
        return Err(wrong("says http, which is for this machine alone: buyers' words would travel in the clear"));
    }
    Ok(base)
}

/// Whether it leads to this machine.
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_host_and_port_are_taken_as_they_are_typed_without_a_slash_at_the_end() {
        for (typed, wanted) in [
            ("https://comeback.example", "https://comeback.example"),
            ("https://comeback.example/", "https://comeback.example"),
            ("https://comeback.example:8443/", "https://comeback.example:8443"),
            ("https://comeback.example:443", "https://comeback.example:443"),
            ("https://Comeback.example", "https://Comeback.example"),
            ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
            ("http://localhost:8420", "http://localhost:8420"),
            ("http://127.0.0.1:8420/", "http://127.0.0.1:8420"),
            ("http://[::1]:8420", "http://[::1]:8420"),
        ] {
            assert_eq!(parse(typed).unwrap_or_else(|e| panic!("{typed}: {e}")), wanted);
        }
    }

    #[test]
    fn what_is_no_such_address_is_told_with_an_example_and_is_not_repeated() {
        for (typed, says) in [
            ("", "does not begin with https://"),
            ("not a url", "does not begin with https://"),
            ("comeback.example", "does not begin with https://"),
            ("localhost:8420", "does not begin with https://"),
            ("ftp://comeback.example", "does not begin with https://"),
            ("https://", "is no address"),
            ("https:///comeback.example", "has a path"),
            ("https://comeback.example:port", "is no address"),
            ("https://comeback.example:99999", "is no address"),
            ("https://comeback.example:", "a colon and no port"),
            ("https://come back.example", "has a blank in it"),
            ("https://comeback.example\n", "has a blank in it"),
            ("https://comeback.example/base/?x=1", "has a path, a query"),
            ("https://comeback.example//", "has a path, a query"),
            ("https://comeback.example?x=1", "has a path, a query"),
            ("https://comeback.example/#rc=5", "has a path, a query"),
            ("https://me:pw@comeback.example", "a name or a password"),
            ("https://me@comeback.example/", "a name or a password"),
            ("http://comeback.example", "says http"),
            ("http://10.0.0.1:8420", "says http"),
            ("http://127.0.0.1.comeback.example", "says http"),
            ("http://localhost.comeback.example", "says http"),
        ] {
            let said = parse(typed).expect_err(typed).to_string();
            assert!(said.contains(says) && said.ends_with("as in https://comeback.example"), "{typed:?}: {said}");
            assert!(!said.contains("me:pw") && !said.contains("x=1"), "{said}");
        }
    }
}

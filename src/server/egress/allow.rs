//! What the operator allows beside the internet.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::str::FromStr;

use url::{Host, Url};

use super::address::{self, Kind, LOOPBACK, Net};

/// Addresses and hosts that may be called although they are no places on the internet. Empty by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allow {
    nets: Vec<Net>,
    hosts: BTreeSet<String>,
}

/// Why something cannot be allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither a range (10.0.0.0/8), an address nor a host's name (crm.internal)")]
pub struct NotAllowable;

/// One thing allowed: a range, an address, or a host by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Whatever is in it, under any name.
    Net(Net),
    /// The host of this name, wherever it is.
    Host(String),
}

impl FromStr for Allowed {
    type Err = NotAllowable;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Some(net) = Net::parse(text) {
            return Ok(Self::Net(net));
        }
        // A range written wrongly is no name, nor is an address with a port.
        if text.is_empty() || text.contains(['/', ':', '@', '?', '*']) {
            return Err(NotAllowable);
        }
        match Host::parse(text) {
            Ok(Host::Domain(name)) => Ok(Self::Host(bare(&name).to_owned())),
            Ok(Host::Ipv4(ip)) => Net::parse(&ip.to_string()).map(Self::Net).ok_or(NotAllowable),
            Ok(Host::Ipv6(_)) | Err(_) => Err(NotAllowable),
        }
    }
}

impl FromIterator<Allowed> for Allow {
    fn from_iter<T: IntoIterator<Item = Allowed>>(all: T) -> Self {
        let mut allow = Self::default();
        for one in all {
            match one {
                Allowed::Net(net) => allow.nets.push(net),
                Allowed::Host(name) => drop(allow.hosts.insert(name)),
            }
        }
        allow
    }
}

impl Allow {
    /// This machine: the demo's carrier and CRM, and tests.
    pub fn loopback() -> Self {
        LOOPBACK.into_iter().map(Allowed::Net).collect()
    }

    /// Whether the host of this name may be anywhere.
    pub(super) fn host(&self, name: &str) -> bool {
        self.hosts.contains(&bare(name).to_ascii_lowercase())
    }

    /// Why an address may not be called.
    pub(super) fn refuses(&self, ip: IpAddr) -> Option<Kind> {
        address::kind(ip).filter(|_| !self.nets.iter().any(|net| net.holds(ip)))
    }

    /// Whether the operator named what stands in this address: it is called directly, and may be spoken to in the clear.
    pub(super) fn names(&self, url: &Url) -> bool {
        let held = |ip: IpAddr| self.nets.iter().any(|net| net.holds(ip));
        match url.host() {
            Some(Host::Domain(name)) => {
                self.host(name) || bare(name) == "localhost" && held(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST))
            }
            Some(Host::Ipv4(ip)) => held(ip.into()),
            Some(Host::Ipv6(ip)) => held(ip.into()),
            None => false,
        }
    }
}

/// Without the dot that a full name may end with.
fn bare(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allow(all: &[&str]) -> Allow {
        all.iter().map(|one| one.parse::<Allowed>().unwrap_or_else(|e| panic!("{one}: {e}"))).collect()
    }

    #[test]
    fn ranges_addresses_and_names_are_allowed_and_nothing_else() {
        let some = allow(&["10.0.0.0/8", "192.168.7.7", "fd00::/8", "CRM.Internal.", "::1"]);
        for (ip, refused) in [
            ("10.9.8.7", None),
            ("192.168.7.7", None),
            ("192.168.7.8", Some(Kind::Private)),
            ("fd12::1", None),
            ("::1", None),
            ("127.0.0.1", Some(Kind::Loopback)),
            // Another way to write an allowed one is another address.
            ("::ffff:10.0.0.1", Some(Kind::Embedded)),
            ("93.184.216.34", None),
        ] {
            assert_eq!(some.refuses(ip.parse().unwrap()), refused, "{ip}");
        }
        assert!(some.host("crm.internal") && some.host("crm.internal.") && !some.host("x.crm.internal"));
        for bad in ["", " ", "10.0.0.0/99", "http://crm.internal", "crm.internal:80", "*.internal", "a b", "me@crm"] {
            assert_eq!(bad.parse::<Allowed>(), Err(NotAllowable), "{bad:?}");
        }
    }

    #[test]
    fn only_what_was_named_may_be_spoken_to_in_the_clear() {
        let (here, named) = (Allow::loopback(), allow(&["crm.internal", "10.0.0.0/8"]));
        for (allow, url, wanted) in [
            (&here, "http://127.0.0.1:9/", true),
            (&here, "http://2130706433/", true),
            (&here, "http://[::1]:9/", true),
            (&here, "http://localhost/", true),
            (&here, "http://localhost.evil.example/", false),
            (&here, "http://10.0.0.1/", false),
            (&here, "http://[::ffff:127.0.0.1]/", false),
            (&named, "http://crm.internal/x", true),
            (&named, "http://CRM.internal./x", true),
            (&named, "http://10.1.2.3/", true),
            (&named, "http://localhost/", false),
            (&named, "http://93.184.216.34/", false),
        ] {
            assert_eq!(allow.names(&Url::parse(url).unwrap()), wanted, "{url}");
        }
    }
}

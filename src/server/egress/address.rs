//! Which addresses are no place on the internet: the ranges that IANA keeps for special purposes (RFC 6890 and the two
//! registries that it began, read 2026-11), and where clouds keep their metadata.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why nothing is called at an address unless the operator allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It stands for no machine, or for every one.
    Unspecified,
    /// This machine.
    Loopback,
    /// A network of a company or a home.
    Private,
    /// The same wire. Most clouds answer there with their machines' keys.
    LinkLocal,
    /// A cloud's own service, at an address that looks like everybody's.
    Metadata,
    /// Shared by a provider's customers (CGNAT). One cloud keeps its metadata there.
    Shared,
    /// Many machines.
    Multicast,
    /// An IPv4 address written as an IPv6 one: mapped, compatible, 6to4, NAT64 or Teredo.
    Embedded,
    /// Documentation, benchmarks, and what nobody has been given.
    Special,
}

impl Kind {
    /// In a few words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unspecified => "no machine's address",
            Self::Loopback => "this machine",
            Self::Private => "a private network",
            Self::LinkLocal => "a link-local address, where clouds keep their metadata",
            Self::Metadata => "a cloud's metadata service",
            Self::Shared => "a provider's shared range",
            Self::Multicast => "a multicast address",
            Self::Embedded => "an IPv4 address in IPv6's form",
            Self::Special => "a range for special purposes",
        }
    }
}

/// Azure's service for its machines: public by its look, answered inside of the cloud.
const AZURE: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

const V4: [(&str, Kind); 15] = [
    ("0.0.0.0/8", Kind::Unspecified),
    ("10.0.0.0/8", Kind::Private),
    ("100.64.0.0/10", Kind::Shared),
    ("127.0.0.0/8", Kind::Loopback),
    ("169.254.0.0/16", Kind::LinkLocal),
    ("172.16.0.0/12", Kind::Private),
    ("192.0.0.0/24", Kind::Special),
    ("192.0.2.0/24", Kind::Special),
    ("192.88.99.0/24", Kind::Special),
    ("192.168.0.0/16", Kind::Private),
    ("198.18.0.0/15", Kind::Special),
    ("198.51.100.0/24", Kind::Special),
    ("203.0.113.0/24", Kind::Special),
    ("224.0.0.0/4", Kind::Multicast),
    ("240.0.0.0/4", Kind::Special),
];

/// The narrower one first: the first that holds an address names it.
const V6: [(&str, Kind); 15] = [
    ("::/128", Kind::Unspecified),
    ("::1/128", Kind::Loopback),
    ("::ffff:0:0/96", Kind::Embedded),
    ("::ffff:0:0:0/96", Kind::Embedded),
    ("::/96", Kind::Embedded),
    ("64:ff9b::/96", Kind::Embedded),
    ("64:ff9b:1::/48", Kind::Embedded),
    ("fc00::/7", Kind::Private),
    ("fe80::/10", Kind::LinkLocal),
    ("fec0::/10", Kind::Private),
    ("ff00::/8", Kind::Multicast),
    ("2001::/32", Kind::Embedded),
    ("2002::/16", Kind::Embedded),
    ("2001::/23", Kind::Special),
    ("2001:db8::/32", Kind::Special),
];

/// What is given to machines of the internet, and only that; the rest of IPv6 is for special purposes or for later.
const GLOBAL: &str = "2000::/3";
/// The newer range for documentation (RFC 9637).
const DOCUMENTATION: &str = "3fff::/20";

/// What an address is, when it is no place on the internet.
pub fn kind(ip: IpAddr) -> Option<Kind> {
    let within = |net: &str| Net::parse(net).is_some_and(|net| net.holds(ip));
    let first = |table: &[(&str, Kind)]| table.iter().find(|(net, _)| within(net)).map(|(_, kind)| *kind);
    match ip {
        IpAddr::V4(AZURE) => Some(Kind::Metadata),
        IpAddr::V4(_) => first(&V4),
        IpAddr::V6(_) => {
            let outside = !within(GLOBAL) || within(DOCUMENTATION);
            first(&V6).or(outside.then_some(Kind::Special))
        }
    }
}

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    first: IpAddr,
    bits: u8,
}

impl Net {
    /// Reads `10.0.0.0/8`, or one address.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let first: IpAddr = address.trim_matches(['[', ']']).parse().ok()?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Self { first, bits })
    }

    /// Whether an address is in it. An IPv4 address in IPv6's form is not in an IPv4 range.
    pub fn holds(&self, ip: IpAddr) -> bool {
        match (self.first, ip) {
            (IpAddr::V4(first), IpAddr::V4(ip)) => {
                let differs = first.to_bits() ^ ip.to_bits();
                differs.leading_zeros() >= u32::from(self.bits)
            }
            (IpAddr::V6(first), IpAddr::V6(ip)) => {
                let differs = first.to_bits() ^ ip.to_bits();
                differs.leading_zeros() >= u32::from(self.bits)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// Every address of this machine.
pub(super) const LOOPBACK: [Net; 2] = [
    Net { first: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), bits: 8 },
    Net { first: IpAddr::V6(Ipv6Addr::LOCALHOST), bits: 128 },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_is_read() {
        for (net, _) in V4.iter().chain(&V6) {
            assert!(Net::parse(net).is_some(), "{net}");
        }
        assert!(Net::parse(GLOBAL).is_some() && Net::parse(DOCUMENTATION).is_some());
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0/8", "host", "10.0.0.0/-1", "1.2.3.4/8/8"] {
            assert_eq!(Net::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_places_on_the_internet_have_no_kind() {
        for (ip, wanted) in [
            ("0.0.0.0", Some(Kind::Unspecified)),
            ("0.1.2.3", Some(Kind::Unspecified)),
            ("10.0.0.1", Some(Kind::Private)),
            ("10.255.255.255", Some(Kind::Private)),
            ("11.0.0.0", None),
            ("9.255.255.255", None),
            ("100.63.255.255", None),
            ("100.64.0.0", Some(Kind::Shared)),
            ("100.100.100.200", Some(Kind::Shared)),
            ("100.128.0.0", None),
            ("127.0.0.1", Some(Kind::Loopback)),
            ("127.255.255.254", Some(Kind::Loopback)),
            ("168.63.129.16", Some(Kind::Metadata)),
            ("168.63.129.17", None),
            ("169.254.169.254", Some(Kind::LinkLocal)),
            ("172.15.255.255", None),
            ("172.16.0.1", Some(Kind::Private)),
            ("172.31.255.255", Some(Kind::Private)),
            ("172.32.0.0", None),
            ("192.0.0.192", Some(Kind::Special)),
            ("192.0.2.1", Some(Kind::Special)),
            ("192.88.99.1", Some(Kind::Special)),
            ("192.168.1.1", Some(Kind::Private)),
            ("192.169.0.0", None),
            ("198.18.0.1", Some(Kind::Special)),
            ("198.20.0.0", None),
            ("198.51.100.7", Some(Kind::Special)),
            ("203.0.113.7", Some(Kind::Special)),
            ("224.0.0.1", Some(Kind::Multicast)),
            ("240.0.0.1", Some(Kind::Special)),
            ("255.255.255.255", Some(Kind::Special)),
            ("93.184.216.34", None),
            ("::", Some(Kind::Unspecified)),
            ("::1", Some(Kind::Loopback)),
            ("::2", Some(Kind::Embedded)),
            ("::7f00:1", Some(Kind::Embedded)),
            ("::ffff:127.0.0.1", Some(Kind::Embedded)),
            ("::ffff:93.184.216.34", Some(Kind::Embedded)),
            ("::ffff:0:127.0.0.1", Some(Kind::Embedded)),
            ("64:ff9b::7f00:1", Some(Kind::Embedded)),
            ("64:ff9b:1::1", Some(Kind::Embedded)),
            ("100::1", Some(Kind::Special)),
            ("2001::1", Some(Kind::Embedded)),
            ("2001:20::1", Some(Kind::Special)),
            ("2001:db8::1", Some(Kind::Special)),
            ("2002:7f00:1::1", Some(Kind::Embedded)),
            ("2606:2800:220:1:248:1893:25c8:1946", None),
            ("2a00:1450:4001:80b::200e", None),
            ("3fff::1", Some(Kind::Special)),
            ("4000::1", Some(Kind::Special)),
            ("5f00::1", Some(Kind::Special)),
            ("fc00::1", Some(Kind::Private)),
            ("fd00:ec2::254", Some(Kind::Private)),
            ("fe80::1", Some(Kind::LinkLocal)),
            ("febf::1", Some(Kind::LinkLocal)),
            ("fec0::1", Some(Kind::Private)),
            ("ff02::1", Some(Kind::Multicast)),
        ] {
            assert_eq!(kind(ip.parse().unwrap()), wanted, "{ip}");
        }
    }
}

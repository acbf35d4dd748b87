//! Why a call did not come about. No sentence holds more of an address than its host: paths and queries hold secrets,
//! numbers and names.

use std::net::IpAddr;

use super::address::Kind;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// Not an address of the web.
    #[error("its address is none like https://host.example")]
    NotAnAddress,
    /// It would travel in the clear.
    #[error("{host} would be called in the clear: use https, or --egress-allow {host} when it is a host of yours")]
    Plain {
        /// Which host.
        host: String,
    },
    /// It is no place on the internet.
    #[error("{host} is at {ip}, {}: nothing is called there without --egress-allow {ip}", kind.words())]
    Forbidden {
        /// Which host.
        host: String,
        /// Where it is.
        ip: IpAddr,
        /// What is there.
        kind: Kind,
    },
    /// Nobody knows its name.
    #[error("no address is known for {host}")]
    NoAddress {
        /// Which host.
        host: String,
    },
    /// The connection never stood.
    #[error("no connection to {host}")]
    NoConnection {
        /// Which host.
        host: String,
    },
    /// TLS does not start here.
    #[error("TLS does not start on this machine")]
    NoTls,
    /// It took longer than it may.
    #[error("{host} did not answer in time")]
    TooLong {
        /// Which host.
        host: String,
    },
    /// Its answer is longer than is read.
    #[error("the answer of {host} is larger than {most} bytes")]
    TooLarge {
        /// Which host.
        host: String,
        /// The most that is read.
        most: usize,
    },
    /// The connection broke.
    #[error("the connection to {host} broke")]
    Broke {
        /// Which host.
        host: String,
    },
    /// It sends from one place to the next, or to none.
    #[error("{host} redirects too often, or to no address that is followed")]
    Redirects {
        /// Which host.
        host: String,
    },
}

impl EgressError {
    /// Whether it is proven that not a byte of the request left.
    pub const fn never_left(&self) -> bool {
        match self {
            Self::NotAnAddress
            | Self::Plain { .. }
            | Self::Forbidden { .. }
            | Self::NoAddress { .. }
            | Self::NoConnection { .. }
            | Self::NoTls => true,
            Self::TooLong { .. } | Self::TooLarge { .. } | Self::Broke { .. } | Self::Redirects { .. } => false,
        }
    }

    /// Whether trying again changes nothing before somebody changes an address or a setting.
    pub const fn stays(&self) -> bool {
        match self {
            Self::NotAnAddress | Self::Plain { .. } | Self::Forbidden { .. } | Self::TooLarge { .. } => true,
            Self::NoAddress { .. }
            | Self::NoConnection { .. }
            | Self::NoTls
            | Self::TooLong { .. }
            | Self::Broke { .. }
            | Self::Redirects { .. } => false,
        }
    }
}

//! From which address a request comes.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

/// Where a proxy says for whom it asks: addresses with commas between, the nearest to us last.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// What proxies add. Whoever sends one of them is not taken for this machine itself, whatever the connection says.
const OF_PROXIES: [HeaderName; 7] = [
    X_FORWARDED_FOR,
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("via"),
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("true-client-ip"),
];

/// A proxy whose word about its clients' addresses is taken: an address, or a network such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

/// A text that names no proxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an address nor a network: write it as 192.0.2.7, 10.0.0.0/8 or fd00::/8")]
pub struct InvalidProxy(String);

impl FromStr for TrustedProxy {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        let text = text.trim();
        let address = || text.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical()));
        text.parse().ok().or_else(address).map(Self).ok_or_else(|| InvalidProxy(text.to_owned()))
    }
}

/// The proxies of a service. Without any, a request comes from where its connection comes from.
#[derive(Clone, Debug, Default)]
pub(in crate::http) struct Proxies(Vec<TrustedProxy>);

/// What counts as one sender: an IPv4 address, or the network of 64 bits that one subscriber of IPv6 has for themselves
/// (RFC 6177), who could otherwise be a new sender with each request.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::http) struct Address(IpAddr);

/// Who sends a request, as far as the network tells.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct Sender {
    /// What rates are counted by.
    pub(in crate::http) address: Address,
    /// Whether it comes from this machine, without a proxy in between.
    pub(in crate::http) is_local: bool,
}

impl Proxies {
    pub(in crate::http) const fn new(trusted: Vec<TrustedProxy>) -> Self {
        Self(trusted)
    }

    pub(in crate::http) fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|proxy| proxy.0.contains(&address))
    }

    /// Who sent a request that came over a connection from `peer`. What a header claims counts only as far as trusted
    /// proxies vouch for it: read from the end, the first address that is none of theirs is the sender's.
    pub(in crate::http) fn sender(&self, peer: IpAddr, headers: &HeaderMap) -> Sender {
        let mut sender = peer.to_canonical();
        // As bytes: what a client has put before makes nothing unreadable that a proxy has put behind.
        let lines = headers.get_all(X_FORWARDED_FOR).iter().map(|value| value.as_bytes());
        let claimed: Vec<&[u8]> = lines.flat_map(|line| line.split(|byte| *byte == b',')).collect();
        for text in claimed.into_iter().rev() {
            if !self.trusts(sender) {
                break;
            }
            let text = std::str::from_utf8(text).unwrap_or_default();
            let Some(address) = address_of(text.trim()) else { break };
            sender = address.to_canonical();
        }
        let through_proxy = OF_PROXIES.iter().any(|name| headers.contains_key(name));
        Sender { address: sender.into(), is_local: sender.is_loopback() && !through_proxy }
    }
}

/// An address as proxies write it, some with the port that the client had.
fn address_of(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

impl From<IpAddr> for Address {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(address.into()),
            IpAddr::V6(address) => {
                let network = u128::from(address) >> 64 << 64;
                Self(Ipv6Addr::from(network).into())
            }
        }
    }
}

/// An address tells where someone lives or works: it is shown nowhere.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(proxies: &[&str], peer: &str, forwarded: &[&str]) -> Sender {
        let proxies = Proxies::new(proxies.iter().map(|text| text.parse().unwrap()).collect());
        let mut headers = HeaderMap::new();
        for text in forwarded {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_bytes(text.as_bytes()).unwrap());
        }
        proxies.sender(peer.parse().unwrap(), &headers)
    }

    fn address(text: &str) -> Address {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn a_header_counts_only_as_far_as_trusted_proxies_vouch_for_it() {
        for (proxies, peer, forwarded, expected) in [
            (&[][..], "192.0.2.1", &["198.51.100.9"][..], "192.0.2.1"),
            (&["192.0.2.1"], "192.0.2.1", &["198.51.100.9"], "198.51.100.9"),
            (&["192.0.2.0/24"], "192.0.2.77", &["203.0.113.5, 198.51.100.9"], "198.51.100.9"),
            (&["192.0.2.0/24"], "192.0.2.77", &["203.0.113.5", "198.51.100.9, 192.0.2.8"], "198.51.100.9"),
            (&["192.0.2.0/24"], "192.0.2.77", &["198.51.100.9, nobody, 192.0.2.8"], "192.0.2.8"),
            (&["192.0.2.0/24"], "192.0.2.77", &[], "192.0.2.77"),
            (&["192.0.2.0/24"], "::ffff:192.0.2.77", &["198.51.100.9:4711"], "198.51.100.9"),
            (&["::1"], "::1", &["[2001:db8::5]:443"], "2001:db8::"),
            // What a client puts before is no address, and no ASCII either.
            (&["192.0.2.0/24"], "192.0.2.77", &["ÿ, 198.51.100.9"], "198.51.100.9"),
        ] {
            let sender = of(proxies, peer, forwarded);
            assert_eq!(sender.address.0, address(expected).0, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn a_subscriber_of_ipv6_is_one_sender_and_a_neighbour_another() {
        assert!(address("2001:db8::1") == address("2001:db8:0:0:ffff::9"));
        assert!(address("2001:db8::1") != address("2001:db8:0:1::1"));
        assert!(address("192.0.2.1") != address("192.0.2.2"));
        assert!(address("::ffff:192.0.2.1") == address("192.0.2.1"));
    }

    #[test]
    fn who_comes_by_a_proxy_is_not_this_machine() {
        assert!(of(&[], "127.0.0.1", &[]).is_local);
        assert!(of(&[], "::1", &[]).is_local);
        assert!(!of(&[], "127.0.0.1", &["127.0.0.1"]).is_local, "a proxy that nobody named");
        assert!(!of(&["127.0.0.1"], "127.0.0.1", &["198.51.100.9"]).is_local);
        assert!(!of(&["127.0.0.1"], "127.0.0.1", &["127.0.0.1"]).is_local);
        assert!(!of(&[], "192.0.2.1", &["127.0.0.1"]).is_local);
    }

    #[test]
    fn what_is_no_proxy_is_refused_with_the_form() {
        for text in ["", "nobody", "10.0.0.0/33", "10.0.0", "http://10.0.0.1"] {
            let error = text.parse::<TrustedProxy>().unwrap_err().to_string();
            assert!(error.contains("10.0.0.0/8"), "{error}");
        }
    }
}

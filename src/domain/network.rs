//! Client addresses.

use super::letter::AddressFamily;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The network that one client can choose addresses from: a /64 in IPv6 (RFC 6177).
pub fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

/// The site that one IPv6 customer may have been assigned: a /48 (RFC 6177).
pub fn site(peer: IpAddr) -> Option<IpAddr> {
    match peer.to_canonical() {
        IpAddr::V6(address) => Some(IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 80 << 80))),
        IpAddr::V4(_) => None,
    }
}

/// The network whose letters to a mailbox are counted together: one person easily has several addresses of a /24, or of
/// a site in IPv6.
pub fn mail_network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() >> 8 << 8)),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 80 << 80)),
    }
}

/// How a client is connected.
pub fn family(peer: IpAddr) -> AddressFamily {
    match peer.to_canonical() {
        IpAddr::V4(_) => AddressFamily::Ipv4,
        IpAddr::V6(_) => AddressFamily::Ipv6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_a_network() {
        let network = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
        let mail_network = |text: &str| mail_network(text.parse().unwrap()).to_string();
        assert_eq!(mail_network("2001:db8:1:2:3:4:5:6"), "2001:db8:1::");
        assert_eq!(mail_network("::ffff:192.0.2.1"), "192.0.2.0");
        let site = |text: &str| site(text.parse().unwrap()).map(|site| site.to_string());
        assert_eq!(site("2001:db8:1:2:3:4:5:6").as_deref(), Some("2001:db8:1::"));
        assert_eq!(site("::ffff:192.0.2.1"), None);
    }
}

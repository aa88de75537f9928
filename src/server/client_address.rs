//! The address of the client behind trusted proxies.

use crate::{notices::Notices, settings::ClientAddressHeader};
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// The number of proxies that are logged separately.
const LOGGED_PROXIES: usize = 16;

/// Finds client addresses.
pub struct ClientAddresses {
    /// The proxies whose header is trusted.
    trusted: Vec<IpNet>,
    /// The one header in which they name the client; other headers may come from the client.
    header: ClientAddressHeader,
    unreadable: Notices<IpAddr>,
}

/// A trusted proxy gives no readable address.
#[derive(Debug, PartialEq, Eq)]
struct Unreadable {
    /// The proxy nearest to the client whose address is known.
    proxy: IpAddr,
}

impl ClientAddresses {
    /// Trusts `header` in requests of proxies in the `trusted` networks.
    pub fn new(trusted: Vec<IpNet>, header: ClientAddressHeader) -> Self {
        Self { trusted, header, unreadable: Notices::new(LOGGED_PROXIES) }
    }

    /// Whether `peer` is a trusted proxy.
    pub fn is_trusted(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&peer.to_canonical()))
    }

    /// The client of a request, in canonical form: the peer, or the last address named by trusted proxies that is not
    /// one of theirs. If they name none that can be read, the request counts as the proxy's own.
    pub fn of(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        self.find(peer, headers).unwrap_or_else(|Unreadable { proxy }| {
            if let Some(requests) = self.unreadable.record(proxy) {
                let header = self.header.name();
                tracing::warn!(%proxy, header, requests, "a trusted proxy does not give its client's address");
            }
            proxy
        })
    }

    fn find(&self, peer: IpAddr, headers: &HeaderMap) -> Result<IpAddr, Unreadable> {
        let mut client = peer.to_canonical();
        if !self.is_trusted(client) {
            return Ok(client);
        }
        let mut found = false;
        let lines = headers.get_all(name(self.header)).iter().rev();
        // From the end, so that what a client wrote before the first trusted proxy is never reached.
        let elements = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        // Empty elements are skipped (RFC 9110 §5.6.1.2).
        for element in elements.map(<[u8]>::trim_ascii).filter(|element| !element.is_empty()) {
            client = self.parse(element).ok_or(Unreadable { proxy: client })?;
            found = true;
            if !self.is_trusted(client) {
                break;
            }
        }
        if found { Ok(client) } else { Err(Unreadable { proxy: client }) }
    }

    fn parse(&self, element: &[u8]) -> Option<IpAddr> {
        let text = std::str::from_utf8(element).ok()?;
        let address = match self.header {
            ClientAddressHeader::Forwarded => forwarded_for(text),
            ClientAddressHeader::XForwardedFor | ClientAddressHeader::XRealIp => address(text),
        };
        address.map(|address| address.to_canonical())
    }
}

fn name(header: ClientAddressHeader) -> HeaderName {
    HeaderName::from_static(header.name())
}

/// `for=` of one element of `Forwarded` (RFC 7239 §4).
fn forwarded_for(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.trim_ascii().split_once('=')?;
        name.eq_ignore_ascii_case("for").then(|| address(value.trim_matches('"')))?
    })
}

/// An address, with or without a port, in brackets or not.
fn address(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn client(peer: &str, header: ClientAddressHeader, lines: &[&[u8]]) -> String {
        let addresses =
            ClientAddresses::new(["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap()).into(), header);
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name(header), HeaderValue::from_bytes(line).unwrap());
        }
        match addresses.find(peer.parse().unwrap(), &headers) {
            Ok(client) => client.to_string(),
            Err(Unreadable { proxy }) => format!("unreadable at {proxy}"),
        }
    }

    fn forwarded_for(peer: &str, value: &str) -> String {
        client(peer, ClientAddressHeader::XForwardedFor, &[value.as_bytes()])
    }

    #[test]
    fn only_trusted_proxies_are_trusted() {
        assert_eq!(forwarded_for("192.0.2.9", "198.51.100.1"), "192.0.2.9");
        assert_eq!(forwarded_for("10.0.0.1", "198.51.100.1"), "198.51.100.1");
        // The client wrote the first one itself.
        assert_eq!(forwarded_for("10.0.0.1", "203.0.113.5, 198.51.100.1, 10.0.0.2"), "198.51.100.1");
        assert_eq!(forwarded_for("10.0.0.1", "10.0.0.3, 10.0.0.2"), "10.0.0.3");
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        for (value, address) in [
            ("198.51.100.1:4711", "198.51.100.1"),
            ("198.51.100.1,", "198.51.100.1"),
            ("198.51.100.1 , , ", "198.51.100.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("2001:DB8:0:0::1", "2001:db8::1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
        ] {
            assert_eq!(forwarded_for("10.0.0.1", value), address, "{value}");
        }
        assert_eq!(forwarded_for("::ffff:10.0.0.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(forwarded_for("::ffff:192.0.2.1", ""), "192.0.2.1");
        let lines: [&[u8]; 2] = [b"203.0.113.5", b"198.51.100.1"];
        assert_eq!(client("10.0.0.1", ClientAddressHeader::XForwardedFor, &lines), "198.51.100.1");
        assert_eq!(client("10.0.0.1", ClientAddressHeader::XRealIp, &[b"198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn addresses_that_a_client_adds_are_ignored() {
        for junk in [&b"\xff\xfe"[..], b"x", b"unknown", b"\"", b"1.2.3.4, \xc3\x28"] {
            let line = [junk, b", 198.51.100.1"].concat();
            assert_eq!(client("10.0.0.1", ClientAddressHeader::XForwardedFor, &[&line]), "198.51.100.1");
        }
    }

    #[test]
    fn a_request_without_a_readable_address_is_the_proxys_own() {
        for value in ["x", "198.51.100.1.", "unknown", "", " , "] {
            assert_eq!(forwarded_for("10.0.0.1", value), "unreadable at 10.0.0.1", "{value}");
        }
        assert_eq!(forwarded_for("10.0.0.1", "198.51.100.1, x, 10.0.0.2"), "unreadable at 10.0.0.2");
        assert_eq!(client("10.0.0.1", ClientAddressHeader::XForwardedFor, &[]), "unreadable at 10.0.0.1");
        assert_eq!(client("10.0.0.1", ClientAddressHeader::Forwarded, &[b"x"]), "unreadable at 10.0.0.1");
    }

    #[test]
    fn forwarded_is_read_as_in_its_rfc() {
        let value = b"for=203.0.113.5, For=\"[2001:db8::1]:4711\";proto=https, for=10.0.0.2";
        assert_eq!(client("fd00::1", ClientAddressHeader::Forwarded, &[value]), "2001:db8::1");
        for unreadable in ["for=_hidden", "for=unknown", "proto=https"] {
            let found = client("10.0.0.1", ClientAddressHeader::Forwarded, &[unreadable.as_bytes()]);
            assert_eq!(found, "unreadable at 10.0.0.1", "{unreadable}");
        }
    }
}

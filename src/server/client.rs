//! Who sends a request: its address, and the credential it carries.

use super::{cookie::CookieSettings, listener::Node};
use crate::{
    account::{Accounts, Error},
    domain::session::{Caller, CredentialFault},
    live::Identity,
};
use http::{HeaderMap, HeaderValue, header};
use ipnet::IpNet;
use std::net::IpAddr;

/// The credential of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// There is none.
    None,
    /// A rightly signed access token; whether its session is alive is asked later.
    Bearer(Caller),
    /// A rightly made cookie; whether its session is alive is asked later.
    Cookie(Caller),
    /// An access token that is not good.
    BadBearer(CredentialFault),
    /// A cookie that is not good.
    BadCookie,
}

/// Why a request is not looked at: it carries the cookie and comes from a page that may not use it.
#[derive(Debug)]
pub struct ForeignOrigin;

impl Credential {
    /// Reads the `Authorization` header, or else the cookie.
    pub fn of(headers: &HeaderMap, node: &Node) -> Result<Self, ForeignOrigin> {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            return Ok(Self::of_authorization(value, &node.accounts));
        }
        match node.cookie.find(headers) {
            None => Ok(Self::None),
            Some(_) if !node.is_origin_allowed(headers) => Err(ForeignOrigin),
            Some(value) => Ok(node.accounts.caller_of_cookie(value).map_or(Self::BadCookie, Self::Cookie)),
        }
    }

    fn of_authorization(value: &HeaderValue, accounts: &Accounts) -> Self {
        let Some(token) = bearer(value) else { return Self::BadBearer(CredentialFault::Invalid) };
        match accounts.caller_of_token(token) {
            Ok(caller) => Self::Bearer(caller),
            Err(Error::Unauthenticated(fault)) => Self::BadBearer(fault),
            Err(_) => Self::BadBearer(CredentialFault::Invalid),
        }
    }

    /// Who an HTTP call acts for.
    pub fn identity(self) -> Identity {
        match self {
            Self::None => Identity::Anonymous,
            Self::Bearer(caller) | Self::Cookie(caller) => Identity::Bound(caller),
            Self::BadBearer(fault) => Identity::Refused(fault),
            Self::BadCookie => Identity::Refused(CredentialFault::Invalid),
        }
    }
}

/// Whose cookie a request carries, whatever it acts by.
pub fn cookie_caller(headers: &HeaderMap, accounts: &Accounts, cookie: &CookieSettings) -> Option<Caller> {
    accounts.caller_of_cookie(cookie.find(headers)?)
}

/// The token of `Bearer <token>`; the scheme's case does not matter (RFC 9110 §11.1).
fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What the client says it is.
pub fn user_agent(headers: &HeaderMap) -> Option<String> {
    headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The client behind trusted proxies: the last address of `X-Forwarded-For`, or of `Forwarded` (RFC 7239),
/// that is not a trusted proxy itself. Let the proxy remove the one that it does not write. What an untrusted peer says is not read.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(&address.to_canonical()));
    if trusted.is_empty() || !is_trusted(&peer) {
        return peer;
    }
    let client = |chain: Vec<Option<IpAddr>>| {
        let mut client = peer;
        for address in chain.into_iter().rev() {
            // What a client may have written before the first trusted proxy is not believed.
            let Some(address) = address else { break };
            client = address;
            if !is_trusted(&address) {
                break;
            }
        }
        client
    };
    let forwarded = addresses(headers, "forwarded", forwarded_for);
    let x_forwarded_for = addresses(headers, "x-forwarded-for", plain_address);
    match (forwarded.is_empty(), x_forwarded_for.is_empty()) {
        (true, _) => client(x_forwarded_for),
        (false, true) => client(forwarded),
        // A proxy writes one of the two and may pass the other on as a client wrote it: which one is not
        // known, so where they differ neither is believed.
        (false, false) => {
            let (one, other) = (client(forwarded), client(x_forwarded_for));
            if one == other { one } else { peer }
        }
    }
}

fn addresses(headers: &HeaderMap, name: &str, parse: fn(&str) -> Option<IpAddr>) -> Vec<Option<IpAddr>> {
    headers
        .get_all(name)
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .map(|element| parse(element.trim()))
        .collect()
}

/// `for=` of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for").then(|| plain_address(value.trim_matches('"')))?
    })
}

/// An address, with or without a port, in brackets or not.
fn plain_address(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(address) = text.parse::<std::net::SocketAddr>() {
        return Some(address.ip());
    }
    text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, header: (&'static str, &'static str)) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(header.0, HeaderValue::from_static(header.1));
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(client("192.0.2.9", ("x-forwarded-for", "198.51.100.1")), "192.0.2.9");
        assert_eq!(client("10.0.0.1", ("x-forwarded-for", "198.51.100.1")), "198.51.100.1");
        // The client wrote the first one itself.
        assert_eq!(client("10.0.0.1", ("x-forwarded-for", "203.0.113.5, 198.51.100.1, 10.0.0.2")), "198.51.100.1");
        assert_eq!(client("::ffff:10.0.0.1", ("x-forwarded-for", "198.51.100.1:4711")), "198.51.100.1");
    }

    #[test]
    fn a_header_that_the_proxy_passes_on_is_not_believed_against_its_own() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("198.51.100.1"));
        headers.insert("forwarded", HeaderValue::from_static("for=203.0.113.5"));
        let (proxy, trusted) = ("10.0.0.1".parse().unwrap(), ["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(client_address(proxy, &headers, &trusted), proxy);
        headers.insert("forwarded", HeaderValue::from_static("for=198.51.100.1"));
        assert_eq!(client_address(proxy, &headers, &trusted).to_string(), "198.51.100.1");
    }

    #[test]
    fn forwarded_is_read_as_its_rfc_says() {
        let value = "for=203.0.113.5, For=\"[2001:db8::1]:4711\";proto=https, for=10.0.0.2";
        assert_eq!(client("fd00::1", ("forwarded", value)), "2001:db8::1");
        assert_eq!(client("10.0.0.1", ("forwarded", "for=_hidden")), "10.0.0.1");
        assert_eq!(client("10.0.0.1", ("forwarded", "proto=https")), "10.0.0.1");
    }
}

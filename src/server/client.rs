//! The credential and the `User-Agent` of a request.

use super::{cookie::CookieSettings, listener::Node, origins::Origin};
use crate::{
    account::{Accounts, Error},
    domain::session::{Caller, CredentialFault},
    live::Identity,
};
use http::{HeaderMap, header};

/// The credential of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// There is none.
    None,
    /// An access token with a valid signature. Whether its session is alive is checked later.
    Bearer(Caller),
    /// A cookie with a valid signature. Whether its session is alive is checked later.
    Cookie(Caller),
    /// An access token that is not valid.
    BadBearer(CredentialFault),
    /// A cookie that is not valid.
    BadCookie,
}

/// Why a request is refused unread: it carries the cookie and comes from a page that may not use it.
#[derive(Debug)]
pub struct ForeignOrigin;

impl Credential {
    /// Reads the access token, or else the cookie. With a token, the cookie and the `Origin` are ignored.
    pub fn of(headers: &HeaderMap, node: &Node) -> Result<Self, ForeignOrigin> {
        if let Some(token) = bearer(headers) {
            return Ok(Self::of_token(token, &node.accounts));
        }
        match node.cookies.session.find(headers) {
            None => Ok(Self::None),
            Some(_) if node.origins.of(headers) != Origin::Allowed => Err(ForeignOrigin),
            Some(value) => Ok(node.accounts.caller_of_cookie(value).map_or(Self::BadCookie, Self::Cookie)),
        }
    }

    fn of_token(token: &str, accounts: &Accounts) -> Self {
        match accounts.caller_of_token(token) {
            Ok(caller) => Self::Bearer(caller),
            Err(Error::Unauthenticated(fault)) => Self::BadBearer(fault),
            Err(_) => Self::BadBearer(CredentialFault::Invalid),
        }
    }

    /// The session that an HTTP call acts for.
    pub fn identity(self) -> Identity {
        match self {
            Self::None => Identity::Anonymous,
            Self::Bearer(caller) | Self::Cookie(caller) => Identity::Bound(caller),
            Self::BadBearer(fault) => Identity::Refused(fault),
            Self::BadCookie => Identity::Refused(CredentialFault::Invalid),
        }
    }
}

/// The session of the cookie that a request carries, whatever credential it acts by.
pub fn cookie_caller(headers: &HeaderMap, accounts: &Accounts, cookies: &CookieSettings) -> Option<Caller> {
    accounts.caller_of_cookie(cookies.session.find(headers)?)
}

/// The token of `Bearer <token>`; the scheme's case does not matter (RFC 9110 §11.1). Other schemes are ignored: a
/// proxy in front may use one of its own.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get_all(header::AUTHORIZATION).iter().find_map(|value| {
        let value = value.as_bytes();
        let blank = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
        let (scheme, token) = value.split_at(blank);
        // A value that is not text counts as an invalid token.
        scheme.eq_ignore_ascii_case(b"bearer").then(|| std::str::from_utf8(token.trim_ascii()).unwrap_or_default())
    })
}

/// The client's `User-Agent`, shortened to the limit.
pub fn user_agent(headers: &HeaderMap) -> Option<String> {
    headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn other_schemes_than_bearer_are_ignored() {
        let of = |values: &[&'static [u8]]| {
            let values = values.iter().map(|value| (header::AUTHORIZATION, HeaderValue::from_bytes(value).unwrap()));
            let mut headers = HeaderMap::new();
            values.for_each(|(name, value)| {
                headers.append(name, value);
            });
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(of(&[b"Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(of(&[b"bEARER   abc "]).as_deref(), Some("abc"));
        assert_eq!(of(&[b"Bearer"]).as_deref(), Some(""), "an invalid token");
        assert_eq!(of(&[b"Bearer \xff"]).as_deref(), Some(""), "an invalid token");
        for other in [&b"Basic c2hvcDpzaG9w"[..], b"Negotiate YII", b"Bearerabc", b"\xff", b""] {
            assert_eq!(of(&[other]), None);
        }
        assert_eq!(of(&[b"Basic c2hvcDpzaG9w", b"Bearer abc"]).as_deref(), Some("abc"));
    }
}

//! Who sends a request: its address, and the credential it carries.

use crate::{
    account::{Accounts, Error},
    domain::session::{Caller, CredentialFault},
    live::Identity,
};
use http::{HeaderMap, HeaderValue, header};

/// The credential of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// There is none.
    None,
    /// A rightly signed access token; whether its session is alive is asked later.
    Caller(Caller),
    /// It is not good.
    Bad(CredentialFault),
}

impl Credential {
    /// Reads the `Authorization` header.
    pub fn of(headers: &HeaderMap, accounts: &Accounts) -> Self {
        let Some(value) = headers.get(header::AUTHORIZATION) else { return Self::None };
        let Some(token) = bearer(value) else { return Self::Bad(CredentialFault::Invalid) };
        match accounts.caller_of_token(token) {
            Ok(caller) => Self::Caller(caller),
            Err(Error::Unauthenticated(fault)) => Self::Bad(fault),
            Err(_) => Self::Bad(CredentialFault::Invalid),
        }
    }

    /// Who an HTTP call acts for.
    pub fn identity(self) -> Identity {
        match self {
            Self::None => Identity::Anonymous,
            Self::Caller(caller) => Identity::Bound(caller),
            Self::Bad(fault) => Identity::Refused(fault),
        }
    }
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

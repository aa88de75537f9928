//! The value of the session cookie.

use crate::{
    account::Accounts,
    crypto::opaque_token::Purpose,
    domain::{
        ids::{SessionId, UserId},
        session::Caller,
    },
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;

impl Accounts {
    /// The cookie's value: the user's id, which is not secret and saves a look-up, and the session's token, which is
    /// valid only together with this user.
    pub fn cookie_value(&self, caller: Caller) -> String {
        let user = BASE64_URL_SAFE_NO_PAD.encode(caller.user.0.as_bytes());
        let secret =
            self.opaque_tokens.make_for(Purpose::Cookie, caller.session.0, caller.version, caller.user.0.as_bytes());
        format!("{user}.{}", secret.expose())
    }

    /// The user and session of a cookie. Whether the session is alive is not checked.
    pub fn caller_of_cookie(&self, value: &str) -> Option<Caller> {
        let (user, secret) = value.split_once('.')?;
        let user = UserId(Uuid::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(user).ok()?).ok()?);
        let (session, version) = self.opaque_tokens.open_for(Purpose::Cookie, secret, user.0.as_bytes())?;
        Some(Caller { user, session: SessionId(session), version })
    }
}

//! The common parameters and results of methods that sign in.

use super::{auth::Tokens, examples};
use crate::{
    account::Error,
    domain::{
        fault::{Fault, Rule},
        profile::Profile,
        session::{CredentialKind, DeviceName, Session},
    },
    rpc::{http_call::HttpCall, param_types::Token, registry::Call},
    sign_in::{Device, DeviceToken, SignedIn},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// A sign-in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SignIn {
    /// The new session.
    session: Session,
    /// The profile of its user.
    profile: Profile,
    /// Its tokens; absent with `credentials: "cookie"`.
    #[serde(flatten)]
    tokens: Option<Tokens>,
    /// Shows at the next sign-in that this device has signed in before; absent with `credentials: "cookie"`, where the
    /// device has a cookie for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_token: Option<String>,
}

/// The way in which a sign-in is answered.
pub struct Answer {
    /// The HTTP answer that the cookies are set on.
    cookies: Option<Arc<HttpCall>>,
}

impl Answer {
    /// By the parameter `credentials`.
    ///
    /// # Errors
    /// If a cookie is requested and cannot be set.
    pub fn by(call: &Call, credentials: Option<CredentialKind>) -> Result<Self, Error> {
        let cookies = match credentials {
            None | Some(CredentialKind::Bearer) => None,
            Some(CredentialKind::Cookie) => Some(cookie_answer(call)?),
        };
        Ok(Self { cookies })
    }

    /// The device that signs in.
    pub fn device(&self, call: &Call, name: Option<DeviceName>, token: Option<Token>) -> Device {
        Device {
            name,
            token: device_token(call, token),
            client: call.client(),
            replaced: self.cookies.as_ref().and_then(|http| http.cookie),
        }
    }

    /// The result; sets the cookies.
    pub fn of(&self, call: &Call, signed_in: SignedIn) -> SignIn {
        let accounts = &call.context.accounts;
        let tokens = match &self.cookies {
            None => Some(accounts.first_tokens(&signed_in).into()),
            Some(http) => {
                http.set_cookie(accounts.cookie_value(signed_in.caller()));
                None
            }
        };
        let device_token = self.keep(&signed_in.device_token);
        SignIn { session: signed_in.session, profile: signed_in.profile, tokens, device_token }
    }

    /// Gives the device its token: by cookie, or in the result.
    pub fn keep(&self, token: &DeviceToken) -> Option<String> {
        match &self.cookies {
            None => Some(token.expose().to_owned()),
            Some(http) => {
                http.set_device_cookie(token.expose().to_owned());
                None
            }
        }
    }
}

/// The device token that the caller presents: the parameter, or else the cookie. An invalid one counts as none.
pub fn device_token(call: &Call, token: Option<Token>) -> Option<DeviceToken> {
    match (token, &call.http) {
        (Some(token), _) => DeviceToken::parse(&token.0),
        (None, Some(http)) => http.device_cookie.as_deref().and_then(DeviceToken::parse),
        (None, None) => None,
    }
}

/// The HTTP answer that the cookie can be set on.
fn cookie_answer(call: &Call) -> Result<Arc<HttpCall>, Error> {
    let refused = |why| Error::invalid("credentials", Fault::new(Rule::NotAllowed, why));
    let http = call.http.clone().ok_or_else(|| refused("a cookie can be set only over HTTP"))?;
    if call.in_batch {
        return Err(refused("a cookie cannot be set in a batch"));
    }
    if !http.origin_allowed {
        http.forbid();
        return Err(Error::Forbidden("cookies are available only to pages of allowed origins"));
    }
    Ok(http)
}

/// A sign-in by bearer tokens.
pub fn example() -> Value {
    let mut signed_in = json!({ "session": examples::session(), "profile": examples::profile() });
    if let (Some(all), Some(tokens)) = (signed_in.as_object_mut(), examples::tokens().as_object()) {
        all.extend(tokens.clone());
    }
    signed_in["device_token"] = json!(DEVICE_TOKEN);
    signed_in
}

/// A device token of the examples.
pub const DEVICE_TOKEN: &str = "AZqjxX1we1OqHfN…";

//! `auth.*`: signing up, in and out.

use super::{
    error::Kind,
    examples,
    param_types::Token,
    params::params,
    registry::{Call, Description, Effect, Registry},
};
use crate::{
    account::{Client, Credentials, Error, Registration, SignedIn, TokenPair},
    domain::{
        email::EmailAddress,
        password::Password,
        phone::Phone,
        profile::{Locale, Name, PersonalData, Profile},
        session::{Caller, DeviceName, LogoutScope, Session},
        time::Timestamp,
    },
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// The one answer of every method that must not tell whether an address is known.
pub const CHECK_YOUR_MAIL: &str = "If this is possible, a letter is on its way. Check your mail.";

/// `Accepted` of contract §3.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Accepted {
    /// A sentence for a person; the same whatever happened.
    message: &'static str,
}

/// The answer where it must not tell.
fn accepted() -> Accepted {
    Accepted { message: CHECK_YOUR_MAIL }
}

/// `Tokens` of contract §3.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Tokens {
    /// A JWT for `Authorization: Bearer` and `session.authenticate`.
    access_token: String,
    /// When it expires.
    access_expires_at: Timestamp,
    /// Good for one `auth.refresh`.
    refresh_token: String,
    /// When the session ends if it is not used again.
    refresh_expires_at: Timestamp,
}

impl From<TokenPair> for Tokens {
    fn from(pair: TokenPair) -> Self {
        Self {
            access_token: pair.access_token,
            access_expires_at: pair.access_expires_at,
            refresh_token: pair.refresh_token.expose().to_owned(),
            refresh_expires_at: pair.refresh_expires_at,
        }
    }
}

/// `SignIn` of contract §3.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SignIn {
    /// The new session.
    session: Session,
    /// Whose.
    profile: Profile,
    /// Its tokens.
    #[serde(flatten)]
    tokens: Tokens,
}

/// Whose address was verified.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Verified {
    /// The address.
    email: EmailAddress,
}

/// How many sessions a call ended.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SessionsEnded {
    /// The caller's own counts where it ended too.
    sessions_ended: usize,
}

params! {
    /// Parameters of `auth.register`.
    pub struct RegisterParams {
        chosen password: Password,
        required email: EmailAddress,
        required first_name: Name,
        required last_name: Name,
        optional company_name: Name,
        /// Spaces, hyphens, dots and brackets are dropped.
        optional phone: Phone,
        /// The language of letters; English if absent.
        optional locale: Locale,
    }
}

params! {
    /// Parameters of `auth.verify_email`.
    pub struct VerifyEmailParams {
        /// From the letter's link.
        required token: Token,
    }
}

params! {
    /// Parameters of `auth.resend_verification`.
    pub struct ResendVerificationParams {
        required email: EmailAddress,
    }
}

params! {
    /// Parameters of `auth.login`.
    pub struct LoginParams {
        required email: EmailAddress,
        required password: Password,
        /// What the owner calls the device.
        optional device_name: DeviceName,
    }
}

params! {
    /// Parameters of `auth.refresh`.
    pub struct RefreshParams {
        required refresh_token: Token,
    }
}

params! {
    /// Parameters of `auth.logout`.
    pub struct LogoutParams {
        /// `global` (the default): every session of the user; `local`: this one; `others`: all but this one.
        optional scope: LogoutScope,
    }
}

/// Declares the namespace.
pub fn declare(registry: &mut Registry) {
    registry.public(
        "auth.register",
        Effect::Write,
        Description {
            summary: "Begins a registration and mails the link that verifies the address.",
            errors: &[],
            example: (
                json!({
                    "email": "ann@example.org", "password": "a long walk by the sea",
                    "first_name": "Ann", "last_name": "Lee",
                }),
                examples::accepted(),
            ),
        },
        register,
    );
    registry.public(
        "auth.verify_email",
        Effect::Write,
        Description {
            summary: "Makes the account of a registration whose address is verified by the mailed token.",
            errors: &[Kind::InvalidToken, Kind::Conflict],
            example: (json!({ "token": "AZqjxI…" }), json!({ "email": "ann@example.org" })),
        },
        verify_email,
    );
    registry.public(
        "auth.resend_verification",
        Effect::Write,
        Description {
            summary: "Mails a new link for the newest registration of an address; older links are void.",
            errors: &[],
            example: (json!({ "email": "ann@example.org" }), examples::accepted()),
        },
        resend_verification,
    );
    let mut signed_in = json!({ "session": examples::session(), "profile": examples::profile() });
    if let (Some(all), Some(tokens)) = (signed_in.as_object_mut(), examples::tokens().as_object()) {
        all.extend(tokens.clone());
    }
    registry.public(
        "auth.login",
        Effect::Write,
        Description {
            summary: "Opens a session. Never binds the socket it came on: see session.authenticate.",
            errors: &[Kind::InvalidCredentials, Kind::EmailNotVerified, Kind::AccountDisabled],
            example: (
                json!({ "email": "ann@example.org", "password": "a long walk by the sea", "device_name": "Ann's laptop" }),
                signed_in,
            ),
        },
        login,
    );
    registry.public(
        "auth.refresh",
        Effect::Write,
        Description {
            summary: "Spends a refresh token for a new pair; repeated shortly it gives the same successor.",
            errors: &[Kind::Unauthenticated, Kind::SessionEnded],
            example: (json!({ "refresh_token": "AZqjxR8Ae0…" }), examples::tokens()),
        },
        refresh,
    );
    registry.session(
        "auth.logout",
        Effect::Write,
        Description {
            summary: "Ends sessions of the user; their tokens are powerless from then on, their sockets close.",
            errors: &[],
            example: (json!({ "scope": "global" }), json!({ "sessions_ended": 3 })),
        },
        logout,
    );
}

async fn register(call: Call, params: RegisterParams) -> Result<Accepted, Error> {
    let person = PersonalData {
        first_name: params.first_name,
        last_name: params.last_name,
        company_name: params.company_name,
        phone: params.phone,
        locale: params.locale.unwrap_or(Locale::En),
    };
    let registration = Registration { email: params.email, password: params.password, person };
    call.context.accounts.register(registration).await?;
    Ok(accepted())
}

async fn verify_email(call: Call, params: VerifyEmailParams) -> Result<Verified, Error> {
    Ok(Verified { email: call.context.accounts.verify_email(&params.token.0).await? })
}

async fn resend_verification(call: Call, params: ResendVerificationParams) -> Result<Accepted, Error> {
    call.context.accounts.resend_verification(&params.email).await?;
    Ok(accepted())
}

async fn login(call: Call, params: LoginParams) -> Result<SignIn, Error> {
    let client = Client { ip: call.connection.peer, user_agent: call.connection.user_agent.clone() };
    let credentials = Credentials { email: params.email, password: params.password, device_name: params.device_name };
    let SignedIn { session, profile, tokens } = call.context.accounts.sign_in(credentials, &client).await?;
    Ok(SignIn { session, profile, tokens: tokens.into() })
}

async fn refresh(call: Call, params: RefreshParams) -> Result<Tokens, Error> {
    Ok(call.context.accounts.refresh(&params.refresh_token.0).await?.into())
}

async fn logout(call: Call, caller: Caller, params: LogoutParams) -> Result<SessionsEnded, Error> {
    let scope = params.scope.unwrap_or(LogoutScope::Global);
    Ok(SessionsEnded { sessions_ended: call.context.accounts.logout(caller, scope).await? })
}

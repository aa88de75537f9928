//! `auth.*`: registering, and verifying the address.

use super::{
    auth::{Accepted, CHECK_YOUR_MAIL, Confirmed, accepted},
    examples,
    sign_in::{self, Answer, SignIn},
};
use crate::{
    account::Error,
    domain::{
        email::EmailAddress,
        password::Password,
        phone::Phone,
        profile::{Locale, Name, PersonalData},
        session::{CredentialKind, DeviceName},
        time::Timestamp,
    },
    rpc::{
        error::Kind,
        param_types::{Token, Whole},
        params::{Reader, params},
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
    sign_in::{LetterProof, Registration, ResendTo, Verification},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::time::Duration;

/// A registration that was started; the same whether or not the address has an account.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Registered {
    /// A sentence for people; the same whatever happened.
    message: &'static str,
    /// The secret handle of the registration.
    registration: String,
    /// When the registration lapses.
    expires_at: Timestamp,
}

/// Whether a registration was verified.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Awaited {
    /// Whether it was, and `auth.login_registration` is still possible.
    verified: bool,
}

params! {
    /// Parameters of `auth.register`.
    pub struct RegisterParams {
        chosen password: Password,
        required email: EmailAddress,
        flatten person: PersonalData,
        /// From the link of an invitation, where sign-up is by invitation; for this address.
        optional invitation: Token,
    }
}

params! {
    impl PersonalData {
        required first_name: Name,
        optional last_name: Name,
        optional company_name: Name,
        /// In any usual notation, with its country code.
        optional phone: Phone,
        /// The language of letters, English if absent; a region, as in `de-DE`, is ignored.
        defaulted locale: Locale,
    }
}

params! {
    /// Parameters of `auth.verify_email`.
    pub struct VerifyEmailParams {
        /// From the letter's link; with `registration` or `password`.
        optional token: Token,
        /// The handle that `auth.register` returned.
        optional registration: Token,
        /// The password chosen at registration.
        optional password: Password,
        /// The letter's code, instead of `token`; with `registration`.
        optional code: Token,
        ; check token_or_code
    }
}

params! {
    /// Parameters of `auth.await_verification`.
    pub struct AwaitVerificationParams {
        /// The handle that `auth.register` returned.
        required registration: Token,
        /// How long to wait, in milliseconds; 0 if absent.
        optional wait_ms: Whole<0, 30_000>,
    }
}

params! {
    /// Parameters of `auth.login_registration`.
    pub struct LoginRegistrationParams {
        /// The handle that `auth.register` returned.
        required registration: Token,
        /// The owner's name for the device.
        optional device_name: DeviceName,
        /// As for `auth.login`.
        optional device_token: Token,
        /// As for `auth.login`.
        optional credentials: CredentialKind,
    }
}

params! {
    /// Parameters of `auth.resend_verification`. Exactly one of them is given.
    pub struct ResendVerificationParams {
        /// The handle that `auth.register` returned.
        optional registration: Token,
        /// Resends the letter of the newest registration of this address.
        optional email: EmailAddress,
        ; check registration_or_email
    }
}

/// A token needs a handle or a password, a code a handle.
fn token_or_code(reader: &mut Reader<'_>) {
    if reader.is_given("code") {
        reader.exactly_one_of(&["token", "code"]);
        reader.needs("registration");
        reader.refused("password", "is not allowed with `code`");
    } else {
        reader.needs("token");
        reader.exactly_one_of(&["registration", "password"]);
    }
}

fn registration_or_email(reader: &mut Reader<'_>) {
    reader.exactly_one_of(&["registration", "email"]);
}

/// Declares the methods.
pub fn declare(registry: &mut Registry) {
    registry.public(
        "auth.register",
        Effect::Write,
        Description {
            summary: "Starts a registration and mails the link and the code that verify the address.",
            rate: Rate::SignIn,
            errors: &[Kind::SignUpClosed],
            example: || {
                (
                    json!({
                        "email": "ann@example.org", "password": "a long walk by the sea",
                        "first_name": "Ann", "last_name": "Lee",
                    }),
                    json!({
                        "message": CHECK_YOUR_MAIL, "registration": "AZqjxH…", "expires_at": "2026-11-28T09:00:00.000Z",
                    }),
                )
            },
        },
        register,
    );
    registry.public(
        "auth.verify_email",
        Effect::Write,
        Description {
            summary: "Verifies a registration and creates its account; the caller proves by its handle or password that it is theirs.",
            rate: Rate::Token,
            errors: &[Kind::InvalidToken, Kind::InvalidCredentials, Kind::Conflict, Kind::SignUpClosed],
            example: || (json!({ "token": "AZqjxI…", "registration": "AZqjxH…" }), json!({ "email": "ann@example.org" })),
        },
        verify_email,
    );
    registry.public(
        "auth.await_verification",
        Effect::Read,
        Description {
            summary: "Waits until a registration is verified on any device; a newer wait ends the older one.",
            rate: Rate::Ceremony,
            errors: &[],
            example: || (json!({ "registration": "AZqjxH…", "wait_ms": 25_000 }), json!({ "verified": true })),
        },
        await_verification,
    );
    registry.public(
        "auth.login_registration",
        Effect::Write,
        Description {
            summary: "Opens a session, once, by the handle of a registration that was verified in the last 10 minutes.",
            rate: Rate::SignIn,
            errors: &[Kind::InvalidToken],
            example: || (json!({ "registration": "AZqjxH…", "device_name": "Ann's laptop" }), sign_in::example()),
        },
        login_registration,
    );
    registry.public(
        "auth.resend_verification",
        Effect::Write,
        Description {
            summary: "Mails a new link and code for a registration, or for the newest one of an address; older ones become void.",
            rate: Rate::Token,
            errors: &[],
            example: || (json!({ "registration": "AZqjxH…" }), examples::accepted()),
        },
        resend_verification,
    );
}

async fn register(call: Call, params: RegisterParams) -> Result<Registered, Error> {
    let RegisterParams { email, password, person, invitation } = params;
    let invitation = invitation.map(|token| token.0);
    let registration = Registration { email, password, person, invitation };
    let started = call.context.accounts.register(registration, &call.client()).await?;
    let registration = started.handle.expose().to_owned();
    Ok(Registered { message: CHECK_YOUR_MAIL, registration, expires_at: started.expires_at })
}

async fn verify_email(call: Call, params: VerifyEmailParams) -> Result<Confirmed, Error> {
    let VerifyEmailParams { token, registration, password, code } = &params;
    let handle = registration.as_ref().map(|handle| handle.0.as_str());
    let verification = match (token, code, handle, password) {
        (Some(token), None, Some(handle), None) => {
            Verification::Link { token: &token.0, proof: LetterProof::Registration(handle) }
        }
        (Some(token), None, None, Some(password)) => {
            Verification::Link { token: &token.0, proof: LetterProof::Password(password) }
        }
        (None, Some(code), Some(registration), None) => Verification::Code { registration, code: &code.0 },
        _ => return Err(Error::Internal("parameters that were refused reached the method".into())),
    };
    Ok(Confirmed { email: call.context.accounts.verify_email(verification, &call.client()).await? })
}

async fn await_verification(call: Call, params: AwaitVerificationParams) -> Result<Awaited, Error> {
    let wait = Duration::from_millis(params.wait_ms.map_or(0, |wait| wait.0.unsigned_abs()));
    Ok(Awaited { verified: call.context.accounts.await_verification(&params.registration.0, wait).await? })
}

async fn login_registration(call: Call, params: LoginRegistrationParams) -> Result<SignIn, Error> {
    let answer = Answer::by(&call, params.credentials)?;
    let device = answer.device(&call, params.device_name, params.device_token);
    let signed_in = call.context.accounts.sign_in_by_registration(&params.registration.0, &device).await?;
    Ok(answer.of(&call, signed_in))
}

async fn resend_verification(call: Call, params: ResendVerificationParams) -> Result<Accepted, Error> {
    let to = match (&params.registration, &params.email) {
        (Some(registration), None) => ResendTo::Registration(&registration.0),
        (None, Some(email)) => ResendTo::Email(email),
        _ => return Err(Error::Internal("parameters that were refused reached the method".into())),
    };
    call.context.accounts.resend_verification(to, &call.client()).await?;
    Ok(accepted())
}

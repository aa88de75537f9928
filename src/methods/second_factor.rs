//! `auth.login_second_factor`, `session.prove`, `totp.*`, `recovery_codes.*`: the second factor, and proofs of a
//! session.

use super::{
    session::Done,
    sign_in::{self, Answer, SignIn},
};
use crate::{
    account::Error,
    domain::{
        password::Password,
        session::{Caller, CredentialKind, ProvenCaller},
        time::Timestamp,
    },
    rpc::{
        error::Kind,
        param_types::Token,
        params::{NoParams, Reader, params},
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
    sign_in::{PasskeyAnswer, SecondFactor, Secret, SessionProof, TypedCode},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// A second factor that is not on yet.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TotpSetup {
    /// For `totp.enable` of this session.
    setup: String,
    /// The secret in base32, to type into an app.
    secret: String,
    /// The secret with its labels, as an `otpauth:` URI for apps.
    uri: String,
    /// The URI as a QR code: an SVG image.
    qr_svg: String,
    /// When the setup expires.
    expires_at: Timestamp,
}

/// Recovery codes, which are shown only once.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RecoveryCodes {
    /// Each is valid once in place of the second factor.
    recovery_codes: Vec<String>,
}

/// A session was proven.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Proven {
    /// Since when.
    proven_at: Timestamp,
}

params! {
    /// Parameters of `auth.login_second_factor`. Exactly one second factor is given.
    pub struct LoginSecondFactorParams {
        /// From `second_factor_required`.
        required challenge: Token,
        /// A code from the authenticator app.
        optional totp: Token,
        optional recovery_code: Token,
        /// A passkey's answer to the ceremony of `second_factor_required`.
        optional passkey: PasskeyAnswer,
        /// As in `auth.login`.
        optional credentials: CredentialKind,
        ; check one_second_factor
    }
}

params! {
    /// Parameters of `session.prove`. Exactly one of them is given.
    pub struct ProveParams {
        /// For accounts without a second factor.
        optional password: Password,
        /// A code from the authenticator app.
        optional totp: Token,
        optional recovery_code: Token,
        /// A passkey's answer to `session.begin_passkey_proof`.
        optional passkey: PasskeyAnswer,
        ; check one_proof
    }
}

params! {
    /// Parameters of `totp.enable`.
    pub struct EnableTotpParams {
        /// From `totp.begin`.
        required setup: Token,
        /// A code that the app makes from the secret.
        required code: Token,
    }
}

fn one_second_factor(reader: &mut Reader<'_>) {
    reader.exactly_one_of(&["totp", "recovery_code", "passkey"]);
}

fn one_proof(reader: &mut Reader<'_>) {
    reader.exactly_one_of(&["password", "totp", "recovery_code", "passkey"]);
}

fn codes() -> Value {
    json!({ "recovery_codes": ["7Q2M-X4KD-90PA-3VTE-WH6C-B1ZR"] })
}

/// Declares the methods.
pub fn declare(registry: &mut Registry) {
    registry.public(
        "auth.login_second_factor",
        Effect::Write,
        Description {
            summary: "Opens the session of a sign-in that lacked its second factor.",
            rate: Rate::SignIn,
            errors: &[Kind::InvalidToken, Kind::InvalidCredentials, Kind::AccountDisabled],
            example: || (json!({ "challenge": "sv3Wq0…", "totp": "492039" }), sign_in::example()),
        },
        login_second_factor,
    );
    registry.session(
        "session.prove",
        Effect::Write,
        Description {
            summary: "Proves again that the session is its user's, by the strongest method of the account.",
            rate: Rate::Change,
            errors: &[Kind::InvalidCredentials, Kind::InvalidToken, Kind::ProofRequired],
            example: || (json!({ "totp": "492039" }), json!({ "proven_at": "2026-11-21T09:20:00.000Z" })),
        },
        prove,
    );
    registry.proven(
        "totp.begin",
        Effect::Read,
        Description {
            summary: "A new secret for an authenticator app; nothing is stored yet.",
            rate: Rate::Ceremony,
            errors: &[],
            example: || {
                (
                    json!({}),
                    json!({
                        "setup": "sv3Wq0…",
                        "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
                        "uri": "otpauth://totp/Marbelle:ann%40example%2Eorg?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&…",
                        "qr_svg": "<svg …>",
                        "expires_at": "2026-11-21T09:35:00.000Z",
                    }),
                )
            },
        },
        begin_totp,
    );
    registry.session(
        "totp.enable",
        Effect::Write,
        Description {
            summary: "Turns the second factor on, by a code from the app; returns the recovery codes.",
            rate: Rate::Change,
            errors: &[Kind::InvalidToken, Kind::InvalidCredentials, Kind::Conflict],
            example: || (json!({ "setup": "sv3Wq0…", "code": "492039" }), codes()),
        },
        enable_totp,
    );
    registry.proven(
        "totp.disable",
        Effect::Write,
        Description {
            summary: "Turns the second factor off, and deletes its recovery codes.",
            rate: Rate::Change,
            errors: &[],
            example: || (json!({}), json!({})),
        },
        disable_totp,
    );
    registry.proven(
        "recovery_codes.renew",
        Effect::Write,
        Description {
            summary: "Replaces the recovery codes by new ones; not_found without a second factor.",
            rate: Rate::Change,
            errors: &[Kind::NotFound],
            example: || (json!({}), codes()),
        },
        renew_recovery_codes,
    );
}

/// The second factor that was given.
fn second_factor(
    totp: Option<Token>,
    recovery_code: Option<Token>,
    passkey: Option<PasskeyAnswer>,
) -> Option<SecondFactor> {
    let totp = totp.map(|code| SecondFactor::Totp(TypedCode(code.0)));
    let recovery_code = recovery_code.map(|code| SecondFactor::RecoveryCode(TypedCode(code.0)));
    totp.or(recovery_code).or_else(|| passkey.map(|answer| SecondFactor::Passkey(Box::new(answer))))
}

/// The error for parameters that [`Reader::exactly_one_of`] has accepted although none is given.
fn none_given() -> Error {
    Error::Internal("none of the parameters is given, of which exactly one must be".into())
}

async fn login_second_factor(call: Call, params: LoginSecondFactorParams) -> Result<SignIn, Error> {
    let answer = Answer::by(&call, params.credentials)?;
    let factor = second_factor(params.totp, params.recovery_code, params.passkey).ok_or_else(none_given)?;
    let device = answer.device(&call, None, None);
    let signed_in = call.context.accounts.complete_sign_in(&params.challenge.0, factor, device).await?;
    Ok(answer.of(&call, signed_in))
}

async fn prove(call: Call, caller: Caller, params: ProveParams) -> Result<Proven, Error> {
    let factor = second_factor(params.totp, params.recovery_code, params.passkey).map(SessionProof::SecondFactor);
    let password = params.password.as_ref().map(SessionProof::Password);
    let proof = factor.or(password).ok_or_else(none_given)?;
    let proven_at = call.context.accounts.prove(caller, &call.client(), proof).await?;
    Ok(Proven { proven_at })
}

async fn begin_totp(call: Call, caller: ProvenCaller, _: NoParams) -> Result<TotpSetup, Error> {
    let started = call.context.accounts.begin_totp(caller).await?;
    Ok(TotpSetup {
        setup: started.setup.expose().to_owned(),
        secret: started.secret.base32(),
        uri: started.uri,
        qr_svg: started.qr_svg,
        expires_at: started.expires_at,
    })
}

async fn enable_totp(call: Call, caller: Caller, params: EnableTotpParams) -> Result<RecoveryCodes, Error> {
    let code = TypedCode(params.code.0);
    let codes = call.context.accounts.enable_totp(caller, &call.client(), &params.setup.0, &code).await?;
    Ok(shown(&codes))
}

async fn disable_totp(call: Call, caller: ProvenCaller, _: NoParams) -> Result<Done, Error> {
    call.context.accounts.disable_totp(caller, &call.client()).await?;
    Ok(Done {})
}

async fn renew_recovery_codes(call: Call, caller: ProvenCaller, _: NoParams) -> Result<RecoveryCodes, Error> {
    Ok(shown(&call.context.accounts.renew_recovery_codes(caller, &call.client()).await?))
}

fn shown(codes: &[Secret]) -> RecoveryCodes {
    RecoveryCodes { recovery_codes: codes.iter().map(|code| code.expose().to_owned()).collect() }
}

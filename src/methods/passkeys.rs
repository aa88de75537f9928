//! `passkeys.*`, and the methods of `auth.*` and `session.*` for passkeys.

use super::{
    examples,
    session::Done,
    sign_in::{self, Answer, SignIn},
};
use crate::{
    account::Error,
    domain::{
        ids::PasskeyId,
        session::{Caller, CredentialKind, DeviceName, ProvenCaller},
        sign_in_methods::{Passkey, PasskeyName},
    },
    rpc::{
        error::Kind,
        param_types::Token,
        params::{NoParams, params},
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
    sign_in::{AssertionCredential, PasskeyAnswer, PasskeyRegistration, RegistrationCredential},
};
use serde_json::json;

params! {
    /// Parameters of `auth.login_passkey`.
    pub struct LoginPasskeyParams {
        /// From `auth.begin_passkey_login`.
        required ceremony: Token,
        /// The browser's answer to the options.
        required credential: AssertionCredential,
        /// The owner's name for the device.
        optional device_name: DeviceName,
        /// From the last sign-in of this device, if it stored one; a page that signs in by cookie has a cookie for it.
        optional device_token: Token,
        /// As for `auth.login`.
        optional credentials: CredentialKind,
    }
}

params! {
    /// Parameters of `passkeys.register`.
    pub struct RegisterParams {
        /// From `passkeys.begin_registration`.
        required ceremony: Token,
        /// The browser's answer to the options.
        required credential: RegistrationCredential,
        /// The owner's name for it; if absent, the name of its authenticator or of the browser.
        optional name: PasskeyName,
    }
}

params! {
    /// Parameters of `passkeys.rename`.
    pub struct RenameParams {
        required passkey_id: PasskeyId,
        required name: PasskeyName,
    }
}

params! {
    /// Parameters of `passkeys.delete`.
    pub struct PasskeyIdParams {
        required passkey_id: PasskeyId,
    }
}

/// Declares the methods that sign in with a passkey, or prove a session with one.
pub fn declare_ceremonies(registry: &mut Registry) {
    registry.public(
        "auth.begin_passkey_login",
        Effect::Read,
        Description {
            summary: "Starts a sign-in with a passkey of any account.",
            rate: Rate::Ceremony,
            errors: &[Kind::Forbidden],
            example: || (json!({}), examples::assertion_ceremony(&[])),
        },
        |call: Call, _: NoParams| async move { call.context.accounts.begin_passkey_login() },
    );
    registry.public(
        "auth.login_passkey",
        Effect::Write,
        Description {
            summary: "Opens a session with a passkey. Passkeys verify their user, so no second factor is required.",
            rate: Rate::SignIn,
            errors: &[Kind::InvalidCredentials, Kind::InvalidToken, Kind::AccountDisabled, Kind::Forbidden],
            example: || {
                (
                    json!({ "ceremony": "mDdZ…", "credential": examples::assertion(), "device_name": "Ann's laptop" }),
                    sign_in::example(),
                )
            },
        },
        login,
    );
    registry.session(
        "session.begin_passkey_proof",
        Effect::Read,
        Description {
            summary: "Starts a proof of the session with a passkey of the account.",
            rate: Rate::Ceremony,
            errors: &[Kind::NotFound, Kind::Forbidden],
            example: || (json!({}), examples::assertion_ceremony(&["kZ3eq8…"])),
        },
        |call: Call, caller: Caller, _: NoParams| async move { call.context.accounts.begin_passkey_proof(caller).await },
    );
}

/// Declares the namespace.
pub fn declare(registry: &mut Registry) {
    registry.proven(
        "passkeys.begin_registration",
        Effect::Read,
        Description {
            summary: "Starts the registration of a passkey, by an authenticator that has no passkey of the account.",
            rate: Rate::Ceremony,
            errors: &[Kind::LimitReached, Kind::Forbidden],
            example: || (json!({}), examples::registration_ceremony()),
        },
        |call: Call, caller: ProvenCaller, _: NoParams| async move {
            call.context.accounts.begin_passkey_registration(caller).await
        },
    );
    registry.session(
        "passkeys.register",
        Effect::Write,
        Description {
            summary: "Stores the passkey that was created for a ceremony of this session; at most 20.",
            rate: Rate::Change,
            errors: &[
                Kind::InvalidToken,
                Kind::InvalidCredentials,
                Kind::Conflict,
                Kind::LimitReached,
                Kind::Forbidden,
            ],
            example: || {
                (
                    json!({ "ceremony": "mDdZ…", "credential": examples::new_credential(), "name": "Ann's phone" }),
                    examples::passkey(),
                )
            },
        },
        register,
    );
    registry.session(
        "passkeys.rename",
        Effect::Write,
        Description {
            summary: "Renames a passkey.",
            rate: Rate::Change,
            errors: &[Kind::NotFound],
            example: || {
                (json!({ "passkey_id": examples::passkey()["id"], "name": "Ann's phone" }), examples::passkey())
            },
        },
        rename,
    );
    registry.proven(
        "passkeys.delete",
        Effect::Write,
        Description {
            summary: "Deletes a passkey, but not the last sign-in method.",
            rate: Rate::Change,
            errors: &[Kind::NotFound, Kind::LastSignInMethod],
            example: || (json!({ "passkey_id": examples::passkey()["id"] }), json!({})),
        },
        delete,
    );
}

async fn login(call: Call, params: LoginPasskeyParams) -> Result<SignIn, Error> {
    let answer = Answer::by(&call, params.credentials)?;
    let device = answer.device(&call, params.device_name, params.device_token);
    let passkey = PasskeyAnswer { ceremony: params.ceremony.0, credential: params.credential };
    let signed_in = call.context.accounts.sign_in_by_passkey(&passkey, &device).await?;
    Ok(answer.of(&call, signed_in))
}

async fn register(call: Call, caller: Caller, params: RegisterParams) -> Result<Passkey, Error> {
    let RegisterParams { ceremony, credential, name } = params;
    let registration = PasskeyRegistration { ceremony: ceremony.0, credential, name };
    call.context.accounts.register_passkey(caller, &call.client(), registration).await
}

async fn rename(call: Call, caller: Caller, params: RenameParams) -> Result<Passkey, Error> {
    call.context.accounts.rename_passkey(caller, &call.client(), params.passkey_id, params.name).await
}

async fn delete(call: Call, caller: ProvenCaller, params: PasskeyIdParams) -> Result<Done, Error> {
    call.context.accounts.delete_passkey(caller, &call.client(), params.passkey_id).await?;
    Ok(Done {})
}

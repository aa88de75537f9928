//! `providers.*`, and the methods of `auth.*` for signing in with a provider.

use super::{
    examples,
    sign_in::{self, Answer, SignIn, device_token},
};
use crate::{
    account::Error,
    domain::{
        fault::Fault,
        session::{Caller, CredentialKind, DeviceName, ProvenCaller},
        sign_in_methods::{ProviderName, SignInMethods},
    },
    providers::{Callback, NameFromForm},
    rpc::{
        error::Kind,
        param_types::Token,
        params::{NoParams, Param, params, type_fault},
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
    sign_in::{Flow, ProviderAnswer},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use std::borrow::Cow;

params! {
    /// Parameters of `auth.begin_provider_login`.
    pub struct BeginLoginParams {
        /// One of those in `auth.options`.
        required provider: ProviderName,
        /// The owner's name for the device.
        optional device_name: DeviceName,
        /// From the last sign-in of this device, if it stored one; a page that signs in by cookie has a cookie for it.
        optional device_token: Token,
        /// As for `auth.register`; for an account that is created by this sign-in.
        optional invitation: Token,
    }
}

params! {
    /// Parameters of `auth.login_provider`.
    pub struct LoginParams {
        /// From `auth.begin_provider_login`.
        required flow: Token,
        /// As sent by the provider.
        required code: Token,
        /// As sent by the provider.
        required state: Token,
        /// As sent by the provider, if at all.
        optional iss: Token,
        /// As sent by the provider, if at all: Apple sends a name here, the first time only.
        optional user: ProviderUser,
        /// As for `auth.login`.
        optional credentials: CredentialKind,
    }
}

params! {
    /// Parameters of `providers.begin_link` and `providers.unlink`.
    pub struct ProviderParams {
        required provider: ProviderName,
    }
}

params! {
    /// Parameters of `providers.link`.
    pub struct LinkParams {
        /// From `providers.begin_link` of this session.
        required flow: Token,
        /// As sent by the provider.
        required code: Token,
        /// As sent by the provider.
        required state: Token,
        /// As sent by the provider, if at all.
        optional iss: Token,
    }
}

/// Apple's `user`: JSON, as text or parsed. Other values are ignored.
pub struct ProviderUser(Option<NameFromForm>);

impl Param for ProviderUser {
    fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
        match value {
            Value::String(text) => Ok(Self(serde_json::from_str(text).ok().and_then(|user| NameFromForm::read(&user)))),
            Value::Object(_) => Ok(Self(NameFromForm::read(value))),
            _ => Err(vec![type_fault("text or an object")]),
        }
    }
}

impl JsonSchema for ProviderUser {
    fn schema_name() -> Cow<'static, str> {
        "ProviderUser".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "object"], "description": "The `user` that the provider has sent" })
    }
}

/// Declares the methods that sign in with a provider.
pub fn declare_sign_in(registry: &mut Registry) {
    registry.public(
        "auth.begin_provider_login",
        Effect::Read,
        Description {
            summary: "Starts a sign-in with a provider: the browser stores the flow and goes to the URL.",
            rate: Rate::Ceremony,
            errors: &[Kind::NotFound],
            example: || (json!({ "provider": "google", "device_name": "Ann's laptop" }), examples::provider_flow()),
        },
        |call: Call, params: BeginLoginParams| async move {
            let BeginLoginParams { provider, device_name, device_token: token, invitation } = params;
            let token = device_token(&call, token).map(|token| token.expose().to_owned());
            call.context
                .accounts
                .begin_provider_login(provider, device_name, token, invitation.as_ref().map(|token| token.0.as_str()))
                .await
        },
    );
    registry.public(
        "auth.login_provider",
        Effect::Write,
        Description {
            summary: "Opens a session with a provider's answer; creates the account if there is none.",
            rate: Rate::SignIn,
            errors: &[
                Kind::InvalidToken,
                Kind::AccountDisabled,
                Kind::SecondFactorRequired,
                Kind::LinkRequired,
                Kind::EmailNotVerified,
                Kind::SignUpClosed,
            ],
            example: || (examples::provider_answer(), sign_in::example()),
        },
        login,
    );
}

/// Declares the namespace.
pub fn declare(registry: &mut Registry) {
    registry.public(
        "providers.list",
        Effect::Read,
        Description {
            summary: "The providers to sign in with.",
            rate: Rate::Calls,
            errors: &[],
            example: || (json!({}), json!([{ "provider": "google", "label": "Google" }])),
        },
        |call: Call, _: NoParams| async move { Ok::<_, Error>(call.context.accounts.providers.offered()) },
    );
    registry.proven(
        "providers.begin_link",
        Effect::Read,
        Description {
            summary: "Starts to link an account at a provider: the browser stores the flow and goes to the URL.",
            rate: Rate::Ceremony,
            errors: &[Kind::NotFound],
            example: || (json!({ "provider": "google" }), examples::provider_flow()),
        },
        begin_link,
    );
    registry.session(
        "providers.link",
        Effect::Write,
        Description {
            summary: "Links the account of a provider's answer; one per provider.",
            rate: Rate::Token,
            errors: &[Kind::InvalidToken, Kind::Conflict],
            example: || (examples::provider_answer(), examples::sign_in_methods()),
        },
        link,
    );
    registry.proven(
        "providers.unlink",
        Effect::Write,
        Description {
            summary: "Unlinks a provider, but not the last sign-in method.",
            rate: Rate::Change,
            errors: &[Kind::NotFound, Kind::LastSignInMethod],
            example: || (json!({ "provider": "google" }), examples::sign_in_methods()),
        },
        unlink,
    );
}

async fn login(call: Call, params: LoginParams) -> Result<SignIn, Error> {
    let answer = Answer::by(&call, params.credentials)?;
    let device = answer.device(&call, None, None);
    let callback = Callback {
        code: params.code.0,
        state: params.state.0,
        iss: params.iss.map(|iss| iss.0),
        name: params.user.and_then(|user| user.0),
    };
    let came = ProviderAnswer { flow: params.flow.0, callback };
    let signed_in = call.context.accounts.sign_in_by_provider(came, device).await?;
    Ok(answer.of(&call, signed_in))
}

async fn begin_link(call: Call, caller: ProvenCaller, params: ProviderParams) -> Result<Flow, Error> {
    call.context.accounts.begin_provider_link(caller, params.provider).await
}

async fn link(call: Call, caller: Caller, params: LinkParams) -> Result<SignInMethods, Error> {
    let callback =
        Callback { code: params.code.0, state: params.state.0, iss: params.iss.map(|iss| iss.0), name: None };
    let came = ProviderAnswer { flow: params.flow.0, callback };
    call.context.accounts.link_provider(caller, &call.client(), came).await
}

async fn unlink(call: Call, caller: ProvenCaller, params: ProviderParams) -> Result<SignInMethods, Error> {
    call.context.accounts.unlink_provider(caller, &call.client(), &params.provider).await
}

//! `auth.options`: what a page may offer.

use crate::{
    account::Error,
    domain::sign_up::SignUp,
    providers::OfferedProvider,
    rpc::{
        params::NoParams,
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// What a page may offer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Options {
    /// Whether anybody may register.
    sign_up: SignUp,
    /// Domains of the addresses that may; any if there are none.
    sign_up_domains: Vec<String>,
    /// Characters that a new password has at least.
    password_min_length: usize,
    /// Providers that the operator has set up.
    providers: Vec<OfferedProvider>,
    /// Whether passkeys work here: browsers bind them to a domain, and an address is none.
    passkeys: bool,
}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.public(
        "auth.options",
        Effect::Read,
        Description {
            summary: "What a page may offer: registration and for whom, providers, passkeys, the least length of a password.",
            rate: Rate::Calls,
            errors: &[],
            example: (
                json!({}),
                json!({ "sign_up": "open", "sign_up_domains": [], "password_min_length": 8,
                    "providers": [{ "provider": "google", "label": "Google" }], "passkeys": true }),
            ),
        },
        options,
    );
}

async fn options(call: Call, _: NoParams) -> Result<Options, Error> {
    let accounts = &call.context.accounts;
    Ok(Options {
        sign_up: accounts.sign_up_policy.sign_up,
        sign_up_domains: accounts.sign_up_policy.domains.clone(),
        password_min_length: accounts.password_min_length,
        providers: accounts.providers.offered(),
        passkeys: accounts.relying_party.is_some(),
    })
}

//! `auth.options`: the options that a page may offer.

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

/// The options that a page may offer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Options {
    /// Who may register.
    sign_up: SignUp,
    /// The domains whose addresses may register; all domains if the list is empty.
    sign_up_domains: Vec<String>,
    /// The least number of characters of a new password.
    password_min_length: usize,
    /// Providers that the operator has set up.
    providers: Vec<OfferedProvider>,
    /// Whether passkeys are available: browsers bind them to a domain, and an IP address is not one.
    passkeys: bool,
}

/// Declares the method.
pub fn declare(registry: &mut Registry) {
    registry.public(
        "auth.options",
        Effect::Read,
        Description {
            summary: "The options that a page may offer: registration and its domains, providers, passkeys, the minimum length of a password.",
            rate: Rate::Calls,
            errors: &[],
            example: || (
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

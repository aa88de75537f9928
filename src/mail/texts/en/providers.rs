//! English letters on links to providers.

use super::super::{Notice, ProviderTexts};

pub(super) const PROVIDERS: ProviderTexts = ProviderTexts {
    linked: Notice {
        subject: |shop| format!("Your account at {shop} is linked to a provider"),
        heading: "A sign-in method was added",
        event: |shop| {
            format!(
                "Somebody who was signed in to your account at {shop}, probably you, linked an account at a provider to it. \
                 Whoever signs in there can sign in here as well, without a password."
            )
        },
        advice: "If it was you, there is nothing to do.",
        button: "Sign in",
        not_you: "If it was not you, sign in, unlink it under Security, and sign out every other device. Then change your \
                  password.",
    },
    unlinked: Notice {
        subject: |shop| format!("A provider was unlinked from your account at {shop}"),
        heading: "A sign-in method was removed",
        event: |shop| {
            format!(
                "Somebody who was signed in to your account at {shop}, probably you, unlinked an account at a provider. \
                 It can no longer be used to sign in."
            )
        },
        advice: "If it was you, there is nothing to do.",
        button: "Sign in",
        not_you: "If it was not you, sign in, check under Security what can still sign in to your account, and sign out \
                  every other device. Then change your password.",
    },
};

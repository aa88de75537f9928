//! English letters on passkeys.

use super::super::{Notice, PasskeyTexts};

pub(super) const PASSKEYS: PasskeyTexts = PasskeyTexts {
    added: Notice {
        subject: |shop| format!("Your account at {shop} has a new passkey"),
        heading: "A passkey was added",
        event: |shop| {
            format!(
                "Somebody who was signed in to your account at {shop}, probably you, added a passkey to it. \
                 It can sign in without a password."
            )
        },
        advice: "If it was you, there is nothing to do.",
        button: "Sign in",
        not_you: "If it was not you, sign in, delete this passkey under Security, and sign out every other device. Then change \
                  your password.",
    },
    deleted: Notice {
        subject: |shop| format!("A passkey of your account at {shop} was deleted"),
        heading: "A passkey was deleted",
        event: |shop| {
            format!(
                "Somebody who was signed in to your account at {shop}, probably you, deleted a passkey of it. \
                 It can no longer be used to sign in."
            )
        },
        advice: "If it was you, there is nothing to do. The passkey may still be listed where it is stored; you can delete \
                 it there, too.",
        button: "Sign in",
        not_you: "If it was not you, sign in, check under Security what can still sign in to your account, and sign out \
                  every other device. Then change your password.",
    },
    passkey: "Passkey",
    provider: "Sign-in with",
    still_signs_in: "These can still sign in as well:",
    delete_other_ways: "The new password does not change the other sign-in methods: look through the list above and \
                        delete what is not yours.",
};

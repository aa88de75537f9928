//! English letters on sign-in methods.

use super::super::{
    Notice,
    sign_in_methods::{RecoveryCodeUsed, SignInMethods},
};

const SIGN_IN: &str = "Sign in";
const NOTHING_TO_DO: &str = "If it was you, there is nothing to do.";
const NOT_YOU: &str = "If it was not you, reset your password at once, which signs out every device, and check the sign-in \
                       methods of your account.";

pub(super) const SIGN_IN_METHODS: SignInMethods = SignInMethods {
    password_set: Notice {
        subject: |shop| format!("Your account at {shop} has a password now"),
        heading: "Your account has a password",
        event: |shop| {
            format!(
                "Your account at {shop} had no password until now. Somebody who was signed in has set one. Every other \
                 device was signed out."
            )
        },
        advice: NOTHING_TO_DO,
        button: SIGN_IN,
        not_you: NOT_YOU,
    },
    totp_enabled: Notice {
        subject: |shop| format!("The second factor for {shop} is on"),
        heading: "The second factor is on",
        event: |shop| {
            format!("From now on, signing in to your account at {shop} also needs a code from your authenticator app.")
        },
        advice: "If it was you, keep the recovery codes where you can find them without your phone.",
        button: SIGN_IN,
        not_you: NOT_YOU,
    },
    totp_disabled: Notice {
        subject: |shop| format!("The second factor for {shop} was turned off"),
        heading: "The second factor was turned off",
        event: |shop| {
            format!(
                "Signing in to your account at {shop} no longer needs a code from your authenticator app. The recovery codes \
                 no longer work."
            )
        },
        advice: NOTHING_TO_DO,
        button: SIGN_IN,
        not_you: NOT_YOU,
    },
    second_factor_reset: Notice {
        subject: |shop| format!("The second factor for {shop} was removed"),
        heading: "The second factor was removed",
        event: |shop| {
            format!(
                "Our staff has removed the second factor of your account at {shop}, as is done when it is lost. Every \
                 device was signed out, and the recovery codes no longer work."
            )
        },
        advice: "If you asked for it, sign in and set up a second factor again.",
        button: SIGN_IN,
        not_you: "If you did not ask for it, tell us, and give your account a new password.",
    },
    recovery_codes_renewed: Notice {
        subject: |shop| format!("You have new recovery codes for {shop}"),
        heading: "You have new recovery codes",
        event: |shop| {
            format!("New recovery codes were made for your account at {shop}. The former ones no longer work.")
        },
        advice: "If it was you, keep the new ones where you can find them without your phone.",
        button: SIGN_IN,
        not_you: NOT_YOU,
    },
    recovery_code_used: RecoveryCodeUsed {
        notice: Notice {
            subject: |shop| format!("A recovery code for {shop} was used"),
            heading: "A recovery code was used",
            event: |shop| {
                format!("A recovery code of your account at {shop} was used in place of the authenticator app.")
            },
            advice: NOTHING_TO_DO,
            button: SIGN_IN,
            not_you: NOT_YOU,
        },
        left: "Recovery codes left",
        few: "Few recovery codes are left. Sign in and make new ones.",
    },
};

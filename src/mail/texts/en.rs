//! English. Kept to ASCII, which lets the text part travel as it is.

use super::{AlreadyRegistered, Span, Texts, VerifyEmail};

pub(super) const TEXTS: Texts = Texts {
    language: "en",
    span: |span| match span {
        Span::Minutes(1) => "1 minute".to_owned(),
        Span::Minutes(n) => format!("{n} minutes"),
        Span::Hours(1) => "1 hour".to_owned(),
        Span::Hours(n) => format!("{n} hours"),
        Span::Days(1) => "1 day".to_owned(),
        Span::Days(n) => format!("{n} days"),
    },
    address_of_link: "If the button does not work, open this address:",
    footer: |shop| format!("{shop} sent this letter automatically."),
    verify_email: VerifyEmail {
        subject: |shop| format!("Confirm your e-mail address for {shop}"),
        heading: "Confirm your e-mail address",
        request: |shop| {
            format!(
                "Somebody, probably you, asked for an account at {shop} with this e-mail address. \
                 Confirm the address to open the account."
            )
        },
        button: "Confirm e-mail address",
        lifetime: |span| format!("The link works once, for {span} after the request."),
        not_you: "If it was not you, ignore this letter: no account is opened then.",
    },
    already_registered: AlreadyRegistered {
        subject: |shop| format!("You already have an account at {shop}"),
        heading: "You already have an account",
        request: |shop| {
            format!(
                "Somebody, probably you, tried to register at {shop} with this e-mail address. \
                 It already has an account, so no other was opened."
            )
        },
        advice: "Sign in with your password. If you have forgotten it, you can reset it there.",
        button: "Sign in or reset the password",
        not_you: "If it was not you, ignore this letter: your account is unchanged, and whoever it was \
                  has not been told that it exists.",
    },
};

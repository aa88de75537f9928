//! English. Kept to ASCII, so that the text part needs no encoding.

mod deletion;
mod invitation;
mod operator;
mod passkeys;
mod providers;
mod sign_in_methods;

use super::{EmailChanged, NewDevice, Notice, Request, Span, Texts};

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
    moment: |at| format!("{} {} {}, {} (UTC)", at.day, at.month, at.year, at.clock),
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    address_of_link: "If the button does not work, open this address:",
    verification_code: "Or type this code where you registered:",
    footer: |shop| format!("{shop} sent this letter automatically."),
    verify_email: Request {
        subject: |shop| format!("Confirm your e-mail address for {shop}"),
        heading: "Confirm your e-mail address",
        request: |shop| {
            format!(
                "Somebody, probably you, asked for an account at {shop} with this e-mail address. \
                 Confirm the address to open the account."
            )
        },
        button: "Confirm e-mail address",
        lifetime: LIFETIME,
        not_you: "If it was not you, ignore this letter: no account is opened then.",
    },
    invitation: invitation::INVITATION,
    already_registered: Notice {
        subject: |shop| format!("You already have an account at {shop}"),
        heading: "You already have an account",
        event: |shop| {
            format!(
                "Somebody, probably you, tried to register at {shop} with this e-mail address. \
                 It already has an account, so no other was opened."
            )
        },
        advice: "Sign in with your password. If you have forgotten it, you can reset it there.",
        button: SIGN_IN_OR_RESET,
        not_you: "If it was not you, ignore this letter: your account is unchanged, and the other \
                  person has not been told that it exists.",
    },
    reset_password: Request {
        subject: |shop| format!("Choose a new password for {shop}"),
        heading: "Choose a new password",
        request: |shop| {
            format!(
                "Somebody, probably you, asked to reset the password of your account at {shop}. \
                 Choose a new one with the link below. Every device is signed out then."
            )
        },
        button: "Choose a new password",
        lifetime: LIFETIME,
        not_you: "If it was not you, ignore this letter: your password stays as it is. \
                  Do not pass the link on to anybody.",
    },
    password_was_reset: Notice {
        subject: |shop| format!("Your password for {shop} was reset"),
        heading: "Your password was reset",
        event: |shop| {
            format!(
                "The password of your account at {shop} was reset with a link that was sent to this \
                 e-mail address. Every device was signed out."
            )
        },
        advice: "If it was you, sign in with the new password. There is nothing else to do.",
        button: SIGN_IN_OR_RESET,
        not_you: "If it was not you, somebody else can read your mail. First give your mailbox a new \
                  password, then reset the password of this account once more.",
    },
    password_changed: Notice {
        subject: |shop| format!("Your password for {shop} was changed"),
        heading: "Your password was changed",
        event: |shop| {
            format!(
                "The password of your account at {shop} was changed by somebody who was signed in and had \
                 confirmed to be you. Every other device was signed out."
            )
        },
        advice: "If it was you, there is nothing to do.",
        button: SIGN_IN_OR_RESET,
        not_you: "If it was not you, reset the password at once, which signs out every device. Change it \
                  as well wherever else you used the previous one.",
    },
    confirm_email_change: Request {
        subject: |shop| format!("Confirm your new e-mail address for {shop}"),
        heading: "Confirm your new e-mail address",
        request: |shop| {
            format!(
                "Somebody, probably you, asked to make this the e-mail address of an account at {shop}. \
                 Confirm it to sign in with it from then on. Every device is signed out then."
            )
        },
        button: "Confirm new e-mail address",
        lifetime: LIFETIME,
        not_you: "If it was not you, ignore this letter: without your confirmation nothing is changed.",
    },
    email_taken: Notice {
        subject: |shop| format!("Your e-mail address already has an account at {shop}"),
        heading: "This address already has an account",
        event: |shop| {
            format!(
                "Somebody, probably you, asked to make this the e-mail address of another account at {shop}. \
                 It already belongs to your account, so nothing was changed."
            )
        },
        advice: "If it was you, sign in with this address, or choose a different one for the other account.",
        button: SIGN_IN_OR_RESET,
        not_you: "If it was not you, ignore this letter: your account is unchanged, and the other \
                  person has not been told that it exists.",
    },
    email_change_requested: EmailChanged {
        subject: |shop| format!("A change of your e-mail address was requested at {shop}"),
        heading: "A change of your e-mail address was requested",
        event: |shop| {
            format!(
                "Somebody who is signed in to your account at {shop} asked to change its e-mail address. Nothing has \
                 changed yet: the new address has to be confirmed first."
            )
        },
        new_email: "New e-mail address",
        advice: "If it was you, open the letter that was sent to the new address.",
        button: SIGN_IN_OR_RESET,
        not_you: |shop| {
            format!(
                "If it was not you, sign in, end every other session under Devices and change the password: the request ends with \
                 the session that made it. Then tell {shop}."
            )
        },
    },
    email_changed: EmailChanged {
        subject: |shop| format!("Your e-mail address for {shop} was changed"),
        heading: "Your e-mail address was changed",
        event: |shop| {
            format!(
                "Your account at {shop} now has another e-mail address. Every device was signed out, and \
                 the address that this letter was sent to can no longer be used to sign in."
            )
        },
        new_email: "New e-mail address",
        advice: "If it was you, sign in with the new address from now on.",
        button: "Sign in",
        not_you: |shop| {
            format!(
                "If it was not you, somebody who knew your password has taken the account over. You cannot \
                 undo this yourself: keep this letter and tell {shop} at once. Change the password as well \
                 wherever else you use it."
            )
        },
    },
    new_device: NewDevice {
        subject: |shop| format!("New sign-in to your account at {shop}"),
        heading: "Sign-in from a new device",
        event: |shop| {
            format!(
                "Somebody, probably you, signed in to your account at {shop} from a device that had not \
                 been used for it before."
            )
        },
        time: "Time",
        device: "Device, as it describes itself",
        silent: "not given",
        network: "Network",
        advice: "If it was you, there is nothing to do.",
        not_you: "If it was not you, end it: sign in, open the list of your devices and sign that device out, \
                  or sign out everywhere.",
        button: "Sign in",
        reset: "Then reset your password, because somebody else knows it. The reset also signs out every device.",
    },
    sign_in_methods: sign_in_methods::SIGN_IN_METHODS,
    passkeys: passkeys::PASSKEYS,
    providers: providers::PROVIDERS,
    webhook_switched_off: operator::WEBHOOK_SWITCHED_OFF,
    deletion: deletion::DELETION,
};

const LIFETIME: fn(&str) -> String = |span| format!("The link works once, for {span} after the request.");

const SIGN_IN_OR_RESET: &str = "Sign in or reset the password";

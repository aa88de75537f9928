//! The texts of letters, in every language.
//!
//! A language is one constant of [`Texts`], which both parts of a letter are made from. A missing text does not
//! compile. The texts contain no markup, and links are added elsewhere.

mod de;
mod en;
mod operator;
mod sign_in_methods;
mod sq;

pub(super) use operator::WebhookSwitchedOff;
pub(super) use sign_in_methods::{RecoveryCodeUsed, SignInMethods};

use crate::domain::{profile::Locale, time::Timestamp};
use chrono::{DateTime, Datelike, Timelike};
use std::time::Duration;

/// Every text of a language. The letters are those of [`Content`](crate::domain::letter::Content).
pub(super) struct Texts {
    /// The language's BCP 47 tag, for the `lang` attribute.
    pub language: &'static str,
    /// A span of time: "24 hours".
    pub span: fn(Span) -> String,
    /// A point in time: "3 February 2026, 14:05 (UTC)".
    pub moment: fn(&Moment) -> String,
    /// The months' names as `moment` uses them.
    pub months: [&'static str; 12],
    /// Introduces the link's address, for readers who cannot press the button.
    pub address_of_link: &'static str,
    /// Introduces the code that verifies a registration where it was started.
    pub verification_code: &'static str,
    /// The last line of every letter.
    pub footer: fn(shop: &str) -> String,
    pub verify_email: Request,
    pub invitation: InvitationTexts,
    pub already_registered: Notice,
    pub reset_password: Request,
    pub password_was_reset: Notice,
    pub password_changed: Notice,
    pub confirm_email_change: Request,
    pub email_taken: Notice,
    pub email_change_requested: EmailChanged,
    pub email_changed: EmailChanged,
    pub new_device: NewDevice,
    pub sign_in_methods: SignInMethods,
    pub passkeys: PasskeyTexts,
    pub providers: ProviderTexts,
    pub webhook_switched_off: WebhookSwitchedOff,
    pub deletion: DeletionTexts,
}

/// A letter with a link that carries out a request.
pub(super) struct Request {
    pub subject: fn(shop: &str) -> String,
    pub heading: &'static str,
    /// What was requested, and what the link does.
    pub request: fn(shop: &str) -> String,
    pub button: &'static str,
    /// How often, and for how long, the link works.
    pub lifetime: fn(span: &str) -> String,
    pub not_you: &'static str,
}

/// A letter that reports an event; its link leads to the shop.
pub(super) struct Notice {
    pub subject: fn(shop: &str) -> String,
    pub heading: &'static str,
    /// What happened.
    pub event: fn(shop: &str) -> String,
    /// What to do if it was the reader.
    pub advice: &'static str,
    pub button: &'static str,
    /// What to do if it was not.
    pub not_you: &'static str,
}

/// Texts about passkeys, and about a password reset for an account that has some.
pub(super) struct PasskeyTexts {
    pub added: Notice,
    pub deleted: Notice,
    /// Labels a passkey.
    pub passkey: &'static str,
    /// Labels an account at a provider.
    pub provider: &'static str,
    /// Introduces the sign-in methods besides a password that was reset.
    pub still_signs_in: &'static str,
    /// What to do about them if the reset was not the reader's.
    pub delete_other_ways: &'static str,
}

/// The letter that invites to register.
pub(super) struct InvitationTexts {
    pub request: Request,
    /// The label of the name that the operator has given.
    pub name: &'static str,
    /// The label of the address that can register.
    pub email: &'static str,
}

/// What is said of the deletion of an account by its owner.
pub(super) struct DeletionTexts {
    pub request: Request,
    /// The last letter.
    pub done: Notice,
}

/// Texts about links to accounts at providers.
pub(super) struct ProviderTexts {
    pub linked: Notice,
    pub unlinked: Notice,
}

/// The letters about a change of the e-mail address, to the old one.
pub(super) struct EmailChanged {
    pub subject: fn(shop: &str) -> String,
    pub heading: &'static str,
    pub event: fn(shop: &str) -> String,
    /// Labels the new address.
    pub new_email: &'static str,
    pub advice: &'static str,
    pub button: &'static str,
    pub not_you: fn(shop: &str) -> String,
}

/// The letter about a sign-in from a new device.
pub(super) struct NewDevice {
    pub subject: fn(shop: &str) -> String,
    pub heading: &'static str,
    pub event: fn(shop: &str) -> String,
    /// Labels the time.
    pub time: &'static str,
    /// Labels the device's description of itself.
    pub device: &'static str,
    /// Stands in for a missing or blank description.
    pub silent: &'static str,
    /// Labels the kind of network address.
    pub network: &'static str,
    pub advice: &'static str,
    /// How to end the sign-in if it was not the reader's; it begins with signing in, by the button below.
    pub not_you: &'static str,
    pub button: &'static str,
    /// What to do after that.
    pub reset: &'static str,
}

impl Texts {
    /// The texts of `locale`.
    pub(super) fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &en::TEXTS,
            Locale::De => &de::TEXTS,
            Locale::Sq => &sq::TEXTS,
        }
    }
}

/// A span of time in the unit that a person would use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    Minutes(u64),
    Hours(u64),
    Days(u64),
}

impl Span {
    /// Rounds down, so that no letter promises more time than there is.
    pub(super) fn of(time: Duration) -> Self {
        const HOUR: u64 = 60 * 60;
        const DAY: u64 = 24 * HOUR;
        match time.as_secs() {
            seconds if seconds >= 2 * DAY => Self::Days(seconds / DAY),
            seconds if seconds == HOUR || seconds >= 2 * HOUR => Self::Hours(seconds / HOUR),
            seconds => Self::Minutes((seconds / 60).max(1)),
        }
    }
}

/// A point in time to the minute, in UTC, because the reader's time zone is unknown.
pub(super) struct Moment {
    pub year: i32,
    /// Its name.
    pub month: &'static str,
    pub day: u32,
    /// Hours and minutes: "14:05".
    pub clock: String,
}

impl Moment {
    /// `at`, with the month in the language of `texts`.
    pub(super) fn of(at: Timestamp, texts: &Texts) -> Self {
        let at = DateTime::from_timestamp(at.unix(), 0).unwrap_or_default();
        Self {
            year: at.year(),
            month: texts.months[at.month0() as usize],
            day: at.day(),
            clock: format!("{:02}:{:02}", at.hour(), at.minute()),
        }
    }
}

#[cfg(test)]
#[path = "texts_tests.rs"]
mod tests;

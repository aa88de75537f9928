//! What letters say, in every language.
//!
//! A language is one constant of [`Texts`]. A text that is missing, or that leaves out one of its values'
//! parameters, does not compile.

mod en;

use crate::domain::profile::Locale;
use std::time::Duration;

/// Every text of a language.
pub(super) struct Texts {
    /// The language's BCP 47 tag, for the `lang` attribute.
    pub language: &'static str,
    /// A span of time: "24 hours".
    pub span: fn(Span) -> String,
    /// Over the link's address, for those who cannot press the button.
    pub address_of_link: &'static str,
    /// The last line of every letter.
    pub footer: fn(shop: &str) -> String,
    /// See [`Content::VerifyEmail`](crate::domain::letter::Content::VerifyEmail).
    pub verify_email: VerifyEmail,
    /// See [`Content::AlreadyRegistered`](crate::domain::letter::Content::AlreadyRegistered).
    pub already_registered: AlreadyRegistered,
}

/// The letter with the link that verifies a registration.
pub(super) struct VerifyEmail {
    pub subject: fn(shop: &str) -> String,
    pub heading: &'static str,
    pub request: fn(shop: &str) -> String,
    pub button: &'static str,
    pub lifetime: fn(span: &str) -> String,
    pub not_you: &'static str,
}

/// The letter to the owner of an address that somebody tried to register again.
pub(super) struct AlreadyRegistered {
    pub subject: fn(shop: &str) -> String,
    pub heading: &'static str,
    pub request: fn(shop: &str) -> String,
    pub advice: &'static str,
    pub button: &'static str,
    pub not_you: &'static str,
}

impl Texts {
    /// The texts of `locale`. Until a language is translated its letters are written in English.
    pub(super) fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En | Locale::De | Locale::Sq => &en::TEXTS,
        }
    }
}

/// A span of time in the one unit that a person would use.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_as_people_would() {
        let told = |minutes: u64| (Texts::of(Locale::En).span)(Span::of(Duration::from_secs(60 * minutes)));
        for (minutes, text) in [
            (0, "1 minute"),
            (1, "1 minute"),
            (45, "45 minutes"),
            (60, "1 hour"),
            (90, "90 minutes"),
            (2 * 60 + 59, "2 hours"),
            (24 * 60, "24 hours"),
            (48 * 60, "2 days"),
            (7 * 24 * 60 + 1, "7 days"),
        ] {
            assert_eq!(told(minutes), text);
        }
    }
}

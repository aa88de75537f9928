//! The differences between providers (docs/providers.md).

use crate::settings::Preset;

/// Issuers that Google's tokens may name (<https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken>).
const GOOGLE: &str = "https://accounts.google.com";
const GOOGLE_WITHOUT_SCHEME: &str = "accounts.google.com";

impl Preset {
    /// Whether it answers with a form that the browser posts: Apple does if a name or an address is requested.
    pub(super) fn answers_by_form(self) -> bool {
        self == Self::Apple
    }

    /// Whether it accepts the client's secret in the body only.
    pub(super) fn wants_secret_in_body(self) -> bool {
        matches!(self, Self::Apple | Self::LinkedIn)
    }

    /// Whether its tokens do not repeat the nonce. State and PKCE also bind an answer to its flow.
    pub(super) fn tokens_lack_nonce(self) -> bool {
        self == Self::LinkedIn
    }

    /// Whether `xms_edov` is its claim for a verified address.
    pub(super) fn vouches_by_domain(self) -> bool {
        self == Self::Microsoft
    }

    /// The accepted values of `iss` in its tokens.
    pub(super) fn issuers(self, issuer: &str) -> Vec<&str> {
        match (self, issuer) {
            (Self::Google, GOOGLE) => vec![GOOGLE, GOOGLE_WITHOUT_SCHEME],
            _ => vec![issuer],
        }
    }
}

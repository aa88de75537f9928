//! Codes of authenticator apps (RFC 6238): SHA-1, six digits, steps of 30 seconds, which every app supports.

use super::{
    base32,
    sealed::{Sealed, Sealer, Sealing},
};
use crate::domain::{ids::UserId, time::Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use qrcode::{EcLevel, QrCode, render::svg, types::QrError};
use ring::hmac;
use secrecy::{ExposeSecret, SecretSlice};
use subtle::ConstantTimeEq;

/// The bytes of a secret: the length of the hash's output (RFC 4226, R6).
const BYTES: usize = 20;
/// The length of a step in seconds.
const STEP: i64 = 30;
/// Digits of a code.
const DIGITS: u32 = 6;
/// Steps before and after the present one whose codes are accepted: clocks differ, and people type slowly (RFC 6238,
/// section 5.2).
const STEPS_AROUND: i64 = 1;
/// The least width and height of the QR code, in pixels.
const QR_PIXELS: u32 = 240;

/// The secret that codes are made from.
#[derive(Clone, Debug)]
pub struct TotpSecret(SecretSlice<u8>);

impl TotpSecret {
    /// A new secret.
    pub fn new() -> Self {
        Self(SecretSlice::from(rand::random::<[u8; BYTES]>().to_vec()))
    }

    /// Parses base32; `None` unless the secret has 10 to 40 bytes.
    pub fn parse(base32: &str) -> Option<Self> {
        let bytes = base32::decode(base32)?;
        (10..=40).contains(&bytes.len()).then(|| Self(SecretSlice::from(bytes)))
    }

    /// The stored form: encrypted, for this user only.
    pub fn seal(&self, sealer: &Sealer, user: UserId) -> Sealed {
        sealer.seal(Sealing::Totp, user.0.as_bytes(), self.expose())
    }

    /// The secret in a user's row; `None` if it is sealed under an unknown key, or for another user.
    pub fn unseal(sealer: &Sealer, user: UserId, sealed: &Sealed) -> Option<Self> {
        sealer.open(Sealing::Totp, user.0.as_bytes(), sealed).map(Self)
    }

    fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// In base32, as people type it into an app.
    pub fn base32(&self) -> String {
        base32::encode(self.expose(), base32::RFC_4648)
    }

    /// The URI that apps read, which names the shop and the account.
    pub fn uri(&self, shop: &str, account: &str) -> String {
        let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        let (shop, account, secret) = (encode(shop), encode(account), self.base32());
        format!(
            "otpauth://totp/{shop}:{account}?secret={secret}&issuer={shop}&algorithm=SHA1&digits={DIGITS}&period={STEP}"
        )
    }

    /// The step of this code, if it may be used now: the present step, the one before or the one after, and later than
    /// `last`, which was used. Blanks in the code are ignored.
    pub fn step_of(&self, code: &str, now: Timestamp, last: i64) -> Option<i64> {
        let typed: String = code.chars().filter(|c| !c.is_whitespace()).take(16).collect();
        let present = now.unix().div_euclid(STEP);
        let mut found = None;
        // All of them are compared, so that the time does not reveal which one matched.
        for step in present - STEPS_AROUND..=present + STEPS_AROUND {
            let is_code = bool::from(self.code(step, DIGITS).as_bytes().ct_eq(typed.as_bytes()));
            if is_code && step > last {
                found = Some(step);
            }
        }
        found
    }

    /// RFC 4226, section 5.3.
    fn code(&self, step: i64, digits: u32) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.expose());
        let mac = hmac::sign(&key, &step.to_be_bytes());
        let mac = mac.as_ref();
        let offset = usize::from(mac[mac.len() - 1] & 15);
        let word = mac[offset..].first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes));
        let number = (word & 0x7fff_ffff) % 10_u32.pow(digits);
        format!("{number:0width$}", width = usize::try_from(digits).unwrap_or_default())
    }
}

impl Default for TotpSecret {
    fn default() -> Self {
        Self::new()
    }
}

/// A QR code as an SVG image.
///
/// # Errors
/// If the text is too long for a QR code: more than some 2,300 bytes.
pub fn qr_svg(text: &str) -> Result<String, QrError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(QR_PIXELS, QR_PIXELS).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(bytes: &[u8]) -> TotpSecret {
        TotpSecret(SecretSlice::from(bytes.to_vec()))
    }

    fn time(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds).unwrap()
    }

    /// RFC 6238, appendix B, the rows of SHA-1.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = secret(b"12345678901234567890");
        for (seconds, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(secret.code(seconds / STEP, 8), code);
            assert_eq!(secret.step_of(&code[2..], time(seconds), 0), Some(seconds / STEP), "the last six digits");
        }
    }

    #[test]
    fn a_code_is_valid_a_step_early_and_late_and_never_after_its_use() {
        let secret = TotpSecret::new();
        let now = 1_800_000_015;
        let step = now / STEP;
        let code = secret.code(step, DIGITS);
        let typed = format!(" {} {}\n", &code[..3], &code[3..]);
        for (seconds, good) in [(now - 46, false), (now - 45, true), (now, true), (now + 44, true), (now + 45, false)] {
            assert_eq!(secret.step_of(&typed, time(seconds), 0), good.then_some(step), "{}", seconds - now);
        }
        assert_eq!(secret.step_of(&code, time(now), step - 1), Some(step));
        assert_eq!(secret.step_of(&code, time(now), step), None, "used");
        assert_eq!(secret.step_of(&code, time(now), step + 1), None, "older than the one that was used");
        for none in ["", "x", &code[1..], &format!("{code}0"), &"٣".repeat(6)] {
            assert_eq!(secret.step_of(none, time(now), 0), None, "{none}");
        }
    }

    #[test]
    fn the_uri_and_the_image_hold_the_secret_and_the_debug_form_does_not() {
        let secret = TotpSecret::new();
        let uri = secret.uri("Shop & Co", "jo@shop.example");
        let base32 = secret.base32();
        assert_eq!(base32.len(), 32);
        assert!(
            uri.starts_with(&format!("otpauth://totp/Shop%20%26%20Co:jo%40shop%2Eexample?secret={base32}&issuer="))
        );
        assert_eq!(TotpSecret::parse(&base32).unwrap().expose(), secret.expose());
        let svg = qr_svg(&uri).unwrap();
        assert!(svg.contains("<svg") && svg.ends_with("</svg>"), "{}", &svg[..80]);
        let longest = secret.uri(&"\u{10ffff}".repeat(100), &"x".repeat(254));
        assert!(qr_svg(&longest).is_ok(), "{} bytes", longest.len());
        assert!(!format!("{secret:?}").contains(&base32));
    }
}

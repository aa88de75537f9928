//! Opaque tokens: derived from a row's id and not stored, so that they cannot be made from the database.

use super::keys::Keys;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use uuid::Uuid;

/// A token's bytes: id, counter, MAC.
const BYTES: usize = 16 + 8 + 32;

/// The same in base64url without padding.
const CHARACTERS: usize = (BYTES * 4).div_ceil(3);

/// The number of digits of a code.
const CODE_DIGITS: usize = 8;

/// The number of codes.
const CODES: u64 = 100_000_000;

/// The purpose of a token. It is part of the MAC, so that a token is valid for nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `auth.refresh`.
    Refresh,
    /// `auth.verify_email`.
    VerifyEmail,
    /// `auth.confirm_password_reset`.
    ResetPassword,
    /// `profile.confirm_email_change`.
    ChangeEmail,
    /// `account.confirm_deletion`.
    DeleteAccount,
    /// The session cookie.
    Cookie,
    /// The handle of a registration, for whoever started it.
    Registration,
    /// `auth.register`, `auth.begin_provider_login`: the link of an invitation.
    Invitation,
    /// The code of a verification letter.
    VerificationCode,
}

impl Purpose {
    /// These labels must never change: every issued token would become void.
    fn label(self) -> &'static [u8] {
        match self {
            Self::Refresh => b"marbelle/refresh",
            Self::VerifyEmail => b"marbelle/verify-email",
            Self::ResetPassword => b"marbelle/reset-password",
            Self::ChangeEmail => b"marbelle/change-email",
            Self::DeleteAccount => b"marbelle/delete-account",
            Self::Cookie => b"marbelle/cookie",
            Self::Registration => b"marbelle/registration",
            Self::Invitation => b"marbelle/invitation",
            Self::VerificationCode => b"marbelle/verification-code",
        }
    }
}

/// A secret text: a token or a cookie's value. It is wiped from memory when dropped, and never printed.
#[derive(Clone, Debug)]
pub struct Secret(SecretString);

impl Secret {
    /// The text, for its recipient only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

/// Makes and opens opaque tokens.
pub struct OpaqueTokens {
    /// The first makes tokens; all verify them.
    macs: Vec<Hmac<Sha256>>,
}

impl OpaqueTokens {
    /// Tokens under the secrets of `keys`.
    pub fn new(keys: &Keys) -> Self {
        let mac = |secret| Hmac::new_from_slice(secret).expect("HMAC takes keys of any length");
        Self { macs: keys.secrets().map(mac).collect() }
    }

    /// The token of row `id` for `purpose`; `counter` distinguishes the successive tokens of one row.
    pub fn make(&self, purpose: Purpose, id: Uuid, counter: i64) -> Secret {
        self.make_for(purpose, id, counter, &[])
    }

    /// The same, but valid only together with `holder`, which is not part of the token.
    pub fn make_for(&self, purpose: Purpose, id: Uuid, counter: i64, holder: &[u8]) -> Secret {
        let mut bytes = [0; BYTES];
        bytes[..16].copy_from_slice(id.as_bytes());
        bytes[16..24].copy_from_slice(&counter.to_be_bytes());
        let mac = over(&self.macs[0], purpose, &bytes[..24], holder).finalize().into_bytes();
        bytes[24..].copy_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(bytes).into()
    }

    /// The row and counter of a token that was made for `purpose` under any of the secrets; the MAC is compared in
    /// constant time. The caller must check whether the row still accepts the counter.
    pub fn open(&self, purpose: Purpose, text: &str) -> Option<(Uuid, i64)> {
        self.open_for(purpose, text, &[])
    }

    /// The same for a token that is valid only together with `holder`.
    pub fn open_for(&self, purpose: Purpose, text: &str, holder: &[u8]) -> Option<(Uuid, i64)> {
        if text.len() != CHARACTERS {
            return None;
        }
        let mut bytes = [0; BYTES];
        URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let (counter, mac) = rest.split_first_chunk::<8>()?;
        let genuine = self.macs.iter().any(|key| over(key, purpose, &bytes[..24], holder).verify_slice(mac).is_ok());
        genuine.then(|| (Uuid::from_bytes(*id), i64::from_be_bytes(*counter)))
    }

    /// A code of eight digits for people to type, of row `id` and `counter`. It can be guessed, so wrong codes must be
    /// counted.
    pub fn make_code(&self, purpose: Purpose, id: Uuid, counter: i64) -> Secret {
        format!("{:0CODE_DIGITS$}", code(&self.macs[0], purpose, id, counter)).into()
    }

    /// Whether this is the code of row `id` and `counter`, made under any of the secrets. Blanks are ignored.
    pub fn is_code(&self, purpose: Purpose, id: Uuid, counter: i64, text: &str) -> bool {
        let typed: String = text.chars().filter(|c| !c.is_whitespace()).take(CODE_DIGITS + 1).collect();
        let is_number = typed.len() == CODE_DIGITS && typed.bytes().all(|byte| byte.is_ascii_digit());
        is_number && self.macs.iter().any(|key| typed.parse() == Ok(code(key, purpose, id, counter)))
    }
}

/// A number of [`CODE_DIGITS`] digits.
fn code(key: &Hmac<Sha256>, purpose: Purpose, id: Uuid, counter: i64) -> u64 {
    let body = [&id.as_bytes()[..], &counter.to_be_bytes()].concat();
    let mac = over(key, purpose, &body, &[]).finalize().into_bytes();
    let number = mac.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    // The codes are uniform over the 2^64 numbers to within one in 10^11.
    number % CODES
}

/// Feeds the authenticated bytes. This is unambiguous because the body has a fixed length and the holder comes last.
fn over(key: &Hmac<Sha256>, purpose: Purpose, body: &[u8], holder: &[u8]) -> Hmac<Sha256> {
    key.clone().chain_update(purpose.label()).chain_update(body).chain_update(holder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::keys::KeySettings;
    use base64::engine::general_purpose::STANDARD;

    fn tokens(secrets: &[u8]) -> OpaqueTokens {
        let dir = tempfile::tempdir().unwrap();
        let token_secrets = secrets.iter().map(|byte| STANDARD.encode([*byte; 32]).into()).collect();
        let settings = KeySettings { signing_key: None, verify_keys: vec![], token_secrets };
        OpaqueTokens::new(&Keys::load(&settings, dir.path()).unwrap())
    }

    #[test]
    fn a_token_for_a_holder_is_valid_for_no_other() {
        let (tokens, id) = (tokens(&[1]), Uuid::now_v7());
        let token = tokens.make_for(Purpose::Cookie, id, 0, b"ann");
        assert_eq!(tokens.open_for(Purpose::Cookie, token.expose(), b"ann"), Some((id, 0)));
        assert_eq!(tokens.open_for(Purpose::Cookie, token.expose(), b"bob"), None);
        assert_eq!(tokens.open(Purpose::Cookie, token.expose()), None);
    }

    #[test]
    fn a_token_opens_for_its_purpose_only() {
        use Purpose::*;
        let (tokens, id) = (tokens(&[1]), Uuid::now_v7());
        let all = [
            Refresh,
            VerifyEmail,
            ResetPassword,
            ChangeEmail,
            DeleteAccount,
            Cookie,
            Registration,
            Invitation,
            VerificationCode,
        ];
        for made in all {
            let token = tokens.make(made, id, -7);
            for asked in all {
                let expected = (made == asked).then_some((id, -7));
                assert_eq!(tokens.open(asked, token.expose()), expected, "{made:?} as {asked:?}");
            }
        }
    }

    #[test]
    fn a_code_is_eight_digits_of_one_row_and_counter() {
        let (rotated, tokens, id) = (tokens(&[2, 1]), tokens(&[1]), Uuid::now_v7());
        for counter in 0..200 {
            let code = tokens.make_code(Purpose::VerificationCode, id, counter);
            let code = code.expose();
            assert!(code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
            let is_code = |counter, text: &str| tokens.is_code(Purpose::VerificationCode, id, counter, text);
            assert!(is_code(counter, code) && is_code(counter, &format!(" {} {}\n", &code[..4], &code[4..])));
            assert!(!is_code(counter + 1, code), "another letter's");
            assert!(!tokens.is_code(Purpose::VerificationCode, Uuid::now_v7(), counter, code), "another row's");
            assert!(rotated.is_code(Purpose::VerificationCode, id, counter, code), "made under the older secret");
            for other in ["", &code[1..], &format!("{code}0"), &format!("+{}", &code[1..])] {
                assert!(!is_code(counter, other), "{other}");
            }
        }
    }

    #[test]
    fn the_same_row_and_counter_give_the_same_token() {
        let (tokens, id) = (tokens(&[1]), Uuid::now_v7());
        let token = |counter| tokens.make(Purpose::Refresh, id, counter).expose().to_owned();
        assert_eq!(token(3), token(3));
        assert_ne!(token(3), token(4));
        assert_eq!(token(3).len(), CHARACTERS);
    }

    #[test]
    fn a_rotated_secret_still_opens_and_a_removed_one_does_not() {
        let id = Uuid::now_v7();
        let token = tokens(&[1]).make(Purpose::Cookie, id, 0);
        assert_eq!(tokens(&[2, 1]).open(Purpose::Cookie, token.expose()), Some((id, 0)));
        assert_eq!(tokens(&[2]).open(Purpose::Cookie, token.expose()), None);
        assert_eq!(tokens(&[1]).open(Purpose::Cookie, tokens(&[2, 1]).make(Purpose::Cookie, id, 0).expose()), None);
    }

    #[test]
    fn anything_else_is_refused() {
        let tokens = tokens(&[1]);
        let token = tokens.make(Purpose::Refresh, Uuid::now_v7(), 1).expose().to_owned();
        for (place, character) in token.char_indices() {
            let mut other = token.clone();
            other.replace_range(place..=place, if character == 'A' { "B" } else { "A" });
            assert_eq!(tokens.open(Purpose::Refresh, &other), None, "{place}");
        }
        for text in ["", "x", &token[1..], &format!("{token}A"), &format!("{token}="), &"€".repeat(25)] {
            assert_eq!(tokens.open(Purpose::Refresh, text), None, "{text}");
        }
    }

    #[test]
    fn does_not_show_its_value() {
        let token = tokens(&[1]).make(Purpose::Refresh, Uuid::now_v7(), 1);
        assert!(!format!("{token:?}").contains(token.expose()));
    }
}

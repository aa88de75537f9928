//! Password hashes of other systems: Django's, and bare bcrypt, Argon2, scrypt and PBKDF2 in the PHC and modular forms.
//! Imported accounts have them until their first sign-in, which replaces them by Argon2id with our parameters.
//!
//! The cost of a hash comes from outside, so it is bounded: by [`LegacyHash::parse`], before an import accepts it and
//! again before it is computed.

mod cost;
mod forms;

pub use cost::{Argon2Kind, Cost, Digest};

use argon2::Argon2;
use ring::pbkdf2;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::{Digest as _, Sha256};
use std::num::NonZeroU32;
use subtle::ConstantTimeEq;

/// The longest accepted stored hash, in bytes. Django's column holds 128.
pub const LONGEST_HASH: usize = 512;

/// Why a stored hash cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It means that there is no password (Django writes `!` and random characters).
    #[error("there is no password")]
    NoPassword,
    /// Its kind cannot be verified, or it is malformed.
    #[error("not a password hash of a known kind")]
    Unknown,
    /// Verifying it would take more time or memory than one sign-in may.
    #[error("a password hash that costs too much to verify")]
    TooCostly,
}

/// A hash made by another system.
#[derive(Clone, Debug)]
pub struct LegacyHash {
    cost: Cost,
    salt: Vec<u8>,
    digest: Vec<u8>,
}

impl LegacyHash {
    /// Parses a stored hash.
    ///
    /// # Errors
    /// [`Unusable`], also for a cost beyond the bounds of [`Cost::is_affordable`].
    pub fn parse(stored: &str) -> Result<Self, Unusable> {
        if stored.is_empty() || stored.starts_with('!') {
            return Err(Unusable::NoPassword);
        }
        let hash = Some(stored).filter(|stored| stored.len() <= LONGEST_HASH).and_then(forms::read);
        let hash = hash.ok_or(Unusable::Unknown)?;
        if hash.cost.is_affordable() { Ok(hash) } else { Err(Unusable::TooCostly) }
    }

    /// A hash that no password matches and that takes this much work to compare.
    pub(super) fn decoy(cost: Cost) -> Self {
        let (salt, digest) = (rand::random::<[u8; 16]>(), rand::random::<[u8; 64]>());
        Self { cost, salt: salt.to_vec(), digest: digest[..cost.digest_bytes()].to_vec() }
    }

    /// The cost of comparing a password with it.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Whether this is the password, exactly as given.
    pub(super) fn is_of(&self, password: &str) -> bool {
        let mut computed = vec![0; self.digest.len()];
        self.compute(password.as_bytes(), &mut computed) && bool::from(self.digest.ct_eq(&computed))
    }

    /// Computes the hash; `false` if the algorithm does not accept the parameters, which [`forms`] rules out.
    fn compute(&self, password: &[u8], out: &mut [u8]) -> bool {
        match self.cost {
            Cost::Argon2 { kind, version, memory_kib, passes, lanes } => {
                let params = argon2::Params::new(memory_kib, passes, lanes, Some(out.len()));
                let (Ok(params), Ok(version)) = (params, version.try_into()) else { return false };
                Argon2::new(kind.into(), version, params).hash_password_into(password, &self.salt, out).is_ok()
            }
            Cost::Bcrypt { log_rounds, hashed: false } => self.bcrypt(log_rounds, password, out),
            Cost::Bcrypt { log_rounds, hashed: true } => {
                // The whole password, as a hash of a length that bcrypt supports.
                let hashed: SecretString = hexadecimal(&Sha256::digest(password)).into();
                self.bcrypt(log_rounds, hashed.expose_secret().as_bytes(), out)
            }
            Cost::Pbkdf2 { digest, rounds } => {
                let Some(rounds) = NonZeroU32::new(rounds) else { return false };
                pbkdf2::derive(digest.into(), rounds, &self.salt, password, out);
                true
            }
            Cost::Scrypt { log_n, block_size, parallelism } => {
                let params = scrypt::Params::new(log_n, block_size, parallelism);
                params.is_ok_and(|params| scrypt::scrypt(password, &self.salt, &params, out).is_ok())
            }
        }
    }

    /// bcrypt uses 72 bytes, which include a NUL after a shorter password.
    fn bcrypt(&self, log_rounds: u32, password: &[u8], out: &mut [u8]) -> bool {
        let Ok(salt) = <[u8; 16]>::try_from(self.salt.as_slice()) else { return false };
        let text: SecretSlice<u8> = password.iter().copied().chain([0]).take(72).collect::<Vec<_>>().into();
        let computed = bcrypt::bcrypt(log_rounds, salt, text.expose_secret());
        let Some(computed) = computed.get(..out.len()) else { return false };
        out.copy_from_slice(computed);
        true
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[path = "legacy_tests.rs"]
mod tests;

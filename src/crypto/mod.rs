//! Passwords, tokens and their keys. This is the only code that uses jsonwebtoken, argon2 and HMAC.

pub mod access_token;
mod base32;
pub mod client_assertion;
pub mod decoy;
pub mod device_token;
mod hashing_memory;
mod hashing_queue;
pub mod id_token;
mod key_files;
pub mod keys;
pub mod legacy;
pub mod opaque_token;
pub mod password;
mod random_token;
pub mod recovery_code;
pub mod sealed;
pub mod service_key;
pub mod sha1;
pub mod ticket;
pub mod totp;
pub mod webauthn;
pub mod webhook_secret;

pub(crate) use key_files::{is_pem, is_secret_path};

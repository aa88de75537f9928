//! How somebody comes to act for an account: registration, sign-in, sessions, passwords, the e-mail address.

mod cookie;
mod decoys;
mod email_change;
mod guesses;
mod password;
mod reset;
mod sessions;
mod sign_up;

pub use password::{Credentials, SignedIn, TokenPair};
pub use sign_up::Registration;

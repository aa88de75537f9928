//! Authentication of users: registration, sign-in, sessions, passwords, and the e-mail address.

mod cookie;
mod decoys;
mod email_change;
mod finish;
mod guesses;
mod owner_check;
mod passkeys;
mod password;
mod password_change;
mod proof;
mod providers;
mod refresh;
mod reset;
mod second_factor;
mod sessions;
mod sign_up;
mod tickets;
mod totp;
mod verification;

pub use crate::crypto::{
    device_token::DeviceToken,
    opaque_token::Secret,
    webauthn::{AssertionCredential, RegistrationCredential},
};
pub use finish::{Device, SignedIn};
pub use passkeys::{AssertionCeremony, PasskeyAnswer, PasskeyRegistration, RegistrationCeremony};
pub use password::Credentials;
pub use password_change::PasswordChanged;
pub use proof::SessionProof;
pub use providers::{Flow, ProviderAnswer};
pub use refresh::TokenPair;
pub use second_factor::{SecondFactor, TypedCode};
pub use sign_up::{Registered, Registration, ResendTo};
pub use totp::TotpSetup;
pub use verification::{LetterProof, Verification};

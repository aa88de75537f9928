//! Passkeys (docs/protocol.md, "Passkeys"): registering and using them.

mod assertion;
mod ceremony;
mod model;
mod registration;

pub use assertion::PasskeyAnswer;
pub(crate) use assertion::UsedPasskey;
pub use ceremony::{AssertionCeremony, RegistrationCeremony};
pub use registration::PasskeyRegistration;

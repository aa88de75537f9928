//! The use-cases, one file a noun. Each owns its transaction, uses the store, and returns domain values
//! or an [`Error`].
//!
//! A change goes one way: [`Accounts::change`] locks the account and checks, under the lock, that the [`Actor`] may
//! change it; the use-case says what is to be written; [`Change::commit`] appends the events, commits, and wakes those
//! who follow. Whatever was decided before the lock is looked at again under it.

mod actor;
mod addresses;
mod audit_log;
mod caller;
mod change;
mod deletion;
mod error;
mod export;
mod feed;
mod housekeeping;
mod invitations;
mod letters;
mod mails;
mod measure;
mod password_strength;
mod profile;
mod restore;
mod security_log;
mod service_keys;
mod sessions;
mod shared_limits;
mod sign_in_methods;
mod tokens;
mod user_search;
mod users;
mod verification_waits;
mod webhooks;

pub use actor::{Actor, Operator};
pub use change::{Change, Sessions};
pub use error::{Current, Error, PasskeyCeremony, SecondFactorChallenge};
pub use export::Export;
pub use feed::{ChangesPage, ChangesRequest, Subscription};
pub(crate) use housekeeping::{BATCH, REGISTRATION_LIFETIME};
pub(crate) use letters::LetterRequest;
pub use restore::NewEpoch;
pub use service_keys::NewKey;
pub use tokens::TokenHolder;
pub use user_search::{FindUsers, UserPage};
pub use users::{NewAccount, Reason};
pub use verification_waits::VerificationWaits;
pub use webhooks::WebhookPatch;

use crate::{
    crypto::{
        access_token::AccessTokens, decoy::Decoys, opaque_token::OpaqueTokens, password::PasswordHasher,
        sealed::Sealer, webauthn::RelyingParty,
    },
    domain::{
        ids::{KeyId, SessionId},
        session::SessionLifetimes,
        sign_up::SignUpPolicy,
        time::Clock,
    },
    live::Hub,
    outgoing::BreachedPasswords,
    providers::Providers,
    settings::Lifetimes,
    store::{Receivers, Store},
};
use dashmap::DashSet;
use std::{num::NonZeroU32, sync::Arc};

/// Everything that can be done with accounts.
pub struct Accounts {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Live delivery.
    pub hub: Hub,
    /// Argon2id on bounded threads.
    pub passwords: PasswordHasher,
    /// What a sign-in costs where there is no account.
    pub decoys: Decoys,
    /// JWTs.
    pub access_tokens: AccessTokens,
    /// Derived tokens.
    pub opaque_tokens: OpaqueTokens,
    /// Secrets that must be read again, and tickets.
    pub sealer: Arc<Sealer>,
    /// Whom one can sign in by.
    pub providers: Providers,
    /// Whom passkeys are bound to; `None` where the frontend has no domain.
    pub relying_party: Option<RelyingParty>,
    /// How long tokens and events live.
    pub lifetimes: Lifetimes,
    /// How long sessions live.
    pub session_lifetimes: SessionLifetimes,
    /// Sessions a user may have; the oldest ends.
    pub sessions_per_user: usize,
    /// Entries of the log that are kept for a user.
    pub events_per_user: i64,
    /// Who is told of changes outside.
    pub receivers: Arc<Receivers>,
    /// Whether what webhooks are sent must be encrypted.
    pub webhooks_need_tls: bool,
    /// Addresses a user may have.
    pub max_addresses: usize,
    /// Wrong passwords in 15 minutes, an e-mail address.
    pub failures_per_account: NonZeroU32,
    /// Letters an hour to one mailbox.
    pub mails_per_mailbox: NonZeroU32,
    /// Who may register.
    pub sign_up_policy: SignUpPolicy,
    /// What new passwords are looked up in, if the operator has named a list.
    pub breached_passwords: Option<BreachedPasswords>,
    /// Characters of a new password.
    pub password_min_length: usize,
    /// A word that no password may lean on.
    pub shop_name: String,
    /// Calls that wait for a verification.
    pub waits: VerificationWaits,
    /// Whether other nodes may change the same accounts.
    pub nodes_share_accounts: bool,
    /// Sessions whose use is being written down.
    pub touching: Arc<DashSet<SessionId>>,
    /// Service keys whose use is being written down.
    pub touching_keys: Arc<DashSet<KeyId>>,
}

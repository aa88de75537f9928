//! The use-cases, one file per noun. Each owns its transaction, uses the store, and returns domain values or an
//! [`Error`].
//!
//! Every change goes the same way: [`Accounts::change`] locks the account and checks, under the lock, that the
//! [`Actor`] may change it; the use-case writes; [`Change::commit`] appends the events, commits, and wakes the
//! followers. Decisions made before the lock are checked again under it.

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

/// The accounts, with everything that the use-cases need.
pub struct Accounts {
    /// The database.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// Live delivery.
    pub hub: Hub,
    /// Argon2id on bounded threads.
    pub passwords: PasswordHasher,
    /// The cost of a sign-in at an address without an account.
    pub decoys: Decoys,
    /// JWTs.
    pub access_tokens: AccessTokens,
    /// Opaque tokens.
    pub opaque_tokens: OpaqueTokens,
    /// Encrypts stored secrets and tickets.
    pub sealer: Arc<Sealer>,
    /// The providers to sign in with.
    pub providers: Providers,
    /// The domain that passkeys are bound to; `None` if the frontend has no domain.
    pub relying_party: Option<RelyingParty>,
    /// The lifetimes of tokens and events.
    pub lifetimes: Lifetimes,
    /// The lifetimes of sessions.
    pub session_lifetimes: SessionLifetimes,
    /// Sessions per user; beyond that, the oldest ends.
    pub sessions_per_user: usize,
    /// Entries of the log kept per user.
    pub events_per_user: i64,
    /// The receivers of outgoing events.
    pub receivers: Arc<Receivers>,
    /// Whether webhooks must use https.
    pub webhooks_need_tls: bool,
    /// Addresses per user.
    pub max_addresses: usize,
    /// Wrong passwords per e-mail address in 15 minutes.
    pub failures_per_account: NonZeroU32,
    /// Letters per hour to one mailbox.
    pub mails_per_mailbox: NonZeroU32,
    /// Who may register.
    pub sign_up_policy: SignUpPolicy,
    /// The list of breached passwords, if the operator has configured one.
    pub breached_passwords: Option<BreachedPasswords>,
    /// The least number of characters of a new password.
    pub password_min_length: usize,
    /// A word that no password may be based on.
    pub shop_name: String,
    /// Calls that wait for a verification.
    pub waits: VerificationWaits,
    /// Whether other nodes may change the same accounts.
    pub nodes_share_accounts: bool,
    /// Sessions whose use is being recorded.
    pub touching: Arc<DashSet<SessionId>>,
    /// Service keys whose use is being recorded.
    pub touching_keys: Arc<DashSet<KeyId>>,
}

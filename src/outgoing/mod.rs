//! What leaves the server: the HTTP client for all that it asks of others, and the events that other systems are told of.
//!
//! How an event travels:
//!
//! 1. [`LockedAccount::commit`](crate::store::LockedAccount::commit) queues it in the transaction of the change, one row for
//!    each receiver that listens: a webhook, or the stream.
//! 2. A worker claims the first event of each user that is due, as the mail worker claims letters ([`crate::leases`]), and
//!    delivers it and what waits behind it, in order, until something fails ([`line`](mod@line)(mod@line)).
//! 3. What became of it is noted in one transaction, and the next event of the user has its turn. A worker that is killed
//!    before leaves events that are delivered again, in the same order.
//!
//! Each receiver is worked off by itself: one that is slow or dead delays no other.

mod breached_passwords;
mod client;
#[cfg(test)]
mod client_tests;
mod connect;
mod failure;
mod line;
mod public_address;
mod stream;
mod tls;
mod webhooks;
#[cfg(test)]
mod webhooks_tests;

pub use breached_passwords::BreachedPasswords;
pub use client::{Answer, Bounds, HttpClient, Reading, Request};
pub use connect::Targets;
pub use failure::Failure;
pub use stream::Stream;
pub use webhooks::{WebhookSettings, Webhooks};

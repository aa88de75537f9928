//! Outgoing requests: the HTTP client, and the events for other systems.
//!
//! How an event travels:
//!
//! 1. [`LockedAccount::commit`](crate::store::LockedAccount::commit) queues it in the transaction of the change, one
//!    row for each receiver that listens: a webhook, or the stream.
//! 2. A worker claims the first due event of each user, as the mail worker claims letters ([`crate::leases`]), and
//!    delivers it and those that wait behind it, in order, until one fails ([`line`](mod@line)).
//! 3. The outcome is recorded in one transaction, and the next event of the user becomes due. If a worker is killed
//!    before, the events are delivered again, in the same order.
//!
//! Each receiver has a queue of its own: a slow or dead one delays no other.

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

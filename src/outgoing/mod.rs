//! What the server asks of other servers: the HTTP client for all of it.

mod client;
#[cfg(test)]
mod client_tests;
mod connect;
mod failure;
mod public_address;
mod tls;

pub use client::{Answer, Bounds, HttpClient, Reading, Request};
pub use connect::Targets;
pub use failure::Failure;

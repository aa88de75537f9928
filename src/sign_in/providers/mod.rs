//! Signing in by a provider, and the links to it.

mod flow;
mod link;
mod login;

pub use flow::{Flow, ProviderAnswer};

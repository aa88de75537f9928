//! Signing in with a provider, and links to providers.

mod flow;
mod link;
mod login;

pub use flow::{Flow, ProviderAnswer};

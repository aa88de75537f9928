//! The domain, without any I/O: values that are valid once they exist.
//!
//! Text from outside becomes one of these types through its `parse`, the only validator there is.

pub mod address;
pub mod audit;
pub mod characters;
pub mod client;
pub mod cursor;
pub mod device;
pub mod email;
pub mod event;
pub mod export;
pub mod fault;
pub mod ids;
pub mod invitation;
pub mod largest;
pub mod letter;
pub mod mail;
pub mod network;
pub mod one_time_token;
pub mod outgoing_event;
pub mod password;
pub mod phone;
pub mod profile;
pub mod revocation;
pub mod sealed;
pub mod security_event;
pub mod service_key;
pub mod session;
pub mod sign_in_methods;
pub mod sign_up;
pub mod text;
mod text_enum;
pub mod time;
pub mod user;
pub mod webhook;

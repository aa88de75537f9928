//! The listener and everything between a socket and a method: HTTP, WebSockets, credentials, and the pages.

mod bind;
mod client;
mod client_address;
mod cookie;
mod descriptors;
mod guarded_io;
mod http;
mod listener;
mod media_type;
mod open_connections;
mod origins;
mod pages;
mod service;
mod websocket;

pub use bind::reserve;
pub use client_address::ClientAddresses;
pub use cookie::CookieSettings;
pub use descriptors::places;
pub use listener::{Endpoints, Server, ServerSettings};
pub use origins::Origins;
pub use pages::{Pages, PagesError};
pub use service::ServiceEndpoint;

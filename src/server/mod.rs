//! The listener and everything between a socket and a method: HTTP, WebSockets, who calls, and the pages.

mod bind;
mod client;
mod cookie;
mod guarded_io;
mod http;
mod listener;
mod open_sockets;
mod pages;
mod service;
mod websocket;

pub use bind::reserve;
pub use cookie::CookieSettings;
pub use listener::{Server, ServerSettings};
pub use pages::{Pages, PagesError};
pub use service::ServiceServer;

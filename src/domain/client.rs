//! The program at the other end of a call.

use super::session::UserAgent;
use std::net::IpAddr;

/// Where a call came from.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its address; behind trusted proxies the one that they name.
    pub ip: IpAddr,
    /// What it says it is.
    pub user_agent: Option<UserAgent>,
}

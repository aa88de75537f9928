//! The program at the other end of a call.

use super::session::UserAgent;
use std::net::IpAddr;

/// Where a call came from.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its address; behind trusted proxies, the one that they report.
    pub ip: IpAddr,
    /// Its `User-Agent`, shortened to the limit.
    pub user_agent: Option<UserAgent>,
}

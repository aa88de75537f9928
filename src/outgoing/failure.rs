//! Why a request was not answered.

use std::{io, net::IpAddr, time::Duration};

/// Why a request was not answered. The texts are for an operator, and name nothing of the request but its host.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The URL is not one that a request can be made to.
    #[error("the URL {0}")]
    Url(&'static str),
    /// A header is not one, or the method.
    #[error("the request cannot be written: {0}")]
    Request(#[from] http::Error),
    /// The name is not known, or whoever knows it did not answer.
    #[error("{host} cannot be looked up: {cause}")]
    LookUp {
        /// The URL's host.
        host: String,
        /// What the system says of it.
        cause: io::Error,
    },
    /// An address of the host is not public, and only public ones were allowed.
    #[error("{host} leads to {address}, which is not a public address")]
    NotPublic {
        /// The URL's host.
        host: String,
        /// The first of its addresses that is not public.
        address: IpAddr,
    },
    /// No address of the host accepted a connection.
    #[error("no connection: {0}")]
    Connect(io::Error),
    /// The other side could not show that it is the host, or does not speak TLS as it is spoken today.
    #[error("no TLS: {0}")]
    Tls(io::Error),
    /// The certificates that this machine trusts cannot be read.
    #[error("the machine's trusted certificates cannot be read: {0}")]
    Roots(String),
    /// What came is not HTTP, or broke off.
    #[error("no answer: {0}")]
    Http(#[from] hyper::Error),
    /// The answer's body is longer than the caller allows.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
    /// The whole took longer than the caller allows.
    #[error("no answer within {0:?}")]
    TooLate(Duration),
}

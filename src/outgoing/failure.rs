//! Why a request failed.

use std::{io, net::IpAddr, time::Duration};

/// Why a request failed. The texts are for operators, and reveal no part of the request except its host.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// No request can be made to the URL.
    #[error("the URL {0}")]
    Url(&'static str),
    /// A header or the method is invalid.
    #[error("the request cannot be written: {0}")]
    Request(#[from] http::Error),
    /// The name is unknown, or its servers did not answer.
    #[error("{host} cannot be looked up: {cause}")]
    LookUp {
        /// The URL's host.
        host: String,
        /// The system's error.
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
    /// The server could not prove that it is the host, or does not support present versions of TLS.
    #[error("no TLS: {0}")]
    Tls(io::Error),
    /// The certificates that this machine trusts cannot be read.
    #[error("the machine's trusted certificates cannot be read: {0}")]
    Roots(String),
    /// The answer is not HTTP, or is incomplete.
    #[error("no answer: {0}")]
    Http(#[from] hyper::Error),
    /// The answer's body is longer than the caller allows.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
    /// The request took longer than the caller allows.
    #[error("no answer within {0:?}")]
    TooLate(Duration),
}

//! An OpenRPC document as a file.

use super::{file::File, headers::Header};
use http::HeaderMap;
use hyper::body::Bytes;
use jsonrpsee::server::HttpResponse;
use serde_json::value::RawValue;
use std::sync::OnceLock;

/// A specification, which is rendered and compressed when it is first requested: most servers are never asked for it.
pub struct Specification {
    render: fn() -> &'static RawValue,
    headers: &'static [Header],
    file: OnceLock<File>,
}

impl Specification {
    /// The document that `render` returns, with these headers.
    pub fn new(render: fn() -> &'static RawValue, headers: &'static [Header]) -> Self {
        Self { render, headers, file: OnceLock::new() }
    }

    /// Answers a request with these headers, as [`File::answer`] does.
    pub fn answer(&self, request: &HeaderMap) -> HttpResponse {
        let file =
            self.file.get_or_init(|| File::new(Bytes::from_static((self.render)().get().as_bytes()), self.headers));
        file.answer(request)
    }
}

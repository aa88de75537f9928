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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::value::to_raw_value;
    use std::sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    };

    #[test]
    fn it_is_rendered_once_when_it_is_first_requested() {
        static RENDERED: AtomicUsize = AtomicUsize::new(0);
        static DOCUMENT: LazyLock<Box<RawValue>> = LazyLock::new(|| to_raw_value("a document").unwrap());
        let specification = Specification::new(
            || {
                RENDERED.fetch_add(1, Ordering::Relaxed);
                &DOCUMENT
            },
            &[],
        );
        assert_eq!(RENDERED.load(Ordering::Relaxed), 0);
        for _ in 0..2 {
            assert_eq!(specification.answer(&HeaderMap::new()).status(), 200);
            assert_eq!(RENDERED.load(Ordering::Relaxed), 1);
        }
    }
}

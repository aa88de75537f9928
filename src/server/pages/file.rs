//! Files that do not change while the process runs: hashed and compressed once, and answered from memory.

use super::headers::{Header, set};
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;
use jsonrpsee::server::{HttpBody, HttpResponse};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    io::{self, Write},
    sync::Arc,
};

/// For files whose path changes with their content (RFC 8246).
const FOR_EVER: Header = ("cache-control", "public, max-age=31536000, immutable");

/// Files by their path.
#[derive(Default)]
pub struct Files(HashMap<String, Arc<File>>);

impl Files {
    /// The file at `path`.
    pub fn get(&self, path: &str) -> Option<&File> {
        self.0.get(path).map(Arc::as_ref)
    }

    /// Adds a file at `path`.
    pub fn put(&mut self, path: &str, file: &Arc<File>) {
        self.0.insert(path.to_owned(), file.clone());
    }

    /// Adds an asset at `/assets/<stem>-<hash>.<extension>`, a path that changes with the content, so that browsers may
    /// cache it for good. Returns the path.
    pub fn put_asset(&mut self, stem: &str, extension: &str, kind: &'static str, content: &'static [u8]) -> String {
        let path = format!("/assets/{stem}-{}.{extension}", hash(content));
        let headers = [("content-type", kind), FOR_EVER, ("cross-origin-resource-policy", "same-origin")];
        self.put(&path, &Arc::new(File::new(Bytes::from_static(content), &headers)));
        path
    }
}

/// A file in memory, with its headers.
pub struct File {
    plain: Bytes,
    /// The compressed content, if it is shorter.
    gzip: Option<Bytes>,
    headers: HeaderMap,
    tag: HeaderValue,
}

impl File {
    /// Hashes and compresses `content`.
    pub fn new(content: Bytes, fixed: &[Header]) -> Self {
        let gzip = compress(&content).ok().filter(|gzip| gzip.len() < content.len()).map(Bytes::from);
        // Weak, because it stands for both encodings (RFC 9110 §8.8.1).
        let tag = HeaderValue::try_from(format!("W/\"{}\"", hash(&content))).expect("hexadecimal digits");
        let mut headers = HeaderMap::new();
        set(&mut headers, fixed);
        headers.insert(header::ETAG, tag.clone());
        if gzip.is_some() {
            headers.insert(header::VARY, HeaderValue::from_name(header::ACCEPT_ENCODING));
        }
        Self { plain: content, gzip, headers, tag }
    }

    /// Answers a request with these headers: compressed if the client accepts that, and without content if it has the
    /// file.
    pub fn answer(&self, request: &HeaderMap) -> HttpResponse {
        let gzip = self.gzip.as_ref().filter(|_| takes_gzip(request));
        let is_held = holds(request, &self.tag);
        let content = if is_held { Bytes::new() } else { gzip.unwrap_or(&self.plain).clone() };
        let mut response = Response::new(HttpBody::new(Full::new(content)));
        response.headers_mut().clone_from(&self.headers);
        if is_held {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else if gzip.is_some() {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

/// The first 16 hexadecimal digits of the SHA-256.
fn hash(content: &[u8]) -> String {
    Sha256::digest(content).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn compress(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

/// Whether `Accept-Encoding` names gzip and gives it a weight above zero (RFC 9110 §12.5.3).
fn takes_gzip(request: &HeaderMap) -> bool {
    items(request, &header::ACCEPT_ENCODING).any(|item| {
        let (coding, weight) = item.split_once(';').unwrap_or((item, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
        coding.trim().eq_ignore_ascii_case("gzip") && weight.is_ok_and(|weight| weight > 0.0)
    })
}

/// Whether `If-None-Match` names the file, by the weak comparison (RFC 9110 §13.1.2).
fn holds(request: &HeaderMap, tag: &HeaderValue) -> bool {
    items(request, &header::IF_NONE_MATCH).any(|held| {
        let strong = |tag: &[u8]| tag.strip_prefix(b"W/").unwrap_or(tag).to_owned();
        held == "*" || strong(held.as_bytes()) == strong(tag.as_bytes())
    })
}

/// The comma-separated items of a header, over all its lines.
fn items<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn gzip_is_sent_only_if_accepted() {
        for (accepted, takes) in [
            ("gzip", true),
            ("GZIP;q=0.5", true),
            ("br, deflate , gzip; q=1", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("gzip;q=much", false),
            ("br", false),
            ("", false),
        ] {
            assert_eq!(takes_gzip(&request(header::ACCEPT_ENCODING, accepted)), takes, "{accepted:?}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn a_matching_tag_is_recognised() {
        let tag = HeaderValue::from_static("W/\"0a1b\"");
        for (held, holds_it) in [
            ("W/\"0a1b\"", true),
            ("\"0a1b\"", true),
            ("\"x\", W/\"0a1b\"", true),
            ("*", true),
            ("W/\"0a1c\"", false),
            ("0a1b", false),
        ] {
            assert_eq!(holds(&request(header::IF_NONE_MATCH, held), &tag), holds_it, "{held}");
        }
    }

    #[test]
    fn a_file_that_would_not_shrink_is_not_compressed() {
        let asks = request(header::ACCEPT_ENCODING, "gzip");
        let short = File::new(Bytes::from_static(b"x"), &[]).answer(&asks);
        assert!(!short.headers().contains_key(header::CONTENT_ENCODING));
        assert!(!short.headers().contains_key(header::VARY));
        let long = File::new(Bytes::from(vec![b'x'; 1000]), &[]).answer(&asks);
        assert_eq!(long.headers()[header::CONTENT_ENCODING], "gzip");
        assert_eq!(long.headers()[header::VARY], "accept-encoding");
    }
}

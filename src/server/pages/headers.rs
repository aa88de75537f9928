//! The security headers of pages.

use http::{HeaderMap, HeaderName, HeaderValue};

/// A header: its name in lower case, and its value.
pub type Header = (&'static str, &'static str);

/// The headers of every page beside its content security policy. `no-referrer` because the links in letters carry
/// tokens; the page's own calls are `fetch` in its default mode, which sends `Origin` nevertheless.
pub const PAGE: [Header; 6] = [
    ("content-type", "text/html; charset=utf-8"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
];

/// Sets each of these headers.
pub fn set(headers: &mut HeaderMap, fixed: &[Header]) {
    for (name, value) in fixed {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

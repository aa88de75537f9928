//! The trace that a call belongs to (W3C Trace Context): it connects this server's log with the caller's.

use http::HeaderMap;
use std::fmt;

/// The id of a trace; never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceId(u128);

impl TraceId {
    /// A new trace.
    pub fn random() -> Self {
        Self(rand::random::<u128>().max(1))
    }

    /// The trace of the request's `traceparent`, if it has a valid one.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        parse(headers.get("traceparent")?.as_bytes())
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// `00-<trace>-<parent>-<flags>` in lower-case hexadecimal; later versions may append more after a hyphen.
fn parse(value: &[u8]) -> Option<TraceId> {
    let [version @ .., b'-'] = value.get(..3)? else { return None };
    let (trace, parent, flags) = (value.get(3..35)?, value.get(36..52)?, value.get(53..55)?);
    let hyphens = value.get(35) == Some(&b'-') && value.get(52) == Some(&b'-');
    let ends_well = match value.get(55) {
        None => true,
        Some(next) => *next == b'-' && version != b"00",
    };
    let is_hex = |text: &[u8]| text.iter().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    let well_formed =
        hyphens && ends_well && version != b"ff" && [version, trace, parent, flags].into_iter().all(is_hex);
    let has_parent = parent.iter().any(|c| *c != b'0');
    let id = u128::from_str_radix(std::str::from_utf8(trace).ok()?, 16).ok()?;
    (well_formed && has_parent && id != 0).then_some(TraceId(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_valid_trace_ids_are_accepted() {
        let read = |value: &str| parse(value.as_bytes()).map(|trace| trace.to_string());
        let trace = Some("0af7651916cd43dd8448eb211c80319c".to_owned());
        for good in [
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what.the.future.holds",
        ] {
            assert_eq!(read(good), trace, "{good}");
        }
        for bad in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
            "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333\u{e9}-1",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_ne!(TraceId::random(), TraceId::random());
    }
}

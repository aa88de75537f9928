//! One request of JSON-RPC 2.0: a call, a notification, or an invalid one.

use jsonrpsee::types::{ErrorCode, TwoPointZero};
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The `id` of a call, as the client wrote it: a string, a number or `null`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Box<str>);

/// A call.
#[derive(Debug)]
pub struct Request<'a> {
    /// Its id, which the answer repeats.
    pub id: RequestId,
    /// The name of the method.
    pub method: Cow<'a, str>,
    /// Its parameters, as raw JSON.
    pub params: Option<&'a RawValue>,
}

/// A message, or an entry of a batch.
#[derive(Debug)]
pub enum Incoming<'a> {
    /// A call, which is answered.
    Call(Request<'a>),
    /// A call without an id, which is neither executed nor answered.
    Notification,
    /// An invalid request: the error, and the id if it can be read.
    Invalid(RequestId, ErrorCode),
}

#[derive(Deserialize)]
struct Written<'a> {
    #[serde(rename = "jsonrpc")]
    _version: TwoPointZero,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct IdAlone<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
}

/// A written `null` differs from an absent value.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl RequestId {
    /// The id of an answer to a request whose id cannot be read.
    pub fn null() -> Self {
        Self("null".into())
    }

    /// The id as JSON.
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// `None` for values that cannot be an id: a boolean, an array, an object.
    fn of(raw: &RawValue) -> Option<Self> {
        let written = raw.get();
        let is_good = written == "null" || written.starts_with(|c: char| c == '"' || c == '-' || c.is_ascii_digit());
        is_good.then(|| Self(written.into()))
    }
}

impl<'a> Incoming<'a> {
    /// Reads a request.
    pub fn read(text: &'a str) -> Self {
        // A derived `Deserialize` would accept an array for an object as well.
        let is_object = text.trim_ascii_start().starts_with('{');
        let written = if is_object { serde_json::from_str::<Written<'_>>(text).ok() } else { None };
        let Some(Written { id, method, params, .. }) = written else { return Self::no_request(text) };
        let Some(id) = id else { return Self::Notification };
        match RequestId::of(id) {
            Some(id) => Self::Call(Request { id, method, params }),
            None => Self::Invalid(RequestId::null(), ErrorCode::InvalidRequest),
        }
    }

    fn no_request(text: &str) -> Self {
        if serde_json::from_str::<IgnoredAny>(text).is_err() {
            return Self::Invalid(RequestId::null(), ErrorCode::ParseError);
        }
        let id = serde_json::from_str::<IdAlone<'_>>(text).ok().and_then(|alone| alone.id);
        let id = id.and_then(RequestId::of).unwrap_or_else(RequestId::null);
        Self::Invalid(id, ErrorCode::InvalidRequest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(written: &str) -> Option<String> {
        let text = format!(r#" {{"jsonrpc":"2.0","id":{written},"method":"a.b"}}"#);
        match Incoming::read(&text) {
            Incoming::Call(call) => Some(call.id.as_json().to_owned()),
            Incoming::Invalid(id, code) => {
                assert_eq!((id, code), (RequestId::null(), ErrorCode::InvalidRequest));
                None
            }
            Incoming::Notification => panic!("{written} is not accepted as an id"),
        }
    }

    #[test]
    fn strings_numbers_and_null_are_ids_and_stay_as_they_are_written() {
        for id in ["0", "-3", "1.5", "1E400", "18446744073709551616", "1.0", "\"\"", r#""\u00e4\n""#, "null"] {
            assert_eq!(id_of(id).as_deref(), Some(id));
        }
        for no_id in ["true", "false", "{}", "[]", "[1]", r#"{"id":1}"#] {
            assert_eq!(id_of(no_id), None, "{no_id}");
        }
    }

    #[test]
    fn notifications_and_invalid_requests_are_recognised() {
        let read = |text: &str| match Incoming::read(text) {
            Incoming::Call(_) => "call".to_owned(),
            Incoming::Notification => "notification".to_owned(),
            Incoming::Invalid(id, code) => format!("{} {}", code.code(), id.as_json()),
        };
        for (text, expected) in [
            (r#"{"jsonrpc":"2.0","method":"a"}"#, "notification"),
            (r#"{"jsonrpc":"2.0","method":"a","id":1,"further":{}}"#, "call"),
            (r#"{"jsonrpc":"2.0","method":5,"id":7}"#, "-32600 7"),
            (r#"{"jsonrpc":"1.0","method":"a","id":"x"}"#, "-32600 \"x\""),
            (r#"{"jsonrpc":"2.0","method":"a","id":1,"id":2}"#, "-32600 null"),
            (r#"{"method":"a","id":true}"#, "-32600 null"),
            (r#"{"jsonrpc":"2.0","method":"a","id":1,}"#, "-32700 null"),
            (r#"["2.0",1,"a",null]"#, "-32600 null"),
            ("7", "-32600 null"),
            ("", "-32700 null"),
            ("nonsense", "-32700 null"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}

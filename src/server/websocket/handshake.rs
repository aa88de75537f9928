//! The opening handshake (RFC 6455 §4.2).

use crate::server::http::refusal;
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Version, header};
use jsonrpsee::server::{HttpBody, HttpResponse};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

const VERSION: HeaderValue = HeaderValue::from_static("13");
const KEY_BYTES: usize = 16;

/// Whether a request asks to switch protocols.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
}

/// Why a request does not open a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoHandshake(StatusCode, &'static str);

impl From<NoHandshake> for HttpResponse {
    fn from(NoHandshake(status, why): NoHandshake) -> Self {
        let mut refused = refusal(status, why);
        refused.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, VERSION);
        refused
    }
}

/// The answer that opens the WebSocket.
pub fn answer<B>(request: &Request<B>) -> Result<HttpResponse, NoHandshake> {
    let headers = request.headers();
    if request.version() != Version::HTTP_11 {
        return Err(NoHandshake(StatusCode::BAD_REQUEST, "a WebSocket handshake needs HTTP/1.1"));
    }
    if !lists(headers, header::UPGRADE, "websocket") || !lists(headers, header::CONNECTION, "upgrade") {
        return Err(NoHandshake(StatusCode::BAD_REQUEST, "this is not a WebSocket handshake (RFC 6455)"));
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
        return Err(NoHandshake(StatusCode::UPGRADE_REQUIRED, "the version of WebSocket must be 13"));
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY).map_or(&b""[..], HeaderValue::as_bytes);
    let accept = Some(key).filter(|key| BASE64_STANDARD.decode(key).is_ok_and(|key| key.len() == KEY_BYTES));
    let accept = accept.and_then(|key| HeaderValue::from_str(&derive_accept_key(key)).ok());
    let Some(accept) = accept else {
        return Err(NoHandshake(StatusCode::BAD_REQUEST, "the key of the handshake is not 16 bytes in Base64"));
    };
    let mut response = Response::new(HttpBody::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    Ok(response)
}

/// Whether a header's list has this element.
fn lists(headers: &HeaderMap, name: HeaderName, wanted: &str) -> bool {
    let values = headers.get_all(name);
    let mut elements = values.iter().flat_map(|value| value.to_str().unwrap_or_default().split(','));
    elements.any(|element| element.trim().eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(changed: &[(HeaderName, &str)], version: Version) -> Result<HttpResponse, StatusCode> {
        let mut request = Request::new(());
        *request.version_mut() = version;
        for (name, value) in [
            (header::UPGRADE, "WebSocket"),
            (header::CONNECTION, "keep-alive, upgrade"),
            (header::SEC_WEBSOCKET_VERSION, "13"),
            (header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ=="),
        ] {
            request.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        for (name, value) in changed {
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        answer(&request).map_err(|NoHandshake(status, _)| status)
    }

    #[test]
    fn only_a_valid_handshake_is_accepted() {
        let opened = answered(&[], Version::HTTP_11).unwrap();
        // The example of RFC 6455 §1.3.
        assert_eq!(opened.headers()[header::SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        for (name, value, status) in [
            (header::UPGRADE, "h2c", 400),
            (header::CONNECTION, "close", 400),
            (header::SEC_WEBSOCKET_VERSION, "12", 426),
            (header::SEC_WEBSOCKET_KEY, "", 400),
            (header::SEC_WEBSOCKET_KEY, "c2hvcnQ=", 400),
            (header::SEC_WEBSOCKET_KEY, "no base64 of a key =====", 400),
        ] {
            let refused = answered(&[(name.clone(), value)], Version::HTTP_11).unwrap_err();
            assert_eq!(refused.as_u16(), status, "{name}: {value}");
        }
        assert!(answered(&[], Version::HTTP_10).is_err());
    }
}

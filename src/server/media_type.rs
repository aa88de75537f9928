//! The media types of request bodies.

use http::{HeaderMap, header};

/// Whether a request declares its body to be JSON: `application/json` with any parameters (RFC 8259 §11 defines none,
/// but many clients send a charset).
pub fn is_json(headers: &HeaderMap) -> bool {
    is_utf8(headers, "application/json")
}

/// Whether a request declares its body to be an HTML form.
pub fn is_form(headers: &HeaderMap) -> bool {
    is_utf8(headers, "application/x-www-form-urlencoded")
}

fn is_utf8(headers: &HeaderMap, media_type: &str) -> bool {
    let Some(Ok(value)) = headers.get(header::CONTENT_TYPE).map(|value| value.to_str()) else { return false };
    let mut parts = value.split(';').map(str::trim_ascii);
    let is_it = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case(media_type));
    is_it
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
                value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn json_is_recognised_in_every_notation() {
        let is_json = |value: &str| {
            is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_str(value).unwrap())]))
        };
        for good in [
            "application/json",
            "Application/JSON",
            "application/json;charset=utf-8",
            "application/json; charset=UTF-8",
            "application/json; charset=\"utf-8\"",
            "application/json ; Charset=\"UTF-8\"",
            "application/json;",
            "application/json; profile=x",
        ] {
            assert!(is_json(good), "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "text/json",
            "application/jsonx",
            "application/json, text/plain",
            "application/json; charset=utf-16",
            "application/json; charset=\"iso-8859-1\"",
            "text/plain; application/json",
        ] {
            assert!(!is_json(bad), "{bad}");
        }
    }
}

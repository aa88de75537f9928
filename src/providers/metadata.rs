//! A provider's metadata (OpenID Connect Discovery 1.0 §3).

use super::Failure;
use crate::settings::is_loopback;
use serde::Deserialize;
use url::Url;

/// The endpoints, and what they support.
#[derive(Debug)]
pub struct Metadata {
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    pub jwks_uri: Url,
    /// Whether the token endpoint accepts the client's secret in a header.
    pub takes_basic: bool,
    /// Whether authorization responses name the issuer (RFC 9207 §3).
    pub names_itself_in_answers: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Parses the document of `issuer`.
    pub fn parse(json: &[u8], issuer: &str) -> Result<Self, Failure> {
        let unusable = |why: &str| Failure::Unavailable(format!("its discovery document {why}"));
        let document: Document = serde_json::from_slice(json).map_err(|_| unusable("is invalid or incomplete"))?;
        // Otherwise whoever can write this document could have another issuer's tokens accepted (§4.3).
        if document.issuer != issuer {
            return Err(unusable("belongs to another issuer"));
        }
        let is_secure = |url: &Url| url.scheme() == "https" || (issuer.starts_with("http://") && is_loopback(url));
        let endpoint = |text: &str| {
            let url = Url::parse(text).ok().filter(is_secure);
            url.ok_or_else(|| unusable("names a URL that is not https"))
        };
        let methods = document.token_endpoint_auth_methods_supported;
        Ok(Self {
            authorization_endpoint: endpoint(&document.authorization_endpoint)?,
            token_endpoint: endpoint(&document.token_endpoint)?,
            jwks_uri: endpoint(&document.jwks_uri)?,
            takes_basic: methods.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic")),
            names_itself_in_answers: document.authorization_response_iss_parameter_supported,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn parse(change: impl FnOnce(&mut Value), issuer: &str) -> Result<Metadata, Failure> {
        let mut document = json!({
            "issuer": "https://login.example",
            "authorization_endpoint": "https://login.example/authorize",
            "token_endpoint": "https://login.example/token",
            "jwks_uri": "https://keys.example/jwks",
        });
        change(&mut document);
        Metadata::parse(document.to_string().as_bytes(), issuer)
    }

    #[test]
    fn a_document_names_its_issuer_and_https_urls() {
        let good = parse(|_| {}, "https://login.example").unwrap();
        assert!(good.takes_basic && !good.names_itself_in_answers);
        parse(|_| {}, "https://login.example/").unwrap_err();
        parse(|document| document["token_endpoint"] = "http://127.0.0.1/token".into(), "https://login.example")
            .unwrap_err();
        parse(|document| document["jwks_uri"] = json!(null), "https://login.example").unwrap_err();
        let body_alone = |document: &mut Value| {
            document["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
            document["authorization_response_iss_parameter_supported"] = json!(true);
        };
        let other = parse(body_alone, "https://login.example").unwrap();
        assert!(!other.takes_basic && other.names_itself_in_answers);
    }
}

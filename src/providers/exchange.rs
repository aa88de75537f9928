//! The exchange of a code for a token (RFC 6749 §4.1.3, RFC 7636 §4.5).

use super::{Failure, Provider, Request, metadata::Metadata, secrets::FlowSecrets};
use crate::{crypto::client_assertion::ClientAssertion, settings::ClientSecret};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderValue, header::AUTHORIZATION};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::form_urlencoded::byte_serialize;

/// The errors of a provider that refuses a code. Some report every fault of a request as invalid.
const OF_THE_CODE: [&str; 2] = ["invalid_grant", "invalid_request"];

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl Provider {
    /// The ID token for a code.
    pub(super) async fn exchange(
        &self,
        metadata: &Metadata,
        code: &str,
        flow: &FlowSecrets,
    ) -> Result<String, Failure> {
        let secret = self.client_secret();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", &flow.code_verifier),
        ];
        let by_header = metadata.takes_basic && !self.settings.preset.wants_secret_in_body();
        if !by_header {
            form.extend([("client_id", self.settings.client_id.as_str()), ("client_secret", secret.expose_secret())]);
        }
        let mut request = Request::post_form(metadata.token_endpoint.clone(), form).accept_json();
        if by_header {
            request = request.header(AUTHORIZATION, basic(&self.settings.client_id, &secret)?);
        }
        let answer = self.send(request).await?;
        if answer.status.as_u16() == 200 {
            let tokens: Tokens = serde_json::from_slice(&answer.body)
                .map_err(|_| Failure::Unavailable("it returns no ID token for a code".into()))?;
            return Ok(tokens.id_token);
        }
        // The provider's own text may repeat what was sent: only the standard's error codes are used.
        match serde_json::from_slice(&answer.body) {
            Ok(Refusal { error }) if OF_THE_CODE.contains(&error.as_str()) => {
                Err(Failure::Refused("it refuses the code".into()))
            }
            Ok(Refusal { error }) if error == "invalid_client" => {
                Err(Failure::Unavailable("it refuses this server's client id and secret".into()))
            }
            _ => {
                Err(Failure::Unavailable(format!("it answers the exchange of a code with {}", answer.status.as_u16())))
            }
        }
    }

    fn client_secret(&self) -> SecretString {
        match &self.settings.client_secret {
            ClientSecret::Text(secret) => secret.clone(),
            ClientSecret::Signed { key, team_id, key_id } => {
                let (client, audience) = (&self.settings.client_id, &self.settings.issuer);
                key.sign(ClientAssertion { issuer: team_id, client, audience, key_id }, self.clock.now())
            }
        }
    }
}

/// Both are form-encoded before they are joined (RFC 6749 §2.3.1).
fn basic(client_id: &str, secret: &SecretString) -> Result<HeaderValue, Failure> {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let both = format!("{}:{}", encoded(client_id), encoded(secret.expose_secret()));
    let value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(both)));
    let mut value = value.map_err(|_| Failure::Unavailable("its client secret cannot be sent".into()))?;
    value.set_sensitive(true);
    Ok(value)
}

//! Providers to sign in with: this server as a client of OpenID Connect (Core 1.0, Discovery 1.0; RFC 6749, 7636,
//! 9207).

mod cached;
mod exchange;
mod identity;
mod metadata;
mod preset;
mod secrets;

pub use identity::{Identity, NameFromForm};

use crate::{
    crypto::id_token::{Expected, IdToken, IdTokenError, ProviderKeys},
    domain::{
        sign_in_methods::{ProviderLabel, ProviderName},
        time::Clock,
    },
    outgoing::{self, Bounds, HttpClient, Reading, Request, Targets},
    settings::ProviderSettings,
};
use cached::Cached;
use metadata::Metadata;
use schemars::JsonSchema;
use secrets::FlowSecrets;
use serde::Serialize;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::Semaphore, time::timeout};
use url::Url;

/// Concurrent exchanges with one provider.
const EXCHANGES: usize = 8;

/// How long an exchange waits for its turn.
const TURN: Duration = Duration::from_secs(3);

/// How long a provider may take for one answer.
const ANSWER: Duration = Duration::from_secs(8);

/// The longest accepted answer. Key sets of large providers have some 10 KiB.
const ANSWER_BYTES: usize = 256 * 1024;

/// A provider, as pages offer it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OfferedProvider {
    /// Its name in method calls.
    pub provider: ProviderName,
    /// Its display name.
    pub label: ProviderLabel,
}

/// Why a provider did not identify a user.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// It does not answer, or not as a provider should.
    #[error("{0}")]
    Unavailable(String),
    /// The code, the issuer or the token of its answer is invalid.
    #[error("{0}")]
    Refused(String),
}

/// A provider's answer, which comes by way of the browser.
#[derive(Clone, Debug)]
pub struct Callback {
    /// The authorization code.
    pub code: String,
    /// The state of the request.
    pub state: String,
    /// The issuer that the answer names (RFC 9207).
    pub iss: Option<String>,
    /// The name, which Apple sends the first time only.
    pub name: Option<NameFromForm>,
}

/// The configured providers.
pub struct Providers(Vec<Provider>);

/// A provider to sign in with.
pub struct Provider {
    settings: ProviderSettings,
    /// The URL that browsers come back to.
    redirect_uri: String,
    http: Arc<HttpClient>,
    clock: Clock,
    metadata: Cached<Metadata>,
    keys: Cached<ProviderKeys>,
    exchanges: Semaphore,
}

impl Providers {
    /// The providers of the settings; browsers come back to the frontend.
    pub fn new(settings: &[ProviderSettings], frontend_url: &str, http: &Arc<HttpClient>, clock: &Clock) -> Self {
        let provider = |settings: &ProviderSettings| Provider {
            settings: settings.clone(),
            redirect_uri: format!("{frontend_url}/provider-callback"),
            http: http.clone(),
            clock: clock.clone(),
            metadata: Cached::default(),
            keys: Cached::default(),
            exchanges: Semaphore::new(EXCHANGES),
        };
        Self(settings.iter().map(provider).collect())
    }

    /// The providers, as pages offer them.
    pub fn offered(&self) -> Vec<OfferedProvider> {
        let offered = |provider: &Provider| {
            let (provider, label) = (provider.name().clone(), provider.label().clone());
            OfferedProvider { provider, label }
        };
        self.0.iter().map(offered).collect()
    }

    /// The provider with this name.
    pub fn find(&self, name: &ProviderName) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.name() == name)
    }
}

impl Provider {
    /// Its name in method calls.
    pub fn name(&self) -> &ProviderName {
        &self.settings.name
    }

    /// Its display name.
    pub fn label(&self) -> &ProviderLabel {
        &self.settings.label
    }

    /// The URL to which the browser with `flow` is sent.
    pub async fn authorization_url(&self, flow: &str) -> Result<Url, Failure> {
        let metadata = self.metadata().await?;
        let secrets = FlowSecrets::of(flow);
        let mut url = metadata.authorization_endpoint.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", &self.settings.scopes)
            .append_pair("state", &secrets.state)
            .append_pair("nonce", &secrets.nonce)
            .append_pair("code_challenge", &secrets.code_challenge())
            .append_pair("code_challenge_method", "S256");
        if self.settings.preset.answers_by_form() {
            url.query_pairs_mut().append_pair("response_mode", "form_post");
        }
        Ok(url)
    }

    /// The identity of the user who came back with `flow` and this answer.
    pub async fn identify(&self, flow: &str, callback: Callback) -> Result<Identity, Failure> {
        let secrets = FlowSecrets::of(flow);
        if !secrets.is_state(&callback.state) {
            return Err(Failure::Refused("the answer is for another flow".into()));
        }
        let Ok(Ok(_turn)) = timeout(TURN, self.exchanges.acquire()).await else {
            return Err(Failure::Unavailable("too many concurrent exchanges".into()));
        };
        let metadata = self.metadata().await?;
        let is_own = match &callback.iss {
            Some(issuer) => *issuer == self.settings.issuer,
            None => !metadata.names_itself_in_answers,
        };
        if !is_own {
            return Err(Failure::Refused("the answer is from another provider".into()));
        }
        let token = self.exchange(&metadata, &callback.code, &secrets).await?;
        let token = self.verify(&metadata, &token, &secrets).await?;
        Ok(self.identity(token, callback.name))
    }

    /// The claims of a token, if it is valid. An unknown key makes the provider's keys be read again once: there may be
    /// new ones.
    async fn verify(&self, metadata: &Metadata, token: &str, secrets: &FlowSecrets) -> Result<IdToken, Failure> {
        let issuers = self.settings.preset.issuers(&self.settings.issuer);
        let expected = Expected {
            issuers: &issuers,
            client_id: &self.settings.client_id,
            nonce: &secrets.nonce,
            may_lack_nonce: self.settings.preset.tokens_lack_nonce(),
            now: self.clock.now(),
        };
        let came_at = Instant::now();
        let keys = self.keys.get(|| self.read_keys(metadata)).await?;
        let verified = match keys.verify(token, expected) {
            Err(IdTokenError::UnknownKey) => {
                let keys = self.keys.get_since(came_at, || self.read_keys(metadata)).await?;
                keys.verify(token, expected)
            }
            verified => verified,
        };
        verified.map_err(|refused| Failure::Refused(format!("its token was refused: {refused}")))
    }

    async fn metadata(&self) -> Result<Arc<Metadata>, Failure> {
        self.metadata
            .get(|| async { Metadata::parse(&self.read(self.discovery_url()?).await?, &self.settings.issuer) })
            .await
    }

    fn discovery_url(&self) -> Result<Url, Failure> {
        let issuer = self.settings.issuer.trim_end_matches('/');
        let url = format!("{issuer}/.well-known/openid-configuration").parse();
        url.map_err(|_| Failure::Unavailable("its issuer is not a URL".into()))
    }

    async fn read_keys(&self, metadata: &Metadata) -> Result<ProviderKeys, Failure> {
        let keys = ProviderKeys::parse(&self.read(metadata.jwks_uri.clone()).await?);
        keys.ok_or_else(|| Failure::Unavailable("its keys are not a JWK set".into()))
    }

    /// Reads a document of the provider's.
    async fn read(&self, url: Url) -> Result<bytes::Bytes, Failure> {
        let answer = self.send(Request::get(url).accept_json()).await?;
        match answer.status.as_u16() {
            200 => Ok(answer.body),
            status => Err(Failure::Unavailable(format!("it answers {status} instead of a document"))),
        }
    }

    async fn send(&self, request: Request) -> Result<outgoing::Answer, Failure> {
        let reading = Reading::Body { at_most: ANSWER_BYTES };
        // The operator has chosen it, and it may be in a private network.
        let bounds = Bounds { targets: Targets::Any, total: ANSWER, reading };
        self.http.send(request, bounds).await.map_err(|failure| Failure::Unavailable(failure.to_string()))
    }
}

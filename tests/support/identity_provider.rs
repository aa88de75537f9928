//! An OpenID Connect provider on this machine, with the deviations that the server's presets are for.

mod tokens;

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::AUTHORIZATION,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use parking_lot::Mutex;
use rcgen::KeyPair;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    sync::Arc,
};
use tokens::{SigningKey, now};
use tokio::net::TcpListener;
use url::{Url, form_urlencoded};
use uuid::Uuid;

pub const CLIENT_ID: &str = "the-shop";
pub const CLIENT_SECRET: &str = "a very / secret+secret of the shop";
const TEAM_ID: &str = "TEAM123456";
const KEY_ID: &str = "KEY1234567";

/// The provider that it imitates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// None in particular.
    Plain,
    Google,
    Microsoft,
    /// The client's secret is a token signed by its key; the secret goes in the body; answers come by form.
    Apple,
    /// The secret goes in the body, and tokens do not repeat the nonce.
    LinkedIn,
}

/// Its faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mischief {
    /// It answers 503 to everything.
    Down,
    /// It accepts connections and does not answer.
    Silent,
    /// Its answers are not JSON.
    Nonsense,
    OtherIssuer,
    OtherAudience,
    OtherParty,
    OtherNonce,
    NoNonce,
    Expired,
    Future,
    /// Signed by a key that it does not publish.
    UnknownKey,
    /// Signed by another key under the id of a published one.
    ForgedKey,
    /// Not signed.
    Unsigned,
    /// Signed with the client's secret, by HMAC.
    BySecret,
    /// A code can be used again.
    TakesCodesAgain,
    /// It refuses the client's secret.
    InvalidClient,
}

/// The answer that a browser brings back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub code: String,
    pub state: String,
    pub iss: Option<String>,
    /// How the browser returns: by `form_post`, or by redirect.
    pub response_mode: Option<String>,
    /// Where it is sent to.
    pub redirect_uri: String,
}

impl Answer {
    /// Parameters of `auth.login_provider` and `providers.link`.
    pub fn params(&self, flow: &Value) -> Value {
        let mut params = json!({ "flow": flow["flow"], "code": self.code, "state": self.state });
        if let Some(iss) = &self.iss {
            params["iss"] = iss.as_str().into();
        }
        params
    }
}

/// The data of a code.
struct Grant {
    claims: Value,
    nonce: String,
    code_challenge: String,
}

struct State {
    manner: Manner,
    key: SigningKey,
    mischief: Option<Mischief>,
    codes: HashMap<String, Grant>,
    /// Requests by path.
    requests: BTreeMap<String, usize>,
    /// Whether its answers name the issuer.
    names_itself: bool,
    /// Secrets that went through it.
    secrets: Vec<(&'static str, String)>,
}

/// A provider. It runs as long as the test.
#[derive(Clone)]
pub struct IdentityProvider {
    pub issuer: String,
    /// The key that Apple issues to its clients.
    client_key: Arc<KeyPair>,
    state: Arc<Mutex<State>>,
}

impl IdentityProvider {
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let issuer = if manner == Manner::Microsoft { format!("{origin}/a-tenant/v2.0") } else { origin };
        let state = State {
            manner,
            key: SigningKey::rsa(),
            mischief: None,
            codes: HashMap::new(),
            requests: BTreeMap::new(),
            names_itself: false,
            secrets: Vec::new(),
        };
        let client_key = Arc::new(KeyPair::generate().expect("a key"));
        let provider = Self { issuer, client_key, state: Arc::new(Mutex::new(state)) };
        let serving = provider.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let provider = serving.clone();
                let answer = service_fn(move |request| {
                    let provider = provider.clone();
                    async move { Ok::<_, Infallible>(provider.answer(request).await) }
                });
                // A client that hangs up is not the provider's concern.
                tokio::spawn(async move {
                    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await);
                });
            }
        });
        provider
    }

    /// The settings of a server that uses it under this name.
    pub fn settings(&self, name: &str) -> Vec<(String, String)> {
        let apple = self.state.lock().manner == Manner::Apple;
        let secret = if apple { self.client_key.serialize_pem() } else { CLIENT_SECRET.to_owned() };
        let mut settings =
            vec![("ISSUER", self.issuer.clone()), ("CLIENT_ID", CLIENT_ID.into()), ("CLIENT_SECRET", secret)];
        if apple {
            settings.extend([("TEAM_ID", TEAM_ID.into()), ("KEY_ID", KEY_ID.into())]);
        }
        let name = name.to_uppercase();
        settings.into_iter().map(|(key, value)| (format!("PROVIDERS__{name}__{key}"), value)).collect()
    }

    /// Sets the fault from now on; `None` removes it.
    pub fn set(&self, mischief: impl Into<Option<Mischief>>) {
        self.state.lock().mischief = mischief.into();
    }

    /// From now on its answers name the issuer, and its discovery document says so.
    pub fn name_itself(&self) {
        self.state.lock().names_itself = true;
    }

    /// It signs with another key from now on, and publishes only that one.
    pub fn rotate(&self) {
        self.state.lock().key = SigningKey::ec();
    }

    /// The verifiers of codes that it received, and the ID tokens that it issued.
    pub fn secrets(&self) -> Vec<(&'static str, String)> {
        self.state.lock().secrets.clone()
    }

    /// The number of requests to a path.
    pub fn requests(&self, path: &str) -> usize {
        self.state.lock().requests.get(path).copied().unwrap_or(0)
    }

    /// A user follows the URL, signs in there and agrees; returns the answer that the browser brings back. `claims` are
    /// the provider's claims about the user, including `sub`.
    pub fn agree(&self, flow: &Value, claims: Value) -> Answer {
        let url: Url = flow["authorization_url"].as_str().expect("a URL").parse().expect("a URL");
        let path = self.issuer.parse::<Url>().expect("a URL");
        assert_eq!((url.origin(), url.path()), (path.origin(), "/authorize"), "{url}");
        let mut asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let mut take = |name: &str| asked.remove(name).unwrap_or_else(|| panic!("no {name} in {url}"));
        assert_eq!(take("response_type"), "code");
        assert_eq!(take("client_id"), CLIENT_ID);
        assert_eq!(take("code_challenge_method"), "S256");
        assert!(take("scope").split(' ').any(|scope| scope == "openid"));
        let (state, nonce) = (take("state"), take("nonce"));
        let grant = Grant { claims, nonce, code_challenge: take("code_challenge") };
        let redirect_uri = take("redirect_uri");
        let mut provider = self.state.lock();
        let code = Uuid::new_v4().to_string();
        provider.codes.insert(code.clone(), grant);
        let iss = provider.names_itself.then(|| self.issuer.clone());
        Answer { code, state, iss, response_mode: asked.remove("response_mode"), redirect_uri }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        let mischief = {
            let mut state = self.state.lock();
            *state.requests.entry(path.clone()).or_default() += 1;
            state.mischief
        };
        match mischief {
            Some(Mischief::Down) => return respond(StatusCode::SERVICE_UNAVAILABLE, "down"),
            Some(Mischief::Silent) => std::future::pending().await,
            Some(Mischief::Nonsense) => return respond(StatusCode::OK, "<html>"),
            _ => {}
        }
        if path.ends_with("/.well-known/openid-configuration") {
            return respond(StatusCode::OK, self.discovery().to_string());
        }
        match path.as_str() {
            "/jwks" => {
                // The set also has a key of an unknown kind, and one that does not sign.
                let other = json!({ "kty": "AKP", "kid": "pq", "alg": "ML-DSA-44", "pub": "AAAA" });
                let encrypts =
                    json!({ "kty": "RSA", "kid": "e", "use": "enc", "alg": "RSA-OAEP", "n": "AQAB", "e": "AQAB" });
                let keys = json!({ "keys": [other, self.state.lock().key.jwk, encrypts] });
                respond(StatusCode::OK, keys.to_string())
            }
            "/token" => self.exchange(request).await,
            _ => respond(StatusCode::NOT_FOUND, "not found"),
        }
    }

    fn discovery(&self) -> Value {
        let state = self.state.lock();
        let origin = self.issuer.parse::<Url>().expect("a URL").origin().ascii_serialization();
        let methods = match state.manner {
            Manner::Apple | Manner::LinkedIn => json!(["client_secret_post"]),
            Manner::Plain | Manner::Google | Manner::Microsoft => json!(["client_secret_post", "client_secret_basic"]),
        };
        json!({
            "issuer": self.issuer,
            "authorization_endpoint": format!("{origin}/authorize"),
            "token_endpoint": format!("{origin}/token"),
            "jwks_uri": format!("{origin}/jwks"),
            "token_endpoint_auth_methods_supported": methods,
            "authorization_response_iss_parameter_supported": state.names_itself,
        })
    }

    async fn exchange(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let basic = request.headers().get(AUTHORIZATION).map(|value| value.to_str().expect("text").to_owned());
        let body = request.into_body().collect().await.expect("a body").to_bytes();
        let form: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
        let refuse = |error: &str| respond(StatusCode::BAD_REQUEST, json!({ "error": error }).to_string());
        let mut state = self.state.lock();
        let mischief = state.mischief;
        if mischief == Some(Mischief::InvalidClient) || !self.is_client(state.manner, basic.as_deref(), &form) {
            return refuse("invalid_client");
        }
        let code = &form["code"];
        let grant = match mischief {
            Some(Mischief::TakesCodesAgain) => state.codes.get(code).map(|grant| Grant {
                claims: grant.claims.clone(),
                nonce: grant.nonce.clone(),
                code_challenge: grant.code_challenge.clone(),
            }),
            _ => state.codes.remove(code),
        };
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
        let Some(grant) = grant.filter(|grant| grant.code_challenge == challenge) else {
            return refuse("invalid_grant");
        };
        if form["grant_type"] != "authorization_code" || !form["redirect_uri"].ends_with("/provider-callback") {
            return refuse("invalid_request");
        }
        let token = self.token(&state, grant);
        let verifier = form["code_verifier"].clone();
        state.secrets.extend([("a verifier", verifier), ("an ID token", token.clone())]);
        respond(StatusCode::OK, json!({ "access_token": "x", "token_type": "Bearer", "id_token": token }).to_string())
    }

    fn is_client(&self, manner: Manner, basic: Option<&str>, form: &HashMap<String, String>) -> bool {
        let in_body = form.get("client_id").map(String::as_str) == Some(CLIENT_ID);
        let secret = form.get("client_secret").map_or("", String::as_str);
        match manner {
            Manner::Plain | Manner::Google | Manner::Microsoft => {
                let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                let both = format!("{}:{}", encoded(CLIENT_ID), encoded(CLIENT_SECRET));
                basic == Some(&format!("Basic {}", BASE64_STANDARD.encode(both)))
            }
            Manner::LinkedIn => basic.is_none() && in_body && secret == CLIENT_SECRET,
            Manner::Apple => basic.is_none() && in_body && self.is_own_assertion(secret),
        }
    }

    /// Whether it is a secret as Apple requires it, and not about to expire.
    fn is_own_assertion(&self, secret: &str) -> bool {
        let point = BASE64_URL_SAFE_NO_PAD.encode(&self.client_key.public_key_raw()[1..33]);
        let rest = BASE64_URL_SAFE_NO_PAD.encode(&self.client_key.public_key_raw()[33..]);
        let key = DecodingKey::from_ec_components(&point, &rest).expect("a key");
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_audience(&[&self.issuer]);
        validation.set_issuer(&[TEAM_ID]);
        let Ok(read) = jsonwebtoken::decode::<Value>(secret, &key, &validation) else { return false };
        let left = read.claims["exp"].as_i64().unwrap_or(0) - now();
        read.header.kid.as_deref() == Some(KEY_ID)
            && read.claims["sub"] == CLIENT_ID
            && (1..=180 * 86_400).contains(&left)
    }
}

fn respond(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response
}

//! Providers to sign in with (OpenID Connect): `MARBELLE_PROVIDERS__<NAME>__…` (docs/providers.md).

use super::{
    fault::Source,
    load::{GivenProvider, GivenProviders, Value},
    parse::url_of,
    reader::{Reader, Reason},
};
use crate::{
    crypto::{client_assertion::ClientAssertionKey, is_pem, is_secret_path},
    domain::sign_in_methods::{ProviderLabel, ProviderName},
    limits::PROVIDERS,
};
use secrecy::{ExposeSecret, SecretString};
use std::{fs, sync::Arc};
use url::{Host, Url};

/// The prefix of every variable of a provider.
pub(super) const PREFIX: &str = "MARBELLE_PROVIDERS__";

/// The longest name of a provider that methods accept.
const MAX_NAME: usize = 50;

/// The longest issuer or client id.
const MAX_BYTES: usize = 255;

/// Issuers of Microsoft that stand for any tenant: their tokens have different issuers.
const ANY_TENANT: [&str; 3] = ["common", "organizations", "consumers"];

/// A setting of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ProviderKey {
    Issuer,
    ClientId,
    ClientSecret,
    Label,
    Scopes,
    TeamId,
    KeyId,
}

impl ProviderKey {
    /// Every key, in the order in which `check-config` prints them.
    const ALL: [Self; 7] =
        [Self::Issuer, Self::ClientId, Self::ClientSecret, Self::Label, Self::Scopes, Self::TeamId, Self::KeyId];

    const fn name(self) -> &'static str {
        match self {
            Self::Issuer => "ISSUER",
            Self::ClientId => "CLIENT_ID",
            Self::ClientSecret => "CLIENT_SECRET",
            Self::Label => "LABEL",
            Self::Scopes => "SCOPES",
            Self::TeamId => "TEAM_ID",
            Self::KeyId => "KEY_ID",
        }
    }

    fn variable(self, provider: &str) -> String {
        format!("{PREFIX}{}__{}", provider.to_uppercase(), self.name())
    }
}

/// The provider and the key of a provider's variable, or the fault of its name.
pub(super) fn find(variable: &str) -> Result<(String, ProviderKey), Reason> {
    let (name, key) = variable.strip_prefix(PREFIX).and_then(|rest| rest.rsplit_once("__")).ok_or_else(|| {
        Reason::from(format!(
            "must be `{PREFIX}<NAME>__` and one of: {}",
            ProviderKey::ALL.map(ProviderKey::name).join(", ")
        ))
    })?;
    let Some(key) = ProviderKey::ALL.into_iter().find(|known| known.name() == key) else {
        let nearest = ProviderKey::ALL.into_iter().min_by_key(|known| strsim::damerau_levenshtein(known.name(), key));
        let nearest = nearest.map_or("", ProviderKey::name);
        return Err(format!("there is no such setting of a provider; did you mean {PREFIX}{name}__{nearest}?").into());
    };
    let name = name.to_lowercase();
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= MAX_NAME
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte));
    if is_name {
        Ok((name, key))
    } else {
        Err("does not name a provider: at most 50 letters, digits, `_` and `-`".into())
    }
}

/// The built-in rules for a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Nothing beyond OpenID Connect.
    Generic,
    /// Google.
    Google,
    /// One tenant of Microsoft Entra ID.
    Microsoft,
    /// Sign in with Apple.
    Apple,
    /// Sign In with LinkedIn.
    LinkedIn,
}

impl Preset {
    fn of(name: &str) -> Self {
        match name {
            "google" => Self::Google,
            "microsoft" => Self::Microsoft,
            "apple" => Self::Apple,
            "linkedin" => Self::LinkedIn,
            _ => Self::Generic,
        }
    }

    fn issuer(self) -> Option<&'static str> {
        match self {
            Self::Google => Some("https://accounts.google.com"),
            Self::Apple => Some("https://appleid.apple.com"),
            Self::LinkedIn => Some("https://www.linkedin.com/oauth"),
            Self::Microsoft | Self::Generic => None,
        }
    }

    fn label(self) -> Option<&'static str> {
        match self {
            Self::Google => Some("Google"),
            Self::Microsoft => Some("Microsoft"),
            Self::Apple => Some("Apple"),
            Self::LinkedIn => Some("LinkedIn"),
            Self::Generic => None,
        }
    }

    fn scopes(self) -> &'static str {
        match self {
            Self::Apple => "openid email name",
            _ => "openid email profile",
        }
    }
}

/// A provider, checked.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// Its name in method calls.
    pub name: ProviderName,
    /// The built-in rules for it.
    pub preset: Preset,
    /// The issuer as in its tokens.
    pub issuer: String,
    /// Our client id.
    pub client_id: String,
    /// Our client secret.
    pub client_secret: ClientSecret,
    /// Its display name.
    pub label: ProviderLabel,
    /// The requested scopes, separated by blanks, with `openid` among them.
    pub scopes: String,
    /// The file of the secret, if it is from a file, as given.
    secret_file: Option<String>,
}

/// The secret by which this server authenticates to a provider.
#[derive(Clone, Debug)]
pub enum ClientSecret {
    /// The secret that the provider issued.
    Text(SecretString),
    /// Signed with a key for each request: Apple.
    Signed {
        /// The key.
        key: Arc<ClientAssertionKey>,
        /// The id of the developer's team at Apple.
        team_id: String,
        /// The id of the key at Apple.
        key_id: String,
    },
}

impl ProviderSettings {
    /// The settings as `check-config` prints them, one per line.
    pub(super) fn print(&self) -> String {
        let Self { issuer, client_id, label, scopes, .. } = self;
        let (team_id, key_id) = match &self.client_secret {
            ClientSecret::Text(_) => ("", ""),
            ClientSecret::Signed { team_id, key_id, .. } => (team_id.as_str(), key_id.as_str()),
        };
        let lines = ProviderKey::ALL.map(|key| {
            let value = match key {
                ProviderKey::Issuer => issuer,
                ProviderKey::ClientId => client_id,
                ProviderKey::ClientSecret => self.secret_file.as_deref().unwrap_or(super::print::REDACTED),
                ProviderKey::Label => label.as_str(),
                ProviderKey::Scopes => scopes,
                ProviderKey::TeamId => team_id,
                ProviderKey::KeyId => key_id,
            };
            format!("{} = {value}", key.variable(self.name.as_str())).trim_end().to_owned() + "\n"
        });
        lines.concat()
    }
}

/// The configured providers, in the order of their names.
pub(super) fn providers(r: &mut Reader, given: GivenProviders, is_development: bool) -> Vec<ProviderSettings> {
    if given.len() > PROVIDERS {
        let variable = format!("{PREFIX}…");
        r.fault(variable, Source::Unset, format!("must be at most {PROVIDERS} providers: each is a button"));
    }
    given.into_iter().filter_map(|(name, given)| Draft { name, given, r, is_development }.read()).collect()
}

/// A provider before it is checked.
struct Draft<'a> {
    name: String,
    given: GivenProvider,
    r: &'a mut Reader,
    is_development: bool,
}

impl Draft<'_> {
    fn read(mut self) -> Option<ProviderSettings> {
        let preset = Preset::of(&self.name);
        let is_development = self.is_development;
        let issuer = self.take(ProviderKey::Issuer, preset.issuer(), |text| issuer(text, preset, is_development));
        let client_id = self.take(ProviderKey::ClientId, None, short);
        let label = self.name.clone();
        let label = self.take(ProviderKey::Label, Some(preset.label().unwrap_or(&label)), |text| {
            ProviderLabel::parse(text).map_err(|_| "must be a name of at most 100 characters".into())
        });
        let scopes = self.take(ProviderKey::Scopes, Some(preset.scopes()), scopes);
        let (client_secret, secret_file) = if preset == Preset::Apple { self.signed() } else { self.text() }?;
        Some(ProviderSettings {
            name: ProviderName::cut(&self.name)?,
            preset,
            issuer: issuer?,
            client_id: client_id?,
            client_secret,
            label: label?,
            scopes: scopes?,
            secret_file,
        })
    }

    fn take<T>(
        &mut self,
        key: ProviderKey,
        default: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, Reason>,
    ) -> Option<T> {
        let parsed = match (self.given.get(&key).map(|given| &given.value), default) {
            (Some(Value::One(text)), _) => parse(text.trim()),
            (Some(Value::Several(texts)), _) => parse(&texts.join(" ")),
            (None, Some(default)) => parse(default),
            (None, None) => Err("is required for this provider".into()),
        };
        parsed.map_err(|reason| self.refuse(key, reason)).ok()
    }

    fn refuse(&mut self, key: ProviderKey, reason: Reason) {
        let source = self.given.get(&key).map_or(Source::Unset, |given| given.source.clone());
        self.r.fault(key.variable(&self.name), source, reason);
    }

    /// The secret that the provider issued.
    fn text(&mut self) -> Option<(ClientSecret, Option<String>)> {
        for key in [ProviderKey::TeamId, ProviderKey::KeyId] {
            if self.given.contains_key(&key) {
                self.refuse(key, "is for `apple` only".into());
            }
        }
        let (secret, file) = self.take(ProviderKey::ClientSecret, None, |text| secret(text, is_secret_path(text)))?;
        Some((ClientSecret::Text(secret), file))
    }

    /// The key that signs the secret.
    fn signed(&mut self) -> Option<(ClientSecret, Option<String>)> {
        let team_id = self.take(ProviderKey::TeamId, None, short);
        let key_id = self.take(ProviderKey::KeyId, None, short);
        let (key, file) = self.take(ProviderKey::ClientSecret, None, |text| {
            let (pem, file) = secret(text, !is_pem(text))?;
            let key = ClientAssertionKey::parse(&pem.expose_secret().replace("\\n", "\n"));
            let key = key.ok_or("must be the private key that Apple gave (PEM, P-256), or the path of its file")?;
            Ok((key, file))
        })?;
        Some((ClientSecret::Signed { key: Arc::new(key), team_id: team_id?, key_id: key_id? }, file))
    }
}

fn secret(text: &str, is_path: bool) -> Result<(SecretString, Option<String>), Reason> {
    if !is_path {
        return Ok((text.into(), None));
    }
    let read = fs::read_to_string(text)
        .map_err(|error| Reason::from(format!("is the path of a file that cannot be read ({})", error.kind())))?;
    match read.trim() {
        "" => Err("is the path of an empty file".into()),
        secret => Ok((secret.into(), Some(text.to_owned()))),
    }
}

/// Discovery is at a path below it, and tokens repeat it exactly (OpenID Connect Discovery 1.0 §4.3).
fn issuer(text: &str, preset: Preset, is_development: bool) -> Result<String, Reason> {
    let url = url_of(text, &["http", "https"])?;
    let plain =
        url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if !plain || text.len() > MAX_BYTES {
        return Err(format!("must be a URL of at most {MAX_BYTES} bytes without user, query and fragment").into());
    }
    if url.scheme() == "http" && !(is_development && is_loopback(&url)) {
        return Err("must begin with `https://` (in development also `http://` on this machine)".into());
    }
    let names_any = url.path_segments().is_some_and(|mut path| path.any(|segment| ANY_TENANT.contains(&segment)));
    if preset == Preset::Microsoft && names_any {
        return Err("must name your tenant by its id: each tenant's tokens have an issuer of their own".into());
    }
    Ok(text.into())
}

/// Whether a URL's host is this machine, judged without DNS.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn short(text: &str) -> Result<String, Reason> {
    if text.is_empty() || text.len() > MAX_BYTES || text.chars().any(char::is_control) {
        return Err(format!("must have 1 to {MAX_BYTES} bytes and no control characters").into());
    }
    Ok(text.into())
}

fn scopes(text: &str) -> Result<String, Reason> {
    let scopes: Vec<&str> = text.split([' ', ',']).filter(|scope| !scope.is_empty()).collect();
    let is_scope = |scope: &&str| scope.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
    if !scopes.contains(&"openid") || !scopes.iter().all(is_scope) || text.len() > MAX_BYTES {
        return Err("must be scopes with blanks between them, `openid` among them".into());
    }
    Ok(scopes.join(" "))
}

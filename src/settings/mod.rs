//! Settings: read and checked once at the start; all faults are reported together (docs/settings.md).
//!
//! There are three sources, each overriding the one before: the defaults, a TOML file named by `MARBELLE_CONFIG`, and
//! environment variables. See [`Settings::load`] for their notation.

#[cfg(test)]
mod bounds_tests;
mod check;
mod fault;
mod files;
mod kubernetes;
mod listener;
mod load;
mod mail;
mod names;
mod nats;
mod notices;
mod parse;
mod passkeys;
mod postgres;
mod print;
mod providers;
#[cfg(test)]
mod providers_tests;
mod reader;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod url_tests;

pub use fault::{SettingsFault, SettingsFaults, Source};
pub use listener::own_url;
pub use nats::{NatsSettings, NatsSignIn};
pub(crate) use providers::is_loopback;
pub use providers::{ClientSecret, Preset, ProviderSettings};

use crate::{
    crypto::{keys::KeySettings, password::Argon2Settings},
    domain::{email::EmailAddress, sign_up::SignUpPolicy},
};
use ipnet::IpNet;
use secrecy::SecretString;
use std::{
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

/// Every setting, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `MARBELLE_ENV`: selects the defaults and the requirements.
    pub environment: Environment,
    /// `MARBELLE_LISTEN`: the address of the listener; port 0 binds a free port.
    pub listen: SocketAddr,
    /// `MARBELLE_DATA_DIR`: the folder for files that a node creates. It need not exist yet.
    pub data_dir: PathBuf,
    /// `MARBELLE_DATABASE_URL`.
    pub database: Database,
    /// `MARBELLE_NATS_URL`: one server or several; `None` runs a single node.
    pub nats: Option<NatsSettings>,
    /// How letters are sent.
    pub mail: Mail,
    /// `MARBELLE_FRONTEND_URL`: the base of links in letters, without a trailing slash.
    pub frontend_url: String,
    /// `MARBELLE_ALLOWED_ORIGINS`: in the form of the `Origin` header. It may be empty in development only, which
    /// allows this machine: localhost, 127.0.0.1 and `[::1]` on any port, and the listener's own origin.
    pub allowed_origins: Vec<String>,
    /// `MARBELLE_PASSKEYS__RP_ID`: the domain that passkeys are bound to; `None` if the frontend has none.
    pub passkeys_rp_id: Option<String>,
    /// `MARBELLE_PROVIDERS__…`: the providers to sign in with, in the order of their names.
    pub providers: Vec<ProviderSettings>,
    /// The configured keys; [`crate::crypto::keys::Keys::load`] reads or makes them.
    pub keys: KeySettings,
    /// `MARBELLE_TOKEN_ISSUER`: `iss` of access tokens.
    pub token_issuer: String,
    /// `MARBELLE_TOKEN_AUDIENCE`: `aud` of access tokens.
    pub token_audience: String,
    /// Audiences of other backends, for which a session may ask for access tokens.
    pub token_backends: Vec<String>,
    /// Who may register.
    pub sign_up: SignUpPolicy,
    /// `MARBELLE_COOKIE_SAME_SITE`.
    pub cookie_same_site: SameSite,
    /// `MARBELLE_ACCOUNT_PAGE`: whether `GET /` and below serve the account page.
    pub account_page: bool,
    /// `MARBELLE_TRUSTED_PROXIES`: the proxies that are trusted to name the client's address.
    pub trusted_proxies: Vec<IpNet>,
    /// `MARBELLE_CLIENT_ADDRESS_HEADER`: the header in which they name it.
    pub client_address_header: ClientAddressHeader,
    /// `MARBELLE_LIMITS__…`.
    pub limits: Limits,
    /// `MARBELLE_LIFETIMES__…`.
    pub lifetimes: Lifetimes,
    /// `MARBELLE_ARGON2__…`.
    pub argon2: Argon2Settings,
    /// `MARBELLE_SWEEP_PERIOD`: the interval at which followed accounts are compared with the database.
    pub sweep_period: Duration,
    /// `MARBELLE_SECURITY_LOG`: a file that security events are also written to.
    pub security_log: Option<PathBuf>,
    /// `MARBELLE_SERVICE_LISTEN`: a separate listener for `/service` and `/metrics`, which are not public.
    pub service_listen: Option<SocketAddr>,
    /// `MARBELLE_BREACHED_PASSWORDS_URL`: the URL that the beginning of a hash is appended to.
    pub breached_passwords: Option<url::Url>,
    /// `MARBELLE_WEBHOOKS__ALLOW_PRIVATE`: whether a webhook may lead to an address that is not public.
    pub webhooks_allow_private: bool,
    /// `MARBELLE_STREAM`: the JetStream stream that events are published to; only with NATS.
    pub stream: Option<String>,
    /// `MARBELLE_OPERATOR_EMAIL`: the recipient of letters to the operator.
    pub operator_email: Option<EmailAddress>,
    /// `MARBELLE_HTTP_IDLE`: how long an idle HTTP connection is kept, and how long a request's head may take.
    pub http_idle: Duration,
    /// Warnings for the operator about usable settings, one sentence each.
    pub notices: Vec<String>,
    /// `MARBELLE_LOG`: a directive for `tracing_subscriber::EnvFilter`.
    pub log: String,
}

/// The environment that the server runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// On a developer's machine: everything has a default.
    Development,
    /// For users: settings without a safe default are required.
    Production,
}

/// Where accounts are stored.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file, for one node.
    Sqlite(PathBuf),
    /// A `postgres://` URL, for one node or many.
    Postgres(SecretString),
}

/// How letters are sent.
#[derive(Clone, Debug)]
pub struct Mail {
    /// `MARBELLE_MAIL_URL`.
    pub transport: MailTransport,
    /// `MARBELLE_MAIL_FROM`: a mailbox (RFC 5322), with or without a name; its address is ASCII.
    pub from: String,
    /// `MARBELLE_MAIL_HELO`: the name by which the server introduces itself to a mail server; `None` means the host's
    /// full name.
    pub helo: Option<String>,
    /// `MARBELLE_SHOP_NAME`: the name of the shop in letters.
    pub shop_name: String,
}

/// Where letters are delivered.
#[derive(Clone, Debug)]
pub enum MailTransport {
    /// A folder, with one `.eml` file per letter.
    File(PathBuf),
    /// A mail server.
    Smtp(Smtp),
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// A host name or an IP address, the latter without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// User and password, already percent-decoded.
    pub credentials: Option<(String, SecretString)>,
    /// The protection of the connection.
    pub security: SmtpSecurity,
}

/// The protection of the connection to a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// None; to this machine only.
    Plain,
    /// STARTTLS, without which nothing is sent (`smtp://…?tls=required`).
    StartTls,
    /// TLS from the first byte (`smtps://`, RFC 8314).
    Tls,
}

/// `SameSite` of the session cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the cookie attribute")]
pub enum SameSite {
    Lax,
    Strict,
    None,
}

/// The header in which trusted proxies name the client's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAddressHeader {
    /// `X-Forwarded-For`: addresses, the nearest proxy's client last.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
    /// `X-Real-IP`: the client's address alone.
    XRealIp,
}

impl ClientAddressHeader {
    /// The header's name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
            Self::XRealIp => "x-real-ip",
        }
    }
}

/// Limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls that try a password, per minute and client address.
    pub sign_in_per_minute: NonZeroU32,
    /// Calls that send or accept a one-time token, per minute and client address.
    pub token_per_minute: NonZeroU32,
    /// Wrong passwords per e-mail address in 15 minutes.
    pub failures_per_account: NonZeroU32,
    /// Letters per hour to one mailbox.
    pub mails_per_mailbox: NonZeroU32,
    /// Calls per second and session; twice as many per user.
    pub calls_per_second: NonZeroU32,
    /// Changes per minute and user.
    pub writes_per_minute: NonZeroU32,
    /// Entries of the log kept per user; older ones are removed early.
    pub events_per_user: NonZeroU32,
    /// Refused credentials per minute and client address; half as many calls of `rpc.discover`.
    pub refusals_per_minute: NonZeroU32,
    /// Changes of the password per hour and user.
    pub password_changes_per_hour: NonZeroU32,
    /// Calls that start or await something, per minute and client address.
    pub ceremonies_per_minute: NonZeroU32,
    /// Open connections of any kind from one client address.
    pub connections_per_address: NonZeroUsize,
    /// Open sockets from one client address.
    pub sockets_per_address: NonZeroUsize,
    /// Open sockets of one user.
    pub sockets_per_user: NonZeroUsize,
    /// Live sessions of one user.
    pub sessions_per_user: NonZeroUsize,
    /// The least number of characters of a new password.
    pub password_min_length: usize,
    /// Addresses of one user.
    pub max_addresses: NonZeroUsize,
}

/// Lifetimes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// An access token.
    pub access_token: Duration,
    /// A token in a letter.
    pub one_time_token: Duration,
    /// How long the last refresh may be repeated.
    pub refresh_grace: Duration,
    /// A session without use.
    pub session_idle: Duration,
    /// Any session; at least `session_idle`.
    pub session_absolute: Duration,
    /// An entry of the event log.
    pub events: Duration,
    /// An entry of the security log.
    pub security_events: Duration,
    /// How long a proof of a session is valid.
    pub proof: Duration,
}

impl Settings {
    /// Reads and checks the settings; `env` is the process's environment, or a test's.
    ///
    /// In the TOML file a setting is named as in the environment, or in lower case without `MARBELLE_`, and `__` may be
    /// a table: `MARBELLE_LIMITS__MAX_ADDRESSES = 3`, `limits__max_addresses = 3` and `max_addresses = 3` under
    /// `[limits]` are the same. A list is an array there, or text separated by commas as in the environment. A variable
    /// with an empty value counts as not set. Spans of time are written like `10m`, `2s` or `500ms`.
    ///
    /// Nothing is created or changed: folders and keys are made when the server starts.
    ///
    /// # Errors
    /// Every fault, with its variable and source; no fault quotes a value.
    pub fn load(env: impl IntoIterator<Item = (String, String)>) -> Result<Self, SettingsFaults> {
        let load::Gathered { given, providers, ignored, faults } = load::gather(env);
        let mut settings = check::check(reader::Reader::new(given, faults), providers)?;
        settings.notices = notices::notices(&settings, &ignored);
        Ok(settings)
    }
}

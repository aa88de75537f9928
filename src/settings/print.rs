//! Prints the effective settings.

use super::{
    Database, Environment, MailTransport, ProviderSettings, SameSite, Settings, Smtp, SmtpSecurity, names::Name,
    parse::format_span,
};
use crate::crypto::{is_pem, is_secret_path};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use std::{fmt::Display, net::Ipv6Addr, path::Path};

pub(super) const REDACTED: &str = "[redacted]";

impl Settings {
    /// Every effective setting, one per line as `MARBELLE_NAME = value`, in the notation in which it can be set.
    /// Secrets are `[redacted]`, also those within URLs. Nothing after the `=` means that the setting is not set.
    pub fn redacted(&self) -> String {
        Name::ALL
            .iter()
            .map(|name| format!("{} = {}", name.variable(), self.value(*name)).trim_end().to_owned() + "\n")
            .chain(self.providers.iter().map(ProviderSettings::print))
            .collect()
    }

    /// The effective database as a URL, with its password redacted.
    pub fn database_url(&self) -> String {
        self.value(Name::DatabaseUrl)
    }

    fn value(&self, name: Name) -> String {
        let Self { limits, lifetimes, argon2, keys, mail, .. } = self;
        match name {
            Name::Env => match self.environment {
                Environment::Development => "development".into(),
                Environment::Production => "production".into(),
            },
            Name::Listen => self.listen.to_string(),
            Name::DataDir => show(&self.data_dir),
            Name::DatabaseUrl => match &self.database {
                Database::Sqlite(path) => format!("sqlite://{}", path.display()),
                Database::Postgres(url) => redact_url(url.expose_secret()),
            },
            Name::NatsUrl => self.nats.as_ref().map_or_else(String::new, |nats| {
                list(nats.given.expose_secret().split(',').map(|url| redact_url(url.trim())))
            }),
            Name::MailUrl => match &mail.transport {
                MailTransport::File(path) => format!("file://{}", path.display()),
                MailTransport::Smtp(smtp) => smtp_url(smtp),
            },
            Name::MailFrom => mail.from.clone(),
            Name::MailHelo => mail.helo.clone().unwrap_or_default(),
            Name::Shop => mail.shop_name.clone(),
            Name::FrontendUrl => self.frontend_url.clone(),
            Name::AllowedOrigins => list(&self.allowed_origins),
            Name::PasskeysRpId => self.passkeys_rp_id.clone().unwrap_or_default(),
            Name::SigningKey => list(keys.signing_key.iter().map(|key| redact_unless(key, |key| !is_pem(key)))),
            Name::VerifyKeys => list(keys.verify_keys.iter().map(|key| if is_pem(key) { "[PEM]" } else { key })),
            Name::TokenSecret => list(keys.token_secrets.iter().map(|secret| redact_unless(secret, is_secret_path))),
            Name::TokenIssuer => self.token_issuer.clone(),
            Name::TokenAudience => self.token_audience.clone(),
            Name::SignUp => self.sign_up.sign_up.as_str().into(),
            Name::SignUpDomains => list(&self.sign_up.domains),
            Name::TokenBackends => list(&self.token_backends),
            Name::CookieSameSite => match self.cookie_same_site {
                SameSite::Lax => "lax".into(),
                SameSite::Strict => "strict".into(),
                SameSite::None => "none".into(),
            },
            Name::AccountPage => self.account_page.to_string(),
            Name::TrustedProxies => list(&self.trusted_proxies),
            Name::ClientAddressHeader => self.client_address_header.name().into(),
            Name::SignInPerMinute => limits.sign_in_per_minute.to_string(),
            Name::TokenPerMinute => limits.token_per_minute.to_string(),
            Name::FailuresPerAccount => limits.failures_per_account.to_string(),
            Name::MailsPerMailbox => limits.mails_per_mailbox.to_string(),
            Name::CallsPerSecond => limits.calls_per_second.to_string(),
            Name::WritesPerMinute => limits.writes_per_minute.to_string(),
            Name::EventsPerUser => limits.events_per_user.to_string(),
            Name::RefusalsPerMinute => limits.refusals_per_minute.to_string(),
            Name::PasswordChangesPerHour => limits.password_changes_per_hour.to_string(),
            Name::CeremoniesPerMinute => limits.ceremonies_per_minute.to_string(),
            Name::ConnectionsPerAddress => limits.connections_per_address.to_string(),
            Name::SocketsPerAddress => limits.sockets_per_address.to_string(),
            Name::SocketsPerUser => limits.sockets_per_user.to_string(),
            Name::SessionsPerUser => limits.sessions_per_user.to_string(),
            Name::PasswordMinLength => limits.password_min_length.to_string(),
            Name::MaxAddresses => limits.max_addresses.to_string(),
            Name::AccessToken => format_span(lifetimes.access_token),
            Name::OneTimeToken => format_span(lifetimes.one_time_token),
            Name::RefreshGrace => format_span(lifetimes.refresh_grace),
            Name::SessionIdle => format_span(lifetimes.session_idle),
            Name::SessionAbsolute => format_span(lifetimes.session_absolute),
            Name::Events => format_span(lifetimes.events),
            Name::SecurityEvents => format_span(lifetimes.security_events),
            Name::Proof => format_span(lifetimes.proof),
            Name::MemoryKib => argon2.memory_kib.to_string(),
            Name::Passes => argon2.passes.to_string(),
            Name::Lanes => argon2.lanes.to_string(),
            Name::ServiceListen => self.service_listen.map_or_else(String::new, |address| address.to_string()),
            Name::BreachedPasswordsUrl => {
                self.breached_passwords.as_ref().map_or_else(String::new, ToString::to_string)
            }
            Name::WebhooksAllowPrivate => self.webhooks_allow_private.to_string(),
            Name::Stream => self.stream.clone().unwrap_or_default(),
            Name::OperatorEmail => self.operator_email.as_ref().map_or_else(String::new, ToString::to_string),
            Name::HttpIdle => format_span(self.http_idle),
            Name::SweepPeriod => format_span(self.sweep_period),
            Name::SecurityLog => self.security_log.as_deref().map_or_else(String::new, show),
            Name::Log => self.log.clone(),
        }
    }
}

fn show(path: impl AsRef<Path>) -> String {
    path.as_ref().display().to_string()
}

fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(",")
}

fn redact_unless(value: &SecretString, is_path: fn(&str) -> bool) -> &str {
    let value = value.expose_secret();
    if is_path(value) { value } else { REDACTED }
}

fn smtp_url(Smtp { host, port, credentials, security }: &Smtp) -> String {
    let user = credentials
        .as_ref()
        .map_or_else(String::new, |(user, _)| format!("{}:{REDACTED}@", utf8_percent_encode(user, NON_ALPHANUMERIC)));
    let host = if host.parse::<Ipv6Addr>().is_ok() { format!("[{host}]") } else { host.clone() };
    match security {
        SmtpSecurity::Plain => format!("smtp://{user}{host}:{port}"),
        SmtpSecurity::StartTls => format!("smtp://{user}{host}:{port}?tls=required"),
        SmtpSecurity::Tls => format!("smtps://{user}{host}:{port}"),
    }
}

/// Options that are shown: the protection of the connection, and names of files. Others may be passwords.
const SHOWN_OPTIONS: [&str; 7] = ["ca", "cert", "creds", "key", "sslmode", "ssl-mode", "sslrootcert"];

/// A checked URL without its password (or its user, if there is only that: it may be a token) and without the values of
/// most options, some of which are passwords as well.
fn redact_url(url: &str) -> String {
    let (url, options) = url.split_once('?').map_or((url, String::new()), |(url, options)| {
        (url, format!("?{}", options.split('&').map(redact_option).collect::<Vec<_>>().join("&")))
    });
    let Some((scheme, rest)) = url.split_once("://") else { return REDACTED.into() };
    let Some((user, rest)) = rest.rsplit_once('@') else { return format!("{scheme}://{rest}{options}") };
    match user.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:{REDACTED}@{rest}{options}"),
        None => format!("{scheme}://{REDACTED}@{rest}{options}"),
    }
}

fn redact_option(option: &str) -> String {
    match option.split_once('=') {
        Some((name, _)) if SHOWN_OPTIONS.contains(&name) => option.to_owned(),
        Some((name, _)) => format!("{name}={REDACTED}"),
        None => REDACTED.into(),
    }
}

//! Checks the settings: each value by itself, then the values against each other.

use super::{
    ClientAddressHeader, Database, Environment, Lifetimes, Limits, Mail, MailTransport, SameSite, Settings,
    SettingsFaults,
    listener::own_url,
    load::GivenProviders,
    mail,
    names::Name,
    nats::nats,
    parse::{self, number, span},
    passkeys, providers,
    reader::{Reader, Reason},
};
use crate::{
    crypto::{
        keys::{KeySetting, KeySettings, Keys},
        password::Argon2Settings,
    },
    domain::{
        largest::most_addresses,
        sign_up::{SignUp, SignUpPolicy},
        text::Text,
    },
    limits::{PASSWORD_MAX_CHARACTERS, PASSWORD_MIN_CHARACTERS},
};
use std::{
    net::{Ipv4Addr, SocketAddr},
    num::{NonZeroU32, NonZeroUsize},
    path::{Path, PathBuf},
    time::Duration,
};
use tracing_subscriber::EnvFilter;

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Settings that have no safe default in production.
const REQUIRED_IN_PRODUCTION: [Name; 6] =
    [Name::MailUrl, Name::MailFrom, Name::FrontendUrl, Name::AllowedOrigins, Name::SigningKey, Name::TokenSecret];

/// The settings, or every fault.
pub(super) fn check(mut reader: Reader, given_providers: GivenProviders) -> Result<Settings, SettingsFaults> {
    let r = &mut reader;
    let environment = r.one(Name::Env, Environment::Development, parse::environment);
    let production = environment == Environment::Production;
    if production {
        r.require(&REQUIRED_IN_PRODUCTION);
    }
    let listen = r.one(Name::Listen, SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)), address);
    let data_dir = r.one(Name::DataDir, PathBuf::from("./data"), folder);
    let frontend_url = r.one(Name::FrontendUrl, own_url(listen), parse::frontend);
    let settings = Settings {
        environment,
        listen,
        database: r.one(Name::DatabaseUrl, Database::Sqlite(data_dir.join("marbelle.db")), parse::database),
        nats: r.optional(Name::NatsUrl, nats),
        mail: Mail {
            transport: r.one(Name::MailUrl, MailTransport::File(data_dir.join("mail")), mail::transport),
            from: r.one(Name::MailFrom, "Marbelle <no-reply@localhost>".into(), mail::sender),
            helo: r.optional(Name::MailHelo, mail::helo),
            shop_name: r.one(Name::Shop, "Marbelle".into(), shop_name),
        },
        allowed_origins: r.list(Name::AllowedOrigins, parse::origin).unwrap_or_default(),
        passkeys_rp_id: passkeys::relying_party(r, &frontend_url),
        providers: providers::providers(r, given_providers, !production),
        keys: keys(r, &data_dir),
        token_issuer: r.one(Name::TokenIssuer, frontend_url.clone(), parse::claim),
        token_audience: r.one(Name::TokenAudience, "marbelle".into(), parse::claim),
        token_backends: r.list(Name::TokenBackends, parse::claim).unwrap_or_default(),
        cookie_same_site: r.one(Name::CookieSameSite, SameSite::Lax, parse::same_site),
        account_page: r.one(Name::AccountPage, !production, parse::truth),
        sign_up: SignUpPolicy {
            sign_up: r.one(Name::SignUp, SignUp::Open, parse::sign_up),
            domains: r.list(Name::SignUpDomains, parse::mail_domain).unwrap_or_default(),
        },
        trusted_proxies: r.list(Name::TrustedProxies, parse::network).unwrap_or_default(),
        client_address_header: r.one(
            Name::ClientAddressHeader,
            ClientAddressHeader::XForwardedFor,
            parse::client_address_header,
        ),
        limits: limits(r),
        lifetimes: lifetimes(r),
        argon2: argon2(r),
        // The sweep closes the sockets of expired sessions, which must happen within a minute.
        sweep_period: r.one(Name::SweepPeriod, 2 * SECOND, span(10 * MILLISECOND..=MINUTE / 2)),
        service_listen: r.optional(Name::ServiceListen, address),
        breached_passwords: r.optional(Name::BreachedPasswordsUrl, parse::range_url),
        webhooks_allow_private: r.one(Name::WebhooksAllowPrivate, true, parse::truth),
        stream: r.optional(Name::Stream, parse::stream),
        operator_email: r.optional(Name::OperatorEmail, parse::email),
        // Longer than the 60 s for which nginx and load balancers keep idle connections for reuse.
        http_idle: r.one(Name::HttpIdle, 75 * SECOND, span(SECOND..=60 * MINUTE)),
        notices: Vec::new(),
        security_log: r.optional(Name::SecurityLog, file),
        log: r.one(Name::Log, "info".into(), log),
        data_dir,
        frontend_url,
    };
    compare(r, &settings);
    reader.finish(settings)
}

/// Checks settings against each other and against the environment.
fn compare(r: &mut Reader, settings: &Settings) {
    let production = settings.environment == Environment::Production;
    if production && r.sound(&[Name::FrontendUrl]) && !settings.frontend_url.starts_with("https://") {
        r.refuse(Name::FrontendUrl, "must begin with `https://` in production: letters carry tokens in its links");
    }
    if settings.cookie_same_site == SameSite::None && !production {
        r.refuse(
            Name::CookieSameSite,
            "cannot be `none` in development: browsers accept that for `Secure` cookies only, which need https",
        );
    }
    if settings.nats.is_some() && r.sound(&[Name::DatabaseUrl]) && matches!(settings.database, Database::Sqlite(_)) {
        r.refuse(Name::NatsUrl, "is for several nodes, which need a `postgres://` database (MARBELLE_DATABASE_URL)");
    }
    if settings.stream.is_some() && r.sound(&[Name::NatsUrl]) && settings.nats.is_none() {
        r.refuse(Name::Stream, format!("is a stream of NATS, so it needs {}", Name::NatsUrl.variable()));
    }
    let takes_both = |one: SocketAddr| one.ip() == settings.listen.ip() || one.ip().is_unspecified();
    if r.sound(&[Name::Listen, Name::ServiceListen])
        && settings.listen.port() != 0
        && settings.service_listen.is_some_and(|one| one.port() == settings.listen.port() && takes_both(one))
    {
        r.refuse(Name::ServiceListen, format!("must differ from {}", Name::Listen.variable()));
    }
    if r.sound(&[Name::TokenAudience, Name::TokenBackends])
        && settings.token_backends.contains(&settings.token_audience)
    {
        let own = Name::TokenAudience.variable();
        r.refuse(Name::TokenBackends, format!("must not name this server's own audience ({own})"));
    }
    let Lifetimes { session_idle, session_absolute, .. } = settings.lifetimes;
    if r.sound(&[Name::SessionIdle, Name::SessionAbsolute]) && session_idle > session_absolute {
        r.refuse(Name::SessionIdle, format!("must not exceed {}", Name::SessionAbsolute.variable()));
    }
    let Limits { sessions_per_user, max_addresses, .. } = settings.limits;
    let most = most_addresses(sessions_per_user.get());
    if r.sound(&[Name::SessionsPerUser, Name::MaxAddresses]) && max_addresses.get() > most {
        let sessions = Name::SessionsPerUser.variable();
        r.refuse(
            Name::MaxAddresses,
            format!(
                "must be at most {most} while {sessions} is {sessions_per_user}: with the longest texts an account \
                 would not fit into one answer"
            ),
        );
    }
    let Argon2Settings { memory_kib, lanes, .. } = settings.argon2;
    if r.sound(&[Name::MemoryKib, Name::Lanes]) && memory_kib < 8 * lanes {
        r.refuse(Name::MemoryKib, format!("must be at least 8 for each of {}", Name::Lanes.variable()));
    }
}

fn keys(r: &mut Reader, data_dir: &Path) -> KeySettings {
    let keys = KeySettings {
        signing_key: r.optional(Name::SigningKey, parse::secret),
        verify_keys: r.list(Name::VerifyKeys, parse::text).unwrap_or_default(),
        token_secrets: r.list(Name::TokenSecret, parse::secret).unwrap_or_default(),
    };
    for fault in Keys::check(&keys, data_dir) {
        let name = match fault.setting {
            KeySetting::SigningKey => Name::SigningKey,
            KeySetting::VerifyKeys => Name::VerifyKeys,
            KeySetting::TokenSecret => Name::TokenSecret,
        };
        r.refuse(name, fault.message);
    }
    keys
}

fn limits(r: &mut Reader) -> Limits {
    let mut rate = |name, default| r.one(name, rate(default), number(NonZeroU32::MIN..=rate(1_000_000)));
    let sign_in_per_minute = rate(Name::SignInPerMinute, 5);
    let token_per_minute = rate(Name::TokenPerMinute, 3);
    let failures_per_account = rate(Name::FailuresPerAccount, 10);
    let mails_per_mailbox = rate(Name::MailsPerMailbox, 10);
    let calls_per_second = rate(Name::CallsPerSecond, 50);
    let writes_per_minute = rate(Name::WritesPerMinute, 120);
    let events_per_user = rate(Name::EventsPerUser, 2000);
    let refusals_per_minute = rate(Name::RefusalsPerMinute, 60);
    let password_changes_per_hour = rate(Name::PasswordChangesPerHour, 5);
    let ceremonies_per_minute = rate(Name::CeremoniesPerMinute, 30);
    let mut count = |name, default, most| r.one(name, count(default), number(NonZeroUsize::MIN..=count(most)));
    Limits {
        sign_in_per_minute,
        token_per_minute,
        failures_per_account,
        mails_per_mailbox,
        calls_per_second,
        writes_per_minute,
        events_per_user,
        refusals_per_minute,
        password_changes_per_hour,
        ceremonies_per_minute,
        connections_per_address: count(Name::ConnectionsPerAddress, 400, 1_000_000),
        sockets_per_address: count(Name::SocketsPerAddress, 200, 1_000_000),
        sockets_per_user: count(Name::SocketsPerUser, 100, 1_000_000),
        // A snapshot holds every session and address of a user: `compare` checks the two limits together.
        sessions_per_user: count(Name::SessionsPerUser, 50, 1000),
        max_addresses: count(Name::MaxAddresses, 10, 1000),
        password_min_length: r.one(
            Name::PasswordMinLength,
            PASSWORD_MIN_CHARACTERS,
            number(PASSWORD_MIN_CHARACTERS..=PASSWORD_MAX_CHARACTERS),
        ),
    }
}

/// The upper bounds catch a wrong unit (`10d` for `10m`). The lower bounds are for tests; an access token counts whole
/// seconds.
fn lifetimes(r: &mut Reader) -> Lifetimes {
    Lifetimes {
        access_token: r.one(Name::AccessToken, 10 * MINUTE, span(SECOND..=DAY)),
        // A registration and its token are kept for seven days.
        one_time_token: r.one(Name::OneTimeToken, DAY, span(SECOND..=7 * DAY)),
        refresh_grace: r.one(Name::RefreshGrace, MINUTE, span(Duration::ZERO..=10 * MINUTE)),
        session_idle: r.one(Name::SessionIdle, 28 * DAY, span(SECOND..=3650 * DAY)),
        session_absolute: r.one(Name::SessionAbsolute, 90 * DAY, span(SECOND..=3650 * DAY)),
        events: r.one(Name::Events, 7 * DAY, span(SECOND..=3650 * DAY)),
        security_events: r.one(Name::SecurityEvents, 365 * DAY, span(SECOND..=3650 * DAY)),
        proof: r.one(Name::Proof, 10 * MINUTE, span(SECOND..=DAY)),
    }
}

/// The defaults are OWASP's recommendation for Argon2id (Password Storage Cheat Sheet).
fn argon2(r: &mut Reader) -> Argon2Settings {
    Argon2Settings {
        memory_kib: r.one(Name::MemoryKib, 19_456, number(8..=4_194_304)),
        passes: r.one(Name::Passes, 2, number(1..=100)),
        lanes: r.one(Name::Lanes, 1, number(1..=64)),
    }
}

const fn rate(number: u32) -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(number.saturating_sub(1))
}

const fn count(number: usize) -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(number.saturating_sub(1))
}

fn address(text: &str) -> Result<SocketAddr, Reason> {
    text.parse().map_err(|_| "must be an IP address and a port, such as `127.0.0.1:8080`".into())
}

fn folder(text: &str) -> Result<PathBuf, Reason> {
    let path = parse::path(text)?;
    if path.exists() && !path.is_dir() { Err("must be a folder, but is a file".into()) } else { Ok(path) }
}

/// A file that exists or can be created.
fn file(text: &str) -> Result<PathBuf, Reason> {
    let path = parse::path(text)?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.is_dir() {
        Err("must be a file, but is a folder".into())
    } else if parent.is_dir() {
        Ok(path)
    } else {
        Err("must be in an existing folder".into())
    }
}

fn shop_name(text: &str) -> Result<String, Reason> {
    match Text::<100>::parse(text) {
        Ok(name) => Ok(name.as_str().into()),
        Err(faults) => Err(faults.into_iter().map(|fault| fault.message).collect::<Vec<_>>().join(", ").into()),
    }
}

fn log(text: &str) -> Result<String, Reason> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.into()),
        Err(_) => Err("must be a log filter such as `info` or `info,marbelle=debug`".into()),
    }
}

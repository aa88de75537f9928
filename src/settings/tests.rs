use super::{names::Name, *};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::fs;
use tempfile::TempDir;

/// A folder of its own, so that the keys of an earlier start are not found.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn load(&self, env: &[(&str, &str)]) -> Result<Settings, SettingsFaults> {
        let data_dir = self.0.path().to_str().unwrap().to_owned();
        let env = env.iter().map(|(name, value)| (format!("MARBELLE_{name}"), (*value).to_owned()));
        Settings::load([("MARBELLE_DATA_DIR".into(), data_dir), ("PATH".into(), "/bin".into())].into_iter().chain(env))
    }

    fn file(&self, text: &str) -> String {
        let path = self.0.path().join("marbelle.toml");
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The settings that production requires.
    fn production(&self) -> Vec<(&'static str, String)> {
        let key = self.0.path().join("key.pem");
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
        fs::write(&key, pem).unwrap();
        vec![
            ("ENV", "production".into()),
            ("MAIL_URL", "smtps://post:p%40ss@mail.example".into()),
            ("MAIL_FROM", "Shop <no-reply@shop.example>".into()),
            ("FRONTEND_URL", "https://shop.example/".into()),
            ("ALLOWED_ORIGINS", "https://shop.example,https://www.shop.example:8443".into()),
            ("SIGNING_KEY", key.to_str().unwrap().into()),
            ("TOKEN_SECRET", STANDARD.encode([9; 32])),
        ]
    }
}

fn pairs<'a>(env: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    env.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// The variables with faults, without the prefix.
pub fn at_fault(env: &[(&str, &str)]) -> Vec<String> {
    match Place::new().load(env) {
        Ok(_) => vec![],
        Err(faults) => faults.0.iter().map(|fault| fault.variable.replacen("MARBELLE_", "", 1)).collect(),
    }
}

#[test]
fn development_needs_nothing() {
    let place = Place::new();
    let settings = place.load(&[]).unwrap();
    assert_eq!(settings.environment, Environment::Development);
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert!(matches!(&settings.database, Database::Sqlite(path) if *path == place.0.path().join("marbelle.db")));
    assert!(matches!(&settings.mail.transport, MailTransport::File(path) if *path == place.0.path().join("mail")));
    assert_eq!(settings.frontend_url, "http://localhost:8080");
    assert_eq!(settings.token_issuer, settings.frontend_url);
    assert!(settings.allowed_origins.is_empty(), "this machine's");
    assert_eq!(settings.client_address_header, ClientAddressHeader::XForwardedFor);
    assert_eq!(settings.http_idle, Duration::from_secs(75));
    assert!(settings.account_page && settings.nats.is_none() && settings.security_log.is_none());
    assert_eq!(settings.limits.sessions_per_user.get(), 50);
    assert_eq!(settings.lifetimes.session_absolute, Duration::from_secs(90 * 24 * 3600));
    assert_eq!(settings.argon2, Argon2Settings { memory_kib: 19456, passes: 2, lanes: 1 });
    assert_eq!(fs::read_dir(place.0.path()).unwrap().count(), 0, "loading creates nothing");
}

#[test]
fn the_environment_overrides_the_file_and_the_file_the_defaults() {
    let place = Place::new();
    let file = place.file(
        r#"
        listen = "127.0.0.1:1"
        MARBELLE_SHOP_NAME = "From the file"
        trusted_proxies = ["10.0.0.0/8", "::1"]
        account_page = false
        [limits]
        max_addresses = 3
        sessions_per_user = 4
        "#,
    );
    let settings = place
        .load(&[("CONFIG", &file), ("LISTEN", "127.0.0.1:2"), ("LIMITS__SESSIONS_PER_USER", "5"), ("SHOP_NAME", "")])
        .unwrap();
    assert_eq!(settings.listen.port(), 2);
    assert_eq!(settings.mail.shop_name, "From the file");
    assert_eq!(settings.trusted_proxies.len(), 2);
    assert!(!settings.account_page);
    assert_eq!((settings.limits.max_addresses.get(), settings.limits.sessions_per_user.get()), (3, 5));
}

#[test]
fn every_fault_is_reported_at_once_with_its_source() {
    let place = Place::new();
    let file = place.file("lisen = \"x\"\n[limits]\nmax_addresses = 0\nsockets_per_user = 1.5\n");
    let faults = place.load(&[("CONFIG", &file), ("ENV", "prod"), ("LIMIT__MAX_ADDRESSES", "3")]).unwrap_err();
    let message = faults.to_string().replace(&file, "FILE");
    let expected = "\
MARBELLE_LIMITS__SOCKETS_PER_USER (file FILE): must be text, a whole number, true or false, or an array of these
MARBELLE_LISEN (file FILE): there is no such setting; did you mean MARBELLE_LISTEN?
MARBELLE_LIMIT__MAX_ADDRESSES (environment): there is no such setting; did you mean MARBELLE_LIMITS__MAX_ADDRESSES?
MARBELLE_ENV (environment): must be `development` or `production`
MARBELLE_LIMITS__MAX_ADDRESSES (file FILE): must be a whole number from 1 to 1000
";
    assert_eq!(message, expected);
}

#[test]
fn an_invalid_file_is_a_fault_that_quotes_nothing() {
    let place = Place::new();
    assert_eq!(at_fault(&[("CONFIG", "/no/such/file")]), ["CONFIG"]);
    let message = place.load(&[("CONFIG", &place.file("listen = 1\nnats_url = hunter2"))]).unwrap_err().to_string();
    assert!(message.contains("line 2") && !message.contains("hunter2"), "{message}");
    let message =
        place.load(&[("CONFIG", &place.file("listen = '[::1]:1'\nMARBELLE_LISTEN = '[::1]:2'"))]).unwrap_err();
    assert!(message.to_string().contains("given twice"), "{message}");
}

#[test]
fn production_names_everything_that_is_missing() {
    let missing = ["MAIL_URL", "MAIL_FROM", "FRONTEND_URL", "ALLOWED_ORIGINS", "SIGNING_KEY", "TOKEN_SECRET"];
    assert_eq!(at_fault(&[("ENV", "production")])[..6], missing);
    let place = Place::new();
    let settings = place.load(&pairs(&place.production())).unwrap();
    assert!(!settings.account_page);
    assert_eq!(settings.frontend_url, "https://shop.example");
    for missing in missing {
        let mut env = place.production();
        env.retain(|(name, _)| *name != missing);
        let faults = place.load(&pairs(&env)).unwrap_err().0;
        assert_eq!(faults[0].to_string(), format!("MARBELLE_{missing} (not set): is required in production"));
        env.push((missing, ",".into()));
        assert!(place.load(&pairs(&env)).is_err(), "{missing}");
    }
    let mut env = place.production();
    env.push(("FRONTEND_URL", "http://shop.example".into()));
    assert!(place.load(&pairs(&env)).is_err());
}

#[test]
fn settings_are_checked_against_each_other() {
    let postgres = ("DATABASE_URL", "postgres://db.example/marbelle");
    assert_eq!(at_fault(&[("NATS_URL", "nats://bus.example:4222")]), ["NATS_URL"]);
    assert_eq!(at_fault(&[("NATS_URL", "nats://bus.example:4222,tls://b.example"), postgres]), [""; 0]);
    assert_eq!(at_fault(&[("NATS_URL", "nats://a:b@bus.example,nats://a:b@b.example"), postgres]), [""; 0]);
    assert_eq!(at_fault(&[("NATS_URL", "nats://a:b@bus.example,nats://a:c@b.example"), postgres]), ["NATS_URL"]);
    assert_eq!(at_fault(&[("COOKIE_SAME_SITE", "none")]), ["COOKIE_SAME_SITE"]);
    assert_eq!(at_fault(&[("LIFETIMES__SESSION_ABSOLUTE", "27d")]), ["LIFETIMES__SESSION_IDLE"]);
    assert_eq!(at_fault(&[("LIFETIMES__SESSION_ABSOLUTE", "27")]), ["LIFETIMES__SESSION_ABSOLUTE"]);
    assert_eq!(at_fault(&[("ARGON2__MEMORY_KIB", "15"), ("ARGON2__LANES", "2")]), ["ARGON2__MEMORY_KIB"]);
}

#[test]
fn each_value_is_checked() {
    for (name, good, bad) in [
        ("LISTEN", &["[::1]:0", "0.0.0.0:80"][..], &["localhost:8080", "8080", ":80", "1.2.3.4:70000"][..]),
        (
            "DATABASE_URL",
            &["sqlite://./x.db", "sqlite:///x/y.db", "postgresql://u:p@h/d", "postgres:///d?host=/run/postgresql"],
            &["sqlite://", "sqlite:x.db", "sqlite://x?mode=ro", "mysql://h/d", "postgres:h", "postgres://u:1/2@h/d"],
        ),
        ("MAIL_FROM", &["a@x.org", "Marbelle <no-reply@localhost>"], &["Shop", "<>", "a@x.org\r\nBcc: b@x.org"]),
        ("SHOP_NAME", &["Ö"], &["a\nb"]),
        (
            "FRONTEND_URL",
            &["http://x:1", "https://x/y/"],
            &["x", "ftp://x", "https://x?y", "https://u@x", "https://x#"],
        ),
        (
            "ALLOWED_ORIGINS",
            &[
                "https://x.org",
                "http://127.0.0.1:3000,https://x.org:8443",
                "http://[::1]:3000",
                "capacitor://localhost,ionic://localhost,tauri://localhost,app://shop:8100",
                "chrome-extension://abcdefghijklmnop",
            ],
            &[
                "*",
                "null",
                "https://x.org/",
                "https://x.org/a",
                "x.org",
                "https://*.x.org/",
                "https://u@x.org",
                "file://",
                "capacitor://",
                "capacitor://localhost/",
                "Capacitor://localhost",
                "capacitor://*",
                "wss://x.org",
                "data://x",
                "capacitor:localhost",
            ],
        ),
        ("COOKIE_SAME_SITE", &["lax", "Strict"], &["no"]),
        (
            "MAIL_HELO",
            &["mail.shop.example", "localhost", "b\u{fc}cher.example", "[192.0.2.1]", "[IPv6:2001:db8::1]"],
            &["mail shop", "192.0.2.1", "-x.example", "a..b", "[mail]", "x.example\r\nMAIL FROM:<>"],
        ),
        ("SERVICE_LISTEN", &["127.0.0.1:9090", "[::1]:0"], &["9090", "127.0.0.1:8080", "0.0.0.0:8080"]),
        ("HTTP_IDLE", &["75s", "10m"], &["0s", "2h", "75"]),
        ("WEBHOOKS__ALLOW_PRIVATE", &["true", "false"], &["yes", "0"]),
        ("OPERATOR_EMAIL", &["operator@shop.example"], &["operator", "Operator <operator@shop.example>"]),
        ("STREAM", &[], &["accounts", "shop.accounts", "shop accounts"]),
        ("ACCOUNT_PAGE", &["true", "false"], &["yes"]),
        ("TRUSTED_PROXIES", &["10.0.0.0/8", "::1,fd00::/8"], &["10.0.0.0/33", "proxy"]),
        ("LIMITS__CALLS_PER_SECOND", &["1"], &["0", "-1", "1.5", "1000001", "many"]),
        ("LIMITS__SOCKETS_PER_USER", &["1"], &["0"]),
        ("LIMITS__PASSWORD_MIN_LENGTH", &["8", "15", "256"], &["7", "257"]),
        ("LIFETIMES__ACCESS_TOKEN", &["1s", "1h 30m"], &["500ms", "10", "2d", "soon"]),
        ("LIFETIMES__REFRESH_GRACE", &["0s", "500ms"], &["1h"]),
        ("SWEEP_PERIOD", &["100ms", "30s"], &["0s", "31s"]),
        ("SECURITY_LOG", &["security.log"], &["/", "/no/such/folder/log"]),
        ("LOG", &["debug", "warn,marbelle=trace"], &["marbelle=loud"]),
        ("SIGNING_KEY", &[], &["/no/such/file", "-----BEGIN"]),
        (
            "TOKEN_SECRET",
            &["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
            &["AAAA", "/no/such/file", "./no/such/file", "/tmp/ThisIs33BytesOfBase64IfTakenForThat/Secret"],
        ),
    ] {
        for value in good {
            assert_eq!(at_fault(&[(name, value)]), [""; 0], "{name}={value}");
        }
        for value in bad {
            assert_eq!(at_fault(&[(name, value)]), [name], "{name}={value}");
        }
    }
}

#[test]
fn origins_have_the_form_of_browsers() {
    let settings = Place::new().load(&[("ALLOWED_ORIGINS", "HTTPS://X.org:443, http://x.org:80")]).unwrap();
    assert_eq!(settings.allowed_origins, ["https://x.org", "http://x.org"]);
}

#[test]
fn a_wildcard_is_refused_with_the_reason() {
    let message = Place::new().load(&[("ALLOWED_ORIGINS", "https://*.shop.example")]).unwrap_err().to_string();
    assert!(message.contains("wildcard") && message.contains("name each origin"), "{message}");
}

#[test]
fn a_senders_domain_is_converted_to_ascii() {
    let from = |text: &str| Place::new().load(&[("MAIL_FROM", text)]).map(|settings| settings.mail.from);
    assert_eq!(from("post@b\u{fc}cher.example").unwrap(), "post@xn--bcher-kva.example");
    assert_eq!(from("B\u{fc}cher <post@B\u{fc}cher.example>").unwrap(), "B\u{fc}cher <post@xn--bcher-kva.example>");
    assert!(from("b\u{fc}cher@shop.example").unwrap_err().to_string().contains("before the `@`"));
    let Ok(Mail { transport: MailTransport::Smtp(smtp), .. }) =
        Place::new().load(&[("MAIL_URL", "smtps://mail.b\u{fc}cher.example")]).map(|settings| settings.mail)
    else {
        panic!("a mail server")
    };
    assert_eq!(smtp.host, "mail.xn--bcher-kva.example");
}

#[test]
fn variables_of_kubernetes_are_ignored_with_a_notice() {
    let settings = Place::new()
        .load(&[
            ("PORT", "tcp://10.96.14.3:8080"),
            ("SERVICE_HOST", "10.96.14.3"),
            ("SERVICE_PORT", "8080"),
            ("PORT_8080_TCP_PROTO", "tcp"),
            ("SERVICE_LISTEN", "127.0.0.1:9090"),
        ])
        .unwrap();
    assert_eq!(settings.service_listen.unwrap().port(), 9090);
    let [notice] = &settings.notices[..] else { panic!("{:?}", settings.notices) };
    for variable in ["MARBELLE_PORT,", "MARBELLE_SERVICE_HOST", "MARBELLE_PORT_8080_TCP_PROTO"] {
        assert!(notice.contains(variable), "{notice}");
    }
    assert_eq!(at_fault(&[("PORT", "8080")]), ["PORT"], "a plain port is a mistake");
    let place = Place::new();
    assert!(place.load(&[("CONFIG", &place.file("port = 'tcp://10.96.14.3:8080'"))]).is_err(), "not in a file");
}

#[test]
fn networks_that_may_hold_clients_are_reported() {
    let notices = |networks: &str| Place::new().load(&[("TRUSTED_PROXIES", networks)]).unwrap().notices;
    for good in ["127.0.0.1,::1", "10.1.2.0/24", "172.30.77.0/24", "104.16.0.0/13,2400:cb00::/32", "fd00:1::/64"] {
        assert_eq!(notices(good), [""; 0], "{good}");
    }
    for bad in ["0.0.0.0/0", "::/0", "2000::/3", "10.0.0.0/8", "192.168.0.0/16", "fc00::/7", "::ffff:0.0.0.0/96"] {
        let message = notices(&format!("127.0.0.1,{bad}"));
        assert!(message.len() == 1 && message[0].contains(bad), "{bad}: {message:?}");
    }
    let place = Place::new();
    let message = place.load(&pairs(&place.production())).unwrap().notices;
    assert!(message.len() == 1 && message[0].contains("MARBELLE_TRUSTED_PROXIES"), "{message:?}");
    let mut env = place.production();
    env.extend([("TRUSTED_PROXIES", "127.0.0.1".into()), ("MAIL_URL", "file:///var/lib/marbelle/mail".into())]);
    env.remove(1);
    let message = place.load(&pairs(&env)).unwrap().notices;
    assert!(message.len() == 1 && message[0].contains("MARBELLE_MAIL_URL"), "{message:?}");
}

#[test]
fn mail_servers_are_reached_safely_or_on_this_machine() {
    let smtp = |url: &str| match Place::new().load(&[("MAIL_URL", url)]).map(|settings| settings.mail.transport) {
        Ok(MailTransport::Smtp(smtp)) => Some((smtp.security, smtp.host, smtp.port)),
        Ok(MailTransport::File(_)) | Err(_) => None,
    };
    use SmtpSecurity::*;
    assert_eq!(smtp("smtps://m.example"), Some((Tls, "m.example".into(), 465)));
    assert_eq!(smtp("smtp://m.example?tls=required"), Some((StartTls, "m.example".into(), 587)));
    assert_eq!(smtp("smtp://u:p@m.example:26/?tls=required"), Some((StartTls, "m.example".into(), 26)));
    for (url, host) in
        [("smtp://localhost:1", "localhost"), ("smtp://127.0.0.1:1", "127.0.0.1"), ("smtp://[::1]:1", "::1")]
    {
        assert_eq!(smtp(url), Some((Plain, host.into(), 1)));
    }
    for url in
        ["smtp://m.example", "smtp://m.example?tls=maybe", "smtps://m.example?tls=required", "smtp://", "m.example"]
    {
        assert_eq!(smtp(url), None, "{url}");
    }
    for url in ["smtps://u@m.example", "smtps://:p@m.example", "smtps://u:p/q@m.example", "smtps://u:%ff@m.example"] {
        assert_eq!(smtp(url), None, "{url}");
    }
}

#[test]
fn no_secret_is_shown() {
    let place = Place::new();
    let mut env = place.production();
    env.extend([
        ("DATABASE_URL", "postgres://ann:hunter2@db.example/marbelle?sslmode=require&password=hunter2".into()),
        ("NATS_URL", "nats://ann:hunter2@a.example,tls://b.example,tls://ann:hunter2@c.example".into()),
        ("MAIL_URL", "smtp://ann%40x:hunter2%21@m.example?tls=required".into()),
    ]);
    let settings = place.load(&pairs(&env)).unwrap();
    let (printed, debug) = (settings.redacted(), format!("{settings:?}"));
    for shown in [&printed, &debug] {
        assert!(!shown.contains("hunter2") && !shown.contains("CQkJ"), "{shown}");
    }
    for line in [
        "MARBELLE_DATABASE_URL = postgres://ann:[redacted]@db.example/marbelle?sslmode=require&password=[redacted]\n",
        "MARBELLE_NATS_URL = nats://ann:[redacted]@a.example,tls://b.example,tls://ann:[redacted]@c.example\n",
        "MARBELLE_MAIL_URL = smtp://ann%40x:[redacted]@m.example:587?tls=required\n",
        "MARBELLE_TOKEN_SECRET = [redacted]\n",
        "MARBELLE_SECURITY_LOG =\n",
    ] {
        assert!(printed.contains(line), "{line}{printed}");
    }
    // Each secret in each variable: a fault does not quote a misplaced secret.
    for name in Name::ALL.iter().map(|name| name.variable().trim_start_matches("MARBELLE_")) {
        for value in ["hunter2", "https://u:hunter2@x/y", "smtp://u:hunter2@x"] {
            if let Err(faults) = Place::new().load(&[(name, value)]) {
                assert!(!faults.to_string().contains("hunter2"), "{faults}");
            }
        }
    }
}

#[test]
fn printed_settings_can_be_set() {
    let place = Place::new();
    let printed = place
        .load(&[
            ("TRUSTED_PROXIES", "10.0.0.0/8,::1"),
            ("SECURITY_LOG", "s.log"),
            ("LIFETIMES__ACCESS_TOKEN", "1h 30m"),
            ("LIFETIMES__REFRESH_GRACE", "0s"),
            ("SWEEP_PERIOD", "1.5s"),
        ])
        .unwrap()
        .redacted();
    assert_eq!(printed.lines().count(), Name::ALL.len());
    for line in ["SESSION_ABSOLUTE = 90d\n", "ACCESS_TOKEN = 90m\n", "SWEEP_PERIOD = 1500ms\n", "GRACE = 0s\n"] {
        assert!(printed.contains(line), "{line}{printed}");
    }
    let env = printed.lines().map(|line| line.split_once(" =").unwrap()).map(|(n, v)| (n.to_owned(), v.to_owned()));
    assert_eq!(Settings::load(env).unwrap().redacted(), printed);
}

#[test]
fn a_file_cannot_name_another() {
    let place = Place::new();
    let message = place.load(&[("CONFIG", &place.file("config = 'x'"))]).unwrap_err().to_string();
    assert!(message.contains("MARBELLE_CONFIG") && message.contains("belongs in the environment"), "{message}");
}

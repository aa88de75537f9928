//! Any environment and file are parsed or refused, and nothing panics. Inputs that once failed are kept in
//! `tests/seeds/settings.txt` and are tried first.

use marbelle::settings::Settings;
use proptest::{
    prelude::*,
    test_runner::{Config, FileFailurePersistence, TestRunner},
};
use tempfile::TempDir;

const FAILURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/seeds/settings.txt");

/// Every variable of docs/settings.md that names no file to be read.
const NAMES: [&str; 55] = [
    "ENV",
    "LISTEN",
    "DATABASE_URL",
    "NATS_URL",
    "MAIL_URL",
    "MAIL_FROM",
    "SHOP_NAME",
    "FRONTEND_URL",
    "ALLOWED_ORIGINS",
    "PASSKEYS__RP_ID",
    "PROVIDERS__SHOP__ISSUER",
    "PROVIDERS__SHOP__CLIENT_ID",
    "PROVIDERS__SHOP__LABEL",
    "PROVIDERS__APPLE__SCOPES",
    "PROVIDERS__APPLE__TEAM_ID",
    "PROVIDERS__APPLE__KEY_ID",
    "SIGNING_KEY",
    "VERIFY_KEYS",
    "TOKEN_SECRET",
    "TOKEN_ISSUER",
    "TOKEN_AUDIENCE",
    "TOKEN_BACKENDS",
    "SIGN_UP",
    "SIGN_UP_DOMAINS",
    "COOKIE_SAME_SITE",
    "ACCOUNT_PAGE",
    "TRUSTED_PROXIES",
    "LIMITS__SIGN_IN_PER_MINUTE",
    "LIMITS__TOKEN_PER_MINUTE",
    "LIMITS__FAILURES_PER_ACCOUNT",
    "LIMITS__MAILS_PER_MAILBOX",
    "LIMITS__CALLS_PER_SECOND",
    "LIMITS__SOCKETS_PER_ADDRESS",
    "LIMITS__SOCKETS_PER_USER",
    "LIMITS__SESSIONS_PER_USER",
    "LIMITS__PASSWORD_MIN_LENGTH",
    "LIMITS__MAX_ADDRESSES",
    "LIFETIMES__ACCESS_TOKEN",
    "LIFETIMES__ONE_TIME_TOKEN",
    "LIFETIMES__REFRESH_GRACE",
    "LIFETIMES__SESSION_IDLE",
    "LIFETIMES__SESSION_ABSOLUTE",
    "LIFETIMES__EVENTS",
    "LIFETIMES__SECURITY_EVENTS",
    "LIFETIMES__PROOF",
    "ARGON2__MEMORY_KIB",
    "ARGON2__PASSES",
    "ARGON2__LANES",
    "BREACHED_PASSWORDS_URL",
    "WEBHOOKS__ALLOW_PRIVATE",
    "STREAM",
    "OPERATOR_EMAIL",
    "SWEEP_PERIOD",
    "SECURITY_LOG",
    "LOG",
];

fn runner() -> TestRunner {
    let failure_persistence = Some(Box::new(FileFailurePersistence::Direct(FAILURES)) as _);
    TestRunner::new(Config { cases: 1500, failure_persistence, ..Config::default() })
}

/// Values that are nearly valid, as likely as any other.
fn value() -> impl Strategy<Value = String> {
    let nearly = prop::sample::select(vec![
        "production",
        "0.0.0.0:0",
        "[::1]:99999",
        "postgres://a:b@[::1]:5432/c?x=%ff",
        "sqlite://",
        "nats://",
        "tls://u:%ff@[::1]:1?ca=/nothing&key=%00,nats://t@x?creds=.",
        "postgres://x/y?sslmode=verify-full&sslrootcert=/&sslkey=%00",
        "smtp://u%zz:p@127.0.0.1:25",
        "smtps://[::1]",
        "file://",
        "\"ä\" <a@b>",
        "https://shop.example/?#",
        "https://[::1",
        "-----BEGIN PRIVATE KEY-----\n\n-----END PRIVATE KEY-----",
        "AAAA====",
        "none",
        "10.0.0.0/33,::/129",
        "18446744073709551616",
        "4294967295",
        "9999999999999999999y",
        "1000000000000000000s",
        "0s",
        "./nothing/here",
        "info,[=trace",
    ]);
    prop_oneof![any::<String>(), nearly.prop_map(str::to_owned), "[0-9]{1,25}[a-z]{0,3}", "[a-z]{2,8}://[ -~]{0,30}"]
}

fn name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned);
    prop_oneof![9 => known, 1 => "[A-Z_]{0,30}", 1 => any::<String>()]
}

/// Loads, and checks the result.
fn load(folder: &TempDir, given: Vec<(String, String)>) {
    let data = ("MARBELLE_DATA_DIR".to_owned(), folder.path().display().to_string());
    let given = given.into_iter().map(|(name, value)| (format!("MARBELLE_{name}"), value));
    // The folder comes last: no generated value may lead elsewhere.
    match Settings::load(given.chain([data])) {
        Ok(settings) => assert!(!settings.redacted().is_empty()),
        Err(faults) => assert!(!faults.to_string().is_empty()),
    }
    assert!(!folder.path().join("signing-key.pem").exists(), "nothing is created");
}

#[test]
fn of_the_environment() {
    let folder = TempDir::new().unwrap();
    let pairs = prop::collection::vec((name(), value()), 0..12)
        .prop_map(|pairs| pairs.into_iter().filter(|(name, _)| name != "CONFIG").collect::<Vec<_>>());
    runner()
        .run(&pairs, |pairs| {
            load(&folder, pairs);
            Ok(())
        })
        .unwrap();
}

#[test]
fn of_the_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("marbelle.toml");
    let line = prop_oneof![
        (name(), value()).prop_map(|(name, value)| format!("{name:?} = {value:?}")),
        (name(), any::<i64>()).prop_map(|(name, value)| format!("{} = {value}", name.to_lowercase())),
        (name(), prop::collection::vec(value(), 0..4)).prop_map(|(name, values)| format!("{name:?} = {values:?}")),
        prop::sample::select(vec![
            "[limits]",
            "[lifetimes]",
            "[a.b]",
            "[[argon2]]",
            "x = 1.5",
            "y = 1979-05-27",
            "ö = \"",
            "[",
            "limits.x.y.z = true"
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    let lines = prop::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"));
    runner()
        .run(&lines, |text| {
            std::fs::write(&path, text).expect("the file is written");
            load(&folder, vec![("CONFIG".into(), path.display().to_string())]);
            Ok(())
        })
        .unwrap();
}

//! URLs of servers, and the files that they name.

use super::{tests::Place, *};
use rcgen::{CertificateParams, KeyPair};
use std::fs;
use tempfile::TempDir;

const POSTGRES: &str = "postgres://db.example/marbelle";

/// A folder with every kind of file.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["x.example".to_owned()]).unwrap().self_signed(&key).unwrap();
        files.write("c.pem", &certificate.pem());
        files.write("k.pem", &key.serialize_pem());
        files.write("n.creds", "-----BEGIN NATS USER JWT-----\nx\n-----BEGIN USER NKEY SEED-----\nx\n");
        files.write("empty", "");
        files.write("broken.pem", "-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----\n");
        files
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    /// `@` in the URL stands for the folder.
    fn load(&self, variable: &str, url: &str) -> Result<Settings, String> {
        let url = url.replace('@', &format!("{}/", self.0.path().display()));
        // The later of two values counts.
        let postgres = ("MARBELLE_DATABASE_URL".to_owned(), POSTGRES.to_owned());
        let env = [postgres, (format!("MARBELLE_{variable}"), url)];
        Settings::load(env).map_err(|faults| faults.to_string())
    }
}

#[test]
fn a_nats_url_may_name_files() {
    let files = Files::new();
    for good in [
        "nats://a.example?creds=@n.creds",
        "tls://a.example:4222?ca=@c.pem",
        "tls://a.example/?ca=@c.pem&cert=@c.pem&key=@k.pem",
        "tls://a.example?ca=@c.pem,tls://b.example",
        "tls://a.example?ca=@c.pem,tls://b.example?ca=@c.pem",
    ] {
        let settings = files.load("NATS_URL", good).unwrap_or_else(|message| panic!("{good}: {message}"));
        let nats = settings.nats.as_ref().unwrap();
        assert!(nats.servers.iter().all(|server| server.query().is_none()), "{good}");
        let printed = settings.redacted();
        let paths = good.replace('@', &format!("{}/", files.0.path().display()));
        assert!(printed.contains(&format!("MARBELLE_NATS_URL = {paths}\n")), "{printed}");
    }
    for (bad, reason) in [
        ("tls://a.example?ca=@none", "`ca` names cannot be read"),
        ("tls://a.example?ca=@empty", "`ca` names holds no certificate"),
        ("tls://a.example?ca=@k.pem", "`ca` names holds no certificate"),
        ("tls://a.example?ca=@broken.pem", "`ca` names holds a certificate that cannot be read"),
        ("tls://a.example?cert=@c.pem", "both `cert` and `key`"),
        ("tls://a.example?cert=@c.pem&key=@c.pem", "`key` names holds no private key"),
        ("tls://a.example?creds=@c.pem", "`creds` names is not a credentials file"),
        ("tls://a.example?cafile=@c.pem", "accepts only the options"),
        ("tls://a.example/x", "must end after host and port"),
        ("nats://a.example?ca=@c.pem", "must begin with `tls://` at every server"),
        ("tls://a.example?ca=@c.pem,nats://b.example", "must begin with `tls://` at every server"),
        ("tls://a.example?ca=@c.pem,tls://b.example?ca=@k.pem", "the same `ca`"),
    ] {
        let message = files.load("NATS_URL", bad).err().unwrap_or_else(|| panic!("{bad} is taken"));
        assert!(message.contains(reason), "{bad}: {message}");
    }
    let user_and_file = format!("tls://u:hunter2@a.example?creds={}/n.creds", files.0.path().display());
    let message = Settings::load([
        ("MARBELLE_DATABASE_URL".to_owned(), POSTGRES.to_owned()),
        ("MARBELLE_NATS_URL".to_owned(), user_and_file),
    ]);
    let message = message.unwrap_err().to_string();
    assert!(message.contains("either a user (or token) or `creds`") && !message.contains("hunter2"), "{message}");
}

#[test]
fn a_postgres_url_has_no_option_that_would_be_ignored() {
    let files = Files::new();
    for good in [
        "postgres://db.example/m?sslmode=disable",
        "postgres://db.example/m?sslmode=verify-full",
        "postgres://db.example/m?sslmode=verify-full&sslrootcert=@c.pem&sslcert=@c.pem&sslkey=@k.pem",
        "postgres://db.example/m?ssl-mode=verify-ca&ssl-ca=@c.pem&options[search_path]=shop&application_name=x",
    ] {
        files.load("DATABASE_URL", good).unwrap_or_else(|message| panic!("{good}: {message}"));
    }
    for (bad, reason) in [
        ("postgres://db.example/m?sslmod=verify-full", "did you mean `sslmode`?"),
        ("postgres://db.example/m?sslmode=verify_full", "one of these as `sslmode`"),
        ("postgres://db.example/m?sslrootcert=@c.pem", "used only with `sslmode=verify-full`"),
        ("postgres://db.example/m?sslmode=require&sslrootcert=@c.pem", "used only with `sslmode=verify-full`"),
        ("postgres://db.example/m?sslmode=verify-full&sslrootcert=@none", "`sslrootcert` names cannot be read"),
        ("postgres://db.example/m?sslmode=verify-full&sslrootcert=@empty", "`sslrootcert` names holds no certificate"),
        ("postgres://db.example/m?sslmode=verify-full&sslcert=@c.pem", "both `sslcert` and `sslkey`"),
        ("postgres://db.example/m?sslmode=verify-full&sslcert=@k.pem&sslkey=@k.pem", "`sslcert` names holds no"),
    ] {
        let message = files.load("DATABASE_URL", bad).err().unwrap_or_else(|| panic!("{bad} is taken"));
        assert!(message.contains(reason), "{bad}: {message}");
    }
    let url = "postgres://ann:hunter2@db.example/m?sslmode=verify-full&password=hunter2";
    let settings = Settings::load([("MARBELLE_DATABASE_URL".to_owned(), url.to_owned())]).unwrap();
    let line = "postgres://ann:[redacted]@db.example/m?sslmode=verify-full&password=[redacted]\n";
    assert!(settings.redacted().contains(line), "{}", settings.redacted());
}

#[test]
fn a_stream_needs_nats_and_a_name() {
    let on_nats = |stream| {
        let (database, nats) = (("DATABASE_URL", "postgres://db/marbelle"), ("NATS_URL", "nats://127.0.0.1"));
        Place::new().load(&[database, nats, ("STREAM", stream)])
    };
    assert_eq!(on_nats("ACCOUNTS_1").unwrap().stream.as_deref(), Some("ACCOUNTS_1"));
    assert!(on_nats("accounts.*").is_err() && on_nats(&"a".repeat(65)).is_err());
    let alone = Place::new().load(&[("STREAM", "ACCOUNTS")]).unwrap_err().to_string();
    assert!(alone.contains("MARBELLE_STREAM") && alone.contains("MARBELLE_NATS_URL"), "{alone}");
}

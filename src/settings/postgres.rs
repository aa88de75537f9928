//! A `postgres://` URL. The driver parses it; options that it would silently ignore are checked here.

use super::{Database, files, parse::url_of, reader::Reason};
use crate::crypto::is_pem;
use std::path::Path;
use url::Url;

/// The options that the driver knows. It ignores all others, so that a misspelt `sslmode` would leave the connection to
/// the database unprotected.
const OPTIONS: [&str; 18] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];
const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
/// The modes in which the driver verifies the server's certificate.
const VERIFYING: [&str; 2] = ["verify-ca", "verify-full"];

pub(super) fn postgres(text: &str) -> Result<Database, Reason> {
    let url = url_of(text, &["postgres", "postgresql"])
        .map_err(|reason| format!("must be `sqlite://<path>` or `postgres://…`: {reason}"))?;
    if let Some((name, _)) = url.query_pairs().find(|(name, _)| !is_option(name)) {
        let nearest = OPTIONS.into_iter().min_by_key(|known| strsim::damerau_levenshtein(known, &name));
        return Err(format!("has an unknown option; did you mean `{}`?", nearest.unwrap_or_default()).into());
    }
    let mode = option(&url, &["sslmode", "ssl-mode"]);
    if mode.as_deref().is_some_and(|mode| !MODES.contains(&mode)) {
        return Err(format!("must have one of these as `sslmode`: {}", MODES.join(", ")).into());
    }
    let verifying = mode.is_some_and(|mode| VERIFYING.contains(&&*mode));
    if let Some(path) = option(&url, &["sslrootcert", "ssl-root-cert", "ssl-ca"]) {
        if !verifying {
            return Err("has an `sslrootcert`, which is used only with `sslmode=verify-full` (or `verify-ca`)".into());
        }
        if !is_pem(&path) {
            files::authorities("sslrootcert", Path::new(&path))?;
        }
    }
    let [chain, key] = [&["sslcert", "ssl-cert"], &["sslkey", "ssl-key"]].map(|names| option(&url, names));
    match (chain, key) {
        (None, None) => {}
        (Some(chain), Some(key)) if is_pem(&chain) || is_pem(&key) => {}
        (Some(chain), Some(key)) => {
            files::identity(("sslcert", Path::new(&chain)), ("sslkey", Path::new(&key)))?;
        }
        _ => return Err("must have both `sslcert` and `sslkey`, or neither".into()),
    }
    Ok(Database::Postgres(text.into()))
}

fn is_option(name: &str) -> bool {
    OPTIONS.contains(&name) || name.starts_with("options[") && name.ends_with(']')
}

/// The value of an option; the last one counts.
fn option(url: &Url, names: &[&str]) -> Option<String> {
    url.query_pairs().filter(|(name, _)| names.contains(&&**name)).last().map(|(_, value)| value.into_owned())
}

//! Parsers of single values. No reason returned here quotes the value.

use super::{ClientAddressHeader, Database, Environment, SameSite, postgres::postgres, reader::Reason};
use crate::domain::{email::EmailAddress, sign_up::SignUp};
use ipnet::IpNet;
use secrecy::SecretString;
use std::{fmt::Display, net::IpAddr, ops::RangeInclusive, path::PathBuf, str::FromStr, time::Duration};
use url::Url;

/// The longest issuer or audience: the two, with each character escaped, and the rest of a token have some 1,900 bytes
/// in base64.
const MAX_CLAIM_BYTES: usize = 255;

pub(super) fn environment(text: &str) -> Result<Environment, Reason> {
    match text {
        "development" => Ok(Environment::Development),
        "production" => Ok(Environment::Production),
        _ => Err("must be `development` or `production`".into()),
    }
}

pub(super) fn same_site(text: &str) -> Result<SameSite, Reason> {
    match text.to_ascii_lowercase().as_str() {
        "lax" => Ok(SameSite::Lax),
        "strict" => Ok(SameSite::Strict),
        "none" => Ok(SameSite::None),
        _ => Err("must be `lax`, `strict` or `none`".into()),
    }
}

pub(super) fn sign_up(text: &str) -> Result<SignUp, Reason> {
    SignUp::from_name(&text.to_ascii_lowercase()).ok_or_else(|| "must be `open`, `invited` or `closed`".into())
}

/// The domain of an e-mail address, normalised as in addresses.
pub(super) fn mail_domain(text: &str) -> Result<String, Reason> {
    let address = EmailAddress::parse(&format!("somebody@{text}")).ok();
    let domain = address.and_then(|address| address.as_str().rsplit_once('@').map(|(_, domain)| domain.to_owned()));
    domain.ok_or_else(|| "must be a domain of e-mail addresses, such as `example.org`".into())
}

/// The name of a JetStream stream, which becomes part of subjects and file names.
pub(super) fn stream(text: &str) -> Result<String, Reason> {
    let is_name = (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if is_name { Ok(text.into()) } else { Err("must have 1 to 64 letters, digits, `-` and `_`".into()) }
}

pub(super) fn email(text: &str) -> Result<EmailAddress, Reason> {
    EmailAddress::parse(text).map_err(|_| "must be an e-mail address such as `operator@shop.example`".into())
}

pub(super) fn client_address_header(text: &str) -> Result<ClientAddressHeader, Reason> {
    use ClientAddressHeader::{Forwarded, XForwardedFor, XRealIp};
    let named = [XForwardedFor, Forwarded, XRealIp].into_iter().find(|header| text.eq_ignore_ascii_case(header.name()));
    named.ok_or("must be `x-forwarded-for`, `forwarded` or `x-real-ip`".into())
}

/// The URL of the ranges of breached passwords: the beginning of a hash is appended to it.
pub(super) fn range_url(text: &str) -> Result<Url, Reason> {
    let url = url_of(text, &["https", "http"])?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not have credentials, which would not be sent".into());
    }
    if url.as_str().ends_with(['/', '=']) {
        Ok(url)
    } else {
        Err("must end with `/` or `=`: five characters are appended to it".into())
    }
}

pub(super) fn truth(text: &str) -> Result<bool, Reason> {
    text.parse().map_err(|_| "must be `true` or `false`".into())
}

/// A whole number within `range`.
pub(super) fn number<T: FromStr + PartialOrd + Display>(
    range: RangeInclusive<T>,
) -> impl FnOnce(&str) -> Result<T, Reason> {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("must be a whole number from {} to {}", range.start(), range.end()).into())
    }
}

/// A span of time within `range`.
pub(super) fn span(range: RangeInclusive<Duration>) -> impl FnOnce(&str) -> Result<Duration, Reason> {
    move |text| {
        let span = humantime::parse_duration(text).ok().filter(|span| range.contains(span));
        let [least, most] = [range.start(), range.end()].map(|end| format_span(*end));
        span.ok_or_else(|| format!("must be a span of time such as `10m`, from {least} to {most}").into())
    }
}

/// A span in its usual notation: `90d`, where humantime would write months of 30.44 days.
pub(super) fn format_span(span: Duration) -> String {
    const UNITS: [(&str, u128); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
    let whole = |(_, millis): &&(_, u128)| span.as_nanos().is_multiple_of(millis * 1_000_000);
    match UNITS.iter().find(whole) {
        Some(_) if span.is_zero() => "0s".into(),
        Some((unit, millis)) => format!("{}{unit}", span.as_millis() / millis),
        None => humantime::format_duration(span).to_string(),
    }
}

/// Any text.
pub(super) fn text(text: &str) -> Result<String, Reason> {
    Ok(text.into())
}

/// A text that every access token carries, short enough that no token exceeds
/// [`crate::limits::ACCESS_TOKEN_MAX_BYTES`].
pub(super) fn claim(text: &str) -> Result<String, Reason> {
    if text.len() > MAX_CLAIM_BYTES || text.chars().any(char::is_control) {
        return Err(format!("must have at most {MAX_CLAIM_BYTES} bytes and no control characters").into());
    }
    Ok(text.into())
}

/// Any text, as a secret.
pub(super) fn secret(text: &str) -> Result<SecretString, Reason> {
    Ok(text.into())
}

pub(super) fn path(text: &str) -> Result<PathBuf, Reason> {
    Ok(text.into())
}

pub(super) fn database(text: &str) -> Result<Database, Reason> {
    if text.starts_with("sqlite:") {
        return path_after("sqlite://", text).map(Database::Sqlite);
    }
    postgres(text)
}

/// The base of links: without query, fragment or trailing slash.
pub(super) fn frontend(text: &str) -> Result<String, Reason> {
    let url = url_of(text, &["http", "https"])?;
    let plain =
        url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if !plain {
        return Err("must be a URL without user, query and fragment".into());
    }
    // It is the default of the issuer.
    if url.as_str().len() > MAX_CLAIM_BYTES {
        return Err(format!("must have at most {MAX_CLAIM_BYTES} bytes").into());
    }
    Ok(url.as_str().trim_end_matches('/').into())
}

/// An origin in the form of browsers (RFC 6454 §6.2), which omit the default port; or that of an app's shell, such as
/// `capacitor://localhost`.
pub(super) fn origin(text: &str) -> Result<String, Reason> {
    const REASON: &str = "must be an exact origin such as `https://shop.example`, `http://localhost:3000` or \
                          `capacitor://localhost`; neither `*` nor `null` is one";
    if text.contains('*') {
        return Err("has a wildcard, which matches nothing: a page's origin is compared as a whole, since every page \
                    behind a wildcard could act for whoever is signed in; name each origin"
            .into());
    }
    if is_of_shell(text) {
        return Ok(text.into());
    }
    let url = url_of(text, &["http", "https"]).map_err(|_| REASON)?;
    let origin = url.origin().ascii_serialization();
    // Parsing adds a slash to a bare origin, and nothing else.
    let bare = !text.ends_with('/') && url.as_str().strip_suffix('/') == Some(&origin);
    if bare { Ok(origin) } else { Err(REASON.into()) }
}

/// Whether `text` is `scheme://host[:port]` in lower case, with an app's own scheme: pages of the schemes that browsers
/// know have another origin or none.
fn is_of_shell(text: &str) -> bool {
    const OF_BROWSERS: [&str; 11] =
        ["http", "https", "ws", "wss", "ftp", "file", "data", "blob", "about", "javascript", "null"];
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c));
    let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
    let is_host =
        !host.is_empty() && host.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c));
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    is_scheme && !OF_BROWSERS.contains(&scheme) && is_host && is_port
}

/// A network, or a single address.
pub(super) fn network(text: &str) -> Result<IpNet, Reason> {
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_| "must be a network such as `10.0.0.0/8` or an IP address".into())
}

/// The path after a scheme that takes only a path; it may be relative, and escapes are not decoded.
pub(super) fn path_after(scheme: &str, text: &str) -> Result<PathBuf, Reason> {
    let path = text.strip_prefix(scheme).filter(|path| !path.is_empty() && !path.contains(['?', '#', '\0']));
    path.map(PathBuf::from).ok_or_else(|| format!("must be `{scheme}` and a path, without options").into())
}

pub(super) fn url_of(text: &str, schemes: &[&str]) -> Result<Url, Reason> {
    let url = Url::parse(text).ok().filter(|url| schemes.contains(&url.scheme()) && text.contains("://"));
    let url = url.ok_or_else(|| {
        let schemes: Vec<_> = schemes.iter().map(|scheme| format!("`{scheme}://`")).collect();
        format!("must be a URL that begins with {}", schemes.join(" or "))
    })?;
    // Such a password ends the host early: the rest would be taken for a path, and printed.
    let rest = &url[url::Position::BeforePath..];
    if rest.contains('@') {
        return Err("has an `@` after the host: in a password `/ ? # @ %` must be percent-encoded".into());
    }
    Ok(url)
}

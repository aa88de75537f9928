//! Mail settings: the mail server, the sender, and the name by which this server introduces itself.

use super::{
    MailTransport, Smtp, SmtpSecurity,
    parse::{path_after, url_of},
    reader::Reason,
};
use lettre::{Address, message::Mailbox};
use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use std::{borrow::Cow, net::IpAddr};
use url::{Host, Url};

/// `MARBELLE_MAIL_FROM`. An internationalised domain is converted to its ASCII form: otherwise mail servers and lettre
/// would require SMTPUTF8, which few support.
pub(super) fn sender(text: &str) -> Result<String, Reason> {
    const REASON: &str = "must be a mailbox such as `Shop <no-reply@shop.example>`";
    let mailbox: Mailbox = text.parse().map_err(|_| REASON)?;
    let (user, domain) = (mailbox.email.user(), mailbox.email.domain());
    if !user.is_ascii() {
        return Err("must be ASCII before the `@`: few mail servers accept other characters there".into());
    }
    if domain.is_ascii() {
        return Ok(text.into());
    }
    let email = Address::new(user, ascii_host(domain)?).map_err(|_| REASON)?;
    Ok(Mailbox::new(mailbox.name, email).to_string())
}

/// `MARBELLE_MAIL_HELO`: a host name or an address literal (RFC 5321 §4.1.3).
pub(super) fn helo(text: &str) -> Result<String, Reason> {
    const REASON: &str = "must be a host name such as `mail.shop.example`, or an address such as `[192.0.2.1]`";
    if let Some(literal) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address = literal.strip_prefix("IPv6:").unwrap_or(literal);
        let address: IpAddr = address.parse().map_err(|_| REASON)?;
        return match address {
            IpAddr::V4(address) => Ok(format!("[{address}]")),
            IpAddr::V6(address) => Ok(format!("[IPv6:{address}]")),
        };
    }
    let name = ascii_host(text).map_err(|_| REASON)?;
    let is_name = name.split('.').all(|label| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    });
    if is_name && name.parse::<IpAddr>().is_err() { Ok(name) } else { Err(REASON.into()) }
}

/// `MARBELLE_MAIL_URL`.
pub(super) fn transport(text: &str) -> Result<MailTransport, Reason> {
    if text.starts_with("file:") {
        return path_after("file://", text).map(MailTransport::File);
    }
    let url = url_of(text, &["smtp", "smtps"])?;
    let security = match (url.scheme(), url.query()) {
        ("smtps", None) => SmtpSecurity::Tls,
        ("smtp", Some("tls=required")) => SmtpSecurity::StartTls,
        ("smtp", None) => SmtpSecurity::Plain,
        _ => return Err("accepts only the option `?tls=required`, and only with `smtp://`".into()),
    };
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err("must end after host and port".into());
    }
    let host = match url.host().ok_or("must name a host, as in `smtps://host`")? {
        Host::Domain(name) => ascii_host(&decode(name)?)?,
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    };
    let on_this_machine = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if security == SmtpSecurity::Plain && !on_this_machine {
        return Err("would send letters and the password unprotected: use `smtps://…` or `smtp://…?tls=required`; \
                    plain `smtp://` is only for this machine"
            .into());
    }
    let default_port = match security {
        SmtpSecurity::Plain => 25,
        SmtpSecurity::StartTls => 587,
        SmtpSecurity::Tls => 465,
    };
    let port = url.port().unwrap_or(default_port);
    Ok(MailTransport::Smtp(Smtp { host, port, credentials: credentials(&url)?, security }))
}

fn credentials(url: &Url) -> Result<Option<(String, SecretString)>, Reason> {
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (user, Some(password)) if !user.is_empty() && !password.is_empty() => {
            Ok(Some((decode(user)?.into(), decode(password)?.into_owned().into())))
        }
        _ => Err("must have both a user and a password, or neither".into()),
    }
}

fn decode(text: &str) -> Result<Cow<'_, str>, Reason> {
    percent_decode_str(text).decode_utf8().map_err(|_| "must be percent-encoded UTF-8".into())
}

/// The ASCII form of a host's name, as in the DNS.
fn ascii_host(name: &str) -> Result<String, Reason> {
    Host::parse(name).map(|host| host.to_string()).map_err(|_| "must name a valid host".into())
}

//! `MARBELLE_NATS_URL`: the servers, the credentials, and the trusted authorities.

use super::{files, parse::url_of, reader::Reason};
use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use url::Url;

/// NATS servers, and the one way to sign in to all of them.
#[derive(Clone, Debug)]
pub struct NatsSettings {
    /// The given text, for printing.
    pub(super) given: SecretString,
    /// Scheme (`nats`, or `tls`, which requires TLS), host and port only.
    pub servers: Vec<Url>,
    /// The credentials of this node.
    pub sign_in: NatsSignIn,
    /// `ca`: a file with the authorities that are trusted instead of the system's.
    pub authorities: Option<PathBuf>,
    /// `cert` and `key`: the files of this node's client certificate.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// How a node signs in to a NATS server.
#[derive(Clone, Debug)]
pub enum NatsSignIn {
    /// Without credentials, or by its certificate.
    Nobody,
    /// `user:password@`.
    Password(String, SecretString),
    /// `token@`.
    Token(SecretString),
    /// `creds`: a credentials file.
    Credentials(PathBuf),
}

/// The options of a URL. Each is the path of a file.
const OPTIONS: [&str; 4] = ["ca", "cert", "creds", "key"];

/// The parts that may be given at one server or at several, and must be the same for all.
#[derive(Default)]
struct Common {
    user: Option<(String, Option<String>)>,
    options: BTreeMap<&'static str, PathBuf>,
}

/// One or several servers, separated by commas.
pub(super) fn nats(text: &str) -> Result<NatsSettings, Reason> {
    let mut common = Common::default();
    let servers = text.split(',').map(|server| common.read(server.trim())).collect::<Result<Vec<_>, _>>()?;
    let Common { user, mut options } = common;
    let authorities = options.remove("ca");
    if let Some(path) = &authorities {
        files::authorities("ca", path)?;
    }
    let identity = match (options.remove("cert"), options.remove("key")) {
        (None, None) => None,
        (Some(chain), Some(key)) => {
            files::identity(("cert", &chain), ("key", &key))?;
            Some((chain, key))
        }
        _ => return Err("must have both `cert` and `key`, or neither".into()),
    };
    let on_tls = authorities.is_some() || identity.is_some();
    if on_tls && servers.iter().any(|server| server.scheme() != "tls") {
        return Err("must begin with `tls://` at every server where `ca` or `cert` is given".into());
    }
    let sign_in = match (user, options.remove("creds")) {
        (None, None) => NatsSignIn::Nobody,
        (Some((user, Some(password))), None) => NatsSignIn::Password(user, password.into()),
        (Some((token, None)), None) => NatsSignIn::Token(token.into()),
        (None, Some(path)) => {
            files::nats_credentials("creds", &path)?;
            NatsSignIn::Credentials(path)
        }
        (Some(_), Some(_)) => return Err("must have either a user (or token) or `creds`".into()),
    };
    Ok(NatsSettings { given: text.into(), servers, sign_in, authorities, identity })
}

impl Common {
    /// Takes the common parts out of a server's URL; leaves scheme, host and port.
    fn read(&mut self, server: &str) -> Result<Url, Reason> {
        let mut url = url_of(server, &["nats", "tls"])?;
        url.host().ok_or("must name a host, as in `nats://host:4222`")?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err("must end after host and port, except for options such as `?ca=<path>`".into());
        }
        let decode = |text| percent_decode_str(text).decode_utf8().map_err(|_| "must be percent-encoded UTF-8");
        if !url.username().is_empty() {
            let password = url.password().map(decode).transpose()?.map(Into::into);
            let user = (decode(url.username())?.into(), password);
            if *self.user.get_or_insert_with(|| user.clone()) != user {
                return Err("must have the same user and password (or token) for every server".into());
            }
        }
        for (name, value) in url.query_pairs() {
            let Some(name) = OPTIONS.into_iter().find(|option| *option == name) else {
                return Err("accepts only the options `ca`, `cert`, `creds` and `key`, each the path of a file".into());
            };
            let path = Path::new(&*value);
            if self.options.entry(name).or_insert_with(|| path.into()) != path {
                return Err(format!("must have the same `{name}` for every server").into());
            }
        }
        url.set_query(None);
        url.set_path("");
        // Neither fails for a URL with a host.
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        Ok(url)
    }
}

//! `/dev/mail`: the letters of a development server, which are files and are not sent, shown in a browser.
//!
//! Letters hold one-time tokens. So they are shown in development only, to this machine only, and only to a browser
//! that addresses it as `localhost` or by a loopback address: any other name could be a foreign page's that points here
//! (DNS rebinding).

mod letters;

use super::{
    TEXT,
    file::Files,
    headers::{Header, PAGE, set},
    put_icon, response,
};
use crate::settings::{Environment, MailTransport, Settings};
use askama::Template;
use http::{HeaderMap, StatusCode, Uri, header, uri::Authority};
use jsonrpsee::server::HttpResponse;
use letters::{Letter, Piece};
use percent_encoding::percent_decode_str;
use std::{
    io,
    net::IpAddr,
    path::{Path, PathBuf},
};
use uuid::Uuid;

/// The path of the list; each letter is below it.
pub const PATH: &str = "/dev/mail";

/// Letters and the list are text: no script runs, and only the style and the icon are loaded.
const HEADERS: [Header; 2] = [
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    ),
];

/// Headers that show that a proxy forwarded the request.
const FORWARDED: [&str; 5] = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/// Whether `path` is the list or a letter.
pub fn is_at(path: &str) -> bool {
    path.strip_prefix(PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Shows the letters in a folder.
pub struct DevMail {
    folder: PathBuf,
    frame: Frame,
}

/// The parts of every page.
struct Frame {
    shop: String,
    /// Whether there is an account page to link to.
    has_account_page: bool,
    icon: String,
    style: String,
}

#[derive(Template)]
#[template(path = "server/pages/templates/dev_mail_list.html")]
struct List<'a> {
    frame: &'a Frame,
    to: Option<&'a str>,
    letters: &'a [Letter],
}

#[derive(Template)]
#[template(path = "server/pages/templates/dev_mail_letter.html")]
struct Page<'a> {
    frame: &'a Frame,
    letter: &'a Letter,
    pieces: Vec<Piece<'a>>,
}

impl DevMail {
    /// `None` unless letters are files of a development server; adds what its pages need to `files`.
    pub fn new(settings: &Settings, files: &mut Files) -> Option<Self> {
        let MailTransport::File(folder) = &settings.mail.transport else { return None };
        if settings.environment != Environment::Development {
            return None;
        }
        let frame = Frame {
            shop: settings.mail.shop_name.clone(),
            has_account_page: settings.account_page,
            icon: put_icon(files),
            style: files.put_asset("mail", "css", "text/css; charset=utf-8", include_bytes!("dev_mail/mail.css")),
        };
        Some(Self { folder: folder.clone(), frame })
    }

    /// Answers a request of `peer` to the list or a letter.
    pub async fn answer(&self, uri: &Uri, headers: &HeaderMap, peer: IpAddr) -> HttpResponse {
        if !is_from_this_machine(headers, peer) {
            return response(StatusCode::FORBIDDEN, TEXT, "letters are shown on this machine only, at localhost\n");
        }
        let page = match uri.path().strip_prefix(PATH).and_then(|rest| rest.strip_prefix('/')) {
            None => self.list(uri.query()).await,
            Some(id) => self.letter(id).await,
        };
        match page {
            Ok(Some(page)) => {
                let mut response = response(StatusCode::OK, TEXT, page);
                set(response.headers_mut(), &PAGE);
                set(response.headers_mut(), &HEADERS);
                response
            }
            Ok(None) => response(StatusCode::NOT_FOUND, TEXT, "there is no such letter\n"),
            Err(error) => {
                tracing::warn!(%error, "letters could not be shown");
                response(StatusCode::INTERNAL_SERVER_ERROR, TEXT, "the letters could not be read\n")
            }
        }
    }

    async fn list(&self, query: Option<&str>) -> io::Result<Option<String>> {
        let to = query.into_iter().flat_map(|query| query.split('&')).find_map(|item| item.strip_prefix("to="));
        // Not decoded as a form: an address may have a `+`, and has no blank.
        let to = to.map(|to| percent_decode_str(to).decode_utf8_lossy().into_owned());
        let wanted = to.clone();
        let letters = self.read(move |folder| letters::newest(folder, wanted.as_deref())).await?;
        let list = List { frame: &self.frame, to: to.as_deref(), letters: &letters };
        list.render().map(Some).map_err(io::Error::other)
    }

    async fn letter(&self, id: &str) -> io::Result<Option<String>> {
        // The file's name is made from the parsed id and not from the requested text.
        let Ok(id) = Uuid::try_parse(id) else { return Ok(None) };
        let Some(letter) = self.read(move |folder| letters::read(folder, id)).await? else { return Ok(None) };
        let page = Page { frame: &self.frame, letter: &letter, pieces: letters::pieces(&letter.text) };
        page.render().map(Some).map_err(io::Error::other)
    }

    /// Reads files on a blocking thread.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let folder = self.folder.clone();
        tokio::task::spawn_blocking(move || read(&folder)).await.map_err(io::Error::other)?
    }
}

fn is_from_this_machine(headers: &HeaderMap, peer: IpAddr) -> bool {
    let is_forwarded = FORWARDED.iter().any(|name| headers.contains_key(*name));
    let host = headers.get(header::HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let is_named_so = host.is_some_and(|host| {
        let host = host.host();
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
    });
    peer.to_canonical().is_loopback() && is_named_so && !is_forwarded
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn headers(host: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::HOST, HeaderValue::from_str(host).unwrap())])
    }

    #[test]
    fn only_this_machine_under_its_own_name_reads_letters() {
        let here = IpAddr::from(Ipv4Addr::LOCALHOST);
        for host in ["localhost", "LocalHost:8080", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080", "[::1]"] {
            assert!(is_from_this_machine(&headers(host), here), "{host}");
        }
        let foreign =
            ["", "evil.example", "localhost.evil.example:8080", "evil.localhost", "192.168.1.2:8080", "0.0.0.0"];
        for host in foreign {
            assert!(!is_from_this_machine(&headers(host), here), "{host}");
        }
        assert!(!is_from_this_machine(&HeaderMap::new(), here));
    }

    #[test]
    fn no_other_machine_reads_letters() {
        let mapped = Ipv4Addr::LOCALHOST.to_ipv6_mapped();
        for (peer, reads) in [
            (IpAddr::from(Ipv6Addr::LOCALHOST), true),
            (mapped.into(), true),
            (IpAddr::from([192, 168, 1, 7]), false),
            (IpAddr::from(Ipv4Addr::new(192, 168, 1, 7).to_ipv6_mapped()), false),
        ] {
            assert_eq!(is_from_this_machine(&headers("localhost"), peer), reads, "{peer}");
        }
        for name in FORWARDED {
            let mut headers = headers("localhost");
            headers.insert(name, HeaderValue::from_static("for=203.0.113.9"));
            assert!(!is_from_this_machine(&headers, Ipv4Addr::LOCALHOST.into()), "{name}");
        }
    }

    #[test]
    fn it_serves_its_path_and_those_below() {
        assert!(is_at("/dev/mail") && is_at("/dev/mail/x"));
        assert!(!is_at("/dev/mails") && !is_at("/dev") && !is_at("/x/dev/mail"));
    }
}

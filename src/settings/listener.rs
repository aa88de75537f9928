//! Values derived from the listener's address.

use super::Settings;
use std::{
    fmt::Display,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};
use url::Url;

/// The URL of the listener for a browser on this machine, without a trailing slash. The host is `localhost` where that
/// resolves to the listener, because passkeys are bound to a name and an address is not one.
pub fn own_url(listen: SocketAddr) -> String {
    let localhost = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
    match listen.ip() {
        ip if ip.is_unspecified() || localhost.contains(&ip) => http("localhost", listen.port()),
        IpAddr::V4(ip) => http(ip, listen.port()),
        IpAddr::V6(ip) => http(format_args!("[{ip}]"), listen.port()),
    }
}

/// In the form that browsers use, which omits the default port.
fn http(host: impl Display, port: u16) -> String {
    if port == 80 { format!("http://{host}") } else { format!("http://{host}:{port}") }
}

impl Settings {
    /// These settings for a listener that is bound to `address`.
    ///
    /// Port 0 binds a free port, which is known only then. In a URL port 0 also means that port, since nothing can be
    /// reached at port 0. Values derived from the listener's address follow it.
    pub fn listening_on(&self, address: SocketAddr) -> Self {
        let mut settings = Self { listen: address, ..self.clone() };
        let urls = settings.allowed_origins.iter_mut().chain([&mut settings.frontend_url, &mut settings.token_issuer]);
        for text in urls {
            if let Ok(mut url) = Url::parse(text)
                && url.port() == Some(0)
                && url.set_port(Some(address.port())).is_ok()
            {
                *text = url.as_str().trim_end_matches('/').to_owned();
            }
        }
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(given: &[(&str, &str)]) -> Settings {
        // A folder that does not exist, so that the keys of an earlier start are not found.
        let given = given.iter().chain(&[("DATA_DIR", "/nonexistent/marbelle")]);
        Settings::load(given.map(|(name, value)| (format!("MARBELLE_{name}"), (*value).to_owned()))).unwrap()
    }

    fn bound(address: &str, given: &[(&str, &str)]) -> Settings {
        settings(given).listening_on(address.parse().unwrap())
    }

    #[test]
    fn derived_values_name_the_free_port_that_was_bound() {
        let settings = bound("127.0.0.1:4711", &[("LISTEN", "127.0.0.1:0")]);
        assert_eq!(settings.listen.port(), 4711);
        assert_eq!(settings.frontend_url, "http://localhost:4711");
        assert_eq!(settings.token_issuer, "http://localhost:4711");
        let settings = bound("127.0.0.1:4711", &[("ALLOWED_ORIGINS", "http://localhost:0")]);
        assert_eq!(settings.allowed_origins, ["http://localhost:4711"]);
    }

    #[test]
    fn given_values_are_kept() {
        let given = [
            ("LISTEN", "127.0.0.1:0"),
            ("FRONTEND_URL", "http://shop.test/account/"),
            ("ALLOWED_ORIGINS", "http://shop.test"),
            ("TOKEN_ISSUER", "marbelle"),
        ];
        let settings = bound("127.0.0.1:4711", &given);
        assert_eq!(settings.frontend_url, "http://shop.test/account");
        assert_eq!(settings.allowed_origins, ["http://shop.test"]);
        assert_eq!(settings.token_issuer, "marbelle");
        let settings = bound("127.0.0.1:4711", &[("FRONTEND_URL", "http://localhost:0/shop/")]);
        assert_eq!(settings.frontend_url, "http://localhost:4711/shop");
    }

    #[test]
    fn the_listeners_url_has_the_form_that_browsers_use() {
        for (listen, own) in [
            ("127.0.0.1:8080", "http://localhost:8080"),
            ("127.0.0.1:80", "http://localhost"),
            ("[::1]:8080", "http://localhost:8080"),
            ("127.0.0.2:8080", "http://127.0.0.2:8080"),
            ("[fd00::1]:8080", "http://[fd00::1]:8080"),
            ("192.168.1.7:8080", "http://192.168.1.7:8080"),
            ("0.0.0.0:8080", "http://localhost:8080"),
            ("[::]:80", "http://localhost"),
        ] {
            let settings = settings(&[("LISTEN", listen)]);
            assert_eq!(settings.frontend_url, own);
        }
    }
}

//! What follows from the listener's address.

use super::Settings;
use std::{
    fmt::Display,
    net::{IpAddr, SocketAddr},
};
use url::Url;

/// Where frontend developers' servers listen by default: create-react-app and Next.js, Vite.
const FRONTEND_PORTS: [u16; 2] = [3000, 5173];

/// Where a browser on this machine finds the listener, without a slash at the end.
pub fn own_url(listen: SocketAddr) -> String {
    match listen.ip() {
        // On every address: `localhost` is one.
        ip if ip.is_unspecified() => http("localhost", listen.port()),
        IpAddr::V4(ip) => http(ip, listen.port()),
        IpAddr::V6(ip) => http(format_args!("[{ip}]"), listen.port()),
    }
}

/// The origins whose pages may call a development server: the listener's own, and frontends on this machine.
pub(super) fn development_origins(listen: SocketAddr) -> Vec<String> {
    let ports = FRONTEND_PORTS.into_iter().chain([listen.port()]);
    let mut origins: Vec<String> = ports
        .flat_map(|port| ["localhost", "127.0.0.1"].map(|host| http(host, port)))
        .chain([own_url(listen)])
        .collect();
    origins.sort();
    origins.dedup();
    origins
}

/// As browsers write it, who leave out the scheme's own port.
fn http(host: impl Display, port: u16) -> String {
    if port == 80 { format!("http://{host}") } else { format!("http://{host}:{port}") }
}

impl Settings {
    /// These settings for a listener that is bound to `address`.
    ///
    /// Port 0 takes a free one, which is known only then. In a URL it means that one, since nothing can be
    /// reached at port 0: so what follows from the listener's address by default still does.
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

//! Tests of the client against servers on sockets.

use super::{
    client::{Answer, Bounds, HttpClient, Reading, Request},
    connect::{Connector, Targets},
    failure::Failure,
    tls::Tls,
};
use crate::domain::time::Clock;
use http::header::{AUTHORIZATION, LOCATION};
use rustls::{RootCertStore, ServerConfig, crypto::ring::default_provider, pki_types::PrivateKeyDer};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;
use url::Url;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

const BOUNDS: Bounds =
    Bounds { targets: Targets::Any, total: Duration::from_secs(20), reading: Reading::Body { at_most: 64 * 1024 } };

/// A server that answers every request with the same bytes.
struct Server {
    port: u16,
    /// The requests as received.
    requests: mpsc::UnboundedReceiver<String>,
    /// The number of accepted connections.
    connections: Arc<AtomicUsize>,
}

/// What a server does after its answer.
#[derive(Clone, Copy)]
enum Then {
    Close,
    Wait,
    GoOn,
}

impl Server {
    async fn answering(answer: impl Into<String>, then: Then) -> Self {
        Self::with(answer.into(), then, None).await
    }

    async fn with(answer: String, then: Then, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (read, requests) = mpsc::unbounded_channel();
        let connections = Arc::new(AtomicUsize::new(0));
        let accepted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::SeqCst);
                let (answer, read, tls) = (answer.clone(), read.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &answer, then, &read).await,
                        // A client that does not trust the certificate hangs up.
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &answer, then, &read).await;
                            }
                        }
                    }
                });
            }
        });
        Self { port, requests, connections }
    }

    fn url(&self, scheme: &str, host: &str, path: &str) -> Url {
        format!("{scheme}://{host}:{}{path}", self.port).parse().unwrap()
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: &str,
    then: Then,
    read: &mpsc::UnboundedSender<String>,
) {
    let mut request = Vec::new();
    while !is_whole(&request) {
        if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let _ = read.send(String::from_utf8(request).unwrap());
    if stream.write_all(answer.as_bytes()).await.is_err() {
        return;
    }
    match then {
        Then::Close => drop(stream.shutdown().await),
        Then::Wait => std::future::pending().await,
        Then::GoOn => while stream.write_all(&[b'x'; 4096]).await.is_ok() {},
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    body.len() >= length
}

fn client() -> HttpClient {
    HttpClient::default()
}

/// A client for which `resolve` gives the addresses of every name, by the number of earlier look-ups; and the number
/// of look-ups.
pub(super) fn resolving(
    resolve: impl Fn(usize) -> Vec<SocketAddr> + Send + Sync + 'static,
) -> (HttpClient, Arc<AtomicUsize>) {
    let look_ups = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&look_ups);
    let connector = Connector::by(move |_, _| Ok(resolve(count.fetch_add(1, Ordering::SeqCst))));
    (HttpClient::new(connector, Tls::default()), look_ups)
}

async fn get(client: &HttpClient, url: Url) -> Result<Answer, Failure> {
    client.send(Request::get(url), BOUNDS).await
}

#[tokio::test]
async fn requests_are_sent_as_composed() {
    let mut server = Server::answering(OK, Then::Wait).await;
    let request = Request::get(server.url("http", "localhost", "/a%20b?c=d#e")).header(AUTHORIZATION, "Bearer x");
    let answer = client().send(request.accept_json(), BOUNDS).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"ok"[..]));
    let agent = concat!("user-agent: marbelle/", env!("CARGO_PKG_VERSION"));
    let head = format!(
        "GET /a%20b?c=d HTTP/1.1\r\n{agent}\r\nauthorization: Bearer x\r\naccept: application/json\r\n\
         host: localhost:{}\r\n\r\n",
        server.port
    );
    assert_eq!(server.requests.recv().await.unwrap(), head);

    let form = [("code", "a&b"), ("secret", "ü =")];
    client().send(Request::post_form(server.url("http", "127.0.0.1", "/t"), form), BOUNDS).await.unwrap();
    let request = server.requests.recv().await.unwrap();
    assert!(request.starts_with("POST /t HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("content-type: application/x-www-form-urlencoded\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\ncode=a%26b&secret=%C3%BC+%3D"), "{request}");
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let server = Server::answering("", Then::Close).await;
    let target = server.url("http", "127.0.0.1", "/secret");
    let away = format!("HTTP/1.1 302 Found\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
    let redirecting = Server::answering(away, Then::Wait).await;
    let answer = get(&client(), redirecting.url("http", "127.0.0.1", "/")).await.unwrap();
    assert_eq!(answer.status.as_u16(), 302);
    assert_eq!(answer.headers[LOCATION], target.as_str());
    assert_eq!((redirecting.connections(), server.connections()), (1, 0));
}

#[tokio::test]
async fn private_addresses_are_not_connected_to() {
    let server = Server::answering(OK, Then::Close).await;
    let urls = [
        "http://127.0.0.1:P/",
        "http://localhost:P/",
        "http://[::1]:P/",
        "http://[::ffff:127.0.0.1]:P/",
        "http://[64:ff9b::7f00:1]:P/",
        "http://2130706433:P/",
        "http://0x7f.1:P/",
        "http://0177.0.0.1:P/",
        "http://0:P/",
        "http://127\u{3002}0\u{3002}0\u{3002}1:P/",
        "https://127.0.0.1:P/",
        "http://169.254.169.254/latest/meta-data/",
    ];
    for url in urls {
        let url: Url = url.replace('P', &server.port.to_string()).parse().unwrap();
        let failure = client().send(Request::get(url.clone()), Bounds { targets: Targets::Public, ..BOUNDS }).await;
        assert!(matches!(failure, Err(Failure::NotPublic { .. })), "{url}: {failure:?}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_name_is_judged_by_its_addresses() {
    // Addresses for documentation are special as well, so these public ones are real; none is connected to.
    let (public, metadata) = ("8.8.8.8:80".parse().unwrap(), "169.254.169.254:80".parse().unwrap());
    for addresses in [vec![metadata], vec![public, metadata], vec![public, "[fd00:ec2::254]:80".parse().unwrap()]] {
        let (client, _) = resolving(move |_| addresses.clone());
        let url: Url = "http://metadata.example/".parse().unwrap();
        let failure = client.send(Request::get(url), Bounds { targets: Targets::Public, ..BOUNDS }).await.unwrap_err();
        assert!(matches!(failure, Failure::NotPublic { .. }), "{failure:?}");
        assert!(failure.to_string().starts_with("metadata.example leads to "), "{failure}");
    }
}

#[tokio::test]
async fn the_checked_address_is_connected_to() {
    let (first, second) = (Server::answering(OK, Then::Wait).await, Server::answering(OK, Then::Wait).await);
    let ports = [first.port, second.port];
    let (client, look_ups) = resolving(move |before| vec![([127, 0, 0, 1], ports[before.min(1)]).into()]);
    get(&client, "http://changing.example/".parse().unwrap()).await.unwrap();
    assert_eq!((first.connections(), second.connections(), look_ups.load(Ordering::SeqCst)), (1, 0, 1));
}

#[tokio::test]
async fn the_next_address_is_tried() {
    let server = Server::answering(OK, Then::Wait).await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let good = SocketAddr::from(([127, 0, 0, 1], server.port));
    let (client, _) = resolving(move |_| vec![closed, good]);
    get(&client, "http://two.example/".parse().unwrap()).await.unwrap();
    let (client, _) = resolving(move |_| vec![closed, closed]);
    let failure = get(&client, "http://none.example/".parse().unwrap()).await.unwrap_err();
    assert!(matches!(failure, Failure::Connect(_)), "{failure:?}");
    let (client, _) = resolving(|_| Vec::new());
    let failure = get(&client, "http://nothing.example/".parse().unwrap()).await.unwrap_err();
    assert!(matches!(failure, Failure::LookUp { .. }), "{failure:?}");
}

#[tokio::test]
async fn slow_servers_time_out() {
    let short = Bounds { total: Duration::from_millis(300), ..BOUNDS };
    let begun = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nbegun";
    for answer in ["", "HTTP/1.1 200 OK\r\nx-", begun] {
        let server = Server::answering(answer, Then::Wait).await;
        let failure = client().send(Request::get(server.url("http", "127.0.0.1", "/")), short).await;
        assert!(matches!(failure, Err(Failure::TooLate(_))), "{answer}: {failure:?}");
    }
    // A name server that does not answer.
    let (client, _) = resolving(|_| {
        std::thread::sleep(Duration::from_secs(2));
        Vec::new()
    });
    let started = Instant::now();
    let failure = client.send(Request::get("http://slow.example/".parse().unwrap()), short).await;
    assert!(matches!(failure, Err(Failure::TooLate(_))), "{failure:?}");
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn answers_are_bounded() {
    let small = Bounds { reading: Reading::Body { at_most: 1000 }, ..BOUNDS };
    let long = format!("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n{}", "x".repeat(1001));
    let endless = "HTTP/1.1 200 OK\r\n\r\n";
    for (answer, then) in [(long.as_str(), Then::Wait), (endless, Then::GoOn)] {
        let server = Server::answering(answer, then).await;
        let url = server.url("http", "127.0.0.1", "/");
        let failure = client().send(Request::get(url.clone()), small).await;
        assert!(matches!(failure, Err(Failure::TooLarge(1000))), "{failure:?}");
        // A caller that wants only the status gets it.
        let answer = client().send(Request::get(url), Bounds { reading: Reading::Head, ..BOUNDS }).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
    }
    let endless_head = Server::answering("HTTP/1.1 200 OK\r\nx: ", Then::GoOn).await;
    let failure = get(&client(), endless_head.url("http", "127.0.0.1", "/")).await;
    assert!(matches!(failure, Err(Failure::Http(_))), "{failure:?}");
    let fits = format!("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{}", "x".repeat(1000));
    let server = Server::answering(fits, Then::Close).await;
    let answer = client().send(Request::get(server.url("http", "127.0.0.1", "/")), small).await.unwrap();
    assert_eq!(answer.body.len(), 1000);
}

#[tokio::test]
async fn invalid_answers_fail() {
    for answer in ["", "SSH-2.0-OpenSSH_9.9\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort"] {
        let server = Server::answering(answer, Then::Close).await;
        let failure = get(&client(), server.url("http", "127.0.0.1", "/")).await;
        assert!(matches!(failure, Err(Failure::Http(_))), "{answer}: {failure:?}");
    }
    for url in ["gopher://a.example/", "data:,x", "http://user:password@127.0.0.1/"] {
        let failure = get(&client(), url.parse().unwrap()).await;
        assert!(matches!(failure, Err(Failure::Url(_))), "{url}: {failure:?}");
    }
}

#[tokio::test]
async fn tls_authenticates_the_server() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let server = Server::with(OK.into(), Then::Close, Some(Arc::new(config).into())).await;
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let trusting = HttpClient::new(Connector::system(), Tls::trusting(roots));
    let answer = get(&trusting, server.url("https", "localhost", "/")).await.unwrap();
    assert_eq!(&answer.body[..], b"ok");
    let strangers = HttpClient::new(Connector::system(), Tls::trusting(RootCertStore::empty()));
    for (client, host) in [(&trusting, "127.0.0.1"), (&strangers, "localhost")] {
        let failure = get(client, server.url("https", host, "/")).await;
        assert!(matches!(failure, Err(Failure::Tls(_))), "{host}: {failure:?}");
    }
}

#[tokio::test]
async fn waits_are_read_in_both_forms() {
    let now = Clock::system().now();
    for (header, expected) in [
        ("retry-after: 120\r\n", Some(Duration::from_mins(2))),
        ("retry-after: Fri, 31 Dec 1999 23:59:59 GMT\r\n", Some(Duration::ZERO)),
        ("retry-after: later\r\n", None),
        ("", None),
    ] {
        let busy = format!("HTTP/1.1 503 Service Unavailable\r\n{header}content-length: 0\r\n\r\n");
        let server = Server::answering(busy, Then::Close).await;
        let answer = get(&client(), server.url("http", "127.0.0.1", "/")).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.retry_after(now)), (503, expected), "{header}");
    }
}

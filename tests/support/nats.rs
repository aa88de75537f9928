//! A private NATS server that can be killed and restarted on the same port.

use super::soon;
use parking_lot::Mutex;
use std::{net::SocketAddr, path::PathBuf, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdin, Command},
};

const INSTALL: &str = "the tests start a NATS server of their own: install it (Debian, Ubuntu: apt-get install \
                       nats-server; or put nats-server on the PATH)";

/// Runs the server until standard input ends, which it does when this process ends in any way; then kills it with -9.
const WRAPPER: &str = r#""$@" </dev/null & server=$!; cat >/dev/null; kill -KILL $server 2>/dev/null; wait $server"#;

/// The server. It stops when dropped.
pub struct Nats {
    address: SocketAddr,
    /// Arguments beyond those of every server.
    arguments: Vec<String>,
    running: Mutex<Option<(Child, ChildStdin)>>,
}

impl Nats {
    pub async fn start() -> Self {
        Self::start_with(&[""; 0]).await
    }

    /// With further arguments.
    pub async fn start_with(arguments: &[impl AsRef<str>]) -> Self {
        let arguments: Vec<_> = arguments.iter().map(|argument| argument.as_ref().to_owned()).collect();
        loop {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let address = listener.local_addr().expect("an address");
            drop(listener);
            if let Some(running) = run(address, &arguments).await {
                return Self { address, arguments, running: Mutex::new(Some(running)) };
            }
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// For `MARBELLE_NATS_URL`.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// Kills the server and awaits its end.
    pub async fn kill(&self) {
        let (mut wrapper, lifeline) = self.running.lock().take().expect("it runs");
        drop(lifeline);
        soon("the end of nats-server", wrapper.wait()).await.expect("a status");
    }

    /// Starts again after a kill, on the same port.
    pub async fn restart(&self) {
        let running = run(self.address, &self.arguments).await.expect("its port is still free");
        *self.running.lock() = Some(running);
    }

    /// Publishes anything, as a stranger with access to the bus could; returns once it is sent.
    pub async fn publish(&self, subject: &str, payload: &str) {
        let mut stream = TcpStream::connect(self.address).await.expect("nats-server listens");
        let text = format!("CONNECT {{\"verbose\":false}}\r\nPUB {subject} {}\r\n{payload}\r\nPING\r\n", payload.len());
        stream.write_all(text.as_bytes()).await.expect("it accepts what is sent");
        let mut answers = BufReader::new(stream).lines();
        let pong = async {
            while let Some(line) = answers.next_line().await.expect("it answers") {
                assert!(!line.starts_with("-ERR"), "{line}");
                if line == "PONG" {
                    return;
                }
            }
            panic!("nats-server closes the connection");
        };
        soon("a PONG", pong).await;
    }
}

/// `None` where the port is taken.
async fn run(address: SocketAddr, arguments: &[String]) -> Option<(Child, ChildStdin)> {
    let mut child = Command::new("sh")
        .args(["-c", WRAPPER, "sh"])
        .arg(program())
        .args(["-a", &address.ip().to_string(), "-p", &address.port().to_string()])
        .args(arguments)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap_or_else(|e| panic!("nats-server does not run ({e}); {INSTALL}"));
    let lifeline = child.stdin.take().expect("a pipe");
    let mut log = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut said = String::new();
    let ready = async {
        while log.read_line(&mut said).await.expect("a log of text") > 0 {
            if said.ends_with("Server is ready\n") {
                return true;
            }
        }
        false
    };
    if !soon("nats-server to be ready", ready).await {
        assert!(said.contains("address already in use"), "nats-server does not start:\n{said}\n{INSTALL}");
        return None;
    }
    // Keep reading: the server blocks when its log is not read.
    tokio::spawn(async move { log.read_to_end(&mut Vec::new()).await });
    Some((child, lifeline))
}

/// On the PATH, or in Debian's folder, which only root's PATH has.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join("nats-server"))
        .find(|program| program.is_file())
        .unwrap_or_else(|| panic!("no nats-server found; {INSTALL}"))
}

//! The built binary as a child process, with settings from the environment.

use super::{
    Call, Database, Deaf, Http, IdentityProvider, MailFolder, Smtp, Specification, Ws,
    process::{OPEN_FILES, Running, marbelle_reading},
    socket::handshake,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::pkcs8::{EncodePrivateKey, KeypairBytes, spki::der::pem::LineEnding};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::Arc,
};
use tempfile::TempDir;
use tokio::process::Command;
use tokio_tungstenite::tungstenite;

/// Limits that no test reaches by accident, and hashing at the lowest cost.
const CHEAP_AND_UNLIMITED: [(&str, &str); 16] = [
    ("LIMITS__SIGN_IN_PER_MINUTE", "100000"),
    ("LIMITS__TOKEN_PER_MINUTE", "100000"),
    ("LIMITS__FAILURES_PER_ACCOUNT", "100000"),
    ("LIMITS__MAILS_PER_MAILBOX", "100000"),
    ("LIMITS__CALLS_PER_SECOND", "100000"),
    ("LIMITS__WRITES_PER_MINUTE", "100000"),
    ("LIMITS__EVENTS_PER_USER", "100000"),
    ("LIMITS__REFUSALS_PER_MINUTE", "100000"),
    ("LIMITS__PASSWORD_CHANGES_PER_HOUR", "100000"),
    ("LIMITS__CEREMONIES_PER_MINUTE", "100000"),
    ("LIMITS__CONNECTIONS_PER_ADDRESS", "20000"),
    ("LIMITS__SOCKETS_PER_ADDRESS", "2000"),
    ("LIMITS__SOCKETS_PER_USER", "2000"),
    ("ARGON2__MEMORY_KIB", "1024"),
    ("ARGON2__PASSES", "1"),
    ("FRONTEND_URL", "http://localhost:5173"),
];

/// The origin whose pages may call a node of [`Builder::production`].
pub const PRODUCTION: &str = "https://shop.example";

/// The settings that a node is started with.
pub struct Builder {
    database: Database,
    settings: BTreeMap<String, String>,
    smtp: Option<Smtp>,
}

impl Builder {
    /// Sets `MARBELLE_<name>`.
    pub fn set(mut self, name: &str, value: impl ToString) -> Self {
        self.settings.insert(format!("MARBELLE_{name}"), value.to_string());
        self
    }

    /// Configures a provider under this name.
    pub fn provider(mut self, name: &str, provider: &IdentityProvider) -> Self {
        for (setting, value) in provider.settings(name) {
            self = self.set(&setting, value);
        }
        self
    }

    /// Sends mail to a server of the test.
    pub fn smtp(mut self, smtp: &Smtp) -> Self {
        self.smtp = Some(smtp.clone());
        self
    }

    /// The same signing key and token secret as every other node built so, as on several hosts.
    pub fn shared_keys(self) -> Self {
        self.set("SIGNING_KEY", signing_key(1)).set("TOKEN_SECRET", token_secret(1))
    }

    /// As in production, behind a proxy that serves <https://shop.example>.
    pub fn production(self) -> Self {
        let production = self.shared_keys().set("ENV", "production").set("FRONTEND_URL", PRODUCTION);
        production.set("ALLOWED_ORIGINS", PRODUCTION).set("MAIL_FROM", "Shop <no-reply@shop.example>")
    }

    /// Writes mail to `.eml` files, as in development.
    pub fn mail_to_files(mut self) -> Self {
        self.settings.remove("MARBELLE_MAIL_URL");
        self.smtp = None;
        self.settings.insert("files".into(), String::new());
        self
    }

    /// The socket at which a service manager awaits the state of the node (sd_notify(3)).
    pub fn service_manager(mut self, socket: &Path) -> Self {
        self.settings.insert("NOTIFY_SOCKET".into(), socket.display().to_string());
        self
    }

    /// Limits the number of files that the node may have open.
    pub fn open_files(mut self, files: u32) -> Self {
        self.settings.insert(OPEN_FILES.into(), format!("-n {files}"));
        self
    }

    /// The same, but the node may raise the limit.
    pub fn open_files_at_first(mut self, files: u32) -> Self {
        self.settings.insert(OPEN_FILES.into(), format!("-Sn {files}"));
        self
    }

    pub async fn start(mut self) -> Node {
        let folder = TempDir::with_prefix("marbelle-node-").expect("a temporary folder");
        let smtp = match self.smtp.take() {
            Some(smtp) => smtp,
            None => Smtp::start().await,
        };
        if self.settings.remove("files").is_none() {
            self.settings.entry("MARBELLE_MAIL_URL".into()).or_insert_with(|| smtp.url());
        }
        if let Some(url) = self.database.url() {
            self.settings.insert("MARBELLE_DATABASE_URL".into(), url.to_owned());
        }
        let data = folder.path().join("data");
        self.settings.entry("MARBELLE_DATA_DIR".into()).or_insert_with(|| data.display().to_string());
        self.settings.entry("MARBELLE_LISTEN".into()).or_insert_with(|| "127.0.0.1:0".into());
        let running = Running::start(&self.settings).await;
        let base = format!("http://{}", running.address);
        let specification = Specification::of(&base).await;
        let http = Http::new(base, specification.clone());
        Node { running, http, settings: self.settings, database: self.database, smtp, specification, _folder: folder }
    }
}

/// A running server. Dropping it kills the process.
pub struct Node {
    running: Running,
    http: Http,
    settings: BTreeMap<String, String>,
    pub database: Database,
    pub smtp: Smtp,
    pub specification: Arc<Specification>,
    /// Goes with the node.
    _folder: TempDir,
}

impl Node {
    /// A node with the settings that every test needs.
    pub async fn start(database: Database) -> Self {
        Self::on(database).start().await
    }

    pub fn on(database: Database) -> Builder {
        let settings = CHEAP_AND_UNLIMITED.map(|(name, value)| (format!("MARBELLE_{name}"), value.to_owned()));
        Builder { database, settings: settings.into(), smtp: None }
    }

    /// Two nodes on one PostgreSQL, with the same keys and the same mail server.
    pub async fn pair() -> (Self, Self) {
        let first = Self::on(Database::postgres().await).shared_keys().start().await;
        let second = Self::on(first.database.clone()).shared_keys().smtp(&first.smtp).start().await;
        (first, second)
    }

    pub fn address(&self) -> SocketAddr {
        self.running.address
    }

    /// Where the node keeps its keys and its SQLite database.
    pub fn data(&self) -> PathBuf {
        self.settings["MARBELLE_DATA_DIR"].clone().into()
    }

    /// The files of a node that sends no mail by SMTP.
    pub fn mail_folder(&self) -> MailFolder {
        MailFolder::new(self.data().join("mail"))
    }

    /// A client without a credential.
    pub fn http(&self) -> Http {
        self.http.clone()
    }

    /// A WebSocket without a credential.
    pub async fn ws(&self) -> Ws {
        self.ws_with(&[]).await.unwrap_or_else(|e| panic!("the handshake fails: {e}"))
    }

    pub async fn ws_with(&self, headers: &[(&'static str, &str)]) -> Result<Ws, Box<tungstenite::Error>> {
        let (socket, _) = handshake(self.address(), headers, None).await?;
        Ok(Ws::new(socket, self.specification.clone()))
    }

    /// A WebSocket, and the `Set-Cookie` of the answer that opened it.
    pub async fn ws_answered(&self, headers: &[(&'static str, &str)]) -> Result<(Ws, String), Box<tungstenite::Error>> {
        let (socket, answer) = handshake(self.address(), headers, None).await?;
        let cookie = answer.headers().get("set-cookie").map(|value| value.to_str().expect("text").to_owned());
        Ok((Ws::new(socket, self.specification.clone()), cookie.unwrap_or_default()))
    }

    /// A WebSocket that is read only on demand, through a receive buffer of a few KiB.
    pub async fn deaf(&self, headers: &[(&'static str, &str)]) -> Deaf {
        Deaf(handshake(self.address(), headers, Some(4096)).await.unwrap_or_else(|e| panic!("the handshake: {e}")).0)
    }

    /// The HTTP status with which a handshake is refused.
    pub async fn refused_handshake(&self, headers: &[(&'static str, &str)]) -> u16 {
        match handshake(self.address(), headers, None).await.map_err(|e| *e) {
            Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
            Err(other) => panic!("the handshake fails in another way: {other}"),
            Ok(_) => panic!("the handshake succeeds"),
        }
    }

    /// Requests a password reset and returns the token of the letter.
    pub async fn reset_token(&self, email: &str) -> String {
        self.http().ok("auth.request_password_reset", serde_json::json!({ "email": email })).await;
        self.smtp.letter_saying(email, "/password-reset?token=").await.token()
    }

    /// The settings, for a process that a story starts itself.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.settings
    }

    /// Runs another command of the binary with the settings of this node.
    pub async fn command(&self, arguments: &[&str]) -> std::process::Output {
        self.command_reading(arguments, "").await
    }

    /// The same, with this on its standard input.
    pub async fn command_reading(&self, arguments: &[&str], input: &str) -> std::process::Output {
        let settings: Vec<(&str, &str)> = self.settings.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        marbelle_reading(arguments, &settings, input).await
    }

    /// The status of a command, its standard output, and its standard error.
    pub async fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.command(arguments).await;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().expect("a status"), text(&output.stdout), text(&output.stderr))
    }

    /// The JSON that a command prints, which must succeed.
    pub async fn run_json(&self, arguments: &[&str]) -> Value {
        let (status, printed, message) = self.run(&[arguments, &["--json"]].concat()).await;
        assert_eq!(status, 0, "{arguments:?}: {message}");
        serde_json::from_str(&printed).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {printed}"))
    }

    /// Kills the process and awaits its end.
    pub async fn kill9(&mut self) {
        self.running.kill();
        self.running.wait().await;
    }

    /// The id of the process.
    pub fn pid(&self) -> u32 {
        self.running.pid()
    }

    /// Sends SIGTERM and does not await the end.
    pub async fn terminate(&self) {
        self.signal("-TERM").await;
    }

    /// Sends a signal by its `kill` flag, such as `-INT`.
    pub async fn signal(&self, flag: &str) {
        let pid = self.running.pid().to_string();
        let status = Command::new("kill").args([flag, &pid]).status().await.expect("kill runs");
        assert!(status.success(), "kill {flag} {pid}");
    }

    /// Awaits the end of the process.
    pub async fn exited(&mut self) -> ExitStatus {
        self.running.wait().await
    }

    /// SIGTERM; the process must end with status 0.
    pub async fn stop(&mut self) {
        self.terminate().await;
        let status = self.exited().await;
        assert_eq!(status.code(), Some(0), "a clean stop; the node printed:\n{}", self.output());
    }

    /// Starts again after the end, on the same port, data folder and database.
    pub async fn restart(&mut self) {
        self.settings.insert("MARBELLE_LISTEN".into(), self.address().to_string());
        let earlier = self.output();
        self.running = Running::start(&self.settings).await;
        self.running.output.precede(earlier);
        self.http = Http::new(format!("http://{}", self.address()), self.specification.clone());
    }

    /// Changes a setting for the next [`Node::restart`].
    pub fn set(&mut self, name: &str, value: impl ToString) {
        self.settings.insert(format!("MARBELLE_{name}"), value.to_string());
    }

    /// Everything the node has printed so far, logs included, earlier runs first.
    pub fn output(&self) -> String {
        self.running.output.text()
    }

    /// Awaits a line that holds this text.
    pub async fn printed(&self, text: &str) -> String {
        self.running.output.line(text).await.unwrap_or_else(|all| panic!("never printed {text:?}; but:\n{all}"))
    }

    /// Resident memory of the process.
    pub fn resident_kib(&self) -> u64 {
        let pid = self.running.pid();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("Linux tells");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a VmRSS line");
        line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number of KiB")
    }
}

/// An Ed25519 key as PKCS#8 PEM, always the same for the same seed.
pub fn signing_key(seed: u8) -> String {
    let pair = KeypairBytes { secret_key: [seed; 32], public_key: None };
    pair.to_pkcs8_pem(LineEnding::LF).expect("a PEM").to_string()
}

/// A token secret of 32 bytes, always the same for the same seed.
pub fn token_secret(seed: u8) -> String {
    // Every byte differs: a secret that is visibly not random may be refused.
    BASE64_STANDARD
        .encode(std::array::from_fn::<u8, 32, _>(|i| seed.wrapping_mul(97).wrapping_add((i as u8).wrapping_mul(37))))
}

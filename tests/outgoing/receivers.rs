//! The receivers of docs/receivers, which verify signatures with the reference libraries of their languages.

use super::{NOWHERE, operator, webhook};
use crate::support::{Call, Database, Node, Person, Session, within};
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    sync::OnceCell,
};

/// The time limit for the package registry.
const INSTALLING: Duration = Duration::from_secs(120);

/// A folder with a library, which is installed once per test process.
async fn installed(cell: &OnceCell<TempDir>, command: &mut Command) -> PathBuf {
    let install = async {
        let folder = TempDir::with_prefix("marbelle-receiver-").expect("a temporary folder");
        command.current_dir(folder.path()).stdin(Stdio::null()).kill_on_drop(true);
        let Output { status, stdout, stderr } =
            within(INSTALLING, "the library", command.output()).await.expect("tests/install has installed it");
        let said = [stdout, stderr].concat();
        assert!(status.success(), "{command:?}: {}", String::from_utf8_lossy(&said));
        folder
    };
    cell.get_or_init(|| install).await.path().to_owned()
}

/// A receiver that runs; it ends when dropped.
struct Running {
    lines: Lines<BufReader<ChildStdout>>,
    url: String,
    _child: Child,
}

impl Running {
    async fn start(command: &mut Command, secrets: &str) -> Self {
        command.env("WEBHOOK_SECRETS", secrets).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("tests/install has installed it");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut running = Self { lines, url: String::new(), _child: child };
        running.url = running.line().await.trim_start_matches("listening on ").to_owned();
        running
    }

    async fn line(&mut self) -> String {
        let line = within(Duration::from_secs(20), "a line of the receiver", self.lines.next_line()).await;
        line.expect("text").expect("it runs")
    }

    /// Awaits that it has applied an event.
    async fn applies(&mut self, event: &str) {
        while !self.line().await.starts_with(event) {}
    }
}

fn source(name: &str) -> String {
    format!("{}/docs/receivers/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Sends a receiver a user's events, before, during and after the rotation of its secret.
async fn tells_a_life(start: impl AsyncFn(&Path, &str) -> Running) {
    let node = Node::start(Database::sqlite()).await;
    let operator = operator(&node).await;
    let (hook, first) = webhook(&operator, json!({ "url": NOWHERE })).await;
    let folder = TempDir::with_prefix("marbelle-received-").expect("a temporary folder");
    let state = folder.path().join("users");
    let mut receiver = start(&state, &first).await;
    operator.ok("webhooks.update", json!({ "webhook_id": hook, "url": receiver.url })).await;
    let (person, session): (Person, Session) = node.signed_in("ann").await;
    session.http(&node).ok("profile.update", json!({ "first_name": "Gwendolyn" })).await;
    receiver.applies("profile.changed").await;
    let kept = std::fs::read(&state).expect("the receiver's file");
    assert!(String::from_utf8_lossy(&kept).contains("Gwendolyn"));

    // The receiver knows only the former secret, then both, then only the new one.
    let rotated = operator.ok("webhooks.rotate_secret", json!({ "webhook_id": hook })).await;
    let second = rotated["secret"].as_str().expect("a secret");
    for (secrets, name) in [(first.clone(), "Hilda"), (format!("{second},{first}"), "Ida"), (second.to_owned(), "Jo")] {
        receiver = start(&state, &secrets).await;
        operator.ok("webhooks.update", json!({ "webhook_id": hook, "url": receiver.url })).await;
        session.http(&node).ok("profile.update", json!({ "first_name": name })).await;
        receiver.applies("profile.changed").await;
    }
    // It refuses unsigned requests.
    let forged =
        json!({ "type": "user.deleted", "data": { "user_id": session.sign_in["profile"]["id"], "revision": 99 } });
    let http = reqwest::Client::new();
    for headers in [vec![], vec![("webhook-id", "x"), ("webhook-timestamp", "1"), ("webhook-signature", "v1,AAAA")]] {
        let mut request = http.post(&receiver.url).json(&forged);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        assert_eq!(request.send().await.expect("an answer").status(), 400);
    }
    node.command(&["user", "delete", "--yes", &person.email]).await;
    receiver.applies("user.deleted").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_python() {
    static LIBRARY: OnceCell<TempDir> = OnceCell::const_new();
    tells_a_life(async |state, secrets| {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--target", "library", "standardwebhooks==1.1.0"]);
        let library = installed(&LIBRARY, &mut pip).await.join("library");
        let mut python = Command::new("python3");
        python.arg(source("receiver.py")).arg("0").arg(state).env("PYTHONPATH", library);
        Running::start(&mut python, secrets).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_node() {
    static LIBRARY: OnceCell<TempDir> = OnceCell::const_new();
    tells_a_life(async |state, secrets| {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--prefix", ".", "standardwebhooks@1.1.1"]);
        let library = installed(&LIBRARY, &mut npm).await;
        // Packages are looked up beside the script.
        let script = library.join("receiver.mjs");
        std::fs::copy(source("receiver.mjs"), &script).expect("the script is copied");
        let mut program = Command::new("node");
        program.arg(script).arg("0").arg(state);
        Running::start(&mut program, secrets).await
    })
    .await;
}

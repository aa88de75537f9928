//! The verifiers for other backends of the shop, each in a process of its language.

use super::{PATIENCE, ServiceEndpoint, within};
use serde_json::Value;
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::OnceCell,
};

/// The time limit for the package registry.
const INSTALLING: Duration = Duration::from_secs(180);

/// The backend that the tokens are for.
pub const BACKEND: &str = "orders";

/// A process that verifies the tokens that it is given. It ends when dropped.
pub struct Verifier {
    pub language: &'static str,
    answers: Lines<BufReader<ChildStdout>>,
    tokens: ChildStdin,
    _child: Child,
}

impl Verifier {
    /// `clients/verify-node`, which follows this node.
    pub async fn in_node(endpoint: &ServiceEndpoint<'_>) -> Self {
        static BUILT: OnceCell<TempDir> = OnceCell::const_new();
        let folder = BUILT.get_or_init(node_package).await.path();
        let mut program = Command::new("node");
        program.arg(folder.join("tests/lines.js"));
        Self::start("Node", program, endpoint).await
    }

    /// `clients/verify-python`, which follows this node.
    pub async fn in_python(endpoint: &ServiceEndpoint<'_>) -> Self {
        static LIBRARIES: OnceCell<TempDir> = OnceCell::const_new();
        let libraries = LIBRARIES.get_or_init(python_libraries).await.path();
        let source = client("verify-python");
        let mut path = OsString::from(libraries);
        path.push(":");
        path.push(source.join("src"));
        let mut program = Command::new("python3");
        program.arg(source.join("tests/lines.py")).env("PYTHONPATH", path).env("PYTHONDONTWRITEBYTECODE", "1");
        Self::start("Python", program, endpoint).await
    }

    /// Starts it with a key of its own, and awaits that it is ready.
    async fn start(language: &'static str, mut program: Command, endpoint: &ServiceEndpoint<'_>) -> Self {
        program
            .env("ACCOUNTS_URL", format!("http://{}", endpoint.node.address()))
            .env("ACCOUNTS_SERVICE_URL", format!("http://{}/service/rpc", endpoint.address))
            .env("ACCOUNTS_SERVICE_KEY", endpoint.key_named(language, "tokens:verify").await)
            .env("ACCOUNTS_ISSUER", &endpoint.node.environment()["MARBELLE_FRONTEND_URL"])
            .env("ACCOUNTS_AUDIENCE", BACKEND)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = program.spawn().expect("tests/install has installed it");
        let answers = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let tokens = child.stdin.take().expect("a pipe");
        let mut verifier = Self { language, answers, tokens, _child: child };
        assert_eq!(verifier.answer().await, "ready");
        verifier
    }

    /// Its verdict on a token: `user_id` and `version` of a valid one, otherwise `code` and `reason`.
    pub async fn verify(&mut self, token: &str) -> Value {
        self.tokens.write_all(format!("{token}\n").as_bytes()).await.expect("it reads");
        self.answer().await
    }

    /// Asks until the token is refused; returns the reason, and the time that it took.
    pub async fn refusal(&mut self, token: &str) -> (Value, Duration) {
        let started = Instant::now();
        loop {
            let answer = self.verify(token).await;
            if answer.get("code").is_some() {
                return (answer, started.elapsed());
            }
            assert!(started.elapsed() < PATIENCE, "{}: the token stays good", self.language);
            // The node and the other verifier need the processor, too.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn answer(&mut self) -> Value {
        let line = within(PATIENCE * 2, self.language, self.answers.next_line()).await.expect("text");
        serde_json::from_str(&line.expect("it runs")).expect("JSON")
    }
}

fn client(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(name)
}

/// A copy of the package, with its dependencies and built, so that nothing is written into the source.
async fn node_package() -> TempDir {
    let (source, folder) = (client("verify-node"), TempDir::with_prefix("marbelle-verify-").expect("a folder"));
    std::fs::create_dir(folder.path().join("tests")).expect("a folder");
    std::fs::create_dir(folder.path().join("src")).expect("a folder");
    let mut files: Vec<PathBuf> =
        ["package.json", "package-lock.json", ".npmrc", "tsconfig.json", "tsconfig.build.json", "tests/lines.js"]
            .map(PathBuf::from)
            .into();
    for file in std::fs::read_dir(source.join("src")).expect("the source") {
        files.push(Path::new("src").join(file.expect("a file").file_name()));
    }
    for file in files {
        std::fs::copy(source.join(&file), folder.path().join(&file)).expect("a file is copied");
    }
    // Installs the dependencies and builds it.
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(folder.path());
    install(npm).await;
    folder
}

async fn python_libraries() -> TempDir {
    let folder = TempDir::with_prefix("marbelle-verify-").expect("a folder");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--require-hashes", "--requirement"])
        .arg(client("verify-python").join("requirements.txt"))
        .arg("--target")
        .arg(folder.path());
    install(pip).await;
    folder
}

async fn install(mut command: Command) {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let Output { status, stdout, stderr } =
        within(INSTALLING, "the libraries", command.output()).await.expect("tests/install has installed it");
    assert!(status.success(), "{command:?}: {}", String::from_utf8_lossy(&[stdout, stderr].concat()));
}

//! Child processes of the built binary.

use super::{PATIENCE, within};
use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader},
    process::{Child, Command},
    sync::watch,
};

/// Not a setting of the server: the number of files it may have open.
pub const OPEN_FILES: &str = "OPEN_FILES";

/// The line with the server's address.
const LISTENING: &str = "listening on http://";

/// A server process and what it prints.
pub struct Running {
    child: Child,
    pub address: SocketAddr,
    pub output: Arc<Output>,
}

impl Running {
    /// Starts it and waits until it listens.
    pub async fn start(settings: &BTreeMap<String, String>) -> Self {
        let mut command = command(settings.iter().map(|(n, v)| (n.as_str(), v.as_str())));
        if let Some(files) = settings.get(OPEN_FILES) {
            let (program, variables) = ("ulimit $0 && exec \"$1\" serve", command.as_std().get_envs());
            let variables: Vec<_> =
                variables.filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
            command = Command::new("/bin/sh");
            command.env_clear().envs(variables).current_dir(std::env::temp_dir());
            command.args(["-c", program, files, env!("CARGO_BIN_EXE_marbelle")]);
        } else {
            command.arg("serve");
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let output = Arc::new(Output::default());
        output.read(child.stdout.take().expect("a pipe"));
        output.read(child.stderr.take().expect("a pipe"));
        let line = tokio::select! {
            line = output.line(LISTENING) => line,
            _ = child.wait() => {
                output.closed().await;
                Err(output.text())
            }
        };
        let line = line.unwrap_or_else(|all| panic!("the node does not print `{LISTENING}…`; it printed:\n{all}"));
        let address = line.split_once(LISTENING).expect("it was found").1;
        let address = address.split(|c: char| c.is_whitespace() || c == '/' || c == '\u{1b}').next().expect("text");
        let address = address.trim_end_matches([',', '.', '"', ';']);
        let address = address.parse().unwrap_or_else(|e| panic!("no address and port in {line:?}: {e}"));
        Self { child, address, output }
    }

    pub fn pid(&self) -> u32 {
        self.child.id().expect("the process runs")
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.start_kill().expect("the process accepts the signal");
    }

    pub async fn wait(&mut self) -> ExitStatus {
        let end = within(PATIENCE * 3, "the end of the process", self.child.wait()).await;
        self.output.closed().await;
        end.expect("an exit status")
    }
}

/// Everything a process printed, to either stream.
#[derive(Default)]
pub struct Output {
    lines: Mutex<Vec<String>>,
    changed: watch::Sender<u64>,
    /// Pipes that are still open.
    open: Mutex<usize>,
}

impl Output {
    fn read(self: &Arc<Self>, pipe: impl AsyncRead + Send + Unpin + 'static) {
        let output = self.clone();
        *output.open.lock() += 1;
        tokio::spawn(async move {
            let mut lines = BufReader::new(pipe).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                output.lines.lock().push(line);
                output.changed.send_modify(|n| *n += 1);
            }
            *output.open.lock() -= 1;
            output.changed.send_modify(|n| *n += 1);
        });
    }

    /// Prepends what an earlier process printed.
    pub fn precede(&self, earlier: String) {
        self.lines.lock().insert(0, earlier);
    }

    pub fn text(&self) -> String {
        self.lines.lock().join("\n")
    }

    /// The first line with this text, once it is there; if it does not come, panics with everything printed.
    pub async fn line(&self, text: &str) -> Result<String, String> {
        let find = || self.lines.lock().iter().find(|line| line.contains(text)).cloned();
        let found = self.until(|| find().map(Some).or_else(|| (*self.open.lock() == 0).then_some(None)));
        match tokio::time::timeout(Duration::from_secs(30), found).await {
            Ok(Some(line)) => Ok(line),
            Ok(None) => find().ok_or_else(|| self.text()),
            Err(_) => Err(self.text()),
        }
    }

    /// Both pipes are at their end: no output of the process is missing.
    async fn closed(&self) {
        let _ = tokio::time::timeout(PATIENCE, self.until(|| (*self.open.lock() == 0).then_some(()))).await;
    }

    async fn until<T>(&self, look: impl Fn() -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        loop {
            changed.borrow_and_update();
            if let Some(found) = look() {
                return found;
            }
            changed.changed().await.expect("the sender lives as long as self");
        }
    }
}

fn command<'a>(settings: impl Iterator<Item = (&'a str, &'a str)>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_marbelle"));
    command.env_clear().envs(settings).env("RUST_BACKTRACE", "1").current_dir(std::env::temp_dir());
    command
}

/// Runs the binary to its end with these arguments and only these variables.
pub async fn marbelle(arguments: &[&str], settings: &[(&str, &str)]) -> std::process::Output {
    marbelle_reading(arguments, settings, "").await
}

/// The same, with this on its standard input.
pub async fn marbelle_reading(arguments: &[&str], settings: &[(&str, &str)], input: &str) -> std::process::Output {
    let mut command = command(settings.iter().copied());
    // A server that is not meant to start must not take a port that another process uses, should it start.
    if arguments.first() == Some(&"serve") && settings.iter().all(|(name, _)| *name != "MARBELLE_LISTEN") {
        command.env("MARBELLE_LISTEN", "127.0.0.1:0");
    }
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().expect("the binary starts");
    // It may end without reading.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes()).await;
    within(PATIENCE * 3, "the end of the process", child.wait_with_output()).await.expect("the binary runs")
}

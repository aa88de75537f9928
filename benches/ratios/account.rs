//! A running server with registered users. They are registered over the wire, with the links from the letters it writes.

use super::{
    Result,
    baseline::{self, Plan},
    children::{Cores, Process, this_program},
    statements::{Person, Source, Subject},
    wire::{Http, result_of},
};
use mail_parser::MessageParser;
use serde_json::{Value, json, value::to_raw_value};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;

/// Registered users: so many that none of them signs in so often that a session is ended to make room. The account of the
/// first is the one that is measured.
pub const PEOPLE: usize = 48;
/// Users who edit their profiles at the same time.
pub const EDITORS: usize = 16;
/// The password of every user.
pub const PASSWORD: &str = "a long walk by the sea";

/// A running server, ours or bare.
pub struct Node {
    pub process: Process,
    pub address: SocketAddr,
}

/// What all cases share: a server, an account on it, and the bare server that reads the same database.
pub struct World {
    pub cores: Cores,
    pub ours: Node,
    pub bare: Node,
    /// The access token of the account that is measured.
    pub token: String,
    /// The access tokens of the users who edit at the same time.
    pub editors: Arc<[String]>,
    plan: Plan,
    program: PathBuf,
    folder: TempDir,
}

impl World {
    /// Starts both servers and registers the users. Without a `source` the server creates an SQLite file.
    pub async fn build(cores: &Cores, source: Option<Source>) -> Result<Self> {
        Self::of(cores, Path::new(env!("CARGO_BIN_EXE_marbelle")), source).await
    }

    /// The same with another build of the server.
    pub async fn of(cores: &Cores, program: &Path, source: Option<Source>) -> Result<Self> {
        // On the disk of the build, since the system's folder for temporary files may be in memory, where syncs cost nothing.
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR"))?;
        let source = source.unwrap_or_else(|| Source::Sqlite(folder.path().join("marbelle.db")));
        let ours = start_ours(*cores, program, &source, folder.path())?;
        let mut http = Http::open(ours.address, None).await?;
        for person in 0..PEOPLE {
            register(&mut http, &email(person), folder.path()).await?;
        }
        let (mut editors, mut people) = (Vec::new(), Vec::new());
        for person in 0..EDITORS {
            let signed_in = sign_in(&mut http, person).await?;
            editors.push(text(&signed_in, "/access_token")?.to_owned());
            people.push(Person {
                user: text(&signed_in, "/profile/id")?.parse()?,
                session: text(&signed_in, "/session/id")?.parse()?,
            });
        }
        let token = editors[0].clone();
        let mut http = Http::open(ours.address, Some(&token)).await?;
        let profile = result_of(http.call("profile.update", r#"{"first_name":"Anna"}"#).await?)?;
        let before = profile["revision"].as_i64().ok_or("a profile has no revision")? - 1;
        let mut changes = result_of(http.call("account.changes", &json!({ "since": before }).to_string()).await?)?;
        let subject = Subject { source, people };
        let event = to_raw_value(&changes["events"][0].take())?;
        let plan = Plan { subject, constant: to_raw_value(&profile)?, event, seconds: 0.0 };
        let bare = start_bare(*cores, &plan)?;
        let program = program.to_owned();
        Ok(Self { cores: *cores, ours, bare, token, editors: editors.into(), plan, program, folder })
    }

    /// The name of this world's database in the table.
    pub fn database(&self) -> &'static str {
        match self.plan.subject.source {
            Source::Sqlite(_) => "SQLite",
            Source::Postgres(_) => "PostgreSQL",
        }
    }

    /// Whether its database syncs commits to the disk.
    pub fn is_durable(&self) -> bool {
        matches!(self.plan.subject.source, Source::Sqlite(_))
    }

    /// Runs a command of the binary on this world's database, and returns its output.
    pub fn command(&self, arguments: &[&str]) -> Result<String> {
        let mut command = marbelle(&self.program, &self.plan.subject.source, self.folder.path());
        let output = command.args(arguments).output()?;
        if !output.status.success() {
            return Err(format!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Starts a baseline that ends by itself after some seconds.
    pub fn baseline(&self, name: &str, seconds: f64) -> Result<Process> {
        let plan = Plan { seconds, ..self.plan.clone() };
        self.cores.start(this_program()?.arg(name).arg(serde_json::to_string(&plan)?))
    }

    /// Restarts both servers, so that nothing is left in their memory.
    pub fn restart(self) -> Result<Self> {
        let Self { cores, ours, bare, token, editors, plan, program, folder } = self;
        drop((ours, bare));
        let ours = start_ours(cores, &program, &plan.subject.source, folder.path())?;
        let bare = start_bare(cores, &plan)?;
        Ok(Self { cores, ours, bare, token, editors, plan, program, folder })
    }
}

/// The binary, with the settings of a world.
fn marbelle(program: &Path, source: &Source, folder: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MARBELLE_")) {
        command.env_remove(name);
    }
    command.env("MARBELLE_LISTEN", "127.0.0.1:0").env("MARBELLE_DATA_DIR", folder);
    if let Source::Postgres(url) = source {
        command.env("MARBELLE_DATABASE_URL", url);
    }
    command
}

fn start_ours(cores: Cores, program: &Path, source: &Source, folder: &Path) -> Result<Node> {
    let mut command = marbelle(program, source, folder);
    let many = "1000000";
    command
        .arg("serve")
        // The default issuer contains the port, which changes with each restart, while the tokens stay in use.
        .env("MARBELLE_TOKEN_ISSUER", "https://bench.example")
        .env("MARBELLE_LIFETIMES__ACCESS_TOKEN", "1h")
        .env("MARBELLE_LIMITS__CALLS_PER_SECOND", many)
        .env("MARBELLE_LIMITS__WRITES_PER_MINUTE", many)
        .env("MARBELLE_LIMITS__REFUSALS_PER_MINUTE", many)
        .env("MARBELLE_LIMITS__CONNECTIONS_PER_ADDRESS", many)
        .env("MARBELLE_LIMITS__SIGN_IN_PER_MINUTE", many)
        .env("MARBELLE_LIMITS__TOKEN_PER_MINUTE", many)
        .env("MARBELLE_LIMITS__SOCKETS_PER_ADDRESS", many)
        .env("MARBELLE_LIMITS__SOCKETS_PER_USER", many)
        .stderr(Stdio::from(fs::File::create(folder.join("log"))?));
    let mut process = cores.start(&mut command)?;
    let address = process.read_after("listening on http://")?.parse()?;
    Ok(Node { process, address })
}

fn start_bare(cores: Cores, plan: &Plan) -> Result<Node> {
    let mut process = cores.start(this_program()?.arg(baseline::SERVER).arg(serde_json::to_string(plan)?))?;
    let address = process.read_after("listening on ")?.parse()?;
    Ok(Node { process, address })
}

fn email(person: usize) -> String {
    format!("ann{person}@example.org")
}

fn credentials(person: usize) -> Value {
    json!({ "email": email(person), "password": PASSWORD })
}

/// The parameters of a sign-in of every user but the first, each from a known device: a sign-in from a new device would
/// queue a letter to the owner.
pub async fn known_sign_ins(ours: &Node) -> Result<Arc<[String]>> {
    let mut http = Http::open(ours.address, None).await?;
    let mut known = Vec::new();
    for person in 1..PEOPLE {
        let signed_in = sign_in(&mut http, person).await?;
        let mut credentials = credentials(person);
        credentials["device_token"] = json!(text(&signed_in, "/device_token")?);
        known.push(credentials.to_string());
    }
    Ok(known.into())
}

async fn sign_in(http: &mut Http, person: usize) -> Result<Value> {
    result_of(http.call("auth.login", &credentials(person).to_string()).await?)
}

async fn register(http: &mut Http, email: &str, folder: &Path) -> Result<()> {
    let person = json!({ "email": email, "password": PASSWORD, "first_name": "Ann", "last_name": "Lee" });
    result_of(http.call("auth.register", &person.to_string()).await?)?;
    let token = mailed_token(email, &folder.join("mail")).await?;
    result_of(http.call("auth.verify_email", &json!({ "token": token, "password": PASSWORD }).to_string()).await?)?;
    Ok(())
}

/// Waits for the letter to `email`, removes it, and returns its token.
async fn mailed_token(email: &str, folder: &Path) -> Result<String> {
    for _ in 0..500 {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "eml") {
                continue;
            }
            let raw = fs::read(&path)?;
            let letter = MessageParser::default().parse(&raw).ok_or("a letter that cannot be parsed")?;
            let to = letter.to().and_then(|to| to.first()).and_then(|to| to.address());
            let body = letter.body_text(0).ok_or("a letter has no text")?;
            if to != Some(email) {
                continue;
            }
            let token = body.split_once("?token=").and_then(|(_, rest)| rest.split_whitespace().next());
            let token = token.ok_or("a letter has no link")?.to_owned();
            fs::remove_file(path)?;
            return Ok(token);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err(format!("no letter to {email}").into())
}

fn text<'v>(value: &'v Value, pointer: &str) -> Result<&'v str> {
    value.pointer(pointer).and_then(Value::as_str).ok_or_else(|| format!("no {pointer} in {value}").into())
}

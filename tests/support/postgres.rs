//! One private PostgreSQL server per test process; a new database per story.

use parking_lot::Mutex;
use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use std::{
    fs::Permissions,
    io::Write,
    net::TcpListener,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// The database of the server under test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file in the node's data folder.
    Sqlite,
    /// A database of the private server, by its URL.
    Postgres(String),
}

impl Database {
    pub fn sqlite() -> Self {
        Self::Sqlite
    }

    /// A new, empty database.
    pub async fn postgres() -> Self {
        let server = tokio::task::spawn_blocking(server).await.expect("PostgreSQL starts");
        Self::Postgres(server.database().await)
    }

    /// Makes a PostgreSQL database unavailable: present connections are cut, new ones refused.
    pub async fn outage(&self) {
        self.allow_connections(false).await;
        let name = self.name();
        let cut = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        administer(cut).await;
    }

    /// Makes it available again.
    pub async fn back(&self) {
        self.allow_connections(true).await;
    }

    /// A copy of the present state; the nodes on it lose their connections for that moment.
    pub async fn backup(&self) -> Self {
        self.outage().await;
        let copy = format!("{}_backup", self.name());
        administer(format!("CREATE DATABASE {copy} TEMPLATE {}", self.name())).await;
        self.back().await;
        Self::Postgres(server().url(&copy))
    }

    /// Replaces it by an earlier copy.
    pub async fn restore(&self, backup: &Self) {
        administer(format!("DROP DATABASE {} WITH (FORCE)", self.name())).await;
        administer(format!("CREATE DATABASE {} TEMPLATE {}", self.name(), backup.name())).await;
    }

    async fn allow_connections(&self, allowed: bool) {
        administer(format!("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {allowed}", self.name())).await;
    }

    /// A connection for the test.
    pub async fn connect(&self) -> PgConnection {
        PgConnection::connect(self.url().expect("PostgreSQL")).await.expect("the database answers")
    }

    /// The names of all tables.
    pub async fn tables(&self) -> Vec<String> {
        let names = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
        sqlx::query_scalar(names).fetch_all(&mut self.connect().await).await.expect("the tables")
    }

    /// Every row of every table as text.
    pub async fn dump(&self) -> String {
        let mut connection = self.connect().await;
        let mut dump = String::new();
        for table in self.tables().await {
            let rows = sqlx::AssertSqlSafe(format!("SELECT t::text FROM \"{table}\" t"));
            let rows: Vec<(String,)> = sqlx::query_as(rows).fetch_all(&mut connection).await.expect("the rows");
            rows.iter().for_each(|(row,)| dump.push_str(&format!("{table}: {row}\n")));
        }
        connection.close().await.expect("closes");
        dump
    }

    pub(super) fn name(&self) -> &str {
        self.url().and_then(|url| url.rsplit('/').next()).expect("PostgreSQL")
    }

    /// The URL, where there is one.
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres(url) => Some(url),
        }
    }
}

const INSTALL: &str = "the tests start a PostgreSQL of their own: install it (Debian, Ubuntu: apt-get install postgresql; \
                       macOS: brew install postgresql; or put initdb and postgres on the PATH)";

pub(super) struct Postgres {
    pub(super) port: u16,
    databases: AtomicU32,
    /// The wrapper around the server stops it when this pipe closes, which it does when this process ends in any way.
    lifeline: Mutex<ChildStdin>,
}

/// Runs one statement as the administrator of the private server.
async fn administer(statement: String) {
    server().administer(statement).await;
}

fn server() -> &'static Postgres {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    SERVER.get_or_init(|| Postgres::start(&[]))
}

/// Runs the server, kills it with -9 and starts it again on command, until standard input ends; then stops it and
/// removes its folder. Its own children are killed with it: they would keep its memory in use.
const WRAPPER: &str = r#"
postgres=$1; folder=$2; shift 2
start() { "$postgres" "$@" >>"$folder/log" 2>&1 </dev/null & server=$!; }
start "$@"
while read -r order; do
    case $order in
        start) start "$@" ;;
        kill)
            children=$(cat /proc/$server/task/$server/children)
            kill -KILL $server $children 2>/dev/null
            wait $server 2>/dev/null
            for child in $children; do
                while [ -n "$(tr -d '\0' 2>/dev/null </proc/$child/cmdline)" ]; do :; done
            done ;;
    esac
done
kill -QUIT $server 2>/dev/null
wait $server 2>/dev/null
rm -rf "$folder"
"#;

impl Postgres {
    /// With the files by which it speaks TLS, beside the settings that name them; without files it does not.
    pub(super) fn start(files: &[(&str, PathBuf)]) -> Self {
        let programs = programs();
        let mut log = String::new();
        for _ in 0..3 {
            match Self::attempt(&programs, files) {
                Ok(server) => return server,
                Err(reason) => log = reason, // such as another process took the free port
            }
        }
        panic!("PostgreSQL does not start:\n{log}\n{INSTALL}");
    }

    fn attempt(programs: &Path, files: &[(&str, PathBuf)]) -> Result<Self, String> {
        let folder =
            tempfile::Builder::new().prefix("marbelle-postgres-").tempdir().expect("a temporary folder").keep();
        if let Some((user, group)) = unprivileged(&folder) {
            chown(&folder, Some(user), Some(group)).expect("the folder changes hands");
        }
        let data = folder.join("data");
        let made = as_unprivileged(&folder, &programs.join("initdb"))
            .args(["--username=marbelle", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data)
            .output()
            .unwrap_or_else(|e| panic!("initdb does not run ({e}); {INSTALL}"));
        assert!(made.status.success(), "initdb: {}\n{INSTALL}", String::from_utf8_lossy(&made.stderr));
        let more = hand_over(files, &folder);
        Self::listen(programs, &folder, &data, &more)
    }

    #[expect(clippy::zombie_processes, reason = "the wrapper outlives this process, and ends by itself")]
    fn listen(programs: &Path, folder: &Path, data: &Path, more: &[String]) -> Result<Self, String> {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let mut wrapper = as_unprivileged(folder, Path::new("sh"))
            .args(["-c", WRAPPER, "sh"])
            .arg(programs.join("postgres"))
            .arg(folder)
            .arg("-D")
            .arg(data)
            .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k", ""])
            .args(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"])
            .args(["-c", "max_connections=400", "-c", "shared_buffers=64MB", "-c", "max_wal_size=256MB"])
            .args(more)
            .current_dir("/")
            .stdin(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("PostgreSQL does not run ({e}); {INSTALL}"));
        let lifeline = wrapper.stdin.take().expect("a pipe");
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            let ready = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
            if ready.lines().any(|line| line.trim() == "ready") {
                return Ok(Self { port, databases: AtomicU32::new(0), lifeline: Mutex::new(lifeline) });
            }
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            if log.contains("FATAL") {
                return Err(log);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err("it is not ready within 30 s".into())
    }

    pub(super) async fn database(&self) -> String {
        let name = format!("story_{}", self.databases.fetch_add(1, Ordering::SeqCst));
        self.administer(format!("CREATE DATABASE {name}")).await;
        self.url(&name)
    }

    pub(super) async fn administer(&self, statement: String) {
        let options: PgConnectOptions = self.url("postgres").parse().expect("a URL");
        let mut admin: PgConnection = options.connect().await.expect("the private PostgreSQL answers");
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut admin).await.expect("the statement runs");
        admin.close().await.expect("closes");
    }

    pub(super) fn order(&self, order: &str) {
        let mut lifeline = self.lifeline.lock();
        lifeline.write_all(format!("{order}\n").as_bytes()).and_then(|()| lifeline.flush()).expect("the wrapper reads");
    }

    pub(super) fn url(&self, database: &str) -> String {
        // Any password is accepted: this one is there to be searched for in logs.
        format!("postgres://marbelle:{DATABASE_PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }
}

/// A secret of the settings, which must never be printed.
pub const DATABASE_PASSWORD: &str = "wQ8xkP3dVn5t";

/// The folder with `initdb` and `postgres`: the newest of Debian's, or the one on the PATH.
fn programs() -> PathBuf {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<PathBuf> = debian.collect();
    debian.sort_by_key(|p| {
        let version = p.parent().and_then(Path::file_name).and_then(|n| n.to_str()).and_then(|n| n.parse::<u32>().ok());
        std::cmp::Reverse(version)
    });
    debian
        .into_iter()
        .chain(std::env::split_paths(&path))
        .find(|p| p.join("initdb").is_file() && p.join("postgres").is_file())
        .unwrap_or_else(|| panic!("no initdb and postgres found; {INSTALL}"))
}

/// PostgreSQL refuses to run as root: then it runs as the user `postgres` that its packages create.
fn unprivileged(folder: &Path) -> Option<(u32, u32)> {
    static USER: OnceLock<Option<(u32, u32)>> = OnceLock::new();
    *USER.get_or_init(|| {
        if std::fs::metadata(folder).expect("the folder is there").uid() != 0 {
            return None;
        }
        let id = |flag: &str| {
            let output = Command::new("id").args([flag, "postgres"]).output().ok()?;
            String::from_utf8(output.stdout).ok()?.trim().parse().ok()
        };
        match (id("-u"), id("-g")) {
            (Some(user), Some(group)) => Some((user, group)),
            _ => panic!("PostgreSQL does not run as root and there is no user `postgres`; {INSTALL}"),
        }
    })
}

/// Copies files for the server alone; the arguments that name them, and that it speaks TLS by them.
fn hand_over(files: &[(&str, PathBuf)], folder: &Path) -> Vec<String> {
    let copies = files.iter().map(|(setting, file)| {
        let copy = folder.join(setting);
        std::fs::copy(file, &copy).expect("the file is copied");
        std::fs::set_permissions(&copy, Permissions::from_mode(0o600)).expect("its owner's alone");
        if let Some((user, group)) = unprivileged(folder) {
            chown(&copy, Some(user), Some(group)).expect("the file changes hands");
        }
        ["-c".into(), format!("{setting}={}", copy.display())]
    });
    let tls = (!files.is_empty()).then(|| ["-c".into(), "ssl=on".into()]);
    copies.chain(tls).flatten().collect()
}

/// Runs `program` as the user that PostgreSQL runs as.
pub(super) fn as_unprivileged(folder: &Path, program: &Path) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(program);
    if let Some((user, group)) = unprivileged(folder) {
        command.uid(user).gid(group);
    }
    command.current_dir("/").env_remove("PGDATA").env_remove("PGPORT").env_remove("PGHOST");
    command
}

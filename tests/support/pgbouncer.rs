//! A PgBouncer in front of a PostgreSQL of the tests.

use super::{Database, eventually, postgres::as_unprivileged};
use sqlx::Connection as _;
use sqlx::PgConnection;
use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

const INSTALL: &str = "the tests run a PgBouncer of their own: install it (Debian, Ubuntu: apt-get install pgbouncer)";

/// Ends PgBouncer when standard input ends, which it does when this process ends in any way.
const WRAPPER: &str =
    r#""$1" "$2" >"$2.log" 2>&1 </dev/null & server=$!; read -r end; kill -TERM $server; wait $server"#;

/// The pooler. It stops when dropped.
pub struct PgBouncer {
    wrapper: Child,
    /// The database behind it, by its own address.
    pub database: Database,
    /// Its pool mode: `transaction`, or `session` if this PgBouncer does not support prepared statements.
    pub pool_mode: &'static str,
    _folder: TempDir,
}

impl PgBouncer {
    /// In front of `database`, with the settings of docs/scaling.md.
    pub async fn before(database: &Database) -> Self {
        let url = database.url().expect("PostgreSQL");
        let (server, name) = url.rsplit_once('/').expect("a database");
        let server_port = server.rsplit(':').next().expect("a port");
        let program = program();
        let (pool_mode, prepared) = if version(&program) >= (1, 21) {
            ("transaction", "max_prepared_statements = 200\n")
        } else {
            ("session", "")
        };
        for _ in 0..3 {
            let folder = TempDir::with_prefix("marbelle-pgbouncer-").expect("a temporary folder");
            let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
            fs::set_permissions(folder.path(), open).expect("its user may write its log");
            let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
            let users = folder.path().join("users");
            fs::write(&users, "\"marbelle\" \"\"\n").expect("a file");
            let settings = folder.path().join("pgbouncer.ini");
            let text = format!(
                "[databases]\n* = host=127.0.0.1 port={server_port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
                 listen_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = {pool_mode}\n\
                 {prepared}ignore_startup_parameters = extra_float_digits,options\nmax_client_conn = 500\n\
                 default_pool_size = 64\n",
                users.display()
            );
            fs::write(&settings, text).expect("a file");
            let wrapper = as_unprivileged(folder.path(), Path::new("sh"))
                .args(["-c", WRAPPER, "sh"])
                .args([&program, &settings.display().to_string()])
                .stdin(Stdio::piped())
                .spawn()
                .unwrap_or_else(|e| panic!("PgBouncer does not run ({e}); {INSTALL}"));
            let through = format!("postgres://marbelle@127.0.0.1:{port}/{name}");
            let mut bouncer = Self { wrapper, database: Database::Postgres(through), pool_mode, _folder: folder };
            if bouncer.answers().await {
                return bouncer;
            }
        }
        panic!("PgBouncer does not answer; {INSTALL}");
    }

    /// Whether it answers; not if it ended, for example because another process took its port.
    async fn answers(&mut self) -> bool {
        let url = self.database.url().expect("PostgreSQL").to_owned();
        let log = self._folder.path().join("pgbouncer.ini.log");
        eventually("an answer of PgBouncer", || {
            let (url, log) = (url.clone(), log.clone());
            async move {
                if fs::read_to_string(&log).unwrap_or_default().contains("FATAL") {
                    return Some(false);
                }
                PgConnection::connect(&url).await.is_ok().then_some(true)
            }
        })
        .await
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        drop(self.wrapper.stdin.take());
        let _ = self.wrapper.wait();
    }
}

/// `PGBOUNCER`, or in Debian's folder, which only root's PATH has.
fn program() -> String {
    if let Ok(program) = std::env::var("PGBOUNCER") {
        return program;
    }
    let found = ["/usr/sbin/pgbouncer", "/usr/local/sbin/pgbouncer"].into_iter().find(|path| Path::new(path).is_file());
    found.unwrap_or("pgbouncer").to_owned()
}

fn version(program: &str) -> (u32, u32) {
    let output = Command::new(program).arg("--version").output().unwrap_or_else(|e| panic!("{e}; {INSTALL}"));
    let text = String::from_utf8(output.stdout).expect("text");
    let version = text.split_whitespace().nth(1).expect("PgBouncer <version>");
    let mut numbers = version.split('.').map(|part| part.parse().expect("a number"));
    (numbers.next().expect("a major version"), numbers.next().expect("a minor version"))
}

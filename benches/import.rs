//! The time and memory that `marbelle import django` takes: `cargo bench --bench import` creates an SQLite database with
//! the Django application's tables, 100,000 users and 300,000 addresses, imports it into SQLite with the release binary, and
//! prints time, rate and memory. `cargo bench --bench import -- 10000` uses another number of users.

#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "prints figures for people; counts are far below 2^52"
)]

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    error::Error,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const USERS: usize = 100_000;
/// How often memory is sampled.
const SAMPLE_PERIOD: Duration = Duration::from_millis(20);

const TABLES: &str = "
    CREATE TABLE users (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, password varchar(128) NOT NULL,
        last_login datetime NULL, is_superuser bool NOT NULL, username varchar(150) NOT NULL UNIQUE,
        first_name varchar(150) NOT NULL, last_name varchar(150) NOT NULL, is_staff bool NOT NULL,
        is_active bool NOT NULL, date_joined datetime NOT NULL, email varchar(254) NOT NULL UNIQUE,
        company_name varchar(100) NULL, phone varchar(20) NULL);
    CREATE TABLE addresses (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, label varchar(50) NOT NULL,
        first_name varchar(100) NOT NULL, last_name varchar(100) NOT NULL, company varchar(100) NOT NULL,
        address_line_1 varchar(255) NOT NULL, address_line_2 varchar(255) NOT NULL, city varchar(100) NOT NULL,
        state varchar(100) NOT NULL, postal_code varchar(20) NOT NULL, country varchar(100) NOT NULL,
        phone varchar(20) NOT NULL, is_primary bool NOT NULL, created_at datetime NOT NULL,
        updated_at datetime NOT NULL, user_id bigint NOT NULL REFERENCES users (id));
    CREATE INDEX addresses_by_user ON addresses (user_id);
    CREATE TABLE email_verification_tokens (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, user_id bigint NOT NULL);
    CREATE INDEX email_verification_tokens_by_user ON email_verification_tokens (user_id);
    CREATE TABLE email_change_tokens (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, is_used bool NOT NULL,
        expires_at datetime NOT NULL, user_id bigint NOT NULL);
    CREATE INDEX email_change_tokens_by_user ON email_change_tokens (user_id);";

/// One user in a hundred has an e-mail address with capitals; one in a thousand shares it with the previous user.
const FILL: &str = "
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $USERS)
    INSERT INTO users SELECT i, 'pbkdf2_sha256$1000000$Bf54RRpwCEqTjH5By2yJca$3H7AWjMuM6nFoRXL6ATDRi0Bie9+7e35b7CugHcnI+U=',
        CASE WHEN i % 3 = 0 THEN '2026-03-04 05:06:07.123456' END, 0, 'user' || i,
        'Katrin', 'Dervishi', 0, 1, datetime('2025-01-01', '+' || i || ' minutes'),
        CASE WHEN i % 1000 = 0 THEN 'CUSTOMER' || (i - 1) WHEN i % 100 = 0 THEN 'Customer' || i ELSE 'customer' || i END
            || '@example.org',
        CASE WHEN i % 5 = 0 THEN 'Guri & Bir Sh.p.k.' END, CASE WHEN i % 2 = 0 THEN '+355692345678' END FROM n;
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < $ADDRESSES - 1)
    INSERT INTO addresses SELECT i + 1, CASE i % 3 WHEN 0 THEN 'Home' WHEN 1 THEN 'Work' ELSE 'Sea' END, 'Katrin',
        'Dervishi', '', i || ' Rruga e Detit', '', 'Durrës', 'Durrës', '2001', 'Albania', '', i % 3 = 0,
        datetime('2025-06-01', '+' || i || ' minutes'), datetime('2025-06-01', '+' || i || ' minutes'), i / 3 + 1 FROM n;";

fn main() -> Result<()> {
    let users = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(USERS);
    let folder = tempfile::tempdir()?;
    let source = folder.path().join("django.sqlite3");
    tokio::runtime::Runtime::new()?.block_on(fill(&source, users))?;
    let data = folder.path().join("data");
    println!("| {users} users, {} addresses | s | users/s | peak MiB |", users * 3);
    println!("| --- | ---: | ---: | ---: |");
    run(&data, &["migrate"])?;
    let from = format!("sqlite://{}", source.display());
    for (what, more) in [("a dry run", &["--dry-run"][..]), ("the import", &[]), ("run again, nothing is new", &[])] {
        let (time, memory) = run(&data, &[&["import", "django", "--from", &from][..], more].concat())?;
        row(what, users, time, memory);
    }
    let accounts = folder.path().join("accounts.jsonl").display().to_string();
    let (time, memory) = run(&data, &["export", "jsonl", &accounts])?;
    row("`export jsonl`", users, time, memory);
    let other = folder.path().join("other");
    run(&other, &["migrate"])?;
    let (time, memory) = run(&other, &["import", "jsonl", &accounts])?;
    row("`import jsonl` into an empty database", users, time, memory);
    let copy = folder.path().join("copy.db").display().to_string();
    let (time, memory) = run(&data, &["backup", &copy])?;
    row("`backup`", users, time, memory);
    Ok(())
}

fn row(what: &str, users: usize, time: Duration, memory: u64) {
    let seconds = time.as_secs_f64();
    println!("| {what} | {seconds:.1} | {:.0} | {:.0} |", users as f64 / seconds, memory as f64 / 1024.0);
}

async fn fill(file: &Path, users: usize) -> Result<()> {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let mut connection: SqliteConnection = options.connect().await?;
    let rows = FILL.replace("$USERS", &users.to_string()).replace("$ADDRESSES", &(users * 3).to_string());
    sqlx::raw_sql(AssertSqlSafe(format!("{TABLES} BEGIN; {rows} COMMIT;"))).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// Runs a command of the binary, and returns the time it took and its peak resident memory in KiB.
fn run(data: &Path, arguments: &[&str]) -> Result<(Duration, u64)> {
    let started = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_marbelle"))
        .args(arguments)
        .env_clear()
        .env("MARBELLE_DATA_DIR", data)
        .stdout(Stdio::null())
        .spawn()?;
    let mut memory = 0;
    let status = loop {
        memory = resident(&child).unwrap_or_default().max(memory);
        match child.try_wait()? {
            Some(status) => break status,
            None => std::thread::sleep(SAMPLE_PERIOD),
        }
    };
    // Users who share an e-mail address are not imported, for which the command exits with 1.
    let is_partial_import = arguments.first() == Some(&"import") && status.code() == Some(1);
    if status.success() || is_partial_import {
        Ok((started.elapsed(), memory))
    } else {
        Err(format!("{arguments:?}: {status}").into())
    }
}

/// The peak resident memory of the process so far, in KiB.
fn resident(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    status.lines().find(|line| line.starts_with("VmHWM:"))?.split_whitespace().nth(1)?.parse().ok()
}

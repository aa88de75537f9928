//! The Django application's tables as the source of the tests: the file, and the dump in a private PostgreSQL.

use crate::support::{Database, Node};
use serde::Deserialize;
use serde_json::Value;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The data of a user of the source in `people.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct Person {
    pub id: i64,
    pub email: String,
    pub password: Option<String>,
    pub note: String,
}

pub fn people() -> Vec<Person> {
    serde_json::from_str(include_str!("source/people.json")).expect("people")
}

/// The tables of the Django application.
pub struct Source {
    pub url: String,
    folder: TempDir,
}

impl Source {
    /// In a database of the kind that the story runs on.
    pub async fn like(database: &Database) -> Self {
        let folder = TempDir::with_prefix("marbelle-source-").expect("a temporary folder");
        let url = match database {
            Database::Sqlite => {
                let file = folder.path().join("django.sqlite3");
                std::fs::copy(source("marbelle.sqlite3"), &file).expect("the file is copied");
                format!("sqlite://{}", file.display())
            }
            Database::Postgres(_) => {
                let database = Database::postgres().await;
                restore(&mut database.connect().await).await;
                database.url().expect("a URL").to_owned()
            }
        };
        Self { url, folder }
    }

    /// In an SQLite file, on which statements have been run.
    pub async fn changed(statements: &str) -> Self {
        let source = Self::like(&Database::sqlite()).await;
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
            .execute(&mut source.sqlite().await)
            .await
            .expect("they run");
        source
    }

    pub async fn sqlite(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.folder.path().join("django.sqlite3"));
        options.connect().await.expect("the file opens")
    }

    /// A path for a file that is deleted with the source.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Runs an import into a node's database with a report; returns status, report and output.
pub async fn import(node: &Node, source: &Source, more: &[&str]) -> (Option<i32>, Vec<Value>, String) {
    let report = source.file("report.jsonl");
    let report_name = report.display().to_string();
    let arguments = ["import", "django", "--from", &source.url, "--report", &report_name];
    let output = node.command(&[&arguments[..], more].concat()).await;
    let output_text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code(), lines(&report), output_text)
}

/// The lines of a JSON Lines file.
pub fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The report on a row, as `action field`.
pub fn reported(report: &[Value], table: &str, id: i64) -> Vec<String> {
    let of = |line: &&Value| line["table"] == table && line["id"] == id;
    let words =
        |line: &Value| format!("{} {}", line["action"].as_str().unwrap(), line["field"].as_str().unwrap_or("-"));
    report.iter().filter(of).map(words).collect()
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import/source").join(name)
}

/// Executes a plain dump of `pg_dump`: statements, and blocks of `COPY … FROM stdin`.
async fn restore(connection: &mut PgConnection) {
    let dump = std::fs::read_to_string(source("marbelle.pg.sql")).expect("the dump");
    let mut statements = String::new();
    let mut lines = dump.lines();
    while let Some(line) = lines.next() {
        if !line.starts_with("COPY ") {
            statements.push_str(line);
            statements.push('\n');
            continue;
        }
        run(connection, std::mem::take(&mut statements)).await;
        let mut rows: String = lines.by_ref().take_while(|line| *line != "\\.").collect::<Vec<_>>().join("\n");
        rows.push('\n');
        let mut copy = connection.copy_in_raw(line).await.expect("COPY begins");
        copy.send(rows.as_bytes()).await.expect("the rows are accepted");
        copy.finish().await.expect("COPY ends");
    }
    run(connection, statements).await;
}

async fn run(connection: &mut PgConnection, statements: String) {
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(connection).await.expect("the dump runs");
}

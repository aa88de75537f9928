//! Checks whether a database exists, for commands that must not create one.

use super::{Backend, Error, Store, on_pool};
use crate::settings::Database;
use secrecy::ExposeSecret;
use sqlx::{Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};

const TABLES_OF_SQLITE: &str = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_floor'";
const TABLES_OF_POSTGRES: &str = "SELECT COUNT(*) FROM information_schema.tables \
     WHERE table_schema = ANY(current_schemas(FALSE)) AND table_name = 'schema_floor'";

const TIME_LIMIT: &str = "SELECT current_setting('lock_timeout')";

impl Store {
    /// Logs a warning if the time limits that each connection requests are not in force: a pooler may drop the
    /// parameters of a connection's start. Then the role or the database has to set them.
    pub(super) async fn check_time_limits(&self) -> Result<(), Error> {
        if let Backend::Postgres(_) = self.backend {
            let limit: String = on_pool!(self, pool => sqlx::query_scalar(TIME_LIMIT).fetch_one(pool).await)?;
            if limit == "0" {
                tracing::warn!(
                    "PostgreSQL sets no time limits for this server's statements: behind PgBouncer set statement_timeout, \
                     lock_timeout and idle_in_transaction_session_timeout for the role (docs/scaling.md)"
                );
            }
        }
        Ok(())
    }
}

/// Whether `database` exists and has tables of this program. It creates and changes nothing.
///
/// # Errors
/// If the database server does not answer or refuses, or the file is not a database.
pub async fn is_there(database: &Database) -> Result<bool, Error> {
    let tables: i64 = match database {
        Database::Sqlite(path) => {
            if !path.is_file() {
                return Ok(false);
            }
            let options = SqliteConnectOptions::new().filename(path).create_if_missing(false);
            let mut connection = SqliteConnection::connect_with(&options).await?;
            let tables = sqlx::query_scalar(TABLES_OF_SQLITE).fetch_one(&mut connection).await?;
            connection.close().await?;
            tables
        }
        Database::Postgres(url) => {
            let mut connection = PgConnection::connect(url.expose_secret()).await?;
            let tables = sqlx::query_scalar(TABLES_OF_POSTGRES).persistent(false).fetch_one(&mut connection).await?;
            connection.close().await?;
            tables
        }
    };
    Ok(tables > 0)
}

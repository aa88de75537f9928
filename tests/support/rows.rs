//! What the tables hold, and statements that make the database fail.

use super::{Database, Node};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

impl Node {
    /// Every row of every table as text; on SQLite with blobs in hexadecimal.
    pub async fn rows(&self) -> String {
        if let Database::Postgres(_) = self.database {
            return self.database.dump().await;
        }
        let mut file = self.sqlite().await;
        let mut rows = String::new();
        for table in self.tables().await {
            let columns: Vec<(String,)> = sqlx::query_as("SELECT name FROM pragma_table_info($1)")
                .bind(&table)
                .fetch_all(&mut file)
                .await
                .expect("the columns");
            let columns: Vec<String> = columns.iter().map(|(column,)| format!("quote(\"{column}\")")).collect();
            let select = format!("SELECT {} FROM \"{table}\"", columns.join(" || ' ' || "));
            let found: Vec<(String,)> =
                sqlx::query_as(AssertSqlSafe(select)).fetch_all(&mut file).await.expect("the rows");
            found.iter().for_each(|(row,)| rows.push_str(&format!("{table}: {row}\n")));
        }
        file.close().await.expect("closes");
        rows
    }

    /// The names of all tables.
    pub async fn tables(&self) -> Vec<String> {
        if let Database::Postgres(_) = self.database {
            return self.database.tables().await;
        }
        let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        sqlx::query_scalar(names).fetch_all(&mut self.sqlite().await).await.expect("the tables")
    }

    /// Runs statements on the node's database, behind its back.
    pub async fn execute(&self, statements: &str) {
        let statements = AssertSqlSafe(statements.to_owned());
        if let Database::Postgres(url) = &self.database {
            let mut connection = sqlx::PgConnection::connect(url).await.expect("the database answers");
            sqlx::raw_sql(statements).execute(&mut connection).await.expect("the statements run");
            return;
        }
        let mut file = self.sqlite().await;
        sqlx::raw_sql(statements).execute(&mut file).await.expect("the statements run");
    }

    /// A connection of its own to the node's SQLite file.
    pub async fn sqlite(&self) -> SqliteConnection {
        let file = SqliteConnectOptions::new().filename(self.data().join("marbelle.db")).foreign_keys(true);
        file.connect().await.expect("the file opens")
    }
}

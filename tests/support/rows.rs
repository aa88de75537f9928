//! The content of the tables, and statements that make the database fail.

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

    /// The content of every column of every table, each with `table.column`: texts in lower case, blobs as they are.
    pub async fn cells(&self) -> Vec<(String, Vec<u8>)> {
        let mut cells = Vec::new();
        for table in self.tables().await {
            let found: Vec<(String, Vec<u8>)> = match &self.database {
                Database::Sqlite => self.sqlite_cells(&table).await,
                Database::Postgres(url) => postgres_cells(url, &table).await,
            };
            cells.extend(found.into_iter().map(|(column, content)| (format!("{table}.{column}"), content)));
        }
        cells
    }

    async fn sqlite_cells(&self, table: &str) -> Vec<(String, Vec<u8>)> {
        let mut file = self.sqlite().await;
        let columns = "SELECT name FROM pragma_table_info($1)";
        let columns: Vec<String> =
            sqlx::query_scalar(columns).bind(table).fetch_all(&mut file).await.expect("the columns");
        let mut cells = Vec::new();
        for column in columns {
            // Only texts are in lower case.
            let select = format!(
                "SELECT CAST(CASE typeof(\"{column}\") WHEN 'blob' THEN \"{column}\" ELSE lower(\"{column}\") END AS BLOB) \
                 FROM \"{table}\" WHERE \"{column}\" IS NOT NULL"
            );
            let found: Vec<Vec<u8>> =
                sqlx::query_scalar(AssertSqlSafe(select)).fetch_all(&mut file).await.expect("the cells");
            cells.extend(found.into_iter().map(|content| (column.clone(), content)));
        }
        file.close().await.expect("closes");
        cells
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

async fn postgres_cells(url: &str, table: &str) -> Vec<(String, Vec<u8>)> {
    let mut connection = sqlx::PgConnection::connect(url).await.expect("the database answers");
    let columns = "SELECT column_name::text, data_type::text FROM information_schema.columns \
                   WHERE table_schema = 'public' AND table_name = $1";
    let columns: Vec<(String, String)> =
        sqlx::query_as(columns).bind(table).fetch_all(&mut connection).await.expect("the columns");
    let mut cells = Vec::new();
    for (column, r#type) in columns {
        let content = match r#type.as_str() {
            "bytea" => format!("\"{column}\""),
            _ => format!("convert_to(lower(\"{column}\"::text), 'UTF8')"),
        };
        let select = format!("SELECT {content} FROM \"{table}\" WHERE \"{column}\" IS NOT NULL");
        let found: Vec<Vec<u8>> =
            sqlx::query_scalar(AssertSqlSafe(select)).fetch_all(&mut connection).await.expect("the cells");
        cells.extend(found.into_iter().map(|content| (column.clone(), content)));
    }
    connection.close().await.expect("closes");
    cells
}

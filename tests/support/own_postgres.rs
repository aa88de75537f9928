//! A PostgreSQL server for one test.

use super::{Database, eventually, postgres::Postgres, tls::Certificate};
use sqlx::{Connection, PgConnection};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

/// A server for one test, which can be killed. It stops when dropped.
pub struct OwnPostgres {
    server: Postgres,
    pub database: Database,
}

impl OwnPostgres {
    /// With an empty database, whose commits survive a kill of the server.
    pub async fn start() -> Self {
        Self::start_with(vec![]).await
    }

    /// One that presents this certificate to clients that request TLS.
    pub async fn with_tls(certificate: Certificate) -> Self {
        Self::start_with(vec![("ssl_cert_file", certificate.chain), ("ssl_key_file", certificate.key)]).await
    }

    async fn start_with(files: Vec<(&'static str, PathBuf)>) -> Self {
        let start = move || Postgres::start(&files);
        let server = tokio::task::spawn_blocking(start).await.expect("PostgreSQL starts");
        let database = Database::Postgres(server.database().await);
        server.administer(format!("ALTER DATABASE {} SET synchronous_commit = on", database.name())).await;
        Self { server, database }
    }

    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.server.port).into()
    }

    /// Kills every process of the server and awaits their end.
    pub async fn kill(&self) {
        self.server.order("kill");
        let gone = || async { PgConnection::connect(&self.server.url("postgres")).await.is_err().then_some(()) };
        eventually("the end of PostgreSQL", gone).await;
    }

    /// Starts it again, on the same port and data, and waits until it answers.
    pub async fn restart(&self) {
        self.server.order("start");
        let back = || async { PgConnection::connect(&self.server.url("postgres")).await.ok() };
        let connection = eventually("the return of PostgreSQL", back).await;
        connection.close().await.expect("closes");
    }
}

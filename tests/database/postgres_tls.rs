//! TLS to PostgreSQL, with a private authority.

use crate::support::{Account, Authority, Call, DATABASE_PASSWORD, Database, Node, OwnPostgres, Tap, marbelle, rename};
use sqlx::Row;
use std::path::Path;
use tempfile::TempDir;

const HERE: &str = "127.0.0.1";

/// The server's database by this address, with these options.
fn by(postgres: &OwnPostgres, address: impl ToString, options: &str) -> String {
    let name = postgres.database.url().expect("PostgreSQL").rsplit('/').next().expect("a name");
    format!("postgres://marbelle:{DATABASE_PASSWORD}@{}/{name}?{options}", address.to_string())
}

fn verify_full(authority: &Path) -> String {
    format!("sslmode=verify-full&sslrootcert={}", authority.display())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_trusts_the_authority_of_its_url() {
    let authority = Authority::new();
    let postgres = OwnPostgres::with_tls(authority.certify(HERE)).await;
    let tap = Tap::on(postgres.address()).await;
    let node = Node::start(Database::Postgres(by(&postgres, tap.address, &verify_full(&authority.file())))).await;
    let (_, session) = node.signed_in("ann").await;
    let tab = session.tab(&node).await;
    let mut account = Account::of(&tab).await;
    session.http(&node).ok("profile.update", rename("over TLS")).await;
    account.apply(&tab.next_event().await);
    let protected = sqlx::query(
        "SELECT COUNT(*), BOOL_AND(s.ssl) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) \
         WHERE a.application_name = 'marbelle'",
    );
    let row = protected.fetch_one(&mut postgres.database.connect().await).await.unwrap();
    assert!(row.get::<i64, _>(0) > 0 && row.get::<bool, _>(1), "every connection of the node is protected");
    assert_eq!(tap.heard("marbelle"), (true, false), "neither user nor database are sent in clear");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unauthenticated_server_is_sent_nothing() {
    let (authority, another) = (Authority::new(), Authority::new());
    let known = OwnPostgres::with_tls(authority.certify(HERE)).await;
    let elsewhere = OwnPostgres::with_tls(authority.certify("db.shop.example")).await;
    let plain = OwnPostgres::start().await;
    for (postgres, believed, reason) in [
        (&known, &another, "UnknownIssuer"),
        (&elsewhere, &authority, "not valid for name"),
        (&plain, &authority, "server does not support TLS"),
    ] {
        let tap = Tap::on(postgres.address()).await;
        let (url, folder) = (by(postgres, tap.address, &verify_full(&believed.file())), TempDir::new().unwrap());
        let settings =
            [("MARBELLE_DATABASE_URL", url.as_str()), ("MARBELLE_DATA_DIR", folder.path().to_str().unwrap())];
        for command in ["serve", "migrate", "new-epoch"] {
            let output = marbelle(&[command], &settings).await;
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(1), "{command}: {message}");
            assert!(message.contains("database") && message.contains(reason), "{command}: {message}");
            assert!(!message.contains(DATABASE_PASSWORD), "{message}");
        }
        assert_eq!(tap.heard("marbelle"), (true, false), "{reason}");
    }
}

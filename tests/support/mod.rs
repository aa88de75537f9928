//! Fixtures: real servers (PostgreSQL, SMTP, NATS, the built binary) and clients that speak the protocol.

mod authenticator;
mod cluster;
mod disorder;
mod fold;
mod http;
pub mod identity_provider;
pub mod inside;
mod letter;
mod nats;
mod nats_cluster;
mod nats_operator;
mod node;
mod own_postgres;
mod passkey;
mod person;
mod pgbouncer;
mod postgres;
mod process;
mod proxy;
pub mod raw_socket;
mod receiver;
mod reply;
mod rows;
mod schema;
mod service;
mod smtp;
mod socket;
mod tap;
mod tls;
mod verifier;
mod ws;

pub use authenticator::{Authenticator, SecondFactor, answer};
pub use cluster::{Cluster, RARE_SWEEP, change_and_wait, median, readiness, reconnected, rename};
pub use disorder::Disorder;
pub use fold::Account;
pub use http::{Exchange, Http};
pub use identity_provider::{IdentityProvider, Manner, Mischief};
pub use inside::{Inside, Work};
pub use letter::{Letter, MailFolder};
pub use nats::Nats;
pub use nats_cluster::NatsCluster;
pub use nats_operator::OperatedNats;
pub use node::{Node, PRODUCTION, signing_key, token_secret};
pub use own_postgres::OwnPostgres;
pub use passkey::{Browser, Passkey};
pub use person::{PASSWORD, Person, Session, address, another_email, somebody, verification};
pub use pgbouncer::PgBouncer;
pub use postgres::{DATABASE_PASSWORD, Database};
pub use process::marbelle;
pub use proxy::{Proxy, Wire};
pub use receiver::{Answers, Receiver};
pub use reply::{Call, Reply, RpcError, won};
pub use schema::{Specification, violations};
pub use service::ServiceEndpoint;
pub use smtp::{Mood, Smtp};
pub use socket::Deaf;
pub use tap::Tap;
pub use tls::Authority;
pub use verifier::{BACKEND, Verifier};
pub use ws::{Arrival, Pending, Ws};

use std::{future::Future, time::Duration};

/// The time limit of anything that is awaited. A bound for failure, never a pause.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The time limit of one test.
pub const STORY: Duration = Duration::from_secs(180);

/// Awaits `what`, at most [`PATIENCE`].
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    within(PATIENCE, what, future).await
}

/// Awaits `what`, at most `limit`.
pub async fn within<T>(limit: Duration, what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(limit, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {limit:?} in vain for {what}"),
    }
}

/// Polls until the answer is `Some`; for states without an event to await, such as a file of another process.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    soon(what, async {
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
}

/// Runs each story twice: on SQLite and on a PostgreSQL database of its own.
macro_rules! both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($database:ident: $kind:ty) $story:block)*) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "each story uses what it needs")]
            use super::*;

            async fn story($database: $kind) $story

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let database = $crate::support::Database::sqlite();
                $crate::support::within($crate::support::STORY, "the story", story(database)).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let database = $crate::support::Database::postgres().await;
                $crate::support::within($crate::support::STORY, "the story", story(database)).await;
            }
        }
    )*};
}
pub(crate) use both_databases;

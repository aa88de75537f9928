//! Three nodes on one PostgreSQL and one bus, with the same keys and the same mail server.

use super::{BACKEND, Call, Database, Nats, Node, Session, Smtp, Ws, eventually, soon};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The longest sweep period allowed: anything that arrives sooner has come over the bus.
pub const RARE_SWEEP: &str = "30s";

pub struct Cluster<Bus = Nats> {
    pub nodes: Vec<Node>,
    pub nats: Bus,
    pub smtp: Smtp,
}

impl Cluster {
    /// With this sweep period, and everything running.
    pub async fn start(sweep_period: &str) -> Self {
        let nats = Nats::start().await;
        let database = Database::postgres().await;
        Self::on(database, nats, sweep_period, |nats, _| nats.url()).await
    }
}

impl<Bus> Cluster<Bus> {
    /// On a database and a bus of the story's; `url` says how each node gets to the bus.
    pub async fn on(database: Database, nats: Bus, sweep_period: &str, url: impl Fn(&Bus, usize) -> String) -> Self {
        let smtp = Smtp::start().await;
        let nodes = (0..3).map(|i| {
            Node::on(database.clone())
                .shared_keys()
                .smtp(&smtp)
                .set("NATS_URL", url(&nats, i))
                .set("SWEEP_PERIOD", sweep_period)
                .set("TOKEN_BACKENDS", BACKEND)
                .start()
        });
        let nodes = join_all(nodes).await;
        Self { nodes, nats, smtp }
    }

    /// Waits until database and bus answer every node.
    pub async fn ready(&self) {
        for node in &self.nodes {
            let ready = || async { (readiness(node).await.0 == 200).then_some(()) };
            eventually("a node that is ready", ready).await;
        }
    }

    /// A tab of the session on each node.
    pub async fn tabs(&self, session: &Session) -> Vec<Ws> {
        join_all(self.nodes.iter().map(|node| session.tab(node))).await
    }
}

/// `/readyz`: status and text.
pub async fn readiness(node: &Node) -> (u16, String) {
    let response = node.http().get("/readyz").send().await.expect("the node answers");
    (response.status().as_u16(), response.text().await.expect("text"))
}

/// Waits until none of the node's connections to PostgreSQL is one of those that were cut.
pub async fn reconnected(node: &Node) {
    let mut in_a_row = 0;
    eventually("connections that are all whole", || {
        in_a_row += 1;
        let turns = in_a_row;
        async move { (readiness(node).await.0 == 200 && turns > 40).then_some(()) }
    })
    .await;
}

/// Makes a change and awaits its event on every tab; returns the events, and the time from the call until the last one.
pub async fn change_and_wait(caller: &impl Call, tabs: &[Ws], change: Value) -> (Vec<Value>, Duration) {
    let started = Instant::now();
    let events = join_all(tabs.iter().map(Ws::next_event));
    let (reply, events) =
        soon("a change on every tab", async { tokio::join!(caller.call("profile.update", change), events) }).await;
    let took = started.elapsed();
    reply.expect("the change");
    (events, took)
}

/// A name that no earlier change has set.
pub fn rename(n: impl std::fmt::Display) -> Value {
    json!({ "first_name": format!("Ann {n}") })
}

pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

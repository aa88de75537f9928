//! A cluster of three NATS servers.

use super::{Nats, PATIENCE, soon};
use serde_json::Value;
use std::{
    collections::HashSet,
    net::{SocketAddr, TcpListener},
    time::Duration,
};
use tokio::time::{sleep, timeout};

pub struct NatsCluster {
    pub servers: Vec<Nats>,
    /// The monitoring port of each server.
    monitors: Vec<SocketAddr>,
}

impl NatsCluster {
    pub async fn start() -> Self {
        // Another process may take a port after it was found free: a server without its routes never joins.
        for _ in 0..3 {
            let cluster = Self::begin().await;
            if timeout(PATIENCE, cluster.all_joined()).await.is_ok() {
                return cluster;
            }
        }
        panic!("three clusters were started, and none has routes to every server");
    }

    async fn begin() -> Self {
        let (routes, monitors) = (free_addresses(), free_addresses());
        let all_routes = routes.iter().map(|route| format!("nats://{route}")).collect::<Vec<_>>().join(",");
        let mut servers = Vec::new();
        for (route, monitor) in routes.iter().zip(&monitors) {
            let (cluster, port) = (format!("nats://{route}"), monitor.port().to_string());
            let arguments = ["--cluster_name", "marbelle", "--cluster", &cluster, "--routes", &all_routes, "-m", &port];
            servers.push(Nats::start_with(&arguments).await);
        }
        Self { servers, monitors }
    }

    /// For `MARBELLE_NATS_URL`: all of them.
    pub fn url(&self) -> String {
        self.servers.iter().map(Nats::url).collect::<Vec<_>>().join(",")
    }

    /// Awaits that every server has a route to each of the others.
    pub async fn joined(&self) {
        soon("routes to every server", self.all_joined()).await;
    }

    async fn all_joined(&self) {
        for monitor in &self.monitors {
            while self.joined_by(*monitor).await.is_none() {
                sleep(Duration::from_millis(10)).await;
            }
        }
    }

    /// Whether the server with this monitor has a route to each of the others.
    async fn joined_by(&self, monitor: SocketAddr) -> Option<()> {
        let routes = ask(monitor, "routez").await?;
        let others: HashSet<_> = routes["routes"].as_array()?.iter().filter_map(|r| r["remote_id"].as_str()).collect();
        (others.len() >= self.monitors.len() - 1).then_some(())
    }

    /// How many nodes are connected to each server.
    pub async fn nodes(&self) -> Vec<usize> {
        let mut nodes = Vec::new();
        for monitor in &self.monitors {
            let connections = ask(*monitor, "connz").await.expect("the server answers");
            let names = connections["connections"].as_array().expect("a list");
            nodes.push(names.iter().filter(|connection| connection["name"] == "marbelle").count());
        }
        nodes
    }
}

/// Three different ports that are free now.
fn free_addresses() -> Vec<SocketAddr> {
    let listeners: Vec<_> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
    listeners.iter().map(|listener| listener.local_addr().expect("an address")).collect()
}

async fn ask(monitor: SocketAddr, what: &str) -> Option<Value> {
    reqwest::get(format!("http://{monitor}/{what}")).await.ok()?.json().await.ok()
}

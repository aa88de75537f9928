//! A cluster of three NATS servers.

use super::{Nats, eventually};
use serde_json::Value;
use std::net::{SocketAddr, TcpListener};

pub struct NatsCluster {
    pub servers: Vec<Nats>,
    /// The monitoring port of each server.
    monitors: Vec<SocketAddr>,
}

impl NatsCluster {
    pub async fn start() -> Self {
        let (routes, monitors) = (free_addresses(), free_addresses());
        let all_routes = routes.iter().map(|route| format!("nats://{route}")).collect::<Vec<_>>().join(",");
        let mut servers = Vec::new();
        for (route, monitor) in routes.iter().zip(&monitors) {
            let (cluster, port) = (format!("nats://{route}"), monitor.port().to_string());
            let arguments = ["--cluster_name", "marbelle", "--cluster", &cluster, "--routes", &all_routes, "-m", &port];
            servers.push(Nats::start_with(&arguments).await);
        }
        let cluster = Self { servers, monitors };
        cluster.joined().await;
        cluster
    }

    /// For `MARBELLE_NATS_URL`: all of them.
    pub fn url(&self) -> String {
        self.servers.iter().map(Nats::url).collect::<Vec<_>>().join(",")
    }

    /// Awaits that every server has a route to each of the others.
    pub async fn joined(&self) {
        for monitor in &self.monitors {
            let joined = || async {
                let routes = ask(*monitor, "routez").await?;
                let mut others: Vec<_> = routes["routes"].as_array()?.iter().map(|r| r["remote_id"].clone()).collect();
                others.dedup();
                (others.len() >= self.monitors.len() - 1).then_some(())
            };
            eventually("routes to every server", joined).await;
        }
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

//! The latency of a change that is queued for a webhook, compared with that of one that is not.

use super::updates::new_edit;
use crate::{
    ROUNDS, Result,
    account::World,
    stats::median,
    table::{Figures, Goal, Table},
    wire::WebSocket,
};
use serde_json::Value;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Changes per round, one after the other, and the pause between two of them.
const CHANGES: usize = 200;
const PACE: Duration = Duration::from_millis(5);
/// Time for the node to notice that a webhook was disabled or enabled.
const SETTLE: Duration = Duration::from_millis(600);

/// Measures.
pub async fn measure(world: &World, table: &mut Table) -> Result<()> {
    let (url, deliveries) = receiver().await?;
    let created = world.command(&["webhook", "create", &url, "--event", "profile.changed", "--json"])?;
    let created: Value = serde_json::from_str(&created)?;
    let hook = created["webhook"]["id"].as_str().ok_or("a webhook has no id")?;
    let mut socket = WebSocket::open(world.ours.address, Some(&world.token)).await?;
    let [mut with, mut without] = [Figures::default(), Figures::default()];
    // On PostgreSQL an account's changes become slower with their number until it vacuums, so the two sides take turns at
    // being first.
    for round in 0..2 * ROUNDS {
        let mut sides = [("disable", &mut without), ("enable", &mut with)];
        if round % 2 == 1 {
            sides.reverse();
        }
        for (action, figures) in sides {
            world.command(&["webhook", action, hook])?;
            tokio::time::sleep(SETTLE).await;
            figures.push(median(&changes(&mut socket).await?));
        }
    }
    world.command(&["webhook", "delete", hook])?;
    if deliveries.load(Ordering::Relaxed) < CHANGES {
        return Err("the webhook did not receive the changes".into());
    }
    let case = format!("µs a change that one webhook is told of, {}", world.database());
    table.row(&case, "a change that nobody is told of", &with, &without, Goal::AtMost(1.15));
    Ok(())
}

/// How long each of a round's changes took, in microseconds.
async fn changes(socket: &mut WebSocket) -> Result<Vec<f64>> {
    let mut latencies = Vec::with_capacity(CHANGES);
    let mut due = Instant::now();
    for _ in 0..CHANGES {
        tokio::time::sleep_until(due.into()).await;
        let started = Instant::now();
        socket.call("profile.update", &new_edit()).await?;
        latencies.push(started.elapsed().as_secs_f64() * 1e6);
        due = Instant::now() + PACE;
    }
    Ok(latencies)
}

/// Starts a receiver that accepts and counts every delivery.
async fn receiver() -> Result<(String, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let deliveries = Arc::new(AtomicUsize::new(0));
    let received = deliveries.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let received = received.clone();
            tokio::spawn(async move {
                let mut request = Vec::new();
                // The body of this event ends with the ends of its object, its data and itself.
                while !request.ends_with(b"}}}") && stream.read_buf(&mut request).await.unwrap_or(0) > 0 {}
                received.fetch_add(1, Ordering::Relaxed);
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            });
        }
    });
    Ok((url, deliveries))
}

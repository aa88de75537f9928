//! A change that a webhook is told of against one that nobody is told of.

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

/// Changes of a round, one after the other, each so long after the one before.
const CHANGES: usize = 200;
const PACE: Duration = Duration::from_millis(5);
/// How long nodes may take to see that a webhook was switched off or on.
const SETTLE: Duration = Duration::from_millis(600);

/// Measures.
pub async fn measure(world: &World, table: &mut Table) -> Result<()> {
    let (url, told) = receiver().await?;
    let made = world.command(&["webhook", "create", &url, "--event", "profile.changed", "--json"])?;
    let made: Value = serde_json::from_str(&made)?;
    let hook = made["webhook"]["id"].as_str().ok_or("a webhook without an id")?;
    let mut socket = WebSocket::open(world.ours.address, Some(&world.token)).await?;
    let [mut with, mut without] = [Figures::default(), Figures::default()];
    // An account's changes become slower with their number, until PostgreSQL vacuums: neither side is always the later one.
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
    if told.load(Ordering::Relaxed) < CHANGES {
        return Err("the webhook was not told of the changes".into());
    }
    let case = format!("µs a change that one webhook is told of, {}", world.database());
    table.row(&case, "a change that nobody is told of", &with, &without, Goal::AtMost(1.15));
    Ok(())
}

/// How long each of a round's changes took, in microseconds.
async fn changes(socket: &mut WebSocket) -> Result<Vec<f64>> {
    let mut took = Vec::with_capacity(CHANGES);
    let mut due = Instant::now();
    for _ in 0..CHANGES {
        tokio::time::sleep_until(due.into()).await;
        let begun = Instant::now();
        socket.call("profile.update", &new_edit()).await?;
        took.push(begun.elapsed().as_secs_f64() * 1e6);
        due = Instant::now() + PACE;
    }
    Ok(took)
}

/// A receiver that takes everything, and counts it.
async fn receiver() -> Result<(String, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let told = Arc::new(AtomicUsize::new(0));
    let counted = told.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let counted = counted.clone();
            tokio::spawn(async move {
                let mut request = Vec::new();
                // Every event of this kind ends the object, the data and itself.
                while !request.ends_with(b"}}}") && stream.read_buf(&mut request).await.unwrap_or(0) > 0 {}
                counted.fetch_add(1, Ordering::Relaxed);
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            });
        }
    });
    Ok((url, told))
}

//! How long other tabs wait for an event while one tab has stopped reading.

use super::updates::new_edit;
use crate::{
    ROUNDS, Result,
    account::World,
    stats::percentile_ms,
    table::{Figures, Goal, Table},
    tabs::{Subscribing, Tabs},
    wire::{WebSocket, request},
};
use std::time::Duration;

/// Tabs that read.
const TABS: usize = 200;
/// Events per round.
const EVENTS: usize = 100;
/// Time between two events.
const PACE: Duration = Duration::from_millis(20);
/// Calls with large answers, more than the kernel and the server buffer for one socket.
const UNREAD_CALLS: u64 = 200;

/// Measures.
pub async fn measure(world: &World, table: &mut Table) -> Result<()> {
    let subscribing =
        Subscribing { bearer: Some(world.token.clone()), method: "account.subscribe".into(), sends_snapshot: true };
    let mut tabs = Tabs::of(&world.ours, subscribing).await?;
    tabs.grow(&world.ours, TABS).await?;
    let [mut with, mut without, mut with_p99, mut without_p99] = [(); 4].map(|()| Figures::default());
    for _ in 0..ROUNDS {
        let mut delays = push(&mut tabs).await?;
        without.push(percentile_ms(&mut delays, 50));
        without_p99.push(percentile_ms(&mut delays, 99));
        let stopped = stopped_tab(world).await?;
        let mut delays = push(&mut tabs).await?;
        with.push(percentile_ms(&mut delays, 50));
        with_p99.push(percentile_ms(&mut delays, 99));
        drop(stopped);
    }
    let against = "without it";
    table.row("push delay beside a stopped reader, median ms", against, &with, &without, Goal::None);
    table.row("push delay beside a stopped reader, p99 ms", against, &with_p99, &without_p99, Goal::None);
    Ok(())
}

/// Publishes events at the pace, and returns how long each tab waited for each.
async fn push(tabs: &mut Tabs) -> Result<Vec<Duration>> {
    let mut numbers = Vec::with_capacity(EVENTS);
    let mut pace = tokio::time::interval(PACE);
    for _ in 0..EVENTS {
        pace.tick().await;
        numbers.push(tabs.publish("profile.update", &new_edit()).await?);
    }
    let (first, last) = (numbers[0], numbers[EVENTS - 1]);
    tabs.arrived(last).await?;
    Ok(tabs.delays(first..last + 1))
}

/// Opens a tab that subscribes and then stops reading, with full buffers.
async fn stopped_tab(world: &World) -> Result<WebSocket> {
    let mut socket = WebSocket::open_narrow(world.ours.address, Some(&world.token)).await?;
    socket.call("account.subscribe", "{}").await?;
    for id in 0..UNREAD_CALLS {
        socket.feed(&request(id, "rpc.discover", "{}"));
    }
    socket.flush().await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(socket)
}

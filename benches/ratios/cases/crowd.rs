//! 15,000 tabs, which are more than one client process may hold open.

use super::{
    fan_out::{Variant, variants},
    updates::new_edit,
};
use crate::{
    Result,
    account::{Node, World},
    children::{Process, this_program},
    stats::median,
    table::{Figures, Goal, Table},
    tabs::{Subscribing, Tabs},
    wire::WebSocket,
};
use serde::{Deserialize, Serialize};
use std::{
    net::SocketAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The argument that starts a client process, which opens half of the tabs. It prints `clients are open`, and then the time
/// at which each event had reached all of them.
pub const CLIENTS: &str = "clients";

const TABS: usize = 15_000;
const EVENTS: usize = 8;
const SETTLE: Duration = Duration::from_secs(1);

/// The input of a client process, as the JSON in its second argument.
#[derive(Debug, Serialize, Deserialize)]
pub struct Clients {
    address: SocketAddr,
    subscribing: Subscribing,
    tabs: usize,
    events: usize,
}

/// Measures.
pub async fn measure(mut world: World, table: &mut Table) -> Result<World> {
    world = world.restart()?;
    let [ours, bare, _] = variants(&world);
    let (ours_ms, ours_kib) = crowd(&world, &world.ours, &ours).await?;
    let (bare_ms, bare_kib) = crowd(&world, &world.bare, &bare).await?;
    let case = format!("an event to {TABS} tabs of two processes, ms until the last has it");
    table.row(&case, "bare subscriptions", &ours_ms, &bare_ms, Goal::AtMost(0.7));
    let case = format!("KiB an idle tab, of {TABS}");
    table.row(&case, "a bare subscribed socket", &ours_kib, &bare_kib, Goal::None);
    Ok(world)
}

async fn crowd(world: &World, node: &Node, variant: &Variant) -> Result<(Figures, Figures)> {
    let before = node.process.resident_kib()?;
    let clients =
        Clients { address: node.address, subscribing: variant.subscribing.clone(), tabs: TABS / 2, events: EVENTS };
    let mut processes: Vec<Process> = Vec::new();
    for _ in 0..2 {
        processes.push(world.cores.start_load(this_program()?.arg(CLIENTS).arg(serde_json::to_string(&clients)?))?);
    }
    for process in &mut processes {
        process.read_after("clients are ")?;
    }
    tokio::time::sleep(SETTLE).await;
    let mut kib = Figures::default();
    kib.push((node.process.resident_kib()? - before) / TABS as f64);
    let mut publisher = WebSocket::open(node.address, variant.subscribing.bearer.as_deref()).await?;
    let mut delays = Vec::new();
    for _ in 0..EVENTS {
        let sent = micros();
        publisher.call(variant.method, &new_edit()).await?;
        let mut last = sent;
        for process in &mut processes {
            last = last.max(process.read_after("arrived at ")?.parse()?);
        }
        delays.push((last - sent) as f64 / 1000.0);
    }
    let mut figures = Figures::default();
    figures.push(median(&delays));
    Ok((figures, kib))
}

/// Opens the tabs and prints when events have arrived.
pub fn run(clients: &Clients) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut tabs = Tabs::at(clients.address, clients.subscribing.clone()).await?;
        tabs.grow_at(clients.address, clients.tabs).await?;
        println!("clients are open");
        for _ in 0..clients.events {
            let event = tabs.expect();
            tabs.arrived(event).await?;
            println!("arrived at {}", micros());
        }
        Ok(())
    })
}

/// The system time in microseconds, which all processes share.
#[expect(clippy::disallowed_methods, reason = "measures real time")]
fn micros() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}

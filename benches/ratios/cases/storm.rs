//! All tabs of a user lose their sockets at once, reconnect and resume.

use super::{
    fan_out::{Variant, variants},
    load::Call,
    probe::Probe,
};
use crate::{
    ROUNDS, Result,
    account::{Node, World},
    stats::percentile_ms,
    table::{Figures, Goal, Table},
    tabs::Tabs,
    wire::{WebSocket, expect_result, request, result_of},
};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const TABS: usize = 10_000;
/// Time for the server to notice that the sockets are gone.
const SETTLE: Duration = Duration::from_secs(1);

/// Measures.
pub async fn measure(mut world: World, table: &mut Table) -> Result<World> {
    let [mut ours, mut bare, mut ours_p99, mut bare_p99] = [(); 4].map(|()| Figures::default());
    for _ in 0..ROUNDS {
        world = world.restart()?;
        let [variant, bare_variant, _] = variants(&world);
        let mut http = crate::wire::Http::open(world.ours.address, Some(&world.token)).await?;
        let state = result_of(http.call("account.get", "{}").await?)?;
        let resume = json!({ "since": state["revision"], "epoch": state["epoch"] }).to_string();
        let profile = Call::plain("profile.get", Some(&world.editors[1]));
        let (seconds, p99) = storm(&world.ours, &variant, &resume, &profile).await?;
        ours.push(seconds);
        ours_p99.push(p99);
        let (seconds, p99) = storm(&world.bare, &bare_variant, "{}", &Call::plain("statement", None)).await?;
        bare.push(seconds);
        bare_p99.push(p99);
    }
    let case = format!("{TABS} tabs that come back at once, s until all are live");
    table.row(&case, "bare sockets that subscribe", &ours, &bare, Goal::None);
    let case = "p99 of another user's call meanwhile, ms";
    table.row(case, "bare method, same statement", &ours_p99, &bare_p99, Goal::None);
    Ok(world)
}

async fn storm(node: &Node, variant: &Variant, resume: &str, call: &Call) -> Result<(f64, f64)> {
    let mut tabs = Tabs::of(node, variant.subscribing.clone()).await?;
    tabs.grow(node, TABS).await?;
    drop(tabs);
    tokio::time::sleep(SETTLE).await;
    let probe = Probe::start(node, call);
    let started = Instant::now();
    let mut connecting = JoinSet::new();
    for _ in 0..TABS {
        let (address, bearer, method) =
            (node.address, variant.subscribing.bearer.clone(), variant.subscribing.method.clone());
        let resume = resume.to_owned();
        connecting.spawn(async move {
            let mut socket = WebSocket::open(address, bearer.as_deref()).await?;
            socket.feed(&request(1, &method, &resume));
            socket.flush().await?;
            expect_result(socket.next().await?)?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(socket)
        });
    }
    let mut live = Vec::with_capacity(TABS);
    while let Some(socket) = connecting.join_next().await {
        live.push(socket??);
    }
    Ok((started.elapsed().as_secs_f64(), percentile_ms(&mut probe.end()?, 99)))
}

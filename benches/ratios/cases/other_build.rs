//! The same calls on another build of the server, such as that of an earlier commit, to measure the cost of changes.

use super::{
    load::{Call, Load, Rate, Transport, rate},
    updates::names,
};
use crate::{
    ROUNDS, Result,
    account::{EDITORS, World, known_sign_ins},
    table::{Figures, Goal, Table},
};
use std::{sync::Arc, time::Duration};

const CONNECTIONS: usize = 64;
/// The number of connections that sign in at the same time, and for how long.
const SIGN_INS: (usize, Duration) = (8, Duration::from_secs(3));
/// The allowed ratio of this build's CPU time to that of the other one.
const MAX_RATIO: f64 = 1.03;

/// Measures both builds in turn, each with a database of its own.
pub async fn measure(world: &World, other: &World, table: &mut Table) -> Result<()> {
    let worlds = [world, other];
    for (name, transport) in [
        ("HTTP", Transport::Http),
        ("WebSocket, 1 in flight", Transport::WebSocket { in_flight: 1 }),
        ("WebSocket, 16 in flight", Transport::WebSocket { in_flight: 16 }),
    ] {
        let calls = worlds.map(|world| Call::plain("profile.get", Some(&world.token)));
        let mut figures = Figures::of_two();
        for _ in 0..ROUNDS {
            for (at, world) in worlds.into_iter().enumerate() {
                figures[at].push(rate(&world.ours, transport, CONNECTIONS, &calls[at]).await?.cpu_us());
            }
        }
        row(table, &format!("CPU µs a `profile.get`, {}, {name}", world.database()), &figures);
    }
    let edits = worlds.map(|world| Call { method: "profile.update", params: names(), bearers: world.editors.clone() });
    let mut figures = Figures::of_two();
    for _ in 0..ROUNDS {
        for (at, world) in worlds.into_iter().enumerate() {
            let transport = Transport::WebSocket { in_flight: 1 };
            figures[at].push(rate(&world.ours, transport, EDITORS, &edits[at]).await?.cpu_us());
        }
    }
    row(table, &format!("CPU µs a `profile.update`, {}", world.database()), &figures);
    let mut figures = Figures::of_two();
    let sign_ins = [known_sign_ins(&world.ours).await?, known_sign_ins(&other.ours).await?];
    for _ in 0..ROUNDS {
        for (at, world) in worlds.into_iter().enumerate() {
            figures[at].push(signing_in(world, sign_ins[at].clone()).await?.cpu_us());
        }
    }
    row(table, &format!("CPU µs a sign-in by password, {}", world.database()), &figures);
    Ok(())
}

async fn signing_in(world: &World, params: Arc<[String]>) -> Result<Rate> {
    let call = Call { method: "auth.login", params, bearers: Arc::new([]) };
    let (callers, measured) = SIGN_INS;
    Load::start(&world.ours, Transport::Http, callers, &call).rate(&world.ours, measured).await
}

fn row(table: &mut Table, case: &str, [ours, other]: &[Figures; 2]) {
    table.row(case, "the other build", ours, other, Goal::AtMost(MAX_RATIO));
}

//! `profile.get` compared with two bare methods: one that runs the same statement, and one that runs none.

use super::load::{Call, Transport, rate};
use crate::{
    ROUNDS, Result,
    account::World,
    table::{Figures, Goal, Table},
};

const CONNECTIONS: usize = 64;

/// Measures over each transport.
pub async fn measure(world: &World, table: &mut Table) -> Result<()> {
    let profile = Call::plain("profile.get", Some(&world.token));
    table.limit("MiB resident at rest", &resident(world)?, 20.0);
    let (statement, constant) = (Call::plain("statement", None), Call::plain("constant", None));
    let is_postgres = world.database() == "PostgreSQL";
    // The goal against a constant is for SQLite only: a statement to PostgreSQL is a round trip to another process.
    let against_constant = if is_postgres { Goal::None } else { Goal::AtLeast(0.3) };
    for (name, transport, against_statement) in [
        ("HTTP", Transport::Http, 0.85),
        ("WebSocket, 1 in flight", Transport::WebSocket { in_flight: 1 }, 1.0),
        ("WebSocket, 16 in flight", Transport::WebSocket { in_flight: 16 }, 1.0),
    ] {
        let [mut ours, mut with_statement, mut without] = [(); 3].map(|()| [Figures::default(), Figures::default()]);
        for _ in 0..ROUNDS {
            for (node, call, figures) in [
                (&world.ours, &profile, &mut ours),
                (&world.bare, &statement, &mut with_statement),
                (&world.bare, &constant, &mut without),
            ] {
                let rate = rate(node, transport, CONNECTIONS, call).await?;
                figures[0].push(rate.per_second);
                figures[1].push(rate.cpu_us());
                eprintln!("{name}, {}: {rate}", call.method);
            }
        }
        let case = format!("`profile.get`/s, {}, {name}", world.database());
        let against_statement = Goal::AtLeast(if is_postgres { 0.9 } else { against_statement });
        table.row(&case, "bare method, same statement", &ours[0], &with_statement[0], against_statement);
        table.row(&case, "bare method, a constant", &ours[0], &without[0], against_constant);
        let case = format!("CPU µs a `profile.get`, {}, {name}", world.database());
        table.row(&case, "bare method, same statement", &ours[1], &with_statement[1], Goal::None);
        table.row(&case, "bare method, a constant", &ours[1], &without[1], Goal::None);
    }
    table.limit("MiB resident after these calls", &resident(world)?, 40.0);
    Ok(())
}

fn resident(world: &World) -> Result<Figures> {
    let mut mib = Figures::default();
    mib.push(world.ours.process.resident_kib()? / 1024.0);
    Ok(mib)
}

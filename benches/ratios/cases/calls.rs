//! `profile.get` against bare methods: one that runs the same statement, one that runs none.

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
    let (statement, constant) = (Call::plain("statement", None), Call::plain("constant", None));
    for (name, transport) in [
        ("HTTP", Transport::Http),
        ("WebSocket, 1 in flight", Transport::WebSocket { in_flight: 1 }),
        ("WebSocket, 16 in flight", Transport::WebSocket { in_flight: 16 }),
    ] {
        let [mut ours, mut with_statement, mut without] = [(); 3].map(|()| Figures::default());
        for _ in 0..ROUNDS {
            for (node, call, figures) in [
                (&world.ours, &profile, &mut ours),
                (&world.bare, &statement, &mut with_statement),
                (&world.bare, &constant, &mut without),
            ] {
                let rate = rate(node, transport, CONNECTIONS, call).await?;
                figures.push(rate.per_second);
                eprintln!("{name}, {}: {rate}", call.method);
            }
        }
        let case = format!("`profile.get`/s, {name}");
        table.row(&case, "bare method, same statement", &ours, &with_statement, Goal::AtLeast(0.8));
        table.row(&case, "bare method, a constant", &ours, &without, Goal::None);
    }
    Ok(())
}

//! Durable edits of a profile against the same statements alone.

use super::load::{Call, Transport, rate};
use crate::{
    ROUNDS, Result,
    account::World,
    baseline::{UPDATES, letters},
    table::{Figures, Goal, Table},
};

/// Callers that edit at the same time.
const CALLERS: usize = 16;
/// Names that take turns, so that every edit changes something.
const NAMES: u64 = 101;

/// Measures.
pub async fn measure(world: &World, table: &mut Table) -> Result<()> {
    let call = Call { method: "profile.update", params: names(), bearer: Some(world.token.clone()) };
    let [mut ours, mut alone] = [(); 2].map(|()| Figures::default());
    for _ in 0..ROUNDS {
        ours.push(rate(&world.ours, Transport::WebSocket { in_flight: 1 }, CALLERS, &call).await?.per_second);
        alone.push(world.baseline(UPDATES, 2.0)?.read_after("updates a second: ")?.parse()?);
    }
    table.row("durable `profile.update`/s", "the same statements alone", &ours, &alone, Goal::AtLeast(0.7));
    Ok(())
}

/// Parameters of edits that take turns.
pub fn names() -> std::sync::Arc<[String]> {
    (0..NAMES).map(|n| format!(r#"{{"first_name":"Ann{}"}}"#, letters(n))).collect()
}

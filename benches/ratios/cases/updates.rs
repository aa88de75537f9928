//! Durable edits of a profile against the same statements alone.

use super::load::{Call, Transport, rate};
use crate::{
    ROUNDS, Result,
    account::World,
    baseline::{UPDATES, letters},
    table::{Figures, Goal, Table},
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
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

fn names() -> Arc<[String]> {
    (0..NAMES).map(edit).collect()
}

/// The parameters of an edit; the same number makes the same.
pub fn edit(number: u64) -> String {
    format!(r#"{{"first_name":"Ann{}"}}"#, letters(number))
}

/// An edit that nobody has made.
pub fn new_edit() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(NAMES);
    edit(NEXT.fetch_add(1, Ordering::Relaxed))
}

//! Durable edits of a profile compared with the same statements alone.

use super::load::{Call, Transport, rate};
use crate::{
    ROUNDS, Result,
    account::{EDITORS, World},
    baseline::{UPDATES, letters},
    table::{Figures, Goal, Table},
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// The number of names that are used in turn, so that every edit changes something.
const NAMES: u64 = 101;

/// Measures.
pub async fn measure(world: &World, table: &mut Table) -> Result<()> {
    let call = Call { method: "profile.update", params: names(), bearers: world.editors.clone() };
    let [mut ours, mut alone] = [(); 2].map(|()| [Figures::default(), Figures::default()]);
    for _ in 0..ROUNDS {
        let rate = rate(&world.ours, Transport::WebSocket { in_flight: 1 }, EDITORS, &call).await?;
        ours[0].push(rate.per_second);
        ours[1].push(rate.cpu_us());
        let mut baseline = world.baseline(UPDATES, 2.0)?;
        alone[0].push(baseline.read_after("updates a second: ")?.parse()?);
        alone[1].push(baseline.read_after("CPU microseconds an update: ")?.parse()?);
    }
    let against = "the same statements alone";
    // The private PostgreSQL is that of the tests, which does not sync: only CPU work is compared there.
    let (case, goal) = if world.is_durable() {
        ("durable `profile.update`/s", Goal::AtLeast(0.8))
    } else {
        ("`profile.update`/s without a sync", Goal::None)
    };
    table.row(&format!("{case}, {}", world.database()), against, &ours[0], &alone[0], goal);
    let case = format!("CPU µs a `profile.update`, {}", world.database());
    table.row(&case, against, &ours[1], &alone[1], Goal::None);
    Ok(())
}

/// The parameters of edits that each change something.
pub fn names() -> Arc<[String]> {
    (0..NAMES).map(edit).collect()
}

/// The parameters of an edit, which depend on `number` only.
pub fn edit(number: u64) -> String {
    format!(r#"{{"first_name":"Ann{}"}}"#, letters(number))
}

/// The parameters of an edit that has not been made before.
pub fn new_edit() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(NAMES);
    edit(NEXT.fetch_add(1, Ordering::Relaxed))
}

//! One event to many tabs of one user, and what a tab costs while nothing happens.

use super::{load::Rate, updates::new_edit};
use crate::{
    ROUNDS, Result,
    account::{Node, World},
    stats::median,
    table::{Figures, Goal, Table},
    tabs::{Subscribing, Tabs},
};
use std::time::Duration;

const SIZES: [usize; 3] = [1_000, 5_000, 10_000];
/// Events published one after the other.
const SINGLE: usize = 8;
/// Deliveries of events that follow each other closely.
const STEADY: usize = 160_000;
/// Events on their way at a time while the steady rate is taken.
const WINDOW: usize = 4;
/// Time for what opening leaves behind to go away.
const SETTLE: Duration = Duration::from_secs(1);

/// What one server does with one number of tabs.
#[derive(Default)]
struct Figure {
    until_last_ms: Figures,
    deliveries_per_second: Figures,
    kib_per_tab: Figures,
}

/// A server's way to publish.
struct Way {
    method: &'static str,
    subscribing: Subscribing,
}

/// Measures, each round with servers that have just started.
pub async fn measure(mut world: World, table: &mut Table) -> Result<()> {
    let ours = Way {
        method: "profile.update",
        subscribing: Subscribing { bearer: Some(world.token.clone()), method: "account.subscribe", greets: true },
    };
    let subscribing = Subscribing { bearer: None, method: "subscribe", greets: false };
    let bare = Way { method: "publish", subscribing: subscribing.clone() };
    let committing = Way { method: "commit_and_publish", subscribing };
    let mut figures: [[Figure; 3]; 3] = Default::default();
    for _ in 0..ROUNDS {
        for (way, figures) in [&ours, &bare, &committing].into_iter().zip(&mut figures) {
            world = world.restart()?;
            let node = if way.method == ours.method { &world.ours } else { &world.bare };
            round(node, way, figures).await?;
        }
    }
    let [ours, bare, committing] = &figures;
    for (i, size) in SIZES.iter().enumerate() {
        let case = format!("an event to {size} tabs, ms until the last has it");
        let against = "bare subscriptions";
        table.row(&case, against, &ours[i].until_last_ms, &bare[i].until_last_ms, Goal::AtMost(1.11));
        let against = "bare subscriptions after the same statements";
        table.row(&case, against, &ours[i].until_last_ms, &committing[i].until_last_ms, Goal::AtMost(1.11));
        let case = format!("steady deliveries/s to {size} tabs");
        let (ours, bare) = (&ours[i].deliveries_per_second, &bare[i].deliveries_per_second);
        table.row(&case, "bare subscriptions", ours, bare, Goal::AtLeast(0.9));
    }
    for (i, size) in SIZES.iter().enumerate() {
        let case = format!("KiB an idle tab, of {size}");
        table.row(&case, "a bare subscribed socket", &ours[i].kib_per_tab, &bare[i].kib_per_tab, Goal::AtMost(1.3));
    }
    Ok(())
}

async fn round(node: &Node, way: &Way, figures: &mut [Figure; 3]) -> Result<()> {
    let mut tabs = Tabs::of(node, way.subscribing.clone()).await?;
    let before = node.process.resident_kib()?;
    for (size, figure) in SIZES.into_iter().zip(figures) {
        tabs.grow(node, size).await?;
        tokio::time::sleep(SETTLE).await;
        figure.kib_per_tab.push((node.process.resident_kib()? - before) / size as f64);

        let mut delays = Vec::new();
        for _ in 0..SINGLE {
            let event = tabs.publish(way.method, &new_edit()).await?;
            delays.push(tabs.arrived(event).await?.as_secs_f64() * 1000.0);
        }
        figure.until_last_ms.push(median(&delays));

        let count = STEADY / size;
        let mut events = Vec::with_capacity(count);
        let busy = node.process.watch()?;
        for i in 0..count {
            events.push(tabs.publish(way.method, &new_edit()).await?);
            if let Some(earlier) = i.checked_sub(WINDOW - 1) {
                tabs.arrived(events[earlier]).await?;
            }
        }
        tabs.arrived(events[count - 1]).await?;
        let per_second = tabs.rate(events[0]..events[count - 1] + 1) * size as f64;
        eprintln!("{} to {size}: {}", way.method, Rate { per_second, busy: busy.shares()? });
        figure.deliveries_per_second.push(per_second);
    }
    Ok(())
}

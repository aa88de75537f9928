//! One event to many tabs of one user, and what a tab costs while nothing happens.

use super::{
    load::{Call, Rate},
    probe::Probe,
    updates::new_edit,
};
use crate::{
    ROUNDS, Result,
    account::{Node, World},
    kernel_floor,
    stats::{median, percentile_ms},
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
    us_per_delivery: Figures,
    call_p99_ms: Figures,
    kib_per_tab: Figures,
}

/// A server's way to publish.
pub struct Way {
    pub method: &'static str,
    pub subscribing: Subscribing,
    /// What somebody else calls meanwhile.
    call: Call,
}

/// Ours, bare, and bare that first runs the same statements.
pub fn ways(world: &World) -> [Way; 3] {
    let bearer = Some(world.token.clone());
    let subscribing = Subscribing { bearer, method: "account.subscribe".into(), greets: true };
    let call = Call::plain("profile.get", Some(&world.editors[1]));
    let ours = Way { method: "profile.update", subscribing, call };
    let bare = |method| Way {
        method,
        subscribing: Subscribing { bearer: None, method: "subscribe".into(), greets: false },
        call: Call::plain("statement", None),
    };
    [ours, bare("publish"), bare("commit_and_publish")]
}

/// Measures, each round with servers that have just started.
pub async fn measure(mut world: World, table: &mut Table) -> Result<World> {
    let [ours, bare, committing] = ways(&world);
    let mut figures: [[Figure; 3]; 3] = Default::default();
    let mut floor: [Figure; 3] = Default::default();
    for _ in 0..ROUNDS {
        for (way, figures) in [&ours, &bare, &committing].into_iter().zip(&mut figures) {
            world = world.restart()?;
            let node = if way.method == ours.method { &world.ours } else { &world.bare };
            round(node, way, figures).await?;
        }
        round(&kernel_floor::start(&world)?, &bare, &mut floor).await?;
    }
    let [ours, bare, committing] = &figures;
    for (i, size) in SIZES.iter().enumerate() {
        let case = format!("an event to {size} tabs, ms until the last has it");
        let against = "bare subscriptions";
        table.row(&case, against, &ours[i].until_last_ms, &bare[i].until_last_ms, Goal::AtMost(0.7));
        let against = "bare subscriptions after the same statements";
        table.row(&case, against, &ours[i].until_last_ms, &committing[i].until_last_ms, Goal::AtMost(0.7));
        let against = "the kernel alone, one write a tab";
        table.row(&case, against, &ours[i].until_last_ms, &floor[i].until_last_ms, Goal::None);
        let case = format!("steady deliveries/s to {size} tabs");
        let (rate, bare_rate) = (&ours[i].deliveries_per_second, &bare[i].deliveries_per_second);
        table.row(&case, "bare subscriptions", rate, bare_rate, Goal::AtLeast(2.0));
        let case = format!("CPU µs a delivery to {size} tabs");
        table.row(&case, "bare subscriptions", &ours[i].us_per_delivery, &bare[i].us_per_delivery, Goal::None);
        table.row(&case, against, &ours[i].us_per_delivery, &floor[i].us_per_delivery, Goal::None);
        let case = format!("p99 of another user's call during steady deliveries to {size} tabs, ms");
        let goal = if *size == 10_000 { Goal::AtMost(0.1) } else { Goal::None };
        table.row(&case, "bare method, same statement", &ours[i].call_p99_ms, &bare[i].call_p99_ms, goal);
    }
    for (i, size) in SIZES.iter().enumerate() {
        let case = format!("KiB an idle tab, of {size}");
        table.row(&case, "a bare subscribed socket", &ours[i].kib_per_tab, &bare[i].kib_per_tab, Goal::None);
    }
    table.limit("KiB an idle tab, of 10000", &ours[2].kib_per_tab, 7.0);
    Ok(world)
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
        let probe = Probe::begin(node, &way.call);
        let busy = node.process.watch()?;
        for i in 0..count {
            events.push(tabs.publish(way.method, &new_edit()).await?);
            if let Some(earlier) = i.checked_sub(WINDOW - 1) {
                tabs.arrived(events[earlier]).await?;
            }
        }
        tabs.arrived(events[count - 1]).await?;
        let per_second = tabs.rate(events[0]..events[count - 1] + 1) * size as f64;
        let rate = Rate { per_second, busy: busy.shares()? };
        figure.call_p99_ms.push(percentile_ms(&mut probe.end()?, 99));
        eprintln!("{} to {size}: {rate}", way.method);
        figure.deliveries_per_second.push(per_second);
        figure.us_per_delivery.push(rate.cpu_us());
    }
    Ok(())
}

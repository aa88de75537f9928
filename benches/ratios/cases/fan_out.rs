//! One event to many tabs of one user, and the memory of an idle tab.

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
/// Deliveries of events in quick succession.
const STEADY: usize = 160_000;
/// Events on their variant at a time while the steady rate is measured.
const WINDOW: usize = 4;
/// Time for the server to free what it needed only to open connections.
const SETTLE: Duration = Duration::from_secs(1);

/// The figures of one server with one number of tabs.
#[derive(Default)]
struct SizeFigures {
    until_last_ms: Figures,
    deliveries_per_second: Figures,
    us_per_delivery: Figures,
    call_p99_ms: Figures,
    kib_per_tab: Figures,
}

/// How a server publishes, and how its tabs subscribe.
pub struct Variant {
    pub method: &'static str,
    pub subscribing: Subscribing,
    /// The call that another user makes meanwhile.
    call: Call,
}

/// Our server, a bare server, and a bare server that runs the same statements first.
pub fn variants(world: &World) -> [Variant; 3] {
    let bearer = Some(world.token.clone());
    let subscribing = Subscribing { bearer, method: "account.subscribe".into(), sends_snapshot: true };
    let call = Call::plain("profile.get", Some(&world.editors[1]));
    let ours = Variant { method: "profile.update", subscribing, call };
    let bare = |method| Variant {
        method,
        subscribing: Subscribing { bearer: None, method: "subscribe".into(), sends_snapshot: false },
        call: Call::plain("statement", None),
    };
    [ours, bare("publish"), bare("commit_and_publish")]
}

/// Measures, with freshly started servers in each round.
pub async fn measure(mut world: World, table: &mut Table) -> Result<World> {
    let [ours, bare, committing] = variants(&world);
    let mut figures: [[SizeFigures; 3]; 3] = Default::default();
    let mut floor: [SizeFigures; 3] = Default::default();
    for _ in 0..ROUNDS {
        for (variant, figures) in [&ours, &bare, &committing].into_iter().zip(&mut figures) {
            world = world.restart()?;
            let node = if variant.method == ours.method { &world.ours } else { &world.bare };
            round(node, variant, figures).await?;
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

async fn round(node: &Node, variant: &Variant, figures: &mut [SizeFigures; 3]) -> Result<()> {
    let mut tabs = Tabs::of(node, variant.subscribing.clone()).await?;
    let before = node.process.resident_kib()?;
    for (size, figure) in SIZES.into_iter().zip(figures) {
        tabs.grow(node, size).await?;
        tokio::time::sleep(SETTLE).await;
        figure.kib_per_tab.push((node.process.resident_kib()? - before) / size as f64);

        let mut delays = Vec::new();
        for _ in 0..SINGLE {
            let event = tabs.publish(variant.method, &new_edit()).await?;
            delays.push(tabs.arrived(event).await?.as_secs_f64() * 1000.0);
        }
        figure.until_last_ms.push(median(&delays));

        let count = STEADY / size;
        let mut events = Vec::with_capacity(count);
        let probe = Probe::start(node, &variant.call);
        let busy = node.process.watch()?;
        for i in 0..count {
            events.push(tabs.publish(variant.method, &new_edit()).await?);
            if let Some(earlier) = i.checked_sub(WINDOW - 1) {
                tabs.arrived(events[earlier]).await?;
            }
        }
        tabs.arrived(events[count - 1]).await?;
        let per_second = tabs.rate(events[0]..events[count - 1] + 1) * size as f64;
        let rate = Rate { per_second, busy: busy.shares()? };
        figure.call_p99_ms.push(percentile_ms(&mut probe.end()?, 99));
        eprintln!("{} to {size}: {rate}", variant.method);
        figure.deliveries_per_second.push(per_second);
        figure.us_per_delivery.push(rate.cpu_us());
    }
    Ok(())
}

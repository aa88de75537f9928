//! Sign-ins compared with Argon2id alone, and the effect of either on reads at the same time.

use super::load::{Call, Load, Transport, latencies};
use crate::{
    ROUNDS, Result,
    account::{World, known_sign_ins},
    baseline::HASHES,
    stats::percentile_ms,
    table::{Figures, Goal, Table},
};
use std::{sync::Arc, time::Duration};

/// Connections that sign in at the same time: more than there are hashing threads, so that none is idle.
const CALLERS: usize = 8;
/// How long each measurement lasts.
const MEASURED: Duration = Duration::from_secs(3);
/// Readers at the same time, and how often each calls: far from saturating the server.
const READERS: u32 = 16;
const PACE: Duration = Duration::from_millis(40);

/// Measures.
pub async fn measure(world: &World, table: &mut Table) -> Result<()> {
    let sign_in = Call { method: "auth.login", params: known_sign_ins(&world.ours).await?, bearers: Arc::new([]) };
    let [mut ours, mut raw] = [(); 2].map(|()| Figures::default());
    for _ in 0..ROUNDS {
        let load = Load::start(&world.ours, Transport::Http, CALLERS, &sign_in);
        ours.push(load.rate(&world.ours, MEASURED).await?.per_second);
        raw.push(world.baseline(HASHES, MEASURED.as_secs_f64())?.read_after("hashes a second: ")?.parse()?);
    }
    table.row("sign-ins/s", "Argon2id alone", &ours, &raw, Goal::AtLeast(0.9));

    let profile = Call::plain("profile.get", Some(&world.token));
    let reading = || latencies(&world.ours, READERS, PACE, MEASURED, &profile);
    let [mut p99_beside_sign_ins, mut p99_beside_hashes, mut p99_alone] = [(); 3].map(|()| Figures::default());
    for _ in 0..ROUNDS {
        let load = Load::start(&world.ours, Transport::Http, CALLERS, &sign_in);
        p99_beside_sign_ins.push(percentile_ms(&mut reading().await?, 99));
        drop(load);
        let hashing = world.baseline(HASHES, 60.0)?;
        p99_beside_hashes.push(percentile_ms(&mut reading().await?, 99));
        drop(hashing);
        p99_alone.push(percentile_ms(&mut reading().await?, 99));
    }
    let case = "p99 of `profile.get` beside sign-ins, ms";
    table.row(case, "beside as many raw Argon2id threads", &p99_beside_sign_ins, &p99_beside_hashes, Goal::AtMost(2.0));
    table.row(case, "with nothing beside", &p99_beside_sign_ins, &p99_alone, Goal::None);
    Ok(())
}

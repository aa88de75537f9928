//! The server's costs compared with the minimum: every figure of the server is printed beside one of bare jsonrpsee, of the
//! same statements alone, or of Argon2id alone, measured in the same run.
//!
//! `cargo bench --bench ratios` pins the server to one core and the load to another, and prints a table. The servers are
//! processes of their own: the real binary, and this one with the name of a [`baseline`] as its argument.
//! `docs/performance.md` explains the rows.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::unreachable,
    reason = "prints figures for people; counts are far below 2^52"
)]

#[path = "../../tests/support/postgres.rs"]
#[allow(dead_code, clippy::panic, reason = "the tests use the rest, and panic on errors")]
mod postgres;

mod account;
mod baseline;
mod cases;
mod children;
mod kernel_floor;
mod statements;
mod stats;
mod table;
mod tabs;
mod wire;

use account::World;
use children::Cores;
use statements::Source;
use std::{error::Error, path::Path};
use table::Table;

/// Any error ends the bench: a measurement that failed has no result.
type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Rounds of every comparison, ours and bare in turn. The table has their medians.
const ROUNDS: usize = 3;

/// The environment variable with the path of another build of the server, to compare this one with.
const OTHER_BUILD: &str = "OTHER_BUILD";

/// The percentage of the two cores that other work may take.
const MAX_OTHER_WORK: f64 = 5.0;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let Some(result) = baseline::run(&arguments) {
        return result;
    }
    children::raise_file_limit()?;
    if let [name, clients] = &arguments[..]
        && name == cases::crowd::CLIENTS
    {
        return cases::crowd::run(&serde_json::from_str(clients)?);
    }
    let cores = Cores::choose()?;
    cores.pin_load()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let wanted = |case: &str| arguments.is_empty() || arguments.iter().any(|argument| case.contains(&**argument));
    let others = cores.watch_others()?;
    runtime.block_on(async {
        let mut table = Table::start();
        if wanted("postgres") {
            let server = cores.on_server_core(|| postgres::Postgres::start(&[]))?;
            let source = Source::Postgres(server.database().await);
            let world = World::build(&cores, Some(source)).await?.restart()?;
            cases::calls::measure(&world, &mut table).await?;
            cases::updates::measure(&world, &mut table).await?;
            cases::webhook::measure(&world, &mut table).await?;
        }
        if let Some(program) = std::env::var_os(OTHER_BUILD).filter(|_| wanted("other")) {
            let server = cores.on_server_core(|| postgres::Postgres::start(&[]))?;
            let ours = World::build(&cores, Some(Source::Postgres(server.database().await))).await?.restart()?;
            let source = Source::Postgres(server.database().await);
            let other = World::of(&cores, Path::new(&program), Some(source)).await?.restart()?;
            cases::other_build::measure(&ours, &other, &mut table).await?;
            drop((ours, other));
            let ours = World::build(&cores, None).await?.restart()?;
            let other = World::of(&cores, Path::new(&program), None).await?.restart()?;
            cases::other_build::measure(&ours, &other, &mut table).await?;
        }
        // Restarted, to release the memory that the registrations took.
        let mut world = World::build(&cores, None).await?.restart()?;
        if wanted("calls") {
            cases::calls::measure(&world, &mut table).await?;
        }
        if wanted("updates") {
            cases::updates::measure(&world, &mut table).await?;
        }
        if wanted("webhook") {
            cases::webhook::measure(&world, &mut table).await?;
        }
        if wanted("sign-ins") {
            cases::sign_ins::measure(&world, &mut table).await?;
        }
        if wanted("stopped-reader") {
            cases::stopped_reader::measure(&world, &mut table).await?;
        }
        // These compare memory from the start of a process, so they restart the servers.
        if wanted("fan-out") {
            world = cases::fan_out::measure(world, &mut table).await?;
        }
        if wanted("crowd") {
            world = cases::crowd::measure(world, &mut table).await?;
        }
        if wanted("storm") {
            world = cases::storm::measure(world, &mut table).await?;
        }
        drop(world);
        Ok::<_, Box<dyn Error + Send + Sync>>(())
    })?;
    let percent = others.share()? * 100.0;
    println!("\nOther work took {percent:.1} % of the two cores.");
    if percent > MAX_OTHER_WORK {
        println!("That is too much for meaningful figures. Run this again when the machine is quiet.");
    }
    Ok(())
}

//! What Marbelle costs over what it cannot do without: every figure of the server stands beside one of
//! bare jsonrpsee, of the same statements alone, or of Argon2id alone, taken in the same run.
//!
//! `cargo bench` pins the server to one core and the load to another, and prints a table. The servers are
//! processes of their own: the real binary, and this one with the name of a [`baseline`] as argument.
//! `docs/performance.md` says what the rows mean.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::unreachable,
    reason = "figures for a person, of counts far below 2^52"
)]

#[path = "../../tests/support/postgres.rs"]
#[allow(dead_code, clippy::panic, reason = "the tests use the rest, and stop where something is wrong")]
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

/// Whatever went wrong; a measurement that failed is none.
type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Rounds of every comparison, ours and bare in turn; the median counts.
const ROUNDS: usize = 3;

/// Another build of the server, to compare this one with.
const OTHER_BUILD: &str = "OTHER_BUILD";

/// Percent of the two cores that other work may take.
const UNDISTURBED: f64 = 5.0;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let Some(done) = baseline::run(&arguments) {
        return done;
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
        let mut table = Table::begin();
        if wanted("postgres") {
            let server = cores.beside_the_server(|| postgres::Postgres::start(&[]))?;
            let source = Source::Postgres(server.database().await);
            let world = World::build(&cores, Some(source)).await?.restart()?;
            cases::calls::measure(&world, &mut table).await?;
            cases::updates::measure(&world, &mut table).await?;
            cases::webhook::measure(&world, &mut table).await?;
        }
        if let Some(program) = std::env::var_os(OTHER_BUILD).filter(|_| wanted("other")) {
            let server = cores.beside_the_server(|| postgres::Postgres::start(&[]))?;
            let ours = World::build(&cores, Some(Source::Postgres(server.database().await))).await?.restart()?;
            let source = Source::Postgres(server.database().await);
            let other = World::of(&cores, Path::new(&program), Some(source)).await?.restart()?;
            cases::other_build::measure(&ours, &other, &mut table).await?;
            drop((ours, other));
            let ours = World::build(&cores, None).await?.restart()?;
            let other = World::of(&cores, Path::new(&program), None).await?.restart()?;
            cases::other_build::measure(&ours, &other, &mut table).await?;
        }
        // Anew: what registering everybody took stays behind.
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
        // Memory is compared from the start of a process, so these start their own.
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
    if percent > UNDISTURBED {
        println!("That is too much for these figures to mean anything: run it again when the machine is quiet.");
    }
    Ok(())
}

//! The effect on an account's owner of one attacker who has one address and knows the source, with default limits.
//!
//! `cargo bench --bench attacker` pins the server to one core and the load to another, attacks for 60 seconds, and prints
//! how long the sign-ins and reads of an owner on a known device take during the attack, and how much the server's memory
//! and disk usage grow. It fails if a bound is exceeded.

#![expect(clippy::print_stdout, reason = "prints figures for people")]

#[path = "ratios/children.rs"]
#[allow(dead_code, reason = "the rest is used by another bench")]
mod children;
#[path = "attacker/flood.rs"]
mod flood;
#[path = "attacker/http.rs"]
mod http;
#[path = "attacker/owner.rs"]
mod owner;
#[path = "ratios/stats.rs"]
#[allow(dead_code, reason = "the rest is used by another bench")]
mod stats;

use children::{Cores, Process, raise_file_limit};
use owner::Owner;
use std::{
    error::Error,
    fs,
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tokio::task::LocalSet;

/// Any error ends the bench: a measurement that failed has no result.
type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How long the attack lasts.
const ATTACK: Duration = Duration::from_secs(60);
/// How often memory and disk usage are sampled.
const SAMPLE_PERIOD: Duration = Duration::from_millis(500);
/// The bounds: the median of a sign-in and the 99th percentile of a read in milliseconds, growth of memory and disk in MiB.
const BOUNDS: [(&str, f64); 4] = [
    ("sign-in of the owner, median, ms", 1000.0),
    ("read of the owner, p99, ms", 50.0),
    ("memory gained at most, MiB", 64.0),
    ("disk gained at most, MiB", 16.0),
];

fn main() -> Result<()> {
    raise_file_limit()?;
    let cores = Cores::choose()?;
    cores.pin_load()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, measure(cores))
}

async fn measure(cores: Cores) -> Result<()> {
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (server, address) = start(cores, folder.path())?;
    let owner = Owner::register(address, folder.path()).await?;
    let quiet = owner.measure(Duration::from_secs(10)).await?;
    println!("quiet:  {quiet}");

    let (memory, disk) = (server.resident_kib()?, size_of(folder.path())?);
    let started = Instant::now();
    let attack = flood::start(address, owner.email());
    let sampling = async {
        let (mut most_memory, mut most_disk) = (memory, disk);
        while started.elapsed() < ATTACK {
            tokio::time::sleep(SAMPLE_PERIOD).await;
            most_memory = most_memory.max(server.resident_kib()?);
            most_disk = most_disk.max(size_of(folder.path())?);
        }
        Ok::<_, Box<dyn Error + Send + Sync>>((most_memory - memory, most_disk.saturating_sub(disk)))
    };
    let busy = server.watch()?;
    let (attacked, growth) = tokio::join!(owner.measure(ATTACK), sampling);
    let (attacked, (memory, disk)) = (attacked?, growth?);
    let [of_server, of_load] = busy.shares()?;
    println!("attack: {attacked}");
    println!(
        "        {} within {ATTACK:?}; the server took {:.0} % of its core, the load {:.0} % of another",
        attack.end()?,
        of_server * 100.0,
        of_load * 100.0
    );

    let disk = f64::from(u32::try_from(disk / 1024)?) / 1024.0;
    let figures = [attacked.sign_in_median_ms, attacked.read_p99_ms, memory / 1024.0, disk];
    let mut missed = Vec::new();
    println!("\n| attacked by one address | bound | measured |\n| --- | --- | --- |");
    for ((what, bound), measured) in BOUNDS.into_iter().zip(figures) {
        println!("| {what} | {bound:.0} | {measured:.1} |");
        if measured.is_nan() || measured >= bound {
            missed.push(what);
        }
    }
    if missed.is_empty() { Ok(()) } else { Err(format!("missed: {}", missed.join("; ")).into()) }
}

/// Starts the server with default settings on its core.
fn start(cores: Cores, folder: &Path) -> Result<(Process, SocketAddr)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_marbelle"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MARBELLE_")) {
        command.env_remove(name);
    }
    command
        .arg("serve")
        .env("MARBELLE_LISTEN", "127.0.0.1:0")
        .env("MARBELLE_DATA_DIR", folder)
        .stderr(Stdio::from(fs::File::create(folder.join("log"))?));
    let mut process = cores.start(&mut command)?;
    let address = process.read_after("listening on http://")?.parse()?;
    Ok((process, address))
}

/// The size of the files in a folder, in bytes: database, letters and log.
fn size_of(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // A letter may be renamed, or the write-ahead log removed, between the two calls.
        let Ok(metadata) = entry.metadata() else { continue };
        bytes += if metadata.is_dir() { size_of(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

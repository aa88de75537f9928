//! What one attacker with one address and the source at hand does to an owner, with every limit as it is by default.
//!
//! `cargo bench --bench attacker` pins the server to one core and the load to another, attacks for 60 seconds, and prints
//! how an owner on a known device fares meanwhile: how long their sign-ins and reads take, and how the server's memory and
//! disk grow. It ends with an error where a bound is missed.

#![expect(clippy::print_stdout, reason = "figures for a person")]

#[path = "ratios/children.rs"]
#[allow(dead_code, reason = "the other bench uses the rest")]
mod children;
#[path = "attacker/flood.rs"]
mod flood;
#[path = "attacker/http.rs"]
mod http;
#[path = "attacker/owner.rs"]
mod owner;
#[path = "ratios/stats.rs"]
#[allow(dead_code, reason = "the other bench uses the rest")]
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

/// Whatever went wrong; a measurement that failed is none.
type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How long the attack lasts.
const ATTACK: Duration = Duration::from_secs(60);
/// How often memory and disk are looked at.
const LOOK: Duration = Duration::from_millis(500);
/// The bounds: milliseconds of a sign-in (median) and of a read (of a hundred the slowest), MiB of memory and disk.
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
    let quiet = owner.live(Duration::from_secs(10)).await?;
    println!("quiet:  {quiet}");

    let (memory, disk) = (server.resident_kib()?, size_of(folder.path())?);
    let begun = Instant::now();
    let attack = flood::begin(address, owner.email());
    let watched = async {
        let (mut most_memory, mut most_disk) = (memory, disk);
        while begun.elapsed() < ATTACK {
            tokio::time::sleep(LOOK).await;
            most_memory = most_memory.max(server.resident_kib()?);
            most_disk = most_disk.max(size_of(folder.path())?);
        }
        Ok::<_, Box<dyn Error + Send + Sync>>((most_memory - memory, most_disk.saturating_sub(disk)))
    };
    let busy = server.watch()?;
    let (attacked, watched) = tokio::join!(owner.live(ATTACK), watched);
    let (attacked, (memory, disk)) = (attacked?, watched?);
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

/// The server with its defaults, on its core.
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

/// Bytes of what lies in a folder: database, letters and log.
fn size_of(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // A letter may be renamed, and the write-ahead log go, while we look.
        let Ok(metadata) = entry.metadata() else { continue };
        bytes += if metadata.is_dir() { size_of(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

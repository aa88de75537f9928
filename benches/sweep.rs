//! The cost of following a user on a node, and of a sweep of all followed users: on SQLite, on PostgreSQL, and on
//! PostgreSQL with NATS (on servers of its own, as in the tests).
//!
//! `cargo bench --bench sweep` follows 100,000 users; `cargo bench --bench sweep -- 1000` follows another number.

#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::unreachable,
    reason = "prints figures for people; counts are far below 2^52"
)]

#[path = "../tests/support/nats.rs"]
#[allow(dead_code, clippy::panic, reason = "the tests use the rest, and panic on errors")]
mod nats;
#[path = "../tests/support/postgres.rs"]
#[allow(dead_code, clippy::panic, reason = "the tests use the rest, and panic on errors")]
mod postgres;

use futures_util::{StreamExt, TryStreamExt, stream};
use marbelle::{
    domain::{
        email::EmailAddress,
        ids::UserId,
        profile::{Locale, PersonalData},
        session::SessionLifetimes,
        text::Text,
        time::Clock,
    },
    live::{Bus, Hub, HubSettings, Membership, Nats},
    settings::{Database, Settings},
    store::{LockedAccount, NewUser, Receivers, Store},
};
use std::{
    error::Error,
    future::Future,
    process::Command,
    time::{Duration, Instant},
};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use tracing::{Event, Subscriber, field::Field};
use tracing_subscriber::{
    EnvFilter, Layer,
    layer::{Context, SubscriberExt},
    util::SubscriberInitExt,
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const FOLLOWED: usize = 100_000;
/// Sweeps of each case, of which the median is printed.
const SWEEPS: usize = 5;
/// The default of `MARBELLE_SWEEP_PERIOD`.
const PERIOD: Duration = Duration::from_secs(2);
/// Followers that are started at the same time.
const STARTED_AT_ONCE: usize = 64;

/// Awaits a future of the two servers' modules, with a limit of 30 seconds.
async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.unwrap_or_else(|_| unreachable!("timed out: {what}"))
}

const CASES: [&str; 3] = ["SQLite", "PostgreSQL", "PostgreSQL and NATS"];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let followed = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(FOLLOWED);
    if let Some(case) = CASES.iter().find(|case| arguments.iter().any(|argument| argument == *case)) {
        return tokio::runtime::Runtime::new()?.block_on(run(case, followed));
    }
    println!("{followed} users; {SWEEPS} sweeps, one every {} s", PERIOD.as_secs());
    println!("{:<20} {:>12} {:>14} {:>14} {:>16}", "", "follow/s", "KiB a user", "sweep ms", "CPU ms a sweep");
    for case in CASES {
        // Each case has a process of its own: growth into memory that an earlier case has freed would not be counted.
        let status = Command::new(std::env::current_exe()?).args([case, &followed.to_string()]).status()?;
        if !status.success() {
            return Err(format!("{case}: {status}").into());
        }
    }
    Ok(())
}

async fn run(case: &str, followed: usize) -> Result<()> {
    let (sender, mut sweeps) = mpsc::unbounded_channel();
    let filter = EnvFilter::try_new("warn,marbelle::live::sweep=debug")?;
    tracing_subscriber::registry().with(filter).with(Sweeps(sender)).try_init()?;
    let folder = tempfile::tempdir()?;
    let mut database = Database::Sqlite(folder.path().join("marbelle.db"));
    if case != "SQLite" {
        database = Database::Postgres(postgres::Database::postgres().await.url().unwrap_or_default().into());
    }
    if case != "PostgreSQL and NATS" {
        return measure(case, &database, Bus::Local, followed, &mut sweeps).await;
    }
    let server = nats::Nats::start().await;
    let variables =
        [("MARBELLE_DATABASE_URL", "postgres://localhost/marbelle".to_owned()), ("MARBELLE_NATS_URL", server.url())];
    let settings = Settings::load(variables.map(|(name, value)| (name.to_owned(), value)))?;
    let bus = Bus::Nats(Box::new(Nats::connect(&settings.nats.ok_or("a NATS server")?).await?));
    measure(case, &database, bus, followed, &mut sweeps).await
}

/// Follows `followed` users, of whom nothing changes, and measures sweeps that find nothing.
async fn measure(
    name: &str,
    database: &Database,
    bus: Bus,
    followed: usize,
    sweeps: &mut mpsc::UnboundedReceiver<Duration>,
) -> Result<()> {
    let store = Store::open(database).await?;
    let users = create_users(&store, followed).await?;
    let lifetimes = SessionLifetimes { idle: Duration::from_secs(1 << 20), absolute: Duration::from_secs(1 << 20) };
    let settings = HubSettings { sockets_per_user: 1, sweep_period: PERIOD };
    let tasks = TaskTracker::new();
    let epoch = store.epoch().await?;
    let hub = Hub::start(store.clone(), Clock::system(), lifetimes, epoch, bus, settings, &tasks);
    while hub.check_bus().await.is_err() {
        tokio::task::yield_now().await;
    }
    let (memory, started) = (resident_kib()?, Instant::now());
    let memberships: Vec<Membership> = stream::iter(users)
        .map(|user| hub.follow(user))
        .buffer_unordered(STARTED_AT_ONCE)
        .filter_map(|membership| async { membership.ok() })
        .collect()
        .await;
    let follow_rate = memberships.len() as f64 / started.elapsed().as_secs_f64();
    let memory = (resident_kib()? - memory) / memberships.len() as f64;
    // Discards sweeps that covered only some of the users.
    while sweeps.try_recv().is_ok() {}
    sweeps.recv().await.ok_or("no sweeps")?;
    let cpu = cpu_ms()?;
    let mut times = Vec::new();
    for _ in 0..SWEEPS {
        times.push(sweeps.recv().await.ok_or("no sweeps")?);
    }
    let cpu = (cpu_ms()? - cpu) / SWEEPS as f64;
    times.sort_unstable();
    let sweep = times[SWEEPS / 2].as_secs_f64() * 1e3;
    println!("{name:<20} {follow_rate:>12.0} {memory:>14.2} {sweep:>14.0} {cpu:>16.0}");
    drop(memberships);
    hub.stopping().cancel();
    tasks.close();
    tasks.wait().await;
    store.close().await;
    Ok(())
}

/// Users that are created at the same time: they share the database's syncs.
const CREATED_AT_ONCE: usize = 64;

/// Creates the users of a case.
async fn create_users(store: &Store, count: usize) -> Result<Vec<UserId>> {
    let now = Clock::system().now();
    let name = |text| Text::parse(text).map_err(|faults| format!("{faults:?}"));
    let person = PersonalData {
        first_name: name("Ann")?,
        last_name: Some(name("Lee")?),
        company_name: None,
        phone: None,
        locale: Locale::En,
    };
    let nobody = Receivers::new(false);
    let created = stream::iter(0..count).map(async |_| {
        let id = UserId::new();
        let email = EmailAddress::parse(&format!("{id}@example.test")).map_err(|faults| format!("{faults:?}"))?;
        let user = NewUser {
            id,
            email,
            password_hash: None,
            imported_cost: None,
            external_id: None,
            person: person.clone(),
            invitation: None,
            created_at: now,
        };
        let account = LockedAccount::create(store.write().await?, &user).await?.ok_or("a new address is taken")?;
        account.commit(1, &nobody).await?;
        Ok(id)
    });
    created.buffer_unordered(CREATED_AT_ONCE).try_collect().await
}

/// Passes on the time that each sweep took.
struct Sweeps(mpsc::UnboundedSender<Duration>);

impl<S: Subscriber> Layer<S> for Sweeps {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let sender = &self.0;
        event.record(&mut |field: &Field, value: &dyn std::fmt::Debug| {
            if field.name() == "elapsed_us" {
                let micros = format!("{value:?}").parse().unwrap_or(0);
                // The receiver is gone once the case is over.
                let _ = sender.send(Duration::from_micros(micros));
            }
        });
    }
}

/// The resident memory of this process.
fn resident_kib() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
}

/// The CPU time of this process in milliseconds, counted by the kernel in ticks of 10 ms.
fn cpu_ms() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| -> Result<f64> { Ok(fields.get(i).ok_or("too few fields")?.parse()?) };
    Ok((ticks(11)? + ticks(12)?) * 10.0)
}

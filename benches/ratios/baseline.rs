//! The baselines that the server is compared with. Each runs in a process of its own: this program, with one of these
//! names as its first argument.

use super::{
    Result,
    children::own_cpu_time,
    kernel_floor::{self, KERNEL_FLOOR},
    statements::{Statements, Subject},
};
use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use jsonrpsee::{
    RpcModule, SubscriptionSink,
    core::server::SubscriptionMessage,
    server::{Server, ServerConfig},
    types::ErrorObjectOwned,
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Bare jsonrpsee. Prints `listening on <address>`.
pub const SERVER: &str = "bare-server";
/// Runs Argon2id for some seconds. Prints `hashes a second: <rate>`.
pub const HASHES: &str = "raw-hashes";
/// Runs the statements of `profile.update` for some seconds. Prints `updates a second: <rate>` and
/// `CPU microseconds an update: <time>`.
pub const UPDATES: &str = "raw-updates";

/// Sinks served before the task yields to others.
const TURN: usize = 256;

/// The input of a baseline, as the JSON in its second argument.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    pub subject: Subject,
    /// The answer of `profile.get`.
    pub constant: Box<RawValue>,
    /// An event of `account.subscribe`.
    pub event: Box<RawValue>,
    /// How long to run, for baselines that end by themselves.
    pub seconds: f64,
}

/// Runs the baseline named by the arguments; returns `None` if they name none.
pub fn run(arguments: &[String]) -> Option<Result<()>> {
    let [name, plan] = arguments else { return None };
    let baseline: fn(Plan) -> Result<()> = match name.as_str() {
        SERVER => |plan| tokio::runtime::Runtime::new()?.block_on(serve(plan)),
        UPDATES => |plan| tokio::runtime::Runtime::new()?.block_on(update(plan)),
        HASHES => hash,
        KERNEL_FLOOR => kernel_floor::run,
        _ => return None,
    };
    Some(serde_json::from_str(plan).map_err(Into::into).and_then(baseline))
}

struct Bare {
    plan: Plan,
    statements: Statements,
    sinks: Mutex<Vec<SubscriptionSink>>,
    updates: AtomicU64,
}

async fn serve(plan: Plan) -> Result<()> {
    let statements = Statements::open(plan.subject.clone()).await?;
    let bare = Bare { plan, statements, sinks: Mutex::default(), updates: AtomicU64::new(0) };
    let mut module = RpcModule::new(bare);
    module.register_async_method("constant", |_, bare, _| async move {
        Ok::<_, ErrorObjectOwned>(bare.plan.constant.clone())
    })?;
    module.register_async_method("statement", |_, bare, _| async move {
        bare.statements.profile().await.map_err(|error| refused(&*error))
    })?;
    module.register_async_method("publish", |_, bare, _| async move { bare.publish().await })?;
    module.register_async_method("commit_and_publish", |_, bare, _| async move {
        bare.update().await.map_err(|error| refused(&*error))?;
        Ok::<_, ErrorObjectOwned>(bare.publish().await)
    })?;
    module.register_subscription("subscribe", "account.event", "unsubscribe", |_, pending, bare, _| async move {
        if let Ok(sink) = pending.accept().await {
            bare.sinks.lock().push(sink);
        }
    })?;
    let config = ServerConfig::builder().max_connections(20_000).set_message_buffer_capacity(64).build();
    let server = Server::builder().set_config(config).build("127.0.0.1:0").await?;
    println!("listening on {}", server.local_addr()?);
    server.start(module).stopped().await;
    Ok(())
}

fn refused(error: &dyn std::error::Error) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(1, error.to_string(), None::<()>)
}

impl Bare {
    /// One event to every subscription, as cheaply as jsonrpsee can: without a task for each.
    async fn publish(&self) -> usize {
        let mut served = 0;
        loop {
            {
                let mut sinks = self.sinks.lock();
                let end = sinks.len().min(served + TURN);
                for sink in &mut sinks[served..end] {
                    // Its buffer may be full or the subscriber gone: the load reports missing events.
                    let _ = sink.try_send(SubscriptionMessage::from(self.plan.event.clone()));
                }
                served = end;
                if served == sinks.len() {
                    return served;
                }
            }
            tokio::task::yield_now().await;
        }
    }

    async fn update(&self) -> Result<()> {
        let n = self.updates.fetch_add(1, Ordering::Relaxed);
        self.statements.update(0, &format!("Ann{}", letters(n))).await
    }
}

async fn update(plan: Plan) -> Result<()> {
    let people = plan.subject.people.len();
    let statements = Arc::new(Statements::open(plan.subject).await?);
    statements.profile().await?;
    let (started, cpu_before) = (Instant::now(), own_cpu_time()?);
    let mut editors = JoinSet::new();
    for person in 0..people {
        let statements = statements.clone();
        editors.spawn(async move {
            let mut done = 0;
            while started.elapsed() < Duration::from_secs_f64(plan.seconds) {
                done += 1;
                statements.update(person, &format!("Ann{}", letters(done))).await?;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(done)
        });
    }
    let mut done = 0;
    while let Some(edits) = editors.join_next().await {
        done += edits??;
    }
    println!("updates a second: {}", rate(done, started));
    println!("CPU microseconds an update: {}", (own_cpu_time()? - cpu_before).as_secs_f64() * 1e6 / done as f64);
    Ok(())
}

fn hash(plan: Plan) -> Result<()> {
    let argon2 = Argon2::default();
    let (m, t, p) = (argon2.params().m_cost(), argon2.params().t_cost(), argon2.params().p_cost());
    if (m, t, p) != (19_456, 2, 1) {
        return Err(format!("the parameters of the argon2 crate are now m={m}, t={t}, p={p}").into());
    }
    let password = b"a long walk by the sea";
    let hash = argon2.hash_password(password).map_err(|error| error.to_string())?.to_string();
    let hash = PasswordHash::new(&hash).map_err(|error| error.to_string())?;
    let (started, mut done) = (Instant::now(), 0);
    while started.elapsed() < Duration::from_secs_f64(plan.seconds) {
        black_box(argon2.verify_password(black_box(password), &hash)).map_err(|error| error.to_string())?;
        done += 1;
    }
    println!("hashes a second: {}", rate(done, started));
    Ok(())
}

fn rate(done: u64, started: Instant) -> f64 {
    done as f64 / started.elapsed().as_secs_f64()
}

/// A number written with letters, as part of a name.
pub fn letters(number: u64) -> String {
    number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}

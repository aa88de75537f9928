//! The owner of an account, who signs in now and then from a known device and reads continuously.

use super::{
    Result,
    http::Http,
    stats::{median, percentile_ms},
};
use mail_parser::MessageParser;
use serde_json::{Value, json};
use std::{
    fmt, fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    time::{Duration, Instant},
};
use tokio::time::{MissedTickBehavior, interval, sleep};

const EMAIL: &str = "owner@example.org";
const PASSWORD: &str = "a long walk by the sea";
/// How often the owner signs in, each time from another network: the default limit is five sign-ins per minute and network.
const SIGN_IN_EVERY: Duration = Duration::from_secs(2);
/// How often the owner reads the profile.
const READ_EVERY: Duration = Duration::from_millis(100);

/// A user with an account and a known device.
pub struct Owner {
    server: SocketAddr,
    device_token: String,
    access_token: String,
}

/// How long the owner's calls took.
pub struct Latencies {
    pub sign_in_median_ms: f64,
    pub read_p99_ms: f64,
    sign_in_worst_ms: f64,
    read_median_ms: f64,
    read_worst_ms: f64,
    sign_ins: usize,
    reads: usize,
}

impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sign_in_median_ms, sign_in_worst_ms, sign_ins, read_median_ms, read_p99_ms, read_worst_ms, reads } =
            self;
        write!(f, "{sign_ins} sign-ins: median {sign_in_median_ms:.0} ms, worst {sign_in_worst_ms:.0} ms; ")?;
        write!(f, "{reads} reads: median {read_median_ms:.1} ms, p99 {read_p99_ms:.1} ms, worst {read_worst_ms:.1} ms")
    }
}

/// An address in one of the owner's networks.
fn network(number: u8) -> IpAddr {
    Ipv4Addr::new(127, 1, number, 1).into()
}

impl Owner {
    /// Registers, verifies the e-mail address and signs in.
    pub async fn register(server: SocketAddr, folder: &Path) -> Result<Self> {
        let mut http = Http::open(network(0), server).await?;
        let person = json!({ "email": EMAIL, "password": PASSWORD, "first_name": "Ann", "last_name": "Lee" });
        http.call("auth.register", &person, None).await?;
        let token = mailed_token(&folder.join("mail")).await?;
        http.call("auth.verify_email", &json!({ "token": token, "password": PASSWORD }), None).await?;
        let credentials = json!({ "email": EMAIL, "password": PASSWORD });
        let signed_in = http.call("auth.login", &credentials, None).await?;
        let text = |name: &str| signed_in[name].as_str().map(str::to_owned).ok_or("a sign-in returned no tokens");
        Ok(Self { server, device_token: text("device_token")?, access_token: text("access_token")? })
    }

    pub fn email(&self) -> &'static str {
        EMAIL
    }

    /// Signs in and reads for the given time.
    pub async fn measure(&self, duration: Duration) -> Result<Latencies> {
        let (mut sign_ins, mut reads) = tokio::try_join!(self.sign_in(duration), self.read(duration))?;
        let ms =
            |samples: &[Duration]| samples.iter().map(|latency| latency.as_secs_f64() * 1000.0).collect::<Vec<_>>();
        Ok(Latencies {
            sign_in_median_ms: median(&ms(&sign_ins)),
            sign_in_worst_ms: percentile_ms(&mut sign_ins, 100),
            sign_ins: sign_ins.len(),
            read_median_ms: median(&ms(&reads)),
            read_p99_ms: percentile_ms(&mut reads, 99),
            read_worst_ms: percentile_ms(&mut reads, 100),
            reads: reads.len(),
        })
    }

    async fn sign_in(&self, duration: Duration) -> Result<Vec<Duration>> {
        let credentials = json!({ "email": EMAIL, "password": PASSWORD, "device_token": self.device_token });
        let (started, mut latencies) = (Instant::now(), Vec::new());
        let mut ticks = ticks(SIGN_IN_EVERY);
        for number in 1.. {
            ticks.tick().await;
            if started.elapsed() >= duration {
                break;
            }
            let called = Instant::now();
            // With a new connection, as a returning user would.
            let mut http = Http::open(network(number), self.server).await?;
            http.call("auth.login", &credentials, None).await?;
            latencies.push(called.elapsed());
        }
        Ok(latencies)
    }

    async fn read(&self, duration: Duration) -> Result<Vec<Duration>> {
        let mut http = Http::open(network(0), self.server).await?;
        let (started, mut latencies) = (Instant::now(), Vec::new());
        let mut ticks = ticks(READ_EVERY);
        while started.elapsed() < duration {
            ticks.tick().await;
            let called = Instant::now();
            http.call("profile.get", &json!({}), Some(&self.access_token)).await?;
            latencies.push(called.elapsed());
        }
        Ok(latencies)
    }
}

fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Waits for the only letter, and returns its token.
async fn mailed_token(folder: &Path) -> Result<Value> {
    for _ in 0..500 {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let raw = fs::read(entry?.path())?;
            let letter = MessageParser::default().parse(&raw).ok_or("a letter that cannot be parsed")?;
            let body = letter.body_text(0).ok_or("a letter has no text")?;
            if let Some((_, link)) = body.split_once("?token=") {
                return Ok(json!(link.split_whitespace().next()));
            }
        }
        sleep(Duration::from_millis(20)).await;
    }
    Err("no letter arrived".into())
}

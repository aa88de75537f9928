//! Wake-ups over NATS: one subject a user, listened to only while this node follows the user.
//!
//! A message holds the revision that the user's log has reached and the version of the account's credentials, in decimal,
//! and nothing else. The subject does not name the database's epoch: a follower that gets a revision that does not exist
//! finds nothing in the log and goes on, whereas a subject for each epoch would make every follower of the cluster subscribe
//! again at the very moment when its nodes disagree about the epoch.
//!
//! async-nats (0.51) leaves some work to this module: it ignores the user and password of a URL, which the settings take
//! out of it; it reports failures to connect without their cause; its `flush` awaits the socket and not the server, so a
//! subscription may not be in force after it; its `publish` and `subscribe` wait while the server is away once 2048 of them
//! have queued.

use super::{bus::BusDown, jetstream::JetStream};
use crate::{
    domain::ids::UserId,
    meters::meters,
    settings::{NatsSettings, NatsSignIn},
    store::Committed,
};
use async_nats::{
    Client, ConnectOptions, Event, Request, RequestErrorKind, Server, ServerAddr, Subscriber, connection::State,
};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use rand::Rng;
use secrecy::ExposeSecret;
use std::{future::pending, io, time::Duration};
use tokio::{
    sync::{Mutex, watch},
    task::unconstrained,
    time::timeout,
};

/// Every subject begins with this, also replies to this node: the permission `marbelle.>` is all it needs.
const ROOT: &str = "marbelle";
/// A subject that nobody listens to.
const NOBODY: &str = "marbelle.nobody";
/// How long a follower's start waits for the server to confirm that it listens.
const LISTEN_LIMIT: Duration = Duration::from_millis(500);
/// How long the server may take to answer a ping, and to take the last announcements at a stop.
const PING_LIMIT: Duration = Duration::from_secs(1);
/// A connection that is silent for three intervals is given up.
const PING_INTERVAL: Duration = Duration::from_secs(5);
/// How long one attempt to connect may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// The longest wait between two attempts to connect.
const LONGEST_RETRY: Duration = Duration::from_secs(2);
/// Wake-ups that may wait for a follower. Beyond that the newest are dropped, and the sweep finds their entries.
const WAITING: usize = 64;

/// A connection to the NATS servers, kept up in the background for the life of the process.
pub struct Nats {
    client: Client,
    /// How often it has connected.
    connections: Mutex<watch::Receiver<u64>>,
    /// The same, for callers that await the first connection.
    first: watch::Receiver<u64>,
}

/// The messages of one subject.
pub(super) struct Wakeups {
    client: Client,
    subject: String,
    subscriber: Option<Subscriber>,
}

/// Why the servers cannot be used at all. An unreachable server is not such a reason.
#[derive(Debug, thiserror::Error)]
pub enum NatsFault {
    /// A URL cannot be read. Checked settings have no such URL.
    #[error("a URL of a NATS server cannot be read")]
    Url(#[source] io::Error),
    /// The credentials file cannot be read, or holds no credentials.
    #[error("the credentials file for NATS cannot be used")]
    Credentials(#[source] io::Error),
    /// The client refuses its options.
    #[error("the NATS client does not start")]
    Client(#[from] async_nats::ConnectError),
}

impl Nats {
    /// Starts to connect to one of the servers in the background, and keeps trying. It fails only if no attempt can be
    /// made. A server that is down, has an untrusted certificate, or refuses this node is tried again like any other;
    /// meanwhile the node runs without the bus and is not ready.
    ///
    /// # Errors
    /// [`NatsFault`] if the settings cannot be used.
    pub async fn connect(settings: &NatsSettings) -> Result<Self, NatsFault> {
        let (sender, connections) = watch::channel(0);
        let mut options = ConnectOptions::new()
            .name("marbelle")
            .custom_inbox_prefix(format!("{ROOT}.reply"))
            .no_echo()
            // Discovered servers come without the scheme and the host names of the configured ones.
            .ignore_discovered_servers()
            .retry_on_initial_connect()
            .reconnect_delay_callback(wait_before)
            .reconnect_to_server_callback(|servers, _| {
                tell_why_none(&servers);
                async { None }
            })
            .connection_timeout(CONNECT_LIMIT)
            .ping_interval(PING_INTERVAL)
            .subscription_capacity(WAITING)
            .event_callback(move |event| {
                observe(&event, &sender);
                async {}
            });
        options = match &settings.sign_in {
            NatsSignIn::Nobody => options,
            NatsSignIn::Password(user, password) => {
                options.user_and_password(user.clone(), password.expose_secret().to_owned())
            }
            NatsSignIn::Token(token) => options.token(token.expose_secret().to_owned()),
            NatsSignIn::Credentials(path) => options.credentials_file(path).await.map_err(NatsFault::Credentials)?,
        };
        if let Some(path) = &settings.authorities {
            options = options.add_root_certificates(path.clone());
        }
        if let Some((chain, key)) = &settings.identity {
            options = options.add_client_certificate(chain.clone(), key.clone());
        }
        let servers = settings.servers.iter().cloned().map(ServerAddr::from_url);
        let servers: Vec<_> = servers.collect::<Result<_, _>>().map_err(NatsFault::Url)?;
        let client = options.connect(servers).await?;
        Ok(Self { client, first: connections.clone(), connections: Mutex::new(connections) })
    }

    /// A stream of these servers.
    pub fn jetstream(&self, stream: &str) -> JetStream {
        JetStream::new(self.client.clone(), stream.to_owned())
    }

    /// Publishes a commit if there is room for it right now.
    pub(super) fn announce(&self, committed: Committed) {
        self.publish(subject(committed.user), message(committed));
    }

    /// Publishes a message if there is room for it right now.
    pub(super) fn publish(&self, subject: impl Into<String>, message: String) {
        if !self.is_connected() {
            return;
        }
        let subject = subject.into();
        let publishing = self.client.publish(subject.clone(), message.into());
        // Not subject to tokio's budget: only a full queue may keep it from completing at once.
        if !matches!(unconstrained(publishing).now_or_never(), Some(Ok(()))) {
            tracing::debug!(subject, "the bus is too busy; the sweep helps out");
        }
    }

    /// Subscribes to a subject.
    pub(super) async fn listen_to(&self, subject: String) -> Wakeups {
        let mut wakeups = Wakeups { client: self.client.clone(), subject, subscriber: None };
        if self.is_connected() {
            let listening = async {
                wakeups.subscribe().await;
                self.round_trip().await
            };
            if !matches!(timeout(LISTEN_LIMIT, listening).await, Ok(Ok(()))) {
                tracing::debug!(
                    subject = wakeups.subject,
                    "the bus has not confirmed the subscription; the sweep helps out"
                );
            }
        }
        wakeups
    }

    pub(super) async fn ping(&self) -> Result<(), BusDown> {
        if !self.is_connected() {
            return Err(BusDown);
        }
        timeout(PING_LIMIT, self.round_trip()).await.unwrap_or(Err(BusDown))
    }

    pub(super) async fn connected(&self) {
        let mut connections = self.first.clone();
        let connected = connections.wait_for(|count| *count > 0);
        if timeout(PING_LIMIT, connected).await.is_err() {
            tracing::debug!("the bus is not connected yet");
        }
    }

    pub(super) async fn reconnected(&self) {
        let mut connections = self.connections.lock().await;
        if connections.changed().await.is_err() {
            // The client has ended, as at the end of the process.
            pending::<()>().await;
        }
        // The client subscribes again before it sends anything else.
        if self.ping().await.is_err() {
            tracing::debug!("the bus is connected but does not answer");
        }
    }

    pub(super) async fn flush(&self) {
        if self.ping().await.is_err() {
            tracing::debug!("the bus has not taken the last announcements; the sweeps of other nodes find them");
        }
    }

    fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// Awaits that the server has processed everything sent before: it works through a connection's messages in order. It
    /// answers a request to a subject without listeners by itself.
    async fn round_trip(&self) -> Result<(), BusDown> {
        match self.client.send_request(NOBODY, Request::new().timeout(None)).await {
            Err(error) if error.kind() == RequestErrorKind::NoResponders => Ok(()),
            Ok(_) => Ok(()),
            Err(_) => Err(BusDown),
        }
    }
}

impl Wakeups {
    pub(super) async fn next_commit(&mut self) -> (i64, i64) {
        loop {
            if let Some(reached) = parse(&self.next().await) {
                return reached;
            }
        }
    }

    pub(super) async fn next(&mut self) -> Bytes {
        loop {
            if self.subscriber.is_none() {
                self.subscribe().await;
            }
            match &mut self.subscriber {
                Some(subscriber) => match subscriber.next().await {
                    Some(message) => return message.payload,
                    None => pending().await,
                },
                None => pending().await,
            }
        }
    }

    /// Fails only when the client has ended, as at the end of the process.
    async fn subscribe(&mut self) {
        self.subscriber = self.client.subscribe(self.subject.clone()).await.ok();
    }
}

pub(super) fn subject(user: UserId) -> String {
    format!("{ROOT}.user.{user}")
}

/// The message that announces a commit.
fn message(Committed { revision, credentials_version, .. }: Committed) -> String {
    format!("{revision} {credentials_version}")
}

/// The revision and the version of the credentials in a message, if it is valid.
fn parse(payload: &[u8]) -> Option<(i64, i64)> {
    let (revision, version) = std::str::from_utf8(payload).ok()?.split_once(' ')?;
    let number = |text: &str| text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    Some((number(revision)?, number(version)?))
}

/// A random wait below a limit that doubles, so that nodes which lost their server together do not return together.
fn wait_before(attempt: usize) -> Duration {
    if attempt <= 1 {
        return Duration::ZERO;
    }
    let doublings = u32::try_from(attempt.min(16)).unwrap_or(16);
    let longest = Duration::from_millis(10).saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_RETRY);
    rand::rng().random_range(longest / 4..=longest)
}

/// Logs the last failure of each server once all of them have failed.
fn tell_why_none(servers: &[Server]) {
    if servers.iter().all(|server| server.failed_attempts > 0) {
        let reason = |server: &Server| format!("{server}: {}", server.last_error.as_deref().unwrap_or("unknown"));
        let reasons = servers.iter().map(reason).collect::<Vec<_>>().join("; ");
        tracing::warn!(reasons, "the bus cannot be reached");
    }
}

fn observe(event: &Event, connections: &watch::Sender<u64>) {
    match event {
        Event::Connected => {
            meters().bus_connected.set(1.0);
            tracing::info!("the bus is connected");
            connections.send_modify(|count| *count += 1);
        }
        Event::Disconnected => {
            meters().bus_connected.set(0.0);
            tracing::warn!("the bus is disconnected; until it is back, the sweep finds new entries");
        }
        // The cause is logged when every server has been tried.
        Event::ClientError(error) => tracing::debug!(%error, "the bus cannot be reached"),
        Event::ServerError(error) => tracing::warn!(%error, "the bus reported an error"),
        Event::SlowConsumer(_) => tracing::debug!("a follower gets wake-ups faster than it takes them"),
        Event::LameDuckMode | Event::Draining | Event::Closed => tracing::info!(%event, "the state of the bus changed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_messages_are_ignored() {
        assert_eq!(parse(b"0 0"), Some((0, 0)));
        assert_eq!(parse(b"9223372036854775807 2"), Some((i64::MAX, 2)));
        for other in
            [&b""[..], b"1", b"-1 0", b"+1 0", b" 1 0", b"1.0 0", b"9223372036854775808 0", b"\xff\xfe", b"{} {}"]
        {
            assert_eq!(parse(other), None, "{other:?}");
        }
    }

    #[test]
    fn retries_begin_at_once_and_back_off() {
        assert_eq!(wait_before(1), Duration::ZERO);
        for attempt in 2..100 {
            let wait = wait_before(attempt);
            assert!(wait >= Duration::from_millis(10) && wait <= LONGEST_RETRY, "{attempt}: {wait:?}");
        }
        assert!(wait_before(usize::MAX) >= LONGEST_RETRY / 4);
    }
}

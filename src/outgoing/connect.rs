//! Connections to checked addresses.

use super::{failure::Failure, public_address::is_public};
use futures_util::{StreamExt, stream::FuturesUnordered};
use std::{
    io,
    net::{SocketAddr, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpStream, sync::Semaphore, task::spawn_blocking, time::sleep};
use url::{Host, Url};

/// Concurrent look-ups. The system's resolver blocks a thread for each, and a name server that does not answer holds it
/// for longer than the caller waits.
const LOOK_UPS: usize = 32;

/// The number of addresses of a host that are tried: both families, and a spare of each.
const ATTEMPTS: usize = 4;

/// The head start of an address before the next is tried as well (RFC 8305 §5).
const HEAD_START: Duration = Duration::from_millis(250);

/// The allowed hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// Hosts with only public addresses: for URLs that others than the operator chose.
    Public,
    /// Any host.
    Any,
}

/// Looks up the addresses of a host; blocks.
type Resolve = dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// Looks up hosts and connects to them.
pub struct Connector {
    resolve: Arc<Resolve>,
    look_ups: Arc<Semaphore>,
}

impl Connector {
    /// Uses the system's resolver.
    pub fn system() -> Self {
        Self::by(|host, port| Ok((host, port).to_socket_addrs()?.collect()))
    }

    /// Uses another resolver.
    pub fn by(resolve: impl Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static) -> Self {
        Self { resolve: Arc::new(resolve), look_ups: Arc::new(Semaphore::new(LOOK_UPS)) }
    }

    /// Connects to the URL's host. The name is looked up once, and the connection is made to a checked address, so that
    /// changing the DNS record after the check gains nothing.
    pub async fn connect(&self, url: &Url, targets: Targets) -> Result<TcpStream, Failure> {
        let host = url.host().ok_or(Failure::Url("has no host"))?;
        let port = url.port_or_known_default().ok_or(Failure::Url("has no port"))?;
        let addresses = match host {
            Host::Ipv4(address) => vec![(address, port).into()],
            Host::Ipv6(address) => vec![(address, port).into()],
            Host::Domain(name) => self.look_up(name, port).await?,
        };
        // One such address is reason enough: no legitimate name has addresses of both kinds.
        let special = addresses.iter().find(|address| !is_public(address.ip()));
        if let (Targets::Public, Some(special)) = (targets, special) {
            return Err(Failure::NotPublic { host: host.to_string(), address: special.ip() });
        }
        first_to_accept(in_turns(addresses)).await
    }

    async fn look_up(&self, name: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
        let failure = |cause| Failure::LookUp { host: name.to_owned(), cause };
        let permit = Arc::clone(&self.look_ups).acquire_owned().await.map_err(|e| failure(io::Error::other(e)))?;
        let (resolve, host) = (Arc::clone(&self.resolve), name.to_owned());
        let found = spawn_blocking(move || {
            // Held until the thread is free, which may be after the caller has gone.
            let _permit = permit;
            resolve(&host, port)
        });
        let found = found.await.map_err(|cause| failure(io::Error::other(cause)))?.map_err(failure)?;
        if found.is_empty() { Err(failure(io::ErrorKind::NotFound.into())) } else { Ok(found) }
    }
}

/// Alternates the families, beginning with the resolver's first choice (RFC 8305 §4).
fn in_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut those, mut others): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|a| a.is_ipv6() == first);
    let mut turns = Vec::new();
    those.reverse();
    others.reverse();
    while turns.len() < ATTEMPTS && !(those.is_empty() && others.is_empty()) {
        turns.extend(those.pop());
        turns.extend(others.pop());
    }
    turns.truncate(ATTEMPTS);
    turns
}

/// Returns the first connection that is accepted. Each address has a head start over the next.
async fn first_to_accept(addresses: Vec<SocketAddr>) -> Result<TcpStream, Failure> {
    let mut untried = addresses.into_iter();
    let mut attempts = FuturesUnordered::new();
    let mut refusal = io::Error::from(io::ErrorKind::NotFound);
    loop {
        match untried.next() {
            Some(address) => attempts.push(TcpStream::connect(address)),
            None if attempts.is_empty() => return Err(Failure::Connect(refusal)),
            None => {}
        }
        tokio::select! {
            Some(outcome) = attempts.next() => match outcome {
                Ok(connection) => return Ok(connection),
                Err(cause) => refusal = cause,
            },
            () = sleep(HEAD_START), if untried.len() > 0 => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let addresses = |text: &str| text.split(' ').map(|a| a.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let turns = in_turns(addresses("[::1]:1 [::2]:1 [::3]:1 [::4]:1 1.1.1.1:1"));
        assert_eq!(turns, addresses("[::1]:1 1.1.1.1:1 [::2]:1 [::3]:1"));
        assert_eq!(in_turns(addresses("1.1.1.1:1")), addresses("1.1.1.1:1"));
    }
}

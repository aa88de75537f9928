//! How many WebSockets each client address has open.

use crate::domain::network::network;
use dashmap::{DashMap, Entry};
use std::{net::IpAddr, sync::Arc};

/// Counts open WebSockets by client address.
#[derive(Clone, Debug)]
pub struct OpenSockets {
    counts: Arc<DashMap<IpAddr, usize>>,
    limit: usize,
}

/// One open WebSocket; it counts until this is dropped.
#[derive(Debug)]
pub struct OpenSocket {
    counts: Arc<DashMap<IpAddr, usize>>,
    network: IpAddr,
}

impl OpenSockets {
    /// At most `limit` an address.
    pub fn new(limit: usize) -> Self {
        Self { counts: Arc::default(), limit }
    }

    /// Counts one more; `None` if the address has as many as it may.
    pub fn open(&self, peer: IpAddr) -> Option<OpenSocket> {
        let network = network(peer);
        let mut count = self.counts.entry(network).or_insert(0);
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(OpenSocket { counts: self.counts.clone(), network })
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.counts.entry(self.network) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_limit_and_gets_its_places_back() {
        let sockets = OpenSockets::new(2);
        let (ann, bob) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let (first, _second) = (sockets.open(ann).unwrap(), sockets.open(ann).unwrap());
        assert!(sockets.open(ann).is_none());
        assert!(sockets.open(bob).is_some());
        drop(first);
        assert!(sockets.open(ann).is_some());
        assert_eq!(sockets.counts.len(), 1, "an address without sockets is forgotten");
    }
}

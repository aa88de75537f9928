//! The number of open connections, or of WebSockets, of each client address.

use crate::domain::network::{network, site};
use dashmap::{DashMap, Entry};
use std::{net::IpAddr, sync::Arc};

/// The limit of a site, as a multiple of the limit of one of its networks.
const NETWORKS_OF_A_SITE: usize = 10;

/// Counts open connections by client network, and by the site that the network is part of.
#[derive(Clone, Debug)]
pub struct OpenConnections {
    networks: Counts,
    sites: Counts,
}

/// An open connection; it counts until this is dropped.
#[derive(Debug)]
pub struct OpenConnection {
    _network: Counted,
    _site: Option<Counted>,
}

#[derive(Clone, Debug)]
struct Counts {
    counts: Arc<DashMap<IpAddr, usize>>,
    limit: usize,
}

#[derive(Debug)]
struct Counted {
    counts: Arc<DashMap<IpAddr, usize>>,
    key: IpAddr,
}

impl OpenConnections {
    /// Allows `limit` connections per network.
    pub fn new(limit: usize) -> Self {
        let counts = |limit| Counts { counts: Arc::default(), limit };
        Self { networks: counts(limit), sites: counts(limit.saturating_mul(NETWORKS_OF_A_SITE)) }
    }

    /// Counts one more; `None` if the address has reached its limit.
    pub fn open(&self, client: IpAddr) -> Option<OpenConnection> {
        let counted = self.networks.add(network(client))?;
        let site = match site(client) {
            Some(site) => Some(self.sites.add(site)?),
            None => None,
        };
        Some(OpenConnection { _network: counted, _site: site })
    }
}

impl Counts {
    fn add(&self, key: IpAddr) -> Option<Counted> {
        let mut count = self.counts.entry(key).or_insert(0);
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(Counted { counts: self.counts.clone(), key })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.counts.entry(self.key) {
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
        let open = OpenConnections::new(2);
        let (ann, bob) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let (first, _second) = (open.open(ann).unwrap(), open.open(ann).unwrap());
        assert!(open.open(ann).is_none());
        assert!(open.open(bob).is_some());
        drop(first);
        assert!(open.open(ann).is_some());
        assert_eq!(open.networks.counts.len(), 1, "an address without connections is forgotten");
    }

    #[test]
    fn a_site_has_ten_times_as_many_however_many_networks_it_has() {
        let open = OpenConnections::new(2);
        let client = |network: u16| IpAddr::from([0x2001, 0xdb8, 7, network, 0, 0, 0, 1]);
        let held: Vec<_> = (0..100).filter_map(|network| open.open(client(network))).collect();
        assert_eq!(held.len(), 20);
        drop(held);
        assert!(open.networks.counts.is_empty() && open.sites.counts.is_empty());
    }
}

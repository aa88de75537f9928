//! The number of connections that the process may hold open: each takes a file descriptor.

use crate::limits::SOCKETS;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that are not for clients: of the database, mail, the bus, files and logs, and of a connection that is
/// accepted only to be closed.
const KEPT_BACK: usize = 128;
/// The operator is warned below this number of connections: the account pages of one busy shop need more.
const FEW: usize = 4096;

/// Raises the process's soft limit on open files to the hard limit, and returns how many connections there is room for.
pub fn places() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // If this fails, the present limit stays in force.
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    let files = if raised { maximum } else { current };
    let places = room(files);
    if places < FEW {
        tracing::warn!(
            open_files = files,
            connections = places,
            "few connections fit: raise the limit of open files (`ulimit -Hn`, LimitNOFILE of a systemd unit)"
        );
    }
    places
}

/// The number of connections that fit into this many open files; `None` means no limit.
fn room(files: Option<u64>) -> usize {
    let files = files.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    // With hardly any descriptors, half of them are for clients.
    (files - KEPT_BACK.min(files / 2)).min(SOCKETS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_descriptors_are_reserved() {
        assert_eq!(room(Some(1024)), 1024 - KEPT_BACK);
        assert_eq!(room(Some(100)), 50);
        assert_eq!(room(Some(0)), 0);
        assert_eq!(room(Some(1 << 30)), SOCKETS);
        assert_eq!(room(None), SOCKETS);
    }
}

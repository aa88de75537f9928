//! How many connections the process may hold open: each takes a file descriptor.

use crate::limits::SOCKETS;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that no client gets: of the database, of mail and bus, of files and logs, and of the connection that is
/// accepted only to be closed.
const KEPT_BACK: usize = 128;
/// With fewer connections than this the operator is warned: an account page of one busy shop needs more.
const FEW: usize = 4096;

/// Raises the process's soft limit on open files as far as it may, and says how many connections there is room for.
pub fn places() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // Nothing is lost if it stays.
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

/// Connections that fit beside what is kept back, with so many open files; `None` is no limit.
fn room(files: Option<u64>) -> usize {
    let files = files.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    // With hardly any the process had better have half of them than none.
    (files - KEPT_BACK.min(files / 2)).min(SOCKETS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_descriptors_are_kept_back() {
        assert_eq!(room(Some(1024)), 1024 - KEPT_BACK);
        assert_eq!(room(Some(100)), 50);
        assert_eq!(room(Some(0)), 0);
        assert_eq!(room(Some(1 << 30)), SOCKETS);
        assert_eq!(room(None), SOCKETS);
    }
}

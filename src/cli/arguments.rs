//! Parsing of related arguments: all their faults are reported at once.

use crate::domain::fault::{Fault, Faults};

/// A value, or its faults among those of the others.
pub(super) fn take<T>(faults: &mut Faults, name: &'static str, parsed: Result<T, Vec<Fault>>) -> Option<T> {
    parsed.map_err(|broken| broken.into_iter().for_each(|fault| faults.add(name, fault))).ok()
}

/// The same for an optional argument.
pub(super) fn maybe<T>(
    faults: &mut Faults,
    name: &'static str,
    raw: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, Vec<Fault>>,
) -> Option<T> {
    raw.and_then(|raw| take(faults, name, parse(raw)))
}

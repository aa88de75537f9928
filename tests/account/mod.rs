//! One's own data: exporting and deleting it.

mod deletion;
mod export;
mod privacy;
mod traces;

//! What is a person's own: reading all of it, and deleting it.

mod deletion;
mod export;
mod privacy;
mod traces;

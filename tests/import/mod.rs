//! Imports from other systems.

mod again;
mod backup;
mod django;
mod jsonl;
mod people;
mod source;
mod work;

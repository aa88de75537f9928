//! Taking over from another system.

mod again;
mod backup;
mod django;
mod jsonl;
mod people;
mod source;
mod work;

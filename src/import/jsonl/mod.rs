//! `marbelle import jsonl` and `export jsonl`: every account as one line of JSON, by the schema in
//! `docs/accounts.schema.json`. Each reads what the other writes.

mod passkeys;
mod providers;
mod read;
mod record;
mod sign_in_methods;
mod write;

pub use read::import;
pub use record::schema;
pub use write::export;

//! placeholder until merged
pub enum Database {
    Sqlite(std::path::PathBuf),
    Postgres(secrecy::SecretString),
}

//! Backups of an SQLite database in use.

use super::{Backend, Store};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Why the backup failed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// PostgreSQL has its own tools.
    #[error("the database is PostgreSQL: use pg_dump or pg_basebackup")]
    NotSqlite,
    /// The file exists already.
    #[error("{0} exists already, and a backup does not replace files")]
    Exists(PathBuf),
    /// The file could not be created.
    #[error("{0} could not be written")]
    File(PathBuf, #[source] io::Error),
    /// The database could not be copied.
    #[error("the database could not be copied")]
    Copy(#[source] sqlx::Error),
    /// The copy is damaged.
    #[error("the copy is damaged: {0}")]
    Damaged(String),
}

impl Store {
    /// Writes a consistent copy to a new file that only its owner can read; returns its size in bytes. Writers are not
    /// blocked. The file gets its name once its integrity is checked and it is synced to the disk.
    ///
    /// # Errors
    /// [`BackupError`]; there is no file then.
    pub async fn backup(&self, path: &Path) -> Result<u64, BackupError> {
        let Backend::Sqlite { read, .. } = &self.backend else { return Err(BackupError::NotSqlite) };
        if path.symlink_metadata().is_ok() {
            return Err(BackupError::Exists(path.to_owned()));
        }
        let unfinished = Unfinished::beside(path)?;
        let mut lease = read.acquire().await.map_err(BackupError::Copy)?;
        // SQLite accepts an empty file and keeps its permissions.
        let into = unfinished.0.display().to_string();
        let copied = sqlx::query("VACUUM INTO $1").bind(into).execute(&mut *lease).await;
        lease.give_back(copied).map_err(BackupError::Copy)?;
        check(&unfinished.0).await?;
        unfinished.named(path)
    }
}

/// The copy before it gets its name; deleted when dropped.
struct Unfinished(PathBuf);

impl Unfinished {
    fn beside(path: &Path) -> Result<Self, BackupError> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let path = path.with_file_name(name);
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        made.map_err(|error| BackupError::File(path.clone(), error))?;
        Ok(Self(path))
    }

    /// Gives it its name, unless another file has got that in the meantime.
    fn named(self, path: &Path) -> Result<u64, BackupError> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists(path.to_owned()),
            _ => BackupError::File(path.to_owned(), error),
        };
        let file = File::open(&self.0).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        fs::hard_link(&self.0, path).map_err(failed)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(file.metadata().map_err(failed)?.len())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

async fn check(path: &Path) -> Result<(), BackupError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut copy = SqliteConnection::connect_with(&options).await.map_err(BackupError::Copy)?;
    let problems: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut copy).await.map_err(BackupError::Copy)?;
    copy.close().await.map_err(BackupError::Copy)?;
    if problems == ["ok"] { Ok(()) } else { Err(BackupError::Damaged(problems.join("; "))) }
}

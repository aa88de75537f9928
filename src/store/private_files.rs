//! SQLite's files are their owner's alone.

use std::{
    ffi::OsString,
    fs::{self, OpenOptions, Permissions},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

const OWNER_ALONE: u32 = 0o600;

/// Makes the database's file if there is none, so that only its owner may read it. SQLite makes its log and its
/// index with the same permissions. Files that others may read, such as a copy that was put back, are closed to them.
pub(super) fn close_to_others(database: &Path) {
    // One that is there is not opened: closing it would give up the locks that this process holds on it. What cannot
    // be made, SQLite cannot open, and says why.
    let _ = OpenOptions::new().write(true).create_new(true).mode(OWNER_ALONE).open(database);
    for suffix in ["", "-wal", "-shm"] {
        let mut name = OsString::from(database);
        name.push(suffix);
        let path = PathBuf::from(name);
        let Ok(metadata) = fs::metadata(&path) else { continue };
        if !metadata.is_file() || metadata.permissions().mode() & 0o077 == 0 {
            continue;
        }
        match fs::set_permissions(&path, Permissions::from_mode(OWNER_ALONE)) {
            Ok(()) => tracing::warn!(file = %path.display(), "others could read this file; now only its owner can"),
            Err(error) => tracing::warn!(file = %path.display(), %error, "others can read this file"),
        }
    }
}

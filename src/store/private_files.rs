//! Makes SQLite's files readable by their owner only.

use std::{
    ffi::OsString,
    fs::{self, OpenOptions, Permissions},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

const OWNER_ALONE: u32 = 0o600;

/// Creates the database's file if it does not exist, so that only its owner can read it. SQLite creates its log and its
/// index with the same permissions. Existing files that others can read, such as a restored copy, get these
/// permissions.
pub(super) fn close_to_others(database: &Path) {
    // An existing file is not opened: closing it would release the locks that this process holds on it. If it cannot be
    // created, SQLite cannot open it either, and reports why.
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

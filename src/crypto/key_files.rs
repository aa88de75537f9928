//! Keys given as a value or as the path of a file, and the files in which a development node keeps its own.

use secrecy::SecretString;
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};
use uuid::Uuid;

/// Whether the value of a key setting is the key itself; otherwise it is a path. No realistic path begins with the
/// dashes of PEM.
pub(crate) fn is_pem(value: &str) -> bool {
    value.trim_start().starts_with("-----BEGIN")
}

/// Whether the value of a token secret names a file: it begins with `.`, or with `/` and an existing name in the root
/// folder. One base64 text in 64 begins with `/` as well, but hardly ever with such a name. Testing only whether the
/// whole path exists would turn a misspelt path into a guessable secret.
pub(crate) fn is_secret_path(value: &str) -> bool {
    let first = Path::new(value).components().nth(1);
    value.starts_with('.') || value.starts_with('/') && first.is_some_and(|name| Path::new("/").join(name).exists())
}

/// The PEM in a key setting's value, or in the file whose path it is.
pub(super) fn pem_or_file(value: &str) -> Result<SecretString, String> {
    if is_pem(value) {
        // Environment files hold one line per variable, so PEM is commonly written with `
        // ` in them.
        return Ok(value.replace("\\n", "\n").into());
    }
    fs::read_to_string(value)
        .map(SecretString::from)
        .map_err(|error| format!("is not PEM, so it is taken for the path of a file, which cannot be read: {error}"))
}

/// The base64 text in a token secret's value, or in the file whose path it is.
pub(super) fn text_or_file(value: &str) -> Result<SecretString, String> {
    if !is_secret_path(value) {
        return Ok(value.into());
    }
    fs::read_to_string(value)
        .map(SecretString::from)
        .map_err(|error| format!("is taken for the path of a file, which cannot be read: {error}"))
}

/// The text of a file; `None` if there is no such file.
pub(super) fn read_if_there(path: &Path) -> io::Result<Option<SecretString>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes `text` to a new file `name` in `dir`, readable by its owner only, unless the file exists; returns the content
/// of the file.
///
/// The file appears with its content or not at all, and if two processes start at once, one creates it and both return
/// the same content: a hard link does not replace an existing file, as a rename would.
pub(super) fn keep(dir: &Path, name: &str, text: &str) -> io::Result<SecretString> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let path = dir.join(name);
    let draft = dir.join(format!(".{name}.{}", Uuid::new_v4()));
    let made = write_new(&draft, text).and_then(|()| match fs::hard_link(&draft, &path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        done => done,
    });
    let cleared = fs::remove_file(&draft);
    made.and(cleared)?;
    File::open(dir)?.sync_all()?;
    Ok(fs::read_to_string(&path)?.into())
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

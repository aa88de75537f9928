//! Keys given in place or as the path of a file, and the files that a development node keeps of its own.

use secrecy::SecretString;
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};
use uuid::Uuid;

/// Whether a key setting's value is the key itself; otherwise it is a path. The dashes of PEM cannot begin
/// a path that anybody uses.
pub(crate) fn is_pem(value: &str) -> bool {
    value.trim_start().starts_with("-----BEGIN")
}

/// Whether a token secret's value names a file: it begins with `.`, or with a `/` and a name that there is
/// at the root. One base64 text in 64 begins with a `/` as well, but hardly ever with such a name; and to
/// ask only whether the whole path exists would make a misspelt one a guessable secret.
pub(crate) fn is_secret_path(value: &str) -> bool {
    let first = Path::new(value).components().nth(1);
    value.starts_with('.') || value.starts_with('/') && first.is_some_and(|name| Path::new("/").join(name).exists())
}

/// The PEM that a key setting's value is, or that of the file whose path it is.
pub(super) fn pem_or_file(value: &str) -> Result<SecretString, String> {
    if is_pem(value) {
        // Environment files hold one line a variable; `\n` is how PEM is commonly squeezed into them.
        return Ok(value.replace("\\n", "\n").into());
    }
    fs::read_to_string(value)
        .map(SecretString::from)
        .map_err(|error| format!("is not PEM, so it is taken for the path of a file, which cannot be read: {error}"))
}

/// The base64 text that a token secret's value is, or that of the file whose path it is.
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

/// Writes `text` to a new file `name` in `dir`, readable by its owner alone, unless there is one; answers
/// what the file holds then.
///
/// The file appears with its content or not at all, and of two processes that start at once one makes it
/// and both answer the same: a hard link does not replace what is there, as a rename would.
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

//! Old and new ids, for tables of other systems that refer to users and addresses.

use super::Error;
use std::{
    fmt::Display,
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

/// A CSV file with the columns `table`, `old_id` and `new_id`.
pub(super) struct Mapping {
    file: Option<(PathBuf, BufWriter<File>)>,
}

impl Mapping {
    /// Writes to this file, or to none.
    pub(super) fn to(path: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = path else { return Ok(Self { file: None }) };
        let mut file = BufWriter::new(File::create(path).map_err(Error::file(path))?);
        writeln!(file, "table,old_id,new_id").map_err(Error::file(path))?;
        Ok(Self { file: Some((path.to_owned(), file)) })
    }

    /// Writes the ids of some rows.
    pub(super) fn add<T: Display>(&mut self, table: &str, ids: &[(i64, T)]) -> Result<(), Error> {
        self.write(|file| ids.iter().try_for_each(|(old, new)| writeln!(file, "{table},{old},{new}")))
    }

    /// Flushes the file.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.write(Write::flush)
    }

    fn write(&mut self, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), Error> {
        match &mut self.file {
            None => Ok(()),
            Some((path, file)) => write(file).map_err(Error::file(path)),
        }
    }
}

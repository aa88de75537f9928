//! The report about rows that do not fit unchanged: a JSON Lines file for programs, and a summary by kind for people.

use super::Error;
use schemars::JsonSchema;
use serde::Serialize;
use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    fs::OpenOptions,
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// What was done with a row, or with a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The row was not imported.
    KeptOut,
    /// A text was shortened.
    Shortened,
    /// An optional value was dropped.
    Cleared,
    /// A label got a number.
    Renamed,
    /// A value was replaced.
    Replaced,
    /// The account exists, and a part of it differs in the source.
    Differs,
    /// The value was imported unchanged, and may be of interest.
    Noted,
}

impl Action {
    fn text(self) -> &'static str {
        match self {
            Self::KeptOut => "kept out",
            Self::Shortened => "shortened",
            Self::Cleared => "cleared",
            Self::Renamed => "renamed",
            Self::Replaced => "replaced",
            Self::Differs => "differs",
            Self::Noted => "noted",
        }
    }
}

/// A line of the report. It identifies rows by their ids and quotes no values, which are personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Line {
    /// The table of the source; `accounts` for JSON Lines.
    pub table: &'static str,
    /// The row's id in the source; the number of the line, for JSON Lines.
    pub id: i64,
    /// What was done.
    pub action: Action,
    /// The column or field concerned; `null` for the whole row.
    pub field: Option<Cow<'static, str>>,
    /// The reason, in English.
    pub reason: Cow<'static, str>,
}

/// The numbers of rows by outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// By outcome, such as `accounts made`, in the order of the summary.
    counts: Vec<(&'static str, u64)>,
    lines: BTreeMap<(&'static str, Action, Cow<'static, str>), u64>,
}

impl Summary {
    /// Counts `rows` more.
    pub fn count(&mut self, what: &'static str, rows: u64) {
        match self.counts.iter_mut().find(|(name, _)| *name == what) {
            Some((_, count)) => *count += rows,
            None => self.counts.push((what, rows)),
        }
    }

    /// The number of rows with this outcome.
    pub fn counted(&self, what: &str) -> u64 {
        self.counts.iter().find(|(name, _)| *name == what).map_or(0, |(_, count)| *count)
    }

    /// Whether any row was kept out.
    pub fn anything_kept_out(&self) -> bool {
        self.lines.keys().any(|(_, action, _)| *action == Action::KeptOut)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, count) in &self.counts {
            writeln!(f, "{count:>10}  {what}")?;
        }
        for ((table, action, field), count) in &self.lines {
            let of = if field.is_empty() { "rows" } else { field };
            writeln!(f, "{count:>10}  {table}: {of} {}", action.text())?;
        }
        Ok(())
    }
}

/// Receives the lines of an import.
pub(super) struct Report {
    file: Option<(PathBuf, BufWriter<std::fs::File>)>,
    summary: Summary,
}

impl Report {
    /// Writes to this file, readable by its owner only, or to none.
    pub(super) fn to(path: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = path else { return Ok(Self { file: None, summary: Summary::default() }) };
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        let file = BufWriter::new(file.map_err(Error::file(path))?);
        Ok(Self { file: Some((path.to_owned(), file)), summary: Summary::default() })
    }

    /// Adds lines.
    pub(super) fn add(&mut self, lines: &[Line]) -> Result<(), Error> {
        for line in lines {
            let kind = (line.table, line.action, line.field.clone().unwrap_or_default());
            *self.summary.lines.entry(kind).or_default() += 1;
            if let Some((path, file)) = &mut self.file {
                let written = serde_json::to_writer(&mut *file, line).map_err(io::Error::from);
                written.and_then(|()| file.write_all(b"\n")).map_err(Error::file(path))?;
            }
        }
        Ok(())
    }

    /// Counts rows for the summary.
    pub(super) fn count(&mut self, what: &'static str, rows: usize) {
        self.summary.count(what, u64::try_from(rows).unwrap_or(u64::MAX));
    }

    /// Flushes the file; returns the summary.
    pub(super) fn finish(mut self) -> Result<Summary, Error> {
        if let Some((path, file)) = &mut self.file {
            file.flush().map_err(Error::file(path))?;
        }
        Ok(self.summary)
    }
}

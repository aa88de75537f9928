//! What an import says of the rows that do not fit as they are: a JSON Lines file for programs, and a summary by kind
//! for people.

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

/// What was done with a row, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The row did not come.
    KeptOut,
    /// A text came without its end.
    Shortened,
    /// An optional value did not come.
    Cleared,
    /// A label came with a number behind it.
    Renamed,
    /// Another value came.
    Replaced,
    /// The account is here, and something of it is another there.
    Differs,
    /// It came as it is, and somebody may want to know.
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

/// A line of the report. It names rows by their ids and repeats no value: what is in them is personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Line {
    /// The source's table; `accounts` for JSON Lines.
    pub table: &'static str,
    /// The row's id there; the number of the line, for JSON Lines.
    pub id: i64,
    /// What was done.
    pub action: Action,
    /// The column or field that it was about; `null` for the whole row.
    pub field: Option<Cow<'static, str>>,
    /// Why, in English.
    pub reason: Cow<'static, str>,
}

/// How many rows came to what end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// By what became of them, such as `accounts made`, in the order in which they are told.
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

    /// How often this was counted.
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

/// Takes the lines of an import.
pub(super) struct Report {
    file: Option<(PathBuf, BufWriter<std::fs::File>)>,
    summary: Summary,
}

impl Report {
    /// Writes to this file, readable by its owner alone, or to none.
    pub(super) fn to(path: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = path else { return Ok(Self { file: None, summary: Summary::default() }) };
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        let file = BufWriter::new(file.map_err(Error::file(path))?);
        Ok(Self { file: Some((path.to_owned(), file)), summary: Summary::default() })
    }

    /// Takes lines down.
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

    /// Writes what is not written yet; the summary.
    pub(super) fn finish(mut self) -> Result<Summary, Error> {
        if let Some((path, file)) = &mut self.file {
            file.flush().map_err(Error::file(path))?;
        }
        Ok(self.summary)
    }
}

//! The output of commands on data: a table for people, JSON for programs.

use clap::Args;
use serde::Serialize;
use std::io::{self, Write};

/// The format of the output.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Output {
    /// Print JSON, for programs.
    #[arg(long)]
    json: bool,
}

/// Rows under a heading.
pub(super) struct Table<const COLUMNS: usize> {
    heading: [&'static str; COLUMNS],
    rows: Vec<[String; COLUMNS]>,
}

/// Named values, one per line.
pub(super) struct Fields(pub(super) Vec<(&'static str, String)>);

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// A table of these rows.
    pub(super) fn new(heading: [&'static str; COLUMNS], rows: impl IntoIterator<Item = [String; COLUMNS]>) -> Self {
        Self { heading, rows: rows.into_iter().collect() }
    }
}

impl<const COLUMNS: usize> std::fmt::Display for Table<COLUMNS> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let heading = self.heading.map(str::to_owned);
        let lines = || std::iter::once(&heading).chain(&self.rows);
        let widths: [usize; COLUMNS] =
            std::array::from_fn(|i| lines().map(|line| line[i].chars().count()).max().unwrap_or_default());
        for line in lines() {
            let cells: Vec<String> = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            writeln!(f, "{}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        self.0.iter().try_for_each(|(name, value)| writeln!(f, "{name:width$}  {value}"))
    }
}

impl Output {
    /// Prints `value` as JSON, or as the table that `table` builds from it.
    pub(super) fn print<T: Serialize, D: std::fmt::Display>(
        self,
        value: &T,
        table: impl FnOnce(&T) -> D,
    ) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.json {
            serde_json::to_writer_pretty(&mut out, value)?;
            return writeln!(out);
        }
        write!(out, "{}", table(value))
    }

    /// Whether it prints JSON.
    pub(super) fn is_json(self) -> bool {
        self.json
    }
}

/// A value that may be missing.
pub(super) fn or_dash(value: Option<impl std::fmt::Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let row = |name: &str, n: u32| [name.to_owned(), n.to_string()];
        let table = Table::new(["NAME", "N"], [row("Zoë", 1), row("Bartholomew", 22)]);
        assert_eq!(table.to_string(), "NAME         N\nZoë          1\nBartholomew  22\n");
        let fields = Fields(vec![("Id", "1".to_owned()), ("Name", "Zoë".to_owned())]);
        assert_eq!(fields.to_string(), "Id    1\nName  Zoë\n");
    }
}

//! Reads accounts from lines of JSON.

use super::record::{Record, unusable_hash};
use crate::{
    crypto::{
        password::{Argon2Settings, cost_of},
        sealed::Sealer,
    },
    domain::{
        fault::Faults,
        time::{Clock, Timestamp},
    },
    import::{
        Error, Options,
        addresses::settle,
        fit::Row,
        load::{Batch, Candidate, Loaded, Tables, load},
        mapping::Mapping,
        progress::Progress,
        report::{Action, Report, Summary},
    },
    store::{Receivers, Store},
};
use std::{collections::HashSet, path::Path};
use tokio::{
    fs::File,
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
};

const TABLES: Tables = Tables { users: "accounts", addresses: "addresses" };

/// The longest accepted line, in bytes. A thousand of the longest addresses take 6 MiB.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;

/// Imports the accounts of a file that do not exist yet, and reports those that cannot be imported.
///
/// # Errors
/// [`Error`]; the earlier batches are imported then, and the same call continues after them.
pub async fn import(
    store: &Store,
    sealer: &Sealer,
    path: &Path,
    options: &Options,
    clock: &Clock,
) -> Result<Summary, Error> {
    let mut report = Report::to(options.report.as_deref())?;
    let mut mapping = Mapping::to(options.map.as_deref())?;
    let file = File::open(path).await.map_err(Error::file(path))?;
    let size = file.metadata().await.map_err(Error::file(path))?.len();
    let mut lines = BufReader::new(file);
    let mut progress = Progress::of("bytes", size);
    let receivers = Receivers::new(options.stream);
    let (mut number, mut at_end) = (0, false);
    while !at_end {
        let mut batch = Batch::default();
        let mut bytes = 0;
        for _ in 0..options.batch.get() {
            let mut line = Vec::new();
            let read = (&mut lines).take(LONGEST_LINE).read_until(b'\n', &mut line).await.map_err(Error::file(path))?;
            if read == 0 {
                at_end = true;
                break;
            }
            (number, bytes) = (number + 1, bytes + read);
            if !line.trim_ascii().is_empty() {
                read_line(&line, number, (options.argon2, sealer), clock.now(), &mut batch);
                report.count("accounts read", 1);
            }
        }
        let loaded = load(store, batch, &TABLES, options.dry_run, (&receivers, clock.now())).await?;
        mapping.add(TABLES.users, &loaded.users)?;
        take_down(&mut report, &loaded)?;
        progress.advance(bytes);
    }
    progress.finish();
    mapping.finish()?;
    report.finish()
}

fn take_down(report: &mut Report, loaded: &Loaded) -> Result<(), Error> {
    report.count("accounts made", loaded.accounts_made);
    report.count("of them disabled", loaded.accounts_disabled);
    report.count("addresses made", loaded.addresses_made);
    report.count("accounts here already", loaded.accounts_known);
    report.add(&loaded.lines)
}

fn read_line(line: &[u8], number: i64, (argon2, sealer): (Argon2Settings, &Sealer), now: Timestamp, batch: &mut Batch) {
    let mut row = Row::new(TABLES.users, number, &mut batch.lines);
    let record: Record = match serde_json::from_slice(line) {
        Ok(record) => record,
        // The parser's message may quote the line.
        Err(error) => {
            return row.report(Action::KeptOut, None, format!("not an account in JSON, column {}", error.column()));
        }
    };
    let (mut user, mut drafts) = match record.read(number, now, sealer) {
        Ok(read) => read,
        Err(faults) => return keep_out(&mut row, faults),
    };
    match user.password_hash.as_deref().map(|hash| cost_of(hash, argon2)).transpose() {
        Ok(cost) => user.imported_cost = cost.flatten().map(|cost| cost.to_string()),
        Err(unusable) => return keep_out(&mut row, Faults::one("password_hash", unusable_hash(unusable))),
    }
    settle(TABLES.addresses, &mut drafts, HashSet::new(), false, &mut batch.lines);
    batch.accounts.push(Candidate { row: number, user, addresses: drafts });
}

fn keep_out(row: &mut Row<'_>, faults: Faults) {
    for (field, faults) in faults {
        for fault in faults {
            row.report_field(Action::KeptOut, field.clone(), fault.message);
        }
    }
}

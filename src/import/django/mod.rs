//! `marbelle import django`: users and addresses of the Django application.

mod convert;
mod mailboxes;
mod source;

use super::{
    Error, Options,
    load::{Batch, Candidate, Loaded, Tables, load},
    mapping::Mapping,
    progress::Progress,
    report::{Report, Summary},
};
use crate::{
    domain::time::Clock,
    store::{Receivers, Store},
};
use convert::{ADDRESSES, Outcome, Person, Rules, USERS};
use mailboxes::Duplicates;
use source::{Source, UserRow};
use std::collections::{HashMap, HashSet};

const TABLES: Tables = Tables { users: USERS, addresses: ADDRESSES };

/// Imports the rows of the tables at `url` that do not exist here yet, and reports those that do not fit or differ.
///
/// # Errors
/// [`Error`]; the earlier batches are imported then, and the same call continues after them.
pub async fn import(store: &Store, url: &str, options: &Options, clock: &Clock) -> Result<Summary, Error> {
    let mut report = Report::to(options.report.as_deref())?;
    let mut mapping = Mapping::to(options.map.as_deref())?;
    let mut source = Source::open(url).await?;
    let mut progress = Progress::of("users", source.count_users().await?);
    let duplicates = Duplicates::find(&mut source).await?;
    let rules = Rules {
        now: clock.now(),
        argon2: options.argon2,
        max_addresses: options.max_addresses,
        duplicates: &duplicates,
    };
    let receivers = Receivers::new(options.stream);
    let mut after = i64::MIN;
    loop {
        let users = source.users(after, options.batch.get().into()).await?;
        let Some(last) = users.last().map(|user| user.id) else { break };
        let (read, batch) = (users.len(), convert(&rules, &mut source, users, after, last).await?);
        let loaded = load(store, batch, &TABLES, options.dry_run, (&receivers, clock.now())).await?;
        mapping.add(USERS, &loaded.users)?;
        mapping.add(ADDRESSES, &loaded.addresses)?;
        take_down(&mut report, read, &loaded)?;
        progress.advance(read);
        after = last;
    }
    source.close().await;
    progress.finish();
    mapping.finish()?;
    report.finish()
}

async fn convert(
    rules: &Rules<'_>,
    source: &mut Source,
    users: Vec<UserRow>,
    after: i64,
    last: i64,
) -> Result<Batch, Error> {
    let unverified: HashSet<i64> = source.unverified(after, last).await?.into_iter().collect();
    let mut addresses = HashMap::<_, Vec<_>>::new();
    for address in source.addresses(after, last).await? {
        addresses.entry(address.user_id).or_default().push(address);
    }
    let mut email_changes = HashMap::<_, Vec<_>>::new();
    for change in source.email_changes(after, last).await? {
        email_changes.entry(change.user_id).or_default().push(change);
    }
    let mut batch = Batch::default();
    for user in users {
        let row = user.id;
        let person = Person {
            addresses: addresses.remove(&row).unwrap_or_default(),
            email_changes: email_changes.remove(&row).unwrap_or_default(),
            asked_to_verify: unverified.contains(&row),
            user,
        };
        match rules.convert(&person, &mut batch.lines) {
            Outcome::Account(user, addresses) => batch.accounts.push(Candidate { row, user: *user, addresses }),
            Outcome::Registration(registration) => batch.registrations.push((row, *registration)),
            Outcome::KeptOut => {}
        }
    }
    Ok(batch)
}

fn take_down(report: &mut Report, read: usize, loaded: &Loaded) -> Result<(), Error> {
    report.count("users read", read);
    report.count("accounts made", loaded.accounts_made);
    report.count("of them disabled", loaded.accounts_disabled);
    report.count("addresses made", loaded.addresses_made);
    report.count("registrations made", loaded.registrations_made);
    report.count("accounts here already", loaded.accounts_known);
    report.count("registrations here already", loaded.registrations_known);
    report.add(&loaded.lines)
}

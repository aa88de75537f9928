//! How long `users.find` takes with many users, on SQLite and on PostgreSQL (on a server of its own, as in the tests).
//!
//! `cargo bench --bench users` creates a million users and requests the first page of searches for prefixes that many, few
//! and none of them have; `cargo bench --bench users -- 100000` creates another number.

#![expect(clippy::print_stdout, reason = "prints figures for people")]

#[path = "../tests/support/postgres.rs"]
#[allow(dead_code, clippy::panic, reason = "the tests use the rest, and panic on errors")]
mod postgres;

use marbelle::{
    account::FindUsers,
    app::App,
    domain::{
        email::EmailAddress,
        ids::UserId,
        profile::{Locale, Name, PersonalData},
        time::{Clock, Timestamp},
        user::{Query, UserState},
    },
    settings::{Database, Settings},
    store::{ImportedSignInMethods, ImportedUser, Store},
};
use std::{
    error::Error,
    time::{Duration, Instant},
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const USERS: usize = 1_000_000;
/// Users created in one transaction.
const BATCH: usize = 10_000;
/// Users per page, and requests of each case, of which the median and the longest are printed.
const PAGE: i64 = 50;
const PAGES: usize = 21;

/// The first name of the oldest tenth of the users. No newer user's name begins like it.
const OLD: &str = "Methuselah";
const FIRST_NAMES: [&str; 20] = [
    "Ann", "Arta", "Ben", "Blerim", "Clara", "Dardan", "Elena", "Fatos", "Greta", "Hans", "Ilir", "Jana", "Karl",
    "Lea", "Mira", "Nora", "Otto", "Petra", "Rita", "Zana",
];
const SYLLABLES: [&str; 16] =
    ["ba", "der", "fi", "gal", "hof", "ka", "le", "mann", "ner", "pu", "ri", "schu", "ta", "vi", "wal", "zi"];

fn main() -> Result<()> {
    let users = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(USERS);
    tokio::runtime::Runtime::new()?.block_on(async {
        println!("{users} users; the first page of {PAGE}, ms: median and longest of {PAGES}");
        measure("SQLite", None, users).await?;
        let database = postgres::Database::postgres().await;
        measure("PostgreSQL", database.url(), users).await
    })
}

async fn measure(name: &str, url: Option<&str>, users: usize) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let variables =
        [("DATA_DIR", Some(folder.path().display().to_string())), ("LISTEN", Some("127.0.0.1:0".to_owned()))];
    let variables = variables.into_iter().chain([("DATABASE_URL", url.map(str::to_owned))]);
    let settings = Settings::load(variables.filter_map(|(name, value)| Some((format!("MARBELLE_{name}"), value?))))?;
    fill(&settings.database, users).await?;
    if let Some(url) = url {
        vacuum(url).await?;
    }
    let app = App::build(&settings, Clock::system()).await?;
    for (what, query, state) in [
        ("every user", None, None),
        ("a letter", Some("l"), None),
        ("a first name", Some("ann"), None),
        ("a last name", Some("schubader"), None),
        ("a whole address", Some("customer.123456@example.org"), None),
        ("nobody", Some("xyz"), None),
        ("a tenth, the oldest", Some("methu"), None),
        ("a ninth, by address", Some("customer.1"), None),
        ("disabled ones by a letter", Some("l"), Some(UserState::Disabled)),
    ] {
        let query = query.map(Query::parse).transpose().map_err(|faults| format!("{faults:?}"))?;
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..PAGES {
            let started = Instant::now();
            let find = FindUsers { query: query.as_ref(), state, after: None, limit: PAGE };
            let page = app.accounts().find_users(find).await.map_err(|error| format!("{error:?}"))?;
            times.push(started.elapsed());
            found = page.users.len();
        }
        times.sort_unstable();
        let ms = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1e3);
        println!("{name:<11} {what:<29} {found:>3} {:>7.1} {:>7.1}", ms(times.get(PAGES / 2)), ms(times.last()));
    }
    app.accounts().hub.stopping().cancel();
    app.accounts().store.close().await;
    Ok(())
}

/// Creates the users, oldest first; one in a hundred is disabled.
async fn fill(database: &Database, users: usize) -> Result<()> {
    let store = Store::open(database).await?;
    let oldest = Timestamp::from_unix(1_700_000_000).ok_or("an invalid time")?;
    for batch in (0..users).step_by(BATCH) {
        let mut tx = store.write().await?;
        let rows: Result<Vec<ImportedUser>> =
            (batch..users.min(batch + BATCH)).map(|at| user(at, users, oldest)).collect();
        tx.insert_imported_users(&rows?).await?;
        tx.commit().await?;
    }
    store.close().await;
    Ok(())
}

fn user(at: usize, users: usize, oldest: Timestamp) -> Result<ImportedUser> {
    let name = |text: &str| Name::parse(text).map_err(|faults| format!("{faults:?}"));
    // A hash of the user's number, so that names do not follow the order of the users.
    let mixed = at.wrapping_mul(2_654_435_761) >> 4;
    let syllable = |place: usize| SYLLABLES[mixed / SYLLABLES.len().pow(u32::try_from(place).unwrap_or(0)) % 16];
    let first = if at < users / 10 { OLD } else { FIRST_NAMES[mixed % FIRST_NAMES.len()] };
    let last = [syllable(1), syllable(2), syllable(3)].concat();
    let created_at = oldest.after(Duration::from_secs(u64::try_from(at)?));
    Ok(ImportedUser {
        id: UserId::at(created_at),
        external_id: None,
        email: EmailAddress::parse(&format!("customer.{at}@example.org")).map_err(|faults| format!("{faults:?}"))?,
        password_hash: None,
        imported_cost: None,
        person: PersonalData {
            first_name: name(first)?,
            last_name: Some(name(&last)?),
            company_name: None,
            phone: None,
            locale: Locale::De,
        },
        disabled_at: at.is_multiple_of(100).then_some(created_at),
        created_at,
        updated_at: created_at,
        sign_in_methods: ImportedSignInMethods::default(),
    })
}

/// Does what PostgreSQL's autovacuum does in the minutes after so many rows were inserted.
async fn vacuum(url: &str) -> Result<()> {
    use sqlx::{Connection, PgConnection};
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql("VACUUM ANALYZE users").execute(&mut connection).await?;
    Ok(connection.close().await?)
}

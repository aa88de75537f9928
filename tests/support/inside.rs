//! The use-cases within this process, where a test can count their work and set the clock.

use super::{Database, PASSWORD};
use dashmap::DashMap;
use marbelle::{
    account::{Accounts, Operator},
    app::App,
    crypto::opaque_token::Purpose,
    domain::{
        client::Client,
        email::EmailAddress,
        password::Password,
        profile::{Locale, PersonalData},
        text::Text,
        time::Clock,
        user::UserRef,
    },
    rpc::dispatch::Dispatcher,
    settings::Settings,
    sign_in::{Credentials, Device, LetterProof, Registration, Verification},
};
use parking_lot::Mutex;
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, LazyLock, Once,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tracing::{Event, Instrument, Subscriber, field::Field, span};
use tracing_subscriber::{
    Layer,
    filter::filter_fn,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// A server that is built but does not run: only the test calls it.
pub struct Inside {
    settings: Settings,
    clock: Clock,
    /// Deleted with the server.
    _folder: TempDir,
}

/// The work of a call.
#[derive(Debug)]
pub struct Work {
    /// Passwords hashed or compared.
    pub hashes: u64,
    /// The beginning of each statement, in order.
    pub statements: Vec<String>,
    /// The text of each statement, in order.
    pub texts: Vec<String>,
}

/// Two calls have done the same if their statements begin alike.
impl PartialEq for Work {
    fn eq(&self, other: &Self) -> bool {
        (self.hashes, &self.statements) == (other.hashes, &other.statements)
    }
}

impl Inside {
    pub fn on(database: &Database, more: &[(&str, &str)]) -> Self {
        let folder = TempDir::with_prefix("marbelle-inside-").expect("a temporary folder");
        let data = folder.path().display().to_string();
        let cheap = [
            ("DATA_DIR", data.as_str()),
            ("LISTEN", "127.0.0.1:0"),
            ("ARGON2__MEMORY_KIB", "1024"),
            ("ARGON2__PASSES", "1"),
        ];
        let given = cheap.iter().chain(more).copied().chain(database.url().map(|url| ("DATABASE_URL", url)));
        let settings = Settings::load(given.map(|(name, value)| (format!("MARBELLE_{name}"), value.to_owned())));
        Self { settings: settings.expect("good settings"), clock: Clock::adjustable(), _folder: folder }
    }

    /// Another connection to SQLite's file.
    pub async fn file(&self) -> SqliteConnection {
        let marbelle::settings::Database::Sqlite(path) = &self.settings.database else { panic!("not SQLite") };
        SqliteConnectOptions::new().filename(path).connect().await.expect("the file opens")
    }

    /// Runs statements on the database, behind the server's back.
    pub async fn execute(&self, database: &Database, statements: &str) {
        let statements = sqlx::raw_sql(AssertSqlSafe(statements.to_owned()));
        let done = match database {
            Database::Sqlite => statements.execute(&mut self.file().await).await.map(drop),
            Database::Postgres(_) => statements.execute(&mut database.connect().await).await.map(drop),
        };
        done.expect("the statements run");
    }

    /// Moves the time.
    pub fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// Sets the time back.
    pub fn turn_back(&self, span: Duration) {
        self.clock.turn_back(span);
    }

    /// Runs a story with the server, then closes its database.
    pub async fn with<T>(&self, story: impl AsyncFnOnce(&Arc<Accounts>) -> T) -> T {
        let app = App::build(&self.settings, self.clock.clone()).await.expect("the server is built");
        let done = story(app.accounts()).await;
        app.accounts().hub.stopping().cancel();
        app.accounts().store.close().await;
        done
    }

    /// Runs the server while a story uses its address, then stops it.
    pub async fn serving<T>(&self, story: impl AsyncFnOnce(SocketAddr) -> T) -> T {
        let app = App::build(&self.settings, self.clock.clone()).await.expect("the server is built");
        let (address, stop) = (app.settings().listen, CancellationToken::new());
        let story = async {
            let done = story(address).await;
            stop.cancel();
            done
        };
        tokio::join!(story, app.run(stop.clone())).0
    }

    /// Counts the work of a call.
    pub async fn work<T>(&self, call: impl AsyncFnOnce(&Arc<Accounts>) -> T) -> (T, Work) {
        let ((done, measured), mut works) = self
            .measuring(async |measuring| {
                let accounts = measuring.accounts.clone();
                measuring.measure(async || call(&accounts).await).await
            })
            .await;
        (done, works.remove(&measured).expect("the call was measured"))
    }

    /// Lets a story measure calls of the use-cases and of the methods; then returns the work of each.
    pub async fn measuring<T>(&self, story: impl AsyncFnOnce(&Measuring) -> T) -> (T, BTreeMap<u64, Work>) {
        listen();
        let app = App::build(&self.settings, self.clock.clone()).await.expect("the server is built");
        let measuring = Measuring {
            accounts: app.accounts().clone(),
            dispatcher: app.dispatcher().clone(),
            hashes: Mutex::default(),
        };
        let done = story(&measuring).await;
        measuring.accounts.hub.stopping().cancel();
        // The database is closed before the statements are read: on SQLite its threads report the last ones late.
        measuring.accounts.store.close().await;
        let works = measuring.hashes.into_inner().into_iter().map(|(number, hashes)| {
            let (_, statements) = STATEMENTS.remove(&number).expect("it was inserted");
            let (statements, texts) = statements.into_iter().unzip();
            (number, Work { hashes, statements, texts })
        });
        (done, works.collect())
    }
}

/// A server whose calls are measured, one after the other.
pub struct Measuring {
    pub accounts: Arc<Accounts>,
    pub dispatcher: Dispatcher,
    /// Passwords hashed or compared, by the number of the call.
    hashes: Mutex<BTreeMap<u64, u64>>,
}

impl Measuring {
    /// Measures a call; returns its number.
    pub async fn measure<T>(&self, call: impl AsyncFnOnce() -> T) -> (T, u64) {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        STATEMENTS.insert(number, Vec::new());
        let before = self.accounts.passwords.hashes_computed();
        let done = call().instrument(tracing::info_span!(target: MEASURED, "call", number)).await;
        self.hashes.lock().insert(number, self.accounts.passwords.hashes_computed() - before);
        (done, number)
    }
}

/// The target of the spans whose statements count.
const MEASURED: &str = "measured";

/// The target under which sqlx logs statements.
const STATEMENT: &str = "sqlx::query";

/// The beginning and the text of each, by the number of the call.
static STATEMENTS: LazyLock<DashMap<u64, Vec<(String, String)>>> = LazyLock::new(DashMap::new);

/// Starts to listen to sqlx, once per process.
fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let concerned = filter_fn(|metadata| [MEASURED, STATEMENT].contains(&metadata.target()));
        tracing_subscriber::registry().with(Listener.with_filter(concerned)).init();
    });
}

struct Listener;

/// The span's number, kept with it.
struct Number(u64);

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Listener {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        let mut found = Found::default();
        attributes.record(&mut found);
        if let (Some(span), Some(number)) = (context.span(id), found.number) {
            span.extensions_mut().insert(Number(number));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut found = Found::default();
        event.record(&mut found);
        let number = context
            .event_scope(event)
            .into_iter()
            .flatten()
            .find_map(|span| span.extensions().get::<Number>().map(|number| number.0));
        if let (Some(number), Some(statement)) = (number, found.summary)
            && !statement.starts_with("PRAGMA") // of a new connection of the pool, not of the call
            && let Some(mut statements) = STATEMENTS.get_mut(&number)
        {
            // A short one is its own summary.
            let text = found.text.filter(|text| !text.is_empty()).unwrap_or_else(|| statement.clone());
            statements.push((statement, text));
        }
    }
}

#[derive(Default)]
struct Found {
    number: Option<u64>,
    summary: Option<String>,
    text: Option<String>,
}

impl tracing::field::Visit for Found {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "number" {
            self.number = Some(value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => self.summary = Some(value.trim_end_matches(" …").to_owned()),
            "db.statement" => self.text = Some(value.trim().to_owned()),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

pub fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

pub fn password(text: &str) -> Password {
    Password::presented(text).expect("a password")
}

pub fn credentials(email: &EmailAddress, text: &str) -> Credentials {
    Credentials { email: email.clone(), password: password(text) }
}

/// A device of this machine without a name.
pub fn device() -> Device {
    Device { name: None, token: None, client: client(), replaced: None }
}

/// From this machine.
pub fn client() -> Client {
    Client { ip: Ipv4Addr::LOCALHOST.into(), user_agent: None }
}

/// The data of a registration.
pub fn registration(email: &EmailAddress) -> Registration {
    let name = || Text::parse("Ann").expect("a name");
    let person = PersonalData {
        first_name: name(),
        last_name: Some(name()),
        company_name: None,
        phone: None,
        locale: Locale::En,
    };
    Registration { email: email.clone(), password: password(PASSWORD), person, invitation: None }
}

/// Registers; returns the handle.
pub async fn register(accounts: &Arc<Accounts>, email: &EmailAddress) -> String {
    let registered = accounts.register(registration(email), &client()).await.expect("accepted");
    registered.handle.expose().to_owned()
}

/// Registers and verifies the address; returns the handle.
pub async fn account(accounts: &Arc<Accounts>, email: &EmailAddress) -> String {
    let handle = register(accounts, email).await;
    let row = accounts.store.find_newest_registration(email).await.expect("the database answers").expect("registered");
    let token = accounts.opaque_tokens.make(Purpose::VerifyEmail, row.id.0, row.token_generation);
    let verification = Verification::Link { token: token.expose(), proof: LetterProof::Registration(&handle) };
    accounts.verify_email(verification, &client()).await.expect("verified");
    handle
}

/// The operator disables the account with this address.
pub async fn disable(accounts: &Arc<Accounts>, email: &EmailAddress) {
    let user = accounts.get_user(&UserRef::Email(email.clone())).await.expect("an account");
    accounts.disable_user(user.profile.id, None, Operator::CommandLine).await.expect("disabled");
}

//! Opening the database, the keys and the accounts, for the server and for commands.

use super::Error;
use crate::{
    account::{self, Accounts, VerificationWaits},
    crypto::{
        access_token::AccessTokens, decoy::Decoys, keys::Keys, opaque_token::OpaqueTokens, password::PasswordHasher,
        sealed::Sealer, webauthn::RelyingParty,
    },
    domain::{ids::rise_above, session::SessionLifetimes, time::Clock},
    limits::PASSWORD_HASH_QUEUE,
    live::{Bus, Hub, HubSettings, JetStream, Nats},
    meters::meters,
    outgoing::{BreachedPasswords, HttpClient},
    providers::Providers,
    settings::{Database, Environment, Settings},
    store::{Receivers, Store},
};
use dashmap::DashSet;
use std::{path::Path, sync::Arc, thread::available_parallelism};
use tokio_util::task::TaskTracker;

/// Opens the accounts on the configured database, and the stream that events are published to. Background tasks run
/// among `tasks`.
pub(super) async fn open_accounts(
    settings: &Settings,
    keys: &Keys,
    clock: Clock,
    tasks: &TaskTracker,
) -> Result<(Arc<Accounts>, Option<JetStream>), Error> {
    let store = open(settings).await?;
    let epoch = store.epoch().await?;
    store.newest_ids().await?.into_iter().for_each(rise_above);
    let session_lifetimes =
        SessionLifetimes { idle: settings.lifetimes.session_idle, absolute: settings.lifetimes.session_absolute };
    let (bus, stream) = match &settings.nats {
        Some(nats) => {
            let nats = Nats::connect(nats).await?;
            let stream = settings.stream.as_deref().map(|stream| nats.jetstream(stream));
            (Bus::Nats(Box::new(nats)), stream)
        }
        None => (Bus::Local, None),
    };
    // NATS sets this itself once it is connected.
    meters().bus_connected.set(if settings.nats.is_some() { 0.0 } else { 1.0 });
    let hub = Hub::start(
        store.clone(),
        clock.clone(),
        session_lifetimes,
        epoch,
        bus,
        HubSettings { sockets_per_user: settings.limits.sockets_per_user.get(), sweep_period: settings.sweep_period },
        tasks,
    );
    let cores = available_parallelism().map_or(1, usize::from);
    let accounts = Accounts {
        store,
        clock: clock.clone(),
        hub,
        passwords: PasswordHasher::new(settings.argon2, cores, PASSWORD_HASH_QUEUE)?,
        decoys: Decoys::new(keys),
        access_tokens: AccessTokens::new(
            keys,
            &settings.token_issuer,
            &settings.token_audience,
            settings.lifetimes.access_token,
            clock.clone(),
        )
        .for_backends(&settings.token_backends),
        opaque_tokens: OpaqueTokens::new(keys),
        sealer: Arc::new(Sealer::new(keys)),
        providers: Providers::new(
            &settings.providers,
            &settings.frontend_url,
            &Arc::new(HttpClient::default()),
            &clock,
        ),
        relying_party: settings
            .passkeys_rp_id
            .clone()
            .map(|id| RelyingParty::new(id, &settings.frontend_url, &settings.allowed_origins)),
        lifetimes: settings.lifetimes,
        session_lifetimes,
        receivers: Arc::new(Receivers::new(stream.is_some())),
        webhooks_need_tls: settings.environment == Environment::Production,
        sessions_per_user: settings.limits.sessions_per_user.get(),
        events_per_user: i64::from(settings.limits.events_per_user.get()),
        max_addresses: settings.limits.max_addresses.get(),
        failures_per_account: settings.limits.failures_per_account,
        mails_per_mailbox: settings.limits.mails_per_mailbox,
        sign_up_policy: settings.sign_up.clone(),
        breached_passwords: settings.breached_passwords.clone().map(BreachedPasswords::new),
        password_min_length: settings.limits.password_min_length,
        shop_name: settings.mail.shop_name.clone(),
        waits: VerificationWaits::default(),
        nodes_share_accounts: matches!(settings.database, Database::Postgres(_)),
        touching: Arc::new(DashSet::new()),
        touching_keys: Arc::new(DashSet::new()),
    };
    Ok((Arc::new(accounts), stream))
}

pub(super) async fn load_keys(settings: &Settings) -> Result<Keys, Error> {
    make_folder(&settings.data_dir).await?;
    Keys::load(&settings.keys, &settings.data_dir).map_err(Error::Keys)
}

/// Opens and seals the secrets that the database keeps.
pub(crate) async fn sealer(settings: &Settings) -> Result<Sealer, Error> {
    Ok(Sealer::new(&load_keys(settings).await?))
}

/// Runs a command on the accounts beside running nodes, which get its changes over the bus, or by their sweep.
pub(crate) async fn with_accounts<T>(
    settings: &Settings,
    command: impl AsyncFnOnce(&Arc<Accounts>) -> Result<T, account::Error>,
) -> Result<Result<T, account::Error>, Error> {
    let tasks = TaskTracker::new();
    let keys = load_keys(settings).await?;
    let (accounts, _) = open_accounts(settings, &keys, Clock::system(), &tasks).await?;
    accounts.hub.await_bus().await;
    let done = command(&accounts).await;
    accounts.hub.stopping().cancel();
    tasks.close();
    tasks.wait().await;
    accounts.hub.flush_bus().await;
    accounts.store.close().await;
    Ok(done)
}

/// Brings the database up to date.
pub async fn migrate(settings: &Settings) -> Result<(), Error> {
    make_folder(&settings.data_dir).await?;
    open(settings).await?.close().await;
    Ok(())
}

/// Opens the configured database. Creates it and its folder if they do not exist, and brings it up to date.
pub(crate) async fn open(settings: &Settings) -> Result<Store, Error> {
    if let Database::Sqlite(path) = &settings.database
        && let Some(folder) = path.parent()
    {
        make_folder(folder).await?;
    }
    Ok(Store::open(&settings.database).await?)
}

/// Creates a folder that only the server's user can read: it holds keys and accounts.
async fn make_folder(path: &Path) -> Result<(), Error> {
    let failed = |error| Error::Folder(path.display().to_string(), error);
    tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).await.map_err(failed)
}

//! The composition root: builds the parts from the settings, starts and stops them in order.

mod accounts;
mod welcome;

pub use accounts::migrate;
pub(crate) use accounts::{open, sealer, with_accounts};

use crate::{
    account::Accounts,
    crypto::{keys::KeyFault, opaque_token::OpaqueTokens, password::HashError},
    domain::time::Clock,
    jobs,
    live::NatsFault,
    mail::{Renderer, Transport, Worker},
    meters::meters,
    methods,
    outgoing::{Stream, WebhookSettings, Webhooks},
    rpc::{Context, RateSettings, Rates, Rules, dispatch::Dispatcher, registry::Registry},
    server::{
        ClientAddresses, CookieSettings, Endpoints, Origins, Pages, PagesError, Server, ServerSettings,
        ServiceEndpoint, places, reserve,
    },
    settings::{Environment, Settings, own_url},
    store,
};
use accounts::{load_keys, open_accounts};
use sd_notify::NotifyState;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The limit for stopping the background tasks once every call is answered; longer than a letter under way may take.
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// Connections that the listener of `MARBELLE_SERVICE_LISTEN` may hold open, independently of the public one.
const SERVICE_CONNECTIONS: usize = 1024;

/// Why the server cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A folder could not be created.
    #[error("the folder {0} could not be created")]
    Folder(String, #[source] io::Error),
    /// Keys could not be read or created.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Keys(Vec<KeyFault>),
    /// The database could not be opened.
    #[error("the database could not be opened")]
    Store(#[from] store::Error),
    /// The hashing of passwords could not be set up.
    #[error("password hashing could not be set up")]
    Hash(#[from] HashError),
    /// Mail could not be set up.
    #[error("mail could not be set up: {0}")]
    Mail(String),
    /// The message bus cannot be used.
    #[error("the message bus could not be set up")]
    Bus(#[from] NatsFault),
    /// The pages could not be set up.
    #[error("the pages could not be set up")]
    Pages(#[from] PagesError),
    /// The address could not be listened on.
    #[error("{0} could not be listened on")]
    Listen(SocketAddr, #[source] io::Error),
    /// Signals could not be received.
    #[error("signals could not be received")]
    Signal(#[source] io::Error),
}

/// A server that is ready to run.
pub struct App {
    server: Server,
    /// The listener of `MARBELLE_SERVICE_LISTEN`.
    service: Option<Server>,
    accounts: Arc<Accounts>,
    dispatcher: Dispatcher,
    mail: Worker,
    webhooks: Webhooks,
    stream: Option<Stream>,
    rates: Arc<Rates>,
    settings: Settings,
    /// The background tasks.
    tasks: TaskTracker,
}

impl App {
    /// Binds the listener's address, reads or makes the keys, opens the database, and listens.
    pub async fn build(settings: &Settings, clock: Clock) -> Result<Self, Error> {
        let not_listening = |error| Error::Listen(settings.listen, error);
        let socket = reserve(settings.listen).map_err(not_listening)?;
        let mut settings = settings.listening_on(socket.local_addr().map_err(not_listening)?);
        let service = match &mut settings.service_listen {
            Some(address) => {
                let not_listening = |error| Error::Listen(*address, error);
                let socket = reserve(*address).map_err(not_listening)?;
                *address = socket.local_addr().map_err(not_listening)?;
                Some((socket, *address))
            }
            None => None,
        };
        let tasks = TaskTracker::new();
        let keys = load_keys(&settings).await?;
        let (accounts, stream) = open_accounts(&settings, &keys, clock.clone(), &tasks).await?;
        accounts.weigh_decoys().await?;
        // Measured before metrics can be read: until then the gauge would claim that nothing needs to be sealed again.
        accounts.measure_sealed().await?;
        let renderer = Renderer::new(
            &settings.mail,
            &settings.frontend_url,
            settings.lifetimes.one_time_token,
            Arc::new(OpaqueTokens::new(&keys)),
            clock.clone(),
        )
        .map_err(|error| Error::Mail(error.to_string()))?;
        let transport = Transport::new(&settings.mail).map_err(|error| Error::Mail(error.to_string()))?;
        let mail = Worker::new(accounts.store.clone(), clock, renderer, transport);
        let stream = stream.map(|stream| Stream::new(accounts.store.clone(), accounts.clock.clone(), stream));
        let webhooks = Webhooks::new(
            accounts.store.clone(),
            accounts.clock.clone(),
            accounts.sealer.clone(),
            WebhookSettings {
                allow_private: settings.webhooks_allow_private,
                operator: settings.operator_email.clone(),
            },
        );
        let limits = &settings.limits;
        let rates = Arc::new(Rates::new(RateSettings {
            sign_in_per_minute: limits.sign_in_per_minute,
            token_per_minute: limits.token_per_minute,
            ceremonies_per_minute: limits.ceremonies_per_minute,
            refusals_per_minute: limits.refusals_per_minute,
            calls_per_second: limits.calls_per_second,
            writes_per_minute: limits.writes_per_minute,
            password_changes_per_hour: limits.password_changes_per_hour,
            in_cluster: settings.nats.is_some(),
        }));
        let rules = Rules {
            password_min_length: settings.limits.password_min_length,
            shop_name: settings.mail.shop_name.clone(),
        };
        let server_settings = ServerSettings {
            environment: settings.environment,
            origins: Arc::new(Origins::new(settings.allowed_origins.clone(), own_url(settings.listen))),
            cookies: CookieSettings::new(
                settings.environment,
                settings.cookie_same_site,
                settings.listen.port(),
                settings.lifetimes.session_absolute,
            ),
            client_addresses: Arc::new(ClientAddresses::new(
                settings.trusted_proxies.clone(),
                settings.client_address_header,
            )),
            http_idle: settings.http_idle,
            sockets_per_address: settings.limits.sockets_per_address.get(),
            connections_per_address: settings.limits.connections_per_address.get(),
            rates: rates.clone(),
        };
        let (mut methods, mut service_methods) = (Registry::default(), Registry::default());
        methods::declare(&mut methods);
        methods::service::declare(&mut service_methods);
        meters().declare_calls(methods.names().into_iter().chain(service_methods.names()));
        let context = || Context { accounts: accounts.clone(), rules: rules.clone(), rates: rates.clone() };
        let service_endpoint = |listen| {
            let dispatcher = Dispatcher::new(service_methods.install(context()));
            ServiceEndpoint::new(dispatcher, methods::service::document_text, own_url(listen), listen)
        };
        let places = places();
        let kept = if service.is_some() { SERVICE_CONNECTIONS.min(places / 4) } else { 0 };
        let is_development = settings.environment == Environment::Development;
        let dispatcher = Dispatcher::new(methods.install(context()));
        let mut endpoints = Endpoints {
            rpc: Some(dispatcher.clone()),
            service: None,
            pages: Pages::all(accounts.clone(), methods::document_text, &settings)?,
            places: places - kept,
        };
        let service = match service {
            Some((socket, address)) => {
                let endpoints = Endpoints {
                    rpc: None,
                    service: Some(service_endpoint(address)),
                    pages: Pages::Metrics(accounts.clone()),
                    places: kept,
                };
                let server = Server::new(socket, accounts.clone(), endpoints, server_settings.clone());
                Some(server.map_err(|error| Error::Listen(address, error))?)
            }
            None => {
                endpoints.service = is_development.then(|| service_endpoint(settings.listen));
                None
            }
        };
        let server = Server::new(socket, accounts.clone(), endpoints, server_settings).map_err(not_listening)?;
        Ok(Self { server, service, accounts, dispatcher, mail, webhooks, stream, rates, settings, tasks })
    }

    /// The settings in force, with the address at which it listens.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The use-cases, for callers in the same process: the tests, which count their work.
    pub fn accounts(&self) -> &Arc<Accounts> {
        &self.accounts
    }

    /// The methods, for the same callers.
    pub fn dispatcher(&self) -> &Dispatcher {
        &self.dispatcher
    }

    /// Runs until `stop`. Then the listener ends and every call in flight is answered, the background tasks end, and
    /// the database is closed.
    pub async fn run(self, stop: CancellationToken) {
        let background = CancellationToken::new();
        self.tasks.spawn(self.mail.run(background.clone()));
        self.tasks.spawn(self.webhooks.run(background.clone()));
        if let Some(stream) = self.stream {
            self.tasks.spawn(stream.run(background.clone()));
        }
        jobs::start(&self.accounts, &self.rates, &self.tasks, &background);
        self.tasks.close();
        let service = async {
            if let Some(service) = self.service {
                service.run(stop.clone()).await;
            }
        };
        tokio::join!(self.server.run(stop.clone()), service);
        background.cancel();
        let rest = async {
            self.tasks.wait().await;
            self.accounts.hub.flush_bus().await;
            self.accounts.store.close().await;
        };
        if tokio::time::timeout(STOP_LIMIT, rest).await.is_err() {
            tracing::warn!("the database does not answer: stopping without closing it");
        }
    }
}

/// Serves until SIGINT or SIGTERM.
pub async fn serve(settings: Settings) -> Result<(), Error> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Signal)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::Signal)?;
    let app = App::build(&settings, Clock::system()).await?;
    welcome::print(app.settings());
    notify_service_manager(&[NotifyState::Ready]);
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
        notify_service_manager(&[NotifyState::Stopping]);
        stopping.cancel();
    });
    app.run(stop).await;
    Ok(())
}

/// Reports to systemd the state of a service of `Type=notify` (sd_notify(3)); does nothing without a service manager.
fn notify_service_manager(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager could not be notified");
    }
}

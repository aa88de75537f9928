//! `account.*`: the account as a whole and its feed.

use super::{events::LogEvent, examples};
use crate::{
    account::{ChangesPage, ChangesRequest, Error},
    domain::{
        address::Address,
        event::Event,
        ids::{Epoch, SecurityEventId},
        profile::Profile,
        security_event::SecurityEvent,
        session::{Caller, Session},
        sign_in_methods::SignInMethods,
    },
    live::SUBSCRIPTION,
    rpc::{
        error::Kind,
        param_types::{Revision, Whole},
        params::{NoParams, params},
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
        subscription::SubscriptionMethods,
    },
    store::EventRow,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;

/// The whole account at one revision.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Account {
    /// The epoch of the database.
    epoch: Epoch,
    /// The revision that this shows.
    revision: i64,
    /// The profile.
    profile: Profile,
    /// The addresses, primary first, then oldest first.
    addresses: Vec<Address>,
    /// The live sessions, newest first.
    sessions: Vec<Session>,
    /// The sign-in methods.
    sign_in_methods: SignInMethods,
}

/// Entries of the log.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Changes {
    /// The epoch of the database.
    epoch: Epoch,
    /// The entries, in order; none with `snapshot_required`.
    #[schemars(with = "Vec<LogEvent>")]
    events: Vec<Event<Value>>,
    /// The next `since`.
    revision: i64,
    /// Whether there are more entries.
    more: bool,
    /// Whether the log no longer reaches back to `since`: call `account.get`.
    snapshot_required: bool,
}

/// Entries of the security log.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SecurityLog {
    /// Newest first.
    pub events: Vec<SecurityEvent>,
    /// Whether there are older ones.
    pub more: bool,
}

impl TryFrom<ChangesPage> for Changes {
    type Error = Error;

    fn try_from(page: ChangesPage) -> Result<Self, Error> {
        Ok(Self {
            epoch: page.epoch,
            events: page.events.into_iter().map(log_event).collect::<Result<_, Error>>()?,
            revision: page.revision,
            more: page.more,
            snapshot_required: page.snapshot_required,
        })
    }
}

/// An entry of the log, as it is sent.
pub(super) fn log_event(row: EventRow) -> Result<Event<Value>, Error> {
    let data = serde_json::from_str(&row.data).map_err(|e| Error::Internal(e.to_string().into()))?;
    Ok(Event { revision: Some(row.revision), at: row.at, r#type: row.event_type, session_id: row.session_id, data })
}

params! {
    /// Parameters of `account.changes`.
    pub struct ChangesParams {
        /// The last revision that the client has.
        required since: Revision,
        /// The epoch that `since` belongs to.
        optional epoch: Epoch,
        /// The most entries; 100 if absent.
        optional limit: Whole<1, 500>,
        /// How long to wait for an entry, in milliseconds; 0 if absent.
        optional wait_ms: Whole<0, 30_000>,
    }
}

params! {
    /// Parameters of `account.security_log`.
    pub struct SecurityLogParams {
        /// The last `id` of the previous page; the newest entries come first if absent.
        optional before: SecurityEventId,
        /// The most entries; 50 if absent.
        optional limit: Whole<1, 200>,
    }
}

params! {
    /// Parameters of `account.subscribe`.
    pub struct SubscribeParams {
        /// The last revision that the client has; a snapshot comes first if absent.
        optional since: Revision,
        /// The epoch that `since` belongs to.
        optional epoch: Epoch,
    }
}

/// Declares the namespace.
pub fn declare(registry: &mut Registry) {
    registry.session(
        "account.get",
        Effect::Read,
        Description {
            summary: "The whole account at one revision.",
            rate: Rate::Calls,
            errors: &[],
            example: || {
                let mut account = examples::snapshot();
                account["revision"] = json!(2);
                (json!({}), account)
            },
        },
        get,
    );
    registry.session(
        "account.changes",
        Effect::Read,
        Description {
            summary: "The pull form of the feed: the log's entries after a revision, optionally waiting for one.",
            rate: Rate::Calls,
            errors: &[],
            example: || {
                (
                    json!({ "since": 1, "wait_ms": 30_000 }),
                    json!({
                        "epoch": "3f2b8c1e-7a5d-4e90-9b1f-2c4d6e8f0a13", "events": [examples::addresses_changed()],
                        "revision": 2, "more": false, "snapshot_required": false,
                    }),
                )
            },
        },
        changes,
    );
    registry.session(
        "account.security_log",
        Effect::Read,
        Description {
            summary: "The security log of the account, newest first.",
            rate: Rate::Calls,
            errors: &[],
            example: || (json!({ "limit": 1 }), json!({ "events": [examples::security_event()], "more": true })),
        },
        security_log,
    );
    registry.subscription(
        SubscriptionMethods {
            subscribe: (
                "account.subscribe",
                Description {
                    summary: "Pushes the log as account.event notifications to this WebSocket, which may have one subscription.",
                    rate: Rate::Calls,
                    errors: &[Kind::Forbidden],
                    example: || (json!({ "since": 2 }), json!(SUBSCRIPTION)),
                },
            ),
            unsubscribe: (
                "account.unsubscribe",
                Description {
                    summary: "Ends a subscription of this WebSocket; false if there is none with this id.",
                    rate: Rate::Calls,
                    errors: &[Kind::Forbidden],
                    example: || (json!({ "subscription": SUBSCRIPTION }), json!(true)),
                },
            ),
            over_http: "subscriptions require a WebSocket; over HTTP, call account.changes",
            id: SUBSCRIPTION,
        },
        subscribe,
    );
}

async fn get(call: Call, caller: Caller, _: NoParams) -> Result<Account, Error> {
    let (revision, snapshot) = call.context.accounts.get_account(caller).await?;
    Ok(Account {
        epoch: snapshot.epoch,
        revision,
        profile: snapshot.profile,
        addresses: snapshot.addresses,
        sessions: snapshot.sessions,
        sign_in_methods: snapshot.sign_in_methods,
    })
}

async fn changes(call: Call, caller: Caller, params: ChangesParams) -> Result<Changes, Error> {
    let request = ChangesRequest {
        since: params.since.0,
        epoch: params.epoch,
        limit: params.limit.map_or(100, |limit| limit.0),
        wait: Duration::from_millis(params.wait_ms.map_or(0, |wait| wait.0.unsigned_abs())),
    };
    call.context.accounts.changes(caller, request).await?.try_into()
}

async fn security_log(call: Call, caller: Caller, params: SecurityLogParams) -> Result<SecurityLog, Error> {
    let limit = params.limit.map_or(50, |limit| limit.0);
    let (events, more) = call.context.accounts.security_log(caller, params.before, limit).await?;
    Ok(SecurityLog { events, more })
}

async fn subscribe(
    call: Call,
    caller: Caller,
    params: SubscribeParams,
) -> Result<impl FnOnce() + Send + 'static, Error> {
    let since = params.since.map(|since| since.0);
    let subscription = call.context.accounts.subscribe(&call.connection, caller, since, params.epoch).await?;
    Ok(move || subscription.begin())
}

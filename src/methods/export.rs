//! `account.export`: all data stored about the caller.

use super::{account::log_event, events::LogEvent, examples};
use crate::{
    account::{self, Error},
    domain::{
        address::Address,
        device::KnownDevice,
        event::Event,
        export::ExportCursor,
        profile::{ExternalId, Profile},
        security_event::SecurityEvent,
        session::{EndReason, OpenedSession, ProvenCaller, Session},
        sign_in_methods::SignInMethods,
        time::Timestamp,
    },
    rpc::{
        params::params,
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
    store::{EndedSessionRow, LetterAbout},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// A page of all data stored about the caller. The long lists, `security_events`, `letters` and `events`, continue on
/// the next page; everything else is complete on each page.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Export {
    /// When it was read.
    at: Timestamp,
    /// The profile.
    profile: Profile,
    /// The caller's id in another system, if there is one.
    external_id: Option<ExternalId>,
    /// The addresses, primary first, then oldest first.
    addresses: Vec<Address>,
    /// The live sessions, newest first.
    sessions: Vec<Session>,
    /// The sessions that were ended in the last 30 days, newest first.
    ended_sessions: Vec<RememberedSession>,
    /// The devices that have signed in.
    devices: Vec<KnownDevice>,
    /// The sign-in methods, without their secrets.
    sign_in_methods: SignInMethods,
    /// The security log, oldest first.
    security_events: Vec<SecurityEvent>,
    /// The letters of the last 7 days, oldest first.
    letters: Vec<LetterAbout>,
    /// The account's log, oldest first.
    #[schemars(with = "Vec<LogEvent>")]
    events: Vec<Event<Value>>,
    /// Where to continue.
    cursor: ExportCursor,
    /// Whether the long lists continue.
    more: bool,
}

/// A session that was ended.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RememberedSession {
    /// The session.
    #[serde(flatten)]
    opened: OpenedSession,
    /// When it was last used.
    last_seen_at: Timestamp,
    /// When it was ended.
    ended_at: Timestamp,
    /// The reason.
    reason: Option<EndReason>,
}

impl From<EndedSessionRow> for RememberedSession {
    fn from(EndedSessionRow { session, ended_at }: EndedSessionRow) -> Self {
        let (opened, last_seen_at) = (session.opened(), session.last_seen_at);
        Self { opened, last_seen_at, ended_at, reason: session.end_reason }
    }
}

impl TryFrom<account::Export> for Export {
    type Error = Error;

    fn try_from(read: account::Export) -> Result<Self, Error> {
        Ok(Self {
            at: read.at,
            profile: read.profile,
            external_id: read.external_id,
            addresses: read.addresses,
            sessions: read.sessions,
            ended_sessions: read.ended_sessions.into_iter().map(RememberedSession::from).collect(),
            devices: read.devices,
            sign_in_methods: read.sign_in_methods,
            security_events: read.security_events,
            letters: read.letters,
            events: read.events.into_iter().map(log_event).collect::<Result<_, Error>>()?,
            cursor: read.cursor,
            more: read.more,
        })
    }
}

params! {
    /// Parameters of `account.export`.
    pub struct ExportParams {
        /// The `cursor` of the previous page; the first page if absent.
        optional after: ExportCursor,
    }
}

/// Declares the method.
pub fn declare(registry: &mut Registry) {
    registry.proven(
        "account.export",
        Effect::Read,
        Description {
            summary: "A page of all data stored about the caller.",
            rate: Rate::Calls,
            errors: &[],
            example: || (json!({}), example()),
        },
        |call: Call, caller: ProvenCaller, params: ExportParams| async move {
            let after = params.after.unwrap_or(ExportCursor::START);
            Export::try_from(call.context.accounts.export(caller, after).await?)
        },
    );
}

/// A page.
pub fn example() -> Value {
    let account = examples::snapshot();
    json!({
        "at": "2026-11-28T09:10:00.000Z",
        "profile": account["profile"], "external_id": null, "addresses": account["addresses"],
        "sessions": account["sessions"], "ended_sessions": [], "devices": [],
        "sign_in_methods": account["sign_in_methods"], "security_events": [], "letters": [],
        "events": [examples::addresses_changed()],
        "cursor": "WyIwMTlhYTNjNi0xZjAwLTdjMTAtOGE1MS02ZjFmNmMyZDllMDciLCIwMTlhYTNjNi0xZjAwLTdjMTAtOGE1MS02ZjFmNmMyZDllMDgiLDJd", "more": false,
    })
}
